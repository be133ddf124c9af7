// IEEE 754 arithmetic on bit patterns in the environment of env.ts: every rounding mode, DAZ, FTZ, NaN propagation and
// all six exception flags as the processor has them. It is the path for what WebAssembly's own instructions leave open;
// speed is second to exactness. A format is named by its precision P in bits (F16, F32, F64); patterns travel in u64.
//
// This file has the formats and the rounding; the operations are in soft-arith.ts, soft-fma.ts, soft-compare.ts and
// soft-convert.ts. Inside, a finite number is sign, exponent e and a mantissa with bit 63 set: value = mantissa × 2^(e − 63).
// Worked example: 1.5f = 0x3fc00000 → e = 0, mantissa = 0xc000000000000000.
import { DAZ, DE, DOWN, FTZ, IE, NEAREST, OE, PE, UE, UP, flushes, masked, raise, rounding } from './env';

export const F16: u32 = 11;
export const F32: u32 = 24;
export const F64: u32 = 53;

// ---- formats

@inline
function exponentBits(p: u32): u32 {
  return p == F64 ? 11 : p == F32 ? 8 : 5;
}
@inline
export function bias(p: u32): i32 {
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
export function magnitude(x: u64, p: u32): u64 {
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
export function raiseDenormal(a: u64, b: u64, p: u32): void {
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
export function increment(negative: bool, m: u64, drop: u32): u64 {
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
