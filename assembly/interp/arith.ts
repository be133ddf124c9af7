// Two-operand and one-operand integer arithmetic and logic: add, or, adc, sbb, and, sub, xor, cmp, test, inc, dec, neg,
// not. The templates are instantiated once inline in the hot loop (run.ts) for the common forms and once here for all.
import { EXIT_FAULT, EXIT_NONE } from '../shared/exit';
import {
  FLAGS_ADC,
  FLAGS_ADD,
  FLAGS_DEC,
  FLAGS_INC,
  FLAGS_SBB,
  FLAGS_SUB,
} from '../shared/flags';
import { I_IMM, I_OP } from '../shared/inst';
import * as ops from '../generated/ops';
import { ea, rd, wr } from '../memory';
import { gpr, r0, r1, setGpr } from '../state';
import { carry, leave, leaveLogic } from './lazy';

// What a template does; always a constant at the call, so that only one arm remains.
export const A_ADD: i32 = 0;
export const A_OR: i32 = 1;
export const A_ADC: i32 = 2;
export const A_SBB: i32 = 3;
export const A_AND: i32 = 4;
export const A_SUB: i32 = 5;
export const A_XOR: i32 = 6;
export const A_CMP: i32 = 7;
export const A_TEST: i32 = 8;
export const A_INC: i32 = 9;
export const A_DEC: i32 = 10;
export const A_NEG: i32 = 11;
export const A_NOT: i32 = 12;

/** Result of `a op b`; leaves the flags. T is signed. */
@inline
export function alu<T>(ctx: usize, op: i32, a: T, b: T): T {
  if (op == A_ADD) return sum<T>(ctx, FLAGS_ADD, a, b, <T>(a + b));
  if (op == A_SUB || op == A_CMP) return sum<T>(ctx, FLAGS_SUB, a, b, <T>(a - b));
  if (op == A_AND || op == A_TEST) return logic<T>(ctx, <T>(a & b));
  if (op == A_OR) return logic<T>(ctx, <T>(a | b));
  if (op == A_XOR) return logic<T>(ctx, <T>(a ^ b));
  const c = carry(ctx);
  if (op == A_ADC) return sum<T>(ctx, c ? FLAGS_ADC : FLAGS_ADD, a, b, <T>(a + b + <T>c));
  return sum<T>(ctx, c ? FLAGS_SBB : FLAGS_SUB, a, b, <T>(a - b - <T>c));
}

@inline
function sum<T>(ctx: usize, kind: u32, a: T, b: T, res: T): T {
  leave(ctx, kind, <i64>res, <i64>a, <i64>b);
  return res;
}

@inline
function logic<T>(ctx: usize, res: T): T {
  leaveLogic(ctx, <i64>res);
  return res;
}

/** Result of a one-operand operation; leaves the flags. */
@inline
export function unary<T>(ctx: usize, op: i32, a: T): T {
  if (op == A_NEG) return sum<T>(ctx, FLAGS_SUB, 0, a, <T>(0 - a));
  if (op == A_NOT) return <T>~a;
  const c = carry(ctx);
  if (op == A_INC) {
    leave(ctx, FLAGS_INC, <i64>(<T>(a + 1)), <i64>a, c);
    return <T>(a + 1);
  }
  leave(ctx, FLAGS_DEC, <i64>(<T>(a - 1)), <i64>a, c);
  return <T>(a - 1);
}

@inline
function writes(op: i32): bool {
  return op != A_CMP && op != A_TEST;
}

@inline
export function aluRR<T>(ctx: usize, inst: usize, op: i32): i32 {
  const res = alu<T>(ctx, op, gpr<T>(ctx, r0(inst)), gpr<T>(ctx, r1(inst)));
  if (writes(op)) setGpr<T>(ctx, r0(inst), res);
  return EXIT_NONE;
}

@inline
export function aluRI<T>(ctx: usize, inst: usize, op: i32): i32 {
  const res = alu<T>(ctx, op, gpr<T>(ctx, r0(inst)), load<T>(inst, I_IMM));
  if (writes(op)) setGpr<T>(ctx, r0(inst), res);
  return EXIT_NONE;
}

@inline
export function aluRM<T>(ctx: usize, inst: usize, op: i32): i32 {
  const at = rd(ctx, ea(ctx, inst), sizeof<T>());
  if (!at) return EXIT_FAULT;
  const res = alu<T>(ctx, op, gpr<T>(ctx, r0(inst)), load<T>(at));
  if (writes(op)) setGpr<T>(ctx, r0(inst), res);
  return EXIT_NONE;
}

