// One decoded instruction, whatever it is: what the hot loop does not do inline, and what translated code calls for an
// instruction that it has no lowering for. Branches leave the new RIP in the context; nothing else touches RIP.
import { VEC_GP, VEC_SS } from '../shared/exit';
import { I_BASE, I_FLAGS, I_LINK, I_OP, I_SEG, INST_LOCK } from '../shared/inst';
import { FAULT_CODE, FAULT_VECTOR, RBP, RSP } from '../shared/layout';
import * as ops from '../generated/ops';
import { isMem, NOT_CANONICAL } from '../memory';
import { avxExec } from '../avx/exec';
import { mmxExec } from '../mmx/exec';
import { sseExec } from '../sse/exec';
import { x87Exec } from '../x87';
import { arithExec } from './arith';
import { exchangeExec, lockedExec } from './atomic';
import { bitExec } from './bit';
import { bmiExec } from './bmi';
import { branchExec } from './branch';
import { condExec, moveExec } from './move';
import { mulDivExec } from './muldiv';
import { shiftExec } from './shift';
import { stackExec } from './stack';
import { stringExec } from './string';
import { systemExec } from './system';

/** EXIT_NONE, or EXIT_FAULT with the exception recorded. */
export function execOne(ctx: usize, inst: usize): i32 {
  const op: i32 = load<u16>(inst, I_OP);
  if (load<u8>(inst, I_FLAGS) & INST_LOCK) {
    return lockedExec(ctx, inst, op == ops.LOCKED ? load<i32>(inst, I_LINK) : op);
  }
  if (op <= ops.LAST_INT) return intExec(ctx, inst, op);
  if (op <= ops.LAST_SSE) return sseExec(ctx, inst);
  if (op <= ops.LAST_MMX) return mmxExec(ctx, inst);
  if (op <= ops.LAST_X87) return x87Exec(ctx, inst);
  if (op <= ops.LAST_SYSTEM) return systemExec(ctx, inst);
  return avxExec(ctx, inst);
}

/** Completes the exception that `inst` raised: a non-canonical address is #SS when the stack was accessed, else #GP. */
export function settle(ctx: usize, inst: usize): void {
  if (load<u32>(ctx, FAULT_CODE) != NOT_CANONICAL) return;
  store<u32>(ctx, onStack(inst) ? VEC_SS : VEC_GP, FAULT_VECTOR);
  store<u32>(ctx, 0, FAULT_CODE);
}

/** Is the memory that `inst` accesses addressed by rsp or rbp, or is it the top of the stack? */
function onStack(inst: usize): bool {
  if (!isMem(inst)) return isStackOp(load<u16>(inst, I_OP));
  const base: i32 = load<u8>(inst, I_BASE);
  return (base == RSP * 8 || base == RBP * 8) && load<u8>(inst, I_SEG) == 0;
}

// biome-ignore format: aligned rows
function isStackOp(op: i32): bool {
  switch (op) {
    case ops.PUSH_R16: case ops.PUSH_R64: case ops.PUSH_I16: case ops.PUSH_I64: case ops.POP_R16: case ops.POP_R64:
    case ops.PUSHF16: case ops.PUSHF64: case ops.POPF16: case ops.POPF64: case ops.LEAVE16: case ops.LEAVE64:
    case ops.ENTER16: case ops.ENTER64: case ops.CALL_I: case ops.CALL_R: case ops.RET: case ops.RET_I:
      return true;
    default: return false;
  }
}

