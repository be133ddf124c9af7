// fprem, fprem1, fscale, fxtract.

import { finish, deliver, isEmpty, push, refused, regM, regSE, setReg, setTag, st, underflow, addTop, underflowRaised } from './registers';
import { FSW } from '../shared/layout';
import {
  BIAS,
  C0,
  C1,
  C2,
  C3,
  EXP_MAX,
  IE,
  NAN_M,
  NAN_SE,
  OE,
  PE,
  SF,
  SIGN,
  TOP_BIT,
  UE,
  UNIT_64,
  ZE,
  cw,
  denormal1,
  denormal2,
  divWide,
  exponent,
  fromInt,
  invalid,
  isInf,
  isZero,
  low,
  nan1,
  nan2,
  normalized,
  pack,
  raise,
  remainder,
  roundsUp,
  setZ,
  shiftRightSticky,
  zM,
  zSE,
} from './soft';

/** Condition codes of the last partial remainder: quotient bits 2, 1, 0 in C0, C3, C1, or C2 when it is not done. */
let codes: u32 = 0;
/** There is no quotient (NaN, invalid, refused): only C2 is cleared. */
const NO_CODES: u32 = 0xffff;

/** fprem (nearest = false: quotient truncated) and fprem1 (quotient to nearest even). */
export function partialRemainder(ctx: usize, nearest: bool): void {
  const a = st(ctx, 0);
  const b = st(ctx, 1 << 4);
  codes = NO_CODES;
  if (isEmpty(ctx, a) || isEmpty(ctx, b)) {
    underflow(ctx, a);
  } else {
    remainderOf(regSE(a), regM(a), regSE(b), regM(b), nearest);
    deliver(ctx, a);
  }
  const fsw: u32 = load<u16>(ctx, FSW);
  if (codes == NO_CODES || refused()) store<u16>(ctx, fsw & ~C2, FSW);
  else store<u16>(ctx, (fsw & ~0x4700) | codes, FSW);
}

function remainderOf(aSE: u32, aM: u64, bSE: u32, bM: u64, nearest: bool): void {
  if (nan2(aSE, aM, bSE, bM)) return;
  if (isInf(aSE, aM) || isZero(bSE, bM)) return invalid();
  denormal2(aSE, aM, bSE, bM);
  codes = 0;
  if (!aM) return setZ(aSE, aM);
  const sign = aSE & SIGN;
  let r = normalized(aSE, aM);
  const aE = exponent();
  if (isInf(bSE, bM)) return pack(sign, aE, r, 0, UNIT_64);
  const d = normalized(bSE, bM);
  const bE = exponent();
  const distance = aE - bE;
  const least = nearest ? -1 : 0;
  if (distance < least) return pack(sign, aE, r, 0, UNIT_64);
  let q: u64 = 0;
  if (distance >= 64) {
    // Not done in one go: reduce by N bits, N between 32 and 63 (SDM Vol. 2 fprem).
    const n: u32 = 32 + (distance & 31);
    if (r >= d) r -= d;
    divWide(r >> (64 - n), r << n, d);
    codes = C2;
    return rest(sign, aE - <i32>n, remainder);
  }
  if (distance < 0) {
    return nearestSmall(sign, aE, r, d);
  }
  if (r >= d) {
    r -= d;
    q = 1;
  }
  if (distance) {
    const more = divWide(r >> (64 - distance), r << distance, d);
    r = remainder;
    q = (q << distance) | more;
  }
  let flip: u32 = 0;
  if (nearest) {
    const other = d - r;
    if (r > other || (r == other && q & 1)) {
      r = other;
      q++;
      flip = SIGN;
    }
  }
  codes = (q & 4 ? C0 : 0) | (q & 2 ? C3 : 0) | (q & 1 ? C1 : 0);
  rest(r ? sign ^ flip : sign, bE, r);
}

/** fprem1 with exponent(a) = exponent(b) − 1: a > b/2 leaves a − b, else a. */
function nearestSmall(sign: u32, aE: i32, r: u64, d: u64): void {
  if (r <= d) return pack(sign, aE, r, 0, UNIT_64);
  codes = C1;
  // b − a in units of a's last bit: 2d − r < d
  rest(sign ^ SIGN, aE, d - (r - d));
}

function rest(sign: u32, e: i32, r: u64): void {
  if (!r) return setZ(sign, 0);
  const n = clz(r);
  pack(sign, e - <i32>n, r << n, 0, UNIT_64);
}

/** fscale: ST0 · 2^trunc(ST1). */
export function scale(ctx: usize): void {
  const a = st(ctx, 0);
  const b = st(ctx, 1 << 4);
  if (isEmpty(ctx, a) || isEmpty(ctx, b)) return underflow(ctx, a);
  scaled(regSE(a), regM(a), regSE(b), regM(b));
  deliver(ctx, a);
}

function scaled(aSE: u32, aM: u64, bSE: u32, bM: u64): void {
  if (nan2(aSE, aM, bSE, bM)) return;
  const sign = aSE & SIGN;
  if (isInf(bSE, bM)) {
    if (bSE & SIGN) {
      if (isInf(aSE, aM)) return invalid();
      denormal1(aSE, aM);
      return setZ(sign, 0);
    }
    if (isZero(aSE, aM)) return invalid();
    denormal1(aSE, aM);
    return setZ(sign | EXP_MAX, TOP_BIT);
  }
  denormal2(aSE, aM, bSE, bM);
  if (isInf(aSE, aM) || !aM) return setZ(aSE, aM);
  const m = normalized(aSE, aM);
  const e = exponent();
  const bE = <i32>(bSE & EXP_MAX) - BIAS;
  let n: i32 = bE < 0 ? 0 : bE > 16 ? 0x1ffff : <i32>(bM >> (63 - bE));
  if (bSE & SIGN) n = -n;
  pack(sign, e + n, m, 0, UNIT_64);
}

/** fxtract: ST0 becomes its exponent, the significand is pushed. */
export function extract(ctx: usize): void {
  const a = st(ctx, 0);
  const above = st(ctx, 7 << 4);
  const se = regSE(a);
  const m = regM(a);
  if (isEmpty(ctx, a) || !isEmpty(ctx, above)) {
    const c1: u32 = isEmpty(ctx, a) ? 0 : C1;
    if (underflowRaised()) {
      setReg(a, NAN_SE, NAN_M);
      setTag(ctx, a);
      setReg(above, NAN_SE, NAN_M);
      setTag(ctx, above);
      addTop(ctx, 7);
    }
    raise(c1);
    return finish(ctx);
  }
  let sigSE = se;
  let sigM = m;
  if (nan1(se, m)) {
    sigSE = zSE;
    sigM = zM;
  } else if (isInf(se, m)) {
    setZ(EXP_MAX, TOP_BIT);
  } else if (!m) {
    raise(ZE);
    setZ(SIGN | EXP_MAX, TOP_BIT);
  } else {
    sigM = normalized(se, m);
    sigSE = (se & SIGN) | BIAS;
    fromInt(exponent() - BIAS);
  }
  if (!refused()) {
    setReg(a, zSE, zM);
    setReg(above, sigSE, sigM);
    setTag(ctx, above);
    addTop(ctx, 7);
  }
  finish(ctx);
}
