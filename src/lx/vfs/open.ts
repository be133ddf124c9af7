// open(2) in all its forms, and making a description from a place. Used by the system calls and by execve, which opens
// the program and its interpreter.
import { E } from '../abi/errno.ts';
import { O } from '../abi/fcntl.ts';
import { IN } from '../abi/inotify.ts';
import { S } from '../abi/stat.ts';
import { File, fileGet } from '../kernel/file.ts';
import { Fixed } from '../kernel/fixed.ts';
import type { Lx } from '../kernel/lx.ts';
import { umaskOf } from '../kernel/process.ts';
import { fileInode } from './file-inode.ts';
import { isDir, isLink } from './file-system.ts';
import { breakLeases } from './leases.ts';
import { isWatching, notifyEntry, notifyOpen } from './notify.ts';
import { lookupPath } from './paths.ts';
import { fsgid, fsuid, hasOtherIds, mayAccess } from './permission.ts';
import { FOLLOW, MISSING_OK, PARENT, type Where } from './where.ts';

/**
 * Opens `path` (a byte string) from `dirfd`: a description with one reference, or −errno. `walkFlags`: restrictions
 * of openat2(2).
 */
export function openPath(
  lx: Lx,
  dirfd: number,
  path: string,
  openFlags: number,
  mode: number,
  walkFlags = 0,
): number {
  const flags = openFlags & ~O.CLOEXEC;
  const bad = checkFlags(flags);
  if (bad < 0) return bad;
  const follow = (flags & O.NOFOLLOW) === 0;
  const creates = (flags & O.CREAT) !== 0;
  if (creates && path.endsWith('/')) return openSlash(lx, dirfd, path, flags, walkFlags);
  // First without a look at the file: nearly always it is no symlink, and the open itself tells.
  let where = lookupPath(lx, dirfd, path, walkFlags | PARENT);
  if (typeof where === 'number') return where;
  if (creates && flags & O.EXCL && (where.last !== 'name' || where.path === '')) return -E.EXIST;
  if (where.slash || hasOtherIds(lx)) {
    where = lookupPath(lx, dirfd, path, walkFlags | missing(flags) | (follow ? FOLLOW : 0));
    if (typeof where === 'number') return where;
  }
  const file = openWhere(lx, where, flags, mode);
  if (!mayBeLink(file, flags)) return file;
  const found = lookupPath(lx, dirfd, path, walkFlags | missing(flags) | (follow ? FOLLOW : 0));
  if (typeof found === 'number') return found;
  if (found.attr !== null && isLink(found.attr) && found.file === 0) {
    return flags & O.DIRECTORY ? -E.NOTDIR : -E.LOOP;
  }
  if (found.abs === where.abs && found.file === 0) return file;
  return openWhere(lx, found, flags, mode);
}

const missing = (flags: number): number => (flags & O.CREAT ? MISSING_OK : 0);

/** Only with O_DIRECTORY does the host say ENOTDIR for a symlink; else ELOOP. */
const mayBeLink = (result: number, flags: number): boolean =>
  result === -E.LOOP || (result === -E.NOTDIR && (flags & O.DIRECTORY) !== 0);

/** build_open_flags() of Linux. */
function checkFlags(flags: number): number {
  if (flags & O.PATH) return 0;
  if (flags & O.TMPFILE_BIT) {
    if ((flags & O.TMPFILE) !== O.TMPFILE || flags & O.CREAT) return -E.INVAL;
    return (flags & O.ACCMODE) === O.RDONLY ? -E.INVAL : 0;
  }
  return flags & O.CREAT && flags & O.DIRECTORY ? -E.INVAL : 0;
}

/** open("name/", O_CREAT): never makes anything. */
function openSlash(lx: Lx, dirfd: number, path: string, flags: number, walkFlags: number): number {
  const where = lookupPath(lx, dirfd, path, walkFlags | PARENT);
  if (typeof where === 'number') return where;
  return flags & O.EXCL && where.last !== 'name' ? -E.EXIST : -E.ISDIR;
}

/** Opens a place that the walk found. */
export function openWhere(lx: Lx, where: Where, openFlags: number, mode: number): number {
  const flags = openFlags & O.PATH ? openFlags & (O.PATH | O.DIRECTORY | O.NOFOLLOW) : openFlags;
  if (where.file !== 0) return reopen(lx, where.file, flags);
  if (where.slash && where.attr !== null && !isDir(where.attr)) return -E.NOTDIR;
  if (hasOtherIds(lx)) {
    const denied = checkOpen(lx, where, flags);
    if (denied < 0) return denied;
  }
  if (lx.k.i32[Fixed.leases] !== 0 && !(flags & O.PATH)) {
    const attr = where.attr ?? where.fs.lstat(lx, where.path);
    const kept = typeof attr === 'number' ? 0 : breakLeases(lx, attr, flags);
    if (kept < 0) return kept;
  }
  const created = mode & 0o7777 & ~umaskOf(lx);
  const isNew =
    isWatching(lx.k) &&
    (flags & O.CREAT) !== 0 &&
    typeof where.fs.lstat(lx, where.path) === 'number';
  const file = where.fs.open(lx, where.path, flags, created, where.abs);
  if (file > 0 && isWatching(lx.k)) notifyOpened(lx, where, file, flags, isNew);
  if (file > 0 && flags & O.CREAT && hasOtherIds(lx) && where.attr === null) {
    fileInode(lx, file).chown(lx, file, fsuid(lx), fsgid(lx));
  }
  return file;
}

function notifyOpened(lx: Lx, where: Where, file: number, flags: number, isNew: boolean): void {
  if (flags & O.PATH) return;
  if (isNew) notifyEntry(lx, where.abs, IN.CREATE, false);
  notifyOpen(lx, file, IN.OPEN);
  if (flags & O.TRUNC && !isNew) notifyOpen(lx, file, IN.MODIFY);
}

/** Permissions for a process whose ids are not the host's. */
function checkOpen(lx: Lx, where: Where, flags: number): number {
  if (flags & O.PATH) return 0;
  const attr = where.attr ?? where.fs.lstat(lx, where.path);
  if (typeof attr === 'number') {
    if (!(flags & O.CREAT)) return attr;
    const dir = where.dir.fs.lstat(lx, where.dir.path);
    return typeof dir !== 'number' && !mayAccess(lx, dir, 3) ? -E.ACCES : 0;
  }
  if (flags & O.CREAT && flags & O.EXCL) return -E.EXIST;
  const access = flags & O.ACCMODE;
  const mask =
    (access === O.WRONLY ? 0 : 4) | (access === O.RDONLY ? 0 : 2) | (flags & O.TRUNC ? 2 : 0);
  if (isLink(attr)) return 0;
  if ((attr.mode & S.IFMT) === S.IFDIR && mask & 2) return -E.ISDIR;
  return mayAccess(lx, attr, mask) ? 0 : -E.ACCES;
}

/** Opening /proc/PID/fd/N: the same file anew where its kind can do that, else the same description. */
function reopen(lx: Lx, file: number, flags: number): number {
  const anew = fileInode(lx, file).reopen(lx, file, flags);
  return anew === 0 ? fileGet(lx.k, file) : anew;
}

export const statusFlags = (lx: Lx, file: number): number => lx.k.i32[file + File.flags];
