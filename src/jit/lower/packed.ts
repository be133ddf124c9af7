// Packed integer arithmetic. Where WebAssembly has no instruction of the same meaning, it is made of a few
// (as in assembly/sse/integer.ts, which the interpreter uses).
import { constI64, type Expr, I32, I64, V128 } from '../wasm/builder.ts';
import type { Lower, Lowering } from './lower.ts';
import { byteLanes, imm8, packed, packedTwice, source, unary, zero } from './xmm.ts';

const even = (x: Lower, size: number, a: Expr, b: Expr): Expr => everySecond(x, size, 0, a, b);
const odd = (x: Lower, size: number, a: Expr, b: Expr): Expr => everySecond(x, size, 1, a, b);

function everySecond(x: Lower, size: number, first: 0 | 1, a: Expr, b: Expr): Expr {
  const lanes = Array.from({ length: 16 / size }, (_, i) => 2 * i + first);
  return x.w.i8x16.shuffle(a, b, byteLanes(lanes, size));
}

const splat64 = (x: Lower, value: number | bigint): Expr => x.w.i64x2.splat(constI64(x.w, value));

const c32 = (x: Lower, value: number): Expr => x.w.i32.const(value);

/** Upper halves of the products of words. */
function highWords(sign: 's' | 'u'): Lowering {
  return packedTwice((x, a, b) => {
    const low = x.w.i32x4[`extmul_low_i16x8_${sign}`](a(), b());
    return odd(x, 2, low, x.w.i32x4[`extmul_high_i16x8_${sign}`](a(), b()));
  });
}

/** 64-bit products of the even dwords. On x86-64 the engine has just this, but no way to ask for it. */
const pmuludq = packedTwice((x, a, b) => {
  const { i64x2, v128 } = x.w;
  const mask = () => splat64(x, 0xffffffff);
  return i64x2.mul(v128.and(a(), mask()), v128.and(b(), mask()));
});

const pmuldq = packedTwice((x, a, b) =>
  x.w.i64x2.extmul_low_i32x4_s(even(x, 4, a(), a()), even(x, 4, b(), b())),
);

/** Rounded upper halves; 0x8000 × 0x8000 stays 0x8000, where WebAssembly saturates. */
const pmulhrsw = packedTwice((x, a, b) => {
  const { i16x8, v128 } = x.w;
  const lowest = () => i16x8.splat(c32(x, -0x8000));
  const both = v128.and(i16x8.eq(a(), lowest()), i16x8.eq(b(), lowest()));
  return v128.xor(i16x8.q15mulr_sat_s(a(), b()), both);
});

/** Unsigned bytes of dst times signed bytes of src, neighbours added with signed saturation. */
const pmaddubsw = packedTwice((x, a, b) => {
  const { i16x8, v128 } = x.w;
  const eight = () => c32(x, 8);
  const low = i16x8.mul(
    v128.and(a(), i16x8.splat(c32(x, 0xff))),
    i16x8.shr_s(i16x8.shl(b(), eight()), eight()),
  );
  const high = i16x8.mul(i16x8.shr_u(a(), eight()), i16x8.shr_s(b(), eight()));
  return i16x8.add_saturate_s(low, high);
});

/** Sums of absolute byte differences, one for each 8 bytes. */
const psadbw = packedTwice((x, a, b) => {
  const { i8x16, i16x8, i32x4, i64x2, v128 } = x.w;
  const distance = i8x16.sub(i8x16.max_u(a(), b()), i8x16.min_u(a(), b()));
  const words = i16x8.extadd_pairwise_i8x16_u(distance);
  const dwords = x.keep(i32x4.extadd_pairwise_i16x8_u(words), V128);
  return i64x2.add(v128.and(dwords(), splat64(x, 0xffffffff)), i64x2.shr_u(dwords(), c32(x, 32)));
});

/** phadd*, phsub*: neighbours of dst, then of src. */
function horizontal(size: 2 | 4, op: (x: Lower) => (a: Expr, b: Expr) => Expr): Lowering {
  return packedTwice((x, a, b) => op(x)(even(x, size, a(), b()), odd(x, size, a(), b())));
}

/** psign*: dst negated where src is negative, cleared where it is 0. */
function sign(shape: 'i8x16' | 'i16x8' | 'i32x4'): Lowering {
  return packedTwice((x, a, b) => {
    const { v128 } = x.w;
    const lanes = x.w[shape];
    const negative = x.keep(lanes.lt_s(b(), zero(x)), V128);
    const negated = lanes.sub(v128.xor(a(), negative()), negative());
    return v128.andnot(negated, lanes.eq(b(), zero(x)));
  });
}

