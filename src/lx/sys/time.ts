// System calls about time: clocks, sleeping, interval timers, POSIX timers.
import { E } from '../abi/errno.ts';
import { NSIG, SIG } from '../abi/signal.ts';
import { CLOCK, COARSE_RESOLUTION, ITIMER, SIGEV, TIMER_ABSTIME } from '../abi/time.ts';
import {
  clockOffset,
  deadlineOf,
  processCpu,
  readClock,
  realtime,
  splitTime,
  timesOf,
} from '../kernel/clock.ts';
import type { Lx } from '../kernel/lx.ts';
import { findTask, processOf } from '../kernel/process.ts';
import { Process, Task } from '../kernel/task.ts';
import {
  arm,
  armCpuTimer,
  findPosixTimer,
  freeTimerLocked,
  intervalTimer,
  newPosixTimer,
  remaining,
  remainingCpu,
  Timer,
  TimerKind,
} from '../kernel/timer.ts';
import { blockUntil } from '../kernel/wait.ts';
import { RestartKind, resumeWith, setRestart } from './restart.ts';
import { type Handler, row, type SyscallRow } from './row.ts';
import { clockQueue } from './set-clock.ts';

const SECOND = 1000;
const NANOS = 1e6; // in a ms
/** Longest time that is counted: about 292 years, as ktime_t. */
const FOREVER = 9.2e12;

/** A timespec in ms, or −EINVAL. */
export function readTimespec(lx: Lx, addr: number): number {
  lx.mem.readable(addr, 16);
  const seconds = lx.mem.readI64(addr);
  const nanos = lx.mem.readI64(addr + 8);
  if (seconds < 0 || nanos < 0 || nanos >= 1e9) return -E.INVAL;
  return Math.min(FOREVER, seconds * SECOND + nanos / NANOS);
}

export function writeTimespec(lx: Lx, addr: number, ms: number): void {
  const { seconds, nanos } = splitTime(ms);
  lx.mem.writable(addr, 16);
  lx.mem.writeU64(addr, seconds);
  lx.mem.writeU64(addr + 8, nanos);
}

/** A timeval in ms, or −EINVAL. */
export function readTimeval(lx: Lx, addr: number): number {
  lx.mem.readable(addr, 16);
  const seconds = lx.mem.readI64(addr);
  const micros = lx.mem.readI64(addr + 8);
  if (seconds < 0 || micros < 0 || micros >= 1e6) return -E.INVAL;
  return Math.min(FOREVER, seconds * SECOND + micros / 1000);
}

export function writeTimeval(lx: Lx, addr: number, ms: number): void {
  const { seconds, nanos } = splitTime(ms);
  lx.mem.writable(addr, 16);
  lx.mem.writeU64(addr, seconds);
  lx.mem.writeU64(addr + 8, Math.floor(nanos / 1000));
}

// ---- clocks

const clockGettime: Handler = (lx, id, addr) => {
  if (id === CLOCK.REALTIME) {
    writeRealtime(lx, addr, 1);
    return 0;
  }
  const ms = readClock(lx, id);
  if (Number.isNaN(ms)) return -E.INVAL;
  writeTimespec(lx, addr, ms);
  return 0;
};

/** The epoch's ms have no room for nanoseconds in a double: whole seconds of the origin are added at the end. */
function writeRealtime(lx: Lx, addr: number, divisor: number): void {
  const origin = performance.timeOrigin + clockOffset(lx.k);
  const originSeconds = Math.floor(origin / SECOND);
  const { seconds, nanos } = splitTime(origin - originSeconds * SECOND + performance.now());
  lx.mem.writable(addr, 16);
  lx.mem.writeU64(addr, originSeconds + seconds);
  lx.mem.writeU64(addr + 8, Math.floor(nanos / divisor));
}

const clockGetres: Handler = (lx, id, addr) => {
  if (Number.isNaN(readClock(lx, id))) return -E.INVAL;
  const coarse = id === CLOCK.REALTIME_COARSE || id === CLOCK.MONOTONIC_COARSE;
  if (addr !== 0) writeTimespec(lx, addr, (coarse ? COARSE_RESOLUTION : 1) / NANOS);
  return 0;
};

const gettimeofday: Handler = (lx, addr, zoneAddr) => {
  if (addr !== 0) writeRealtime(lx, addr, 1000);
  if (zoneAddr !== 0) lx.mem.write(zoneAddr, new Uint8Array(8));
  return 0;
};

const time: Handler = (lx, addr) => {
  const seconds = Math.floor((realtime() + clockOffset(lx.k)) / SECOND);
  if (addr !== 0) lx.mem.writeU64(addr, seconds);
  return seconds;
};

// ---- sleeping

