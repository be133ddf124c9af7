// Atomic read-modify-write: instructions with a lock prefix, and xchg, xadd, cmpxchg and cmpxchg8b/16b with memory (atomic
// with or without the prefix). All are loops around one compare-and-swap: a wasm atomic on the operand when it is aligned,
// on the 8 aligned bytes around it when it lies in them, else ("split lock") plain under a spin lock of the runtime.
// cmpxchg16b is always under that lock: it is atomic against itself and split locks, not against narrower atomics.
// An operand in a page that processes share (isOut) is swapped there, not in the copy that wr() gave: see shared.ts.
import { EXIT_FAULT, EXIT_NONE } from '../shared/exit';
import { FLAGS_SUB, ZF } from '../shared/flags';
import { I_IMM } from '../shared/inst';
import { RAX, RBX, RCX, RDX, SPLIT_LOCK } from '../shared/layout';
import * as ops from '../generated/ops';
import { ea, gp, wr } from '../memory';
import { isOut, lockOut, swapOut, unlockOut } from '../shared';
import { gpr, r0, r1, setGpr } from '../state';
import {
  A_ADC, A_ADD, A_AND, A_DEC, A_INC, A_NEG, A_NOT, A_OR, A_SBB, A_SUB, A_XOR, alu, unary,
} from './arith';
import { B_COMPLEMENT, B_RESET, B_SET, bitAddress, bitNumber } from './bit';
import { carry, leave, leaveCarry, setStatus, status } from './lazy';

function acquire(at: usize): void {
  if (isOut(at)) return lockOut();
  while (atomic.cmpxchg<i32>(SPLIT_LOCK, 0, 1) != 0) {}
}

function release(at: usize): void {
  if (isOut(at)) return unlockOut();
  atomic.store<i32>(SPLIT_LOCK, 0);
}

/** Stores `value` at linear address `at` if `old` is there; false when it was not, or by chance. T is unsigned. */
@inline
function swap<T>(at: usize, old: T, value: T): bool {
  if (isOut(at)) return swapOut<T>(old, value);
  if (!(at & (sizeof<T>() - 1))) return atomic.cmpxchg<T>(at, old, value) == old;
  return sizeof<T>() == 8 ? swapSplit<u64>(at, old, value) : swapNarrow<T>(at, old, value);
}

function swapNarrow<T>(at: usize, old: T, value: T): bool {
  const bit: u64 = (at & 7) * 8;
  if (bit + sizeof<T>() * 8 > 64) return swapSplit<T>(at, old, value);
  const mask = (u64.MAX_VALUE >> (64 - sizeof<T>() * 8)) << bit;
  const word = atomic.load<u64>(at & ~7);
  if ((word & mask) >> bit != <u64>old) return false;
  return atomic.cmpxchg<u64>(at & ~7, word, (word & ~mask) | (<u64>value << bit)) == word;
}

function swapSplit<T>(at: usize, old: T, value: T): bool {
  acquire(at);
  const same = load<T>(at) == old;
  if (same) store<T>(at, value);
  release(at);
  return same;
}

/** What the operation stores; no flags. T is signed. */
@inline
function result<T>(op: i32, a: T, b: T, c: T): T {
  if (op == A_ADD) return <T>(a + b);
  if (op == A_OR) return <T>(a | b);
  if (op == A_AND) return <T>(a & b);
  if (op == A_XOR) return <T>(a ^ b);
  if (op == A_SUB) return <T>(a - b);
  if (op == A_ADC) return <T>(a + b + c);
  if (op == A_SBB) return <T>(a - b - c);
  if (op == A_INC) return <T>(a + 1);
  if (op == A_DEC) return <T>(a - 1);
  return op == A_NEG ? <T>(0 - a) : <T>~a;
}

/** lock add … xor, inc, dec, neg, not. T is signed, U the unsigned type of the same size. */
function modify<T, U>(ctx: usize, inst: usize, op: i32, b: T): i32 {
  const at = wr(ctx, ea(ctx, inst), sizeof<T>());
  if (!at) return EXIT_FAULT;
  const c = <T>carry(ctx);
  let old: T;
  do {
    old = load<T>(at);
  } while (!swap<U>(at, <U>old, <U>result<T>(op, old, b, c)));
  if (op >= A_INC) unary<T>(ctx, op, old);
  else alu<T>(ctx, op, old, b);
  return EXIT_NONE;
}

@inline
function lockMR<T, U>(ctx: usize, inst: usize, op: i32): i32 {
  return modify<T, U>(ctx, inst, op, gpr<T>(ctx, r1(inst)));
}

