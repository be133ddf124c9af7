// System calls that open files and change names: open, mkdir, unlink, rename, link, symlink, mknod, readlink, and the
// process's current directory, root and umask.
import { CAP } from '../abi/capability.ts';
import { E } from '../abi/errno.ts';
import { AT, O, O_VALID, RENAME, RESOLVE } from '../abi/fcntl.ts';
import { IN } from '../abi/inotify.ts';
import { PATH_MAX, S } from '../abi/stat.ts';
import { can } from '../kernel/caps.ts';
import { File } from '../kernel/file.ts';
import { fdGet, fdInstall } from '../kernel/files.ts';
import type { Lx } from '../kernel/lx.ts';
import { fsOf, umaskOf } from '../kernel/process.ts';
import { FsInfo } from '../kernel/task.ts';
import { fileInode } from '../vfs/file-inode.ts';
import { type Attr, isDir } from '../vfs/file-system.ts';
import { giveAway, mayChangeDir } from '../vfs/making.ts';
import { movedDirectory } from '../vfs/moved.ts';
import { bumpGeneration } from '../vfs/namespace.ts';
import {
  endPath,
  isWatching,
  notifyEntry,
  notifyRemoved,
  notifyRenamed,
  notifySelf,
} from '../vfs/notify.ts';
import { openPath } from '../vfs/open.ts';
import { cwdOf, lookup, lookupPath, setFsPath, visiblePath } from '../vfs/paths.ts';
import { fsuid, hasOtherIds, mayAccess } from '../vfs/permission.ts';
import {
  BENEATH,
  FOLLOW,
  IN_ROOT,
  NO_MAGIC,
  NO_MOUNTS,
  NO_SYMLINKS,
  PARENT,
  type Where,
} from '../vfs/where.ts';
import { row, type SyscallRow } from './row.ts';

// ---- open

function openat(lx: Lx, dirfd: number, path: number, flags: number, mode: number): number {
  const file = openPath(lx, dirfd, lx.mem.cstring(path), flags & O_VALID, mode);
  return file < 0 ? file : fdInstall(lx, file, (flags & O.CLOEXEC) !== 0);
}

const open = (lx: Lx, path: number, flags: number, mode: number): number =>
  openat(lx, AT.FDCWD, path, flags, mode);

const creat = (lx: Lx, path: number, mode: number): number =>
  openat(lx, AT.FDCWD, path, O.CREAT | O.WRONLY | O.TRUNC, mode);

/** struct open_how: flags, mode, resolve, u64 each. */
const HOW_SIZE = 24;
const PAGE = 4096;

function openat2(lx: Lx, dirfd: number, path: number, how: number, size: number): number {
  if (size < HOW_SIZE) return -E.INVAL;
  if (size > PAGE) return -E.TOOBIG;
  const { mem } = lx;
  const extra = mem.bytes(how, size).subarray(HOW_SIZE);
  if (extra.some((byte) => byte !== 0)) return -E.TOOBIG;
  const [flags, mode, resolve] = [0, 8, 16].map((at) => mem.readU64(how + at));
  if (flags > 0x7fffffff || (flags & ~O_VALID) !== 0) return -E.INVAL;
  const creates = (flags & (O.CREAT | O.TMPFILE_BIT)) !== 0;
  if (creates ? mode > 0o7777 : mode !== 0) return -E.INVAL;
  if (resolve & ~0x3f || resolve > 0x3f) return -E.INVAL;
  if (resolve & RESOLVE.BENEATH && resolve & RESOLVE.IN_ROOT) return -E.INVAL;
  if (flags & O.PATH && flags & ~(O.PATH | O.DIRECTORY | O.NOFOLLOW | O.CLOEXEC)) return -E.INVAL;
  const file = openPath(lx, dirfd, mem.cstring(path), flags, mode, walkFlags(resolve));
  return file < 0 ? file : fdInstall(lx, file, (flags & O.CLOEXEC) !== 0);
}

