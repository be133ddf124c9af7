// System calls about mounts. Guests may mount tmpfs, proc and sysfs, bind directories of the host that they see, and make
// mounts read-only. What the session itself has mounted stays.
import { CAP } from '../abi/capability.ts';
import { E } from '../abi/errno.ts';
import { AT } from '../abi/fcntl.ts';
import { S } from '../abi/stat.ts';
import { DriveFs } from '../fs/drivefs/drivefs.ts';
import { dropTmpfs, makeTmpfs } from '../fs/drivefs/host-tmpfs.ts';
import { newInodeLocked } from '../fs/tmpfs/inode.ts';
import { storeOf } from '../fs/tmpfs/store.ts';
import { can } from '../kernel/caps.ts';
import { File } from '../kernel/file.ts';
import { openFds, tableGet } from '../kernel/files.ts';
import { Fixed } from '../kernel/fixed.ts';
import type { Lx } from '../kernel/lx.ts';
import { processesLocked } from '../kernel/process.ts';
import { FsInfo, Process } from '../kernel/task.ts';
import { isDir } from '../vfs/file-system.ts';
import {
  addGuestMountLocked,
  findGuestMountLocked,
  type GuestMount,
  removeGuestMountLocked,
  setReadOnly,
} from '../vfs/guest-mounts.ts';
import { bumpGeneration } from '../vfs/namespace.ts';
import { lookup, lookupPath } from '../vfs/paths.ts';
import { FOLLOW, type Where } from '../vfs/where.ts';
import { type Handler, row, type SyscallRow } from './row.ts';

const MS = {
  RDONLY: 1,
  REMOUNT: 0x20,
  BIND: 0x1000,
  MOVE: 0x2000,
  PROPAGATION: 0x1e_0000,
} as const;
const VIRTUAL: readonly string[] = ['proc', 'sysfs'];
const ON_DISK: readonly string[] = ['ext2', 'ext3', 'ext4'];
const KNOWN: readonly string[] = ['tmpfs', 'ramfs', 'devtmpfs', 'devpts', 'mqueue', ...VIRTUAL];

/** A place that is there; −errno. */
function placeAt(lx: Lx, path: string): Where | number {
  const where = lookupPath(lx, AT.FDCWD, path, FOLLOW);
  if (typeof where === 'number') return where;
  const attr = where.attr ?? where.fs.lstat(lx, where.path);
  return typeof attr === 'number' ? attr : where;
}

function isDirectory(lx: Lx, where: Where): boolean {
  const attr = where.attr ?? where.fs.lstat(lx, where.path);
  return typeof attr !== 'number' && isDir(attr);
}

const mount: Handler = (lx, source, target, type, flags, data) => {
  const name = source === 0 ? 'none' : lx.mem.cstring(source);
  const kind = type === 0 ? '' : lx.mem.cstring(type);
  const where = placeAt(lx, lx.mem.cstring(target));
  if (typeof where === 'number') return where;
  if (!can(lx, CAP.SYS_ADMIN)) return -E.PERM;
  if (flags & MS.REMOUNT) return remount(lx, where, (flags & MS.RDONLY) !== 0);
  if (flags & MS.BIND) return bind(lx, name, where, (flags & MS.RDONLY) !== 0);
  if (flags & MS.PROPAGATION) return where.path === '' ? 0 : -E.INVAL;
  if (flags & MS.MOVE) return -E.INVAL;
  if (kind === '') return -E.INVAL;
  const barred = checkType(lx, kind, name);
  if (barred < 0) return barred;
  if (!isDirectory(lx, where)) return -E.NOTDIR;
  const id = newId(lx);
  const given = /(?:^|,)mode=([0-7]+)/.exec(data === 0 ? '' : lx.mem.cstring(data))?.[1];
  const place = VIRTUAL.includes(kind)
    ? { host: '', root: 0 }
    : newTmpfs(lx, id, Number.parseInt(given ?? '1777', 8));
  if (typeof place === 'number') return place;
  const record = { id, abs: where.abs, type: kind, source: name, ...place };
  return add(lx, record, (flags & MS.RDONLY) !== 0);
};

/** In the session's memory, or where it has none in a directory of the host; −errno. */
function newTmpfs(lx: Lx, id: number, mode: number): { host: string; root: number } | number {
  if (lx.config.inMemory !== undefined) {
    const store = storeOf(lx);
    const own = { dev: id, mode: S.IFDIR | mode, uid: 0, gid: 0 };
    return { host: '', root: store.locked(() => newInodeLocked(store, own)) };
  }
  const host = makeTmpfs(id, mode);
  return typeof host === 'number' ? host : { host, root: 0 };
}

const newId = (lx: Lx): number => Atomics.add(lx.k.i32, Fixed.nextId, 1);

function add(lx: Lx, record: Omit<GuestMount, 'readOnly'>, readOnly: boolean): number {
  lx.k.locked(() => addGuestMountLocked(lx.k, { ...record, readOnly }));
  bumpGeneration(lx.k);
  return 0;
}

