// tmpfs: a file system whose files lie in memory that all workers of the session share (store.ts), with all that Linux
// keeps of a file: owners, modes, links, devices, times, extended attributes.
import { E } from '../../abi/errno.ts';
import { O, RENAME } from '../../abi/fcntl.ts';
import { MAGIC, S, ST_VALID } from '../../abi/stat.ts';
import { File, FileKind, fileOps, filePut } from '../../kernel/file.ts';
import { newFile } from '../../kernel/files.ts';
import type { Lx } from '../../kernel/lx.ts';
import {
  type Attr,
  type DirEntry,
  FileSystem,
  type FsStat,
  type SetTime,
  type XattrStore,
} from '../../vfs/file-system.ts';
import { fsgid, fsuid, mayAccess } from '../../vfs/permission.ts';
import { openDevice } from '../devfs/devfs.ts';
import { openFifo } from '../pipefs/index.ts';
import { openVirtualDir } from '../virtual-dir.ts';
import { addLocked, lookupLocked, namesLocked, removeLocked, replaceLocked } from './dir.ts';
import {
  attrLocked,
  changedLocked,
  dropIfUnusedLocked,
  isDirectory,
  newInodeLocked,
  touchLocked,
  typeOf,
} from './inode.ts';
import { Inode } from './layout.ts';
import {
  addOrReplaceLocked,
  isInsideLocked,
  makeLocked,
  movedLocked,
  replaceableLocked,
  split,
  unnameLocked,
} from './names.ts';
import { type Store, StoreFull, storeOf } from './store.ts';
import { getXattrLocked, listXattrsLocked, removeXattrLocked, setXattrLocked } from './xattr.ts';

const MAX_LINKS = 65000;

export class TmpFs extends FileSystem {
  readonly type = 'tmpfs';
  override readonly source = 'tmpfs';
  override readonly readOnly: boolean;
  /** Inode of its root directory. */
  readonly root: number;
  /** Directories by path, right for `#generation` of the store. */
  readonly #dirs = new Map<string, number>();
  #generation = -1;

  constructor(root: number, readOnly = false) {
    super();
    this.root = root;
    this.readOnly = readOnly;
  }

  // ---- paths

