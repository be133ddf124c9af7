// Timers: alarm and setitimer, timer_create, timerfd. The armed ones form a list in kernel memory, soonest first; they
// fire when somebody calls fireTimers(): the session manager's event loop, or a sleeping worker whose sleep is cut
// short for it (so that a process that waits for its own timer does not depend on the event loop).
import { SIG } from '../abi/signal.ts';
import { SIGEV } from '../abi/time.ts';
import { File } from './file.ts';
import { Fixed } from './fixed.ts';
import { type Kernel, struct } from './kmem.ts';
import type { Lx } from './lx.ts';
import { isTimerQueuedLocked, setOverrunHook } from './pending.ts';
import { processOf, tasksLocked } from './process.ts';
import { KERNEL_INFO, timerInfo } from './siginfo.ts';
import { sendSignalLocked, sendSignalToTaskLocked } from './signal.ts';
import { Process, Task, TaskState } from './task.ts';
import { setTimerHook, wakeAllLocked } from './wait.ts';

// biome-ignore format: aligned rows
export const Timer = struct({
  next: 'i32', armed: 'i32',           // list of armed timers; an Armed
  sibling: 'i32', kind: 'i32',         // list of the process's; a TimerKind
  at: 'f64', interval: 'f64',          // performance.now() ms when it fires next; ms, 0 = once
  process: 'i32', file: 'i32',         // whose it is; timerfd: its File; wake: the queue
  id: 'i32', clock: 'i32', owner: 'i32', // owner: tid of the thread that made it
  notify: 'i32', sig: 'i32', tid: 'i32', valueLow: 'i32', valueHigh: 'i32',
  period: 'f64',                       // ITIMER_VIRTUAL, ITIMER_PROF
  onCpu: 'i32',                        // posix: it runs on a CPU clock, sampled (2: of its thread)
  absolute: 'i32', cancel: 'i32',      // set for a time of CLOCK_REALTIME; timerfd: TFD_TIMER_CANCEL_ON_SET, 2 once it was
  missed: 'i32', overrun: 'i32', // expirations since the signal was queued; of the one delivered last
  expirations: 'f64',                  // timerfd: since the last read
});

/** resting: a timerfd's that has expired; it goes on, but in a list of its own until it is read (wakeTimerLocked). */
const Armed = { no: 0, running: 1, resting: 2 } as const;
const LISTS = [0, Fixed.timers, Fixed.restingTimers];

export const TimerKind = { real: 0, virtual: 1, prof: 2, posix: 3, fd: 4, wake: 5 } as const;

const ITIMER_SIGNAL = [SIG.ALRM, SIG.VTALRM, SIG.PROF];

// ---- arming

function unlinkLocked(k: Kernel, timer: number): void {
  const { i32 } = k;
  if (i32[timer + Timer.armed] === Armed.no) return;
  let link = LISTS[i32[timer + Timer.armed]];
  while (i32[link] !== timer) link = i32[link] + Timer.next;
  i32[link] = i32[timer + Timer.next];
  i32[timer + Timer.armed] = Armed.no;
}

function linkLocked(k: Kernel, timer: number): void {
  const { i32, f64 } = k;
  const at = f64[(timer + Timer.at) >> 1];
  let link = Fixed.timers as number;
  while (i32[link] !== 0 && f64[(i32[link] + Timer.at) >> 1] <= at) link = i32[link] + Timer.next;
  i32[timer + Timer.next] = i32[link];
  i32[link] = timer;
  i32[timer + Timer.armed] = Armed.running;
}

function restLocked(k: Kernel, timer: number): void {
  k.i32[timer + Timer.next] = k.i32[Fixed.restingTimers];
  k.i32[Fixed.restingTimers] = timer;
  k.i32[timer + Timer.armed] = Armed.resting;
}

const isResting = (k: Kernel, timer: number): boolean =>
  k.i32[timer + Timer.armed] === Armed.resting;

/** Arms (`at` > 0, performance.now() ms) or disarms (0). True if it is now the first of all: the session must be told. */
export function armLocked(k: Kernel, timer: number, at: number, interval: number): boolean {
  unlinkLocked(k, timer);
  k.f64[(timer + Timer.at) >> 1] = at;
  k.f64[(timer + Timer.interval) >> 1] = interval;
  if (at === 0) return false;
  linkLocked(k, timer);
  return k.i32[Fixed.timers] === timer;
}

export function arm(lx: Lx, timer: number, at: number, interval: number): void {
  if (lx.k.locked(() => armLocked(lx.k, timer, at, interval))) tellOfTimers(lx);
}

