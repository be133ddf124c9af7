// read and write on descriptions: checks, positions, waiting. System calls and everything else that moves bytes between
// a description and guest memory go through here.
import { GUEST_SHIFT, PAGE_READ } from '../../../assembly/shared/layout.ts';
import { E } from '../abi/errno.ts';
import { O } from '../abi/fcntl.ts';
import { IN } from '../abi/inotify.ts';
import { SIG } from '../abi/signal.ts';
import { ANSWER_MS, File, FileKind, fileOps, isPath } from '../kernel/file.ts';
import type { Kernel } from '../kernel/kmem.ts';
import type { Lx } from '../kernel/lx.ts';
import { processOf } from '../kernel/process.ts';
import { RLIMIT, rlimitSoft } from '../kernel/rlimits.ts';
import { KERNEL_INFO } from '../kernel/siginfo.ts';
import { sendSignalToTask } from '../kernel/signal.ts';
import { blockUntil } from '../kernel/wait.ts';
import { isWatching, notifyOpen } from './notify.ts';

/** Most that one call moves (MAX_RW_COUNT). */
export const MAX_RW_COUNT = 0x7ffff000;
const POLLIN = 1;
const POLLOUT = 4;

// ---- rights

export function mayRead(k: Kernel, file: number): boolean {
  return (k.i32[file + File.flags] & O.ACCMODE) !== O.WRONLY && !isPath(k, file);
}
export function mayWrite(k: Kernel, file: number): boolean {
  const mode = k.i32[file + File.flags] & O.ACCMODE;
  return (mode === O.WRONLY || mode === O.RDWR) && !isPath(k, file);
}

// ---- positions

/**
 * Processes that share a description (after fork) move its position one after another, as Linux's f_pos_lock does;
 * a description with one holder needs no lock. The lock word: 0 free, 1 held, 2 held and somebody waits.
 */
function lockPosition(k: Kernel, file: number): boolean {
  const { i32 } = k;
  if (Atomics.load(i32, file + File.refs) === 1) return false;
  const word = file + File.posLock;
  if (Atomics.compareExchange(i32, word, 0, 1) === 0) return true;
  while (Atomics.exchange(i32, word, 2) !== 0) Atomics.wait(i32, word, 2, 1000);
  return true;
}

function unlockPosition(k: Kernel, file: number): void {
  const word = file + File.posLock;
  if (Atomics.exchange(k.i32, word, 0) === 2) Atomics.notify(k.i32, word, 1);
}

// ---- reading

/** Up to `len` bytes into guest memory at `addr`; at `pos`, or at the description's position when it is −1. */
export function readInto(lx: Lx, file: number, addr: number, len: number, pos = -1): number {
  const { mem } = lx;
  const room = mem.writableSome(addr, Math.min(len, MAX_RW_COUNT));
  if (room !== 0 && mem.isShared(addr, room)) return readShared(lx, file, addr, room, pos);
  if (room !== 0) return readBuffer(lx, file, mem.u8, addr - GUEST_SHIFT, room, pos);
  return len > 0 ? emptyRead(lx, file, pos) : readBuffer(lx, file, mem.u8, 0, 0, pos);
}

/** Bytes that go to or from shared pages at a time. */
const SHARED_CHUNK = 1 << 20;

/** The same for shared pages. A stream answers once, a file as long as it fills what it is given. */
function readShared(lx: Lx, file: number, addr: number, room: number, pos: number): number {
  const stream = !fileOps(lx.k, file).seekable;
  let total = 0;
  while (total < room) {
    const len = Math.min(room - total, SHARED_CHUNK);
    const { buf, off, done } = lx.mem.target(addr + total, len);
    const n = readBuffer(lx, file, buf, off, len, pos < 0 ? -1 : pos + total);
    if (n < 0) return total > 0 ? total : n;
    done(n);
    total += n;
    if (n < len || stream) break;
  }
  return total;
}

/** A bad buffer: what the file itself answers comes first, and at its end nothing is written. */
function emptyRead(lx: Lx, file: number, pos: number): number {
  const kind = lx.k.i32[file + File.kind];
  if (kind === FileKind.nullDev) return 0;
  if (kind === FileKind.hostDir || kind === FileKind.blobDir || kind === FileKind.tmpDir) {
    return -E.ISDIR;
  }
  const ops = fileOps(lx.k, file);
  const at = pos >= 0 ? pos : lx.k.f64[(file + File.pos) >> 1];
  return ops.seekable && at >= ops.size(lx, file) ? 0 : -E.FAULT;
}

/** Reports `n` moved bytes to those who watch the file; answers `n`. */
function noted(lx: Lx, file: number, event: number, n: number): number {
  if (n > 0 && isWatching(lx.k)) notifyOpen(lx, file, event);
  return n;
}

/** The same into any buffer. */
export function readBuffer(
  lx: Lx,
  file: number,
  buf: Uint8Array,
  off: number,
  len: number,
  pos = -1,
): number {
  const { k } = lx;
  const ops = fileOps(k, file);
  if (!ops.seekable) return readStream(lx, file, buf, off, len);
  if (pos >= 0) return noted(lx, file, IN.ACCESS, ops.read(lx, file, buf, off, len, pos));
  const locked = lockPosition(k, file);
  try {
    const at = (file + File.pos) >> 1;
    const n = ops.read(lx, file, buf, off, len, k.f64[at]);
    if (n > 0) k.f64[at] += n;
    return noted(lx, file, IN.ACCESS, n);
  } finally {
    if (locked) unlockPosition(k, file);
  }
}

