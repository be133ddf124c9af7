// Conversions between integers, single and double. As in arith.ts, WebAssembly's own conversion is taken where it is
// certain that it has the same value and raises nothing new; the rest goes through softfloat.ts.
import { EXIT_FAULT } from '../shared/exit';
import { r0 } from '../state';
import {
  SCRATCH_R,
  allUsual,
  bitsAt,
  precision,
  storeBits,
  usual,
} from './arith';
import {
  DOWN,
  NEAREST,
  PE,
  RC_SHIFT,
  TRUNCATE,
  UP,
  begin,
  end,
  ordinary,
  mxcsrOf,
  setRounding,
} from './env';
import { dst, src, src16, srcGpr } from './operand';
import { softConvert, softFromInt, softRound, softToInt } from './soft-convert';
import { F32, F64 } from './softfloat';

/** Rounding to nearest, PE masked and sticky: an inexact result raises nothing new. */
@inline
function inexactFine(ctx: usize): bool {
  const mxcsr = mxcsrOf(ctx);
  return ordinary(mxcsr) && (mxcsr & PE) != 0;
}

// ---- integer → floating point

/** cvtsi2ss, cvtsi2sd from I (i32, i64). */
@inline
export function fromInt<I, T>(ctx: usize, inst: usize): i32 {
  const s = srcGpr(ctx, inst, sizeof<I>());
  if (!s) return EXIT_FAULT;
  const value = load<I>(s);
  const d = dst(ctx, inst);
  const r = <T>value;
  const bits = sizeof<T>() == 8 ? 53 : 24;
  const size = <u64>abs<i64>(<i64>value);
  if ((sizeof<I>() == 4 && sizeof<T>() == 8) || size >> bits == 0 || inexactFine(ctx)) {
    store<T>(d, r);
    return 0;
  }
  return fromIntSlow(ctx, d, <i64>value, precision<T>());
}

function fromIntSlow(ctx: usize, d: usize, value: i64, p: u32): i32 {
  begin(ctx);
  const r = softFromInt(value, p);
  if (end(ctx)) return EXIT_FAULT;
  if (p == F64) store<u64>(d, r);
  else store<u32>(d, <u32>r);
  return 0;
}

/** cvtdq2ps: four dwords at `s` to d. */
export function dwordsToSingles(ctx: usize, d: usize, s: usize, count: u32): i32 {
  begin(ctx);
  for (let i: usize = 0; i < count; i++) {
    store<u32>(ctx + SCRATCH_R + (i << 2), <u32>softFromInt(load<i32>(s + (i << 2)), F32));
  }
  if (end(ctx)) return EXIT_FAULT;
  memory.copy(d, ctx + SCRATCH_R, count << 2);
  return 0;
}

export function cvtdq2ps(ctx: usize, inst: usize): i32 {
  const s = src16(ctx, inst);
  if (!s) return EXIT_FAULT;
  if (!inexactFine(ctx)) return dwordsToSingles(ctx, dst(ctx, inst), s, 4);
  v128.store(dst(ctx, inst), f32x4.convert_i32x4_s(v128.load(s)));
  return 0;
}

export function cvtdq2pd(ctx: usize, inst: usize): i32 {
  const s = src(ctx, inst, 8);
  if (!s) return EXIT_FAULT;
  v128.store(dst(ctx, inst), f64x2.convert_low_i32x4_s(v128.load64_zero(s)));
  return 0;
}

// ---- floating point → integer

/** cvtss2si, cvtsd2si and (`truncate`) cvttss2si, cvttsd2si to I (i32, i64). */
@inline
export function toInt<T, I>(ctx: usize, inst: usize, truncate: bool): i32 {
  const s = src(ctx, inst, sizeof<T>());
  if (!s) return EXIT_FAULT;
  const x = load<T>(s);
  const whole = truncate ? trunc<T>(x) : nearest<T>(x);
  const limit = <T>(sizeof<I>() == 8 ? 9223372036854775808.0 : 2147483648.0);
  if (whole < limit && whole >= -limit && (whole == x || inexactFine(ctx))) {
    const value = <I>whole;
    store<u64>(ctx + r0(inst), sizeof<I>() == 8 ? <u64>value : <u64>(<u32>value));
    return 0;
  }
  return toIntSlow(ctx, ctx + r0(inst), bitsAt<T>(s), precision<T>(), sizeof<I>() << 3, truncate);
}