/** Sleeps until `deadline` (performance.now() ms); what is left goes to `remAddr` when a signal comes first. */
function sleepUntil(lx: Lx, deadline: number, remAddr: number): number {
  const result = blockUntil(lx, [], () => -E.AGAIN, deadline);
  if (result === -E.TIMEDOUT) return 0;
  if (result !== -E.RESTARTSYS) return result;
  if (remAddr !== 0) writeTimespec(lx, remAddr, Math.max(0, deadline - performance.now()));
  setRestart(lx, RestartKind.nanosleep, deadline, [remAddr]);
  return -E.RESTART_RESTARTBLOCK;
}
resumeWith(RestartKind.nanosleep, sleepUntil);

const nanosleep: Handler = (lx, addr, remAddr) => {
  const ms = readTimespec(lx, addr);
  return ms < 0 ? ms : sleepUntil(lx, performance.now() + ms, remAddr);
};

/** Clocks that nobody can wait for; the last two need a machine with an alarm clock. */
const WITHOUT_TIMERS: readonly number[] = [
  CLOCK.MONOTONIC_RAW,
  CLOCK.REALTIME_COARSE,
  CLOCK.MONOTONIC_COARSE,
  CLOCK.REALTIME_ALARM,
  CLOCK.BOOTTIME_ALARM,
];

/** A thread cannot sleep until it has worked. */
const isOwnThreadClock = (lx: Lx, id: number): boolean =>
  id === CLOCK.THREAD_CPUTIME_ID ||
  (id < 0 && (id & 4) !== 0 && [0, lx.k.i32[lx.task + Task.tid]].includes(~(id >> 3)));

const clockNanosleep: Handler = (lx, id, flags, addr, remAddr) => {
  if (WITHOUT_TIMERS.includes(id)) return -E.OPNOTSUPP;
  const start = readClock(lx, id);
  if (Number.isNaN(start) || isOwnThreadClock(lx, id)) return -E.INVAL;
  const ms = readTimespec(lx, addr);
  if (ms < 0) return ms;
  const absolute = (flags & TIMER_ABSTIME) !== 0;
  const target = absolute ? ms : start + ms;
  if (id < 0 || id === CLOCK.PROCESS_CPUTIME_ID) return sleepCpu(lx, id, target);
  if (!absolute) return sleepUntil(lx, deadlineOf(lx, id, target), remAddr);
  return sleepUntilTime(lx, id, target);
};

/** Until clock `id` shows `target`, also if it is set meanwhile. */
function sleepUntilTime(lx: Lx, id: number, target: number): number {
  for (;;) {
    const offset = clockOffset(lx.k);
    const jumped = (): number => (clockOffset(lx.k) === offset ? -E.AGAIN : 0);
    const queue = id === CLOCK.REALTIME ? clockQueue(lx.k) : 0;
    const result = blockUntil(lx, [queue], jumped, deadlineOf(lx, id, target));
    if (result === -E.TIMEDOUT) return 0;
    if (result !== 0) return result === -E.RESTARTSYS ? -E.RESTARTNOHAND : result;
  }
}

/** Until a CPU clock shows `target`: it is looked at again whenever it could have got there. */
function sleepCpu(lx: Lx, id: number, target: number): number {
  for (;;) {
    const left = target - readClock(lx, id);
    if (left <= 0) return 0;
    const result = blockUntil(lx, [], () => -E.AGAIN, performance.now() + Math.max(left, 1));
    if (result === -E.RESTARTSYS) return -E.RESTARTNOHAND;
    if (result !== -E.TIMEDOUT) return result;
  }
}

// ---- alarm, setitimer

const toKind = [TimerKind.real, TimerKind.virtual, TimerKind.prof];

interface Remaining {
  readonly left: number;
  readonly interval: number;
}

function timeLeft(lx: Lx, which: number): Remaining {
  const timer = intervalTimer(lx, toKind[which], false);
  return which === ITIMER.REAL ? remaining(lx.k, timer) : remainingCpu(lx.k, timer);
}

function setInterval(lx: Lx, which: number, value: number, interval: number): void {
  const timer = intervalTimer(lx, toKind[which], value !== 0);
  if (timer === 0) return;
  if (which !== ITIMER.REAL) armCpuTimer(lx, timer, value, interval);
  else arm(lx, timer, value === 0 ? 0 : performance.now() + value, interval);
}

const alarm: Handler = (lx, seconds) => {
  const { left } = timeLeft(lx, ITIMER.REAL);
  setInterval(lx, ITIMER.REAL, seconds * SECOND, 0);
  // Rounded to the nearest second, but never down to 0 (alarm_setitimer() of Linux).
  const rounded = Math.floor(left / SECOND + 0.5);
  return rounded === 0 && left > 0 ? 1 : rounded;
};

