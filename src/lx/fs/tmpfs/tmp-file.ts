// Open files and directories of in-memory file systems. File.a: the inode, which a description holds.
import { E } from '../../abi/errno.ts';
import { FALLOC, O } from '../../abi/fcntl.ts';
import { S } from '../../abi/stat.ts';
import { File, FileKind, type FileOps, registerFileOps } from '../../kernel/file.ts';
import type { Lx } from '../../kernel/lx.ts';
import { overlay, truncateThrough, writeThrough } from '../../mm/shared-file.ts';
import { type Backing, registerBacking } from '../../mm/shared-object.ts';
import { type FileInode, registerFileInode } from '../../vfs/file-inode.ts';
import { namespaceOf } from '../../vfs/paths.ts';
import { insideOf } from '../virtual-dir.ts';
import { readLocked, resizeLocked, writeLocked } from './data.ts';
import { pathOfLocked } from './dir.ts';
import { attrLocked, nowNs, touchLocked, typeOf } from './inode.ts';
import { Inode } from './layout.ts';
import { storeOf } from './store.ts';
import {
  chmodLocked,
  chownLocked,
  entriesLocked,
  holdLocked,
  letGo,
  locked,
  openInode,
  TmpFs,
  tmpfsStat,
  utimesLocked,
} from './tmpfs.ts';

const inodeOf = (lx: Lx, file: number): number => lx.k.i32[file + File.a];

const sizeOf = (lx: Lx, file: number): number =>
  storeOf(lx).f64[(inodeOf(lx, file) + Inode.size) >> 1];

/** How the pages of a file that is mapped shared come and go. */
export const tmpBacking: Backing = {
  size: sizeOf,
  read(lx, file, buf, off, len, pos) {
    const s = storeOf(lx);
    return s.locked(() => readLocked(s, inodeOf(lx, file), buf, off, len, pos));
  },
  write(lx, file, buf, off, len, pos) {
    const s = storeOf(lx);
    const inode = inodeOf(lx, file);
    return locked(s, () => {
      const written = writeLocked(s, inode, buf, off, len, pos);
      if (written > 0) touchLocked(s, inode);
      return written;
    });
  },
  identity(lx, file) {
    const s = storeOf(lx);
    const inode = inodeOf(lx, file);
    return { dev: BigInt(s.i32[inode + Inode.dev]), ino: BigInt(s.i32[inode + Inode.ino]) };
  },
};

registerBacking(FileKind.tmpFile, tmpBacking);

/** As mounts have it by default (relatime): only if it was older than the last change. */
function accessed(lx: Lx, file: number): void {
  const s = storeOf(lx);
  const inode = inodeOf(lx, file);
  const [atime, mtime] = [(inode + Inode.atime) >> 1, (inode + Inode.mtime) >> 1];
  if (s.i64[atime] <= s.i64[mtime]) s.i64[atime] = nowNs();
}

function append(lx: Lx, file: number, buf: Uint8Array, off: number, len: number): number {
  const s = storeOf(lx);
  const inode = inodeOf(lx, file);
  return locked(s, () => {
    const at = s.f64[(inode + Inode.size) >> 1];
    const written = writeLocked(s, inode, buf, off, len, at);
    if (written > 0) touchLocked(s, inode);
    lx.k.f64[(file + File.pos) >> 1] = at + written;
    return written;
  });
}

const appends = (lx: Lx, file: number): boolean => (lx.k.i32[file + File.flags] & O.APPEND) !== 0;

export const tmpFileOps: Partial<FileOps> = {
  seekable: true,

  read(lx, file, buf, off, len, pos) {
    accessed(lx, file);
    const got = tmpBacking.read(lx, file, buf, off, len, pos);
    overlay(lx, file, buf, off, got, pos);
    return got;
  },

  write(lx, file, buf, off, len, pos) {
    if (!appends(lx, file)) {
      const write = (): number => tmpBacking.write(lx, file, buf, off, len, pos);
      return writeThrough(lx, file, buf, off, write, () => pos);
    }
    const start = (written: number): number => lx.k.f64[(file + File.pos) >> 1] - written;
    return writeThrough(lx, file, buf, off, () => append(lx, file, buf, off, len), start);
  },

  size: sizeOf,

  truncate(lx, file, length) {
    const s = storeOf(lx);
    return truncateThrough(lx, file, length, () =>
      locked(s, () => {
        resizeLocked(s, inodeOf(lx, file), length);
        touchLocked(s, inodeOf(lx, file));
        return 0;
      }),
    );
  },

  sync: () => 0,
  release,
};

