// Fused multiply-add from unfused operations, for ordinary numbers: the sum is kept as an unevaluated sum of floating-point
// numbers, all but the last addition are made exact, and the part that does not matter for the value but for its rounding is
// rounded to odd, so that rounding twice is harmless (Boldo and Melquiond, "Emulation of FMA and correctly rounded sums: proved
// algorithms using rounding to odd", IEEE Trans. Comput. 57 (2008)). A NaN says that the operands are not ordinary enough.
import { usual } from './arith';

/** Bounds inside which no intermediate result over- or underflows. */
const SMALL: f64 = 1e-250;
const LARGE: f64 = 1e250;

/** x + y rounded to odd: the exact sum, or the neighbour of it whose last bit is 1. */
@inline
function addToOdd(x: f64, y: f64): f64 {
  const sum = x + y;
  const rest = sum - x;
  const error = x - (sum - rest) + (y - rest);
  const bits = reinterpret<i64>(sum);
  if (error == 0 || bits & 1) return sum;
  return reinterpret<f64>(bits + ((error > 0) == (sum > 0) ? 1 : -1));
}

/** Rounding error of x + y = sum. */
@inline
function sumError(x: f64, y: f64, sum: f64): f64 {
  const rest = sum - x;
  return x - (sum - rest) + (y - rest);
}

/** Upper 26 bits of x (Veltkamp). */
@inline
function upper(x: f64): f64 {
  const scaled = x * 134217729;
  return scaled - (scaled - x);
}

@inline
function within(x: f64): bool {
  return abs<f64>(x) > SMALL && abs<f64>(x) < LARGE;
}

/** a × b + c in double precision, or NaN. */
export function fastFmaDouble(a: f64, b: f64, c: f64): f64 {
  const product = a * b;
  if (!within(a) || !within(b) || !within(c) || !within(product)) return NaN;
  const a1 = upper(a);
  const b1 = upper(b);
  const a0 = a - a1;
  const b0 = b - b1;
  const low = a1 * b1 - product + a1 * b0 + a0 * b1 + a0 * b0;
  const inner = c + low;
  const outer = product + inner;
  const r = outer + addToOdd(sumError(c, low, inner), sumError(product, inner, outer));
  return within(r) ? r : NaN;
}

/** a × b + c in single precision, or NaN: the product is exact in double precision. */
export function fastFmaSingle(a: f32, b: f32, c: f32): f32 {
  if (!usual<f32>(a) || !usual<f32>(b) || !usual<f32>(c)) return NaN;
  const r = <f32>addToOdd(<f64>a * <f64>b, <f64>c);
  return abs<f32>(r) > 1.1754943508222875e-38 && abs<f32>(r) < Infinity ? r : NaN;
}