@inline
function lockMI<T, U>(ctx: usize, inst: usize, op: i32): i32 {
  return modify<T, U>(ctx, inst, op, load<T>(inst, I_IMM));
}

@inline
function lockM<T, U>(ctx: usize, inst: usize, op: i32): i32 {
  return modify<T, U>(ctx, inst, op, 0);
}

function lockBit<T>(ctx: usize, address: u64, op: i32, n: u32): i32 {
  const at = wr(ctx, address, sizeof<T>());
  if (!at) return EXIT_FAULT;
  const one = <T>((<u64>1) << (n & (sizeof<T>() * 8 - 1)));
  let old: T;
  do {
    old = load<T>(at);
  } while (!swap<T>(at, old, op == B_SET ? old | one : op == B_RESET ? old & ~one : old ^ one));
  leaveCarry(ctx, u32((old & one) != 0));
  return EXIT_NONE;
}

@inline
function lockBitMR<T>(ctx: usize, inst: usize, op: i32): i32 {
  const n = bitNumber<T>(ctx, inst);
  return lockBit<T>(ctx, bitAddress<T>(ctx, inst, n), op, <u32>n);
}

@inline
function lockBitMI<T>(ctx: usize, inst: usize, op: i32): i32 {
  return lockBit<T>(ctx, ea(ctx, inst), op, load<u8>(inst, I_IMM));
}

function xchgMR<T>(ctx: usize, inst: usize): i32 {
  const at = wr(ctx, ea(ctx, inst), sizeof<T>());
  if (!at) return EXIT_FAULT;
  const value = gpr<T>(ctx, r1(inst));
  let old: T;
  do {
    old = load<T>(at);
  } while (!swap<T>(at, old, value));
  setGpr<T>(ctx, r1(inst), old);
  return EXIT_NONE;
}

function xaddMR<T, U>(ctx: usize, inst: usize): i32 {
  const at = wr(ctx, ea(ctx, inst), sizeof<T>());
  if (!at) return EXIT_FAULT;
  const b = gpr<T>(ctx, r1(inst));
  let old: T;
  do {
    old = load<T>(at);
  } while (!swap<U>(at, <U>old, <U>(<T>(old + b))));
  alu<T>(ctx, A_ADD, old, b);
  setGpr<T>(ctx, r1(inst), old);
  return EXIT_NONE;
}

/** The sum is written last: `xadd eax, eax` leaves the sum. */
function xaddRR<T>(ctx: usize, inst: usize): i32 {
  const old = gpr<T>(ctx, r0(inst));
  const sum = alu<T>(ctx, A_ADD, old, gpr<T>(ctx, r1(inst)));
  setGpr<T>(ctx, r1(inst), old);
  setGpr<T>(ctx, r0(inst), sum);
  return EXIT_NONE;
}

/** Flags of cmp rax, old. */
@inline
function compare<T>(ctx: usize, a: T, b: T): void {
  leave(ctx, FLAGS_SUB, <i64>(<T>(a - b)), <i64>a, <i64>b);
}

/** What was there is written to rax only when it differs (so that 32 bits leave rax's upper half alone when equal). */
function cmpxchgMR<T, U>(ctx: usize, inst: usize): i32 {
  const at = wr(ctx, ea(ctx, inst), sizeof<T>());
  if (!at) return EXIT_FAULT;
  const expected = gpr<T>(ctx, RAX * 8);
  let old: T;
  do {
    old = load<T>(at);
  } while (old == expected && !swap<U>(at, <U>old, gpr<U>(ctx, r1(inst))));
  compare<T>(ctx, expected, old);
  if (old != expected) setGpr<T>(ctx, RAX * 8, old);
  return EXIT_NONE;
}

function cmpxchgRR<T>(ctx: usize, inst: usize): i32 {
  const expected = gpr<T>(ctx, RAX * 8);
  const old = gpr<T>(ctx, r0(inst));
  const value = gpr<T>(ctx, r1(inst));
  compare<T>(ctx, expected, old);
  if (old == expected) {
    setGpr<T>(ctx, r0(inst), value);
  } else {
    setGpr<T>(ctx, RAX * 8, old);
  }
  return EXIT_NONE;
}

@inline
function leaveZero(ctx: usize, same: bool): i32 {
  setStatus(ctx, (status(ctx) & ~ZF) | (same ? ZF : 0));
  return EXIT_NONE;
}

