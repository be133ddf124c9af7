// process_vm_readv(2), process_vm_writev(2), for memory that the caller itself sees; and what ptrace(2) answers where nobody
// can be traced.
import { PAGE_READ, PAGE_WRITE } from '../../../assembly/shared/layout.ts';
import { E } from '../abi/errno.ts';
import type { Lx } from '../kernel/lx.ts';
import { processOf } from '../kernel/process.ts';
import { Process, Task } from '../kernel/task.ts';
import { KernelError } from '../mm/guest-memory.ts';
import { readIoVecs } from '../vfs/iovec.ts';
import { mayTrace } from './pidfd.ts';
import { type Handler, row, type SyscallRow } from './row.ts';
import { taskByTid } from './sched.ts';

interface Piece {
  readonly base: number;
  readonly len: number;
}

/** The bytes of a list that may be read, up to the first that may not. */
function gather(lx: Lx, list: readonly Piece[]): Uint8Array[] {
  const parts: Uint8Array[] = [];
  for (const { base, len } of list) {
    const there = lx.mem.accessible(base, len, PAGE_READ);
    if (there > 0) parts.push(lx.mem.bytes(base, there));
    if (there < len) break;
  }
  return parts;
}

/** Spreads bytes over a list as far as it may be written: how many. */
function spread(lx: Lx, parts: readonly Uint8Array[], list: readonly Piece[]): number {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  let done = 0;
  for (const { base, len } of list) {
    const wanted = Math.min(len, all.length - done);
    const there = lx.mem.accessible(base, wanted, PAGE_WRITE);
    if (there > 0) lx.mem.write(base, all.subarray(done, done + there));
    done += there;
    if (there < len) break;
  }
  return done;
}

const length = (list: readonly Piece[]): number => list.reduce((sum, { len }) => sum + len, 0);

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
    if (i32[process + Process.mm] !== i32[processOf(lx) + Process.mm]) return -E.PERM;
    const [from, to] = write ? [own, theirs] : [theirs, own];
    const n = spread(lx, gather(lx, from), to);
    if (n === 0) throw new KernelError(E.FAULT);
    return n;
  };

const PTRACE_TRACEME = 0;

const ptrace: Handler = (lx, request, pid) => {
  if (request === PTRACE_TRACEME) return -E.PERM;
  return taskByTid(lx, pid) === 0 || pid === 0 ? -E.SRCH : -E.PERM;
};

const NOTE = 'the caller’s own memory';

// biome-ignore format: aligned rows
export const rows: readonly SyscallRow[] = [
  row(101, 'ptrace',            ['int', 'pid', 'ptr', 'ptr'],                      ptrace,          'stub',    'emulated', 'EPERM: nobody can be traced'),
  row(310, 'process_vm_readv',  ['pid', 'ptr', 'int', 'ptr', 'int', 'size'],       transfer(false), 'partial', 'emulated', NOTE),
  row(311, 'process_vm_writev', ['pid', 'ptr', 'int', 'ptr', 'int', 'size'],       transfer(true),  'partial', 'emulated', NOTE),
];
