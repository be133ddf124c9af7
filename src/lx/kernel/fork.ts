// clone(2), clone3(2), fork(2), vfork(2): new processes and threads. Three ways to begin:
//   fork    a worker of the pool gets a copy of the memory, while the parent waits
//   vfork   (CLONE_VM | CLONE_VFORK) the child runs on its parent's worker, see vfork.ts
//   share   (CLONE_VM: threads, and the rare process that shares memory) a worker of the pool joins the memory
import {
  CACHE_BASE,
  CACHE_SIZE,
  CTX_BASE,
  CTX_MAX,
  CTX_SIZE,
  FS_BASE,
  GPR,
  PAGE_WRITE,
  RSP,
  SHARED_ALONE,
} from '../../../assembly/shared/layout.ts';
import { E } from '../abi/errno.ts';
import { CLONE, CLONE_CLEAR_SIGHAND } from '../abi/sched.ts';
import { forkMm, holdMm, withMm } from '../mm/mm.ts';
import { giveCache } from '../mm/runtime-range.ts';
import { CAP_SETS } from './caps.ts';
import { abandonTask } from './exit.ts';
import { copyFileTableLocked } from './files.ts';
import { Fixed } from './fixed.ts';
import { withSiblingsFrozen } from './freeze.ts';
import type { Kernel } from './kmem.ts';
import {
  contextOfLingerer,
  giveThread,
  lingeringContextsLocked,
  takeLingererLocked,
} from './linger.ts';
import type { Lx } from './lx.ts';
import { installPidfd } from './pidfd.ts';
import {
  copyFsLocked,
  newPidLocked,
  newProcessLocked,
  newTaskLocked,
  processesLocked,
  processOf,
  tasksLocked,
} from './process.ts';
import { INFINITE, RLIMIT, RLIMITS, rlimitSoft } from './rlimits.ts';
import { inheritSchedLocked } from './sched.ts';
import { inheritFiltersLocked } from './seccomp.ts';
import { newSigHandLocked, recalcLocked } from './signal.ts';
import { FileTable, FsInfo, Process, SigHand, Task } from './task.ts';
import { inheritTraceLocked } from './trace.ts';
import { enterVforkChild } from './vfork.ts';

export interface CloneArgs {
  /** CLONE_*, without the signal. */
  readonly flags: number;
  readonly exitSignal: number;
  /** rsp of the child, 0 = the parent's. */
  readonly stack: number;
  readonly tls: number;
  readonly parentTid: number;
  readonly childTid: number;
  /** Where CLONE_PIDFD puts the descriptor. */
  readonly pidfd: number;
}

/** What one fork may take of kernel memory. */
const HEADROOM = 1 << 20;
const has = (flags: number, flag: number): boolean => (flags & flag) !== 0;
const NAMESPACES =
  CLONE.NEWNS |
  CLONE.NEWCGROUP |
  CLONE.NEWUTS |
  CLONE.NEWIPC |
  CLONE.NEWUSER |
  CLONE.NEWPID |
  CLONE.NEWNET;

/** The child's id for the caller; in a vfork child 0 (it is what the call returns into). −errno. */
export function clone(lx: Lx, args: CloneArgs): number {
  const { k } = lx;
  const { flags } = args;
  if (has(flags, CLONE.PIDFD)) lx.mem.writable(args.pidfd, 4);
  const invalid = checkFlags(flags);
  if (invalid !== 0) return invalid;
  if (!mayFork(lx)) return -E.AGAIN;
  if (k.untouched < HEADROOM) return -E.NOMEM;
  return has(flags, CLONE.VM) ? cloneSharing(lx, args) : fork(lx, args);
}

