// SSE moves, logic, packed integers and shuffles: what wasm's v128 does bit for bit as the processor. Floating-point
// arithmetic is the interpreter's: it keeps MXCSR's exception flags.
import { INST_MEM } from '../../../assembly/shared/inst.ts';
import type { Inst } from '../region/inst.ts';
import { constI64, type Expr, GUEST, I32, V128 } from '../wasm/builder.ts';
import type { Lower, Lowering } from './lower.ts';

const isMem = (inst: Inst): boolean => (inst.flags & INST_MEM) !== 0;

const load128 = (x: Lower, address: Expr): Expr => x.w.v128.load(0, 1, address, GUEST);

/** Address of an operand that must be 16-byte aligned (else #GP, which the interpreter raises). */
function alignedAddress(x: Lower, inst: Inst): () => Expr {
  const at = x.keep(x.address(inst), I32);
  const good = x.w.i32.eqz(x.w.i32.and(at(), x.w.i32.const(15)));
  x.interpretUnless(good, inst, () => {});
  return at;
}

/** The second operand, all 16 bytes. */
function source(x: Lower, inst: Inst): Expr {
  return isMem(inst) ? load128(x, alignedAddress(x, inst)()) : x.xmm(inst.r1);
}

const zero = (x: Lower): Expr => x.w.i64x2.splat(constI64(x.w, 0));

/** movaps movdqa movups movdqu … */
function move(aligned: boolean): Lowering {
  return (x, inst) => {
    if (!isMem(inst)) return x.setXmm(inst.r0, x.xmm(inst.r1));
    const at = aligned ? alignedAddress(x, inst)() : x.address(inst);
    if (inst.op.form === 'M') x.push(x.w.v128.store(0, 1, at, x.xmm(inst.r1), GUEST));
    else x.setXmm(inst.r0, load128(x, at));
  };
}

/** movss, movsd: a load clears the upper part, a register move keeps it. */
function scalar(bits: 32 | 64): Lowering {
  return (x, inst) => {
    const { w } = x;
    if (inst.op.form === 'M') {
      const value =
        bits === 64
          ? w.i64x2.extract_lane(x.xmm(inst.r1), 0)
          : w.i32x4.extract_lane(x.xmm(inst.r1), 0);
      return x.store(bits, x.address(inst), value);
    }
    if (isMem(inst)) {
      const at = x.address(inst);
      return x.setXmm(
        inst.r0,
        bits === 64 ? w.v128.load64_zero(0, 1, at, GUEST) : w.v128.load32_zero(0, 1, at, GUEST),
      );
    }
    const low = bits === 64 ? lanes(x, [0, 1, 2, 3, 4, 5, 6, 7], 8) : lanes(x, [0, 1, 2, 3], 4);
    x.setXmm(inst.r0, w.i8x16.shuffle(x.xmm(inst.r1), x.xmm(inst.r0), low));
  };
}

/** Lanes of a shuffle: those given from the first operand, the rest in place from the second. */
function lanes(_x: Lower, first: number[], from: number): number[] {
  return Array.from({ length: 16 }, (_, i) => (i < from ? first[i] : 16 + i));
}

/** movq xmm, xmm/m64 and movq m64, xmm: the upper half is cleared. */
const movq: Lowering = (x, inst) => {
  const { w } = x;
  if (inst.op.form === 'M')
    return x.store(64, x.address(inst), w.i64x2.extract_lane(x.xmm(inst.r1), 0));
  if (isMem(inst)) return x.setXmm(inst.r0, w.v128.load64_zero(0, 1, x.address(inst), GUEST));
  x.setXmm(inst.r0, w.i64x2.replace_lane(zero(x), 0, w.i64x2.extract_lane(x.xmm(inst.r1), 0)));
};

const movd: Lowering = (x, inst) => {
  const { w } = x;
  x.store(32, x.address(inst), w.i32x4.extract_lane(x.xmm(inst.r1), 0));
};

