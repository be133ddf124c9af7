// The arithmetic core of the x87: 80-bit extended numbers as (se, m), where `se` is the sign (0x8000) with the biased
// exponent and `m` the 64-bit significand with its explicit integer bit. A number on its way to rounding is
// (sign, exp, hi, lo): hi.lo is a 128-bit significand normalised to bit 127, lo's lowest bits are sticky.
//
//   add(0x3fff, 1<<63, 0x3fff, 1<<63, 0, UNIT_64)      1.0 + 1.0; the result is (zSE, zM) = 0x4000, 1<<63
//
// Results and exception flags come back in globals (wasm locals of the engine's registers, one instance per guest
// thread; AssemblyScript has no multi-value returns). `exc` collects FSW bits; the caller decides with the control
// word whether the result is stored. Overflow and underflow depend on their masks here, because an unmasked one
// delivers the result with its exponent wrapped by 24,576 (Intel SDM Vol. 1 §8.5.4, §8.5.5).

export const IE: u32 = 0x01;
export const DE: u32 = 0x02;
export const ZE: u32 = 0x04;
export const OE: u32 = 0x08;
export const UE: u32 = 0x10;
export const PE: u32 = 0x20;
export const SF: u32 = 0x40;
export const C0: u32 = 0x100;
export const C1: u32 = 0x200;
export const C2: u32 = 0x400;
export const C3: u32 = 0x4000;

export const SIGN: u32 = 0x8000;
export const EXP_MAX: u32 = 0x7fff;
export const BIAS: i32 = 16383;
export const WRAP: i32 = 24576;
export const TOP_BIT: u64 = 0x8000000000000000;
export const QUIET: u64 = 0x4000000000000000;
/** The default NaN ("real indefinite"). */
export const NAN_SE: u32 = 0xffff;
export const NAN_M: u64 = 0xc000000000000000;

/** Weight of the last significand bit kept for each precision. */
export const UNIT_64: u64 = 1;
export const UNIT_53: u64 = 1 << 11;
export const UNIT_24: u64 = 1 << 40;

/** Control word in force. */
export let cw: u32 = 0x37f;
/** FSW bits of the running instruction: exceptions, and C1 when the last rounding was away from zero. */
export let exc: u32 = 0;
/** Result. */
export let zSE: u32 = 0;
export let zM: u64 = 0;
/** DE when the memory operand was a denormal single or double; counted only when the operation looks at values. */
export let memoryDenormal: u32 = 0;
/** PE and C1 of the last roundTo. */
let rounded: u32 = 0;
/** Low half of the last mulWide, second half of shifts. */
export let low: u64 = 0;
/** Exponent and significand of the last normalize. */
let nExp: i32 = 0;
/** Remainder of the last divWide. */
export let remainder: u64 = 0;

@inline
export function begin(control: u32): void {
  cw = control;
  exc = 0;
  memoryDenormal = 0;
}

@inline
export function clearExceptions(): void {
  exc = 0;
}

@inline
export function raise(flags: u32): void {
  exc |= flags;
}

@inline
export function setZ(se: u32, m: u64): void {
  zSE = se;
  zM = m;
}

/** Makes the result negative. */
@inline
export function setSign(): void {
  zSE |= SIGN;
}

@inline
export function dropC1(): void {
  exc &= ~C1;
}

/** Takes PE and C1 back. */
@inline
export function dropInexact(): void {
  exc &= ~(PE | C1);
}

/** When an operation is refused, what its rounding would have raised does not show. */
@inline
export function keepRefusal(): void {
  exc &= IE | DE | ZE | SF;
}

/** Invalid operation: default NaN. */
export function invalid(): void {
  exc |= IE;
  zSE = NAN_SE;
  zM = NAN_M;
}

// Classes ----------------------------------------------------------------------------------------------------------

/** Exponent not zero but no integer bit: unnormal, pseudo-infinity, pseudo-NaN (SDM Vol. 1 §8.2.2). */
@inline
export function isUnsupported(se: u32, m: u64): bool {
  return (se & EXP_MAX) != 0 && !(m >> 63);
}

