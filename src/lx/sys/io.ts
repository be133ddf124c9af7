// System calls that move bytes: read, write and their relatives, lseek, sendfile, copy_file_range, splice, sync.
import { PAGE_READ } from '../../../assembly/shared/layout.ts';
import { E } from '../abi/errno.ts';
import { FALLOC, O, SEEK } from '../abi/fcntl.ts';
import { S } from '../abi/stat.ts';
import { teePipe } from '../fs/pipefs/index.ts';
import { File, FileKind, fileOps, isPath } from '../kernel/file.ts';
import { fdGet } from '../kernel/files.ts';
import type { Lx } from '../kernel/lx.ts';
import { blockUntil } from '../kernel/wait.ts';
import { fileInode } from '../vfs/file-inode.ts';
import { type IoVec, readIoVecs } from '../vfs/iovec.ts';
import { dropListing } from '../vfs/listing.ts';
import {
  MAX_RW_COUNT,
  mayRead,
  mayWrite,
  readBuffer,
  readInto,
  writeBuffer,
  writeFrom,
} from '../vfs/transfer.ts';
import { row, type SyscallRow } from './row.ts';

const FILE_MAX = Number.MAX_SAFE_INTEGER;

/** The description of `fd` that may be read, or 0: read and its relatives answer EBADF then. */
function readableFile(lx: Lx, fd: number): number {
  const file = fdGet(lx, fd);
  return file !== 0 && mayRead(lx.k, file) ? file : 0;
}
function writableFile(lx: Lx, fd: number): number {
  const file = fdGet(lx, fd);
  return file !== 0 && mayWrite(lx.k, file) ? file : 0;
}

/** A length of 2^63 or more ends above every address: access_ok() says EFAULT before the sign is looked at. */
const isHuge = (len: number): boolean => len >= 0x7fff_ffff_f000;

function read(lx: Lx, fd: number, buf: number, len: number): number {
  const file = readableFile(lx, fd);
  if (file === 0) return -E.BADF;
  return isHuge(len) ? -E.FAULT : readInto(lx, file, buf, len);
}

function write(lx: Lx, fd: number, buf: number, len: number): number {
  const file = writableFile(lx, fd);
  if (file === 0) return -E.BADF;
  return isHuge(len) ? -E.FAULT : writeFrom(lx, file, buf, len);
}

/** Files without a position answer ESPIPE to pread and pwrite; memory devices have one that means nothing. */
function hasPosition(lx: Lx, file: number): boolean {
  const kind = lx.k.i32[file + File.kind];
  return fileOps(lx.k, file).seekable || (kind >= FileKind.nullDev && kind <= FileKind.randomDev);
}

function pread64(lx: Lx, fd: number, buf: number, len: number, pos: number): number {
  if (pos < 0) return -E.INVAL;
  const file = fdGet(lx, fd);
  if (file === 0 || isPath(lx.k, file)) return -E.BADF;
  if (!hasPosition(lx, file)) return -E.SPIPE;
  if (!mayRead(lx.k, file)) return -E.BADF;
  if (isHuge(len)) return -E.FAULT;
  return pos > FILE_MAX ? 0 : readInto(lx, file, buf, len, pos);
}

function pwrite64(lx: Lx, fd: number, buf: number, len: number, pos: number): number {
  if (pos < 0) return -E.INVAL;
  const file = fdGet(lx, fd);
  if (file === 0 || isPath(lx.k, file)) return -E.BADF;
  if (!hasPosition(lx, file)) return -E.SPIPE;
  if (!mayWrite(lx.k, file)) return -E.BADF;
  if (isHuge(len)) return -E.FAULT;
  return pos > FILE_MAX ? -E.FBIG : writeFrom(lx, file, buf, len, pos);
}

// ---- vectors

/** Fills the buffers one after another until one comes back short. `pos` −1: the description's position. */
function readVectors(lx: Lx, file: number, list: readonly IoVec[], pos: number): number {
  let total = 0;
  const stream = !fileOps(lx.k, file).seekable;
  for (const { base, len } of list) {
    if (len === 0 && list.length > 1) continue;
    // What comes after the first bytes must not wait for more of them.
    if (stream && total > 0 && !readyToRead(lx, file)) break;
    const n = readInto(lx, file, base, len, pos < 0 ? -1 : pos + total);
    if (n < 0) return total > 0 ? total : n;
    total += n;
    if (n < len) break;
  }
  return total;
}

