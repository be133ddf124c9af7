// Executes one MMX instruction (MMX, the MMX forms of SSE, SSE2 and SSSE3). The packed operations are those of sse/, done
// on vectors whose upper half is zero; only operations that move lanes between the halves are written out here.
import { EXIT_FAULT } from '../shared/exit';
import { I_IMM, I_OP } from '../shared/inst';
import { FSW, FTW } from '../shared/layout';
import { ea, isMem, rd, ud, wr } from '../memory';
import { mm, r0, r1, setGpr } from '../state';
import * as Op from '../generated/ops';
import * as int from '../sse/integer';
import * as sh from '../sse/shuffle';
import { maskedStore } from '../sse/move';
import { srcGpr } from '../sse/operand';
import { enterMmx, pendingX87, setMm } from './state';

/** Source r1 or `size` bytes of memory. */
@inline
function srcMm(ctx: usize, inst: usize, size: u32): usize {
  return isMem(inst) ? rd(ctx, ea(ctx, inst), size) : mm(ctx, r1(inst));
}

/** Executes `inst`: 0 = go on, else EXIT_FAULT. */
export function mmxExec(ctx: usize, inst: usize): i32 {
  if (pendingX87(ctx)) return EXIT_FAULT;
  const op: u32 = load<u16>(inst, I_OP);
  // biome-ignore format: aligned rows
  switch (op) {
    case Op.EMMS:           return emms(ctx);
    case Op.MOVQ_MMX:       return load64(ctx, inst, srcMm(ctx, inst, 8));
    case Op.MOVQ_MMX_R64:   return load64(ctx, inst, srcGpr(ctx, inst, 8));
    case Op.MOVD_MMX_R32:   return load32(ctx, inst, srcGpr(ctx, inst, 4));
    case Op.MOVQ_MMX_M:     return store64(ctx, inst);
    case Op.MOVD_R32_MMX:   return toGpr(ctx, inst, load<u32>(mm(ctx, r1(inst))));
    case Op.MOVD_MMX_M:    return store32(ctx, inst);
    case Op.MOVQ_R64_MMX:   return toGpr(ctx, inst, load<u64>(mm(ctx, r1(inst))));
    case Op.PMOVMSKB_MMX:   return toGpr(ctx, inst, i8x16.bitmask(v128.load64_zero(mm(ctx, r1(inst)))));
    case Op.PEXTRW_MMX:     return toGpr(ctx, inst, load<u16>(mm(ctx, r1(inst)) + ((load<u8>(inst, I_IMM) & 3) << 1)));
    case Op.PINSRW_MMX:     return pinsrw(ctx, inst);
    case Op.PSLLW_MMX_I:    return shift(ctx, inst, int.psllw(v128.load64_zero(mm(ctx, r0(inst))), load<u8>(inst, I_IMM)));
    case Op.PSLLD_MMX_I:    return shift(ctx, inst, int.pslld(v128.load64_zero(mm(ctx, r0(inst))), load<u8>(inst, I_IMM)));
    case Op.PSLLQ_MMX_I:    return shift(ctx, inst, int.psllq(v128.load64_zero(mm(ctx, r0(inst))), load<u8>(inst, I_IMM)));
    case Op.PSRLW_MMX_I:    return shift(ctx, inst, int.psrlw(v128.load64_zero(mm(ctx, r0(inst))), load<u8>(inst, I_IMM)));
    case Op.PSRLD_MMX_I:    return shift(ctx, inst, int.psrld(v128.load64_zero(mm(ctx, r0(inst))), load<u8>(inst, I_IMM)));
    case Op.PSRLQ_MMX_I:    return shift(ctx, inst, int.psrlq(v128.load64_zero(mm(ctx, r0(inst))), load<u8>(inst, I_IMM)));
    case Op.PSRAW_MMX_I:    return shift(ctx, inst, int.psraw(v128.load64_zero(mm(ctx, r0(inst))), load<u8>(inst, I_IMM)));
    case Op.PSRAD_MMX_I:    return shift(ctx, inst, int.psrad(v128.load64_zero(mm(ctx, r0(inst))), load<u8>(inst, I_IMM)));
    case Op.MASKMOVQ_MMX:   return maskmovq(ctx, inst);
    default:                return packed(ctx, inst, op);
  }
}

/** Empties all registers. */
function emms(ctx: usize): i32 {
  store<u16>(ctx, load<u16>(ctx, FSW) & 0xc7ff, FSW);
  store<u8>(ctx, 0, FTW);
  return 0;
}

@inline
function load64(ctx: usize, inst: usize, s: usize): i32 {
  if (!s) return EXIT_FAULT;
  const value = load<u64>(s);
  enterMmx(ctx);
  setMm(mm(ctx, r0(inst)), value);
  return 0;
}

@inline
function load32(ctx: usize, inst: usize, s: usize): i32 {
  if (!s) return EXIT_FAULT;
  enterMmx(ctx);
  setMm(mm(ctx, r0(inst)), load<u32>(s));
  return 0;
}

