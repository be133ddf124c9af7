// Being traced (ptrace(2)): where a task stops for its tracer, and what the tracer's wait sees of it. The tracer is a process
// (Linux: a thread). A stopped task carries out what the tracer asks for (remote.ts) until it is told to go on.

import { PTRACE_EVENT, PTRACE_O } from '../abi/ptrace.ts';
import { CLONE } from '../abi/sched.ts';
import { CLD, SI, SIG } from '../abi/signal.ts';
import { Fixed } from './fixed.ts';
import type { Kernel } from './kmem.ts';
import type { Lx } from './lx.ts';
import { setHas } from './pending.ts';
import { serveRequests } from './remote.ts';
import { encodeSigInfo, KERNEL_INFO, SIGINFO_WORDS } from './siginfo.ts';
import {
  eachTask,
  notifyTaskLocked,
  notifyWaiterLocked,
  recalcLocked,
  sendSignalLocked,
  sendSignalToTaskLocked,
} from './signal.ts';
import { Hook, Process, Task, TaskState } from './task.ts';
import { sleepTask, wakeTask } from './wait.ts';

/** How a traced task goes on: Task.traceMode. */
export const TraceMode = { run: 0, syscall: 1, step: 2 } as const;
/** Task.traceStopped: it runs; it is stopped and the tracer's wait has not seen it; that has. */
export const Traced = { running: 0, fresh: 1, seen: 2 } as const;

const EXECVE = 59;
/** PTRACE_O_TRACESYSGOOD: in the signal of stops at system calls. */
const SYSGOOD = 0x80;

export const isKilled = (k: Kernel, task: number): boolean =>
  setHas(k.i32, task + Task.pending, SIG.KILL) ||
  setHas(k.i32, k.i32[task + Task.process] + Process.pending, SIG.KILL);

/**
 * Stops the current task until its tracer lets it go on. `code`: the signal, and an event in the byte above it; `info`: the
 * siginfo of the signal that it stops for. The signal it is to get, 0: none. The kernel lock is not held.
 */
export function traceStop(lx: Lx, code: number, info: Int32Array | null): number {
  const { k, task } = lx;
  const { i32 } = k;
  k.locked(() => {
    if (i32[task + Task.tracer] === 0 || isKilled(k, task)) return;
    i32[task + Task.traceCode] = code;
    i32[task + Task.traceSignal] = 0;
    i32[task + Task.traceHasInfo] = info === null ? 0 : 1;
    if (info !== null) i32.set(info, task + Task.traceInfo);
    i32[task + Task.traceStopped] = Traced.fresh;
    const { tracer, process } = Task;
    notifyWaiterLocked(k, i32[task + tracer], i32[task + process], CLD.TRAPPED, code & 0x7f);
  });
  const goesOn = (): boolean =>
    i32[task + Task.traceStopped] === Traced.running || isKilled(k, task);
  for (;;) {
    Atomics.store(i32, task + Task.wake, 0);
    serveRequests(lx);
    if (goesOn()) break;
    sleepTask(k, task, Number.POSITIVE_INFINITY, TaskState.traced);
  }
  k.locked(() => {
    i32[task + Task.traceStopped] = Traced.running;
    recalcLocked(k, task); // requests have made it look
  });
  if (info !== null)
    info.set(i32.subarray(task + Task.traceInfo, task + Task.traceInfo + SIGINFO_WORDS));
  return i32[task + Task.traceSignal];
}

/** Before `sig` is delivered to a traced task: the one that its tracer makes of it, with its `info`; 0: none. */
export function signalStop(lx: Lx, sig: number, info: Int32Array): number {
  const passed = traceStop(lx, sig, info);
  if (passed === 0 || passed === info[0]) return passed;
  const { i32 } = lx.k;
  const tracer = i32[lx.task + Task.tracer];
  const words = tracer === 0 ? [0, 0] : [i32[tracer + Process.pid], i32[tracer + Process.uid]];
  encodeSigInfo(info, 0, passed, { code: SI.USER, words });
  return passed;
}

