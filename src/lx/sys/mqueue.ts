// System calls of POSIX message queues: mq_open, mq_unlink, mq_timedsend, mq_timedreceive, mq_notify, mq_getsetattr.
import { CAP } from '../abi/capability.ts';
import { E } from '../abi/errno.ts';
import { O } from '../abi/fcntl.ts';
import { MQ_ATTR, MQ_PRIO_MAX, MQLIM, NOTIFY } from '../abi/mqueue.ts';
import { NSIG } from '../abi/signal.ts';
import { S } from '../abi/stat.ts';
import { CLOCK, SIGEV } from '../abi/time.ts';
import { newQueueFile, queueOf } from '../fs/mqfs/file.ts';
import {
  dropQueueLocked,
  endNotifyLocked,
  findQueueLocked,
  insertLocked,
  maxMessagesFor,
  maxSizeFor,
  newQueueLocked,
  Queue,
  queueCost,
  queuesLocked,
  type Taken,
  takeLocked,
  userCostLocked,
} from '../fs/mqfs/queue.ts';
import { can } from '../kernel/caps.ts';
import { deadlineOf } from '../kernel/clock.ts';
import { File, FileKind, fileGet, filePut } from '../kernel/file.ts';
import { fdGet, fdInstall } from '../kernel/files.ts';
import type { Lx } from '../kernel/lx.ts';
import { processOf, umaskOf } from '../kernel/process.ts';
import { RLIMIT, rlimitSoft } from '../kernel/rlimits.ts';
import { blockUntil } from '../kernel/wait.ts';
import { virtualAttr } from '../vfs/file-system.ts';
import { fsuid, mayAccess } from '../vfs/permission.ts';
import { mayRead, mayWrite } from '../vfs/transfer.ts';
import { type Handler, row, type SyscallRow } from './row.ts';
import { readTimespec } from './time.ts';

const NAME_MAX = 255;

/** The name of a queue (without the slash that libraries take off), or −errno. */
function readName(lx: Lx, address: number): string | number {
  const name = lx.mem.cstring(address);
  if (name === '') return -E.NOENT;
  if (name.includes('/') || name === '.' || name === '..') return -E.ACCES;
  return name.length > NAME_MAX ? -E.NAMETOOLONG : name;
}

// ---- opening

interface Attr {
  readonly maxMessages: number;
  readonly maxSize: number;
}
const DEFAULT: Attr = { maxMessages: MQLIM.MSG, maxSize: MQLIM.MSG_SIZE };

function readAttr(lx: Lx, address: number): Attr {
  lx.mem.readable(address, MQ_ATTR);
  return { maxMessages: lx.mem.readI64(address + 8), maxSize: lx.mem.readI64(address + 16) };
}

function makeLocked(lx: Lx, name: string, mode: number, attr: Attr): number {
  const { k } = lx;
  const { maxMessages, maxSize } = attr;
  const root = can(lx, CAP.SYS_RESOURCE);
  if (queuesLocked(k).length >= MQLIM.QUEUES && !root) return -E.NOSPC;
  if (maxMessages <= 0 || maxSize <= 0) return -E.INVAL;
  if (maxMessages > maxMessagesFor(root) || maxSize > maxSizeFor(root)) return -E.INVAL;
  const cost = userCostLocked(k, fsuid(lx)) + queueCost(maxMessages, maxSize);
  if (cost > rlimitSoft(k, processOf(lx), RLIMIT.MSGQUEUE)) return -E.MFILE;
  return newQueueLocked(lx, name, mode & 0o7777 & ~umaskOf(lx), maxMessages, maxSize);
}

/** R_OK and W_OK for each access mode of open(2). */
const ACCESS_MASK = [4, 2, 6];

function openLocked(lx: Lx, queue: number, flags: number): number {
  const { i32 } = lx.k;
  if ((flags & O.CREAT) !== 0 && (flags & O.EXCL) !== 0) return -E.EXIST;
  const mask = ACCESS_MASK[flags & O.ACCMODE];
  if (mask === undefined) return -E.INVAL;
  const more = { uid: i32[queue + Queue.uid], gid: i32[queue + Queue.gid] };
  const attr = virtualAttr(0, 0, S.IFREG | i32[queue + Queue.mode], more);
  return mayAccess(lx, attr, mask) ? queue : -E.ACCES;
}

