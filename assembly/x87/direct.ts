// What translated code calls for single x87 operations (src/jit/lower/x87.ts). It sees to the stack, to tags, status word
// and pointers itself, and has made sure that all exceptions are masked: so each function only computes. Registers are
// addresses as st() gives them; the return value is what goes into FSW, exceptions and C1, for comparisons the condition
// codes as well. Normal numbers under the default control word take the short way; everything else is soft.ts's.

import { FCW, X87_RESULT } from '../shared/layout';
import { ADD, DIV, MUL, SUB, compute, unit } from './arith';
import { roundToIntegral, toDouble, toInt, toIntTruncated, toSingle } from './convert';
import { regM, regSE, setReg } from './registers';
import {
  BIAS, C1, EXP_MAX, PE, SIGN, TOP_BIT, begin, compare, denormal1, divWide, exc, fromDouble, fromInt, fromSingle, isNormal,
  nan1, remainder, sqrt, tail, zM, zSE,
} from './soft';

/** Nearest even, 64 bits of precision. */
@inline
function isDefault(ctx: usize): bool {
  return (load<u16>(ctx, FCW) & 0xf00) == 0x300;
}

/** Exponents whose result can neither overflow nor be denormal, also when rounding carries. */
@inline
function isPlain(exp: i32): bool {
  return <u32>(exp - 1) < 0x7ffd;
}

/** Rounds hi.lo to the nearest and stores it. */
@inline
function put(to: usize, sign: u32, exp: i32, hi: u64, lo: u64): u32 {
  if (!lo) {
    setReg(to, sign | exp, hi);
    return 0;
  }
  if (lo < TOP_BIT || (lo == TOP_BIT && !(hi & 1))) {
    setReg(to, sign | exp, hi);
    return PE;
  }
  if (++hi == 0) {
    hi = TOP_BIT;
    exp++;
  }
  setReg(to, sign | exp, hi);
  return PE | C1;
}

/** The general case: to ← (aSE, aM) ∘ (bSE, bM). */
function general(ctx: usize, to: usize, kind: u32, aSE: u32, aM: u64, bSE: u32, bM: u64): u32 {
  begin(load<u16>(ctx, FCW));
  compute(kind, aSE, aM, bSE, bM);
  setReg(to, zSE, zM);
  return exc;
}

/** The same with the second operand in (zSE, zM), converted after begin(). */
function converted(to: usize, kind: u32): u32 {
  compute(kind, regSE(to), regM(to), zSE, zM);
  setReg(to, zSE, zM);
  return exc;
}

/** a + b of normal numbers; `negate` = SIGN: a − b. */
@inline
function sum(ctx: usize, to: usize, kind: u32, negate: u32, a: usize, b: usize): u32 {
  const xSE = regSE(a), xM = regM(a), ySE = regSE(b), yM = regM(b);
  if (!isNormal(xSE, xM) || !isNormal(ySE, yM) || !isDefault(ctx)) return general(ctx, to, kind, xSE, xM, ySE, yM);
  let aSE = xSE, aM = xM, bSE = ySE ^ negate, bM = yM;
  if ((aSE & EXP_MAX) < (bSE & EXP_MAX) || ((aSE & EXP_MAX) == (bSE & EXP_MAX) && aM < bM)) {
    const se = aSE, m = aM;
    aSE = bSE, aM = bM;
    bSE = se, bM = m;
  }
  let exp: i32 = aSE & EXP_MAX;
  const n: u64 = exp - (bSE & EXP_MAX);
  let lo: u64 = 0;
  if (n) {
    if (n < 64) {
      lo = bM << (64 - n);
      bM >>= n;
    } else {
      lo = n == 64 ? bM : 1;
      bM = 0;
    }
  }
  let hi: u64;
  if (!((aSE ^ bSE) & SIGN)) {
    hi = aM + bM;
    if (hi < aM) {
      lo = (lo >> 1) | (lo & 1) | (hi << 63);
      hi = (hi >> 1) | TOP_BIT;
      exp++;
    }
  } else {
    hi = aM - bM - u64(lo != 0);
    lo = 0 - lo;
    if (!(hi >> 63)) {
      if (!hi) {
        if (!lo) {
          setReg(to, 0, 0);
          return 0;
        }
        hi = lo;
        lo = 0;
        exp -= 64;
      }
      const left = clz(hi);
      if (left) {
        hi = (hi << left) | (lo >> (64 - left));
        lo <<= left;
        exp -= <i32>left;
      }
    }
  }
  if (!isPlain(exp)) return general(ctx, to, kind, xSE, xM, ySE, yM);
  return put(to, aSE & SIGN, exp, hi, lo);
}

/** to ← a + b. */
export function x87Add(ctx: usize, to: usize, a: usize, b: usize): u32 {
  return sum(ctx, to, ADD, 0, a, b);
}

/** to ← a − b. */
export function x87Sub(ctx: usize, to: usize, a: usize, b: usize): u32 {
  return sum(ctx, to, SUB, SIGN, a, b);
}

