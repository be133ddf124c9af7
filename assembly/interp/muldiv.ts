// Multiplication and division: mul, imul (one, two and three operands), div, idiv, 128 bits wide where x86 is. ZF, SF,
// PF and AF after a multiplication are undefined by the manual; here they are as on AMD Zen 4: unchanged.
import { EXIT_FAULT, EXIT_NONE } from '../shared/exit';
import { CF, OF } from '../shared/flags';
import { I_IMM, I_OP } from '../shared/inst';
import { RAX, RDX } from '../shared/layout';
import * as ops from '../generated/ops';
import { de, ea, rd } from '../memory';
import { gpr, r0, r1, setGpr } from '../state';
import { leaveCarryOverflow } from './lazy';

/** High half of the 128-bit product of two unsigned 64-bit numbers (four 32-bit products). */
export function mulHigh(a: u64, b: u64): u64 {
  const aLow = a & 0xffffffff;
  const bLow = b & 0xffffffff;
  const aHigh = a >> 32;
  const bHigh = b >> 32;
  const middle = aHigh * bLow + ((aLow * bLow) >> 32);
  const other = aLow * bHigh + (middle & 0xffffffff);
  return aHigh * bHigh + (middle >> 32) + (other >> 32);
}

/** High half of the signed product. */
export function mulHighSigned(a: i64, b: i64): i64 {
  return <i64>mulHigh(a, b) - ((a >> 63) & b) - ((b >> 63) & a);
}

/** CF = OF = the product does not fit in the lower half. */
@inline
function leaveLost(ctx: usize, lost: bool): void {
  leaveCarryOverflow(ctx, lost ? CF | OF : 0);
}

/** Truncated product of two signed numbers, as the two- and three-operand forms give it. */
@inline
export function imul<T>(ctx: usize, a: T, b: T): T {
  if (sizeof<T>() == 8) {
    const res = <T>(a * b);
    leaveLost(ctx, mulHighSigned(a, b) != <i64>res >> 63);
    return res;
  }
  const wide = <i64>a * <i64>b;
  leaveLost(ctx, wide != <i64>(<T>wide));
  return <T>wide;
}

@inline
export function imulRR<T>(ctx: usize, inst: usize): i32 {
  setGpr<T>(ctx, r0(inst), imul<T>(ctx, gpr<T>(ctx, r0(inst)), gpr<T>(ctx, r1(inst))));
  return EXIT_NONE;
}

@inline
export function imulRM<T>(ctx: usize, inst: usize): i32 {
  const at = rd(ctx, ea(ctx, inst), sizeof<T>());
  if (!at) return EXIT_FAULT;
  setGpr<T>(ctx, r0(inst), imul<T>(ctx, gpr<T>(ctx, r0(inst)), load<T>(at)));
  return EXIT_NONE;
}

@inline
export function imulRRI<T>(ctx: usize, inst: usize): i32 {
  setGpr<T>(ctx, r0(inst), imul<T>(ctx, gpr<T>(ctx, r1(inst)), load<T>(inst, I_IMM)));
  return EXIT_NONE;
}

@inline
function imulRMI<T>(ctx: usize, inst: usize): i32 {
  const at = rd(ctx, ea(ctx, inst), sizeof<T>());
  if (!at) return EXIT_FAULT;
  setGpr<T>(ctx, r0(inst), imul<T>(ctx, load<T>(at), load<T>(inst, I_IMM)));
  return EXIT_NONE;
}

/** rdx:rax ← rax × value (ax ← al × value for 8 bits), signed or unsigned as T is. */
export function mulWide<T>(ctx: usize, value: T): i32 {
  const a = gpr<T>(ctx, RAX * 8);
  let low: T;
  let high: T;
  if (sizeof<T>() == 8) {
    low = <T>(a * value);
    high = isSigned<T>() ? <T>mulHighSigned(a, value) : <T>mulHigh(a, value);
  } else {
    const wide = isSigned<T>() ? <u64>(<i64>a * <i64>value) : <u64>a * <u64>value;
    low = <T>wide;
    high = <T>(wide >> (sizeof<T>() * 8));
    if (sizeof<T>() == 1) setGpr<u16>(ctx, RAX * 8, <u16>wide);
  }
  if (sizeof<T>() > 1) {
    setGpr<T>(ctx, RAX * 8, low);
    setGpr<T>(ctx, RDX * 8, high);
  }
  leaveLost(ctx, isSigned<T>() ? high != (low < 0 ? -1 : 0) : high != 0);
  return EXIT_NONE;
}