const mq_open: Handler = (lx, nameAddr, flags, mode, attrAddr) => {
  const { k } = lx;
  const attr = attrAddr === 0 || (flags & O.CREAT) === 0 ? DEFAULT : readAttr(lx, attrAddr);
  const name = readName(lx, nameAddr);
  if (typeof name === 'number') return name;
  const queue = k.locked(() => {
    const found = findQueueLocked(k, name);
    if (found === 0 && (flags & O.CREAT) === 0) return -E.NOENT;
    const opened = found === 0 ? makeLocked(lx, name, mode, attr) : openLocked(lx, found, flags);
    if (opened > 0) k.i32[opened + Queue.refs]++;
    return opened;
  });
  if (queue < 0) return queue;
  const file = newQueueFile(k, queue, flags & (O.ACCMODE | O.NONBLOCK));
  return fdInstall(lx, file, true); // always, whatever O_CLOEXEC says
};

const mq_unlink: Handler = (lx, nameAddr) => {
  const { k } = lx;
  const name = readName(lx, nameAddr);
  if (typeof name === 'number') return name;
  return k.locked(() => {
    const queue = findQueueLocked(k, name);
    if (queue === 0) return -E.NOENT;
    if (fsuid(lx) !== 0 && fsuid(lx) !== k.i32[queue + Queue.uid]) return -E.PERM; // sticky
    k.i32[queue + Queue.linked] = 0;
    dropQueueLocked(k, queue);
    return 0;
  });
};

// ---- sending and receiving

/** The description behind a descriptor of a queue, or −EBADF. */
function fileOf(lx: Lx, fd: number): number {
  const file = fdGet(lx, fd);
  return file !== 0 && lx.k.i32[file + File.kind] === FileKind.mqueue ? file : -E.BADF;
}

/** performance.now() ms of an absolute time on CLOCK_REALTIME, or −EINVAL. */
function readDeadline(lx: Lx, address: number): number {
  if (address === 0) return Number.POSITIVE_INFINITY;
  const ms = readTimespec(lx, address);
  return ms < 0 ? ms : Math.max(0, deadlineOf(lx, CLOCK.REALTIME, ms));
}

function waitOn(lx: Lx, file: number, deadline: number, attempt: () => number): number {
  if ((lx.k.i32[file + File.flags] & O.NONBLOCK) !== 0) return attempt();
  return blockUntil(lx, [lx.k.i32[file + File.wait]], attempt, deadline);
}

const mq_timedsend: Handler = (lx, fd, address, length, priority, timeout) => {
  const { k } = lx;
  const deadline = readDeadline(lx, timeout);
  if (deadline < 0) return deadline;
  if (priority >= MQ_PRIO_MAX) return -E.INVAL;
  const file = fileOf(lx, fd);
  if (file < 0 || !mayWrite(k, file)) return -E.BADF;
  const queue = queueOf(k, file);
  if (length > k.i32[queue + Queue.maxSize]) return -E.MSGSIZE;
  const bytes = lx.mem.bytes(address, length);
  const put: number[] = [];
  const result = waitOn(lx, file, deadline, () =>
    k.locked(() => {
      if (k.i32[queue + Queue.count] >= k.i32[queue + Queue.maxMessages]) return -E.AGAIN;
      insertLocked(lx, queue, bytes, priority, put);
      return 0;
    }),
  );
  for (const socket of put) filePut(lx, socket);
  return result;
};

const mq_timedreceive: Handler = (lx, fd, address, length, priorityAddr, timeout) => {
  const { k } = lx;
  const { i32 } = k;
  const deadline = readDeadline(lx, timeout);
  if (deadline < 0) return deadline;
  const file = fileOf(lx, fd);
  if (file < 0 || !mayRead(k, file)) return -E.BADF;
  const queue = queueOf(k, file);
  if (length < i32[queue + Queue.maxSize]) return -E.MSGSIZE;
  let taken: Taken = { bytes: new Uint8Array(0), priority: 0 };
  let waits = 0; // 1 while this task counts as one of Queue.receivers
  const setWaits = (now: number): void => {
    i32[queue + Queue.receivers] += now - waits;
    waits = now;
  };
  const attempt = (): number =>
    k.locked(() => {
      const empty = i32[queue + Queue.count] === 0;
      setWaits(empty ? 1 : 0);
      if (empty) return -E.AGAIN;
      taken = takeLocked(k, queue);
      return taken.bytes.length;
    });
  const result = waitOn(lx, file, deadline, attempt);
  if (waits !== 0) k.locked(() => setWaits(0));
  if (result < 0) return result;
  if (priorityAddr !== 0) lx.mem.writeU32(priorityAddr, taken.priority);
  lx.mem.write(address, taken.bytes);
  return result;
};