/** to ← a × b. */
export function x87Mul(ctx: usize, to: usize, a: usize, b: usize): u32 {
  const aSE = regSE(a), aM = regM(a), bSE = regSE(b), bM = regM(b);
  let exp: i32 = (aSE & EXP_MAX) + (bSE & EXP_MAX) - BIAS + 1;
  if (!isNormal(aSE, aM) || !isNormal(bSE, bM) || !isPlain(exp - 1) || !isPlain(exp) || !isDefault(ctx))
    return general(ctx, to, MUL, aSE, aM, bSE, bM);
  const a0 = aM & 0xffffffff, a1 = aM >> 32, b0 = bM & 0xffffffff, b1 = bM >> 32;
  const p = a0 * b0;
  const mid = a1 * b0 + (p >> 32);
  const mid2 = a0 * b1 + (mid & 0xffffffff);
  let lo = (mid2 << 32) | (p & 0xffffffff);
  let hi = a1 * b1 + (mid >> 32) + (mid2 >> 32);
  if (!(hi >> 63)) {
    hi = (hi << 1) | (lo >> 63);
    lo <<= 1;
    exp--;
  }
  return put(to, (aSE ^ bSE) & SIGN, exp, hi, lo);
}

/** to ← a / b. */
export function x87Div(ctx: usize, to: usize, a: usize, b: usize): u32 {
  const aSE = regSE(a), aM = regM(a), bSE = regSE(b), bM = regM(b);
  let exp: i32 = (aSE & EXP_MAX) - (bSE & EXP_MAX) + BIAS;
  if (!isNormal(aSE, aM) || !isNormal(bSE, bM) || !isPlain(exp - 1) || !isPlain(exp) || !isDefault(ctx))
    return general(ctx, to, DIV, aSE, aM, bSE, bM);
  let q: u64;
  if (aM < bM) {
    q = divWide(aM, 0, bM);
    exp--;
  } else {
    q = divWide(aM >> 1, aM << 63, bM);
  }
  return put(to, (aSE ^ bSE) & SIGN, exp, q, tail(remainder, bM));
}

/** to ← √a. */
export function x87Sqrt(ctx: usize, to: usize, a: usize): u32 {
  begin(load<u16>(ctx, FCW));
  sqrt(regSE(a), regM(a), unit());
  setReg(to, zSE, zM);
  return exc;
}

/** to ← a rounded to an integer. */
export function x87Round(ctx: usize, to: usize, a: usize): u32 {
  begin(load<u16>(ctx, FCW));
  roundToIntegral(regSE(a), regM(a));
  setReg(to, zSE, zM);
  return exc;
}

// Memory operands: the value is given -----------------------------------------------------------------------------------

/** to ← to ∘ single (kind as in arith.ts). */
export function x87ArithSingle(ctx: usize, to: usize, kind: u32, bits: u32): u32 {
  begin(load<u16>(ctx, FCW));
  fromSingle(bits);
  return converted(to, kind);
}

export function x87ArithDouble(ctx: usize, to: usize, kind: u32, bits: u64): u32 {
  begin(load<u16>(ctx, FCW));
  fromDouble(bits);
  return converted(to, kind);
}

export function x87ArithInt(ctx: usize, to: usize, kind: u32, value: i64): u32 {
  begin(load<u16>(ctx, FCW));
  fromInt(value);
  return converted(to, kind);
}

/** to ← (zSE, zM), as fld m32 and m64 do it. */
@inline
function loaded(to: usize): u32 {
  if (!nan1(zSE, zM)) denormal1(zSE, zM);
  setReg(to, zSE, zM);
  return exc;
}

export function x87FromSingle(ctx: usize, to: usize, bits: u32): u32 {
  begin(load<u16>(ctx, FCW));
  fromSingle(bits);
  return loaded(to);
}

export function x87FromDouble(ctx: usize, to: usize, bits: u64): u32 {
  const exp = <u32>(bits >> 52) & 0x7ff;
  if (exp - 1 < 0x7fe) {
    setReg(to, (<u32>(bits >> 48) & SIGN) | (exp - 1023 + BIAS), TOP_BIT | (bits << 11));
    return 0;
  }
  begin(load<u16>(ctx, FCW));
  fromDouble(bits);
  return loaded(to);
}

export function x87FromInt(to: usize, value: i64): void {
  fromInt(value);
  setReg(to, zSE, zM);
}

/** The single that `a` rounds to, in X87_RESULT. */
export function x87ToSingle(ctx: usize, a: usize): u32 {
  begin(load<u16>(ctx, FCW));
  store<u32>(ctx, toSingle(regSE(a), regM(a)), X87_RESULT);
  return exc;
}

export function x87ToDouble(ctx: usize, a: usize): u32 {
  begin(load<u16>(ctx, FCW));
  store<u64>(ctx, toDouble(regSE(a), regM(a)), X87_RESULT);
  return exc;
}

/** `a` as an integer of `bits` bits, in X87_RESULT; `truncate`: whatever the rounding control says. */
export function x87ToInt(ctx: usize, a: usize, bits: u32, truncate: u32): u32 {
  begin(load<u16>(ctx, FCW));
  store<i64>(ctx, truncate ? toIntTruncated(regSE(a), regM(a), bits) : toInt(regSE(a), regM(a), bits), X87_RESULT);
  return exc;
}

/** a ? b. */
export function x87Compare(ctx: usize, a: usize, b: usize, quiet: u32): u32 {
  begin(load<u16>(ctx, FCW));
  const codes = compare(regSE(a), regM(a), regSE(b), regM(b), quiet != 0);
  return codes | exc;
}
