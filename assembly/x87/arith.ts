// Arithmetic and comparison: two operands, of which one may be a single, double or integer in memory.

import { isMem } from '../memory';
import { setStatus } from '../state';
import { CF, PF, ZF } from '../shared/flags';
import {
  addTop,
  deliver,
  finish,
  finishCodes,
  finishKeepingC1,
  isEmpty,
  pop,
  refused,
  regM,
  regSE,
  setEmpty,
  setReg,
  setTag,
  st,
  underflow,
  underflowRaised,
} from './registers';
import {
  C0,
  C1,
  C2,
  C3,
  EXP_MAX,
  NAN_M,
  NAN_SE,
  SIGN,
  TOP_BIT,
  UNIT_24,
  UNIT_53,
  UNIT_64,
  add,
  compare,
  cw,
  div,
  isInf,
  isNaN80,
  isUnsupported,
  mul,
  raise,
  setZ,
  sqrt,
  zM,
  zSE,
} from './soft';

export const ADD: u32 = 0;
export const MUL: u32 = 1;
export const SUB: u32 = 2;
export const SUBR: u32 = 3;
export const DIV: u32 = 4;
export const DIVR: u32 = 5;

/** Last kept bit under the precision control (its reserved value 1 means 64 bits). */
@inline
export function unit(): u64 {
  const pc = cw & 0x300;
  return pc & 0x100 ? UNIT_64 : pc ? UNIT_53 : UNIT_24;
}

/** a ∘ b into (zSE, zM). */
@inline
export function compute(kind: u32, aSE: u32, aM: u64, bSE: u32, bM: u64): void {
  switch (kind) {
    case ADD:
      return add(aSE, aM, bSE, bM, 0, unit());
    case MUL:
      return mul(aSE, aM, bSE, bM, unit());
    case SUB:
      return add(aSE, aM, bSE, bM, SIGN, unit());
    case SUBR:
      return add(bSE, bM, aSE, aM, SIGN, unit());
    case DIV:
      return div(aSE, aM, bSE, bM, unit());
    default:
      return div(bSE, bM, aSE, aM, unit());
  }
}

/** dst ← dst ∘ src (stack registers); `pops` for fadd*p*. */
@inline
export function arithReg(ctx: usize, kind: u32, dst: usize, src: usize, pops: bool): void {
  const a = st(ctx, dst);
  const b = st(ctx, src);
  if (isEmpty(ctx, a) || isEmpty(ctx, b)) {
    underflow(ctx, a);
  } else {
    compute(kind, regSE(a), regM(a), regSE(b), regM(b));
    deliver(ctx, a);
  }
  if (pops && !refused()) pop(ctx);
}

/** ST0 ← ST0 ∘ the memory operand, which was converted into (zSE, zM). */
@inline
export function arithMemory(ctx: usize, kind: u32): void {
  const a = st(ctx, 0);
  if (isEmpty(ctx, a)) return underflow(ctx, a);
  compute(kind, regSE(a), regM(a), zSE, zM);
  deliver(ctx, a);
}

/** fcom/fucom ST0 with ST(r); pops `pops` registers. */
export function compareReg(ctx: usize, r: usize, quiet: bool, pops: u32): void {
  const a = st(ctx, 0);
  const b = st(ctx, r);
  if (isEmpty(ctx, a) || isEmpty(ctx, b)) unordered(ctx);
  else finishCodes(ctx, compare(regSE(a), regM(a), regSE(b), regM(b), quiet));
  if (pops && !refused()) {
    pop(ctx);
    if (pops > 1) pop(ctx);
  }
}

/** fcom with the memory operand in (zSE, zM). */
export function compareMemory(ctx: usize, pops: bool): void {
  const a = st(ctx, 0);
  if (isEmpty(ctx, a)) unordered(ctx);
  else finishCodes(ctx, compare(regSE(a), regM(a), zSE, zM, false));
  if (pops && !refused()) pop(ctx);
}

function unordered(ctx: usize): void {
  underflowRaised();
  finishCodes(ctx, C0 | C2 | C3);
}

/** fcomi, fucomi: the outcome in ZF, PF, CF. */
export function compareFlags(ctx: usize, r: usize, quiet: bool, pops: bool): void {
  const a = st(ctx, 0);
  const b = st(ctx, r);
  let c: u32 = C0 | C2 | C3;
  if (isEmpty(ctx, a) || isEmpty(ctx, b)) underflowRaised();
  else c = compare(regSE(a), regM(a), regSE(b), regM(b), quiet);
  finishKeepingC1(ctx);
  setStatus(ctx, (c & C0 ? CF : 0) | (c & C2 ? PF : 0) | (c & C3 ? ZF : 0));
  if (pops && !refused()) pop(ctx);
}

/** ftst. */
export function test(ctx: usize): void {
  setZ(0, 0);
  compareMemory(ctx, false);
}

/** fxam. */
export function examine(ctx: usize): void {
  const a = st(ctx, 0);
  const se = regSE(a);
  const m = regM(a);
  let c: u32 = se & SIGN ? C1 : 0;
  if (isEmpty(ctx, a)) c |= C3 | C0;
  else if (isUnsupported(se, m)) c |= 0;
  else if (isNaN80(se, m)) c |= C0;
  else if (isInf(se, m)) c |= C2 | C0;
  else if (se & EXP_MAX) c |= C2;
  else c |= m ? C3 | C2 : C3;
  finishCodes(ctx, c);
}

/** fchs and fabs work on any bits. */
export function changeSign(ctx: usize, keep: u32, flip: u32): void {
  const a = st(ctx, 0);
  if (isEmpty(ctx, a)) return underflow(ctx, a);
  setReg(a, (regSE(a) & keep) ^ flip, regM(a));
  finish(ctx);
}

export function squareRoot(ctx: usize): void {
  const a = st(ctx, 0);
  if (isEmpty(ctx, a)) return underflow(ctx, a);
  sqrt(regSE(a), regM(a), unit());
  deliver(ctx, a);
}