/** edx:eax against memory; ecx:ebx goes there when equal. */
function cmpxchg8b(ctx: usize, inst: usize): i32 {
  const at = wr(ctx, ea(ctx, inst), 8);
  if (!at) return EXIT_FAULT;
  const expected = (<u64>gpr<u32>(ctx, RDX * 8) << 32) | <u64>gpr<u32>(ctx, RAX * 8);
  const value = (<u64>gpr<u32>(ctx, RCX * 8) << 32) | <u64>gpr<u32>(ctx, RBX * 8);
  let old: u64;
  do {
    old = load<u64>(at);
  } while (old == expected && !swap<u64>(at, old, value));
  if (old != expected) {
    setGpr<u32>(ctx, RAX * 8, <u32>old);
    setGpr<u32>(ctx, RDX * 8, <u32>(old >> 32));
  }
  return leaveZero(ctx, old == expected);
}

/** rdx:rax against memory; rcx:rbx goes there when equal. A misaligned operand is #GP(0). */
function cmpxchg16b(ctx: usize, inst: usize): i32 {
  const address = ea(ctx, inst);
  if (address & 15) return gp(ctx);
  const at = wr(ctx, address, 16);
  if (!at) return EXIT_FAULT;
  acquire(at);
  const low = atomic.load<u64>(at);
  const high = atomic.load<u64>(at, 8);
  const same = low == gpr<u64>(ctx, RAX * 8) && high == gpr<u64>(ctx, RDX * 8);
  if (same) {
    atomic.store<u64>(at, gpr<u64>(ctx, RBX * 8));
    atomic.store<u64>(at, gpr<u64>(ctx, RCX * 8), 8);
  }
  release(at);
  if (!same) {
    setGpr<u64>(ctx, RAX * 8, low);
    setGpr<u64>(ctx, RDX * 8, high);
  }
  return leaveZero(ctx, same);
}

/** xchg, xadd, cmpxchg, cmpxchg8b and cmpxchg16b, with or without a lock prefix. */
// biome-ignore format: aligned rows
export function exchangeExec(ctx: usize, inst: usize, op: i32): i32 {
  switch (op) {
    case ops.XCHG_MR8:      return xchgMR<u8>(ctx, inst);
    case ops.XCHG_MR16:     return xchgMR<u16>(ctx, inst);
    case ops.XCHG_MR32:     return xchgMR<u32>(ctx, inst);
    case ops.XCHG_MR64:     return xchgMR<u64>(ctx, inst);
    case ops.XADD_RR8:      return xaddRR<i8>(ctx, inst);
    case ops.XADD_RR16:     return xaddRR<i16>(ctx, inst);
    case ops.XADD_RR32:     return xaddRR<i32>(ctx, inst);
    case ops.XADD_RR64:     return xaddRR<i64>(ctx, inst);
    case ops.XADD_MR8:      return xaddMR<i8, u8>(ctx, inst);
    case ops.XADD_MR16:     return xaddMR<i16, u16>(ctx, inst);
    case ops.XADD_MR32:     return xaddMR<i32, u32>(ctx, inst);
    case ops.XADD_MR64:     return xaddMR<i64, u64>(ctx, inst);
    case ops.CMPXCHG_RR8:   return cmpxchgRR<i8>(ctx, inst);
    case ops.CMPXCHG_RR16:  return cmpxchgRR<i16>(ctx, inst);
    case ops.CMPXCHG_RR32:  return cmpxchgRR<i32>(ctx, inst);
    case ops.CMPXCHG_RR64:  return cmpxchgRR<i64>(ctx, inst);
    case ops.CMPXCHG_MR8:   return cmpxchgMR<i8, u8>(ctx, inst);
    case ops.CMPXCHG_MR16:  return cmpxchgMR<i16, u16>(ctx, inst);
    case ops.CMPXCHG_MR32:  return cmpxchgMR<i32, u32>(ctx, inst);
    case ops.CMPXCHG_MR64:  return cmpxchgMR<i64, u64>(ctx, inst);
    case ops.CMPXCHG8B:     return cmpxchg8b(ctx, inst);
    case ops.CMPXCHG16B:    return cmpxchg16b(ctx, inst);
    default: return unreachable();
  }
}

