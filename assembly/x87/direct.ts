// What translated code calls for single x87 operations (src/jit/lower/x87.ts). It sees to the stack, to tags, status word
// and pointers itself, and has made sure that all exceptions are masked: so each function only computes. Registers are
// addresses as st() gives them; the return value is what goes into FSW, exceptions and C1, for comparisons the condition
// codes as well. Normal numbers under the default control word take the short way; everything else is soft.ts's.

import { FCW, X87_RESULT } from '../shared/layout';
import { ADD, DIV, MUL, SUB, SUBR, compute, unit } from './arith';
import { roundToIntegral, toDouble, toInt, toIntTruncated, toSingle } from './convert';
import { regM, regSE, setReg } from './registers';
import {
  BIAS, EXP_MAX, SIGN, TOP_BIT, begin, compare, denormal1, divDigits, exc, fromDouble, fromInt, fromSingle,
  memoryDenormal, nan1, remainder, sqrt, zM, zSE,
} from './soft';

/** PE and C1 in FSW. */
const PE_BIT: u32 = 5;
const C1_BIT: u32 = 9;

/** Nearest even, 64 bits of precision. */
@inline
function isDefault(ctx: usize): bool {
  return (load<u16>(ctx, FCW) & 0xf00) == 0x300;
}

/** Exponents whose result can neither overflow nor be denormal, also when rounding carries or the significand is shifted by 1. */
@inline
function isPlain(exp: i32): bool {
  return <u32>(exp - 2) < 0x7ffc;
}

/** Are both normal numbers, and is the control word the usual one? */
@inline
function isOrdinary(ctx: usize, aSE: u32, aM: u64, bSE: u32, bM: u64): bool {
  if ((aSE & EXP_MAX) - 1 >= EXP_MAX - 1 || (bSE & EXP_MAX) - 1 >= EXP_MAX - 1) return false;
  return <i64>(aM & bM) < 0 && isDefault(ctx);
}

/** Rounds hi.lo to the nearest and stores it. Without branches that depend on the digits: nobody can predict them. */
@inline
function put(to: usize, sign: u32, exp: i32, hi: u64, lo: u64): u32 {
  const rounds = u64(lo > TOP_BIT - (hi & 1));
  hi += rounds;
  if (!hi) {
    hi = TOP_BIT;
    exp++;
  }
  setReg(to, sign | exp, hi);
  return (u32(lo != 0) << PE_BIT) | (<u32>rounds << C1_BIT);
}

/** The general case: to ← a ∘ b. */
function general(ctx: usize, to: usize, kind: u32, aSE: u32, aM: u64, bSE: u32, bM: u64): u32 {
  begin(load<u16>(ctx, FCW));
  compute(kind, aSE, aM, bSE, bM);
  setReg(to, zSE, zM);
  return exc;
}

/** a + b (`negate` = 0), a − b (SIGN). */
@inline
function sum(ctx: usize, to: usize, negate: u32, xSE: u32, xM: u64, ySE: u32, yM: u64): u32 {
  const kind = negate ? SUB : ADD;
  if (!isOrdinary(ctx, xSE, xM, ySE, yM)) return general(ctx, to, kind, xSE, xM, ySE, yM);
  const xE: i32 = xSE & EXP_MAX;
  const yE: i32 = ySE & EXP_MAX;
  const swap = u32(xE < yE) | (u32(xE == yE) & u32(xM < yM));
  const sign = select(ySE ^ negate, xSE, swap) & SIGN;
  const aM = select(yM, xM, swap);
  let bM = select(xM, yM, swap);
  let exp = max(xE, yE);
  const n: u64 = exp - min(xE, yE);
  let lo: u64;
  if (n < 64) {
    lo = (bM << 1) << (63 - n);
    bM >>= n;
  } else {
    // Bits of it still count when a leading one is cancelled.
    lo = n < 128 ? (bM >> (n - 64)) | u64((bM << 1) << (127 - n) != 0) : 1;
    bM = 0;
  }
  let hi: u64;
  if (!((xSE ^ ySE ^ negate) & SIGN)) {
    hi = aM + bM;
    const carry = u64(hi < aM);
    lo = (lo >> carry) | (lo & carry) | ((hi & carry) << 63);
    hi = (hi >> carry) | (carry << 63);
    exp += <i32>carry;
  } else {
    hi = aM - bM - u64(lo != 0);
    lo = 0 - lo;
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
    hi = (hi << left) | ((lo >> 1) >> (63 - left));
    lo <<= left;
    exp -= <i32>left;
  }
  if (!isPlain(exp)) return general(ctx, to, kind, xSE, xM, ySE, yM);
  return put(to, sign, exp, hi, lo);
}

