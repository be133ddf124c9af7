// Wait queues. A queue is a list of waiters; a waiter is a task that may wait on many queues at once (poll). A task
// sleeps with Atomics.wait on its own `wake` word.
import { E } from '../abi/errno.ts';
import type { Kernel } from './kmem.ts';
import { struct } from './kmem.ts';
import type { Lx } from './lx.ts';
import { Task, TaskState } from './task.ts';

export const WaitQueue = struct({ head: 'i32', pad: 'i32' });
const Waiter = struct({ next: 'i32', prev: 'i32', task: 'i32', queue: 'i32' });

export const newWaitQueueLocked = (k: Kernel): number => k.allocLocked(WaitQueue.SIZE);

function addWaiterLocked(k: Kernel, queue: number, task: number): number {
  const { i32 } = k;
  const waiter = k.allocLocked(Waiter.SIZE);
  const next = i32[queue + WaitQueue.head];
  i32[waiter + Waiter.task] = task;
  i32[waiter + Waiter.queue] = queue;
  i32[waiter + Waiter.next] = next;
  if (next !== 0) i32[next + Waiter.prev] = waiter;
  i32[queue + WaitQueue.head] = waiter;
  return waiter;
}

function removeWaiterLocked(k: Kernel, waiter: number): void {
  const { i32 } = k;
  const next = i32[waiter + Waiter.next];
  const prev = i32[waiter + Waiter.prev];
  if (next !== 0) i32[next + Waiter.prev] = prev;
  if (prev !== 0) i32[prev + Waiter.next] = next;
  else i32[i32[waiter + Waiter.queue] + WaitQueue.head] = next;
  k.freeLocked(waiter);
}

/** Wakes one task, wherever it sleeps (also when it is about to). */
export function wakeTask(k: Kernel, task: number): void {
  Atomics.store(k.i32, task + Task.wake, 1);
  Atomics.notify(k.i32, task + Task.wake);
}

export function wakeAllLocked(k: Kernel, queue: number): void {
  if (queue === 0) return;
  for (let w = k.i32[queue + WaitQueue.head]; w !== 0; w = k.i32[w + Waiter.next]) {
    wakeTask(k, k.i32[w + Waiter.task]);
  }
}

export function wakeAll(k: Kernel, queue: number): void {
  if (queue === 0 || k.i32[queue + WaitQueue.head] === 0) return;
  k.locked(() => wakeAllLocked(k, queue));
}

/** Iterations of looking at the wake word before the thread sleeps: a hand-over between two cores is then quick. */
const SPINS = 2000;

/**
 * Waits until `attempt` answers something else than −EAGAIN, and returns that; −ERESTARTSYS when a signal came first,
 * −ETIMEDOUT when `deadline` (performance.now() ms) passed. `attempt` is called at least once; it must not hold the
 * kernel lock when it returns.
 */
export function blockUntil(
  lx: Lx,
  queues: readonly number[],
  attempt: () => number,
  deadline: number = Number.POSITIVE_INFINITY,
): number {
  const { k, task } = lx;
  const first = attempt();
  if (first !== -E.AGAIN) return first;
  const waiters = k.locked(() =>
    queues.filter((q) => q !== 0).map((q) => addWaiterLocked(k, q, task)),
  );
  try {
    for (;;) {
      Atomics.store(k.i32, task + Task.wake, 0);
      const result = attempt();
      if (result !== -E.AGAIN) return result;
      if (Atomics.load(k.i32, task + Task.signalled) !== 0) return -E.RESTARTSYS;
      const left = deadline - performance.now();
      if (left <= 0) return -E.TIMEDOUT;
      sleep(k, task, left);
    }
  } finally {
    k.locked(() => {
      for (const waiter of waiters) removeWaiterLocked(k, waiter);
    });
  }
}

function sleep(k: Kernel, task: number, ms: number): void {
  const word = task + Task.wake;
  for (let i = 0; i < SPINS; i++) if (Atomics.load(k.i32, word) !== 0) return;
  k.i32[task + Task.state] = TaskState.sleeping;
  Atomics.wait(k.i32, word, 0, ms);
  k.i32[task + Task.state] = TaskState.running;
}
