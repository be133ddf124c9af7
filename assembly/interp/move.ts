// Data movement between registers and memory: mov, movzx, movsx(d), lea, cmovcc, setcc, xchg, bswap, cbw family, xlat.
import { EXIT_FAULT, EXIT_NONE } from '../shared/exit';
import { I_IMM, I_OP } from '../shared/inst';
import { RAX, RBX, RDX } from '../shared/layout';
import * as ops from '../generated/ops';
import { ea, eaOffset, rd, segBase, wr } from '../memory';
import { gpr, r0, r1, setGpr } from '../state';
import { condB, condBE, condL, condLE, condS, condZ, overflow, parity } from './lazy';

@inline
export function movRR<T>(ctx: usize, inst: usize): i32 {
  setGpr<T>(ctx, r0(inst), gpr<T>(ctx, r1(inst)));
  return EXIT_NONE;
}

@inline
export function movRI<T>(ctx: usize, inst: usize): i32 {
  setGpr<T>(ctx, r0(inst), load<T>(inst, I_IMM));
  return EXIT_NONE;
}

@inline
export function movRM<T>(ctx: usize, inst: usize): i32 {
  const at = rd(ctx, ea(ctx, inst), sizeof<T>());
  if (!at) return EXIT_FAULT;
  setGpr<T>(ctx, r0(inst), load<T>(at));
  return EXIT_NONE;
}

@inline
export function movMR<T>(ctx: usize, inst: usize): i32 {
  const at = wr(ctx, ea(ctx, inst), sizeof<T>());
  if (!at) return EXIT_FAULT;
  store<T>(at, gpr<T>(ctx, r1(inst)));
  return EXIT_NONE;
}

@inline
export function movMI<T>(ctx: usize, inst: usize): i32 {
  const at = wr(ctx, ea(ctx, inst), sizeof<T>());
  if (!at) return EXIT_FAULT;
  store<T>(at, load<T>(inst, I_IMM));
  return EXIT_NONE;
}

/** movzx and movsx: To ← From, zero- or sign-extended as From is unsigned or signed. */
@inline
export function extendRR<To, From>(ctx: usize, inst: usize): i32 {
  setGpr<To>(ctx, r0(inst), <To>gpr<From>(ctx, r1(inst)));
  return EXIT_NONE;
}

@inline
export function extendRM<To, From>(ctx: usize, inst: usize): i32 {
  const at = rd(ctx, ea(ctx, inst), sizeof<From>());
  if (!at) return EXIT_FAULT;
  setGpr<To>(ctx, r0(inst), <To>load<From>(at));
  return EXIT_NONE;
}

@inline
export function lea<T>(ctx: usize, inst: usize): i32 {
  setGpr<T>(ctx, r0(inst), <T>eaOffset(ctx, inst));
  return EXIT_NONE;
}

/** cmovcc: the load happens, and may fault, also when the condition is false; 32 bits always clear the upper half. */
@inline
export function cmovRR<T>(ctx: usize, inst: usize, taken: bool): i32 {
  setGpr<T>(ctx, r0(inst), taken ? gpr<T>(ctx, r1(inst)) : gpr<T>(ctx, r0(inst)));
  return EXIT_NONE;
}

@inline
export function cmovRM<T>(ctx: usize, inst: usize, taken: bool): i32 {
  const at = rd(ctx, ea(ctx, inst), sizeof<T>());
  if (!at) return EXIT_FAULT;
  setGpr<T>(ctx, r0(inst), taken ? load<T>(at) : gpr<T>(ctx, r0(inst)));
  return EXIT_NONE;
}

@inline
export function setR(ctx: usize, inst: usize, taken: bool): i32 {
  store<u8>(ctx + r0(inst), u8(taken));
  return EXIT_NONE;
}

function setM(ctx: usize, inst: usize, taken: bool): i32 {
  const at = wr(ctx, ea(ctx, inst), 1);
  if (!at) return EXIT_FAULT;
  store<u8>(at, u8(taken));
  return EXIT_NONE;
}

@inline
function xchgRR<T>(ctx: usize, inst: usize): i32 {
  const a = gpr<T>(ctx, r0(inst));
  const b = gpr<T>(ctx, r1(inst));
  setGpr<T>(ctx, r1(inst), a);
  setGpr<T>(ctx, r0(inst), b);
  return EXIT_NONE;
}

