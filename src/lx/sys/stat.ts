// System calls that ask for or change what a file is: stat and its relatives, access, mode, owner, times, size.
import { CAP } from '../abi/capability.ts';
import { E } from '../abi/errno.ts';
import { AT, O, UTIME_NOW, UTIME_OMIT, W_OK } from '../abi/fcntl.ts';
import { IN } from '../abi/inotify.ts';
import { STATX_RESERVED } from '../abi/stat.ts';
import { insideOf } from '../fs/virtual-dir.ts';
import { can } from '../kernel/caps.ts';
import { File, fileOps, isPath } from '../kernel/file.ts';
import { fdGet } from '../kernel/files.ts';
import { Fixed } from '../kernel/fixed.ts';
import type { Lx } from '../kernel/lx.ts';
import { processOf } from '../kernel/process.ts';
import { RLIMIT, rlimitSoft } from '../kernel/rlimits.ts';
import { Process } from '../kernel/task.ts';
import { fileInode } from '../vfs/file-inode.ts';
import { type Attr, isDir, isLink, isRegular, type SetTime } from '../vfs/file-system.ts';
import { breakLeases } from '../vfs/leases.ts';
import { isWatching, notifyFile, notifyOpen } from '../vfs/notify.ts';
import { cwdOf, lookup, lookupPath, namespaceOf } from '../vfs/paths.ts';
import { fsuid, hasOtherIds, inGroups, mayAccess } from '../vfs/permission.ts';
import { type MountPlace, writeStat, writeStatfs, writeStatx } from '../vfs/stat-write.ts';
import { mayWrite } from '../vfs/transfer.ts';
import { FOLLOW, type Where } from '../vfs/where.ts';
import { row, type SyscallRow } from './row.ts';

// ---- stat

/** Attributes of what the walk found, which it may have looked at already. */
function attrOf(lx: Lx, where: Where | number): Attr | number {
  if (typeof where === 'number') return where;
  if (where.file !== 0) return fileInode(lx, where.file).attr(lx, where.file);
  return where.attr ?? where.fs.lstat(lx, where.path);
}

function fileAttr(lx: Lx, fd: number): Attr | number {
  const file = fdGet(lx, fd);
  return file === 0 ? -E.BADF : fileInode(lx, file).attr(lx, file);
}

/** `dirfd` and `path` as the *at calls with AT_EMPTY_PATH and AT_SYMLINK_NOFOLLOW mean them. */
function attrAt(lx: Lx, dirfd: number, path: string, flags: number): Attr | number {
  if (path.length === 0 && flags & AT.EMPTY_PATH) {
    if (dirfd !== AT.FDCWD) return fileAttr(lx, dirfd);
    return attrOf(lx, lookupPath(lx, dirfd, '.', FOLLOW));
  }
  return attrOf(lx, lookupPath(lx, dirfd, path, flags & AT.SYMLINK_NOFOLLOW ? 0 : FOLLOW));
}

const answer = (lx: Lx, attr: Attr | number, buf: number): number =>
  typeof attr === 'number' ? attr : writeStat(lx, buf, attr);

const stat = (lx: Lx, path: number, buf: number): number =>
  answer(lx, attrOf(lx, lookup(lx, AT.FDCWD, path, FOLLOW)), buf);

const lstat = (lx: Lx, path: number, buf: number): number =>
  answer(lx, attrOf(lx, lookup(lx, AT.FDCWD, path, 0)), buf);

const fstat = (lx: Lx, fd: number, buf: number): number => answer(lx, fileAttr(lx, fd), buf);

const FSTATAT_FLAGS = AT.SYMLINK_NOFOLLOW | AT.NO_AUTOMOUNT | AT.EMPTY_PATH;

/** newfstatat(2); since Linux 6.11 a null path with AT_EMPTY_PATH is an empty one. */
function newfstatat(lx: Lx, dirfd: number, path: number, buf: number, flags: number): number {
  if (flags & ~FSTATAT_FLAGS) return -E.INVAL;
  return answer(lx, attrAt(lx, dirfd, pathOrEmpty(lx, path, flags), flags), buf);
}

