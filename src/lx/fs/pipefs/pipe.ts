// Pipes and FIFOs: pipe(7), fifo(7). A pipe is a ring with the numbers of its readers and writers; each end is an open
// file description with File.a = pipe. Both ends wait on the one queue inside the pipe.
import { E } from '../../abi/errno.ts';
import { O } from '../../abi/fcntl.ts';
import { POLL, READABLE, WRITABLE } from '../../abi/poll.ts';
import { File, FileKind, registerFileOps } from '../../kernel/file.ts';
import { newFile } from '../../kernel/files.ts';
import { Fixed } from '../../kernel/fixed.ts';
import { type Kernel, struct } from '../../kernel/kmem.ts';
import type { Lx } from '../../kernel/lx.ts';
import { blockUntil, WaitQueue, wakeAllLocked } from '../../kernel/wait.ts';
import {
  freeRingLocked,
  initRingLocked,
  Ring,
  ringPutLocked,
  ringRoom,
  ringTakeLocked,
} from './ring.ts';

// biome-ignore format: aligned rows
export const Pipe = struct({
  ring: Ring.SIZE / 4,
  wait: WaitQueue.SIZE / 4,
  readers: 'i32', writers: 'i32',          // descriptions open for it
  readOpens: 'i32', writeOpens: 'i32',     // how often it was opened so: open(2) of a FIFO waits for a change
  next: 'i32', key: 'i32',                 // FIFOs: list of the open ones, string object that names the inode
  users: 'i32', pad: 'i32',                // descriptions, and opens in progress
});

export const PIPE_BUF = 4096;
export const PIPE_CAPACITY = 65536;
/** /proc/sys/fs/pipe-max-size */
export const PIPE_MAX = 1 << 20;

const FIONREAD = 0x541b;

// ---- reading and writing

function read(lx: Lx, file: number, buf: Uint8Array, off: number, len: number): number {
  const { k } = lx;
  const { i32 } = k;
  if (len === 0) return 0;
  const pipe = i32[file + File.a];
  k.lock();
  const n = Math.min(len, i32[pipe + Ring.count]);
  if (n > 0) {
    ringTakeLocked(k, pipe, buf, off, n);
    wakeAllLocked(k, pipe + Pipe.wait, WRITABLE);
  }
  const writers = i32[pipe + Pipe.writers];
  k.unlock();
  return n === 0 && writers > 0 ? -E.AGAIN : n;
}

function write(lx: Lx, file: number, buf: Uint8Array, off: number, len: number): number {
  const { k } = lx;
  if (len === 0) return 0;
  const pipe = k.i32[file + File.a];
  k.lock();
  const n = writeLocked(k, pipe, buf, off, len);
  if (n > 0) wakeAllLocked(k, pipe + Pipe.wait, READABLE);
  k.unlock();
  return n;
}

/** Up to PIPE_BUF bytes go in as a whole or not at all. */
function writeLocked(k: Kernel, pipe: number, buf: Uint8Array, off: number, len: number): number {
  if (k.i32[pipe + Pipe.readers] === 0) return -E.PIPE;
  const room = ringRoom(k, pipe);
  if (room === 0 || (len <= PIPE_BUF && room < len)) return -E.AGAIN;
  const n = Math.min(len, room);
  return ringPutLocked(k, pipe, buf, off, n) ? n : -E.NOMEM;
}

/** tee(2): copies what is in one pipe to another. Bytes, −EAGAIN when one is empty or the other full, 0 at the end. */
export function teePipe(lx: Lx, from: number, to: number, len: number): number {
  const { k } = lx;
  const { i32 } = k;
  const [source, target] = [i32[from + File.a], i32[to + File.a]];
  return k.locked(() => {
    if (i32[target + Pipe.readers] === 0) return -E.PIPE;
    const there = i32[source + Ring.count];
    if (there === 0) return i32[source + Pipe.writers] === 0 ? 0 : -E.AGAIN;
    const n = Math.min(there, len, ringRoom(k, target));
    if (n <= 0) return -E.AGAIN;
    const bytes = new Uint8Array(n);
    ringTakeLocked(k, source, bytes, 0, n, true);
    if (!ringPutLocked(k, target, bytes, 0, n)) return -E.NOMEM;
    wakeAllLocked(k, target + Pipe.wait, READABLE);
    return n;
  });
}

