// The end of tasks and processes: exit, exit_group, death by signal; zombies, orphans, and what their relatives are told
// (do_exit() and its helpers in Linux's kernel/exit.c).
import { SIG } from '../abi/signal.ts';
import { PAGE_SIZE } from '../mm/layout.ts';
import { dropMm, freeMm, Mm } from '../mm/mm.ts';
import { closeViews } from '../mm/view.ts';
import { dropAioLocked } from './aio.ts';
import { endTaskCpu } from './clock.ts';
import { releaseFiles } from './files.ts';
import { Fixed } from './fixed.ts';
import { clearChildTid, releaseRobustList } from './futex.ts';
import type { Kernel } from './kmem.ts';
import { announceLingererLocked, dismissLingerersLocked } from './linger.ts';
import type { Lx } from './lx.ts';
import { flushPendingLocked } from './pending.ts';
import { forgetPidLocked } from './pidfd.ts';
import {
  adoptLocked,
  childrenLocked,
  freeProcessLocked,
  processesLocked,
  processOf,
  putFsLocked,
  tasksLocked,
  unlinkChildLocked,
  unlinkTaskLocked,
} from './process.ts';
import { refuseRequestsLocked } from './remote.ts';
import { putFiltersLocked } from './seccomp.ts';
import { exitInfo, KERNEL_INFO } from './siginfo.ts';
import {
  isOrphanedGroupLocked,
  killTaskLocked,
  putSigHandLocked,
  reapsChildrenLocked,
  sendSignalLocked,
  sendSignalToGroupLocked,
} from './signal.ts';
import { undoSemaphoresLocked } from './sysv-sem.ts';
import { INIT_PID, Process, ProcessState, Task, TaskState } from './task.ts';
import { dropTimersLocked } from './timer.ts';
import { releaseTraceesLocked } from './trace.ts';
import { resumeVforkParent } from './vfork.ts';
import { wakeAllLocked, wakeTask } from './wait.ts';

/**
 * Ends the current process with wait status `status`: this task now, the others when they look for signals. Only from
 * the run loop (the interpreter has unwound). Afterwards lx.task is the vfork parent, or 0: the worker is free.
 */
export function exitGroup(lx: Lx, status: number): void {
  const { k, task } = lx;
  k.locked(() => beginGroupExitLocked(k, task, status));
  exitTask(lx, status);
}

function beginGroupExitLocked(k: Kernel, task: number, status: number): void {
  const process = k.i32[task + Task.process];
  if (k.i32[process + Process.exiting] !== 0) return;
  k.i32[process + Process.exiting] = 1;
  k.i32[process + Process.exitCode] = status;
  for (const other of tasksLocked(k, process)) if (other !== task) killTaskLocked(k, other);
}

/** Ends the current task; with the last one its process, whose status is `status` unless it was set before. */
export function exitTask(lx: Lx, status: number): void {
  const { k, task } = lx;
  const { i32 } = k;
  const process = processOf(lx);
  releaseRobustList(lx); // first: who joins may reuse the memory that the list lies in
  if (i32[process + Process.taskCount] > 1) k.locked(() => announceLingererLocked(lx));
  clearChildTid(lx);
  endTaskCpu(lx);
  const last = k.locked(() => {
    i32[task + Task.state] = TaskState.dead;
    refuseRequestsLocked(k, task);
    putFiltersLocked(k, i32[task + Task.seccomp]);
    flushPendingLocked(k, task, Task);
    if (i32[process + Process.taskCount] > 1) {
      endThreadLocked(k, process, task);
      return false;
    }
    if (i32[process + Process.exiting] === 0) i32[process + Process.exitCode] = status;
    i32[process + Process.exiting] = 1;
    return true;
  });
  if (last) exitProcess(lx, process);
  if (!resumeVforkParent(lx)) lx.task = 0;
}

/** A thread that is not the last: a leader stays as a zombie thread until the others have ended. */
function endThreadLocked(k: Kernel, process: number, task: number): void {
  unlinkTaskLocked(k, task);
  if (k.i32[process + Process.leader] === task)
    k.i32[process + Process.leader] = k.i32[process + Process.tasks];
  k.freeLocked(task);
  const waiting = k.i32[process + Process.execTask];
  if (waiting !== 0) wakeTask(k, waiting);
}