/** The integer operations, group by group. */
// biome-ignore format: aligned rows
function intExec(ctx: usize, inst: usize, op: i32): i32 {
  switch (op) {
    case ops.ADD_RR8: case ops.ADD_MR8: case ops.ADD_RR16: case ops.ADD_RR32: case ops.ADD_RR64:
    case ops.ADD_MR16: case ops.ADD_MR32: case ops.ADD_MR64: case ops.ADD_RM8: case ops.ADD_RM16:
    case ops.ADD_RM32: case ops.ADD_RM64: case ops.ADD_RI8: case ops.ADD_RI16: case ops.ADD_RI32:
    case ops.ADD_RI64: case ops.ADD_MI8: case ops.ADD_MI16: case ops.ADD_MI32: case ops.ADD_MI64:
    case ops.OR_RR8: case ops.OR_MR8: case ops.OR_RR16: case ops.OR_RR32: case ops.OR_RR64: case ops.OR_MR16:
    case ops.OR_MR32: case ops.OR_MR64: case ops.OR_RM8: case ops.OR_RM16: case ops.OR_RM32:
    case ops.OR_RM64: case ops.OR_RI8: case ops.OR_RI16: case ops.OR_RI32: case ops.OR_RI64: case ops.OR_MI8:
    case ops.OR_MI16: case ops.OR_MI32: case ops.OR_MI64: case ops.ADC_RR8: case ops.ADC_MR8:
    case ops.ADC_RR16: case ops.ADC_RR32: case ops.ADC_RR64: case ops.ADC_MR16: case ops.ADC_MR32:
    case ops.ADC_MR64: case ops.ADC_RM8: case ops.ADC_RM16: case ops.ADC_RM32: case ops.ADC_RM64:
    case ops.ADC_RI8: case ops.ADC_RI16: case ops.ADC_RI32: case ops.ADC_RI64: case ops.ADC_MI8:
    case ops.ADC_MI16: case ops.ADC_MI32: case ops.ADC_MI64: case ops.SBB_RR8: case ops.SBB_MR8:
    case ops.SBB_RR16: case ops.SBB_RR32: case ops.SBB_RR64: case ops.SBB_MR16: case ops.SBB_MR32:
    case ops.SBB_MR64: case ops.SBB_RM8: case ops.SBB_RM16: case ops.SBB_RM32: case ops.SBB_RM64:
    case ops.SBB_RI8: case ops.SBB_RI16: case ops.SBB_RI32: case ops.SBB_RI64: case ops.SBB_MI8:
    case ops.SBB_MI16: case ops.SBB_MI32: case ops.SBB_MI64: case ops.AND_RR8: case ops.AND_MR8:
    case ops.AND_RR16: case ops.AND_RR32: case ops.AND_RR64: case ops.AND_MR16: case ops.AND_MR32:
    case ops.AND_MR64: case ops.AND_RM8: case ops.AND_RM16: case ops.AND_RM32: case ops.AND_RM64:
    case ops.AND_RI8: case ops.AND_RI16: case ops.AND_RI32: case ops.AND_RI64: case ops.AND_MI8:
    case ops.AND_MI16: case ops.AND_MI32: case ops.AND_MI64: case ops.SUB_RR8: case ops.SUB_MR8:
    case ops.SUB_RR16: case ops.SUB_RR32: case ops.SUB_RR64: case ops.SUB_MR16: case ops.SUB_MR32:
    case ops.SUB_MR64: case ops.SUB_RM8: case ops.SUB_RM16: case ops.SUB_RM32: case ops.SUB_RM64:
    case ops.SUB_RI8: case ops.SUB_RI16: case ops.SUB_RI32: case ops.SUB_RI64: case ops.SUB_MI8:
    case ops.SUB_MI16: case ops.SUB_MI32: case ops.SUB_MI64: case ops.XOR_RR8: case ops.XOR_MR8:
    case ops.XOR_RR16: case ops.XOR_RR32: case ops.XOR_RR64: case ops.XOR_MR16: case ops.XOR_MR32:
    case ops.XOR_MR64: case ops.XOR_RM8: case ops.XOR_RM16: case ops.XOR_RM32: case ops.XOR_RM64:
    case ops.XOR_RI8: case ops.XOR_RI16: case ops.XOR_RI32: case ops.XOR_RI64: case ops.XOR_MI8:
    case ops.XOR_MI16: case ops.XOR_MI32: case ops.XOR_MI64: case ops.CMP_RR8: case ops.CMP_MR8:
    case ops.CMP_RR16: case ops.CMP_RR32: case ops.CMP_RR64: case ops.CMP_MR16: case ops.CMP_MR32:
    case ops.CMP_MR64: case ops.CMP_RM8: case ops.CMP_RM16: case ops.CMP_RM32: case ops.CMP_RM64:
    case ops.CMP_RI8: case ops.CMP_RI16: case ops.CMP_RI32: case ops.CMP_RI64: case ops.CMP_MI8:
    case ops.CMP_MI16: case ops.CMP_MI32: case ops.CMP_MI64: case ops.TEST_RR8: case ops.TEST_MR8:
    case ops.TEST_RR16: case ops.TEST_RR32: case ops.TEST_RR64: case ops.TEST_MR16: case ops.TEST_MR32:
    case ops.TEST_MR64: case ops.TEST_RI8: case ops.TEST_RI16: case ops.TEST_RI32: case ops.TEST_RI64:
    case ops.TEST_MI8: case ops.NOT_R8: case ops.NOT_M8: case ops.NEG_R8: case ops.NEG_M8:
    case ops.TEST_MI16: case ops.TEST_MI32: case ops.TEST_MI64: case ops.NOT_R16: case ops.NOT_R32:
    case ops.NOT_R64: case ops.NOT_M16: case ops.NOT_M32: case ops.NOT_M64: case ops.NEG_R16:
    case ops.NEG_R32: case ops.NEG_R64: case ops.NEG_M16: case ops.NEG_M32: case ops.NEG_M64:
    case ops.INC_R8: case ops.INC_M8: case ops.DEC_R8: case ops.DEC_M8: case ops.INC_R16: case ops.INC_R32:
    case ops.INC_R64: case ops.INC_M16: case ops.INC_M32: case ops.INC_M64: case ops.DEC_R16:
    case ops.DEC_R32: case ops.DEC_R64: case ops.DEC_M16: case ops.DEC_M32: case ops.DEC_M64:
      return arithExec(ctx, inst);
    case ops.MOVSXD_RR64_32: case ops.MOVSXD_RM64_32: case ops.MOV_RR16: case ops.MOV_RR32:
    case ops.MOV_RR64: case ops.MOV_RM16: case ops.MOV_RM32: case ops.MOV_RM64: case ops.XCHG_RR8:
    case ops.XCHG_RR16: case ops.XCHG_RR32: case ops.XCHG_RR64: case ops.MOV_RR8: case ops.MOV_MR8:
    case ops.MOV_MR16: case ops.MOV_MR32: case ops.MOV_MR64: case ops.MOV_RM8: case ops.LEA_RM16:
    case ops.LEA_RM32: case ops.LEA_RM64: case ops.CBW: case ops.CWDE: case ops.CDQE: case ops.CWD:
    case ops.CDQ: case ops.CQO: case ops.MOV_RI8: case ops.MOV_RI16: case ops.MOV_RI32: case ops.MOV_RI64:
    case ops.MOV_MI8: case ops.MOV_MI16: case ops.MOV_MI32: case ops.MOV_MI64: case ops.XLAT:
    case ops.MOVZX_RR16_8: case ops.MOVZX_RR32_8: case ops.MOVZX_RR64_8: case ops.MOVZX_RM16_8:
    case ops.MOVZX_RM32_8: case ops.MOVZX_RM64_8: case ops.MOVZX_RR16_16: case ops.MOVZX_RR32_16:
    case ops.MOVZX_RR64_16: case ops.MOVZX_RM16_16: case ops.MOVZX_RM32_16: case ops.MOVZX_RM64_16:
    case ops.MOVSX_RR16_8: case ops.MOVSX_RR32_8: case ops.MOVSX_RR64_8: case ops.MOVSX_RM16_8:
    case ops.MOVSX_RM32_8: case ops.MOVSX_RM64_8: case ops.MOVSX_RR16_16: case ops.MOVSX_RR32_16:
    case ops.MOVSX_RR64_16: case ops.MOVSX_RM16_16: case ops.MOVSX_RM32_16: case ops.MOVSX_RM64_16:
    case ops.BSWAP_R16: case ops.BSWAP_R32: case ops.BSWAP_R64: case ops.MOVBE_RM16: case ops.MOVBE_RM32:
    case ops.MOVBE_RM64: case ops.MOVBE_MR16: case ops.MOVBE_MR32: case ops.MOVBE_MR64:
      return moveExec(ctx, inst);
    case ops.CMOVO_RR16: case ops.CMOVO_RR32: case ops.CMOVO_RR64: case ops.CMOVO_RM16: case ops.CMOVO_RM32:
    case ops.CMOVO_RM64: case ops.CMOVNO_RR16: case ops.CMOVNO_RR32: case ops.CMOVNO_RR64:
    case ops.CMOVNO_RM16: case ops.CMOVNO_RM32: case ops.CMOVNO_RM64: case ops.CMOVB_RR16:
    case ops.CMOVB_RR32: case ops.CMOVB_RR64: case ops.CMOVB_RM16: case ops.CMOVB_RM32: case ops.CMOVB_RM64:
    case ops.CMOVNB_RR16: case ops.CMOVNB_RR32: case ops.CMOVNB_RR64: case ops.CMOVNB_RM16:
    case ops.CMOVNB_RM32: case ops.CMOVNB_RM64: case ops.CMOVZ_RR16: case ops.CMOVZ_RR32:
    case ops.CMOVZ_RR64: case ops.CMOVZ_RM16: case ops.CMOVZ_RM32: case ops.CMOVZ_RM64: case ops.CMOVNZ_RR16:
    case ops.CMOVNZ_RR32: case ops.CMOVNZ_RR64: case ops.CMOVNZ_RM16: case ops.CMOVNZ_RM32:
    case ops.CMOVNZ_RM64: case ops.CMOVBE_RR16: case ops.CMOVBE_RR32: case ops.CMOVBE_RR64:
    case ops.CMOVBE_RM16: case ops.CMOVBE_RM32: case ops.CMOVBE_RM64: case ops.CMOVNBE_RR16:
    case ops.CMOVNBE_RR32: case ops.CMOVNBE_RR64: case ops.CMOVNBE_RM16: case ops.CMOVNBE_RM32:
    case ops.CMOVNBE_RM64: case ops.CMOVS_RR16: case ops.CMOVS_RR32: case ops.CMOVS_RR64:
    case ops.CMOVS_RM16: case ops.CMOVS_RM32: case ops.CMOVS_RM64: case ops.CMOVNS_RR16:
    case ops.CMOVNS_RR32: case ops.CMOVNS_RR64: case ops.CMOVNS_RM16: case ops.CMOVNS_RM32:
    case ops.CMOVNS_RM64: case ops.CMOVP_RR16: case ops.CMOVP_RR32: case ops.CMOVP_RR64: case ops.CMOVP_RM16:
    case ops.CMOVP_RM32: case ops.CMOVP_RM64: case ops.CMOVNP_RR16: case ops.CMOVNP_RR32:
    case ops.CMOVNP_RR64: case ops.CMOVNP_RM16: case ops.CMOVNP_RM32: case ops.CMOVNP_RM64:
    case ops.CMOVL_RR16: case ops.CMOVL_RR32: case ops.CMOVL_RR64: case ops.CMOVL_RM16: case ops.CMOVL_RM32:
    case ops.CMOVL_RM64: case ops.CMOVNL_RR16: case ops.CMOVNL_RR32: case ops.CMOVNL_RR64:
    case ops.CMOVNL_RM16: case ops.CMOVNL_RM32: case ops.CMOVNL_RM64: case ops.CMOVLE_RR16:
    case ops.CMOVLE_RR32: case ops.CMOVLE_RR64: case ops.CMOVLE_RM16: case ops.CMOVLE_RM32:
    case ops.CMOVLE_RM64: case ops.CMOVNLE_RR16: case ops.CMOVNLE_RR32: case ops.CMOVNLE_RR64:
    case ops.CMOVNLE_RM16: case ops.CMOVNLE_RM32: case ops.CMOVNLE_RM64: case ops.SETO_R8: case ops.SETO_M8:
    case ops.SETNO_R8: case ops.SETNO_M8: case ops.SETB_R8: case ops.SETB_M8: case ops.SETNB_R8:
    case ops.SETNB_M8: case ops.SETZ_R8: case ops.SETZ_M8: case ops.SETNZ_R8: case ops.SETNZ_M8:
    case ops.SETBE_R8: case ops.SETBE_M8: case ops.SETNBE_R8: case ops.SETNBE_M8: case ops.SETS_R8:
    case ops.SETS_M8: case ops.SETNS_R8: case ops.SETNS_M8: case ops.SETP_R8: case ops.SETP_M8:
    case ops.SETNP_R8: case ops.SETNP_M8: case ops.SETL_R8: case ops.SETL_M8: case ops.SETNL_R8:
    case ops.SETNL_M8: case ops.SETLE_R8: case ops.SETLE_M8: case ops.SETNLE_R8: case ops.SETNLE_M8:
      return condExec(ctx, inst);
    case ops.ROL_RI8: case ops.ROL_MI8: case ops.ROL_RI16: case ops.ROL_RI32: case ops.ROL_RI64:
    case ops.ROL_MI16: case ops.ROL_MI32: case ops.ROL_MI64: case ops.ROL_RC8: case ops.ROL_MC8:
    case ops.ROL_RC16: case ops.ROL_RC32: case ops.ROL_RC64: case ops.ROL_MC16: case ops.ROL_MC32:
    case ops.ROL_MC64: case ops.ROR_RI8: case ops.ROR_MI8: case ops.ROR_RI16: case ops.ROR_RI32:
    case ops.ROR_RI64: case ops.ROR_MI16: case ops.ROR_MI32: case ops.ROR_MI64: case ops.ROR_RC8:
    case ops.ROR_MC8: case ops.ROR_RC16: case ops.ROR_RC32: case ops.ROR_RC64: case ops.ROR_MC16:
    case ops.ROR_MC32: case ops.ROR_MC64: case ops.RCL_RI8: case ops.RCL_MI8: case ops.RCL_RI16:
    case ops.RCL_RI32: case ops.RCL_RI64: case ops.RCL_MI16: case ops.RCL_MI32: case ops.RCL_MI64:
    case ops.RCL_RC8: case ops.RCL_MC8: case ops.RCL_RC16: case ops.RCL_RC32: case ops.RCL_RC64:
    case ops.RCL_MC16: case ops.RCL_MC32: case ops.RCL_MC64: case ops.RCR_RI8: case ops.RCR_MI8:
    case ops.RCR_RI16: case ops.RCR_RI32: case ops.RCR_RI64: case ops.RCR_MI16: case ops.RCR_MI32:
    case ops.RCR_MI64: case ops.RCR_RC8: case ops.RCR_MC8: case ops.RCR_RC16: case ops.RCR_RC32:
    case ops.RCR_RC64: case ops.RCR_MC16: case ops.RCR_MC32: case ops.RCR_MC64: case ops.SHL_RI8:
    case ops.SHL_MI8: case ops.SHL_RI16: case ops.SHL_RI32: case ops.SHL_RI64: case ops.SHL_MI16:
    case ops.SHL_MI32: case ops.SHL_MI64: case ops.SHL_RC8: case ops.SHL_MC8: case ops.SHL_RC16:
    case ops.SHL_RC32: case ops.SHL_RC64: case ops.SHL_MC16: case ops.SHL_MC32: case ops.SHL_MC64:
    case ops.SHR_RI8: case ops.SHR_MI8: case ops.SHR_RI16: case ops.SHR_RI32: case ops.SHR_RI64:
    case ops.SHR_MI16: case ops.SHR_MI32: case ops.SHR_MI64: case ops.SHR_RC8: case ops.SHR_MC8:
    case ops.SHR_RC16: case ops.SHR_RC32: case ops.SHR_RC64: case ops.SHR_MC16: case ops.SHR_MC32:
    case ops.SHR_MC64: case ops.SAR_RI8: case ops.SAR_MI8: case ops.SAR_RI16: case ops.SAR_RI32:
    case ops.SAR_RI64: case ops.SAR_MI16: case ops.SAR_MI32: case ops.SAR_MI64: case ops.SAR_RC8:
    case ops.SAR_MC8: case ops.SAR_RC16: case ops.SAR_RC32: case ops.SAR_RC64: case ops.SAR_MC16:
    case ops.SAR_MC32: case ops.SAR_MC64: case ops.SHLD_RRI16: case ops.SHLD_RRI32: case ops.SHLD_RRI64:
    case ops.SHLD_MRI16: case ops.SHLD_MRI32: case ops.SHLD_MRI64: case ops.SHLD_RRC16: case ops.SHLD_RRC32:
    case ops.SHLD_RRC64: case ops.SHLD_MRC16: case ops.SHLD_MRC32: case ops.SHLD_MRC64: case ops.SHRD_RRI16:
    case ops.SHRD_RRI32: case ops.SHRD_RRI64: case ops.SHRD_MRI16: case ops.SHRD_MRI32: case ops.SHRD_MRI64:
    case ops.SHRD_RRC16: case ops.SHRD_RRC32: case ops.SHRD_RRC64: case ops.SHRD_MRC16: case ops.SHRD_MRC32:
    case ops.SHRD_MRC64:
      return shiftExec(ctx, inst);
    case ops.IMUL_RRI16: case ops.IMUL_RRI32: case ops.IMUL_RRI64: case ops.IMUL_RMI16: case ops.IMUL_RMI32:
    case ops.IMUL_RMI64: case ops.MUL_R8: case ops.MUL_M8: case ops.IMUL_R8: case ops.IMUL_M8:
    case ops.DIV_R8: case ops.DIV_M8: case ops.IDIV_R8: case ops.IDIV_M8: case ops.MUL_R16: case ops.MUL_R32:
    case ops.MUL_R64: case ops.MUL_M16: case ops.MUL_M32: case ops.MUL_M64: case ops.IMUL_R16:
    case ops.IMUL_R32: case ops.IMUL_R64: case ops.IMUL_M16: case ops.IMUL_M32: case ops.IMUL_M64:
    case ops.DIV_R16: case ops.DIV_R32: case ops.DIV_R64: case ops.DIV_M16: case ops.DIV_M32:
    case ops.DIV_M64: case ops.IDIV_R16: case ops.IDIV_R32: case ops.IDIV_R64: case ops.IDIV_M16:
    case ops.IDIV_M32: case ops.IDIV_M64: case ops.IMUL_RR16: case ops.IMUL_RR32: case ops.IMUL_RR64:
    case ops.IMUL_RM16: case ops.IMUL_RM32: case ops.IMUL_RM64:
      return mulDivExec(ctx, inst);
    case ops.BT_RR16: case ops.BT_RR32: case ops.BT_RR64: case ops.BT_MR16: case ops.BT_MR32:
    case ops.BT_MR64: case ops.BTS_RR16: case ops.BTS_RR32: case ops.BTS_RR64: case ops.BTS_MR16:
    case ops.BTS_MR32: case ops.BTS_MR64: case ops.BTR_RR16: case ops.BTR_RR32: case ops.BTR_RR64:
    case ops.BTR_MR16: case ops.BTR_MR32: case ops.BTR_MR64: case ops.BT_RI16: case ops.BT_RI32:
    case ops.BT_RI64: case ops.BT_MI16: case ops.BT_MI32: case ops.BT_MI64: case ops.BTS_RI16:
    case ops.BTS_RI32: case ops.BTS_RI64: case ops.BTS_MI16: case ops.BTS_MI32: case ops.BTS_MI64:
    case ops.BTR_RI16: case ops.BTR_RI32: case ops.BTR_RI64: case ops.BTR_MI16: case ops.BTR_MI32:
    case ops.BTR_MI64: case ops.BTC_RI16: case ops.BTC_RI32: case ops.BTC_RI64: case ops.BTC_MI16:
    case ops.BTC_MI32: case ops.BTC_MI64: case ops.BTC_RR16: case ops.BTC_RR32: case ops.BTC_RR64:
    case ops.BTC_MR16: case ops.BTC_MR32: case ops.BTC_MR64: case ops.TZCNT_RR16: case ops.TZCNT_RR32:
    case ops.TZCNT_RR64: case ops.TZCNT_RM16: case ops.TZCNT_RM32: case ops.TZCNT_RM64: case ops.BSF_RR16:
    case ops.BSF_RR32: case ops.BSF_RR64: case ops.BSF_RM16: case ops.BSF_RM32: case ops.BSF_RM64:
    case ops.LZCNT_RR16: case ops.LZCNT_RR32: case ops.LZCNT_RR64: case ops.LZCNT_RM16: case ops.LZCNT_RM32:
    case ops.LZCNT_RM64: case ops.BSR_RR16: case ops.BSR_RR32: case ops.BSR_RR64: case ops.BSR_RM16:
    case ops.BSR_RM32: case ops.BSR_RM64: case ops.POPCNT_RR16: case ops.POPCNT_RR32: case ops.POPCNT_RR64:
    case ops.POPCNT_RM16: case ops.POPCNT_RM32: case ops.POPCNT_RM64: case ops.CRC32_RR32_8:
    case ops.CRC32_RR64_8: case ops.CRC32_RM32_8: case ops.CRC32_RM64_8: case ops.CRC32_RR32_16:
    case ops.CRC32_RR32_32: case ops.CRC32_RR64_64: case ops.CRC32_RM32_16: case ops.CRC32_RM32_32:
    case ops.CRC32_RM64_64:
      return bitExec(ctx, inst);
    case ops.PUSH_R16: case ops.PUSH_R64: case ops.POP_R16: case ops.POP_R64: case ops.PUSH_I16:
    case ops.PUSH_I64: case ops.POP_M16: case ops.POP_M64: case ops.NOP: case ops.PUSHF16: case ops.PUSHF64:
    case ops.POPF16: case ops.POPF64: case ops.SAHF: case ops.LAHF: case ops.ENTER16: case ops.ENTER64:
    case ops.LEAVE16: case ops.LEAVE64: case ops.CMC: case ops.CLC: case ops.STC: case ops.CLD: case ops.STD:
    case ops.PUSH_M16: case ops.PUSH_M64:
      return stackExec(ctx, inst);
    case ops.JO: case ops.JNO: case ops.JB: case ops.JNB: case ops.JZ: case ops.JNZ: case ops.JBE:
    case ops.JNBE: case ops.JS: case ops.JNS: case ops.JP: case ops.JNP: case ops.JL: case ops.JNL:
    case ops.JLE: case ops.JNLE: case ops.RET_I: case ops.RET: case ops.LOOPNZ: case ops.LOOPZ:
    case ops.LOOP: case ops.JRCXZ: case ops.CALL_I: case ops.JMP_I: case ops.CALL_M: case ops.CALL_R:
    case ops.JMP_M: case ops.JMP_R:
      return branchExec(ctx, inst);
    case ops.MOVS8: case ops.MOVS16: case ops.MOVS32: case ops.MOVS64: case ops.CMPS8: case ops.CMPS16:
    case ops.CMPS32: case ops.CMPS64: case ops.STOS8: case ops.STOS16: case ops.STOS32: case ops.STOS64:
    case ops.LODS8: case ops.LODS16: case ops.LODS32: case ops.LODS64: case ops.SCAS8: case ops.SCAS16:
    case ops.SCAS32: case ops.SCAS64:
      return stringExec(ctx, inst);
    case ops.XCHG_MR8: case ops.XCHG_MR16: case ops.XCHG_MR32: case ops.XCHG_MR64: case ops.CMPXCHG_RR8:
    case ops.CMPXCHG_MR8: case ops.CMPXCHG_RR16: case ops.CMPXCHG_RR32: case ops.CMPXCHG_RR64:
    case ops.CMPXCHG_MR16: case ops.CMPXCHG_MR32: case ops.CMPXCHG_MR64: case ops.XADD_RR8:
    case ops.XADD_MR8: case ops.XADD_RR16: case ops.XADD_RR32: case ops.XADD_RR64: case ops.XADD_MR16:
    case ops.XADD_MR32: case ops.XADD_MR64: case ops.CMPXCHG8B: case ops.CMPXCHG16B:
      return exchangeExec(ctx, inst, op);
    default: return bmiExec(ctx, inst, op);
  }
}
