// Work that a task does on itself for another one: its memory and registers are within reach of its own worker only. Who asks
// leaves a request with the task and sleeps; the task carries it out where it looks for signals, also while it is stopped.
import { E } from '../abi/errno.ts';
import { KernelError, PageMissing } from '../mm/guest-memory.ts';
import { resolveAt } from '../mm/view.ts';
import { type Kernel, struct } from './kmem.ts';
import type { Lx } from './lx.ts';
import { notifyTaskLocked } from './signal.ts';
import { Task } from './task.ts';
import { sleepTask, wakeTask } from './wait.ts';

// biome-ignore format: aligned rows
const Request = struct({
  next: 'i32', asker: 'i32',
  state: 'i32',                  // a State
  op: 'i32', address: 'f64',
  length: 'i32', data: 'i32',    // bytes to write, or read: an object, and how many
  result: 'i32',                 // bytes done, or −errno
});
const State = { waits: 0, served: 1 } as const;

/** A task may be where it looks at nothing (its vfork child runs on its worker). */
const PATIENCE_MS = 3000;

/** What can be asked for: bytes (0 … length of `data`) that were read or written, or −errno. `data` is a view on kernel memory. */
export type RemoteWork = (lx: Lx, address: number, data: Uint8Array) => number;
const works: RemoteWork[] = [];
/** Registers work; what it answers is its number for ask(). */
export const registerWork = (work: RemoteWork): number => works.push(work) - 1;

/**
 * Has `task` do `op` with `bytes`, which hold what it read afterwards. What the work answered; −ESRCH if the task ended or
 * does not answer.
 */
export function ask(lx: Lx, task: number, op: number, address: number, bytes: Uint8Array): number {
  const { k } = lx;
  const { i32 } = k;
  if (task === lx.task) return works[op](lx, address, bytes);
  const request = k.locked(() => newRequestLocked(lx, task, op, address, bytes));
  const until = performance.now() + PATIENCE_MS;
  for (;;) {
    Atomics.store(i32, lx.task + Task.wake, 0);
    serveRequests(lx); // the other one may ask us
    if (Atomics.load(i32, request + Request.state) === State.served) break;
    if (performance.now() >= until && k.locked(() => withdrawLocked(k, task, request))) break;
    sleepTask(k, lx.task, until);
  }
  const at = i32[request + Request.data] << 2;
  const result = i32[request + Request.result];
  bytes.set(k.u8.subarray(at, at + bytes.length));
  k.locked(() => {
    k.freeLocked(i32[request + Request.data]);
    k.freeLocked(request);
  });
  return result;
}

function newRequestLocked(
  lx: Lx,
  task: number,
  op: number,
  address: number,
  bytes: Uint8Array,
): number {
  const { k } = lx;
  const { i32 } = k;
  const request = k.allocLocked(Request.SIZE);
  const data = k.allocLocked(Math.max(bytes.length, 8));
  k.u8.set(bytes, data << 2);
  i32[request + Request.asker] = lx.task;
  i32[request + Request.op] = op;
  k.f64[(request + Request.address) >> 1] = address;
  i32[request + Request.length] = bytes.length;
  i32[request + Request.data] = data;
  i32[request + Request.result] = -E.SRCH;
  i32[request + Request.next] = i32[task + Task.requests];
  i32[task + Task.requests] = request;
  notifyTaskLocked(k, task);
  return request;
}

/** False: the task has begun with it. */
function withdrawLocked(k: Kernel, task: number, request: number): boolean {
  const { i32 } = k;
  for (let link = task + Task.requests; i32[link] !== 0; link = i32[link] + Request.next) {
    if (i32[link] !== request) continue;
    i32[link] = i32[request + Request.next];
    return true;
  }
  return false;
}

function takeLocked(k: Kernel, task: number): number {
  const { i32 } = k;
  const request = i32[task + Task.requests];
  if (request !== 0) i32[task + Task.requests] = i32[request + Request.next];
  return request;
}

/** Does what others have asked the current task for. */
export function serveRequests(lx: Lx): void {
  const { k, task } = lx;
  if (Atomics.load(k.i32, task + Task.requests) === 0) return;
  for (
    let r = k.locked(() => takeLocked(k, task));
    r !== 0;
    r = k.locked(() => takeLocked(k, task))
  ) {
    k.i32[r + Request.result] = serve(lx, r);
    lx.mem.flush();
    answer(k, r);
  }
}

function serve(lx: Lx, request: number): number {
  const { k } = lx;
  const at = k.i32[request + Request.data] << 2;
  const data = k.u8.subarray(at, at + k.i32[request + Request.length]);
  try {
    return works[k.i32[request + Request.op]](lx, k.f64[(request + Request.address) >> 1], data);
  } catch (error) {
    if (error instanceof KernelError) return -error.errno;
    if (error instanceof PageMissing)
      return resolveAt(lx, error.at) ? serve(lx, request) : -E.FAULT;
    throw error;
  }
}

function answer(k: Kernel, request: number): void {
  const asker = k.i32[request + Request.asker];
  Atomics.store(k.i32, request + Request.state, State.served);
  wakeTask(k, asker);
}

/** The task ends: whoever asks it is told so. */
export function refuseRequestsLocked(k: Kernel, task: number): void {
  for (let r = takeLocked(k, task); r !== 0; r = takeLocked(k, task)) answer(k, r);
}
