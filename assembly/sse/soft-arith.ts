// Addition, multiplication, division and square root on bit patterns (softfloat.ts).
import { mulHigh } from '../interp/muldiv';
import { DE, DOWN, FTZ, UE, ZE, raise, rounding } from './env';
import {
  signBit, infinity, magnitude, isNaN, isInfinite, isZero, isDenormal, operand, raiseDenormal,
  invalid, propagate, mantissa, exponent, shiftSticky, roundPack, normalizePack,
} from './softfloat';

export function softAdd(a: u64, b: u64, p: u32): u64 {
  if (isNaN(a, p) || isNaN(b, p)) return propagate(a, b, p);
  a = operand(a, p);
  b = operand(b, p);
  const differ = ((a ^ b) & signBit(p)) != 0;
  if (isInfinite(a, p) && isInfinite(b, p) && differ) return invalid(p);
  raiseDenormal(a, b, p);
  if (isInfinite(a, p)) return a;
  if (isInfinite(b, p)) return b;
  if (isZero(b, p)) return isZero(a, p) ? zeroSum(a, b, p) : flushTiny(a, p);
  if (isZero(a, p)) return flushTiny(b, p);
  return addFinite(a, b, p);
}

@inline
export function softSub(a: u64, b: u64, p: u32): u64 {
  return softAdd(a, isNaN(b, p) ? b : b ^ signBit(p), p);
}

/** x + 0: exact, but FTZ and an unmasked UE also see a tiny x. */
export function flushTiny(x: u64, p: u32): u64 {
  return roundPack((x & signBit(p)) != 0, exponent(x, p), mantissa(x, p), p);
}

/** ±0 ± 0, and x − x: minus only when both are, or when rounding down. */
@inline
export function zeroSum(a: u64, b: u64, p: u32): u64 {
  return (rounding() == DOWN ? a | b : a & b) & signBit(p);
}

function addFinite(a: u64, b: u64, p: u32): u64 {
  if (magnitude(a, p) < magnitude(b, p)) {
    const swap = a;
    a = b;
    b = swap;
  }
  const negative = (a & signBit(p)) != 0;
  const e = exponent(a, p);
  const big = mantissa(a, p) >> 1;
  const small = shiftSticky(mantissa(b, p) >> 1, e - exponent(b, p));
  const m = (a ^ b) & signBit(p) ? big - small : big + small;
  if (!m) return rounding() == DOWN ? signBit(p) : 0;
  return normalizePack(negative, e + 1, m, p);
}

export function softMul(a: u64, b: u64, p: u32): u64 {
  if (isNaN(a, p) || isNaN(b, p)) return propagate(a, b, p);
  a = operand(a, p);
  b = operand(b, p);
  const sign = (a ^ b) & signBit(p);
  const infinite = isInfinite(a, p) || isInfinite(b, p);
  const zero = isZero(a, p) || isZero(b, p);
  if (infinite && zero) return invalid(p);
  raiseDenormal(a, b, p);
  if (infinite) return sign | infinity(p);
  if (zero) return sign;
  const x = mantissa(a, p);
  const y = mantissa(b, p);
  const low = x * y;
  const m = mulHigh(x, y) | (low ? 1 : 0);
  return normalizePack(sign != 0, exponent(a, p) + exponent(b, p) + 1, m, p);
}

export function softDiv(a: u64, b: u64, p: u32): u64 {
  if (isNaN(a, p) || isNaN(b, p)) return propagate(a, b, p);
  a = operand(a, p);
  b = operand(b, p);
  const sign = (a ^ b) & signBit(p);
  if (isInfinite(a, p) && isInfinite(b, p)) return invalid(p);
  if (isZero(b, p)) {
    if (isZero(a, p)) return invalid(p);
    if (!isInfinite(a, p)) raise(ZE);
    return sign | infinity(p);
  }
  raiseDenormal(a, b, p);
  if (isInfinite(a, p)) return sign | infinity(p);
  if (isInfinite(b, p) || isZero(a, p)) return sign;
  return normalizePack(
    sign != 0,
    exponent(a, p) - exponent(b, p),
    quotient(mantissa(a, p), mantissa(b, p)),
    p,
  );
}

/** x / y as a 64-bit mantissa with sticky bit, where bit 63 weighs 1; x and y have bit 63 set, low bits clear. */
function quotient(x: u64, y: u64): u64 {
  let rest = x >> 1;
  const divisor = y >> 1;
  let q: u64 = 0;
  for (let i = 0; i < 62; i++) {
    q <<= 1;
    if (rest >= divisor) {
      rest -= divisor;
      q |= 1;
    }
    rest <<= 1;
  }
  return (q << 2) | (rest ? 1 : 0);
}

export function softSqrt(a: u64, p: u32): u64 {
  if (isNaN(a, p)) return propagate(a, a, p);
  a = operand(a, p);
  if (isZero(a, p)) return a;
  if (a & signBit(p)) return invalid(p);
  if (isDenormal(a, p)) raise(DE);
  if (isInfinite(a, p)) return a;
  const e = exponent(a, p);
  return roundPack(false, e >> 1, squareRoot(mantissa(a, p) >> (e & 1 ? 0 : 1)), p);
}

/** Root of m × 2^−62 (1 … 4) as a 64-bit mantissa with sticky bit, found bit by bit; m's low 10 bits are clear. */
function squareRoot(m: u64): u64 {
  let root: u64 = 0;
  let rest: u64 = 0;
  for (let i = 0; i < 58; i++) {
    rest = (rest << 2) | (m >> 62);
    m <<= 2;
    const trial = (root << 2) | 1;
    root <<= 1;
    if (rest >= trial) {
      rest -= trial;
      root |= 1;
    }
  }
  return (root << 6) | (rest ? 1 : 0);
}