const getitimer: Handler = (lx, which, addr) => {
  if (which < 0 || which > ITIMER.PROF) return -E.INVAL;
  const { left, interval } = timeLeft(lx, which);
  writeTimeval(lx, addr, interval);
  writeTimeval(lx, addr + 16, left);
  return 0;
};

const setitimer: Handler = (lx, which, newAddr, oldAddr) => {
  if (which < 0 || which > ITIMER.PROF) return -E.INVAL;
  const interval = newAddr === 0 ? 0 : readTimeval(lx, newAddr);
  const value = newAddr === 0 ? 0 : readTimeval(lx, newAddr + 16);
  if (interval < 0 || value < 0) return -E.INVAL;
  const old = timeLeft(lx, which);
  setInterval(lx, which, value, interval);
  if (oldAddr !== 0) {
    writeTimeval(lx, oldAddr, old.interval);
    writeTimeval(lx, oldAddr + 16, old.left);
  }
  return 0;
};

// ---- POSIX timers

/** timer_create(2); sigevent: value (8), signo (4), notify (4), tid (4). */
const timerCreate: Handler = (lx, clock, eventAddr, idAddr) => {
  const { k, mem } = lx;
  if (WITHOUT_TIMERS.includes(clock)) return -E.OPNOTSUPP;
  if (Number.isNaN(readClock(lx, clock))) return -E.INVAL;
  const event = eventAddr === 0 ? null : readSigevent(lx, eventAddr);
  if (typeof event === 'number') return event;
  mem.writable(idAddr, 4);
  const timer = newPosixTimer(lx);
  const id = k.i32[timer + Timer.id];
  k.i32[timer + Timer.clock] = clock;
  k.i32[timer + Timer.owner] = k.i32[lx.task + Task.tid];
  k.i32[timer + Timer.onCpu] = cpuKind(clock);
  k.i32[timer + Timer.notify] = event?.notify ?? SIGEV.SIGNAL;
  k.i32[timer + Timer.sig] = event?.sig ?? SIG.ALRM;
  k.i32[timer + Timer.tid] = event?.tid ?? 0;
  k.i32[timer + Timer.valueLow] = event?.low ?? id;
  k.i32[timer + Timer.valueHigh] = event?.high ?? 0;
  mem.writeU32(idAddr, id);
  return 0;
};

/** 0: the clock shows the time; 1: what a process has worked, 2: what a thread has. */
function cpuKind(clock: number): number {
  if (clock === CLOCK.PROCESS_CPUTIME_ID || (clock < 0 && (clock & 4) === 0)) return 1;
  return clock === CLOCK.THREAD_CPUTIME_ID || clock < 0 ? 2 : 0;
}

interface Sigevent {
  readonly notify: number;
  readonly sig: number;
  readonly tid: number;
  readonly low: number;
  readonly high: number;
}

function readSigevent(lx: Lx, addr: number): Sigevent | number {
  const { k, mem } = lx;
  mem.readable(addr, 64);
  const notify = mem.readI32(addr + 12);
  const sig = mem.readI32(addr + 8);
  const wanted = mem.readI32(addr + 16);
  const threadOnly = notify === (SIGEV.SIGNAL | SIGEV.THREAD_ID);
  if (!threadOnly && notify !== SIGEV.SIGNAL && notify !== SIGEV.NONE && notify !== SIGEV.THREAD)
    return -E.INVAL;
  if (notify !== SIGEV.NONE && (sig < 1 || sig > NSIG)) return -E.INVAL;
  if (threadOnly) {
    const task = findTask(k, wanted);
    if (task === 0 || k.i32[task + Task.process] !== processOf(lx)) return -E.INVAL;
  }
  const value = { low: mem.readI32(addr), high: mem.readI32(addr + 4) };
  return { notify, sig, tid: threadOnly ? wanted : 0, ...value };
}

function writeItimerspec(lx: Lx, addr: number, { left, interval }: Remaining): void {
  writeTimespec(lx, addr, interval);
  writeTimespec(lx, addr + 16, left);
}

const timerLeft = (lx: Lx, timer: number): Remaining =>
  lx.k.i32[timer + Timer.onCpu] !== 0 ? remainingCpu(lx.k, timer) : remaining(lx.k, timer);

