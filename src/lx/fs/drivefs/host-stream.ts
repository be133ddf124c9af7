// Pipes, sockets and other unseekable things of the host; and streams of the session manager's own (no host descriptor,
// fd −1), where it takes output as it is written, up to a window, and gives input on demand.
//
// Of the host: Output is written by the calling worker, at once; what the host
// does not take at once goes to the session manager, which waits for the host, and until then nothing more is taken. Input
// is read when a guest asks for it, and no more than it asks for, so that the rest is left for whoever comes after; when
// there is none the session manager waits for it, and puts what it gets into the HostStream object.
import { closeSync, constants, openSync, readSync, writeSync } from 'node:fs';
import { E } from '../../abi/errno.ts';
import { O } from '../../abi/fcntl.ts';
import { S } from '../../abi/stat.ts';
import { File, FileKind, type FileOps, registerFileOps } from '../../kernel/file.ts';
import { newFile } from '../../kernel/files.ts';
import { type Kernel, struct } from '../../kernel/kmem.ts';
import type { Lx } from '../../kernel/lx.ts';
import { newWaitQueueLocked, wakeAllLocked } from '../../kernel/wait.ts';
import { registerFileInode } from '../../vfs/file-inode.ts';
import { type Attr, virtualAttr } from '../../vfs/file-system.ts';
import { hostCalls } from './host-calls.ts';
import { attempt } from './host-errors.ts';
import { fdInfo } from './host-file.ts';

/** Most that is read at once. */
export const STREAM_BYTES = 65536 - 64; // with its header, a block of 64 KiB

// File.a: host descriptor. File.c: HostStream.

// biome-ignore format: aligned rows
export const HostStream = struct({
  fd: 'i32',                  // host descriptor to read and write: File.a, or the same opened anew
  file: 'i32',                // the File (for its wait queue)
  inherited: 'i32',           // not opened by us: never closed
  direct: 'i32',              // fd is ours alone and O_NONBLOCK: workers read it themselves
  asked: 'i32',               // 1 while the session manager reads
  want: 'i32',                // bytes of the last read
  state: 'i32',               // 0 open, 1 end of file, −errno
  start: 'i32', end: 'i32',   // what is there lies in data[start, end)
  flushing: 'i32',            // 1 while the session manager writes
  pending: 'i32',             // of a session manager's: bytes on their way to it
  sent: 'i32',                // how many 'output' messages were made of them: a message's number is its place
  closed: 'i32',              // −errno: its answer to every write
  broken: 'i32',              // −errno of a write of the session manager: the next one's answer
  data: STREAM_BYTES / 4,
});

const POLLIN = 0x41; // POLLIN | POLLRDNORM
const POLLOUT = 0x104; // POLLOUT | POLLWRNORM
const POLLHUP = 0x10;

const streamOf = (lx: Lx, file: number): number => lx.k.i32[file + File.c];
const dataOf = (stream: number): number => (stream + HostStream.data) * 4;

