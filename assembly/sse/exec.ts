// Executes one SSE instruction (SSE … SSE4.2, AES-NI, PCLMULQDQ). sseExec() has what programs execute most, otherExec() the
// rest; what only computes 16 bytes from two operands is one line in packed.ts, and what uses MMX registers too is in
// mmx/bridge.ts.
import { EXIT_FAULT } from '../shared/exit';
import { CF, ZF } from '../shared/flags';
import { I_IMM, I_OP } from '../shared/inst';
import { XMM } from '../shared/layout';
import { setStatus } from '../state';
import * as Op from '../generated/ops';
import {
  ADD,
  DIV,
  MAX,
  MIN,
  MUL,
  SQRT,
  SUB,
  addsub,
  anyScalar,
  dotProduct,
  horizontal,
  packedArith,
  scalarArith,
} from './arith';
import { cmpPacked, cmpScalar, comis } from './compare';
import * as cvt from './convert';
import { dst, src16 } from './operand';
import * as int from './integer';
import * as sh from './shuffle';
import * as mv from './move';
import { rcpps, rcpss, rsqrtps, rsqrtss } from './approx';
import { pcmpestri, pcmpestrm, pcmpistri, pcmpistrm } from './string';
import { packedAt } from './packed';
import { bridgeExec } from '../mmx/bridge';

/** imm8 of the instruction. */
@inline
function imm(inst: usize): i32 {
  return load<u8>(inst, I_IMM);
}

