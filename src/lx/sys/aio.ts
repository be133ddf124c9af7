// Asynchronous I/O of the kernel, io_submit(2): requests are carried out at once, their events wait to be fetched.
import { PAGE_READ } from '../../../assembly/shared/layout.ts';
import { E } from '../abi/errno.ts';
import { MAP_ANONYMOUS, MAP_PRIVATE, PROT_READ } from '../abi/mman.ts';
import { AioEvent, Context, freeContextLocked } from '../kernel/aio.ts';
import { File, FileKind, fileOps, isPath } from '../kernel/file.ts';
import { fdGet } from '../kernel/files.ts';
import type { Lx } from '../kernel/lx.ts';
import { processOf } from '../kernel/process.ts';
import { Process } from '../kernel/task.ts';
import { blockUntil, wakeAllLocked } from '../kernel/wait.ts';
import { KernelError } from '../mm/guest-memory.ts';
import { rows as io } from './io.ts';
import { mmap, munmap } from './mem.ts';
import { masked } from './poll.ts';
import { type Handler, row, type SyscallRow } from './row.ts';
import { readTimespec } from './time.ts';

const PAGE = 4096;
/** /proc/sys/fs/aio-max-nr */
const MAX = 65536;

function findLocked(lx: Lx, id: number): number {
  const { k } = lx;
  let context = k.i32[processOf(lx) + Process.aio];
  while (context !== 0 && k.f64[(context + Context.id) >> 1] !== id)
    context = k.i32[context + Context.next];
  return context;
}

const find = (lx: Lx, id: number): number => lx.k.locked(() => findLocked(lx, id));

const io_setup: Handler = (lx, count, address) => {
  const { k, mem } = lx;
  if (mem.readU64(address) !== 0 || count === 0) return -E.INVAL;
  if (count > MAX) return -E.AGAIN;
  const id = mmap(lx, 0, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (id < 0) return id;
  k.locked(() => {
    const context = k.allocLocked(Context.SIZE);
    const head = processOf(lx) + Process.aio;
    k.f64[(context + Context.id) >> 1] = id;
    k.i32[context + Context.room] = count;
    k.i32[context + Context.next] = k.i32[head];
    k.i32[head] = context;
  });
  mem.writeU64(address, id);
  return 0;
};

const io_destroy: Handler = (lx, id) => {
  const { k } = lx;
  const gone = k.locked(() => {
    const context = findLocked(lx, id);
    if (context === 0) return false;
    let link = processOf(lx) + Process.aio;
    while (k.i32[link] !== context) link = k.i32[link] + Context.next;
    k.i32[link] = k.i32[context + Context.next];
    wakeAllLocked(k, context + Context.wait);
    freeContextLocked(k, context);
    return true;
  });
  if (!gone) return -E.INVAL;
  munmap(lx, id, PAGE, 0, 0, 0, 0);
  return 0;
};

// ---- struct iocb: data (8), key, rw_flags (4 each), opcode, priority (2 each), fd (4), buf, nbytes, offset, reserved (8 each),
// flags, resfd (4 each)

const IOCB = 64;
const OP = { PREAD: 0, PWRITE: 1, FSYNC: 2, FDSYNC: 3, NOOP: 6, PREADV: 7, PWRITEV: 8 } as const;
const FLAG_RESFD = 1;

/** The system calls that do what requests ask for. */
const CALLS: Record<number, number> = {
  [OP.PREAD]: 17,
  [OP.PWRITE]: 18,
  [OP.FSYNC]: 74,
  [OP.FDSYNC]: 75,
  [OP.PREADV]: 295,
  [OP.PWRITEV]: 296,
};
const handlerOf = (number: number): Handler | undefined =>
  io.find((entry) => entry.number === number)?.handler;

function submitOne(lx: Lx, context: number, address: number): number {
  const { k, mem } = lx;
  mem.readable(address, IOCB);
  const at = (offset: number): number => mem.readU64(address + offset);
  if (at(48) !== 0) return -E.INVAL;
  if (k.i32[context + Context.count] >= k.i32[context + Context.room]) return -E.AGAIN;
  const fd = mem.readI32(address + 20);
  const file = fdGet(lx, fd);
  if (file === 0 || isPath(k, file)) return -E.BADF;
  const notified = (mem.readU32(address + 56) & FLAG_RESFD) !== 0;
  const resfd = notified ? fdGet(lx, mem.readI32(address + 60)) : 0;
  if (notified && (resfd === 0 || k.i32[resfd + File.kind] !== FileKind.eventfd))
    return resfd === 0 ? -E.BADF : -E.INVAL;
  const opcode = mem.readU16(address + 16);
  const call = handlerOf(CALLS[opcode]);
  if (call === undefined) return -E.INVAL;
  const result = call(lx, fd, at(24), at(32), mem.readI64(address + 40), 0, 0);
  if (result === -E.BADF || result === -E.INVAL || result === -E.FAULT) return result;
  complete(lx, context, address, result);
  if (resfd !== 0) fileOps(k, resfd).write(lx, resfd, ONE, 0, ONE.length, -1);
  return 0;
}
const ONE = Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0);