function toIntSlow(ctx: usize, d: usize, x: u64, p: u32, bits: u32, truncate: bool): i32 {
  beginToInt(ctx, truncate);
  const value = softToInt(x, p, bits);
  if (end(ctx)) return EXIT_FAULT;
  store<u64>(d, bits == 64 ? <u64>value : <u64>(<u32>value));
  return 0;
}

@inline
function beginToInt(ctx: usize, truncate: bool): void {
  begin(ctx);
  if (truncate) setRounding(TRUNCATE);
}

/** `count` lanes of T at `s` to dwords at d; `zero`: the rest of the 16 bytes is cleared. */
export function lanesToDwords<T>(
  ctx: usize,
  d: usize,
  s: usize,
  count: u32,
  truncate: bool,
  zero: bool,
): i32 {
  beginToInt(ctx, truncate);
  v128.store(ctx, i64x2.splat(0), SCRATCH_R);
  for (let i: usize = 0; i < count; i++) {
    const value = softToInt(bitsAt<T>(s + i * sizeof<T>()), precision<T>(), 32);
    store<u32>(ctx + SCRATCH_R + (i << 2), <u32>value);
  }
  if (end(ctx)) return EXIT_FAULT;
  memory.copy(d, ctx + SCRATCH_R, zero ? 16 : count << 2);
  return 0;
}

/** cvtps2dq, cvttps2dq. */
@inline
export function singlesToDwords(ctx: usize, inst: usize, truncate: bool): i32 {
  const s = src16(ctx, inst);
  if (!s) return EXIT_FAULT;
  const x = v128.load(s);
  const whole = truncate ? f32x4.trunc(x) : f32x4.nearest(x);
  const inRange = f32x4.lt(f32x4.abs(whole), f32x4.splat(2147483648.0));
  if (inexactFine(ctx) && i32x4.all_true(inRange)) {
    v128.store(dst(ctx, inst), i32x4.trunc_sat_f32x4_s(whole));
    return 0;
  }
  return lanesToDwords<f32>(ctx, dst(ctx, inst), s, 4, truncate, true);
}

/** cvtpd2dq, cvttpd2dq: the upper half is cleared. */
@inline
export function doublesToDwords(ctx: usize, inst: usize, truncate: bool): i32 {
  const s = src16(ctx, inst);
  if (!s) return EXIT_FAULT;
  const x = v128.load(s);
  const whole = truncate ? f64x2.trunc(x) : f64x2.nearest(x);
  const inRange = v128.and(
    f64x2.lt(whole, f64x2.splat(2147483648.0)),
    f64x2.ge(whole, f64x2.splat(-2147483648.0)),
  );
  if (inexactFine(ctx) && i64x2.all_true(inRange)) {
    v128.store(dst(ctx, inst), i32x4.trunc_sat_f64x2_s_zero(whole));
    return 0;
  }
  return lanesToDwords<f64>(ctx, dst(ctx, inst), s, 2, truncate, true);
}

// ---- single ↔ double

export function cvtss2sd(ctx: usize, inst: usize): i32 {
  const s = src(ctx, inst, 4);
  if (!s) return EXIT_FAULT;
  const x = load<f32>(s);
  if (usual<f32>(x)) {
    store<f64>(dst(ctx, inst), <f64>x);
    return 0;
  }
  begin(ctx);
  const r = softConvert(load<u32>(s), F32, F64);
  if (end(ctx)) return EXIT_FAULT;
  store<u64>(dst(ctx, inst), r);
  return 0;
}

export function cvtsd2ss(ctx: usize, inst: usize): i32 {
  const s = src(ctx, inst, 8);
  if (!s) return EXIT_FAULT;
  const x = load<f64>(s);
  const r = <f32>x;
  if (abs<f32>(r) < Infinity && abs<f64>(x) > 1.1754943508222875e-38) {
    if (<f64>r == x || inexactFine(ctx)) {
      store<f32>(dst(ctx, inst), r);
      return 0;
    }
  }
  begin(ctx);
  const bits = softConvert(load<u64>(s), F64, F32);
  if (end(ctx)) return EXIT_FAULT;
  store<u32>(dst(ctx, inst), <u32>bits);
  return 0;
}

