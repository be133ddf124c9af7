// Scheduling parameters of tasks: sched(7). They are kept and answered; it is the host that schedules the workers.
import { SCHED } from '../abi/sched.ts';
import type { Kernel } from './kmem.ts';
import { Process, Task } from './task.ts';

export const isRealTime = (policy: number): boolean => policy === SCHED.FIFO || policy === SCHED.RR;

/** A new task schedules as the one that made it, unless that asked for SCHED_RESET_ON_FORK. */
export function inheritSchedLocked(k: Kernel, from: number, to: number): void {
  const { i32 } = k;
  i32[to + Task.affinity] = i32[from + Task.affinity];
  i32[to + Task.ioprio] = i32[from + Task.ioprio];
  const policy = i32[from + Task.schedPolicy];
  if (i32[from + Task.schedReset] === 0) {
    i32[to + Task.schedPolicy] = policy;
    i32[to + Task.schedPriority] = i32[from + Task.schedPriority];
    return;
  }
  const process = i32[to + Task.process];
  const own = process !== i32[from + Task.process];
  if (own && i32[process + Process.nice] < 0) i32[process + Process.nice] = 0;
}
