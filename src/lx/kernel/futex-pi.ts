// Futexes with an owner: FUTEX_LOCK_PI and its kin. The word holds the owner's tid; whoever unlocks with waiters there hands
// it over to the first of them. Priorities are not inherited: it is the host that schedules.
import { PAGE_WRITE } from '../../../assembly/shared/layout.ts';
import { E } from '../abi/errno.ts';
import { FUTEX_OWNER_DIED, FUTEX_TID_MASK, FUTEX_WAITERS } from '../abi/futex.ts';
import {
  firstWaiterLocked,
  joinIf,
  keyOf,
  MATCH_ANY,
  sleepUntilWoken,
  wakeLocked,
  wordAt,
} from './futex.ts';
import type { Lx } from './lx.ts';
import { findTaskLocked } from './process.ts';
import { Task } from './task.ts';

/** Takes the lock, or waits for it until `deadline`; `wait` false: −EAGAIN instead. */
export function futexLockPi(
  lx: Lx,
  address: number,
  deadline: number,
  wait: boolean,
  isPrivate: boolean,
): number {
  const { k } = lx;
  const tid = k.i32[lx.task + Task.tid];
  const word = wordAt(lx, address, PAGE_WRITE);
  const key = keyOf(lx, address, isPrivate);
  for (;;) {
    let result: number = -E.AGAIN; // of the look under the lock; positive: it is worth waiting
    const look = (): boolean => {
      result = takeLocked(lx, word, tid, firstWaiterLocked(k, key) !== 0, wait);
      return result > 0;
    };
    const waiter = joinIf(lx, key, MATCH_ANY, look);
    if (waiter === 0) return result;
    const slept = sleepUntilWoken(lx, waiter, deadline);
    if (slept < 0) return slept;
    if ((Atomics.load(word.i32, word.at) & FUTEX_TID_MASK) === tid) return 0;
  }
}

/** 0: the lock is ours; 1: it is somebody's, who now knows that there are waiters; −errno. */
function takeLocked(
  lx: Lx,
  word: { readonly i32: Int32Array; readonly at: number },
  tid: number,
  waiters: boolean,
  wait: boolean,
): number {
  for (;;) {
    const value = Atomics.load(word.i32, word.at);
    const owner = value & FUTEX_TID_MASK;
    if (owner === tid) return -E.DEADLK;
    const free = owner === 0;
    if (!free && !wait) return -E.AGAIN;
    if (!free && findTaskLocked(lx.k, owner) === 0) return -E.SRCH;
    const next = free
      ? tid | (value & FUTEX_OWNER_DIED) | (waiters ? FUTEX_WAITERS : 0)
      : value | FUTEX_WAITERS;
    if (Atomics.compareExchange(word.i32, word.at, value, next) === value) return free ? 0 : 1;
  }
}

export function futexUnlockPi(lx: Lx, address: number, isPrivate: boolean): number {
  const { k } = lx;
  const tid = k.i32[lx.task + Task.tid];
  const word = wordAt(lx, address, PAGE_WRITE);
  const key = keyOf(lx, address, isPrivate);
  if ((Atomics.load(word.i32, word.at) & FUTEX_TID_MASK) !== tid) return -E.PERM;
  return k.locked(() => {
    const next = firstWaiterLocked(k, key);
    if (next === 0) {
      Atomics.store(word.i32, word.at, 0);
      return 0;
    }
    Atomics.store(word.i32, word.at, k.i32[next + Task.tid] | FUTEX_WAITERS);
    wakeLocked(k, key, 1, MATCH_ANY);
    return 0;
  });
}
