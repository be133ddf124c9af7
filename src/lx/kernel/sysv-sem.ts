// SysV semaphores: sets of counters that are changed together (ipc/sem.c of Linux). A set is an Ipc object; who cannot go
// on waits on its queue and tries again whenever something in the set changed.
import { E } from '../abi/errno.ts';
import { SEMLIM } from '../abi/ipc.ts';
import { Fixed } from './fixed.ts';
import { type Kernel, struct } from './kmem.ts';
import type { Lx } from './lx.ts';
import { processesLocked, processOf } from './process.ts';
import { sysctlLocked } from './sysctl.ts';
import {
  IPC_HEAD,
  Ipc,
  type IpcKind,
  ipcAllLocked,
  ipcPutLocked,
  ipcRemoveLocked,
  ipcTime,
} from './sysv-ipc.ts';
import { Process } from './task.ts';
import { blockUntil, WaitQueue, wakeAllLocked } from './wait.ts';

export const SEM_KIND: IpcKind = {
  at: Fixed.sem,
  limit: (k) => sysctlLocked(k, 'kernel/sem', 3),
  nextId: 'kernel/sem_next_id',
};

/** The semaphores follow: SEM_WORDS words each. */
export const SemSet = struct({
  ...IPC_HEAD,
  nsems: 'i32',
  wait: WaitQueue.SIZE / 4,
  otime: 'f64',
  ctime: 'f64',
  first: 'i32',
});
/** value, pid of the last operation, tasks that wait for it to grow, tasks that wait for it to be zero. */
export const Sem = struct({ value: 'i32', pid: 'i32', ncount: 'i32', zcount: 'i32' });
const SEM_WORDS = Sem.SIZE / 4;

/** What a process has to undo in a set: one adjustment a semaphore from `first` on. */
const Undo = struct({ next: 'i32', set: 'i32', count: 'i32', first: 'i32' });

export const semAt = (set: number, n: number): number => set + SemSet.first + n * SEM_WORDS;

export interface SemOp {
  readonly num: number;
  readonly op: number;
  readonly nowait: boolean;
  readonly undo: boolean;
}

/** Semaphores there are, in all sets. */
export const semsInUseLocked = (k: Kernel): number =>
  ipcAllLocked(k, Fixed.sem).reduce((sum, set) => sum + k.i32[set + SemSet.nsems], 0);

/** For ipcGet(): a new set, or −errno. */
export function newSemSetLocked(k: Kernel, nsems: number): number {
  if (nsems === 0) return -E.INVAL;
  if (semsInUseLocked(k) + nsems > SEMLIM.MNS) return -E.NOSPC;
  const set = k.allocLocked(SemSet.SIZE + nsems * Sem.SIZE);
  k.i32[set + SemSet.nsems] = nsems;
  k.f64[(set + SemSet.ctime) >> 1] = ipcTime();
  return set;
}

const freeSet =
  (k: Kernel) =>
  (set: number): void =>
    k.freeLocked(set);

/** IPC_RMID: who waits gets EIDRM, nobody has anything to undo. */
export function removeSemSetLocked(k: Kernel, set: number): void {
  for (const process of processesLocked(k)) {
    let link = process + Process.semUndo;
    while (k.i32[link] !== 0) {
      const undo = k.i32[link];
      if (k.i32[undo + Undo.set] !== set) {
        link = undo + Undo.next;
        continue;
      }
      k.i32[link] = k.i32[undo + Undo.next];
      k.freeLocked(undo);
    }
  }
  ipcRemoveLocked(k, set);
  wakeAllLocked(k, set + SemSet.wait);
  ipcPutLocked(k, set, freeSet(k));
}

/** SETVAL, SETALL: whoever had something to undo in this semaphore has not any more. */
export function setSemLocked(k: Kernel, set: number, n: number, value: number, pid: number): void {
  const sem = semAt(set, n);
  k.i32[sem + Sem.value] = value;
  k.i32[sem + Sem.pid] = pid;
  for (const process of processesLocked(k)) {
    const undo = findUndoLocked(k, process, set);
    if (undo !== 0) k.i32[undo + Undo.first + n] = 0;
  }
}

/** After a change: those who wait look again. */
export function semChangedLocked(k: Kernel, set: number): void {
  k.f64[(set + SemSet.ctime) >> 1] = ipcTime();
  wakeAllLocked(k, set + SemSet.wait);
}

function findUndoLocked(k: Kernel, process: number, set: number): number {
  let undo = k.i32[process + Process.semUndo];
  while (undo !== 0 && k.i32[undo + Undo.set] !== set) undo = k.i32[undo + Undo.next];
  return undo;
}