function walkFlags(resolve: number): number {
  return (
    (resolve & RESOLVE.NO_XDEV ? NO_MOUNTS : 0) |
    (resolve & RESOLVE.NO_MAGICLINKS ? NO_MAGIC : 0) |
    (resolve & RESOLVE.NO_SYMLINKS ? NO_SYMLINKS : 0) |
    (resolve & RESOLVE.BENEATH ? BENEATH : 0) |
    (resolve & RESOLVE.IN_ROOT ? IN_ROOT : 0)
  );
}

// ---- permissions for a process whose ids are not the host's

/** The same for removing, with the rule of sticky directories. */
function mayRemove(lx: Lx, where: Where, attr: Attr): number {
  if (!hasOtherIds(lx)) return 0;
  const denied = mayChangeDir(lx, where);
  if (denied < 0) return denied;
  const dir = where.dir.fs.lstat(lx, where.dir.path);
  if (typeof dir === 'number' || (dir.mode & S.ISVTX) === 0 || fsuid(lx) === 0) return 0;
  return fsuid(lx) === attr.uid || fsuid(lx) === dir.uid ? 0 : -E.PERM;
}

// ---- making

/** A name to be made: −EEXIST when it is there, −ENOENT for "new/" unless a directory is made. */
function placeFor(lx: Lx, dirfd: number, path: number, directory: boolean): Where | number {
  const where = lookup(lx, dirfd, path, PARENT);
  if (typeof where === 'number') return where;
  if (where.last !== 'name' || where.path === '') return -E.EXIST;
  if (where.slash && !directory) {
    return typeof where.fs.lstat(lx, where.path) === 'number' ? -E.NOENT : -E.EXIST;
  }
  const barred = where.fs.readOnly ? E.ROFS : where.fs.createError;
  const denied = barred !== 0 ? -barred : mayChangeDir(lx, where);
  return denied === 0 ? where : unlessThere(lx, where, denied);
}

/** `error`, or −EEXIST: that the name is there is found out before anything else is wrong with it. */
const unlessThere = (lx: Lx, where: Where, error: number): number =>
  typeof where.fs.lstat(lx, where.path) === 'number' ? error : -E.EXIST;

function mkdirat(lx: Lx, dirfd: number, path: number, mode: number): number {
  const where = placeFor(lx, dirfd, path, true);
  if (typeof where === 'number') return where;
  return giveAway(lx, where, where.fs.mkdir(lx, where.path, mode & 0o1777 & ~umaskOf(lx)), true);
}

const mkdir = (lx: Lx, path: number, mode: number): number => mkdirat(lx, AT.FDCWD, path, mode);

function mknodat(lx: Lx, dirfd: number, path: number, mode: number, dev: number): number {
  const type = mode & S.IFMT;
  if (type === S.IFDIR) return -E.PERM;
  if (![0, S.IFREG, S.IFCHR, S.IFBLK, S.IFIFO, S.IFSOCK].includes(type)) return -E.INVAL;
  const where = placeFor(lx, dirfd, path, false);
  if (typeof where === 'number') return where;
  const device = type === S.IFCHR || type === S.IFBLK;
  // With a root of its own the guest is not to get at the host's devices.
  if (device && (!can(lx, CAP.MKNOD) || lx.config.root !== '/')) return -E.PERM;
  const bits = (type | (mode & 0o7777)) & ~umaskOf(lx);
  return giveAway(lx, where, where.fs.mknod(lx, where.path, bits, dev));
}

const mknod = (lx: Lx, path: number, mode: number, dev: number): number =>
  mknodat(lx, AT.FDCWD, path, mode, dev);

function symlinkat(lx: Lx, target: number, dirfd: number, path: number): number {
  const text = lx.mem.cstring(target);
  if (text.length === 0) return -E.NOENT;
  const where = placeFor(lx, dirfd, path, false);
  if (typeof where === 'number') return where;
  return giveAway(lx, where, where.fs.symlink(lx, text, where.path));
}