/** CLONE_VM: a thread, a vfork child, a process in the same memory. */
function cloneSharing(lx: Lx, args: CloneArgs): number {
  const { k } = lx;
  const { flags } = args;
  const thread = has(flags, CLONE.THREAD);
  lx.mem.i32[SHARED_ALONE >> 2] = 0;
  const mm = k.i32[processOf(lx) + Process.mm];
  const task = thread ? newThread(lx, args) : newChild(lx, args, holdMm(k, mm));
  const tid = k.i32[task + Task.tid];
  const failed = givePidfd(lx, args, task);
  if (failed < 0) return abandon(lx, task, failed);
  tellParent(lx, args, tid);
  if (has(flags, CLONE.VFORK) && !thread) {
    enterVforkChild(lx, task);
    startTask(lx, args.stack);
    return 0;
  }
  const lingerer = k.locked(() => takeLingererLocked(k, k.i32[processOf(lx) + Process.memory]));
  if (lingerer !== 0) takeContextOf(lx, lingerer, task, args.stack);
  else if (!takeContext(lx, task, args.stack)) return abandon(lx, task, -E.AGAIN);
  k.locked(() => recalcLocked(k, task)); // its process may have a signal for it, or be about to be copied
  if (lingerer !== 0) giveThread(k, lingerer, task);
  else lx.session.post({ type: 'spawn', task, start: { how: 'share' } });
  return tid;
}

/** The child has a copy of what the parent has mapped. Nothing of that may change before it is made. */
function fork(lx: Lx, args: CloneArgs): number {
  const { k } = lx;
  // Should these words lie in shared pages, they have to be there before the Mm is locked.
  for (const address of [args.parentTid, args.pidfd]) lx.mem.accessible(address, 4, PAGE_WRITE);
  return withSiblingsFrozen(lx, () =>
    withMm(lx, (mm) => {
      const task = newChild(lx, args, forkMm(k, mm));
      const failed = givePidfd(lx, args, task);
      if (failed < 0) return abandon(lx, task, failed);
      const result = waitForCopy(lx, task);
      if (result >= 0) tellParent(lx, args, result);
      return result;
    }),
  );
}

/** CLONE_PIDFD; 0 or −errno. */
function givePidfd(lx: Lx, { flags, pidfd }: CloneArgs, task: number): number {
  if (!has(flags, CLONE.PIDFD)) return 0;
  const fd = installPidfd(lx, lx.k.i32[task + Task.process], 0);
  if (fd >= 0) lx.mem.writeU32(pidfd, fd);
  return Math.min(fd, 0);
}

/** CLONE_PARENT_SETTID; a bad pointer is the parent's loss. */
function tellParent({ mem }: Lx, { flags, parentTid }: CloneArgs, tid: number): void {
  if (!has(flags, CLONE.PARENT_SETTID)) return;
  if (mem.accessible(parentTid, 4, PAGE_WRITE) === 4) mem.writeU32(parentTid, tid);
}

function checkFlags(flags: number): number {
  if (has(flags, CLONE.THREAD) && !has(flags, CLONE.SIGHAND)) return -E.INVAL;
  if (has(flags, CLONE.SIGHAND) && !has(flags, CLONE.VM)) return -E.INVAL;
  if (has(flags, CLONE.FS) && has(flags, CLONE.NEWNS)) return -E.INVAL;
  if (has(flags, NAMESPACES)) return -E.PERM;
  if (has(flags, CLONE.PIDFD) && has(flags, CLONE.THREAD | CLONE.DETACHED)) return -E.INVAL;
  return 0;
}

/** The session's limit of tasks, and RLIMIT_NPROC (which does not hold for root). */
function mayFork(lx: Lx): boolean {
  const { k } = lx;
  if (k.i32[Fixed.taskCount] >= lx.config.maxTasks) return false;
  const process = processOf(lx);
  const uid = k.i32[process + Process.uid];
  const limit = rlimitSoft(k, process, RLIMIT.NPROC);
  if (uid === 0 || limit === INFINITE) return true;
  return k.locked(() => tasksOfUserLocked(k, uid)) < limit;
}

const tasksOfUserLocked = (k: Kernel, uid: number): number =>
  processesLocked(k)
    .filter((p) => k.i32[p + Process.uid] === uid)
    .reduce((sum, p) => sum + k.i32[p + Process.taskCount], 0);

// ---- kernel objects

function newThread(lx: Lx, args: CloneArgs): number {
  const { k } = lx;
  return k.locked(() => {
    const task = newTaskLocked(k, processOf(lx), newPidLocked(k));
    inheritTaskLocked(lx, task, args);
    return task;
  });
}