/** The default action of a traced task is to stop: it does so for its tracer only. */
export function groupStop(lx: Lx, sig: number): void {
  const isSeized = lx.k.i32[lx.task + Task.traceSeized] !== 0;
  traceStop(lx, isSeized ? sig | (PTRACE_EVENT.STOP << 8) : sig, null);
}

/** Stops for the event that waits to be told, if there is one. */
export function eventStop(lx: Lx): void {
  const { k, task } = lx;
  const event = k.i32[task + Task.traceEvent];
  k.i32[task + Task.traceEvent] = 0;
  if (event === 0) return;
  const code = SIG.TRAP | (event << 8);
  traceStop(lx, code, trapInfo(lx, code));
}

/** Behind an execve, or the vfork of a parent: these do not come back the way they went in. */
export function leaveStop(lx: Lx): void {
  const { i32 } = lx.k;
  if (i32[lx.task + Task.traceLeaves] === 0) return;
  i32[lx.task + Task.traceLeaves] = 0;
  syscallStop(lx);
}

/** Before and after a system call, if the tracer wants that. */
export function syscallStop(lx: Lx): void {
  const { i32 } = lx.k;
  const { task } = lx;
  if (i32[task + Task.traceMode] !== TraceMode.syscall || i32[task + Task.tracer] === 0) return;
  const isGood = (i32[task + Task.traceOptions] & PTRACE_O.TRACESYSGOOD) !== 0;
  const code = isGood ? SIG.TRAP | SYSGOOD : SIG.TRAP;
  const passed = traceStop(lx, code, trapInfo(lx, code));
  if (passed !== 0)
    lx.k.locked(() => sendSignalToTaskLocked(lx.k, task, passed, { code: SI.USER }));
}

function trapInfo(lx: Lx, code: number): Int32Array {
  const process = lx.k.i32[lx.task + Task.process];
  const info = new Int32Array(SIGINFO_WORDS);
  const words = [lx.k.i32[lx.task + Task.tid], lx.k.i32[process + Process.uid]];
  encodeSigInfo(info, 0, SIG.TRAP, { code, words });
  return info;
}

// ---- beginning and ending

/** Makes `tracer` the tracer of `task`. */
export function attachLocked(k: Kernel, task: number, tracer: number, options: number): void {
  const { i32 } = k;
  i32[task + Task.tracer] = tracer;
  i32[task + Task.traceOptions] = options;
  i32[task + Task.traceMode] = TraceMode.run;
  i32[task + Task.hooks] |= Hook.trace;
  const process = i32[task + Task.process];
  if (i32[process + Process.leader] === task) i32[process + Process.tracer] = tracer;
  i32[tracer + Process.tracees] = 1;
}

export function detachLocked(k: Kernel, task: number, sig: number): void {
  const { i32 } = k;
  i32[task + Task.tracer] = 0;
  i32[task + Task.traceOptions] = 0;
  i32[task + Task.traceEvent] = 0;
  i32[task + Task.traceLeaves] = 0;
  i32[task + Task.traceSeized] = 0;
  i32[task + Task.hooks] &= ~Hook.trace;
  const process = i32[task + Task.process];
  if (i32[process + Process.leader] === task) i32[process + Process.tracer] = 0;
  resumeLocked(k, task, TraceMode.run, sig);
}

/** Lets a stopped task go on, with a signal or without. */
export function resumeLocked(k: Kernel, task: number, mode: number, sig: number): void {
  const { i32 } = k;
  i32[task + Task.traceMode] = mode;
  i32[task + Task.traceSignal] = sig;
  i32[task + Task.traceStopped] = Traced.running;
  wakeTask(k, task);
}

const CLONE_EVENTS = [PTRACE_O.TRACEFORK, PTRACE_O.TRACEVFORK, PTRACE_O.TRACECLONE];

