// Guest memory as instructions see it: effective addresses, and checked accesses. Every helper that takes a guest
// address returns the *linear* address (guest − GUEST_SHIFT) to load from or store to, or 0 after it has recorded the
// exception in the context; the caller then returns EXIT_FAULT. Example, `addps xmm0, [rax]`:
//
//   const at = rd(ctx, ea(ctx, inst), 16);
//   if (!at) return EXIT_FAULT;
//   … v128.load(at) …
//
// A page's flags (one byte, kept by lx/mm) are looked up on every access, so that a fault is precise and nothing has
// been changed when it is reported. An access that crosses a page has both pages checked (out of line).

import { codeWritten } from './interp/cache';
import { mayStore, missing, readShared, touchesShared, writeShared } from './shared';
import { EXIT_FAULT, VEC_DE, VEC_GP, VEC_PF, VEC_SHARED, VEC_UD } from './shared/exit';
import {
  I_BASE,
  I_DISP,
  I_FLAGS,
  I_INDEX,
  I_SCALE,
  I_SEG,
  INST_ADDR32,
  INST_COMPLEX,
  INST_MEM,
} from './shared/inst';
import {
  FAULT_ADDR,
  FAULT_CODE,
  FAULT_VECTOR,
  FS_BASE,
  GS_BASE,
  GUEST_SHIFT,
  PAGE_CODE,
  PAGE_FLAGS,
  PAGE_READ,
  PAGE_SHARED,
  PAGE_SHARED_SHIFT,
  PAGE_WRITE,
} from './shared/layout';

/** Page-fault error code bits (Intel SDM Vol. 3 §4.7). */
const PF_PRESENT: u32 = 1;
const PF_WRITE: u32 = 2;
const PF_USER: u32 = 4;

/** Records an exception with its error code; returns EXIT_FAULT, so that a handler can `return fault(…)`. */
export function fault(ctx: usize, vector: u32, code: u32): i32 {
  store<u32>(ctx, vector, FAULT_VECTOR);
  store<u32>(ctx, code, FAULT_CODE);
  store<u64>(ctx, 0, FAULT_ADDR);
  return EXIT_FAULT;
}

/** #UD: no such instruction (on this CPU level). */
@inline
export function ud(ctx: usize): i32 {
  return fault(ctx, VEC_UD, 0);
}

/** #DE: division by zero or a quotient that does not fit. */
@inline
export function de(ctx: usize): i32 {
  return fault(ctx, VEC_DE, 0);
}

/** #GP(0): privileged instruction, misaligned 16-byte operand, non-canonical address. */
@inline
export function gp(ctx: usize): i32 {
  return fault(ctx, VEC_GP, 0);
}

/** Has the instruction a memory operand (mod != 3)? */
@inline
export function isMem(inst: usize): bool {
  return (load<u8>(inst, I_FLAGS) & INST_MEM) != 0;
}

/**
 * Effective (guest) address of the instruction's memory operand. The block builder clears INST_COMPLEX where only an
 * index is there: adding it always (ZERO when absent) is cheaper than to ask.
 */
@inline
export function ea(ctx: usize, inst: usize): u64 {
  if (load<u8>(inst, I_FLAGS) & INST_COMPLEX) return eaComplex(ctx, inst);
  return (
    load<u64>(ctx + load<u8>(inst, I_BASE)) +
    (load<u64>(ctx + load<u8>(inst, I_INDEX)) << load<u8>(inst, I_SCALE)) +
    <i64>load<i32>(inst, I_DISP)
  );
}

/** The same, with segment base and 32-bit wrapping. */
export function eaComplex(ctx: usize, inst: usize): u64 {
  return eaOffset(ctx, inst) + segBase(ctx, inst);
}

/** Effective address before the segment base is added (what lea computes). */
@inline
export function eaOffset(ctx: usize, inst: usize): u64 {
  const at =
    load<u64>(ctx + load<u8>(inst, I_BASE)) +
    (load<u64>(ctx + load<u8>(inst, I_INDEX)) << load<u8>(inst, I_SCALE)) +
    <i64>load<i32>(inst, I_DISP);
  return load<u8>(inst, I_FLAGS) & INST_ADDR32 ? at & 0xffffffff : at;
}

/** Base of the instruction's segment override; 0 without one. */
@inline
export function segBase(ctx: usize, inst: usize): u64 {
  const seg = load<u8>(inst, I_SEG);
  return seg == 0 ? 0 : seg == 1 ? load<u64>(ctx, FS_BASE) : load<u64>(ctx, GS_BASE);
}

/** The bits of an address that must not exceed 0x1000 − size: above 4 GiB, or too near to the end of its page. */
const REACH: u64 = 0xffffffff00000fff;

/** Is [ea, ea + size) not wholly on one page below 4 GiB? One comparison. */
@inline
function outside(ea: u64, size: u32): bool {
  return size == 1 ? ea >> 32 != 0 : (ea & REACH) > <u64>(0x1000 - size);
}

