// A worker whose thread has ended stays for a moment with what it has of the process: memory, function table, decode cache.
// A thread that is created meanwhile goes on there at once, without a worker of the pool, an instance and a translation.
import { Fixed } from './fixed.ts';
import { type Kernel, struct } from './kmem.ts';
import type { Lx } from './lx.ts';
import { processOf } from './process.ts';
import { Process } from './task.ts';

/** `task`: 0 while it waits, the thread it is given, or GONE. */
const Lingerer = struct({ next: 'i32', memory: 'i32', ctx: 'i32', task: 'i32' });
const GONE = -1;
const LINGER_MS = 50;
/** Loads of the word before the thread really sleeps: threads that are made one after the other follow closely. */
const SPINS = 2000;

/** Before a thread that is not the last of its process tells others that it has ended. */
export function announceLingererLocked(lx: Lx): void {
  const { k } = lx;
  const { i32 } = k;
  const process = processOf(lx);
  if (i32[process + Process.exiting] !== 0 || i32[process + Process.execTask] !== 0) return;
  const lingerer = k.allocLocked(Lingerer.SIZE);
  i32[lingerer + Lingerer.memory] = i32[process + Process.memory];
  i32[lingerer + Lingerer.ctx] = lx.ctx;
  i32[lingerer + Lingerer.next] = i32[Fixed.lingerers];
  i32[Fixed.lingerers] = lingerer;
  lx.lingerer = lingerer;
}

/** The worker's thread has ended: waits for another one, at most a moment; 0 if none came. */
export function awaitThread(lx: Lx): number {
  const { k, lingerer } = lx;
  if (lingerer === 0) return 0;
  const { i32 } = k;
  const word = lingerer + Lingerer.task;
  for (let n = 0; n < SPINS && Atomics.load(i32, word) === 0; n++);
  Atomics.wait(i32, word, 0, LINGER_MS);
  lx.lingerer = 0;
  return k.locked(() => {
    const task = i32[word];
    if (task === 0) unlinkLocked(k, lingerer);
    k.freeLocked(lingerer);
    return Math.max(task, 0);
  });
}

function unlinkLocked(k: Kernel, lingerer: number): void {
  const { i32 } = k;
  let link: number = Fixed.lingerers;
  while (i32[link] !== lingerer) link = i32[link] + Lingerer.next;
  i32[link] = i32[lingerer + Lingerer.next];
}

/** One that has `memory`, no longer in the list; 0 if there is none. */
export function takeLingererLocked(k: Kernel, memory: number): number {
  const { i32 } = k;
  for (let at = i32[Fixed.lingerers]; at !== 0; at = i32[at + Lingerer.next]) {
    if (i32[at + Lingerer.memory] !== memory) continue;
    unlinkLocked(k, at);
    return at;
  }
  return 0;
}

export const contextOfLingerer = (k: Kernel, lingerer: number): number =>
  k.i32[lingerer + Lingerer.ctx];

/** The contexts of those that linger in `memory`. */
export function lingeringContextsLocked(k: Kernel, memory: number): number[] {
  const { i32 } = k;
  const contexts: number[] = [];
  for (let at = i32[Fixed.lingerers]; at !== 0; at = i32[at + Lingerer.next]) {
    if (i32[at + Lingerer.memory] === memory) contexts.push(i32[at + Lingerer.ctx]);
  }
  return contexts;
}

/** Lets one that was taken run `task`. */
export function giveThread(k: Kernel, lingerer: number, task: number): void {
  Atomics.store(k.i32, lingerer + Lingerer.task, task);
  Atomics.notify(k.i32, lingerer + Lingerer.task);
}

/** `memory` is given up, or gets another image: nobody is to wait in it any more. */
export function dismissLingerersLocked(k: Kernel, memory: number): void {
  for (let at = takeLingererLocked(k, memory); at !== 0; at = takeLingererLocked(k, memory)) {
    giveThread(k, at, GONE);
  }
}
