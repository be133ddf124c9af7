// System calls about extended attributes and file handles.
import { CAP } from '../abi/capability.ts';
import { E } from '../abi/errno.ts';
import { AT } from '../abi/fcntl.ts';
import { S } from '../abi/stat.ts';
import { insideOf } from '../fs/virtual-dir.ts';
import { byteString } from '../kernel/bytes.ts';
import { can } from '../kernel/caps.ts';
import { File, isPath } from '../kernel/file.ts';
import { fdGet } from '../kernel/files.ts';
import type { Lx } from '../kernel/lx.ts';
import { KernelError } from '../mm/guest-memory.ts';
import { fileInode } from '../vfs/file-inode.ts';
import type { Attr, FileSystem, XattrStore } from '../vfs/file-system.ts';
import { lookup } from '../vfs/paths.ts';
import { hasOtherIds, mayAccess } from '../vfs/permission.ts';
import { FOLLOW, type Where } from '../vfs/where.ts';
import {
  fileKey,
  getXattrLocked,
  listXattrsLocked,
  removeXattrLocked,
  setXattrLocked,
} from '../vfs/xattr-store.ts';
import { type Handler, row, type SyscallRow } from './row.ts';

const XATTR_NAME_MAX = 255;
const NAMESPACES = [
  'user.',
  'trusted.',
  'security.',
  'system.posix_acl_access',
  'system.posix_acl_default',
];
const STORED = ['ext4', 'ext3', 'ext2', 'xfs', 'btrfs', 'tmpfs', 'overlay'];

/** The attribute's name; ERANGE when it is empty or too long. */
function nameAt(lx: Lx, ptr: number): string {
  const name = lx.mem.cstring(ptr, XATTR_NAME_MAX + 1, E.RANGE);
  if (name.length === 0) throw new KernelError(E.RANGE);
  return name;
}

/** A file that may have attributes, where it is, and whether its file system has any. */
interface Subject {
  readonly attr: Attr;
  readonly type: string;
  readonly fs?: FileSystem;
  readonly path: string;
}

function attributesOf(lx: Lx, { fs, path, attr }: Subject): XattrStore {
  if (fs?.xattrs !== undefined) return fs.xattrs(lx, path);
  const { k } = lx;
  const key = fileKey(attr);
  return {
    get: (name) => k.locked(() => getXattrLocked(k, key, name)),
    list: () => k.locked(() => listXattrsLocked(k, key)),
    set: (name, value) => {
      k.locked(() => setXattrLocked(k, key, name, value));
      return 0;
    },
    remove: (name) => k.locked(() => removeXattrLocked(k, key, name)),
  };
}

/** −errno of a place or descriptor that is not there. */
function subjectAt(lx: Lx, where: Where | number): Subject | number {
  if (typeof where === 'number') return where;
  const attr = where.attr ?? where.fs.lstat(lx, where.path);
  return typeof attr === 'number'
    ? attr
    : { attr, type: where.fs.type, fs: where.fs, path: where.path };
}

function subjectOfFd(lx: Lx, fd: number): Subject | number {
  const file = fdGet(lx, fd);
  if (file === 0 || isPath(lx.k, file)) return -E.BADF;
  const attr = fileInode(lx, file).attr(lx, file);
  if (typeof attr === 'number') return attr;
  const path = lx.k.readString(lx.k.i32[file + File.path]);
  if (!path.startsWith('/')) return { attr, type: 'none', path };
  const inside = insideOf(lx, file);
  return { attr, type: inside.fs.type, ...inside };
}

const hasXattrs = (type: string): boolean => STORED.includes(type);
const known = (name: string): boolean => NAMESPACES.some((n) => name.startsWith(n));

/** Only files and directories have attributes of users; those of the system are for root. xattr_permission() of Linux. */
function permitted(lx: Lx, { attr }: Subject, name: string, writes: boolean): number {
  const type = attr.mode & S.IFMT;
  if (name.startsWith('trusted.')) return can(lx, CAP.SYS_ADMIN) ? 0 : writes ? -E.PERM : -E.NODATA;
  if (name.startsWith('security.')) return !writes || can(lx, CAP.SYS_ADMIN) ? 0 : -E.PERM;
  if (name.startsWith('user.') && type !== S.IFREG && type !== S.IFDIR)
    return writes ? -E.PERM : -E.NODATA;
  return !hasOtherIds(lx) || mayAccess(lx, attr, writes ? 2 : 4) ? 0 : -E.ACCES;
}

/** 0, or what a file that cannot have the attribute answers. */
function check(lx: Lx, subject: Subject | number, name: string, writes: boolean): number {
  if (typeof subject === 'number') return subject;
  if (!known(name)) return -E.OPNOTSUPP;
  const denied = permitted(lx, subject, name, writes);
  if (denied < 0) return denied;
  if (!hasXattrs(subject.type) || (writes && name.startsWith('system.'))) return -E.OPNOTSUPP;
  return NAMESPACES.includes(name) && name.endsWith('.') ? -E.INVAL : 0;
}