const pathOrEmpty = (lx: Lx, path: number, flags: number): string =>
  path === 0 && flags & AT.EMPTY_PATH ? '' : lx.mem.cstring(path);

function statx(
  lx: Lx,
  dirfd: number,
  path: number,
  flags: number,
  mask: number,
  buf: number,
): number {
  if (mask & STATX_RESERVED) return -E.INVAL;
  if (flags & ~(FSTATAT_FLAGS | AT.STATX_SYNC_TYPE)) return -E.INVAL;
  if ((flags & AT.STATX_SYNC_TYPE) === AT.STATX_SYNC_TYPE) return -E.INVAL;
  const text = pathOrEmpty(lx, path, flags);
  const attr = attrAt(lx, dirfd, text, flags);
  if (typeof attr === 'number') return attr;
  return writeStatx(lx, buf, attr, mountPlace(lx, dirfd, text, flags));
}

function mountPlace(lx: Lx, dirfd: number, path: string, flags: number): MountPlace {
  const namespace = namespaceOf(lx);
  if (path.length > 0) {
    const where = lookupPath(lx, dirfd, path, flags & AT.SYMLINK_NOFOLLOW ? 0 : FOLLOW);
    if (typeof where === 'number') return { id: 0, isRoot: false };
    return { id: namespace.mountIdOf(where.abs), isRoot: where.path === '' };
  }
  const file = dirfd === AT.FDCWD ? 0 : fdGet(lx, dirfd);
  const abs = file === 0 ? cwdOf(lx) : lx.k.readString(lx.k.i32[file + File.path]);
  return { id: namespace.mountIdOf(abs), isRoot: false };
}

// ---- access

const access = (lx: Lx, path: number, mode: number): number =>
  faccessat2(lx, AT.FDCWD, path, mode, 0);

const faccessat = (lx: Lx, dirfd: number, path: number, mode: number): number =>
  faccessat2(lx, dirfd, path, mode, 0);

function faccessat2(lx: Lx, dirfd: number, path: number, mode: number, flags: number): number {
  if (mode & ~7) return -E.INVAL;
  if (flags & ~(AT.EACCESS | AT.SYMLINK_NOFOLLOW | AT.EMPTY_PATH)) return -E.INVAL;
  const text = lx.mem.cstring(path);
  if (text.length === 0 && flags & AT.EMPTY_PATH) {
    return accessAttr(lx, attrAt(lx, dirfd, '', AT.EMPTY_PATH), mode, flags);
  }
  const where = lookupPath(lx, dirfd, text, flags & AT.SYMLINK_NOFOLLOW ? 0 : FOLLOW);
  if (typeof where === 'number') return where;
  if (mode === 0 && (where.attr !== null || where.file !== 0)) return 0;
  const attr = attrOf(lx, where);
  if (typeof attr === 'number') return attr;
  if (where.file !== 0 || hostIdsDiffer(lx, flags)) return accessAttr(lx, attr, mode, flags);
  if (isLink(attr)) return 0;
  // Nothing but the mode decides for uid 0, except that a file system may be read-only.
  if (lx.config.uid === 0 && (mode & W_OK) === 0) return accessAttr(lx, attr, mode, flags);
  return mode === 0 ? 0 : where.fs.access(lx, where.path, mode);
}

/** access(2) asks for the real ids, AT_EACCESS for the effective ones: does the host know those? */
function hostIdsDiffer(lx: Lx, flags: number): boolean {
  if (flags & AT.EACCESS) return hasOtherIds(lx);
  const { i32 } = lx.k;
  const p = processOf(lx);
  return i32[p + Process.uid] !== lx.config.uid || i32[p + Process.gid] !== lx.config.gid;
}

function accessAttr(lx: Lx, attr: Attr | number, mode: number, flags: number): number {
  if (typeof attr === 'number') return attr;
  const { i32 } = lx.k;
  const p = processOf(lx);
  const effective = (flags & AT.EACCESS) !== 0;
  const uid = i32[p + (effective ? Process.fsuid : Process.uid)];
  const gid = i32[p + (effective ? Process.fsgid : Process.gid)];
  const override = effective ? can(lx, CAP.DAC_OVERRIDE) : uid === 0;
  return mayAccess(lx, attr, mode, uid, gid, override) ? 0 : -E.ACCES;
}