/** movlps, movhps with memory: one half. */
function half(lane: 0 | 1): Lowering {
  return (x, inst) => {
    const { w } = x;
    if (inst.op.form === 'M')
      return x.store(64, x.address(inst), w.i64x2.extract_lane(x.xmm(inst.r1), lane));
    x.setXmm(inst.r0, w.i64x2.replace_lane(x.xmm(inst.r0), lane, x.load(64, x.address(inst))));
  };
}

type Binary = (a: Expr, b: Expr) => Expr;

/** dst = op(dst, src) */
function packed(op: (x: Lower) => Binary): Lowering {
  return (x, inst) => {
    const b = x.keep(source(x, inst), V128);
    x.setXmm(inst.r0, op(x)(x.xmm(inst.r0), b()));
  };
}

/** x ^ x and x == x do not depend on x. */
function independent(op: (x: Lower) => Binary, value: (x: Lower) => Expr): Lowering {
  const general = packed(op);
  return (x, inst) => {
    if (isMem(inst) || inst.r0 !== inst.r1) return general(x, inst);
    x.setXmm(inst.r0, value(x));
  };
}

const ones = (x: Lower): Expr => x.w.i64x2.splat(constI64(x.w, -1));

/** Bytes of (dst, src) interleaved in units of `size`, from the low or the high half. */
function unpack(size: number, high: boolean): Lowering {
  const mask: number[] = [];
  for (let at = high ? 8 : 0; mask.length < 16; at += size) {
    for (const operand of [0, 16]) for (let i = 0; i < size; i++) mask.push(operand + at + i);
  }
  return packed((x) => (a, b) => x.w.i8x16.shuffle(a, b, mask));
}

const pshufd: Lowering = (x, inst) => {
  const imm = Number(inst.imm) & 0xff;
  const mask: number[] = [];
  for (let i = 0; i < 4; i++) for (let b = 0; b < 4; b++) mask.push(((imm >> (i * 2)) & 3) * 4 + b);
  const value = x.keep(source(x, inst), V128);
  x.setXmm(inst.r0, x.w.i8x16.shuffle(value(), value(), mask));
};

const shufps: Lowering = (x, inst) => {
  const imm = Number(inst.imm) & 0xff;
  const mask: number[] = [];
  for (let i = 0; i < 4; i++) {
    const lane = (imm >> (i * 2)) & 3;
    for (let b = 0; b < 4; b++) mask.push((i < 2 ? 0 : 16) + lane * 4 + b);
  }
  const value = x.keep(source(x, inst), V128);
  x.setXmm(inst.r0, x.w.i8x16.shuffle(x.xmm(inst.r0), value(), mask));
};

/** psrldq, pslldq. */
function byteShift(left: boolean): Lowering {
  return (x, inst) => {
    const n = Math.min(Number(inst.imm) & 0xff, 16);
    const mask = Array.from({ length: 16 }, (_, i) => {
      const from = left ? i - n : i + n;
      return from >= 0 && from < 16 ? from : 16;
    });
    x.setXmm(inst.r0, x.w.i8x16.shuffle(x.xmm(inst.r0), zero(x), mask));
  };
}

/** psllw … by a constant; a count beyond the lane clears it (or fills it with signs). Counts in registers: interpreter. */
function laneShift(bits: 16 | 32 | 64, kind: 'shl' | 'shr_u' | 'shr_s'): Lowering {
  return (x, inst) => {
    if (inst.op.form !== 'I') return x.interpret(inst);
    const n = Number(inst.imm) & 0xff;
    if (n >= bits && kind !== 'shr_s') return x.setXmm(inst.r0, zero(x));
    const { w } = x;
    const shape = bits === 16 ? w.i16x8 : bits === 32 ? w.i32x4 : w.i64x2;
    x.setXmm(inst.r0, shape[kind](x.xmm(inst.r0), w.i32.const(Math.min(n, bits - 1))));
  };
}