/** Takes back a task that clone() made and that never ran. */
export function abandonTask(lx: Lx, task: number): void {
  const { k } = lx;
  const { i32 } = k;
  const process = i32[task + Task.process];
  if (i32[process + Process.taskCount] > 1)
    return k.locked(() => endThreadLocked(k, process, task));
  k.locked(() => {
    unlinkChildLocked(k, process);
    adoptLocked(k, i32[Fixed.init], process);
  });
  exitTask({ ...lx, task }, SIG.KILL);
}

function exitProcess(lx: Lx, process: number): void {
  const { k, task } = lx;
  const { i32 } = k;
  k.locked(() => {
    dropTimersLocked(k, process, true);
    undoSemaphoresLocked(k, process);
    dropAioLocked(k, process);
  });
  releaseMemory(lx, process);
  releaseFiles(lx, process);
  k.locked(() => {
    releaseTraceesLocked(k, process);
    putFsLocked(k, i32[process + Process.fs]);
    i32[process + Process.fs] = 0;
    hangUpSessionLocked(k, process);
    const groups = new Set<number>([i32[process + Process.pgid]]);
    orphanChildrenLocked(k, process, groups);
    becomeZombieLocked(k, process);
    for (const pgid of groups) signalOrphanedGroupLocked(k, pgid, process);
    unlinkTaskLocked(k, task);
    i32[process + Process.leader] = 0;
    k.freeLocked(task);
    reportLocked(k, process);
  });
  lx.session.post({ type: 'ended' });
}

/**
 * Lets go of the current process's memory. Its user count tells who was the last: the wasm memory is free then, unless
 * the process keeps it for its next image (`keep`).
 */
export function releaseMemory(lx: Lx, process: number, keep = false): void {
  const { k } = lx;
  const { i32 } = k;
  const mm = i32[process + Process.mm];
  const memory = i32[process + Process.memory];
  if (mm === 0) return;
  const last = dropMm(k, mm);
  if (last) {
    lx.cpu?.closing(mm);
    closeViews(lx, mm);
    k.locked(() => dismissLingerersLocked(k, memory));
  }
  i32[process + Process.mm] = 0;
  i32[process + Process.memory] = 0;
  if (!last) return;
  const used = i32[mm + Mm.maxPages] * PAGE_SIZE;
  const { f64 } = k;
  f64[Fixed.maxMemory >> 1] = Math.max(f64[Fixed.maxMemory >> 1], used);
  freeMm(lx, mm);
  if (!keep) lx.session.post({ type: 'memory', memory, used });
}

/** A session leader's end hangs up its terminal: SIGHUP and SIGCONT to the foreground group. */
function hangUpSessionLocked(k: Kernel, process: number): void {
  const { i32 } = k;
  const tty = i32[process + Process.tty];
  i32[process + Process.tty] = 0;
  if (tty === 0 || i32[process + Process.sid] !== i32[process + Process.pid]) return;
  for (const hook of hangUpHooks) hook(k, tty);
  for (const other of processesLocked(k)) {
    if (i32[other + Process.sid] === i32[process + Process.sid]) i32[other + Process.tty] = 0;
  }
}

/** Called, with the kernel lock held, for the controlling terminal of a session whose leader ends. */
const hangUpHooks: ((k: Kernel, tty: number) => void)[] = [];
export const onSessionEndLocked = (hook: (k: Kernel, tty: number) => void): number =>
  hangUpHooks.push(hook);

/** Gives the children to the nearest subreaper above, or to init; adds the groups that may be orphaned by that. */
function orphanChildrenLocked(k: Kernel, process: number, groups: Set<number>): void {
  const { i32 } = k;
  const reaper = reaperOfLocked(k, process);
  for (const child of childrenLocked(k, process)) {
    unlinkChildLocked(k, child);
    adoptLocked(k, reaper, child);
    groups.add(i32[child + Process.pgid]);
    const signal = i32[child + Process.pdeathsig];
    if (signal !== 0) sendSignalLocked(k, child, signal, KERNEL_INFO);
    i32[child + Process.exitSignal] = SIG.CHLD;
    if (i32[child + Process.state] === ProcessState.zombie) reportLocked(k, child);
  }
}