function store64(ctx: usize, inst: usize): i32 {
  const at = wr(ctx, ea(ctx, inst), 8);
  if (!at) return EXIT_FAULT;
  enterMmx(ctx);
  store<u64>(at, load<u64>(mm(ctx, r1(inst))));
  return 0;
}

function store32(ctx: usize, inst: usize): i32 {
  const at = wr(ctx, ea(ctx, inst), 4);
  if (!at) return EXIT_FAULT;
  enterMmx(ctx);
  store<u32>(at, load<u32>(mm(ctx, r1(inst))));
  return 0;
}

function toGpr(ctx: usize, inst: usize, value: u64): i32 {
  enterMmx(ctx);
  setGpr<u64>(ctx, r0(inst), value);
  return 0;
}

/** Writes the result of a shift by an immediate. */
function shift(ctx: usize, inst: usize, result: v128): i32 {
  enterMmx(ctx);
  setMm(mm(ctx, r0(inst)), i64x2.extract_lane(result, 0));
  return 0;
}

function pinsrw(ctx: usize, inst: usize): i32 {
  const s = srcGpr(ctx, inst, 2);
  if (!s) return EXIT_FAULT;
  enterMmx(ctx);
  const d = mm(ctx, r0(inst));
  store<u16>(d + ((load<u8>(inst, I_IMM) & 3) << 1), load<u16>(s));
  store<u16>(d, 0xffff, 8);
  return 0;
}

function maskmovq(ctx: usize, inst: usize): i32 {
  if (maskedStore(ctx, inst, mm(ctx, r0(inst)), mm(ctx, r1(inst)), 8)) return EXIT_FAULT;
  enterMmx(ctx);
  return 0;
}

/** Bytes that the memory operand of a packed operation has: the low unpacks read 4. */
@inline
function sourceSize(op: u32): u32 {
  return op == Op.PUNPCKLBW_MMX || op == Op.PUNPCKLWD_MMX || op == Op.PUNPCKLDQ_MMX ? 4 : 8;
}

/** The low halves of a and b in one vector: where pack and horizontal operations take their lanes from. */
@inline
function joined(a: v128, b: v128): v128 {
  return v128.shuffle<u64>(a, b, 0, 2);
}