/** ms until it fires and its interval, as getitimer(2) and timer_gettime(2) show them. */
export function remaining(k: Kernel, timer: number): { left: number; interval: number } {
  if (timer !== 0) k.locked(() => catchUpLocked(k, timer));
  const at = k.f64[(timer + Timer.at) >> 1];
  const armed = timer !== 0 && k.i32[timer + Timer.armed] !== Armed.no;
  return {
    left: armed ? Math.max(at - performance.now(), 0.001) : 0,
    interval: timer === 0 ? 0 : k.f64[(timer + Timer.interval) >> 1],
  };
}

/** CLOCK_REALTIME jumps by `by` ms: timers set for a time of it fire at another moment now. */
export function clockJumpedLocked(k: Kernel, by: number): void {
  const { i32, f64 } = k;
  const moved: number[] = [];
  for (const list of [Fixed.timers, Fixed.restingTimers])
    for (let timer = i32[list]; timer !== 0; timer = i32[timer + Timer.next])
      if (i32[timer + Timer.absolute] !== 0) moved.push(timer);
  for (const timer of moved) {
    if (i32[timer + Timer.cancel] !== 0) {
      i32[timer + Timer.cancel] = 2;
      wakeAllLocked(k, i32[i32[timer + Timer.file] + File.wait]);
    }
    const at = f64[(timer + Timer.at) >> 1] - by;
    if (isResting(k, timer)) f64[(timer + Timer.at) >> 1] = at;
    else armLocked(k, timer, Math.max(at, 0.001), f64[(timer + Timer.interval) >> 1]);
  }
}

// ---- firing

/** performance.now() ms at which the first timer fires; read without the lock, so it may be a moment old. */
export function nextTimer(k: Kernel): number {
  const first = k.i32[Fixed.timers];
  return first === 0 ? Number.POSITIVE_INFINITY : k.f64[(first + Timer.at) >> 1];
}

/** The session manager is to look at the list again; told once, however often that changes until it does. */
export function tellOfTimers(lx: Lx): void {
  if (Atomics.exchange(lx.k.i32, Fixed.timersTold, 1) === 0) lx.session.post({ type: 'timers' });
}

/** Fires what is due. */
export function fireTimers(k: Kernel): void {
  if (nextTimer(k) > performance.now()) return;
  k.locked(() => {
    const time = performance.now();
    for (let timer = k.i32[Fixed.timers]; timer !== 0; timer = k.i32[Fixed.timers]) {
      if (k.f64[(timer + Timer.at) >> 1] > time) return;
      fireLocked(k, timer, time);
    }
  });
}
setTimerHook({ next: nextTimer, fire: fireTimers });

function fireLocked(k: Kernel, timer: number, time: number): void {
  const { i32, f64 } = k;
  const at = f64[(timer + Timer.at) >> 1];
  const interval = f64[(timer + Timer.interval) >> 1];
  const times = interval > 0 ? 1 + Math.floor((time - at) / interval) : 1;
  unlinkLocked(k, timer);
  if (interval > 0) {
    f64[(timer + Timer.at) >> 1] = at + times * interval;
    // A periodic timerfd that has expired fires again only when it has been read, as in Linux (fs/timerfd.c): a thousand of
    // them with a period of a microsecond would leave no time for anything else. How often it did is counted when it is looked at.
    if (i32[timer + Timer.kind] === TimerKind.fd) restLocked(k, timer);
    else linkLocked(k, timer);
  }
  switch (i32[timer + Timer.kind]) {
    case TimerKind.posix:
      if (i32[timer + Timer.onCpu] !== 0) samplePosixLocked(k, timer, time);
      else firePosixLocked(k, timer, times);
      return;
    case TimerKind.fd:
      f64[(timer + Timer.expirations) >> 1] += times;
      wakeAllLocked(k, i32[i32[timer + Timer.file] + File.wait]);
      return;
    case TimerKind.wake:
      wakeAllLocked(k, i32[timer + Timer.file]);
      return;
    case TimerKind.real:
      sendSignalLocked(k, i32[timer + Timer.process], SIG.ALRM, KERNEL_INFO);
      return;
    default:
      fireCpuTimerLocked(k, timer, time);
  }
}