@inline
export function aluMR<T>(ctx: usize, inst: usize, op: i32): i32 {
  const at = writes(op) ? wr(ctx, ea(ctx, inst), sizeof<T>()) : rd(ctx, ea(ctx, inst), sizeof<T>());
  if (!at) return EXIT_FAULT;
  const res = alu<T>(ctx, op, load<T>(at), gpr<T>(ctx, r1(inst)));
  if (writes(op)) store<T>(at, res);
  return EXIT_NONE;
}

@inline
export function aluMI<T>(ctx: usize, inst: usize, op: i32): i32 {
  const at = writes(op) ? wr(ctx, ea(ctx, inst), sizeof<T>()) : rd(ctx, ea(ctx, inst), sizeof<T>());
  if (!at) return EXIT_FAULT;
  const res = alu<T>(ctx, op, load<T>(at), load<T>(inst, I_IMM));
  if (writes(op)) store<T>(at, res);
  return EXIT_NONE;
}

@inline
export function unaryR<T>(ctx: usize, inst: usize, op: i32): i32 {
  setGpr<T>(ctx, r0(inst), unary<T>(ctx, op, gpr<T>(ctx, r0(inst))));
  return EXIT_NONE;
}

@inline
export function unaryM<T>(ctx: usize, inst: usize, op: i32): i32 {
  const at = wr(ctx, ea(ctx, inst), sizeof<T>());
  if (!at) return EXIT_FAULT;
  store<T>(at, unary<T>(ctx, op, load<T>(at)));
  return EXIT_NONE;
}

// The same out of line, with the operation as a value: for the forms that are not hot.

function coldRR<T>(ctx: usize, inst: usize, op: i32): i32 {
  return aluRR<T>(ctx, inst, op);
}
function coldRI<T>(ctx: usize, inst: usize, op: i32): i32 {
  return aluRI<T>(ctx, inst, op);
}
function coldRM<T>(ctx: usize, inst: usize, op: i32): i32 {
  return aluRM<T>(ctx, inst, op);
}
function coldMR<T>(ctx: usize, inst: usize, op: i32): i32 {
  return aluMR<T>(ctx, inst, op);
}
function coldMI<T>(ctx: usize, inst: usize, op: i32): i32 {
  return aluMI<T>(ctx, inst, op);
}
function coldR<T>(ctx: usize, inst: usize, op: i32): i32 {
  return unaryR<T>(ctx, inst, op);
}
function coldM<T>(ctx: usize, inst: usize, op: i32): i32 {
  return unaryM<T>(ctx, inst, op);
}

