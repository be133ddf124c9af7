// Fused pairs (shared/internal-ops.ts): which operation stands for a compare and the conditional jump behind it. The
// operations of one compare are numbered in the order of that table.
import { FLAGS_SUB } from '../shared/flags';
import { I_IMM, I_OP } from '../shared/inst';
import * as ops from '../generated/ops';
import { gpr, r0, r1 } from '../state';
import { compares, leave, leaveLogic, tests } from './lazy';

/** Makes the compare in record `first` a fused one, if it is one and pairs with `jump`. */
export function fuse(first: usize, jump: i32): void {
  const op = pair(load<u16>(first, I_OP), jump);
  if (op) store<u16>(first, op, I_OP);
}

/** Makes record `first` stand for itself and the same operation behind it, where there is such a pair. */
export function twin(first: usize, op: i32): bool {
  const both = op == ops.PUSH_R64 ? ops.PUSH_PUSH : op == ops.POP_R64 ? ops.POP_POP : op == ops.MOV_RR64 ? ops.MOV_MOV : 0;
  if (both) store<u16>(first, both, I_OP);
  return both != 0;
}

// biome-ignore format: aligned rows
function pair(first: i32, jump: i32): i32 {
  switch (first) {
    case ops.CMP_RR32:  return order(ops.CMP_RR32_JZ, jump);
    case ops.CMP_RI32:  return order(ops.CMP_RI32_JZ, jump);
    case ops.CMP_RR64:  return order(ops.CMP_RR64_JZ, jump);
    case ops.CMP_RI64:  return order(ops.CMP_RI64_JZ, jump);
    case ops.CMP_RR8:   return equality(ops.CMP_RR8_JZ, jump);
    case ops.CMP_RI8:   return jump == ops.JBE ? ops.CMP_RI8_JBE : jump == ops.JNBE ? ops.CMP_RI8_JNBE : equality(ops.CMP_RI8_JZ, jump);
    case ops.CMP_MI8:   return equality(ops.CMP_MI8_JZ, jump);
    case ops.CMP_MI32:  return equality(ops.CMP_MI32_JZ, jump);
    case ops.CMP_MI64:  return equality(ops.CMP_MI64_JZ, jump);
    case ops.CMP_RM64:  return equality(ops.CMP_RM64_JZ, jump);
    case ops.TEST_RR8:  return equality(ops.TEST_RR8_JZ, jump);
    case ops.TEST_RR32: return sign(ops.TEST_RR32_JZ, jump);
    case ops.TEST_RR64: return sign(ops.TEST_RR64_JZ, jump);
    case ops.TEST_RI8:  return equality(ops.TEST_RI8_JZ, jump);
    case ops.TEST_MI8:  return equality(ops.TEST_MI8_JZ, jump);
    default: return 0;
  }
}

/** JZ JNZ */
@inline
function equality(base: i32, jump: i32): i32 {
  return jump == ops.JZ ? base : jump == ops.JNZ ? base + 1 : 0;
}

/** JZ JNZ JB JNB JBE JNBE JL JNL JLE JNLE */
function order(base: i32, jump: i32): i32 {
  // biome-ignore format: aligned rows
  switch (jump) {
    case ops.JZ:   return base;
    case ops.JNZ:  return base + 1;
    case ops.JB:   return base + 2;
    case ops.JNB:  return base + 3;
    case ops.JBE:  return base + 4;
    case ops.JNBE: return base + 5;
    case ops.JL:   return base + 6;
    case ops.JNL:  return base + 7;
    case ops.JLE:  return base + 8;
    case ops.JNLE: return base + 9;
    default:       return 0;
  }
}

/** JZ JNZ JS JNS JLE JNLE */
function sign(base: i32, jump: i32): i32 {
  // biome-ignore format: aligned rows
  switch (jump) {
    case ops.JZ:   return base;
    case ops.JNZ:  return base + 1;
    case ops.JS:   return base + 2;
    case ops.JNS:  return base + 3;
    case ops.JLE:  return base + 4;
    case ops.JNLE: return base + 5;
    default:       return 0;
  }
}

// What the hot loop does for a pair: the flags are left as the compare leaves them; true = the jump is taken.

@inline
function compare<T>(ctx: usize, condition: i32, a: T, b: T): bool {
  leave(ctx, FLAGS_SUB, <i64>(<T>(a - b)), <i64>a, <i64>b);
  return compares(condition, <i64>a, <i64>b);
}

@inline
function test<T>(ctx: usize, condition: i32, a: T, b: T): bool {
  const res = <i64>(<T>(a & b));
  leaveLogic(ctx, res);
  return tests(condition, res);
}

@inline
export function cmpRR<T>(ctx: usize, inst: usize, condition: i32): bool {
  return compare<T>(ctx, condition, gpr<T>(ctx, r0(inst)), gpr<T>(ctx, r1(inst)));
}
@inline
export function cmpRI<T>(ctx: usize, inst: usize, condition: i32): bool {
  return compare<T>(ctx, condition, gpr<T>(ctx, r0(inst)), load<T>(inst, I_IMM));
}
@inline
export function cmpMI<T>(ctx: usize, inst: usize, condition: i32, at: usize): bool {
  return compare<T>(ctx, condition, load<T>(at), load<T>(inst, I_IMM));
}
@inline
export function cmpRM<T>(ctx: usize, inst: usize, condition: i32, at: usize): bool {
  return compare<T>(ctx, condition, gpr<T>(ctx, r0(inst)), load<T>(at));
}
@inline
export function testRR<T>(ctx: usize, inst: usize, condition: i32): bool {
  return test<T>(ctx, condition, gpr<T>(ctx, r0(inst)), gpr<T>(ctx, r1(inst)));
}
@inline
export function testRI<T>(ctx: usize, inst: usize, condition: i32): bool {
  return test<T>(ctx, condition, gpr<T>(ctx, r0(inst)), load<T>(inst, I_IMM));
}
@inline
export function testMI<T>(ctx: usize, inst: usize, condition: i32, at: usize): bool {
  return test<T>(ctx, condition, load<T>(at), load<T>(inst, I_IMM));
}
