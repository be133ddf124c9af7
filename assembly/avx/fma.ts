// Fused multiply-add. The three digits of the mnemonic say which operands (1 = r0, 2 = r1, 3 = the source) are multiplied and
// which is added: 132 is op1 × op3 + op2.
import { EXIT_FAULT } from '../shared/exit';
import { ea, isMem, rd } from '../memory';
import { r0, r1, r2, xmm } from '../state';
import { SCRATCH_R, bitsAt, precision, storeBits } from '../sse/arith';
import { PE, begin, end, mxcsrOf, ordinary } from '../sse/env';
import { fastFmaDouble, fastFmaSingle } from '../sse/fast-fma';
import { softFma } from '../sse/soft-fma';
import { commit, firstSource, oldDestination, secondSource, vectorSize } from './operand';

/** Kinds: bit 0 subtracts the addend, bit 1 negates the product; the alternating ones differ in even and odd lanes. */
export const FMADD: u32 = 0;
export const FMSUB: u32 = 1;
export const FNMADD: u32 = 2;
export const FNMSUB: u32 = 3;
/** Even lanes subtract, odd lanes add. */
export const FMADDSUB: u32 = 4;
/** Even lanes add, odd lanes subtract. */
export const FMSUBADD: u32 = 5;

/** Kind of the lane number `lane`. */
@inline
function kindOf(kind: u32, lane: usize): u32 {
  if (kind < FMADDSUB) return kind;
  return (<u32>lane & 1) ^ (kind == FMADDSUB ? 1 : 0);
}

/** The lane when it is ordinary and its flags are known (`fast`: PE is sticky), else by softFma. */
function lane<T>(op1: usize, op2: usize, op3: usize, order: u32, kind: u32, fast: bool): u64 {
  if (fast) {
    const x = load<T>(order == 132 || order == 213 ? op1 : op2);
    const y = load<T>(order == 213 ? op2 : op3);
    const z = load<T>(order == 132 ? op2 : order == 213 ? op3 : op1);
    const r = fastFma<T>(kind & FNMADD ? -x : x, y, kind & FMSUB ? -z : z);
    if (r == r) return sizeof<T>() == 8 ? reinterpret<u64>(r) : <u64>reinterpret<u32>(r);
  }
  return softLane<T>(op1, op2, op3, order, kind);
}

@inline
function fastFma<T>(x: T, y: T, z: T): T {
  if (sizeof<T>() == 8) return <T>fastFmaDouble(<f64>x, <f64>y, <f64>z);
  return <T>fastFmaSingle(<f32>x, <f32>y, <f32>z);
}

/** Rounding to nearest, an inexact result raises nothing new. */
@inline
function inexactFine(ctx: usize): bool {
  const mxcsr = mxcsrOf(ctx);
  return ordinary(mxcsr) && (mxcsr & PE) != 0;
}

/** The lane with operands at op1, op2, op3. */
function softLane<T>(op1: usize, op2: usize, op3: usize, order: u32, kind: u32): u64 {
  const p = precision<T>();
  const x = bitsAt<T>(op1);
  const y = bitsAt<T>(op2);
  const z = bitsAt<T>(op3);
  const negate = (kind & FNMADD) != 0;
  const subtract = (kind & FMSUB) != 0;
  if (order == 132) return softFma(x, z, y, p, negate, subtract);
  if (order == 213) return softFma(y, x, z, p, negate, subtract);
  return softFma(y, z, x, p, negate, subtract);
}

export function fmaPacked<T>(ctx: usize, inst: usize, kind: u32, order: u32): i32 {
  const size = vectorSize(inst);
  const op3 = secondSource(ctx, inst, size);
  if (!op3) return EXIT_FAULT;
  const op1 = oldDestination(ctx, inst);
  const op2 = firstSource(ctx, inst);
  const fast = inexactFine(ctx);
  begin(ctx);
  for (let i: usize = 0; i < size; i += sizeof<T>()) {
    const kindHere = kindOf(kind, i / sizeof<T>());
    storeBits<T>(ctx + SCRATCH_R + i, lane<T>(op1 + i, op2 + i, op3 + i, order, kindHere, fast));
  }
  if (end(ctx)) return EXIT_FAULT;
  return commit(ctx, inst, size);
}

/** The other lanes of r0 stay, the upper half of the register is cleared. */
export function fmaScalar<T>(ctx: usize, inst: usize, kind: u32, order: u32): i32 {
  const s = isMem(inst) ? rd(ctx, ea(ctx, inst), sizeof<T>()) : xmm(ctx, r2(inst));
  if (!s) return EXIT_FAULT;
  const d = xmm(ctx, r0(inst));
  begin(ctx);
  const r = lane<T>(d, xmm(ctx, r1(inst)), s, order, kind, inexactFine(ctx));
  if (end(ctx)) return EXIT_FAULT;
  v128.store(ctx, v128.load(d), SCRATCH_R);
  storeBits<T>(ctx + SCRATCH_R, r);
  return commit(ctx, inst, 16);
}