function poll(lx: Lx, file: number): number {
  const { i32 } = lx.k;
  const pipe = i32[file + File.a];
  const mode = i32[file + File.flags] & O.ACCMODE;
  let events = 0;
  if (mode !== O.WRONLY) {
    if (i32[pipe + Ring.count] > 0) events |= READABLE;
    // A FIFO opened without a writer has not hung up before one came (File.b: writeOpens then).
    if (i32[pipe + Pipe.writers] === 0 && i32[pipe + Pipe.writeOpens] !== i32[file + File.b])
      events |= POLL.HUP;
  }
  if (mode !== O.RDONLY) {
    if (ringRoom(lx.k, pipe) >= PIPE_BUF) events |= WRITABLE;
    if (i32[pipe + Pipe.readers] === 0) events |= POLL.ERR;
  }
  return events;
}

function ioctl(lx: Lx, file: number, request: number, arg: number): number {
  if (request !== FIONREAD) return -E.NOTTY;
  lx.mem.writeU32(arg, lx.k.i32[lx.k.i32[file + File.a] + Ring.count]);
  return 0;
}

// ---- life

function newPipeLocked(k: Kernel): number {
  const pipe = k.allocLocked(Pipe.SIZE);
  initRingLocked(k, pipe + Pipe.ring, PIPE_CAPACITY);
  return pipe;
}

const readsFrom = (flags: number): boolean => (flags & O.ACCMODE) !== O.WRONLY;
const writesTo = (flags: number): boolean => (flags & O.ACCMODE) !== O.RDONLY;

/** Counts an end in (`by` 1) or out (−1), and tells who waits for that. */
function countLocked(k: Kernel, pipe: number, flags: number, by: number): void {
  const { i32 } = k;
  if (readsFrom(flags)) i32[pipe + Pipe.readers] += by;
  if (writesTo(flags)) i32[pipe + Pipe.writers] += by;
  if (by > 0 && readsFrom(flags)) i32[pipe + Pipe.readOpens]++;
  if (by > 0 && writesTo(flags)) i32[pipe + Pipe.writeOpens]++;
  i32[pipe + Pipe.users] += by;
  wakeAllLocked(k, pipe + Pipe.wait);
  if (i32[pipe + Pipe.users] === 0) freePipeLocked(k, pipe);
}

function freePipeLocked(k: Kernel, pipe: number): void {
  const { i32 } = k;
  if (i32[pipe + Pipe.key] !== 0) {
    let link = Fixed.fifos as number;
    while (i32[link] !== pipe) link = i32[link] + Pipe.next;
    i32[link] = i32[pipe + Pipe.next];
    k.freeLocked(i32[pipe + Pipe.key]);
  }
  freeRingLocked(k, pipe + Pipe.ring);
  k.freeLocked(pipe);
}

function release(lx: Lx, file: number): void {
  const { k } = lx;
  const flags = k.i32[file + File.flags];
  k.i32[file + File.wait] = 0; // the pipe's, not the description's
  k.locked(() => countLocked(k, k.i32[file + File.a], flags, -1));
}

const KIND_OF_MODE = [FileKind.pipeRead, FileKind.pipeWrite, FileKind.pipeBoth];

function newEnd(k: Kernel, pipe: number, flags: number, path: string): number {
  const file = newFile(k, KIND_OF_MODE[flags & O.ACCMODE] ?? FileKind.pipeBoth, flags, path);
  k.i32[file + File.a] = pipe;
  k.i32[file + File.b] = -1;
  k.i32[file + File.wait] = pipe + Pipe.wait;
  return file;
}

/** pipe2(2): descriptions of both ends; `flags` may hold O_NONBLOCK. */
export function newPipe(k: Kernel, flags: number): { reader: number; writer: number } {
  const pipe = k.locked(() => {
    const made = newPipeLocked(k);
    countLocked(k, made, O.RDONLY, 1);
    countLocked(k, made, O.WRONLY, 1);
    return made;
  });
  const path = `pipe:[${pipe}]`;
  return {
    reader: newEnd(k, pipe, O.RDONLY | flags, path),
    writer: newEnd(k, pipe, O.WRONLY | flags, path),
  };
}

