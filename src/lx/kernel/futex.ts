// Futexes: futex(2). A waiter is an entry of a hash table in kernel memory, keyed by address space and address, or in a
// shared page by the page's slot and the place in it, which is the same for all who map it. The futex word itself lies in
// guest memory and is only looked at, under the kernel lock, when a waiter joins; so a wake after a change of the word
// cannot fall between the look and the sleep.
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
  space: 'i32', // key: Mm and guest address, or slot and offset in the page (no guest address is that small)
  place: 'i32',
  bits: 'i32',
  woken: 'i32',
});

const BUCKETS = 256;
export const MATCH_ANY = -1;

/** What waiters and wakers meet by. */
export interface Key {
  readonly space: number;
  readonly place: number;
}

const bucketOf = (k: Kernel, space: number, place: number): number =>
  k.i32[Fixed.futexes] + ((Math.imul((place >>> 2) ^ space, 0x9e37_79b1) >>> 24) & (BUCKETS - 1));

const mmOf = (lx: Lx): number => lx.k.i32[lx.k.i32[lx.task + Task.process] + Process.mm];

/** Who says FUTEX_PRIVATE_FLAG meets only its own process. */
export function keyOf(lx: Lx, address: number, isPrivate: boolean): Key {
  const slot = isPrivate ? 0 : lx.mem.sharedSlot(address);
  if (slot !== 0) return { space: slot | 0, place: address & 0xfff };
  return { space: mmOf(lx), place: address | 0 };
}

/** A futex word: `i32[at]`. */
export interface Word {
  readonly i32: Int32Array;
  readonly at: number;
}

/** Throws FAULT, or KernelError(EINVAL) if the address is not a multiple of 4. */
export function wordAt(lx: Lx, address: number, need: number): Word {
  const { mem } = lx;
  if ((address & 3) !== 0) throw new KernelError(E.INVAL);
  if (mem.accessible(address, 4, need) !== 4) throw FAULT;
  const shared = mem.sharedAddress(address);
  if (shared === 0) return { i32: mem.i32, at: (address - GUEST_SHIFT) >>> 2 };
  if (need === PAGE_WRITE) mem.markDirty(address);
  return { i32: lx.k.shared.i32, at: shared >>> 2 };
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
  isPrivate: boolean,
): number {
  const word = wordAt(lx, address, PAGE_READ);
  const key = keyOf(lx, address, isPrivate);
  const waiter = joinIf(lx, key, bits, () => Atomics.load(word.i32, word.at) === (expected | 0));
  return waiter === 0 ? -E.AGAIN : sleepUntilWoken(lx, waiter, deadline);
}

/** What futexWaitMany waits for. */
export interface WantedWord {
  readonly address: number;
  readonly expected: number;
  readonly isPrivate: boolean;
}

/** futex_waitv(2): the same for many words; which of them was woken. */
export function futexWaitMany(lx: Lx, words: readonly WantedWord[], deadline: number): number {
  const { k } = lx;
  const places = words.map(({ address, isPrivate }) => ({
    word: wordAt(lx, address, PAGE_READ),
    key: keyOf(lx, address, isPrivate),
  }));
  const waiters: number[] = [];
  const leaveAll = (result: number): number => {
    const ends = waiters.map((waiter) => leave(k, waiter, -1));
    const woken = ends.indexOf(0);
    return woken < 0 ? result : woken;
  };
  try {
    for (const [n, { word, key }] of places.entries()) {
      const isExpected = () => Atomics.load(word.i32, word.at) === (words[n].expected | 0);
      const waiter = joinIf(lx, key, MATCH_ANY, isExpected);
      if (waiter === 0) return leaveAll(-E.AGAIN);
      waiters.push(waiter);
    }
  } catch (error) {
    leaveAll(0); // kernel memory is full: nobody is to wake a task that may be gone
    throw error;
  }
  const anyWoken = (): boolean => waiters.some((waiter) => isWoken(k, waiter));
  return leaveAll(sleepUntil(lx, anyWoken, deadline));
}

