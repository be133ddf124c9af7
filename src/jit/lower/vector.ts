// SSE moves and logic, and the table of all vector lowerings. Alignment is checked where it can be wrong.
import type { Inst } from '../region/inst.ts';
import { type Expr, GUEST, V128 } from '../wasm/builder.ts';
import { convert } from './convert.ts';
import { float } from './float.ts';
import type { Lower, Lowering } from './lower.ts';
import { packedIntegers } from './packed.ts';
import { shuffles } from './shuffle.ts';
import { strings } from './string.ts';
import {
  alignedAddress,
  type Binary,
  isMem,
  load128,
  ones,
  packed,
  source,
  sourceLow,
  zero,
} from './xmm.ts';

/** movaps movdqa movups movdqu … */
function move(aligned: boolean): Lowering {
  return (x, inst) => {
    if (!isMem(inst)) return x.xmm.copy(inst.r0, inst.r1);
    const at = aligned ? alignedAddress(x, inst) : x.address(inst);
    if (inst.op.form === 'M') x.push(x.w.v128.store(0, 1, at, x.xmm.get(inst.r1), GUEST));
    else x.xmm.set(inst.r0, load128(x, at));
  };
}

/** movss, movsd: a load clears the upper part, a register move keeps it. */
function scalar(bits: 32 | 64): Lowering {
  return (x, inst) => {
    if (inst.op.form === 'M') return x.xmm.storeScalar(bits, x.address(inst), inst.r1);
    if (isMem(inst)) return x.xmm.loadScalar(bits, inst.r0, x.address(inst));
    x.xmm.setLow(inst.r0, bits, x.xmm.low(inst.r1, bits));
  };
}

/** movq xmm, xmm/m64 and movq m64, xmm: the upper half is cleared. */
const movq: Lowering = (x, inst) => {
  const { w } = x;
  if (inst.op.form === 'M') return x.xmm.storeScalar(64, x.address(inst), inst.r1);
  if (isMem(inst)) return x.xmm.loadScalar(64, inst.r0, x.address(inst));
  x.xmm.set(
    inst.r0,
    w.i64x2.replace_lane(zero(x), 0, w.i64x2.extract_lane(x.xmm.low(inst.r1, 64), 0)),
  );
};

/** movlps, movhps with memory: one half. */
function half(lane: 0 | 1): Lowering {
  return (x, inst) => {
    const { w } = x;
    const at = x.address(inst);
    if (inst.op.form === 'M')
      x.push(w.v128.store64_lane(0, 1, lane, at, x.xmm.get(inst.r1), GUEST));
    else x.xmm.set(inst.r0, w.v128.load64_lane(0, 1, lane, at, x.xmm.get(inst.r0), GUEST));
  };
}

/** x ^ x and x == x do not depend on x. */
function independent(op: (x: Lower) => Binary, value: (x: Lower) => Expr): Lowering {
  const general = packed(op);
  return (x, inst) => {
    if (isMem(inst) || inst.r0 !== inst.r1) return general(x, inst);
    x.xmm.set(inst.r0, value(x));
  };
}

/** ptest: ZF when src & dst is 0, CF when src & ~dst is. */
const ptest: Lowering = (x, inst) => {
  const { w } = x;
  const src = x.keep(source(x, inst), V128);
  const dst = x.xmm.get(inst.r0);
  x.flags.setFormed((hold) => {
    const a = hold(dst, V128);
    const b = hold(src(), V128);
    const none = (value: Expr) => w.i32.eqz(w.v128.any_true(value));
    const zf = () => none(w.v128.and(a(), b()));
    const cf = () => none(w.v128.andnot(b(), a()));
    return (code) => {
      if (code === 2) return cf();
      if (code === 6) return w.i32.or(cf(), zf());
      return code === 4 || code === 14 ? zf() : w.i32.const(0);
    };
  });
};

const gpr = (inst: Inst): number => inst.r0 >> 3;

// biome-ignore format: aligned rows
const moves: Record<string, Lowering> = {
  MOVAPS: move(true),    MOVUPS: move(false),   MOVSS: scalar(32),      MOVSD: scalar(64),
  MOVQ: movq,            MOVLPS: half(0),       MOVHPS: half(1),
  MOVD: (x, inst) => x.xmm.storeScalar(32, x.address(inst), inst.r1),
  MOVD_X_R32: (x, inst) => x.xmm.set(inst.r0, isMem(inst)
    ? sourceLow(x, inst, 32)
    : x.w.i32x4.replace_lane(zero(x), 0, x.reg(inst.r1, 32))),
  MOVQ_X_R64: (x, inst) => x.xmm.set(inst.r0, x.w.i64x2.replace_lane(zero(x), 0, x.gpr(inst.r1 >> 3))),
  MOVD_R32_X: (x, inst) => x.setReg(inst.r0, 32, x.w.i32x4.extract_lane(x.xmm.low(inst.r1, 32), 0)),
  MOVQ_R64_X: (x, inst) => x.setGpr(gpr(inst), x.w.i64x2.extract_lane(x.xmm.low(inst.r1, 64), 0)),
  PMOVMSKB:   (x, inst) => x.setReg(inst.r0, 32, x.w.i8x16.bitmask(x.xmm.get(inst.r1))),
  MOVMSKPS:   (x, inst) => x.setReg(inst.r0, 32, x.w.i32x4.bitmask(x.xmm.get(inst.r1))),
  MOVMSKPD:   (x, inst) => x.setReg(inst.r0, 32, x.w.i64x2.bitmask(x.xmm.get(inst.r1))),
  PAND:  packed((x) => x.w.v128.and),
  POR:   packed((x) => x.w.v128.or),
  PXOR:  independent((x) => x.w.v128.xor, zero),
  PANDN: packed((x) => (a, b) => x.w.v128.andnot(b, a)),
  PCMPEQB: independent((x) => x.w.i8x16.eq, ones),  PCMPEQW: independent((x) => x.w.i16x8.eq, ones),
  PCMPEQD: independent((x) => x.w.i32x4.eq, ones),  PCMPEQQ: independent((x) => x.w.i64x2.eq, ones),
  PTEST: ptest,
};

export const vectors: Record<string, Lowering> = {
  ...moves,
  ...shuffles,
  ...packedIntegers,
  ...float,
  ...convert,
  ...strings,
};
