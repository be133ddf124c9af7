// f2xm1, fyl2x, fyl2xp1, fsin, fcos, fsincos, fptan, fpatan: rounded from 128-bit results, so all but correctly
// rounded. The hardware's own error is up to 0.6 units in the last place: results agree to within one, special cases and
// flags agree exactly (C1, the direction of rounding, only when the results do). As on hardware the precision control
// is ignored, the rounding control is not, and PE is raised for every result but the special ones.

import { C2, EXP_MAX, BIAS, NAN_M, NAN_SE, PE, SIGN, TOP_BIT, UE, UNIT_64, ZE, zSE } from './soft';
import {
  denormal1,
  denormal2,
  exponent,
  invalid,
  isInf,
  nan1,
  nan2,
  normalized,
  pack,
  raise,
  setZ,
} from './soft';
import { ARCTANGENT, COSINE, EXP, EXP2, FACTORS, LOG2, ODD, PI, SINE } from './constants';
import {
  addTo,
  divFloat,
  mulFloat,
  mulHigh,
  oneMinus,
  onePlus,
  series,
  setWide,
  shift,
  subFrom,
  toFloat,
  wE,
  wH,
  wL,
} from './wide';

/** Rounds the float (wH, wL, wE) as a result that is never exact. */
function result(sign: u32): void {
  pack(sign, wE + BIAS, wH, wL | 1, UNIT_64);
}

/** Fixed-point Q0.128 of the float, which is below 1. */
@inline
function fix(): void {
  shift(wH, wL, -1 - wE);
}

// Trigonometry -----------------------------------------------------------------------------------------------------

/** Quadrant of the argument after reduction, and the remainder: sign, Q0.128, float. */
let quadrant: u32 = 0;
let rSign: u32 = 0;
let rH: u64 = 0;
let rL: u64 = 0;
let fH: u64 = 0;
let fL: u64 = 0;
let fE: i32 = 0;

/** The hardware's π/2 in units of 2^-65: a 66-bit number. */
const HALF_PI_HIGH: u64 = 3;
const HALF_PI_LOW: u64 = 0x243f6a8885a308d3;

/** Reduces |m·2^e| < 2^63 by multiples of π/2 into [−π/4, π/4]; exact. */
export function reduce(m: u64, e: i32): void {
  quadrant = 0;
  rSign = 0;
  if (e < -1) {
    shift(m, 0, -1 - e);
    rH = wH;
    rL = wL;
    fH = m;
    fL = 0;
    fE = e;
    return;
  }
  let high: u64 = 0;
  let rest = m;
  for (let i = e + 2; i > 0; i--) {
    high = (high << 1) | (rest >> 63);
    rest <<= 1;
    quadrant <<= 1;
    if (high > HALF_PI_HIGH || (high == HALF_PI_HIGH && rest >= HALF_PI_LOW)) {
      high -= HALF_PI_HIGH + u64(rest < HALF_PI_LOW);
      rest -= HALF_PI_LOW;
      quadrant++;
    }
  }
  const otherLow = HALF_PI_LOW - rest;
  const otherHigh = HALF_PI_HIGH - high - u64(HALF_PI_LOW < rest);
  if (high > otherHigh || (high == otherHigh && rest > otherLow)) {
    high = otherHigh;
    rest = otherLow;
    quadrant++;
    rSign = SIGN;
  }
  rH = (high << 63) | (rest >> 1);
  rL = rest << 63;
  toFloat(rH, rL, -1);
  fH = wH;
  fL = wL;
  fE = wE;
}

/** sin |r| as a float: r·(1 − (r²/3! − r⁴/5! + …)). */
function sineKernel(): void {
  mulHigh(rH, rL, rH, rL);
  series(SINE, 12, wH, wL, true);
  oneMinus();
  mulFloat(wH, wL, wE, fH, fL, fE);
}

/** cos r as a float: 1 − (r²/2! − r⁴/4! + …). */
function cosineKernel(): void {
  mulHigh(rH, rL, rH, rL);
  series(COSINE, 13, wH, wL, true);
  oneMinus();
}