/** 16 bits: undefined by the manual; the processor gives 0. */
function bswap16(ctx: usize, inst: usize): i32 {
  setGpr<u16>(ctx, r0(inst), 0);
  return EXIT_NONE;
}

@inline
export function bswapR<T>(ctx: usize, inst: usize): i32 {
  setGpr<T>(ctx, r0(inst), bswap<T>(gpr<T>(ctx, r0(inst))));
  return EXIT_NONE;
}

/** al ← [rbx + al]. */
function xlat(ctx: usize, inst: usize): i32 {
  const at = rd(ctx, gpr<u64>(ctx, RBX * 8) + <u64>gpr<u8>(ctx, RAX * 8) + segBase(ctx, inst), 1);
  if (!at) return EXIT_FAULT;
  setGpr<u8>(ctx, RAX * 8, load<u8>(at));
  return EXIT_NONE;
}

/** rdx (dx, edx) ← the sign of rax: cwd, cdq, cqo. */
@inline
export function signInto<T>(ctx: usize): i32 {
  setGpr<T>(ctx, RDX * 8, gpr<T>(ctx, RAX * 8) < 0 ? -1 : 0);
  return EXIT_NONE;
}

/** cbw, cwde, cdqe: the low half of rax, sign-extended. */
@inline
export function widen<To, From>(ctx: usize): i32 {
  setGpr<To>(ctx, RAX * 8, <To>gpr<From>(ctx, RAX * 8));
  return EXIT_NONE;
}

@inline
function movbeRM<T>(ctx: usize, inst: usize): i32 {
  const at = rd(ctx, ea(ctx, inst), sizeof<T>());
  if (!at) return EXIT_FAULT;
  setGpr<T>(ctx, r0(inst), bswap<T>(load<T>(at)));
  return EXIT_NONE;
}

@inline
function movbeMR<T>(ctx: usize, inst: usize): i32 {
  const at = wr(ctx, ea(ctx, inst), sizeof<T>());
  if (!at) return EXIT_FAULT;
  store<T>(at, bswap<T>(gpr<T>(ctx, r1(inst))));
  return EXIT_NONE;
}

