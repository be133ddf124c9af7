// String instructions: movs, cmps, stos, lods, scas, alone and with rep/repe/repne. A fault in the middle of a repetition
// leaves rcx, rsi and rdi as they are after the elements done so far, so that the instruction can be restarted (Intel SDM
// Vol. 2 "REP"). Forward repetitions go by chunks that cross no page: one check each, and memory.copy or memory.fill
// where that is equivalent. With a 67 prefix the registers are ecx, esi and edi.
import { EXIT_FAULT, EXIT_NONE } from '../shared/exit';
import { FLAGS_SUB } from '../shared/flags';
import { I_FLAGS, I_OP, INST_ADDR32, INST_REP, INST_REPNE } from '../shared/inst';
import { RAX, RCX, RDI, RSI } from '../shared/layout';
import * as ops from '../generated/ops';
import { rd, segBase, wr } from '../memory';
import { touchesShared } from '../shared';
import { gpr, setGpr } from '../state';
import { direction, leave } from './lazy';

/** All ones, or the low 32 bits with a 67 prefix. */
@inline
function addressMask(inst: usize): u64 {
  return load<u8>(inst, I_FLAGS) & INST_ADDR32 ? 0xffffffff : u64.MAX_VALUE;
}

@inline
function repeats(inst: usize): bool {
  return (load<u8>(inst, I_FLAGS) & (INST_REP | INST_REPNE)) != 0;
}

/** rsi, rdi or rcx as the address size has it. */
@inline
function index(ctx: usize, reg: usize, mask: u64): u64 {
  return gpr<u64>(ctx, reg * 8) & mask;
}

/** Moves rsi or rdi on by `bytes`. */
@inline
function advance(ctx: usize, reg: usize, bytes: i64, mask: u64): void {
  setGpr<u64>(ctx, reg * 8, (gpr<u64>(ctx, reg * 8) + bytes) & mask);
}

/** How many of `count` elements lie on the page of guest address `at`; 0 when the first one crosses its end. */
@inline
function onPage<T>(at: u64, count: u64): u64 {
  return min<u64>(count, <u64>(0x1000 - (<u32>at & 0xfff)) / sizeof<T>());
}

/** One element each way of going: chunk size 1 when going down, when a page ends, or without a prefix. */
@inline
function chunk<T>(at: u64, count: u64, step: i64): u64 {
  return step < 0 ? 1 : max<u64>(onPage<T>(at, count), 1);
}

function movs<T>(ctx: usize, inst: usize): i32 {
  const mask = addressMask(inst);
  const base = segBase(ctx, inst);
  const step = direction(ctx) * sizeof<T>();
  const rep = repeats(inst);
  let count: u64 = rep ? index(ctx, RCX, mask) : 1;
  while (count != 0) {
    const source = base + index(ctx, RSI, mask);
    const target = index(ctx, RDI, mask);
    let n = min<u64>(chunk<T>(source, count, step), chunk<T>(target, count, step));
    // copies of shared pages do not overlap as the pages do
    if (target - source < n * sizeof<T>() && touchesShared(<u32>target, 1)) n = 1;
    const size = <u32>n * sizeof<T>();
    const from = rd(ctx, source, size);
    if (!from) return EXIT_FAULT;
    const to = wr(ctx, target, size);
    if (!to) return EXIT_FAULT;
    // a target that overlaps ahead of its source repeats what was just written
    if (n == 1) store<T>(to, load<T>(from));
    else if (to - from >= size) memory.copy(to, from, size);
    else for (let i: u32 = 0; i < size; i += sizeof<T>()) store<T>(to + i, load<T>(from + i));
    advance(ctx, RSI, step * n, mask);
    advance(ctx, RDI, step * n, mask);
    count -= n;
    if (rep) setGpr<u64>(ctx, RCX * 8, count);
  }
  return EXIT_NONE;
}

function stos<T>(ctx: usize, inst: usize): i32 {
  const mask = addressMask(inst);
  const step = direction(ctx) * sizeof<T>();
  const rep = repeats(inst);
  const value = gpr<T>(ctx, RAX * 8);
  const even = value == rotl<T>(value, 8);
  let count: u64 = rep ? index(ctx, RCX, mask) : 1;
  while (count != 0) {
    const target = index(ctx, RDI, mask);
    const n = chunk<T>(target, count, step);
    const size = <u32>n * sizeof<T>();
    const to = wr(ctx, target, size);
    if (!to) return EXIT_FAULT;
    if (n == 1) store<T>(to, value);
    else if (even) memory.fill(to, <u8>value, size);
    else for (let i: u32 = 0; i < size; i += sizeof<T>()) store<T>(to + i, value);
    advance(ctx, RDI, step * n, mask);
    count -= n;
    if (rep) setGpr<u64>(ctx, RCX * 8, count);
  }
  return EXIT_NONE;
}