/** Sine of the reduced argument plus `turn` quarter turns. */
export function sineOf(sign: u32, turn: u32): void {
  const q = quadrant + turn;
  const half: u32 = q & 2 ? SIGN : 0;
  if (q & 1) {
    cosineKernel();
    result(sign ^ half);
  } else {
    sineKernel();
    result(sign ^ rSign ^ half);
  }
}

/** tan = sin / cos, or −cos / sin in odd quadrants. */
export function tangentOf(sign: u32): void {
  if (fE < -60 && !(quadrant & 1)) {
    // tan r is r and a little more
    setWide(fH, fL, fE);
    return result(sign ^ rSign);
  }
  sineKernel();
  const h = wH;
  const l = wL;
  const e = wE;
  cosineKernel();
  if (quadrant & 1) {
    divFloat(wH, wL, wE, h, l, e);
    result(sign ^ rSign ^ SIGN);
  } else {
    divFloat(h, l, e, wH, wL, wE);
    result(sign ^ rSign);
  }
}

// 2^x − 1 ----------------------------------------------------------------------------------------------------------

export function exp2m1Of(se: u32, m: u64): void {
  if (nan1(se, m)) return;
  const sign = se & SIGN;
  if (isInf(se, m)) return sign ? setZ(SIGN | BIAS, TOP_BIT) : setZ(se, m);
  if (!m) return setZ(se, m);
  m = normalized(se, m);
  const e = exponent() - BIAS;
  if (e >= 0) {
    // 1 counts as a little less. Outside [−1, 1] the operand comes back.
    if (se == <u32>BIAS && m == TOP_BIT) {
      setWide(u64.MAX_VALUE, u64.MAX_VALUE, -1);
      return result(0);
    }
    raise(PE);
    return sign && !e && m == TOP_BIT ? setZ(SIGN | (BIAS - 1), TOP_BIT) : setZ(se, m);
  }
  // x = ±(i/32 + f), |f| ≤ 1/64; g = |f|·ln 2
  const i = e < -6 ? 0 : <i32>(((m >> (57 - e)) + 1) >> 1);
  let fSign = sign;
  let h = m;
  let l: u64 = 0;
  let fe = e;
  if (i) {
    shift(m, 0, -1 - e);
    const whole = <u64>i << 59;
    if (i == 32 || wH < whole) {
      subFrom(whole, 0);
      fSign ^= SIGN;
    } else {
      wH -= whole;
    }
    if (!(wH | wL)) return exactStep(sign, i);
    toFloat(wH, wL, -1);
    h = wH;
    l = wL;
    fe = wE;
  }
  mulFloat(h, l, fe, load<u64>(FACTORS, 16), load<u64>(FACTORS, 24), -1);
  const gH = wH;
  const gL = wL;
  const gE = wE;
  // e^±g − 1 = ±g·(1 ± g/2! + g²/3! ± …)
  fix();
  series(EXP, 12, wH, wL, fSign != 0);
  if (fSign) oneMinus();
  else onePlus();
  mulFloat(wH, wL, wE, gH, gL, gE);
  if (!i) return result(sign);
  // T·(1 + E) − 1 with T = 2^(±i/32): Q1.127 · Q1.127 = Q2.126
  shift(wH, wL, -wE);
  if (fSign) subFrom(TOP_BIT, 0);
  else addTo(TOP_BIT, 0);
  timesPower(sign, i);
  lessOne(sign);
}

/** (wH, wL) in Q1.127 times 2^(±i/32): Q2.126. */
function timesPower(sign: u32, i: i32): void {
  const t = EXP2 + (((sign ? 32 - i : i) & 31) << 4);
  mulHigh(wH, wL, load<u64>(t), load<u64>(t, 8));
  if (sign) shift(wH, wL, 1);
  else if (i == 32) setWide((wH << 1) | (wL >> 63), wL << 1, 0);
}

/** f = 0: 2^(±i/32) − 1. */
function exactStep(sign: u32, i: i32): void {
  setWide(TOP_BIT, 0, 0);
  timesPower(sign, i);
  lessOne(sign);
}

