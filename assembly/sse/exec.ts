// Executes one SSE instruction (SSE … SSE4.2, AES-NI, PCLMULQDQ). The operations are dispatched in three steps so that each
// switch stays readable: what has a 16-byte source and a 16-byte result computed from both operands is one line in
// packed(); moves and single lanes are in sseExec() itself; instructions that use MMX registers too are in mmx/bridge.ts.
import { EXIT_FAULT } from '../shared/exit';
import { I_IMM, I_OP } from '../shared/inst';
import { XMM } from '../shared/layout';
import { setStatus, r0, r1 } from '../state';
import { isMem, ud } from '../memory';
import { CF, ZF } from '../shared/flags';
import * as Op from '../generated/ops';
import { ADD, DIV, MAX, MIN, MUL, SQRT, SUB, addsub, dotProduct, horizontal, packedArith, scalarArith } from './arith';
import { cmpPacked, cmpScalar, comis } from './compare';
import * as cvt from './convert';
import { dst, dstMem, src, src16, srcGpr } from './operand';
import * as int from './integer';
import * as sh from './shuffle';
import * as mv from './move';
import { rcpps, rcpss, rsqrtps, rsqrtss } from './approx';
import { pcmpestri, pcmpestrm, pcmpistri, pcmpistrm } from './string';
import { aesdec, aesdeclast, aesenc, aesenclast, aesimc, aeskeygenassist } from './aes';
import { pclmulqdq } from './clmul';
import { bridgeExec } from '../mmx/bridge';

/** imm8 of the instruction. */
@inline
function imm(inst: usize): i32 {
  return load<u8>(inst, I_IMM);
}

