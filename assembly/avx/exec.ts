// Executes one VEX-encoded vector instruction (AVX, AVX2, FMA, F16C): guest CPU level 3. What works on each 16 bytes as its SSE
// form does is packed() with the SSE operation; the rest is in the files of this folder. All of them clear the destination
// above the vector length.
import { EXIT_FAULT } from '../shared/exit';
import { CF, ZF } from '../shared/flags';
import { I_OP } from '../shared/inst';
import { YMM_HIGH } from '../shared/layout';
import { setStatus } from '../state';
import { ud } from '../memory';
import * as Op from '../generated/ops';
import { ADD, DIV, MAX, MIN, MUL, SCRATCH_B, SQRT, SUB } from '../sse/arith';
import { comis } from '../sse/compare';
import { toInt } from '../sse/convert';
import { mpsadbw } from '../sse/integer';
import * as sse from '../sse/move';
import { packedAt } from '../sse/packed';
import * as sh from '../sse/shuffle';
import { pcmpestri, pcmpestrm, pcmpistri, pcmpistrm } from '../sse/string';
import * as fp from './float';
import { FMADD, FMADDSUB, FMSUB, FMSUBADD, FNMADD, FNMSUB, fmaPacked, fmaScalar } from './fma';
import { vcvtph2ps, vcvtps2ph } from './half';
import { gather, maskLoad, maskStore } from './masked';
import * as mv from './move';
import { commit, firstSource, imm8, onlySource, result, secondSource, vectorSize } from './operand';
import * as pm from './permute';

