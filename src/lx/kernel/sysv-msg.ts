// SysV message queues (ipc/msg.c of Linux).
import { E } from '../abi/errno.ts';
import { MSGLIM } from '../abi/ipc.ts';
import { Fixed } from './fixed.ts';
import { type Kernel, struct } from './kmem.ts';
import type { Lx } from './lx.ts';
import { pidOf } from './process.ts';
import { sysctlLocked } from './sysctl.ts';
import { IPC_HEAD, Ipc, type IpcKind, ipcPutLocked, ipcRemoveLocked, ipcTime } from './sysv-ipc.ts';
import { blockUntil, WaitQueue, wakeAllLocked } from './wait.ts';

export const MSG_KIND: IpcKind = {
  at: Fixed.msg,
  limit: (k) => sysctlLocked(k, 'kernel/msgmni'),
  nextId: 'kernel/msg_next_id',
};

export const MsgQueue = struct({
  ...IPC_HEAD,
  wait: WaitQueue.SIZE / 4,
  first: 'i32',
  last: 'i32',
  count: 'i32',
  bytes: 'i32',
  maxBytes: 'i32',
  sender: 'i32',
  receiver: 'i32', // pids
  stime: 'f64',
  rtime: 'f64',
  ctime: 'f64',
});
/** Its bytes follow. `type` is a positive 64-bit number; types above 2^53 lose their low bits. */
const Message = struct({ next: 'i32', length: 'i32', type: 'f64', data: 'i32' });

export function newMsgQueueLocked(k: Kernel): number {
  const queue = k.allocLocked(MsgQueue.SIZE);
  k.i32[queue + MsgQueue.maxBytes] = MSGLIM.MNB;
  k.f64[(queue + MsgQueue.ctime) >> 1] = ipcTime();
  return queue;
}

const freeQueue =
  (k: Kernel) =>
  (queue: number): void =>
    k.freeLocked(queue);

export function removeMsgQueueLocked(k: Kernel, queue: number): void {
  for (let message = k.i32[queue + MsgQueue.first]; message !== 0; ) {
    const next = k.i32[message + Message.next];
    k.freeLocked(message);
    message = next;
  }
  k.i32[queue + MsgQueue.first] = 0;
  ipcRemoveLocked(k, queue);
  wakeAllLocked(k, queue + MsgQueue.wait);
  ipcPutLocked(k, queue, freeQueue(k));
}

/** Waits on a queue that the caller has taken a reference of (and gives back here). */
function waitOn(lx: Lx, queue: number, nowait: number, body: () => number): number {
  const { k } = lx;
  const attempt = (): number =>
    k.locked(() => (k.i32[queue + Ipc.removed] !== 0 ? -E.IDRM : body()));
  const result = nowait !== 0 ? attempt() : blockUntil(lx, [queue + MsgQueue.wait], attempt);
  k.locked(() => ipcPutLocked(k, queue, freeQueue(k)));
  if (result === -E.AGAIN) return -nowait;
  return result === -E.RESTARTSYS ? -E.RESTARTNOHAND : result;
}

export function msgsnd(
  lx: Lx,
  queue: number,
  type: number,
  bytes: Uint8Array,
  nowait: boolean,
): number {
  const { k } = lx;
  const { i32, f64 } = k;
  return waitOn(lx, queue, nowait ? E.AGAIN : 0, () => {
    const max = i32[queue + MsgQueue.maxBytes];
    if (bytes.length + i32[queue + MsgQueue.bytes] > max || i32[queue + MsgQueue.count] + 1 > max)
      return -E.AGAIN;
    const message = k.allocLocked(Message.SIZE + bytes.length);
    i32[message + Message.length] = bytes.length;
    f64[(message + Message.type) >> 1] = type;
    k.u8.set(bytes, (message + Message.data) * 4);
    const last = i32[queue + MsgQueue.last];
    if (i32[queue + MsgQueue.first] === 0) i32[queue + MsgQueue.first] = message;
    else i32[last + Message.next] = message;
    i32[queue + MsgQueue.last] = message;
    i32[queue + MsgQueue.count]++;
    i32[queue + MsgQueue.bytes] += bytes.length;
    i32[queue + MsgQueue.sender] = pidOf(lx);
    f64[(queue + MsgQueue.stime) >> 1] = ipcTime();
    wakeAllLocked(k, queue + MsgQueue.wait);
    return 0;
  });
}

export interface MsgWanted {
  /** msgtyp of msgrcv(2); with `copy` the number of the message. */
  readonly type: number;
  readonly size: number;
  readonly except: boolean;
  readonly truncate: boolean;
  readonly nowait: boolean;
  readonly copy: boolean;
}

export interface ReceivedMsg {
  type: number;
  bytes: Uint8Array;
}

const nothing = new Uint8Array(0);

/** The link to the message that is wanted; 0 if there is none. */
function findLocked(k: Kernel, queue: number, wanted: MsgWanted): number {
  const { i32, f64 } = k;
  let best = 0;
  let lowest = -wanted.type + 1;
  let n = 0;
  let link = queue + MsgQueue.first;
  for (; i32[link] !== 0; link = i32[link] + Message.next, n++) {
    const type = f64[(i32[link] + Message.type) >> 1];
    if (wanted.copy ? n === wanted.type : wanted.type === 0) return link;
    if (wanted.copy) continue;
    if (wanted.type > 0) {
      if ((type === wanted.type) !== wanted.except) return link;
    } else if (type < lowest) {
      lowest = type;
      best = link;
    }
  }
  return best;
}

/** Takes a message; `into` is filled. 0, or −errno. */
export function msgrcv(lx: Lx, queue: number, wanted: MsgWanted, into: ReceivedMsg): number {
  const { k } = lx;
  const { i32, f64 } = k;
  into.bytes = nothing;
  return waitOn(lx, queue, wanted.nowait ? E.NOMSG : 0, () => {
    const link = findLocked(k, queue, wanted);
    if (link === 0) return -E.AGAIN;
    const message = i32[link];
    const length = i32[message + Message.length];
    if (length > wanted.size && !wanted.truncate) return -E.TOOBIG;
    const at = (message + Message.data) * 4;
    into.type = f64[(message + Message.type) >> 1];
    into.bytes = k.u8.slice(at, at + Math.min(length, wanted.size));
    if (!wanted.copy) takeLocked(lx, queue, link);
    return 0;
  });
}

function takeLocked(lx: Lx, queue: number, link: number): void {
  const { k } = lx;
  const { i32, f64 } = k;
  const message = i32[link];
  i32[link] = i32[message + Message.next];
  if (i32[queue + MsgQueue.last] === message) {
    i32[queue + MsgQueue.last] = link === queue + MsgQueue.first ? 0 : link - Message.next;
  }
  i32[queue + MsgQueue.count]--;
  i32[queue + MsgQueue.bytes] -= i32[message + Message.length];
  i32[queue + MsgQueue.receiver] = pidOf(lx);
  f64[(queue + MsgQueue.rtime) >> 1] = ipcTime();
  k.freeLocked(message);
  wakeAllLocked(k, queue + MsgQueue.wait);
}
