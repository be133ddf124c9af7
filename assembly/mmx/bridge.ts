// Instructions between MMX and XMM registers: movq2dq, movdq2q, and the conversions of packed dwords in MMX registers.
// The transition to MMX happens before a floating-point exception (#XM), but not when the memory operand faults.
import { EXIT_FAULT } from '../shared/exit';
import { ea, isMem, rd } from '../memory';
import { mm, r0, r1, xmm } from '../state';
import * as Op from '../generated/ops';
import { dwordsToSingles, lanesToDwords } from '../sse/convert';
import { dst, src, src16 } from '../sse/operand';
import { enterMmx, pendingX87, setMm } from './state';

/** Executes `inst`, one of the operations below: 0 = go on, else EXIT_FAULT. */
export function bridgeExec(ctx: usize, inst: usize, op: u32): i32 {
  const mmx = !(isMem(inst) && (op == Op.CVTPI2PS || op == Op.CVTPI2PD));
  if (mmx && pendingX87(ctx)) return EXIT_FAULT;
  // biome-ignore format: aligned rows
  switch (op) {
    case Op.MOVQ2DQ:   return movq2dq(ctx, inst);
    case Op.MOVDQ2Q:   return movdq2q(ctx, inst);
    case Op.CVTPI2PS:  return cvtpi2ps(ctx, inst);
    case Op.CVTPI2PD:  return cvtpi2pd(ctx, inst);
    case Op.CVTPS2PI:  return toMm<f32>(ctx, inst, src(ctx, inst, 8), false);
    case Op.CVTTPS2PI: return toMm<f32>(ctx, inst, src(ctx, inst, 8), true);
    case Op.CVTPD2PI:  return toMm<f64>(ctx, inst, src16(ctx, inst), false);
    default:           return toMm<f64>(ctx, inst, src16(ctx, inst), true);
  }
}

function movq2dq(ctx: usize, inst: usize): i32 {
  enterMmx(ctx);
  v128.store(dst(ctx, inst), v128.load64_zero(mm(ctx, r1(inst))));
  return 0;
}

function movdq2q(ctx: usize, inst: usize): i32 {
  enterMmx(ctx);
  setMm(mm(ctx, r0(inst)), load<u64>(xmm(ctx, r1(inst))));
  return 0;
}

/** Source r1 (an MMX register) or 8 bytes of memory. */
@inline
function srcMm(ctx: usize, inst: usize): usize {
  return isMem(inst) ? rd(ctx, ea(ctx, inst), 8) : mm(ctx, r1(inst));
}

/** Two dwords to the two low singles; the upper half stays. From memory the x87 unit is left alone. */
function cvtpi2ps(ctx: usize, inst: usize): i32 {
  const s = srcMm(ctx, inst);
  if (!s) return EXIT_FAULT;
  if (!isMem(inst)) enterMmx(ctx);
  return dwordsToSingles(ctx, dst(ctx, inst), s, 2);
}

/** Two dwords to two doubles; from memory the x87 unit is left alone. */
function cvtpi2pd(ctx: usize, inst: usize): i32 {
  const s = srcMm(ctx, inst);
  if (!s) return EXIT_FAULT;
  if (!isMem(inst)) enterMmx(ctx);
  v128.store(dst(ctx, inst), f64x2.convert_low_i32x4_s(v128.load64_zero(s)));
  return 0;
}

/** cvtps2pi, cvtpd2pi, cvttps2pi, cvttpd2pi: two lanes of T at `s` to dwords. */
function toMm<T>(ctx: usize, inst: usize, s: usize, truncate: bool): i32 {
  if (!s) return EXIT_FAULT;
  const d = mm(ctx, r0(inst));
  enterMmx(ctx);
  if (lanesToDwords<T>(ctx, d, s, 2, truncate, false)) return EXIT_FAULT;
  store<u16>(d, 0xffff, 8);
  return 0;
}