/** Executes `inst`: 0 = go on, else EXIT_FAULT. */
export function avxExec(ctx: usize, inst: usize): i32 {
  const op: u32 = load<u16>(inst, I_OP);
  // biome-ignore format: aligned rows
  switch (op) {
    case Op.VMOVUPS:          return mv.move(ctx, inst, false);
    case Op.VMOVUPS_M:        return mv.save(ctx, inst, false);
    case Op.VMOVAPS:          return mv.move(ctx, inst, true);
    case Op.VMOVAPS_M:        return mv.save(ctx, inst, true);
    case Op.VMOVSS:           return mv.loadLow(ctx, inst, 4);
    case Op.VMOVSD:           return mv.loadLow(ctx, inst, 8);
    case Op.VMOVSS_RRR:       return mv.mergeLow<u32>(ctx, inst);
    case Op.VMOVSD_RRR:       return mv.mergeLow<u64>(ctx, inst);
    case Op.VMOVSS_M:         return sse.store32(ctx, inst);
    case Op.VMOVSD_M:         return sse.store64(ctx, inst);
    case Op.VMOVQ:            return mv.loadLow(ctx, inst, 8);
    case Op.VMOVQ_M:          return sse.store64(ctx, inst);
    case Op.VMOVLPS_M:        return sse.store64(ctx, inst);
    case Op.VMOVQ_R64_X_M:    return sse.store64(ctx, inst);
    case Op.VMOVHPS_M:        return sse.movhpsStore(ctx, inst);
    case Op.VMOVD_R32_X_M:    return sse.store32(ctx, inst);
    case Op.VMOVD_R32_X:      return sse.movdToGpr(ctx, inst);
    case Op.VMOVQ_R64_X:      return sse.movqToGpr(ctx, inst);
    case Op.VMOVD_X_R32:      return mv.fromGpr<u32>(ctx, inst);
    case Op.VMOVQ_X_R64:      return mv.fromGpr<u64>(ctx, inst);
    case Op.VMOVLPS:          return mv.replaceLow(ctx, inst);
    case Op.VMOVHPS:          return mv.replaceHigh(ctx, inst);
    case Op.VMOVHLPS:         return mv.vmovhlps(ctx, inst);
    case Op.VMOVLHPS:         return mv.vmovlhps(ctx, inst);
    case Op.VMOVDDUP:         return mv.vmovddup(ctx, inst, 16);
    case Op.VMOVDDUP_Y:       return mv.vmovddup(ctx, inst, 32);
    case Op.VMOVMSKPS:        return mv.movemask<i32>(ctx, inst);
    case Op.VMOVMSKPD:        return mv.movemask<i64>(ctx, inst);
    case Op.VPMOVMSKB:        return mv.movemask<i8>(ctx, inst);
    case Op.VMASKMOVDQU:      return sse.maskmovdqu(ctx, inst);
    case Op.VZEROUPPER:       return mv.vzeroupper(ctx);
    case Op.VZEROALL:         return mv.vzeroall(ctx);
    case Op.VPINSRB:          return mv.pinsr<u8>(ctx, inst);
    case Op.VPEXTRB:          return sse.pextr<u8>(ctx, inst, imm8(inst));
    case Op.VPEXTRB_M:        return sse.pextrStore<u8>(ctx, inst, imm8(inst));
    case Op.VPINSRW:          return mv.pinsr<u16>(ctx, inst);
    case Op.VPEXTRW:          return sse.pextr<u16>(ctx, inst, imm8(inst));
    case Op.VPEXTRW_M:        return sse.pextrStore<u16>(ctx, inst, imm8(inst));
    case Op.VPINSRD:          return mv.pinsr<u32>(ctx, inst);
    case Op.VPEXTRD:          return sse.pextr<u32>(ctx, inst, imm8(inst));
    case Op.VPEXTRD_M:        return sse.pextrStore<u32>(ctx, inst, imm8(inst));
    case Op.VPINSRQ:          return mv.pinsr<u64>(ctx, inst);
    case Op.VPEXTRQ:          return sse.pextr<u64>(ctx, inst, imm8(inst));
    case Op.VPEXTRQ_M:        return sse.pextrStore<u64>(ctx, inst, imm8(inst));
    case Op.VINSERTPS:        return mv.vinsertps(ctx, inst);
    case Op.VPMOVSXBW:        return mv.widen(ctx, inst, Op.PMOVSXBW, 8);
    case Op.VPMOVSXBD:        return mv.widen(ctx, inst, Op.PMOVSXBD, 4);
    case Op.VPMOVSXBQ:        return mv.widen(ctx, inst, Op.PMOVSXBQ, 2);
    case Op.VPMOVSXWD:        return mv.widen(ctx, inst, Op.PMOVSXWD, 8);
    case Op.VPMOVSXWQ:        return mv.widen(ctx, inst, Op.PMOVSXWQ, 4);
    case Op.VPMOVSXDQ:        return mv.widen(ctx, inst, Op.PMOVSXDQ, 8);
    case Op.VPMOVZXBW:        return mv.widen(ctx, inst, Op.PMOVZXBW, 8);
    case Op.VPMOVZXBD:        return mv.widen(ctx, inst, Op.PMOVZXBD, 4);
    case Op.VPMOVZXBQ:        return mv.widen(ctx, inst, Op.PMOVZXBQ, 2);
    case Op.VPMOVZXWD:        return mv.widen(ctx, inst, Op.PMOVZXWD, 8);
    case Op.VPMOVZXWQ:        return mv.widen(ctx, inst, Op.PMOVZXWQ, 4);
    case Op.VPMOVZXDQ:        return mv.widen(ctx, inst, Op.PMOVZXDQ, 8);
    case Op.VADDSS:           return fp.arithScalar<f32>(ctx, inst, ADD);
    case Op.VADDSD:           return fp.arithScalar<f64>(ctx, inst, ADD);
    case Op.VADDPS:           return fp.arith<f32>(ctx, inst, ADD);
    case Op.VADDPD:           return fp.arith<f64>(ctx, inst, ADD);
    case Op.VSUBSS:           return fp.arithScalar<f32>(ctx, inst, SUB);
    case Op.VSUBSD:           return fp.arithScalar<f64>(ctx, inst, SUB);
    case Op.VSUBPS:           return fp.arith<f32>(ctx, inst, SUB);
    case Op.VSUBPD:           return fp.arith<f64>(ctx, inst, SUB);
    case Op.VMULSS:           return fp.arithScalar<f32>(ctx, inst, MUL);
    case Op.VMULSD:           return fp.arithScalar<f64>(ctx, inst, MUL);
    case Op.VMULPS:           return fp.arith<f32>(ctx, inst, MUL);
    case Op.VMULPD:           return fp.arith<f64>(ctx, inst, MUL);
    case Op.VDIVSS:           return fp.arithScalar<f32>(ctx, inst, DIV);
    case Op.VDIVSD:           return fp.arithScalar<f64>(ctx, inst, DIV);
    case Op.VDIVPS:           return fp.arith<f32>(ctx, inst, DIV);
    case Op.VDIVPD:           return fp.arith<f64>(ctx, inst, DIV);
    case Op.VMINSS:           return fp.arithScalar<f32>(ctx, inst, MIN);
    case Op.VMINSD:           return fp.arithScalar<f64>(ctx, inst, MIN);
    case Op.VMINPS:           return fp.arith<f32>(ctx, inst, MIN);
    case Op.VMINPD:           return fp.arith<f64>(ctx, inst, MIN);
    case Op.VMAXSS:           return fp.arithScalar<f32>(ctx, inst, MAX);
    case Op.VMAXSD:           return fp.arithScalar<f64>(ctx, inst, MAX);
    case Op.VMAXPS:           return fp.arith<f32>(ctx, inst, MAX);
    case Op.VMAXPD:           return fp.arith<f64>(ctx, inst, MAX);
    case Op.VSQRTSS:          return fp.arithScalar<f32>(ctx, inst, SQRT);
    case Op.VSQRTSD:          return fp.arithScalar<f64>(ctx, inst, SQRT);
    case Op.VSQRTPS:          return fp.sqrtPacked<f32>(ctx, inst, SQRT);
    case Op.VSQRTPD:          return fp.sqrtPacked<f64>(ctx, inst, SQRT);
    case Op.VADDSUBPS:        return fp.addsubPacked<f32>(ctx, inst);
    case Op.VADDSUBPD:        return fp.addsubPacked<f64>(ctx, inst);
    case Op.VHADDPS:          return fp.horizontalPacked<f32>(ctx, inst, ADD);
    case Op.VHADDPD:          return fp.horizontalPacked<f64>(ctx, inst, ADD);
    case Op.VHSUBPS:          return fp.horizontalPacked<f32>(ctx, inst, SUB);
    case Op.VHSUBPD:          return fp.horizontalPacked<f64>(ctx, inst, SUB);
    case Op.VDPPS:            return fp.dot<f32>(ctx, inst);
    case Op.VDPPD:            return fp.dot<f64>(ctx, inst);
    case Op.VRCPSS:           return fp.approxScalar(ctx, inst, false);
    case Op.VRSQRTSS:         return fp.approxScalar(ctx, inst, true);
    case Op.VRCPPS:           return fp.approxPacked(ctx, inst, false);
    case Op.VRSQRTPS:         return fp.approxPacked(ctx, inst, true);
    case Op.VCMPSS:           return fp.cmpScalar<f32>(ctx, inst);
    case Op.VCMPSD:           return fp.cmpScalar<f64>(ctx, inst);
    case Op.VCMPPS:           return fp.cmpPacked<f32>(ctx, inst);
    case Op.VCMPPD:           return fp.cmpPacked<f64>(ctx, inst);
    case Op.VCOMISS:          return comis<f32>(ctx, inst, true);
    case Op.VCOMISD:          return comis<f64>(ctx, inst, true);
    case Op.VUCOMISS:         return comis<f32>(ctx, inst, false);
    case Op.VUCOMISD:         return comis<f64>(ctx, inst, false);
    case Op.VCVTSI2SS_X_R32:  return fp.fromInt<i32, f32>(ctx, inst);
    case Op.VCVTSI2SS_X_R64:  return fp.fromInt<i64, f32>(ctx, inst);
    case Op.VCVTSS2SI_R32_X:  return toInt<f32, i32>(ctx, inst, false);
    case Op.VCVTSS2SI_R64_X:  return toInt<f32, i64>(ctx, inst, false);
    case Op.VCVTTSS2SI_R32_X: return toInt<f32, i32>(ctx, inst, true);
    case Op.VCVTTSS2SI_R64_X: return toInt<f32, i64>(ctx, inst, true);
    case Op.VCVTSI2SD_X_R32:  return fp.fromInt<i32, f64>(ctx, inst);
    case Op.VCVTSI2SD_X_R64:  return fp.fromInt<i64, f64>(ctx, inst);
    case Op.VCVTSD2SI_R32_X:  return toInt<f64, i32>(ctx, inst, false);
    case Op.VCVTSD2SI_R64_X:  return toInt<f64, i64>(ctx, inst, false);
    case Op.VCVTTSD2SI_R32_X: return toInt<f64, i32>(ctx, inst, true);
    case Op.VCVTTSD2SI_R64_X: return toInt<f64, i64>(ctx, inst, true);
    case Op.VCVTSS2SD:        return fp.convertScalar<f32, f64>(ctx, inst);
    case Op.VCVTSD2SS:        return fp.convertScalar<f64, f32>(ctx, inst);
    case Op.VCVTPS2PD:        return fp.vcvtps2pd(ctx, inst, 16);
    case Op.VCVTPS2PD_Y:      return fp.vcvtps2pd(ctx, inst, 32);
    case Op.VCVTPD2PS:        return fp.vcvtpd2ps(ctx, inst);
    case Op.VCVTDQ2PS:        return fp.vcvtdq2ps(ctx, inst);
    case Op.VCVTDQ2PD:        return fp.vcvtdq2pd(ctx, inst, 16);
    case Op.VCVTDQ2PD_Y:      return fp.vcvtdq2pd(ctx, inst, 32);
    case Op.VCVTPS2DQ:        return fp.singlesToDwords(ctx, inst, false);
    case Op.VCVTTPS2DQ:       return fp.singlesToDwords(ctx, inst, true);
    case Op.VCVTPD2DQ:        return fp.doublesToDwords(ctx, inst, false);
    case Op.VCVTTPD2DQ:       return fp.doublesToDwords(ctx, inst, true);
    case Op.VROUNDSS:         return fp.roundScalar<f32>(ctx, inst);
    case Op.VROUNDSD:         return fp.roundScalar<f64>(ctx, inst);
    case Op.VROUNDPS:         return fp.roundPacked<f32>(ctx, inst);
    case Op.VROUNDPD:         return fp.roundPacked<f64>(ctx, inst);
    case Op.VCVTPH2PS:        return vcvtph2ps(ctx, inst, 16);
    case Op.VCVTPH2PS_Y:      return vcvtph2ps(ctx, inst, 32);
    case Op.VCVTPS2PH:        return vcvtps2ph(ctx, inst, 16);
    case Op.VCVTPS2PH_M:      return vcvtps2ph(ctx, inst, 16);
    case Op.VCVTPS2PH_Y:      return vcvtps2ph(ctx, inst, 32);
    case Op.VCVTPS2PH_Y_M:    return vcvtps2ph(ctx, inst, 32);
    case Op.VFMADD132SS:      return fmaScalar<f32>(ctx, inst, FMADD, 132);
    case Op.VFMADD132SD:      return fmaScalar<f64>(ctx, inst, FMADD, 132);
    case Op.VFMADD132PS:      return fmaPacked<f32>(ctx, inst, FMADD, 132);
    case Op.VFMADD132PD:      return fmaPacked<f64>(ctx, inst, FMADD, 132);
    case Op.VFMSUB132SS:      return fmaScalar<f32>(ctx, inst, FMSUB, 132);
    case Op.VFMSUB132SD:      return fmaScalar<f64>(ctx, inst, FMSUB, 132);
    case Op.VFMSUB132PS:      return fmaPacked<f32>(ctx, inst, FMSUB, 132);
    case Op.VFMSUB132PD:      return fmaPacked<f64>(ctx, inst, FMSUB, 132);
    case Op.VFNMADD132SS:     return fmaScalar<f32>(ctx, inst, FNMADD, 132);
    case Op.VFNMADD132SD:     return fmaScalar<f64>(ctx, inst, FNMADD, 132);
    case Op.VFNMADD132PS:     return fmaPacked<f32>(ctx, inst, FNMADD, 132);
    case Op.VFNMADD132PD:     return fmaPacked<f64>(ctx, inst, FNMADD, 132);
    case Op.VFNMSUB132SS:     return fmaScalar<f32>(ctx, inst, FNMSUB, 132);
    case Op.VFNMSUB132SD:     return fmaScalar<f64>(ctx, inst, FNMSUB, 132);
    case Op.VFNMSUB132PS:     return fmaPacked<f32>(ctx, inst, FNMSUB, 132);
    case Op.VFNMSUB132PD:     return fmaPacked<f64>(ctx, inst, FNMSUB, 132);
    case Op.VFMADDSUB132PS:   return fmaPacked<f32>(ctx, inst, FMADDSUB, 132);
    case Op.VFMADDSUB132PD:   return fmaPacked<f64>(ctx, inst, FMADDSUB, 132);
    case Op.VFMSUBADD132PS:   return fmaPacked<f32>(ctx, inst, FMSUBADD, 132);
    case Op.VFMSUBADD132PD:   return fmaPacked<f64>(ctx, inst, FMSUBADD, 132);
    case Op.VFMADD213SS:      return fmaScalar<f32>(ctx, inst, FMADD, 213);
    case Op.VFMADD213SD:      return fmaScalar<f64>(ctx, inst, FMADD, 213);
    case Op.VFMADD213PS:      return fmaPacked<f32>(ctx, inst, FMADD, 213);
    case Op.VFMADD213PD:      return fmaPacked<f64>(ctx, inst, FMADD, 213);
    case Op.VFMSUB213SS:      return fmaScalar<f32>(ctx, inst, FMSUB, 213);
    case Op.VFMSUB213SD:      return fmaScalar<f64>(ctx, inst, FMSUB, 213);
    case Op.VFMSUB213PS:      return fmaPacked<f32>(ctx, inst, FMSUB, 213);
    case Op.VFMSUB213PD:      return fmaPacked<f64>(ctx, inst, FMSUB, 213);
    case Op.VFNMADD213SS:     return fmaScalar<f32>(ctx, inst, FNMADD, 213);
    case Op.VFNMADD213SD:     return fmaScalar<f64>(ctx, inst, FNMADD, 213);
    case Op.VFNMADD213PS:     return fmaPacked<f32>(ctx, inst, FNMADD, 213);
    case Op.VFNMADD213PD:     return fmaPacked<f64>(ctx, inst, FNMADD, 213);
    case Op.VFNMSUB213SS:     return fmaScalar<f32>(ctx, inst, FNMSUB, 213);
    case Op.VFNMSUB213SD:     return fmaScalar<f64>(ctx, inst, FNMSUB, 213);
    case Op.VFNMSUB213PS:     return fmaPacked<f32>(ctx, inst, FNMSUB, 213);
    case Op.VFNMSUB213PD:     return fmaPacked<f64>(ctx, inst, FNMSUB, 213);
    case Op.VFMADDSUB213PS:   return fmaPacked<f32>(ctx, inst, FMADDSUB, 213);
    case Op.VFMADDSUB213PD:   return fmaPacked<f64>(ctx, inst, FMADDSUB, 213);
    case Op.VFMSUBADD213PS:   return fmaPacked<f32>(ctx, inst, FMSUBADD, 213);
    case Op.VFMSUBADD213PD:   return fmaPacked<f64>(ctx, inst, FMSUBADD, 213);
    case Op.VFMADD231SS:      return fmaScalar<f32>(ctx, inst, FMADD, 231);
    case Op.VFMADD231SD:      return fmaScalar<f64>(ctx, inst, FMADD, 231);
    case Op.VFMADD231PS:      return fmaPacked<f32>(ctx, inst, FMADD, 231);
    case Op.VFMADD231PD:      return fmaPacked<f64>(ctx, inst, FMADD, 231);
    case Op.VFMSUB231SS:      return fmaScalar<f32>(ctx, inst, FMSUB, 231);
    case Op.VFMSUB231SD:      return fmaScalar<f64>(ctx, inst, FMSUB, 231);
    case Op.VFMSUB231PS:      return fmaPacked<f32>(ctx, inst, FMSUB, 231);
    case Op.VFMSUB231PD:      return fmaPacked<f64>(ctx, inst, FMSUB, 231);
    case Op.VFNMADD231SS:     return fmaScalar<f32>(ctx, inst, FNMADD, 231);
    case Op.VFNMADD231SD:     return fmaScalar<f64>(ctx, inst, FNMADD, 231);
    case Op.VFNMADD231PS:     return fmaPacked<f32>(ctx, inst, FNMADD, 231);
    case Op.VFNMADD231PD:     return fmaPacked<f64>(ctx, inst, FNMADD, 231);
    case Op.VFNMSUB231SS:     return fmaScalar<f32>(ctx, inst, FNMSUB, 231);
    case Op.VFNMSUB231SD:     return fmaScalar<f64>(ctx, inst, FNMSUB, 231);
    case Op.VFNMSUB231PS:     return fmaPacked<f32>(ctx, inst, FNMSUB, 231);
    case Op.VFNMSUB231PD:     return fmaPacked<f64>(ctx, inst, FNMSUB, 231);
    case Op.VFMADDSUB231PS:   return fmaPacked<f32>(ctx, inst, FMADDSUB, 231);
    case Op.VFMADDSUB231PD:   return fmaPacked<f64>(ctx, inst, FMADDSUB, 231);
    case Op.VFMSUBADD231PS:   return fmaPacked<f32>(ctx, inst, FMSUBADD, 231);
    case Op.VFMSUBADD231PD:   return fmaPacked<f64>(ctx, inst, FMSUBADD, 231);
    case Op.VPSLLW:           return shiftBy(ctx, inst, Op.PSLLW);
    case Op.VPSLLW_I:         return shiftImm(ctx, inst, Op.PSLLW);
    case Op.VPSLLD:           return shiftBy(ctx, inst, Op.PSLLD);
    case Op.VPSLLD_I:         return shiftImm(ctx, inst, Op.PSLLD);
    case Op.VPSLLQ:           return shiftBy(ctx, inst, Op.PSLLQ);
    case Op.VPSLLQ_I:         return shiftImm(ctx, inst, Op.PSLLQ);
    case Op.VPSRLW:           return shiftBy(ctx, inst, Op.PSRLW);
    case Op.VPSRLW_I:         return shiftImm(ctx, inst, Op.PSRLW);
    case Op.VPSRLD:           return shiftBy(ctx, inst, Op.PSRLD);
    case Op.VPSRLD_I:         return shiftImm(ctx, inst, Op.PSRLD);
    case Op.VPSRLQ:           return shiftBy(ctx, inst, Op.PSRLQ);
    case Op.VPSRLQ_I:         return shiftImm(ctx, inst, Op.PSRLQ);
    case Op.VPSRAW:           return shiftBy(ctx, inst, Op.PSRAW);
    case Op.VPSRAW_I:         return shiftImm(ctx, inst, Op.PSRAW);
    case Op.VPSRAD:           return shiftBy(ctx, inst, Op.PSRAD);
    case Op.VPSRAD_I:         return shiftImm(ctx, inst, Op.PSRAD);
    case Op.VPSLLDQ_I:        return shiftBytes(ctx, inst, true);
    case Op.VPSRLDQ_I:        return shiftBytes(ctx, inst, false);
    case Op.VPTEST:           return test(ctx, inst, i64x2.splat(-1));
    case Op.VTESTPS:          return test(ctx, inst, i32x4.splat(i32.MIN_VALUE));
    case Op.VTESTPD:          return test(ctx, inst, i64x2.splat(i64.MIN_VALUE));
    case Op.VPBROADCASTB:     return pm.broadcast<u8>(ctx, inst);
    case Op.VPBROADCASTW:     return pm.broadcast<u16>(ctx, inst);
    case Op.VPBROADCASTD:     return pm.broadcast<u32>(ctx, inst);
    case Op.VPBROADCASTQ:     return pm.broadcast<u64>(ctx, inst);
    case Op.VBROADCASTI128:   return pm.broadcast128(ctx, inst);
    case Op.VINSERTI128:      return pm.insert128(ctx, inst);
    case Op.VEXTRACTI128:     return pm.extract128(ctx, inst);
    case Op.VEXTRACTI128_M:   return pm.extract128(ctx, inst);
    case Op.VPERM2I128:       return pm.perm2(ctx, inst);
    case Op.VPERMD:           return pm.permd(ctx, inst);
    case Op.VPERMQ:           return pm.permq(ctx, inst);
    case Op.VPERMILPS:        return pm.permilps(ctx, inst);
    case Op.VPERMILPD:        return pm.permilpd(ctx, inst);
    case Op.VPERMILPS_I:      return pm.permilpsImm(ctx, inst);
    case Op.VPERMILPD_I:      return pm.permilpdImm(ctx, inst);
    case Op.VPBLENDW:         return pm.blendMasked(ctx, inst, sh.wordMask(imm8(inst)), sh.wordMask(imm8(inst)));
    case Op.VBLENDPS:         return pm.blendMasked(ctx, inst, sh.dwordMask(imm8(inst)), sh.dwordMask(imm8(inst) >> 4));
    case Op.VBLENDPD:         return pm.blendMasked(ctx, inst, sh.qwordMask(imm8(inst)), sh.qwordMask(imm8(inst) >> 2));
    case Op.VPBLENDVB:        return pm.blendVariable<i8>(ctx, inst);
    case Op.VBLENDVPS:        return pm.blendVariable<i32>(ctx, inst);
    case Op.VBLENDVPD:        return pm.blendVariable<i64>(ctx, inst);
    case Op.VPSLLVD:          return pm.shiftVariable<u32>(ctx, inst, pm.LEFT);
    case Op.VPSLLVQ:          return pm.shiftVariable<u64>(ctx, inst, pm.LEFT);
    case Op.VPSRLVD:          return pm.shiftVariable<u32>(ctx, inst, pm.RIGHT);
    case Op.VPSRLVQ:          return pm.shiftVariable<u64>(ctx, inst, pm.RIGHT);
    case Op.VPSRAVD:          return pm.shiftVariable<u32>(ctx, inst, pm.ARITHMETIC);
    case Op.VPMASKMOVD:       return maskLoad<u32>(ctx, inst);
    case Op.VPMASKMOVQ:       return maskLoad<u64>(ctx, inst);
    case Op.VPMASKMOVD_M:     return maskStore<u32>(ctx, inst);
    case Op.VPMASKMOVQ_M:     return maskStore<u64>(ctx, inst);
    case Op.VPGATHERDD:       return gather<i32, u32>(ctx, inst);
    case Op.VPGATHERDQ:       return gather<i32, u64>(ctx, inst);
    case Op.VPGATHERQD:       return gather<i64, u32>(ctx, inst);
    case Op.VPGATHERQQ:       return gather<i64, u64>(ctx, inst);
    case Op.VMPSADBW:         return mpsadbwBoth(ctx, inst);
    case Op.VPSHUFD:          return unary(ctx, inst, Op.PSHUFD, vectorSize(inst));
    case Op.VPSHUFLW:         return unary(ctx, inst, Op.PSHUFLW, vectorSize(inst));
    case Op.VPSHUFHW:         return unary(ctx, inst, Op.PSHUFHW, vectorSize(inst));
    case Op.VMOVSLDUP:        return unary(ctx, inst, Op.MOVSLDUP, vectorSize(inst));
    case Op.VMOVSHDUP:        return unary(ctx, inst, Op.MOVSHDUP, vectorSize(inst));
    case Op.VPABSB:           return unary(ctx, inst, Op.PABSB, vectorSize(inst));
    case Op.VPABSW:           return unary(ctx, inst, Op.PABSW, vectorSize(inst));
    case Op.VPABSD:           return unary(ctx, inst, Op.PABSD, vectorSize(inst));
    case Op.VPHMINPOSUW:      return unary(ctx, inst, Op.PHMINPOSUW, 16);
    case Op.VAESIMC:          return unary(ctx, inst, Op.AESIMC, 16);
    case Op.VAESKEYGENASSIST: return unary(ctx, inst, Op.AESKEYGENASSIST, 16);
    case Op.VPCMPESTRI:       return pcmpestri(ctx, inst, false);
    case Op.VPCMPESTRI_W:     return pcmpestri(ctx, inst, true);
    case Op.VPCMPESTRM:       return clearing(ctx, pcmpestrm(ctx, inst, false));
    case Op.VPCMPESTRM_W:     return clearing(ctx, pcmpestrm(ctx, inst, true));
    case Op.VPCMPISTRI:       return pcmpistri(ctx, inst);
    case Op.VPCMPISTRM:       return clearing(ctx, pcmpistrm(ctx, inst));
    case Op.VPUNPCKLDQ:       return packed(ctx, inst, Op.PUNPCKLDQ);
    case Op.VPUNPCKLQDQ:      return packed(ctx, inst, Op.PUNPCKLQDQ);
    case Op.VPUNPCKHDQ:       return packed(ctx, inst, Op.PUNPCKHDQ);
    case Op.VPUNPCKHQDQ:      return packed(ctx, inst, Op.PUNPCKHQDQ);
    case Op.VPAND:            return packed(ctx, inst, Op.PAND);
    case Op.VPANDN:           return packed(ctx, inst, Op.PANDN);
    case Op.VPOR:             return packed(ctx, inst, Op.POR);
    case Op.VPXOR:            return packed(ctx, inst, Op.PXOR);
    case Op.VSHUFPS:          return packed(ctx, inst, Op.SHUFPS);
    case Op.VSHUFPD:          return vshufpd(ctx, inst);
    case Op.VPUNPCKLBW:       return packed(ctx, inst, Op.PUNPCKLBW);
    case Op.VPUNPCKLWD:       return packed(ctx, inst, Op.PUNPCKLWD);
    case Op.VPACKSSWB:        return packed(ctx, inst, Op.PACKSSWB);
    case Op.VPCMPGTB:         return packed(ctx, inst, Op.PCMPGTB);
    case Op.VPCMPGTW:         return packed(ctx, inst, Op.PCMPGTW);
    case Op.VPCMPGTD:         return packed(ctx, inst, Op.PCMPGTD);
    case Op.VPACKUSWB:        return packed(ctx, inst, Op.PACKUSWB);
    case Op.VPUNPCKHBW:       return packed(ctx, inst, Op.PUNPCKHBW);
    case Op.VPUNPCKHWD:       return packed(ctx, inst, Op.PUNPCKHWD);
    case Op.VPACKSSDW:        return packed(ctx, inst, Op.PACKSSDW);
    case Op.VPCMPEQB:         return packed(ctx, inst, Op.PCMPEQB);
    case Op.VPCMPEQW:         return packed(ctx, inst, Op.PCMPEQW);
    case Op.VPCMPEQD:         return packed(ctx, inst, Op.PCMPEQD);
    case Op.VPADDQ:           return packed(ctx, inst, Op.PADDQ);
    case Op.VPMULLW:          return packed(ctx, inst, Op.PMULLW);
    case Op.VPSUBUSB:         return packed(ctx, inst, Op.PSUBUSB);
    case Op.VPSUBUSW:         return packed(ctx, inst, Op.PSUBUSW);
    case Op.VPMINUB:          return packed(ctx, inst, Op.PMINUB);
    case Op.VPADDUSB:         return packed(ctx, inst, Op.PADDUSB);
    case Op.VPADDUSW:         return packed(ctx, inst, Op.PADDUSW);
    case Op.VPMAXUB:          return packed(ctx, inst, Op.PMAXUB);
    case Op.VPAVGB:           return packed(ctx, inst, Op.PAVGB);
    case Op.VPAVGW:           return packed(ctx, inst, Op.PAVGW);
    case Op.VPMULHUW:         return packed(ctx, inst, Op.PMULHUW);
    case Op.VPMULHW:          return packed(ctx, inst, Op.PMULHW);
    case Op.VPSUBSB:          return packed(ctx, inst, Op.PSUBSB);
    case Op.VPSUBSW:          return packed(ctx, inst, Op.PSUBSW);
    case Op.VPMINSW:          return packed(ctx, inst, Op.PMINSW);
    case Op.VPADDSB:          return packed(ctx, inst, Op.PADDSB);
    case Op.VPADDSW:          return packed(ctx, inst, Op.PADDSW);
    case Op.VPMAXSW:          return packed(ctx, inst, Op.PMAXSW);
    case Op.VPMULUDQ:         return packed(ctx, inst, Op.PMULUDQ);
    case Op.VPMADDWD:         return packed(ctx, inst, Op.PMADDWD);
    case Op.VPSADBW:          return packed(ctx, inst, Op.PSADBW);
    case Op.VPSUBB:           return packed(ctx, inst, Op.PSUBB);
    case Op.VPSUBW:           return packed(ctx, inst, Op.PSUBW);
    case Op.VPSUBD:           return packed(ctx, inst, Op.PSUBD);
    case Op.VPSUBQ:           return packed(ctx, inst, Op.PSUBQ);
    case Op.VPADDB:           return packed(ctx, inst, Op.PADDB);
    case Op.VPADDW:           return packed(ctx, inst, Op.PADDW);
    case Op.VPADDD:           return packed(ctx, inst, Op.PADDD);
    case Op.VPSHUFB:          return packed(ctx, inst, Op.PSHUFB);
    case Op.VPHADDW:          return packed(ctx, inst, Op.PHADDW);
    case Op.VPHADDD:          return packed(ctx, inst, Op.PHADDD);
    case Op.VPHADDSW:         return packed(ctx, inst, Op.PHADDSW);
    case Op.VPMADDUBSW:       return packed(ctx, inst, Op.PMADDUBSW);
    case Op.VPHSUBW:          return packed(ctx, inst, Op.PHSUBW);
    case Op.VPHSUBD:          return packed(ctx, inst, Op.PHSUBD);
    case Op.VPHSUBSW:         return packed(ctx, inst, Op.PHSUBSW);
    case Op.VPSIGNB:          return packed(ctx, inst, Op.PSIGNB);
    case Op.VPSIGNW:          return packed(ctx, inst, Op.PSIGNW);
    case Op.VPSIGND:          return packed(ctx, inst, Op.PSIGND);
    case Op.VPMULHRSW:        return packed(ctx, inst, Op.PMULHRSW);
    case Op.VPMULDQ:          return packed(ctx, inst, Op.PMULDQ);
    case Op.VPCMPEQQ:         return packed(ctx, inst, Op.PCMPEQQ);
    case Op.VPACKUSDW:        return packed(ctx, inst, Op.PACKUSDW);
    case Op.VPCMPGTQ:         return packed(ctx, inst, Op.PCMPGTQ);
    case Op.VPMINSB:          return packed(ctx, inst, Op.PMINSB);
    case Op.VPMINSD:          return packed(ctx, inst, Op.PMINSD);
    case Op.VPMINUW:          return packed(ctx, inst, Op.PMINUW);
    case Op.VPMINUD:          return packed(ctx, inst, Op.PMINUD);
    case Op.VPMAXSB:          return packed(ctx, inst, Op.PMAXSB);
    case Op.VPMAXSD:          return packed(ctx, inst, Op.PMAXSD);
    case Op.VPMAXUW:          return packed(ctx, inst, Op.PMAXUW);
    case Op.VPMAXUD:          return packed(ctx, inst, Op.PMAXUD);
    case Op.VPMULLD:          return packed(ctx, inst, Op.PMULLD);
    case Op.VAESENC:          return packed(ctx, inst, Op.AESENC);
    case Op.VAESENCLAST:      return packed(ctx, inst, Op.AESENCLAST);
    case Op.VAESDEC:          return packed(ctx, inst, Op.AESDEC);
    case Op.VAESDECLAST:      return packed(ctx, inst, Op.AESDECLAST);
    case Op.VPALIGNR:         return packed(ctx, inst, Op.PALIGNR);
    case Op.VPCLMULQDQ:       return packed(ctx, inst, Op.PCLMULQDQ);
    default: return ud(ctx);
  }
}