/** The other instructions with a lock prefix; `op` is the operation without it. */
// biome-ignore format: aligned rows
export function lockedExec(ctx: usize, inst: usize, op: i32): i32 {
  switch (op) {
    case ops.ADD_MR8:    return lockMR<i8, u8>(ctx, inst, A_ADD);
    case ops.ADD_MR16:   return lockMR<i16, u16>(ctx, inst, A_ADD);
    case ops.ADD_MR32:   return lockMR<i32, u32>(ctx, inst, A_ADD);
    case ops.ADD_MR64:   return lockMR<i64, u64>(ctx, inst, A_ADD);
    case ops.ADD_MI8:    return lockMI<i8, u8>(ctx, inst, A_ADD);
    case ops.ADD_MI16:   return lockMI<i16, u16>(ctx, inst, A_ADD);
    case ops.ADD_MI32:   return lockMI<i32, u32>(ctx, inst, A_ADD);
    case ops.ADD_MI64:   return lockMI<i64, u64>(ctx, inst, A_ADD);
    case ops.OR_MR8:     return lockMR<i8, u8>(ctx, inst, A_OR);
    case ops.OR_MR16:    return lockMR<i16, u16>(ctx, inst, A_OR);
    case ops.OR_MR32:    return lockMR<i32, u32>(ctx, inst, A_OR);
    case ops.OR_MR64:    return lockMR<i64, u64>(ctx, inst, A_OR);
    case ops.OR_MI8:     return lockMI<i8, u8>(ctx, inst, A_OR);
    case ops.OR_MI16:    return lockMI<i16, u16>(ctx, inst, A_OR);
    case ops.OR_MI32:    return lockMI<i32, u32>(ctx, inst, A_OR);
    case ops.OR_MI64:    return lockMI<i64, u64>(ctx, inst, A_OR);
    case ops.ADC_MR8:    return lockMR<i8, u8>(ctx, inst, A_ADC);
    case ops.ADC_MR16:   return lockMR<i16, u16>(ctx, inst, A_ADC);
    case ops.ADC_MR32:   return lockMR<i32, u32>(ctx, inst, A_ADC);
    case ops.ADC_MR64:   return lockMR<i64, u64>(ctx, inst, A_ADC);
    case ops.ADC_MI8:    return lockMI<i8, u8>(ctx, inst, A_ADC);
    case ops.ADC_MI16:   return lockMI<i16, u16>(ctx, inst, A_ADC);
    case ops.ADC_MI32:   return lockMI<i32, u32>(ctx, inst, A_ADC);
    case ops.ADC_MI64:   return lockMI<i64, u64>(ctx, inst, A_ADC);
    case ops.SBB_MR8:    return lockMR<i8, u8>(ctx, inst, A_SBB);
    case ops.SBB_MR16:   return lockMR<i16, u16>(ctx, inst, A_SBB);
    case ops.SBB_MR32:   return lockMR<i32, u32>(ctx, inst, A_SBB);
    case ops.SBB_MR64:   return lockMR<i64, u64>(ctx, inst, A_SBB);
    case ops.SBB_MI8:    return lockMI<i8, u8>(ctx, inst, A_SBB);
    case ops.SBB_MI16:   return lockMI<i16, u16>(ctx, inst, A_SBB);
    case ops.SBB_MI32:   return lockMI<i32, u32>(ctx, inst, A_SBB);
    case ops.SBB_MI64:   return lockMI<i64, u64>(ctx, inst, A_SBB);
    case ops.AND_MR8:    return lockMR<i8, u8>(ctx, inst, A_AND);
    case ops.AND_MR16:   return lockMR<i16, u16>(ctx, inst, A_AND);
    case ops.AND_MR32:   return lockMR<i32, u32>(ctx, inst, A_AND);
    case ops.AND_MR64:   return lockMR<i64, u64>(ctx, inst, A_AND);
    case ops.AND_MI8:    return lockMI<i8, u8>(ctx, inst, A_AND);
    case ops.AND_MI16:   return lockMI<i16, u16>(ctx, inst, A_AND);
    case ops.AND_MI32:   return lockMI<i32, u32>(ctx, inst, A_AND);
    case ops.AND_MI64:   return lockMI<i64, u64>(ctx, inst, A_AND);
    case ops.SUB_MR8:    return lockMR<i8, u8>(ctx, inst, A_SUB);
    case ops.SUB_MR16:   return lockMR<i16, u16>(ctx, inst, A_SUB);
    case ops.SUB_MR32:   return lockMR<i32, u32>(ctx, inst, A_SUB);
    case ops.SUB_MR64:   return lockMR<i64, u64>(ctx, inst, A_SUB);
    case ops.SUB_MI8:    return lockMI<i8, u8>(ctx, inst, A_SUB);
    case ops.SUB_MI16:   return lockMI<i16, u16>(ctx, inst, A_SUB);
    case ops.SUB_MI32:   return lockMI<i32, u32>(ctx, inst, A_SUB);
    case ops.SUB_MI64:   return lockMI<i64, u64>(ctx, inst, A_SUB);
    case ops.XOR_MR8:    return lockMR<i8, u8>(ctx, inst, A_XOR);
    case ops.XOR_MR16:   return lockMR<i16, u16>(ctx, inst, A_XOR);
    case ops.XOR_MR32:   return lockMR<i32, u32>(ctx, inst, A_XOR);
    case ops.XOR_MR64:   return lockMR<i64, u64>(ctx, inst, A_XOR);
    case ops.XOR_MI8:    return lockMI<i8, u8>(ctx, inst, A_XOR);
    case ops.XOR_MI16:   return lockMI<i16, u16>(ctx, inst, A_XOR);
    case ops.XOR_MI32:   return lockMI<i32, u32>(ctx, inst, A_XOR);
    case ops.XOR_MI64:   return lockMI<i64, u64>(ctx, inst, A_XOR);
    case ops.INC_M8:     return lockM<i8, u8>(ctx, inst, A_INC);
    case ops.INC_M16:    return lockM<i16, u16>(ctx, inst, A_INC);
    case ops.INC_M32:    return lockM<i32, u32>(ctx, inst, A_INC);
    case ops.INC_M64:    return lockM<i64, u64>(ctx, inst, A_INC);
    case ops.DEC_M8:     return lockM<i8, u8>(ctx, inst, A_DEC);
    case ops.DEC_M16:    return lockM<i16, u16>(ctx, inst, A_DEC);
    case ops.DEC_M32:    return lockM<i32, u32>(ctx, inst, A_DEC);
    case ops.DEC_M64:    return lockM<i64, u64>(ctx, inst, A_DEC);
    case ops.NEG_M8:     return lockM<i8, u8>(ctx, inst, A_NEG);
    case ops.NEG_M16:    return lockM<i16, u16>(ctx, inst, A_NEG);
    case ops.NEG_M32:    return lockM<i32, u32>(ctx, inst, A_NEG);
    case ops.NEG_M64:    return lockM<i64, u64>(ctx, inst, A_NEG);
    case ops.NOT_M8:     return lockM<i8, u8>(ctx, inst, A_NOT);
    case ops.NOT_M16:    return lockM<i16, u16>(ctx, inst, A_NOT);
    case ops.NOT_M32:    return lockM<i32, u32>(ctx, inst, A_NOT);
    case ops.NOT_M64:    return lockM<i64, u64>(ctx, inst, A_NOT);
    case ops.BTS_MR16:   return lockBitMR<u16>(ctx, inst, B_SET);
    case ops.BTS_MR32:   return lockBitMR<u32>(ctx, inst, B_SET);
    case ops.BTS_MR64:   return lockBitMR<u64>(ctx, inst, B_SET);
    case ops.BTS_MI16:   return lockBitMI<u16>(ctx, inst, B_SET);
    case ops.BTS_MI32:   return lockBitMI<u32>(ctx, inst, B_SET);
    case ops.BTS_MI64:   return lockBitMI<u64>(ctx, inst, B_SET);
    case ops.BTR_MR16:   return lockBitMR<u16>(ctx, inst, B_RESET);
    case ops.BTR_MR32:   return lockBitMR<u32>(ctx, inst, B_RESET);
    case ops.BTR_MR64:   return lockBitMR<u64>(ctx, inst, B_RESET);
    case ops.BTR_MI16:   return lockBitMI<u16>(ctx, inst, B_RESET);
    case ops.BTR_MI32:   return lockBitMI<u32>(ctx, inst, B_RESET);
    case ops.BTR_MI64:   return lockBitMI<u64>(ctx, inst, B_RESET);
    case ops.BTC_MR16:   return lockBitMR<u16>(ctx, inst, B_COMPLEMENT);
    case ops.BTC_MR32:   return lockBitMR<u32>(ctx, inst, B_COMPLEMENT);
    case ops.BTC_MR64:   return lockBitMR<u64>(ctx, inst, B_COMPLEMENT);
    case ops.BTC_MI16:   return lockBitMI<u16>(ctx, inst, B_COMPLEMENT);
    case ops.BTC_MI32:   return lockBitMI<u32>(ctx, inst, B_COMPLEMENT);
    case ops.BTC_MI64:   return lockBitMI<u64>(ctx, inst, B_COMPLEMENT);
    default: return exchangeExec(ctx, inst, op);
  }
}