/** A child process with the Mm `mm`, whose reference it takes over. */
function newChild(lx: Lx, args: CloneArgs, mm: number): number {
  const { k } = lx;
  const { i32 } = k;
  const self = processOf(lx);
  const share = has(args.flags, CLONE.VM);
  return k.locked(() => {
    const parent = has(args.flags, CLONE.PARENT) ? i32[self + Process.parent] : self;
    const child = newProcessLocked(k, newPidLocked(k), parent);
    inheritProcessLocked(k, self, child);
    i32[child + Process.exitSignal] = args.exitSignal;
    i32[child + Process.mm] = mm;
    if (share) i32[child + Process.memory] = i32[self + Process.memory];
    i32[child + Process.files] = filesFor(k, i32[self + Process.files], args.flags);
    i32[child + Process.fs] = fsFor(k, i32[self + Process.fs], args.flags);
    i32[child + Process.sighand] = sigHandFor(k, i32[self + Process.sighand], args.flags);
    const task = newTaskLocked(k, child, i32[child + Process.pid]);
    inheritTaskLocked(lx, task, args);
    Atomics.add(i32, Fixed.alive, 1);
    return task;
  });
}

function filesFor(k: Kernel, files: number, flags: number): number {
  if (!has(flags, CLONE.FILES)) return copyFileTableLocked(k, files);
  k.i32[files + FileTable.refs]++;
  return files;
}

function fsFor(k: Kernel, fs: number, flags: number): number {
  if (!has(flags, CLONE.FS)) return copyFsLocked(k, fs);
  k.i32[fs + FsInfo.refs]++;
  return fs;
}

function sigHandFor(k: Kernel, sighand: number, flags: number): number {
  if (flags >= CLONE_CLEAR_SIGHAND) return newSigHandLocked(k, 0);
  if (!has(flags, CLONE.SIGHAND)) return newSigHandLocked(k, sighand);
  k.i32[sighand + SigHand.refs]++;
  return sighand;
}

// biome-ignore format: aligned rows
const INHERITED = [
  Process.pgid, Process.sid, Process.tty, Process.noNewPrivs, Process.dumpable, Process.nice, Process.personality,
  Process.uid, Process.euid, Process.suid, Process.fsuid, Process.gid, Process.egid, Process.sgid, Process.fsgid,
  Process.securebits, Process.sessionKeyring, ...CAP_SETS, ...CAP_SETS.map((set) => set + 1),
];

function inheritProcessLocked(k: Kernel, from: number, to: number): void {
  const { i32 } = k;
  for (const field of INHERITED) i32[to + field] = i32[from + field];
  const limits = from + Process.rlimits;
  i32.copyWithin(to + Process.rlimits, limits, limits + RLIMITS * 4);
  k.f64[(to + Process.startTime) >> 1] = performance.timeOrigin + performance.now();
  for (const field of [Process.exe, Process.cmdline, Process.environ]) {
    i32[to + field] = k.newStringLocked(k.readString(i32[from + field]));
  }
  const groups = i32[from + Process.groups];
  const words = 1 + i32[groups];
  i32[to + Process.groups] = k.allocLocked(words * 4);
  i32.copyWithin(i32[to + Process.groups], groups, groups + words);
}

function inheritTaskLocked(lx: Lx, task: number, args: CloneArgs): void {
  const { k, task: from } = lx;
  const { i32, f64 } = k;
  const { flags } = args;
  i32[task + Task.ctx] = lx.ctx;
  i32.copyWithin(task + Task.comm, from + Task.comm, from + Task.comm + 4);
  i32.copyWithin(task + Task.blocked, from + Task.blocked, from + Task.blocked + 2);
  // sigaltstack(2): a thread starts without one, a process keeps it (also over vfork).
  if (!has(flags, CLONE.VM) || has(flags, CLONE.VFORK)) {
    f64[(task + Task.altStack) >> 1] = f64[(from + Task.altStack) >> 1];
    f64[(task + Task.altSize) >> 1] = f64[(from + Task.altSize) >> 1];
    i32[task + Task.altFlags] = i32[from + Task.altFlags];
  }
  i32[task + Task.timerSlack] = i32[from + Task.timerSlack];
  inheritSchedLocked(k, from, task);
  i32[task + Task.cloneFlags] = flags | 0;
  f64[(task + Task.stack) >> 1] = args.stack;
  f64[(task + Task.tls) >> 1] = args.tls;
  inheritFiltersLocked(k, from, task);
  inheritTraceLocked(k, from, task, flags, args.exitSignal);
  if (has(flags, CLONE.CHILD_SETTID)) f64[(task + Task.setChildTid) >> 1] = args.childTid;
  if (has(flags, CLONE.CHILD_CLEARTID)) f64[(task + Task.clearChildTid) >> 1] = args.childTid;
}

