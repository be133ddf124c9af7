// The first guest worker and the kernel memory, made before the rest of lxjit is loaded: a worker needs some 40 ms to come
// up, and on another core that costs nothing. This file imports next to nothing for that reason.
import { Worker } from 'node:worker_threads';
import { KMEM_PAGES, SHARED_LIMIT, SHARED_PAGES } from '../lx/kernel/kmem-size.ts';
import type { WorkerInit } from './protocol.ts';

const here = import.meta.url;
/** From the sources (tests) or from the bundle. */
const ENTRY = new URL(here.endsWith('.ts') ? './worker.ts' : './worker.js', here);

/**
 * Options of Node for workers: those of the process. But one of those is about its main script alone (node -e), and a list of
 * options that is given may hold none of V8's: then what is loaded first is all they get.
 */
export const workerOptions = process.execArgv.some((arg) => arg.startsWith('--input-type'))
  ? { execArgv: process.execArgv.flatMap(preloaded) }
  : {};

function preloaded(arg: string, at: number, all: readonly string[]): string[] {
  if (!/^(--import|--require|-r)(=|$)/.test(arg)) return [];
  return arg.includes('=') ? [arg] : [arg, all[at + 1]];
}

export interface Prestarted {
  readonly kernel: WebAssembly.Memory;
  readonly shared: WebAssembly.Memory;
  readonly worker: Worker;
}

let waiting: Prestarted | undefined;

/** For the command line: begins a session that the next takePrestarted() gets. */
export function prestart(): void {
  waiting = start();
}

export function takePrestarted(): Prestarted {
  const taken = waiting ?? start();
  waiting = undefined;
  return taken;
}

function start(): Prestarted {
  const kernel = new WebAssembly.Memory({ initial: KMEM_PAGES, maximum: KMEM_PAGES, shared: true });
  const shared = new WebAssembly.Memory({
    initial: SHARED_PAGES,
    maximum: SHARED_LIMIT,
    shared: true,
  });
  return { kernel, shared, worker: newWorker(kernel, shared) };
}

export function newWorker(kernel: WebAssembly.Memory, shared: WebAssembly.Memory): Worker {
  const workerData: WorkerInit = { kernel, shared };
  // stdout, stderr: else Node would pipe them to its own streams, and make those of the process non-blocking for that.
  return new Worker(ENTRY, {
    workerData,
    ...workerOptions,
    trackUnmanagedFds: false,
    stdout: true,
    stderr: true,
  });
}
