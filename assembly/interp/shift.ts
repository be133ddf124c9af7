// Shifts and rotates: shl, shr, sar, rol, ror, rcl, rcr, shld, shrd. The count is masked to 5 bits (6 for 64-bit
// operands); a masked count of 0 changes no flag (Intel SDM Vol. 2 "SAL/SAR/SHL/SHR", "RCL/RCR/ROL/ROR", "SHLD").
// Where the manual leaves OF and AF undefined, they are what the formula for a count of 1 gives, and AF 0.
import { EXIT_FAULT, EXIT_NONE } from '../shared/exit';
import { I_IMM, I_OP } from '../shared/inst';
import { RCX } from '../shared/layout';
import * as ops from '../generated/ops';
import { ea, wr } from '../memory';
import { gpr, r0, r1, setGpr } from '../state';
import { carry, leaveCarryOverflow, leaveResult } from './lazy';

export const S_SHL: i32 = 0;
export const S_SHR: i32 = 1;
export const S_SAR: i32 = 2;
export const S_ROL: i32 = 3;
export const S_ROR: i32 = 4;
export const S_RCL: i32 = 5;
export const S_RCR: i32 = 6;

/** CF (bit 0) and OF (bit 11) as leaveResult and setStatus want them. */
@inline
function bits(c: u32, o: u32): u32 {
  return (c & 1) | ((o & 1) << 11);
}

/** Number of bits of T. */
@inline
function width<T>(): u32 {
  return sizeof<T>() * 8;
}

/** `value` shifted or rotated by `count`, already masked and not 0; leaves the flags. T is unsigned. */
@inline
export function shift<T>(ctx: usize, op: i32, value: T, count: u32): T {
  if (op == S_SHL) return shl<T>(ctx, value, count);
  if (op == S_SHR) return shr<T>(ctx, value, count);
  if (op == S_SAR) return sar<T>(ctx, value, count);
  if (op == S_ROL) return rotateLeft<T>(ctx, value, count);
  if (op == S_ROR) return rotateRight<T>(ctx, value, count);
  return op == S_RCL ? carryLeft<T>(ctx, value, count) : carryRight<T>(ctx, value, count);
}

/** A T sign-extended to 64 bits. */
@inline
function extended<T>(value: T): i64 {
  return ((<i64>value) << (64 - sizeof<T>() * 8)) >> (64 - sizeof<T>() * 8);
}

@inline
function shl<T>(ctx: usize, value: T, count: u32): T {
  if (sizeof<T>() < 8) {
    // one more bit is kept in a wider word: it becomes CF
    const wide = (<u64>value) << (<u64>count);
    const res = <T>wide;
    const c = <u32>(wide >> width<T>()) & 1;
    leaveResult(ctx, extended<T>(res), bits(c, c ^ <u32>(wide >> (width<T>() - 1))));
    return res;
  }
  const res = <T>((<u64>value) << (<u64>count));
  const c = <u32>((<u64>value) >> (64 - <u64>count)) & 1;
  leaveResult(ctx, <i64>res, bits(c, c ^ <u32>((<u64>res) >> 63)));
  return res;
}

@inline
function shr<T>(ctx: usize, value: T, count: u32): T {
  const before = (<u64>value) >> (<u64>(count - 1));
  const res = <T>(before >> 1);
  // for a count of 1, OF is the old sign bit
  leaveResult(ctx, extended<T>(res), bits(<u32>before, <u32>(before >> (width<T>() - 1))));
  return res;
}

@inline
function sar<T>(ctx: usize, value: T, count: u32): T {
  const before = extended<T>(value) >> (<i64>(count - 1));
  leaveResult(ctx, before >> 1, before & 1);
  return <T>(before >> 1);
}

/** Rotates keep ZF, SF, PF and AF. */
@inline
function keep(ctx: usize, c: u32, o: u32): void {
  leaveCarryOverflow(ctx, bits(c, o));
}