// ---- mode and owner

/** Tells those who watch a file that it was changed, if it was; answers `result`. */
function noted(lx: Lx, where: Where, result: number, event: number = IN.ATTRIB): number {
  if (result === 0 && isWatching(lx.k)) {
    const attr = where.fs.lstat(lx, where.path);
    notifyFile(lx, where.abs, event, typeof attr !== 'number' && isDir(attr));
  }
  return result;
}

function notedFile(lx: Lx, file: number, result: number, event: number = IN.ATTRIB): number {
  if (result === 0) notifyOpen(lx, file, event);
  return result;
}

/** May the current process change attributes of a file? Only the owner, and with CAP_FOWNER. */
const owns = (lx: Lx, attr: Attr): boolean => can(lx, CAP.FOWNER) || fsuid(lx) === attr.uid;

function chmodWhere(lx: Lx, where: Where | number, mode: number): number {
  if (typeof where === 'number') return where;
  if (where.file !== 0)
    return notedFile(
      lx,
      where.file,
      fileInode(lx, where.file).chmod(lx, where.file, mode & 0o7777),
    );
  const attr = attrOf(lx, where);
  if (typeof attr === 'number') return attr;
  if (isLink(attr)) return -E.OPNOTSUPP;
  if (hasOtherIds(lx) && !owns(lx, attr)) return -E.PERM;
  return noted(lx, where, where.fs.chmod(lx, where.path, mode & 0o7777));
}

const chmod = (lx: Lx, path: number, mode: number): number =>
  chmodWhere(lx, lookup(lx, AT.FDCWD, path, FOLLOW), mode);

const fchmodat = (lx: Lx, dirfd: number, path: number, mode: number): number =>
  chmodWhere(lx, lookup(lx, dirfd, path, FOLLOW), mode);

function fchmodat2(lx: Lx, dirfd: number, path: number, mode: number, flags: number): number {
  if (flags & ~(AT.SYMLINK_NOFOLLOW | AT.EMPTY_PATH)) return -E.INVAL;
  const text = lx.mem.cstring(path);
  if (text.length === 0 && flags & AT.EMPTY_PATH) {
    const file = fdGet(lx, dirfd);
    return file === 0
      ? -E.BADF
      : notedFile(lx, file, fileInode(lx, file).chmod(lx, file, mode & 0o7777));
  }
  const follow = flags & AT.SYMLINK_NOFOLLOW ? 0 : FOLLOW;
  return chmodWhere(lx, lookupPath(lx, dirfd, text, follow), mode);
}

function fchmod(lx: Lx, fd: number, mode: number): number {
  const file = fdGet(lx, fd);
  if (file === 0 || isPath(lx.k, file)) return -E.BADF;
  if (isReadOnly(lx, file)) return -E.ROFS;
  const inode = fileInode(lx, file);
  if (hasOtherIds(lx)) {
    const attr = inode.attr(lx, file);
    if (typeof attr !== 'number' && !owns(lx, attr)) return -E.PERM;
  }
  return notedFile(lx, file, inode.chmod(lx, file, mode & 0o7777));
}

/** Does the file lie on a file system that is mounted read-only? */
function isReadOnly(lx: Lx, file: number): boolean {
  const path = lx.k.readString(lx.k.i32[file + File.path]);
  return path.startsWith('/') && insideOf(lx, file).fs.readOnly;
}

/** Owner may give to own groups; only uid 0 may give away. */
function mayChown(lx: Lx, attr: Attr, uid: number, gid: number): boolean {
  if (!hasOtherIds(lx) || fsuid(lx) === 0) return true;
  if (fsuid(lx) !== attr.uid || (uid !== -1 && uid !== attr.uid)) return false;
  return gid === -1 || gid === attr.gid || inGroups(lx, gid);
}

