// AVX floating point: the SSE operations with three operands on 16 or 32 bytes. Exceptions count for the whole vector: nothing is
// written when one of its lanes raises an unmasked one.
import { EXIT_FAULT } from '../shared/exit';
import { ea, isMem, rd } from '../memory';
import { r1, r2, xmm } from '../state';
import {
  ADD,
  SCRATCH_A,
  SCRATCH_B,
  SCRATCH_R,
  SUB,
  bitsAt,
  dotInto,
  lanesSlow,
  longArith,
  precision,
  scalarAt,
  storeBits,
} from '../sse/arith';
import { reciprocal, reciprocalRoot } from '../sse/approx';
import { softMask } from '../sse/compare';
import { dwordsToSingles, lanesToDwords, roundLanes } from '../sse/convert';
import { begin, end } from '../sse/env';
import { softConvert, softFromInt } from '../sse/soft-convert';
import { F32, F64 } from '../sse/softfloat';
import { commit, firstSource, imm8, onlySource, secondSource, vectorSize } from './operand';

/** Both sources as images in SCRATCH_A and SCRATCH_B (the second copied from memory too): false after a fault. */
function bothImages(ctx: usize, inst: usize, size: u32): bool {
  const b = secondSource(ctx, inst, size);
  if (!b) return false;
  firstSource(ctx, inst);
  if (b != ctx + SCRATCH_B) memory.copy(ctx + SCRATCH_B, b, size);
  return true;
}

/** The first 16 bytes twice: with 16-byte vectors the lanes above count for nothing, and raise nothing new. */
@inline
function doubled(ctx: usize, size: u32): void {
  if (size == 32) return;
  v128.store(ctx, v128.load(ctx, SCRATCH_A), SCRATCH_A + 16);
  v128.store(ctx, v128.load(ctx, SCRATCH_B), SCRATCH_B + 16);
}

/** vaddps, vmulpd … */
export function arith<T>(ctx: usize, inst: usize, op: u32): i32 {
  const size = vectorSize(inst);
  if (!bothImages(ctx, inst, size)) return EXIT_FAULT;
  doubled(ctx, size);
  if (longArith<T>(ctx, op)) return EXIT_FAULT;
  return commit(ctx, inst, size);
}

/** vsqrtps, vsqrtpd. */
export function sqrtPacked<T>(ctx: usize, inst: usize, op: u32): i32 {
  const size = vectorSize(inst);
  const b = onlySource(ctx, inst, size);
  if (!b) return EXIT_FAULT;
  memory.copy(ctx + SCRATCH_B, b, size);
  doubled(ctx, size);
  if (longArith<T>(ctx, op)) return EXIT_FAULT;
  return commit(ctx, inst, size);
}

/** vaddsubps, vaddsubpd. */
export function addsubPacked<T>(ctx: usize, inst: usize): i32 {
  const size = vectorSize(inst);
  if (!bothImages(ctx, inst, size)) return EXIT_FAULT;
  if (lanesSlow<T>(ctx, size, SUB, ADD)) return EXIT_FAULT;
  return commit(ctx, inst, size);
}

/** vhaddps & co.: inside each 16 bytes as the SSE form. */
export function horizontalPacked<T>(ctx: usize, inst: usize, op: u32): i32 {
  const size = vectorSize(inst);
  if (!bothImages(ctx, inst, size)) return EXIT_FAULT;
  for (let i: usize = 0; i < size; i += 16) {
    const a = v128.load(ctx + i, SCRATCH_A);
    const b = v128.load(ctx + i, SCRATCH_B);
    const single = sizeof<T>() == 4;
    const even = single ? v128.shuffle<u32>(a, b, 0, 2, 4, 6) : v128.shuffle<u64>(a, b, 0, 2);
    const odd = single ? v128.shuffle<u32>(a, b, 1, 3, 5, 7) : v128.shuffle<u64>(a, b, 1, 3);
    v128.store(ctx + i, even, SCRATCH_A);
    v128.store(ctx + i, odd, SCRATCH_B);
  }
  if (lanesSlow<T>(ctx, size, op, op)) return EXIT_FAULT;
  return commit(ctx, inst, size);
}

