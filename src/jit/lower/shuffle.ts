// Vector instructions that move lanes about: unpack, shuffle, blend, insert, extract, widen.
import type { Inst } from '../region/inst.ts';
import { type Expr, GUEST, relaxed, V128 } from '../wasm/builder.ts';
import type { Lower, Lowering } from './lower.ts';
import {
  byteLanes,
  imm8,
  isMem,
  packed,
  packedTwice,
  source,
  sourceGpr,
  sourceLow,
  zero,
} from './xmm.ts';

/** Lane numbers of an immediate with 2 bits for each of four. */
const selectors = (imm: number): number[] => [0, 1, 2, 3].map((i) => (imm >> (i * 2)) & 3);

/** Lanes of (dst, src) interleaved in units of `size` bytes, from the low or the high half. */
function unpack(size: number, high: boolean): Lowering {
  const half = 8 / size;
  const lanes = Array.from({ length: half }, (_, i) => i + (high ? half : 0));
  const mask = byteLanes(
    lanes.flatMap((lane) => [lane, lane + 2 * half]),
    size,
  );
  return packed((x) => (a, b) => x.w.i8x16.shuffle(a, b, mask));
}

/** One source, lanes of `size` bytes picked by number. */
function pick(size: number, lanes: (imm: number) => number[]): Lowering {
  return (x, inst) => {
    const value = x.keep(source(x, inst), V128);
    x.xmm.set(inst.r0, x.w.i8x16.shuffle(value(), value(), byteLanes(lanes(imm8(inst)), size)));
  };
}

/** Two sources: dst is lanes 0 …, src the lanes behind. */
function pickTwo(size: number, lanes: (imm: number) => number[]): Lowering {
  return (x, inst) => {
    const b = source(x, inst);
    x.xmm.set(
      inst.r0,
      x.w.i8x16.shuffle(x.xmm.get(inst.r0), b, byteLanes(lanes(imm8(inst)), size)),
    );
  };
}

/** psrldq, pslldq. */
function byteShift(left: boolean): Lowering {
  return (x, inst) => {
    const n = Math.min(imm8(inst), 16);
    const mask = Array.from({ length: 16 }, (_, i) => {
      const from = left ? i - n : i + n;
      return from >= 0 && from < 16 ? from : 16;
    });
    x.xmm.set(inst.r0, x.w.i8x16.shuffle(x.xmm.get(inst.r0), zero(x), mask));
  };
}

/** palignr: 16 bytes from byte imm of dst:src on (src is low), zeros behind. */
const palignr = packedTwice((x, a, b, imm) => {
  if (imm >= 32) return zero(x);
  const bytes = Array.from({ length: 16 }, (_, i) => i + imm);
  if (imm <= 16) return x.w.i8x16.shuffle(b(), a(), bytes);
  return x.w.i8x16.shuffle(
    a(),
    zero(x),
    bytes.map((n) => Math.min(n - 16, 16)),
  );
});

/** Blends by an immediate: lane i from src where bit i is 1. */
function blendBy(size: number): Lowering {
  const count = 16 / size;
  return pickTwo(size, (imm) =>
    Array.from({ length: count }, (_, i) => ((imm >> i) & 1 ? i + count : i)),
  );
}

/** Blends by the sign bits of xmm0's lanes. */
function blendBySign(shape: 'i8x16' | 'i32x4' | 'i64x2', signBit: number): Lowering {
  return packedTwice((x, a, b) => {
    const mask = x.w[shape].shr_s(x.xmm.get(0), x.w.i32.const(signBit));
    return x.w.v128.bitselect(b(), a(), mask);
  });
}

type Shape = 'i8x16' | 'i16x8' | 'i32x4' | 'i64x2';
const SHAPES: Record<number, Shape> = { 8: 'i8x16', 16: 'i16x8', 32: 'i32x4', 64: 'i64x2' };

/** A lane of register r1, zero-extended to i32 (or i64 of 64 bits). */
function lane(x: Lower, inst: Inst, bits: number): Expr {
  const { w } = x;
  const n = imm8(inst) & (128 / bits - 1);
  const value = x.xmm.get(inst.r1);
  if (bits === 8) return w.i8x16.extract_lane_u(value, n);
  if (bits === 16) return w.i16x8.extract_lane_u(value, n);
  return bits === 32 ? w.i32x4.extract_lane(value, n) : w.i64x2.extract_lane(value, n);
}

function extract(bits: number): Lowering {
  return (x, inst) => {
    if (isMem(inst)) return x.store(bits, x.address(inst), lane(x, inst, bits));
    if (bits === 64) return x.setGpr(inst.r0 >> 3, lane(x, inst, bits));
    x.setReg(inst.r0, 32, lane(x, inst, bits));
  };
}

function insert(bits: number): Lowering {
  return (x, inst) => {
    const n = imm8(inst) & (128 / bits - 1);
    const value = sourceGpr(x, inst, bits);
    x.xmm.set(inst.r0, x.w[SHAPES[bits]].replace_lane(x.xmm.get(inst.r0), n, value));
  };
}

