// System calls that move bytes from one description to another: sendfile, copy_file_range, splice, tee, vmsplice.
import { E } from '../abi/errno.ts';
import { O } from '../abi/fcntl.ts';
import { teePipe } from '../fs/pipefs/index.ts';
import { File, fileOps } from '../kernel/file.ts';
import { fdGet } from '../kernel/files.ts';
import type { Lx } from '../kernel/lx.ts';
import { blockUntil } from '../kernel/wait.ts';
import { regularAttr } from '../vfs/file-inode.ts';
import { isSameInode } from '../vfs/file-system.ts';
import { readIoVecs } from '../vfs/iovec.ts';
import { MAX_RW_COUNT, mayRead, mayWrite, readBuffer, writeBuffer } from '../vfs/transfer.ts';
import {
  hasPosition,
  isDirectory,
  isPipe,
  readableFile,
  readVectors,
  readyToRead,
  writableFile,
  writeVectors,
} from './io.ts';
import { row, type SyscallRow } from './row.ts';

const COPY_BYTES = 1 << 16;

/**
 * Copies up to `count` bytes from `from` to `to` through a buffer. Positions −1 are the descriptions' own. Waits for the
 * first bytes only.
 */
function copy(
  lx: Lx,
  from: number,
  to: number,
  count: number,
  fromPos: number,
  toPos: number,
): number {
  const buf = new Uint8Array(Math.min(COPY_BYTES, count));
  const stream = !fileOps(lx.k, from).seekable;
  let total = 0;
  while (total < count) {
    if (stream && total > 0 && !readyToRead(lx, from)) break;
    const want = Math.min(buf.length, count - total);
    const n = readBuffer(lx, from, buf, 0, want, fromPos < 0 ? -1 : fromPos + total);
    if (n <= 0) return total > 0 ? total : n;
    const w = writeBuffer(lx, to, buf, 0, n, toPos < 0 ? -1 : toPos + total);
    if (w < n) giveBack(lx, from, fromPos, n - Math.max(w, 0));
    if (w < 0) return total > 0 ? total : w;
    total += w;
    if (w < n) break;
  }
  return total;
}

/** What was read and could not be written is to be read again. */
function giveBack(lx: Lx, file: number, pos: number, bytes: number): void {
  if (pos < 0 && fileOps(lx.k, file).seekable) lx.k.f64[(file + File.pos) >> 1] -= bytes;
}

/** The position a pointer argument gives: −1 for a null pointer. */
const positionAt = (lx: Lx, ptr: number): number => (ptr === 0 ? -1 : lx.mem.readI64(ptr));

/** `n` bytes, or −errno, were moved from or to there. */
function movePosition(lx: Lx, ptr: number, pos: number, n: number): void {
  if (n > 0 && ptr !== 0) lx.mem.writeU64(ptr, pos + n);
}

function sendfile(lx: Lx, outFd: number, inFd: number, offset: number, count: number): number {
  const pos = positionAt(lx, offset);
  const from = readableFile(lx, inFd);
  if (from === 0) return -E.BADF;
  if (pos >= 0 && !hasPosition(lx, from)) return -E.SPIPE;
  const to = writableFile(lx, outFd);
  if (to === 0) return -E.BADF;
  if (pos < -1 || (offset !== 0 && pos < 0)) return -E.INVAL;
  if (!fileOps(lx.k, from).seekable && !hasPosition(lx, from)) return -E.INVAL;
  if (lx.k.i32[to + File.flags] & O.APPEND) return -E.INVAL;
  const n = copy(lx, from, to, Math.min(count, MAX_RW_COUNT), pos, -1);
  movePosition(lx, offset, pos, n);
  return n;
}

