// getdents and getdents64: entries of a listing (vfs/listing.ts) into guest memory.
import { PAGE_WRITE } from '../../../assembly/shared/layout.ts';
import { DIRENT_NAME, DIRENT64_NAME } from '../abi/dirent.ts';
import { E } from '../abi/errno.ts';
import { AT } from '../abi/fcntl.ts';
import { IN } from '../abi/inotify.ts';
import { File, isPath } from '../kernel/file.ts';
import { fdGet } from '../kernel/files.ts';
import type { Lx } from '../kernel/lx.ts';
import { fileInode } from '../vfs/file-inode.ts';
import type { DirEntry, Ino } from '../vfs/file-system.ts';
import { listingOf } from '../vfs/listing.ts';
import { notifyOpen } from '../vfs/notify.ts';
import { lookupPath } from '../vfs/paths.ts';
import { parentOf } from '../vfs/where.ts';
import { row, type SyscallRow } from './row.ts';

/** Bytes an entry takes, and how it is written at linear address `at`. */
interface Format {
  size(name: string): number;
  put(lx: Lx, at: number, e: DirEntry, ino: Ino, next: number, size: number): void;
}

const align8 = (n: number): number => (n + 7) & ~7;

function putHead(lx: Lx, at: number, ino: Ino, next: number, size: number): void {
  const { dv } = lx.mem;
  dv.setBigUint64(at, BigInt(ino), true);
  dv.setUint32(at + 8, next, true);
  dv.setUint32(at + 12, 0, true);
  dv.setUint16(at + 16, size, true);
}

function putName(lx: Lx, at: number, name: string, end: number): void {
  const { u8 } = lx.mem;
  for (let i = 0; i < name.length; i++) u8[at + i] = name.charCodeAt(i);
  u8.fill(0, at + name.length, end);
}

const dirent64: Format = {
  size: (name) => align8(DIRENT64_NAME + name.length + 1),
  put(lx, at, e, ino, next, size) {
    putHead(lx, at, ino, next, size);
    lx.mem.u8[at + 18] = e.type;
    putName(lx, at + DIRENT64_NAME, e.name, at + size);
  },
};

const dirent: Format = {
  size: (name) => align8(DIRENT_NAME + name.length + 2),
  put(lx, at, e, ino, next, size) {
    putHead(lx, at, ino, next, size);
    putName(lx, at + DIRENT_NAME, e.name, at + size - 1);
    lx.mem.u8[at + size - 1] = e.type;
  },
};

/** Most that one call puts into shared pages. */
const MAX_IN_SHARED = 0x7000;

function fill(lx: Lx, fd: number, buf: number, count: number, format: Format): number {
  const { k } = lx;
  const file = fdGet(lx, fd);
  if (file === 0 || isPath(k, file)) return -E.BADF;
  const entries = listingOf(lx, file);
  if (typeof entries === 'number') return entries;
  const there = lx.mem.accessible(buf, count, PAGE_WRITE);
  const room = lx.mem.isShared(buf, there) ? Math.min(there, MAX_IN_SHARED) : there;
  const position = (file + File.pos) >> 1;
  let index = k.f64[position];
  let used = 0;
  let linear = 0;
  for (; index < entries.length; index++) {
    const entry = entries[index];
    const size = format.size(entry.name);
    if (used + size > room) {
      if (used === 0) return there < count ? -E.FAULT : -E.INVAL;
      break;
    }
    const ino = entry.ino ?? inodeOf(lx, file, entry.name);
    if (ino === undefined) continue; // removed since
    if (linear === 0) linear = lx.mem.writable(buf, room);
    format.put(lx, linear + used, entry, ino, index + 1, size);
    used += size;
  }
  k.f64[position] = index;
  notifyOpen(lx, file, IN.ACCESS);
  return used;
}

function inodeOf(lx: Lx, file: number, name: string): Ino | undefined {
  if (name === '.') {
    const attr = fileInode(lx, file).attr(lx, file);
    return typeof attr === 'number' ? undefined : attr.ino;
  }
  if (name === '..') return parentIno(lx, file);
  return fileInode(lx, file).entryIno(lx, file, name);
}

/** Inode of the directory above, across mounts. */
function parentIno(lx: Lx, file: number): Ino {
  const abs = fileInode(lx, file).dirPath(lx, file);
  if (typeof abs === 'number') return 1;
  const where = lookupPath(lx, AT.FDCWD, parentOf(abs) || '/', 0);
  if (typeof where === 'number') return 1;
  const attr = where.attr ?? where.fs.lstat(lx, where.path);
  return typeof attr === 'number' ? 1 : attr.ino;
}

const getdents64 = (lx: Lx, fd: number, buf: number, count: number): number =>
  fill(lx, fd, buf, count, dirent64);

const getdents = (lx: Lx, fd: number, buf: number, count: number): number =>
  fill(lx, fd, buf, count, dirent);

// biome-ignore format: aligned rows
export const rows: readonly SyscallRow[] = [
  row(78,  'getdents',   ['fd', 'buf-out', 'uint'], getdents,   'full', 'host'),
  row(217, 'getdents64', ['fd', 'buf-out', 'uint'], getdents64, 'full', 'host'),
];