/** insertps: lane imm[7:6] of the source to lane imm[5:4], then lanes of imm[3:0] cleared. */
const insertps: Lowering = (x, inst) => {
  const imm = imm8(inst);
  const from = isMem(inst) ? 0 : imm >> 6;
  const to = (imm >> 4) & 3;
  const lanes = [0, 1, 2, 3].map((i) => (i === to ? 4 + from : i));
  const b = isMem(inst) ? sourceLow(x, inst, 32) : x.xmm.get(inst.r1);
  const merged = x.w.i8x16.shuffle(x.xmm.get(inst.r0), b, byteLanes(lanes, 4));
  const kept = [0, 1, 2, 3].map((i) => ((imm >> i) & 1 ? 4 : i));
  x.xmm.set(
    inst.r0,
    (imm & 15) === 0 ? merged : x.w.i8x16.shuffle(merged, zero(x), byteLanes(kept, 4)),
  );
};

/** pmovsx*, pmovzx*: lanes of `from` bits widened to `to`, step by step. */
function widen(from: 8 | 16 | 32, to: 16 | 32 | 64, sign: 's' | 'u'): Lowering {
  return (x, inst) => {
    const { w } = x;
    let value = sourceLow(x, inst, ((128 / to) * from) as 16 | 32 | 64);
    for (let bits: number = from; bits < to; bits *= 2) {
      if (bits === 8) value = w.i16x8[`extend_low_i8x16_${sign}`](value);
      else if (bits === 16) value = w.i32x4[`extend_low_i16x8_${sign}`](value);
      else value = w.i64x2[`extend_low_i32x4_${sign}`](value);
    }
    x.xmm.set(inst.r0, value);
  };
}

/** pshufb: index bytes with bit 7 give 0, else the low 4 bits count. */
const pshufb = packed(
  (x) => (a, b) =>
    x.host.relaxed
      ? relaxed(x.w, 'RelaxedSwizzleVecI8x16', a, b)
      : x.w.i8x16.swizzle(a, x.w.v128.and(b, x.w.i8x16.splat(x.w.i32.const(0x8f)))),
);

const movddup: Lowering = (x, inst) => {
  const { w } = x;
  if (isMem(inst)) return x.xmm.set(inst.r0, w.v128.load64_splat(0, 1, x.address(inst), GUEST));
  const value = x.keep(x.xmm.get(inst.r1), V128);
  x.xmm.set(inst.r0, w.i8x16.shuffle(value(), value(), byteLanes([0, 0], 8)));
};

const quarter = (x: Lower, inst: Inst, to: 0 | 1, from: 0 | 1): void => {
  const lanes = [0, 1].map((i) => (i === to ? 2 + from : i));
  const mask = byteLanes(lanes, 8);
  x.xmm.set(inst.r0, x.w.i8x16.shuffle(x.xmm.get(inst.r0), x.xmm.get(inst.r1), mask));
};

// biome-ignore format: aligned rows
export const shuffles: Record<string, Lowering> = {
  PUNPCKLBW: unpack(1, false),  PUNPCKHBW: unpack(1, true),  PUNPCKLWD: unpack(2, false),  PUNPCKHWD: unpack(2, true),
  PUNPCKLDQ: unpack(4, false),  PUNPCKHDQ: unpack(4, true),  PUNPCKLQDQ: unpack(8, false), PUNPCKHQDQ: unpack(8, true),
  PSHUFD:   pick(4, selectors),
  PSHUFLW:  pick(2, (imm) => [...selectors(imm), 4, 5, 6, 7]),
  PSHUFHW:  pick(2, (imm) => [0, 1, 2, 3, ...selectors(imm).map((n) => n + 4)]),
  MOVSLDUP: pick(4, () => [0, 0, 2, 2]),
  MOVSHDUP: pick(4, () => [1, 1, 3, 3]),
  MOVDDUP:  movddup,
  MOVHLPS:  (x, inst) => quarter(x, inst, 0, 1),
  MOVLHPS:  (x, inst) => quarter(x, inst, 1, 0),
  SHUFPS:   pickTwo(4, (imm) => selectors(imm).map((n, i) => (i < 2 ? n : n + 4))),
  SHUFPD:   pickTwo(8, (imm) => [imm & 1, 2 + ((imm >> 1) & 1)]),
  PBLENDW:  blendBy(2),         BLENDPS: blendBy(4),         BLENDPD: blendBy(8),
  PBLENDVB: blendBySign('i8x16', 7), BLENDVPS: blendBySign('i32x4', 31), BLENDVPD: blendBySign('i64x2', 63),
  PSRLDQ:   byteShift(false),   PSLLDQ: byteShift(true),     PALIGNR: palignr,             PSHUFB: pshufb,
  PEXTRB:   extract(8),         PEXTRW: extract(16),         PEXTRD:  extract(32),         PEXTRQ: extract(64),
  PINSRB:   insert(8),          PINSRW: insert(16),          PINSRD:  insert(32),          PINSRQ: insert(64),
  INSERTPS: insertps,
  PMOVSXBW: widen(8, 16, 's'),  PMOVSXBD: widen(8, 32, 's'), PMOVSXBQ: widen(8, 64, 's'),
  PMOVSXWD: widen(16, 32, 's'), PMOVSXWQ: widen(16, 64, 's'), PMOVSXDQ: widen(32, 64, 's'),
  PMOVZXBW: widen(8, 16, 'u'),  PMOVZXBD: widen(8, 32, 'u'), PMOVZXBQ: widen(8, 64, 'u'),
  PMOVZXWD: widen(16, 32, 'u'), PMOVZXWQ: widen(16, 64, 'u'), PMOVZXDQ: widen(32, 64, 'u'),
};
