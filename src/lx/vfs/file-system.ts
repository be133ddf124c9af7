// The interface of a file system, and the base class that denies everything with the errno Linux gives for an operation
// the file system does not have. Paths are byte strings inside the file system: '' is its root, '/a/b' a file; they are
// canonical (no '.', '..', empty or symlinked components before the last one), because only the walk (walk.ts) makes
// them. Every method works on the last component itself, a symlink included. Results are ≥ 0 or −errno.
import { E } from '../abi/errno.ts';
import { MAGIC, S } from '../abi/stat.ts';
import type { Lx } from '../kernel/lx.ts';

/** An inode number: a bigint from 2^53 on. */
export type Ino = number | bigint;

/** Attributes of a file. Times since 1970: whole seconds, rounded down, and nanoseconds below 10^9. */
export interface Attr {
  readonly dev: number;
  readonly ino: Ino;
  /** Type and permissions, S_IF* | 0o7777. */
  readonly mode: number;
  readonly nlink: number;
  readonly uid: number;
  readonly gid: number;
  readonly rdev: number;
  readonly size: number;
  readonly blksize: number;
  /** In units of 512 bytes. */
  readonly blocks: number;
  readonly atime: number;
  readonly atimeNsec: number;
  readonly mtime: number;
  readonly mtimeNsec: number;
  readonly ctime: number;
  readonly ctimeNsec: number;
  /** Of its making; 0 if that is not known. */
  readonly btime: number;
  readonly btimeNsec: number;
}

/** statfs(2), sizes in blocks of `bsize` bytes. */
export interface FsStat {
  readonly type: number;
  readonly bsize: number;
  readonly blocks: number;
  readonly bfree: number;
  readonly bavail: number;
  readonly files: number;
  readonly ffree: number;
  readonly flags: number;
}

/** One entry of a directory: name, DT_* type and, where known without a further look, the inode number. */
export interface DirEntry {
  readonly name: string;
  readonly type: number;
  readonly ino: Ino | undefined;
}

/** Where a magic link of procfs leads: a place that a path may not be able to name. */
export interface MagicTarget {
  /** Canonical guest path to go on from. */
  readonly abs: string;
  /** An open file description to use instead of a path (a pipe, a deleted file), 0 if there is none. */
  readonly file: number;
}

/** Extended attributes of one file, names and values as byte strings: the file system's own, or those that the session keeps for files of the host. */
export interface XattrStore {
  get(name: string): string | undefined;
  list(): readonly { readonly name: string; readonly length: number }[];
  /** 0 or −errno. */
  set(name: string, value: string): number;
  /** False if there is none. */
  remove(name: string): boolean;
}

/** A timestamp to set: nanoseconds, or undefined to leave it. */
export type SetTime = bigint | undefined;

export abstract class FileSystem {
  /** As /proc/mounts names it. */
  abstract readonly type: string;
  readonly source: string = 'none';
  readonly readOnly: boolean = false;
  /** True if the directories of this file system may be cached as "no symlink" until the generation changes. */
  readonly stable: boolean = true;

  abstract lstat(lx: Lx, path: string): Attr | number;

  /** A new description of `path`, which was reached as `abs`; −ELOOP for a symlink (unless O_PATH). */
  open(_lx: Lx, _path: string, _flags: number, _mode: number, _abs: string): number {
    return -E.NXIO;
  }
  readlink(_lx: Lx, _path: string): string | number {
    return -E.INVAL;
  }
  /** For a magic link: where it really leads; undefined for an ordinary one. */
  magic(_lx: Lx, _path: string): MagicTarget | number | undefined {
    return undefined;
  }
  /** Names in a directory without '.' and '..', in the order they are to be listed. */
  list(_lx: Lx, _path: string): DirEntry[] | number {
    return -E.NOTDIR;
  }
  /** access(2) by the session's own user: R_OK | W_OK | X_OK. */
  access(lx: Lx, path: string, _mask: number): number {
    const attr = this.lstat(lx, path);
    return typeof attr === 'number' ? attr : 0;
  }
  /** What making a name here answers, in a file system where nobody can; 0: it is tried. */
  readonly createError: number = 0;

