// Conversions between formats and integers, and rounding to integral values, on bit patterns (softfloat.ts).
import { DE, IE, PE, raise, rounding } from './env';
import {
  F16, bias, signBit, infinity, isNaN, isSignalling, isInfinite, isZero, isDenormal, quiet,
  operand, propagate, mantissa, exponent, increment, shiftSticky, roundPack, normalizePack,
} from './softfloat';

/** Converts between formats. Widening is exact; denormal halves raise nothing. */
export function softConvert(a: u64, from: u32, to: u32): u64 {
  const sign = a & signBit(from) ? signBit(to) : 0;
  if (isNaN(a, from)) {
    if (isSignalling(a, from)) raise(IE);
    const payload = a & ((<u64>1 << (from - 1)) - 1);
    const moved = to > from ? payload << (to - from) : payload >> (from - to);
    return quiet(sign | infinity(to) | moved, to);
  }
  a = operand(a, from);
  if (isZero(a, from)) return sign;
  if (isInfinite(a, from)) return sign | infinity(to);
  if (isDenormal(a, from) && from != F16) raise(DE);
  return roundPack(sign != 0, exponent(a, from), mantissa(a, from), to);
}

/** Signed integer → format p. */
export function softFromInt(value: i64, p: u32): u64 {
  if (!value) return 0;
  return normalizePack(value < 0, 63, <u64>(value < 0 ? -value : value), p);
}

/** Format p → signed integer of `bits` (32, 64) bits, rounded by the mode; what does not fit is 2^(bits − 1). */
export function softToInt(a: u64, p: u32, bits: u32): i64 {
  const indefinite: i64 = <i64>((<u64>1) << (bits - 1));
  a = operand(a, p);
  if (isZero(a, p)) return 0;
  const negative = (a & signBit(p)) != 0;
  const e = exponent(a, p);
  if (isNaN(a, p) || isInfinite(a, p) || e >= <i32>bits) {
    raise(IE);
    return indefinite;
  }
  const whole = integerPart(negative, e, mantissa(a, p));
  const limit = <u64>indefinite - (negative ? 0 : 1);
  if (whole > limit) {
    raise(IE);
    return indefinite;
  }
  if (e < 63 && fractionOf(e, mantissa(a, p))) raise(PE);
  return negative ? -(<i64>whole) : <i64>whole;
}

/** m × 2^(e − 63) rounded to an integer, e < 64. */
function integerPart(negative: bool, e: i32, m: u64): u64 {
  if (e == 63) return m;
  if (e < -1) return increment(negative, 1, 2);
  if (e == -1) return increment(negative, shiftSticky(m, 1), 63);
  const drop = 63 - e;
  return (m >> drop) + increment(negative, m, drop);
}

/** Has m × 2^(e − 63) a fraction? */
@inline
function fractionOf(e: i32, m: u64): bool {
  return e < 0 || (e < 63 && m << (e + 1) != 0);
}

/** Rounds to an integral value in the same format (roundss & co.); `quietly`: PE is not raised. */
export function softRound(a: u64, p: u32, quietly: bool): u64 {
  if (isNaN(a, p)) return propagate(a, a, p);
  a = operand(a, p);
  if (isZero(a, p) || isInfinite(a, p)) return a;
  const e = exponent(a, p);
  if (e >= <i32>p - 1) return a;
  const m = mantissa(a, p);
  if (!fractionOf(e, m)) return a;
  if (!quietly) raise(PE);
  const negative = (a & signBit(p)) != 0;
  const whole = integerPart(negative, e, m);
  if (!whole) return a & signBit(p);
  const shift = <i32>clz(whole);
  return (a & signBit(p)) | packExact(63 - shift, whole << shift, p);
}

/** Packs a normal number that needs no rounding. */
@inline
function packExact(e: i32, m: u64, p: u32): u64 {
  return (<u64>(e + bias(p) - 1) << (p - 1)) + (m >> (64 - p));
}