@inline
export function isNaN80(se: u32, m: u64): bool {
  return (se & EXP_MAX) == EXP_MAX && (m & ~TOP_BIT) != 0;
}

@inline
export function isInf(se: u32, m: u64): bool {
  return (se & EXP_MAX) == EXP_MAX && m == TOP_BIT;
}

/** With exponent 0: zero has m == 0, everything else is a denormal (or pseudo-denormal). */
@inline
export function isZero(se: u32, m: u64): bool {
  return m == 0 && (se & EXP_MAX) == 0;
}

/** A normal number: the common case of every operation. */
@inline
export function isNormal(se: u32, m: u64): bool {
  return (se & EXP_MAX) - 1 < EXP_MAX - 1 && m >> 63 != 0;
}

// 128-bit helpers --------------------------------------------------------------------------------------------------

/** High half of a × b; the low half is left in `low`. */
@inline
export function mulWide(a: u64, b: u64): u64 {
  const a0 = a & 0xffffffff;
  const a1 = a >> 32;
  const b0 = b & 0xffffffff;
  const b1 = b >> 32;
  const p00 = a0 * b0;
  const mid = a1 * b0 + (p00 >> 32);
  const mid2 = a0 * b1 + (mid & 0xffffffff);
  low = (mid2 << 32) | (p00 & 0xffffffff);
  return a1 * b1 + (mid >> 32) + (mid2 >> 32);
}

/** (hi·2^64 + lo) / d for normalised d > hi; `remainder` is the rest. */
export function divWide(hi: u64, lo: u64, d: u64): u64 {
  return divDigits(hi, lo, d);
}

/**
 * The same in place (Knuth, TAOCP 4.3.1 D, with 32-bit digits). The estimate of a digit is too large by 2 at most: by 1 often
 * enough that nobody can predict it, so that is corrected without a branch; by 2 rarely.
 */
@inline
export function divDigits(hi: u64, lo: u64, d: u64): u64 {
  const d1 = d >> 32;
  const d0 = d & 0xffffffff;
  let q1 = hi / d1;
  let m = q1 * d0;
  let r = ((hi - q1 * d1) << 32) | (lo >> 32);
  let over = u64(r < m);
  q1 -= over;
  r += d & (0 - over);
  if (over & u64(r >= d) & u64(r < m)) {
    q1--;
    r += d;
  }
  r -= m;
  let q0 = r / d1;
  m = q0 * d0;
  r = ((r - q0 * d1) << 32) | (lo & 0xffffffff);
  over = u64(r < m);
  q0 -= over;
  r += d & (0 - over);
  if (over & u64(r >= d) & u64(r < m)) {
    q0--;
    r += d;
  }
  remainder = r - m;
  return (q1 << 32) | q0;
}

/** (hi, lo) >> n with sticky lowest bit; returns the high half, `low` is the low half. n ≥ 0. */
@inline
export function shiftRightSticky(hi: u64, lo: u64, n: u32): u64 {
  if (n == 0) {
    low = lo;
    return hi;
  }
  if (n < 64) {
    low = (hi << (64 - n)) | (lo >> n) | u64(lo << (64 - n) != 0);
    return hi >> n;
  }
  if (n == 64) {
    low = hi | u64(lo != 0);
    return 0;
  }
  if (n < 128) {
    low = (hi >> (n - 64)) | u64((hi << (128 - n)) != 0 || lo != 0);
    return 0;
  }
  low = u64((hi | lo) != 0);
  return 0;
}

// Rounding ---------------------------------------------------------------------------------------------------------

/** Does the rounding control round `rem` (of 2·half) away from zero? */
@inline
export function roundsUp(sign: u32, odd: bool, rem: u64, half: u64): bool {
  const rc = cw & 0xc00;
  if (rc == 0) return rem > half || (rem == half && odd);
  return rc == 0x400 ? sign != 0 : rc == 0x800 ? sign == 0 : false;
}