const symlink = (lx: Lx, target: number, path: number): number =>
  symlinkat(lx, target, AT.FDCWD, path);

function linkat(
  lx: Lx,
  oldfd: number,
  oldPath: number,
  newfd: number,
  newPath: number,
  flags: number,
): number {
  if (flags & ~(AT.SYMLINK_FOLLOW | AT.EMPTY_PATH)) return -E.INVAL;
  const text = lx.mem.cstring(oldPath);
  const byFd = text.length === 0 && (flags & AT.EMPTY_PATH) !== 0;
  const from = byFd
    ? lookupPath(lx, AT.FDCWD, `/proc/self/fd/${oldfd}`, FOLLOW)
    : lookupPath(lx, oldfd, text, flags & AT.SYMLINK_FOLLOW ? FOLLOW : 0);
  if (typeof from === 'number') return byFd && from === -E.NOENT ? -E.BADF : from;
  const to = placeFor(lx, newfd, newPath, false);
  if (typeof to === 'number') return to;
  if (from.file !== 0) return fileInode(lx, from.file).linkTo(lx, from.file, to);
  const attr = from.attr ?? from.fs.lstat(lx, from.path);
  if (typeof attr === 'number') return attr;
  if (from.fs !== to.fs) return unlessThere(lx, to, -E.XDEV);
  if (isDir(attr)) return unlessThere(lx, to, -E.PERM);
  const linked = from.fs.link(lx, from.path, to.path);
  if (linked === 0 && isWatching(lx.k)) {
    notifySelf(lx, from.abs, IN.ATTRIB);
    notifyEntry(lx, to.abs, IN.CREATE, false);
  }
  return linked;
}

const link = (lx: Lx, from: number, to: number): number =>
  linkat(lx, AT.FDCWD, from, AT.FDCWD, to, 0);

// ---- removing

function unlinkat(lx: Lx, dirfd: number, path: number, flags: number): number {
  if (flags & ~AT.REMOVEDIR) return -E.INVAL;
  return flags & AT.REMOVEDIR ? removeDir(lx, dirfd, path) : remove(lx, dirfd, path);
}

function remove(lx: Lx, dirfd: number, path: number): number {
  const where = lookup(lx, dirfd, path, PARENT);
  if (typeof where === 'number') return where;
  if (where.last !== 'name') return -E.ISDIR;
  if (where.path === '') return where.slash ? -E.ISDIR : -E.ISDIR;
  if (where.slash || hasOtherIds(lx)) {
    const attr = where.fs.lstat(lx, where.path);
    if (typeof attr === 'number') return attr;
    if (where.slash) return isDir(attr) ? -E.ISDIR : -E.NOTDIR;
    const denied = mayRemove(lx, where, attr);
    if (denied < 0) return denied;
  }
  const before = isWatching(lx.k) ? where.fs.lstat(lx, where.path) : 0;
  const result = where.fs.unlink(lx, where.path);
  if (result === 0 && typeof before !== 'number')
    notifyRemoved(lx, where.abs, false, before.nlink === 1);
  return result;
}

function removeDir(lx: Lx, dirfd: number, path: number): number {
  const where = lookup(lx, dirfd, path, PARENT);
  if (typeof where === 'number') return where;
  if (where.last === 'dot') return -E.INVAL;
  if (where.last === 'dotdot') return -E.NOTEMPTY;
  if (where.last === 'root' || where.path === '') return -E.BUSY;
  if (hasOtherIds(lx)) {
    const attr = where.fs.lstat(lx, where.path);
    if (typeof attr === 'number') return attr;
    const denied = mayRemove(lx, where, attr);
    if (denied < 0) return denied;
  }
  const result = where.fs.rmdir(lx, where.path);
  if (result === 0) {
    bumpGeneration(lx.k);
    notifyRemoved(lx, where.abs, true, true);
  }
  return result;
}