/** POLLIN, POLLERR, POLLHUP: a read would not wait. */
const READY = 1 | 8 | 0x10;
const readyToRead = (lx: Lx, file: number): boolean =>
  (fileOps(lx.k, file).poll(lx, file) & READY) !== 0;

/** Above this, the parts are written one by one instead of being gathered first. */
const GATHER_MAX = 1 << 20;

/** One write of all parts (writev(2): atomic, which pipes and O_APPEND need), as far as they can be read. */
function writeVectors(lx: Lx, file: number, list: readonly IoVec[], pos: number): number {
  if (list.length === 1) return writeFrom(lx, file, list[0].base, list[0].len, pos);
  const size = list.reduce((sum, v) => sum + v.len, 0);
  if (size > GATHER_MAX) return writeParts(lx, file, list, pos);
  const all = new Uint8Array(size);
  let filled = 0;
  for (const { base, len } of list) {
    const there = lx.mem.accessible(base, len, PAGE_READ);
    const { buf, off } = lx.mem.source(base, there);
    all.set(buf.subarray(off, off + there), filled);
    filled += there;
    if (there < len) break;
  }
  if (filled === 0 && size > 0) return -E.FAULT;
  return writeBuffer(lx, file, all, 0, filled, pos);
}

function writeParts(lx: Lx, file: number, list: readonly IoVec[], pos: number): number {
  let total = 0;
  for (const { base, len } of list) {
    const n = writeFrom(lx, file, base, len, pos < 0 ? -1 : pos + total);
    if (n < 0) return total > 0 ? total : n;
    total += n;
    if (n < len) break;
  }
  return total;
}

function readv(lx: Lx, fd: number, iov: number, count: number): number {
  const file = readableFile(lx, fd);
  if (file === 0) return -E.BADF;
  return readVectors(lx, file, readIoVecs(lx, iov, count), -1);
}

function writev(lx: Lx, fd: number, iov: number, count: number): number {
  const file = writableFile(lx, fd);
  if (file === 0) return -E.BADF;
  return writeVectors(lx, file, readIoVecs(lx, iov, count), -1);
}

function preadv(lx: Lx, fd: number, iov: number, count: number, pos: number): number {
  if (pos < 0) return -E.INVAL;
  const file = fdGet(lx, fd);
  if (file === 0 || isPath(lx.k, file)) return -E.BADF;
  if (!hasPosition(lx, file)) return -E.SPIPE;
  if (!mayRead(lx.k, file)) return -E.BADF;
  return readVectors(lx, file, readIoVecs(lx, iov, count), pos);
}

function pwritev(lx: Lx, fd: number, iov: number, count: number, pos: number): number {
  if (pos < 0) return -E.INVAL;
  const file = fdGet(lx, fd);
  if (file === 0 || isPath(lx.k, file)) return -E.BADF;
  if (!hasPosition(lx, file)) return -E.SPIPE;
  if (!mayWrite(lx.k, file)) return -E.BADF;
  return writeVectors(lx, file, readIoVecs(lx, iov, count), pos);
}

// biome-ignore format: aligned rows
const RWF = { HIPRI: 1, DSYNC: 2, SYNC: 4, NOWAIT: 8, APPEND: 0x10, NOAPPEND: 0x20 } as const;
const RWF_READ = RWF.HIPRI | RWF.NOWAIT;
const RWF_WRITE = RWF.HIPRI | RWF.DSYNC | RWF.SYNC | RWF.NOWAIT | RWF.APPEND | RWF.NOAPPEND;

function preadv2(
  lx: Lx,
  fd: number,
  iov: number,
  count: number,
  pos: number,
  _high: number,
  flags: number,
): number {
  if (flags & ~RWF_READ) return -E.OPNOTSUPP;
  return pos === -1 ? readv(lx, fd, iov, count) : preadv(lx, fd, iov, count, pos);
}

const writeAt = (lx: Lx, fd: number, iov: number, count: number, pos: number): number =>
  pos === -1 ? writev(lx, fd, iov, count) : pwritev(lx, fd, iov, count, pos);