/** hi.lo rounded to a multiple of `unit`; 0 when it carries out of a normalised hi. Sets `rounded`. */
function roundTo(sign: u32, hi: u64, lo: u64, unit: u64): u64 {
  let rem = lo;
  let half = TOP_BIT;
  if (unit != 1) {
    rem = (hi & (unit - 1)) | u64(lo != 0);
    half = unit >> 1;
    hi &= ~(unit - 1);
  }
  if (!rem) {
    rounded = 0;
    return hi;
  }
  if (!roundsUp(sign, (hi & unit) != 0, rem, half)) {
    rounded = PE;
    return hi;
  }
  rounded = PE | C1;
  return hi + unit;
}

/** Rounds and packs a normalised number; handles overflow and underflow. */
@inline
export function pack(sign: u32, exp: i32, hi: u64, lo: u64, unit: u64): void {
  if (unit != 1 || <u32>(exp - 1) >= 0x7ffd) {
    packSlow(sign, exp, hi, lo, unit);
    return;
  }
  if (lo) {
    exc |= PE;
    if (roundsUp(sign, (hi & 1) != 0, lo, TOP_BIT)) {
      exc |= C1;
      if (++hi == 0) {
        hi = TOP_BIT;
        exp++;
      }
    }
  }
  zSE = sign | exp;
  zM = hi;
}

export function packSlow(sign: u32, exp: i32, hi: u64, lo: u64, unit: u64): void {
  let m = roundTo(sign, hi, lo, unit);
  let e = exp;
  if (m == 0) {
    m = TOP_BIT;
    e++;
  }
  if (e >= 0x7fff) {
    overflow(sign, e, m, unit);
  } else if (e > 0) {
    exc |= rounded;
    zSE = sign | e;
    zM = m;
  } else if (!(cw & UE)) {
    if (e + WRAP <= 0) {
      exc |= UE | PE;
      return setZ(sign, 0);
    }
    exc |= UE | rounded;
    zSE = sign | (e + WRAP);
    zM = m;
  } else {
    hi = shiftRightSticky(hi, lo, 1 - exp);
    m = roundTo(sign, hi, low, unit);
    if (rounded) exc |= UE | rounded;
    zSE = sign | <u32>(m >> 63);
    zM = m;
  }
}

/** Result too large: wrapped exponent when unmasked, else infinity or the largest number by rounding control. */
function overflow(sign: u32, e: i32, m: u64, unit: u64): void {
  if (!(cw & OE)) {
    // fscale can be out of range even so: infinity (below: zero), whatever the rounding control.
    if (e - WRAP >= 0x7fff) {
      exc |= OE | PE | C1;
      return setZ(sign | EXP_MAX, TOP_BIT);
    }
    exc |= OE | rounded;
    zSE = sign | (e - WRAP);
    zM = m;
    return;
  }
  exc |= OE | PE;
  if (roundsUp(sign, true, 1, 1)) {
    exc |= C1;
    zSE = sign | EXP_MAX;
    zM = TOP_BIT;
  } else {
    zSE = sign | (EXP_MAX - 1);
    zM = ~(unit - 1);
  }
}

// NaNs -------------------------------------------------------------------------------------------------------------

/** One operand unsupported or NaN: leaves the result and returns true. */
export function nan1(se: u32, m: u64): bool {
  if (isUnsupported(se, m)) {
    invalid();
    return true;
  }
  if (!isNaN80(se, m)) return false;
  if (!(m & QUIET)) exc |= IE;
  zSE = se;
  zM = m | QUIET;
  return true;
}

/** Either operand unsupported or NaN: leaves the result (SDM Vol. 1 table 4-7) and returns true. */
export function nan2(aSE: u32, aM: u64, bSE: u32, bM: u64): bool {
  if (isUnsupported(aSE, aM) || isUnsupported(bSE, bM)) {
    invalid();
    return true;
  }
  const aNaN = isNaN80(aSE, aM);
  const bNaN = isNaN80(bSE, bM);
  if (!aNaN && !bNaN) return false;
  const aSignals = aNaN && !(aM & QUIET);
  const bSignals = bNaN && !(bM & QUIET);
  if (aSignals || bSignals) exc |= IE;
  let useA = aNaN;
  if (aNaN && bNaN) {
    if (aSignals != bSignals) useA = bSignals;
    else if (aM != bM) useA = aM > bM;
    else useA = !(aSE & SIGN);
  }
  zSE = useA ? aSE : bSE;
  zM = (useA ? aM : bM) | QUIET;
  return true;
}

