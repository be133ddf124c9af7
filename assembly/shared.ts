// Operands in pages that processes share. They lie in another wasm memory, so an instruction works on a copy of them (the
// bounce buffer behind the thread's decode cache). Loads: the copy is made when rd() is asked for the address. Stores and
// read-modify-writes: the copy has to go back right after the instruction, so wr() refuses with VEC_SHARED, and the
// instruction is executed again by execShared(), which sees to that. Example, `add [shared], eax`:
//
//   interpret    aluMR → wr → VEC_SHARED, nothing has been changed, RIP is the instruction
//   run          step → execShared → aluMR → wr: copy in … store to the copy … flush: copy out
//
// A process of one thread does better (SHARED_ALONE): nobody sees its ordinary memory, so the copy need not go back before
// the next access to a shared page, system call or end of the slice. That is a store buffer, as processors have it.
//
// Aligned operands of 1, 2, 4 and 8 bytes are moved by one access. Atomic operations swap in shared memory itself.
import { execOne } from './interp/exec';
import {
  BOUNCE_SIZE, CACHE_BASE, CACHE_SIZE, GUEST_SHIFT, PAGE_FLAGS, PAGE_SHARED, SHARED_ALONE, SHARED_FETCH, SHARED_PUT, SHARED_ROOT,
  SHARED_SPLIT, SHARED_SWAP,
} from './shared/layout';

/** Copies that may be looked at at the same time by one instruction. */
const READ_COPIES = 4;
/** A page, and what keeps the copy as aligned as the original. */
const COPY_SIZE = 0x1000 + 64;
const WRITE_COPY = READ_COPIES * COPY_SIZE;
if (WRITE_COPY + COPY_SIZE + 8 > BOUNCE_SIZE) ERROR('the bounce buffer is too small');

/** The functions of shared-memory.wat are in the function table: until then no page is there. */
let isOpen = false;
export function openShared(): void {
  isOpen = true;
}

/** An instruction is executed by execShared(). */
let inShared = false;
let nextCopy: u32 = 0;

// The operand that has been given out for writing: guest address, size (0: none), its copy, and what the copy held.
let outAt: u32 = 0;
let outSize: u32 = 0;
let outCopy: usize = 0;
let outOld: u64 = 0;

@inline
function bounce(ctx: usize): usize {
  return load<u32>(ctx, CACHE_BASE) + load<u32>(ctx, CACHE_SIZE);
}

@inline
function isSharedPage(at: u32): bool {
  return (load<u8>(PAGE_FLAGS + (at >> 12)) & PAGE_SHARED) != 0;
}

/** Does [at, at + size) (at most two pages, both accessible) touch a shared page? */
export function touchesShared(at: u32, size: u32): bool {
  return isSharedPage(at) || isSharedPage(at + size - 1);
}

@inline
function root(): u32 {
  return load<u32>(SHARED_ROOT);
}

/** Bytes of [at, at + size) on its first page. */
@inline
function onFirstPage(at: u32, size: u32): u32 {
  return min<u32>(size, 0x1000 - (at & 0xfff));
}

/** Copies [at, at + size) to `to`. 0, or the guest address of the piece that is not there. */
function copyIn(at: u32, size: u32, to: usize): u32 {
  const first = onFirstPage(at, size);
  if (!fetch(at, first, to)) return at;
  return first == size || fetch(at + first, size - first, to + first) ? 0 : at + first;
}

function fetch(at: u32, size: u32, to: usize): bool {
  if (isSharedPage(at)) return isOpen && call_indirect<i32>(SHARED_FETCH, root(), at, size, <u32>to) != 0;
  memory.copy(to, <usize>at - GUEST_SHIFT, size);
  return true;
}

function put(at: u32, size: u32, from: usize): void {
  if (isSharedPage(at)) call_indirect<i32>(SHARED_PUT, root(), at, size, <u32>from);
  else memory.copy(<usize>at - GUEST_SHIFT, from, size);
}

