// execve(2): the check (the old image is still there, errors go to the caller), then the point of no return, then the new
// image in an emptied memory. The child of a vfork does not own its memory: it moves to a worker of the pool.
import {
  CACHE_BASE,
  CTX_BASE,
  CTX_MAX,
  DROP_THREADS,
  GUEST_SHIFT,
  PAGE_FLAGS,
  PAGE_STALE,
  SHARED_ALONE,
  SHARED_ROOT,
} from '../../../assembly/shared/layout.ts';
import { E } from '../abi/errno.ts';
import { SIG } from '../abi/signal.ts';
import { initContext, loadProgram } from '../loader/load.ts';
import { checkProgram, dropProgram, type Program } from '../loader/program.ts';
import { type GuestMemory, KernelError } from '../mm/guest-memory.ts';
import { PAGE_SIZE } from '../mm/layout.ts';
import { createMm, Mm } from '../mm/mm.ts';
import { openExec } from '../vfs/exec.ts';
import { dropAioLocked } from './aio.ts';
import { execCaps } from './caps.ts';
import { endTaskCpu } from './clock.ts';
import { exitGroup, releaseMemory } from './exit.ts';
import { File } from './file.ts';
import { closeOnExec, unshareFiles } from './files.ts';
import type { Lx, PageScan } from './lx.ts';
import { processOf, setComm, tasksLocked } from './process.ts';
import { execSignalsLocked, killTaskLocked } from './signal.ts';
import { Process, Task } from './task.ts';
import { dropTimersLocked } from './timer.ts';
import { traceExec } from './trace.ts';
import { inVfork, resumeVforkParent } from './vfork.ts';
import { sleepTask } from './wait.ts';

const MAX_ARG_STRLEN = 131072;
/** More strings than any limit lets through. */
const MAX_ARGS = 1 << 20;

/** A NULL-terminated array of strings in guest memory; a null pointer is an empty array (as in Linux). */
export function readStrings(lx: Lx, address: number): string[] {
  const strings: string[] = [];
  if (address === 0) return strings;
  for (let at = address; strings.length < MAX_ARGS; at += 8) {
    const pointer = lx.mem.readU64(at);
    if (pointer === 0) return strings;
    strings.push(lx.mem.cstring(pointer, MAX_ARG_STRLEN, E.TOOBIG));
  }
  throw new KernelError(E.TOOBIG);
}

/** Checks, and has the run loop do the rest. `file` is open for execution (its reference is taken over), `path` its name. */
export function execve(lx: Lx, file: number, path: string, argv: string[], envp: string[]): number {
  const program = checkProgram(lx, file, path, argv, envp, openExec);
  if (typeof program === 'number') return program;
  lx.unwind = () => {
    if (!endOtherThreads(lx)) return dropProgram(lx, program);
    if (ownsMemory(lx)) becomeProgram(lx, program);
    else moveToOwnMemory(lx, program);
  };
  return 0;
}

/** Waits until the current task is the only one of its process, and its leader. False: the process is to die meanwhile. */
function endOtherThreads(lx: Lx): boolean {
  const { k, task } = lx;
  const { i32 } = k;
  const process = processOf(lx);
  if (i32[process + Process.taskCount] === 1) return true;
  k.locked(() => {
    if (i32[process + Process.execTask] !== 0 || i32[process + Process.exiting] !== 0) return;
    i32[process + Process.execTask] = task;
    for (const other of tasksLocked(k, process)) if (other !== task) killTaskLocked(k, other);
  });
  const mayGoOn = (): boolean =>
    i32[process + Process.exiting] === 0 && i32[process + Process.execTask] === task;
  while (mayGoOn() && i32[process + Process.taskCount] > 1) {
    Atomics.store(i32, task + Task.wake, 0);
    if (i32[process + Process.taskCount] > 1) sleepTask(k, task, Number.POSITIVE_INFINITY);
  }
  if (!mayGoOn()) return false;
  i32[process + Process.execTask] = 0;
  i32[task + Task.tid] = i32[process + Process.pid];
  i32[process + Process.leader] = task;
  return true;
}