/** r0 = f(r0, source). */
function packed(ctx: usize, inst: usize, op: u32): i32 {
  const size = sourceSize(op);
  const s = srcMm(ctx, inst, size);
  if (!s) return EXIT_FAULT;
  const d = mm(ctx, r0(inst));
  const a = v128.load64_zero(d);
  const b: v128 = size == 4 ? v128.load32_zero(s) : v128.load64_zero(s);
  const imm: i32 = load<u8>(inst, I_IMM);
  const count = i64x2.extract_lane(b, 0);
  let r: v128;
  // biome-ignore format: aligned rows
  switch (op) {
    case Op.PAND_MMX:         r = v128.and(a, b); break;
    case Op.PANDN_MMX:        r = v128.andnot(b, a); break;
    case Op.POR_MMX:          r = v128.or(a, b); break;
    case Op.PXOR_MMX:         r = v128.xor(a, b); break;
    case Op.PADDB_MMX:        r = i8x16.add(a, b); break;
    case Op.PADDW_MMX:        r = i16x8.add(a, b); break;
    case Op.PADDD_MMX:        r = i32x4.add(a, b); break;
    case Op.PADDQ_MMX:        r = i64x2.add(a, b); break;
    case Op.PADDSB_MMX:       r = i8x16.add_sat_s(a, b); break;
    case Op.PADDSW_MMX:       r = i16x8.add_sat_s(a, b); break;
    case Op.PADDUSB_MMX:      r = i8x16.add_sat_u(a, b); break;
    case Op.PADDUSW_MMX:      r = i16x8.add_sat_u(a, b); break;
    case Op.PSUBB_MMX:        r = i8x16.sub(a, b); break;
    case Op.PSUBW_MMX:        r = i16x8.sub(a, b); break;
    case Op.PSUBD_MMX:        r = i32x4.sub(a, b); break;
    case Op.PSUBQ_MMX:        r = i64x2.sub(a, b); break;
    case Op.PSUBSB_MMX:       r = i8x16.sub_sat_s(a, b); break;
    case Op.PSUBSW_MMX:       r = i16x8.sub_sat_s(a, b); break;
    case Op.PSUBUSB_MMX:      r = i8x16.sub_sat_u(a, b); break;
    case Op.PSUBUSW_MMX:      r = i16x8.sub_sat_u(a, b); break;
    case Op.PCMPEQB_MMX:      r = i8x16.eq(a, b); break;
    case Op.PCMPEQW_MMX:      r = i16x8.eq(a, b); break;
    case Op.PCMPEQD_MMX:      r = i32x4.eq(a, b); break;
    case Op.PCMPGTB_MMX:      r = i8x16.gt_s(a, b); break;
    case Op.PCMPGTW_MMX:      r = i16x8.gt_s(a, b); break;
    case Op.PCMPGTD_MMX:      r = i32x4.gt_s(a, b); break;
    case Op.PMINUB_MMX:       r = i8x16.min_u(a, b); break;
    case Op.PMAXUB_MMX:       r = i8x16.max_u(a, b); break;
    case Op.PMINSW_MMX:       r = i16x8.min_s(a, b); break;
    case Op.PMAXSW_MMX:       r = i16x8.max_s(a, b); break;
    case Op.PAVGB_MMX:        r = i8x16.avgr_u(a, b); break;
    case Op.PAVGW_MMX:        r = i16x8.avgr_u(a, b); break;
    case Op.PMULLW_MMX:       r = i16x8.mul(a, b); break;
    case Op.PMULHW_MMX:       r = int.pmulhw(a, b); break;
    case Op.PMULHUW_MMX:      r = int.pmulhuw(a, b); break;
    case Op.PMULHRSW_MMX:     r = int.pmulhrsw(a, b); break;
    case Op.PMULUDQ_MMX:      r = int.pmuludq(a, b); break;
    case Op.PMADDWD_MMX:      r = i32x4.dot_i16x8_s(a, b); break;
    case Op.PMADDUBSW_MMX:    r = int.pmaddubsw(a, b); break;
    case Op.PSADBW_MMX:       r = int.psadbw(a, b); break;
    case Op.PHADDW_MMX:       r = int.phaddw(joined(a, b), b); break;
    case Op.PHADDD_MMX:       r = int.phaddd(joined(a, b), b); break;
    case Op.PHADDSW_MMX:      r = int.phaddsw(joined(a, b), b); break;
    case Op.PHSUBW_MMX:       r = int.phsubw(joined(a, b), b); break;
    case Op.PHSUBD_MMX:       r = int.phsubd(joined(a, b), b); break;
    case Op.PHSUBSW_MMX:      r = int.phsubsw(joined(a, b), b); break;
    case Op.PSIGNB_MMX:       r = int.psignb(a, b); break;
    case Op.PSIGNW_MMX:       r = int.psignw(a, b); break;
    case Op.PSIGND_MMX:       r = int.psignd(a, b); break;
    case Op.PABSB_MMX:        r = i8x16.abs(b); break;
    case Op.PABSW_MMX:        r = i16x8.abs(b); break;
    case Op.PABSD_MMX:        r = i32x4.abs(b); break;
    case Op.PACKSSWB_MMX:     r = i8x16.narrow_i16x8_s(joined(a, b), b); break;
    case Op.PACKUSWB_MMX:     r = i8x16.narrow_i16x8_u(joined(a, b), b); break;
    case Op.PACKSSDW_MMX:     r = i16x8.narrow_i32x4_s(joined(a, b), b); break;
    case Op.PUNPCKLBW_MMX:    r = i8x16.shuffle(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 0, 0, 0, 0, 0, 0, 0, 0); break;
    case Op.PUNPCKHBW_MMX:    r = i8x16.shuffle(a, b, 4, 20, 5, 21, 6, 22, 7, 23, 0, 0, 0, 0, 0, 0, 0, 0); break;
    case Op.PUNPCKLWD_MMX:    r = v128.shuffle<u16>(a, b, 0, 8, 1, 9, 0, 0, 0, 0); break;
    case Op.PUNPCKHWD_MMX:    r = v128.shuffle<u16>(a, b, 2, 10, 3, 11, 0, 0, 0, 0); break;
    case Op.PUNPCKLDQ_MMX:    r = v128.shuffle<u32>(a, b, 0, 4, 0, 0); break;
    case Op.PUNPCKHDQ_MMX:    r = v128.shuffle<u32>(a, b, 1, 5, 0, 0); break;
    case Op.PSHUFB_MMX:       r = v128.swizzle(a, v128.and(b, i8x16.splat(-0x79))); break;
    case Op.PSHUFW_MMX:       r = sh.pshuflw(b, imm); break;
    case Op.PALIGNR_MMX:      r = sh.psrldq(joined(b, a), imm); break;
    case Op.PSLLW_MMX:        r = int.psllw(a, count); break;
    case Op.PSLLD_MMX:        r = int.pslld(a, count); break;
    case Op.PSLLQ_MMX:        r = int.psllq(a, count); break;
    case Op.PSRLW_MMX:        r = int.psrlw(a, count); break;
    case Op.PSRLD_MMX:        r = int.psrld(a, count); break;
    case Op.PSRLQ_MMX:        r = int.psrlq(a, count); break;
    case Op.PSRAW_MMX:        r = int.psraw(a, count); break;
    case Op.PSRAD_MMX:        r = int.psrad(a, count); break;
    default:                return ud(ctx);
  }
  enterMmx(ctx);
  setMm(d, i64x2.extract_lane(r, 0));
  return 0;
}