/** Shifts by an immediate or by the low 64 bits of src; beyond the lane it is cleared, or filled with signs. */
function shift(bits: 16 | 32 | 64, kind: 'shl' | 'shr_u' | 'shr_s'): Lowering {
  return (x, inst) => {
    const { w } = x;
    const shape = bits === 16 ? w.i16x8 : bits === 32 ? w.i32x4 : w.i64x2;
    if (inst.op.form === 'I') {
      const n = imm8(inst);
      if (n >= bits && kind !== 'shr_s') return x.xmm.set(inst.r0, zero(x));
      return x.xmm.set(
        inst.r0,
        shape[kind](x.xmm.get(inst.r0), w.i32.const(Math.min(n, bits - 1))),
      );
    }
    const wide = x.keep(w.i64x2.extract_lane(source(x, inst), 0), I64);
    const inside = x.keep(w.i64.lt_u(wide(), constI64(w, bits)), I32);
    const count = w.i32.wrap(wide());
    if (kind === 'shr_s') {
      const most = w.select(inside(), count, w.i32.const(bits - 1));
      return x.xmm.set(inst.r0, shape.shr_s(x.xmm.get(inst.r0), most));
    }
    const shifted = shape[kind](x.xmm.get(inst.r0), count);
    x.xmm.set(inst.r0, w.v128.and(shifted, w.i32x4.splat(w.i32.sub(w.i32.const(0), inside()))));
  };
}

// biome-ignore format: aligned rows
export const packedIntegers: Record<string, Lowering> = {
  PADDB: packed((x) => x.w.i8x16.add),    PADDW: packed((x) => x.w.i16x8.add),
  PADDD: packed((x) => x.w.i32x4.add),    PADDQ: packed((x) => x.w.i64x2.add),
  PSUBB: packed((x) => x.w.i8x16.sub),    PSUBW: packed((x) => x.w.i16x8.sub),
  PSUBD: packed((x) => x.w.i32x4.sub),    PSUBQ: packed((x) => x.w.i64x2.sub),
  PADDSB: packed((x) => x.w.i8x16.add_saturate_s),  PADDUSB: packed((x) => x.w.i8x16.add_saturate_u),
  PADDSW: packed((x) => x.w.i16x8.add_saturate_s),  PADDUSW: packed((x) => x.w.i16x8.add_saturate_u),
  PSUBSB: packed((x) => x.w.i8x16.sub_saturate_s),  PSUBUSB: packed((x) => x.w.i8x16.sub_saturate_u),
  PSUBSW: packed((x) => x.w.i16x8.sub_saturate_s),  PSUBUSW: packed((x) => x.w.i16x8.sub_saturate_u),
  PCMPGTB: packed((x) => x.w.i8x16.gt_s), PCMPGTW: packed((x) => x.w.i16x8.gt_s),
  PCMPGTD: packed((x) => x.w.i32x4.gt_s), PCMPGTQ: packed((x) => x.w.i64x2.gt_s),
  PMINSB: packed((x) => x.w.i8x16.min_s), PMAXSB: packed((x) => x.w.i8x16.max_s),
  PMINUB: packed((x) => x.w.i8x16.min_u), PMAXUB: packed((x) => x.w.i8x16.max_u),
  PMINSW: packed((x) => x.w.i16x8.min_s), PMAXSW: packed((x) => x.w.i16x8.max_s),
  PMINUW: packed((x) => x.w.i16x8.min_u), PMAXUW: packed((x) => x.w.i16x8.max_u),
  PMINSD: packed((x) => x.w.i32x4.min_s), PMAXSD: packed((x) => x.w.i32x4.max_s),
  PMINUD: packed((x) => x.w.i32x4.min_u), PMAXUD: packed((x) => x.w.i32x4.max_u),
  PAVGB: packed((x) => x.w.i8x16.avgr_u), PAVGW: packed((x) => x.w.i16x8.avgr_u),
  PABSB: unary((x) => x.w.i8x16.abs),    PABSW: unary((x) => x.w.i16x8.abs),    PABSD: unary((x) => x.w.i32x4.abs),
  PMULLW: packed((x) => x.w.i16x8.mul),   PMULLD: packed((x) => x.w.i32x4.mul),   PMADDWD: packed((x) => x.w.i32x4.dot_i16x8_s),
  PMULHW: highWords('s'),  PMULHUW: highWords('u'),  PMULUDQ: pmuludq,  PMULDQ: pmuldq,
  PMULHRSW: pmulhrsw,      PMADDUBSW: pmaddubsw,     PSADBW: psadbw,
  PACKSSWB: packed((x) => x.w.i8x16.narrow_i16x8_s),  PACKUSWB: packed((x) => x.w.i8x16.narrow_i16x8_u),
  PACKSSDW: packed((x) => x.w.i16x8.narrow_i32x4_s),  PACKUSDW: packed((x) => x.w.i16x8.narrow_i32x4_u),
  PHADDW: horizontal(2, (x) => x.w.i16x8.add),  PHADDSW: horizontal(2, (x) => x.w.i16x8.add_saturate_s),
  PHSUBW: horizontal(2, (x) => x.w.i16x8.sub),  PHSUBSW: horizontal(2, (x) => x.w.i16x8.sub_saturate_s),
  PHADDD: horizontal(4, (x) => x.w.i32x4.add),  PHSUBD: horizontal(4, (x) => x.w.i32x4.sub),
  PSIGNB: sign('i8x16'),        PSIGNW: sign('i16x8'),         PSIGND: sign('i32x4'),
  PSLLW: shift(16, 'shl'),      PSRLW: shift(16, 'shr_u'),     PSRAW: shift(16, 'shr_s'),
  PSLLD: shift(32, 'shl'),      PSRLD: shift(32, 'shr_u'),     PSRAD: shift(32, 'shr_s'),
  PSLLQ: shift(64, 'shl'),      PSRLQ: shift(64, 'shr_u'),
};
