// The way from the guest's `syscall` instruction to a handler and back: arguments are decoded by kind, the result (or
// −errno, also of a bad guest pointer) goes to RAX, here and nowhere else.
import { GPR, R8, R9, R10, RAX, RDI, RDX, RSI } from '../../../assembly/shared/layout.ts';
import { E } from '../abi/errno.ts';
import { beginCall, endTimedCall } from '../kernel/clock.ts';
import { interruptedCall, writeResult } from '../kernel/deliver.ts';
import { releaseHeld } from '../kernel/files.ts';
import { OutOfKernelMemory } from '../kernel/kmem.ts';
import type { Lx } from '../kernel/lx.ts';
import { Task } from '../kernel/task.ts';
import { KernelError, PageMissing } from '../mm/guest-memory.ts';
import { resolveAt } from '../mm/view.ts';
import { afterCall, beforeCall } from './hooked.ts';
import type { ArgKind, SyscallRow } from './row.ts';
import { syscalls } from './table.ts';

/** How a kind is read: the low half signed or unsigned, or all 64 bits signed or unsigned. */
const S32 = 0;
const U32 = 1;
const S64 = 2;
const U64 = 3;

// biome-ignore format: aligned rows
const width: Record<ArgKind, number> = {
  int: S32, fd: S32, atfd: S32, pid: S32, uid: S32, signal: S32,
  'open-flags': S32, prot: S32, 'map-flags': S32, 'at-flags': S32, access: S32, whence: S32, clock: S32, flags: S32,
  uint: U32, hex: U32, mode: U32,
  off: S64, long: S64,
  size: U64, ptr: U64, path: U64, 'buf-in': U64, 'buf-out': U64, argv: U64, 'clone-flags': U64,
};

const REGISTERS = [RDI, RSI, RDX, R10, R8, R9].map((register) => GPR + register * 8);
const HIGH = 0x1_0000_0000;

interface Entry {
  readonly row: SyscallRow;
  readonly widths: readonly number[];
}

const entries: readonly (Entry | undefined)[] = syscalls.map((row) => row && entryOf(row));

function entryOf(row: SyscallRow): Entry {
  return { row, widths: row.args.map((kind) => width[kind]) };
}

/**
 * Runs the system call in RAX of `lx.ctx`. Returns 0 when the guest just goes on, 1 when the run loop has to look at
 * `lx.unwind` or at signals first. After an interrupted call RAX holds −ERESTART… and Task.sysNumber the call's number
 * (signal delivery then restarts it or makes it EINTR); else Task.sysNumber is −1.
 */
export function dispatch(lx: Lx): number {
  const { k, ctx, task } = lx;
  const rax = (ctx + GPR + RAX * 8) >> 2;
  const number = lx.mem.i32[rax];
  const entry = entries[number];
  k.i32[task + Task.sysNumber] = number;
  if (k.i32[task + Task.hooks] !== 0) return watchedCall(lx, number);
  const begun = beginCall();
  const result =
    lx.trace === null && lx.policy === undefined && entry !== undefined
      ? call(lx, entry)
      : slowCall(lx, entry, number);
  if (begun !== 0) endTimedCall(lx, task, begun);
  // The call may have been a vfork child's last one, or an execve: its registers are no longer ours to write.
  if (lx.unwind !== null) return 1;
  writeResult(lx, result);
  if (result <= -E.RESTARTSYS) return 1;
  k.i32[task + Task.sysNumber] = -1;
  return k.i32[task + Task.signalled];
}

/** The same for a task with hooks. Its registers may be others afterwards: the guest always goes on from its context. */
function watchedCall(lx: Lx, number: number): number {
  const { k, task } = lx;
  const wanted = beforeCall(lx, number);
  k.i32[task + Task.lastCall] = wanted ?? number;
  if (wanted !== null) {
    const result = slowCall(lx, entries[wanted], wanted);
    if (lx.unwind === null) writeResult(lx, result);
  }
  if (lx.unwind !== null) return 1;
  if (lx.task !== task) return 1; // a vfork child, in the context of its parent
  afterCall(lx);
  if (interruptedCall(lx) === 0) k.i32[task + Task.sysNumber] = -1;
  return 1;
}

function call(lx: Lx, entry: Entry): number {
  const { widths } = entry;
  const { ctx, mem } = lx;
  const { i32 } = mem;
  const n = widths.length;
  const a = n > 0 ? argument(i32, ctx + REGISTERS[0], widths[0]) : 0;
  const b = n > 1 ? argument(i32, ctx + REGISTERS[1], widths[1]) : 0;
  const c = n > 2 ? argument(i32, ctx + REGISTERS[2], widths[2]) : 0;
  const d = n > 3 ? argument(i32, ctx + REGISTERS[3], widths[3]) : 0;
  const e = n > 4 ? argument(i32, ctx + REGISTERS[4], widths[4]) : 0;
  const f = n > 5 ? argument(i32, ctx + REGISTERS[5], widths[5]) : 0;
  try {
    return entry.row.handler(lx, a, b, c, d, e, f);
  } catch (error) {
    if (error instanceof KernelError) return -error.errno;
    if (error instanceof PageMissing) return resolveAt(lx, error.at) ? call(lx, entry) : -E.FAULT;
    if (error instanceof OutOfKernelMemory) return -E.NOMEM;
    throw error;
  } finally {
    mem.flush();
    releaseHeld(lx);
  }
}

function argument(i32: Int32Array, address: number, kind: number): number {
  const low = i32[address >> 2];
  if (kind === S32) return low;
  if (kind === U32) return low >>> 0;
  const high = i32[(address >> 2) + 1];
  return (kind === S64 ? high : high >>> 0) * HIGH + (low >>> 0);
}

/** The same for unknown numbers, under --strace and under a policy. */
function slowCall(lx: Lx, entry: Entry | undefined, number: number): number {
  const { i32 } = lx.mem;
  const count = entry?.widths.length ?? 6;
  const args = REGISTERS.slice(0, count).map((r, n) =>
    argument(i32, lx.ctx + r, entry?.widths[n] ?? U64),
  );
  lx.trace?.enter(lx, entry?.row, number, args);
  const denied = lx.policy?.check(lx, entry?.row, number, args) ?? 0;
  const result = denied < 0 ? denied : entry === undefined ? -E.NOSYS : call(lx, entry);
  lx.trace?.leave(lx, entry?.row, number, args, result);
  return result;
}
