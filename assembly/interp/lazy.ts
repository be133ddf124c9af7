// Lazy status flags (shared/flags.ts): how they are left behind, and how conditions read them without building EFLAGS.
import {
  AF,
  CF,
  DF,
  FLAGS_ADC,
  FLAGS_ADD,
  FLAGS_CO,
  FLAGS_DEC,
  FLAGS_EXPLICIT,
  FLAGS_INC,
  FLAGS_LOGIC,
  FLAGS_RESULT,
  FLAGS_SBB,
  FLAGS_SUB,
  OF,
  PF,
  SF,
  STATUS_FLAGS,
  ZF,
} from '../shared/flags';
import { EFLAGS, FLAG_A, FLAG_B, FLAG_CO, FLAG_KIND, FLAG_RES } from '../shared/layout';

/** Leaves (kind, result, a, b); all sign-extended by the caller. */
@inline
export function leave(ctx: usize, kind: u32, res: i64, a: i64, b: i64): void {
  store<u32>(ctx, kind, FLAG_KIND);
  store<i64>(ctx, res, FLAG_RES);
  store<i64>(ctx, a, FLAG_A);
  store<i64>(ctx, b, FLAG_B);
}

/** Flags of and, or, xor, test. */
@inline
export function leaveLogic(ctx: usize, res: i64): void {
  store<u32>(ctx, FLAGS_LOGIC, FLAG_KIND);
  store<i64>(ctx, res, FLAG_RES);
}

/** ZF, SF and PF from `res`; CF, OF and AF from `bits` (placed as in EFLAGS). */
@inline
export function leaveResult(ctx: usize, res: i64, bits: i64): void {
  store<u32>(ctx, FLAGS_RESULT, FLAG_KIND);
  store<i64>(ctx, res, FLAG_RES);
  store<i64>(ctx, bits, FLAG_B);
}

/** Replaces CF and OF (`bits`, placed as in EFLAGS); the other flags stay as they are, lazy or not. */
@inline
export function leaveCarryOverflow(ctx: usize, bits: u32): void {
  const kind = load<u32>(ctx, FLAG_KIND);
  if (kind == FLAGS_EXPLICIT) {
    store<u32>(ctx, (load<u32>(ctx, EFLAGS) & ~(CF | OF)) | bits, EFLAGS);
  } else {
    store<u32>(ctx, kind | FLAGS_CO, FLAG_KIND);
    store<u32>(ctx, bits, FLAG_CO);
  }
}

/** Replaces CF alone. */
export function leaveCarry(ctx: usize, bit: u32): void {
  leaveCarryOverflow(ctx, bit | (overflow(ctx) ? OF : 0));
}

/** Sets all six status flags (bits as in EFLAGS); the rest of EFLAGS stays. */
@inline
export function setStatus(ctx: usize, bits: u32): void {
  store<u32>(ctx, FLAGS_EXPLICIT, FLAG_KIND);
  store<u64>(ctx, (load<u64>(ctx, EFLAGS) & ~(<u64>STATUS_FLAGS)) | <u64>bits, EFLAGS);
}

/** The six status flags as bits of EFLAGS. */
export function status(ctx: usize): u32 {
  if (load<u32>(ctx, FLAG_KIND) == FLAGS_EXPLICIT) return load<u32>(ctx, EFLAGS) & STATUS_FLAGS;
  const res = load<i64>(ctx, FLAG_RES);
  return (
    (carry(ctx) ? CF : 0) |
    (popcnt<i32>(<i32>res & 0xff) & 1 ? 0 : PF) |
    (adjust(ctx) ? AF : 0) |
    (res == 0 ? ZF : 0) |
    (res < 0 ? SF : 0) |
    (overflow(ctx) ? OF : 0)
  );
}

/** CF, 0 or 1. */
export function carry(ctx: usize): u32 {
  const a = load<u64>(ctx, FLAG_A);
  const b = load<u64>(ctx, FLAG_B);
  const kind = load<u32>(ctx, FLAG_KIND);
  if (kind >= <u32>FLAGS_CO) return load<u32>(ctx, FLAG_CO) & CF;
  switch (kind) {
    case FLAGS_EXPLICIT: return load<u32>(ctx, EFLAGS) & CF;
    case FLAGS_ADD: return u32(load<u64>(ctx, FLAG_RES) < a);
    case FLAGS_SUB: return u32(a < b);
    case FLAGS_ADC: return u32(load<u64>(ctx, FLAG_RES) <= a);
    case FLAGS_SBB: return u32(a <= b);
    case FLAGS_INC:
    case FLAGS_DEC:
    case FLAGS_RESULT: return <u32>b & CF;
    default: return 0;
  }
}

/** OF, 0 or not. */
export function overflow(ctx: usize): u32 {
  const a = load<i64>(ctx, FLAG_A);
  const b = load<i64>(ctx, FLAG_B);
  const res = load<i64>(ctx, FLAG_RES);
  const kind = load<u32>(ctx, FLAG_KIND);
  if (kind >= <u32>FLAGS_CO) return load<u32>(ctx, FLAG_CO) & OF;
  switch (kind) {
    case FLAGS_EXPLICIT: return load<u32>(ctx, EFLAGS) & OF;
    case FLAGS_ADD:
    case FLAGS_ADC: return u32(((a ^ res) & (b ^ res)) < 0);
    case FLAGS_SUB:
    case FLAGS_SBB: return u32(((a ^ b) & (a ^ res)) < 0);
    case FLAGS_INC: return u32((~a & res) < 0);
    case FLAGS_DEC: return u32((a & ~res) < 0);
    case FLAGS_RESULT: return <u32>b & OF;
    default: return 0;
  }
}