/** Counts what a resting timer has missed. */
function catchUpLocked(k: Kernel, timer: number): void {
  const { f64 } = k;
  const at = f64[(timer + Timer.at) >> 1];
  const interval = f64[(timer + Timer.interval) >> 1];
  const time = performance.now();
  if (!isResting(k, timer) || time < at) return;
  const times = 1 + Math.floor((time - at) / interval);
  f64[(timer + Timer.expirations) >> 1] += times;
  f64[(timer + Timer.at) >> 1] = at + times * interval;
}

/** A timerfd is read: it is up to date, and fires again. */
export function wakeTimerLocked(k: Kernel, timer: number): void {
  if (!isResting(k, timer)) return;
  catchUpLocked(k, timer);
  unlinkLocked(k, timer);
  linkLocked(k, timer);
}

function firePosixLocked(k: Kernel, timer: number, times: number): void {
  const { i32 } = k;
  if (i32[timer + Timer.notify] === SIGEV.NONE) return;
  const process = i32[timer + Timer.process];
  const sig = i32[timer + Timer.sig];
  const task = targetLocked(k, timer);
  const id = i32[timer + Timer.id];
  if (isTimerQueuedLocked(k, process, task, sig, id)) {
    i32[timer + Timer.missed] += times;
    return;
  }
  i32[timer + Timer.missed] = times - 1;
  const info = timerInfo(id, 0, i32[timer + Timer.valueLow], i32[timer + Timer.valueHigh]);
  if (task === 0) sendSignalLocked(k, process, sig, info);
  else sendSignalToTaskLocked(k, task, sig, info);
}

/** The signal of timer info[4] is taken: word 5 becomes the number of expirations that went by meanwhile. */
function countOverrunLocked(k: Kernel, process: number, info: Int32Array): void {
  const { i32 } = k;
  const timer = findLocked(
    k,
    process,
    (t) => i32[t + Timer.kind] === TimerKind.posix && i32[t + Timer.id] === info[4],
  );
  if (timer === 0) return;
  i32[timer + Timer.overrun] = i32[timer + Timer.missed];
  i32[timer + Timer.missed] = 0;
  info[5] = i32[timer + Timer.overrun];
}
setOverrunHook(countOverrunLocked);

/** The task that SIGEV_THREAD_ID names; 0: the process. */
function targetLocked(k: Kernel, timer: number): number {
  const tid = k.i32[timer + Timer.tid];
  if (tid === 0) return 0;
  const tasks = tasksLocked(k, k.i32[timer + Timer.process]);
  return tasks.find((task) => k.i32[task + Task.tid] === tid) ?? 0;
}

/**
 * ITIMER_VIRTUAL and ITIMER_PROF: `expirations` counts the CPU time (ms) that is left. CPU time of other workers cannot be
 * read, so it is sampled: every tick in which a task of the process runs costs a tick.
 */
const CPU_TICK = 4;

function fireCpuTimerLocked(k: Kernel, timer: number, time: number): void {
  const { i32, f64 } = k;
  const process = i32[timer + Timer.process];
  const running = tasksLocked(k, process).some((t) => i32[t + Task.state] === TaskState.running);
  if (running) f64[(timer + Timer.expirations) >> 1] -= CPU_TICK;
  if (f64[(timer + Timer.expirations) >> 1] > 0) {
    rearmCpuLocked(k, timer, time + CPU_TICK);
    return;
  }
  sendSignalLocked(k, process, ITIMER_SIGNAL[i32[timer + Timer.kind]], KERNEL_INFO);
  const period = f64[(timer + Timer.period) >> 1];
  if (period === 0) return;
  f64[(timer + Timer.expirations) >> 1] += period;
  rearmCpuLocked(k, timer, time + CPU_TICK);
}

/** The same for timer_create(2) on a CPU clock. */
function samplePosixLocked(k: Kernel, timer: number, time: number): void {
  const { i32, f64 } = k;
  const running = tasksLocked(k, i32[timer + Timer.process]).some(
    (t) =>
      i32[t + Task.state] === TaskState.running &&
      (i32[timer + Timer.onCpu] === 1 || i32[t + Task.tid] === i32[timer + Timer.owner]),
  );
  const left = (timer + Timer.expirations) >> 1;
  if (running) f64[left] -= CPU_TICK;
  if (f64[left] <= 0) {
    const period = f64[(timer + Timer.period) >> 1];
    const times = period > 0 ? 1 + Math.floor(-f64[left] / period) : 1;
    firePosixLocked(k, timer, times);
    if (period === 0) return;
    f64[left] += times * period;
  }
  rearmCpuLocked(k, timer, time + CPU_TICK);
}

