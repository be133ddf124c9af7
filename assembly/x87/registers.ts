// The x87 register stack in the CPU context: ST(i) is physical register (TOP + i) mod 8, a bit of the abridged tag word
// says whether it is in use. A register number `r` is i * 16, as decoded instructions hold it. Also the end of every
// instruction: exception flags into FSW, stack faults, and the last-instruction pointers.

import { I_IMM, I_PC } from '../shared/inst';
import {
  FCS,
  FDP,
  FDS,
  FIP,
  FOP,
  FSW,
  FTW,
  X87,
} from '../shared/layout';
import { C1, DE, IE, NAN_M, NAN_SE, SF, ZE, clearExceptions, cw, exc, keepRefusal, raise, zM, zSE } from './soft';

/** All exceptions. */
export const EXCEPTIONS: u32 = 0x3f;
/** ES and B: an unmasked exception is pending. */
export const PENDING: u32 = 0x8080;
/** CS of a 64-bit Linux process, which the CPU keeps with FIP. */
const USER_CS: u32 = 0x33;

/** Context plus offset of ST(r / 16): add X87 for the significand, X87 + 8 for sign and exponent. */
@inline
export function st(ctx: usize, r: usize): usize {
  return ctx + (((<usize>load<u16>(ctx, FSW) >> 7) + r) & 0x70);
}

@inline
export function regSE(at: usize): u32 {
  return load<u16>(at, X87 + 8);
}

@inline
export function regM(at: usize): u64 {
  return load<u64>(at, X87);
}

@inline
export function setReg(at: usize, se: u32, m: u64): void {
  store<u64>(at, m, X87);
  store<u16>(at, se, X87 + 8);
}

/** Bit of register `at` (from st) in the abridged tag word. */
@inline
function tagBit(ctx: usize, at: usize): u32 {
  return 1 << <u32>((at - ctx) >> 4);
}

@inline
export function isEmpty(ctx: usize, at: usize): bool {
  return !(load<u8>(ctx, FTW) & tagBit(ctx, at));
}

@inline
export function setTag(ctx: usize, at: usize): void {
  store<u8>(ctx, load<u8>(ctx, FTW) | tagBit(ctx, at), FTW);
}

@inline
export function setEmpty(ctx: usize, at: usize): void {
  store<u8>(ctx, load<u8>(ctx, FTW) & ~tagBit(ctx, at), FTW);
}

/** TOP += n (mod 8); n is 1 for a pop, 7 for a push. */
@inline
export function addTop(ctx: usize, n: u32): void {
  const fsw: u32 = load<u16>(ctx, FSW);
  store<u16>(ctx, (fsw & ~0x3800) | ((fsw + (n << 11)) & 0x3800), FSW);
}

export function pop(ctx: usize): void {
  setEmpty(ctx, st(ctx, 0));
  addTop(ctx, 1);
}

/** An unmasked invalid operation, denormal operand or zero divide: the instruction leaves its operands alone. */
@inline
export function refused(): bool {
  return (exc & ~cw & (IE | DE | ZE)) != 0;
}

/** Puts the flags of `exc` into FSW (C1 is always rewritten). */
@inline
export function finish(ctx: usize): void {
  const before: u32 = load<u16>(ctx, FSW);
  let fsw = (before & ~C1) | exc;
  if (exc & ~cw & EXCEPTIONS) fsw |= PENDING;
  // Mostly nothing changes; a store here would hold up the next instruction's load.
  if (fsw != before) store<u16>(ctx, fsw, FSW);
}

/** fcomi, fucomi and fcmov leave C1 alone, but for a stack fault. */
@inline
export function finishKeepingC1(ctx: usize): void {
  if (!(exc & SF)) raise(load<u16>(ctx, FSW) & C1);
  finish(ctx);
}

/** The same with condition codes. */
@inline
export function finishCodes(ctx: usize, codes: u32): void {
  store<u16>(ctx, load<u16>(ctx, FSW) & ~0x4700, FSW);
  raise(codes);
  finish(ctx);
}

/** Result of an instruction into register `at`, which is not empty. */
@inline
export function deliver(ctx: usize, at: usize): void {
  if (refused()) {
    keepRefusal();
  } else {
    setReg(at, zSE, zM);
  }
  finish(ctx);
}

/** Result pushed; the stack overflows when the register below the top is in use. */
export function push(ctx: usize): void {
  const at = st(ctx, 7 << 4);
  if (!isEmpty(ctx, at)) {
    // A full stack is found before the operand is looked at.
    overflowPush(ctx, at);
    return;
  }
  // A denormal is loaded even when that exception is unmasked.
  if (!(exc & ~cw & IE)) {
    addTop(ctx, 7);
    setReg(at, zSE, zM);
    setTag(ctx, at);
  }
  finish(ctx);
}

function overflowPush(ctx: usize, at: usize): void {
  clearExceptions();
  raise(IE | SF | C1);
  if (cw & IE) {
    addTop(ctx, 7);
    setReg(at, NAN_SE, NAN_M);
  }
  finish(ctx);
}

/** Stack underflow: an operand is empty. The default NaN goes to `at` when masked. */
export function underflow(ctx: usize, at: usize): void {
  clearExceptions();
  raise(IE | SF);
  if (cw & IE) {
    setReg(at, NAN_SE, NAN_M);
    setTag(ctx, at);
  }
  finish(ctx);
}

/** Stack underflow of an instruction with a result that is not a register. True when it is masked. */
export function underflowRaised(): bool {
  clearExceptions();
  raise(IE | SF);
  return (cw & IE) != 0;
}

/** Last-instruction pointers. */
@inline
export function noteInstruction(ctx: usize, inst: usize): void {
  store<u64>(ctx, load<u32>(inst, I_PC), FIP);
  store<u16>(ctx, USER_CS, FCS);
  store<u16>(ctx, load<u16>(inst, I_IMM) & 0x7ff, FOP);
}

@inline
export function noteOperand(ctx: usize, ea: u64): void {
  store<u64>(ctx, ea, FDP);
  store<u16>(ctx, 0, FDS);
}
