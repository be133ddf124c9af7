// Processes and tasks: making, finding, linking and freeing the objects of task.ts.
import { Fixed } from './fixed.ts';
import type { Kernel } from './kmem.ts';
import type { Lx } from './lx.ts';
import { sysctlLocked } from './sysctl.ts';
import { FsInfo, Process, ProcessState, Task } from './task.ts';
import { newWaitQueueLocked } from './wait.ts';

const RESERVED_PIDS = 300; // after the wrap, pids start here

/** The current process. */
export const processOf = (lx: Lx): number => lx.k.i32[lx.task + Task.process];

export const pidOf = (lx: Lx): number => lx.k.i32[processOf(lx) + Process.pid];

/** A process that is not yet reaped, or 0. */
export function findProcessLocked(k: Kernel, pid: number): number {
  const { i32 } = k;
  let p = i32[Fixed.processes];
  while (p !== 0 && i32[p + Process.pid] !== pid) p = i32[p + Process.next];
  return p;
}

export const findProcess = (k: Kernel, pid: number): number =>
  k.locked(() => findProcessLocked(k, pid));

/** A living task by its tid, or 0. */
export function findTaskLocked(k: Kernel, tid: number): number {
  const { i32 } = k;
  for (let p = i32[Fixed.processes]; p !== 0; p = i32[p + Process.next]) {
    for (let t = i32[p + Process.tasks]; t !== 0; t = i32[t + Task.next]) {
      if (i32[t + Task.tid] === tid) return t;
    }
  }
  return 0;
}

export const findTask = (k: Kernel, tid: number): number => k.locked(() => findTaskLocked(k, tid));

/** All processes in the table (zombies and init included), newest first. */
export function processesLocked(k: Kernel): number[] {
  const all: number[] = [];
  for (let p = k.i32[Fixed.processes]; p !== 0; p = k.i32[p + Process.next]) all.push(p);
  return all;
}

export function tasksLocked(k: Kernel, process: number): number[] {
  const all: number[] = [];
  for (let t = k.i32[process + Process.tasks]; t !== 0; t = k.i32[t + Task.next]) all.push(t);
  return all;
}

export function childrenLocked(k: Kernel, process: number): number[] {
  const all: number[] = [];
  for (let c = k.i32[process + Process.children]; c !== 0; c = k.i32[c + Process.sibling])
    all.push(c);
  return all;
}

/** The next unused pid; one that is still a process group or session id is skipped, as in Linux. */
export function newPidLocked(k: Kernel): number {
  const { i32 } = k;
  const max = sysctlLocked(k, 'kernel/pid_max');
  for (;;) {
    let pid = i32[Fixed.lastPid] + 1;
    if (pid >= max) pid = RESERVED_PIDS;
    i32[Fixed.lastPid] = pid;
    if (!pidInUseLocked(k, pid)) return pid;
  }
}

function pidInUseLocked(k: Kernel, pid: number): boolean {
  const { i32 } = k;
  for (let p = i32[Fixed.processes]; p !== 0; p = i32[p + Process.next]) {
    if (
      i32[p + Process.pid] === pid ||
      i32[p + Process.pgid] === pid ||
      i32[p + Process.sid] === pid
    )
      return true;
    for (let t = i32[p + Process.tasks]; t !== 0; t = i32[t + Task.next]) {
      if (i32[t + Task.tid] === pid) return true;
    }
  }
  return false;
}

/** A process object in the table, child of `parent` (0 for init); everything it refers to is still to be set. */
export function newProcessLocked(k: Kernel, pid: number, parent: number): number {
  const { i32 } = k;
  const process = k.allocLocked(Process.SIZE);
  i32[process + Process.pid] = pid;
  i32[process + Process.state] = ProcessState.alive;
  i32[process + Process.childWait] = newWaitQueueLocked(k);
  const next = i32[Fixed.processes];
  i32[process + Process.next] = next;
  if (next !== 0) i32[next + Process.prev] = process;
  i32[Fixed.processes] = process;
  i32[Fixed.processCount]++;
  if (parent !== 0) adoptLocked(k, parent, process);
  return process;
}

/** Makes `child` (which has no parent now) a child of `parent`. */
export function adoptLocked(k: Kernel, parent: number, child: number): void {
  const { i32 } = k;
  i32[child + Process.parent] = parent;
  i32[child + Process.sibling] = i32[parent + Process.children];
  i32[parent + Process.children] = child;
}

