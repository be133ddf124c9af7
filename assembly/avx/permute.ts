// AVX moves and permutes that have no SSE form: broadcasts, lanes across the halves, variable shifts.
import { EXIT_FAULT } from '../shared/exit';
import { ea, isMem, rd, wr } from '../memory';
import { r0, r1, r2, xmm, ymmHigh } from '../state';
import { SCRATCH_R } from '../sse/arith';
import * as sh from '../sse/shuffle';
import {
  commit,
  commitTo,
  firstSource,
  imm8,
  onlySource,
  result,
  secondSource,
  vectorSize,
} from './operand';

/** vpbroadcastb/w/d/q, vbroadcastss/sd. */
export function broadcast<T>(ctx: usize, inst: usize): i32 {
  const s = isMem(inst) ? rd(ctx, ea(ctx, inst), sizeof<T>()) : xmm(ctx, r1(inst));
  if (!s) return EXIT_FAULT;
  const value = v128.splat<T>(load<T>(s));
  result(ctx, 0, value);
  result(ctx, 16, value);
  return commit(ctx, inst, vectorSize(inst));
}

/** vbroadcastf128, vbroadcasti128. */
export function broadcast128(ctx: usize, inst: usize): i32 {
  const s = rd(ctx, ea(ctx, inst), 16);
  if (!s) return EXIT_FAULT;
  result(ctx, 0, v128.load(s));
  result(ctx, 16, v128.load(s));
  return commit(ctx, inst, 32);
}

/** vinsertf128, vinserti128: imm[0] says which half the source replaces. */
export function insert128(ctx: usize, inst: usize): i32 {
  const s = isMem(inst) ? rd(ctx, ea(ctx, inst), 16) : xmm(ctx, r2(inst));
  if (!s) return EXIT_FAULT;
  const value = v128.load(s);
  const a = firstSource(ctx, inst);
  result(ctx, 0, v128.load(a));
  result(ctx, 16, v128.load(a, 16));
  result(ctx, imm8(inst) & 1 ? 16 : 0, value);
  return commit(ctx, inst, 32);
}

/** vextractf128, vextracti128. */
export function extract128(ctx: usize, inst: usize): i32 {
  const value = v128.load(imm8(inst) & 1 ? ymmHigh(ctx, r1(inst)) : xmm(ctx, r1(inst)));
  if (isMem(inst)) {
    const at = wr(ctx, ea(ctx, inst), 16);
    if (!at) return EXIT_FAULT;
    v128.store(at, value);
    return 0;
  }
  result(ctx, 0, value);
  return commitTo(ctx, r0(inst), 16);
}

/** vperm2f128, vperm2i128: each half is one of the four source halves, or 0. */
export function perm2(ctx: usize, inst: usize): i32 {
  const b = secondSource(ctx, inst, 32);
  if (!b) return EXIT_FAULT;
  const a = firstSource(ctx, inst);
  const imm = imm8(inst);
  result(ctx, 0, half(a, b, imm));
  result(ctx, 16, half(a, b, imm >> 4));
  return commit(ctx, inst, 32);
}

@inline
function half(a: usize, b: usize, selector: i32): v128 {
  if (selector & 8) return i64x2.splat(0);
  return v128.load((selector & 2 ? b : a) + (selector & 1 ? 16 : 0));
}

/** vpermd, vpermps: dword i of the source picked by the low 3 bits of dword i of r1. */
export function permd(ctx: usize, inst: usize): i32 {
  const b = secondSource(ctx, inst, 32);
  if (!b) return EXIT_FAULT;
  const a = firstSource(ctx, inst);
  for (let i: usize = 0; i < 32; i += 4) {
    store<u32>(ctx + i, load<u32>(b + ((load<u32>(a + i) & 7) << 2)), SCRATCH_R);
  }
  return commit(ctx, inst, 32);
}

/** vpermq, vpermpd. */
export function permq(ctx: usize, inst: usize): i32 {
  const b = onlySource(ctx, inst, 32);
  if (!b) return EXIT_FAULT;
  const imm: usize = imm8(inst);
  for (let i: usize = 0; i < 4; i++) {
    store<u64>(ctx + (i << 3), load<u64>(b + (((imm >> (i << 1)) & 3) << 3)), SCRATCH_R);
  }
  return commit(ctx, inst, 32);
}

