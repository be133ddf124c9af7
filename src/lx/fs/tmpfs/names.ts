// Names of a tmpfs's inodes: giving one, taking it away, renaming. Link counts and parents go with them.
import { E } from '../../abi/errno.ts';
import { S } from '../../abi/stat.ts';
import type { Lx } from '../../kernel/lx.ts';
import { fsgid, fsuid } from '../../vfs/permission.ts';
import { addLocked, removeLocked, replaceLocked } from './dir.ts';
import {
  changedLocked,
  dropIfUnusedLocked,
  isDirectory,
  newInodeLocked,
  touchLocked,
} from './inode.ts';
import { Inode } from './layout.ts';
import type { Store } from './store.ts';

export function split(path: string): { dir: string; name: string } {
  const slash = path.lastIndexOf('/');
  return { dir: path.slice(0, slash), name: path.slice(slash + 1) };
}

/** A new inode with a name. */
export function makeLocked(lx: Lx, s: Store, dir: number, name: string, mode: number): number {
  const { i32 } = s;
  const inherits = (i32[dir + Inode.mode] & S.ISGID) !== 0;
  const gid = inherits ? i32[dir + Inode.gid] : fsgid(lx);
  const isDir = (mode & S.IFMT) === S.IFDIR;
  const bits = inherits && isDir ? mode | S.ISGID : mode;
  const dev = i32[dir + Inode.dev];
  const inode = newInodeLocked(s, { dev, mode: bits, uid: fsuid(lx), gid });
  nameLocked(s, dir, name, inode);
  return inode;
}

/** Gives a new inode its first name; it is freed if there is no room for that. */
export function nameLocked(s: Store, dir: number, name: string, inode: number): void {
  const { i32 } = s;
  try {
    addLocked(s, dir, name, inode);
  } catch (error) {
    i32[inode + Inode.nlink] = 0;
    dropIfUnusedLocked(s, inode);
    throw error;
  }
  if (isDirectory(s, inode)) {
    i32[inode + Inode.parent] = dir;
    i32[dir + Inode.nlink]++;
  } else {
    i32[inode + Inode.nlink] = 1;
  }
  touchLocked(s, dir);
}

export function unnameLocked(s: Store, dir: number, name: string, inode: number): void {
  removeLocked(s, dir, name);
  lostNameLocked(s, dir, inode);
  touchLocked(s, dir);
}

/** One name less for `inode`, which was in `dir`. */
function lostNameLocked(s: Store, dir: number, inode: number): void {
  const { i32 } = s;
  if (isDirectory(s, inode)) {
    i32[inode + Inode.nlink] = 0;
    i32[dir + Inode.nlink]--;
    s.bumpGeneration();
  } else {
    i32[inode + Inode.nlink]--;
  }
  changedLocked(s, inode);
  dropIfUnusedLocked(s, inode);
}

/** May rename(2) put `inode` where `target` is? */
export function replaceableLocked(s: Store, inode: number, target: number): number {
  if (!isDirectory(s, target)) return isDirectory(s, inode) ? -E.NOTDIR : 0;
  if (!isDirectory(s, inode)) return -E.ISDIR;
  return s.i32[target + Inode.count] > 0 ? -E.NOTEMPTY : 0;
}

export function addOrReplaceLocked(
  s: Store,
  dir: number,
  name: string,
  target: number,
  inode: number,
): void {
  if (target === 0) return addLocked(s, dir, name, inode);
  replaceLocked(s, dir, name, inode);
  lostNameLocked(s, dir, target);
}

export function movedLocked(s: Store, inode: number, from: number, to: number): void {
  const { i32 } = s;
  changedLocked(s, inode);
  if (!isDirectory(s, inode)) return;
  i32[inode + Inode.parent] = to;
  i32[from + Inode.nlink]--;
  i32[to + Inode.nlink]++;
  s.bumpGeneration();
}

/** Is `dir` the directory `inode`, or below it? */
export function isInsideLocked(s: Store, dir: number, inode: number): boolean {
  const { i32 } = s;
  for (let at = dir; ; at = i32[at + Inode.parent]) {
    if (at === inode) return true;
    if (i32[at + Inode.parent] === at) return false;
  }
}