/** Every operation of this file, all forms. */
// biome-ignore format: aligned rows
export function arithExec(ctx: usize, inst: usize): i32 {
  switch (<i32>load<u16>(inst, I_OP)) {
    case ops.ADD_RR8:     return coldRR<i8>(ctx, inst, A_ADD);
    case ops.ADD_RR16:    return coldRR<i16>(ctx, inst, A_ADD);
    case ops.ADD_RR32:    return coldRR<i32>(ctx, inst, A_ADD);
    case ops.ADD_RR64:    return coldRR<i64>(ctx, inst, A_ADD);
    case ops.ADD_RM8:     return coldRM<i8>(ctx, inst, A_ADD);
    case ops.ADD_RM16:    return coldRM<i16>(ctx, inst, A_ADD);
    case ops.ADD_RM32:    return coldRM<i32>(ctx, inst, A_ADD);
    case ops.ADD_RM64:    return coldRM<i64>(ctx, inst, A_ADD);
    case ops.ADD_MR8:     return coldMR<i8>(ctx, inst, A_ADD);
    case ops.ADD_MR16:    return coldMR<i16>(ctx, inst, A_ADD);
    case ops.ADD_MR32:    return coldMR<i32>(ctx, inst, A_ADD);
    case ops.ADD_MR64:    return coldMR<i64>(ctx, inst, A_ADD);
    case ops.ADD_RI8:     return coldRI<i8>(ctx, inst, A_ADD);
    case ops.ADD_RI16:    return coldRI<i16>(ctx, inst, A_ADD);
    case ops.ADD_RI32:    return coldRI<i32>(ctx, inst, A_ADD);
    case ops.ADD_RI64:    return coldRI<i64>(ctx, inst, A_ADD);
    case ops.ADD_MI8:     return coldMI<i8>(ctx, inst, A_ADD);
    case ops.ADD_MI16:    return coldMI<i16>(ctx, inst, A_ADD);
    case ops.ADD_MI32:    return coldMI<i32>(ctx, inst, A_ADD);
    case ops.ADD_MI64:    return coldMI<i64>(ctx, inst, A_ADD);
    case ops.OR_RR8:      return coldRR<i8>(ctx, inst, A_OR);
    case ops.OR_RR16:     return coldRR<i16>(ctx, inst, A_OR);
    case ops.OR_RR32:     return coldRR<i32>(ctx, inst, A_OR);
    case ops.OR_RR64:     return coldRR<i64>(ctx, inst, A_OR);
    case ops.OR_RM8:      return coldRM<i8>(ctx, inst, A_OR);
    case ops.OR_RM16:     return coldRM<i16>(ctx, inst, A_OR);
    case ops.OR_RM32:     return coldRM<i32>(ctx, inst, A_OR);
    case ops.OR_RM64:     return coldRM<i64>(ctx, inst, A_OR);
    case ops.OR_MR8:      return coldMR<i8>(ctx, inst, A_OR);
    case ops.OR_MR16:     return coldMR<i16>(ctx, inst, A_OR);
    case ops.OR_MR32:     return coldMR<i32>(ctx, inst, A_OR);
    case ops.OR_MR64:     return coldMR<i64>(ctx, inst, A_OR);
    case ops.OR_RI8:      return coldRI<i8>(ctx, inst, A_OR);
    case ops.OR_RI16:     return coldRI<i16>(ctx, inst, A_OR);
    case ops.OR_RI32:     return coldRI<i32>(ctx, inst, A_OR);
    case ops.OR_RI64:     return coldRI<i64>(ctx, inst, A_OR);
    case ops.OR_MI8:      return coldMI<i8>(ctx, inst, A_OR);
    case ops.OR_MI16:     return coldMI<i16>(ctx, inst, A_OR);
    case ops.OR_MI32:     return coldMI<i32>(ctx, inst, A_OR);
    case ops.OR_MI64:     return coldMI<i64>(ctx, inst, A_OR);
    case ops.ADC_RR8:     return coldRR<i8>(ctx, inst, A_ADC);
    case ops.ADC_RR16:    return coldRR<i16>(ctx, inst, A_ADC);
    case ops.ADC_RR32:    return coldRR<i32>(ctx, inst, A_ADC);
    case ops.ADC_RR64:    return coldRR<i64>(ctx, inst, A_ADC);
    case ops.ADC_RM8:     return coldRM<i8>(ctx, inst, A_ADC);
    case ops.ADC_RM16:    return coldRM<i16>(ctx, inst, A_ADC);
    case ops.ADC_RM32:    return coldRM<i32>(ctx, inst, A_ADC);
    case ops.ADC_RM64:    return coldRM<i64>(ctx, inst, A_ADC);
    case ops.ADC_MR8:     return coldMR<i8>(ctx, inst, A_ADC);
    case ops.ADC_MR16:    return coldMR<i16>(ctx, inst, A_ADC);
    case ops.ADC_MR32:    return coldMR<i32>(ctx, inst, A_ADC);
    case ops.ADC_MR64:    return coldMR<i64>(ctx, inst, A_ADC);
    case ops.ADC_RI8:     return coldRI<i8>(ctx, inst, A_ADC);
    case ops.ADC_RI16:    return coldRI<i16>(ctx, inst, A_ADC);
    case ops.ADC_RI32:    return coldRI<i32>(ctx, inst, A_ADC);
    case ops.ADC_RI64:    return coldRI<i64>(ctx, inst, A_ADC);
    case ops.ADC_MI8:     return coldMI<i8>(ctx, inst, A_ADC);
    case ops.ADC_MI16:    return coldMI<i16>(ctx, inst, A_ADC);
    case ops.ADC_MI32:    return coldMI<i32>(ctx, inst, A_ADC);
    case ops.ADC_MI64:    return coldMI<i64>(ctx, inst, A_ADC);
    case ops.SBB_RR8:     return coldRR<i8>(ctx, inst, A_SBB);
    case ops.SBB_RR16:    return coldRR<i16>(ctx, inst, A_SBB);
    case ops.SBB_RR32:    return coldRR<i32>(ctx, inst, A_SBB);
    case ops.SBB_RR64:    return coldRR<i64>(ctx, inst, A_SBB);
    case ops.SBB_RM8:     return coldRM<i8>(ctx, inst, A_SBB);
    case ops.SBB_RM16:    return coldRM<i16>(ctx, inst, A_SBB);
    case ops.SBB_RM32:    return coldRM<i32>(ctx, inst, A_SBB);
    case ops.SBB_RM64:    return coldRM<i64>(ctx, inst, A_SBB);
    case ops.SBB_MR8:     return coldMR<i8>(ctx, inst, A_SBB);
    case ops.SBB_MR16:    return coldMR<i16>(ctx, inst, A_SBB);
    case ops.SBB_MR32:    return coldMR<i32>(ctx, inst, A_SBB);
    case ops.SBB_MR64:    return coldMR<i64>(ctx, inst, A_SBB);
    case ops.SBB_RI8:     return coldRI<i8>(ctx, inst, A_SBB);
    case ops.SBB_RI16:    return coldRI<i16>(ctx, inst, A_SBB);
    case ops.SBB_RI32:    return coldRI<i32>(ctx, inst, A_SBB);
    case ops.SBB_RI64:    return coldRI<i64>(ctx, inst, A_SBB);
    case ops.SBB_MI8:     return coldMI<i8>(ctx, inst, A_SBB);
    case ops.SBB_MI16:    return coldMI<i16>(ctx, inst, A_SBB);
    case ops.SBB_MI32:    return coldMI<i32>(ctx, inst, A_SBB);
    case ops.SBB_MI64:    return coldMI<i64>(ctx, inst, A_SBB);
    case ops.AND_RR8:     return coldRR<i8>(ctx, inst, A_AND);
    case ops.AND_RR16:    return coldRR<i16>(ctx, inst, A_AND);
    case ops.AND_RR32:    return coldRR<i32>(ctx, inst, A_AND);
    case ops.AND_RR64:    return coldRR<i64>(ctx, inst, A_AND);
    case ops.AND_RM8:     return coldRM<i8>(ctx, inst, A_AND);
    case ops.AND_RM16:    return coldRM<i16>(ctx, inst, A_AND);
    case ops.AND_RM32:    return coldRM<i32>(ctx, inst, A_AND);
    case ops.AND_RM64:    return coldRM<i64>(ctx, inst, A_AND);
    case ops.AND_MR8:     return coldMR<i8>(ctx, inst, A_AND);
    case ops.AND_MR16:    return coldMR<i16>(ctx, inst, A_AND);
    case ops.AND_MR32:    return coldMR<i32>(ctx, inst, A_AND);
    case ops.AND_MR64:    return coldMR<i64>(ctx, inst, A_AND);
    case ops.AND_RI8:     return coldRI<i8>(ctx, inst, A_AND);
    case ops.AND_RI16:    return coldRI<i16>(ctx, inst, A_AND);
    case ops.AND_RI32:    return coldRI<i32>(ctx, inst, A_AND);
    case ops.AND_RI64:    return coldRI<i64>(ctx, inst, A_AND);
    case ops.AND_MI8:     return coldMI<i8>(ctx, inst, A_AND);
    case ops.AND_MI16:    return coldMI<i16>(ctx, inst, A_AND);
    case ops.AND_MI32:    return coldMI<i32>(ctx, inst, A_AND);
    case ops.AND_MI64:    return coldMI<i64>(ctx, inst, A_AND);
    case ops.SUB_RR8:     return coldRR<i8>(ctx, inst, A_SUB);
    case ops.SUB_RR16:    return coldRR<i16>(ctx, inst, A_SUB);
    case ops.SUB_RR32:    return coldRR<i32>(ctx, inst, A_SUB);
    case ops.SUB_RR64:    return coldRR<i64>(ctx, inst, A_SUB);
    case ops.SUB_RM8:     return coldRM<i8>(ctx, inst, A_SUB);
    case ops.SUB_RM16:    return coldRM<i16>(ctx, inst, A_SUB);
    case ops.SUB_RM32:    return coldRM<i32>(ctx, inst, A_SUB);
    case ops.SUB_RM64:    return coldRM<i64>(ctx, inst, A_SUB);
    case ops.SUB_MR8:     return coldMR<i8>(ctx, inst, A_SUB);
    case ops.SUB_MR16:    return coldMR<i16>(ctx, inst, A_SUB);
    case ops.SUB_MR32:    return coldMR<i32>(ctx, inst, A_SUB);
    case ops.SUB_MR64:    return coldMR<i64>(ctx, inst, A_SUB);
    case ops.SUB_RI8:     return coldRI<i8>(ctx, inst, A_SUB);
    case ops.SUB_RI16:    return coldRI<i16>(ctx, inst, A_SUB);
    case ops.SUB_RI32:    return coldRI<i32>(ctx, inst, A_SUB);
    case ops.SUB_RI64:    return coldRI<i64>(ctx, inst, A_SUB);
    case ops.SUB_MI8:     return coldMI<i8>(ctx, inst, A_SUB);
    case ops.SUB_MI16:    return coldMI<i16>(ctx, inst, A_SUB);
    case ops.SUB_MI32:    return coldMI<i32>(ctx, inst, A_SUB);
    case ops.SUB_MI64:    return coldMI<i64>(ctx, inst, A_SUB);
    case ops.XOR_RR8:     return coldRR<i8>(ctx, inst, A_XOR);
    case ops.XOR_RR16:    return coldRR<i16>(ctx, inst, A_XOR);
    case ops.XOR_RR32:    return coldRR<i32>(ctx, inst, A_XOR);
    case ops.XOR_RR64:    return coldRR<i64>(ctx, inst, A_XOR);
    case ops.XOR_RM8:     return coldRM<i8>(ctx, inst, A_XOR);
    case ops.XOR_RM16:    return coldRM<i16>(ctx, inst, A_XOR);
    case ops.XOR_RM32:    return coldRM<i32>(ctx, inst, A_XOR);
    case ops.XOR_RM64:    return coldRM<i64>(ctx, inst, A_XOR);
    case ops.XOR_MR8:     return coldMR<i8>(ctx, inst, A_XOR);
    case ops.XOR_MR16:    return coldMR<i16>(ctx, inst, A_XOR);
    case ops.XOR_MR32:    return coldMR<i32>(ctx, inst, A_XOR);
    case ops.XOR_MR64:    return coldMR<i64>(ctx, inst, A_XOR);
    case ops.XOR_RI8:     return coldRI<i8>(ctx, inst, A_XOR);
    case ops.XOR_RI16:    return coldRI<i16>(ctx, inst, A_XOR);
    case ops.XOR_RI32:    return coldRI<i32>(ctx, inst, A_XOR);
    case ops.XOR_RI64:    return coldRI<i64>(ctx, inst, A_XOR);
    case ops.XOR_MI8:     return coldMI<i8>(ctx, inst, A_XOR);
    case ops.XOR_MI16:    return coldMI<i16>(ctx, inst, A_XOR);
    case ops.XOR_MI32:    return coldMI<i32>(ctx, inst, A_XOR);
    case ops.XOR_MI64:    return coldMI<i64>(ctx, inst, A_XOR);
    case ops.CMP_RR8:     return coldRR<i8>(ctx, inst, A_CMP);
    case ops.CMP_RR16:    return coldRR<i16>(ctx, inst, A_CMP);
    case ops.CMP_RR32:    return coldRR<i32>(ctx, inst, A_CMP);
    case ops.CMP_RR64:    return coldRR<i64>(ctx, inst, A_CMP);
    case ops.CMP_RM8:     return coldRM<i8>(ctx, inst, A_CMP);
    case ops.CMP_RM16:    return coldRM<i16>(ctx, inst, A_CMP);
    case ops.CMP_RM32:    return coldRM<i32>(ctx, inst, A_CMP);
    case ops.CMP_RM64:    return coldRM<i64>(ctx, inst, A_CMP);
    case ops.CMP_MR8:     return coldMR<i8>(ctx, inst, A_CMP);
    case ops.CMP_MR16:    return coldMR<i16>(ctx, inst, A_CMP);
    case ops.CMP_MR32:    return coldMR<i32>(ctx, inst, A_CMP);
    case ops.CMP_MR64:    return coldMR<i64>(ctx, inst, A_CMP);
    case ops.CMP_RI8:     return coldRI<i8>(ctx, inst, A_CMP);
    case ops.CMP_RI16:    return coldRI<i16>(ctx, inst, A_CMP);
    case ops.CMP_RI32:    return coldRI<i32>(ctx, inst, A_CMP);
    case ops.CMP_RI64:    return coldRI<i64>(ctx, inst, A_CMP);
    case ops.CMP_MI8:     return coldMI<i8>(ctx, inst, A_CMP);
    case ops.CMP_MI16:    return coldMI<i16>(ctx, inst, A_CMP);
    case ops.CMP_MI32:    return coldMI<i32>(ctx, inst, A_CMP);
    case ops.CMP_MI64:    return coldMI<i64>(ctx, inst, A_CMP);
    case ops.TEST_RR8:    return coldRR<i8>(ctx, inst, A_TEST);
    case ops.TEST_RR16:   return coldRR<i16>(ctx, inst, A_TEST);
    case ops.TEST_RR32:   return coldRR<i32>(ctx, inst, A_TEST);
    case ops.TEST_RR64:   return coldRR<i64>(ctx, inst, A_TEST);
    case ops.TEST_MR8:    return coldMR<i8>(ctx, inst, A_TEST);
    case ops.TEST_MR16:   return coldMR<i16>(ctx, inst, A_TEST);
    case ops.TEST_MR32:   return coldMR<i32>(ctx, inst, A_TEST);
    case ops.TEST_MR64:   return coldMR<i64>(ctx, inst, A_TEST);
    case ops.TEST_RI8:    return coldRI<i8>(ctx, inst, A_TEST);
    case ops.TEST_RI16:   return coldRI<i16>(ctx, inst, A_TEST);
    case ops.TEST_RI32:   return coldRI<i32>(ctx, inst, A_TEST);
    case ops.TEST_RI64:   return coldRI<i64>(ctx, inst, A_TEST);
    case ops.TEST_MI8:    return coldMI<i8>(ctx, inst, A_TEST);
    case ops.TEST_MI16:   return coldMI<i16>(ctx, inst, A_TEST);
    case ops.TEST_MI32:   return coldMI<i32>(ctx, inst, A_TEST);
    case ops.TEST_MI64:   return coldMI<i64>(ctx, inst, A_TEST);
    case ops.INC_R8:      return coldR<i8>(ctx, inst, A_INC);
    case ops.INC_R16:     return coldR<i16>(ctx, inst, A_INC);
    case ops.INC_R32:     return coldR<i32>(ctx, inst, A_INC);
    case ops.INC_R64:     return coldR<i64>(ctx, inst, A_INC);
    case ops.INC_M8:      return coldM<i8>(ctx, inst, A_INC);
    case ops.INC_M16:     return coldM<i16>(ctx, inst, A_INC);
    case ops.INC_M32:     return coldM<i32>(ctx, inst, A_INC);
    case ops.INC_M64:     return coldM<i64>(ctx, inst, A_INC);
    case ops.DEC_R8:      return coldR<i8>(ctx, inst, A_DEC);
    case ops.DEC_R16:     return coldR<i16>(ctx, inst, A_DEC);
    case ops.DEC_R32:     return coldR<i32>(ctx, inst, A_DEC);
    case ops.DEC_R64:     return coldR<i64>(ctx, inst, A_DEC);
    case ops.DEC_M8:      return coldM<i8>(ctx, inst, A_DEC);
    case ops.DEC_M16:     return coldM<i16>(ctx, inst, A_DEC);
    case ops.DEC_M32:     return coldM<i32>(ctx, inst, A_DEC);
    case ops.DEC_M64:     return coldM<i64>(ctx, inst, A_DEC);
    case ops.NEG_R8:      return coldR<i8>(ctx, inst, A_NEG);
    case ops.NEG_R16:     return coldR<i16>(ctx, inst, A_NEG);
    case ops.NEG_R32:     return coldR<i32>(ctx, inst, A_NEG);
    case ops.NEG_R64:     return coldR<i64>(ctx, inst, A_NEG);
    case ops.NEG_M8:      return coldM<i8>(ctx, inst, A_NEG);
    case ops.NEG_M16:     return coldM<i16>(ctx, inst, A_NEG);
    case ops.NEG_M32:     return coldM<i32>(ctx, inst, A_NEG);
    case ops.NEG_M64:     return coldM<i64>(ctx, inst, A_NEG);
    case ops.NOT_R8:      return coldR<i8>(ctx, inst, A_NOT);
    case ops.NOT_R16:     return coldR<i16>(ctx, inst, A_NOT);
    case ops.NOT_R32:     return coldR<i32>(ctx, inst, A_NOT);
    case ops.NOT_R64:     return coldR<i64>(ctx, inst, A_NOT);
    case ops.NOT_M8:      return coldM<i8>(ctx, inst, A_NOT);
    case ops.NOT_M16:     return coldM<i16>(ctx, inst, A_NOT);
    case ops.NOT_M32:     return coldM<i32>(ctx, inst, A_NOT);
    case ops.NOT_M64:     return coldM<i64>(ctx, inst, A_NOT);
    default: return unreachable();
  }
}
