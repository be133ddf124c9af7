// Signals that wait for a task or a process to take them: a bit in `pending`, and at most one entry (standard signals) or any
// number (real-time) in the queue beside it.
import { E } from '../abi/errno.ts';
import { SI, SIG } from '../abi/signal.ts';
import { type Kernel, OutOfKernelMemory, struct } from './kmem.ts';
import { encodeSigInfo, SIGINFO_WORDS, type SigInfo, SYNCHRONOUS } from './siginfo.ts';
import { Process, Task } from './task.ts';

const SigQueue = struct({ next: 'i32', sig: 'i32', info: SIGINFO_WORDS });

// ---- sets: 64 bits in two words, signal n is bit n − 1

export const setHas = (i32: Int32Array, set: number, sig: number): boolean =>
  (i32[set + ((sig - 1) >> 5)] & (1 << (sig - 1))) !== 0;

export function setAdd(i32: Int32Array, set: number, sig: number): void {
  i32[set + ((sig - 1) >> 5)] |= 1 << (sig - 1);
}

export function setRemove(i32: Int32Array, set: number, sig: number): void {
  i32[set + ((sig - 1) >> 5)] &= ~(1 << (sig - 1));
}

/** Low word of a set of standard signals. */
export const bits = (...signals: number[]): number =>
  signals.reduce((set, sig) => set | (1 << (sig - 1)), 0);

const SYNCHRONOUS_BITS = bits(...SYNCHRONOUS);

/** Lowest signal of the set (lo, hi), synchronous ones first as in next_signal() of Linux; 0 if it is empty. */
function lowest(lo: number, hi: number): number {
  const first = (lo & SYNCHRONOUS_BITS) !== 0 ? lo & SYNCHRONOUS_BITS : lo;
  if (first !== 0) return 32 - Math.clz32(first & -first);
  return hi === 0 ? 0 : 64 - Math.clz32(hi & -hi);
}

// ---- queues

/** An owner is a Task or a Process; where its set and its queue are. */
interface PendingFields {
  readonly pending: number;
  readonly queue: number;
}

/** Takes the first entry of `sig` off an owner's queue into `info` (12 words, or absent: dropped). */
function takeLocked(
  k: Kernel,
  owner: number,
  at: PendingFields,
  sig: number,
  info?: Int32Array,
): void {
  const { i32 } = k;
  let more = false;
  let found = 0;
  for (let link = owner + at.queue, entry = i32[link]; entry !== 0; entry = i32[link]) {
    const matches = i32[entry + SigQueue.sig] === sig;
    if (matches && found === 0) {
      found = entry;
      i32[link] = i32[entry + SigQueue.next];
      continue;
    }
    more ||= matches;
    link = entry + SigQueue.next;
  }
  if (!more) setRemove(i32, owner + at.pending, sig);
  if (info !== undefined) {
    if (found === 0) encodeSigInfo(info, 0, sig, { code: SI.USER });
    else for (let i = 0; i < SIGINFO_WORDS; i++) info[i] = i32[found + SigQueue.info + i];
  }
  if (found !== 0) k.freeLocked(found);
}

export function dropAllLocked(
  k: Kernel,
  owner: number,
  at: PendingFields,
  signals: readonly number[],
): void {
  for (const sig of signals) {
    while (setHas(k.i32, owner + at.pending, sig)) takeLocked(k, owner, at, sig);
  }
}

/** Forgets what is pending for a task that ends, or (`at` = Process) a process. */
export function flushPendingLocked(k: Kernel, owner: number, at: PendingFields): void {
  const { i32 } = k;
  for (let entry = i32[owner + at.queue]; entry !== 0; ) {
    const next = i32[entry + SigQueue.next];
    k.freeLocked(entry);
    entry = next;
  }
  i32[owner + at.queue] = 0;
  i32[owner + at.pending] = 0;
  i32[owner + at.pending + 1] = 0;
}

/** A timer's signal tells how often the timer expired again before it was taken; set by timer.ts. */
let countOverrun: (k: Kernel, process: number, info: Int32Array) => void = () => {};
export function setOverrunHook(count: typeof countOverrun): void {
  countOverrun = count;
}

/**
 * Takes the signal that a task gets next out of its own or its process's pending ones, among those not in the mask
 * (lo, hi); fills `info`. 0 when there is none.
 */
export function dequeueLocked(
  k: Kernel,
  task: number,
  lo: number,
  hi: number,
  info: Int32Array,
): number {
  const process = k.i32[task + Task.process];
  const own = dequeueFromLocked(k, task, Task, lo, hi, info);
  const sig = own !== 0 ? own : dequeueFromLocked(k, process, Process, lo, hi, info);
  if (sig !== 0 && info[2] === SI.TIMER) countOverrun(k, process, info);
  return sig;
}

function dequeueFromLocked(
  k: Kernel,
  owner: number,
  at: PendingFields,
  lo: number,
  hi: number,
  info: Int32Array,
): number {
  const pending = owner + at.pending;
  const sig = lowest(k.i32[pending] & ~lo, k.i32[pending + 1] & ~hi);
  if (sig !== 0) takeLocked(k, owner, at, sig, info);
  return sig;
}

/** Is a signal of POSIX timer `id` queued for a task (0: the process) and not yet delivered? */
export function isTimerQueuedLocked(
  k: Kernel,
  process: number,
  task: number,
  sig: number,
  id: number,
): boolean {
  const { i32 } = k;
  let entry = task === 0 ? i32[process + Process.queue] : i32[task + Task.queue];
  for (; entry !== 0; entry = i32[entry + SigQueue.next]) {
    const info = entry + SigQueue.info;
    if (i32[entry + SigQueue.sig] === sig && i32[info + 2] === SI.TIMER && i32[info + 4] === id) {
      return true;
    }
  }
  return false;
}

function queueLengthLocked(k: Kernel, owner: number, at: PendingFields): number {
  let count = 0;
  for (let entry = k.i32[owner + at.queue]; entry !== 0; entry = k.i32[entry + SigQueue.next])
    count++;
  return count;
}

export function enqueueLocked(
  k: Kernel,
  owner: number,
  at: PendingFields,
  limit: number,
  sig: number,
  info: SigInfo,
): number {
  const { i32 } = k;
  const had = setHas(i32, owner + at.pending, sig);
  if (sig < SIG.RTMIN && had) return 0;
  if (sig >= SIG.RTMIN && had && queueLengthLocked(k, owner, at) >= limit) return -E.AGAIN;
  let entry = 0;
  try {
    entry = k.allocLocked(SigQueue.SIZE);
  } catch (error) {
    if (!(error instanceof OutOfKernelMemory)) throw error;
    if (sig >= SIG.RTMIN) return -E.AGAIN; // a standard signal goes without its siginfo, as in Linux
  }
  setAdd(i32, owner + at.pending, sig);
  if (entry === 0) return 0;
  i32[entry + SigQueue.sig] = sig;
  encodeSigInfo(i32, entry + SigQueue.info, sig, info);
  let link = owner + at.queue;
  while (i32[link] !== 0) link = i32[link] + SigQueue.next;
  i32[link] = entry;
  return 0;
}
