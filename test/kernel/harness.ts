// A kernel with processes but without a CPU: for tests of kernel code, also from several workers at once.
import { Worker } from 'node:worker_threads';
import { PAGE_FLAGS, PAGE_READ, PAGE_WRITE, RUNTIME_END } from '../../assembly/shared/layout.ts';
import { newFileTableLocked } from '../../src/lx/kernel/files.ts';
import { Kernel } from '../../src/lx/kernel/kmem.ts';
import type { Lx } from '../../src/lx/kernel/lx.ts';
import { newProcessLocked, newTaskLocked } from '../../src/lx/kernel/process.ts';
import { defaultRlimits } from '../../src/lx/kernel/rlimits.ts';
import { newSigHandLocked } from '../../src/lx/kernel/signal.ts';
import { Process } from '../../src/lx/kernel/task.ts';
import { GuestMemory } from '../../src/lx/mm/guest-memory.ts';

/** Guest addresses [USER, USER + 1 MiB) of the fake memory are readable and writable. */
export const USER = 0x400000;
const USER_BYTES = 1 << 20;
const CTX = 0x060000;

export function newMemory(): WebAssembly.Memory {
  const pages = (RUNTIME_END + 0x10000 + USER + USER_BYTES) >>> 16;
  const memory = new WebAssembly.Memory({ initial: pages, maximum: 65536, shared: true });
  const u8 = new Uint8Array(memory.buffer);
  u8.fill(
    PAGE_READ | PAGE_WRITE,
    PAGE_FLAGS + (USER >>> 12),
    PAGE_FLAGS + ((USER + USER_BYTES) >>> 12),
  );
  return memory;
}

/** A process with one task; both word indexes. */
export function newProcess(k: Kernel, pid: number, parent = 0): { process: number; task: number } {
  return k.locked(() => {
    const process = newProcessLocked(k, pid, parent);
    const task = newTaskLocked(k, process, pid);
    k.i32[process + Process.sighand] = newSigHandLocked(k, 0);
    k.i32[process + Process.files] = newFileTableLocked(k);
    k.i32[process + Process.pgid] = pid;
    k.i32[process + Process.sid] = pid;
    defaultRlimits(k, process, [1024, 1024], 1000);
    return { process, task };
  });
}

export function newLx(k: Kernel, task: number, memory = newMemory()): Lx {
  let eflags = 0x202;
  const lx = {
    k,
    task,
    mem: new GuestMemory(memory),
    ctx: CTX,
    cpu: {
      run: () => 0,
      invalidate: () => {},
      closing: () => {},
      flags_get: () => eflags,
      flags_set: (_: number, value: number) => {
        eflags = value;
      },
    },
    session: { post: () => {}, cpuTime: () => ({ user: 0, system: 0 }) },
    trace: null,
    unwind: null,
    lingerer: 0,
  };
  return lx as unknown as Lx;
}

export interface Job {
  readonly kernel: WebAssembly.Memory;
  readonly memory: WebAssembly.Memory;
  readonly task: number;
  readonly data: unknown;
}

/** Runs `export function NAME(lx, data)` of module `url` in a worker; answers what it returns. */
export function runInWorker(url: URL, name: string, lx: Lx, data: unknown): Promise<unknown> {
  const job: Job = { kernel: lx.k.memory, memory: lx.mem.memory, task: lx.task, data };
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./worker.ts', import.meta.url), {
      workerData: { url: url.href, name, job },
    });
    worker.on('message', resolve);
    worker.on('error', reject);
  });
}

export const kernel = (): Kernel => Kernel.create();
