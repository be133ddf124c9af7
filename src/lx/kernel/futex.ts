// Futexes: futex(2). A waiter is an entry of a hash table in kernel memory, keyed by address space and address. The
// futex word itself lies in guest memory and is only looked at, under the kernel lock, when a waiter joins; so a wake
// after a change of the word cannot fall between the look and the sleep.
import { GUEST_SHIFT, PAGE_READ, PAGE_WRITE } from '../../../assembly/shared/layout.ts';
import { E } from '../abi/errno.ts';
import { FUTEX_OWNER_DIED, FUTEX_TID_MASK, FUTEX_WAITERS } from '../abi/futex.ts';
import { FAULT, KernelError } from '../mm/guest-memory.ts';
import { Fixed } from './fixed.ts';
import { type Kernel, struct } from './kmem.ts';
import type { Lx } from './lx.ts';
import { signalPending } from './signal.ts';
import { Process, Task } from './task.ts';
import { sleepTask, wakeTask } from './wait.ts';

const Waiter = struct({
  next: 'i32',
  task: 'i32',
  mm: 'i32',
  address: 'i32',
  bits: 'i32',
  woken: 'i32',
});

const BUCKETS = 256;
export const MATCH_ANY = -1;

const bucketOf = (k: Kernel, mm: number, address: number): number =>
  k.i32[Fixed.futexes] + ((Math.imul((address >>> 2) ^ mm, 0x9e37_79b1) >>> 24) & (BUCKETS - 1));

const mmOf = (lx: Lx): number => lx.k.i32[lx.k.i32[lx.task + Task.process] + Process.mm];

/** Index of the futex word in `mem.i32`. Throws FAULT, or KernelError(EINVAL) if the address is not a multiple of 4. */
function wordAt(lx: Lx, address: number, need: number): number {
  if ((address & 3) !== 0) throw new KernelError(E.INVAL);
  if (lx.mem.accessible(address, 4, need) !== 4) throw FAULT;
  return (address - GUEST_SHIFT) >>> 2;
}

// ---- waiting

/**
 * Sleeps while the word is `expected`, until somebody wakes it with one of `bits`. 0, −EAGAIN (another value),
 * −ETIMEDOUT, −ERESTARTSYS.
 */
export function futexWait(
  lx: Lx,
  address: number,
  expected: number,
  bits: number,
  deadline: number,
): number {
  const { k, task, mem } = lx;
  const { i32 } = k;
  const word = wordAt(lx, address, PAGE_READ);
  const waiter = joinIf(lx, address, bits, () => Atomics.load(mem.i32, word) === (expected | 0));
  if (waiter === 0) return -E.AGAIN;
  for (;;) {
    Atomics.store(i32, task + Task.wake, 0);
    if (Atomics.load(i32, waiter + Waiter.woken) !== 0) return leave(k, waiter, 0);
    if (signalPending(lx)) return leave(k, waiter, -E.RESTARTSYS);
    if (deadline !== Number.POSITIVE_INFINITY && performance.now() >= deadline)
      return leave(k, waiter, -E.TIMEDOUT);
    sleepTask(k, task, deadline);
  }
}

/** Adds a waiter at the end of its bucket if `test` holds, both under the kernel lock; 0 if it does not. */
function joinIf(lx: Lx, address: number, bits: number, test: () => boolean): number {
  const { k, task } = lx;
  const { i32 } = k;
  return k.locked(() => {
    if (!test()) return 0;
    if (i32[Fixed.futexes] === 0) i32[Fixed.futexes] = k.allocLocked(BUCKETS * 4);
    const mm = mmOf(lx);
    const waiter = k.allocLocked(Waiter.SIZE);
    i32[waiter + Waiter.task] = task;
    i32[waiter + Waiter.mm] = mm;
    i32[waiter + Waiter.address] = address;
    i32[waiter + Waiter.bits] = bits;
    appendLocked(k, bucketOf(k, mm, address), waiter);
    return waiter;
  });
}

function appendLocked(k: Kernel, bucket: number, waiter: number): void {
  let link = bucket;
  while (k.i32[link] !== 0) link = k.i32[link] + Waiter.next;
  k.i32[link] = waiter;
  k.i32[waiter + Waiter.next] = 0;
}