const ops: Partial<FileOps> = {
  read(lx, file, buf, off, len) {
    const { k } = lx;
    const stream = streamOf(lx, file);
    const n = k.locked(() => takeLocked(k, stream, buf, off, len));
    const nothing = n === -E.AGAIN;
    if (n === len || (n <= 0 && !nothing) || !mayReadDirectly(k, stream)) return n;
    const have = nothing ? 0 : n;
    const fd = k.i32[stream + HostStream.fd];
    const rest = attempt(() => readSync(fd, buf, off + have, len - have, null));
    return have > 0 ? have + Math.max(rest, 0) : rest;
  },

  write(lx, file, buf, off, len) {
    const { i32 } = lx.k;
    const stream = streamOf(lx, file);
    if (Atomics.load(i32, stream + HostStream.flushing) !== 0) return -E.AGAIN;
    const broken = Atomics.exchange(i32, stream + HostStream.broken, 0);
    if (broken !== 0) return broken;
    if (i32[stream + HostStream.closed] !== 0) return i32[stream + HostStream.closed];
    if (i32[stream + HostStream.fd] < 0) return writeToManager(lx, stream, buf, off, len);
    const n = attempt(() => writeSync(i32[stream + HostStream.fd], buf, off, len));
    if (n !== -E.AGAIN || (i32[file + File.flags] & O.NONBLOCK) !== 0) return n;
    Atomics.store(i32, stream + HostStream.flushing, 1);
    const bytes = buf.slice(off, off + Math.min(len, STREAM_BYTES));
    lx.session.post({ type: 'output', stream, bytes, number: 0 });
    return bytes.length;
  },

  poll(lx, file) {
    const { i32 } = lx.k;
    const stream = streamOf(lx, file);
    const full = Atomics.load(i32, stream + HostStream.pending) >= WINDOW;
    const out = i32[stream + HostStream.flushing] === 0 && !full ? POLLOUT : 0;
    if (i32[stream + HostStream.end] > i32[stream + HostStream.start]) return POLLIN | out;
    return i32[stream + HostStream.state] === 0 ? out : POLLIN | out | POLLHUP;
  },

  wanted(lx, file, events) {
    const { i32 } = lx.k;
    const stream = streamOf(lx, file);
    if ((events & POLLIN) === 0 || i32[stream + HostStream.state] !== 0) return false;
    if (Atomics.exchange(i32, stream + HostStream.asked, 1) !== 0) return false;
    // One byte tells that there is something; what else is wanted, the reader takes itself.
    const want = i32[stream + HostStream.direct] !== 0 ? 1 : i32[stream + HostStream.want];
    lx.session.post({ type: 'demand', stream, want: Math.min(Math.max(want, 1), STREAM_BYTES) });
    return true;
  },

  release(lx, file) {
    const { k } = lx;
    const stream = streamOf(lx, file);
    if (k.i32[stream + HostStream.inherited] !== 0) return;
    closeSync(k.i32[file + File.a]);
    k.free(stream);
  },
};

/** What a session manager's stream has on its way at most, before writers wait. */
const WINDOW = 1 << 18;
/** A message takes memory however little it says. */
const costOf = (bytes: number): number => bytes + 512;

function writeToManager(lx: Lx, stream: number, buf: Uint8Array, off: number, len: number): number {
  const { i32 } = lx.k;
  if (Atomics.load(i32, stream + HostStream.pending) >= WINDOW) return -E.AGAIN;
  const bytes = buf.slice(off, off + Math.min(len, WINDOW));
  Atomics.add(i32, stream + HostStream.pending, costOf(bytes.length));
  const number = Atomics.add(i32, stream + HostStream.sent, 1);
  lx.session.post({ type: 'output', stream, bytes, number });
  return bytes.length;
}

/** The session manager has taken an 'output' of `count` bytes, or `error` (−errno) is the answer to all later writes. */
export function streamTaken(k: Kernel, stream: number, count: number, error: number): void {
  k.locked(() => {
    const { i32 } = k;
    Atomics.sub(i32, stream + HostStream.pending, costOf(count));
    if (error !== 0) i32[stream + HostStream.closed] = error;
    wakeAllLocked(k, i32[i32[stream + HostStream.file] + File.wait]);
  });
}

/** Not while the session manager reads for somebody: what it gets comes first. */
const mayReadDirectly = (k: Kernel, stream: number): boolean =>
  k.i32[stream + HostStream.direct] !== 0 && Atomics.load(k.i32, stream + HostStream.asked) === 0;

/** What the session manager has read already. */
function takeLocked(k: Kernel, stream: number, buf: Uint8Array, off: number, len: number): number {
  const { i32 } = k;
  i32[stream + HostStream.want] = len; // what the next poll may ask the host for
  const start = i32[stream + HostStream.start];
  const n = Math.min(len, i32[stream + HostStream.end] - start);
  if (n > 0) {
    const at = dataOf(stream) + start;
    buf.set(k.u8.subarray(at, at + n), off);
    i32[stream + HostStream.start] = start + n;
    return n;
  }
  return endLocked(k, stream);
}

/** What a read answers that finds nothing: the end, an error, or −EAGAIN. */
function endLocked(k: Kernel, stream: number): number {
  const state = k.i32[stream + HostStream.state];
  if (state === 0) return -E.AGAIN;
  return Math.min(state, 0);
}