/** Significand of a finite nonzero number, normalised; `nExp` is its exponent (may be ≤ 0). Denormals raise DE. */
@inline
function normalize(se: u32, m: u64): u64 {
  nExp = se & EXP_MAX;
  if (nExp) return m;
  exc |= DE;
  const n = clz(m);
  nExp = 1 - <i32>n;
  return m << n;
}

/** The same for other files, with the exponent in `exponent()`. */
export function normalized(se: u32, m: u64): u64 {
  return normalize(se, m);
}
@inline
export function exponent(): i32 {
  return nExp;
}

/** DE for a denormal operand (memory operands were converted already). */
@inline
export function denormal2(aSE: u32, aM: u64, bSE: u32, bM: u64): void {
  exc |= memoryDenormal;
  if ((!(aSE & EXP_MAX) && aM) || (!(bSE & EXP_MAX) && bM)) exc |= DE;
}
@inline
export function denormal1(se: u32, m: u64): void {
  exc |= memoryDenormal;
  if (!(se & EXP_MAX) && m) exc |= DE;
}

// Add, multiply, divide, root --------------------------------------------------------------------------------------

/** a + b; with negate = SIGN a − b. */
export function add(aSE: u32, aM: u64, bSE: u32, bM: u64, negate: u32, unit: u64): void {
  if (isNormal(aSE, aM) && isNormal(bSE, bM)) {
    exc |= memoryDenormal;
    addFinite(aSE & SIGN, aSE & EXP_MAX, aM, (bSE ^ negate) & SIGN, bSE & EXP_MAX, bM, unit);
    return;
  }
  if (nan2(aSE, aM, bSE, bM)) return;
  bSE ^= negate;
  if (isInf(aSE, aM)) {
    if (isInf(bSE, bM) && ((aSE ^ bSE) & SIGN)) return invalid();
    denormal2(aSE, aM, bSE, bM);
    return setZ(aSE, aM);
  }
  denormal2(aSE, aM, bSE, bM);
  if (isInf(bSE, bM)) return setZ(bSE, bM);
  if (!aM && !bM) return setZ((aSE ^ bSE) & SIGN ? zeroSign() : aSE & SIGN, 0);
  if (!aM) {
    const m = normalize(bSE, bM);
    return pack(bSE & SIGN, nExp, m, 0, unit);
  }
  const a = normalize(aSE, aM);
  const aExp = nExp;
  if (!bM) return pack(aSE & SIGN, aExp, a, 0, unit);
  const b = normalize(bSE, bM);
  addFinite(aSE & SIGN, aExp, a, bSE & SIGN, nExp, b, unit);
}

/** Sign of x − x. */
@inline
function zeroSign(): u32 {
  return (cw & 0xc00) == 0x400 ? SIGN : 0;
}

function addFinite(aS: u32, aE: i32, aM: u64, bS: u32, bE: i32, bM: u64, unit: u64): void {
  if (aE < bE || (aE == bE && aM < bM)) {
    const s = aS, e = aE, m = aM;
    aS = bS, aE = bE, aM = bM;
    bS = s, bE = e, bM = m;
  }
  let bHi = shiftRightSticky(bM, 0, aE - bE);
  let lo = low;
  let hi: u64;
  if (aS == bS) {
    hi = aM + bHi;
    if (hi < aM) {
      lo = (lo >> 1) | (lo & 1) | (hi << 63);
      hi = (hi >> 1) | TOP_BIT;
      aE++;
    }
  } else {
    hi = aM - bHi - u64(lo != 0);
    lo = 0 - lo;
    if (!(hi >> 63)) {
      if (!hi) {
        if (!lo) return setZ(zeroSign(), 0);
        hi = lo;
        lo = 0;
        aE -= 64;
      }
      const n = clz(hi);
      if (n) {
        hi = (hi << n) | (lo >> (64 - n));
        lo <<= n;
        aE -= <i32>n;
      }
    }
  }
  pack(aS, aE, hi, lo, unit);
}

