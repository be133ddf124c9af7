// timerfd_create(2): File.a is the Timer; reading takes the number of expirations.
import { E } from '../../abi/errno.ts';
import { READABLE } from '../../abi/poll.ts';
import { File, FileKind, registerFileOps } from '../../kernel/file.ts';
import { newFile } from '../../kernel/files.ts';
import type { Kernel } from '../../kernel/kmem.ts';
import type { Lx } from '../../kernel/lx.ts';
import {
  fireTimers,
  freeTimerLocked,
  newFdTimer,
  Timer,
  wakeTimerLocked,
} from '../../kernel/timer.ts';
import { newWaitQueueLocked } from '../../kernel/wait.ts';

const BYTES = 8;

export function newTimerfd(k: Kernel, clock: number, flags: number): number {
  const file = newFile(k, FileKind.timerfd, flags, 'anon_inode:[timerfd]');
  k.i32[file + File.a] = newFdTimer(k, file, clock);
  k.i32[file + File.wait] = k.locked(() => newWaitQueueLocked(k));
  return file;
}

const expirations = (k: Kernel, file: number): number =>
  (k.i32[file + File.a] + Timer.expirations) >> 1;

function read(lx: Lx, file: number, buf: Uint8Array, off: number, len: number): number {
  const { k } = lx;
  if (len < BYTES) return -E.INVAL;
  fireTimers(k);
  return k.locked(() => {
    const timer = k.i32[file + File.a];
    if (k.i32[timer + Timer.cancel] === 2) {
      k.i32[timer + Timer.cancel] = 1;
      return -E.CANCELED;
    }
    wakeTimerLocked(k, timer);
    const count = k.f64[expirations(k, file)];
    if (count === 0) return -E.AGAIN;
    k.f64[expirations(k, file)] = 0;
    new DataView(buf.buffer, buf.byteOffset).setBigUint64(off, BigInt(count), true);
    return BYTES;
  });
}

function poll(lx: Lx, file: number): number {
  fireTimers(lx.k);
  const cancelled = lx.k.i32[lx.k.i32[file + File.a] + Timer.cancel] === 2;
  return cancelled || lx.k.f64[expirations(lx.k, file)] > 0 ? READABLE : 0;
}

function release(lx: Lx, file: number): void {
  lx.k.locked(() => freeTimerLocked(lx.k, lx.k.i32[file + File.a]));
}

registerFileOps(FileKind.timerfd, { read, poll, release });
