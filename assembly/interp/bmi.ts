// BMI1 and BMI2 (guest CPU level 3): three-operand bit operations on 32 or 64 bits. T is u32 or u64; what the manual leaves
// undefined of the flags is cleared. Sources: r1 or r2, or memory in the place of the one that is ModRM.rm.
import { EXIT_FAULT, EXIT_NONE } from '../shared/exit';
import { CF, SF, ZF } from '../shared/flags';
import { I_IMM } from '../shared/inst';
import { RDX } from '../shared/layout';
import * as ops from '../generated/ops';
import { ea, isMem, rd, ud } from '../memory';
import { gpr, r0, r1, r2, setGpr } from '../state';
import { setStatus } from './lazy';

/** The operand that source() fetched. */
let fetched: u64 = 0;

/** Fetches register `reg`, or the memory operand; false after a fault. */
function source<T>(ctx: usize, inst: usize, reg: usize): bool {
  if (!isMem(inst)) {
    fetched = <u64>gpr<T>(ctx, reg);
    return true;
  }
  const at = rd(ctx, ea(ctx, inst), sizeof<T>());
  if (!at) return false;
  fetched = <u64>load<T>(at);
  return true;
}

/** SF and ZF of a result. */
@inline
function signZero<T>(value: T): u32 {
  const negative = (<u64>value >> (sizeof<T>() * 8 - 1)) != 0;
  return (value == 0 ? ZF : 0) | (negative ? SF : 0);
}

function andn<T>(ctx: usize, inst: usize): i32 {
  if (!source<T>(ctx, inst, r2(inst))) return EXIT_FAULT;
  const value = ~gpr<T>(ctx, r1(inst)) & <T>fetched;
  setGpr<T>(ctx, r0(inst), value);
  setStatus(ctx, signZero<T>(value));
  return EXIT_NONE;
}

function blsr<T>(ctx: usize, inst: usize): i32 {
  if (!source<T>(ctx, inst, r1(inst))) return EXIT_FAULT;
  const x = <T>fetched;
  const value = x & (x - 1);
  setGpr<T>(ctx, r0(inst), value);
  setStatus(ctx, signZero<T>(value) | (x == 0 ? CF : 0));
  return EXIT_NONE;
}

function blsmsk<T>(ctx: usize, inst: usize): i32 {
  if (!source<T>(ctx, inst, r1(inst))) return EXIT_FAULT;
  const x = <T>fetched;
  const value = x ^ (x - 1);
  setGpr<T>(ctx, r0(inst), value);
  setStatus(ctx, (signZero<T>(value) & SF) | (x == 0 ? CF : 0));
  return EXIT_NONE;
}

function blsi<T>(ctx: usize, inst: usize): i32 {
  if (!source<T>(ctx, inst, r1(inst))) return EXIT_FAULT;
  const x = <T>fetched;
  const value = x & (0 - x);
  setGpr<T>(ctx, r0(inst), value);
  setStatus(ctx, signZero<T>(value) | (x != 0 ? CF : 0));
  return EXIT_NONE;
}

/** The low n (0 … 255) bits of x. */
@inline
function lowBits<T>(x: T, n: u32): T {
  return n >= sizeof<T>() * 8 ? x : x & <T>(((<u64>1) << n) - 1);
}

function bextr<T>(ctx: usize, inst: usize): i32 {
  if (!source<T>(ctx, inst, r1(inst))) return EXIT_FAULT;
  const control = <u32>gpr<T>(ctx, r2(inst));
  const start = control & 255;
  const shifted: T = start >= sizeof<T>() * 8 ? 0 : <T>(fetched >> start);
  const value = lowBits<T>(shifted, (control >>> 8) & 255);
  setGpr<T>(ctx, r0(inst), value);
  setStatus(ctx, value == 0 ? ZF : 0);
  return EXIT_NONE;
}

function bzhi<T>(ctx: usize, inst: usize): i32 {
  if (!source<T>(ctx, inst, r1(inst))) return EXIT_FAULT;
  const n = <u32>gpr<T>(ctx, r2(inst)) & 255;
  const value = lowBits<T>(<T>fetched, n);
  setGpr<T>(ctx, r0(inst), value);
  setStatus(ctx, signZero<T>(value) | (n >= sizeof<T>() * 8 ? CF : 0));
  return EXIT_NONE;
}

/** The bits of the first source that the mask selects, packed together at the low end. */
function pext<T>(ctx: usize, inst: usize): i32 {
  if (!source<T>(ctx, inst, r2(inst))) return EXIT_FAULT;
  const from = <u64>gpr<T>(ctx, r1(inst));
  let value: u64 = 0;
  let n: u64 = 0;
  for (let mask = fetched; mask != 0; mask &= mask - 1) value |= ((from >> ctz<u64>(mask)) & 1) << n++;
  setGpr<T>(ctx, r0(inst), <T>value);
  return EXIT_NONE;
}

/** The low bits of the first source, spread over the bits of the mask. */
function pdep<T>(ctx: usize, inst: usize): i32 {
  if (!source<T>(ctx, inst, r2(inst))) return EXIT_FAULT;
  let from = <u64>gpr<T>(ctx, r1(inst));
  let value: u64 = 0;
  for (let mask = fetched; mask != 0; mask &= mask - 1) {
    value |= (from & 1) << ctz<u64>(mask);
    from >>= 1;
  }
  setGpr<T>(ctx, r0(inst), <T>value);
  return EXIT_NONE;
}