function rearmCpuLocked(k: Kernel, timer: number, at: number): void {
  k.f64[(timer + Timer.at) >> 1] = at;
  linkLocked(k, timer);
}

/** Sets ITIMER_VIRTUAL or ITIMER_PROF to `value` ms of CPU time (0: off), then every `period` ms. */
export function armCpuTimer(lx: Lx, timer: number, value: number, period: number): void {
  const { f64 } = lx.k;
  f64[(timer + Timer.expirations) >> 1] = value;
  f64[(timer + Timer.period) >> 1] = period;
  arm(lx, timer, value === 0 ? 0 : performance.now() + Math.min(value, CPU_TICK), 0);
}

export function remainingCpu(k: Kernel, timer: number): { left: number; interval: number } {
  if (timer === 0) return { left: 0, interval: 0 };
  const armed = k.i32[timer + Timer.armed] !== 0;
  return {
    left: armed ? Math.max(0.001, k.f64[(timer + Timer.expirations) >> 1]) : 0,
    interval: k.f64[(timer + Timer.period) >> 1],
  };
}

// ---- a process's timers

function findLocked(k: Kernel, process: number, wanted: (timer: number) => boolean): number {
  let timer = k.i32[process + Process.timers];
  while (timer !== 0 && !wanted(timer)) timer = k.i32[timer + Timer.sibling];
  return timer;
}

function newTimerLocked(k: Kernel, process: number, kind: number): number {
  const timer = k.allocLocked(Timer.SIZE);
  k.i32[timer + Timer.kind] = kind;
  k.i32[timer + Timer.process] = process;
  if (process === 0) return timer;
  k.i32[timer + Timer.sibling] = k.i32[process + Process.timers];
  k.i32[process + Process.timers] = timer;
  return timer;
}

/** The current process's ITIMER_* (a TimerKind); 0 if it was never set and `make` is false. */
export function intervalTimer(lx: Lx, kind: number, make: boolean): number {
  const { k } = lx;
  const process = processOf(lx);
  return k.locked(() => {
    const found = findLocked(k, process, (t) => k.i32[t + Timer.kind] === kind);
    return found !== 0 || !make ? found : newTimerLocked(k, process, kind);
  });
}

export function findPosixTimer(lx: Lx, id: number): number {
  const { k } = lx;
  const wanted = (t: number): boolean =>
    k.i32[t + Timer.kind] === TimerKind.posix && k.i32[t + Timer.id] === id;
  return k.locked(() => findLocked(k, processOf(lx), wanted));
}

/** A new timer of timer_create(2) with the lowest free id. */
export function newPosixTimer(lx: Lx): number {
  const { k } = lx;
  const process = processOf(lx);
  return k.locked(() => {
    let id = 0;
    const taken = (t: number): boolean =>
      k.i32[t + Timer.kind] === TimerKind.posix && k.i32[t + Timer.id] === id;
    while (findLocked(k, process, taken) !== 0) id++;
    const timer = newTimerLocked(k, process, TimerKind.posix);
    k.i32[timer + Timer.id] = id;
    return timer;
  });
}

export function newFdTimer(k: Kernel, file: number, clock: number): number {
  return k.locked(() => {
    const timer = newTimerLocked(k, 0, TimerKind.fd);
    k.i32[timer + Timer.file] = file;
    k.i32[timer + Timer.clock] = clock;
    return timer;
  });
}

/** A timer that only wakes a queue. */
export function newWakeTimer(k: Kernel, queue: number): number {
  return k.locked(() => {
    const timer = newTimerLocked(k, 0, TimerKind.wake);
    k.i32[timer + Timer.file] = queue;
    return timer;
  });
}

export function freeTimerLocked(k: Kernel, timer: number): void {
  const { i32 } = k;
  unlinkLocked(k, timer);
  const process = i32[timer + Timer.process];
  if (process !== 0) {
    let link = process + Process.timers;
    while (i32[link] !== timer) link = i32[link] + Timer.sibling;
    i32[link] = i32[timer + Timer.sibling];
  }
  k.freeLocked(timer);
}

/** The process ends (`all`), or executes a program: then ITIMER_* stay. */
export function dropTimersLocked(k: Kernel, process: number, all: boolean): void {
  const { i32 } = k;
  for (let timer = i32[process + Process.timers]; timer !== 0; ) {
    const next = i32[timer + Timer.sibling];
    if (all || i32[timer + Timer.kind] === TimerKind.posix) freeTimerLocked(k, timer);
    timer = next;
  }
}