/** A count that is a multiple of the width (8 and 16 bits) still sets CF and OF. */
@inline
function rotateLeft<T>(ctx: usize, value: T, count: u32): T {
  const res = rotl<T>(value, <T>(count & (width<T>() - 1)));
  const c = <u32>res & 1;
  keep(ctx, c, c ^ <u32>((<u64>res) >> (width<T>() - 1)));
  return res;
}

@inline
function rotateRight<T>(ctx: usize, value: T, count: u32): T {
  const res = rotr<T>(value, <T>(count & (width<T>() - 1)));
  const c = <u32>((<u64>res) >> (width<T>() - 1));
  keep(ctx, c, c ^ <u32>((<u64>res) >> (width<T>() - 2)));
  return res;
}

/** Rotate through carry: width + 1 bits; 8 and 16 bits take the count modulo 9 and 17 (0 then changes nothing). */
function carryLeft<T>(ctx: usize, value: T, count: u32): T {
  const n = sizeof<T>() < 4 ? count % (width<T>() + 1) : count;
  if (n == 0) return value;
  const c = carry(ctx);
  const v = <u64>value;
  const out = <u32>(v >> (width<T>() - n)) & 1;
  let res = (v << <u64>n) | ((<u64>c) << (n - 1));
  if (n > 1) res |= v >> (width<T>() + 1 - n);
  keep(ctx, out, out ^ <u32>((<u64>(<T>res)) >> (width<T>() - 1)));
  return <T>res;
}

function carryRight<T>(ctx: usize, value: T, count: u32): T {
  const n = sizeof<T>() < 4 ? count % (width<T>() + 1) : count;
  if (n == 0) return value;
  const c = carry(ctx);
  const v = <u64>value;
  const out = <u32>(v >> (n - 1)) & 1;
  let res = n < 64 ? v >> <u64>n : 0;
  res |= (<u64>c) << (width<T>() - n);
  if (n > 1) res |= v << (width<T>() + 1 - n);
  const top = <u64>(<T>res);
  keep(ctx, out, <u32>(top >> (width<T>() - 1)) ^ <u32>(top >> (width<T>() - 2)));
  return <T>res;
}

@inline
function mask<T>(count: u32): u32 {
  return count & (sizeof<T>() == 8 ? 63 : 31);
}

@inline
export function shiftRI<T>(ctx: usize, inst: usize, op: i32): i32 {
  return shiftR<T>(ctx, inst, op, load<u8>(inst, I_IMM));
}

@inline
export function shiftRC<T>(ctx: usize, inst: usize, op: i32): i32 {
  return shiftR<T>(ctx, inst, op, gpr<u8>(ctx, RCX * 8));
}

@inline
function shiftR<T>(ctx: usize, inst: usize, op: i32, by: u32): i32 {
  const count = mask<T>(by);
  const value = gpr<T>(ctx, r0(inst));
  setGpr<T>(ctx, r0(inst), count ? shift<T>(ctx, op, value, count) : value);
  return EXIT_NONE;
}

function shiftM<T>(ctx: usize, inst: usize, op: i32, by: u32): i32 {
  const at = wr(ctx, ea(ctx, inst), sizeof<T>());
  if (!at) return EXIT_FAULT;
  const count = mask<T>(by);
  if (count) store<T>(at, shift<T>(ctx, op, load<T>(at), count));
  return EXIT_NONE;
}

@inline
function shiftMI<T>(ctx: usize, inst: usize, op: i32): i32 {
  return shiftM<T>(ctx, inst, op, load<u8>(inst, I_IMM));
}

@inline
function shiftMC<T>(ctx: usize, inst: usize, op: i32): i32 {
  return shiftM<T>(ctx, inst, op, gpr<u8>(ctx, RCX * 8));
}