const unlink = (lx: Lx, path: number): number => remove(lx, AT.FDCWD, path);
const rmdir = (lx: Lx, path: number): number => removeDir(lx, AT.FDCWD, path);

// ---- renaming

function renameat2(
  lx: Lx,
  oldfd: number,
  oldPath: number,
  newfd: number,
  newPath: number,
  flags: number,
): number {
  if (flags & ~(RENAME.NOREPLACE | RENAME.EXCHANGE | RENAME.WHITEOUT)) return -E.INVAL;
  if (flags & RENAME.EXCHANGE && flags & (RENAME.NOREPLACE | RENAME.WHITEOUT)) return -E.INVAL;
  if (flags & RENAME.WHITEOUT) return -E.INVAL;
  const from = lookup(lx, oldfd, oldPath, PARENT);
  if (typeof from === 'number') return from;
  const to = lookup(lx, newfd, newPath, PARENT);
  if (typeof to === 'number') return to;
  if (from.dir.fs !== to.dir.fs) return -E.XDEV;
  if (from.last !== 'name') return -E.BUSY;
  if (to.last !== 'name') return flags & RENAME.NOREPLACE ? -E.EXIST : -E.BUSY;
  const attr = from.fs.lstat(lx, from.path);
  if (typeof attr === 'number') return attr;
  const target = needsTarget(lx, to, flags) ? to.fs.lstat(lx, to.path) : -E.NOENT;
  if (flags & RENAME.NOREPLACE && typeof target !== 'number') return -E.EXIST;
  if (flags & RENAME.EXCHANGE && typeof target === 'number') return target;
  if (flags & RENAME.EXCHANGE && to.slash && typeof target !== 'number' && !isDir(target)) {
    return -E.NOTDIR;
  }
  if (to.fs.createError !== 0) return unlessThere(lx, to, -to.fs.createError);
  if (!isDir(attr)) {
    if (from.slash) return -E.NOTDIR;
    if (to.slash && !(flags & RENAME.EXCHANGE)) return -E.NOTDIR;
  }
  if (from.path === '' || to.path === '' || from.fs !== to.fs) return -E.BUSY;
  if (to.abs.startsWith(`${from.abs}/`)) return -E.INVAL;
  if (from.abs.startsWith(`${to.abs}/`)) return flags & RENAME.EXCHANGE ? -E.INVAL : -E.NOTEMPTY;
  const denied = mayRename(lx, from, to, attr, target);
  if (denied < 0) return denied;
  const replaced = isWatching(lx.k) ? to.fs.lstat(lx, to.path) : -E.NOENT;
  const result = from.fs.rename(lx, from.path, to.path, flags);
  if (result === 0 && isWatching(lx.k)) {
    if (typeof replaced !== 'number' && !(flags & RENAME.EXCHANGE))
      notifyReplaced(lx, to.abs, replaced);
    notifyRenamed(lx, from.abs, to.abs, isDir(attr));
  }
  if (result === 0 && (isDir(attr) || flags & RENAME.EXCHANGE)) {
    movedDirectory(lx, from.abs, to.abs, (flags & RENAME.EXCHANGE) !== 0);
  }
  return result;
}

/** What had the name before has one less. */
function notifyReplaced(lx: Lx, abs: string, attr: Attr): void {
  if (!isDir(attr)) notifySelf(lx, abs, IN.ATTRIB);
  if (isDir(attr) || attr.nlink === 1) endPath(lx, abs);
}

const needsTarget = (lx: Lx, to: Where, flags: number): boolean =>
  flags !== 0 || to.slash || hasOtherIds(lx);

function mayRename(lx: Lx, from: Where, to: Where, attr: Attr, target: Attr | number): number {
  const denied = mayRemove(lx, from, attr);
  if (denied < 0) return denied;
  return typeof target === 'number' ? mayChangeDir(lx, to) : mayRemove(lx, to, target);
}

