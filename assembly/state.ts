// Registers of a CPU context (layout: shared/layout.ts). `reg` is a register's byte offset as a decoded instruction
// holds it (I_R0…): GPR n*8 (ah…bh n*8+1), vector and x87 registers n*16.

import { I_R0, I_R1, I_R2 } from './shared/inst';
import { GPR, X87, XMM, YMM_HIGH } from './shared/layout';

/** Register operands of an instruction, as byte offsets. */
@inline
export function r0(inst: usize): usize {
  return load<u8>(inst, I_R0);
}
@inline
export function r1(inst: usize): usize {
  return load<u8>(inst, I_R1);
}
@inline
export function r2(inst: usize): usize {
  return load<u8>(inst, I_R2);
}

/** General-purpose register `reg` as T (the low bytes; for T of one byte also ah…bh). */
@inline
export function gpr<T>(ctx: usize, reg: usize): T {
  return load<T>(ctx + reg, GPR);
}

/** Writes a GPR as x86 does: 32 bits clear the upper half, 8 and 16 bits leave the rest alone. */
@inline
export function setGpr<T>(ctx: usize, reg: usize, value: T): void {
  if (sizeof<T>() == 4) store<u64>(ctx + reg, <u64>(<u32>value), GPR);
  else store<T>(ctx + reg, value, GPR);
}

/** Address of XMM register `reg`'s 16 bytes. */
@inline
export function xmm(ctx: usize, reg: usize): usize {
  return ctx + XMM + reg;
}

/** Address of the upper 16 bytes of YMM register `reg`. */
@inline
export function ymmHigh(ctx: usize, reg: usize): usize {
  return ctx + YMM_HIGH + reg;
}

/** Address of MMX register `reg` (the low 8 bytes of physical x87 register `reg`). */
@inline
export function mm(ctx: usize, reg: usize): usize {
  return ctx + X87 + reg;
}

/** Sets the six status flags at once (bits of EFLAGS: shared/flags.ts); what comis, ptest, fcomi … do. */
export { setStatus } from './interp/lazy';
