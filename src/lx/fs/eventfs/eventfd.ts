// eventfd(2): a 64-bit counter. File.c and File.d hold its low and high word, File.b is 1 for EFD_SEMAPHORE.
import { E } from '../../abi/errno.ts';
import { POLL, READABLE, WRITABLE } from '../../abi/poll.ts';
import { File, FileKind, registerFileOps } from '../../kernel/file.ts';
import { newFile } from '../../kernel/files.ts';
import type { Kernel } from '../../kernel/kmem.ts';
import type { Lx } from '../../kernel/lx.ts';
import { newWaitQueueLocked, wakeAllLocked } from '../../kernel/wait.ts';

const MAX = 0xffff_ffff_ffff_fffen;
const BYTES = 8;

export function newEventfd(k: Kernel, initial: number, semaphore: boolean, flags: number): number {
  const file = newFile(k, FileKind.eventfd, flags, 'anon_inode:[eventfd]');
  k.i32[file + File.b] = semaphore ? 1 : 0;
  k.i32[file + File.c] = initial;
  k.i32[file + File.wait] = k.locked(() => newWaitQueueLocked(k));
  return file;
}

const counter = (k: Kernel, file: number): bigint =>
  (BigInt(k.u32[file + File.d]) << 32n) | BigInt(k.u32[file + File.c]);

function setCounterLocked(k: Kernel, file: number, value: bigint): void {
  k.i32[file + File.c] = Number(BigInt.asIntN(32, value));
  k.i32[file + File.d] = Number(BigInt.asIntN(32, value >> 32n));
  wakeAllLocked(k, k.i32[file + File.wait]);
}

function read(lx: Lx, file: number, buf: Uint8Array, off: number, len: number): number {
  const { k } = lx;
  if (len < BYTES) return -E.INVAL;
  return k.locked(() => {
    const value = counter(k, file);
    if (value === 0n) return -E.AGAIN;
    const taken = k.i32[file + File.b] !== 0 ? 1n : value;
    setCounterLocked(k, file, value - taken);
    new DataView(buf.buffer, buf.byteOffset).setBigUint64(off, taken, true);
    return BYTES;
  });
}

function write(lx: Lx, file: number, buf: Uint8Array, off: number, len: number): number {
  const { k } = lx;
  if (len < BYTES) return -E.INVAL;
  const added = new DataView(buf.buffer, buf.byteOffset).getBigUint64(off, true);
  if (added > MAX) return -E.INVAL;
  return k.locked(() => {
    const sum = counter(k, file) + added;
    if (sum > MAX) return -E.AGAIN;
    setCounterLocked(k, file, sum);
    return len;
  });
}

function poll(lx: Lx, file: number): number {
  const value = counter(lx.k, file);
  let events = value > 0n ? READABLE : 0;
  if (value < MAX) events |= WRITABLE;
  return value > MAX ? events | POLL.ERR : events;
}

registerFileOps(FileKind.eventfd, { read, write, poll });