/** shld: bits of `from` move in from the right; count masked and not 0. 16 bits and a count above 16 (undefined): as value:from:from, which is AMD's. */
@inline
function doubleLeft<T>(ctx: usize, value: T, from: T, count: u32): T {
  let res: T;
  let c: u32;
  if (sizeof<T>() == 8) {
    res = <T>(((<u64>value) << <u64>count) | ((<u64>from) >> <u64>(64 - count)));
    c = <u32>((<u64>value) >> <u64>(64 - count)) & 1;
  } else if (sizeof<T>() == 4) {
    const wide = ((<u64>value) << 32) | <u64>from;
    res = <T>((wide << <u64>count) >> 32);
    c = <u32>(wide >> <u64>(64 - count)) & 1;
  } else {
    const wide = ((<u64>value) << 32) | ((<u64>from) << 16) | <u64>from;
    res = <T>(wide >> <u64>(32 - count));
    c = <u32>(wide >> <u64>(48 - count)) & 1;
  }
  leaveResult(ctx, extended<T>(res), bits(c, <u32>((<u64>(res ^ value)) >> (width<T>() - 1))));
  return res;
}

@inline
function doubleRight<T>(ctx: usize, value: T, from: T, count: u32): T {
  let res: T;
  let c: u32;
  if (sizeof<T>() == 8) {
    res = <T>(((<u64>value) >> <u64>count) | ((<u64>from) << <u64>(64 - count)));
    c = <u32>((<u64>value) >> <u64>(count - 1)) & 1;
  } else if (sizeof<T>() == 4) {
    const wide = ((<u64>from) << 32) | <u64>value;
    res = <T>(wide >> <u64>count);
    c = <u32>(wide >> <u64>(count - 1)) & 1;
  } else {
    const wide = ((<u64>from) << 32) | ((<u64>from) << 16) | <u64>value;
    res = <T>(wide >> <u64>count);
    c = <u32>(wide >> <u64>(count - 1)) & 1;
  }
  leaveResult(ctx, extended<T>(res), bits(c, <u32>((<u64>(res ^ value)) >> (width<T>() - 1))));
  return res;
}

function doubleR<T>(ctx: usize, inst: usize, left: bool, by: u32): i32 {
  const count = mask<T>(by);
  let value = gpr<T>(ctx, r0(inst));
  const from = gpr<T>(ctx, r1(inst));
  if (count) value = left ? doubleLeft<T>(ctx, value, from, count) : doubleRight<T>(ctx, value, from, count);
  setGpr<T>(ctx, r0(inst), value);
  return EXIT_NONE;
}

function doubleM<T>(ctx: usize, inst: usize, left: bool, by: u32): i32 {
  const at = wr(ctx, ea(ctx, inst), sizeof<T>());
  if (!at) return EXIT_FAULT;
  const count = mask<T>(by);
  const from = gpr<T>(ctx, r1(inst));
  if (count) {
    store<T>(at, left ? doubleLeft<T>(ctx, load<T>(at), from, count) : doubleRight<T>(ctx, load<T>(at), from, count));
  }
  return EXIT_NONE;
}

/** Out of line, with the operation as a value: for the forms that are not hot. */
function coldR<T>(ctx: usize, inst: usize, op: i32, by: u32): i32 {
  return shiftR<T>(ctx, inst, op, by);
}