function complete(lx: Lx, context: number, iocb: number, result: number): void {
  const { k, mem } = lx;
  const [low, high] = [mem.readI32(iocb), mem.readI32(iocb + 4)];
  k.locked(() => {
    const event = k.allocLocked(AioEvent.SIZE);
    k.i32[event + AioEvent.data] = low;
    k.i32[event + AioEvent.data + 1] = high;
    k.f64[(event + AioEvent.iocb) >> 1] = iocb;
    k.f64[(event + AioEvent.result) >> 1] = result;
    const last = k.i32[context + Context.last];
    if (k.i32[context + Context.first] === 0) k.i32[context + Context.first] = event;
    else k.i32[last + AioEvent.next] = event;
    k.i32[context + Context.last] = event;
    k.i32[context + Context.count]++;
    wakeAllLocked(k, context + Context.wait);
  });
}

const io_submit: Handler = (lx, id, count, list) => {
  if (count < 0) return -E.INVAL;
  const context = find(lx, id);
  if (context === 0) return -E.INVAL;
  for (let n = 0; n < count; n++) {
    const result = trySubmit(lx, context, list + n * 8);
    if (result < 0) return n > 0 ? n : result;
  }
  return count;
};

function trySubmit(lx: Lx, context: number, pointer: number): number {
  try {
    return submitOne(lx, context, lx.mem.readU64(pointer));
  } catch (error) {
    if (error instanceof KernelError) return -error.errno;
    throw error;
  }
}

const EVENT = 32; // struct io_event: data, obj, res, res2 (8 each)

function takeEvents(lx: Lx, context: number, address: number, most: number): number {
  const { k, mem } = lx;
  mem.writable(address, Math.min(most, k.i32[context + Context.count]) * EVENT);
  return k.locked(() => {
    let taken = 0;
    for (; taken < most && k.i32[context + Context.first] !== 0; taken++) {
      const event = k.i32[context + Context.first];
      const at = address + taken * EVENT;
      mem.writeU32(at, k.i32[event + AioEvent.data]);
      mem.writeU32(at + 4, k.i32[event + AioEvent.data + 1]);
      mem.writeU64(at + 8, k.f64[(event + AioEvent.iocb) >> 1]);
      mem.writeU64(at + 16, k.f64[(event + AioEvent.result) >> 1]);
      mem.writeU64(at + 24, 0);
      k.i32[context + Context.first] = k.i32[event + AioEvent.next];
      k.i32[context + Context.count]--;
      k.freeLocked(event);
    }
    return taken;
  });
}

const io_getevents: Handler = (lx, id, least, most, address, timeout) => {
  const { k } = lx;
  const ms = timeout === 0 ? Number.POSITIVE_INFINITY : readTimespec(lx, timeout);
  if (ms < 0) return ms;
  const context = find(lx, id);
  if (context === 0 || least < 0 || most < 0 || least > most) return -E.INVAL;
  const enough = (): number => (k.i32[context + Context.count] >= least ? 0 : -E.AGAIN);
  const waited = blockUntil(lx, [context + Context.wait], enough, performance.now() + ms);
  if (waited === -E.RESTARTSYS && k.i32[context + Context.count] === 0) return -E.INTR;
  return takeEvents(lx, context, address, most);
};

/** io_getevents() under a signal mask: struct __aio_sigset, its address (8) and size (8). */
const io_pgetevents: Handler = (lx, id, least, most, address, timeout, set) => {
  const mask = set === 0 ? 0 : lx.mem.readU64(set);
  const size = set === 0 ? 0 : lx.mem.readU64(set + 8);
  return masked(lx, mask, size, () => io_getevents(lx, id, least, most, address, timeout, 0));
};

/** Everything is done before anybody could cancel it. */
const io_cancel: Handler = (lx, id, iocb) => {
  if (lx.mem.accessible(iocb, IOCB, PAGE_READ) !== IOCB) return -E.FAULT;
  find(lx, id);
  return -E.INVAL;
};

// biome-ignore format: aligned rows
export const rows: readonly SyscallRow[] = [
  row(206, 'io_setup',     ['uint', 'ptr'],                              io_setup,     'full',    'emulated'),
  row(207, 'io_destroy',   ['ptr'],                                      io_destroy,   'full',    'emulated'),
  row(208, 'io_getevents', ['ptr', 'long', 'long', 'ptr', 'ptr'],        io_getevents, 'full',    'emulated'),
  row(209, 'io_submit',    ['ptr', 'long', 'ptr'],                       io_submit,    'partial', 'composed', 'carried out at once; no POLL'),
  row(333, 'io_pgetevents', ['ptr', 'long', 'long', 'ptr', 'ptr', 'ptr'], io_pgetevents, 'full',   'emulated'),
  row(210, 'io_cancel',    ['ptr', 'ptr', 'ptr'],                        io_cancel,    'full',    'emulated'),
];
