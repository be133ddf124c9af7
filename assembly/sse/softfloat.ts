// IEEE 754 arithmetic on bit patterns in the environment of env.ts: every rounding mode, DAZ, FTZ, NaN propagation and
// all six exception flags as the processor has them. It is the path for what WebAssembly's own instructions leave open;
// speed is second to exactness. A format is named by its precision P in bits (F16, F32, F64); patterns travel in u64.
//
// Inside, a finite number is sign, exponent e and a mantissa with bit 63 set: value = mantissa × 2^(e − 63).
// Worked example: 1.5f = 0x3fc00000 → e = 0, mantissa = 0xc000000000000000.
import { mulHigh } from '../interp/muldiv';
import { DAZ, DE, DOWN, FTZ, IE, NEAREST, OE, PE, UE, UP, ZE, flushes, masked, raise, rounding } from './env';

export const F16: u32 = 11;
export const F32: u32 = 24;
export const F64: u32 = 53;

// ---- formats

@inline
function exponentBits(p: u32): u32 {
  return p == F64 ? 11 : p == F32 ? 8 : 5;
}
@inline
function bias(p: u32): i32 {
  return (1 << (exponentBits(p) - 1)) - 1;
}
@inline
export function signBit(p: u32): u64 {
  return <u64>1 << (p - 1 + exponentBits(p));
}
@inline
export function infinity(p: u32): u64 {
  return (((<u64>1 << exponentBits(p)) - 1) << (p - 1));
}
@inline
function quietBit(p: u32): u64 {
  return <u64>1 << (p - 2);
}
@inline
function magnitude(x: u64, p: u32): u64 {
  return x & (signBit(p) - 1);
}
/** The NaN of invalid operations: negative, quiet, no payload. */
@inline
export function defaultNaN(p: u32): u64 {
  return signBit(p) | infinity(p) | quietBit(p);
}

// ---- classes

@inline
export function isNaN(x: u64, p: u32): bool {
  return magnitude(x, p) > infinity(p);
}
@inline
export function isSignalling(x: u64, p: u32): bool {
  return isNaN(x, p) && !(x & quietBit(p));
}
@inline
export function isInfinite(x: u64, p: u32): bool {
  return magnitude(x, p) == infinity(p);
}
@inline
export function isZero(x: u64, p: u32): bool {
  return magnitude(x, p) == 0;
}
@inline
export function isDenormal(x: u64, p: u32): bool {
  return magnitude(x, p) - 1 < (<u64>1 << (p - 1)) - 1;
}
@inline
export function quiet(x: u64, p: u32): u64 {
  return x | quietBit(p);
}

/** Under DAZ a denormal operand is a zero of its sign. */
@inline
export function operand(x: u64, p: u32): u64 {
  return flushes(DAZ) && isDenormal(x, p) ? x & signBit(p) : x;
}

@inline
function raiseDenormal(a: u64, b: u64, p: u32): void {
  if (isDenormal(a, p) || isDenormal(b, p)) raise(DE);
}

export function invalid(p: u32): u64 {
  raise(IE);
  return defaultNaN(p);
}

/** Result of an operation with a NaN: the first NaN operand, quieted; a signalling one is invalid. */
export function propagate(a: u64, b: u64, p: u32): u64 {
  if (isSignalling(a, p) || isSignalling(b, p)) raise(IE);
  return quiet(isNaN(a, p) ? a : b, p);
}

// ---- unpacking a finite number that is not zero

@inline
export function mantissa(x: u64, p: u32): u64 {
  const m = magnitude(x, p);
  const fraction = m & ((<u64>1 << (p - 1)) - 1);
  if (m == fraction) return fraction << clz(fraction);
  return (fraction | (<u64>1 << (p - 1))) << (64 - p);
}

@inline
export function exponent(x: u64, p: u32): i32 {
  const m = magnitude(x, p);
  const biased = <i32>(m >> (p - 1));
  if (biased) return biased - bias(p);
  return 1 - bias(p) - (<i32>clz(m) - (64 - <i32>p));
}

// ---- rounding

/** 1 when the mantissa, cut below `drop` bits, is rounded away from zero. */
function increment(negative: bool, m: u64, drop: u32): u64 {
  const rest = m & (((<u64>1 << (drop - 1)) << 1) - 1);
  if (!rest) return 0;
  const rc = rounding();
  if (rc == NEAREST) {
    const half = <u64>1 << (drop - 1);
    return rest > half || (rest == half && (drop < 64 && (m >> drop) & 1)) ? 1 : 0;
  }
  return rc == (negative ? DOWN : UP) ? 1 : 0;
}

/** Shifts right; bits that fall out are kept as a 1 in bit 0. */
@inline
export function shiftSticky(m: u64, count: u32): u64 {
  if (count == 0) return m;
  if (count > 63) return m ? 1 : 0;
  return (m >> count) | (m << (64 - count) ? 1 : 0);
}

