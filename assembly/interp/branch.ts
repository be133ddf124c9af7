// Branches out of the hot loop: loop, loopz, loopnz, jrcxz, and every other transfer of control for whoever executes a
// single instruction. They leave the new RIP in the context.
import { EXIT_FAULT, EXIT_NONE } from '../shared/exit';
import { I_FLAGS, I_IMM, I_LEN, I_OP, I_PC, INST_ADDR32 } from '../shared/inst';
import { RCX, RIP, RSP } from '../shared/layout';
import * as ops from '../generated/ops';
import { ea, gp, rd } from '../memory';
import { gpr, r0, setGpr } from '../state';
import { condB, condBE, condL, condLE, condS, condZ, overflow, parity } from './lazy';
import { push } from './stack';

/** Guest address of the next instruction. */
@inline
export function nextPc(inst: usize): u64 {
  return <u64>load<u32>(inst, I_PC) + load<u8>(inst, I_LEN);
}

/** Goes on at `pc`. */
@inline
function jump(ctx: usize, pc: u64): i32 {
  store<u64>(ctx, pc, RIP);
  return EXIT_NONE;
}

/** A register's or memory's target: #GP(0) when it is not canonical, and then nothing has happened. */
@inline
function canonical(pc: u64): bool {
  return <u64>(<i64>(pc << 16) >> 16) == pc;
}

@inline
function when(ctx: usize, inst: usize, taken: bool): i32 {
  return jump(ctx, taken ? load<u64>(inst, I_IMM) : nextPc(inst));
}

function call(ctx: usize, inst: usize, pc: u64): i32 {
  if (!canonical(pc)) return gp(ctx);
  if (push<u64>(ctx, nextPc(inst))) return EXIT_FAULT;
  return jump(ctx, pc);
}

function jumpTo(ctx: usize, pc: u64): i32 {
  return canonical(pc) ? jump(ctx, pc) : gp(ctx);
}

/** ret, with `extra` bytes of arguments dropped. */
function ret(ctx: usize, extra: u64): i32 {
  const rsp = gpr<u64>(ctx, RSP * 8);
  const at = rd(ctx, rsp, 8);
  if (!at) return EXIT_FAULT;
  if (!canonical(load<u64>(at))) return gp(ctx);
  setGpr<u64>(ctx, RSP * 8, rsp + 8 + extra);
  return jump(ctx, load<u64>(at));
}

/** Counts rcx (ecx with a 67 prefix) down; true while it is not 0. */
function countDown(ctx: usize, inst: usize): bool {
  if (load<u8>(inst, I_FLAGS) & INST_ADDR32) {
    setGpr<u32>(ctx, RCX * 8, gpr<u32>(ctx, RCX * 8) - 1);
  } else {
    setGpr<u64>(ctx, RCX * 8, gpr<u64>(ctx, RCX * 8) - 1);
  }
  return gpr<u64>(ctx, RCX * 8) != 0;
}

function countIsZero(ctx: usize, inst: usize): bool {
  const wide = (load<u8>(inst, I_FLAGS) & INST_ADDR32) == 0;
  return wide ? gpr<u64>(ctx, RCX * 8) == 0 : gpr<u32>(ctx, RCX * 8) == 0;
}

function through(ctx: usize, inst: usize, calls: bool): i32 {
  const at = rd(ctx, ea(ctx, inst), 8);
  if (!at) return EXIT_FAULT;
  return calls ? call(ctx, inst, load<u64>(at)) : jumpTo(ctx, load<u64>(at));
}

/** Every operation of this file; RIP is the target, or untouched after a fault. */
// biome-ignore format: aligned rows
export function branchExec(ctx: usize, inst: usize): i32 {
  switch (<i32>load<u16>(inst, I_OP)) {
    case ops.JO:     return when(ctx, inst, overflow(ctx) != 0);
    case ops.JNO:    return when(ctx, inst, overflow(ctx) == 0);
    case ops.JB:     return when(ctx, inst, condB(ctx));
    case ops.JNB:    return when(ctx, inst, !condB(ctx));
    case ops.JZ:     return when(ctx, inst, condZ(ctx));
    case ops.JNZ:    return when(ctx, inst, !condZ(ctx));
    case ops.JBE:    return when(ctx, inst, condBE(ctx));
    case ops.JNBE:   return when(ctx, inst, !condBE(ctx));
    case ops.JS:     return when(ctx, inst, condS(ctx));
    case ops.JNS:    return when(ctx, inst, !condS(ctx));
    case ops.JP:     return when(ctx, inst, parity(ctx));
    case ops.JNP:    return when(ctx, inst, !parity(ctx));
    case ops.JL:     return when(ctx, inst, condL(ctx));
    case ops.JNL:    return when(ctx, inst, !condL(ctx));
    case ops.JLE:    return when(ctx, inst, condLE(ctx));
    case ops.JNLE:   return when(ctx, inst, !condLE(ctx));
    case ops.LOOP:   return when(ctx, inst, countDown(ctx, inst));
    case ops.LOOPZ:  return when(ctx, inst, countDown(ctx, inst) && condZ(ctx));
    case ops.LOOPNZ: return when(ctx, inst, countDown(ctx, inst) && !condZ(ctx));
    case ops.JRCXZ:  return when(ctx, inst, countIsZero(ctx, inst));
    case ops.JMP_I:  return when(ctx, inst, true);
    case ops.JMP_R:  return jumpTo(ctx, gpr<u64>(ctx, r0(inst)));
    case ops.JMP_M:  return through(ctx, inst, false);
    case ops.CALL_I: return call(ctx, inst, load<u64>(inst, I_IMM));
    case ops.CALL_R: return call(ctx, inst, gpr<u64>(ctx, r0(inst)));
    case ops.CALL_M: return through(ctx, inst, true);
    case ops.RET:    return ret(ctx, 0);
    case ops.RET_I:  return ret(ctx, load<u16>(inst, I_IMM));
    default: return unreachable();
  }
}