/** a × b. */
export function mul(aSE: u32, aM: u64, bSE: u32, bM: u64, unit: u64): void {
  const sign = (aSE ^ bSE) & SIGN;
  let aE: i32 = aSE & EXP_MAX;
  let bE: i32 = bSE & EXP_MAX;
  if (isNormal(aSE, aM) && isNormal(bSE, bM)) {
    exc |= memoryDenormal;
  } else {
    if (nan2(aSE, aM, bSE, bM)) return;
    const aInf = isInf(aSE, aM);
    const bInf = isInf(bSE, bM);
    if ((aInf && isZero(bSE, bM)) || (bInf && isZero(aSE, aM))) return invalid();
    denormal2(aSE, aM, bSE, bM);
    if (aInf || bInf) return setZ(sign | EXP_MAX, TOP_BIT);
    if (!aM || !bM) return setZ(sign, 0);
    aM = normalize(aSE, aM);
    aE = nExp;
    bM = normalize(bSE, bM);
    bE = nExp;
  }
  let hi = mulWide(aM, bM);
  let lo = low;
  let e = aE + bE - BIAS + 1;
  if (!(hi >> 63)) {
    hi = (hi << 1) | (lo >> 63);
    lo <<= 1;
    e--;
  }
  pack(sign, e, hi, lo, unit);
}

/** a / b. */
export function div(aSE: u32, aM: u64, bSE: u32, bM: u64, unit: u64): void {
  const sign = (aSE ^ bSE) & SIGN;
  let aE: i32 = aSE & EXP_MAX;
  let bE: i32 = bSE & EXP_MAX;
  if (isNormal(aSE, aM) && isNormal(bSE, bM)) {
    exc |= memoryDenormal;
  } else {
    if (nan2(aSE, aM, bSE, bM)) return;
    if (isInf(aSE, aM)) {
      if (isInf(bSE, bM)) return invalid();
      denormal2(aSE, aM, bSE, bM);
      return setZ(sign | EXP_MAX, TOP_BIT);
    }
    if (isZero(bSE, bM)) {
      if (isZero(aSE, aM)) return invalid();
      exc |= ZE;
      return setZ(sign | EXP_MAX, TOP_BIT);
    }
    denormal2(aSE, aM, bSE, bM);
    if (isInf(bSE, bM) || !aM) return setZ(sign, 0);
    aM = normalize(aSE, aM);
    aE = nExp;
    bM = normalize(bSE, bM);
    bE = nExp;
  }
  let e = aE - bE + BIAS;
  let q: u64;
  if (aM < bM) {
    q = divWide(aM, 0, bM);
    e--;
  } else {
    q = divWide(aM >> 1, aM << 63, bM);
  }
  pack(sign, e, q, tail(remainder, bM), unit);
}

/** Bits below a quotient's last one, as far as rounding needs them: remainder / d compared with 1/2. */
@inline
function tail(rem: u64, d: u64): u64 {
  if (!rem) return 0;
  const other = d - rem;
  return rem < other ? QUIET : rem == other ? TOP_BIT : NAN_M;
}

/** √a. */
export function sqrt(se: u32, m: u64, unit: u64): void {
  if (nan1(se, m)) return;
  if (isZero(se, m)) return setZ(se, m);
  if (se & SIGN) return invalid();
  if (isInf(se, m)) return setZ(se, m);
  m = normalize(se, m);
  // An even unbiased exponent has the radicand in [2^126, 2^127), an odd one in [2^127, 2^128).
  const odd = (nExp & 1) == 0;
  const hi = odd ? m : m >> 1;
  const lo = odd ? 0 : m << 63;
  const root = sqrtWide(hi, lo);
  const rest = remainder;
  const above = low != 0 || rest > root;
  pack(0, (nExp + BIAS - i32(odd)) / 2, root, !(rest | low) ? 0 : above ? NAN_M : QUIET, unit);
}

/**
 * Integer root of hi·2^64 + lo ≥ 2^126. The rest (up to 65 bits) is (low, remainder). One Newton step from the 53-bit
 * root of the engine is good to the last bit but one; the loop settles it.
 */
