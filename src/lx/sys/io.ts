// System calls that move bytes: read, write and their relatives, lseek, sync. Those from one description to another are in splice.ts.
import { PAGE_READ } from '../../../assembly/shared/layout.ts';
import { E } from '../abi/errno.ts';
import { FALLOC, SEEK } from '../abi/fcntl.ts';
import { File, FileKind, fileOps, isPath } from '../kernel/file.ts';
import { fdGet } from '../kernel/files.ts';
import type { Lx } from '../kernel/lx.ts';
import { fileInode, regularAttr } from '../vfs/file-inode.ts';
import { type IoVec, readIoVecs } from '../vfs/iovec.ts';
import { dropListing } from '../vfs/listing.ts';
import { mayRead, mayWrite, readInto, writeBuffer, writeFrom } from '../vfs/transfer.ts';
import { row, type SyscallRow } from './row.ts';

const FILE_MAX = Number.MAX_SAFE_INTEGER;

/** The description of `fd` that may be read, or 0: read and its relatives answer EBADF then. */
export function readableFile(lx: Lx, fd: number): number {
  const file = fdGet(lx, fd);
  return file !== 0 && mayRead(lx.k, file) ? file : 0;
}
export function writableFile(lx: Lx, fd: number): number {
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
export function hasPosition(lx: Lx, file: number): boolean {
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
export function readVectors(lx: Lx, file: number, list: readonly IoVec[], pos: number): number {
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
export const readyToRead = (lx: Lx, file: number): boolean =>
  (fileOps(lx.k, file).poll(lx, file) & READY) !== 0;

/** Above this, the parts are written one by one instead of being gathered first. */
const GATHER_MAX = 1 << 20;

/** One write of all parts (writev(2): atomic, which pipes and O_APPEND need), as far as they can be read. */
export function writeVectors(lx: Lx, file: number, list: readonly IoVec[], pos: number): number {
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

export function isDirectory(lx: Lx, file: number): boolean {
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

export const isPipe = (lx: Lx, file: number): boolean => {
  const kind = lx.k.i32[file + File.kind];
  return kind >= FileKind.pipeRead && kind <= FileKind.pipeBoth;
};

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
  return offset < 0 || regularAttr(lx, file) === null ? -E.INVAL : 0;
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
  row(74,  'fsync',           ['fd'],                                                     fsync,         'full',    'host'),
  row(75,  'fdatasync',       ['fd'],                                                     fsync,         'full',    'host'),
  row(162, 'sync',            [],                                                         () => 0,       'stub',    'emulated', 'Node has no sync(2)'),
  row(187, 'readahead',       ['fd', 'off', 'size'],                                      readahead,     'full',    'emulated'),
  row(221, 'fadvise64',       ['fd', 'off', 'off', 'int'],                                fadvise64,     'full',    'emulated'),
  row(277, 'sync_file_range', ['fd', 'off', 'off', 'uint'],                               syncFileRange, 'full',    'composed'),
  row(285, 'fallocate',       ['fd', 'int', 'off', 'off'],                                fallocate,     'partial', 'composed', 'no blocks are reserved'),
  row(295, 'preadv',          ['fd', 'ptr', 'int', 'off'],                                preadv,        'full',    'composed'),
  row(296, 'pwritev',         ['fd', 'ptr', 'int', 'off'],                                pwritev,       'full',    'composed'),
  row(306, 'syncfs',          ['fd'],                                                     syncfs,        'stub',    'emulated', 'Node has no syncfs(2)'),
  row(327, 'preadv2',         ['fd', 'ptr', 'int', 'off', 'long', 'flags'],               preadv2,       'partial', 'composed', 'RWF_NOWAIT may wait'),
  row(328, 'pwritev2',        ['fd', 'ptr', 'int', 'off', 'long', 'flags'],               pwritev2,      'partial', 'composed', 'RWF_NOWAIT may wait'),
];