export function unlinkChildLocked(k: Kernel, child: number): void {
  const { i32 } = k;
  const parent = i32[child + Process.parent];
  if (parent === 0) return;
  let link = parent + Process.children;
  while (i32[link] !== child) link = i32[link] + Process.sibling;
  i32[link] = i32[child + Process.sibling];
  i32[child + Process.sibling] = 0;
  i32[child + Process.parent] = 0;
}

/** Takes a reaped process out of the table. */
export function freeProcessLocked(k: Kernel, process: number): void {
  const { i32 } = k;
  unlinkChildLocked(k, process);
  const next = i32[process + Process.next];
  const prev = i32[process + Process.prev];
  if (next !== 0) i32[next + Process.prev] = prev;
  if (prev !== 0) i32[prev + Process.next] = next;
  else i32[Fixed.processes] = next;
  i32[Fixed.processCount]--;
  i32[process + Process.state] = ProcessState.reaped;
  for (const field of [
    Process.childWait,
    Process.exe,
    Process.cmdline,
    Process.environ,
    Process.groups,
  ]) {
    k.freeLocked(i32[process + field]);
  }
  k.freeLocked(process);
}

export function newTaskLocked(k: Kernel, process: number, tid: number): number {
  const { i32 } = k;
  const task = k.allocLocked(Task.SIZE);
  i32[task + Task.tid] = tid;
  i32[task + Task.process] = process;
  i32[task + Task.sysNumber] = -1;
  i32[task + Task.next] = i32[process + Process.tasks];
  i32[process + Process.tasks] = task;
  i32[process + Process.taskCount]++;
  if (i32[process + Process.leader] === 0) i32[process + Process.leader] = task;
  i32[Fixed.taskCount]++;
  return task;
}

export function unlinkTaskLocked(k: Kernel, task: number): void {
  const { i32 } = k;
  const process = i32[task + Task.process];
  let link = process + Process.tasks;
  while (i32[link] !== task) link = i32[link] + Task.next;
  i32[link] = i32[task + Task.next];
  i32[process + Process.taskCount]--;
  i32[Fixed.taskCount]--;
}

/** fork: the same working directory, root and umask, its own copy. */
export function copyFsLocked(k: Kernel, from: number): number {
  const { i32 } = k;
  const fs = k.allocLocked(FsInfo.SIZE);
  i32.copyWithin(fs, from, from + FsInfo.SIZE / 4);
  i32[fs + FsInfo.refs] = 1;
  for (const field of [FsInfo.cwd, FsInfo.root]) {
    if (i32[from + field] !== 0)
      i32[fs + field] = k.newStringLocked(k.readString(i32[from + field]));
  }
  return fs;
}

export function putFsLocked(k: Kernel, fs: number): void {
  if (fs === 0 || --k.i32[fs + FsInfo.refs] !== 0) return;
  k.freeLocked(k.i32[fs + FsInfo.cwd]);
  k.freeLocked(k.i32[fs + FsInfo.root]);
  k.freeLocked(fs);
}

// ---- small shared parts

export const fsOf = (lx: Lx): number => lx.k.i32[processOf(lx) + Process.fs];
export const umaskOf = (lx: Lx): number => lx.k.i32[fsOf(lx) + FsInfo.umask];

const COMM_BYTES = 16;

export function commOf(k: Kernel, task: number): string {
  const at = (task + Task.comm) * 4;
  let text = '';
  for (let i = 0; i < COMM_BYTES && k.u8[at + i] !== 0; i++)
    text += String.fromCharCode(k.u8[at + i]);
  return text;
}

/** Sets the task's name, cut to 15 bytes. */
export function setComm(k: Kernel, task: number, name: string): void {
  const at = (task + Task.comm) * 4;
  for (let i = 0; i < COMM_BYTES; i++)
    k.u8[at + i] = i < COMM_BYTES - 1 && i < name.length ? name.charCodeAt(i) : 0;
}

/** unshare(CLONE_FS): the current process gets a root, directory and umask of its own. */
export function unshareFs(lx: Lx): void {
  const { k } = lx;
  const process = processOf(lx);
  k.locked(() => {
    const shared = k.i32[process + Process.fs];
    if (k.i32[shared + FsInfo.refs] === 1) return;
    k.i32[process + Process.fs] = copyFsLocked(k, shared);
    putFsLocked(k, shared);
  });
}