/** What a type that is not mounted answers; 0 for one that is. */
function checkType(lx: Lx, kind: string, source: string): number {
  if (!ON_DISK.includes(kind)) {
    if (!KNOWN.includes(kind)) return -E.NODEV;
    return kind === 'tmpfs' || kind === 'ramfs' || VIRTUAL.includes(kind) ? 0 : -E.PERM;
  }
  const device = placeAt(lx, source);
  if (typeof device === 'number') return device;
  const attr = device.attr ?? device.fs.lstat(lx, device.path);
  const isBlock = typeof attr !== 'number' && (attr.mode & S.IFMT) === S.IFBLK;
  return isBlock ? -E.PERM : -E.NOTBLK;
}

function remount(lx: Lx, where: Where, readOnly: boolean): number {
  const { k } = lx;
  if (where.path !== '') return -E.INVAL;
  const found = k.locked(() => {
    const record = findGuestMountLocked(k, where.abs);
    if (record !== 0) setReadOnly(k, record, readOnly);
    return record !== 0;
  });
  if (!found) return -E.PERM;
  bumpGeneration(k);
  return 0;
}

/** A directory of the host under another name as well; not for a guest that is kept inside a part of the host. */
function bind(lx: Lx, source: string, target: Where, readOnly: boolean): number {
  const from = placeAt(lx, source);
  if (typeof from === 'number') return from;
  if (isDirectory(lx, from) !== isDirectory(lx, target)) return -E.NOTDIR;
  if (!(from.fs instanceof DriveFs) || from.fs.confined || !isDirectory(lx, from)) return -E.PERM;
  const { type, readOnly: already } = from.fs;
  const host = from.fs.reach(lx, from.path);
  const record = { id: newId(lx), abs: target.abs, type, source, host, root: 0 };
  return add(lx, record, readOnly || already);
}

const MNT = { FORCE: 1, DETACH: 2, EXPIRE: 4, NOFOLLOW: 8 } as const;

const umount2: Handler = (lx, target, flags) => {
  const { k } = lx;
  if (flags & ~(MNT.FORCE | MNT.DETACH | MNT.EXPIRE | MNT.NOFOLLOW)) return -E.INVAL;
  if (flags & MNT.EXPIRE && flags & (MNT.FORCE | MNT.DETACH)) return -E.INVAL;
  const follow = (flags & MNT.NOFOLLOW) !== 0 ? 0 : FOLLOW;
  const where = lookup(lx, AT.FDCWD, target, follow);
  if (typeof where === 'number') return where;
  const attr = where.attr ?? where.fs.lstat(lx, where.path);
  if (typeof attr === 'number') return attr;
  if (!can(lx, CAP.SYS_ADMIN)) return -E.PERM;
  if (where.path !== '' || where.last === 'root') return -E.INVAL;
  const removed = k.locked(() => {
    const record = findGuestMountLocked(k, where.abs);
    if (record === 0) return -E.BUSY;
    if (!(flags & MNT.DETACH) && isUsedLocked(lx, where.abs)) return -E.BUSY;
    return removeGuestMountLocked(k, record);
  });
  if (typeof removed === 'number') return removed;
  bumpGeneration(k);
  dropTmpfs(removed.host);
  return 0;
};

/** Is a process in what is mounted, or has something of it open? */
function isUsedLocked(lx: Lx, abs: string): boolean {
  const { k } = lx;
  const { i32 } = k;
  const inside = (text: number): boolean => {
    const path = k.readString(text);
    return path === abs || path.startsWith(`${abs}/`);
  };
  return processesLocked(k).some((process) => {
    const fs = i32[process + Process.fs];
    if (fs !== 0 && (inside(i32[fs + FsInfo.cwd]) || inside(i32[fs + FsInfo.root]))) return true;
    const table = i32[process + Process.files];
    return openFds(k, table).some((fd) => inside(i32[tableGet(k, table, fd) + File.path]));
  });
}

const pivot_root: Handler = (lx, root, old) => {
  if (!can(lx, CAP.SYS_ADMIN)) return -E.PERM;
  for (const path of [root, old]) {
    const where = placeAt(lx, lx.mem.cstring(path));
    if (typeof where === 'number') return where;
    if (!isDirectory(lx, where)) return -E.NOTDIR;
  }
  return -E.INVAL;
};

// biome-ignore format: aligned rows
export const rows: readonly SyscallRow[] = [
  row(155, 'pivot_root', ['path', 'path'],                        pivot_root, 'stub',    'emulated', 'checked, then refused'),
  row(165, 'mount',      ['path', 'path', 'path', 'long', 'ptr'], mount,      'partial', 'emulated', 'tmpfs, proc, sysfs, binds; one namespace for all'),
  row(166, 'umount2',    ['path', 'int'],                         umount2,    'partial', 'emulated', 'what guests have mounted'),
];