/** vpermilps with selectors in a vector: bits 1:0 of each dword, inside each half. */
export function permilps(ctx: usize, inst: usize): i32 {
  const size = vectorSize(inst);
  const b = secondSource(ctx, inst, size);
  if (!b) return EXIT_FAULT;
  const a = firstSource(ctx, inst);
  for (let i: usize = 0; i < size; i += 4) {
    const from = (i & 16) + ((load<u32>(b + i) & 3) << 2);
    store<u32>(ctx + i, load<u32>(a + from), SCRATCH_R);
  }
  return commit(ctx, inst, size);
}

/** vpermilpd: bit 1 of each qword. */
export function permilpd(ctx: usize, inst: usize): i32 {
  const size = vectorSize(inst);
  const b = secondSource(ctx, inst, size);
  if (!b) return EXIT_FAULT;
  const a = firstSource(ctx, inst);
  for (let i: usize = 0; i < size; i += 8) {
    const from = (i & 16) + (load<u32>(b + i) & 2 ? 8 : 0);
    store<u64>(ctx + i, load<u64>(a + from), SCRATCH_R);
  }
  return commit(ctx, inst, size);
}

/** vpermilps imm. */
export function permilpsImm(ctx: usize, inst: usize): i32 {
  const size = vectorSize(inst);
  const b = onlySource(ctx, inst, size);
  if (!b) return EXIT_FAULT;
  for (let i: usize = 0; i < size; i += 16) result(ctx, i, sh.pshufd(v128.load(b + i), imm8(inst)));
  return commit(ctx, inst, size);
}

/** vpermilpd imm: one bit for each qword. */
export function permilpdImm(ctx: usize, inst: usize): i32 {
  const size = vectorSize(inst);
  const b = onlySource(ctx, inst, size);
  if (!b) return EXIT_FAULT;
  for (let i: usize = 0; i < size; i += 16) {
    const x = v128.load(b + i);
    result(ctx, i, sh.shufpd(x, x, imm8(inst) >> <i32>(i >> 3)));
  }
  return commit(ctx, inst, size);
}

/** vblendps/pd, vpblendw with a mask for 16 bytes; `bits` of the immediate count for each half. */
export function blendMasked(ctx: usize, inst: usize, low: v128, high: v128): i32 {
  const size = vectorSize(inst);
  const b = secondSource(ctx, inst, size);
  if (!b) return EXIT_FAULT;
  const a = firstSource(ctx, inst);
  result(ctx, 0, sh.blend(v128.load(a), v128.load(b), low));
  if (size == 32) result(ctx, 16, sh.blend(v128.load(a, 16), v128.load(b, 16), high));
  return commit(ctx, inst, size);
}

/** vpblendvb, vblendvps, vblendvpd: sign bits of the lanes of register imm[7:4] choose. T is a signed integer lane. */
export function blendVariable<T>(ctx: usize, inst: usize): i32 {
  const size = vectorSize(inst);
  const b = secondSource(ctx, inst, size);
  if (!b) return EXIT_FAULT;
  const a = firstSource(ctx, inst);
  const mask = <usize>(imm8(inst) & 0xf0);
  const low = v128.lt<T>(v128.load(xmm(ctx, mask)), i64x2.splat(0));
  const high = v128.lt<T>(v128.load(ymmHigh(ctx, mask)), i64x2.splat(0));
  result(ctx, 0, sh.blend(v128.load(a), v128.load(b), low));
  if (size == 32) result(ctx, 16, sh.blend(v128.load(a, 16), v128.load(b, 16), high));
  return commit(ctx, inst, size);
}

export const LEFT: u32 = 0;
export const RIGHT: u32 = 1;
export const ARITHMETIC: u32 = 2;

/** vpsllvd/q, vpsrlvd/q, vpsravd: a count for each lane; T is the unsigned lane. */
export function shiftVariable<T>(ctx: usize, inst: usize, kind: u32): i32 {
  const size = vectorSize(inst);
  const b = secondSource(ctx, inst, size);
  if (!b) return EXIT_FAULT;
  const a = firstSource(ctx, inst);
  const bits = <T>(sizeof<T>() << 3);
  for (let i: usize = 0; i < size; i += sizeof<T>()) {
    const x = load<T>(a + i);
    const count = load<T>(b + i);
    let r: T = 0;
    if (kind == ARITHMETIC) r = <T>(<i32>x >> (count < bits ? <i32>count : 31));
    else if (count < bits) r = kind == LEFT ? x << count : x >> count;
    store<T>(ctx + i, r, SCRATCH_R);
  }
  return commit(ctx, inst, size);
}