registerFileOps(FileKind.tmpFile, tmpFileOps);
registerFileOps(FileKind.tmpDir, {
  seekable: true,
  read: () => -E.ISDIR,
  write: () => -E.BADF,
  sync: () => 0,
  release,
});

function release(lx: Lx, file: number): void {
  letGo(storeOf(lx), inodeOf(lx, file));
}

/** A change of the inode through a descriptor, unless the mount is read-only. */
function change(lx: Lx, file: number, body: (inode: number) => number): number {
  if (insideOf(lx, file).fs.readOnly) return -E.ROFS;
  return locked(storeOf(lx), () => body(inodeOf(lx, file)));
}

const common: Partial<FileInode> = {
  attr(lx, file) {
    const s = storeOf(lx);
    return s.locked(() => attrLocked(s, inodeOf(lx, file)));
  },
  chmod: (lx, file, mode) => change(lx, file, (inode) => chmodLocked(storeOf(lx), inode, mode)),
  chown: (lx, file, uid, gid) =>
    change(lx, file, (inode) => chownLocked(storeOf(lx), inode, uid, gid)),
  utimes: (lx, file, atime, mtime) =>
    change(lx, file, (inode) => utimesLocked(storeOf(lx), inode, atime, mtime)),
  statfs: (lx) => tmpfsStat(storeOf(lx)),

  reopen(lx, file, flags) {
    const s = storeOf(lx);
    if ((flags & (O.CREAT | O.EXCL)) === (O.CREAT | O.EXCL)) return -E.EXIST;
    const writes = (flags & (O.ACCMODE | O.TRUNC)) !== 0;
    if (writes && typeOf(s, inodeOf(lx, file)) === S.IFREG && insideOf(lx, file).fs.readOnly) {
      return -E.ROFS;
    }
    return reopenInode(lx, file, flags);
  },
};

/** Another description of the inode, whatever the mount says. */
export function reopenInode(lx: Lx, file: number, flags: number): number {
  const s = storeOf(lx);
  const inode = s.locked(() => holdLocked(s, inodeOf(lx, file)));
  const path = lx.k.readString(lx.k.i32[file + File.path]);
  return openInode(lx, inode, flags & ~(O.CREAT | O.NOFOLLOW), path);
}

export const tmpFileInode: Partial<FileInode> = {
  ...common,

  linkText(lx, file) {
    const path = lx.k.readString(lx.k.i32[file + File.path]);
    const gone = storeOf(lx).i32[inodeOf(lx, file) + Inode.nlink] === 0;
    return gone && !path.endsWith(' (deleted)') ? `${path} (deleted)` : path;
  },

  linkTo(lx, file, to) {
    return to.fs instanceof TmpFs ? to.fs.linkInode(lx, inodeOf(lx, file), to.path) : -E.XDEV;
  },

  fallocate(lx, file, mode, offset, length) {
    if (mode & ~FALLOC.KEEP_SIZE) return -E.OPNOTSUPP;
    if (mode & FALLOC.KEEP_SIZE) return 0;
    const s = storeOf(lx);
    const inode = inodeOf(lx, file);
    return locked(s, () => {
      if (offset + length <= s.f64[(inode + Inode.size) >> 1]) return 0;
      if (offset + length - s.f64[(inode + Inode.size) >> 1] > s.limit - s.used) return -E.NOSPC;
      resizeLocked(s, inode, offset + length);
      touchLocked(s, inode);
      return 0;
    });
  },
};

registerFileInode(FileKind.tmpFile, tmpFileInode);

/** The directory's path now, whatever it was called when it was opened; undefined if it was removed. */
function dirNow(lx: Lx, file: number): string | undefined {
  const s = storeOf(lx);
  const path = s.locked(() => pathOfLocked(s, inodeOf(lx, file)));
  if (path === undefined) return undefined;
  const mount = namespaceOf(lx).mountOf(lx.k.readString(lx.k.i32[file + File.path]));
  return mount.abs + path;
}

registerFileInode(FileKind.tmpDir, {
  ...common,
  list(lx, file) {
    const s = storeOf(lx);
    return s.locked(() => entriesLocked(s, inodeOf(lx, file)));
  },
  dirPath: (lx, file) => dirNow(lx, file) ?? lx.k.readString(lx.k.i32[file + File.path]),
  linkText(lx, file) {
    const now = dirNow(lx, file);
    if (now === undefined) return `${lx.k.readString(lx.k.i32[file + File.path])} (deleted)`;
    return now === '' ? '/' : now;
  },
});