const renameat = (lx: Lx, oldfd: number, from: number, newfd: number, to: number): number =>
  renameat2(lx, oldfd, from, newfd, to, 0);

const rename = (lx: Lx, from: number, to: number): number =>
  renameat2(lx, AT.FDCWD, from, AT.FDCWD, to, 0);

// ---- symlinks

function readlinkat(lx: Lx, dirfd: number, path: number, buf: number, size: number): number {
  if (size <= 0) return -E.INVAL;
  const text = lx.mem.cstring(path);
  const target = text.length === 0 ? readlinkFd(lx, dirfd) : readlinkPath(lx, dirfd, text);
  if (typeof target === 'number') return target;
  const length = Math.min(target.length, size);
  const at = lx.mem.writable(buf, length);
  for (let i = 0; i < length; i++) lx.mem.u8[at + i] = target.charCodeAt(i);
  return length;
}

function readlinkPath(lx: Lx, dirfd: number, path: string): string | number {
  const where = lookupPath(lx, dirfd, path, 0);
  if (typeof where === 'number') return where;
  if (where.attr !== null && (where.attr.mode & S.IFMT) !== S.IFLNK) return -E.INVAL;
  return where.path === '' ? -E.INVAL : where.fs.readlink(lx, where.path);
}

/** readlinkat(fd, "", …): `fd` is an O_PATH descriptor of a symlink. */
function readlinkFd(lx: Lx, fd: number): string | number {
  const file = fd === AT.FDCWD ? 0 : fdGet(lx, fd);
  if (file === 0) return fd === AT.FDCWD ? -E.NOENT : -E.BADF;
  const attr = fileInode(lx, file).attr(lx, file);
  if (typeof attr === 'number') return attr;
  if ((attr.mode & S.IFMT) !== S.IFLNK) return -E.NOENT;
  return readlinkPath(lx, AT.FDCWD, lx.k.readString(lx.k.i32[file + File.path]));
}

const readlink = (lx: Lx, path: number, buf: number, size: number): number =>
  readlinkat(lx, AT.FDCWD, path, buf, size);

// ---- current directory, root, umask

function enter(lx: Lx, where: Where | number, field: number): number {
  if (typeof where === 'number') return where;
  const attr = where.attr ?? where.fs.lstat(lx, where.path);
  if (typeof attr === 'number') return attr;
  if (!isDir(attr) || where.file !== 0) return -E.NOTDIR;
  const denied = hasOtherIds(lx) ? !mayAccess(lx, attr, 1) : where.fs.access(lx, where.path, 1) < 0;
  if (denied) return -E.ACCES;
  setFsPath(lx, field, where.abs);
  return 0;
}

/** Where the first program starts: 0 or −errno. */
export const enterDirectory = (lx: Lx, path: string): number =>
  enter(lx, lookupPath(lx, AT.FDCWD, path, FOLLOW), FsInfo.cwd);

const chdir = (lx: Lx, path: number): number =>
  enter(lx, lookup(lx, AT.FDCWD, path, FOLLOW), FsInfo.cwd);

function fchdir(lx: Lx, fd: number): number {
  const file = fdGet(lx, fd);
  if (file === 0) return -E.BADF;
  const abs = fileInode(lx, file).dirPath(lx, file);
  if (typeof abs === 'number') return abs;
  const entered = enter(lx, lookupPath(lx, AT.FDCWD, abs === '' ? '/' : abs, FOLLOW), FsInfo.cwd);
  if (entered !== -E.NOENT) return entered;
  setFsPath(lx, FsInfo.cwd, abs); // it was removed, but is still open
  return 0;
}

function chroot(lx: Lx, path: number): number {
  const where = lookup(lx, AT.FDCWD, path, FOLLOW);
  if (typeof where !== 'number' && !can(lx, CAP.SYS_CHROOT)) return -E.PERM;
  return enter(lx, where, FsInfo.root);
}

