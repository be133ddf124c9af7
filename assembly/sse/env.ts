// The floating-point environment of one SSE instruction. An instruction that leaves the fast path calls begin(), computes
// its lanes with softfloat.ts (which reads `mode` and collects exception flags in `raised`), and calls end(), which
// makes the flags sticky in MXCSR or, when one is unmasked, records #XM so that nothing is written.
// Sources: Intel SDM Vol. 1 §10.2.3 (MXCSR), §11.5 (SIMD floating-point exceptions).
import { VEC_XM } from '../shared/exit';
import { MXCSR } from '../shared/layout';
import { fault } from '../memory';

export const IE: u32 = 1; // invalid operation
export const DE: u32 = 2; // denormal operand
export const ZE: u32 = 4; // division by zero
export const OE: u32 = 8; // overflow
export const UE: u32 = 16; // underflow
export const PE: u32 = 32; // inexact ("precision")
export const DAZ: u32 = 0x40; // denormal operands are zeros
export const MASKS: u32 = 0x1f80; // all six exceptions masked
export const RC_SHIFT: u32 = 13;
export const FTZ: u32 = 0x8000; // tiny results become zeros
/** AMD: misaligned 16-byte operands of arithmetic are no error. */
export const MM: u32 = 0x20000;
/** Bits that ldmxcsr accepts; others are #GP(0). */
export const MXCSR_VALID: u32 = 0xffff | MM;

// Rounding modes, as MXCSR.RC and the immediate of roundps have them
export const NEAREST: u32 = 0;
export const DOWN: u32 = 1;
export const UP: u32 = 2;
export const TRUNCATE: u32 = 3;

/** MXCSR as the instruction found it. */
let mode: u32 = MASKS;
/** Rounding mode in force. */
let rc: u32 = NEAREST;
/** DAZ and FTZ in force. */
let flushing: u32 = 0;
/** Exception flags that the lanes raised. */
let raised: u32 = 0;

/**
 * Rounding to nearest with PE masked: WebAssembly's own arithmetic applies to ordinary numbers, which neither raise another
 * exception (so their masks do not matter) nor meet DAZ or FTZ.
 */
@inline
export function ordinary(mxcsr: u32): bool {
  return (mxcsr & 0x7000) == 0x1000;
}

@inline
export function mxcsrOf(ctx: usize): u32 {
  return load<u32>(ctx, MXCSR);
}

export function begin(ctx: usize): void {
  mode = mxcsrOf(ctx);
  rc = (mode >> RC_SHIFT) & 3;
  flushing = mode & (DAZ | FTZ);
  raised = 0;
}

/**
 * Ends the instruction: false = go on and write the result, true = #XM is recorded. When an unmasked exception is found
 * before computing (IE, DE, ZE), no lane computes, so those found after it (OE, UE, PE) are not reported.
 */
export function end(ctx: usize): bool {
  const unmasked = raised & ~(mode >> 7) & 0x3f;
  if (unmasked & (IE | DE | ZE)) raised &= IE | DE | ZE;
  mode |= raised;
  store<u32>(ctx, mode, MXCSR);
  if (!unmasked) return false;
  fault(ctx, VEC_XM, 0);
  return true;
}

/** Ends one step of an instruction that computes in several (dpps): true = #XM is recorded, else the next step may begin. */
export function step(ctx: usize): bool {
  const stop = end(ctx);
  raised = 0;
  return stop;
}

@inline
export function raise(flags: u32): void {
  raised |= flags;
}

@inline
export function rounding(): u32 {
  return rc;
}

/** Is DAZ, or FTZ, in force? */
@inline
export function flushes(bit: u32): bool {
  return (flushing & bit) != 0;
}

/** Is this exception masked? */
@inline
export function masked(flag: u32): bool {
  return (mode & (flag << 7)) != 0;
}

/** Runs the rest of the instruction with another rounding mode (roundps imm, cvtt*). */
@inline
export function setRounding(mode: u32): void {
  rc = mode;
}

/** The rest of the instruction is done without DAZ, FTZ or both. */
@inline
export function ignoreFlushing(bits: u32): void {
  flushing &= ~bits;
}