/** Linear address of `size` (1…4096) readable bytes at guest address `ea`, or 0 after recording the exception. */
@inline
export function rd(ctx: usize, ea: u64, size: u32): usize {
  if (outside(ea, size) || !(load<u8>(PAGE_FLAGS + (<u32>ea >> 12)) & PAGE_READ)) {
    return rdSlow(ctx, ea, size);
  }
  return <usize>ea - GUEST_SHIFT;
}

/** Linear address of `size` (1…4096) writable bytes; also for read-modify-write. Decoded code there is dropped. */
@inline
export function wr(ctx: usize, ea: u64, size: u32): usize {
  if (
    outside(ea, size) ||
    (load<u8>(PAGE_FLAGS + (<u32>ea >> 12)) & (PAGE_WRITE | PAGE_CODE)) != PAGE_WRITE
  ) {
    return wrSlow(ctx, ea, size);
  }
  return <usize>ea - GUEST_SHIFT;
}

/** As rd, but a misaligned address is #GP(0): movaps, and the memory operands of SSE instructions but the mov(u/lddqu). */
@inline
export function rdAligned(ctx: usize, ea: u64, size: u32): usize {
  if (<u32>ea & (size - 1)) {
    gp(ctx);
    return 0;
  }
  return rd(ctx, ea, size);
}

/** As wr, but a misaligned address is #GP(0). */
@inline
export function wrAligned(ctx: usize, ea: u64, size: u32): usize {
  if (<u32>ea & (size - 1)) {
    gp(ctx);
    return 0;
  }
  return wr(ctx, ea, size);
}

/** Is [ea, ea + size) readable? No exception is recorded. */
export function readable(ea: u64, size: u32): bool {
  return allowed(ea, size, PAGE_READ) == size;
}

/** Is [ea, ea + size) writable? No exception is recorded, decoded code is left alone. */
export function writable(ea: u64, size: u32): bool {
  return allowed(ea, size, PAGE_WRITE) == size;
}

/** How many of the `size` (1…4096) bytes at `ea` lie on pages that have `need`, from the first one on. */
function allowed(ea: u64, size: u32, need: u32): u32 {
  if (!pageHas(ea, need)) return 0;
  const last = ea + size - 1;
  if (!((ea ^ last) >> 12) || pageHas(last, need)) return size;
  return 0x1000 - (<u32>ea & 0xfff);
}

function pageHas(at: u64, need: u32): bool {
  if (at >> 32 != 0) return false;
  const flags: u32 = load<u8>(PAGE_FLAGS + (<u32>at >> 12));
  return ((flags & PAGE_SHARED ? flags >> PAGE_SHARED_SHIFT : flags) & need) != 0;
}

function rdSlow(ctx: usize, ea: u64, size: u32): usize {
  const fine = allowed(ea, size, PAGE_READ);
  if (fine != size) {
    pageFault(ctx, ea + fine, 0);
    return 0;
  }
  if (!touchesShared(<u32>ea, size)) return <usize>ea - GUEST_SHIFT;
  const copy = readShared(ctx, <u32>ea, size);
  if (!copy) pageFault(ctx, missing, 0);
  return copy;
}

function wrSlow(ctx: usize, ea: u64, size: u32): usize {
  const fine = allowed(ea, size, PAGE_WRITE);
  if (fine != size) {
    pageFault(ctx, ea + fine, PF_WRITE);
    return 0;
  }
  if (touchesShared(<u32>ea, size)) return wrShared(ctx, <u32>ea, size);
  codeWritten(<u32>ea, size);
  return <usize>ea - GUEST_SHIFT;
}

function wrShared(ctx: usize, ea: u32, size: u32): usize {
  if (!mayStore()) {
    fault(ctx, VEC_SHARED, 0);
    return 0;
  }
  const copy = writeShared(ctx, ea, size);
  if (!copy) pageFault(ctx, missing, PF_WRITE);
  return copy;
}

/** Error code of a #GP for a non-canonical address until stop() knows whether it is a #SS. */
export const NOT_CANONICAL: u32 = 0xffffffff;

/**
 * Records #PF at `at` (`access`: PF_WRITE, 16 for a fetch, or 0), or #GP(0) when the address is not canonical. In the
 * kernel's half every page counts as present, as Linux tells signal handlers.
 */
export function pageFault(ctx: usize, at: u64, access: u32): void {
  if (<u64>(<i64>(at << 16) >> 16) != at) {
    fault(ctx, VEC_GP, NOT_CANONICAL);
    return;
  }
  const present = at >> 32 == 0 ? load<u8>(PAGE_FLAGS + (<u32>at >> 12)) != 0 : <i64>at < 0;
  fault(ctx, VEC_PF, PF_USER | access | (present ? PF_PRESENT : 0));
  store<u64>(ctx, at, FAULT_ADDR);
}