/** O_NONBLOCK: what the host has at hand is still waited for, as it would be in the kernel's buffer natively. */
function readAnswer(lx: Lx, file: number, buf: Uint8Array, off: number, len: number): number {
  const ops = fileOps(lx.k, file);
  if (!ops.wanted(lx, file, POLLIN)) return -E.AGAIN;
  const attempt = (): number => ops.read(lx, file, buf, off, len, -1);
  const queues = [lx.k.i32[file + File.wait]];
  const n = blockUntil(lx, queues, attempt, performance.now() + ANSWER_MS);
  return n === -E.TIMEDOUT || n === -E.RESTARTSYS ? -E.AGAIN : n;
}

function readStream(lx: Lx, file: number, buf: Uint8Array, off: number, len: number): number {
  const { k } = lx;
  const ops = fileOps(k, file);
  const first = ops.read(lx, file, buf, off, len, -1);
  if (first !== -E.AGAIN) return first;
  if (k.i32[file + File.flags] & O.NONBLOCK) return readAnswer(lx, file, buf, off, len);
  return blockUntil(lx, [k.i32[file + File.wait]], () => {
    const n = ops.read(lx, file, buf, off, len, -1);
    if (n === -E.AGAIN) ops.wanted(lx, file, POLLIN);
    return n;
  });
}

// ---- writing

export function writeFrom(lx: Lx, file: number, addr: number, len: number, pos = -1): number {
  const { mem } = lx;
  const kind = lx.k.i32[file + File.kind];
  // These two do not even look at the bytes.
  if (kind === FileKind.nullDev) return Math.min(len, MAX_RW_COUNT);
  if (kind === FileKind.fullDev) return -E.NOSPC;
  const there = mem.accessible(addr, Math.min(len, MAX_RW_COUNT), PAGE_READ);
  if (there !== 0) {
    const { buf, off } = mem.source(addr, there);
    return writeBuffer(lx, file, buf, off, there, pos);
  }
  return len > 0 ? -E.FAULT : writeBuffer(lx, file, mem.u8, 0, 0, pos);
}

export function writeBuffer(
  lx: Lx,
  file: number,
  buf: Uint8Array,
  off: number,
  len: number,
  pos = -1,
): number {
  const { k } = lx;
  const ops = fileOps(k, file);
  if (!ops.seekable) return writeStream(lx, file, buf, off, len);
  if (pos >= 0) {
    const before = k.f64[(file + File.pos) >> 1];
    const n = writeAt(lx, file, buf, off, len, pos);
    k.f64[(file + File.pos) >> 1] = before; // an append moved it
    return noted(lx, file, IN.MODIFY, n);
  }
  const locked = lockPosition(k, file);
  try {
    const at = (file + File.pos) >> 1;
    const n = writeAt(lx, file, buf, off, len, k.f64[at]);
    if (n > 0 && (k.i32[file + File.flags] & O.APPEND) === 0) k.f64[at] += n;
    return noted(lx, file, IN.MODIFY, n);
  } finally {
    if (locked) unlockPosition(k, file);
  }
}

/** Writes a seekable file under RLIMIT_FSIZE. */
function writeAt(
  lx: Lx,
  file: number,
  buf: Uint8Array,
  off: number,
  len: number,
  pos: number,
): number {
  const limit = rlimitSoft(lx.k, processOf(lx), RLIMIT.FSIZE);
  const ops = fileOps(lx.k, file);
  if (limit === Number.POSITIVE_INFINITY || len === 0)
    return ops.write(lx, file, buf, off, len, pos);
  const start = lx.k.i32[file + File.flags] & O.APPEND ? ops.size(lx, file) : pos;
  if (start >= limit) {
    sendSignalToTask(lx.k, lx.task, SIG.XFSZ, KERNEL_INFO);
    return -E.FBIG;
  }
  return ops.write(lx, file, buf, off, Math.min(len, limit - start), pos);
}

/** Waits until everything is written, as pipes, sockets and ttys do, unless O_NONBLOCK or a signal says otherwise. */
function writeStream(lx: Lx, file: number, buf: Uint8Array, off: number, len: number): number {
  const { k } = lx;
  const ops = fileOps(k, file);
  const first = ops.write(lx, file, buf, off, len, -1);
  if (first === len) return first;
  if (first < 0 && first !== -E.AGAIN) return first === -E.PIPE ? brokenPipe(lx) : first;
  if (k.i32[file + File.flags] & O.NONBLOCK) return first;
  let total = Math.max(first, 0);
  while (total < len) {
    const n = blockUntil(lx, [k.i32[file + File.wait]], () => {
      const some = ops.write(lx, file, buf, off + total, len - total, -1);
      if (some === -E.AGAIN) ops.wanted(lx, file, POLLOUT);
      return some;
    });
    if (n <= 0) {
      if (total > 0 && n !== -E.PIPE) return total;
      return n === -E.PIPE ? brokenPipe(lx) : n;
    }
    total += n;
  }
  return total;
}

function brokenPipe(lx: Lx): number {
  sendSignalToTask(lx.k, lx.task, SIG.PIPE, KERNEL_INFO);
  return -E.PIPE;
}
