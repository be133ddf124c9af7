// Wait queues. A queue is a list of waiters; a waiter is a task that may wait on many queues at once (poll). A task
// sleeps with Atomics.wait on its own `wake` word.
//
// No wake-up is lost: a task first joins the queues, then clears its wake word, then looks whether it can go on, then
// sleeps while the word is 0. Whoever changes a state does so under the kernel lock (or with an atomic operation)
// before it looks at the queue.
import { E } from '../abi/errno.ts';
import { READABLE, WRITABLE } from '../abi/poll.ts';
import type { Kernel } from './kmem.ts';
import { struct } from './kmem.ts';
import type { Lx } from './lx.ts';
import { Signalled, Task, TaskState } from './task.ts';

/** Two words; an object of its own (newWaitQueueLocked) or a part of another one. */
export const WaitQueue = struct({ head: 'i32', pad: 'i32' });
const Waiter = struct({
  next: 'i32',
  prev: 'i32',
  task: 'i32',
  queue: 'i32',
  item: 'i32',
  file: 'i32',
});

/**
 * What stays on a queue without a task that sleeps: an item of an epoll. A wake-up puts it on its owner's list of ready
 * items, and wakes who waits for the owner.
 */
export const ReadyItem = struct({ nextReady: 'i32', queued: 'i32', owner: 'i32', waiter: 'i32' });
export const ReadyList = struct({ wait: WaitQueue.SIZE / 4, first: 'i32', last: 'i32' });

export const newWaitQueueLocked = (k: Kernel): number => k.allocLocked(WaitQueue.SIZE);

