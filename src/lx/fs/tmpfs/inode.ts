// Inodes of in-memory files. All functions expect the store's lock to be held.
import { S } from '../../abi/stat.ts';
import type { Attr } from '../../vfs/file-system.ts';
import { dataBytes, dropDataLocked } from './data.ts';
import { dropDirLocked, newDirLocked } from './dir.ts';
import { Inode } from './layout.ts';
import type { Store } from './store.ts';

/** Now, in ns; as fine as the clock is. */
export const nowNs = (): bigint =>
  BigInt(Math.round((performance.timeOrigin + performance.now()) * 1000)) * 1000n;

export interface NewInode {
  readonly dev: number;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

export function newInodeLocked(s: Store, { dev, mode, uid, gid }: NewInode): number {
  const { i32 } = s;
  const inode = s.takeLocked(Inode.SIZE);
  i32[inode + Inode.ino] = s.newInoLocked();
  i32[inode + Inode.dev] = dev;
  i32[inode + Inode.mode] = mode;
  i32[inode + Inode.uid] = uid;
  i32[inode + Inode.gid] = gid;
  const now = nowNs();
  for (const field of [Inode.atime, Inode.mtime, Inode.ctime, Inode.btime]) {
    s.i64[(inode + field) >> 1] = now;
  }
  if ((mode & S.IFMT) === S.IFDIR) {
    i32[inode + Inode.nlink] = 2;
    try {
      newDirLocked(s, inode);
    } catch (error) {
      s.giveLocked(inode);
      throw error;
    }
  }
  return inode;
}

/** A directory that is the root of a file system of its own. */
export function newRootLocked(s: Store, mode: number, uid = 0, gid = 0): number {
  const inode = newInodeLocked(s, { dev: s.newDevLocked(), mode: S.IFDIR | mode, uid, gid });
  s.i32[inode + Inode.parent] = inode;
  return inode;
}

export const typeOf = (s: Store, inode: number): number => s.i32[inode + Inode.mode] & S.IFMT;
export const isDirectory = (s: Store, inode: number): boolean => typeOf(s, inode) === S.IFDIR;

/** Frees an inode that has neither a name nor an open description. */
export function dropIfUnusedLocked(s: Store, inode: number): void {
  const { i32 } = s;
  if (i32[inode + Inode.nlink] > 0 || i32[inode + Inode.opens] > 0) return;
  const type = typeOf(s, inode);
  if (type === S.IFREG) dropDataLocked(s, inode);
  else if (type === S.IFDIR) dropDirLocked(s, inode);
  else if (type === S.IFLNK) s.giveLocked(i32[inode + Inode.data]);
  for (let xattr = i32[inode + Inode.xattrs]; xattr !== 0; ) {
    const next = i32[xattr];
    for (const object of [i32[xattr + 1], i32[xattr + 2], xattr]) s.giveLocked(object);
    xattr = next;
  }
  s.giveLocked(inode);
}

/** mtime and ctime are now. */
export function touchLocked(s: Store, inode: number): void {
  const now = nowNs();
  s.i64[(inode + Inode.mtime) >> 1] = now;
  s.i64[(inode + Inode.ctime) >> 1] = now;
}

export function changedLocked(s: Store, inode: number): void {
  s.i64[(inode + Inode.ctime) >> 1] = nowNs();
}

const DIR_ENTRY_BYTES = 20;

export function attrLocked(s: Store, inode: number): Attr {
  const { i32, i64 } = s;
  const mode = i32[inode + Inode.mode];
  const type = mode & S.IFMT;
  const bytes = type === S.IFREG ? dataBytes(s, inode) : 0;
  const [atime, atimeNsec] = split(i64[(inode + Inode.atime) >> 1]);
  const [mtime, mtimeNsec] = split(i64[(inode + Inode.mtime) >> 1]);
  const [ctime, ctimeNsec] = split(i64[(inode + Inode.ctime) >> 1]);
  const [btime, btimeNsec] = split(i64[(inode + Inode.btime) >> 1]);
  return {
    dev: i32[inode + Inode.dev],
    ino: i32[inode + Inode.ino],
    mode,
    nlink: i32[inode + Inode.nlink],
    uid: i32[inode + Inode.uid] >>> 0,
    gid: i32[inode + Inode.gid] >>> 0,
    rdev: i32[inode + Inode.rdev] >>> 0,
    size:
      type === S.IFDIR
        ? (i32[inode + Inode.count] + 2) * DIR_ENTRY_BYTES
        : s.f64[(inode + Inode.size) >> 1],
    blksize: 4096,
    blocks: Math.ceil(bytes / 4096) * 8,
    atime,
    atimeNsec,
    mtime,
    mtimeNsec,
    ctime,
    ctimeNsec,
    btime,
    btimeNsec,
  };
}

const BILLION = 1_000_000_000n;

/** Seconds and nanoseconds, the latter never negative. */
function split(ns: bigint): [number, number] {
  const nsec = ((ns % BILLION) + BILLION) % BILLION;
  return [Number((ns - nsec) / BILLION), Number(nsec)];
}
