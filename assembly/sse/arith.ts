// Floating-point arithmetic of SSE. Fast path: when rounding to nearest WebAssembly computes the same value; it is
// taken when it is certain that no exception flag changes, that is, operands and result are ordinary numbers, and the result
// is exact or PE is sticky already. Everything else goes lane by lane through softfloat.ts, which is exact in all modes.
import { EXIT_FAULT } from '../shared/exit';
import { CTX_PRIVATE } from '../shared/layout';
import { PE, begin, end, ordinary, mxcsrOf, step } from './env';
import { dst, src, src16 } from './operand';
import { softAdd, softDiv, softMul, softSqrt, softSub } from './soft-arith';
import { softMinMax } from './soft-compare';
import { F32, F64 } from './softfloat';

export const ADD: u32 = 0;
export const SUB: u32 = 1;
export const MUL: u32 = 2;
export const DIV: u32 = 3;
export const MIN: u32 = 4;
export const MAX: u32 = 5;
export const SQRT: u32 = 6;

/** Vectors of up to 32 bytes for lane loops: operands a, b, c, and the result. */
export const SCRATCH_A: usize = CTX_PRIVATE + 512;
export const SCRATCH_B: usize = CTX_PRIVATE + 544;
export const SCRATCH_C: usize = CTX_PRIVATE + 576;
export const SCRATCH_R: usize = CTX_PRIVATE + 608;

// ---- lanes

@inline
export function precision<T>(): u32 {
  return sizeof<T>() == 8 ? F64 : F32;
}

/** Bit pattern of the lane at `at`. */
@inline
export function bitsAt<T>(at: usize): u64 {
  return sizeof<T>() == 8 ? load<u64>(at) : <u64>load<u32>(at);
}

@inline
export function storeBits<T>(at: usize, bits: u64): void {
  if (sizeof<T>() == 8) store<u64>(at, bits);
  else store<u32>(at, <u32>bits);
}

/** One lane in the environment begun. */
export function softLane(op: u32, a: u64, b: u64, p: u32): u64 {
  switch (op) {
    case ADD: return softAdd(a, b, p);
    case SUB: return softSub(a, b, p);
    case MUL: return softMul(a, b, p);
    case DIV: return softDiv(a, b, p);
    case MIN: return softMinMax(a, b, p, false);
    case MAX: return softMinMax(a, b, p, true);
    default: return softSqrt(b, p);
  }
}

// ---- what makes the fast path certain

@inline
function leastNormal<T>(): T {
  return sizeof<T>() == 8 ? <T>2.2250738585072014e-308 : <T>1.1754943508222875e-38;
}

/** Zero, normal or infinite: neither a NaN nor a denormal. */
@inline
export function usual<T>(x: T): bool {
  return abs<T>(x) >= leastNormal<T>() || x == 0;
}

/** Finite and above the least normal number (which may be a tiny result rounded up). */
@inline
function normal<T>(x: T): bool {
  return abs<T>(x) > leastNormal<T>() && abs<T>(x) < <T>Infinity;
}

/** Bits from the first to the last 1 of a normal number's mantissa. */
@inline
function width(x: f64): u32 {
  const fraction = reinterpret<u64>(x) & 0xfffffffffffff;
  return fraction ? 53 - <u32>ctz(fraction) : 1;
}

/** Is r = a + b exact? (TwoSum: the rounding error is itself a floating-point number.) */
@inline
function sumExact<T>(a: T, b: T, r: T): bool {
  const rest = r - a;
  return <T>(a - <T>(r - rest)) + <T>(b - rest) == 0;
}

/** Is r = a × b exact? May say no for a few 54-bit products that are. */
@inline
function productExact<T>(a: T, b: T, r: T): bool {
  if (sizeof<T>() == 4) return <f64>a * <f64>b == <f64>r;
  return width(<f64>a) + width(<f64>b) <= 53;
}

/** Is r = a / b exact? May say no when it is. */
@inline
function quotientExact<T>(a: T, b: T, r: T): bool {
  return productExact<T>(r, b, a) && <T>(r * b) == a;
}

@inline
function exact<T>(op: u32, a: T, b: T, r: T): bool {
  if (op == ADD) return sumExact<T>(a, b, r);
  if (op == SUB) return sumExact<T>(a, -b, r);
  if (op == MUL) return r == 0 || productExact<T>(a, b, r);
  if (op == DIV) return r == 0 || quotientExact<T>(a, b, r);
  if (op == SQRT) return r == 0 || quotientExact<T>(b, r, r);
  return true;
}

