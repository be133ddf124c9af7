// push, pop, enter, leave, pushf, popf, and the flag instructions lahf, sahf, cmc, clc, stc, cld, std.
// A fault leaves rsp as it was.
import { EXIT_FAULT, EXIT_NONE } from '../shared/exit';
import { CF, DF, OF, STATUS_FLAGS, USER_FLAGS } from '../shared/flags';
import { I_IMM, I_OP } from '../shared/inst';
import { EFLAGS, RAX, RBP, RSP } from '../shared/layout';
import * as ops from '../generated/ops';
import { ea, rd, wr } from '../memory';
import { gpr, r0, setGpr } from '../state';
import { carry, leaveCarry, setStatus, status } from './lazy';

/** Flags that read as 1 always (bit 1) and in user mode (IF). */
const FIXED_FLAGS: u64 = 0x202;

@inline
export function push<T>(ctx: usize, value: T): i32 {
  const rsp = gpr<u64>(ctx, RSP * 8) - sizeof<T>();
  const at = wr(ctx, rsp, sizeof<T>());
  if (!at) return EXIT_FAULT;
  store<T>(at, value);
  setGpr<u64>(ctx, RSP * 8, rsp);
  return EXIT_NONE;
}

@inline
export function pushR<T>(ctx: usize, inst: usize): i32 {
  return push<T>(ctx, gpr<T>(ctx, r0(inst)));
}

@inline
export function pushI<T>(ctx: usize, inst: usize): i32 {
  return push<T>(ctx, load<T>(inst, I_IMM));
}

@inline
export function pushM<T>(ctx: usize, inst: usize): i32 {
  const at = rd(ctx, ea(ctx, inst), sizeof<T>());
  if (!at) return EXIT_FAULT;
  return push<T>(ctx, load<T>(at));
}

@inline
export function popR<T>(ctx: usize, inst: usize): i32 {
  const rsp = gpr<u64>(ctx, RSP * 8);
  const at = rd(ctx, rsp, sizeof<T>());
  if (!at) return EXIT_FAULT;
  setGpr<u64>(ctx, RSP * 8, rsp + sizeof<T>());
  setGpr<T>(ctx, r0(inst), load<T>(at));
  return EXIT_NONE;
}

/** An address based on rsp uses rsp after the pop (Intel SDM Vol. 2 "POP"). */
@inline
function popM<T>(ctx: usize, inst: usize): i32 {
  const rsp = gpr<u64>(ctx, RSP * 8);
  const from = rd(ctx, rsp, sizeof<T>());
  if (!from) return EXIT_FAULT;
  const value = load<T>(from);
  setGpr<u64>(ctx, RSP * 8, rsp + sizeof<T>());
  const to = wr(ctx, ea(ctx, inst), sizeof<T>());
  if (!to) {
    setGpr<u64>(ctx, RSP * 8, rsp);
    return EXIT_FAULT;
  }
  store<T>(to, value);
  return EXIT_NONE;
}

@inline
export function leaveFrame<T>(ctx: usize): i32 {
  const rbp = gpr<u64>(ctx, RBP * 8);
  const at = rd(ctx, rbp, sizeof<T>());
  if (!at) return EXIT_FAULT;
  setGpr<u64>(ctx, RSP * 8, rbp + sizeof<T>());
  setGpr<T>(ctx, RBP * 8, load<T>(at));
  return EXIT_NONE;
}

/** enter size, level: imm holds the size in bits 0…15 and the level in bits 16…23 (Intel SDM Vol. 2 "ENTER"). */
function enter<T>(ctx: usize, inst: usize): i32 {
  const size = load<u16>(inst, I_IMM);
  const level = load<u8>(inst, I_IMM + 2) & 31;
  const n: u64 = sizeof<T>();
  const rsp = gpr<u64>(ctx, RSP * 8);
  const rbp = gpr<u64>(ctx, RBP * 8);
  const frame = rsp - n;
  let sp = frame;
  let at = wr(ctx, sp, sizeof<T>());
  if (!at) return EXIT_FAULT;
  store<T>(at, <T>rbp);
  for (let i: u64 = 1; i < <u64>level; i++) {
    const from = rd(ctx, rbp - i * n, sizeof<T>());
    if (!from) return EXIT_FAULT;
    sp -= n;
    at = wr(ctx, sp, sizeof<T>());
    if (!at) return EXIT_FAULT;
    store<T>(at, load<T>(from));
  }
  if (level) {
    sp -= n;
    at = wr(ctx, sp, sizeof<T>());
    if (!at) return EXIT_FAULT;
    store<T>(at, <T>frame);
  }
  sp -= size;
  // the processor checks that the new top of the stack is writable
  if (!wr(ctx, sp, sizeof<T>())) return EXIT_FAULT;
  setGpr<T>(ctx, RBP * 8, <T>frame);
  setGpr<u64>(ctx, RSP * 8, sp);
  return EXIT_NONE;
}