/** Upper 64 bits of a 128-bit product. */
function highProduct(a: u64, b: u64): u64 {
  const low = (a & 0xffffffff) * (b & 0xffffffff);
  const middle = (a >> 32) * (b & 0xffffffff) + (low >> 32);
  const other = (a & 0xffffffff) * (b >> 32) + (middle & 0xffffffff);
  return (a >> 32) * (b >> 32) + (middle >> 32) + (other >> 32);
}

/** mulx: rdx × source; the high half goes to r0 (last, should both be one register), the low one to r1. */
function mulx<T>(ctx: usize, inst: usize): i32 {
  if (!source<T>(ctx, inst, r2(inst))) return EXIT_FAULT;
  const a = <u64>gpr<T>(ctx, RDX * 8);
  const low = a * fetched;
  const high = sizeof<T>() == 8 ? highProduct(a, fetched) : low >> 32;
  setGpr<T>(ctx, r1(inst), <T>low);
  setGpr<T>(ctx, r0(inst), <T>high);
  return EXIT_NONE;
}

function shlx<T>(ctx: usize, inst: usize): i32 {
  if (!source<T>(ctx, inst, r1(inst))) return EXIT_FAULT;
  setGpr<T>(ctx, r0(inst), <T>fetched << gpr<T>(ctx, r2(inst)));
  return EXIT_NONE;
}

/** sarx with T signed, shrx with T unsigned. */
function shiftRight<T>(ctx: usize, inst: usize): i32 {
  if (!source<T>(ctx, inst, r1(inst))) return EXIT_FAULT;
  setGpr<T>(ctx, r0(inst), <T>fetched >> gpr<T>(ctx, r2(inst)));
  return EXIT_NONE;
}

function rorx<T>(ctx: usize, inst: usize): i32 {
  if (!source<T>(ctx, inst, r1(inst))) return EXIT_FAULT;
  setGpr<T>(ctx, r0(inst), rotr<T>(<T>fetched, <T>load<u8>(inst, I_IMM)));
  return EXIT_NONE;
}

/** BMI1 and BMI2 but for tzcnt and lzcnt (bit.ts). */
// biome-ignore format: aligned rows
export function bmiExec(ctx: usize, inst: usize, op: i32): i32 {
  switch (op) {
    case ops.ANDN_RRR32:   case ops.ANDN_RRM32:   return andn<u32>(ctx, inst);
    case ops.ANDN_RRR64:   case ops.ANDN_RRM64:   return andn<u64>(ctx, inst);
    case ops.BLSR_RR32:    case ops.BLSR_RM32:    return blsr<u32>(ctx, inst);
    case ops.BLSR_RR64:    case ops.BLSR_RM64:    return blsr<u64>(ctx, inst);
    case ops.BLSMSK_RR32:  case ops.BLSMSK_RM32:  return blsmsk<u32>(ctx, inst);
    case ops.BLSMSK_RR64:  case ops.BLSMSK_RM64:  return blsmsk<u64>(ctx, inst);
    case ops.BLSI_RR32:    case ops.BLSI_RM32:    return blsi<u32>(ctx, inst);
    case ops.BLSI_RR64:    case ops.BLSI_RM64:    return blsi<u64>(ctx, inst);
    case ops.BEXTR_RRR32:  case ops.BEXTR_RMR32:  return bextr<u32>(ctx, inst);
    case ops.BEXTR_RRR64:  case ops.BEXTR_RMR64:  return bextr<u64>(ctx, inst);
    case ops.BZHI_RRR32:   case ops.BZHI_RMR32:   return bzhi<u32>(ctx, inst);
    case ops.BZHI_RRR64:   case ops.BZHI_RMR64:   return bzhi<u64>(ctx, inst);
    case ops.PEXT_RRR32:   case ops.PEXT_RRM32:   return pext<u32>(ctx, inst);
    case ops.PEXT_RRR64:   case ops.PEXT_RRM64:   return pext<u64>(ctx, inst);
    case ops.PDEP_RRR32:   case ops.PDEP_RRM32:   return pdep<u32>(ctx, inst);
    case ops.PDEP_RRR64:   case ops.PDEP_RRM64:   return pdep<u64>(ctx, inst);
    case ops.MULX_RRR32:   case ops.MULX_RRM32:   return mulx<u32>(ctx, inst);
    case ops.MULX_RRR64:   case ops.MULX_RRM64:   return mulx<u64>(ctx, inst);
    case ops.SHLX_RRR32:   case ops.SHLX_RMR32:   return shlx<u32>(ctx, inst);
    case ops.SHLX_RRR64:   case ops.SHLX_RMR64:   return shlx<u64>(ctx, inst);
    case ops.SARX_RRR32:   case ops.SARX_RMR32:   return shiftRight<i32>(ctx, inst);
    case ops.SARX_RRR64:   case ops.SARX_RMR64:   return shiftRight<i64>(ctx, inst);
    case ops.SHRX_RRR32:   case ops.SHRX_RMR32:   return shiftRight<u32>(ctx, inst);
    case ops.SHRX_RRR64:   case ops.SHRX_RMR64:   return shiftRight<u64>(ctx, inst);
    case ops.RORX_RRI32:   case ops.RORX_RMI32:   return rorx<u32>(ctx, inst);
    case ops.RORX_RRI64:   case ops.RORX_RMI64:   return rorx<u64>(ctx, inst);
    default: return ud(ctx);
  }
}