function lods<T>(ctx: usize, inst: usize): i32 {
  const mask = addressMask(inst);
  const base = segBase(ctx, inst);
  const step = direction(ctx) * sizeof<T>();
  const rep = repeats(inst);
  let count: u64 = rep ? index(ctx, RCX, mask) : 1;
  while (count != 0) {
    const source = base + index(ctx, RSI, mask);
    const n = chunk<T>(source, count, step);
    const from = rd(ctx, source, <u32>n * sizeof<T>());
    if (!from) return EXIT_FAULT;
    setGpr<T>(ctx, RAX * 8, load<T>(from + (<u32>n - 1) * sizeof<T>()));
    advance(ctx, RSI, step * n, mask);
    count -= n;
    if (rep) setGpr<u64>(ctx, RCX * 8, count);
  }
  return EXIT_NONE;
}

/** repe goes on while equal, repne while different. */
@inline
function goesOn(inst: usize, equal: bool): bool {
  return (load<u8>(inst, I_FLAGS) & INST_REPNE) != 0 ? !equal : equal;
}

function scas<T>(ctx: usize, inst: usize): i32 {
  const mask = addressMask(inst);
  const step = direction(ctx) * sizeof<T>();
  const rep = repeats(inst);
  const value = gpr<T>(ctx, RAX * 8);
  let count: u64 = rep ? index(ctx, RCX, mask) : 1;
  while (count != 0) {
    const target = index(ctx, RDI, mask);
    const n = chunk<T>(target, count, step);
    const at = rd(ctx, target, <u32>n * sizeof<T>());
    if (!at) return EXIT_FAULT;
    let done: u64 = 0;
    let seen: T = 0;
    do {
      seen = load<T>(at + <u32>done * sizeof<T>());
      done++;
    } while (done < n && goesOn(inst, seen == value));
    leave(ctx, FLAGS_SUB, <i64>(<T>(value - seen)), <i64>value, <i64>seen);
    advance(ctx, RDI, step * done, mask);
    count -= done;
    if (!rep) break;
    setGpr<u64>(ctx, RCX * 8, count);
    if (!goesOn(inst, seen == value)) break;
  }
  return EXIT_NONE;
}

function cmps<T>(ctx: usize, inst: usize): i32 {
  const mask = addressMask(inst);
  const base = segBase(ctx, inst);
  const step = direction(ctx) * sizeof<T>();
  const rep = repeats(inst);
  let count: u64 = rep ? index(ctx, RCX, mask) : 1;
  while (count != 0) {
    const source = base + index(ctx, RSI, mask);
    const target = index(ctx, RDI, mask);
    const n = min<u64>(chunk<T>(source, count, step), chunk<T>(target, count, step));
    const from = rd(ctx, source, <u32>n * sizeof<T>());
    if (!from) return EXIT_FAULT;
    const to = rd(ctx, target, <u32>n * sizeof<T>());
    if (!to) return EXIT_FAULT;
    let done: u64 = 0;
    let a: T = 0;
    let b: T = 0;
    do {
      a = load<T>(from + <u32>done * sizeof<T>());
      b = load<T>(to + <u32>done * sizeof<T>());
      done++;
    } while (done < n && goesOn(inst, a == b));
    leave(ctx, FLAGS_SUB, <i64>(<T>(a - b)), <i64>a, <i64>b);
    advance(ctx, RSI, step * done, mask);
    advance(ctx, RDI, step * done, mask);
    count -= done;
    if (!rep) break;
    setGpr<u64>(ctx, RCX * 8, count);
    if (!goesOn(inst, a == b)) break;
  }
  return EXIT_NONE;
}

/** Every operation of this file. */
// biome-ignore format: aligned rows
export function stringExec(ctx: usize, inst: usize): i32 {
  switch (<i32>load<u16>(inst, I_OP)) {
    case ops.MOVS8:  return movs<u8>(ctx, inst);
    case ops.MOVS16: return movs<u16>(ctx, inst);
    case ops.MOVS32: return movs<u32>(ctx, inst);
    case ops.MOVS64: return movs<u64>(ctx, inst);
    case ops.STOS8:  return stos<u8>(ctx, inst);
    case ops.STOS16: return stos<u16>(ctx, inst);
    case ops.STOS32: return stos<u32>(ctx, inst);
    case ops.STOS64: return stos<u64>(ctx, inst);
    case ops.LODS8:  return lods<u8>(ctx, inst);
    case ops.LODS16: return lods<u16>(ctx, inst);
    case ops.LODS32: return lods<u32>(ctx, inst);
    case ops.LODS64: return lods<u64>(ctx, inst);
    case ops.SCAS8:  return scas<i8>(ctx, inst);
    case ops.SCAS16: return scas<i16>(ctx, inst);
    case ops.SCAS32: return scas<i32>(ctx, inst);
    case ops.SCAS64: return scas<i64>(ctx, inst);
    case ops.CMPS8:  return cmps<i8>(ctx, inst);
    case ops.CMPS16: return cmps<i16>(ctx, inst);
    case ops.CMPS32: return cmps<i32>(ctx, inst);
    case ops.CMPS64: return cmps<i64>(ctx, inst);
    default: return unreachable();
  }
}