/** Sleeps until a waiter is woken; it is gone afterwards. 0, −ETIMEDOUT, −ERESTARTSYS. */
export const sleepUntilWoken = (lx: Lx, waiter: number, deadline: number): number =>
  leave(
    lx.k,
    waiter,
    sleepUntil(lx, () => isWoken(lx.k, waiter), deadline),
  );

const isWoken = (k: Kernel, waiter: number): boolean =>
  Atomics.load(k.i32, waiter + Waiter.woken) !== 0;

/** Sleeps until `woken` holds: 0; −ETIMEDOUT, −ERESTARTSYS. */
function sleepUntil(lx: Lx, woken: () => boolean, deadline: number): number {
  const { k, task } = lx;
  for (;;) {
    Atomics.store(k.i32, task + Task.wake, 0);
    if (woken()) return 0;
    if (signalPending(lx)) return -E.RESTARTSYS;
    if (deadline !== Number.POSITIVE_INFINITY && performance.now() >= deadline) return -E.TIMEDOUT;
    sleepTask(k, task, deadline);
  }
}

/** Adds a waiter at the end of its bucket if `test` holds, both under the kernel lock; 0 if it does not. */
export function joinIf(lx: Lx, key: Key, bits: number, test: () => boolean): number {
  const { k, task } = lx;
  const { i32 } = k;
  return k.locked(() => {
    if (!test()) return 0;
    if (i32[Fixed.futexes] === 0) i32[Fixed.futexes] = k.allocLocked(BUCKETS * 4);
    const waiter = k.allocLocked(Waiter.SIZE);
    i32[waiter + Waiter.task] = task;
    i32[waiter + Waiter.bits] = bits;
    appendLocked(k, key, waiter);
    return waiter;
  });
}

function appendLocked(k: Kernel, { space, place }: Key, waiter: number): void {
  const { i32 } = k;
  i32[waiter + Waiter.space] = space;
  i32[waiter + Waiter.place] = place;
  const rank = rankOf(k, waiter);
  let link = bucketOf(k, space, place);
  while (i32[link] !== 0 && rankOf(k, i32[link]) >= rank) link = i32[link] + Waiter.next;
  i32[waiter + Waiter.next] = i32[link];
  i32[link] = waiter;
}

/** Who is woken before others: by real-time priority, then by time. */
const rankOf = (k: Kernel, waiter: number): number =>
  k.i32[k.i32[waiter + Waiter.task] + Task.schedPriority];

/** Ends a wait; who was woken in the meantime has not been interrupted and has not timed out. */
function leave(k: Kernel, waiter: number, result: number): number {
  const { i32 } = k;
  return k.locked(() => {
    const woken = i32[waiter + Waiter.woken] !== 0;
    if (!woken) {
      let link = bucketOf(k, i32[waiter + Waiter.space], i32[waiter + Waiter.place]);
      while (i32[link] !== waiter) link = i32[link] + Waiter.next;
      i32[link] = i32[waiter + Waiter.next];
    }
    k.freeLocked(waiter);
    return woken ? 0 : result;
  });
}

// ---- waking

