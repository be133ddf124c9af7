// VEX moves: as the SSE ones, but the destination is cleared above what is written, and three operands where SSE merges.
import { EXIT_FAULT } from '../shared/exit';
import { XMM, YMM_HIGH } from '../shared/layout';
import { ea, gp, isMem, rd, wr } from '../memory';
import { r0, r1, r2, setGpr, xmm, ymmHigh } from '../state';
import { SCRATCH_R } from '../sse/arith';
import { widened } from '../sse/move';
import * as sh from '../sse/shuffle';
import { commit, imm8, onlySource, result, vectorSize } from './operand';

/** vmovups, vmovdqu …; `aligned`: vmovaps, vmovdqa, vmovntdqa, whose memory must be aligned to its size. */
export function move(ctx: usize, inst: usize, aligned: bool): i32 {
  const size = vectorSize(inst);
  if (aligned && isMem(inst) && ea(ctx, inst) & (size - 1)) return gp(ctx);
  const s = onlySource(ctx, inst, size);
  if (!s) return EXIT_FAULT;
  result(ctx, 0, v128.load(s));
  if (size == 32) result(ctx, 16, v128.load(s, 16));
  return commit(ctx, inst, size);
}

/** The same to memory. */
export function save(ctx: usize, inst: usize, aligned: bool): i32 {
  const size = vectorSize(inst);
  const to = ea(ctx, inst);
  if (aligned && to & (size - 1)) return gp(ctx);
  const at = wr(ctx, to, size);
  if (!at) return EXIT_FAULT;
  v128.store(at, v128.load(xmm(ctx, r1(inst))));
  if (size == 32) v128.store(at, v128.load(ymmHigh(ctx, r1(inst))), 16);
  return 0;
}

/** vmovss, vmovsd, vmovq: 4 or 8 bytes, the rest is cleared. */
export function loadLow(ctx: usize, inst: usize, size: u32): i32 {
  const s = isMem(inst) ? rd(ctx, ea(ctx, inst), size) : xmm(ctx, r1(inst));
  if (!s) return EXIT_FAULT;
  result(ctx, 0, size == 4 ? v128.load32_zero(s) : v128.load64_zero(s));
  return commit(ctx, inst, 16);
}

/** vmovss, vmovsd between registers: low lane of r2, the rest of r1. */
export function mergeLow<T>(ctx: usize, inst: usize): i32 {
  const value = load<T>(xmm(ctx, r2(inst)));
  result(ctx, 0, v128.load(xmm(ctx, r1(inst))));
  store<T>(ctx, value, SCRATCH_R);
  return commit(ctx, inst, 16);
}

/** vmovd, vmovq from a GPR or memory. */
export function fromGpr<T>(ctx: usize, inst: usize): i32 {
  const s = isMem(inst) ? rd(ctx, ea(ctx, inst), sizeof<T>()) : ctx + r1(inst);
  if (!s) return EXIT_FAULT;
  result(ctx, 0, sizeof<T>() == 4 ? v128.load32_zero(s) : v128.load64_zero(s));
  return commit(ctx, inst, 16);
}

/** vmovlps from memory. */
export function replaceLow(ctx: usize, inst: usize): i32 {
  const s = rd(ctx, ea(ctx, inst), 8);
  if (!s) return EXIT_FAULT;
  result(ctx, 0, v128.load64_lane(s, v128.load(xmm(ctx, r1(inst))), 0));
  return commit(ctx, inst, 16);
}

/** vmovhps from memory. */
export function replaceHigh(ctx: usize, inst: usize): i32 {
  const s = rd(ctx, ea(ctx, inst), 8);
  if (!s) return EXIT_FAULT;
  result(ctx, 0, v128.load64_lane(s, v128.load(xmm(ctx, r1(inst))), 1));
  return commit(ctx, inst, 16);
}

export function vmovhlps(ctx: usize, inst: usize): i32 {
  const a = v128.load(xmm(ctx, r1(inst)));
  result(ctx, 0, v128.shuffle<u64>(v128.load(xmm(ctx, r2(inst))), a, 1, 3));
  return commit(ctx, inst, 16);
}