function reaperOfLocked(k: Kernel, process: number): number {
  const { i32 } = k;
  for (let p = i32[process + Process.parent]; p !== 0; p = i32[p + Process.parent]) {
    if (i32[p + Process.childSubreaper] !== 0 && i32[p + Process.exiting] === 0) return p;
  }
  return i32[Fixed.init];
}

function becomeZombieLocked(k: Kernel, process: number): void {
  const { i32 } = k;
  i32[process + Process.state] = ProcessState.zombie;
  i32[process + Process.stateChange] = 0;
  i32[process + Process.stopSignal] = 0;
  flushPendingLocked(k, process, Process);
  wakeAllLocked(k, i32[process + Process.pidRef]);
  countUsageLocked(k, process);
  Atomics.sub(i32, Fixed.alive, 1);
  if (process !== i32[Fixed.firstProcess]) return;
  i32[Fixed.firstStatus] = i32[process + Process.exitCode];
  i32[Fixed.firstDone] = 1;
}

/** What it used is part of what the session used. */
function countUsageLocked({ f64 }: Kernel, process: number): void {
  f64[Fixed.userMs >> 1] += f64[(process + Process.utime) >> 1];
  f64[Fixed.systemMs >> 1] += f64[(process + Process.stime) >> 1];
}

/**
 * A group that has just become orphaned and has stopped members gets SIGHUP and SIGCONT (POSIX, _exit()). `process` is the
 * one whose end did it.
 */
function signalOrphanedGroupLocked(k: Kernel, pgid: number, process: number): void {
  const { i32 } = k;
  const members = processesLocked(k).filter(
    (p) =>
      p !== process &&
      i32[p + Process.pgid] === pgid &&
      i32[p + Process.state] === ProcessState.alive,
  );
  if (!members.some((p) => i32[p + Process.stopSignal] !== 0)) return;
  if (!isOrphanedGroupLocked(k, pgid)) return;
  sendSignalToGroupLocked(k, pgid, SIG.HUP, KERNEL_INFO);
  sendSignalToGroupLocked(k, pgid, SIG.CONT, KERNEL_INFO);
}

/** A tracer that is not the parent sees the end first. */
function tellTracerOfEndLocked(k: Kernel, process: number): boolean {
  const { i32 } = k;
  const tracer = i32[process + Process.tracer];
  if (tracer === 0 || tracer === i32[process + Process.parent]) return false;
  const info = exitInfo(k, process, i32[process + Process.exitCode]);
  sendSignalLocked(k, tracer, SIG.CHLD, info);
  wakeAllLocked(k, i32[tracer + Process.childWait]);
  return true;
}

/** Tells the parent of a zombie; nobody waits for the children of init or of one that ignores SIGCHLD. */
export function reportLocked(k: Kernel, process: number): void {
  const { i32 } = k;
  if (tellTracerOfEndLocked(k, process)) return;
  const parent = i32[process + Process.parent];
  const unwanted = parent === i32[Fixed.init] || i32[parent + Process.state] !== ProcessState.alive;
  const signal = i32[process + Process.exitSignal];
  if (!unwanted && signal !== 0) {
    sendSignalLocked(k, parent, signal, exitInfo(k, process, i32[process + Process.exitCode]));
  }
  const autoreap = unwanted || (signal === SIG.CHLD && reapsChildrenLocked(k, parent));
  if (autoreap) reapLocked(k, process);
  if (!unwanted) wakeAllLocked(k, i32[parent + Process.childWait]);
}

/** Takes a zombie out of the world; its times count for its parent from now on. */
export function reapLocked(k: Kernel, process: number): void {
  const { i32, f64 } = k;
  const parent = i32[process + Process.parent];
  if (parent !== 0 && i32[parent + Process.pid] !== INIT_PID) {
    const at = (p: number, field: number): number => (p + field) >> 1;
    f64[at(parent, Process.cutime)] +=
      f64[at(process, Process.utime)] + f64[at(process, Process.cutime)];
    f64[at(parent, Process.cstime)] +=
      f64[at(process, Process.stime)] + f64[at(process, Process.cstime)];
    f64[at(parent, Process.cmaxRss)] = Math.max(
      f64[at(parent, Process.cmaxRss)],
      f64[at(process, Process.maxRss)],
      f64[at(process, Process.cmaxRss)],
    );
  }
  putSigHandLocked(k, i32[process + Process.sighand]);
  forgetPidLocked(k, process);
  freeProcessLocked(k, process);
}