/** RWF_APPEND: at the end whatever the position is, which moves there only if there is no other. */
function appendv(lx: Lx, fd: number, iov: number, count: number, pos: number): number {
  const file = fdGet(lx, fd);
  if (file === 0 || !fileOps(lx.k, file).seekable) return writeAt(lx, fd, iov, count, pos);
  const end = fileOps(lx.k, file).size(lx, file);
  const n = pwritev(lx, fd, iov, count, end);
  if (n > 0 && pos === -1) lx.k.f64[(file + File.pos) >> 1] = end + n;
  return n;
}

function pwritev2(
  lx: Lx,
  fd: number,
  iov: number,
  count: number,
  pos: number,
  _high: number,
  flags: number,
): number {
  if (flags & ~RWF_WRITE) return -E.OPNOTSUPP;
  if (flags & RWF.APPEND && flags & RWF.NOAPPEND) return -E.INVAL;
  const n =
    flags & RWF.APPEND ? appendv(lx, fd, iov, count, pos) : writeAt(lx, fd, iov, count, pos);
  if (n > 0 && flags & (RWF.DSYNC | RWF.SYNC)) fsync(lx, fd);
  return n;
}

// ---- position

/** s_maxbytes of ext4 with blocks of 4 KiB: other file systems allow more, none that people use less. */
const MAX_POSITION = 2 ** 44 - 4096;

/** Anonymous files that let themselves be positioned, without effect. */
const STAYS_AT_0: readonly number[] = [
  FileKind.eventfd,
  FileKind.signalfd,
  FileKind.timerfd,
  FileKind.epoll,
  FileKind.inotify,
];

function lseek(lx: Lx, fd: number, offset: number, whence: number): number {
  const { k } = lx;
  const file = fdGet(lx, fd);
  if (file === 0 || isPath(k, file)) return -E.BADF;
  if (whence < 0 || whence > SEEK.HOLE) return -E.INVAL;
  if (STAYS_AT_0.includes(k.i32[file + File.kind])) return 0; // noop_llseek
  if (!hasPosition(lx, file)) return -E.SPIPE;
  if (!fileOps(k, file).seekable) return 0; // null_lseek
  const at = (file + File.pos) >> 1;
  const target = seekTarget(lx, file, offset, whence, k.f64[at]);
  if (target < 0) return target;
  if (target > MAX_POSITION) return -E.INVAL;
  if (isDirectory(lx, file) && target === 0) dropListing(k, file);
  k.f64[at] = target;
  return target;
}

function isDirectory(lx: Lx, file: number): boolean {
  const kind = lx.k.i32[file + File.kind];
  return kind === FileKind.hostDir || kind === FileKind.blobDir || kind === FileKind.tmpDir;
}

function seekTarget(lx: Lx, file: number, offset: number, whence: number, now: number): number {
  if (whence === SEEK.SET) return offset < 0 ? -E.INVAL : offset;
  if (whence === SEEK.CUR) return now + offset < 0 ? -E.INVAL : now + offset;
  if (whence === SEEK.END && isDirectory(lx, file) && offset > 0) return -E.INVAL; // ext4_dir_llseek
  const size = fileOps(lx.k, file).size(lx, file);
  if (whence === SEEK.END) return size + offset < 0 ? -E.INVAL : size + offset;
  if (offset < 0 || offset >= size) return -E.NXIO;
  return seekSparse(lx, file, offset, size, whence === SEEK.DATA);
}

const BLOCK = 4096;
const SCAN_BYTES = 1 << 18;

/**
 * SEEK_DATA and SEEK_HOLE without a host call for them: a file that has all its blocks is data; in a sparse one,
 * blocks of zeros count as holes, which lseek(2) allows.
 */
function seekSparse(lx: Lx, file: number, offset: number, size: number, data: boolean): number {
  const attr = fileInode(lx, file).attr(lx, file);
  const full = typeof attr === 'number' || attr.blocks * 512 >= size;
  if (full) return data ? offset : size;
  const buf = new Uint8Array(SCAN_BYTES);
  let block = offset - (offset % BLOCK);
  while (block < size) {
    const n = fileOps(lx.k, file).read(lx, file, buf, 0, SCAN_BYTES, block);
    if (n <= 0) break;
    for (let i = 0; i < n; i += BLOCK) {
      if (isZero(buf, i, Math.min(i + BLOCK, n)) !== data) return Math.max(offset, block + i);
    }
    block += n;
  }
  return data ? -E.NXIO : size;
}