const timerSettime: Handler = (lx, id, flags, newAddr, oldAddr) => {
  if (newAddr === 0) return -E.INVAL;
  const interval = readTimespec(lx, newAddr);
  const value = readTimespec(lx, newAddr + 16);
  if (interval < 0 || value < 0) return -E.INVAL;
  const timer = findPosixTimer(lx, id);
  if (timer === 0) return -E.INVAL;
  const old = timerLeft(lx, timer);
  const clock = lx.k.i32[timer + Timer.clock];
  const absolute = (flags & TIMER_ABSTIME) !== 0;
  if (lx.k.i32[timer + Timer.onCpu] !== 0) {
    const left = absolute ? value - readClock(lx, clock) : value;
    lx.k.i32[timer + Timer.missed] = lx.k.i32[timer + Timer.overrun] = 0;
    armCpuTimer(lx, timer, value === 0 ? 0 : Math.max(left, 0.001), interval);
    if (oldAddr !== 0) writeItimerspec(lx, oldAddr, old);
    return 0;
  }
  const at = absolute ? Math.max(deadlineOf(lx, clock, value), 0.001) : performance.now() + value;
  lx.k.i32[timer + Timer.missed] = 0;
  lx.k.i32[timer + Timer.overrun] = 0;
  lx.k.i32[timer + Timer.absolute] = absolute && clock === CLOCK.REALTIME ? 1 : 0;
  arm(lx, timer, value === 0 ? 0 : at, interval);
  if (oldAddr !== 0) writeItimerspec(lx, oldAddr, old);
  return 0;
};

const timerGettime: Handler = (lx, id, addr) => {
  const timer = findPosixTimer(lx, id);
  if (timer === 0) return -E.INVAL;
  writeItimerspec(lx, addr, timerLeft(lx, timer));
  return 0;
};

const timerGetoverrun: Handler = (lx, id) => {
  const timer = findPosixTimer(lx, id);
  return timer === 0 ? -E.INVAL : lx.k.i32[timer + Timer.overrun];
};

const timerDelete: Handler = (lx, id) => {
  const timer = findPosixTimer(lx, id);
  if (timer === 0) return -E.INVAL;
  lx.k.locked(() => freeTimerLocked(lx.k, timer));
  return 0;
};

/** times(2) in ticks of 100 Hz; tms: utime, stime, cutime, cstime. */
const times: Handler = (lx, addr) => {
  const { f64 } = lx.k;
  const process = processOf(lx);
  const ticks = (ms: number): number => Math.floor(ms / 10);
  if (addr !== 0) {
    lx.mem.writable(addr, 32);
    const { utime, stime } = timesOf(lx.k, process, processCpu(lx));
    lx.mem.writeU64(addr, ticks(utime));
    lx.mem.writeU64(addr + 8, ticks(stime));
    lx.mem.writeU64(addr + 16, ticks(f64[(process + Process.cutime) >> 1]));
    lx.mem.writeU64(addr + 24, ticks(f64[(process + Process.cstime) >> 1]));
  }
  return ticks(readClock(lx, CLOCK.MONOTONIC)) + BOOT_TICKS;
};
/** Linux begins to count before it boots (INITIAL_JIFFIES), so that wraps are seen early. */
const BOOT_TICKS = 0;

// biome-ignore format: aligned rows
export const rows: readonly SyscallRow[] = [
  row(35,  'nanosleep',       ['ptr', 'ptr'],                          nanosleep,       'full',    'emulated'),
  row(36,  'getitimer',       ['int', 'ptr'],                          getitimer,       'full',    'emulated'),
  row(37,  'alarm',           ['uint'],                                alarm,           'full',    'emulated'),
  row(38,  'setitimer',       ['int', 'ptr', 'ptr'],                   setitimer,       'partial', 'emulated', 'ITIMER_VIRTUAL and ITIMER_PROF are sampled at 250 Hz'),
  row(96,  'gettimeofday',    ['ptr', 'ptr'],                          gettimeofday,    'full',    'emulated'),
  row(100, 'times',           ['ptr'],                                 times,           'full',    'emulated'),
  row(201, 'time',            ['ptr'],                                 time,            'full',    'emulated'),
  row(222, 'timer_create',    ['clock', 'ptr', 'ptr'],                 timerCreate,     'partial', 'emulated', 'timers on CPU clocks are sampled at 250 Hz'),
  row(223, 'timer_settime',   ['int', 'int', 'ptr', 'ptr'],            timerSettime,    'full',    'emulated'),
  row(224, 'timer_gettime',   ['int', 'ptr'],                          timerGettime,    'full',    'emulated'),
  row(225, 'timer_getoverrun', ['int'],                                timerGetoverrun, 'full',    'emulated'),
  row(226, 'timer_delete',    ['int'],                                 timerDelete,     'full',    'emulated'),
  row(228, 'clock_gettime',   ['clock', 'ptr'],                        clockGettime,    'full',    'emulated'),
  row(229, 'clock_getres',    ['clock', 'ptr'],                        clockGetres,     'full',    'emulated'),
  row(230, 'clock_nanosleep', ['clock', 'int', 'ptr', 'ptr'],          clockNanosleep,  'full',    'emulated'),
];
