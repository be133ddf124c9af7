// Filling an in-memory file system from outside of the guest: what a tar holds. Paths are byte strings below the root;
// `..` and symlinks on the way are not followed, so that nothing is put anywhere else.
import { S } from '../../abi/stat.ts';
import { resizeLocked, writeLocked } from './data.ts';
import { lookupLocked, removeLocked } from './dir.ts';
import { dropIfUnusedLocked, isDirectory, newInodeLocked } from './inode.ts';
import { Inode } from './layout.ts';
import { nameLocked } from './names.ts';
import { type Store, StoreFull } from './store.ts';
import { setXattrLocked } from './xattr.ts';

export interface NewEntry {
  /** S_IF* and permissions. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtimeNs: bigint;
  readonly rdev?: number;
  /** Of a symlink. */
  readonly target?: string;
  readonly xattrs?: Readonly<Record<string, string>>;
}

/** A path that cannot be: '..' in it, or a file where a directory is needed. */
export class BadPath extends Error {}

const DIR_MODE = 0o755;

function partsOf(path: string): string[] {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) throw new BadPath(`'..' in ${path}`);
  return parts;
}

/** The directory of a path, made where it is missing. */
function parentLocked(s: Store, root: number, parts: readonly string[]): number {
  let dir = root;
  for (const part of parts.slice(0, -1)) {
    let next = lookupLocked(s, dir, part);
    if (next === 0) {
      next = newInodeLocked(s, ownerless(s, root, S.IFDIR | DIR_MODE));
      nameLocked(s, dir, part, next);
    } else if (!isDirectory(s, next)) {
      throw new BadPath(`${parts.join('/')}: ${part} is no directory`);
    }
    dir = next;
  }
  return dir;
}

const ownerless = (s: Store, root: number, mode: number) => ({
  dev: s.i32[root + Inode.dev],
  mode,
  uid: 0,
  gid: 0,
});

/** Makes an entry, in the place of what had its name (a directory only changes its attributes); answers its inode. */
export function addEntry(s: Store, root: number, path: string, entry: NewEntry): number {
  return s.locked(() => {
    const parts = partsOf(path);
    const name = parts.at(-1);
    const dir = parentLocked(s, root, parts);
    const there = name === undefined ? root : lookupLocked(s, dir, name);
    const isDir = (entry.mode & S.IFMT) === S.IFDIR;
    const keeps = there !== 0 && isDir && isDirectory(s, there);
    if (there !== 0 && !keeps) replaceableLocked(s, dir, name ?? '/', there);
    const inode = keeps ? there : newInodeLocked(s, ownerless(s, root, entry.mode));
    if (!keeps) nameLocked(s, dir, name!, inode);
    setAttributesLocked(s, inode, entry);
    return inode;
  });
}

/** Takes the name away from what has it, unless that is a directory. */
function replaceableLocked(s: Store, dir: number, name: string, there: number): void {
  if (isDirectory(s, there)) throw new BadPath(`${name} is a directory already`);
  removeLocked(s, dir, name);
  s.i32[there + Inode.nlink]--;
  dropIfUnusedLocked(s, there);
}

function setAttributesLocked(s: Store, inode: number, entry: NewEntry): void {
  const { i32 } = s;
  i32[inode + Inode.mode] = entry.mode;
  i32[inode + Inode.uid] = entry.uid;
  i32[inode + Inode.gid] = entry.gid;
  i32[inode + Inode.rdev] = entry.rdev ?? 0;
  if (entry.target !== undefined) {
    i32[inode + Inode.data] = s.takeStringLocked(entry.target);
    s.f64[(inode + Inode.size) >> 1] = entry.target.length;
  }
  for (const [name, value] of Object.entries(entry.xattrs ?? {})) {
    setXattrLocked(s, inode, name, value);
  }
  setTimes(s, inode, entry.mtimeNs);
}

export function setTimes(s: Store, inode: number, ns: bigint): void {
  for (const field of [Inode.atime, Inode.mtime]) s.i64[(inode + field) >> 1] = ns;
}

export function appendData(s: Store, inode: number, bytes: Uint8Array): void {
  s.locked(() => {
    const size = s.f64[(inode + Inode.size) >> 1];
    if (writeLocked(s, inode, bytes, 0, bytes.length, size) < bytes.length) {
      throw new StoreFull();
    }
  });
}

/** `bytes` zeroes more, as a hole. */
export function appendHole(s: Store, inode: number, bytes: number): void {
  s.locked(() => resizeLocked(s, inode, s.f64[(inode + Inode.size) >> 1] + bytes));
}

/** A hard link to an entry made before. */
export function addHardLink(s: Store, root: number, path: string, target: string): void {
  s.locked(() => {
    const to = partsOf(target);
    const inode = lookupLocked(s, parentLocked(s, root, to), to.at(-1) ?? '');
    if (inode === 0 || isDirectory(s, inode)) throw new BadPath(`no file to link to: ${target}`);
    const parts = partsOf(path);
    const dir = parentLocked(s, root, parts);
    const name = parts.at(-1) ?? '';
    const there = lookupLocked(s, dir, name);
    if (there === inode) return;
    if (there !== 0) replaceableLocked(s, dir, name, there);
    const { nlink } = Inode;
    const links = s.i32[inode + nlink];
    nameLocked(s, dir, name, inode);
    s.i32[inode + nlink] = links + 1;
  });
}