/** (wH, wL) in Q2.126 minus one, as the result. */
function lessOne(sign: u32): void {
  const one: u64 = 1 << 62;
  if (sign) subFrom(one, 0);
  else wH -= one;
  toFloat(wH, wL, 1);
  result(sign);
}

// Logarithms -------------------------------------------------------------------------------------------------------

/** Sign of the logarithm in (wH, wL, wE). */
let logSign: u32 = 0;

/** 2·log2(e)·atanh(s) for the float s ≤ 1/181: s·(1 + s²/3 + s⁴/5 + …)·2·log2(e). */
function atanhKernel(): void {
  const h = wH;
  const l = wL;
  const e = wE;
  fix();
  mulHigh(wH, wL, wH, wL);
  series(ODD, 8, wH, wL, false);
  onePlus();
  mulFloat(wH, wL, wE, h, l, e);
  mulFloat(wH, wL, wE, load<u64>(FACTORS), load<u64>(FACTORS, 8), 1);
}

/**
 * log2 of 2^k · m, m = (mH, mL) in Q1.127 between √½ and √2, not 1 with k = 0: k + log2(c) + 2·log2(e)·atanh(s) where
 * c = j/64 is next to m and s = (m − c)/(m + c).
 */
function logKernel(k: i32, mH: u64, mL: u64): void {
  const j = <i32>((mH + (1 << 56)) >> 57);
  const cH = <u64>j << 57;
  const below = mH < cH;
  wH = mH;
  wL = mL;
  if (below) subFrom(cH, 0);
  else wH -= cH;
  let sign: u32 = below ? SIGN : 0;
  const zero = !(wH | wL);
  if (!zero) {
    toFloat(wH, wL, 0);
    const nH = wH;
    const nL = wL;
    const nE = wE;
    shift(mH, mL, 1);
    wH += cH >> 1;
    toFloat(wH, wL, 1);
    divFloat(nH, nL, nE, wH, wL, wE);
    atanhKernel();
  }
  if (!k && j == 64) {
    logSign = sign;
    return;
  }
  // Fraction: ±log2(c) ± the rest, Q0.128
  if (zero) setWide(0, 0, 0);
  else fix();
  if (j != 64) {
    const at = LOG2 + ((j - 45) << 4);
    const cSign: u32 = j < 64 ? SIGN : 0;
    const tH = load<u64>(at);
    const tL = load<u64>(at, 8);
    if (cSign == sign) addTo(tH, tL);
    else subFrom(tH, tL);
    sign = cSign;
  }
  if (!k) {
    toFloat(wH, wL, -1);
    logSign = sign;
    return;
  }
  // |k| ± fraction with 16 integer bits
  const kSign: u32 = k < 0 ? SIGN : 0;
  const whole = <u64>abs(k) << 48;
  shift(wH, wL, 16);
  if (kSign == sign) wH += whole;
  else subFrom(whole, 0);
  toFloat(wH, wL, 15);
  logSign = kSign;
}

/** log2 of the positive normal number m·2^e. */
function logOf(m: u64, e: i32): void {
  if (m > 0xb504f333f9de6484) logKernel(e + 1, m >> 1, m << 63);
  else logKernel(e, m, 0);
}

/** y · (the logarithm). */
function timesY(ySE: u32, yM: u64, exact: bool): void {
  const y = normalized(ySE, yM);
  const yE = exponent() - BIAS;
  mulFloat(wH, wL, wE, y, 0, yE);
  const sign = (ySE & SIGN) ^ logSign;
  if (!exact) return result(sign);
  // A power of two has an exact logarithm; the hardware raises PE all the same, and UE with a denormal.
  pack(sign, wE + BIAS, wH, wL, UNIT_64);
  raise(PE | (zSE & EXP_MAX ? 0 : UE));
}