/** Executes `inst`, 0 = go on, else EXIT_FAULT. Nothing of the guest has changed after a fault (MXCSR flags apart). */
export function sseExec(ctx: usize, inst: usize): i32 {
  const op: u32 = load<u16>(inst, I_OP);
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
    case Op.MOVLPS:          return mv.movlps(ctx, inst);
    case Op.MOVLPS_M:        return mv.store64(ctx, inst);
    case Op.MOVHPS:          return mv.movhps(ctx, inst);
    case Op.MOVHPS_M:        return mv.movhpsStore(ctx, inst);
    case Op.MOVHLPS:         return mv.movhlps(ctx, inst);
    case Op.MOVLHPS:         return mv.movlhps(ctx, inst);
    case Op.MOVD_X_R32:      return mv.movdFromGpr(ctx, inst);
    case Op.MOVQ_X_R64:      return mv.movqFromGpr(ctx, inst);
    case Op.MOVD_R32_X:      return mv.movdToGpr(ctx, inst);
    case Op.MOVD_M:          return mv.store32(ctx, inst);
    case Op.MOVQ_R64_X:      return mv.movqToGpr(ctx, inst);
    case Op.MOVDDUP:         return mv.movddup(ctx, inst);
    case Op.MOVMSKPS:        return mv.movmskps(ctx, inst);
    case Op.MOVMSKPD:        return mv.movmskpd(ctx, inst);
    case Op.PMOVMSKB:        return mv.pmovmskb(ctx, inst);
    case Op.MASKMOVDQU:      return mv.maskmovdqu(ctx, inst);

    case Op.ADDSS:           return scalarArith<f32>(ctx, inst, ADD);
    case Op.ADDSD:           return scalarArith<f64>(ctx, inst, ADD);
    case Op.SUBSS:           return scalarArith<f32>(ctx, inst, SUB);
    case Op.SUBSD:           return scalarArith<f64>(ctx, inst, SUB);
    case Op.MULSS:           return scalarArith<f32>(ctx, inst, MUL);
    case Op.MULSD:           return scalarArith<f64>(ctx, inst, MUL);
    case Op.DIVSS:           return scalarArith<f32>(ctx, inst, DIV);
    case Op.DIVSD:           return scalarArith<f64>(ctx, inst, DIV);
    case Op.MINSS:           return scalarArith<f32>(ctx, inst, MIN);
    case Op.MINSD:           return scalarArith<f64>(ctx, inst, MIN);
    case Op.MAXSS:           return scalarArith<f32>(ctx, inst, MAX);
    case Op.MAXSD:           return scalarArith<f64>(ctx, inst, MAX);
    case Op.SQRTSS:          return scalarArith<f32>(ctx, inst, SQRT);
    case Op.SQRTSD:          return scalarArith<f64>(ctx, inst, SQRT);
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
    case Op.COMISD:          return comis<f64>(ctx, inst, true);
    case Op.UCOMISS:         return comis<f32>(ctx, inst, false);
    case Op.UCOMISD:         return comis<f64>(ctx, inst, false);

    case Op.CVTSI2SS_X_R32:  return cvt.fromInt<i32, f32>(ctx, inst);
    case Op.CVTSI2SS_X_R64:  return cvt.fromInt<i64, f32>(ctx, inst);
    case Op.CVTSI2SD_X_R32:  return cvt.fromInt<i32, f64>(ctx, inst);
    case Op.CVTSI2SD_X_R64:  return cvt.fromInt<i64, f64>(ctx, inst);
    case Op.CVTSS2SI_R32_X:  return cvt.toInt<f32, i32>(ctx, inst, false);
    case Op.CVTSS2SI_R64_X:  return cvt.toInt<f32, i64>(ctx, inst, false);
    case Op.CVTSD2SI_R32_X:  return cvt.toInt<f64, i32>(ctx, inst, false);
    case Op.CVTSD2SI_R64_X:  return cvt.toInt<f64, i64>(ctx, inst, false);
    case Op.CVTTSS2SI_R32_X: return cvt.toInt<f32, i32>(ctx, inst, true);
    case Op.CVTTSS2SI_R64_X: return cvt.toInt<f32, i64>(ctx, inst, true);
    case Op.CVTTSD2SI_R32_X: return cvt.toInt<f64, i32>(ctx, inst, true);
    case Op.CVTTSD2SI_R64_X: return cvt.toInt<f64, i64>(ctx, inst, true);
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
export function packed(ctx: usize, inst: usize, op: u32): i32 {
  const s = src16(ctx, inst);
  if (!s) return EXIT_FAULT;
  const d = dst(ctx, inst);
  const a = v128.load(d);
  const b = v128.load(s);
  let r: v128;
  // biome-ignore format: aligned rows
  switch (op) {
    case Op.PAND:       r = v128.and(a, b); break;
    case Op.PANDN:      r = v128.andnot(b, a); break;
    case Op.POR:        r = v128.or(a, b); break;
    case Op.PXOR:       r = v128.xor(a, b); break;
    case Op.PADDB:      r = i8x16.add(a, b); break;
    case Op.PADDW:      r = i16x8.add(a, b); break;
    case Op.PADDD:      r = i32x4.add(a, b); break;
    case Op.PADDQ:      r = i64x2.add(a, b); break;
    case Op.PADDSB:     r = i8x16.add_sat_s(a, b); break;
    case Op.PADDSW:     r = i16x8.add_sat_s(a, b); break;
    case Op.PADDUSB:    r = i8x16.add_sat_u(a, b); break;
    case Op.PADDUSW:    r = i16x8.add_sat_u(a, b); break;
    case Op.PSUBB:      r = i8x16.sub(a, b); break;
    case Op.PSUBW:      r = i16x8.sub(a, b); break;
    case Op.PSUBD:      r = i32x4.sub(a, b); break;
    case Op.PSUBQ:      r = i64x2.sub(a, b); break;
    case Op.PSUBSB:     r = i8x16.sub_sat_s(a, b); break;
    case Op.PSUBSW:     r = i16x8.sub_sat_s(a, b); break;
    case Op.PSUBUSB:    r = i8x16.sub_sat_u(a, b); break;
    case Op.PSUBUSW:    r = i16x8.sub_sat_u(a, b); break;
    case Op.PCMPEQB:    r = i8x16.eq(a, b); break;
    case Op.PCMPEQW:    r = i16x8.eq(a, b); break;
    case Op.PCMPEQD:    r = i32x4.eq(a, b); break;
    case Op.PCMPEQQ:    r = i64x2.eq(a, b); break;
    case Op.PCMPGTB:    r = i8x16.gt_s(a, b); break;
    case Op.PCMPGTW:    r = i16x8.gt_s(a, b); break;
    case Op.PCMPGTD:    r = i32x4.gt_s(a, b); break;
    case Op.PCMPGTQ:    r = i64x2.gt_s(a, b); break;
    case Op.PMINUB:     r = i8x16.min_u(a, b); break;
    case Op.PMAXUB:     r = i8x16.max_u(a, b); break;
    case Op.PMINSW:     r = i16x8.min_s(a, b); break;
    case Op.PMAXSW:     r = i16x8.max_s(a, b); break;
    case Op.PMINSB:     r = i8x16.min_s(a, b); break;
    case Op.PMAXSB:     r = i8x16.max_s(a, b); break;
    case Op.PMINSD:     r = i32x4.min_s(a, b); break;
    case Op.PMAXSD:     r = i32x4.max_s(a, b); break;
    case Op.PMINUW:     r = i16x8.min_u(a, b); break;
    case Op.PMAXUW:     r = i16x8.max_u(a, b); break;
    case Op.PMINUD:     r = i32x4.min_u(a, b); break;
    case Op.PMAXUD:     r = i32x4.max_u(a, b); break;
    case Op.PAVGB:      r = i8x16.avgr_u(a, b); break;
    case Op.PAVGW:      r = i16x8.avgr_u(a, b); break;
    case Op.PMULLW:     r = i16x8.mul(a, b); break;
    case Op.PMULLD:     r = i32x4.mul(a, b); break;
    case Op.PMULHW:     r = int.pmulhw(a, b); break;
    case Op.PMULHUW:    r = int.pmulhuw(a, b); break;
    case Op.PMULHRSW:   r = int.pmulhrsw(a, b); break;
    case Op.PMULUDQ:    r = int.pmuludq(a, b); break;
    case Op.PMULDQ:     r = int.pmuldq(a, b); break;
    case Op.PMADDWD:    r = i32x4.dot_i16x8_s(a, b); break;
    case Op.PMADDUBSW:  r = int.pmaddubsw(a, b); break;
    case Op.PSADBW:     r = int.psadbw(a, b); break;
    case Op.PHADDW:     r = int.phaddw(a, b); break;
    case Op.PHADDD:     r = int.phaddd(a, b); break;
    case Op.PHADDSW:    r = int.phaddsw(a, b); break;
    case Op.PHSUBW:     r = int.phsubw(a, b); break;
    case Op.PHSUBD:     r = int.phsubd(a, b); break;
    case Op.PHSUBSW:    r = int.phsubsw(a, b); break;
    case Op.PSIGNB:     r = int.psignb(a, b); break;
    case Op.PSIGNW:     r = int.psignw(a, b); break;
    case Op.PSIGND:     r = int.psignd(a, b); break;
    case Op.PABSB:      r = i8x16.abs(b); break;
    case Op.PABSW:      r = i16x8.abs(b); break;
    case Op.PABSD:      r = i32x4.abs(b); break;
    case Op.PSLLW:      r = int.psllw(a, load<u64>(s)); break;
    case Op.PSLLD:      r = int.pslld(a, load<u64>(s)); break;
    case Op.PSLLQ:      r = int.psllq(a, load<u64>(s)); break;
    case Op.PSRLW:      r = int.psrlw(a, load<u64>(s)); break;
    case Op.PSRLD:      r = int.psrld(a, load<u64>(s)); break;
    case Op.PSRLQ:      r = int.psrlq(a, load<u64>(s)); break;
    case Op.PSRAW:      r = int.psraw(a, load<u64>(s)); break;
    case Op.PSRAD:      r = int.psrad(a, load<u64>(s)); break;
    case Op.PACKSSWB:   r = i8x16.narrow_i16x8_s(a, b); break;
    case Op.PACKUSWB:   r = i8x16.narrow_i16x8_u(a, b); break;
    case Op.PACKSSDW:   r = i16x8.narrow_i32x4_s(a, b); break;
    case Op.PACKUSDW:   r = i16x8.narrow_i32x4_u(a, b); break;
    case Op.PUNPCKLBW:  r = i8x16.shuffle(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23); break;
    case Op.PUNPCKHBW:  r = i8x16.shuffle(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31); break;
    case Op.PUNPCKLWD:  r = v128.shuffle<u16>(a, b, 0, 8, 1, 9, 2, 10, 3, 11); break;
    case Op.PUNPCKHWD:  r = v128.shuffle<u16>(a, b, 4, 12, 5, 13, 6, 14, 7, 15); break;
    case Op.PUNPCKLDQ:  r = v128.shuffle<u32>(a, b, 0, 4, 1, 5); break;
    case Op.PUNPCKHDQ:  r = v128.shuffle<u32>(a, b, 2, 6, 3, 7); break;
    case Op.PUNPCKLQDQ: r = v128.shuffle<u64>(a, b, 0, 2); break;
    case Op.PUNPCKHQDQ: r = v128.shuffle<u64>(a, b, 1, 3); break;
    case Op.MOVSLDUP:   r = v128.shuffle<u32>(b, b, 0, 0, 2, 2); break;
    case Op.MOVSHDUP:   r = v128.shuffle<u32>(b, b, 1, 1, 3, 3); break;
    case Op.PSHUFB:     r = sh.pshufb(a, b); break;
    case Op.PSHUFD:     r = sh.pshufd(b, imm(inst)); break;
    case Op.PSHUFLW:    r = sh.pshuflw(b, imm(inst)); break;
    case Op.PSHUFHW:    r = sh.pshufhw(b, imm(inst)); break;
    case Op.SHUFPS:     r = sh.shufps(a, b, imm(inst)); break;
    case Op.SHUFPD:     r = sh.shufpd(a, b, imm(inst)); break;
    case Op.PALIGNR:    r = sh.palignr(a, b, imm(inst)); break;
    case Op.PBLENDW:    r = sh.blend(a, b, sh.wordMask(imm(inst))); break;
    case Op.BLENDPS:    r = sh.blend(a, b, sh.dwordMask(imm(inst))); break;
    case Op.BLENDPD:    r = sh.blend(a, b, sh.qwordMask(imm(inst))); break;
    case Op.PBLENDVB:   r = sh.blend(a, b, i8x16.shr_s(v128.load(ctx, XMM), 7)); break;
    case Op.BLENDVPS:   r = sh.blend(a, b, i32x4.shr_s(v128.load(ctx, XMM), 31)); break;
    case Op.BLENDVPD:   r = sh.blend(a, b, i64x2.shr_s(v128.load(ctx, XMM), 63)); break;
    case Op.PHMINPOSUW: r = int.phminposuw(s); break;
    case Op.MPSADBW:    r = int.mpsadbw(d, s, imm(inst)); break;
    case Op.AESENC:     r = aesenc(d, s); break;
    case Op.AESENCLAST: r = aesenclast(d, s); break;
    case Op.AESDEC:     r = aesdec(d, s); break;
    case Op.AESDECLAST: r = aesdeclast(d, s); break;
    case Op.AESIMC:     r = aesimc(s); break;
    case Op.AESKEYGENASSIST: r = aeskeygenassist(s, imm(inst)); break;
    case Op.PCLMULQDQ:  r = pclmulqdq(d, s, imm(inst)); break;
    default:            return ud(ctx);
  }
  v128.store(d, r);
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
