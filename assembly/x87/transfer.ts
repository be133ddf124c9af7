// Loads, stores, exchanges, moves.

import { storeForbidden, toBcd, toDouble, toInt, toIntTruncated, toSingle, bcdTop } from './convert';
import {
  addTop,
  finish,
  finishKeepingC1,
  isEmpty,
  pop,
  push,
  refused,
  regM,
  regSE,
  setReg,
  setTag,
  st,
  underflow,
  underflowRaised,
} from './registers';
import {
  NAN_M,
  NAN_SE,
  denormal1,
  nan1,
  TOP_BIT,
  raise,
  roundsUp,
  setZ,
  zM,
  zSE,
} from './soft';

/** fld m32, m64: the converted operand in (zSE, zM). */
export function pushConverted(ctx: usize): void {
  if (!nan1(zSE, zM)) denormal1(zSE, zM);
  push(ctx);
}

/** fld st(i). */
export function pushReg(ctx: usize, r: usize): void {
  const a = st(ctx, r);
  if (isEmpty(ctx, a)) {
    // Underflow comes before the overflow of a full stack.
    const to = st(ctx, 7 << 4);
    underflow(ctx, to);
    if (!refused()) addTop(ctx, 7);
    return;
  }
  setZ(regSE(a), regM(a));
  push(ctx);
}

/** fst, fstp st(i). */
export function storeReg(ctx: usize, r: usize, pops: bool): void {
  const from = st(ctx, 0);
  const to = st(ctx, r);
  if (isEmpty(ctx, from)) {
    underflow(ctx, to);
  } else {
    setReg(to, regSE(from), regM(from));
    setTag(ctx, to);
    finish(ctx);
  }
  if (pops && !refused()) pop(ctx);
}

/** D9 D8+i, an undocumented fstp that knows no stack fault: an empty ST0 is just popped. */
export function storeRegUnchecked(ctx: usize, r: usize): void {
  const from = st(ctx, 0);
  if (!isEmpty(ctx, from)) return storeReg(ctx, r, true);
  finish(ctx);
  pop(ctx);
}

/** fst, fstp m32 / m64 / m80. */
export function storeFloat(ctx: usize, to: usize, size: u32, pops: bool): void {
  const a = st(ctx, 0);
  let se = regSE(a);
  let m = regM(a);
  if (isEmpty(ctx, a)) {
    underflowRaised();
    se = NAN_SE;
    m = NAN_M;
  }
  if (size == 10) {
    if (!storeForbidden()) {
      store<u64>(to, m);
      store<u16>(to, se, 8);
    }
  } else if (size == 8) {
    const bits = toDouble(se, m);
    if (!storeForbidden()) store<u64>(to, bits);
  } else {
    const bits = toSingle(se, m);
    if (!storeForbidden()) store<u32>(to, bits);
  }
  finish(ctx);
  if (pops && !storeForbidden()) pop(ctx);
}

/** fist, fistp, fisttp m16 / m32 / m64. */
export function storeInt(ctx: usize, to: usize, size: u32, truncate: bool, pops: bool): void {
  const a = st(ctx, 0);
  const bits = size << 3;
  let v: i64 = -1 << (bits - 1);
  if (isEmpty(ctx, a)) underflowRaised();
  else v = truncate ? toIntTruncated(regSE(a), regM(a), bits) : toInt(regSE(a), regM(a), bits);
  if (!storeForbidden()) {
    if (size == 2) store<u16>(to, <u16>v);
    else if (size == 4) store<u32>(to, <u32>v);
    else store<u64>(to, v);
  }
  finish(ctx);
  if (pops && !storeForbidden()) pop(ctx);
}

/** fbstp. */
export function storeBcd(ctx: usize, to: usize): void {
  const a = st(ctx, 0);
  let digits: u64;
  if (isEmpty(ctx, a)) {
    digits = toBcd(NAN_SE, NAN_M);
    underflowRaised();
  } else {
    digits = toBcd(regSE(a), regM(a));
  }
  if (!storeForbidden()) {
    store<u64>(to, digits);
    store<u16>(to, bcdTop, 8);
  }
  finish(ctx);
  if (!storeForbidden()) pop(ctx);
}

/** fxch: an empty register counts as the default NaN when the fault is masked. */
export function exchange(ctx: usize, r: usize): void {
  const a = st(ctx, 0);
  const b = st(ctx, r);
  const aEmpty = isEmpty(ctx, a);
  const bEmpty = isEmpty(ctx, b);
  if (aEmpty || bEmpty) {
    if (!underflowRaised()) return finish(ctx);
    if (aEmpty) {
      setReg(a, NAN_SE, NAN_M);
      setTag(ctx, a);
    }
    if (bEmpty) {
      setReg(b, NAN_SE, NAN_M);
      setTag(ctx, b);
    }
  }
  const se = regSE(a);
  const m = regM(a);
  setReg(a, regSE(b), regM(b));
  setReg(b, se, m);
  finish(ctx);
}

/** fcmovcc. */
export function moveIf(ctx: usize, r: usize, condition: bool): void {
  const a = st(ctx, 0);
  const b = st(ctx, r);
  if (isEmpty(ctx, a) || isEmpty(ctx, b)) return underflow(ctx, a);
  if (condition) setReg(a, regSE(b), regM(b));
  finishKeepingC1(ctx);
}

/** Pushes a constant: its first 64 significand bits in m, more of them in rest; no exception shows. */
export function pushRounded(ctx: usize, se: u32, m: u64, rest: u64): void {
  setZ(se, m + u64(roundsUp(0, (m & 1) != 0, rest, TOP_BIT)));
  push(ctx);
}