export function vmovlhps(ctx: usize, inst: usize): i32 {
  const a = v128.load(xmm(ctx, r1(inst)));
  result(ctx, 0, v128.shuffle<u64>(a, v128.load(xmm(ctx, r2(inst))), 0, 2));
  return commit(ctx, inst, 16);
}

/** vmovddup: reads 8 bytes for 16, all 32 for 32. */
export function vmovddup(ctx: usize, inst: usize, size: u32): i32 {
  const s = onlySource(ctx, inst, size == 32 ? 32 : 8);
  if (!s) return EXIT_FAULT;
  result(ctx, 0, v128.load64_splat(s));
  if (size == 32) result(ctx, 16, v128.load64_splat(s, 16));
  return commit(ctx, inst, size);
}

/** vmovmskps/pd, vpmovmskb. */
export function movemask<T>(ctx: usize, inst: usize): i32 {
  const lanes: u32 = 16 / sizeof<T>();
  let mask: u32 = v128.bitmask<T>(v128.load(xmm(ctx, r1(inst))));
  if (vectorSize(inst) == 32) {
    mask |= (<u32>v128.bitmask<T>(v128.load(ymmHigh(ctx, r1(inst))))) << lanes;
  }
  setGpr<u32>(ctx, r0(inst), mask);
  return 0;
}

/** vpinsrb/w/d/q. */
export function pinsr<T>(ctx: usize, inst: usize): i32 {
  const s = isMem(inst) ? rd(ctx, ea(ctx, inst), sizeof<T>()) : ctx + r2(inst);
  if (!s) return EXIT_FAULT;
  const value = load<T>(s);
  result(ctx, 0, v128.load(xmm(ctx, r1(inst))));
  const lane = imm8(inst) & (16 / sizeof<T>() - 1);
  store<T>(ctx + SCRATCH_R + lane * sizeof<T>(), value);
  return commit(ctx, inst, 16);
}

export function vinsertps(ctx: usize, inst: usize): i32 {
  const s = isMem(inst) ? rd(ctx, ea(ctx, inst), 4) : xmm(ctx, r2(inst));
  if (!s) return EXIT_FAULT;
  const imm = imm8(inst);
  const lane = isMem(inst) ? 0 : (imm >> 4) & 12;
  result(ctx, 0, sh.insertps(v128.load(xmm(ctx, r1(inst))), load<u32>(s + lane), imm));
  return commit(ctx, inst, 16);
}

/** vpmovsx*, vpmovzx*: `half` source bytes widen to 16; `op` is the SSE operation. */
export function widen(ctx: usize, inst: usize, op: u32, half: u32): i32 {
  // the row's size is that of the memory operand: twice as much for 32-byte vectors
  const long = vectorSize(inst) > half;
  const s = onlySource(ctx, inst, long ? half << 1 : half);
  if (!s) return EXIT_FAULT;
  result(ctx, 0, widened(part(s, half), op));
  if (long) result(ctx, 16, widened(part(s + half, half), op));
  return commit(ctx, inst, long ? 32 : 16);
}

/** `size` bytes in the low end of a vector. */
@inline
function part(s: usize, size: u32): v128 {
  if (size == 8) return v128.load64_zero(s);
  if (size == 4) return v128.load32_zero(s);
  return i16x8.replace_lane(i64x2.splat(0), 0, load<u16>(s));
}

export function vzeroupper(ctx: usize): i32 {
  memory.fill(ctx + YMM_HIGH, 0, 256);
  return 0;
}

export function vzeroall(ctx: usize): i32 {
  memory.fill(ctx + XMM, 0, 256);
  return vzeroupper(ctx);
}

/** Address of 16 bytes of r0: the low (0) or the high half (16). */
@inline
export function registerHalf(ctx: usize, inst: usize, half: usize): usize {
  return half ? ymmHigh(ctx, r0(inst)) : xmm(ctx, r0(inst));
}