export function wakeLocked(k: Kernel, key: Key, count: number, bits: number): number {
  const { i32 } = k;
  if (i32[Fixed.futexes] === 0) return 0;
  let woken = 0;
  for (let link = bucketOf(k, key.space, key.place); i32[link] !== 0 && woken < count; ) {
    const waiter = i32[link];
    if (!isAt(k, waiter, key) || (i32[waiter + Waiter.bits] & bits) === 0) {
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

/** The task that waits longest, 0 if there is none. */
export function firstWaiterLocked(k: Kernel, key: Key): number {
  if (k.i32[Fixed.futexes] === 0) return 0;
  let waiter = k.i32[bucketOf(k, key.space, key.place)];
  while (waiter !== 0 && !isAt(k, waiter, key)) waiter = k.i32[waiter + Waiter.next];
  return waiter === 0 ? 0 : k.i32[waiter + Waiter.task];
}

const isAt = (k: Kernel, waiter: number, { space, place }: Key): boolean =>
  k.i32[waiter + Waiter.space] === space && k.i32[waiter + Waiter.place] === place;

/** Wakes up to `count` waiters; how many it were. Like Linux, at least one even for `count` 0 and less. */
export function futexWake(
  lx: Lx,
  address: number,
  count: number,
  bits: number,
  isPrivate: boolean,
): number {
  const { k } = lx;
  if ((address & 3) !== 0) return -E.INVAL;
  if (!(address < 0x1_0000_0000)) return -E.FAULT;
  if (k.i32[Fixed.futexes] === 0) return 0;
  const key = keyOf(lx, address, isPrivate);
  return k.locked(() => wakeLocked(k, key, Math.max(count, 1), bits));
}

/** FUTEX_REQUEUE, and FUTEX_CMP_REQUEUE with `expected`: wakes some waiters, moves others to `target`. */
export function futexRequeue(
  lx: Lx,
  address: number,
  wake: number,
  move: number,
  target: number,
  expected: number | null,
  isPrivate: boolean,
  targetPrivate = isPrivate,
): number {
  const { k } = lx;
  const word = wordAt(lx, address, PAGE_READ);
  wordAt(lx, target, PAGE_READ);
  if (wake < 0 || move < 0) return -E.INVAL;
  const from = keyOf(lx, address, isPrivate);
  const to = keyOf(lx, target, targetPrivate);
  return k.locked(() => {
    if (expected !== null && Atomics.load(word.i32, word.at) !== (expected | 0)) return -E.AGAIN;
    const woken = wakeLocked(k, from, wake, MATCH_ANY);
    const moved = moveLocked(k, from, to, move);
    return expected === null ? woken : woken + moved;
  });
}

function moveLocked(k: Kernel, from: Key, to: Key, count: number): number {
  const { i32 } = k;
  if (i32[Fixed.futexes] === 0) return 0;
  const movers: number[] = [];
  for (let link = bucketOf(k, from.space, from.place); i32[link] !== 0 && movers.length < count; ) {
    const waiter = i32[link];
    if (isAt(k, waiter, from)) {
      i32[link] = i32[waiter + Waiter.next];
      movers.push(waiter);
    } else {
      link = waiter + Waiter.next;
    }
  }
  for (const waiter of movers) appendLocked(k, to, waiter);
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
  isPrivate: boolean,
): number {
  const { k } = lx;
  wordAt(lx, address, PAGE_READ);
  const word = wordAt(lx, second, PAGE_WRITE);
  const operation = (encoded >>> 28) & 7;
  const argument = (encoded << 8) >> 20;
  const operand = encoded >>> 31 !== 0 ? 1 << argument : argument;
  const comparison = (encoded >>> 24) & 15;
  const compareTo = (encoded << 20) >> 20;
  if (operation > 4 || comparison > 5) return -E.NOSYS;
  const key = keyOf(lx, address, isPrivate);
  const secondKey = keyOf(lx, second, isPrivate);
  return k.locked(() => {
    const old = change(word, operation, operand);
    const woken = wakeLocked(k, key, Math.max(count, 1), MATCH_ANY);
    if (!compares(old, comparison, compareTo)) return woken;
    return woken + wakeLocked(k, secondKey, Math.max(secondCount, 1), MATCH_ANY);
  });
}

function change({ i32, at }: Word, operation: number, operand: number): number {
  switch (operation) {
    case 0:
      return Atomics.exchange(i32, at, operand);
    case 1:
      return Atomics.add(i32, at, operand);
    case 2:
      return Atomics.or(i32, at, operand);
    case 3:
      return Atomics.and(i32, at, ~operand);
    default:
      return Atomics.xor(i32, at, operand);
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
  futexWake(lx, address, 1, MATCH_ANY, false);
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
  const { k, task } = lx;
  const { i32, at } = wordAt(lx, address, PAGE_WRITE);
  for (;;) {
    const old = Atomics.load(i32, at);
    if (pending && old === 0) {
      futexWake(lx, address, 1, MATCH_ANY, false);
      return;
    }
    if ((old & FUTEX_TID_MASK) !== k.i32[task + Task.tid]) return;
    const died = (old & FUTEX_WAITERS) | FUTEX_OWNER_DIED;
    if (Atomics.compareExchange(i32, at, old, died) !== old) continue;
    if ((old & FUTEX_WAITERS) !== 0) futexWake(lx, address, 1, MATCH_ANY, false);
    return;
  }
}
