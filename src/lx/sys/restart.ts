// restart_syscall(2): calls with a relative timeout cannot simply be executed again after a signal without a handler
// (a stop and continue). They leave what is to be done in the task (restart_block of Linux): a kind, the absolute
// deadline and a few arguments.
import { E } from '../abi/errno.ts';
import type { Lx } from '../kernel/lx.ts';
import { Task } from '../kernel/task.ts';
import { type Handler, row, type SyscallRow } from './row.ts';

export const RestartKind = { none: 0, nanosleep: 1, poll: 2, futex: 3 } as const;
const ARGUMENTS = 5;

type Resume = (
  lx: Lx,
  deadline: number,
  a: number,
  b: number,
  c: number,
  d: number,
  e: number,
) => number;
const resumers: Resume[] = [];

/** Declares what goes on with a kind of restart. */
export function resumeWith(kind: number, resume: Resume): void {
  resumers[kind] = resume;
}

export function setRestart(lx: Lx, kind: number, deadline: number, args: readonly number[]): void {
  const { k, task } = lx;
  k.i32[task + Task.restartKind] = kind;
  k.f64[(task + Task.restart) >> 1] = deadline;
  for (let i = 0; i < ARGUMENTS; i++) k.f64[((task + Task.restartArgs) >> 1) + i] = args[i] ?? 0;
}

const restartSyscall: Handler = (lx) => {
  const { k, task } = lx;
  const resume = resumers[k.i32[task + Task.restartKind]];
  if (resume === undefined) return -E.INTR;
  const [a, b, c, d, e] = k.f64.subarray((task + Task.restartArgs) >> 1);
  return resume(lx, k.f64[(task + Task.restart) >> 1], a, b, c, d, e);
};

// biome-ignore format: aligned rows
export const rows: readonly SyscallRow[] = [
  row(219, 'restart_syscall', [], restartSyscall, 'full', 'emulated'),
];