export function addWaiterLocked(k: Kernel, queue: number, task: number): number {
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

/** A waiter for a ReadyItem instead of a task. */
export function addItemWaiterLocked(k: Kernel, queue: number, item: number): void {
  const waiter = addWaiterLocked(k, queue, 0);
  k.i32[waiter + Waiter.item] = item;
  k.i32[item + ReadyItem.waiter] = waiter;
}

/** A waiter for a description whose owner is to get a signal. */
export function addFileWaiterLocked(k: Kernel, queue: number, file: number): number {
  const waiter = addWaiterLocked(k, queue, 0);
  k.i32[waiter + Waiter.file] = file;
  return waiter;
}

/** Sends that signal; set by async.ts. */
let wakeFile: (k: Kernel, file: number, events: number) => void = () => {};
export function setFileWakeHook(wake: typeof wakeFile): void {
  wakeFile = wake;
}

/** Puts an item at the end of its owner's ready list, if it is not there. */
export function queueItemLocked(k: Kernel, item: number): void {
  const { i32 } = k;
  if (i32[item + ReadyItem.queued] !== 0) return;
  const owner = i32[item + ReadyItem.owner];
  const last = i32[owner + ReadyList.last];
  i32[item + ReadyItem.queued] = 1;
  i32[item + ReadyItem.nextReady] = 0;
  if (last === 0) i32[owner + ReadyList.first] = item;
  else i32[last + ReadyItem.nextReady] = item;
  i32[owner + ReadyList.last] = item;
}

/** Takes the first item off a ready list; 0 if it is empty. */
export function takeItemLocked(k: Kernel, owner: number): number {
  const { i32 } = k;
  const item = i32[owner + ReadyList.first];
  if (item === 0) return 0;
  const next = i32[item + ReadyItem.nextReady];
  i32[owner + ReadyList.first] = next;
  if (next === 0) i32[owner + ReadyList.last] = 0;
  i32[item + ReadyItem.queued] = 0;
  return item;
}

export function unqueueItemLocked(k: Kernel, item: number): void {
  const { i32 } = k;
  if (i32[item + ReadyItem.queued] === 0) return;
  const owner = i32[item + ReadyItem.owner];
  let before = 0;
  let at = i32[owner + ReadyList.first];
  while (at !== item) {
    before = at;
    at = i32[at + ReadyItem.nextReady];
  }
  const next = i32[item + ReadyItem.nextReady];
  if (before === 0) i32[owner + ReadyList.first] = next;
  else i32[before + ReadyItem.nextReady] = next;
  if (next === 0) i32[owner + ReadyList.last] = before;
  i32[item + ReadyItem.queued] = 0;
}

export function removeWaiterLocked(k: Kernel, waiter: number): void {
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
  const word = task + Task.wake;
  if (Atomics.exchange(k.i32, word, 1) === ASLEEP) Atomics.notify(k.i32, word);
}

/** Wakes all who wait; `events`: what has become possible, for those who get a signal instead. */
export function wakeAllLocked(k: Kernel, queue: number, events = READABLE | WRITABLE): void {
  if (queue === 0) return;
  for (let w = k.i32[queue + WaitQueue.head]; w !== 0; w = k.i32[w + Waiter.next]) {
    const item = k.i32[w + Waiter.item];
    if (item !== 0) wakeItemLocked(k, item);
    else if (k.i32[w + Waiter.file] === 0) wakeTask(k, k.i32[w + Waiter.task]);
    else wakeFile(k, k.i32[w + Waiter.file], events);
  }
}

function wakeItemLocked(k: Kernel, item: number): void {
  queueItemLocked(k, item);
  wakeAllLocked(k, k.i32[item + ReadyItem.owner] + ReadyList.wait);
}

export function wakeAll(k: Kernel, queue: number): void {
  if (queue === 0 || k.i32[queue + WaitQueue.head] === 0) return;
  k.lock();
  wakeAllLocked(k, queue);
  k.unlock();
}

// ---- sleeping

/** Values of Task.wake: 0 about to sleep or spinning, 1 woken, ASLEEP in Atomics.wait (needs a notify). */
const ASLEEP = 2;

/**
 * Before the thread really sleeps it looks at its wake word for a while: a hand-over between two cores is then quick.
 * How long adapts itself: more when a short sleep shows that looking would have paid, less each time it did not.
 */
const SPINS_MIN = 20;
const SPINS_MAX = 4000;
const SHORT_SLEEP = 0.06; // ms
let spins = 1000;

/** ms that this worker has slept so far. */
let slept = 0;
export const sleptMs = (): number => slept;

/** Timers that sleepers keep (timer.ts): the time in ms (performance.now) of the first, and what makes it fire. */
interface TimerHook {
  next(k: Kernel): number;
  fire(k: Kernel): void;
}
let timers: TimerHook = { next: () => Number.POSITIVE_INFINITY, fire: () => {} };
export function setTimerHook(hook: TimerHook): void {
  timers = hook;
}

/** Sleeps until the task is woken, `deadline` (performance.now) at most; may come back early. */
export function sleepTask(
  k: Kernel,
  task: number,
  deadline: number,
  state: number = TaskState.sleeping,
): void {
  const { i32 } = k;
  const word = task + Task.wake;
  for (let i = 0; i < spins; i++) if (Atomics.load(i32, word) !== 0) return;
  const before = performance.now();
  const until = Math.min(deadline, timers.next(k));
  i32[task + Task.state] = state;
  if (until > before && Atomics.compareExchange(i32, word, 0, ASLEEP) === 0)
    Atomics.wait(i32, word, ASLEEP, until - before);
  const after = performance.now();
  slept += after - before;
  if (after >= until && until < deadline) timers.fire(k); // still asleep: CPU timers look at that
  i32[task + Task.state] = TaskState.running;
  if (after - before < SHORT_SLEEP) spins = Math.min(SPINS_MAX, spins * 2);
  else spins = Math.max(SPINS_MIN, spins >> 1);
}

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
  const waiters = joinQueues(k, queues, task);
  try {
    for (;;) {
      Atomics.store(k.i32, task + Task.wake, 0);
      const result = attempt();
      if (result !== -E.AGAIN) return result;
      if ((Atomics.load(k.i32, task + Task.signalled) & Signalled.look) !== 0) return -E.RESTARTSYS;
      if (deadline !== Number.POSITIVE_INFINITY && performance.now() >= deadline)
        return -E.TIMEDOUT;
      sleepTask(k, task, deadline);
    }
  } finally {
    leaveQueues(k, waiters);
  }
}

export function joinQueues(k: Kernel, queues: readonly number[], task: number): number[] {
  const waiters: number[] = [];
  k.lock();
  try {
    for (const queue of queues) if (queue !== 0) waiters.push(addWaiterLocked(k, queue, task));
  } catch (error) {
    for (const waiter of waiters) removeWaiterLocked(k, waiter);
    throw error;
  } finally {
    k.unlock();
  }
  return waiters;
}

export function leaveQueues(k: Kernel, waiters: readonly number[]): void {
  if (waiters.length === 0) return;
  k.lock();
  for (const waiter of waiters) removeWaiterLocked(k, waiter);
  k.unlock();
}