  /** The directory at `path`, or −errno. */
  #dirLocked(s: Store, path: string): number {
    if (path === '') return this.root;
    if (this.#generation !== s.generation) {
      this.#generation = s.generation;
      this.#dirs.clear();
    }
    const known = this.#dirs.get(path);
    if (known !== undefined) return known;
    const inode = this.#findLocked(s, path);
    if (inode < 0) return inode;
    if (!isDirectory(s, inode)) return -E.NOTDIR;
    this.#dirs.set(path, inode);
    return inode;
  }

  /** The inode at `path`, or −errno. */
  #findLocked(s: Store, path: string): number {
    if (path === '') return this.root;
    const { dir, name } = split(path);
    const parent = this.#dirLocked(s, dir);
    if (parent < 0) return parent;
    return lookupLocked(s, parent, name) || -E.NOENT;
  }

  /** Runs `body` on the inode at `path`, with the store's lock; −errno if there is none or no room. */
  #at<T>(lx: Lx, path: string, body: (s: Store, inode: number) => T): T | number {
    const s = storeOf(lx);
    return locked(s, () => {
      const inode = this.#findLocked(s, path);
      return inode < 0 ? inode : body(s, inode);
    });
  }

  /** The same for a change. */
  #change(lx: Lx, path: string, body: (s: Store, inode: number) => number): number {
    return this.readOnly ? -E.ROFS : this.#at(lx, path, body);
  }

  /** Runs `body` on the directory of `path` and what the path leads to in it, 0 if nothing. */
  #inDir(
    lx: Lx,
    path: string,
    body: (s: Store, dir: number, name: string, inode: number) => number,
  ): number {
    if (this.readOnly) return -E.ROFS;
    const s = storeOf(lx);
    return locked(s, () => {
      const { dir, name } = split(path);
      const parent = this.#dirLocked(s, dir);
      return parent < 0 ? parent : body(s, parent, name, lookupLocked(s, parent, name));
    });
  }

  // ---- looking

  override lstat(lx: Lx, path: string): Attr | number {
    return this.#at(lx, path, attrLocked);
  }

  override readlink(lx: Lx, path: string): string | number {
    return this.#at<string | number>(lx, path, (s, inode) =>
      typeOf(s, inode) === S.IFLNK ? s.readString(s.i32[inode + Inode.data]) : -E.INVAL,
    );
  }

  override list(lx: Lx, path: string): DirEntry[] | number {
    return this.#at<DirEntry[] | number>(lx, path, entriesLocked);
  }

  override access(lx: Lx, path: string, mask: number): number {
    const attr = this.lstat(lx, path);
    if (typeof attr === 'number') return attr;
    if (this.readOnly && mask & 2) return -E.ROFS;
    const { uid, gid } = lx.config;
    return mayAccess(lx, attr, mask, uid, gid, uid === 0) ? 0 : -E.ACCES;
  }

  override statfs(lx: Lx): FsStat {
    return tmpfsStat(storeOf(lx));
  }

  // ---- opening

  override open(lx: Lx, path: string, flags: number, mode: number, abs: string): number {
    if ((flags & O.TMPFILE) === O.TMPFILE) return this.#openNameless(lx, path, flags, mode, abs);
    const writes = (flags & (O.ACCMODE | O.TRUNC)) !== 0 && !(flags & O.PATH);
    const s = storeOf(lx);
    let made = false;
    const inode = locked(s, () => {
      const { dir, name } = split(path);
      const parent = path === '' ? this.root : this.#dirLocked(s, dir);
      if (parent < 0) return parent;
      const there = path === '' ? this.root : lookupLocked(s, parent, name);
      if (there !== 0) return flags & O.CREAT && flags & O.EXCL ? -E.EXIST : holdLocked(s, there);
      if (!(flags & O.CREAT)) return -E.NOENT;
      if (this.readOnly) return -E.ROFS;
      made = true;
      return holdLocked(s, makeLocked(lx, s, parent, name, S.IFREG | (mode & 0o7777)));
    });
    if (inode < 0) return inode;
    if (writes && this.readOnly && typeOf(s, inode) === S.IFREG) return letGo(s, inode, -E.ROFS);
    return openInode(lx, inode, made ? flags & ~O.TRUNC : flags, abs);
  }

  #openNameless(lx: Lx, path: string, flags: number, mode: number, abs: string): number {
    const inode = this.#change(lx, path, (s, dir) => {
      if (!isDirectory(s, dir)) return -E.NOTDIR;
      const owner = { uid: fsuid(lx), gid: fsgid(lx), dev: s.i32[dir + Inode.dev] };
      return holdLocked(s, newInodeLocked(s, { ...owner, mode: S.IFREG | (mode & 0o7777) }));
    });
    if (inode < 0) return inode;
    return openInode(lx, inode, flags & ~O.TMPFILE, `${abs}/#${inode} (deleted)`);
  }

  // ---- making

  override mkdir(lx: Lx, path: string, mode: number): number {
    return this.#make(lx, path, S.IFDIR | mode, () => {});
  }

  override symlink(lx: Lx, target: string, path: string): number {
    return this.#make(lx, path, S.IFLNK | 0o777, (s, inode) => {
      s.i32[inode + Inode.data] = s.takeStringLocked(target);
      s.f64[(inode + Inode.size) >> 1] = target.length;
    });
  }

  override mknod(lx: Lx, path: string, mode: number, dev: number): number {
    const type = mode & S.IFMT;
    return this.#make(lx, path, type === 0 ? S.IFREG | mode : mode, (s, inode) => {
      if (type === S.IFCHR || type === S.IFBLK) s.i32[inode + Inode.rdev] = dev;
    });
  }

  #make(lx: Lx, path: string, mode: number, fill: (s: Store, inode: number) => void): number {
    return this.#inDir(lx, path, (s, dir, name, there) => {
      if (there !== 0) return -E.EXIST;
      const inode = makeLocked(lx, s, dir, name, mode);
      try {
        fill(s, inode);
      } catch (error) {
        unnameLocked(s, dir, name, inode);
        throw error;
      }
      return 0;
    });
  }

  /** An open file without a name, or any other, gets a name. */
  linkInode(lx: Lx, from: number, to: string): number {
    return this.#inDir(lx, to, (s, dir, name, there) => {
      if (there !== 0) return -E.EXIST;
      if (s.i32[from + Inode.dev] !== s.i32[dir + Inode.dev]) return -E.XDEV;
      if (s.i32[from + Inode.nlink] >= MAX_LINKS) return -E.MLINK;
      addLocked(s, dir, name, from);
      s.i32[from + Inode.nlink]++;
      changedLocked(s, from);
      touchLocked(s, dir);
      return 0;
    });
  }

  override link(lx: Lx, from: string, to: string): number {
    const inode = this.#at(lx, from, (_s, found) => found);
    return inode < 0 ? inode : this.linkInode(lx, inode, to);
  }

  // ---- removing

  override unlink(lx: Lx, path: string): number {
    return this.#inDir(lx, path, (s, dir, name, inode) => {
      if (inode === 0) return -E.NOENT;
      if (isDirectory(s, inode)) return -E.ISDIR;
      unnameLocked(s, dir, name, inode);
      return 0;
    });
  }

  override rmdir(lx: Lx, path: string): number {
    return this.#inDir(lx, path, (s, dir, name, inode) => {
      if (inode === 0) return -E.NOENT;
      if (!isDirectory(s, inode)) return -E.NOTDIR;
      if (s.i32[inode + Inode.count] > 0) return -E.NOTEMPTY;
      unnameLocked(s, dir, name, inode);
      return 0;
    });
  }

  override rename(lx: Lx, from: string, to: string, flags: number): number {
    return this.#inDir(lx, from, (s, fromDir, fromName, inode) => {
      if (inode === 0) return -E.NOENT;
      const { dir, name: toName } = split(to);
      const toDir = this.#dirLocked(s, dir);
      if (toDir < 0) return toDir;
      const target = lookupLocked(s, toDir, toName);
      if (flags & RENAME.NOREPLACE && target !== 0) return -E.EXIST;
      if (flags & RENAME.EXCHANGE && target === 0) return -E.NOENT;
      if (inode === target) return 0;
      if (isInsideLocked(s, toDir, inode)) return -E.INVAL;
      if (flags & RENAME.EXCHANGE) {
        replaceLocked(s, fromDir, fromName, target);
        replaceLocked(s, toDir, toName, inode);
        movedLocked(s, target, toDir, fromDir);
      } else {
        const refused = target === 0 ? 0 : replaceableLocked(s, inode, target);
        if (refused < 0) return refused;
        addOrReplaceLocked(s, toDir, toName, target, inode);
        removeLocked(s, fromDir, fromName);
      }
      movedLocked(s, inode, fromDir, toDir);
      touchLocked(s, fromDir);
      touchLocked(s, toDir);
      return 0;
    });
  }

  // ---- changing

  override chmod(lx: Lx, path: string, mode: number): number {
    return this.#change(lx, path, (s, inode) => chmodLocked(s, inode, mode));
  }
  override chown(lx: Lx, path: string, uid: number, gid: number): number {
    return this.#change(lx, path, (s, inode) => chownLocked(s, inode, uid, gid));
  }
  override utimes(lx: Lx, path: string, atime: SetTime, mtime: SetTime): number {
    return this.#change(lx, path, (s, inode) => utimesLocked(s, inode, atime, mtime));
  }
  /** By way of a description: it may be mapped shared. */
  override truncate(lx: Lx, path: string, length: number): number {
    const inode = this.#change(lx, path, (s, found) => {
      if (isDirectory(s, found)) return -E.ISDIR;
      return typeOf(s, found) === S.IFREG ? holdLocked(s, found) : -E.INVAL;
    });
    if (inode < 0) return inode;
    const file = newDescription(lx, FileKind.tmpFile, inode, O.WRONLY, path);
    const result = fileOps(lx.k, file).truncate(lx, file, length);
    filePut(lx, file);
    return result;
  }

  override readonly xattrs = (lx: Lx, path: string): XattrStore => ({
    get: (name) => {
      const value = this.#at<string | undefined>(lx, path, (s, i) => getXattrLocked(s, i, name));
      return typeof value === 'number' ? undefined : value;
    },
    list: () => {
      const found = this.#at(lx, path, listXattrsLocked);
      return typeof found === 'number' ? [] : found;
    },
    set: (name, value) => this.#change(lx, path, (s, i) => setXattrLocked(s, i, name, value)),
    remove: (name) => this.#change(lx, path, (s, i) => removeXattrLocked(s, i, name)) === 1,
  });
}

