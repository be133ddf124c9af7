// Operands of VEX instructions. A YMM register lies in two places (XMM and YMM_HIGH), so vectors are brought together in the
// context's scratch: first source in SCRATCH_A, second in SCRATCH_B unless it is memory, result in SCRATCH_R, from which
// commit() writes the destination. Memory operands need no alignment, but for the aligned moves.
import { I_IMM, I_OPSIZE } from '../shared/inst';
import { ea, isMem, rd } from '../memory';
import { r0, r1, r2, xmm, ymmHigh } from '../state';
import { SCRATCH_A, SCRATCH_B, SCRATCH_C, SCRATCH_R } from '../sse/arith';

/** Vector length of the instruction: 16 or 32 bytes. */
@inline
export function vectorSize(inst: usize): u32 {
  return load<u8>(inst, I_OPSIZE);
}

@inline
export function imm8(inst: usize): i32 {
  return load<u8>(inst, I_IMM);
}

/** Copies all 32 bytes of a register to ctx + scratch; returns that address. */
function image(ctx: usize, reg: usize, scratch: usize): usize {
  v128.store(ctx + scratch, v128.load(xmm(ctx, reg)));
  v128.store(ctx + scratch, v128.load(ymmHigh(ctx, reg)), 16);
  return ctx + scratch;
}

/** First of two sources: register r1. */
export function firstSource(ctx: usize, inst: usize): usize {
  return image(ctx, r1(inst), SCRATCH_A);
}

/** The destination's old value. */
export function oldDestination(ctx: usize, inst: usize): usize {
  return image(ctx, r0(inst), SCRATCH_C);
}

/** Source `reg` or `size` bytes of memory, 0 after a fault. */
@inline
export function sourceOf(ctx: usize, inst: usize, reg: usize, size: u32): usize {
  return isMem(inst) ? rd(ctx, ea(ctx, inst), size) : image(ctx, reg, SCRATCH_B);
}

/** Second of two sources. */
export function secondSource(ctx: usize, inst: usize, size: u32): usize {
  return sourceOf(ctx, inst, r2(inst), size);
}

/** The only source. */
export function onlySource(ctx: usize, inst: usize, size: u32): usize {
  return sourceOf(ctx, inst, r1(inst), size);
}

/** Writes `size` bytes of SCRATCH_R to the vector register `reg` and clears the rest of it. */
export function commitTo(ctx: usize, reg: usize, size: u32): i32 {
  v128.store(xmm(ctx, reg), v128.load(ctx, SCRATCH_R));
  const high: v128 = size == 32 ? v128.load(ctx, SCRATCH_R + 16) : i64x2.splat(0);
  v128.store(ymmHigh(ctx, reg), high);
  return 0;
}

@inline
export function commit(ctx: usize, inst: usize, size: u32): i32 {
  return commitTo(ctx, r0(inst), size);
}

/** Sets 16 bytes of the result. */
@inline
export function result(ctx: usize, half: usize, value: v128): void {
  v128.store(ctx + SCRATCH_R + half, value);
}