// ---- attributes

const mq_getsetattr: Handler = (lx, fd, newAddr, oldAddr) => {
  const { k, mem } = lx;
  const { i32 } = k;
  const wanted = newAddr === 0 ? null : mem.bytes(newAddr, MQ_ATTR);
  const flags = wanted === null ? 0 : new DataView(wanted.buffer).getInt32(0, true);
  if ((flags & ~O.NONBLOCK) !== 0) return -E.INVAL;
  const file = fileOf(lx, fd);
  if (file < 0) return file;
  const queue = queueOf(k, file);
  const old = [
    i32[file + File.flags] & O.NONBLOCK,
    i32[queue + Queue.maxMessages],
    i32[queue + Queue.maxSize],
    i32[queue + Queue.count],
  ];
  if (wanted !== null) i32[file + File.flags] = (i32[file + File.flags] & ~O.NONBLOCK) | flags;
  if (oldAddr === 0) return 0;
  const at = mem.writable(oldAddr, MQ_ATTR);
  mem.u8.fill(0, at, at + MQ_ATTR);
  old.forEach((value, n) => {
    mem.writeU64(oldAddr + n * 8, value);
  });
  return 0;
};

// ---- notification

/** mq_notify(2); sigevent: value (8), signo or netlink socket (4), notify (4). */
const mq_notify: Handler = (lx, fd, eventAddr) => {
  const { k, mem } = lx;
  const { i32 } = k;
  const event = eventAddr === 0 ? null : new Int32Array(mem.bytes(eventAddr, 64).buffer);
  const [valueLow, valueHigh, sig, kind] = event ?? [0, 0, 0, 0];
  if (event !== null && ![SIGEV.SIGNAL, SIGEV.NONE, SIGEV.THREAD].some((known) => known === kind))
    return -E.INVAL;
  if (event !== null && kind === SIGEV.SIGNAL && (sig < 0 || sig > NSIG)) return -E.INVAL;
  const threaded = event !== null && kind === SIGEV.THREAD;
  const cookie = threaded ? mem.bytes(mem.readU64(eventAddr), NOTIFY.COOKIE) : null;
  const socket = threaded ? netlinkSocket(lx, sig) : 0;
  if (socket < 0) return socket;
  const file = fileOf(lx, fd);
  if (file < 0) return file;
  const queue = queueOf(k, file);
  const put: number[] = [];
  const result = k.locked(() => {
    if (event === null) {
      if (i32[queue + Queue.notify] === processOf(lx))
        endNotifyLocked(k, queue, NOTIFY.REMOVED, put);
      return 0;
    }
    if (i32[queue + Queue.notify] !== 0) return -E.BUSY;
    i32[queue + Queue.notify] = processOf(lx);
    i32[queue + Queue.notifyKind] = kind;
    i32[queue + Queue.notifySig] = sig;
    i32[queue + Queue.valueLow] = valueLow;
    i32[queue + Queue.valueHigh] = valueHigh;
    i32[queue + Queue.socket] = socket === 0 ? 0 : fileGet(k, socket);
    if (cookie !== null) k.u8.set(cookie, (queue + Queue.cookie) * 4);
    return 0;
  });
  for (const held of put) filePut(lx, held);
  return result;
};

/** The description of the socket that SIGEV_THREAD names, or −errno. */
function netlinkSocket(lx: Lx, fd: number): number {
  const file = fdGet(lx, fd);
  if (file === 0) return -E.BADF;
  return lx.k.i32[file + File.kind] === FileKind.socket ? file : -E.NOTSOCK;
}

// biome-ignore format: aligned rows
export const rows: readonly SyscallRow[] = [
  row(240, 'mq_open',         ['path', 'open-flags', 'mode', 'ptr'],          mq_open,         'full', 'emulated'),
  row(241, 'mq_unlink',       ['path'],                                       mq_unlink,       'full', 'emulated'),
  row(242, 'mq_timedsend',    ['fd', 'buf-in', 'size', 'uint', 'ptr'],        mq_timedsend,    'full', 'emulated'),
  row(243, 'mq_timedreceive', ['fd', 'buf-out', 'size', 'ptr', 'ptr'],        mq_timedreceive, 'full', 'emulated'),
  row(244, 'mq_notify',       ['fd', 'ptr'],                                  mq_notify,       'full', 'emulated'),
  row(245, 'mq_getsetattr',   ['fd', 'ptr', 'ptr'],                           mq_getsetattr,   'full', 'emulated'),
];