/** Every operation of this file. */
// biome-ignore format: aligned rows
export function shiftExec(ctx: usize, inst: usize): i32 {
  switch (<i32>load<u16>(inst, I_OP)) {
    case ops.ROL_RI8:      return coldR<u8>(ctx, inst, S_ROL, load<u8>(inst, I_IMM));
    case ops.ROL_RI16:     return coldR<u16>(ctx, inst, S_ROL, load<u8>(inst, I_IMM));
    case ops.ROL_RI32:     return coldR<u32>(ctx, inst, S_ROL, load<u8>(inst, I_IMM));
    case ops.ROL_RI64:     return coldR<u64>(ctx, inst, S_ROL, load<u8>(inst, I_IMM));
    case ops.ROL_MI8:      return shiftMI<u8>(ctx, inst, S_ROL);
    case ops.ROL_MI16:     return shiftMI<u16>(ctx, inst, S_ROL);
    case ops.ROL_MI32:     return shiftMI<u32>(ctx, inst, S_ROL);
    case ops.ROL_MI64:     return shiftMI<u64>(ctx, inst, S_ROL);
    case ops.ROL_RC8:      return coldR<u8>(ctx, inst, S_ROL, gpr<u8>(ctx, RCX * 8));
    case ops.ROL_RC16:     return coldR<u16>(ctx, inst, S_ROL, gpr<u8>(ctx, RCX * 8));
    case ops.ROL_RC32:     return coldR<u32>(ctx, inst, S_ROL, gpr<u8>(ctx, RCX * 8));
    case ops.ROL_RC64:     return coldR<u64>(ctx, inst, S_ROL, gpr<u8>(ctx, RCX * 8));
    case ops.ROL_MC8:      return shiftMC<u8>(ctx, inst, S_ROL);
    case ops.ROL_MC16:     return shiftMC<u16>(ctx, inst, S_ROL);
    case ops.ROL_MC32:     return shiftMC<u32>(ctx, inst, S_ROL);
    case ops.ROL_MC64:     return shiftMC<u64>(ctx, inst, S_ROL);
    case ops.ROR_RI8:      return coldR<u8>(ctx, inst, S_ROR, load<u8>(inst, I_IMM));
    case ops.ROR_RI16:     return coldR<u16>(ctx, inst, S_ROR, load<u8>(inst, I_IMM));
    case ops.ROR_RI32:     return coldR<u32>(ctx, inst, S_ROR, load<u8>(inst, I_IMM));
    case ops.ROR_RI64:     return coldR<u64>(ctx, inst, S_ROR, load<u8>(inst, I_IMM));
    case ops.ROR_MI8:      return shiftMI<u8>(ctx, inst, S_ROR);
    case ops.ROR_MI16:     return shiftMI<u16>(ctx, inst, S_ROR);
    case ops.ROR_MI32:     return shiftMI<u32>(ctx, inst, S_ROR);
    case ops.ROR_MI64:     return shiftMI<u64>(ctx, inst, S_ROR);
    case ops.ROR_RC8:      return coldR<u8>(ctx, inst, S_ROR, gpr<u8>(ctx, RCX * 8));
    case ops.ROR_RC16:     return coldR<u16>(ctx, inst, S_ROR, gpr<u8>(ctx, RCX * 8));
    case ops.ROR_RC32:     return coldR<u32>(ctx, inst, S_ROR, gpr<u8>(ctx, RCX * 8));
    case ops.ROR_RC64:     return coldR<u64>(ctx, inst, S_ROR, gpr<u8>(ctx, RCX * 8));
    case ops.ROR_MC8:      return shiftMC<u8>(ctx, inst, S_ROR);
    case ops.ROR_MC16:     return shiftMC<u16>(ctx, inst, S_ROR);
    case ops.ROR_MC32:     return shiftMC<u32>(ctx, inst, S_ROR);
    case ops.ROR_MC64:     return shiftMC<u64>(ctx, inst, S_ROR);
    case ops.RCL_RI8:      return coldR<u8>(ctx, inst, S_RCL, load<u8>(inst, I_IMM));
    case ops.RCL_RI16:     return coldR<u16>(ctx, inst, S_RCL, load<u8>(inst, I_IMM));
    case ops.RCL_RI32:     return coldR<u32>(ctx, inst, S_RCL, load<u8>(inst, I_IMM));
    case ops.RCL_RI64:     return coldR<u64>(ctx, inst, S_RCL, load<u8>(inst, I_IMM));
    case ops.RCL_MI8:      return shiftMI<u8>(ctx, inst, S_RCL);
    case ops.RCL_MI16:     return shiftMI<u16>(ctx, inst, S_RCL);
    case ops.RCL_MI32:     return shiftMI<u32>(ctx, inst, S_RCL);
    case ops.RCL_MI64:     return shiftMI<u64>(ctx, inst, S_RCL);
    case ops.RCL_RC8:      return coldR<u8>(ctx, inst, S_RCL, gpr<u8>(ctx, RCX * 8));
    case ops.RCL_RC16:     return coldR<u16>(ctx, inst, S_RCL, gpr<u8>(ctx, RCX * 8));
    case ops.RCL_RC32:     return coldR<u32>(ctx, inst, S_RCL, gpr<u8>(ctx, RCX * 8));
    case ops.RCL_RC64:     return coldR<u64>(ctx, inst, S_RCL, gpr<u8>(ctx, RCX * 8));
    case ops.RCL_MC8:      return shiftMC<u8>(ctx, inst, S_RCL);
    case ops.RCL_MC16:     return shiftMC<u16>(ctx, inst, S_RCL);
    case ops.RCL_MC32:     return shiftMC<u32>(ctx, inst, S_RCL);
    case ops.RCL_MC64:     return shiftMC<u64>(ctx, inst, S_RCL);
    case ops.RCR_RI8:      return coldR<u8>(ctx, inst, S_RCR, load<u8>(inst, I_IMM));
    case ops.RCR_RI16:     return coldR<u16>(ctx, inst, S_RCR, load<u8>(inst, I_IMM));
    case ops.RCR_RI32:     return coldR<u32>(ctx, inst, S_RCR, load<u8>(inst, I_IMM));
    case ops.RCR_RI64:     return coldR<u64>(ctx, inst, S_RCR, load<u8>(inst, I_IMM));
    case ops.RCR_MI8:      return shiftMI<u8>(ctx, inst, S_RCR);
    case ops.RCR_MI16:     return shiftMI<u16>(ctx, inst, S_RCR);
    case ops.RCR_MI32:     return shiftMI<u32>(ctx, inst, S_RCR);
    case ops.RCR_MI64:     return shiftMI<u64>(ctx, inst, S_RCR);
    case ops.RCR_RC8:      return coldR<u8>(ctx, inst, S_RCR, gpr<u8>(ctx, RCX * 8));
    case ops.RCR_RC16:     return coldR<u16>(ctx, inst, S_RCR, gpr<u8>(ctx, RCX * 8));
    case ops.RCR_RC32:     return coldR<u32>(ctx, inst, S_RCR, gpr<u8>(ctx, RCX * 8));
    case ops.RCR_RC64:     return coldR<u64>(ctx, inst, S_RCR, gpr<u8>(ctx, RCX * 8));
    case ops.RCR_MC8:      return shiftMC<u8>(ctx, inst, S_RCR);
    case ops.RCR_MC16:     return shiftMC<u16>(ctx, inst, S_RCR);
    case ops.RCR_MC32:     return shiftMC<u32>(ctx, inst, S_RCR);
    case ops.RCR_MC64:     return shiftMC<u64>(ctx, inst, S_RCR);
    case ops.SHL_RI8:      return coldR<u8>(ctx, inst, S_SHL, load<u8>(inst, I_IMM));
    case ops.SHL_RI16:     return coldR<u16>(ctx, inst, S_SHL, load<u8>(inst, I_IMM));
    case ops.SHL_RI32:     return coldR<u32>(ctx, inst, S_SHL, load<u8>(inst, I_IMM));
    case ops.SHL_RI64:     return coldR<u64>(ctx, inst, S_SHL, load<u8>(inst, I_IMM));
    case ops.SHL_MI8:      return shiftMI<u8>(ctx, inst, S_SHL);
    case ops.SHL_MI16:     return shiftMI<u16>(ctx, inst, S_SHL);
    case ops.SHL_MI32:     return shiftMI<u32>(ctx, inst, S_SHL);
    case ops.SHL_MI64:     return shiftMI<u64>(ctx, inst, S_SHL);
    case ops.SHL_RC8:      return coldR<u8>(ctx, inst, S_SHL, gpr<u8>(ctx, RCX * 8));
    case ops.SHL_RC16:     return coldR<u16>(ctx, inst, S_SHL, gpr<u8>(ctx, RCX * 8));
    case ops.SHL_RC32:     return coldR<u32>(ctx, inst, S_SHL, gpr<u8>(ctx, RCX * 8));
    case ops.SHL_RC64:     return coldR<u64>(ctx, inst, S_SHL, gpr<u8>(ctx, RCX * 8));
    case ops.SHL_MC8:      return shiftMC<u8>(ctx, inst, S_SHL);
    case ops.SHL_MC16:     return shiftMC<u16>(ctx, inst, S_SHL);
    case ops.SHL_MC32:     return shiftMC<u32>(ctx, inst, S_SHL);
    case ops.SHL_MC64:     return shiftMC<u64>(ctx, inst, S_SHL);
    case ops.SHR_RI8:      return coldR<u8>(ctx, inst, S_SHR, load<u8>(inst, I_IMM));
    case ops.SHR_RI16:     return coldR<u16>(ctx, inst, S_SHR, load<u8>(inst, I_IMM));
    case ops.SHR_RI32:     return coldR<u32>(ctx, inst, S_SHR, load<u8>(inst, I_IMM));
    case ops.SHR_RI64:     return coldR<u64>(ctx, inst, S_SHR, load<u8>(inst, I_IMM));
    case ops.SHR_MI8:      return shiftMI<u8>(ctx, inst, S_SHR);
    case ops.SHR_MI16:     return shiftMI<u16>(ctx, inst, S_SHR);
    case ops.SHR_MI32:     return shiftMI<u32>(ctx, inst, S_SHR);
    case ops.SHR_MI64:     return shiftMI<u64>(ctx, inst, S_SHR);
    case ops.SHR_RC8:      return coldR<u8>(ctx, inst, S_SHR, gpr<u8>(ctx, RCX * 8));
    case ops.SHR_RC16:     return coldR<u16>(ctx, inst, S_SHR, gpr<u8>(ctx, RCX * 8));
    case ops.SHR_RC32:     return coldR<u32>(ctx, inst, S_SHR, gpr<u8>(ctx, RCX * 8));
    case ops.SHR_RC64:     return coldR<u64>(ctx, inst, S_SHR, gpr<u8>(ctx, RCX * 8));
    case ops.SHR_MC8:      return shiftMC<u8>(ctx, inst, S_SHR);
    case ops.SHR_MC16:     return shiftMC<u16>(ctx, inst, S_SHR);
    case ops.SHR_MC32:     return shiftMC<u32>(ctx, inst, S_SHR);
    case ops.SHR_MC64:     return shiftMC<u64>(ctx, inst, S_SHR);
    case ops.SAR_RI8:      return coldR<u8>(ctx, inst, S_SAR, load<u8>(inst, I_IMM));
    case ops.SAR_RI16:     return coldR<u16>(ctx, inst, S_SAR, load<u8>(inst, I_IMM));
    case ops.SAR_RI32:     return coldR<u32>(ctx, inst, S_SAR, load<u8>(inst, I_IMM));
    case ops.SAR_RI64:     return coldR<u64>(ctx, inst, S_SAR, load<u8>(inst, I_IMM));
    case ops.SAR_MI8:      return shiftMI<u8>(ctx, inst, S_SAR);
    case ops.SAR_MI16:     return shiftMI<u16>(ctx, inst, S_SAR);
    case ops.SAR_MI32:     return shiftMI<u32>(ctx, inst, S_SAR);
    case ops.SAR_MI64:     return shiftMI<u64>(ctx, inst, S_SAR);
    case ops.SAR_RC8:      return coldR<u8>(ctx, inst, S_SAR, gpr<u8>(ctx, RCX * 8));
    case ops.SAR_RC16:     return coldR<u16>(ctx, inst, S_SAR, gpr<u8>(ctx, RCX * 8));
    case ops.SAR_RC32:     return coldR<u32>(ctx, inst, S_SAR, gpr<u8>(ctx, RCX * 8));
    case ops.SAR_RC64:     return coldR<u64>(ctx, inst, S_SAR, gpr<u8>(ctx, RCX * 8));
    case ops.SAR_MC8:      return shiftMC<u8>(ctx, inst, S_SAR);
    case ops.SAR_MC16:     return shiftMC<u16>(ctx, inst, S_SAR);
    case ops.SAR_MC32:     return shiftMC<u32>(ctx, inst, S_SAR);
    case ops.SAR_MC64:     return shiftMC<u64>(ctx, inst, S_SAR);
    case ops.SHLD_RRI16:   return doubleR<u16>(ctx, inst, true, load<u8>(inst, I_IMM));
    case ops.SHLD_RRI32:   return doubleR<u32>(ctx, inst, true, load<u8>(inst, I_IMM));
    case ops.SHLD_RRI64:   return doubleR<u64>(ctx, inst, true, load<u8>(inst, I_IMM));
    case ops.SHLD_RRC16:   return doubleR<u16>(ctx, inst, true, gpr<u8>(ctx, RCX * 8));
    case ops.SHLD_RRC32:   return doubleR<u32>(ctx, inst, true, gpr<u8>(ctx, RCX * 8));
    case ops.SHLD_RRC64:   return doubleR<u64>(ctx, inst, true, gpr<u8>(ctx, RCX * 8));
    case ops.SHLD_MRI16:   return doubleM<u16>(ctx, inst, true, load<u8>(inst, I_IMM));
    case ops.SHLD_MRI32:   return doubleM<u32>(ctx, inst, true, load<u8>(inst, I_IMM));
    case ops.SHLD_MRI64:   return doubleM<u64>(ctx, inst, true, load<u8>(inst, I_IMM));
    case ops.SHLD_MRC16:   return doubleM<u16>(ctx, inst, true, gpr<u8>(ctx, RCX * 8));
    case ops.SHLD_MRC32:   return doubleM<u32>(ctx, inst, true, gpr<u8>(ctx, RCX * 8));
    case ops.SHLD_MRC64:   return doubleM<u64>(ctx, inst, true, gpr<u8>(ctx, RCX * 8));
    case ops.SHRD_RRI16:   return doubleR<u16>(ctx, inst, false, load<u8>(inst, I_IMM));
    case ops.SHRD_RRI32:   return doubleR<u32>(ctx, inst, false, load<u8>(inst, I_IMM));
    case ops.SHRD_RRI64:   return doubleR<u64>(ctx, inst, false, load<u8>(inst, I_IMM));
    case ops.SHRD_RRC16:   return doubleR<u16>(ctx, inst, false, gpr<u8>(ctx, RCX * 8));
    case ops.SHRD_RRC32:   return doubleR<u32>(ctx, inst, false, gpr<u8>(ctx, RCX * 8));
    case ops.SHRD_RRC64:   return doubleR<u64>(ctx, inst, false, gpr<u8>(ctx, RCX * 8));
    case ops.SHRD_MRI16:   return doubleM<u16>(ctx, inst, false, load<u8>(inst, I_IMM));
    case ops.SHRD_MRI32:   return doubleM<u32>(ctx, inst, false, load<u8>(inst, I_IMM));
    case ops.SHRD_MRI64:   return doubleM<u64>(ctx, inst, false, load<u8>(inst, I_IMM));
    case ops.SHRD_MRC16:   return doubleM<u16>(ctx, inst, false, gpr<u8>(ctx, RCX * 8));
    case ops.SHRD_MRC32:   return doubleM<u32>(ctx, inst, false, gpr<u8>(ctx, RCX * 8));
    case ops.SHRD_MRC64:   return doubleM<u64>(ctx, inst, false, gpr<u8>(ctx, RCX * 8));
    default: return unreachable();
  }
}