/**
 * Rounds (sign, e, m) to format p; m has bit 63 set, its bit 0 is sticky. Raises OE, UE, PE. When OE or UE is unmasked, PE
 * tells whether the result would be inexact with an unbounded exponent.
 */
export function roundPack(negative: bool, e: i32, m: u64, p: u32): u64 {
  if (e < 1 - bias(p)) return packSmall(negative, e, m, p);
  const lost = (m & lostBits(p)) != 0;
  if (e > bias(p)) return overflow(negative, lost, p);
  const exponentField = <u64>(e + bias(p) - 1) << (p - 1);
  const bits = exponentField + (m >> (64 - p)) + increment(negative, m, 64 - p);
  if (bits >= infinity(p)) return overflow(negative, lost, p);
  if (lost) raise(PE);
  return (negative ? signBit(p) : 0) | bits;
}

/** Mantissa bits that format p does not keep. */
@inline
function lostBits(p: u32): u64 {
  return (<u64>1 << (64 - p)) - 1;
}

/** roundPack for exponents below the least normal one: a denormal, a zero or the least normal number. */
function packSmall(negative: bool, e: i32, m: u64, p: u32): u64 {
  const sign = negative ? signBit(p) : 0;
  const tiny = isTiny(negative, e, m, p);
  if (tiny && !masked(UE)) {
    raise(m & lostBits(p) ? UE | PE : UE);
    return sign;
  }
  if (tiny && flushes(FTZ)) {
    raise(UE | PE);
    return sign;
  }
  m = shiftSticky(m, 1 - bias(p) - e);
  if (m & lostBits(p)) raise(tiny ? UE | PE : PE);
  return sign | ((m >> (64 - p)) + increment(negative, m, 64 - p));
}

/** Tininess after rounding: below the least normal number even when rounded with an unbounded exponent. */
function isTiny(negative: bool, e: i32, m: u64, p: u32): bool {
  if (e < -bias(p)) return true;
  const drop = 64 - p;
  return (m >> drop) + increment(negative, m, drop) < <u64>1 << p;
}

function overflow(negative: bool, lost: bool, p: u32): u64 {
  raise(lost || masked(OE) ? OE | PE : OE);
  const rc = rounding();
  const away = rc == NEAREST || rc == (negative ? DOWN : UP);
  return (negative ? signBit(p) : 0) | (away ? infinity(p) : infinity(p) - 1);
}

/** As roundPack, for any mantissa that is not 0: value m × 2^(e − 63). */
export function normalizePack(negative: bool, e: i32, m: u64, p: u32): u64 {
  const shift = <i32>clz(m);
  return roundPack(negative, e - shift, m << shift, p);
}

// ---- arithmetic

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
function flushTiny(x: u64, p: u32): u64 {
  return roundPack((x & signBit(p)) != 0, exponent(x, p), mantissa(x, p), p);
}

/** ±0 ± 0, and x − x: minus only when both are, or when rounding down. */
@inline
function zeroSum(a: u64, b: u64, p: u32): u64 {
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

// ---- minimum, maximum, comparison

/** min/max return the second operand unless `a` is strictly less (greater); any NaN is invalid. */
export function softMinMax(a: u64, b: u64, p: u32, max: bool): u64 {
  a = operand(a, p);
  b = operand(b, p);
  if (isNaN(a, p) || isNaN(b, p)) {
    raise(IE);
    return b;
  }
  raiseDenormal(a, b, p);
  return max ? (less(b, a, p) ? a : b) : less(a, b, p) ? a : b;
}

/** a < b, neither is a NaN. */
function less(a: u64, b: u64, p: u32): bool {
  return order(a, p) < order(b, p);
}

/** Numbers in the order of their values; both zeros are 0. */
@inline
function order(x: u64, p: u32): i64 {
  const m = <i64>magnitude(x, p);
  return x & signBit(p) ? -m : m;
}

export const LESS: u32 = 1;
export const EQUAL: u32 = 2;
export const GREATER: u32 = 4;
export const UNORDERED: u32 = 8;

/** Relation of a to b. `signalling`: a quiet NaN is invalid too (lt, le, comis), not only a signalling one. */
export function softCompare(a: u64, b: u64, p: u32, signalling: bool): u32 {
  a = operand(a, p);
  b = operand(b, p);
  if (isNaN(a, p) || isNaN(b, p)) {
    if (signalling || isSignalling(a, p) || isSignalling(b, p)) raise(IE);
    return UNORDERED;
  }
  raiseDenormal(a, b, p);
  const x = order(a, p);
  const y = order(b, p);
  return x < y ? LESS : x > y ? GREATER : EQUAL;
}

// ---- conversions

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
