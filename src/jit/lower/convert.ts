// Conversions between integers, single and double, and rounding to integral values, with MXCSR's default: to nearest.
// What does not fit an integer gives 0x80000000 (or its 64-bit sibling).
import type { Inst } from '../region/inst.ts';
import { constI64, type Expr, F32, F64, relaxed, V128 } from '../wasm/builder.ts';
import { lanesOf, sourceScalar } from './float.ts';
import type { Lower, Lowering } from './lower.ts';
import { imm8, source, sourceGpr, sourceLow } from './xmm.ts';

type Bits = 32 | 64;

const wideOf = (x: Lower, bits: Bits) => (bits === 64 ? x.w.f64 : x.w.f32);
const named = (bits: Bits): 'f32' | 'f64' => (bits === 64 ? 'f64' : 'f32');

/** cvtsi2ss, cvtsi2sd */
function fromInt(to: Bits, from: Bits): Lowering {
  return (x, inst) => {
    x.float = true;
    const value = sourceGpr(x, inst, from);
    x.xmm.setScalar(inst.r0, to, wideOf(x, to).convert_s[from === 64 ? 'i64' : 'i32'](value));
  };
}

/** Lanes to dwords; of doubles two, the upper half is cleared. */
function toDwords(x: Lower, from: Bits, value: Expr, truncate: boolean): Expr {
  const whole = truncate ? value : lanesOf(x, from).nearest(value);
  if (x.host.relaxed) {
    const op =
      from === 64 ? 'RelaxedTruncZeroSVecF64x2ToVecI32x4' : 'RelaxedTruncSVecF32x4ToVecI32x4';
    return relaxed(x.w, op, whole);
  }
  return from === 64 ? doublesToDwords(x, whole) : singlesToDwords(x, whole);
}

/** Saturated lanes, those of 2^31 and more and NaNs replaced. */
function singlesToDwords(x: Lower, value: Expr): Expr {
  const { f32x4, i32x4, v128 } = x.w;
  const kept = x.keep(value, V128);
  const fits = f32x4.lt(kept(), f32x4.splat(x.w.f32.const(2 ** 31)));
  const indefinite = i32x4.splat(x.w.i32.const(0x80000000 | 0));
  return v128.bitselect(i32x4.trunc_sat_f32x4_s(kept()), indefinite, fits);
}

function doublesToDwords(x: Lower, value: Expr): Expr {
  const { f64x2, i64x2, i32x4, v128 } = x.w;
  const kept = x.keep(value, V128);
  const fits = f64x2.lt(f64x2.trunc(kept()), f64x2.splat(x.w.f64.const(2 ** 31)));
  // each mask of 64 bits stands for a dword of the low half
  const narrow = i32x4.trunc_sat_f64x2_s_zero(kept());
  const indefinite = i64x2.replace_lane(
    i64x2.splat(constI64(x.w, 0)),
    0,
    constI64(x.w, 0x80000000_80000000n),
  );
  const mask = x.keep(fits, V128);
  const low = [0, 1, 2, 3, 8, 9, 10, 11, 0, 0, 0, 0, 0, 0, 0, 0];
  return v128.bitselect(narrow, indefinite, x.w.i8x16.shuffle(mask(), mask(), low));
}

/** cvtss2si, cvtsd2si and with `truncate` cvttss2si, cvttsd2si */
function toInt(from: Bits, to: Bits, truncate: boolean): Lowering {
  return (x, inst) => {
    x.float = true;
    const { w } = x;
    if (to === 32) {
      const lanes = toDwords(x, from, sourceLow(x, inst, from), truncate);
      return x.setReg(inst.r0, 32, w.i32x4.extract_lane(lanes, 0));
    }
    const scalar = sourceScalar(x, inst, from);
    const whole = x.keep(
      truncate ? scalar : wideOf(x, from).nearest(scalar),
      from === 64 ? F64 : F32,
    );
    const fits = wideOf(x, from).lt(whole(), wideOf(x, from).const(2 ** 63));
    const saturated = w.i64.trunc_s_sat[named(from)](whole());
    x.setGpr(inst.r0 >> 3, w.select(fits, saturated, constI64(w, -(2n ** 63n))));
  };
}

