// Fused multiply-add on bit patterns (softfloat.ts): the exact product is a 128-bit mantissa.
import { mulHigh } from '../interp/muldiv';
import { DE, DOWN, IE, raise, rounding } from './env';
import { flushTiny, zeroSum } from './soft-arith';
import {
  signBit, infinity, isNaN, isSignalling, isInfinite, isZero, isDenormal, quiet, operand,
  raiseDenormal, invalid, mantissa, exponent, roundPack,
} from './softfloat';

/**
 * a × b + c with one rounding; `negateProduct` and `negateAddend` give the fmsub, fnmadd and fnmsub forms (they do not touch
 * a NaN). A NaN among the operands wins in the order a, b, c.
 */
export function softFma(
  a: u64,
  b: u64,
  c: u64,
  p: u32,
  negateProduct: bool,
  negateAddend: bool,
): u64 {
  if (isNaN(a, p) || isNaN(b, p) || isNaN(c, p)) return propagateThree(a, b, c, p);
  a = operand(a, p);
  b = operand(b, p);
  c = operand(c, p) ^ (negateAddend ? signBit(p) : 0);
  const sign = ((a ^ b) & signBit(p)) ^ (negateProduct ? signBit(p) : 0);
  const infinite = isInfinite(a, p) || isInfinite(b, p);
  const zero = isZero(a, p) || isZero(b, p);
  if (infinite && zero) return invalid(p);
  if (infinite && isInfinite(c, p) && (c & signBit(p)) != sign) return invalid(p);
  raiseDenormal(a, b, p);
  if (isDenormal(c, p)) raise(DE);
  if (infinite) return sign | infinity(p);
  if (isInfinite(c, p)) return c;
  if (zero) return isZero(c, p) ? zeroSum(sign, c, p) : flushTiny(c, p);
  return fmaFinite(sign, a, b, c, p);
}

function propagateThree(a: u64, b: u64, c: u64, p: u32): u64 {
  const first = isNaN(a, p) ? a : isNaN(b, p) ? b : c;
  if (isSignalling(a, p) || isSignalling(b, p) || isSignalling(c, p)) raise(IE);
  return quiet(first, p);
}

/** Sum of the exact product and c, as 128-bit mantissas whose bit 126 weighs 2^e (one bit is free for the carry). */
function fmaFinite(sign: u64, a: u64, b: u64, c: u64, p: u32): u64 {
  const x = mantissa(a, p);
  const y = mantissa(b, p);
  let high = mulHigh(x, y);
  let low = x * y;
  let e = exponent(a, p) + exponent(b, p);
  if (high >> 63) {
    low = (low >> 1) | (high << 63);
    high >>= 1;
    e += 1;
  }
  if (isZero(c, p)) return packWide(sign != 0, e, high, low, p);
  let cHigh = mantissa(c, p) >> 1;
  let cLow: u64 = 0;
  const gap = e - exponent(c, p);
  const negative = sign != 0;
  const cNegative = (c & signBit(p)) != 0;
  if (gap > 0) {
    cLow = wideLow(cHigh, 0, gap);
    cHigh = gap > 63 ? 0 : cHigh >> gap;
  } else if (gap < 0) {
    low = wideLow(high, low, -gap);
    high = -gap > 63 ? 0 : high >> -gap;
    e = exponent(c, p);
  }
  if (negative == cNegative) {
    const sum = low + cLow;
    return packWide(negative, e, high + cHigh + u64(sum < low), sum, p);
  }
  const less = high < cHigh || (high == cHigh && low < cLow);
  if (high == cHigh && low == cLow) return rounding() == DOWN ? signBit(p) : 0;
  if (less) return packWide(cNegative, e, cHigh - high - u64(cLow < low), cLow - low, p);
  return packWide(negative, e, high - cHigh - u64(low < cLow), low - cLow, p);
}

/** Low half of high:low >> count, with a sticky bit 0. */
function wideLow(high: u64, low: u64, count: u32): u64 {
  if (count > 127) return high | low ? 1 : 0;
  if (count > 63) {
    const rest = count == 64 ? low : low | (high << (128 - count));
    return (high >> (count - 64)) | (rest ? 1 : 0);
  }
  const lost = low << (64 - count);
  return (low >> count) | (high << (64 - count)) | (lost ? 1 : 0);
}

/** Rounds a 128-bit mantissa whose bit 126 weighs 2^e. */
function packWide(negative: bool, e: i32, high: u64, low: u64, p: u32): u64 {
  e += 1;
  if (!high) {
    const shift = <i32>clz(low);
    return roundPack(negative, e - 64 - shift, low << shift, p);
  }
  const shift = <i32>clz(high);
  const m = shift ? (high << shift) | (low >> (64 - shift)) : high;
  return roundPack(negative, e - shift, m | (low << shift ? 1 : 0), p);
}