function sqrtWide(hi: u64, lo: u64): u64 {
  const guess = Math.sqrt(<f64>hi) * 4294967296.0;
  let x: u64 = guess >= 18446744073709549568.0 ? u64.MAX_VALUE : <u64>guess;
  if (x <= hi) x = hi + 1 != 0 ? hi + 1 : u64.MAX_VALUE;
  if (x > hi) {
    const q = divWide(hi, lo, x);
    x = (x >> 1) + (q >> 1) + (x & q & 1);
  }
  for (;;) {
    const p = mulWide(x, x);
    if (p > hi || (p == hi && low > lo)) {
      x--;
      continue;
    }
    const restLo = lo - low;
    const restHi = hi - p - u64(lo < low);
    // rest > 2x means that x + 1 fits as well
    if (restHi > 1 || (restHi == 1 && restLo > x << 1 && x >> 63 != 0)) {
      x++;
      continue;
    }
    low = restHi;
    remainder = restLo;
    return x;
  }
}

// Comparison -------------------------------------------------------------------------------------------------------

/** Condition codes of a ? b: 0 greater, C0 less, C3 equal, all three unordered. `quiet`: a quiet NaN is no error. */
export function compare(aSE: u32, aM: u64, bSE: u32, bM: u64, quiet: bool): u32 {
  if (isUnsupported(aSE, aM) || isUnsupported(bSE, bM)) {
    exc |= IE;
    return C0 | C2 | C3;
  }
  const aNaN = isNaN80(aSE, aM);
  const bNaN = isNaN80(bSE, bM);
  if (aNaN || bNaN) {
    if (!quiet || (aNaN && !(aM & QUIET)) || (bNaN && !(bM & QUIET))) exc |= IE;
    return C0 | C2 | C3;
  }
  denormal2(aSE, aM, bSE, bM);
  if (!aM && !bM) return C3;
  const aNegative = (aSE & SIGN) != 0;
  if (!aM) return bSE & SIGN ? 0 : C0;
  if (!bM) return aNegative ? C0 : 0;
  if ((aSE ^ bSE) & SIGN) return aNegative ? C0 : 0;
  // A pseudo-denormal has the value of the normal number with exponent 1.
  const aE = max<u32>(aSE & EXP_MAX, 1);
  const bE = max<u32>(bSE & EXP_MAX, 1);
  if (aE == bE && aM == bM) return C3;
  const less = aE < bE || (aE == bE && aM < bM);
  return less != aNegative ? C0 : 0;
}

// Conversions from memory formats ----------------------------------------------------------------------------------

/** Single → (zSE, zM), exact. NaNs keep their quiet bit as it is; a denormal is noted for denormal1/2. */
export function fromSingle(bits: u32): void {
  const sign = (bits >> 16) & SIGN;
  const exp = (bits >> 23) & 0xff;
  const frac = <u64>(bits & 0x7fffff) << 40;
  if (exp - 1 < 0xfe) return setZ(sign | (exp - 127 + BIAS), TOP_BIT | frac);
  if (exp) return setZ(sign | EXP_MAX, TOP_BIT | frac);
  if (!frac) return setZ(sign, 0);
  memoryDenormal = DE;
  const n = <u32>clz(frac);
  setZ(sign | (BIAS - 126 - n), frac << n);
}

/** Double → (zSE, zM), exact. */
export function fromDouble(bits: u64): void {
  const sign = <u32>(bits >> 48) & SIGN;
  const exp = <u32>(bits >> 52) & 0x7ff;
  const frac = (bits & 0xfffffffffffff) << 11;
  if (exp - 1 < 0x7fe) return setZ(sign | (exp - 1023 + BIAS), TOP_BIT | frac);
  if (exp) return setZ(sign | EXP_MAX, TOP_BIT | frac);
  if (!frac) return setZ(sign, 0);
  memoryDenormal = DE;
  const n = <u32>clz(frac);
  setZ(sign | (BIAS - 1022 - n), frac << n);
}

/** Signed integer → (zSE, zM), exact. */
export function fromInt(v: i64): void {
  if (!v) return setZ(0, 0);
  const magnitude = v < 0 ? 0 - <u64>v : <u64>v;
  const n = clz(magnitude);
  setZ((v < 0 ? SIGN : 0) | (BIAS + 63 - <u32>n), magnitude << n);
}