/**
 * Opens the FIFO that `key` names (device and inode): a description, or −errno. Waits for the other side unless
 * O_NONBLOCK or O_RDWR is set; a writer that may not wait gets ENXIO.
 */
export function openFifo(lx: Lx, key: string, flags: number, path: string): number {
  const { k } = lx;
  const { i32 } = k;
  const nonblock = (flags & O.NONBLOCK) !== 0;
  const mode = flags & O.ACCMODE;
  const opens = mode === O.RDONLY ? Pipe.writeOpens : Pipe.readOpens;
  const partners = mode === O.RDONLY ? Pipe.writers : Pipe.readers;
  // Looked at in the same breath as this end is counted: the partner may come, write and go before the lock is back.
  let before = 0;
  let alone = false;
  const pipe = k.locked(() => {
    const found = findFifoLocked(k, key);
    const noReader = found === 0 || i32[found + Pipe.readers] === 0;
    if (mode === O.WRONLY && nonblock && noReader) return -E.NXIO;
    const made = found !== 0 ? found : newFifoLocked(k, key);
    before = i32[made + opens];
    alone = mode !== O.RDWR && i32[made + partners] === 0;
    countLocked(k, made, mode, 1);
    return made;
  });
  if (pipe < 0) return pipe;
  if (alone && !nonblock) {
    const came = (): number => (i32[pipe + opens] !== before ? 0 : -E.AGAIN);
    const result = blockUntil(lx, [pipe + Pipe.wait], came);
    if (result !== 0) {
      k.locked(() => countLocked(k, pipe, mode, -1));
      return result;
    }
  }
  const file = newEnd(k, pipe, flags, path);
  if (alone && nonblock) i32[file + File.b] = before;
  return file;
}

function findFifoLocked(k: Kernel, key: string): number {
  let pipe = k.i32[Fixed.fifos];
  while (pipe !== 0 && k.readString(k.i32[pipe + Pipe.key]) !== key) pipe = k.i32[pipe + Pipe.next];
  return pipe;
}

function newFifoLocked(k: Kernel, key: string): number {
  const pipe = newPipeLocked(k);
  k.i32[pipe + Pipe.key] = k.newStringLocked(key);
  k.i32[pipe + Pipe.next] = k.i32[Fixed.fifos];
  k.i32[Fixed.fifos] = pipe;
  return pipe;
}

// ---- size: F_GETPIPE_SZ, F_SETPIPE_SZ

const isPipe = (k: Kernel, file: number): boolean => {
  const kind = k.i32[file + File.kind];
  return kind === FileKind.pipeRead || kind === FileKind.pipeWrite || kind === FileKind.pipeBoth;
};

export const pipeSize = (k: Kernel, file: number): number =>
  isPipe(k, file) ? k.i32[k.i32[file + File.a] + Ring.capacity] : -E.BADF;

/** Rounds up to a power of two of at least a page; −EBUSY if more than that is in the pipe now. */
export function setPipeSize(lx: Lx, file: number, bytes: number, privileged: boolean): number {
  const { k } = lx;
  if (!isPipe(k, file)) return -E.BADF;
  if (bytes > 0x8000_0000 || bytes <= 0) return -E.INVAL;
  let capacity = PIPE_BUF;
  while (capacity < bytes) capacity *= 2;
  if (capacity > PIPE_MAX && !privileged) return -E.PERM;
  if (capacity > 16 * PIPE_MAX) return -E.NOMEM;
  return k.locked(() => {
    const pipe = k.i32[file + File.a];
    if (k.i32[pipe + Ring.count] > capacity) return -E.BUSY;
    k.i32[pipe + Ring.capacity] = capacity;
    wakeAllLocked(k, pipe + Pipe.wait);
    return capacity;
  });
}

for (const kind of KIND_OF_MODE) {
  const denied = (): number => -E.BADF;
  registerFileOps(kind, {
    read: kind === FileKind.pipeWrite ? denied : read,
    write: kind === FileKind.pipeRead ? denied : write,
    poll,
    ioctl,
    release,
  });
}
