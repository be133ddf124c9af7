// The hot loop: executes decoded blocks. One dense switch (a br_table) over operations; the common forms are inline, the
// others are one call away (exec.ts). Three ways out of an arm: `continue` goes to the next record, `break` takes the
// direct jump in record `inst`, `return` leaves.
//
// Instructions are counted by record address: `left` counts the budget down in bytes of records when a block is left,
// so that a straight run costs nothing.
import { EXIT_BUDGET, EXIT_FAULT, EXIT_RETURNED, EXIT_SYSCALL, VEC_BP, VEC_DB } from '../shared/exit';
import { I_FLAGS, I_IMM, I_LINK, I_OP, I_PC, INST_END, INST_SIZE } from '../shared/inst';
import { FAULT_VECTOR, INST_COUNT, R11, RCX, RIP, RSP } from '../shared/layout';
import * as ops from '../generated/ops';
import { ea, rd } from '../memory';
import { flush } from '../shared';
import { gpr, r0, setGpr } from '../state';
import {
  A_ADC, A_ADD, A_AND, A_CMP, A_DEC, A_INC, A_NEG, A_NOT, A_OR, A_SBB, A_SUB, A_TEST, A_XOR, aluMI, aluMR, aluRI,
  aluRM, aluRR, unaryR,
} from './arith';
import { returnRsp, runRegions } from '../regions';
import { B_TEST, bitRI, bitRR, SCAN_BSF, scanRR } from './bit';
import { enter, follow } from './block';
import { nextPc } from './branch';
import { B_PC, lookup, open } from './cache';
import { execOne, settle } from './exec';
import { cmpMI, cmpRI, cmpRM, cmpRR, testMI, testRI, testRR } from './fuse';
import {
  C_B, C_BE, C_L, C_LE, C_NB, C_NBE, C_NL, C_NLE, C_NS, C_NZ, C_S, C_Z, condB, condBE, condL, condLE, condS, condZ, overflow,
  parity,
} from './lazy';
import {
  bswapR, cmovRM, cmovRR, extendRM, extendRR, lea, movMI, movMR, movRI, movRM, movRR, setR, signInto, widen,
} from './move';
import { divide, imulRM, imulRR, imulRRI, mulWide } from './muldiv';
import { S_ROL, S_ROR, S_SAR, S_SHL, S_SHR, shiftRC, shiftRI } from './shift';
import { sseExec } from '../sse/exec';
import { x87Exec } from '../x87';
import { flagsGet, leaveFrame, popR, push, pushI, pushM, pushR } from './stack';

// @ts-ignore: decorator
@external("env", "syscall")
declare function syscall(ctx: usize): i32;

/** Adds the instructions behind `bytes` of records to INST_COUNT. */
function count(ctx: usize, bytes: i32): void {
  store<u64>(ctx, load<u64>(ctx, INST_COUNT) + <u64>(bytes / INST_SIZE), INST_COUNT);
}

/** The instruction at `inst` raised an exception; `bytes` of records up to and with it. Traps leave RIP behind it. */
function stop(ctx: usize, inst: usize, bytes: i32): i32 {
  settle(ctx, inst);
  const vector = load<u32>(ctx, FAULT_VECTOR);
  const trap = vector == VEC_BP || vector == VEC_DB;
  store<u64>(ctx, trap ? nextPc(inst) : <u64>load<u32>(inst, I_PC), RIP);
  count(ctx, trap ? bytes : bytes - INST_SIZE);
  return EXIT_FAULT;
}

/** The next block cannot be entered; `bytes` of records are done and RIP is the address that cannot be fetched. */
function lost(ctx: usize, bytes: i32): i32 {
  count(ctx, bytes);
  return EXIT_FAULT;
}

/** The budget is used up before `block`. */
function rest(ctx: usize, block: usize, bytes: i32): i32 {
  store<u64>(ctx, load<u64>(block, B_PC), RIP);
  count(ctx, bytes);
  return EXIT_BUDGET;
}

/** syscall: rcx ← next RIP, r11 ← flags (Intel SDM Vol. 2 "SYSCALL"), then the kernel. */
function enterKernel(ctx: usize, inst: usize): i32 {
  const next = nextPc(inst);
  setGpr<u64>(ctx, RCX * 8, next);
  setGpr<u64>(ctx, R11 * 8, flagsGet(ctx));
  store<u64>(ctx, next, RIP);
  flush();
  return syscall(ctx);
}

