// System calls about niceness and I/O priority. Both are kept and answered; the host does not hear of them.
import { CAP } from '../abi/capability.ts';
import { E } from '../abi/errno.ts';
import { IOPRIO } from '../abi/sched.ts';
import { can } from '../kernel/caps.ts';
import type { Lx } from '../kernel/lx.ts';
import { findTaskLocked, processesLocked, processOf, tasksLocked } from '../kernel/process.ts';
import { RLIMIT, rlimitSoft } from '../kernel/rlimits.ts';
import { Process, ProcessState, Task } from '../kernel/task.ts';
import { type Handler, row, type SyscallRow } from './row.ts';

const PRIO = { PROCESS: 0, PGRP: 1, USER: 2 } as const;
const [LOWEST, HIGHEST] = [19, -20];

/** can_nice() of Linux: RLIMIT_NICE counts from 1 (19) to 40 (−20). */
export const mayBeNice = (lx: Lx, process: number, nice: number): boolean =>
  20 - nice <= rlimitSoft(lx.k, process, RLIMIT.NICE) || can(lx, CAP.SYS_NICE);

/** The processes that (`which`, `who`) means. */
function named(lx: Lx, which: number, who: number): number[] {
  const { k } = lx;
  const { i32 } = k;
  const self = processOf(lx);
  return k.locked(() => {
    if (which === PRIO.PROCESS) {
      const task = who === 0 ? lx.task : findTaskLocked(k, who);
      return task === 0 ? [] : [i32[task + Task.process]];
    }
    const field = which === PRIO.PGRP ? Process.pgid : Process.uid;
    const wanted = who === 0 ? i32[self + field] : who;
    return processesLocked(k).filter(
      (p) => i32[p + field] === wanted && i32[p + Process.state] === ProcessState.alive,
    );
  });
}

/** May the caller change the priorities of a process? */
function mayChange(lx: Lx, process: number): boolean {
  const { i32 } = lx.k;
  const euid = i32[processOf(lx) + Process.euid];
  const owns = euid === i32[process + Process.uid] || euid === i32[process + Process.euid];
  return owns || can(lx, CAP.SYS_NICE);
}

/** The raw call answers 20 − nice, so that it is never negative. */
const getpriority: Handler = (lx, which, who) => {
  if (which < PRIO.PROCESS || which > PRIO.USER) return -E.INVAL;
  const found = named(lx, which, who);
  if (found.length === 0) return -E.SRCH;
  return 20 - Math.min(...found.map((p) => lx.k.i32[p + Process.nice]));
};

const setpriority: Handler = (lx, which, who, priority) => {
  if (which < PRIO.PROCESS || which > PRIO.USER) return -E.INVAL;
  const nice = Math.min(LOWEST, Math.max(HIGHEST, priority));
  let result: number = -E.SRCH;
  for (const p of named(lx, which, who)) {
    if (!mayChange(lx, p)) {
      result = -E.PERM;
    } else if (nice < lx.k.i32[p + Process.nice] && !mayBeNice(lx, p, nice)) {
      result = -E.ACCES;
    } else {
      if (result === -E.SRCH) result = 0;
      lx.k.i32[p + Process.nice] = nice;
    }
  }
  return result;
};

// ---- I/O

/** What a task's I/O is done with: its own priority, or one that follows from its niceness. */
function effectiveIo(lx: Lx, task: number): number {
  const { i32 } = lx.k;
  const own = i32[task + Task.ioprio];
  if (own !== 0) return own;
  const level = Math.trunc((i32[i32[task + Task.process] + Process.nice] + 20) / 5);
  return (IOPRIO.BE << IOPRIO.SHIFT) | level;
}

const ioTasks = (lx: Lx, which: number, who: number): number[] =>
  named(lx, which - 1, who).flatMap((p) => lx.k.locked(() => tasksLocked(lx.k, p)));

/** `which` is one more than that of getpriority(2). */
const ioprio_get: Handler = (lx, which, who) => {
  if (which < 1 || which > 3) return -E.INVAL;
  const tasks = which === 1 ? oneTask(lx, who) : ioTasks(lx, which, who);
  if (tasks.length === 0) return -E.SRCH;
  if (which === 1) return lx.k.i32[tasks[0] + Task.ioprio];
  return Math.min(...tasks.map((task) => effectiveIo(lx, task)));
};

function oneTask(lx: Lx, tid: number): number[] {
  const task = tid === 0 ? lx.task : lx.k.locked(() => findTaskLocked(lx.k, tid));
  return task === 0 ? [] : [task];
}

const ioprio_set: Handler = (lx, which, who, priority) => {
  const kind = priority >> IOPRIO.SHIFT;
  const level = priority & (IOPRIO.LEVELS - 1);
  if (kind < IOPRIO.NONE || kind > IOPRIO.IDLE || (kind === IOPRIO.NONE && level !== 0))
    return -E.INVAL;
  if (kind === IOPRIO.RT && !can(lx, CAP.SYS_ADMIN) && !can(lx, CAP.SYS_NICE)) return -E.PERM;
  if (which < 1 || which > 3) return -E.INVAL;
  const tasks = which === 1 ? oneTask(lx, who) : ioTasks(lx, which, who);
  if (tasks.length === 0) return -E.SRCH;
  for (const task of tasks) {
    if (!mayChange(lx, lx.k.i32[task + Task.process])) return -E.PERM;
    lx.k.i32[task + Task.ioprio] = priority;
  }
  return 0;
};

// biome-ignore format: aligned rows
export const rows: readonly SyscallRow[] = [
  row(140, 'getpriority', ['int', 'int'],        getpriority, 'full',    'emulated'),
  row(141, 'setpriority', ['int', 'int', 'int'], setpriority, 'partial', 'emulated', 'kept a process, not a thread, without effect'),
  row(251, 'ioprio_set',  ['int', 'int', 'int'], ioprio_set,  'partial', 'emulated', 'kept, without effect'),
  row(252, 'ioprio_get',  ['int', 'int'],        ioprio_get,  'full',    'emulated'),
];