@inline
function compute<T>(op: u32, a: T, b: T): T {
  if (op == ADD) return a + b;
  if (op == SUB) return a - b;
  if (op == MUL) return a * b;
  if (op == DIV) return a / b;
  if (op == MIN) return a < b ? a : b;
  if (op == MAX) return a > b ? a : b;
  return sizeof<T>() == 8 ? <T>sqrt<f64>(<f64>b) : <T>sqrt<f32>(<f32>b);
}

/** Is a zero result the ordinary one (not an underflow, not x / ∞)? */
@inline
function zeroFine<T>(op: u32, a: T, b: T): bool {
  if (op == MUL) return a == 0 || b == 0;
  return op == DIV ? a == 0 : true;
}

/** Does a `op` b = r leave no flag but PE? */
@inline
function flagless<T>(op: u32, a: T, b: T, r: T): bool {
  if (op == SQRT) return usual<T>(b) && (normal<T>(r) || r == 0);
  if (!usual<T>(a) || !usual<T>(b)) return false;
  if (op == MIN || op == MAX) return true;
  return normal<T>(r) || (r == 0 && zeroFine<T>(op, a, b));
}

// ---- scalar: op is a constant at every call

/** addsd, mulss …: the low lane of r0 op= the source's low lane. */
@inline
export function scalarArith<T>(ctx: usize, inst: usize, op: u32): i32 {
  const s = src(ctx, inst, sizeof<T>());
  if (!s) return EXIT_FAULT;
  const d = dst(ctx, inst);
  return scalarAt<T>(ctx, op, d, s, d);
}

/** The same for any operation, in one copy: for what is not among the hot ones. */
export function anyScalar<T>(ctx: usize, inst: usize, op: u32): i32 {
  return scalarArith<T>(ctx, inst, op);
}

/** Lane at r = lane at a op lane at b. */
@inline
export function scalarAt<T>(ctx: usize, op: u32, a: usize, b: usize, r: usize): i32 {
  const x = load<T>(a);
  const y = load<T>(b);
  const result = compute<T>(op, x, y);
  const mxcsr = mxcsrOf(ctx);
  if (ordinary(mxcsr) && flagless<T>(op, x, y, result)) {
    if (mxcsr & PE || exact<T>(op, x, y, result)) {
      store<T>(r, result);
      return 0;
    }
  }
  return scalarSlow(ctx, op, a, b, r, precision<T>());
}

function scalarSlow(ctx: usize, op: u32, a: usize, b: usize, r: usize, p: u32): i32 {
  begin(ctx);
  const wide = p == F64;
  const x = wide ? load<u64>(a) : <u64>load<u32>(a);
  const y = wide ? load<u64>(b) : <u64>load<u32>(b);
  const result = softLane(op, x, y, p);
  if (end(ctx)) return EXIT_FAULT;
  if (wide) store<u64>(r, result);
  else store<u32>(r, <u32>result);
  return 0;
}

// ---- packed

@inline
function usualLanes<T>(v: v128): v128 {
  return v128.or(
    v128.ge<T>(v128.abs<T>(v), v128.splat<T>(leastNormal<T>())),
    v128.eq<T>(v, v128.splat<T>(0)),
  );
}

/** Are all lanes of both vectors ordinary numbers? */
@inline
export function allUsual<T>(a: v128, b: v128): bool {
  return bothAll(usualLanes<T>(a), usualLanes<T>(b));
}

@inline
function bothAll(x: v128, y: v128): bool {
  return i8x16.all_true(v128.and(x, y));
}

@inline
function computeLanes<T>(op: u32, a: v128, b: v128): v128 {
  if (op == ADD) return v128.add<T>(a, b);
  if (op == SUB) return v128.sub<T>(a, b);
  if (op == MUL) return v128.mul<T>(a, b);
  if (op == DIV) return v128.div<T>(a, b);
  if (op == MIN) return v128.pmin<T>(b, a);
  if (op == MAX) return v128.pmax<T>(b, a);
  return v128.sqrt<T>(b);
}

