// While a thread forks, the other threads of its process run no guest code: the copy takes milliseconds, and would hold
// half of what they are doing (natively the page tables are copied under a lock, and writes wait for it).
import type { Kernel } from './kmem.ts';
import type { Lx } from './lx.ts';
import { processOf, tasksLocked } from './process.ts';
import { eachTask, recalcLocked } from './signal.ts';
import { Process, Task } from './task.ts';

/** A store of another core is seen after this long, whatever it does. */
const SETTLE_MS = 0.05;
const GIVE_UP_MS = 1000;

/** Runs `body` with the current task's siblings out of guest code. */
export function withSiblingsFrozen<T>(lx: Lx, body: () => T): T {
  const { k } = lx;
  const process = processOf(lx);
  if (k.i32[process + Process.taskCount] <= 1) return body();
  Atomics.add(k.i32, process + Process.frozen, 1);
  try {
    waitUntilParked(lx, process);
    return body();
  } finally {
    Atomics.sub(k.i32, process + Process.frozen, 1);
    Atomics.notify(k.i32, process + Process.frozen);
  }
}

/** Every sibling is asked to look around, and is waited for until it is inside the kernel. */
function waitUntilParked(lx: Lx, process: number): void {
  const { k, task } = lx;
  const siblings = () => k.locked(() => tasksLocked(k, process).filter((t) => t !== task));
  k.locked(() => eachTask(k, process, (t) => recalcLocked(k, t)));
  const until = performance.now() + GIVE_UP_MS;
  do {
    Atomics.wait(k.i32, task + Task.parked, 0, SETTLE_MS);
  } while (performance.now() < until && siblings().some((t) => isRunning(k, t)));
}

const isRunning = (k: Kernel, task: number): boolean =>
  Atomics.load(k.i32, task + Task.parked) === 0 && Atomics.load(k.i32, task + Task.sysNumber) < 0;

/** Called before guest code runs again: waits while another thread copies the memory. */
export function parkWhileFrozen(lx: Lx): void {
  const { k, task } = lx;
  const { i32 } = k;
  const process = processOf(lx);
  const word = process + Process.frozen;
  if (Atomics.load(i32, word) === 0) return;
  Atomics.store(i32, task + Task.parked, 1);
  for (let n = Atomics.load(i32, word); n > 0; n = Atomics.load(i32, word)) {
    if (i32[process + Process.exiting] !== 0) break;
    Atomics.wait(i32, word, n, 100);
  }
  Atomics.store(i32, task + Task.parked, 0);
  k.locked(() => recalcLocked(k, task));
}