/** `child` is cloned from the traced task `from`: it is traced as well if the tracer asked for that. */
export function inheritTraceLocked(
  k: Kernel,
  from: number,
  child: number,
  flags: number,
  exitSignal: number,
): void {
  const { i32 } = k;
  const options = i32[from + Task.traceOptions];
  if (i32[from + Task.tracer] === 0) return;
  const event =
    (flags & CLONE.VFORK) !== 0
      ? PTRACE_EVENT.VFORK
      : exitSignal === SIG.CHLD
        ? PTRACE_EVENT.FORK
        : PTRACE_EVENT.CLONE;
  if ((options & CLONE_EVENTS[event - 1]) === 0) return;
  attachLocked(k, child, i32[from + Task.tracer], options);
  i32[child + Task.traceSeized] = i32[from + Task.traceSeized];
  if (i32[from + Task.traceSeized] !== 0) raiseEventLocked(k, child, PTRACE_EVENT.STOP, 0);
  else sendSignalToTaskLocked(k, child, SIG.STOP, KERNEL_INFO);
  raiseEventLocked(k, from, event, i32[child + Task.tid]);
}

/** The task is to stop for an event as soon as it looks for signals. */
export function raiseEventLocked(k: Kernel, task: number, event: number, message: number): void {
  k.i32[task + Task.traceEvent] = event;
  k.f64[(task + Task.traceMessage) >> 1] = message;
  notifyTaskLocked(k, task);
}

/** A traced task is to stop as behind the system call `number`. */
function leavesLocked(k: Kernel, task: number, number: number): void {
  k.i32[task + Task.traceLeaves] = 1;
  k.i32[task + Task.lastCall] = number;
  notifyTaskLocked(k, task);
}

/** Its vfork child lets a traced task go on. */
export function traceVforkDone(k: Kernel, task: number): void {
  if (k.i32[task + Task.tracer] === 0) return;
  k.locked(() => leavesLocked(k, task, k.i32[task + Task.lastCall]));
}

/** A traced task has executed a program: an event if the tracer wants it, else SIGTRAP. */
export function traceExec(k: Kernel, task: number): void {
  const { i32 } = k;
  if (i32[task + Task.tracer] === 0) return;
  k.locked(() => {
    leavesLocked(k, task, EXECVE);
    if ((i32[task + Task.traceOptions] & PTRACE_O.TRACEEXEC) !== 0)
      raiseEventLocked(k, task, PTRACE_EVENT.EXEC, i32[task + Task.tid]);
    else if (i32[task + Task.traceSeized] === 0)
      sendSignalToTaskLocked(k, task, SIG.TRAP, { code: SI.USER });
  });
}

/** The tracer ends: its tracees go on without it, or end (PTRACE_O_EXITKILL). */
export function releaseTraceesLocked(k: Kernel, tracer: number): void {
  const { i32 } = k;
  if (i32[tracer + Process.tracees] === 0) return;
  for (let p = i32[Fixed.processes]; p !== 0; p = i32[p + Process.next]) {
    if (i32[p + Process.tracer] === tracer) i32[p + Process.tracer] = 0;
    eachTask(k, p, (task) => {
      if (i32[task + Task.tracer] !== tracer) return;
      const isToDie = (i32[task + Task.traceOptions] & PTRACE_O.EXITKILL) !== 0;
      detachLocked(k, task, 0);
      if (isToDie) sendSignalLocked(k, p, SIG.KILL, KERNEL_INFO);
    });
  }
}

// ---- the tracer's wait

/** The tasks that `tracer` traces. */
export function traceesLocked(k: Kernel, tracer: number): number[] {
  const { i32 } = k;
  const found: number[] = [];
  if (i32[tracer + Process.tracees] === 0) return found;
  for (let p = i32[Fixed.processes]; p !== 0; p = i32[p + Process.next])
    eachTask(k, p, (task) => {
      if (i32[task + Task.tracer] === tracer) found.push(task);
    });
  return found;
}