function chownWhere(lx: Lx, where: Where | number, uid: number, gid: number): number {
  if (typeof where === 'number') return where;
  if (where.file !== 0) return fileInode(lx, where.file).chown(lx, where.file, uid, gid);
  if (hasOtherIds(lx)) {
    const attr = attrOf(lx, where);
    if (typeof attr === 'number') return attr;
    if (!mayChown(lx, attr, uid, gid)) return -E.PERM;
  }
  return noted(lx, where, where.fs.chown(lx, where.path, uid, gid));
}

const chown = (lx: Lx, path: number, uid: number, gid: number): number =>
  chownWhere(lx, lookup(lx, AT.FDCWD, path, FOLLOW), uid, gid);

const lchown = (lx: Lx, path: number, uid: number, gid: number): number =>
  chownWhere(lx, lookup(lx, AT.FDCWD, path, 0), uid, gid);

function fchownat(
  lx: Lx,
  dirfd: number,
  path: number,
  uid: number,
  gid: number,
  flags: number,
): number {
  if (flags & ~(AT.SYMLINK_NOFOLLOW | AT.EMPTY_PATH)) return -E.INVAL;
  const text = lx.mem.cstring(path);
  if (text.length === 0 && flags & AT.EMPTY_PATH) return chownFile(lx, fdGet(lx, dirfd), uid, gid);
  const follow = flags & AT.SYMLINK_NOFOLLOW ? 0 : FOLLOW;
  return chownWhere(lx, lookupPath(lx, dirfd, text, follow), uid, gid);
}

function fchown(lx: Lx, fd: number, uid: number, gid: number): number {
  const file = fdGet(lx, fd);
  if (file !== 0 && isPath(lx.k, file)) return -E.BADF;
  return chownFile(lx, file, uid, gid);
}

function chownFile(lx: Lx, file: number, uid: number, gid: number): number {
  if (file === 0) return -E.BADF;
  if (isReadOnly(lx, file)) return -E.ROFS;
  const inode = fileInode(lx, file);
  if (hasOtherIds(lx)) {
    const attr = inode.attr(lx, file);
    if (typeof attr !== 'number' && !mayChown(lx, attr, uid, gid)) return -E.PERM;
  }
  return notedFile(lx, file, inode.chown(lx, file, uid, gid));
}

// ---- times

/** [atime, mtime] to set; undefined leaves one. */
type Times = readonly [SetTime, SetTime];

const BILLION = 1_000_000_000n;

/** The clock in nanoseconds since 1970, microseconds fine. */
const nowNs = (): bigint =>
  BigInt(Math.floor((performance.timeOrigin + performance.now()) * 1000)) * 1000n;

/** struct timespec[2], or both now for a null pointer; null: nothing to do; a number: −errno. */
function readTimespecs(lx: Lx, ptr: number): Times | null | number {
  if (ptr === 0) {
    const now = nowNs();
    return [now, now];
  }
  const pair: SetTime[] = [];
  for (const at of [ptr, ptr + 16]) {
    const sec = lx.mem.readBig(at);
    const nsec = lx.mem.readI64(at + 8);
    if (nsec === UTIME_OMIT) pair.push(undefined);
    else if (nsec === UTIME_NOW) pair.push(nowNs());
    else if (nsec < 0 || nsec >= 1e9) return -E.INVAL;
    else pair.push(BigInt.asIntN(64, sec) * BILLION + BigInt(nsec));
  }
  if (pair[0] === undefined && pair[1] === undefined) return null;
  return [pair[0], pair[1]];
}

/** struct timeval[2] (utimes, futimesat). */
function readTimevals(lx: Lx, ptr: number): Times | number {
  if (ptr === 0) {
    const now = nowNs();
    return [now, now];
  }
  const pair = [ptr, ptr + 16].map((at) => {
    const usec = lx.mem.readI64(at + 8);
    if (usec < 0 || usec >= 1e6) return -1n;
    return BigInt.asIntN(64, lx.mem.readBig(at)) * BILLION + BigInt(usec) * 1000n;
  });
  return pair.includes(-1n) ? -E.INVAL : [pair[0], pair[1]];
}