/** AF, 0 or not. */
function adjust(ctx: usize): u32 {
  const res = load<u32>(ctx, FLAG_RES);
  switch (load<u32>(ctx, FLAG_KIND) & (FLAGS_CO - 1)) {
    case FLAGS_ADD:
    case FLAGS_SUB:
    case FLAGS_ADC:
    case FLAGS_SBB: return (load<u32>(ctx, FLAG_A) ^ load<u32>(ctx, FLAG_B) ^ res) & AF;
    case FLAGS_INC: return u32((res & 15) == 0);
    case FLAGS_DEC: return u32((res & 15) == 15);
    case FLAGS_RESULT: return load<u32>(ctx, FLAG_B) & AF;
    default: return 0;
  }
}

/** PF. */
export function parity(ctx: usize): bool {
  if (load<u32>(ctx, FLAG_KIND) == FLAGS_EXPLICIT) return (load<u32>(ctx, EFLAGS) & PF) != 0;
  return (popcnt<u32>(load<u8>(ctx, FLAG_RES)) & 1) == 0;
}

// The conditions of jcc, setcc and cmovcc; their negations are the callers' business.

/** ZF: e, z. */
@inline
export function condZ(ctx: usize): bool {
  if (load<u32>(ctx, FLAG_KIND) != FLAGS_EXPLICIT) return load<u64>(ctx, FLAG_RES) == 0;
  return (load<u32>(ctx, EFLAGS) & ZF) != 0;
}

/** SF: s. */
@inline
export function condS(ctx: usize): bool {
  if (load<u32>(ctx, FLAG_KIND) != FLAGS_EXPLICIT) return load<i64>(ctx, FLAG_RES) < 0;
  return (load<u32>(ctx, EFLAGS) & SF) != 0;
}

/** CF: b, c, nae. */
@inline
export function condB(ctx: usize): bool {
  if (load<u32>(ctx, FLAG_KIND) == FLAGS_SUB) return load<u64>(ctx, FLAG_A) < load<u64>(ctx, FLAG_B);
  return carry(ctx) != 0;
}

/** CF or ZF: be, na. */
@inline
export function condBE(ctx: usize): bool {
  if (load<u32>(ctx, FLAG_KIND) == FLAGS_SUB) return load<u64>(ctx, FLAG_A) <= load<u64>(ctx, FLAG_B);
  return belowOrEqual(ctx);
}

/** SF != OF: l, nge. */
@inline
export function condL(ctx: usize): bool {
  if (load<u32>(ctx, FLAG_KIND) == FLAGS_SUB) return load<i64>(ctx, FLAG_A) < load<i64>(ctx, FLAG_B);
  return less(ctx);
}

/** ZF or SF != OF: le, ng. */
@inline
export function condLE(ctx: usize): bool {
  if (load<u32>(ctx, FLAG_KIND) == FLAGS_SUB) return load<i64>(ctx, FLAG_A) <= load<i64>(ctx, FLAG_B);
  return lessOrEqual(ctx);
}

function belowOrEqual(ctx: usize): bool {
  return carry(ctx) != 0 || condZ(ctx);
}

function less(ctx: usize): bool {
  if (load<u32>(ctx, FLAG_KIND) == FLAGS_LOGIC) return load<i64>(ctx, FLAG_RES) < 0;
  return condS(ctx) != (overflow(ctx) != 0);
}

function lessOrEqual(ctx: usize): bool {
  return condZ(ctx) || less(ctx);
}

/** Forward (1) or backward (−1): DF. */
@inline
export function direction(ctx: usize): i64 {
  return load<u32>(ctx, EFLAGS) & DF ? -1 : 1;
}

// The same right behind a compare or test (fused pairs): a condition by number, constant at the call, of the operands.
export const C_Z: i32 = 0;
export const C_NZ: i32 = 1;
export const C_B: i32 = 2;
export const C_NB: i32 = 3;
export const C_BE: i32 = 4;
export const C_NBE: i32 = 5;
export const C_L: i32 = 6;
export const C_NL: i32 = 7;
export const C_LE: i32 = 8;
export const C_NLE: i32 = 9;
export const C_S: i32 = 10;
export const C_NS: i32 = 11;

/** After cmp a, b (sign-extended). */
@inline
export function compares(condition: i32, a: i64, b: i64): bool {
  if (condition == C_Z) return a == b;
  if (condition == C_NZ) return a != b;
  if (condition == C_B) return <u64>a < <u64>b;
  if (condition == C_NB) return <u64>a >= <u64>b;
  if (condition == C_BE) return <u64>a <= <u64>b;
  if (condition == C_NBE) return <u64>a > <u64>b;
  if (condition == C_L) return a < b;
  if (condition == C_NL) return a >= b;
  if (condition == C_LE) return a <= b;
  return a > b;
}

/** After test with this result (sign-extended). */
@inline
export function tests(condition: i32, res: i64): bool {
  if (condition == C_Z) return res == 0;
  if (condition == C_NZ) return res != 0;
  if (condition == C_S) return res < 0;
  if (condition == C_NS) return res >= 0;
  if (condition == C_LE) return res <= 0;
  return res > 0;
}