function isZero(buf: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (buf[i] !== 0) return false;
  return true;
}

// ---- between descriptions

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
  if (n > 0 && offset !== 0) lx.mem.writeU64(offset, pos + n);
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
  if (!isRegular(lx, from) || !isRegular(lx, to)) return -E.INVAL;
  if (!mayRead(lx.k, from) || !mayWrite(lx.k, to) || lx.k.i32[to + File.flags] & O.APPEND) {
    return -E.BADF;
  }
  if (!sameDevice(lx, from, to)) return -E.XDEV; // since Linux 5.19; the caller then copies itself
  const { f64 } = lx.k;
  const start = inPos < 0 ? f64[(from + File.pos) >> 1] : inPos;
  const target = outPos < 0 ? f64[(to + File.pos) >> 1] : outPos;
  const count = Math.min(len, MAX_RW_COUNT);
  if (sameFile(lx, from, to) && start < target + count && target < start + count) return -E.INVAL;
  const n = copy(lx, from, to, count, inPos, outPos);
  if (n > 0 && inOff !== 0) lx.mem.writeU64(inOff, inPos + n);
  if (n > 0 && outOff !== 0) lx.mem.writeU64(outOff, outPos + n);
  return n;
}

function isRegular(lx: Lx, file: number): boolean {
  const attr = fileInode(lx, file).attr(lx, file);
  return typeof attr !== 'number' && (attr.mode & S.IFMT) === S.IFREG;
}

function sameDevice(lx: Lx, a: number, b: number): boolean {
  const x = fileInode(lx, a).attr(lx, a);
  const y = fileInode(lx, b).attr(lx, b);
  return typeof x !== 'number' && typeof y !== 'number' && x.dev === y.dev;
}

function sameFile(lx: Lx, a: number, b: number): boolean {
  if (a === b) return true;
  const x = fileInode(lx, a).attr(lx, a);
  const y = fileInode(lx, b).attr(lx, b);
  return typeof x !== 'number' && typeof y !== 'number' && x.ino === y.ino && x.dev === y.dev;
}

const SPLICE_FLAGS = 0xf;
const SPLICE_F_NONBLOCK = 2;

const isPipe = (lx: Lx, file: number): boolean => {
  const kind = lx.k.i32[file + File.kind];
  return kind >= FileKind.pipeRead && kind <= FileKind.pipeBoth;
};

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
  if (n > 0 && inOff !== 0) lx.mem.writeU64(inOff, inPos + n);
  if (n > 0 && outOff !== 0) lx.mem.writeU64(outOff, outPos + n);
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

// ---- to the disk

function fsync(lx: Lx, fd: number): number {
  const file = fdGet(lx, fd);
  if (file === 0 || isPath(lx.k, file)) return -E.BADF;
  return fileOps(lx.k, file).sync(lx, file);
}

function syncfs(lx: Lx, fd: number): number {
  return fdGet(lx, fd) === 0 ? -E.BADF : 0;
}

function syncFileRange(lx: Lx, fd: number, offset: number, len: number, flags: number): number {
  const file = fdGet(lx, fd);
  if (file === 0) return -E.BADF;
  if (flags & ~7 || offset < 0 || len < 0) return -E.INVAL;
  if (!fileOps(lx.k, file).seekable) return -E.SPIPE;
  return flags === 0 ? 0 : fileOps(lx.k, file).sync(lx, file);
}

function fallocate(lx: Lx, fd: number, mode: number, offset: number, len: number): number {
  const file = fdGet(lx, fd);
  if (file === 0) return -E.BADF;
  if (offset < 0 || len <= 0) return -E.INVAL;
  if (mode & ~(FALLOC.KEEP_SIZE | FALLOC.PUNCH_HOLE | FALLOC.ZERO_RANGE)) return -E.OPNOTSUPP;
  if (!mayWrite(lx.k, file)) return -E.BADF;
  if (isPipe(lx, file)) return -E.SPIPE;
  if (isDirectory(lx, file)) return -E.ISDIR;
  if (!fileOps(lx.k, file).seekable) return -E.NODEV;
  if (offset + len > FILE_MAX) return -E.FBIG;
  return fileInode(lx, file).fallocate(lx, file, mode, offset, len);
}

