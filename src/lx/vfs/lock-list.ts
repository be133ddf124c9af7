// File locks of all flavours, in kernel memory: one list for the session. Locks are few and short-lived, so a list is
// enough; it is empty nearly always, which closing a descriptor checks first.
import { File } from '../kernel/file.ts';
import { Fixed } from '../kernel/fixed.ts';
import { type Kernel, struct } from '../kernel/kmem.ts';
import type { Lx } from '../kernel/lx.ts';
import { newWaitQueueLocked, wakeAllLocked } from '../kernel/wait.ts';
import { fileInode } from './file-inode.ts';

// biome-ignore format: aligned rows
export const Lock = struct({
  next: 'i32',
  flavour: 'i32',             // a LockFlavour
  owner: 'i32',               // process (posix) or description (ofd, flock)
  pid: 'i32',                 // what F_GETLK tells; −1 for ofd
  exclusive: 'i32',
  pad: 'i32',
  dev: 'f64', ino: 'f64',     // the inode it is on
  start: 'f64', end: 'f64',   // bytes [start, end)
});

/** posix and ofd locks exclude each other; flock locks are a world of their own. */
export const LockFlavour = { posix: 0, ofd: 1, flock: 2 } as const;

/** The inode a lock is on. */
export interface LockKey {
  readonly dev: number;
  readonly ino: number;
}

export interface LockInit {
  readonly flavour: number;
  readonly owner: number;
  readonly pid: number;
  readonly exclusive: boolean;
  readonly start: number;
  readonly end: number;
}

export function lockKeyOf(lx: Lx, file: number): LockKey | number {
  const attr = fileInode(lx, file).attr(lx, file);
  return typeof attr === 'number' ? attr : { dev: Number(attr.dev), ino: Number(attr.ino) };
}

export const anyLocks = (k: Kernel): boolean => Atomics.load(k.i32, Fixed.locks) !== 0;

/** Locks on an inode, kernel lock held. */
export function locksOfLocked(k: Kernel, key: LockKey): number[] {
  const found: number[] = [];
  for (let l = k.i32[Fixed.locks]; l !== 0; l = k.i32[l + Lock.next]) {
    if (k.f64[(l + Lock.ino) >> 1] === key.ino && k.f64[(l + Lock.dev) >> 1] === key.dev) {
      found.push(l);
    }
  }
  return found;
}

export function newLockLocked(k: Kernel, key: LockKey, init: LockInit): number {
  const { i32, f64 } = k;
  const lock = k.allocLocked(Lock.SIZE);
  i32[lock + Lock.flavour] = init.flavour;
  i32[lock + Lock.owner] = init.owner;
  i32[lock + Lock.pid] = init.pid;
  i32[lock + Lock.exclusive] = init.exclusive ? 1 : 0;
  f64[(lock + Lock.dev) >> 1] = key.dev;
  f64[(lock + Lock.ino) >> 1] = key.ino;
  f64[(lock + Lock.start) >> 1] = init.start;
  f64[(lock + Lock.end) >> 1] = init.end;
  i32[lock + Lock.next] = i32[Fixed.locks];
  i32[Fixed.locks] = lock;
  return lock;
}

export function removeLockLocked(k: Kernel, lock: number): void {
  let link: number = Fixed.locks;
  while (k.i32[link] !== lock) link = k.i32[link] + Lock.next;
  k.i32[link] = k.i32[lock + Lock.next];
  k.freeLocked(lock);
}

/** Where everybody waits who wants a lock. */
export function lockQueue(lx: Lx): number {
  const { k } = lx;
  return k.locked(() => {
    if (k.i32[Fixed.lockWait] === 0) k.i32[Fixed.lockWait] = newWaitQueueLocked(k);
    return k.i32[Fixed.lockWait];
  });
}

/** A lock went: those who wait look again. */
export function wakeLocksLocked(k: Kernel): void {
  wakeAllLocked(k, k.i32[Fixed.lockWait]);
}

/** Removes what `matches` of an inode's locks. */
export function dropLocks(k: Kernel, key: LockKey, matches: (lock: number) => boolean): void {
  k.locked(() => {
    const gone = locksOfLocked(k, key).filter(matches);
    for (const lock of gone) removeLockLocked(k, lock);
    if (gone.length > 0) wakeLocksLocked(k);
  });
}

export const isLastReference = (k: Kernel, file: number): boolean => k.i32[file + File.refs] === 1;