export function dot<T>(ctx: usize, inst: usize): i32 {
  const size = vectorSize(inst);
  if (!bothImages(ctx, inst, size)) return EXIT_FAULT;
  begin(ctx);
  if (dotInto<T>(ctx, ctx + SCRATCH_A, ctx + SCRATCH_B, size, imm8(inst))) return EXIT_FAULT;
  return commit(ctx, inst, size);
}

export function cmpPacked<T>(ctx: usize, inst: usize): i32 {
  const size = vectorSize(inst);
  if (!bothImages(ctx, inst, size)) return EXIT_FAULT;
  begin(ctx);
  for (let i: usize = 0; i < size; i += sizeof<T>()) {
    const mask = softMask<T>(ctx + SCRATCH_A + i, ctx + SCRATCH_B + i, imm8(inst) & 31);
    storeBits<T>(ctx + SCRATCH_R + i, mask);
  }
  if (end(ctx)) return EXIT_FAULT;
  return commit(ctx, inst, size);
}

// ---- scalar: the lanes above the first come from r1

/** The second source's `size` bytes, 0 after a fault. */
@inline
function scalarSource(ctx: usize, inst: usize, size: u32): usize {
  return isMem(inst) ? rd(ctx, ea(ctx, inst), size) : xmm(ctx, r2(inst));
}

/** Puts r1's 16 bytes into the result, whose first lane is then replaced. */
@inline
function upperOfFirst(ctx: usize, inst: usize): void {
  v128.store(ctx, v128.load(xmm(ctx, r1(inst))), SCRATCH_R);
}

/** vaddss, vsqrtsd … */
export function arithScalar<T>(ctx: usize, inst: usize, op: u32): i32 {
  const s = scalarSource(ctx, inst, sizeof<T>());
  if (!s) return EXIT_FAULT;
  upperOfFirst(ctx, inst);
  const r = ctx + SCRATCH_R;
  if (scalarAt<T>(ctx, op, r, s, r)) return EXIT_FAULT;
  return commit(ctx, inst, 16);
}

export function cmpScalar<T>(ctx: usize, inst: usize): i32 {
  const s = scalarSource(ctx, inst, sizeof<T>());
  if (!s) return EXIT_FAULT;
  upperOfFirst(ctx, inst);
  begin(ctx);
  const mask = softMask<T>(ctx + SCRATCH_R, s, imm8(inst) & 31);
  if (end(ctx)) return EXIT_FAULT;
  storeBits<T>(ctx + SCRATCH_R, mask);
  return commit(ctx, inst, 16);
}

/** vrcpss, vrsqrtss. */
export function approxScalar(ctx: usize, inst: usize, root: bool): i32 {
  const s = scalarSource(ctx, inst, 4);
  if (!s) return EXIT_FAULT;
  upperOfFirst(ctx, inst);
  const x = load<u32>(s);
  store<u32>(ctx, root ? reciprocalRoot(x) : reciprocal(x), SCRATCH_R);
  return commit(ctx, inst, 16);
}

/** vrcpps, vrsqrtps. */
export function approxPacked(ctx: usize, inst: usize, root: bool): i32 {
  const size = vectorSize(inst);
  const s = onlySource(ctx, inst, size);
  if (!s) return EXIT_FAULT;
  for (let i: usize = 0; i < size; i += 4) {
    const x = load<u32>(s + i);
    store<u32>(ctx + i, root ? reciprocalRoot(x) : reciprocal(x), SCRATCH_R);
  }
  return commit(ctx, inst, size);
}

/** vcvtsi2ss, vcvtsi2sd from I. */
export function fromInt<I, T>(ctx: usize, inst: usize): i32 {
  const s = isMem(inst) ? rd(ctx, ea(ctx, inst), sizeof<I>()) : ctx + r2(inst);
  if (!s) return EXIT_FAULT;
  const value = <i64>load<I>(s);
  upperOfFirst(ctx, inst);
  begin(ctx);
  const r = softFromInt(value, precision<T>());
  if (end(ctx)) return EXIT_FAULT;
  storeBits<T>(ctx + SCRATCH_R, r);
  return commit(ctx, inst, 16);
}