const ownsMemory = (lx: Lx): boolean => {
  const { i32 } = lx.k;
  return !inVfork(lx) && i32[i32[processOf(lx) + Process.mm] + Mm.refs] === 1;
};

/** The new image goes to an empty memory on another worker; what this worker did before, it goes on with. */
function moveToOwnMemory(lx: Lx, program: Program): void {
  const { task } = lx;
  endTaskCpu(lx);
  releaseMemory(lx, processOf(lx));
  if (!resumeVforkParent(lx)) lx.task = 0;
  lx.session.post({ type: 'spawn', task, start: { how: 'exec', image: program } });
}

/** Replaces the image of the current process, which has its memory for itself (or has none yet: memory is empty). */
export function becomeProgram(lx: Lx, program: Program): void {
  const { k } = lx;
  const { i32 } = k;
  const process = processOf(lx);
  if (i32[process + Process.mm] !== 0) {
    const memory = i32[process + Process.memory];
    releaseMemory(lx, process, true);
    i32[process + Process.memory] = memory;
  }
  emptyMemory(lx.mem, lx.session.scanner(lx.mem.memory));
  i32[process + Process.mm] = createMm(k);
  resetProcess(lx, program);
  lx.ctx = CTX_BASE;
  i32[lx.task + Task.ctx] = CTX_BASE;
  const loaded = loadProgram(lx, program);
  if (typeof loaded === 'number') return exitGroup(lx, SIG.SEGV);
  initContext(lx, i32[process + Process.mm], lx.ctx, loaded);
  forgetDecoded(lx);
  lx.cpu = lx.session.instantiate(lx.mem.memory);
  traceExec(k, lx.task);
}

/** Makes the decode cache of the current context an empty one. */
function forgetDecoded({ mem, ctx }: Lx): void {
  mem.dv.setUint32(mem.dv.getUint32(ctx + CACHE_BASE, true), 0, true);
}

/** What a process loses with its old image. */
function resetProcess(lx: Lx, program: Program): void {
  const { k, task } = lx;
  const { i32, f64 } = k;
  const process = processOf(lx);
  unshareFiles(lx);
  closeOnExec(lx);
  setComm(k, task, program.execFn.slice(program.execFn.lastIndexOf('/') + 1));
  for (const field of [Task.clearChildTid, Task.setChildTid, Task.robustList])
    f64[(task + field) >> 1] = 0;
  k.locked(() => {
    execSignalsLocked(k, task);
    dropTimersLocked(k, process, false);
    dropAioLocked(k, process);
    k.setStringLocked(process + Process.cmdline, `${program.argv.join('\0')}\0`);
    k.setStringLocked(process + Process.environ, program.envp.map((s) => `${s}\0`).join(''));
    k.setStringLocked(process + Process.exe, k.readString(i32[program.file + File.path]));
  });
  i32[process + Process.didExec] = 1;
  i32[process + Process.dumpable] = 1;
  i32[process + Process.exitSignal] = SIG.CHLD;
  i32[process + Process.suid] = i32[process + Process.euid];
  i32[process + Process.sgid] = i32[process + Process.egid];
  execCaps(k, process);
}

/**
 * Makes a memory that was used before as good as new: no page is accessible, and those that hold something are marked to be
 * zeroed when they are mapped again. `scan`: an instance of the runtime on it.
 */
export function emptyMemory(mem: GuestMemory, scan: PageScan): void {
  mem.refresh();
  const { u8, i32 } = mem;
  i32[SHARED_ROOT >> 2] = 0;
  i32[SHARED_ALONE >> 2] = 0;
  i32.fill(0, DROP_THREADS >> 2, (DROP_THREADS >> 2) + CTX_MAX);
  const pages = Math.min(u8.byteLength / PAGE_SIZE + GUEST_SHIFT / PAGE_SIZE, 1 << 20);
  for (let page = 0; page < pages; page += 4) {
    if (i32[(PAGE_FLAGS + page) >> 2] === 0) continue;
    for (let at = page; at < page + 4; at++) {
      const filled =
        (u8[PAGE_FLAGS + at] & PAGE_STALE) !== 0 || scan.first_filled(at, at + 1) === at;
      u8[PAGE_FLAGS + at] = filled ? PAGE_STALE : 0;
    }
  }
}