// ---- what descriptors need as well

/** Runs `body` with the store's lock; no room is −ENOSPC. */
export function locked<T>(s: Store, body: () => T): T | number {
  try {
    return s.locked(body);
  } catch (error) {
    if (error instanceof StoreFull) return -E.NOSPC;
    throw error;
  }
}

export function entriesLocked(s: Store, dir: number): DirEntry[] | number {
  if (!isDirectory(s, dir)) return -E.NOTDIR;
  // The newest first, as Linux's tmpfs lists them.
  return namesLocked(s, dir)
    .reverse()
    .map(({ name, inode }) => ({
      name,
      type: typeOf(s, inode) >> 12,
      ino: s.i32[inode + Inode.ino],
    }));
}

export function chmodLocked(s: Store, inode: number, mode: number): number {
  if (typeOf(s, inode) === S.IFLNK) return -E.OPNOTSUPP;
  s.i32[inode + Inode.mode] = typeOf(s, inode) | (mode & 0o7777);
  changedLocked(s, inode);
  return 0;
}

/** −1 leaves an id. A program loses its set-id bits with its owner (chown(2)). */
export function chownLocked(s: Store, inode: number, uid: number, gid: number): number {
  const { i32 } = s;
  if (uid !== -1) i32[inode + Inode.uid] = uid;
  if (gid !== -1) i32[inode + Inode.gid] = gid;
  const mode = i32[inode + Inode.mode];
  if (typeOf(s, inode) === S.IFREG && mode & 0o111) {
    const setGid = mode & 0o010 ? S.ISGID : 0;
    i32[inode + Inode.mode] = mode & ~(S.ISUID | setGid);
  }
  changedLocked(s, inode);
  return 0;
}