/** Three operands: the SSE operation `op` on each 16 bytes. */
function packed(ctx: usize, inst: usize, op: u32): i32 {
  const size = vectorSize(inst);
  const b = secondSource(ctx, inst, size);
  if (!b) return EXIT_FAULT;
  const a = firstSource(ctx, inst);
  const imm = imm8(inst);
  for (let i: usize = 0; i < size; i += 16) result(ctx, i, packedAt(op, a + i, b + i, imm));
  return commit(ctx, inst, size);
}

/** vshufpd: imm[1:0] for the low half, imm[3:2] for the high one. */
function vshufpd(ctx: usize, inst: usize): i32 {
  const size = vectorSize(inst);
  const b = secondSource(ctx, inst, size);
  if (!b) return EXIT_FAULT;
  const a = firstSource(ctx, inst);
  for (let i: usize = 0; i < size; i += 16) {
    const imm = imm8(inst) >> <i32>(i >> 3);
    result(ctx, i, sh.shufpd(v128.load(a + i), v128.load(b + i), imm));
  }
  return commit(ctx, inst, size);
}

/** Two operands. */
function unary(ctx: usize, inst: usize, op: u32, size: u32): i32 {
  const b = onlySource(ctx, inst, size);
  if (!b) return EXIT_FAULT;
  const imm = imm8(inst);
  for (let i: usize = 0; i < size; i += 16) result(ctx, i, packedAt(op, b + i, b + i, imm));
  return commit(ctx, inst, size);
}