/** Ends a wait; who was woken in the meantime has not been interrupted and has not timed out. */
function leave(k: Kernel, waiter: number, result: number): number {
  const { i32 } = k;
  return k.locked(() => {
    const woken = i32[waiter + Waiter.woken] !== 0;
    if (!woken) {
      let link = bucketOf(k, i32[waiter + Waiter.mm], i32[waiter + Waiter.address] >>> 0);
      while (i32[link] !== waiter) link = i32[link] + Waiter.next;
      i32[link] = i32[waiter + Waiter.next];
    }
    k.freeLocked(waiter);
    return woken ? 0 : result;
  });
}

// ---- waking

function wakeLocked(k: Kernel, mm: number, address: number, count: number, bits: number): number {
  const { i32 } = k;
  if (i32[Fixed.futexes] === 0) return 0;
  let woken = 0;
  for (let link = bucketOf(k, mm, address); i32[link] !== 0 && woken < count; ) {
    const waiter = i32[link];
    if (!isAt(k, waiter, mm, address) || (i32[waiter + Waiter.bits] & bits) === 0) {
      link = waiter + Waiter.next;
      continue;
    }
    i32[link] = i32[waiter + Waiter.next];
    const task = i32[waiter + Waiter.task];
    Atomics.store(i32, waiter + Waiter.woken, 1); // from here on the waiter may free itself
    wakeTask(k, task);
    woken++;
  }
  return woken;
}

const isAt = (k: Kernel, waiter: number, mm: number, address: number): boolean =>
  k.i32[waiter + Waiter.mm] === mm && k.i32[waiter + Waiter.address] >>> 0 === address;

/** Wakes up to `count` waiters; how many it were. Like Linux, at least one even for `count` 0 and less. */
export function futexWake(lx: Lx, address: number, count: number, bits: number): number {
  const { k } = lx;
  if ((address & 3) !== 0) return -E.INVAL;
  if (!(address < 0x1_0000_0000)) return -E.FAULT;
  if (k.i32[Fixed.futexes] === 0) return 0;
  return k.locked(() => wakeLocked(k, mmOf(lx), address, Math.max(count, 1), bits));
}

/** FUTEX_REQUEUE, and FUTEX_CMP_REQUEUE with `expected`: wakes some waiters, moves others to `target`. */
export function futexRequeue(
  lx: Lx,
  address: number,
  wake: number,
  move: number,
  target: number,
  expected: number | null,
): number {
  const { k, mem } = lx;
  const word = wordAt(lx, address, PAGE_READ);
  wordAt(lx, target, PAGE_READ);
  if (wake < 0 || move < 0) return -E.INVAL;
  return k.locked(() => {
    if (expected !== null && Atomics.load(mem.i32, word) !== (expected | 0)) return -E.AGAIN;
    const mm = mmOf(lx);
    const woken = wakeLocked(k, mm, address, wake, MATCH_ANY);
    const moved = moveLocked(k, mm, address, target, move);
    return expected === null ? woken : woken + moved;
  });
}

function moveLocked(k: Kernel, mm: number, address: number, target: number, count: number): number {
  const { i32 } = k;
  if (i32[Fixed.futexes] === 0) return 0;
  const movers: number[] = [];
  for (let link = bucketOf(k, mm, address); i32[link] !== 0 && movers.length < count; ) {
    const waiter = i32[link];
    if (isAt(k, waiter, mm, address)) {
      i32[link] = i32[waiter + Waiter.next];
      movers.push(waiter);
    } else {
      link = waiter + Waiter.next;
    }
  }
  for (const waiter of movers) {
    i32[waiter + Waiter.address] = target;
    appendLocked(k, bucketOf(k, mm, target), waiter);
  }
  return movers.length;
}

