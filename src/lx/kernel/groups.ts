// Process groups and sessions: setpgid(2), setsid(2), getpgid(2), getsid(2).
import { E } from '../abi/errno.ts';
import type { Kernel } from './kmem.ts';
import type { Lx } from './lx.ts';
import { findProcessLocked, processesLocked, processOf } from './process.ts';
import { Process, ProcessState } from './task.ts';

/** The process `pid`, 0 meaning the current one; 0 if there is none. */
const targetLocked = (lx: Lx, pid: number): number =>
  pid === 0 ? processOf(lx) : findProcessLocked(lx.k, pid);

export function setpgid(lx: Lx, pid: number, pgid: number): number {
  if (pgid < 0 || (pgid === 0 && pid < 0)) return -E.INVAL;
  if (pid < 0) return -E.SRCH;
  return lx.k.locked(() => setpgidLocked(lx, pid, pgid));
}

function setpgidLocked(lx: Lx, pid: number, wanted: number): number {
  const { k } = lx;
  const { i32 } = k;
  const self = processOf(lx);
  const target = targetLocked(lx, pid);
  if (target === 0) return -E.SRCH;
  if (target !== self) {
    if (i32[target + Process.parent] !== self) return -E.SRCH;
    if (i32[target + Process.sid] !== i32[self + Process.sid]) return -E.PERM;
    if (i32[target + Process.didExec] !== 0) return -E.ACCES;
  }
  if (i32[target + Process.sid] === i32[target + Process.pid]) return -E.PERM; // a session leader
  const pgid = wanted === 0 ? i32[target + Process.pid] : wanted;
  if (
    pgid !== i32[target + Process.pid] &&
    sessionOfGroupLocked(k, pgid) !== i32[self + Process.sid]
  )
    return -E.PERM;
  i32[target + Process.pgid] = pgid;
  return 0;
}

/** The session a group belongs to, −1 if there is no such group. */
export function sessionOfGroupLocked(k: Kernel, pgid: number): number {
  const member = processesLocked(k).find((p) => k.i32[p + Process.pgid] === pgid);
  return member === undefined ? -1 : k.i32[member + Process.sid];
}

export function setsid(lx: Lx): number {
  const { k } = lx;
  const { i32 } = k;
  return k.locked(() => {
    const self = processOf(lx);
    const pid = i32[self + Process.pid];
    if (processesLocked(k).some((p) => i32[p + Process.pgid] === pid)) return -E.PERM;
    i32[self + Process.pgid] = pid;
    i32[self + Process.sid] = pid;
    i32[self + Process.tty] = 0;
    return pid;
  });
}

export function getField(lx: Lx, pid: number, field: number): number {
  return lx.k.locked(() => {
    const target = targetLocked(lx, pid);
    if (target === 0 || lx.k.i32[target + Process.state] === ProcessState.reaped) return -E.SRCH;
    return lx.k.i32[target + field];
  });
}
