// Leases: fcntl(2) F_SETLEASE. Who opens a file against a lease waits until its holder, who gets a signal, has given it up or
// has let /proc/sys/fs/lease-break-time pass.
import { E } from '../abi/errno.ts';
import { F_RDLCK, F_UNLCK, F_WRLCK, O } from '../abi/fcntl.ts';
import { POLL_CODE } from '../abi/signal.ts';
import { tellOwnerLocked } from '../kernel/async.ts';
import { File, setLeaseHook } from '../kernel/file.ts';
import { openFilesLocked } from '../kernel/files.ts';
import { Fixed } from '../kernel/fixed.ts';
import type { Kernel } from '../kernel/kmem.ts';
import type { Lx } from '../kernel/lx.ts';
import { sysctlLocked } from '../kernel/sysctl.ts';
import { blockUntil, newWaitQueueLocked, wakeAllLocked } from '../kernel/wait.ts';
import { fileInode } from './file-inode.ts';
import { type Attr, isRegular, isSameInode } from './file-system.ts';

// File.lease and File.leaseBreak are 0 for none, else one more than an F_* type: what is held, and what it has to become.

/** The type that a description holds or, while it is broken, has to come down to. */
export function leaseOf({ i32 }: Kernel, file: number): number {
  const shown = i32[file + File.leaseBreak] || i32[file + File.lease];
  return shown === 0 ? F_UNLCK : shown - 1;
}

export const isBreaking = (k: Kernel, file: number): boolean => k.i32[file + File.leaseBreak] !== 0;

/** Holds, changes or (F_UNLCK) gives up a lease; who waits for that goes on. */
export function putLease(k: Kernel, file: number, type: number): void {
  k.locked(() => {
    const { i32 } = k;
    const had = i32[file + File.lease] !== 0;
    const has = type !== F_UNLCK;
    i32[Fixed.leases] += Number(has) - Number(had);
    i32[file + File.lease] = has ? type + 1 : 0;
    i32[file + File.leaseBreak] = 0;
    wakeAllLocked(k, i32[Fixed.leaseWait]);
  });
}
setLeaseHook((k, file) => putLease(k, file, F_UNLCK));

/** Open descriptions of a file, of those that are `wanted`. */
export function openFilesOf(lx: Lx, attr: Attr, wanted: (file: number) => boolean): number[] {
  const all = lx.k.locked(() => openFilesLocked(lx.k));
  return all.filter(wanted).filter((file) => {
    const own = fileInode(lx, file).attr(lx, file);
    return typeof own !== 'number' && isSameInode(own, attr);
  });
}

/** Descriptions of the file that hold a lease against which it would be opened. */
function conflicts(lx: Lx, attr: Attr, writes: boolean): number[] {
  return openFilesOf(lx, attr, (file) => {
    const lease = lx.k.i32[file + File.lease];
    return lease === F_WRLCK + 1 || (writes && lease === F_RDLCK + 1);
  });
}

/** The file is about to be opened (or truncated) with O_* `flags`: 0, −EAGAIN (O_NONBLOCK), −ERESTARTSYS. */
export function breakLeases(lx: Lx, attr: Attr, flags: number): number {
  const { k } = lx;
  if (!isRegular(attr)) return 0;
  const writes = (flags & O.ACCMODE) !== O.RDONLY || (flags & O.TRUNC) !== 0;
  const holders = conflicts(lx, attr, writes);
  if (holders.length === 0) return 0;
  const seconds = k.locked(() => {
    const target = (writes ? F_UNLCK : F_RDLCK) + 1;
    for (const file of holders) {
      if (k.i32[file + File.leaseBreak] === 0)
        tellOwnerLocked(k, file, k.i32[file + File.leaseFd], POLL_CODE.MSG);
      k.i32[file + File.leaseBreak] = Math.max(k.i32[file + File.leaseBreak], target);
    }
    if (k.i32[Fixed.leaseWait] === 0) k.i32[Fixed.leaseWait] = newWaitQueueLocked(k);
    return sysctlLocked(k, 'fs/lease-break-time');
  });
  if (flags & O.NONBLOCK) return -E.AGAIN;
  const until = seconds === 0 ? Number.POSITIVE_INFINITY : performance.now() + seconds * 1000;
  const attempt = (): number => (conflicts(lx, attr, writes).length === 0 ? 0 : -E.AGAIN);
  const waited = blockUntil(lx, [k.i32[Fixed.leaseWait]], attempt, until);
  if (waited !== -E.TIMEDOUT) return waited;
  for (const file of conflicts(lx, attr, writes)) putLease(k, file, writes ? F_UNLCK : F_RDLCK);
  return 0;
}