/** vmpsadbw: imm[2:0] for the low half, imm[5:3] for the high one. */
function mpsadbwBoth(ctx: usize, inst: usize): i32 {
  const size = vectorSize(inst);
  const b = secondSource(ctx, inst, size);
  if (!b) return EXIT_FAULT;
  const a = firstSource(ctx, inst);
  result(ctx, 0, mpsadbw(a, b, imm8(inst)));
  if (size == 32) result(ctx, 16, mpsadbw(a + 16, b + 16, imm8(inst) >> 3));
  return commit(ctx, inst, size);
}

/** Shifts by the low 64 bits of the second source, for both halves. */
function shiftBy(ctx: usize, inst: usize, op: u32): i32 {
  const size = vectorSize(inst);
  const b = secondSource(ctx, inst, 16);
  if (!b) return EXIT_FAULT;
  const a = firstSource(ctx, inst);
  for (let i: usize = 0; i < size; i += 16) result(ctx, i, packedAt(op, a + i, b, 0));
  return commit(ctx, inst, size);
}

/** Shifts of r1 by the immediate. */
function shiftImm(ctx: usize, inst: usize, op: u32): i32 {
  const size = vectorSize(inst);
  const a = firstSource(ctx, inst);
  const count = ctx + SCRATCH_B;
  v128.store(count, i64x2.splat(imm8(inst)));
  for (let i: usize = 0; i < size; i += 16) result(ctx, i, packedAt(op, a + i, count, 0));
  return commit(ctx, inst, size);
}

