// From the arguments of a system call (directory descriptor, pointer to a path) to a place: the current directory and
// root of the process, the namespace of mounts, and walk.ts put together.
import { E } from '../abi/errno.ts';
import { AT } from '../abi/fcntl.ts';
import { fdGet } from '../kernel/files.ts';
import type { Lx, SessionConfig } from '../kernel/lx.ts';
import { fsOf } from '../kernel/process.ts';
import { FsInfo } from '../kernel/task.ts';
import { readCached } from './bytes.ts';
import { fileInode } from './file-inode.ts';
import type { Namespace } from './namespace.ts';
import type { Where } from './where.ts';

// ---- the namespace of this worker

let makeNamespace: (config: SessionConfig) => Namespace = () => {
  throw new Error('lxcore: no file systems registered');
};
let namespace: Namespace | undefined;
let madeFor: SessionConfig | undefined;

/** fs/mounts.ts says here what a session has mounted; vfs itself knows no file system. */
export function setNamespaceMaker(make: (config: SessionConfig) => Namespace): void {
  makeNamespace = make;
}

export function namespaceOf(lx: Lx): Namespace {
  if (namespace === undefined || madeFor !== lx.config) {
    namespace = makeNamespace(lx.config);
    madeFor = lx.config;
  }
  return namespace;
}

// ---- current directory and root: canonical guest paths, '' for the root of all

let lastCwd = '';
let lastRoot = '';

export function cwdOf(lx: Lx): string {
  lastCwd = readCached(lx.k, lx.k.i32[fsOf(lx) + FsInfo.cwd], lastCwd);
  return lastCwd === '/' ? '' : lastCwd;
}

export function rootOf(lx: Lx): string {
  lastRoot = readCached(lx.k, lx.k.i32[fsOf(lx) + FsInfo.root], lastRoot);
  return lastRoot === '/' ? '' : lastRoot;
}

export function setFsPath(lx: Lx, field: number, abs: string): void {
  const { k } = lx;
  k.locked(() => k.setStringLocked(fsOf(lx) + field, abs === '' ? '/' : abs));
}

// ---- lookups

/** Where `path` leads from directory descriptor `dirfd`. Flags of walk.ts. */
export function lookupPath(lx: Lx, dirfd: number, path: string, flags: number): Where | number {
  if (path.length === 0) return -E.NOENT;
  let base = '';
  if (path.charCodeAt(0) !== 47) {
    const from = baseOf(lx, dirfd);
    if (typeof from === 'number') return from;
    base = from;
  }
  return namespaceOf(lx).lookup(lx, base, path, flags, rootOf(lx));
}

/** The same for a path in guest memory. */
export const lookup = (lx: Lx, dirfd: number, path: number, flags: number): Where | number =>
  lookupPath(lx, dirfd, lx.mem.cstring(path), flags);

/** The canonical directory that relative paths start from. */
export function baseOf(lx: Lx, dirfd: number): string | number {
  if (dirfd === AT.FDCWD) return cwdOf(lx);
  const file = fdGet(lx, dirfd);
  if (file === 0) return -E.BADF;
  return fileInode(lx, file).dirPath(lx, file);
}

/** What the guest sees of a canonical path: without the process's root, or marked when it lies outside. */
export function visiblePath(lx: Lx, abs: string): string {
  const root = rootOf(lx);
  if (root === '') return abs === '' ? '/' : abs;
  if (abs === root) return '/';
  return abs.startsWith(`${root}/`) ? abs.slice(root.length) : `(unreachable)${abs}`;
}
