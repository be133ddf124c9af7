// Source and destination operands of SSE instructions. Registers lie in linear memory as guest data does, so an operand
// is simply an address: of the register's slot in the context, or of checked guest memory. 0 means that the exception
// has been recorded and the handler returns EXIT_FAULT.
import { ea, gp, isMem, rd, wr } from '../memory';
import { r0, r1, xmm } from '../state';
import { MM, mxcsrOf } from './env';

/**
 * Source r1 or 16 bytes of memory, which must be aligned (#GP otherwise: Intel SDM Vol. 1 §10.4.1.1) unless MXCSR.MM
 * is set (AMD APM Vol. 1 §4.3.2).
 */
@inline
export function src16(ctx: usize, inst: usize): usize {
  if (!isMem(inst)) return xmm(ctx, r1(inst));
  const at = ea(ctx, inst);
  return <u32>at & 15 ? misaligned(ctx, at) : rd(ctx, at, 16);
}

function misaligned(ctx: usize, at: u64): usize {
  if (mxcsrOf(ctx) & MM) return rd(ctx, at, 16);
  gp(ctx);
  return 0;
}

/** Source r1 or `size` bytes of memory of any alignment. */
@inline
export function src(ctx: usize, inst: usize, size: u32): usize {
  return isMem(inst) ? rd(ctx, ea(ctx, inst), size) : xmm(ctx, r1(inst));
}

/** Source GPR r1 or `size` bytes of memory. */
@inline
export function srcGpr(ctx: usize, inst: usize, size: u32): usize {
  return isMem(inst) ? rd(ctx, ea(ctx, inst), size) : ctx + r1(inst);
}

/** Slot of the destination XMM register r0. */
@inline
export function dst(ctx: usize, inst: usize): usize {
  return xmm(ctx, r0(inst));
}

/** `size` writable bytes of the memory operand. */
@inline
export function dstMem(ctx: usize, inst: usize, size: u32): usize {
  return wr(ctx, ea(ctx, inst), size);
}