/** Executes `inst`, 0 = go on, else EXIT_FAULT. Nothing of the guest has changed after a fault (MXCSR flags apart). */
export function sseExec(ctx: usize, inst: usize): i32 {
  const op: u32 = load<u16>(inst, I_OP);
  // what ordinary programs execute most, in a function of its own that stays small
  // biome-ignore format: aligned rows
  switch (op) {
    case Op.MOVUPS:          return mv.movups(ctx, inst);
    case Op.MOVUPS_M:        return mv.movupsStore(ctx, inst);
    case Op.MOVAPS:          return mv.movaps(ctx, inst);
    case Op.MOVAPS_M:        return mv.movapsStore(ctx, inst);
    case Op.MOVSS:           return mv.movss(ctx, inst);
    case Op.MOVSS_M:         return mv.store32(ctx, inst);
    case Op.MOVSD:           return mv.movsd(ctx, inst);
    case Op.MOVSD_M:         return mv.store64(ctx, inst);
    case Op.MOVQ:            return mv.movq(ctx, inst);
    case Op.MOVQ_M:          return mv.store64(ctx, inst);
    case Op.MOVHPS:          return mv.movhps(ctx, inst);
    case Op.MOVLHPS:         return mv.movlhps(ctx, inst);
    case Op.MOVD_X_R32:      return mv.movdFromGpr(ctx, inst);
    case Op.MOVQ_X_R64:      return mv.movqFromGpr(ctx, inst);
    case Op.MOVD_R32_X:      return mv.movdToGpr(ctx, inst);
    case Op.MOVQ_R64_X:      return mv.movqToGpr(ctx, inst);
    case Op.PMOVMSKB:        return mv.pmovmskb(ctx, inst);
    case Op.ADDSD:           return scalarArith<f64>(ctx, inst, ADD);
    case Op.SUBSD:           return scalarArith<f64>(ctx, inst, SUB);
    case Op.MULSD:           return scalarArith<f64>(ctx, inst, MUL);
    case Op.DIVSD:           return scalarArith<f64>(ctx, inst, DIV);
    case Op.COMISD:          return comis<f64>(ctx, inst, true);
    case Op.UCOMISD:         return comis<f64>(ctx, inst, false);
    case Op.CVTSI2SD_X_R32:  return cvt.fromInt<i32, f64>(ctx, inst);
    case Op.CVTSI2SD_X_R64:  return cvt.fromInt<i64, f64>(ctx, inst);
    case Op.CVTTSD2SI_R32_X: return cvt.toInt<f64, i32>(ctx, inst, true);
    case Op.CVTTSD2SI_R64_X: return cvt.toInt<f64, i64>(ctx, inst, true);
    case Op.PXOR:            return logic(ctx, inst, Op.PXOR);
    case Op.POR:             return logic(ctx, inst, Op.POR);
    case Op.PAND:            return logic(ctx, inst, Op.PAND);
    case Op.PCMPEQB:         return logic(ctx, inst, Op.PCMPEQB);
    case Op.PMINUB:          return logic(ctx, inst, Op.PMINUB);
    case Op.PSUBB:           return logic(ctx, inst, Op.PSUBB);
    case Op.PUNPCKLQDQ:      return logic(ctx, inst, Op.PUNPCKLQDQ);
    // all others, named so that the labels are dense and the switch becomes a table
    case Op.MOVLPS: case Op.MOVHLPS: case Op.MOVLPS_M: case Op.PUNPCKLDQ: case Op.PUNPCKHDQ: case Op.MOVHPS_M:
    case Op.CVTPI2PS: case Op.CVTSI2SS_X_R32: case Op.CVTSI2SS_X_R64: case Op.CVTTPS2PI: case Op.CVTTSS2SI_R32_X:
    case Op.CVTTSS2SI_R64_X: case Op.CVTPS2PI: case Op.CVTSS2SI_R32_X: case Op.CVTSS2SI_R64_X: case Op.UCOMISS:
    case Op.COMISS: case Op.MOVMSKPS: case Op.SQRTPS: case Op.SQRTSS: case Op.RSQRTPS: case Op.RSQRTSS: case Op.RCPPS:
    case Op.RCPSS: case Op.PANDN: case Op.ADDPS: case Op.ADDSS: case Op.MULPS: case Op.MULSS: case Op.SUBPS:
    case Op.SUBSS: case Op.MINPS: case Op.MINSS: case Op.DIVPS: case Op.DIVSS: case Op.MAXPS: case Op.MAXSS:
    case Op.CMPPS: case Op.CMPSS: case Op.SHUFPS: case Op.PUNPCKLBW: case Op.PUNPCKLWD: case Op.PACKSSWB:
    case Op.PCMPGTB: case Op.PCMPGTW: case Op.PCMPGTD: case Op.PACKUSWB: case Op.PUNPCKHBW: case Op.PUNPCKHWD:
    case Op.PACKSSDW: case Op.PCMPEQW: case Op.PCMPEQD: case Op.PSRLW: case Op.PSRLD: case Op.PSRLQ: case Op.PADDQ:
    case Op.PMULLW: case Op.PSUBUSB: case Op.PSUBUSW: case Op.PADDUSB: case Op.PADDUSW: case Op.PMAXUB: case Op.PAVGB:
    case Op.PSRAW: case Op.PSRAD: case Op.PAVGW: case Op.PMULHUW: case Op.PMULHW: case Op.PSUBSB: case Op.PSUBSW:
    case Op.PMINSW: case Op.PADDSB: case Op.PADDSW: case Op.PMAXSW: case Op.PSLLW: case Op.PSLLD: case Op.PSLLQ:
    case Op.PMULUDQ: case Op.PMADDWD: case Op.PSADBW: case Op.PSUBW: case Op.PSUBD: case Op.PSUBQ: case Op.PADDB:
    case Op.PADDW: case Op.PADDD: case Op.PUNPCKHQDQ: case Op.CVTPI2PD: case Op.CVTTPD2PI: case Op.CVTPD2PI:
    case Op.CVTSD2SI_R32_X: case Op.CVTSD2SI_R64_X: case Op.MOVMSKPD: case Op.SQRTPD: case Op.SQRTSD: case Op.ADDPD:
    case Op.MULPD: case Op.CVTPS2PD: case Op.CVTPD2PS: case Op.CVTSS2SD: case Op.CVTSD2SS: case Op.CVTDQ2PS:
    case Op.CVTPS2DQ: case Op.CVTTPS2DQ: case Op.SUBPD: case Op.MINPD: case Op.MINSD: case Op.DIVPD: case Op.MAXPD:
    case Op.MAXSD: case Op.PSHUFD: case Op.PSHUFHW: case Op.PSHUFLW: case Op.PSRLW_I: case Op.PSRAW_I:
    case Op.PSLLW_I: case Op.PSRLD_I: case Op.PSRAD_I: case Op.PSLLD_I: case Op.PSRLQ_I: case Op.PSRLDQ_I:
    case Op.PSLLQ_I: case Op.PSLLDQ_I: case Op.MOVD_M: case Op.CMPPD: case Op.CMPSD: case Op.PINSRW: case Op.PEXTRW:
    case Op.SHUFPD: case Op.MOVQ2DQ: case Op.MOVDQ2Q: case Op.CVTTPD2DQ: case Op.CVTDQ2PD: case Op.CVTPD2DQ:
    case Op.MASKMOVDQU: case Op.MOVSLDUP: case Op.MOVDDUP: case Op.MOVSHDUP: case Op.HADDPD: case Op.HADDPS:
    case Op.HSUBPD: case Op.HSUBPS: case Op.ADDSUBPD: case Op.ADDSUBPS: case Op.PSHUFB: case Op.PHADDW:
    case Op.PHADDD: case Op.PHADDSW: case Op.PMADDUBSW: case Op.PHSUBW: case Op.PHSUBD: case Op.PHSUBSW:
    case Op.PSIGNB: case Op.PSIGNW: case Op.PSIGND: case Op.PMULHRSW: case Op.PABSB: case Op.PABSW: case Op.PABSD:
    case Op.PBLENDVB: case Op.BLENDVPS: case Op.BLENDVPD: case Op.PTEST: case Op.PMOVSXBW: case Op.PMOVSXBD:
    case Op.PMOVSXBQ: case Op.PMOVSXWD: case Op.PMOVSXWQ: case Op.PMOVSXDQ: case Op.PMULDQ: case Op.PCMPEQQ:
    case Op.PACKUSDW: case Op.PMOVZXBW: case Op.PMOVZXBD: case Op.PMOVZXBQ: case Op.PMOVZXWD: case Op.PMOVZXWQ:
    case Op.PMOVZXDQ: case Op.PMINSB: case Op.PMINSD: case Op.PMINUW: case Op.PMINUD: case Op.PMAXSB: case Op.PMAXSD:
    case Op.PMAXUW: case Op.PMAXUD: case Op.PMULLD: case Op.PHMINPOSUW: case Op.PCMPGTQ: case Op.AESIMC:
    case Op.AESENC: case Op.AESENCLAST: case Op.AESDEC: case Op.AESDECLAST: case Op.PALIGNR: case Op.ROUNDPS:
    case Op.ROUNDPD: case Op.ROUNDSS: case Op.ROUNDSD: case Op.BLENDPS: case Op.BLENDPD: case Op.PBLENDW:
    case Op.PEXTRB_M: case Op.PEXTRB: case Op.PEXTRW_M: case Op.PEXTRD: case Op.PEXTRD_M: case Op.PEXTRQ:
    case Op.PEXTRQ_M: case Op.PINSRB: case Op.INSERTPS: case Op.PINSRD: case Op.PINSRQ: case Op.DPPS: case Op.DPPD:
    case Op.MPSADBW: case Op.PCMPESTRM_W: case Op.PCMPESTRM: case Op.PCMPESTRI_W: case Op.PCMPESTRI:
    case Op.PCMPISTRM: case Op.PCMPISTRI: case Op.PCLMULQDQ: case Op.AESKEYGENASSIST:
    default:                 return otherExec(ctx, inst, op);
  }
}