/** The session manager has read `bytes` (empty: the end), or got `error` (−errno). */
export function supplyStream(k: Kernel, stream: number, bytes: Uint8Array, error: number): void {
  k.locked(() => {
    const { i32 } = k;
    if (i32[stream + HostStream.start] === i32[stream + HostStream.end]) {
      i32[stream + HostStream.start] = 0;
      i32[stream + HostStream.end] = 0;
    }
    k.u8.set(bytes, dataOf(stream) + i32[stream + HostStream.end]);
    i32[stream + HostStream.end] += bytes.length;
    if (error < 0) i32[stream + HostStream.state] = error;
    else if (bytes.length === 0) i32[stream + HostStream.state] = 1;
    Atomics.store(i32, stream + HostStream.asked, 0);
    wakeAllLocked(k, i32[i32[stream + HostStream.file] + File.wait]);
  });
}

/** The session manager has written all of an 'output', or got `error` (−errno). */
export function streamFlushed(k: Kernel, stream: number, error: number): void {
  k.locked(() => {
    const { i32 } = k;
    i32[stream + HostStream.broken] = error;
    Atomics.store(i32, stream + HostStream.flushing, 0);
    wakeAllLocked(k, i32[i32[stream + HostStream.file] + File.wait]);
  });
}

/**
 * A pipe opened anew with O_NONBLOCK: whoever shares the inherited description is not to notice. The descriptor itself where
 * the host cannot do that (sockets).
 */
function openAnew(fd: number, flags: number): number {
  const anew = attempt(() =>
    openSync(`/proc/self/fd/${fd}`, (flags & O.ACCMODE) | constants.O_NONBLOCK),
  );
  return anew < 0 ? fd : anew;
}

/** A description for an inherited host descriptor, with one reference. */
export function adoptHostStream(k: Kernel, fd: number, path: string): number {
  const { flags } = fdInfo(fd);
  const file = newFile(k, FileKind.hostStream, flags, path);
  k.i32[file + File.a] = fd;
  attachStream(k, file, true);
  const stream = k.i32[file + File.c];
  const anew = openAnew(fd, flags);
  k.i32[stream + HostStream.fd] = anew;
  k.i32[stream + HostStream.direct] = anew !== fd ? 1 : 0;
  return file;
}

/** A description for a stream of the session manager's own, with one reference. */
export function newManagerStream(k: Kernel, flags: number, path: string): number {
  const file = newFile(k, FileKind.hostStream, flags, path);
  k.i32[file + File.a] = -1;
  attachStream(k, file, true);
  return file;
}

export const streamOfFile = (k: Kernel, file: number): number => k.i32[file + File.c];

/** More than 0 if there is something that the session manager has not taken yet. */
export const pendingOutput = (k: Kernel, stream: number): number =>
  Atomics.load(k.i32, stream + HostStream.pending);

/** Gives a hostStream description (File.a set) its HostStream. */
export function attachStream(k: Kernel, file: number, inherited: boolean): void {
  k.locked(() => {
    const { i32 } = k;
    const stream = k.allocLocked(HostStream.SIZE);
    i32[stream + HostStream.fd] = i32[file + File.a];
    i32[stream + HostStream.file] = file;
    i32[stream + HostStream.inherited] = inherited ? 1 : 0;
    i32[file + File.c] = stream;
    i32[file + File.wait] = newWaitQueueLocked(k);
  });
}

registerFileOps(FileKind.hostStream, ops);

const PIPE_DEV = 14;

/**
 * A socket of the host (the "pipes" of Node's child_process are sockets) is a pipe to the guest: socket calls cannot
 * be passed on, and who is not told that it is one does without them.
 */
function attrOf(lx: Lx, file: number): Attr {
  const { i32 } = lx.k;
  if (i32[file + File.a] < 0) return virtualAttr(PIPE_DEV, i32[file + File.c], S.IFIFO | 0o600);
  const attr = hostCalls.fstat(i32[file + File.a]);
  if ((attr.mode & S.IFMT) !== S.IFSOCK) return attr;
  return { ...attr, mode: S.IFIFO | (attr.mode & ~S.IFMT) };
}

registerFileInode(FileKind.hostStream, {
  attr: attrOf,
  linkText(lx, file) {
    const { mode, ino } = attrOf(lx, file);
    if ((mode & S.IFMT) === S.IFIFO) return `pipe:[${ino}]`;
    return lx.k.readString(lx.k.i32[file + File.path]);
  },
});