function setTimesWhere(lx: Lx, where: Where | number, times: Times, now: boolean): number {
  if (typeof where === 'number') return where;
  if (where.file !== 0) {
    return fileInode(lx, where.file).utimes(lx, where.file, times[0], times[1]);
  }
  if (hasOtherIds(lx)) {
    const attr = attrOf(lx, where);
    if (typeof attr === 'number') return attr;
    if (!owns(lx, attr) && !(now && mayAccess(lx, attr, 2))) return now ? -E.ACCES : -E.PERM;
  }
  return noted(lx, where, where.fs.utimes(lx, where.path, times[0], times[1]));
}

function utimensat(lx: Lx, dirfd: number, path: number, ptr: number, flags: number): number {
  const times = readTimespecs(lx, ptr);
  if (typeof times === 'number') return times;
  if (times === null) return 0;
  if (path === 0 && dirfd !== AT.FDCWD) {
    if (flags !== 0) return -E.INVAL;
    return setTimesFile(lx, dirfd, times);
  }
  if (flags & ~(AT.SYMLINK_NOFOLLOW | AT.EMPTY_PATH)) return -E.INVAL;
  const text = lx.mem.cstring(path);
  if (text.length === 0 && flags & AT.EMPTY_PATH && dirfd !== AT.FDCWD) {
    return setTimesFile(lx, dirfd, times);
  }
  const follow = flags & AT.SYMLINK_NOFOLLOW ? 0 : FOLLOW;
  return setTimesWhere(lx, lookupPath(lx, dirfd, text, follow), times, ptr === 0);
}

function setTimesFile(lx: Lx, fd: number, times: Times): number {
  const file = fdGet(lx, fd);
  if (file === 0 || isPath(lx.k, file)) return -E.BADF;
  if (isReadOnly(lx, file)) return -E.ROFS;
  return notedFile(lx, file, fileInode(lx, file).utimes(lx, file, times[0], times[1]));
}

const utimes = (lx: Lx, path: number, ptr: number): number => futimesat(lx, AT.FDCWD, path, ptr);

function futimesat(lx: Lx, dirfd: number, path: number, ptr: number): number {
  const times = readTimevals(lx, ptr);
  if (typeof times === 'number') return times;
  if (path === 0 && dirfd !== AT.FDCWD) return setTimesFile(lx, dirfd, times);
  return setTimesWhere(lx, lookup(lx, dirfd, path, FOLLOW), times, ptr === 0);
}

/** utime(2): struct utimbuf has whole seconds. */
function utime(lx: Lx, path: number, ptr: number): number {
  const now = nowNs();
  const times: Times =
    ptr === 0
      ? [now, now]
      : [
          BigInt.asIntN(64, lx.mem.readBig(ptr)) * BILLION,
          BigInt.asIntN(64, lx.mem.readBig(ptr + 8)) * BILLION,
        ];
  return setTimesWhere(lx, lookup(lx, AT.FDCWD, path, FOLLOW), times, ptr === 0);
}

// ---- size

function truncate(lx: Lx, path: number, length: number): number {
  if (length < 0) return -E.INVAL;
  const where = lookup(lx, AT.FDCWD, path, FOLLOW);
  if (typeof where === 'number') return where;
  const attr = attrOf(lx, where);
  if (typeof attr === 'number') return attr;
  if (isDir(attr)) return -E.ISDIR;
  if (!isRegular(attr)) return -E.INVAL;
  if (hasOtherIds(lx) && !mayAccess(lx, attr, 2)) return -E.ACCES;
  if (length > sizeLimit(lx)) return -E.FBIG;
  if (where.file !== 0) return fileOps(lx.k, where.file).truncate(lx, where.file, length);
  if (lx.k.i32[Fixed.leases] !== 0) {
    const kept = breakLeases(lx, attr, O.WRONLY);
    if (kept < 0) return kept;
  }
  return noted(lx, where, where.fs.truncate(lx, where.path, length), IN.MODIFY);
}