/** dst = f(src), where src is `bits` wide. */
function vector(bits: 64 | 128, op: (x: Lower, value: Expr) => Expr): Lowering {
  return (x, inst) => {
    x.float = true;
    x.xmm.set(inst.r0, op(x, bits === 64 ? sourceLow(x, inst, 64) : source(x, inst)));
  };
}

/** cvtss2sd, cvtsd2ss */
function toScalar(to: Bits, from: Bits, op: (x: Lower) => (value: Expr) => Expr): Lowering {
  return (x, inst) => {
    x.float = true;
    x.xmm.setLow(inst.r0, to, op(x)(sourceLow(x, inst, from)));
  };
}

/** Rounding of roundss & co.: imm[1:0], or MXCSR's (to nearest) with imm[2]. */
function modeOf(inst: Inst): 'nearest' | 'floor' | 'ceil' | 'trunc' {
  const imm = imm8(inst);
  return (imm & 4) !== 0 ? 'nearest' : (['nearest', 'floor', 'ceil', 'trunc'] as const)[imm & 3];
}

function roundScalar(bits: Bits): Lowering {
  return (x, inst) => {
    x.float = true;
    x.xmm.setLow(inst.r0, bits, lanesOf(x, bits)[modeOf(inst)](sourceLow(x, inst, bits)));
  };
}

function roundLanes(bits: Bits): Lowering {
  return (x, inst) => {
    x.float = true;
    x.xmm.set(inst.r0, lanesOf(x, bits)[modeOf(inst)](source(x, inst)));
  };
}

// biome-ignore format: aligned rows
export const convert: Record<string, Lowering> = {
  CVTSI2SS_X_R32:  fromInt(32, 32),      CVTSI2SS_X_R64:  fromInt(32, 64),
  CVTSI2SD_X_R32:  fromInt(64, 32),      CVTSI2SD_X_R64:  fromInt(64, 64),
  CVTSS2SI_R32_X:  toInt(32, 32, false), CVTSS2SI_R64_X:  toInt(32, 64, false),
  CVTSD2SI_R32_X:  toInt(64, 32, false), CVTSD2SI_R64_X:  toInt(64, 64, false),
  CVTTSS2SI_R32_X: toInt(32, 32, true),  CVTTSS2SI_R64_X: toInt(32, 64, true),
  CVTTSD2SI_R32_X: toInt(64, 32, true),  CVTTSD2SI_R64_X: toInt(64, 64, true),
  CVTSS2SD:  toScalar(64, 32, (x) => x.w.f64x2.promote_low_f32x4),
  CVTSD2SS:  toScalar(32, 64, (x) => x.w.f32x4.demote_f64x2_zero),
  CVTPS2PD:  vector(64,  (x, v) => x.w.f64x2.promote_low_f32x4(v)),
  CVTPD2PS:  vector(128, (x, v) => x.w.f32x4.demote_f64x2_zero(v)),
  CVTDQ2PS:  vector(128, (x, v) => x.w.f32x4.convert_i32x4_s(v)),
  CVTDQ2PD:  vector(64,  (x, v) => x.w.f64x2.convert_low_i32x4_s(v)),
  CVTPS2DQ:  vector(128, (x, v) => toDwords(x, 32, v, false)),
  CVTTPS2DQ: vector(128, (x, v) => toDwords(x, 32, v, true)),
  CVTPD2DQ:  vector(128, (x, v) => toDwords(x, 64, v, false)),
  CVTTPD2DQ: vector(128, (x, v) => toDwords(x, 64, v, true)),
  ROUNDSS:   roundScalar(32),  ROUNDSD: roundScalar(64),  ROUNDPS: roundLanes(32),  ROUNDPD: roundLanes(64),
};