  mkdir(_lx: Lx, _path: string, _mode: number): number {
    return -E.PERM;
  }
  rmdir(lx: Lx, path: string): number {
    const attr = this.lstat(lx, path);
    if (typeof attr === 'number') return attr;
    return isDir(attr) ? -E.PERM : -E.NOTDIR;
  }
  unlink(lx: Lx, path: string): number {
    const attr = this.lstat(lx, path);
    if (typeof attr === 'number') return attr;
    return isDir(attr) ? -E.ISDIR : -E.PERM;
  }
  /** Both in this file system; `flags` RENAME_*. */
  rename(_lx: Lx, _from: string, _to: string, _flags: number): number {
    return -E.PERM;
  }
  link(_lx: Lx, _from: string, _to: string): number {
    return -E.PERM;
  }
  symlink(_lx: Lx, _target: string, _path: string): number {
    return -E.PERM;
  }
  mknod(_lx: Lx, _path: string, _mode: number, _dev: number): number {
    return -E.PERM;
  }
  chmod(_lx: Lx, _path: string, _mode: number): number {
    return -E.PERM;
  }
  /** −1 leaves an id. */
  chown(_lx: Lx, _path: string, _uid: number, _gid: number): number {
    return -E.PERM;
  }
  utimes(_lx: Lx, _path: string, _atime: SetTime, _mtime: SetTime): number {
    return -E.PERM;
  }
  truncate(_lx: Lx, _path: string, _length: number): number {
    return -E.PERM;
  }
  /** Extended attributes of `path`, where the file system keeps them itself. */
  readonly xattrs?: (lx: Lx, path: string) => XattrStore;

  statfs(_lx: Lx, _path: string): FsStat | number {
    return virtualFsStat(MAGIC.tmpfs);
  }
}

/** statfs(2) of a file system without blocks. */
export const virtualFsStat = (type: number): FsStat => ({
  type,
  bsize: 4096,
  blocks: 0,
  bfree: 0,
  bavail: 0,
  files: 0,
  ffree: 0,
  flags: 0x1020,
});

/** Attributes of a file that is not stored anywhere. */
export function virtualAttr(
  dev: number,
  ino: number,
  mode: number,
  more: Partial<Attr> = {},
): Attr {
  return {
    dev,
    ino,
    mode,
    nlink: (mode & S.IFMT) === S.IFDIR ? 2 : 1,
    uid: 0,
    gid: 0,
    rdev: 0,
    size: 0,
    blksize: 4096,
    blocks: 0,
    atime: BOOT,
    atimeNsec: BOOT_NSEC,
    mtime: BOOT,
    mtimeNsec: BOOT_NSEC,
    ctime: BOOT,
    ctimeNsec: BOOT_NSEC,
    btime: BOOT,
    btimeNsec: BOOT_NSEC,
    ...more,
  };
}

const BOOT = Math.floor(performance.timeOrigin / 1000);
const BOOT_NSEC = Math.floor((performance.timeOrigin % 1000) * 1000) * 1000;

export const isDir = (attr: Attr): boolean => (attr.mode & S.IFMT) === S.IFDIR;
export const isLink = (attr: Attr): boolean => (attr.mode & S.IFMT) === S.IFLNK;
export const isRegular = (attr: Attr): boolean => (attr.mode & S.IFMT) === S.IFREG;
export const isSameInode = (a: Attr, b: Attr): boolean => a.ino === b.ino && a.dev === b.dev;
/** dev_t as the kernel packs it for user space (makedev(3)). */
export const makedev = (major: number, minor: number): number =>
  ((minor & 0xff) | ((major & 0xfff) << 8) | ((minor & 0xfff00) << 12)) >>> 0;