/** Every operation of this file but cmovcc and setcc. */
// biome-ignore format: aligned rows
export function moveExec(ctx: usize, inst: usize): i32 {
  switch (<i32>load<u16>(inst, I_OP)) {
    case ops.MOV_RR8:         return movRR<u8>(ctx, inst);
    case ops.MOV_RR16:        return movRR<u16>(ctx, inst);
    case ops.MOV_RR32:        return movRR<u32>(ctx, inst);
    case ops.MOV_RR64:        return movRR<u64>(ctx, inst);
    case ops.MOV_RI8:         return movRI<u8>(ctx, inst);
    case ops.MOV_RI16:        return movRI<u16>(ctx, inst);
    case ops.MOV_RI32:        return movRI<u32>(ctx, inst);
    case ops.MOV_RI64:        return movRI<u64>(ctx, inst);
    case ops.MOV_RM8:         return movRM<u8>(ctx, inst);
    case ops.MOV_RM16:        return movRM<u16>(ctx, inst);
    case ops.MOV_RM32:        return movRM<u32>(ctx, inst);
    case ops.MOV_RM64:        return movRM<u64>(ctx, inst);
    case ops.MOV_MR8:         return movMR<u8>(ctx, inst);
    case ops.MOV_MR16:        return movMR<u16>(ctx, inst);
    case ops.MOV_MR32:        return movMR<u32>(ctx, inst);
    case ops.MOV_MR64:        return movMR<u64>(ctx, inst);
    case ops.MOV_MI8:         return movMI<u8>(ctx, inst);
    case ops.MOV_MI16:        return movMI<u16>(ctx, inst);
    case ops.MOV_MI32:        return movMI<u32>(ctx, inst);
    case ops.MOV_MI64:        return movMI<u64>(ctx, inst);
    case ops.MOVZX_RR16_8:    return extendRR<u16, u8>(ctx, inst);
    case ops.MOVZX_RR32_8:    return extendRR<u32, u8>(ctx, inst);
    case ops.MOVZX_RR64_8:    return extendRR<u64, u8>(ctx, inst);
    case ops.MOVZX_RR16_16:   return extendRR<u16, u16>(ctx, inst);
    case ops.MOVZX_RR32_16:   return extendRR<u32, u16>(ctx, inst);
    case ops.MOVZX_RR64_16:   return extendRR<u64, u16>(ctx, inst);
    case ops.MOVZX_RM16_8:    return extendRM<u16, u8>(ctx, inst);
    case ops.MOVZX_RM32_8:    return extendRM<u32, u8>(ctx, inst);
    case ops.MOVZX_RM64_8:    return extendRM<u64, u8>(ctx, inst);
    case ops.MOVZX_RM16_16:   return extendRM<u16, u16>(ctx, inst);
    case ops.MOVZX_RM32_16:   return extendRM<u32, u16>(ctx, inst);
    case ops.MOVZX_RM64_16:   return extendRM<u64, u16>(ctx, inst);
    case ops.MOVSX_RR16_8:    return extendRR<i16, i8>(ctx, inst);
    case ops.MOVSX_RR32_8:    return extendRR<i32, i8>(ctx, inst);
    case ops.MOVSX_RR64_8:    return extendRR<i64, i8>(ctx, inst);
    case ops.MOVSX_RR16_16:   return extendRR<i16, i16>(ctx, inst);
    case ops.MOVSX_RR32_16:   return extendRR<i32, i16>(ctx, inst);
    case ops.MOVSX_RR64_16:   return extendRR<i64, i16>(ctx, inst);
    case ops.MOVSX_RM16_8:    return extendRM<i16, i8>(ctx, inst);
    case ops.MOVSX_RM32_8:    return extendRM<i32, i8>(ctx, inst);
    case ops.MOVSX_RM64_8:    return extendRM<i64, i8>(ctx, inst);
    case ops.MOVSX_RM16_16:   return extendRM<i16, i16>(ctx, inst);
    case ops.MOVSX_RM32_16:   return extendRM<i32, i16>(ctx, inst);
    case ops.MOVSX_RM64_16:   return extendRM<i64, i16>(ctx, inst);
    case ops.MOVSXD_RR64_32:  return extendRR<i64, i32>(ctx, inst);
    case ops.MOVSXD_RM64_32:  return extendRM<i64, i32>(ctx, inst);
    case ops.LEA_RM16:        return lea<u16>(ctx, inst);
    case ops.LEA_RM32:        return lea<u32>(ctx, inst);
    case ops.LEA_RM64:        return lea<u64>(ctx, inst);
    case ops.XCHG_RR8:        return xchgRR<u8>(ctx, inst);
    case ops.XCHG_RR16:       return xchgRR<u16>(ctx, inst);
    case ops.XCHG_RR32:       return xchgRR<u32>(ctx, inst);
    case ops.XCHG_RR64:       return xchgRR<u64>(ctx, inst);
    case ops.BSWAP_R16:       return bswap16(ctx, inst);
    case ops.BSWAP_R32:       return bswapR<u32>(ctx, inst);
    case ops.BSWAP_R64:       return bswapR<u64>(ctx, inst);
    case ops.MOVBE_RM16:      return movbeRM<u16>(ctx, inst);
    case ops.MOVBE_RM32:      return movbeRM<u32>(ctx, inst);
    case ops.MOVBE_RM64:      return movbeRM<u64>(ctx, inst);
    case ops.MOVBE_MR16:      return movbeMR<u16>(ctx, inst);
    case ops.MOVBE_MR32:      return movbeMR<u32>(ctx, inst);
    case ops.MOVBE_MR64:      return movbeMR<u64>(ctx, inst);
    case ops.CBW:             return widen<i16, i8>(ctx);
    case ops.CWDE:            return widen<i32, i16>(ctx);
    case ops.CDQE:            return widen<i64, i32>(ctx);
    case ops.CWD:             return signInto<i16>(ctx);
    case ops.CDQ:             return signInto<i32>(ctx);
    case ops.CQO:             return signInto<i64>(ctx);
    case ops.XLAT:            return xlat(ctx, inst);
    default: return unreachable();
  }
}

function coldRR<T>(ctx: usize, inst: usize, taken: bool): i32 {
  return cmovRR<T>(ctx, inst, taken);
}
function coldRM<T>(ctx: usize, inst: usize, taken: bool): i32 {
  return cmovRM<T>(ctx, inst, taken);
}
function coldSet(ctx: usize, inst: usize, taken: bool): i32 {
  return setR(ctx, inst, taken);
}

