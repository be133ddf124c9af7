// Contexts of io_setup(2) and the events in them (sys/aio.ts has the calls).
import { type Kernel, struct } from './kmem.ts';
import { Process } from './task.ts';
import { WaitQueue } from './wait.ts';

/** `id`: a page of the guest's, which libraries take for the ring; `first`, `last`: events. */
export const Context = struct({
  next: 'i32',
  wait: WaitQueue.SIZE / 4,
  room: 'i32',
  count: 'i32',
  first: 'i32',
  last: 'i32',
  id: 'f64',
});
export const AioEvent = struct({
  next: 'i32',
  pad: 'i32',
  data: 'u64',
  iocb: 'f64',
  result: 'f64',
});

export function freeContextLocked(k: Kernel, context: number): void {
  for (let event = k.i32[context + Context.first]; event !== 0; ) {
    const next = k.i32[event + AioEvent.next];
    k.freeLocked(event);
    event = next;
  }
  k.freeLocked(context);
}

/** Takes the contexts of a process that ends or executes a program away. */
export function dropAioLocked(k: Kernel, process: number): void {
  for (let context = k.i32[process + Process.aio]; context !== 0; ) {
    const next = k.i32[context + Context.next];
    freeContextLocked(k, context);
    context = next;
  }
  k.i32[process + Process.aio] = 0;
}