/** vcvtss2sd, vcvtsd2ss. */
export function convertScalar<F, T>(ctx: usize, inst: usize): i32 {
  const s = scalarSource(ctx, inst, sizeof<F>());
  if (!s) return EXIT_FAULT;
  upperOfFirst(ctx, inst);
  begin(ctx);
  const r = softConvert(bitsAt<F>(s), precision<F>(), precision<T>());
  if (end(ctx)) return EXIT_FAULT;
  storeBits<T>(ctx + SCRATCH_R, r);
  return commit(ctx, inst, 16);
}

export function roundScalar<T>(ctx: usize, inst: usize): i32 {
  const s = scalarSource(ctx, inst, sizeof<T>());
  if (!s) return EXIT_FAULT;
  const d = ctx + SCRATCH_A;
  if (roundLanes<T>(ctx, d, s, sizeof<T>(), imm8(inst))) return EXIT_FAULT;
  upperOfFirst(ctx, inst);
  storeBits<T>(ctx + SCRATCH_R, bitsAt<T>(d));
  return commit(ctx, inst, 16);
}

// ---- packed conversions

export function roundPacked<T>(ctx: usize, inst: usize): i32 {
  const size = vectorSize(inst);
  const s = onlySource(ctx, inst, size);
  if (!s) return EXIT_FAULT;
  if (roundLanes<T>(ctx, ctx + SCRATCH_R, s, size, imm8(inst))) return EXIT_FAULT;
  return commit(ctx, inst, size);
}

export function vcvtdq2ps(ctx: usize, inst: usize): i32 {
  const size = vectorSize(inst);
  const s = onlySource(ctx, inst, size);
  if (!s) return EXIT_FAULT;
  if (dwordsToSingles(ctx, ctx + SCRATCH_R, s, size >> 2)) return EXIT_FAULT;
  return commit(ctx, inst, size);
}

/** vcvtdq2pd to `size` bytes. */
export function vcvtdq2pd(ctx: usize, inst: usize, size: u32): i32 {
  const s = onlySource(ctx, inst, size >> 1);
  if (!s) return EXIT_FAULT;
  for (let i: usize = 0; i < size; i += 8) {
    store<f64>(ctx + i, <f64>load<i32>(s + (i >> 1)), SCRATCH_R);
  }
  return commit(ctx, inst, size);
}

/** vcvtps2dq, vcvttps2dq. */
export function singlesToDwords(ctx: usize, inst: usize, truncate: bool): i32 {
  const size = vectorSize(inst);
  const s = onlySource(ctx, inst, size);
  if (!s) return EXIT_FAULT;
  if (lanesToDwords<f32>(ctx, ctx + SCRATCH_R, s, size >> 2, truncate, false)) return EXIT_FAULT;
  return commit(ctx, inst, size);
}

/** vcvtpd2dq, vcvttpd2dq: half as many bytes as the source has. */
export function doublesToDwords(ctx: usize, inst: usize, truncate: bool): i32 {
  const size = vectorSize(inst);
  const s = onlySource(ctx, inst, size);
  if (!s) return EXIT_FAULT;
  if (lanesToDwords<f64>(ctx, ctx + SCRATCH_R, s, size >> 3, truncate, true)) return EXIT_FAULT;
  return commit(ctx, inst, 16);
}

/** vcvtps2pd to `size` bytes. */
export function vcvtps2pd(ctx: usize, inst: usize, size: u32): i32 {
  const s = onlySource(ctx, inst, size >> 1);
  if (!s) return EXIT_FAULT;
  begin(ctx);
  for (let i: usize = 0; i < size; i += 8) {
    store<u64>(ctx + i, softConvert(load<u32>(s + (i >> 1)), F32, F64), SCRATCH_R);
  }
  if (end(ctx)) return EXIT_FAULT;
  return commit(ctx, inst, size);
}

/** vcvtpd2ps: half as many bytes as the source has. */
export function vcvtpd2ps(ctx: usize, inst: usize): i32 {
  const size = vectorSize(inst);
  const s = onlySource(ctx, inst, size);
  if (!s) return EXIT_FAULT;
  begin(ctx);
  v128.store(ctx, i64x2.splat(0), SCRATCH_R);
  for (let i: usize = 0; i < size; i += 8) {
    store<u32>(ctx + (i >> 1), <u32>softConvert(load<u64>(s + i), F64, F32), SCRATCH_R);
  }
  if (end(ctx)) return EXIT_FAULT;
  return commit(ctx, inst, 16);
}
