// process_vm_readv(2), process_vm_writev(2): each task reads and writes its own memory (kernel/remote.ts).
import { PAGE_WRITE } from '../../../assembly/shared/layout.ts';
import { E } from '../abi/errno.ts';
import type { Lx } from '../kernel/lx.ts';
import { processOf } from '../kernel/process.ts';
import { ask, registerWork } from '../kernel/remote.ts';
import { Process, Task } from '../kernel/task.ts';
import { type IoVec, readIoVecs } from '../vfs/iovec.ts';
import { mayTrace } from './pidfd.ts';
import { readBytes } from './ptrace.ts';
import { type Handler, row, type SyscallRow } from './row.ts';
import { taskByTid } from './sched.ts';

/** Bytes of one request. */
const CHUNK = 1 << 20;

/** Bytes of another task, up to the first that may not be written. */
const writeBytes = registerWork((lx, address, data) => {
  const there = lx.mem.accessible(address, data.length, PAGE_WRITE);
  if (there > 0) lx.mem.write(address, data.subarray(0, there));
  return there;
});

/** The bytes of a list in a task's memory that may be read, up to the first that may not. */
function gather(lx: Lx, task: number, list: readonly IoVec[]): Uint8Array[] | number {
  const parts: Uint8Array[] = [];
  for (const { base, len } of list) {
    for (let at = 0; at < len; ) {
      const part = new Uint8Array(Math.min(len - at, CHUNK));
      const there = ask(lx, task, readBytes, base + at, part);
      if (there < 0) return there;
      if (there > 0) parts.push(part.subarray(0, there));
      if (there < part.length) return parts;
      at += there;
    }
  }
  return parts;
}

/** Spreads bytes over a list in a task's memory as far as it may be written: how many. */
function spread(
  lx: Lx,
  task: number,
  parts: readonly Uint8Array[],
  list: readonly IoVec[],
): number {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  let done = 0;
  for (const { base, len } of list) {
    for (let from = 0; from < len && done < all.length; ) {
      const part = all.subarray(done, done + Math.min(len - from, CHUNK, all.length - done));
      const there = ask(lx, task, writeBytes, base + from, part);
      if (there < 0) return there;
      done += there;
      if (there < part.length) return done;
      from += there;
    }
  }
  return done;
}

const length = (list: readonly IoVec[]): number => list.reduce((sum, { len }) => sum + len, 0);

const transfer =
  (write: boolean): Handler =>
  (lx, pid, local, localCount, remote, remoteCount, flags) => {
    if (flags !== 0) return -E.INVAL;
    const own = readIoVecs(lx, local, localCount);
    if (length(own) === 0) return 0;
    const theirs = readIoVecs(lx, remote, remoteCount);
    if (length(theirs) === 0) return 0;
    const task = taskByTid(lx, pid);
    if (task === 0 || pid === 0) return -E.SRCH;
    const { i32 } = lx.k;
    const process = i32[task + Task.process];
    if (!mayTrace(lx, process)) return -E.PERM;
    const isShared = i32[process + Process.mm] === i32[processOf(lx) + Process.mm];
    const other = isShared ? lx.task : task;
    const parts = write ? gather(lx, lx.task, own) : gather(lx, other, theirs);
    if (typeof parts === 'number') return parts;
    const n = write ? spread(lx, other, parts, theirs) : spread(lx, lx.task, parts, own);
    return n === 0 ? -E.FAULT : n;
  };

// biome-ignore format: aligned rows
export const rows: readonly SyscallRow[] = [
  row(310, 'process_vm_readv',  ['pid', 'ptr', 'int', 'ptr', 'int', 'size'],       transfer(false), 'full',    'emulated'),
  row(311, 'process_vm_writev', ['pid', 'ptr', 'int', 'ptr', 'int', 'size'],       transfer(true),  'full',    'emulated'),
];