function undoOfLocked(k: Kernel, process: number, set: number): number {
  const found = findUndoLocked(k, process, set);
  if (found !== 0) return found;
  const count = k.i32[set + SemSet.nsems];
  const undo = k.allocLocked(Undo.SIZE + count * 4);
  k.i32[undo + Undo.set] = set;
  k.i32[undo + Undo.count] = count;
  k.i32[undo + Undo.next] = k.i32[process + Process.semUndo];
  k.i32[process + Process.semUndo] = undo;
  return undo;
}

/** The process ends: its SEM_UNDO operations are taken back (never below 0, nor above the maximum). */
export function undoSemaphoresLocked(k: Kernel, process: number): void {
  const { i32 } = k;
  const pid = i32[process + Process.pid];
  for (let undo = i32[process + Process.semUndo]; undo !== 0; ) {
    const set = i32[undo + Undo.set];
    for (let n = 0; n < i32[undo + Undo.count]; n++) {
      const change = i32[undo + Undo.first + n];
      if (change === 0) continue;
      const sem = semAt(set, n);
      i32[sem + Sem.value] = Math.min(SEMLIM.VMX, Math.max(0, i32[sem + Sem.value] + change));
      i32[sem + Sem.pid] = pid;
    }
    k.f64[(set + SemSet.otime) >> 1] = ipcTime();
    wakeAllLocked(k, set + SemSet.wait);
    const next = i32[undo + Undo.next];
    k.freeLocked(undo);
    undo = next;
  }
  i32[process + Process.semUndo] = 0;
}

// ---- semop

/** All operations or none: 0, −errno, or the number (from 1 on) of the one that has to wait. */
function tryLocked(k: Kernel, process: number, set: number, ops: readonly SemOp[]): number {
  const { i32 } = k;
  let done = 0;
  let result = 0;
  const undo = ops.some((op) => op.undo) ? undoOfLocked(k, process, set) : 0;
  for (; done < ops.length; done++) {
    const { num, op, nowait } = ops[done];
    const sem = semAt(set, num);
    const value = i32[sem + Sem.value] + op;
    const blocks = op === 0 ? value !== 0 : value < 0;
    if (blocks) result = nowait ? -E.AGAIN : done + 1;
    else if (value > SEMLIM.VMX) result = -E.RANGE;
    else if (ops[done].undo && !adjustLocked(k, undo + Undo.first + num, -op)) result = -E.RANGE;
    if (result !== 0) break;
    i32[sem + Sem.value] = value;
  }
  if (result !== 0) {
    while (--done >= 0) {
      const { num, op } = ops[done];
      i32[semAt(set, num) + Sem.value] -= op;
      if (ops[done].undo) i32[undo + Undo.first + num] += op;
    }
    return result;
  }
  const pid = i32[process + Process.pid];
  for (const { num } of ops) i32[semAt(set, num) + Sem.pid] = pid;
  k.f64[(set + SemSet.otime) >> 1] = ipcTime();
  if (ops.some(({ op }) => op !== 0)) wakeAllLocked(k, set + SemSet.wait);
  return 0;
}

function adjustLocked(k: Kernel, at: number, by: number): boolean {
  const sum = k.i32[at] + by;
  if (sum < -SEMLIM.AEM - 1 || sum > SEMLIM.AEM) return false;
  k.i32[at] = sum;
  return true;
}

/** semtimedop(2) on a set that the caller holds a reference of (ipcPut follows). */
export function semop(lx: Lx, set: number, ops: readonly SemOp[], deadline: number): number {
  const { k } = lx;
  const { i32 } = k;
  const process = processOf(lx);
  let counted = 0; // the word that counts this task as waiting
  const attempt = (): number =>
    k.locked(() => {
      if (counted !== 0) i32[counted]--;
      counted = 0;
      if (i32[set + Ipc.removed] !== 0) return -E.IDRM;
      const result = tryLocked(k, process, set, ops);
      if (result <= 0) return result === -E.AGAIN ? -NOWAIT : result;
      const { num, op } = ops[result - 1];
      counted = semAt(set, num) + (op === 0 ? Sem.zcount : Sem.ncount);
      i32[counted]++;
      return -E.AGAIN;
    });
  let result: number;
  try {
    result = blockUntil(lx, [set + SemSet.wait], attempt, deadline);
  } finally {
    k.locked(() => {
      if (counted !== 0) i32[counted]--;
      ipcPutLocked(k, set, freeSet(k));
    });
  }
  if (result === -E.RESTARTSYS) return -E.INTR; // never restarted, whatever SA_RESTART says
  return result === -NOWAIT || result === -E.TIMEDOUT ? -E.AGAIN : result;
}

/** EAGAIN that ends the wait (blockUntil() goes on at −EAGAIN). */
const NOWAIT = 10_000;
