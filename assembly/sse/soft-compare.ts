// Minimum, maximum and comparison of bit patterns (softfloat.ts).
import { IE, raise } from './env';
import {
  signBit, magnitude, isNaN, isSignalling, quiet, operand, raiseDenormal, invalid,
} from './softfloat';

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