/** Divides rdx:rax (ax) by `by`; #DE by 0 or when the quotient does not fit. Flags stay (undefined; Zen 4 keeps them). */
export function divide<T>(ctx: usize, by: T): i32 {
  if (by == 0) return de(ctx);
  if (sizeof<T>() == 8) return isSigned<T>() ? idiv128(ctx, by) : div128(ctx, by);
  const bits = sizeof<T>() * 8;
  let wide: u64;
  if (sizeof<T>() == 1) wide = gpr<u16>(ctx, RAX * 8);
  else wide = <u64>unsignedGpr<T>(ctx, RAX * 8) | (<u64>unsignedGpr<T>(ctx, RDX * 8) << bits);
  if (isSigned<T>()) {
    const a = (<i64>wide << (64 - 2 * bits)) >> (64 - 2 * bits);
    if (<i64>by == -1) {
      // also keeps i64.MIN / −1 from trapping
      if (-a != <i64>(<T>-a)) return de(ctx);
      return quotient<T>(ctx, <T>-a, 0);
    }
    const q = a / <i64>by;
    if (q != <i64>(<T>q)) return de(ctx);
    return quotient<T>(ctx, <T>q, <T>(a - q * <i64>by));
  }
  const q = wide / <u64>by;
  if (q >> bits) return de(ctx);
  return quotient<T>(ctx, <T>q, <T>(wide - q * <u64>by));
}

@inline
function unsignedGpr<T>(ctx: usize, reg: usize): u64 {
  if (sizeof<T>() == 2) return gpr<u16>(ctx, reg);
  return gpr<u32>(ctx, reg);
}

@inline
function quotient<T>(ctx: usize, q: T, r: T): i32 {
  if (sizeof<T>() == 1) {
    setGpr<u16>(ctx, RAX * 8, <u16>(<u8>q) | (<u16>(<u8>r) << 8));
  } else {
    setGpr<T>(ctx, RAX * 8, q);
    setGpr<T>(ctx, RDX * 8, r);
  }
  return EXIT_NONE;
}

/** Unsigned rdx:rax / by. */
function div128(ctx: usize, by: u64): i32 {
  const high = gpr<u64>(ctx, RDX * 8);
  const low = gpr<u64>(ctx, RAX * 8);
  if (high >= by) return de(ctx);
  if (high == 0) return quotient<u64>(ctx, low / by, low % by);
  const q = divideWide(high, low, by);
  return quotient<u64>(ctx, q, low - q * by);
}

/** Signed: magnitudes divided, signs put back; the remainder has the dividend's sign. */
function idiv128(ctx: usize, by: i64): i32 {
  let high = gpr<u64>(ctx, RDX * 8);
  let low = gpr<u64>(ctx, RAX * 8);
  const negative = <i64>high < 0;
  if (negative) {
    low = 0 - low;
    high = ~high + u64(low == 0);
  }
  const divisor: u64 = by < 0 ? 0 - by : by;
  if (high >= divisor) return de(ctx);
  const q = high == 0 ? low / divisor : divideWide(high, low, divisor);
  const r = low - q * divisor;
  const minus = negative != by < 0;
  if (q > <u64>i64.MAX_VALUE + u64(minus)) return de(ctx);
  return quotient<u64>(ctx, minus ? 0 - q : q, negative ? 0 - r : r);
}

/** high:low / by for high < by: schoolbook division in base 2^32 (Knuth, TAOCP Vol. 2 §4.3.1, algorithm D). */
export function divideWide(high: u64, low: u64, by: u64): u64 {
  const s = clz<u64>(by);
  const v = by << s;
  const v1 = v >> 32;
  const v0 = v & 0xffffffff;
  const u32_ = s ? (high << s) | (low >> (64 - s)) : high;
  const u10 = low << s;
  const q1 = digit(u32_, u10 >> 32, v1, v0);
  const rest = ((u32_ << 32) | (u10 >> 32)) - q1 * v;
  const q0 = digit(rest, u10 & 0xffffffff, v1, v0);
  return (q1 << 32) + q0;
}

/** One quotient digit: top:next / (v1:v0), at most two corrections. */
function digit(top: u64, next: u64, v1: u64, v0: u64): u64 {
  let q = top / v1;
  let r = top - q * v1;
  while (q >> 32 || q * v0 > ((r << 32) | next)) {
    q--;
    r += v1;
    if (r >> 32) break;
  }
  return q;
}

function memory<T>(ctx: usize, inst: usize, divides: bool): i32 {
  const at = rd(ctx, ea(ctx, inst), sizeof<T>());
  if (!at) return EXIT_FAULT;
  return divides ? divide<T>(ctx, load<T>(at)) : mulWide<T>(ctx, load<T>(at));
}