/** The address at which a page was missing for the last readShared() or writeShared() that answered 0. */
export let missing: u32 = 0;

/** A copy of readable [at, at + size), or 0: a page is `missing`. */
export function readShared(ctx: usize, at: u32, size: u32): usize {
  flush();
  const to = bounce(ctx) + nextCopy * COPY_SIZE + (at & 63);
  nextCopy = (nextCopy + 1) & (READ_COPIES - 1);
  missing = copyIn(at, size, to);
  return missing ? 0 : to;
}

/** May stores to shared pages be done now? */
@inline
export function mayStore(): bool {
  return inShared || load<u32>(SHARED_ALONE) != 0;
}

/** A copy of writable [at, at + size) that goes back before the next copy is made, or 0: a page is `missing`. */
export function writeShared(ctx: usize, at: u32, size: u32): usize {
  flush();
  const to = bounce(ctx) + WRITE_COPY + (at & 63);
  missing = copyIn(at, size, to);
  if (missing) return 0;
  outAt = at;
  outSize = size;
  outCopy = to;
  outOld = load<u64>(to);
  return to;
}

/** The bits of a value of `size` bytes, at most 8. */
@inline
function maskOf(size: u32): u64 {
  return u64.MAX_VALUE >> (64 - (size << 3));
}

/** The copy goes back, unless nothing was stored there (it was only asked whether one may). */
export function flush(): void {
  if (!outSize) return;
  if (outSize <= 8 && !((load<u64>(outCopy) ^ outOld) & maskOf(outSize))) close();
  else putOut();
}

/** Nothing is given out. */
@inline
function close(): void {
  outSize = 0;
  outCopy = 0;
}

/** execOne() for an instruction that stores to shared pages. */
export function execShared(ctx: usize, inst: usize): i32 {
  inShared = true;
  const exit = execOne(ctx, inst);
  flush();
  inShared = false;
  return exit;
}

/** The copy shows what is there now. */
function renew(): void {
  copyIn(outAt, outSize, outCopy);
  outOld = load<u64>(outCopy);
}

// ---- atomic operations (interp/atomic.ts): the operand is the one given out last

/** Is `at` a copy of something in shared memory? */
@inline
export function isOut(at: usize): bool {
  return at == outCopy;
}

/** Stores `value` (T unsigned) if `old` is there; else the copy shows what is there now. */
export function swapOut<T>(old: T, value: T): bool {
  const bit: u64 = (outAt & 7) << 3;
  const size = <u32>sizeof<T>();
  if (bit + (size << 3) > 64) return swapSplit<T>(old, value);
  const aligned = (outAt & (size - 1)) == 0;
  const at = aligned ? outAt : outAt & ~7;
  let expected: u64 = old;
  let wanted: u64 = value;
  if (!aligned) {
    const word = outCopy + COPY_SIZE;
    if (!fetch(at, 8, word)) return true;
    const others = load<u64>(word) & ~(maskOf(size) << bit);
    expected = others | (<u64>old << bit);
    wanted = others | (<u64>value << bit);
  }
  const seen = call_indirect<u64>(SHARED_SWAP, root(), at, aligned ? size : <u32>8, expected, wanted);
  if (seen == expected) close();
  else renew();
  return seen == expected;
}

function swapSplit<T>(old: T, value: T): bool {
  lockOut();
  const same = load<T>(outCopy) == old;
  if (same) {
    store<T>(outCopy, value);
    putOut();
  }
  call_indirect<void>(SHARED_SPLIT, 0);
  return same;
}

function putOut(): void {
  const first = onFirstPage(outAt, outSize);
  put(outAt, first, outCopy);
  if (first != outSize) put(outAt + first, outSize - first, outCopy + first);
  close();
}

/** Nobody else who takes this lock has access until unlockOut(); the copy is fresh. */
export function lockOut(): void {
  call_indirect<void>(SHARED_SPLIT, 1);
  renew();
}

/** The copy goes back. */
export function unlockOut(): void {
  putOut();
  call_indirect<void>(SHARED_SPLIT, 0);
}