/** vpslldq, vpsrldq: bytes inside each half. */
function shiftBytes(ctx: usize, inst: usize, left: bool): i32 {
  const size = vectorSize(inst);
  const a = firstSource(ctx, inst);
  const bytes: u32 = imm8(inst);
  for (let i: usize = 0; i < size; i += 16) {
    const x = v128.load(a + i);
    result(ctx, i, left ? sh.pslldq(x, bytes) : sh.psrldq(x, bytes));
  }
  return commit(ctx, inst, size);
}

/** vptest, vtestps, vtestpd: ZF when source & r0 & mask is 0, CF when source & ~r0 & mask is. */
function test(ctx: usize, inst: usize, mask: v128): i32 {
  const size = vectorSize(inst);
  const b = onlySource(ctx, inst, size);
  if (!b) return EXIT_FAULT;
  let both = false;
  let only = false;
  for (let i: usize = 0; i < size; i += 16) {
    const x = v128.load(mv.registerHalf(ctx, inst, i));
    const y = v128.and(v128.load(b + i), mask);
    both = both || v128.any_true(v128.and(x, y));
    only = only || v128.any_true(v128.andnot(y, x));
  }
  setStatus(ctx, (both ? 0 : ZF) | (only ? 0 : CF));
  return 0;
}

/** Clears the upper half of ymm0 after an instruction that wrote xmm0. */
function clearing(ctx: usize, exit: i32): i32 {
  if (!exit) v128.store(ctx, i64x2.splat(0), YMM_HIGH);
  return exit;
}