// biome-ignore format: aligned rows
export const vectors: Record<string, Lowering> = {
  MOVAPS: move(true),    MOVUPS: move(false),   MOVSS: scalar(32),      MOVSD: scalar(64),
  MOVQ: movq,            MOVD: movd,            MOVLPS: half(0),        MOVHPS: half(1),
  MOVD_X_R32: (x, i) => x.setXmm(i.r0, isMem(i)
    ? x.w.v128.load32_zero(0, 1, x.address(i), GUEST)
    : x.w.i32x4.replace_lane(zero(x), 0, x.reg(i.r1, 32))),
  MOVQ_X_R64: (x, i) => x.setXmm(i.r0, x.w.i64x2.replace_lane(zero(x), 0, x.gpr(i.r1 >> 3))),
  MOVD_R32_X: (x, i) => x.setReg(i.r0, 32, x.w.i32x4.extract_lane(x.xmm(i.r1), 0)),
  MOVQ_R64_X: (x, i) => x.setGpr(i.r0 >> 3, x.w.i64x2.extract_lane(x.xmm(i.r1), 0)),
  MOVHLPS: (x, i) => x.setXmm(i.r0, x.w.i64x2.replace_lane(x.xmm(i.r0), 0, x.w.i64x2.extract_lane(x.xmm(i.r1), 1))),
  MOVLHPS: (x, i) => x.setXmm(i.r0, x.w.i64x2.replace_lane(x.xmm(i.r0), 1, x.w.i64x2.extract_lane(x.xmm(i.r1), 0))),
  PMOVMSKB: (x, i) => x.setReg(i.r0, 32, x.w.i8x16.bitmask(x.xmm(i.r1))),
  PAND: packed((x) => x.w.v128.and),       POR: packed((x) => x.w.v128.or),
  PXOR: independent((x) => x.w.v128.xor, zero),
  PANDN: packed((x) => (a, b) => x.w.v128.andnot(b, a)),
  PADDB: packed((x) => x.w.i8x16.add),     PADDW: packed((x) => x.w.i16x8.add),
  PADDD: packed((x) => x.w.i32x4.add),     PADDQ: packed((x) => x.w.i64x2.add),
  PSUBB: packed((x) => x.w.i8x16.sub),     PSUBW: packed((x) => x.w.i16x8.sub),
  PSUBD: packed((x) => x.w.i32x4.sub),     PSUBQ: packed((x) => x.w.i64x2.sub),
  PCMPEQB: independent((x) => x.w.i8x16.eq, ones),  PCMPEQW: independent((x) => x.w.i16x8.eq, ones),
  PCMPEQD: independent((x) => x.w.i32x4.eq, ones),
  PCMPGTB: packed((x) => x.w.i8x16.gt_s),  PCMPGTW: packed((x) => x.w.i16x8.gt_s),
  PCMPGTD: packed((x) => x.w.i32x4.gt_s),
  PMINUB: packed((x) => x.w.i8x16.min_u),  PMAXUB: packed((x) => x.w.i8x16.max_u),
  PMINSW: packed((x) => x.w.i16x8.min_s),  PMAXSW: packed((x) => x.w.i16x8.max_s),
  PMULLW: packed((x) => x.w.i16x8.mul),    PMADDWD: packed((x) => x.w.i32x4.dot_i16x8_s),
  PUNPCKLBW: unpack(1, false),  PUNPCKHBW: unpack(1, true),  PUNPCKLWD: unpack(2, false),  PUNPCKHWD: unpack(2, true),
  PUNPCKLDQ: unpack(4, false),  PUNPCKHDQ: unpack(4, true),  PUNPCKLQDQ: unpack(8, false), PUNPCKHQDQ: unpack(8, true),
  PSHUFD: pshufd,               SHUFPS: shufps,              PSRLDQ: byteShift(false),     PSLLDQ: byteShift(true),
  PSLLW: laneShift(16, 'shl'),  PSRLW: laneShift(16, 'shr_u'), PSRAW: laneShift(16, 'shr_s'),
  PSLLD: laneShift(32, 'shl'),  PSRLD: laneShift(32, 'shr_u'), PSRAD: laneShift(32, 'shr_s'),
  PSLLQ: laneShift(64, 'shl'),  PSRLQ: laneShift(64, 'shr_u'),
};