/** ST1 · log2(ST0). */
export function log2Of(xSE: u32, xM: u64, ySE: u32, yM: u64): void {
  if (nan2(xSE, xM, ySE, yM)) return;
  const ySign = ySE & SIGN;
  const yInf = isInf(ySE, yM);
  if (!xM) {
    if (!yM) return invalid();
    if (!yInf) raise(ZE);
    return setZ((ySign ^ SIGN) | EXP_MAX, TOP_BIT);
  }
  if (xSE & SIGN) return invalid();
  if (isInf(xSE, xM)) {
    if (!yM) return invalid();
    denormal1(ySE, yM);
    return setZ(ySign | EXP_MAX, TOP_BIT);
  }
  const one = xSE == <u32>BIAS && xM == TOP_BIT;
  if (one && yInf) return invalid();
  denormal2(xSE, xM, ySE, yM);
  const below: u32 = (xSE & EXP_MAX) < <u32>BIAS ? SIGN : 0;
  if (yInf) return setZ((ySign ^ below) | EXP_MAX, TOP_BIT);
  if (!yM || one) return setZ(ySign ^ below, 0);
  const m = normalized(xSE, xM);
  logOf(m, exponent() - BIAS);
  timesY(ySE, yM, m == TOP_BIT);
}

/** ST1 · log2(ST0 + 1). */
export function log2p1Of(xSE: u32, xM: u64, ySE: u32, yM: u64): void {
  if (nan2(xSE, xM, ySE, yM)) return;
  const xSign = xSE & SIGN;
  const sign = xSign ^ (ySE & SIGN);
  const xInf = isInf(xSE, xM);
  if (xInf && (xSign || !yM)) return invalid();
  const yInf = isInf(ySE, yM);
  if (yInf && !xM) return invalid();
  denormal2(xSE, xM, ySE, yM);
  if (xInf || yInf) return setZ(sign | EXP_MAX, TOP_BIT);
  if (!xM || !yM) return setZ(sign, 0);
  const m = normalized(xSE, xM);
  const e = exponent() - BIAS;
  if (xSign && e >= 0) {
    // Not above −1: the operand comes back.
    raise(PE);
    return setZ(xSE, xM);
  }
  logSign = xSign;
  if (e < -8) {
    // s = x / (2 + x)
    shift(m, 0, 1 - e);
    if (xSign) subFrom(TOP_BIT, 0);
    else addTo(TOP_BIT, 0);
    toFloat(wH, wL, 1);
    divFloat(m, 0, e, wH, wL, wE);
    atanhKernel();
    return timesY(ySE, yM, false);
  }
  onePlusX(xSign, m, e);
  const exact = wH == TOP_BIT && !wL;
  if (wH > 0xb504f333f9de6484) {
    const k = wE + 1;
    shift(wH, wL, 1);
    logKernel(k, wH, wL);
  } else {
    logKernel(wE, wH, wL);
  }
  timesY(ySE, yM, exact);
}

/** 1 + x as a float, x = ±m·2^e with e ≥ −8: exact up to e = 64. */
function onePlusX(sign: u32, m: u64, e: i32): void {
  if (e < 0) {
    // Q1.127
    shift(m, 0, -e);
    if (sign) subFrom(TOP_BIT, 0);
    else addTo(TOP_BIT, 0);
    return toFloat(wH, wL, 0);
  }
  // bit 127 weighs 2^e; the sum may carry
  shift(TOP_BIT, 0, e);
  addTo(m, 0);
  if (wH < m) {
    shift(wH, wL, 1);
    return setWide(wH | TOP_BIT, wL, e + 1);
  }
  setWide(wH, wL, e);
}

// Arc tangent ------------------------------------------------------------------------------------------------------

/** atan(ST1 / ST0) in the right quadrant. */
export function atan2Of(xSE: u32, xM: u64, ySE: u32, yM: u64): void {
  if (nan2(xSE, xM, ySE, yM)) return;
  const xSign = xSE & SIGN;
  const ySign = ySE & SIGN;
  const xInf = isInf(xSE, xM);
  const yInf = isInf(ySE, yM);
  denormal2(xSE, xM, ySE, yM);
  if (!yM || (xInf && !yInf)) {
    if (!xSign) return setZ(ySign, 0);
    setPi(8);
    return result(ySign);
  }
  if (!xM || (yInf && !xInf)) {
    setPi(4);
    return result(ySign);
  }
  if (xInf) {
    setPi(xSign ? 6 : 2);
    return result(ySign);
  }
  const x = normalized(xSE, xM);
  const xE = exponent();
  const y = normalized(ySE, yM);
  const yE = exponent();
  const swap = yE > xE || (yE == xE && y > x);
  if (swap) atanKernel(x, xE, y, yE, true, xSign != 0);
  else atanKernel(y, yE, x, xE, false, xSign != 0);
  result(ySign);
}

