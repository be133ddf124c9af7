// Conversions out of the 80-bit format: to single, double, integers and packed decimal, and rounding to an integer.
// Each returns its value; exception flags go to soft.ts's `exc`. Where an unmasked exception forbids the store, `exc`
// and the control word say so (`storeForbidden`).

import {
  BIAS,
  C1,
  DE,
  EXP_MAX,
  IE,
  NAN_M,
  OE,
  PE,
  QUIET,
  SIGN,
  TOP_BIT,
  UE,
  UNIT_24,
  UNIT_53,
  cw,
  denormal1,
  dropInexact,
  exc,
  fromInt,
  isInf,
  isNaN80,
  isUnsupported,
  low,
  nan1,
  raise,
  roundsUp,
  setSign,
  setZ,
  shiftRightSticky,
} from './soft';

/** An unmasked exception that keeps a result from being stored in memory (all but precision). */
@inline
export function storeForbidden(): bool {
  return (exc & ~cw & (IE | DE | OE | UE)) != 0;
}

/**
 * (se, m) as a binary float with `unit` = weight of its last significand bit and `maxExp` = its all-ones exponent.
 * The result has its significand (integer bit dropped) in the low bits, the exponent above, the sign on top.
 */
@inline
function toFloat(se: u32, m: u64, unit: u64, maxExp: i32): u64 {
  const drop: u64 = ctz(unit);
  const fracBits: u64 = 63 - drop;
  const sign: u64 = se & SIGN ? <u64>(maxExp + 1) << fracBits : 0;
  const infinity = <u64>maxExp << fracBits;
  if (isUnsupported(se, m)) {
    raise(IE);
    return (<u64>(maxExp + 1) << fracBits) | infinity | (QUIET >> drop);
  }
  if (isNaN80(se, m)) {
    if (!(m & QUIET)) raise(IE);
    return sign | infinity | (((m | QUIET) & ~TOP_BIT) >> drop);
  }
  if (isInf(se, m)) return sign | infinity;
  if (!m) return sign;
  let e: i32 = se & EXP_MAX;
  if (!e) {
    const n = clz(m);
    m <<= n;
    e = 1 - <i32>n;
  }
  e += (maxExp >> 1) - BIAS;
  let hi = m & ~(unit - 1);
  let rem = m & (unit - 1);
  let half = unit >> 1;
  let up = rem != 0 && roundsUp(se & SIGN, (hi & unit) != 0, rem, half);
  const tiny = e < 0 || (e == 0 && !(up && hi + unit == 0));
  if (e <= 0 && (cw & UE)) {
    const shift = 1 - e;
    hi = shiftRightSticky(m, 0, shift);
    rem = (hi & (unit - 1)) | u64(low != 0);
    hi &= ~(unit - 1);
    up = rem != 0 && roundsUp(se & SIGN, (hi & unit) != 0, rem, half);
    if (rem) raise(PE | (tiny ? UE : 0) | (up ? C1 : 0));
    // A carry into bit 63 makes it the smallest normal number: the exponent field becomes 1 by itself.
    return sign | ((hi + (up ? unit : 0)) >> drop);
  }
  if (tiny) {
    raise(UE);
    return 0;
  }
  if (up) {
    hi += unit;
    if (!hi) {
      hi = TOP_BIT;
      e++;
    }
  }
  if (e >= maxExp) {
    if (!(cw & OE)) {
      raise(OE);
      return 0;
    }
    up = roundsUp(se & SIGN, true, 1, 1);
    raise(OE | PE | (up ? C1 : 0));
    return sign | (up ? infinity : infinity - 1);
  }
  if (rem) raise(PE | (up ? C1 : 0));
  return sign | (<u64>e << fracBits) | ((hi & ~TOP_BIT) >> drop);
}

export function toSingle(se: u32, m: u64): u32 {
  return <u32>toFloat(se, m, UNIT_24, 0xff);
}

export function toDouble(se: u32, m: u64): u64 {
  return toFloat(se, m, UNIT_53, 0x7ff);
}