/** As flagless, for all lanes; a zero result of mul or div counts only when an operand is zero. */
@inline
function flaglessLanes<T>(op: u32, a: v128, b: v128, r: v128): bool {
  const zero = v128.splat<T>(0);
  if (op == MIN || op == MAX) return allUsual<T>(a, b);
  const size = v128.abs<T>(r);
  const regular = v128.and(
    v128.gt<T>(size, v128.splat<T>(leastNormal<T>())),
    v128.lt<T>(size, v128.splat<T>(<T>Infinity)),
  );
  let none = v128.eq<T>(r, zero);
  if (op == MUL) none = v128.and(none, v128.or(v128.eq<T>(a, zero), v128.eq<T>(b, zero)));
  if (op == DIV) none = v128.and(none, v128.eq<T>(a, zero));
  const result = v128.or(regular, none);
  if (op == SQRT) return bothAll(result, usualLanes<T>(b));
  return bothAll(result, v128.and(usualLanes<T>(a), usualLanes<T>(b)));
}

/** Are all lanes exact? The vectors are in the context's scratch. */
function allExact<T>(ctx: usize, op: u32): bool {
  for (let i: usize = 0; i < 16; i += sizeof<T>()) {
    const a = load<T>(ctx + i, SCRATCH_A);
    const b = load<T>(ctx + i, SCRATCH_B);
    if (!exact<T>(op, a, b, load<T>(ctx + i, SCRATCH_R))) return false;
  }
  return true;
}

/** a op b in every lane, written to d. */
export function lanesArith<T>(ctx: usize, d: usize, a: v128, b: v128, op: u32): i32 {
  const r = computeLanes<T>(op, a, b);
  if (lanesFine<T>(ctx, a, b, r, op)) {
    v128.store(d, r);
    return 0;
  }
  v128.store(ctx, a, SCRATCH_A);
  v128.store(ctx, b, SCRATCH_B);
  if (lanesSlow<T>(ctx, 16, op, op)) return EXIT_FAULT;
  v128.store(d, v128.load(ctx, SCRATCH_R));
  return 0;
}

/** Is r what the processor computes, without raising anything new? */
@inline
function lanesFine<T>(ctx: usize, a: v128, b: v128, r: v128, op: u32): bool {
  const mxcsr = mxcsrOf(ctx);
  if (!ordinary(mxcsr) || !flaglessLanes<T>(op, a, b, r)) return false;
  return mxcsr & PE || exactLanes<T>(ctx, a, b, r, op);
}

/** a op b of the 32-byte vectors SCRATCH_A and SCRATCH_B to SCRATCH_R. */
export function longArith<T>(ctx: usize, op: u32): i32 {
  const a0 = v128.load(ctx, SCRATCH_A);
  const b0 = v128.load(ctx, SCRATCH_B);
  const a1 = v128.load(ctx, SCRATCH_A + 16);
  const b1 = v128.load(ctx, SCRATCH_B + 16);
  const r0 = computeLanes<T>(op, a0, b0);
  const r1 = computeLanes<T>(op, a1, b1);
  const mxcsr = mxcsrOf(ctx);
  if (ordinary(mxcsr) && mxcsr & PE) {
    if (flaglessLanes<T>(op, a0, b0, r0) && flaglessLanes<T>(op, a1, b1, r1)) {
      v128.store(ctx, r0, SCRATCH_R);
      v128.store(ctx, r1, SCRATCH_R + 16);
      return 0;
    }
  }
  return lanesSlow<T>(ctx, 32, op, op);
}

function exactLanes<T>(ctx: usize, a: v128, b: v128, r: v128, op: u32): bool {
  v128.store(ctx, a, SCRATCH_A);
  v128.store(ctx, b, SCRATCH_B);
  v128.store(ctx, r, SCRATCH_R);
  return allExact<T>(ctx, op);
}

/** SCRATCH_A op SCRATCH_B to SCRATCH_R, `size` bytes; even lanes use `even`, odd lanes `odd` (they differ for addsub). */
export function lanesSlow<T>(ctx: usize, size: usize, even: u32, odd: u32): i32 {
  begin(ctx);
  for (let i: usize = 0; i < size; i += sizeof<T>()) {
    const a = bitsAt<T>(ctx + SCRATCH_A + i);
    const b = bitsAt<T>(ctx + SCRATCH_B + i);
    const r = softLane(i & sizeof<T>() ? odd : even, a, b, precision<T>());
    storeBits<T>(ctx + SCRATCH_R + i, r);
  }
  return end(ctx) ? EXIT_FAULT : 0;
}

/** addps, mulpd …: r0 op= 16 bytes of source. */
export function packedArith<T>(ctx: usize, inst: usize, op: u32): i32 {
  const s = src16(ctx, inst);
  if (!s) return EXIT_FAULT;
  const d = dst(ctx, inst);
  return lanesArith<T>(ctx, d, v128.load(d), v128.load(s), op);
}

