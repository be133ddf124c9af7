// Extended attributes, file handles, quotas: what Node cannot reach. Files look as if they had no attributes (ENODATA,
// empty lists), which is what programs find on nearly every file; setting one answers EOPNOTSUPP, as a file system
// without them does.
import { E } from '../abi/errno.ts';
import { AT } from '../abi/fcntl.ts';
import { insideOf } from '../fs/virtual-dir.ts';
import { File, isPath } from '../kernel/file.ts';
import { fdGet } from '../kernel/files.ts';
import type { Lx } from '../kernel/lx.ts';
import { KernelError } from '../mm/guest-memory.ts';
import { lookup, lookupPath } from '../vfs/paths.ts';
import { FOLLOW, type Where } from '../vfs/where.ts';
import { row, type SyscallRow } from './row.ts';

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

/** −errno of a place or descriptor that is not there; else the type of its file system. */
function typeAt(lx: Lx, where: Where | number): string | number {
  if (typeof where === 'number') return where;
  const attr = where.attr ?? where.fs.lstat(lx, where.path);
  return typeof attr === 'number' ? attr : where.fs.type;
}

function typeOfFd(lx: Lx, fd: number): string | number {
  const file = fdGet(lx, fd);
  if (file === 0 || isPath(lx.k, file)) return -E.BADF;
  const path = lx.k.readString(lx.k.i32[file + File.path]);
  return path.startsWith('/') ? insideOf(lx, file).fs.type : 'none';
}

const hasXattrs = (type: string): boolean => STORED.includes(type);
const known = (name: string): boolean => NAMESPACES.some((n) => name.startsWith(n));

function get(lx: Lx, type: string | number, ptr: number): number {
  const name = nameAt(lx, ptr);
  if (typeof type === 'number') return type;
  return hasXattrs(type) && known(name) ? -E.NODATA : -E.OPNOTSUPP;
}

const XATTR_CREATE_REPLACE = 3;

function set(lx: Lx, type: string | number, ptr: number, size: number, flags: number): number {
  if (flags & ~XATTR_CREATE_REPLACE) return -E.INVAL;
  nameAt(lx, ptr);
  if (size > 65536) return -E.TOOBIG;
  return typeof type === 'number' ? type : -E.OPNOTSUPP;
}

const list = (type: string | number): number => {
  if (typeof type === 'number') return type;
  return hasXattrs(type) || type === 'proc' || type === 'sysfs' ? 0 : -E.OPNOTSUPP;
};

const at =
  (follow: number) =>
  (lx: Lx, path: number): string | number =>
    typeAt(lx, lookup(lx, AT.FDCWD, path, follow));
const byPath = at(FOLLOW);
const byLink = at(0);

// ---- file handles

const MAX_HANDLE_SIZE = 128;

function nameToHandleAt(
  lx: Lx,
  dirfd: number,
  path: number,
  handle: number,
  _mount: number,
  flags: number,
): number {
  if (flags & ~(AT.SYMLINK_FOLLOW | AT.EMPTY_PATH)) return -E.INVAL;
  const text = lx.mem.cstring(path);
  const where =
    text === '' && flags & AT.EMPTY_PATH
      ? 0
      : lookupPath(lx, dirfd, text, flags & AT.SYMLINK_FOLLOW ? FOLLOW : 0);
  if (typeof where === 'number' && where < 0) return where;
  return lx.mem.readU32(handle) > MAX_HANDLE_SIZE ? -E.INVAL : -E.OPNOTSUPP;
}

// biome-ignore format: aligned rows
export const rows: readonly SyscallRow[] = [
  row(188, 'setxattr',          ['path', 'path', 'ptr', 'size', 'flags'],   (lx, path, name, _value, size, flags) => set(lx, byPath(lx, path), name, size, flags),  'stub', 'emulated', 'EOPNOTSUPP'),
  row(189, 'lsetxattr',         ['path', 'path', 'ptr', 'size', 'flags'],   (lx, path, name, _value, size, flags) => set(lx, byLink(lx, path), name, size, flags),  'stub', 'emulated', 'EOPNOTSUPP'),
  row(190, 'fsetxattr',         ['fd', 'path', 'ptr', 'size', 'flags'],     (lx, fd, name, _value, size, flags) => set(lx, typeOfFd(lx, fd), name, size, flags),    'stub', 'emulated', 'EOPNOTSUPP'),
  row(191, 'getxattr',          ['path', 'path', 'ptr', 'size'],            (lx, path, name) => get(lx, byPath(lx, path), name),                                    'stub', 'emulated', 'no file has attributes'),
  row(192, 'lgetxattr',         ['path', 'path', 'ptr', 'size'],            (lx, path, name) => get(lx, byLink(lx, path), name),                                    'stub', 'emulated', 'no file has attributes'),
  row(193, 'fgetxattr',         ['fd', 'path', 'ptr', 'size'],              (lx, fd, name) => get(lx, typeOfFd(lx, fd), name),                                      'stub', 'emulated', 'no file has attributes'),
  row(194, 'listxattr',         ['path', 'ptr', 'size'],                    (lx, path) => list(byPath(lx, path)),                                                   'stub', 'emulated', 'no file has attributes'),
  row(195, 'llistxattr',        ['path', 'ptr', 'size'],                    (lx, path) => list(byLink(lx, path)),                                                   'stub', 'emulated', 'no file has attributes'),
  row(196, 'flistxattr',        ['fd', 'ptr', 'size'],                      (lx, fd) => list(typeOfFd(lx, fd)),                                                     'stub', 'emulated', 'no file has attributes'),
  row(197, 'removexattr',       ['path', 'path'],                           (lx, path, name) => get(lx, byPath(lx, path), name),                                    'stub', 'emulated', 'no file has attributes'),
  row(198, 'lremovexattr',      ['path', 'path'],                           (lx, path, name) => get(lx, byLink(lx, path), name),                                    'stub', 'emulated', 'no file has attributes'),
  row(199, 'fremovexattr',      ['fd', 'path'],                             (lx, fd, name) => get(lx, typeOfFd(lx, fd), name),                                      'stub', 'emulated', 'no file has attributes'),
  row(303, 'name_to_handle_at', ['atfd', 'path', 'ptr', 'ptr', 'at-flags'], nameToHandleAt,                                                                         'stub', 'emulated', 'EOPNOTSUPP'),
  row(304, 'open_by_handle_at', ['fd', 'ptr', 'open-flags'],                () => -E.PERM,                                                                          'stub', 'emulated', 'EPERM'),
];
