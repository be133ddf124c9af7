// flock(2): whole-file locks that belong to an open file description.
import { E } from '../abi/errno.ts';
import { LOCK } from '../abi/fcntl.ts';
import type { Lx } from '../kernel/lx.ts';
import { blockUntil } from '../kernel/wait.ts';
import {
  dropLocks,
  Lock,
  LockFlavour,
  type LockKey,
  lockKeyOf,
  lockQueue,
  locksOfLocked,
  newLockLocked,
  removeLockLocked,
  wakeLocksLocked,
} from './lock-list.ts';

/** `kind` is LOCK_SH, LOCK_EX or LOCK_UN. */
export function flockFile(lx: Lx, file: number, kind: number, nonBlocking: boolean): number {
  const key = lockKeyOf(lx, file);
  if (typeof key === 'number') return key;
  if (kind === LOCK.UN) {
    dropFlocks(lx, file, key);
    return 0;
  }
  const attempt = (): number => lx.k.locked(() => takeLocked(lx, file, key, kind === LOCK.EX));
  const first = attempt();
  if (first !== -E.AGAIN || nonBlocking) return first;
  return blockUntil(lx, [lockQueue(lx)], attempt);
}

/** Changing the kind gives up the old lock first, as flock(2) says. */
function takeLocked(lx: Lx, file: number, key: LockKey, exclusive: boolean): number {
  const { k } = lx;
  let conflict = false;
  for (const lock of locksOfLocked(k, key)) {
    if (k.i32[lock + Lock.flavour] !== LockFlavour.flock) continue;
    if (k.i32[lock + Lock.owner] !== file) {
      conflict ||= exclusive || k.i32[lock + Lock.exclusive] !== 0;
    } else if ((k.i32[lock + Lock.exclusive] !== 0) === exclusive) {
      return 0;
    } else {
      removeLockLocked(k, lock);
      wakeLocksLocked(k);
    }
  }
  if (conflict) return -E.AGAIN;
  const init = { flavour: LockFlavour.flock, owner: file, pid: 0, exclusive };
  newLockLocked(k, key, { ...init, start: 0, end: Number.POSITIVE_INFINITY });
  return 0;
}

/** The description's lock goes: unlocked, or its last descriptor closed. */
export function dropFlocks(lx: Lx, file: number, key: LockKey): void {
  const { i32 } = lx.k;
  dropLocks(
    lx.k,
    key,
    (lock) => i32[lock + Lock.flavour] === LockFlavour.flock && i32[lock + Lock.owner] === file,
  );
}