function ftruncate(lx: Lx, fd: number, length: number): number {
  if (length < 0) return -E.INVAL;
  const file = fdGet(lx, fd);
  if (file === 0 || isPath(lx.k, file)) return -E.BADF;
  if (!mayWrite(lx.k, file)) return -E.INVAL;
  if (length > sizeLimit(lx)) return -E.FBIG;
  return notedFile(lx, file, fileOps(lx.k, file).truncate(lx, file, length), IN.MODIFY);
}

const sizeLimit = (lx: Lx): number =>
  Math.min(rlimitSoft(lx.k, processOf(lx), RLIMIT.FSIZE), Number.MAX_SAFE_INTEGER);

// ---- file systems

function statfs(lx: Lx, path: number, buf: number): number {
  const where = lookup(lx, AT.FDCWD, path, FOLLOW);
  if (typeof where === 'number') return where;
  const there = attrOf(lx, where);
  if (typeof there === 'number') return there;
  const result =
    where.file !== 0
      ? fileInode(lx, where.file).statfs(lx, where.file)
      : where.fs.statfs(lx, where.path);
  return typeof result === 'number' ? result : writeStatfs(lx, buf, result);
}

function fstatfs(lx: Lx, fd: number, buf: number): number {
  const file = fdGet(lx, fd);
  if (file === 0) return -E.BADF;
  const result = fileInode(lx, file).statfs(lx, file);
  return typeof result === 'number' ? result : writeStatfs(lx, buf, result);
}

// biome-ignore format: aligned rows
export const rows: readonly SyscallRow[] = [
  row(4,   'stat',       ['path', 'buf-out'],                               stat,       'full',    'host'),
  row(5,   'fstat',      ['fd', 'buf-out'],                                 fstat,      'full',    'host'),
  row(6,   'lstat',      ['path', 'buf-out'],                               lstat,      'full',    'host'),
  row(21,  'access',     ['path', 'access'],                                access,     'full',    'host'),
  row(76,  'truncate',   ['path', 'off'],                                   truncate,   'full',    'host'),
  row(77,  'ftruncate',  ['fd', 'off'],                                     ftruncate,  'full',    'host'),
  row(90,  'chmod',      ['path', 'mode'],                                  chmod,      'full',    'host'),
  row(91,  'fchmod',     ['fd', 'mode'],                                    fchmod,     'full',    'host'),
  row(92,  'chown',      ['path', 'uid', 'uid'],                            chown,      'full',    'host'),
  row(93,  'fchown',     ['fd', 'uid', 'uid'],                              fchown,     'full',    'host'),
  row(94,  'lchown',     ['path', 'uid', 'uid'],                            lchown,     'full',    'host'),
  row(132, 'utime',      ['path', 'ptr'],                                   utime,      'full',    'host'),
  row(137, 'statfs',     ['path', 'buf-out'],                               statfs,     'full',    'host'),
  row(138, 'fstatfs',    ['fd', 'buf-out'],                                 fstatfs,    'full',    'host'),
  row(235, 'utimes',     ['path', 'ptr'],                                   utimes,     'full',    'host'),
  row(260, 'fchownat',   ['atfd', 'path', 'uid', 'uid', 'at-flags'],        fchownat,   'full',    'host'),
  row(261, 'futimesat',  ['atfd', 'path', 'ptr'],                           futimesat,  'full',    'host'),
  row(262, 'newfstatat', ['atfd', 'path', 'buf-out', 'at-flags'],           newfstatat, 'full',    'host'),
  row(268, 'fchmodat',   ['atfd', 'path', 'mode'],                          fchmodat,   'full',    'host'),
  row(269, 'faccessat',  ['atfd', 'path', 'access'],                        faccessat,  'full',    'host'),
  row(280, 'utimensat',  ['atfd', 'path', 'ptr', 'at-flags'],               utimensat,  'partial', 'host', 'microseconds'),
  row(332, 'statx',      ['atfd', 'path', 'at-flags', 'hex', 'buf-out'],    statx,      'full',    'host'),
  row(439, 'faccessat2', ['atfd', 'path', 'access', 'at-flags'],            faccessat2, 'full',    'host'),
  row(452, 'fchmodat2',  ['atfd', 'path', 'mode', 'at-flags'],              fchmodat2,  'full',    'host'),
];