/** a × b. */
@inline
function product(ctx: usize, to: usize, aSE: u32, aM: u64, bSE: u32, bM: u64): u32 {
  let exp: i32 = (aSE & EXP_MAX) + (bSE & EXP_MAX) - BIAS + 1;
  if (!isPlain(exp) || !isOrdinary(ctx, aSE, aM, bSE, bM))
    return general(ctx, to, MUL, aSE, aM, bSE, bM);
  const a0 = aM & 0xffffffff, a1 = aM >> 32, b0 = bM & 0xffffffff, b1 = bM >> 32;
  const p = a0 * b0;
  const mid = a1 * b0 + (p >> 32);
  const mid2 = a0 * b1 + (mid & 0xffffffff);
  const lo = (mid2 << 32) | (p & 0xffffffff);
  const hi = a1 * b1 + (mid >> 32) + (mid2 >> 32);
  const left = (hi >> 63) ^ 1;
  exp -= <i32>left;
  return put(to, (aSE ^ bSE) & SIGN, exp, (hi << left) | ((lo & (0 - left)) >> 63), lo << left);
}

/** a / b. */
@inline
function quotient(ctx: usize, to: usize, aSE: u32, aM: u64, bSE: u32, bM: u64): u32 {
  let exp: i32 = (aSE & EXP_MAX) - (bSE & EXP_MAX) + BIAS;
  if (!isPlain(exp) || !isOrdinary(ctx, aSE, aM, bSE, bM))
    return general(ctx, to, DIV, aSE, aM, bSE, bM);
  const whole = u64(aM >= bM);
  const q = divDigits(aM >> whole, (aM & whole) << 63, bM);
  exp -= 1 - <i32>whole;
  // What is below the last bit, as far as rounding needs it: the remainder, twice of it compared with the divisor.
  const rest = remainder;
  const other = bM - rest;
  const half = u64(rest >= other) << 63;
  return put(to, (aSE ^ bSE) & SIGN, exp, q, half | (u64(rest != 0) & u64(rest != other)));
}

function addValues(ctx: usize, to: usize, aSE: u32, aM: u64, bSE: u32, bM: u64): u32 {
  return sum(ctx, to, 0, aSE, aM, bSE, bM);
}

function subtractValues(ctx: usize, to: usize, aSE: u32, aM: u64, bSE: u32, bM: u64): u32 {
  return sum(ctx, to, SIGN, aSE, aM, bSE, bM);
}

function multiplyValues(ctx: usize, to: usize, aSE: u32, aM: u64, bSE: u32, bM: u64): u32 {
  return product(ctx, to, aSE, aM, bSE, bM);
}

function divideValues(ctx: usize, to: usize, aSE: u32, aM: u64, bSE: u32, bM: u64): u32 {
  return quotient(ctx, to, aSE, aM, bSE, bM);
}

/** to ← a + b. */
export function x87Add(ctx: usize, to: usize, a: usize, b: usize): u32 {
  return sum(ctx, to, 0, regSE(a), regM(a), regSE(b), regM(b));
}

/** to ← a − b. */
export function x87Sub(ctx: usize, to: usize, a: usize, b: usize): u32 {
  return sum(ctx, to, SIGN, regSE(a), regM(a), regSE(b), regM(b));
}

/** to ← a × b. */
export function x87Mul(ctx: usize, to: usize, a: usize, b: usize): u32 {
  return product(ctx, to, regSE(a), regM(a), regSE(b), regM(b));
}

/** to ← a / b. */
export function x87Div(ctx: usize, to: usize, a: usize, b: usize): u32 {
  return quotient(ctx, to, regSE(a), regM(a), regSE(b), regM(b));
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

/** to ← to ∘ (zSE, zM), converted after begin() (kind as in arith.ts). */
@inline
function converted(ctx: usize, to: usize, kind: u32): u32 {
  const se = regSE(to);
  const m = regM(to);
  if (memoryDenormal) {
    compute(kind, se, m, zSE, zM);
    setReg(to, zSE, zM);
    return exc;
  }
  switch (kind) {
    case ADD: return addValues(ctx, to, se, m, zSE, zM);
    case MUL: return multiplyValues(ctx, to, se, m, zSE, zM);
    case SUB: return subtractValues(ctx, to, se, m, zSE, zM);
    case SUBR: return subtractValues(ctx, to, zSE, zM, se, m);
    case DIV: return divideValues(ctx, to, se, m, zSE, zM);
    default: return divideValues(ctx, to, zSE, zM, se, m);
  }
}

/** to ← to ∘ single. */
export function x87ArithSingle(ctx: usize, to: usize, kind: u32, bits: u32): u32 {
  begin(load<u16>(ctx, FCW));
  fromSingle(bits);
  return converted(ctx, to, kind);
}

export function x87ArithDouble(ctx: usize, to: usize, kind: u32, bits: u64): u32 {
  begin(load<u16>(ctx, FCW));
  fromDouble(bits);
  return converted(ctx, to, kind);
}

export function x87ArithInt(ctx: usize, to: usize, kind: u32, value: i64): u32 {
  begin(load<u16>(ctx, FCW));
  fromInt(value);
  return converted(ctx, to, kind);
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
  const sign = <u32>(value >> 63) & SIGN;
  const magnitude = value < 0 ? 0 - <u64>value : <u64>value;
  const left = clz(magnitude);
  setReg(to, value ? sign | (BIAS + 63 - <u32>left) : 0, magnitude << left);
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
