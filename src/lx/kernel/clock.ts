// Clocks of the guest, in milliseconds as doubles (performance.now() is precise to well below a microsecond, and has
// the same origin in every worker). Deadlines inside lxcore are performance.now() values.
import { CLOCK } from '../abi/time.ts';
import { Fixed } from './fixed.ts';
import type { Kernel } from './kmem.ts';
import type { Lx } from './lx.ts';
import { Process, Task } from './task.ts';
import { sleptMs } from './wait.ts';

const SECOND = 1000;

export const now = (): number => performance.now();

/** ms of the epoch, as the host stamps its files. */
export const realtime = (): number => performance.timeOrigin + performance.now();

/** What clock_settime(2) added to that for the guest. */
export const clockOffset = (k: Kernel): number => k.f64[Fixed.clockOffset >> 1];

/** The guest's CLOCK_MONOTONIC (and BOOTTIME) minus performance.now(). */
function monotonicOffset(k: Kernel): number {
  const boot = k.f64[Fixed.bootTime >> 1];
  return boot === 0 ? 0 : performance.timeOrigin - boot;
}

interface ThreadCpu {
  threadCpuUsage?(): { user: number; system: number };
}
const host = (globalThis as { process?: ThreadCpu }).process;

/** CPU time of this worker in ms. Where the host cannot tell, wall time stands in. */
export function workerCpu(): number {
  const usage = host?.threadCpuUsage?.();
  return usage === undefined ? performance.now() : (usage.user + usage.system) / 1000;
}

/**
 * The value of a clock in ms, or NaN if there is no such clock. A negative id is a CPU clock of a process or thread
 * (clock_getcpuclockid(3)): ~pid << 3 | 4 for a thread | 2.
 */
export function readClock(lx: Lx, id: number): number {
  switch (id) {
    case CLOCK.REALTIME:
    case CLOCK.REALTIME_COARSE:
    case CLOCK.TAI:
      return realtime() + clockOffset(lx.k);
    case CLOCK.MONOTONIC:
    case CLOCK.MONOTONIC_RAW:
    case CLOCK.MONOTONIC_COARSE:
    case CLOCK.BOOTTIME:
      return now() + monotonicOffset(lx.k);
    case CLOCK.PROCESS_CPUTIME_ID:
      return processCpu(lx);
    case CLOCK.THREAD_CPUTIME_ID:
      return threadCpu(lx);
    default:
      return id < 0 ? foreignCpuClock(lx, id) : Number.NaN;
  }
}

/** CPU time of the current task: the worker's, less what it had used when the task began. */
export const threadCpu = (lx: Lx): number => workerCpu() - lx.k.f64[(lx.task + Task.cpuBase) >> 1];

/** The current task begins to run on this worker. */
export function beginTaskCpu(lx: Lx): void {
  lx.k.f64[(lx.task + Task.cpuBase) >> 1] = workerCpu();
  lx.k.f64[(lx.task + Task.cpuSeen) >> 1] = 0;
  lx.k.f64[(lx.task + Task.sysTime) >> 1] = 0;
}

// ---- system time: one system call of some is timed, without what it slept, and stands for all of them

const EVERY = 17;
let untilTimed = EVERY;

/** When a system call that is to be timed began; 0 for the others. */
export function beginCall(): number {
  if (--untilTimed > 0) return 0;
  untilTimed = EVERY;
  return performance.now() - sleptMs();
}

/** It has ended; `task` is who made it. */
export function endTimedCall({ k }: Lx, task: number, begun: number): void {
  k.f64[(task + Task.sysTime) >> 1] += (performance.now() - sleptMs() - begun) * EVERY;
}

/** CPU time in ms. */
export interface CpuTimes {
  readonly utime: number;
  readonly stime: number;
}

/** `system` is an estimate: no more than all. */
function split(cpu: number, system: number): CpuTimes {
  const stime = Math.min(system, cpu);
  return { utime: cpu - stime, stime };
}

/** Of the current task. */
export const threadTimes = (lx: Lx): CpuTimes =>
  split(threadCpu(lx), lx.k.f64[(lx.task + Task.sysTime) >> 1]);

/** Of a process that used `cpu` in all. */
export function timesOf({ f64, i32 }: Kernel, process: number, cpu: number): CpuTimes {
  let sum = f64[(process + Process.stime) >> 1];
  for (let t = i32[process + Process.tasks]; t !== 0; t = i32[t + Task.next])
    sum += f64[(t + Task.sysTime) >> 1];
  return split(cpu, sum);
}

/** The current task ends (or leaves this worker): its CPU time goes to its process. */
export function endTaskCpu(lx: Lx): void {
  const { f64 } = lx.k;
  const process = lx.k.i32[lx.task + Task.process];
  const { utime, stime } = threadTimes(lx);
  f64[(process + Process.utime) >> 1] += utime;
  f64[(process + Process.stime) >> 1] += stime;
  beginTaskCpu(lx);
}

/** CPU time of the current process: its dead tasks', the other tasks' as last seen, the current one's. */
export function processCpu(lx: Lx): number {
  const { k, task } = lx;
  const process = k.i32[task + Task.process];
  let sum = k.f64[(process + Process.utime) >> 1] + k.f64[(process + Process.stime) >> 1];
  if (k.i32[process + Process.taskCount] > 1) {
    for (let t = k.i32[process + Process.tasks]; t !== 0; t = k.i32[t + Task.next]) {
      if (t !== task) sum += k.f64[(t + Task.cpuSeen) >> 1];
    }
  }
  const own = threadCpu(lx);
  k.f64[(task + Task.cpuSeen) >> 1] = own;
  return sum + own;
}

function foreignCpuClock(lx: Lx, id: number): number {
  const pid = ~(id >> 3);
  const perThread = (id & 4) !== 0;
  if ((id & 3) === 3) return Number.NaN;
  const { i32 } = lx.k;
  const own = i32[i32[lx.task + Task.process] + Process.pid];
  if (perThread && (pid === 0 || pid === i32[lx.task + Task.tid])) return threadCpu(lx);
  if (!perThread && (pid === 0 || pid === own)) return processCpu(lx);
  return Number.NaN;
}

/**
 * The performance.now() value at which clock `id` shows `ms`. CPU clocks run at most as fast as the wall clock: the
 * caller looks again then.
 */
export function deadlineOf(lx: Lx, id: number, ms: number): number {
  return now() + (ms - readClock(lx, id));
}

/** Splits ms into whole seconds and nanoseconds below 10^9. */
export function splitTime(ms: number): { seconds: number; nanos: number } {
  const seconds = Math.floor(ms / SECOND);
  return { seconds, nanos: Math.min(999_999_999, Math.floor((ms - seconds * SECOND) * 1e6)) };
}