/** FUTEX_WAKE_OP: changes the word at `second`, wakes at `address`, and at `second` if its old value compares. */
export function futexWakeOp(
  lx: Lx,
  address: number,
  count: number,
  second: number,
  secondCount: number,
  encoded: number,
): number {
  const { k, mem } = lx;
  wordAt(lx, address, PAGE_READ);
  const word = wordAt(lx, second, PAGE_WRITE);
  const operation = (encoded >>> 28) & 7;
  const argument = (encoded << 8) >> 20;
  const operand = encoded >>> 31 !== 0 ? 1 << argument : argument;
  const comparison = (encoded >>> 24) & 15;
  const compareTo = (encoded << 20) >> 20;
  if (operation > 4 || comparison > 5) return -E.NOSYS;
  return k.locked(() => {
    const old = change(mem.i32, word, operation, operand);
    const mm = mmOf(lx);
    const woken = wakeLocked(k, mm, address, Math.max(count, 1), MATCH_ANY);
    if (!compares(old, comparison, compareTo)) return woken;
    return woken + wakeLocked(k, mm, second, Math.max(secondCount, 1), MATCH_ANY);
  });
}

function change(i32: Int32Array, word: number, operation: number, operand: number): number {
  switch (operation) {
    case 0:
      return Atomics.exchange(i32, word, operand);
    case 1:
      return Atomics.add(i32, word, operand);
    case 2:
      return Atomics.or(i32, word, operand);
    case 3:
      return Atomics.and(i32, word, ~operand);
    default:
      return Atomics.xor(i32, word, operand);
  }
}

function compares(old: number, comparison: number, value: number): boolean {
  switch (comparison) {
    case 0:
      return old === value;
    case 1:
      return old !== value;
    case 2:
      return old < value;
    case 3:
      return old <= value;
    case 4:
      return old > value;
    default:
      return old >= value;
  }
}

// ---- a task ends

/** CLONE_CHILD_CLEARTID: the word becomes 0 and one waiter (pthread_join) is woken. */
export function clearChildTid(lx: Lx): void {
  const { k, task, mem } = lx;
  const address = k.f64[(task + Task.clearChildTid) >> 1];
  if (address === 0 || mem.accessible(address, 4, PAGE_WRITE) !== 4) return;
  mem.writeU32(address, 0);
  futexWake(lx, address, 1, MATCH_ANY);
}

const ROBUST_LIMIT = 2048; // ROBUST_LIST_LIMIT

/**
 * Mutexes that a task held when it ended are marked FUTEX_OWNER_DIED and a waiter each is woken (set_robust_list(2)).
 * The list is the guest's: every pointer may be bad, and the list may be a ring.
 */
export function releaseRobustList(lx: Lx): void {
  const { k, task, mem } = lx;
  const head = k.f64[(task + Task.robustList) >> 1];
  if (head === 0) return;
  try {
    const offset = mem.readI64(head + 8);
    const pending = mem.readU64(head + 16);
    let entry = mem.readU64(head);
    for (let i = 0; i < ROBUST_LIMIT && clean(entry) !== head; i++) {
      const next = mem.readU64(clean(entry));
      if (clean(entry) !== clean(pending)) ownerDied(lx, clean(entry) + offset, false);
      entry = next;
    }
    if (pending !== 0) ownerDied(lx, clean(pending) + offset, true);
  } catch (error) {
    if (!(error instanceof KernelError)) throw error;
  }
}

/** Bit 0 of a list pointer marks a priority-inheriting mutex. */
const clean = (pointer: number): number => pointer - (pointer % 2);

function ownerDied(lx: Lx, address: number, pending: boolean): void {
  const { k, task, mem } = lx;
  const word = wordAt(lx, address, PAGE_WRITE);
  for (;;) {
    const old = Atomics.load(mem.i32, word);
    if (pending && old === 0) {
      futexWake(lx, address, 1, MATCH_ANY);
      return;
    }
    if ((old & FUTEX_TID_MASK) !== k.i32[task + Task.tid]) return;
    const died = (old & FUTEX_WAITERS) | FUTEX_OWNER_DIED;
    if (Atomics.compareExchange(mem.i32, word, old, died) !== old) continue;
    if ((old & FUTEX_WAITERS) !== 0) futexWake(lx, address, 1, MATCH_ANY);
    return;
  }
}
