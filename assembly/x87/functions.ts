// The transcendental instructions: operands from the stack, results back to it.

import { FSW } from '../shared/layout';
import {
  addTop,
  deliver,
  finish,
  isEmpty,
  pop,
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
  BIAS,
  C1,
  C2,
  EXP_MAX,
  NAN_M,
  NAN_SE,
  SIGN,
  TOP_BIT,
  dropC1,
  exponent,
  invalid,
  isInf,
  keepRefusal,
  nan1,
  normalized,
  raise,
  setZ,
  zM,
  zSE,
} from './soft';
import {
  atan2Of,
  exp2m1Of,
  log2Of,
  log2p1Of,
  reduce,
  sineOf,
  tangentOf,
} from './transcendental';

export function exp2m1(ctx: usize): void {
  const a = st(ctx, 0);
  if (isEmpty(ctx, a)) return underflow(ctx, a);
  exp2m1Of(regSE(a), regM(a));
  deliver(ctx, a);
}

const LOG2: u32 = 0;
const LOG2P1: u32 = 1;
const ATAN2: u32 = 2;

export function log2(ctx: usize): void {
  binary(ctx, LOG2);
}
export function log2p1(ctx: usize): void {
  binary(ctx, LOG2P1);
}
export function atan2(ctx: usize): void {
  binary(ctx, ATAN2);
}

/** ST1 ← f(ST0, ST1), then a pop. */
function binary(ctx: usize, kind: u32): void {
  const x = st(ctx, 0);
  const y = st(ctx, 1 << 4);
  if (isEmpty(ctx, x) || isEmpty(ctx, y)) {
    underflow(ctx, y);
  } else {
    if (kind == LOG2) log2Of(regSE(x), regM(x), regSE(y), regM(y));
    else if (kind == LOG2P1) log2p1Of(regSE(x), regM(x), regSE(y), regM(y));
    else atan2Of(regSE(x), regM(x), regSE(y), regM(y));
    deliver(ctx, y);
  }
  if (!refused()) pop(ctx);
}

/** Is the operand one that the trigonometric functions take: finite, below 2^63, not zero? */
@inline
function ordinary(se: u32, m: u64): bool {
  return m != 0 && (se & EXP_MAX) < <u32>BIAS + 63;
}

/** Too large for fsin & co.: C2 is set, nothing else happens. */
@inline
function outOfRange(se: u32, m: u64): bool {
  return (se & EXP_MAX) >= <u32>BIAS + 63 && (se & EXP_MAX) < EXP_MAX && m >> 63 != 0;
}

function clearC2(ctx: usize): void {
  store<u16>(ctx, load<u16>(ctx, FSW) & ~C2, FSW);
}

/** Operand reduced for sineOf and tangentOf; false when NaN, infinity or zero left a result in (zSE, zM). */
function prepare(se: u32, m: u64): bool {
  if (nan1(se, m)) return false;
  if (isInf(se, m)) {
    invalid();
    return false;
  }
  if (!ordinary(se, m)) {
    setZ(se, m);
    return false;
  }
  const significand = normalized(se, m);
  reduce(significand, exponent() - BIAS);
  return true;
}

export function sine(ctx: usize): void {
  circular(ctx, 0);
}
export function cosine(ctx: usize): void {
  circular(ctx, 1);
}

/** fsin (turn 0), fcos (turn 1). */
function circular(ctx: usize, turn: u32): void {
  const a = st(ctx, 0);
  clearC2(ctx);
  if (isEmpty(ctx, a)) return underflow(ctx, a);
  const se = regSE(a);
  const m = regM(a);
  if (outOfRange(se, m)) {
    raise(C2);
    return finish(ctx);
  }
  if (prepare(se, m)) sineOf(turn ? 0 : se & SIGN, turn);
  else if (turn && !m && !(se & EXP_MAX)) setZ(BIAS, TOP_BIT);
  deliver(ctx, a);
}

export function sineCosine(ctx: usize): void {
  twoResults(ctx, true);
}
export function tangent(ctx: usize): void {
  twoResults(ctx, false);
}

/** fsincos (the cosine is pushed), fptan (1 is pushed). */
function twoResults(ctx: usize, both: bool): void {
  const a = st(ctx, 0);
  const above = st(ctx, 7 << 4);
  clearC2(ctx);
  if (isEmpty(ctx, a) || !isEmpty(ctx, above)) {
    const c1: u32 = isEmpty(ctx, a) ? 0 : C1;
    if (underflowRaised()) {
      setReg(a, NAN_SE, NAN_M);
      setTag(ctx, a);
      setZ(NAN_SE, NAN_M);
      pushAbove(ctx, above);
    }
    raise(c1);
    return finish(ctx);
  }
  const se = regSE(a);
  const m = regM(a);
  if (outOfRange(se, m)) {
    raise(C2);
    return finish(ctx);
  }
  const reduced = prepare(se, m);
  if (refused()) {
    keepRefusal();
    return finish(ctx);
  }
  if (!reduced) {
    setReg(a, zSE, zM);
    if (!m && !(se & EXP_MAX)) setZ(BIAS, TOP_BIT);
  } else if (both) {
    sineOf(0, 1);
    const cosineSE = zSE;
    const cosineM = zM;
    // C1 tells about the sine.
    dropC1();
    sineOf(se & SIGN, 0);
    setReg(a, zSE, zM);
    setZ(cosineSE, cosineM);
  } else {
    tangentOf(se & SIGN);
    setReg(a, zSE, zM);
    setZ(BIAS, TOP_BIT);
  }
  pushAbove(ctx, above);
  finish(ctx);
}

function pushAbove(ctx: usize, above: usize): void {
  setReg(above, zSE, zM);
  setTag(ctx, above);
  addTop(ctx, 7);
}