/** The packed operations among them. */
@inline
function logic(ctx: usize, inst: usize, op: u32): i32 {
  const s = src16(ctx, inst);
  if (!s) return EXIT_FAULT;
  const d = dst(ctx, inst);
  const a = v128.load(d);
  const b = v128.load(s);
  if (op == Op.PXOR) v128.store(d, v128.xor(a, b));
  else if (op == Op.POR) v128.store(d, v128.or(a, b));
  else if (op == Op.PAND) v128.store(d, v128.and(a, b));
  else if (op == Op.PCMPEQB) v128.store(d, i8x16.eq(a, b));
  else if (op == Op.PMINUB) v128.store(d, i8x16.min_u(a, b));
  else if (op == Op.PSUBB) v128.store(d, i8x16.sub(a, b));
  else v128.store(d, v128.shuffle<u64>(a, b, 0, 2));
  return 0;
}

/** All others. */
function otherExec(ctx: usize, inst: usize, op: u32): i32 {
  // biome-ignore format: aligned rows
  switch (op) {
    case Op.MOVLPS:          return mv.movlps(ctx, inst);
    case Op.MOVLPS_M:        return mv.store64(ctx, inst);
    case Op.MOVHPS_M:        return mv.movhpsStore(ctx, inst);
    case Op.MOVHLPS:         return mv.movhlps(ctx, inst);
    case Op.MOVD_M:          return mv.store32(ctx, inst);
    case Op.MOVDDUP:         return mv.movddup(ctx, inst);
    case Op.MOVMSKPS:        return mv.movmskps(ctx, inst);
    case Op.MOVMSKPD:        return mv.movmskpd(ctx, inst);
    case Op.MASKMOVDQU:      return mv.maskmovdqu(ctx, inst);

    case Op.ADDSS:           return anyScalar<f32>(ctx, inst, ADD);
    case Op.SUBSS:           return anyScalar<f32>(ctx, inst, SUB);
    case Op.MULSS:           return anyScalar<f32>(ctx, inst, MUL);
    case Op.DIVSS:           return anyScalar<f32>(ctx, inst, DIV);
    case Op.MINSS:           return anyScalar<f32>(ctx, inst, MIN);
    case Op.MINSD:           return anyScalar<f64>(ctx, inst, MIN);
    case Op.MAXSS:           return anyScalar<f32>(ctx, inst, MAX);
    case Op.MAXSD:           return anyScalar<f64>(ctx, inst, MAX);
    case Op.SQRTSS:          return anyScalar<f32>(ctx, inst, SQRT);
    case Op.SQRTSD:          return anyScalar<f64>(ctx, inst, SQRT);
    case Op.ADDPS:           return packedArith<f32>(ctx, inst, ADD);
    case Op.ADDPD:           return packedArith<f64>(ctx, inst, ADD);
    case Op.SUBPS:           return packedArith<f32>(ctx, inst, SUB);
    case Op.SUBPD:           return packedArith<f64>(ctx, inst, SUB);
    case Op.MULPS:           return packedArith<f32>(ctx, inst, MUL);
    case Op.MULPD:           return packedArith<f64>(ctx, inst, MUL);
    case Op.DIVPS:           return packedArith<f32>(ctx, inst, DIV);
    case Op.DIVPD:           return packedArith<f64>(ctx, inst, DIV);
    case Op.MINPS:           return packedArith<f32>(ctx, inst, MIN);
    case Op.MINPD:           return packedArith<f64>(ctx, inst, MIN);
    case Op.MAXPS:           return packedArith<f32>(ctx, inst, MAX);
    case Op.MAXPD:           return packedArith<f64>(ctx, inst, MAX);
    case Op.SQRTPS:          return packedArith<f32>(ctx, inst, SQRT);
    case Op.SQRTPD:          return packedArith<f64>(ctx, inst, SQRT);
    case Op.ADDSUBPS:        return addsub<f32>(ctx, inst);
    case Op.ADDSUBPD:        return addsub<f64>(ctx, inst);
    case Op.HADDPS:          return horizontal<f32>(ctx, inst, ADD);
    case Op.HADDPD:          return horizontal<f64>(ctx, inst, ADD);
    case Op.HSUBPS:          return horizontal<f32>(ctx, inst, SUB);
    case Op.HSUBPD:          return horizontal<f64>(ctx, inst, SUB);
    case Op.DPPS:            return dotProduct<f32>(ctx, inst, imm(inst));
    case Op.DPPD:            return dotProduct<f64>(ctx, inst, imm(inst));
    case Op.RCPSS:           return rcpss(ctx, inst);
    case Op.RCPPS:           return rcpps(ctx, inst);
    case Op.RSQRTSS:         return rsqrtss(ctx, inst);
    case Op.RSQRTPS:         return rsqrtps(ctx, inst);

    case Op.CMPSS:           return cmpScalar<f32>(ctx, inst, imm(inst));
    case Op.CMPSD:           return cmpScalar<f64>(ctx, inst, imm(inst));
    case Op.CMPPS:           return cmpPacked<f32>(ctx, inst, imm(inst));
    case Op.CMPPD:           return cmpPacked<f64>(ctx, inst, imm(inst));
    case Op.COMISS:          return comis<f32>(ctx, inst, true);
    case Op.UCOMISS:         return comis<f32>(ctx, inst, false);

    case Op.CVTSI2SS_X_R32:  return cvt.fromInt<i32, f32>(ctx, inst);
    case Op.CVTSI2SS_X_R64:  return cvt.fromInt<i64, f32>(ctx, inst);
    case Op.CVTSS2SI_R32_X:  return cvt.toInt<f32, i32>(ctx, inst, false);
    case Op.CVTSS2SI_R64_X:  return cvt.toInt<f32, i64>(ctx, inst, false);
    case Op.CVTSD2SI_R32_X:  return cvt.toInt<f64, i32>(ctx, inst, false);
    case Op.CVTSD2SI_R64_X:  return cvt.toInt<f64, i64>(ctx, inst, false);
    case Op.CVTTSS2SI_R32_X: return cvt.toInt<f32, i32>(ctx, inst, true);
    case Op.CVTTSS2SI_R64_X: return cvt.toInt<f32, i64>(ctx, inst, true);
    case Op.CVTSS2SD:        return cvt.cvtss2sd(ctx, inst);
    case Op.CVTSD2SS:        return cvt.cvtsd2ss(ctx, inst);
    case Op.CVTPS2PD:        return cvt.cvtps2pd(ctx, inst);
    case Op.CVTPD2PS:        return cvt.cvtpd2ps(ctx, inst);
    case Op.CVTDQ2PS:        return cvt.cvtdq2ps(ctx, inst);
    case Op.CVTDQ2PD:        return cvt.cvtdq2pd(ctx, inst);
    case Op.CVTPS2DQ:        return cvt.singlesToDwords(ctx, inst, false);
    case Op.CVTTPS2DQ:       return cvt.singlesToDwords(ctx, inst, true);
    case Op.CVTPD2DQ:        return cvt.doublesToDwords(ctx, inst, false);
    case Op.CVTTPD2DQ:       return cvt.doublesToDwords(ctx, inst, true);
    case Op.ROUNDSS:         return cvt.roundScalar<f32>(ctx, inst, imm(inst));
    case Op.ROUNDSD:         return cvt.roundScalar<f64>(ctx, inst, imm(inst));
    case Op.ROUNDPS:         return cvt.roundPacked<f32>(ctx, inst, imm(inst));
    case Op.ROUNDPD:         return cvt.roundPacked<f64>(ctx, inst, imm(inst));

    case Op.PSLLW_I:         return shift(ctx, inst, int.psllw(reg0(ctx, inst), imm(inst)));
    case Op.PSLLD_I:         return shift(ctx, inst, int.pslld(reg0(ctx, inst), imm(inst)));
    case Op.PSLLQ_I:         return shift(ctx, inst, int.psllq(reg0(ctx, inst), imm(inst)));
    case Op.PSRLW_I:         return shift(ctx, inst, int.psrlw(reg0(ctx, inst), imm(inst)));
    case Op.PSRLD_I:         return shift(ctx, inst, int.psrld(reg0(ctx, inst), imm(inst)));
    case Op.PSRLQ_I:         return shift(ctx, inst, int.psrlq(reg0(ctx, inst), imm(inst)));
    case Op.PSRAW_I:         return shift(ctx, inst, int.psraw(reg0(ctx, inst), imm(inst)));
    case Op.PSRAD_I:         return shift(ctx, inst, int.psrad(reg0(ctx, inst), imm(inst)));
    case Op.PSLLDQ_I:        return shift(ctx, inst, sh.pslldq(reg0(ctx, inst), imm(inst)));
    case Op.PSRLDQ_I:        return shift(ctx, inst, sh.psrldq(reg0(ctx, inst), imm(inst)));

    case Op.PINSRB:          return mv.pinsr<u8>(ctx, inst, imm(inst));
    case Op.PINSRW:          return mv.pinsr<u16>(ctx, inst, imm(inst));
    case Op.PINSRD:          return mv.pinsr<u32>(ctx, inst, imm(inst));
    case Op.PINSRQ:          return mv.pinsr<u64>(ctx, inst, imm(inst));
    case Op.PEXTRB:          return mv.pextr<u8>(ctx, inst, imm(inst));
    case Op.PEXTRW:          return mv.pextr<u16>(ctx, inst, imm(inst));
    case Op.PEXTRD:          return mv.pextr<u32>(ctx, inst, imm(inst));
    case Op.PEXTRQ:          return mv.pextr<u64>(ctx, inst, imm(inst));
    case Op.PEXTRB_M:        return mv.pextrStore<u8>(ctx, inst, imm(inst));
    case Op.PEXTRW_M:        return mv.pextrStore<u16>(ctx, inst, imm(inst));
    case Op.PEXTRD_M:        return mv.pextrStore<u32>(ctx, inst, imm(inst));
    case Op.PEXTRQ_M:        return mv.pextrStore<u64>(ctx, inst, imm(inst));
    case Op.INSERTPS:        return mv.insertps(ctx, inst, imm(inst));
    case Op.PMOVSXBW:        return mv.widen(ctx, inst, 8, op);
    case Op.PMOVSXBD:        return mv.widen(ctx, inst, 4, op);
    case Op.PMOVSXBQ:        return mv.widen(ctx, inst, 2, op);
    case Op.PMOVSXWD:        return mv.widen(ctx, inst, 8, op);
    case Op.PMOVSXWQ:        return mv.widen(ctx, inst, 4, op);
    case Op.PMOVSXDQ:        return mv.widen(ctx, inst, 8, op);
    case Op.PMOVZXBW:        return mv.widen(ctx, inst, 8, op);
    case Op.PMOVZXBD:        return mv.widen(ctx, inst, 4, op);
    case Op.PMOVZXBQ:        return mv.widen(ctx, inst, 2, op);
    case Op.PMOVZXWD:        return mv.widen(ctx, inst, 8, op);
    case Op.PMOVZXWQ:        return mv.widen(ctx, inst, 4, op);
    case Op.PMOVZXDQ:        return mv.widen(ctx, inst, 8, op);
    case Op.PBLENDVB:        return blendv(ctx, inst, i8x16.shr_s(v128.load(ctx, XMM), 7));
    case Op.BLENDVPS:        return blendv(ctx, inst, i32x4.shr_s(v128.load(ctx, XMM), 31));
    case Op.BLENDVPD:        return blendv(ctx, inst, i64x2.shr_s(v128.load(ctx, XMM), 63));
    case Op.PTEST:           return ptest(ctx, inst);

    case Op.PCMPESTRI:       return pcmpestri(ctx, inst, false);
    case Op.PCMPESTRM:       return pcmpestrm(ctx, inst, false);
    case Op.PCMPESTRI_W:     return pcmpestri(ctx, inst, true);
    case Op.PCMPESTRM_W:     return pcmpestrm(ctx, inst, true);
    case Op.PCMPISTRI:       return pcmpistri(ctx, inst);
    case Op.PCMPISTRM:       return pcmpistrm(ctx, inst);

    case Op.CVTPI2PS:
    case Op.CVTPI2PD:
    case Op.CVTPS2PI:
    case Op.CVTPD2PI:
    case Op.CVTTPS2PI:
    case Op.CVTTPD2PI:
    case Op.MOVQ2DQ:
    case Op.MOVDQ2Q:         return bridgeExec(ctx, inst, op);

    default:                 return packed(ctx, inst, op);
  }
}