// ---- the CPU context

/** The contexts in use in the current memory. */
function usedContexts(lx: Lx): Set<number> {
  const { k } = lx;
  const { i32 } = k;
  const memory = i32[processOf(lx) + Process.memory];
  return k.locked(() => {
    const tasks = processesLocked(k)
      .filter((p) => i32[p + Process.memory] === memory)
      .flatMap((p) => tasksLocked(k, p));
    return new Set([...tasks.map((t) => i32[t + Task.ctx]), ...lingeringContextsLocked(k, memory)]);
  });
}

/**
 * Gives a new thread a context, with the caller's registers but for rsp, and a decode cache. The lock of the Mm sees to it
 * that no two get the same. False: there is no more room.
 */
function takeContext(lx: Lx, task: number, stack: number): boolean {
  return withMm(lx, (mm) => {
    const used = usedContexts(lx);
    for (let n = 0; n < CTX_MAX; n++) {
      const ctx = CTX_BASE + n * CTX_SIZE;
      if (used.has(ctx)) continue;
      copyContext(lx, task, ctx, stack);
      return giveCache(lx, mm, ctx, used) === 0;
    }
    return false;
  });
}

/** The same with the context and the decode cache that a worker already has. */
function takeContextOf(lx: Lx, lingerer: number, task: number, stack: number): void {
  const ctx = contextOfLingerer(lx.k, lingerer);
  const cache = [CACHE_BASE, CACHE_SIZE].map((field) => lx.mem.dv.getUint32(ctx + field, true));
  copyContext(lx, task, ctx, stack);
  lx.mem.dv.setUint32(ctx + CACHE_BASE, cache[0], true);
  lx.mem.dv.setUint32(ctx + CACHE_SIZE, cache[1], true);
}

function copyContext(lx: Lx, task: number, ctx: number, stack: number): void {
  lx.k.i32[task + Task.ctx] = ctx;
  lx.mem.u8.copyWithin(ctx, lx.ctx, lx.ctx + CTX_SIZE);
  if (stack !== 0) setRegister(lx, ctx, RSP, stack);
}

function setRegister(lx: Lx, ctx: number, register: number, value: number): void {
  lx.mem.dv.setBigUint64(ctx + GPR + register * 8, BigInt(value), true);
}

/** What a new task finds set when it begins: its stack, thread area and tid word; rax is the dispatcher's. */
export function startTask(lx: Lx, stack: number): void {
  const { k, task } = lx;
  const flags = k.i32[task + Task.cloneFlags];
  if (stack !== 0) setRegister(lx, lx.ctx, RSP, stack);
  if (has(flags, CLONE.SETTLS)) setFsBase(lx, k.f64[(task + Task.tls) >> 1]);
  if (has(flags, CLONE.CHILD_SETTID)) {
    const address = k.f64[(task + Task.setChildTid) >> 1];
    if (lx.mem.accessible(address, 4, PAGE_WRITE) === 4)
      lx.mem.writeU32(address, k.i32[task + Task.tid]);
  }
}

export function setFsBase(lx: Lx, value: number): void {
  lx.mem.dv.setBigUint64(lx.ctx + FS_BASE, BigInt(value), true);
}

/** Takes back a task that cannot begin; answers `error`. */
function abandon(lx: Lx, task: number, error: number): number {
  abandonTask(lx, task);
  return error;
}

// ---- waiting for the copy

/** The parent must not run (and change its memory) before the child has its copy. The child's id, or −errno. */
function waitForCopy(lx: Lx, child: number): number {
  const { i32 } = lx.k;
  const word = lx.task + Task.forked;
  const tid = i32[child + Task.tid];
  Atomics.store(i32, word, 0);
  lx.session.post({ type: 'spawn', task: child, start: { how: 'fork', parent: lx.task } });
  while (Atomics.load(i32, word) === 0) Atomics.wait(i32, word, 0);
  const result = Atomics.load(i32, word);
  return result < 0 ? abandon(lx, child, result) : tid;
}

/** The child's side (or the session manager's, when there is no worker). */
export function copyDone(k: Kernel, parent: number, result: number): void {
  Atomics.store(k.i32, parent + Task.forked, result);
  Atomics.notify(k.i32, parent + Task.forked);
}