/** Was the current directory removed? */
function isGone(lx: Lx): boolean {
  const where = lookupPath(lx, AT.FDCWD, '.', 0);
  if (typeof where === 'number') return true;
  const attr = where.fs.lstat(lx, where.path);
  return typeof attr === 'number' || attr.nlink === 0;
}

function getcwd(lx: Lx, buf: number, size: number): number {
  const cwd = cwdOf(lx);
  if (cwd !== '' && isGone(lx)) return -E.NOENT;
  const text = visiblePath(lx, cwd);
  if (text.length + 1 > PATH_MAX) return -E.NAMETOOLONG;
  if (text.length + 1 > size) return -E.RANGE;
  const at = lx.mem.writable(buf, text.length + 1);
  for (let i = 0; i < text.length; i++) lx.mem.u8[at + i] = text.charCodeAt(i);
  lx.mem.u8[at + text.length] = 0;
  return text.length + 1;
}

function umask(lx: Lx, mask: number): number {
  const before = umaskOf(lx);
  lx.k.i32[fsOf(lx) + FsInfo.umask] = mask & 0o777;
  return before;
}

// biome-ignore format: aligned rows
export const rows: readonly SyscallRow[] = [
  row(2,   'open',       ['path', 'open-flags', 'mode'],                    open,       'full',    'host'),
  row(79,  'getcwd',     ['buf-out', 'size'],                               getcwd,     'full',    'emulated'),
  row(80,  'chdir',      ['path'],                                          chdir,      'full',    'emulated'),
  row(81,  'fchdir',     ['fd'],                                            fchdir,     'full',    'emulated'),
  row(82,  'rename',     ['path', 'path'],                                  rename,     'full',    'host'),
  row(83,  'mkdir',      ['path', 'mode'],                                  mkdir,      'full',    'host'),
  row(84,  'rmdir',      ['path'],                                          rmdir,      'full',    'host'),
  row(85,  'creat',      ['path', 'mode'],                                  creat,      'full',    'host'),
  row(86,  'link',       ['path', 'path'],                                  link,       'full',    'host'),
  row(87,  'unlink',     ['path'],                                          unlink,     'full',    'host'),
  row(88,  'symlink',    ['path', 'path'],                                  symlink,    'full',    'host'),
  row(89,  'readlink',   ['path', 'buf-out', 'int'],                        readlink,   'full',    'host'),
  row(95,  'umask',      ['mode'],                                          umask,      'full',    'emulated'),
  row(133, 'mknod',      ['path', 'mode', 'uint'],                          mknod,      'full',    'host'),
  row(161, 'chroot',     ['path'],                                          chroot,     'full',    'emulated'),
  row(257, 'openat',     ['atfd', 'path', 'open-flags', 'mode'],            openat,     'full',    'host'),
  row(258, 'mkdirat',    ['atfd', 'path', 'mode'],                          mkdirat,    'full',    'host'),
  row(259, 'mknodat',    ['atfd', 'path', 'mode', 'uint'],                  mknodat,    'full',    'host'),
  row(263, 'unlinkat',   ['atfd', 'path', 'at-flags'],                      unlinkat,   'full',    'host'),
  row(264, 'renameat',   ['atfd', 'path', 'atfd', 'path'],                  renameat,   'full',    'host'),
  row(265, 'linkat',     ['atfd', 'path', 'atfd', 'path', 'at-flags'],      linkat,     'full',    'host'),
  row(266, 'symlinkat',  ['path', 'atfd', 'path'],                          symlinkat,  'full',    'host'),
  row(267, 'readlinkat', ['atfd', 'path', 'buf-out', 'int'],                readlinkat, 'full',    'host'),
  row(316, 'renameat2',  ['atfd', 'path', 'atfd', 'path', 'flags'],         renameat2,  'partial', 'host', 'RENAME_EXCHANGE is not atomic'),
  row(437, 'openat2',    ['atfd', 'path', 'ptr', 'size'],                   openat2,    'full',    'host'),
];