export function cvtps2pd(ctx: usize, inst: usize): i32 {
  const s = src(ctx, inst, 8);
  if (!s) return EXIT_FAULT;
  const x = v128.load64_zero(s);
  if (allUsual<f32>(x, x)) {
    v128.store(dst(ctx, inst), f64x2.promote_low_f32x4(x));
    return 0;
  }
  begin(ctx);
  const low = softConvert(load<u32>(s), F32, F64);
  const high = softConvert(load<u32>(s, 4), F32, F64);
  if (end(ctx)) return EXIT_FAULT;
  store<u64>(dst(ctx, inst), low);
  store<u64>(dst(ctx, inst), high, 8);
  return 0;
}

export function cvtpd2ps(ctx: usize, inst: usize): i32 {
  const s = src16(ctx, inst);
  if (!s) return EXIT_FAULT;
  const x = v128.load(s);
  const size = f64x2.abs(x);
  const normal = v128.and(
    f64x2.gt(size, f64x2.splat(1.1754943508222875e-38)),
    f64x2.lt(size, f64x2.splat(3.4028234663852886e38)),
  );
  const regular = v128.or(normal, f64x2.eq(x, f64x2.splat(0)));
  if (inexactFine(ctx) && i64x2.all_true(regular)) {
    v128.store(dst(ctx, inst), f32x4.demote_f64x2_zero(x));
    return 0;
  }
  begin(ctx);
  const low = softConvert(load<u64>(s), F64, F32);
  const high = softConvert(load<u64>(s, 8), F64, F32);
  if (end(ctx)) return EXIT_FAULT;
  store<u64>(dst(ctx, inst), low | (high << 32));
  store<u64>(dst(ctx, inst), 0, 8);
  return 0;
}

// ---- round to integral

/** Rounding mode in force: imm[1:0], or with imm[2] MXCSR's. */
@inline
function roundingOf(ctx: usize, imm: u32): u32 {
  return imm & 4 ? (mxcsrOf(ctx) >> RC_SHIFT) & 3 : imm & 3;
}

@inline
function wholeLanes<T>(x: v128, rc: u32): v128 {
  if (rc == NEAREST) return v128.nearest<T>(x);
  if (rc == DOWN) return v128.floor<T>(x);
  return rc == UP ? v128.ceil<T>(x) : v128.trunc<T>(x);
}

/** `size` bytes (a multiple of T's) at `s` rounded, to d. imm[3]: inexact is not reported. */
export function roundLanes<T>(ctx: usize, d: usize, s: usize, size: usize, imm: u32): i32 {
  const rc = roundingOf(ctx, imm);
  begin(ctx);
  setRounding(rc);
  for (let i: usize = 0; i < size; i += sizeof<T>()) {
    const r = softRound(bitsAt<T>(s + i), precision<T>(), (imm & 8) != 0);
    storeBits<T>(ctx + SCRATCH_R + i, r);
  }
  if (end(ctx)) return EXIT_FAULT;
  memory.copy(d, ctx + SCRATCH_R, size);
  return 0;
}

/** roundss, roundsd. */
@inline
export function roundScalar<T>(ctx: usize, inst: usize, imm: u32): i32 {
  const s = src(ctx, inst, sizeof<T>());
  if (!s) return EXIT_FAULT;
  const x = load<T>(s);
  const whole = v128.extract_lane<T>(wholeLanes<T>(v128.splat<T>(x), roundingOf(ctx, imm)), 0);
  if (usual<T>(x) && (imm & 8 || whole == x || inexactFine(ctx))) {
    store<T>(dst(ctx, inst), whole);
    return 0;
  }
  return roundLanes<T>(ctx, dst(ctx, inst), s, sizeof<T>(), imm);
}

/** roundps, roundpd. */
@inline
export function roundPacked<T>(ctx: usize, inst: usize, imm: u32): i32 {
  const s = src16(ctx, inst);
  if (!s) return EXIT_FAULT;
  const x = v128.load(s);
  if (allUsual<T>(x, x) && (imm & 8 || inexactFine(ctx))) {
    v128.store(dst(ctx, inst), wholeLanes<T>(x, roundingOf(ctx, imm)));
    return 0;
  }
  return roundLanes<T>(ctx, dst(ctx, inst), s, 16, imm);
}
