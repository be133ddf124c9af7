// POSIX message queues in kernel memory (mq_overview(7), ipc/mqueue.c of Linux). A queue lives as long as it has a name or
// a description; its messages are kept in the order in which they will be received.
import { MQLIM, NOTIFY } from '../../abi/mqueue.ts';
import { SI } from '../../abi/signal.ts';
import { SIGEV } from '../../abi/time.ts';
import { File } from '../../kernel/file.ts';
import { Fixed } from '../../kernel/fixed.ts';
import { type Kernel, struct } from '../../kernel/kmem.ts';
import type { Lx } from '../../kernel/lx.ts';
import { processOf } from '../../kernel/process.ts';
import { sendSignalLocked } from '../../kernel/signal.ts';
import { Process } from '../../kernel/task.ts';
import { WaitQueue, wakeAllLocked } from '../../kernel/wait.ts';
import { deliverLocked } from '../sockfs/socket.ts';

// biome-ignore format: aligned rows
export const Queue = struct({
  next: 'i32', name: 'i32', linked: 'i32',   // list of those with a name or a description; 1 while it has a name
  refs: 'i32',                               // descriptions
  mode: 'i32', uid: 'i32', gid: 'i32', ino: 'i32',
  wait: WaitQueue.SIZE / 4,
  maxMessages: 'i32', maxSize: 'i32',
  first: 'i32', count: 'i32', bytes: 'i32',
  receivers: 'i32',                          // tasks that wait for a message
  notify: 'i32',                             // process that wants to be told of the next message, 0 none
  notifyKind: 'i32', notifySig: 'i32', valueLow: 'i32', valueHigh: 'i32',
  socket: 'i32', cookie: NOTIFY.COOKIE / 4,  // SIGEV_THREAD: description of a netlink socket (held)
});
/** Its bytes follow. */
export const Message = struct({ next: 'i32', length: 'i32', priority: 'i32', data: 0 });

export const findQueueLocked = (k: Kernel, name: string): number =>
  queuesLocked(k).find(
    (q) => k.i32[q + Queue.linked] !== 0 && k.readString(k.i32[q + Queue.name]) === name,
  ) ?? 0;

export function queuesLocked(k: Kernel): number[] {
  const all: number[] = [];
  for (let q = k.i32[Fixed.mqueues]; q !== 0; q = k.i32[q + Queue.next]) all.push(q);
  return all;
}

/** A new queue of the current process, with a name and no description yet. */
export function newQueueLocked(
  lx: Lx,
  name: string,
  mode: number,
  maxMessages: number,
  maxSize: number,
): number {
  const { k } = lx;
  const { i32 } = k;
  const queue = k.allocLocked(Queue.SIZE);
  const process = processOf(lx);
  i32[queue + Queue.name] = k.newStringLocked(name);
  i32[queue + Queue.linked] = 1;
  i32[queue + Queue.mode] = mode;
  i32[queue + Queue.uid] = i32[process + Process.fsuid];
  i32[queue + Queue.gid] = i32[process + Process.fsgid];
  i32[queue + Queue.ino] = ++i32[Fixed.nextId];
  i32[queue + Queue.maxMessages] = maxMessages;
  i32[queue + Queue.maxSize] = maxSize;
  i32[queue + Queue.next] = i32[Fixed.mqueues];
  i32[Fixed.mqueues] = queue;
  return queue;
}

/** Frees a queue that has neither a name nor a description. */
export function dropQueueLocked(k: Kernel, queue: number): void {
  const { i32 } = k;
  if (i32[queue + Queue.linked] !== 0 || i32[queue + Queue.refs] !== 0) return;
  let link = Fixed.mqueues as number;
  while (i32[link] !== queue) link = i32[link] + Queue.next;
  i32[link] = i32[queue + Queue.next];
  while (i32[queue + Queue.first] !== 0) takeLocked(k, queue);
  k.freeLocked(i32[queue + Queue.name]);
  k.freeLocked(queue);
}

/** What a queue counts for in RLIMIT_MSGQUEUE: its messages, and a msg_msg and a tree node for each. */
export const queueCost = (maxMessages: number, maxSize: number): number =>
  maxMessages * (48 + 48 + maxSize);