function fadvise64(lx: Lx, fd: number, _offset: number, len: number, advice: number): number {
  const file = fdGet(lx, fd);
  if (file === 0 || isPath(lx.k, file)) return -E.BADF;
  if (isPipe(lx, file)) return -E.SPIPE;
  return len < 0 || advice < 0 || advice > 5 ? -E.INVAL : 0;
}

function readahead(lx: Lx, fd: number, offset: number, _count: number): number {
  const file = readableFile(lx, fd);
  if (file === 0) return -E.BADF;
  return offset < 0 || !isRegular(lx, file) ? -E.INVAL : 0;
}

// biome-ignore format: aligned rows
export const rows: readonly SyscallRow[] = [
  row(0,   'read',            ['fd', 'buf-out', 'size'],                                  read,          'full',    'composed'),
  row(1,   'write',           ['fd', 'buf-in', 'size'],                                   write,         'full',    'composed'),
  row(8,   'lseek',           ['fd', 'off', 'whence'],                                    lseek,         'partial', 'emulated', 'holes are blocks of zeros'),
  row(17,  'pread64',         ['fd', 'buf-out', 'size', 'off'],                           pread64,       'full',    'host'),
  row(18,  'pwrite64',        ['fd', 'buf-in', 'size', 'off'],                            pwrite64,      'full',    'host'),
  row(19,  'readv',           ['fd', 'ptr', 'int'],                                       readv,         'full',    'composed'),
  row(20,  'writev',          ['fd', 'ptr', 'int'],                                       writev,        'full',    'composed'),
  row(40,  'sendfile',        ['fd', 'fd', 'ptr', 'size'],                                sendfile,      'full',    'composed'),
  row(74,  'fsync',           ['fd'],                                                     fsync,         'full',    'host'),
  row(75,  'fdatasync',       ['fd'],                                                     fsync,         'full',    'host'),
  row(162, 'sync',            [],                                                         () => 0,       'stub',    'emulated', 'Node has no sync(2)'),
  row(187, 'readahead',       ['fd', 'off', 'size'],                                      readahead,     'full',    'emulated'),
  row(221, 'fadvise64',       ['fd', 'off', 'off', 'int'],                                fadvise64,     'full',    'emulated'),
  row(275, 'splice',          ['fd', 'ptr', 'fd', 'ptr', 'size', 'uint'],                 splice,        'partial', 'composed', 'copies'),
  row(276, 'tee',             ['fd', 'fd', 'size', 'flags'],                              tee,           'full',    'emulated'),
  row(277, 'sync_file_range', ['fd', 'off', 'off', 'uint'],                               syncFileRange, 'full',    'composed'),
  row(278, 'vmsplice',        ['fd', 'ptr', 'size', 'uint'],                              vmsplice,      'partial', 'composed', 'copies'),
  row(285, 'fallocate',       ['fd', 'int', 'off', 'off'],                                fallocate,     'partial', 'composed', 'no blocks are reserved'),
  row(295, 'preadv',          ['fd', 'ptr', 'int', 'off'],                                preadv,        'full',    'composed'),
  row(296, 'pwritev',         ['fd', 'ptr', 'int', 'off'],                                pwritev,       'full',    'composed'),
  row(306, 'syncfs',          ['fd'],                                                     syncfs,        'stub',    'emulated', 'Node has no syncfs(2)'),
  row(326, 'copy_file_range', ['fd', 'ptr', 'fd', 'ptr', 'size', 'uint'],                 copyFileRange, 'full',    'composed'),
  row(327, 'preadv2',         ['fd', 'ptr', 'int', 'off', 'long', 'flags'],               preadv2,       'partial', 'composed', 'RWF_NOWAIT may wait'),
  row(328, 'pwritev2',        ['fd', 'ptr', 'int', 'off', 'long', 'flags'],               pwritev2,      'partial', 'composed', 'RWF_NOWAIT may wait'),
];