/** Every operation of this file. */
// biome-ignore format: aligned rows
export function mulDivExec(ctx: usize, inst: usize): i32 {
  switch (<i32>load<u16>(inst, I_OP)) {
    case ops.IMUL_RR16:    return imulRR<i16>(ctx, inst);
    case ops.IMUL_RR32:    return imulRR<i32>(ctx, inst);
    case ops.IMUL_RR64:    return imulRR<i64>(ctx, inst);
    case ops.IMUL_RM16:    return imulRM<i16>(ctx, inst);
    case ops.IMUL_RM32:    return imulRM<i32>(ctx, inst);
    case ops.IMUL_RM64:    return imulRM<i64>(ctx, inst);
    case ops.IMUL_RRI16:   return imulRRI<i16>(ctx, inst);
    case ops.IMUL_RRI32:   return imulRRI<i32>(ctx, inst);
    case ops.IMUL_RRI64:   return imulRRI<i64>(ctx, inst);
    case ops.IMUL_RMI16:   return imulRMI<i16>(ctx, inst);
    case ops.IMUL_RMI32:   return imulRMI<i32>(ctx, inst);
    case ops.IMUL_RMI64:   return imulRMI<i64>(ctx, inst);
    case ops.MUL_R8:       return mulWide<u8>(ctx, gpr<u8>(ctx, r0(inst)));
    case ops.MUL_R16:      return mulWide<u16>(ctx, gpr<u16>(ctx, r0(inst)));
    case ops.MUL_R32:      return mulWide<u32>(ctx, gpr<u32>(ctx, r0(inst)));
    case ops.MUL_R64:      return mulWide<u64>(ctx, gpr<u64>(ctx, r0(inst)));
    case ops.MUL_M8:       return memory<u8>(ctx, inst, false);
    case ops.MUL_M16:      return memory<u16>(ctx, inst, false);
    case ops.MUL_M32:      return memory<u32>(ctx, inst, false);
    case ops.MUL_M64:      return memory<u64>(ctx, inst, false);
    case ops.IMUL_R8:      return mulWide<i8>(ctx, gpr<i8>(ctx, r0(inst)));
    case ops.IMUL_R16:     return mulWide<i16>(ctx, gpr<i16>(ctx, r0(inst)));
    case ops.IMUL_R32:     return mulWide<i32>(ctx, gpr<i32>(ctx, r0(inst)));
    case ops.IMUL_R64:     return mulWide<i64>(ctx, gpr<i64>(ctx, r0(inst)));
    case ops.IMUL_M8:      return memory<i8>(ctx, inst, false);
    case ops.IMUL_M16:     return memory<i16>(ctx, inst, false);
    case ops.IMUL_M32:     return memory<i32>(ctx, inst, false);
    case ops.IMUL_M64:     return memory<i64>(ctx, inst, false);
    case ops.DIV_R8:       return divide<u8>(ctx, gpr<u8>(ctx, r0(inst)));
    case ops.DIV_R16:      return divide<u16>(ctx, gpr<u16>(ctx, r0(inst)));
    case ops.DIV_R32:      return divide<u32>(ctx, gpr<u32>(ctx, r0(inst)));
    case ops.DIV_R64:      return divide<u64>(ctx, gpr<u64>(ctx, r0(inst)));
    case ops.DIV_M8:       return memory<u8>(ctx, inst, true);
    case ops.DIV_M16:      return memory<u16>(ctx, inst, true);
    case ops.DIV_M32:      return memory<u32>(ctx, inst, true);
    case ops.DIV_M64:      return memory<u64>(ctx, inst, true);
    case ops.IDIV_R8:      return divide<i8>(ctx, gpr<i8>(ctx, r0(inst)));
    case ops.IDIV_R16:     return divide<i16>(ctx, gpr<i16>(ctx, r0(inst)));
    case ops.IDIV_R32:     return divide<i32>(ctx, gpr<i32>(ctx, r0(inst)));
    case ops.IDIV_R64:     return divide<i64>(ctx, gpr<i64>(ctx, r0(inst)));
    case ops.IDIV_M8:      return memory<i8>(ctx, inst, true);
    case ops.IDIV_M16:     return memory<i16>(ctx, inst, true);
    case ops.IDIV_M32:     return memory<i32>(ctx, inst, true);
    case ops.IDIV_M64:     return memory<i64>(ctx, inst, true);
    default: return unreachable();
  }
}