/** |finite (se, m)| rounded to an integer by rounding control; exponents above 63 must be handled before. */
function roundMagnitude(se: u32, m: u64): u64 {
  const exp = <i32>(se & EXP_MAX) - BIAS;
  if (exp >= 63) return m;
  const whole = shiftRightSticky(m, 0, 63 - max(exp, -65));
  if (!low) return whole;
  raise(PE);
  if (!roundsUp(se & SIGN, (whole & 1) != 0, low, TOP_BIT)) return whole;
  raise(C1);
  return whole + 1;
}

/** (se, m) as a signed integer of `bits` bits; the integer indefinite (only its sign bit set) and IE out of range. */
export function toInt(se: u32, m: u64, bits: u32): i64 {
  return convertInt(se, m, bits, false);
}

/** The same, by truncation (fisttp). */
export function toIntTruncated(se: u32, m: u64, bits: u32): i64 {
  return convertInt(se, m, bits, true);
}

@inline
function convertInt(se: u32, m: u64, bits: u32, truncate: bool): i64 {
  const indefinite: i64 = -1 << (bits - 1);
  if (isUnsupported(se, m) || (se & EXP_MAX) >= <u32>BIAS + 64) {
    raise(IE);
    return indefinite;
  }
  let magnitude: u64;
  if (truncate) {
    const exp = <i32>(se & EXP_MAX) - BIAS;
    magnitude = exp >= 63 ? m : shiftRightSticky(m, 0, 63 - max(exp, -65));
    if (exp < 63 && low) raise(PE);
  } else {
    magnitude = roundMagnitude(se, m);
  }
  const limit: u64 = 1 << (bits - 1);
  if (magnitude > limit - u64(!(se & SIGN))) {
    invalidInstead();
    return indefinite;
  }
  return se & SIGN ? 0 - <i64>magnitude : magnitude;
}

/** A result that does not fit is only invalid: the rounding on the way does not show. */
@inline
function invalidInstead(): void {
  raise(IE);
  dropInexact();
}

/** frndint. */
export function roundToIntegral(se: u32, m: u64): void {
  if (nan1(se, m)) return;
  if (isInf(se, m) || !m) return setZ(se, m);
  denormal1(se, m);
  if ((se & EXP_MAX) >= <u32>BIAS + 63) return setZ(se, m);
  integral(se & SIGN, roundMagnitude(se, m));
}

function integral(sign: u32, whole: u64): void {
  if (!whole) return setZ(sign, 0);
  const n = clz(whole);
  setZ(sign | (BIAS + 63 - <u32>n), whole << n);
}

// Packed decimal: 18 digits in 9 bytes, the sign in bit 7 of the tenth ---------------------------------------------

/** fbld: digits above 9 count with their value, as on hardware. */
export function fromBcd(at: usize): void {
  let v: u64 = 0;
  for (let i = 8; i >= 0; i--) {
    const b = <u64>load<u8>(at + i);
    v = v * 100 + (b >> 4) * 10 + (b & 15);
  }
  fromInt(v);
  if (load<u8>(at + 9) & 0x80) setSign();
}

const BCD_LIMIT: u64 = 999999999999999999;

/** fbstp: low 8 bytes of the decimal; `bcdTop` is the other two. Out of range: the packed BCD indefinite. */
export function toBcd(se: u32, m: u64): u64 {
  bcdTop = 0xffff;
  if (isUnsupported(se, m) || (se & EXP_MAX) >= <u32>BIAS + 63) {
    raise(IE);
    return NAN_M;
  }
  let v = roundMagnitude(se, m);
  if (v > BCD_LIMIT) {
    invalidInstead();
    return NAN_M;
  }
  let digits: u64 = 0;
  for (let i: u64 = 0; i < 64; i += 4) {
    const q = v / 10;
    digits |= (v - q * 10) << i;
    v = q;
  }
  bcdTop = <u32>(v % 10) | ((<u32>(v / 10)) << 4) | (se & SIGN);
  return digits;
}

export let bcdTop: u32 = 0;