/** Sign bits of the even lanes. */
@inline
function evenSigns<T>(): v128 {
  return sizeof<T>() == 8 ? i64x2(i64.MIN_VALUE, 0) : i32x4(i32.MIN_VALUE, 0, i32.MIN_VALUE, 0);
}

/** addsubps/pd: odd lanes are added, even lanes subtracted. */
export function addsub<T>(ctx: usize, inst: usize): i32 {
  const s = src16(ctx, inst);
  if (!s) return EXIT_FAULT;
  const d = dst(ctx, inst);
  const a = v128.load(d);
  const b = v128.load(s);
  const mxcsr = mxcsrOf(ctx);
  const flipped = v128.xor(b, evenSigns<T>());
  const r = v128.add<T>(a, flipped);
  if (ordinary(mxcsr) && mxcsr & PE && flaglessLanes<T>(ADD, a, flipped, r)) {
    v128.store(d, r);
    return 0;
  }
  v128.store(ctx, a, SCRATCH_A);
  v128.store(ctx, b, SCRATCH_B);
  if (lanesSlow<T>(ctx, 16, SUB, ADD)) return EXIT_FAULT;
  v128.store(d, v128.load(ctx, SCRATCH_R));
  return 0;
}

/** haddps/pd, hsubps/pd: neighbours of the destination, then neighbours of the source. */
export function horizontal<T>(ctx: usize, inst: usize, op: u32): i32 {
  const s = src16(ctx, inst);
  if (!s) return EXIT_FAULT;
  const d = dst(ctx, inst);
  const a = v128.load(d);
  const b = v128.load(s);
  if (sizeof<T>() == 4) {
    const even = v128.shuffle<u32>(a, b, 0, 2, 4, 6);
    return lanesArith<T>(ctx, d, even, v128.shuffle<u32>(a, b, 1, 3, 5, 7), op);
  }
  return lanesArith<T>(ctx, d, v128.shuffle<u64>(a, b, 0, 2), v128.shuffle<u64>(a, b, 1, 3), op);
}

/** dpps, dppd. */
export function dotProduct<T>(ctx: usize, inst: usize, imm: u32): i32 {
  const s = src16(ctx, inst);
  if (!s) return EXIT_FAULT;
  const d = dst(ctx, inst);
  begin(ctx);
  if (dotInto<T>(ctx, d, s, 16, imm)) return EXIT_FAULT;
  v128.store(d, v128.load(ctx, SCRATCH_R));
  return 0;
}

/**
 * Dot products of each 16 of `size` bytes at a and b, to SCRATCH_R, in the environment begun: products of the lanes chosen
 * by imm[7:4] (0 elsewhere), summed pairwise, (0 + 1) + (2 + 3), the sum stored to the lanes chosen by imm[3:0], 0
 * elsewhere. Each step rounds and may stop the instruction.
 */
export function dotInto<T>(ctx: usize, a: usize, b: usize, size: usize, imm: u32): i32 {
  const p = precision<T>();
  const r = ctx + SCRATCH_R;
  for (let i: usize = 0; i < size; i += sizeof<T>()) {
    const chosen = (imm >> (4 + laneNumber<T>(i))) & 1;
    storeBits<T>(r + i, chosen ? softMul(bitsAt<T>(a + i), bitsAt<T>(b + i), p) : 0);
  }
  if (step(ctx)) return EXIT_FAULT;
  for (let at = r; at < r + size; at += 2 * sizeof<T>()) {
    storeBits<T>(at, softAdd(bitsAt<T>(at), bitsAt<T>(at + sizeof<T>()), p));
  }
  if (sizeof<T>() == 4) {
    if (step(ctx)) return EXIT_FAULT;
    for (let at = r; at < r + size; at += 16) {
      storeBits<T>(at, softAdd(bitsAt<T>(at), bitsAt<T>(at + 8), p));
    }
  }
  if (end(ctx)) return EXIT_FAULT;
  for (let at = r; at < r + size; at += 16) {
    const sum = bitsAt<T>(at);
    for (let i: usize = 0; i < 16; i += sizeof<T>()) {
      storeBits<T>(at + i, (imm >> laneNumber<T>(i)) & 1 ? sum : 0);
    }
  }
  return 0;
}

/** Number of the lane at byte i inside its 16 bytes. */
@inline
function laneNumber<T>(i: usize): u32 {
  return (<u32>i & 15) / sizeof<T>();
}