/** EFLAGS with the lazy flags built. */
export function flagsGet(ctx: usize): u64 {
  return (load<u64>(ctx, EFLAGS) & ~(<u64>STATUS_FLAGS)) | FIXED_FLAGS | <u64>status(ctx);
}

/** Sets EFLAGS as user mode may: only USER_FLAGS change. */
export function flagsSet(ctx: usize, flags: u64): void {
  store<u64>(ctx, (flags & <u64>USER_FLAGS) | FIXED_FLAGS, EFLAGS);
  setStatus(ctx, <u32>flags & STATUS_FLAGS);
}

/** pushf: RF and VM read as 0. */
@inline
function pushFlags<T>(ctx: usize): i32 {
  return push<T>(ctx, <T>(flagsGet(ctx) & 0xfcffff));
}

@inline
function popFlags<T>(ctx: usize): i32 {
  const rsp = gpr<u64>(ctx, RSP * 8);
  const at = rd(ctx, rsp, sizeof<T>());
  if (!at) return EXIT_FAULT;
  const value = <u64>load<T>(at);
  flagsSet(ctx, sizeof<T>() == 2 ? (flagsGet(ctx) & ~(<u64>0xffff)) | value : value);
  setGpr<u64>(ctx, RSP * 8, rsp + sizeof<T>());
  return EXIT_NONE;
}

/** sahf: SF, ZF, AF, PF, CF from ah; OF stays. */
function sahf(ctx: usize): i32 {
  setStatus(ctx, (status(ctx) & OF) | (gpr<u8>(ctx, RAX * 8 + 1) & STATUS_FLAGS));
  return EXIT_NONE;
}

function lahf(ctx: usize): i32 {
  setGpr<u8>(ctx, RAX * 8 + 1, <u8>status(ctx) | 2);
  return EXIT_NONE;
}

@inline
function setCarry(ctx: usize, value: u32): i32 {
  leaveCarry(ctx, value);
  return EXIT_NONE;
}

@inline
function setDirection(ctx: usize, value: u64): i32 {
  store<u64>(ctx, (load<u64>(ctx, EFLAGS) & ~(<u64>DF)) | value, EFLAGS);
  return EXIT_NONE;
}

/** Every operation of this file. */
// biome-ignore format: aligned rows
export function stackExec(ctx: usize, inst: usize): i32 {
  switch (<i32>load<u16>(inst, I_OP)) {
    case ops.PUSH_R16: return pushR<u16>(ctx, inst);
    case ops.PUSH_R64: return pushR<u64>(ctx, inst);
    case ops.PUSH_I16: return pushI<u16>(ctx, inst);
    case ops.PUSH_I64: return pushI<u64>(ctx, inst);
    case ops.PUSH_M16: return pushM<u16>(ctx, inst);
    case ops.PUSH_M64: return pushM<u64>(ctx, inst);
    case ops.POP_R16:  return popR<u16>(ctx, inst);
    case ops.POP_R64:  return popR<u64>(ctx, inst);
    case ops.POP_M16:  return popM<u16>(ctx, inst);
    case ops.POP_M64:  return popM<u64>(ctx, inst);
    case ops.ENTER16:  return enter<u16>(ctx, inst);
    case ops.ENTER64:  return enter<u64>(ctx, inst);
    case ops.LEAVE16:  return leaveFrame<u16>(ctx);
    case ops.LEAVE64:  return leaveFrame<u64>(ctx);
    case ops.PUSHF16:  return pushFlags<u16>(ctx);
    case ops.PUSHF64:  return pushFlags<u64>(ctx);
    case ops.POPF16:   return popFlags<u16>(ctx);
    case ops.POPF64:   return popFlags<u64>(ctx);
    case ops.SAHF:     return sahf(ctx);
    case ops.LAHF:     return lahf(ctx);
    case ops.CMC:      return setCarry(ctx, carry(ctx) ^ CF);
    case ops.CLC:      return setCarry(ctx, 0);
    case ops.STC:      return setCarry(ctx, CF);
    case ops.CLD:      return setDirection(ctx, 0);
    case ops.STD:      return setDirection(ctx, DF);
    case ops.NOP:      return EXIT_NONE;
    default: return unreachable();
  }
}