/** Bytes that the queues of a user count for. */
export const userCostLocked = (k: Kernel, uid: number): number =>
  queuesLocked(k)
    .filter((q) => k.i32[q + Queue.uid] === uid)
    .reduce((sum, q) => sum + queueCost(k.i32[q + Queue.maxMessages], k.i32[q + Queue.maxSize]), 0);

export const maxMessagesFor = (root: boolean): number => (root ? MQLIM.HARD_MSG : MQLIM.MSG);
export const maxSizeFor = (root: boolean): number => (root ? MQLIM.HARD_MSG_SIZE : MQLIM.MSG_SIZE);

// ---- messages

/** Behind those of the same or a higher priority. `put` gets a description to let go without the lock. */
export function insertLocked(
  lx: Lx,
  queue: number,
  bytes: Uint8Array,
  priority: number,
  put: number[],
): void {
  const { k } = lx;
  const { i32 } = k;
  const message = k.allocLocked(Message.SIZE + bytes.length);
  k.u8.set(bytes, (message + Message.data) * 4);
  i32[message + Message.length] = bytes.length;
  i32[message + Message.priority] = priority;
  let link = queue + Queue.first;
  while (i32[link] !== 0 && i32[i32[link] + Message.priority] >= priority)
    link = i32[link] + Message.next;
  i32[message + Message.next] = i32[link];
  i32[link] = message;
  i32[queue + Queue.bytes] += bytes.length;
  if (i32[queue + Queue.count]++ === 0 && i32[queue + Queue.receivers] === 0)
    notifyLocked(lx, queue, put);
  wakeAllLocked(k, queue + Queue.wait);
}

/** What takeLocked() answers: the first message, which is away then. */
export interface Taken {
  readonly bytes: Uint8Array;
  readonly priority: number;
}

export function takeLocked(k: Kernel, queue: number): Taken {
  const { i32 } = k;
  const message = i32[queue + Queue.first];
  const at = (message + Message.data) * 4;
  const taken = {
    bytes: k.u8.slice(at, at + i32[message + Message.length]),
    priority: i32[message + Message.priority],
  };
  i32[queue + Queue.first] = i32[message + Message.next];
  i32[queue + Queue.count]--;
  i32[queue + Queue.bytes] -= taken.bytes.length;
  k.freeLocked(message);
  wakeAllLocked(k, queue + Queue.wait);
  return taken;
}

// ---- notification

/** A message came to an empty queue: who asked is told, once. */
function notifyLocked(lx: Lx, queue: number, put: number[]): void {
  const { k } = lx;
  const { i32 } = k;
  const process = i32[queue + Queue.notify];
  if (process === 0) return;
  if (i32[queue + Queue.notifyKind] === SIGEV.SIGNAL) {
    const sender = processOf(lx);
    const words = [
      i32[sender + Process.pid],
      i32[sender + Process.uid],
      i32[queue + Queue.valueLow],
      i32[queue + Queue.valueHigh],
    ];
    const sig = i32[queue + Queue.notifySig];
    if (sig !== 0) sendSignalLocked(k, process, sig, { code: SI.MESGQ, words });
  }
  endNotifyLocked(k, queue, NOTIFY.WOKEN, put);
}

/** Nobody is told any more. A thread that waits at a netlink socket learns `why`. */
export function endNotifyLocked(k: Kernel, queue: number, why: number, put: number[]): void {
  const { i32 } = k;
  const file = i32[queue + Queue.socket];
  i32[queue + Queue.notify] = 0;
  i32[queue + Queue.socket] = 0;
  if (file === 0) return;
  put.push(file);
  const at = (queue + Queue.cookie) * 4;
  const cookie = k.u8.slice(at, at + NOTIFY.COOKIE);
  cookie[NOTIFY.COOKIE - 1] = why;
  const kernel = { pid: 0, uid: 0, gid: 0 };
  deliverLocked(k, i32[file + File.a], cookie, 0, cookie.length, kernel, [], '');
}

/** A process ends or closes a descriptor of the queue: it is not told any more. */
export function forgetProcessLocked(k: Kernel, queue: number, process: number, put: number[]) {
  if (k.i32[queue + Queue.notify] === process) endNotifyLocked(k, queue, NOTIFY.REMOVED, put);
}