/** cmovcc and setcc. */
// biome-ignore format: aligned rows
export function condExec(ctx: usize, inst: usize): i32 {
  switch (<i32>load<u16>(inst, I_OP)) {
    case ops.CMOVO_RR16:      return coldRR<u16>(ctx, inst, overflow(ctx) != 0);
    case ops.CMOVO_RR32:      return coldRR<u32>(ctx, inst, overflow(ctx) != 0);
    case ops.CMOVO_RR64:      return coldRR<u64>(ctx, inst, overflow(ctx) != 0);
    case ops.CMOVO_RM16:      return coldRM<u16>(ctx, inst, overflow(ctx) != 0);
    case ops.CMOVO_RM32:      return coldRM<u32>(ctx, inst, overflow(ctx) != 0);
    case ops.CMOVO_RM64:      return coldRM<u64>(ctx, inst, overflow(ctx) != 0);
    case ops.SETO_R8:         return coldSet(ctx, inst, overflow(ctx) != 0);
    case ops.SETO_M8:         return setM(ctx, inst, overflow(ctx) != 0);
    case ops.CMOVNO_RR16:     return coldRR<u16>(ctx, inst, overflow(ctx) == 0);
    case ops.CMOVNO_RR32:     return coldRR<u32>(ctx, inst, overflow(ctx) == 0);
    case ops.CMOVNO_RR64:     return coldRR<u64>(ctx, inst, overflow(ctx) == 0);
    case ops.CMOVNO_RM16:     return coldRM<u16>(ctx, inst, overflow(ctx) == 0);
    case ops.CMOVNO_RM32:     return coldRM<u32>(ctx, inst, overflow(ctx) == 0);
    case ops.CMOVNO_RM64:     return coldRM<u64>(ctx, inst, overflow(ctx) == 0);
    case ops.SETNO_R8:        return coldSet(ctx, inst, overflow(ctx) == 0);
    case ops.SETNO_M8:        return setM(ctx, inst, overflow(ctx) == 0);
    case ops.CMOVB_RR16:      return coldRR<u16>(ctx, inst, condB(ctx));
    case ops.CMOVB_RR32:      return coldRR<u32>(ctx, inst, condB(ctx));
    case ops.CMOVB_RR64:      return coldRR<u64>(ctx, inst, condB(ctx));
    case ops.CMOVB_RM16:      return coldRM<u16>(ctx, inst, condB(ctx));
    case ops.CMOVB_RM32:      return coldRM<u32>(ctx, inst, condB(ctx));
    case ops.CMOVB_RM64:      return coldRM<u64>(ctx, inst, condB(ctx));
    case ops.SETB_R8:         return coldSet(ctx, inst, condB(ctx));
    case ops.SETB_M8:         return setM(ctx, inst, condB(ctx));
    case ops.CMOVNB_RR16:     return coldRR<u16>(ctx, inst, !condB(ctx));
    case ops.CMOVNB_RR32:     return coldRR<u32>(ctx, inst, !condB(ctx));
    case ops.CMOVNB_RR64:     return coldRR<u64>(ctx, inst, !condB(ctx));
    case ops.CMOVNB_RM16:     return coldRM<u16>(ctx, inst, !condB(ctx));
    case ops.CMOVNB_RM32:     return coldRM<u32>(ctx, inst, !condB(ctx));
    case ops.CMOVNB_RM64:     return coldRM<u64>(ctx, inst, !condB(ctx));
    case ops.SETNB_R8:        return coldSet(ctx, inst, !condB(ctx));
    case ops.SETNB_M8:        return setM(ctx, inst, !condB(ctx));
    case ops.CMOVZ_RR16:      return coldRR<u16>(ctx, inst, condZ(ctx));
    case ops.CMOVZ_RR32:      return coldRR<u32>(ctx, inst, condZ(ctx));
    case ops.CMOVZ_RR64:      return coldRR<u64>(ctx, inst, condZ(ctx));
    case ops.CMOVZ_RM16:      return coldRM<u16>(ctx, inst, condZ(ctx));
    case ops.CMOVZ_RM32:      return coldRM<u32>(ctx, inst, condZ(ctx));
    case ops.CMOVZ_RM64:      return coldRM<u64>(ctx, inst, condZ(ctx));
    case ops.SETZ_R8:         return coldSet(ctx, inst, condZ(ctx));
    case ops.SETZ_M8:         return setM(ctx, inst, condZ(ctx));
    case ops.CMOVNZ_RR16:     return coldRR<u16>(ctx, inst, !condZ(ctx));
    case ops.CMOVNZ_RR32:     return coldRR<u32>(ctx, inst, !condZ(ctx));
    case ops.CMOVNZ_RR64:     return coldRR<u64>(ctx, inst, !condZ(ctx));
    case ops.CMOVNZ_RM16:     return coldRM<u16>(ctx, inst, !condZ(ctx));
    case ops.CMOVNZ_RM32:     return coldRM<u32>(ctx, inst, !condZ(ctx));
    case ops.CMOVNZ_RM64:     return coldRM<u64>(ctx, inst, !condZ(ctx));
    case ops.SETNZ_R8:        return coldSet(ctx, inst, !condZ(ctx));
    case ops.SETNZ_M8:        return setM(ctx, inst, !condZ(ctx));
    case ops.CMOVBE_RR16:     return coldRR<u16>(ctx, inst, condBE(ctx));
    case ops.CMOVBE_RR32:     return coldRR<u32>(ctx, inst, condBE(ctx));
    case ops.CMOVBE_RR64:     return coldRR<u64>(ctx, inst, condBE(ctx));
    case ops.CMOVBE_RM16:     return coldRM<u16>(ctx, inst, condBE(ctx));
    case ops.CMOVBE_RM32:     return coldRM<u32>(ctx, inst, condBE(ctx));
    case ops.CMOVBE_RM64:     return coldRM<u64>(ctx, inst, condBE(ctx));
    case ops.SETBE_R8:        return coldSet(ctx, inst, condBE(ctx));
    case ops.SETBE_M8:        return setM(ctx, inst, condBE(ctx));
    case ops.CMOVNBE_RR16:    return coldRR<u16>(ctx, inst, !condBE(ctx));
    case ops.CMOVNBE_RR32:    return coldRR<u32>(ctx, inst, !condBE(ctx));
    case ops.CMOVNBE_RR64:    return coldRR<u64>(ctx, inst, !condBE(ctx));
    case ops.CMOVNBE_RM16:    return coldRM<u16>(ctx, inst, !condBE(ctx));
    case ops.CMOVNBE_RM32:    return coldRM<u32>(ctx, inst, !condBE(ctx));
    case ops.CMOVNBE_RM64:    return coldRM<u64>(ctx, inst, !condBE(ctx));
    case ops.SETNBE_R8:       return coldSet(ctx, inst, !condBE(ctx));
    case ops.SETNBE_M8:       return setM(ctx, inst, !condBE(ctx));
    case ops.CMOVS_RR16:      return coldRR<u16>(ctx, inst, condS(ctx));
    case ops.CMOVS_RR32:      return coldRR<u32>(ctx, inst, condS(ctx));
    case ops.CMOVS_RR64:      return coldRR<u64>(ctx, inst, condS(ctx));
    case ops.CMOVS_RM16:      return coldRM<u16>(ctx, inst, condS(ctx));
    case ops.CMOVS_RM32:      return coldRM<u32>(ctx, inst, condS(ctx));
    case ops.CMOVS_RM64:      return coldRM<u64>(ctx, inst, condS(ctx));
    case ops.SETS_R8:         return coldSet(ctx, inst, condS(ctx));
    case ops.SETS_M8:         return setM(ctx, inst, condS(ctx));
    case ops.CMOVNS_RR16:     return coldRR<u16>(ctx, inst, !condS(ctx));
    case ops.CMOVNS_RR32:     return coldRR<u32>(ctx, inst, !condS(ctx));
    case ops.CMOVNS_RR64:     return coldRR<u64>(ctx, inst, !condS(ctx));
    case ops.CMOVNS_RM16:     return coldRM<u16>(ctx, inst, !condS(ctx));
    case ops.CMOVNS_RM32:     return coldRM<u32>(ctx, inst, !condS(ctx));
    case ops.CMOVNS_RM64:     return coldRM<u64>(ctx, inst, !condS(ctx));
    case ops.SETNS_R8:        return coldSet(ctx, inst, !condS(ctx));
    case ops.SETNS_M8:        return setM(ctx, inst, !condS(ctx));
    case ops.CMOVP_RR16:      return coldRR<u16>(ctx, inst, parity(ctx));
    case ops.CMOVP_RR32:      return coldRR<u32>(ctx, inst, parity(ctx));
    case ops.CMOVP_RR64:      return coldRR<u64>(ctx, inst, parity(ctx));
    case ops.CMOVP_RM16:      return coldRM<u16>(ctx, inst, parity(ctx));
    case ops.CMOVP_RM32:      return coldRM<u32>(ctx, inst, parity(ctx));
    case ops.CMOVP_RM64:      return coldRM<u64>(ctx, inst, parity(ctx));
    case ops.SETP_R8:         return coldSet(ctx, inst, parity(ctx));
    case ops.SETP_M8:         return setM(ctx, inst, parity(ctx));
    case ops.CMOVNP_RR16:     return coldRR<u16>(ctx, inst, !parity(ctx));
    case ops.CMOVNP_RR32:     return coldRR<u32>(ctx, inst, !parity(ctx));
    case ops.CMOVNP_RR64:     return coldRR<u64>(ctx, inst, !parity(ctx));
    case ops.CMOVNP_RM16:     return coldRM<u16>(ctx, inst, !parity(ctx));
    case ops.CMOVNP_RM32:     return coldRM<u32>(ctx, inst, !parity(ctx));
    case ops.CMOVNP_RM64:     return coldRM<u64>(ctx, inst, !parity(ctx));
    case ops.SETNP_R8:        return coldSet(ctx, inst, !parity(ctx));
    case ops.SETNP_M8:        return setM(ctx, inst, !parity(ctx));
    case ops.CMOVL_RR16:      return coldRR<u16>(ctx, inst, condL(ctx));
    case ops.CMOVL_RR32:      return coldRR<u32>(ctx, inst, condL(ctx));
    case ops.CMOVL_RR64:      return coldRR<u64>(ctx, inst, condL(ctx));
    case ops.CMOVL_RM16:      return coldRM<u16>(ctx, inst, condL(ctx));
    case ops.CMOVL_RM32:      return coldRM<u32>(ctx, inst, condL(ctx));
    case ops.CMOVL_RM64:      return coldRM<u64>(ctx, inst, condL(ctx));
    case ops.SETL_R8:         return coldSet(ctx, inst, condL(ctx));
    case ops.SETL_M8:         return setM(ctx, inst, condL(ctx));
    case ops.CMOVNL_RR16:     return coldRR<u16>(ctx, inst, !condL(ctx));
    case ops.CMOVNL_RR32:     return coldRR<u32>(ctx, inst, !condL(ctx));
    case ops.CMOVNL_RR64:     return coldRR<u64>(ctx, inst, !condL(ctx));
    case ops.CMOVNL_RM16:     return coldRM<u16>(ctx, inst, !condL(ctx));
    case ops.CMOVNL_RM32:     return coldRM<u32>(ctx, inst, !condL(ctx));
    case ops.CMOVNL_RM64:     return coldRM<u64>(ctx, inst, !condL(ctx));
    case ops.SETNL_R8:        return coldSet(ctx, inst, !condL(ctx));
    case ops.SETNL_M8:        return setM(ctx, inst, !condL(ctx));
    case ops.CMOVLE_RR16:     return coldRR<u16>(ctx, inst, condLE(ctx));
    case ops.CMOVLE_RR32:     return coldRR<u32>(ctx, inst, condLE(ctx));
    case ops.CMOVLE_RR64:     return coldRR<u64>(ctx, inst, condLE(ctx));
    case ops.CMOVLE_RM16:     return coldRM<u16>(ctx, inst, condLE(ctx));
    case ops.CMOVLE_RM32:     return coldRM<u32>(ctx, inst, condLE(ctx));
    case ops.CMOVLE_RM64:     return coldRM<u64>(ctx, inst, condLE(ctx));
    case ops.SETLE_R8:        return coldSet(ctx, inst, condLE(ctx));
    case ops.SETLE_M8:        return setM(ctx, inst, condLE(ctx));
    case ops.CMOVNLE_RR16:    return coldRR<u16>(ctx, inst, !condLE(ctx));
    case ops.CMOVNLE_RR32:    return coldRR<u32>(ctx, inst, !condLE(ctx));
    case ops.CMOVNLE_RR64:    return coldRR<u64>(ctx, inst, !condLE(ctx));
    case ops.CMOVNLE_RM16:    return coldRM<u16>(ctx, inst, !condLE(ctx));
    case ops.CMOVNLE_RM32:    return coldRM<u32>(ctx, inst, !condLE(ctx));
    case ops.CMOVNLE_RM64:    return coldRM<u64>(ctx, inst, !condLE(ctx));
    case ops.SETNLE_R8:       return coldSet(ctx, inst, !condLE(ctx));
    case ops.SETNLE_M8:       return setM(ctx, inst, !condLE(ctx));
    default: return unreachable();
  }
}