export function utimesLocked(s: Store, inode: number, atime: SetTime, mtime: SetTime): number {
  if (atime !== undefined) s.i64[(inode + Inode.atime) >> 1] = atime;
  if (mtime !== undefined) s.i64[(inode + Inode.mtime) >> 1] = mtime;
  changedLocked(s, inode);
  return 0;
}

export function tmpfsStat(s: Store): FsStat {
  const free = Math.floor((s.limit - s.used) / 4096);
  return {
    type: MAGIC.tmpfs,
    bsize: 4096,
    blocks: Math.floor(s.limit / 4096),
    bfree: free,
    bavail: free,
    files: 1 << 20,
    ffree: 1 << 20,
    flags: ST_VALID | 0x1000,
  };
}

/** Counts an open description (or one that is about to be). */
export function holdLocked(s: Store, inode: number): number {
  s.i32[inode + Inode.opens]++;
  return inode;
}

/** Undoes holdLocked(); answers `result`. */
export function letGo(s: Store, inode: number, result = 0): number {
  s.locked(() => {
    s.i32[inode + Inode.opens]--;
    dropIfUnusedLocked(s, inode);
  });
  return result;
}

/** A description of an inode that is held; the hold becomes the description's. */
export function openInode(lx: Lx, inode: number, flags: number, abs: string): number {
  const s = storeOf(lx);
  const type = typeOf(s, inode);
  const path = abs === '' ? '/' : abs;
  if (type === S.IFLNK && !(flags & O.PATH && flags & O.NOFOLLOW)) return letGo(s, inode, -E.LOOP);
  if (flags & O.PATH) {
    return letGo(s, inode, openVirtualDir(lx, flags, path, type === S.IFDIR));
  }
  if (type === S.IFREG) {
    if (flags & O.DIRECTORY) return letGo(s, inode, -E.NOTDIR);
    const file = newDescription(lx, FileKind.tmpFile, inode, flags, path);
    if (flags & O.TRUNC) fileOps(lx.k, file).truncate(lx, file, 0);
    return file;
  }
  if (type === S.IFDIR) {
    const writes = (flags & O.ACCMODE) !== O.RDONLY || (flags & O.CREAT) !== 0;
    if (writes) return letGo(s, inode, -E.ISDIR);
    return newDescription(lx, FileKind.tmpDir, inode, flags, path);
  }
  if (flags & O.DIRECTORY) return letGo(s, inode, -E.NOTDIR);
  const { dev, ino, rdev } = s.locked(() => attrLocked(s, inode));
  letGo(s, inode);
  if (type === S.IFIFO) return openFifo(lx, `${dev}:${ino}`, flags, path);
  return type === S.IFCHR ? openDevice(lx, rdev, flags, path) : -E.NXIO;
}

function newDescription(
  lx: Lx,
  kind: FileKind,
  inode: number,
  flags: number,
  path: string,
): number {
  const file = newFile(lx.k, kind, flags, path);
  lx.k.i32[file + File.a] = inode;
  return file;
}
