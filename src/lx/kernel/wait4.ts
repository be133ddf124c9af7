// Waiting for children: wait4(2) and waitid(2) on one search (do_wait() of Linux).

import { E } from '../abi/errno.ts';
import { CLD, SIG } from '../abi/signal.ts';
import { P, W } from '../abi/wait.ts';
import { reapLocked, reportLocked } from './exit.ts';
import type { Kernel } from './kmem.ts';
import type { Lx } from './lx.ts';
import { childrenLocked, processesLocked, processOf } from './process.ts';
import { StateChange } from './signal.ts';
import { Process, ProcessState, Task } from './task.ts';
import { Traced, traceesLocked } from './trace.ts';
import { blockUntil } from './wait.ts';

/** Which children: P.ALL, P.PID with its pid, P.PGID with a group. */
export interface ChildSelector {
  readonly type: number;
  readonly id: number;
}

/** What became of a child: `code` a CLD_*, `status` the exit status or signal, `waitStatus` as wait4 reports it. */
export interface ChildEvent {
  readonly pid: number;
  readonly uid: number;
  readonly code: number;
  readonly status: number;
  readonly waitStatus: number;
  readonly usage: Usage;
}

/** Times in ms, KiB. */
export interface Usage {
  readonly utime: number;
  readonly stime: number;
  readonly maxRss: number;
}

/** Waits for one event of the children selected; null when there is none and W.NOHANG is set; −errno. */
export function waitForChild(
  lx: Lx,
  selector: ChildSelector,
  options: number,
): ChildEvent | null | number {
  const { k } = lx;
  const process = processOf(lx);
  let event: ChildEvent | null = null;
  const look = (): number =>
    k.locked(() => {
      const tracees = traceesLocked(k, process).filter((t) => selectsTask(k, t, selector));
      const stopped = tracees.find((t) => k.i32[t + Task.traceStopped] === Traced.fresh);
      if (stopped !== undefined) {
        event = stopEvent(k, stopped, options);
        return 0;
      }
      const children = childrenLocked(k, process)
        .filter((c) => matchesLocked(k, c, selector, options))
        .concat(
          foreignZombiesLocked(k, process).filter((p) => matchesLocked(k, p, selector, W.ALL)),
        );
      if (children.length + tracees.length === 0) return -E.CHILD;
      // Newest child first in the list; Linux reports the oldest first.
      for (const child of children.reverse()) {
        event = eventOfLocked(k, process, child, options);
        if (event !== null) return 0;
      }
      return (options & W.NOHANG) !== 0 ? 0 : -E.AGAIN;
    });
  const result = blockUntil(lx, [k.i32[process + Process.childWait]], look);
  return result < 0 ? result : event;
}

function matchesLocked(
  k: Kernel,
  child: number,
  { type, id }: ChildSelector,
  options: number,
): boolean {
  const { i32 } = k;
  if (type === P.PID && i32[child + Process.pid] !== id) return false;
  if (type === P.PGID && i32[child + Process.pgid] !== id) return false;
  if ((options & W.ALL) !== 0) return true;
  const isClone = i32[child + Process.exitSignal] !== SIG.CHLD;
  return isClone === ((options & W.CLONE) !== 0);
}

/** Zombies that `tracer` traced and that have another parent: it sees their end first. */
function foreignZombiesLocked(k: Kernel, tracer: number): number[] {
  const { i32 } = k;
  if (i32[tracer + Process.tracees] === 0) return [];
  return processesLocked(k).filter(
    (p) =>
      i32[p + Process.tracer] === tracer &&
      i32[p + Process.parent] !== tracer &&
      i32[p + Process.state] === ProcessState.zombie,
  );
}

function selectsTask(k: Kernel, task: number, { type, id }: ChildSelector): boolean {
  const { i32 } = k;
  if (type === P.PID) return i32[task + Task.tid] === id;
  return type !== P.PGID || i32[i32[task + Task.process] + Process.pgid] === id;
}

/** A tracee that has stopped for its tracer. */
function stopEvent(k: Kernel, task: number, options: number): ChildEvent {
  const { i32 } = k;
  const code = i32[task + Task.traceCode];
  if ((options & W.NOWAIT) === 0) i32[task + Task.traceStopped] = Traced.seen;
  const event = stateEvent(k, i32[task + Task.process], CLD.TRAPPED, code, (code << 8) | 0x7f);
  return { ...event, pid: i32[task + Task.tid] };
}

/** The end of `child` as `waiter` sees it. */
function endOfLocked(k: Kernel, waiter: number, child: number, options: number): ChildEvent | null {
  const { i32 } = k;
  const keep = (options & W.NOWAIT) !== 0;
  const tracer = i32[child + Process.tracer];
  const isParent = i32[child + Process.parent] === waiter;
  if ((options & W.EXITED) === 0) return null;
  if (isParent && tracer !== 0 && tracer !== waiter) return null; // the tracer sees it first
  const event = exitEvent(k, child);
  if (keep) return event;
  if (isParent) {
    reapLocked(k, child);
  } else {
    i32[child + Process.tracer] = 0;
    reportLocked(k, child);
  }
  return event;
}

function eventOfLocked(
  k: Kernel,
  waiter: number,
  child: number,
  options: number,
): ChildEvent | null {
  const { i32 } = k;
  const keep = (options & W.NOWAIT) !== 0;
  if (i32[child + Process.state] === ProcessState.zombie)
    return endOfLocked(k, waiter, child, options);
  const change = i32[child + Process.stateChange];
  if (change === StateChange.stopped && (options & W.UNTRACED) !== 0) {
    const signal = i32[child + Process.stopSignal];
    if (!keep) i32[child + Process.stateChange] = StateChange.none;
    return stateEvent(k, child, CLD.STOPPED, signal, (signal << 8) | 0x7f);
  }
  if (change === StateChange.continued && (options & W.CONTINUED) !== 0) {
    if (!keep) i32[child + Process.stateChange] = StateChange.none;
    return stateEvent(k, child, CLD.CONTINUED, SIG.CONT, 0xffff);
  }
  return null;
}

function exitEvent(k: Kernel, child: number): ChildEvent {
  const status = k.i32[child + Process.exitCode];
  const signal = status & 0x7f;
  if (signal === 0) return stateEvent(k, child, CLD.EXITED, (status >> 8) & 0xff, status);
  return stateEvent(k, child, (status & 0x80) !== 0 ? CLD.DUMPED : CLD.KILLED, signal, status);
}

function stateEvent(
  k: Kernel,
  child: number,
  code: number,
  status: number,
  waitStatus: number,
): ChildEvent {
  const pid = k.i32[child + Process.pid];
  const uid = k.i32[child + Process.uid];
  return { pid, uid, code, status, waitStatus, usage: usageOf(k, child) };
}

/** What a process and the children it has waited for have used. */
function usageOf(k: Kernel, process: number): Usage {
  const at = (field: number): number => k.f64[(process + field) >> 1];
  return {
    utime: at(Process.utime) + at(Process.cutime),
    stime: at(Process.stime) + at(Process.cstime),
    maxRss: Math.max(at(Process.maxRss), at(Process.cmaxRss)),
  };
}
