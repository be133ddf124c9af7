// Waiting for children: wait4(2) and waitid(2) on one search (do_wait() of Linux).

import { E } from '../abi/errno.ts';
import { CLD, SIG } from '../abi/signal.ts';
import { P, W } from '../abi/wait.ts';
import { reapLocked } from './exit.ts';
import type { Kernel } from './kmem.ts';
import type { Lx } from './lx.ts';
import { childrenLocked, processOf } from './process.ts';
import { StateChange } from './signal.ts';
import { Process, ProcessState } from './task.ts';
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
      const children = childrenLocked(k, process).filter((c) =>
        matchesLocked(k, c, selector, options),
      );
      if (children.length === 0) return -E.CHILD;
      // Newest child first in the list; Linux reports the oldest first.
      for (const child of children.reverse()) {
        event = eventOfLocked(k, child, options);
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

function eventOfLocked(k: Kernel, child: number, options: number): ChildEvent | null {
  const { i32 } = k;
  const keep = (options & W.NOWAIT) !== 0;
  if (i32[child + Process.state] === ProcessState.zombie) {
    if ((options & W.EXITED) === 0) return null;
    const event = exitEvent(k, child);
    if (!keep) reapLocked(k, child);
    return event;
  }
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