/** Executes about `limit` instructions (it stops at the next block) from RIP on. Returns an EXIT_* reason. */
// biome-ignore format: aligned rows
export function interpret(ctx: usize, limit: i32): i32 {
  const cache = open(ctx);
  let left = limit * INST_SIZE;
  let mark = left;
  let base = enter(ctx, load<u64>(ctx, RIP));
  if (!base) return EXIT_FAULT;
  let inst = base;
  while (true) {
    inst += INST_SIZE;
    switch (<i32>load<u16>(inst, I_OP)) {
      case ops.MOV_RR32:      movRR<u32>(ctx, inst); continue;
      case ops.MOV_RM32:      if (movRM<u32>(ctx, inst)) return stop(ctx, inst, mark - left + <i32>(inst - base)); continue;
      case ops.MOV_MR32:      if (movMR<u32>(ctx, inst)) return stop(ctx, inst, mark - left + <i32>(inst - base)); continue;
      case ops.MOV_RI32:      movRI<u32>(ctx, inst); continue;
      case ops.MOV_MI32:      if (movMI<u32>(ctx, inst)) return stop(ctx, inst, mark - left + <i32>(inst - base)); continue;
      case ops.MOV_RR64:      movRR<u64>(ctx, inst); continue;
      case ops.MOV_RM64:      if (movRM<u64>(ctx, inst)) return stop(ctx, inst, mark - left + <i32>(inst - base)); continue;
      case ops.MOV_MR64:      if (movMR<u64>(ctx, inst)) return stop(ctx, inst, mark - left + <i32>(inst - base)); continue;
      case ops.MOV_RI64:      movRI<u64>(ctx, inst); continue;
      case ops.MOV_MI64:      if (movMI<u64>(ctx, inst)) return stop(ctx, inst, mark - left + <i32>(inst - base)); continue;
      case ops.MOV_RR8:       movRR<u8>(ctx, inst); continue;
      case ops.MOV_RM8:       if (movRM<u8>(ctx, inst)) return stop(ctx, inst, mark - left + <i32>(inst - base)); continue;
      case ops.MOV_MR8:       if (movMR<u8>(ctx, inst)) return stop(ctx, inst, mark - left + <i32>(inst - base)); continue;
      case ops.MOV_RI8:       movRI<u8>(ctx, inst); continue;
      case ops.MOV_MI8:       if (movMI<u8>(ctx, inst)) return stop(ctx, inst, mark - left + <i32>(inst - base)); continue;
      case ops.MOV_MR16:      if (movMR<u16>(ctx, inst)) return stop(ctx, inst, mark - left + <i32>(inst - base)); continue;
      case ops.MOV_MI16:      if (movMI<u16>(ctx, inst)) return stop(ctx, inst, mark - left + <i32>(inst - base)); continue;
      case ops.MOVZX_RR32_8:  extendRR<u32, u8>(ctx, inst); continue;
      case ops.MOVZX_RM32_8:  if (extendRM<u32, u8>(ctx, inst)) return stop(ctx, inst, mark - left + <i32>(inst - base)); continue;
      case ops.MOVZX_RR32_16: extendRR<u32, u16>(ctx, inst); continue;
      case ops.MOVZX_RM32_16: if (extendRM<u32, u16>(ctx, inst)) return stop(ctx, inst, mark - left + <i32>(inst - base)); continue;
      case ops.MOVSX_RR32_8:  extendRR<i32, i8>(ctx, inst); continue;
      case ops.MOVSX_RR64_8:  extendRR<i64, i8>(ctx, inst); continue;
      case ops.MOVSX_RM32_8:  if (extendRM<i32, i8>(ctx, inst)) return stop(ctx, inst, mark - left + <i32>(inst - base)); continue;
      case ops.MOVSX_RM64_8:  if (extendRM<i64, i8>(ctx, inst)) return stop(ctx, inst, mark - left + <i32>(inst - base)); continue;
      case ops.MOVSX_RR32_16: extendRR<i32, i16>(ctx, inst); continue;
      case ops.MOVSX_RR64_16: extendRR<i64, i16>(ctx, inst); continue;
      case ops.MOVSX_RM32_16: if (extendRM<i32, i16>(ctx, inst)) return stop(ctx, inst, mark - left + <i32>(inst - base)); continue;
      case ops.MOVSX_RM64_16: if (extendRM<i64, i16>(ctx, inst)) return stop(ctx, inst, mark - left + <i32>(inst - base)); continue;
      case ops.MOVSXD_RR64_32: extendRR<i64, i32>(ctx, inst); continue;
      case ops.MOVSXD_RM64_32: if (extendRM<i64, i32>(ctx, inst)) return stop(ctx, inst, mark - left + <i32>(inst - base)); continue;
      case ops.CDQE:          widen<i64, i32>(ctx); continue;
      case ops.CDQ:           signInto<i32>(ctx); continue;
      case ops.CQO:           signInto<i64>(ctx); continue;
      case ops.LEA_RM32:      lea<u32>(ctx, inst); continue;
      case ops.LEA_RM64:      lea<u64>(ctx, inst); continue;
      case ops.ADD_RR32:      aluRR<i32>(ctx, inst, A_ADD); continue;
      case ops.ADD_RI32:      aluRI<i32>(ctx, inst, A_ADD); continue;
      case ops.ADD_RM32:      if (aluRM<i32>(ctx, inst, A_ADD)) return stop(ctx, inst, mark - left + <i32>(inst - base)); continue;
      case ops.ADD_MR32:      if (aluMR<i32>(ctx, inst, A_ADD)) return stop(ctx, inst, mark - left + <i32>(inst - base)); continue;
      case ops.ADD_MI32:      if (aluMI<i32>(ctx, inst, A_ADD)) return stop(ctx, inst, mark - left + <i32>(inst - base)); continue;
      case ops.SUB_RR32:      aluRR<i32>(ctx, inst, A_SUB); continue;
      case ops.SUB_RI32:      aluRI<i32>(ctx, inst, A_SUB); continue;
      case ops.SUB_RM32:      if (aluRM<i32>(ctx, inst, A_SUB)) return stop(ctx, inst, mark - left + <i32>(inst - base)); continue;
      case ops.SUB_MR32:      if (aluMR<i32>(ctx, inst, A_SUB)) return stop(ctx, inst, mark - left + <i32>(inst - base)); continue;
      case ops.SUB_MI32:      if (aluMI<i32>(ctx, inst, A_SUB)) return stop(ctx, inst, mark - left + <i32>(inst - base)); continue;
      case ops.AND_RR32:      aluRR<i32>(ctx, inst, A_AND); continue;
      case ops.AND_RI32:      aluRI<i32>(ctx, inst, A_AND); continue;
      case ops.AND_RM32:      if (aluRM<i32>(ctx, inst, A_AND)) return stop(ctx, inst, mark - left + <i32>(inst - base)); continue;
      case ops.AND_MR32:      if (aluMR<i32>(ctx, inst, A_AND)) return stop(ctx, inst, mark - left + <i32>(inst - base)); continue;
      case ops.AND_MI32:      if (aluMI<i32>(ctx, inst, A_AND)) return stop(ctx, inst, mark - left + <i32>(inst - base)); continue;
      case ops.OR_RR32:       aluRR<i32>(ctx, inst, A_OR); continue;
      case ops.OR_RI32:       aluRI<i32>(ctx, inst, A_OR); continue;
      case ops.OR_RM32:       if (aluRM<i32>(ctx, inst, A_OR)) return stop(ctx, inst, mark - left + <i32>(inst - base)); continue;
      case ops.OR_MR32:       if (aluMR<i32>(ctx, inst, A_OR)) return stop(ctx, inst, mark - left + <i32>(inst - base)); continue;
      case ops.XOR_RR32:      aluRR<i32>(ctx, inst, A_XOR); continue;
      case ops.XOR_RI32:      aluRI<i32>(ctx, inst, A_XOR); continue;
      case ops.XOR_RM32:      if (aluRM<i32>(ctx, inst, A_XOR)) return stop(ctx, inst, mark - left + <i32>(inst - base)); continue;
      case ops.XOR_MR32:      if (aluMR<i32>(ctx, inst, A_XOR)) return stop(ctx, inst, mark - left + <i32>(inst - base)); continue;
      case ops.CMP_RR32:      aluRR<i32>(ctx, inst, A_CMP); continue;
      case ops.CMP_RI32:      aluRI<i32>(ctx, inst, A_CMP); continue;
      case ops.CMP_RM32:      if (aluRM<i32>(ctx, inst, A_CMP)) return stop(ctx, inst, mark - left + <i32>(inst - base)); continue;
      case ops.CMP_MR32:      if (aluMR<i32>(ctx, inst, A_CMP)) return stop(ctx, inst, mark - left + <i32>(inst - base)); continue;
      case ops.CMP_MI32:      if (aluMI<i32>(ctx, inst, A_CMP)) return stop(ctx, inst, mark - left + <i32>(inst - base)); continue;
      case ops.TEST_RR32:     aluRR<i32>(ctx, inst, A_TEST); continue;
      case ops.TEST_RI32:     aluRI<i32>(ctx, inst, A_TEST); continue;
      case ops.TEST_MI32:     if (aluMI<i32>(ctx, inst, A_TEST)) return stop(ctx, inst, mark - left + <i32>(inst - base)); continue;
      case ops.TEST_MR32:     if (aluMR<i32>(ctx, inst, A_TEST)) return stop(ctx, inst, mark - left + <i32>(inst - base)); continue;
      case ops.ADD_RR64:      aluRR<i64>(ctx, inst, A_ADD); continue;
      case ops.ADD_RI64:      aluRI<i64>(ctx, inst, A_ADD); continue;
      case ops.ADD_RM64:      if (aluRM<i64>(ctx, inst, A_ADD)) return stop(ctx, inst, mark - left + <i32>(inst - base)); continue;
      case ops.ADD_MR64:      if (aluMR<i64>(ctx, inst, A_ADD)) return stop(ctx, inst, mark - left + <i32>(inst - base)); continue;
      case ops.ADD_MI64:      if (aluMI<i64>(ctx, inst, A_ADD)) return stop(ctx, inst, mark - left + <i32>(inst - base)); continue;
      case ops.SUB_RR64:      aluRR<i64>(ctx, inst, A_SUB); continue;
      case ops.SUB_RI64:      aluRI<i64>(ctx, inst, A_SUB); continue;
      case ops.SUB_RM64:      if (aluRM<i64>(ctx, inst, A_SUB)) return stop(ctx, inst, mark - left + <i32>(inst - base)); continue;
      case ops.SUB_MR64:      if (aluMR<i64>(ctx, inst, A_SUB)) return stop(ctx, inst, mark - left + <i32>(inst - base)); continue;
      case ops.SUB_MI64:      if (aluMI<i64>(ctx, inst, A_SUB)) return stop(ctx, inst, mark - left + <i32>(inst - base)); continue;
      case ops.AND_RR64:      aluRR<i64>(ctx, inst, A_AND); continue;
      case ops.AND_RI64:      aluRI<i64>(ctx, inst, A_AND); continue;
      case ops.AND_RM64:      if (aluRM<i64>(ctx, inst, A_AND)) return stop(ctx, inst, mark - left + <i32>(inst - base)); continue;
      case ops.AND_MR64:      if (aluMR<i64>(ctx, inst, A_AND)) return stop(ctx, inst, mark - left + <i32>(inst - base)); continue;
      case ops.AND_MI64:      if (aluMI<i64>(ctx, inst, A_AND)) return stop(ctx, inst, mark - left + <i32>(inst - base)); continue;
      case ops.OR_RR64:       aluRR<i64>(ctx, inst, A_OR); continue;
      case ops.OR_RI64:       aluRI<i64>(ctx, inst, A_OR); continue;
      case ops.OR_RM64:       if (aluRM<i64>(ctx, inst, A_OR)) return stop(ctx, inst, mark - left + <i32>(inst - base)); continue;
      case ops.OR_MR64:       if (aluMR<i64>(ctx, inst, A_OR)) return stop(ctx, inst, mark - left + <i32>(inst - base)); continue;
      case ops.XOR_RR64:      aluRR<i64>(ctx, inst, A_XOR); continue;
      case ops.XOR_RI64:      aluRI<i64>(ctx, inst, A_XOR); continue;
      case ops.XOR_RM64:      if (aluRM<i64>(ctx, inst, A_XOR)) return stop(ctx, inst, mark - left + <i32>(inst - base)); continue;
      case ops.XOR_MR64:      if (aluMR<i64>(ctx, inst, A_XOR)) return stop(ctx, inst, mark - left + <i32>(inst - base)); continue;
      case ops.CMP_RR64:      aluRR<i64>(ctx, inst, A_CMP); continue;
      case ops.CMP_RI64:      aluRI<i64>(ctx, inst, A_CMP); continue;
      case ops.CMP_RM64:      if (aluRM<i64>(ctx, inst, A_CMP)) return stop(ctx, inst, mark - left + <i32>(inst - base)); continue;
      case ops.CMP_MR64:      if (aluMR<i64>(ctx, inst, A_CMP)) return stop(ctx, inst, mark - left + <i32>(inst - base)); continue;
      case ops.CMP_MI64:      if (aluMI<i64>(ctx, inst, A_CMP)) return stop(ctx, inst, mark - left + <i32>(inst - base)); continue;
      case ops.TEST_RR64:     aluRR<i64>(ctx, inst, A_TEST); continue;
      case ops.TEST_RI64:     aluRI<i64>(ctx, inst, A_TEST); continue;
      case ops.TEST_MI64:     if (aluMI<i64>(ctx, inst, A_TEST)) return stop(ctx, inst, mark - left + <i32>(inst - base)); continue;
      case ops.TEST_MR64:     if (aluMR<i64>(ctx, inst, A_TEST)) return stop(ctx, inst, mark - left + <i32>(inst - base)); continue;
      case ops.CMP_RR8:       aluRR<i8>(ctx, inst, A_CMP); continue;
      case ops.CMP_RI8:       aluRI<i8>(ctx, inst, A_CMP); continue;
      case ops.CMP_RM8:       if (aluRM<i8>(ctx, inst, A_CMP)) return stop(ctx, inst, mark - left + <i32>(inst - base)); continue;
      case ops.CMP_MR8:       if (aluMR<i8>(ctx, inst, A_CMP)) return stop(ctx, inst, mark - left + <i32>(inst - base)); continue;
      case ops.CMP_MI8:       if (aluMI<i8>(ctx, inst, A_CMP)) return stop(ctx, inst, mark - left + <i32>(inst - base)); continue;
      case ops.TEST_RR8:      aluRR<i8>(ctx, inst, A_TEST); continue;
      case ops.TEST_RI8:      aluRI<i8>(ctx, inst, A_TEST); continue;
      case ops.TEST_MI8:      if (aluMI<i8>(ctx, inst, A_TEST)) return stop(ctx, inst, mark - left + <i32>(inst - base)); continue;
      case ops.ADC_RR64:      aluRR<i64>(ctx, inst, A_ADC); continue;
      case ops.ADC_RI64:      aluRI<i64>(ctx, inst, A_ADC); continue;
      case ops.ADC_RM64:      if (aluRM<i64>(ctx, inst, A_ADC)) return stop(ctx, inst, mark - left + <i32>(inst - base)); continue;
      case ops.ADC_MR64:      if (aluMR<i64>(ctx, inst, A_ADC)) return stop(ctx, inst, mark - left + <i32>(inst - base)); continue;
      case ops.SBB_RR64:      aluRR<i64>(ctx, inst, A_SBB); continue;
      case ops.SBB_RI64:      aluRI<i64>(ctx, inst, A_SBB); continue;
      case ops.SBB_RM64:      if (aluRM<i64>(ctx, inst, A_SBB)) return stop(ctx, inst, mark - left + <i32>(inst - base)); continue;
      case ops.SBB_MR64:      if (aluMR<i64>(ctx, inst, A_SBB)) return stop(ctx, inst, mark - left + <i32>(inst - base)); continue;
      case ops.NEG_R32:       unaryR<i32>(ctx, inst, A_NEG); continue;
      case ops.NOT_R32:       unaryR<i32>(ctx, inst, A_NOT); continue;
      case ops.INC_R32:       unaryR<i32>(ctx, inst, A_INC); continue;
      case ops.DEC_R32:       unaryR<i32>(ctx, inst, A_DEC); continue;
      case ops.NEG_R64:       unaryR<i64>(ctx, inst, A_NEG); continue;
      case ops.NOT_R64:       unaryR<i64>(ctx, inst, A_NOT); continue;
      case ops.INC_R64:       unaryR<i64>(ctx, inst, A_INC); continue;
      case ops.DEC_R64:       unaryR<i64>(ctx, inst, A_DEC); continue;
      case ops.SHL_RI32:      shiftRI<u32>(ctx, inst, S_SHL); continue;
      case ops.SHL_RC32:      shiftRC<u32>(ctx, inst, S_SHL); continue;
      case ops.SHR_RI32:      shiftRI<u32>(ctx, inst, S_SHR); continue;
      case ops.SHR_RC32:      shiftRC<u32>(ctx, inst, S_SHR); continue;
      case ops.SAR_RI32:      shiftRI<u32>(ctx, inst, S_SAR); continue;
      case ops.SAR_RC32:      shiftRC<u32>(ctx, inst, S_SAR); continue;
      case ops.ROL_RI32:      shiftRI<u32>(ctx, inst, S_ROL); continue;
      case ops.ROR_RI32:      shiftRI<u32>(ctx, inst, S_ROR); continue;
      case ops.SHL_RI64:      shiftRI<u64>(ctx, inst, S_SHL); continue;
      case ops.SHL_RC64:      shiftRC<u64>(ctx, inst, S_SHL); continue;
      case ops.SHR_RI64:      shiftRI<u64>(ctx, inst, S_SHR); continue;
      case ops.SHR_RC64:      shiftRC<u64>(ctx, inst, S_SHR); continue;
      case ops.SAR_RI64:      shiftRI<u64>(ctx, inst, S_SAR); continue;
      case ops.SAR_RC64:      shiftRC<u64>(ctx, inst, S_SAR); continue;
      case ops.ROL_RI64:      shiftRI<u64>(ctx, inst, S_ROL); continue;
      case ops.ROR_RI64:      shiftRI<u64>(ctx, inst, S_ROR); continue;
      case ops.IMUL_RR32:     imulRR<i32>(ctx, inst); continue;
      case ops.IMUL_RM32:     if (imulRM<i32>(ctx, inst)) return stop(ctx, inst, mark - left + <i32>(inst - base)); continue;
      case ops.IMUL_RRI32:    imulRRI<i32>(ctx, inst); continue;
      case ops.IMUL_RR64:     imulRR<i64>(ctx, inst); continue;
      case ops.IMUL_RM64:     if (imulRM<i64>(ctx, inst)) return stop(ctx, inst, mark - left + <i32>(inst - base)); continue;
      case ops.IMUL_RRI64:    imulRRI<i64>(ctx, inst); continue;
      case ops.MUL_R32:       mulWide<u32>(ctx, gpr<u32>(ctx, r0(inst))); continue;
      case ops.MUL_R64:       mulWide<u64>(ctx, gpr<u64>(ctx, r0(inst))); continue;
      case ops.DIV_R32:       if (divide<u32>(ctx, gpr<u32>(ctx, r0(inst)))) return stop(ctx, inst, mark - left + <i32>(inst - base)); continue;
      case ops.IDIV_R32:      if (divide<i32>(ctx, gpr<i32>(ctx, r0(inst)))) return stop(ctx, inst, mark - left + <i32>(inst - base)); continue;
      case ops.DIV_R64:       if (divide<u64>(ctx, gpr<u64>(ctx, r0(inst)))) return stop(ctx, inst, mark - left + <i32>(inst - base)); continue;
      case ops.IDIV_R64:      if (divide<i64>(ctx, gpr<i64>(ctx, r0(inst)))) return stop(ctx, inst, mark - left + <i32>(inst - base)); continue;
      case ops.CMOVB_RR32:    cmovRR<u32>(ctx, inst, condB(ctx)); continue;
      case ops.CMOVB_RR64:    cmovRR<u64>(ctx, inst, condB(ctx)); continue;
      case ops.SETB_R8:       setR(ctx, inst, condB(ctx)); continue;
      case ops.CMOVNB_RR32:   cmovRR<u32>(ctx, inst, !condB(ctx)); continue;
      case ops.CMOVNB_RR64:   cmovRR<u64>(ctx, inst, !condB(ctx)); continue;
      case ops.SETNB_R8:      setR(ctx, inst, !condB(ctx)); continue;
      case ops.CMOVZ_RR32:    cmovRR<u32>(ctx, inst, condZ(ctx)); continue;
      case ops.CMOVZ_RR64:    cmovRR<u64>(ctx, inst, condZ(ctx)); continue;
      case ops.SETZ_R8:       setR(ctx, inst, condZ(ctx)); continue;
      case ops.CMOVNZ_RR32:   cmovRR<u32>(ctx, inst, !condZ(ctx)); continue;
      case ops.CMOVNZ_RR64:   cmovRR<u64>(ctx, inst, !condZ(ctx)); continue;
      case ops.SETNZ_R8:      setR(ctx, inst, !condZ(ctx)); continue;
      case ops.CMOVBE_RR32:   cmovRR<u32>(ctx, inst, condBE(ctx)); continue;
      case ops.CMOVBE_RR64:   cmovRR<u64>(ctx, inst, condBE(ctx)); continue;
      case ops.SETBE_R8:      setR(ctx, inst, condBE(ctx)); continue;
      case ops.CMOVNBE_RR32:  cmovRR<u32>(ctx, inst, !condBE(ctx)); continue;
      case ops.CMOVNBE_RR64:  cmovRR<u64>(ctx, inst, !condBE(ctx)); continue;
      case ops.SETNBE_R8:     setR(ctx, inst, !condBE(ctx)); continue;
      case ops.CMOVS_RR32:    cmovRR<u32>(ctx, inst, condS(ctx)); continue;
      case ops.CMOVS_RR64:    cmovRR<u64>(ctx, inst, condS(ctx)); continue;
      case ops.SETS_R8:       setR(ctx, inst, condS(ctx)); continue;
      case ops.CMOVNS_RR32:   cmovRR<u32>(ctx, inst, !condS(ctx)); continue;
      case ops.CMOVNS_RR64:   cmovRR<u64>(ctx, inst, !condS(ctx)); continue;
      case ops.SETNS_R8:      setR(ctx, inst, !condS(ctx)); continue;
      case ops.CMOVL_RR32:    cmovRR<u32>(ctx, inst, condL(ctx)); continue;
      case ops.CMOVL_RR64:    cmovRR<u64>(ctx, inst, condL(ctx)); continue;
      case ops.SETL_R8:       setR(ctx, inst, condL(ctx)); continue;
      case ops.CMOVNL_RR32:   cmovRR<u32>(ctx, inst, !condL(ctx)); continue;
      case ops.CMOVNL_RR64:   cmovRR<u64>(ctx, inst, !condL(ctx)); continue;
      case ops.SETNL_R8:      setR(ctx, inst, !condL(ctx)); continue;
      case ops.CMOVLE_RR32:   cmovRR<u32>(ctx, inst, condLE(ctx)); continue;
      case ops.CMOVLE_RR64:   cmovRR<u64>(ctx, inst, condLE(ctx)); continue;
      case ops.SETLE_R8:      setR(ctx, inst, condLE(ctx)); continue;
      case ops.CMOVNLE_RR32:  cmovRR<u32>(ctx, inst, !condLE(ctx)); continue;
      case ops.CMOVNLE_RR64:  cmovRR<u64>(ctx, inst, !condLE(ctx)); continue;
      case ops.SETNLE_R8:     setR(ctx, inst, !condLE(ctx)); continue;
      case ops.PUSH_R64:      if (pushR<u64>(ctx, inst)) return stop(ctx, inst, mark - left + <i32>(inst - base)); continue;
      case ops.PUSH_I64:      if (pushI<u64>(ctx, inst)) return stop(ctx, inst, mark - left + <i32>(inst - base)); continue;
      case ops.PUSH_M64:      if (pushM<u64>(ctx, inst)) return stop(ctx, inst, mark - left + <i32>(inst - base)); continue;
      case ops.POP_R64:       if (popR<u64>(ctx, inst)) return stop(ctx, inst, mark - left + <i32>(inst - base)); continue;
      case ops.LEAVE64:       if (leaveFrame<u64>(ctx)) return stop(ctx, inst, mark - left + <i32>(inst - base)); continue;
      case ops.NOP:           continue;
      case ops.JO:            if (overflow(ctx) == 0) continue; break;
      case ops.JNO:           if (overflow(ctx) != 0) continue; break;
      case ops.JB:            if (!condB(ctx)) continue; break;
      case ops.JNB:           if (condB(ctx)) continue; break;
      case ops.JZ:            if (!condZ(ctx)) continue; break;
      case ops.JNZ:           if (condZ(ctx)) continue; break;
      case ops.JBE:           if (!condBE(ctx)) continue; break;
      case ops.JNBE:          if (condBE(ctx)) continue; break;
      case ops.JS:            if (!condS(ctx)) continue; break;
      case ops.JNS:           if (condS(ctx)) continue; break;
      case ops.JP:            if (!parity(ctx)) continue; break;
      case ops.JNP:           if (parity(ctx)) continue; break;
      case ops.JL:            if (!condL(ctx)) continue; break;
      case ops.JNL:           if (condL(ctx)) continue; break;
      case ops.JLE:           if (!condLE(ctx)) continue; break;
      case ops.JNLE:          if (condLE(ctx)) continue; break;
      case ops.CMP_RR32_JZ:    { const taken = cmpRR<i32>(ctx, inst, C_Z); inst += INST_SIZE; if (taken) break; continue; }
      case ops.CMP_RR32_JNZ:   { const taken = cmpRR<i32>(ctx, inst, C_NZ); inst += INST_SIZE; if (taken) break; continue; }
      case ops.CMP_RR32_JB:    { const taken = cmpRR<i32>(ctx, inst, C_B); inst += INST_SIZE; if (taken) break; continue; }
      case ops.CMP_RR32_JNB:   { const taken = cmpRR<i32>(ctx, inst, C_NB); inst += INST_SIZE; if (taken) break; continue; }
      case ops.CMP_RR32_JBE:   { const taken = cmpRR<i32>(ctx, inst, C_BE); inst += INST_SIZE; if (taken) break; continue; }
      case ops.CMP_RR32_JNBE:  { const taken = cmpRR<i32>(ctx, inst, C_NBE); inst += INST_SIZE; if (taken) break; continue; }
      case ops.CMP_RR32_JL:    { const taken = cmpRR<i32>(ctx, inst, C_L); inst += INST_SIZE; if (taken) break; continue; }
      case ops.CMP_RR32_JNL:   { const taken = cmpRR<i32>(ctx, inst, C_NL); inst += INST_SIZE; if (taken) break; continue; }
      case ops.CMP_RR32_JLE:   { const taken = cmpRR<i32>(ctx, inst, C_LE); inst += INST_SIZE; if (taken) break; continue; }
      case ops.CMP_RR32_JNLE:  { const taken = cmpRR<i32>(ctx, inst, C_NLE); inst += INST_SIZE; if (taken) break; continue; }
      case ops.CMP_RI32_JZ:    { const taken = cmpRI<i32>(ctx, inst, C_Z); inst += INST_SIZE; if (taken) break; continue; }
      case ops.CMP_RI32_JNZ:   { const taken = cmpRI<i32>(ctx, inst, C_NZ); inst += INST_SIZE; if (taken) break; continue; }
      case ops.CMP_RI32_JB:    { const taken = cmpRI<i32>(ctx, inst, C_B); inst += INST_SIZE; if (taken) break; continue; }
      case ops.CMP_RI32_JNB:   { const taken = cmpRI<i32>(ctx, inst, C_NB); inst += INST_SIZE; if (taken) break; continue; }
      case ops.CMP_RI32_JBE:   { const taken = cmpRI<i32>(ctx, inst, C_BE); inst += INST_SIZE; if (taken) break; continue; }
      case ops.CMP_RI32_JNBE:  { const taken = cmpRI<i32>(ctx, inst, C_NBE); inst += INST_SIZE; if (taken) break; continue; }
      case ops.CMP_RI32_JL:    { const taken = cmpRI<i32>(ctx, inst, C_L); inst += INST_SIZE; if (taken) break; continue; }
      case ops.CMP_RI32_JNL:   { const taken = cmpRI<i32>(ctx, inst, C_NL); inst += INST_SIZE; if (taken) break; continue; }
      case ops.CMP_RI32_JLE:   { const taken = cmpRI<i32>(ctx, inst, C_LE); inst += INST_SIZE; if (taken) break; continue; }
      case ops.CMP_RI32_JNLE:  { const taken = cmpRI<i32>(ctx, inst, C_NLE); inst += INST_SIZE; if (taken) break; continue; }
      case ops.CMP_RR64_JZ:    { const taken = cmpRR<i64>(ctx, inst, C_Z); inst += INST_SIZE; if (taken) break; continue; }
      case ops.CMP_RR64_JNZ:   { const taken = cmpRR<i64>(ctx, inst, C_NZ); inst += INST_SIZE; if (taken) break; continue; }
      case ops.CMP_RR64_JB:    { const taken = cmpRR<i64>(ctx, inst, C_B); inst += INST_SIZE; if (taken) break; continue; }
      case ops.CMP_RR64_JNB:   { const taken = cmpRR<i64>(ctx, inst, C_NB); inst += INST_SIZE; if (taken) break; continue; }
      case ops.CMP_RR64_JBE:   { const taken = cmpRR<i64>(ctx, inst, C_BE); inst += INST_SIZE; if (taken) break; continue; }
      case ops.CMP_RR64_JNBE:  { const taken = cmpRR<i64>(ctx, inst, C_NBE); inst += INST_SIZE; if (taken) break; continue; }
      case ops.CMP_RR64_JL:    { const taken = cmpRR<i64>(ctx, inst, C_L); inst += INST_SIZE; if (taken) break; continue; }
      case ops.CMP_RR64_JNL:   { const taken = cmpRR<i64>(ctx, inst, C_NL); inst += INST_SIZE; if (taken) break; continue; }
      case ops.CMP_RR64_JLE:   { const taken = cmpRR<i64>(ctx, inst, C_LE); inst += INST_SIZE; if (taken) break; continue; }
      case ops.CMP_RR64_JNLE:  { const taken = cmpRR<i64>(ctx, inst, C_NLE); inst += INST_SIZE; if (taken) break; continue; }
      case ops.CMP_RI64_JZ:    { const taken = cmpRI<i64>(ctx, inst, C_Z); inst += INST_SIZE; if (taken) break; continue; }
      case ops.CMP_RI64_JNZ:   { const taken = cmpRI<i64>(ctx, inst, C_NZ); inst += INST_SIZE; if (taken) break; continue; }
      case ops.CMP_RI64_JB:    { const taken = cmpRI<i64>(ctx, inst, C_B); inst += INST_SIZE; if (taken) break; continue; }
      case ops.CMP_RI64_JNB:   { const taken = cmpRI<i64>(ctx, inst, C_NB); inst += INST_SIZE; if (taken) break; continue; }
      case ops.CMP_RI64_JBE:   { const taken = cmpRI<i64>(ctx, inst, C_BE); inst += INST_SIZE; if (taken) break; continue; }
      case ops.CMP_RI64_JNBE:  { const taken = cmpRI<i64>(ctx, inst, C_NBE); inst += INST_SIZE; if (taken) break; continue; }
      case ops.CMP_RI64_JL:    { const taken = cmpRI<i64>(ctx, inst, C_L); inst += INST_SIZE; if (taken) break; continue; }
      case ops.CMP_RI64_JNL:   { const taken = cmpRI<i64>(ctx, inst, C_NL); inst += INST_SIZE; if (taken) break; continue; }
      case ops.CMP_RI64_JLE:   { const taken = cmpRI<i64>(ctx, inst, C_LE); inst += INST_SIZE; if (taken) break; continue; }
      case ops.CMP_RI64_JNLE:  { const taken = cmpRI<i64>(ctx, inst, C_NLE); inst += INST_SIZE; if (taken) break; continue; }
      case ops.CMP_RR8_JZ:     { const taken = cmpRR<i8>(ctx, inst, C_Z); inst += INST_SIZE; if (taken) break; continue; }
      case ops.CMP_RR8_JNZ:    { const taken = cmpRR<i8>(ctx, inst, C_NZ); inst += INST_SIZE; if (taken) break; continue; }
      case ops.CMP_RI8_JZ:     { const taken = cmpRI<i8>(ctx, inst, C_Z); inst += INST_SIZE; if (taken) break; continue; }
      case ops.CMP_RI8_JNZ:    { const taken = cmpRI<i8>(ctx, inst, C_NZ); inst += INST_SIZE; if (taken) break; continue; }
      case ops.CMP_RI8_JBE:    { const taken = cmpRI<i8>(ctx, inst, C_BE); inst += INST_SIZE; if (taken) break; continue; }
      case ops.CMP_RI8_JNBE:   { const taken = cmpRI<i8>(ctx, inst, C_NBE); inst += INST_SIZE; if (taken) break; continue; }
      case ops.CMP_MI8_JZ:     { const at = rd(ctx, ea(ctx, inst), 1); if (!at) return stop(ctx, inst, mark - left + <i32>(inst - base)); const taken = cmpMI<i8>(ctx, inst, C_Z, at); inst += INST_SIZE; if (taken) break; continue; }
      case ops.CMP_MI8_JNZ:    { const at = rd(ctx, ea(ctx, inst), 1); if (!at) return stop(ctx, inst, mark - left + <i32>(inst - base)); const taken = cmpMI<i8>(ctx, inst, C_NZ, at); inst += INST_SIZE; if (taken) break; continue; }
      case ops.CMP_MI32_JZ:    { const at = rd(ctx, ea(ctx, inst), 4); if (!at) return stop(ctx, inst, mark - left + <i32>(inst - base)); const taken = cmpMI<i32>(ctx, inst, C_Z, at); inst += INST_SIZE; if (taken) break; continue; }
      case ops.CMP_MI32_JNZ:   { const at = rd(ctx, ea(ctx, inst), 4); if (!at) return stop(ctx, inst, mark - left + <i32>(inst - base)); const taken = cmpMI<i32>(ctx, inst, C_NZ, at); inst += INST_SIZE; if (taken) break; continue; }
      case ops.CMP_MI64_JZ:    { const at = rd(ctx, ea(ctx, inst), 8); if (!at) return stop(ctx, inst, mark - left + <i32>(inst - base)); const taken = cmpMI<i64>(ctx, inst, C_Z, at); inst += INST_SIZE; if (taken) break; continue; }
      case ops.CMP_MI64_JNZ:   { const at = rd(ctx, ea(ctx, inst), 8); if (!at) return stop(ctx, inst, mark - left + <i32>(inst - base)); const taken = cmpMI<i64>(ctx, inst, C_NZ, at); inst += INST_SIZE; if (taken) break; continue; }
      case ops.CMP_RM64_JZ:    { const at = rd(ctx, ea(ctx, inst), 8); if (!at) return stop(ctx, inst, mark - left + <i32>(inst - base)); const taken = cmpRM<i64>(ctx, inst, C_Z, at); inst += INST_SIZE; if (taken) break; continue; }
      case ops.CMP_RM64_JNZ:   { const at = rd(ctx, ea(ctx, inst), 8); if (!at) return stop(ctx, inst, mark - left + <i32>(inst - base)); const taken = cmpRM<i64>(ctx, inst, C_NZ, at); inst += INST_SIZE; if (taken) break; continue; }
      case ops.TEST_RR8_JZ:    { const taken = testRR<i8>(ctx, inst, C_Z); inst += INST_SIZE; if (taken) break; continue; }
      case ops.TEST_RR8_JNZ:   { const taken = testRR<i8>(ctx, inst, C_NZ); inst += INST_SIZE; if (taken) break; continue; }
      case ops.TEST_RR32_JZ:   { const taken = testRR<i32>(ctx, inst, C_Z); inst += INST_SIZE; if (taken) break; continue; }
      case ops.TEST_RR32_JNZ:  { const taken = testRR<i32>(ctx, inst, C_NZ); inst += INST_SIZE; if (taken) break; continue; }
      case ops.TEST_RR32_JS:   { const taken = testRR<i32>(ctx, inst, C_S); inst += INST_SIZE; if (taken) break; continue; }
      case ops.TEST_RR32_JNS:  { const taken = testRR<i32>(ctx, inst, C_NS); inst += INST_SIZE; if (taken) break; continue; }
      case ops.TEST_RR32_JLE:  { const taken = testRR<i32>(ctx, inst, C_LE); inst += INST_SIZE; if (taken) break; continue; }
      case ops.TEST_RR32_JNLE: { const taken = testRR<i32>(ctx, inst, C_NLE); inst += INST_SIZE; if (taken) break; continue; }
      case ops.TEST_RR64_JZ:   { const taken = testRR<i64>(ctx, inst, C_Z); inst += INST_SIZE; if (taken) break; continue; }
      case ops.TEST_RR64_JNZ:  { const taken = testRR<i64>(ctx, inst, C_NZ); inst += INST_SIZE; if (taken) break; continue; }
      case ops.TEST_RR64_JS:   { const taken = testRR<i64>(ctx, inst, C_S); inst += INST_SIZE; if (taken) break; continue; }
      case ops.TEST_RR64_JNS:  { const taken = testRR<i64>(ctx, inst, C_NS); inst += INST_SIZE; if (taken) break; continue; }
      case ops.TEST_RR64_JLE:  { const taken = testRR<i64>(ctx, inst, C_LE); inst += INST_SIZE; if (taken) break; continue; }
      case ops.TEST_RR64_JNLE: { const taken = testRR<i64>(ctx, inst, C_NLE); inst += INST_SIZE; if (taken) break; continue; }
      case ops.TEST_RI8_JZ:    { const taken = testRI<i8>(ctx, inst, C_Z); inst += INST_SIZE; if (taken) break; continue; }
      case ops.TEST_RI8_JNZ:   { const taken = testRI<i8>(ctx, inst, C_NZ); inst += INST_SIZE; if (taken) break; continue; }
      case ops.TEST_MI8_JZ:    { const at = rd(ctx, ea(ctx, inst), 1); if (!at) return stop(ctx, inst, mark - left + <i32>(inst - base)); const taken = testMI<i8>(ctx, inst, C_Z, at); inst += INST_SIZE; if (taken) break; continue; }
      case ops.TEST_MI8_JNZ:   { const at = rd(ctx, ea(ctx, inst), 1); if (!at) return stop(ctx, inst, mark - left + <i32>(inst - base)); const taken = testMI<i8>(ctx, inst, C_NZ, at); inst += INST_SIZE; if (taken) break; continue; }
      case ops.CMP_RR16:      aluRR<i16>(ctx, inst, A_CMP); continue;
      case ops.CMP_RI16:      aluRI<i16>(ctx, inst, A_CMP); continue;
      case ops.CMP_MI16:      if (aluMI<i16>(ctx, inst, A_CMP)) return stop(ctx, inst, mark - left + <i32>(inst - base)); continue;
      case ops.TEST_RR16:     aluRR<i16>(ctx, inst, A_TEST); continue;
      case ops.AND_RI8:       aluRI<i8>(ctx, inst, A_AND); continue;
      case ops.OR_RI8:        aluRI<i8>(ctx, inst, A_OR); continue;
      case ops.OR_RR8:        aluRR<i8>(ctx, inst, A_OR); continue;
      case ops.SBB_RR32:      aluRR<i32>(ctx, inst, A_SBB); continue;
      case ops.SBB_RI32:      aluRI<i32>(ctx, inst, A_SBB); continue;
      case ops.BT_RR64:       bitRR<u64>(ctx, inst, B_TEST); continue;
      case ops.BT_RI64:       bitRI<u64>(ctx, inst, B_TEST); continue;
      case ops.BT_RR32:       bitRR<u32>(ctx, inst, B_TEST); continue;
      case ops.BT_RI32:       bitRI<u32>(ctx, inst, B_TEST); continue;
      case ops.BSF_RR32:      scanRR<u32>(ctx, inst, SCAN_BSF); continue;
      case ops.BSF_RR64:      scanRR<u64>(ctx, inst, SCAN_BSF); continue;
      case ops.BSWAP_R32:     bswapR<u32>(ctx, inst); continue;
      case ops.BSWAP_R64:     bswapR<u64>(ctx, inst); continue;
      case ops.CMOVZ_RM32:    if (cmovRM<u32>(ctx, inst, condZ(ctx))) return stop(ctx, inst, mark - left + <i32>(inst - base)); continue;
      case ops.CMOVNZ_RM32:   if (cmovRM<u32>(ctx, inst, !condZ(ctx))) return stop(ctx, inst, mark - left + <i32>(inst - base)); continue;
      case ops.CMOVZ_RM64:    if (cmovRM<u64>(ctx, inst, condZ(ctx))) return stop(ctx, inst, mark - left + <i32>(inst - base)); continue;
      case ops.CMOVNZ_RM64:   if (cmovRM<u64>(ctx, inst, !condZ(ctx))) return stop(ctx, inst, mark - left + <i32>(inst - base)); continue;
      case ops.PUSH_PUSH: {
        if (pushR<u64>(ctx, inst)) return stop(ctx, inst, mark - left + <i32>(inst - base));
        // the first push may have written over the second
        if (<i32>load<u16>(inst + INST_SIZE, I_OP) != ops.PUSH_R64) continue;
        inst += INST_SIZE;
        if (pushR<u64>(ctx, inst)) return stop(ctx, inst, mark - left + <i32>(inst - base));
        continue;
      }
      case ops.POP_POP:       if (popR<u64>(ctx, inst)) return stop(ctx, inst, mark - left + <i32>(inst - base)); inst += INST_SIZE; if (popR<u64>(ctx, inst)) return stop(ctx, inst, mark - left + <i32>(inst - base)); continue;
      case ops.MOV_MOV:       movRR<u64>(ctx, inst); inst += INST_SIZE; movRR<u64>(ctx, inst); continue;
      case ops.JMP_I: break;
      case ops.CALL_I: {
        if (push<u64>(ctx, nextPc(inst))) return stop(ctx, inst, mark - left + <i32>(inst - base));
        break;
      }
      case ops.GOTO: left += INST_SIZE; break;
      case ops.RET: {
        const rsp = gpr<u64>(ctx, RSP * 8);
        const at = rd(ctx, rsp, 8);
        if (!at) return stop(ctx, inst, mark - left + <i32>(inst - base));
        const to = load<u64>(at);
        if (rsp >= returnRsp && !(to >> 32)) {
          setGpr<u64>(ctx, RSP * 8, rsp + 8);
          store<u64>(ctx, to, RIP);
          left -= <i32>(inst - base);
          count(ctx, mark - left);
          return EXIT_RETURNED;
        }
        const block = lookup(cache, to);
        if (block) {
          setGpr<u64>(ctx, RSP * 8, rsp + 8);
          left -= <i32>(inst - base);
          base = inst = block;
          if (left <= 0) return rest(ctx, base, mark - left);
          continue;
        }
        // the general way
        if (load<u16>(inst, I_OP) == ops.REGION) {
          left -= <i32>(inst - base);
          count(ctx, mark - left - INST_SIZE);
          const exit = runRegions(ctx, load<u32>(inst, I_PC), load<u32>(inst, I_LINK));
          if (exit) return exit;
          mark = left;
          base = inst = enter(ctx, load<u64>(ctx, RIP));
          if (!base) return EXIT_FAULT;
          continue;
        }
        if (execOne(ctx, inst)) return stop(ctx, inst, mark - left + <i32>(inst - base));
        left -= <i32>(inst - base);
        base = inst = enter(ctx, load<u64>(ctx, RIP));
        if (!base) return lost(ctx, mark - left);
        if (left <= 0) return rest(ctx, base, mark - left);
        continue;
      }
      case ops.JMP_R: {
        const block = lookup(cache, gpr<u64>(ctx, r0(inst)));
        if (block) {
          left -= <i32>(inst - base);
          base = inst = block;
          if (left <= 0) return rest(ctx, base, mark - left);
          continue;
        }
        if (load<u16>(inst, I_OP) == ops.REGION) {
          left -= <i32>(inst - base);
          count(ctx, mark - left - INST_SIZE);
          const exit = runRegions(ctx, load<u32>(inst, I_PC), load<u32>(inst, I_LINK));
          if (exit) return exit;
          mark = left;
          base = inst = enter(ctx, load<u64>(ctx, RIP));
          if (!base) return EXIT_FAULT;
          continue;
        }
        if (execOne(ctx, inst)) return stop(ctx, inst, mark - left + <i32>(inst - base));
        left -= <i32>(inst - base);
        base = inst = enter(ctx, load<u64>(ctx, RIP));
        if (!base) return lost(ctx, mark - left);
        if (left <= 0) return rest(ctx, base, mark - left);
        continue;
      }
      case ops.JMP_M: {
        const at = rd(ctx, ea(ctx, inst), 8);
        if (!at) return stop(ctx, inst, mark - left + <i32>(inst - base));
        const block = lookup(cache, load<u64>(at));
        if (block) {
          left -= <i32>(inst - base);
          base = inst = block;
          if (left <= 0) return rest(ctx, base, mark - left);
          continue;
        }
        if (load<u16>(inst, I_OP) == ops.REGION) {
          left -= <i32>(inst - base);
          count(ctx, mark - left - INST_SIZE);
          const exit = runRegions(ctx, load<u32>(inst, I_PC), load<u32>(inst, I_LINK));
          if (exit) return exit;
          mark = left;
          base = inst = enter(ctx, load<u64>(ctx, RIP));
          if (!base) return EXIT_FAULT;
          continue;
        }
        if (execOne(ctx, inst)) return stop(ctx, inst, mark - left + <i32>(inst - base));
        left -= <i32>(inst - base);
        base = inst = enter(ctx, load<u64>(ctx, RIP));
        if (!base) return lost(ctx, mark - left);
        if (left <= 0) return rest(ctx, base, mark - left);
        continue;
      }
      case ops.CALL_R: {
        const block = lookup(cache, gpr<u64>(ctx, r0(inst)));
        if (block) {
          if (push<u64>(ctx, nextPc(inst))) return stop(ctx, inst, mark - left + <i32>(inst - base));
          left -= <i32>(inst - base);
          base = inst = block;
          if (left <= 0) return rest(ctx, base, mark - left);
          continue;
        }
        if (execOne(ctx, inst)) return stop(ctx, inst, mark - left + <i32>(inst - base));
        left -= <i32>(inst - base);
        base = inst = enter(ctx, load<u64>(ctx, RIP));
        if (!base) return lost(ctx, mark - left);
        if (left <= 0) return rest(ctx, base, mark - left);
        continue;
      }
      case ops.CALL_M: {
        const at = rd(ctx, ea(ctx, inst), 8);
        if (!at) return stop(ctx, inst, mark - left + <i32>(inst - base));
        const block = lookup(cache, load<u64>(at));
        if (block) {
          if (push<u64>(ctx, nextPc(inst))) return stop(ctx, inst, mark - left + <i32>(inst - base));
          left -= <i32>(inst - base);
          base = inst = block;
          if (left <= 0) return rest(ctx, base, mark - left);
          continue;
        }
        if (execOne(ctx, inst)) return stop(ctx, inst, mark - left + <i32>(inst - base));
        left -= <i32>(inst - base);
        base = inst = enter(ctx, load<u64>(ctx, RIP));
        if (!base) return lost(ctx, mark - left);
        if (left <= 0) return rest(ctx, base, mark - left);
        continue;
      }
      case ops.STALE: {
        left -= <i32>(inst - base) - INST_SIZE;
        base = inst = enter(ctx, load<u32>(inst, I_PC));
        if (!base) return lost(ctx, mark - left);
        continue;
      }
      case ops.ADD_RR8: case ops.ADD_MR8: case ops.ADD_RR16: case ops.ADD_MR16: case ops.ADD_RM8:
      case ops.ADD_RM16: case ops.ADD_RI8: case ops.ADD_RI16: case ops.ADD_MI8: case ops.ADD_MI16:
      case ops.OR_MR8: case ops.OR_RR16: case ops.OR_MR16: case ops.OR_RM8:
      case ops.OR_RM16: case ops.OR_RI16: case ops.OR_MI8: case ops.OR_MI16:
      case ops.OR_MI32: case ops.OR_MI64: case ops.ADC_RR8: case ops.ADC_MR8: case ops.ADC_RR16:
      case ops.ADC_RR32: case ops.ADC_MR16: case ops.ADC_MR32: case ops.ADC_RM8: case ops.ADC_RM16:
      case ops.ADC_RM32: case ops.ADC_RI8: case ops.ADC_RI16: case ops.ADC_RI32: case ops.ADC_MI8:
      case ops.ADC_MI16: case ops.ADC_MI32: case ops.ADC_MI64: case ops.SBB_RR8: case ops.SBB_MR8:
      case ops.SBB_RR16: case ops.SBB_MR16: case ops.SBB_MR32: case ops.SBB_RM8:
      case ops.SBB_RM16: case ops.SBB_RM32: case ops.SBB_RI8: case ops.SBB_RI16:       case ops.SBB_MI8: case ops.SBB_MI16: case ops.SBB_MI32: case ops.SBB_MI64: case ops.AND_RR8:
      case ops.AND_MR8: case ops.AND_RR16: case ops.AND_MR16: case ops.AND_RM8: case ops.AND_RM16:
      case ops.AND_RI16: case ops.AND_MI8: case ops.AND_MI16: case ops.SUB_RR8:
      case ops.SUB_MR8: case ops.SUB_RR16: case ops.SUB_MR16: case ops.SUB_RM8: case ops.SUB_RM16:
      case ops.SUB_RI8: case ops.SUB_RI16: case ops.SUB_MI8: case ops.SUB_MI16: case ops.XOR_RR8:
      case ops.XOR_MR8: case ops.XOR_RR16: case ops.XOR_MR16: case ops.XOR_RM8: case ops.XOR_RM16:
      case ops.XOR_RI8: case ops.XOR_RI16: case ops.XOR_MI8: case ops.XOR_MI16: case ops.XOR_MI32:
      case ops.XOR_MI64: case ops.CMP_MR16: case ops.CMP_RM16:       case ops.ROL_RI8: case ops.ROL_MI8: case ops.ROL_RI16: case ops.ROL_MI16:
      case ops.ROL_MI32: case ops.ROL_MI64: case ops.ROL_RC8: case ops.ROL_MC8: case ops.ROL_RC16:
      case ops.ROL_RC32: case ops.ROL_RC64: case ops.ROL_MC16: case ops.ROL_MC32: case ops.ROL_MC64:
      case ops.ROR_RI8: case ops.ROR_MI8: case ops.ROR_RI16: case ops.ROR_MI16: case ops.ROR_MI32:
      case ops.ROR_MI64: case ops.ROR_RC8: case ops.ROR_MC8: case ops.ROR_RC16: case ops.ROR_RC32:
      case ops.ROR_RC64: case ops.ROR_MC16: case ops.ROR_MC32: case ops.ROR_MC64: case ops.RCL_RI8:
      case ops.RCL_MI8: case ops.RCL_RI16: case ops.RCL_RI32: case ops.RCL_RI64: case ops.RCL_MI16:
      case ops.RCL_MI32: case ops.RCL_MI64: case ops.RCL_RC8: case ops.RCL_MC8: case ops.RCL_RC16:
      case ops.RCL_RC32: case ops.RCL_RC64: case ops.RCL_MC16: case ops.RCL_MC32: case ops.RCL_MC64:
      case ops.RCR_RI8: case ops.RCR_MI8: case ops.RCR_RI16: case ops.RCR_RI32: case ops.RCR_RI64:
      case ops.RCR_MI16: case ops.RCR_MI32: case ops.RCR_MI64: case ops.RCR_RC8: case ops.RCR_MC8:
      case ops.RCR_RC16: case ops.RCR_RC32: case ops.RCR_RC64: case ops.RCR_MC16: case ops.RCR_MC32:
      case ops.RCR_MC64: case ops.SHL_RI8: case ops.SHL_MI8: case ops.SHL_RI16: case ops.SHL_MI16:
      case ops.SHL_MI32: case ops.SHL_MI64: case ops.SHL_RC8: case ops.SHL_MC8: case ops.SHL_RC16:
      case ops.SHL_MC16: case ops.SHL_MC32: case ops.SHL_MC64: case ops.SHR_RI8: case ops.SHR_MI8:
      case ops.SHR_RI16: case ops.SHR_MI16: case ops.SHR_MI32: case ops.SHR_MI64: case ops.SHR_RC8:
      case ops.SHR_MC8: case ops.SHR_RC16: case ops.SHR_MC16: case ops.SHR_MC32: case ops.SHR_MC64:
      case ops.SAR_RI8: case ops.SAR_MI8: case ops.SAR_RI16: case ops.SAR_MI16: case ops.SAR_MI32:
      case ops.SAR_MI64: case ops.SAR_RC8: case ops.SAR_MC8: case ops.SAR_RC16: case ops.SAR_MC16:
      case ops.SAR_MC32: case ops.SAR_MC64: case ops.PUSH_R16: case ops.POP_R16: case ops.MOV_RR16:
      case ops.MOV_RM16: case ops.PUSH_I16: case ops.IMUL_RRI16: case ops.IMUL_RMI16: case ops.IMUL_RMI32:
      case ops.IMUL_RMI64: case ops.TEST_MR8: case ops.TEST_MR16: case ops.XCHG_RR8:
      case ops.XCHG_MR8: case ops.XCHG_RR16: case ops.XCHG_RR32: case ops.XCHG_RR64: case ops.XCHG_MR16:
      case ops.XCHG_MR32: case ops.XCHG_MR64: case ops.LEA_RM16: case ops.POP_M16: case ops.POP_M64:
      case ops.CBW: case ops.CWDE: case ops.CWD: case ops.PUSHF16: case ops.PUSHF64: case ops.POPF16:
      case ops.POPF64: case ops.SAHF: case ops.LAHF: case ops.MOVS8: case ops.MOVS16: case ops.MOVS32:
      case ops.MOVS64: case ops.CMPS8: case ops.CMPS16: case ops.CMPS32: case ops.CMPS64: case ops.TEST_RI16:
      case ops.STOS8: case ops.STOS16: case ops.STOS32: case ops.STOS64: case ops.LODS8: case ops.LODS16:
      case ops.LODS32: case ops.LODS64: case ops.SCAS8: case ops.SCAS16: case ops.SCAS32: case ops.SCAS64:
      case ops.MOV_RI16: case ops.RET_I: case ops.ENTER16: case ops.ENTER64: case ops.LEAVE16: case ops.XLAT:
      case ops.LOOPNZ: case ops.LOOPZ: case ops.LOOP: case ops.JRCXZ: case ops.CMC: case ops.NOT_R8:
      case ops.NOT_M8: case ops.NEG_R8: case ops.NEG_M8: case ops.MUL_R8: case ops.MUL_M8: case ops.IMUL_R8:
      case ops.IMUL_M8: case ops.DIV_R8: case ops.DIV_M8: case ops.IDIV_R8: case ops.IDIV_M8:
      case ops.TEST_MI16: case ops.NOT_R16: case ops.NOT_M16: case ops.NOT_M32: case ops.NOT_M64:
      case ops.NEG_R16: case ops.NEG_M16: case ops.NEG_M32: case ops.NEG_M64: case ops.MUL_R16:
      case ops.MUL_M16: case ops.MUL_M32: case ops.MUL_M64: case ops.IMUL_R16: case ops.IMUL_R32:
      case ops.IMUL_R64: case ops.IMUL_M16: case ops.IMUL_M32: case ops.IMUL_M64: case ops.DIV_R16:
      case ops.DIV_M16: case ops.DIV_M32: case ops.DIV_M64: case ops.IDIV_R16: case ops.IDIV_M16:
      case ops.IDIV_M32: case ops.IDIV_M64: case ops.CLC: case ops.STC: case ops.CLD: case ops.STD:
      case ops.INC_R8: case ops.INC_M8: case ops.DEC_R8: case ops.DEC_M8: case ops.INC_R16: case ops.INC_M16:
      case ops.INC_M32: case ops.INC_M64: case ops.DEC_R16: case ops.DEC_M16: case ops.DEC_M32:
      case ops.DEC_M64: case ops.PUSH_M16: case ops.CMOVO_RR16: case ops.CMOVO_RR32: case ops.CMOVO_RR64:
      case ops.CMOVO_RM16: case ops.CMOVO_RM32: case ops.CMOVO_RM64: case ops.CMOVNO_RR16:
      case ops.CMOVNO_RR32: case ops.CMOVNO_RR64: case ops.CMOVNO_RM16: case ops.CMOVNO_RM32:
      case ops.CMOVNO_RM64: case ops.CMOVB_RR16: case ops.CMOVB_RM16: case ops.CMOVB_RM32:
      case ops.CMOVB_RM64: case ops.CMOVNB_RR16: case ops.CMOVNB_RM16: case ops.CMOVNB_RM32:
      case ops.CMOVNB_RM64: case ops.CMOVZ_RR16: case ops.CMOVZ_RM16:       case ops.CMOVNZ_RR16: case ops.CMOVNZ_RM16:       case ops.CMOVBE_RR16: case ops.CMOVBE_RM16: case ops.CMOVBE_RM32:
      case ops.CMOVBE_RM64: case ops.CMOVNBE_RR16: case ops.CMOVNBE_RM16: case ops.CMOVNBE_RM32:
      case ops.CMOVNBE_RM64: case ops.CMOVS_RR16: case ops.CMOVS_RM16: case ops.CMOVS_RM32:
      case ops.CMOVS_RM64: case ops.CMOVNS_RR16: case ops.CMOVNS_RM16: case ops.CMOVNS_RM32:
      case ops.CMOVNS_RM64: case ops.CMOVP_RR16: case ops.CMOVP_RR32: case ops.CMOVP_RR64:
      case ops.CMOVP_RM16: case ops.CMOVP_RM32: case ops.CMOVP_RM64: case ops.CMOVNP_RR16:
      case ops.CMOVNP_RR32: case ops.CMOVNP_RR64: case ops.CMOVNP_RM16: case ops.CMOVNP_RM32:
      case ops.CMOVNP_RM64: case ops.CMOVL_RR16: case ops.CMOVL_RM16: case ops.CMOVL_RM32:
      case ops.CMOVL_RM64: case ops.CMOVNL_RR16: case ops.CMOVNL_RM16: case ops.CMOVNL_RM32:
      case ops.CMOVNL_RM64: case ops.CMOVLE_RR16: case ops.CMOVLE_RM16: case ops.CMOVLE_RM32:
      case ops.CMOVLE_RM64: case ops.CMOVNLE_RR16: case ops.CMOVNLE_RM16: case ops.CMOVNLE_RM32:
      case ops.CMOVNLE_RM64: case ops.SETO_R8: case ops.SETO_M8: case ops.SETNO_R8: case ops.SETNO_M8:
      case ops.SETB_M8: case ops.SETNB_M8: case ops.SETZ_M8: case ops.SETNZ_M8: case ops.SETBE_M8:
      case ops.SETNBE_M8: case ops.SETS_M8: case ops.SETNS_M8: case ops.SETP_R8: case ops.SETP_M8:
      case ops.SETNP_R8: case ops.SETNP_M8: case ops.SETL_M8: case ops.SETNL_M8: case ops.SETLE_M8:
      case ops.SETNLE_M8: case ops.BT_RR16: case ops.BT_MR16:
      case ops.BT_MR32: case ops.BT_MR64: case ops.SHLD_RRI16: case ops.SHLD_RRI32: case ops.SHLD_RRI64:
      case ops.SHLD_MRI16: case ops.SHLD_MRI32: case ops.SHLD_MRI64: case ops.SHLD_RRC16:
      case ops.SHLD_RRC32: case ops.SHLD_RRC64: case ops.SHLD_MRC16: case ops.SHLD_MRC32:
      case ops.SHLD_MRC64: case ops.BTS_RR16: case ops.BTS_RR32: case ops.BTS_RR64: case ops.BTS_MR16:
      case ops.BTS_MR32: case ops.BTS_MR64: case ops.SHRD_RRI16: case ops.SHRD_RRI32: case ops.SHRD_RRI64:
      case ops.SHRD_MRI16: case ops.SHRD_MRI32: case ops.SHRD_MRI64: case ops.SHRD_RRC16:
      case ops.SHRD_RRC32: case ops.SHRD_RRC64: case ops.SHRD_MRC16: case ops.SHRD_MRC32:
      case ops.SHRD_MRC64: case ops.IMUL_RR16: case ops.IMUL_RM16: case ops.CMPXCHG_RR8:
      case ops.CMPXCHG_MR8: case ops.CMPXCHG_RR16: case ops.CMPXCHG_RR32: case ops.CMPXCHG_RR64:
      case ops.CMPXCHG_MR16: case ops.CMPXCHG_MR32: case ops.CMPXCHG_MR64: case ops.BTR_RR16:
      case ops.BTR_RR32: case ops.BTR_RR64: case ops.BTR_MR16: case ops.BTR_MR32: case ops.BTR_MR64:
      case ops.MOVZX_RR16_8: case ops.MOVZX_RR64_8: case ops.MOVZX_RM16_8: case ops.MOVZX_RM64_8:
      case ops.MOVZX_RR16_16: case ops.MOVZX_RR64_16: case ops.MOVZX_RM16_16: case ops.MOVZX_RM64_16:
      case ops.BT_RI16: case ops.BT_MI16: case ops.BT_MI32:
      case ops.BT_MI64: case ops.BTS_RI16: case ops.BTS_RI32: case ops.BTS_RI64: case ops.BTS_MI16:
      case ops.BTS_MI32: case ops.BTS_MI64: case ops.BTR_RI16: case ops.BTR_RI32: case ops.BTR_RI64:
      case ops.BTR_MI16: case ops.BTR_MI32: case ops.BTR_MI64: case ops.BTC_RI16: case ops.BTC_RI32:
      case ops.BTC_RI64: case ops.BTC_MI16: case ops.BTC_MI32: case ops.BTC_MI64: case ops.BTC_RR16:
      case ops.BTC_RR32: case ops.BTC_RR64: case ops.BTC_MR16: case ops.BTC_MR32: case ops.BTC_MR64:
      case ops.TZCNT_RR16: case ops.TZCNT_RR32: case ops.TZCNT_RR64: case ops.TZCNT_RM16:
      case ops.TZCNT_RM32: case ops.TZCNT_RM64: case ops.BSF_RR16:       case ops.BSF_RM16: case ops.BSF_RM32: case ops.BSF_RM64: case ops.LZCNT_RR16: case ops.LZCNT_RR32:
      case ops.LZCNT_RR64: case ops.LZCNT_RM16: case ops.LZCNT_RM32: case ops.LZCNT_RM64: case ops.BSR_RR16:
      case ops.BSR_RR32: case ops.BSR_RR64: case ops.BSR_RM16: case ops.BSR_RM32: case ops.BSR_RM64:
      case ops.MOVSX_RR16_8: case ops.MOVSX_RM16_8: case ops.MOVSX_RR16_16: case ops.MOVSX_RM16_16:
      case ops.XADD_RR8: case ops.XADD_MR8: case ops.XADD_RR16: case ops.XADD_RR32: case ops.XADD_RR64:
      case ops.XADD_MR16: case ops.XADD_MR32: case ops.XADD_MR64: case ops.CMPXCHG8B: case ops.CMPXCHG16B:
      case ops.BSWAP_R16: case ops.POPCNT_RR16: case ops.POPCNT_RR32:
      case ops.POPCNT_RR64: case ops.POPCNT_RM16: case ops.POPCNT_RM32: case ops.POPCNT_RM64:
      case ops.CRC32_RR32_8: case ops.CRC32_RR64_8: case ops.CRC32_RM32_8: case ops.CRC32_RM64_8:
      case ops.CRC32_RR32_16: case ops.CRC32_RR32_32: case ops.CRC32_RR64_64: case ops.CRC32_RM32_16:
      case ops.CRC32_RM32_32: case ops.CRC32_RM64_64: case ops.MOVBE_RM16: case ops.MOVBE_RM32:
      case ops.MOVBE_RM64: case ops.MOVBE_MR16: case ops.MOVBE_MR32: case ops.MOVBE_MR64:
      case ops.ANDN_RRR32: case ops.ANDN_RRR64: case ops.ANDN_RRM32: case ops.ANDN_RRM64: case ops.BLSR_RR32:
      case ops.BLSR_RR64: case ops.BLSR_RM32: case ops.BLSR_RM64: case ops.BLSMSK_RR32: case ops.BLSMSK_RR64:
      case ops.BLSMSK_RM32: case ops.BLSMSK_RM64: case ops.BLSI_RR32: case ops.BLSI_RR64: case ops.BLSI_RM32:
      case ops.BLSI_RM64: case ops.BEXTR_RRR32: case ops.BEXTR_RRR64: case ops.BEXTR_RMR32:
      case ops.BEXTR_RMR64: case ops.BZHI_RRR32: case ops.BZHI_RRR64: case ops.BZHI_RMR32:
      case ops.BZHI_RMR64: case ops.PEXT_RRR32: case ops.PEXT_RRR64: case ops.PEXT_RRM32:
      case ops.PEXT_RRM64: case ops.PDEP_RRR32: case ops.PDEP_RRR64: case ops.PDEP_RRM32:
      case ops.PDEP_RRM64: case ops.MULX_RRR32: case ops.MULX_RRR64: case ops.MULX_RRM32:
      case ops.MULX_RRM64: case ops.SHLX_RRR32: case ops.SHLX_RRR64: case ops.SHLX_RMR32:
      case ops.SHLX_RMR64: case ops.SARX_RRR32: case ops.SARX_RRR64: case ops.SARX_RMR32:
      case ops.SARX_RMR64: case ops.SHRX_RRR32: case ops.SHRX_RRR64: case ops.SHRX_RMR32:
      case ops.SHRX_RMR64: case ops.RORX_RRI32: case ops.RORX_RRI64: case ops.RORX_RMI32:
      case ops.RORX_RMI64: case ops.LOCKED:
      default: {
        const op: i32 = load<u16>(inst, I_OP);
        if (op >= ops.FIRST_SSE && op <= ops.LAST_SSE) {
          if (sseExec(ctx, inst)) return stop(ctx, inst, mark - left + <i32>(inst - base));
          continue;
        }
        if (op >= ops.FIRST_X87 && op <= ops.LAST_X87) {
          if (x87Exec(ctx, inst)) return stop(ctx, inst, mark - left + <i32>(inst - base));
          continue;
        }
        if (op == ops.SYSCALL) {
          left -= <i32>(inst - base);
          count(ctx, mark - left);
          mark = left;
          if (enterKernel(ctx, inst)) return EXIT_SYSCALL;
          base = inst = enter(ctx, load<u64>(ctx, RIP));
          if (!base) return EXIT_FAULT;
          continue;
        }
        if (load<u16>(inst, I_OP) == ops.REGION) {
          left -= <i32>(inst - base);
          count(ctx, mark - left - INST_SIZE);
          const exit = runRegions(ctx, load<u32>(inst, I_PC), load<u32>(inst, I_LINK));
          if (exit) return exit;
          mark = left;
          base = inst = enter(ctx, load<u64>(ctx, RIP));
          if (!base) return EXIT_FAULT;
          continue;
        }
        if (execOne(ctx, inst)) return stop(ctx, inst, mark - left + <i32>(inst - base));
        if (!(load<u8>(inst, I_FLAGS) & INST_END)) continue;
        left -= <i32>(inst - base);
        base = inst = enter(ctx, load<u64>(ctx, RIP));
        if (!base) return lost(ctx, mark - left);
        if (left <= 0) return rest(ctx, base, mark - left);
        continue;
      }
    }
    left -= <i32>(inst - base);
    base = load<u32>(inst, I_LINK);
    if (!base) {
      base = follow(ctx, inst);
      if (!base) return lost(ctx, mark - left);
    }
    if (left <= 0) return rest(ctx, base, mark - left);
    inst = base;
  }
}