/** Writes bytes to a buffer of `size` bytes: their number, which is all that a size of 0 asks for. */
function answer(lx: Lx, bytes: string, addr: number, size: number): number {
  if (size === 0) return bytes.length;
  if (bytes.length > size) return -E.RANGE;
  lx.mem.write(
    addr,
    Uint8Array.from(bytes, (char) => char.charCodeAt(0)),
  );
  return bytes.length;
}

type Find = (lx: Lx, a: number) => Subject | number;

const get =
  (find: Find): Handler =>
  (lx, file, namePtr, addr, size) => {
    const name = nameAt(lx, namePtr);
    const subject = find(lx, file);
    const denied = check(lx, subject, name, false);
    if (denied < 0 || typeof subject === 'number') return denied;
    const value = attributesOf(lx, subject).get(name);
    return value === undefined ? -E.NODATA : answer(lx, value, addr, size);
  };

const XATTR_CREATE = 1;
const XATTR_REPLACE = 2;
const SIZE_MAX = 65536;

const set =
  (find: Find): Handler =>
  (lx, file, namePtr, addr, size, flags) => {
    if (flags & ~(XATTR_CREATE | XATTR_REPLACE)) return -E.INVAL;
    const name = nameAt(lx, namePtr);
    if (size > SIZE_MAX) return -E.TOOBIG;
    const value = byteString(lx.mem.bytes(addr, size), 0, size);
    const subject = find(lx, file);
    const denied = check(lx, subject, name, true);
    if (denied < 0 || typeof subject === 'number') return denied;
    if (subject.fs?.readOnly) return -E.ROFS;
    const attributes = attributesOf(lx, subject);
    const there = attributes.list().some((other) => other.name === name);
    if (there && flags & XATTR_CREATE) return -E.EXIST;
    if (!there && flags & XATTR_REPLACE) return -E.NODATA;
    const total = attributes.list().reduce((sum, { length }) => sum + length, 0);
    return total + size > SIZE_MAX ? -E.NOSPC : attributes.set(name, value);
  };

const remove =
  (find: Find): Handler =>
  (lx, file, namePtr) => {
    const name = nameAt(lx, namePtr);
    const subject = find(lx, file);
    const denied = check(lx, subject, name, true);
    if (denied < 0 || typeof subject === 'number') return denied;
    if (subject.fs?.readOnly) return -E.ROFS;
    return attributesOf(lx, subject).remove(name) ? 0 : -E.NODATA;
  };

const list =
  (find: Find): Handler =>
  (lx, file, addr, size) => {
    const subject = find(lx, file);
    if (typeof subject === 'number') return subject;
    const { type } = subject;
    if (!hasXattrs(type)) return type === 'proc' || type === 'sysfs' ? 0 : -E.OPNOTSUPP;
    const shown = attributesOf(lx, subject)
      .list()
      .filter(({ name }) => !name.startsWith('trusted.') || can(lx, CAP.SYS_ADMIN));
    return answer(lx, shown.map(({ name }) => `${name}\0`).join(''), addr, size);
  };

const at =
  (follow: number): Find =>
  (lx, path) =>
    subjectAt(lx, lookup(lx, AT.FDCWD, path, follow));
const byPath = at(FOLLOW);
const byLink = at(0);
const byFd: Find = subjectOfFd;

const NOTE = 'the guests’ own, for the life of the session';

// biome-ignore format: aligned rows
export const rows: readonly SyscallRow[] = [
  row(188, 'setxattr',          ['path', 'path', 'ptr', 'size', 'flags'],   set(byPath),    'partial', 'emulated', NOTE),
  row(189, 'lsetxattr',         ['path', 'path', 'ptr', 'size', 'flags'],   set(byLink),    'partial', 'emulated', NOTE),
  row(190, 'fsetxattr',         ['fd', 'path', 'ptr', 'size', 'flags'],     set(byFd),      'partial', 'emulated', NOTE),
  row(191, 'getxattr',          ['path', 'path', 'ptr', 'size'],            get(byPath),    'partial', 'emulated', NOTE),
  row(192, 'lgetxattr',         ['path', 'path', 'ptr', 'size'],            get(byLink),    'partial', 'emulated', NOTE),
  row(193, 'fgetxattr',         ['fd', 'path', 'ptr', 'size'],              get(byFd),      'partial', 'emulated', NOTE),
  row(194, 'listxattr',         ['path', 'ptr', 'size'],                    list(byPath),   'partial', 'emulated', NOTE),
  row(195, 'llistxattr',        ['path', 'ptr', 'size'],                    list(byLink),   'partial', 'emulated', NOTE),
  row(196, 'flistxattr',        ['fd', 'ptr', 'size'],                      list(byFd),     'partial', 'emulated', NOTE),
  row(197, 'removexattr',       ['path', 'path'],                           remove(byPath), 'partial', 'emulated', NOTE),
  row(198, 'lremovexattr',      ['path', 'path'],                           remove(byLink), 'partial', 'emulated', NOTE),
  row(199, 'fremovexattr',      ['fd', 'path'],                             remove(byFd),   'partial', 'emulated', NOTE),
];