/** n·π/8 for n = 2, 4, 6, 8, as a float. */
function setPi(n: u32): void {
  const half = n == 4 || n == 2 ? PI : PI + 16;
  setWide(load<u64>(half), load<u64>(half, 8), 0);
  if (n == 2) shift(wH, wL, 1);
  if (n == 6) {
    shift(wH, wL, 2);
    subFrom(load<u64>(PI + 16), load<u64>(PI + 24));
  }
  toFloat(wH, wL, 1);
}

/**
 * atan(a / b), 0 < a ≤ b, taken from π/2 when `swap`, and that from π when `mirror`: with c = i/32 next to a/b,
 * atan(c) + atan(u), u = (32a − ib) / (32b + ia).
 */
function atanKernel(a: u64, aE: i32, b: u64, bE: i32, swap: bool, mirror: bool): void {
  const distance = bE - aE;
  const i = distance > 7 ? 0 : <i32>Math.round(((<f64>a / <f64>b) * 32.0) / <f64>(1 << distance));
  let negative = false;
  if (!i) {
    divFloat(a, 0, aE, b, 0, bE);
  } else {
    // In units of a's last bit, a < 2^64, b < 2^72: 77 bits at most.
    const bH = distance ? b >> (64 - distance) : 0;
    const bL = b << distance;
    times32(a, 0);
    const pH = wH;
    const pL = wL;
    timesSmall(bH, bL, i);
    negative = wH > pH || (wH == pH && wL > pL);
    if (negative) {
      wL -= pL;
      wH -= pH + u64(wL > u64.MAX_VALUE - pL);
    } else {
      subFrom(pH, pL);
    }
    if (!(wH | wL)) return around(i, swap, mirror, false);
    toFloat(wH, wL, 127);
    const nH = wH;
    const nL = wL;
    const nE = wE;
    times32(bL, bH);
    const qH = wH;
    const qL = wL;
    timesSmall(0, a, i);
    addTo(qH, qL);
    toFloat(wH, wL, 127);
    divFloat(nH, nL, nE, wH, wL, wE);
  }
  const h = wH;
  const l = wL;
  const e = wE;
  // atan u = u·(1 − (u²/3 − u⁴/5 + …))
  fix();
  mulHigh(wH, wL, wH, wL);
  series(ODD, 9, wH, wL, true);
  oneMinus();
  mulFloat(wH, wL, wE, h, l, e);
  if (!i && !swap && !mirror) return;
  shift(wH, wL, 1 - wE);
  around(i, swap, mirror, negative);
}

/** (high, low) · 32. */
@inline
function times32(l: u64, h: u64): void {
  setWide((h << 5) | (l >> 59), l << 5, 0);
}

/** (h, l) · n for small numbers. */
@inline
function timesSmall(h: u64, l: u64, n: u64): void {
  const low = (l & 0xffffffff) * n;
  const mid = (l >> 32) * n + (low >> 32);
  setWide(h * n + (mid >> 32), (mid << 32) | (low & 0xffffffff), 0);
}

/** atan(i/32) ± (wH, wL), Q2.126, then π/2 minus it, then π minus it; as a float. */
function around(i: i32, swap: bool, mirror: bool, negative: bool): void {
  const at = ARCTANGENT + (i << 4);
  if (negative) subFrom(load<u64>(at), load<u64>(at, 8));
  else addTo(load<u64>(at), load<u64>(at, 8));
  if (swap) subFrom(load<u64>(PI), load<u64>(PI, 8));
  if (mirror) subFrom(load<u64>(PI, 16), load<u64>(PI, 24));
  toFloat(wH, wL, 1);
}