function copyFileRange(
  lx: Lx,
  inFd: number,
  inOff: number,
  outFd: number,
  outOff: number,
  len: number,
  flags: number,
): number {
  const from = fdGet(lx, inFd);
  const to = fdGet(lx, outFd);
  if (from === 0 || to === 0) return -E.BADF;
  const inPos = positionAt(lx, inOff);
  const outPos = positionAt(lx, outOff);
  if (flags !== 0) return -E.INVAL;
  if (isDirectory(lx, from) || isDirectory(lx, to)) return -E.ISDIR;
  const source = regularAttr(lx, from);
  const sink = regularAttr(lx, to);
  if (source === null || sink === null) return -E.INVAL;
  if (!mayRead(lx.k, from) || !mayWrite(lx.k, to) || lx.k.i32[to + File.flags] & O.APPEND) {
    return -E.BADF;
  }
  if (source.dev !== sink.dev) return -E.XDEV; // since Linux 5.19; the caller then copies itself
  const { f64 } = lx.k;
  const start = inPos < 0 ? f64[(from + File.pos) >> 1] : inPos;
  const target = outPos < 0 ? f64[(to + File.pos) >> 1] : outPos;
  const count = Math.min(len, MAX_RW_COUNT);
  const overlap = start < target + count && target < start + count;
  if (overlap && isSameInode(source, sink)) return -E.INVAL;
  const n = copy(lx, from, to, count, inPos, outPos);
  movePosition(lx, inOff, inPos, n);
  movePosition(lx, outOff, outPos, n);
  return n;
}

const SPLICE_FLAGS = 0xf;
const SPLICE_F_NONBLOCK = 2;

function splice(
  lx: Lx,
  inFd: number,
  inOff: number,
  outFd: number,
  outOff: number,
  len: number,
  flags: number,
): number {
  if (len === 0) return 0;
  if (flags & ~SPLICE_FLAGS) return -E.INVAL;
  const from = readableFile(lx, inFd);
  const to = writableFile(lx, outFd);
  if (from === 0 || to === 0) return -E.BADF;
  if (!isPipe(lx, from) && !isPipe(lx, to)) return -E.INVAL;
  if ((isPipe(lx, from) && inOff !== 0) || (isPipe(lx, to) && outOff !== 0)) return -E.SPIPE;
  const inPos = positionAt(lx, inOff);
  const outPos = positionAt(lx, outOff);
  if (flags & SPLICE_F_NONBLOCK && isPipe(lx, from) && !readyToRead(lx, from)) return -E.AGAIN;
  const count = Math.min(len, COPY_BYTES);
  const n = copy(lx, from, to, count, inPos, outPos);
  movePosition(lx, inOff, inPos, n);
  movePosition(lx, outOff, outPos, n);
  return n;
}

function tee(lx: Lx, inFd: number, outFd: number, len: number, flags: number): number {
  if (flags & ~SPLICE_FLAGS) return -E.INVAL;
  if (len === 0) return 0;
  const from = readableFile(lx, inFd);
  const to = writableFile(lx, outFd);
  if (from === 0 || to === 0) return -E.BADF;
  const { i32 } = lx.k;
  if (!isPipe(lx, from) || !isPipe(lx, to) || i32[from + File.a] === i32[to + File.a])
    return -E.INVAL;
  const attempt = (): number => teePipe(lx, from, to, len);
  if (flags & SPLICE_F_NONBLOCK) return attempt();
  return blockUntil(lx, [i32[from + File.wait], i32[to + File.wait]], attempt);
}

/** vmsplice(2) into a pipe copies; out of one it reads. */
function vmsplice(lx: Lx, fd: number, iov: number, count: number, flags: number): number {
  const file = fdGet(lx, fd);
  if (file === 0 || !isPipe(lx, file)) return -E.BADF;
  if (flags & ~SPLICE_FLAGS) return -E.INVAL;
  const list = readIoVecs(lx, iov, count);
  return mayWrite(lx.k, file) ? writeVectors(lx, file, list, -1) : readVectors(lx, file, list, -1);
}

// biome-ignore format: aligned rows
export const rows: readonly SyscallRow[] = [
  row(40,  'sendfile',        ['fd', 'fd', 'ptr', 'size'],                                sendfile,      'full',    'composed'),
  row(275, 'splice',          ['fd', 'ptr', 'fd', 'ptr', 'size', 'uint'],                 splice,        'partial', 'composed', 'copies'),
  row(276, 'tee',             ['fd', 'fd', 'size', 'flags'],                              tee,           'full',    'emulated'),
  row(278, 'vmsplice',        ['fd', 'ptr', 'size', 'uint'],                              vmsplice,      'partial', 'composed', 'copies'),
  row(326, 'copy_file_range', ['fd', 'ptr', 'fd', 'ptr', 'size', 'uint'],                 copyFileRange, 'full',    'composed'),
];