@inline
function reg0(ctx: usize, inst: usize): v128 {
  return v128.load(dst(ctx, inst));
}

/** Writes the result of a shift by an immediate. */
@inline
function shift(ctx: usize, inst: usize, result: v128): i32 {
  v128.store(dst(ctx, inst), result);
  return 0;
}

/** r0 = f(r0, 16-byte source). */
function packed(ctx: usize, inst: usize, op: u32): i32 {
  const s = src16(ctx, inst);
  if (!s) return EXIT_FAULT;
  const d = dst(ctx, inst);
  v128.store(d, packedAt(op, d, s, imm(inst)));
  return 0;
}

/** pblendvb, blendvps, blendvpd: `mask` is xmm0 spread over its lanes. */
@inline
function blendv(ctx: usize, inst: usize, mask: v128): i32 {
  const s = src16(ctx, inst);
  if (!s) return EXIT_FAULT;
  const d = dst(ctx, inst);
  v128.store(d, sh.blend(v128.load(d), v128.load(s), mask));
  return 0;
}

/** ZF: source & r0 is 0; CF: source & ~r0 is 0. */
function ptest(ctx: usize, inst: usize): i32 {
  const s = src16(ctx, inst);
  if (!s) return EXIT_FAULT;
  const a = v128.load(dst(ctx, inst));
  const b = v128.load(s);
  const zero = v128.any_true(v128.and(a, b)) ? 0 : ZF;
  setStatus(ctx, zero | (v128.any_true(v128.andnot(b, a)) ? 0 : CF));
  return 0;
}
