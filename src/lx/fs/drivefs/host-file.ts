// Open regular files, directories and O_PATH descriptors of the host. A description keeps its own position and uses
// positional host calls; the host descriptor is one number for all workers, as they share a process.
//
// Standard streams that were inherited and are regular files share their offset with whoever started lxjit
// (`(lxjit head -1; cat) < f`). Node has no lseek: for reading, the offset is taken from the host's fdinfo at the start
// and the host's is moved on by reading at the end; what can only be written uses the host's offset for each write.
import {
  closeSync,
  fchmodSync,
  fchownSync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  futimesSync,
  readFileSync,
  readlinkSync,
  readSync,
  statfsSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { host } from '../../../host/host.ts';
import { E } from '../../abi/errno.ts';
import { FALLOC, O } from '../../abi/fcntl.ts';
import { S, ST_VALID } from '../../abi/stat.ts';
import { File, FileKind, type FileOps, registerFileOps } from '../../kernel/file.ts';
import { newFile } from '../../kernel/files.ts';
import { Fixed } from '../../kernel/fixed.ts';
import type { Kernel } from '../../kernel/kmem.ts';
import type { Lx } from '../../kernel/lx.ts';
import { flushFile, overlay, truncateThrough, writeThrough } from '../../mm/shared-file.ts';
import { type Backing, registerBacking } from '../../mm/shared-object.ts';
import { type FileInode, registerFileInode } from '../../vfs/file-inode.ts';
import type { FsStat, Ino } from '../../vfs/file-system.ts';
import type { Where } from '../../vfs/where.ts';
import { insideOf } from '../virtual-dir.ts';
import { DriveFs } from './drivefs.ts';
import { keepIds, keepTimes, listHost, setTimes } from './host-attr.ts';
import { hostCalls } from './host-calls.ts';
import { attempt, done, hostError, hostPath } from './host-errors.ts';
import { HostFlag } from './host-flags.ts';
import { spawnHost } from './spawn.ts';

// File.a: host descriptor. File.b: HostFlag bits. File.c: for directories the fsGeneration at which File.path was right;
// for files a descriptor that F_SETFL replaced, + 1.

const fdOf = (lx: Lx, file: number): number => lx.k.i32[file + File.a];
const byFd = (fd: number): string => `/proc/self/fd/${fd}`;

/** A host path of an open file: by its descriptor where the host can do that, else by the name that it was opened by. */
function pathOf(lx: Lx, file: number): string | Buffer {
  if (host.isLinux) return byFd(fdOf(lx, file));
  const { fs, path } = insideOf(lx, file);
  return fs instanceof DriveFs ? hostPath(fs.reach(lx, path)) : byFd(fdOf(lx, file));
}

function hostRead(
  lx: Lx,
  file: number,
  buf: Uint8Array,
  off: number,
  len: number,
  pos: number,
): number {
  try {
    return readSync(lx.k.i32[file + File.a], buf, off, len, pos);
  } catch (error) {
    return hostError(error);
  }
}

function usesHostOffset({ k: { i32 } }: Lx, file: number): boolean {
  const append = (i32[file + File.flags] & O.APPEND) !== 0;
  return append || (i32[file + File.b] & HostFlag.hostOffset) !== 0;
}

function hostWrite(
  lx: Lx,
  file: number,
  buf: Uint8Array,
  off: number,
  len: number,
  pos: number,
): number {
  const { i32, f64 } = lx.k;
  const fd = i32[file + File.a];
  try {
    if (!usesHostOffset(lx, file)) return writeSync(fd, buf, off, len, pos);
    const written = writeSync(fd, buf, off, len, null);
    if ((i32[file + File.flags] & O.APPEND) !== 0) f64[(file + File.pos) >> 1] = fstatSync(fd).size;
    return written;
  } catch (error) {
    return hostError(error);
  }
}

/** At a position, also where the host would append. */
function writePage(
  lx: Lx,
  file: number,
  buf: Uint8Array,
  off: number,
  len: number,
  pos: number,
): number {
  const fd = fdOf(lx, file);
  try {
    if ((lx.k.i32[file + File.b] & HostFlag.append) === 0) return writeSync(fd, buf, off, len, pos);
    const other = hostCalls.open(pathOf(lx, file), O.WRONLY);
    try {
      return writeSync(other, buf, off, len, pos);
    } finally {
      closeSync(other);
    }
  } catch (error) {
    return hostError(error);
  }
}

/** How the pages of a file that is mapped shared come and go. */
export const hostBacking: Backing = {
  size: (lx, file) => fstatSync(fdOf(lx, file)).size,
  read: hostRead,
  write: writePage,
  identity: (lx, file) => fstatSync(fdOf(lx, file), { bigint: true }),
};

export const hostFileOps: Partial<FileOps> = {
  seekable: true,

  read(lx, file, buf, off, len, pos) {
    const got = hostRead(lx, file, buf, off, len, pos);
    overlay(lx, file, buf, off, got, pos);
    return got;
  },

  write(lx, file, buf, off, len, pos) {
    const start = (written: number): number =>
      usesHostOffset(lx, file) ? fdInfo(fdOf(lx, file)).pos - written : pos;
    return writeThrough(lx, file, buf, off, () => hostWrite(lx, file, buf, off, len, pos), start);
  },

  size: (lx, file) => fstatSync(fdOf(lx, file)).size,
  truncate: (lx, file, length) =>
    truncateThrough(lx, file, length, () => done(() => ftruncateSync(fdOf(lx, file), length))),
  sync(lx, file) {
    const flushed = flushFile(lx, file);
    return flushed < 0 ? flushed : done(() => fsyncSync(fdOf(lx, file)));
  },
  release(lx, file) {
    const { i32 } = lx.k;
    if (i32[file + File.b] & HostFlag.inherited) return moveHostOffset(lx.k, file);
    if (i32[file + File.c] > 0) done(() => closeSync(i32[file + File.c] - 1));
    closeHost(i32[file + File.a]);
  },
};

/** close(2) of a descriptor that is open: an error is that of writing back, which nobody waits for here. */
function closeHost(fd: number): void {
  try {
    hostCalls.close(fd);
  } catch (error) {
    hostError(error);
  }
}

const hasFlag = (lx: Lx, file: number, flag: number): boolean =>
  (lx.k.i32[file + File.b] & flag) !== 0;

const isReadOnly = (lx: Lx, file: number): boolean => hasFlag(lx, file, HostFlag.readOnly);

/** A change of the inode, unless that is not the guest's to change. */
function change(lx: Lx, file: number, body: () => number): number {
  if (hasFlag(lx, file, HostFlag.lent)) return -E.PERM;
  return isReadOnly(lx, file) ? -E.ROFS : body();
}

const closeOnly = (lx: Lx, file: number): void => {
  if ((lx.k.i32[file + File.b] & HostFlag.inherited) === 0) done(() => closeSync(fdOf(lx, file)));
};

/** The host knows what became of the name: renamed, or gone (' (deleted)' is its own word for that). */
function hostName(lx: Lx, file: number): string {
  const stored = lx.k.readString(lx.k.i32[file + File.path]);
  if (lx.config.root !== '/' || lx.k.i32[file + File.a] < 0) return stored;
  let now = stored;
  done(() => {
    now = readlinkSync(byFd(fdOf(lx, file)), 'latin1');
  });
  return now;
}

const common: Partial<FileInode> = {
  linkText: hostName,
  attr(lx, file) {
    try {
      return hostCalls.fstat(lx.k.i32[file + File.a]);
    } catch (error) {
      return hostError(error);
    }
  },
  chmod: (lx, file, mode) => change(lx, file, () => done(() => fchmodSync(fdOf(lx, file), mode))),
  chown: (lx, file, uid, gid) =>
    change(lx, file, () => {
      const ids = keepIds(hostCalls.fstat(fdOf(lx, file)), uid, gid);
      if (typeof ids === 'number') return ids;
      return done(() => fchownSync(fdOf(lx, file), ids[0], ids[1]));
    }),
  utimes: (lx, file, atime, mtime) =>
    change(lx, file, () => {
      const times = keepTimes(hostCalls.fstat(fdOf(lx, file)), atime, mtime);
      if (typeof times === 'number') return times;
      const fd = fdOf(lx, file);
      return done(() =>
        setTimes(times, (a, m) => futimesSync(fd, a, m), `/proc/${process.pid}/fd/${fd}`, true),
      );
    }),
  statfs(lx, file) {
    let result: FsStat | number = -E.IO;
    const failed = done(() => {
      result = { ...statfsSync(pathOf(lx, file)), flags: ST_VALID | 0x1000 };
    });
    return failed < 0 ? failed : result;
  },
};

export const hostFileInode: Partial<FileInode> = {
  ...common,

  /** O_APPEND is the host's matter (appends of several processes do not overwrite each other), so it is opened anew. */
  flagsChanged(lx, file, flags) {
    const { i32 } = lx.k;
    const wants = (flags & O.APPEND) !== 0;
    if (wants === ((i32[file + File.b] & HostFlag.append) !== 0)) return 0;
    if (i32[file + File.b] & HostFlag.inherited) return 0;
    const old = i32[file + File.a];
    const mode = i32[file + File.flags] & O.ACCMODE;
    const fd = attempt(() =>
      hostCalls.open(pathOf(lx, file), mode | (flags & O.APPEND) | O.NONBLOCK),
    );
    if (fd < 0) return 0;
    i32[file + File.a] = fd;
    i32[file + File.b] ^= HostFlag.append;
    // Another thread may be using the old one just now: it is closed with the next change or at the end.
    const older = i32[file + File.c];
    i32[file + File.c] = old + 1;
    return older > 0 ? done(() => closeSync(older - 1)) : 0;
  },

  reopen: reopenHost,
  linkTo: linkOpen,

  /** Node has no fallocate: the size is set, holes are written as zeros; no blocks are reserved or freed. */
  fallocate(lx, file, mode, offset, length) {
    const fd = fdOf(lx, file);
    const { size } = fstatSync(fd);
    const keeps = (mode & FALLOC.KEEP_SIZE) !== 0;
    const punches = (mode & FALLOC.PUNCH_HOLE) !== 0;
    const zeroes = (mode & FALLOC.ZERO_RANGE) !== 0;
    if (punches && (!keeps || zeroes)) return -E.OPNOTSUPP;
    return done(() => {
      if (punches || zeroes) writeZeros(lx, file, offset, Math.min(offset + length, size));
      if (!keeps && offset + length > size) ftruncateSync(fd, offset + length);
    });
  },
};

const ZEROS = new Uint8Array(1 << 16);

function writeZeros(lx: Lx, file: number, start: number, end: number): void {
  const fd = fdOf(lx, file);
  for (let at = start; at < end; ) {
    const pos = at;
    const write = (): number => writeSync(fd, ZEROS, 0, Math.min(ZEROS.length, end - pos), pos);
    at += writeThrough(lx, file, ZEROS, 0, write, () => pos);
  }
}

/** Opens the host's descriptor anew: the same inode, whatever its name is now. */
function reopenHost(lx: Lx, file: number, flags: number): number {
  const { i32 } = lx.k;
  const wanted = flags & (O.ACCMODE | O.APPEND | O.TRUNC | O.DIRECTORY | O.PATH | O.EXCL | O.CREAT);
  if ((wanted & (O.CREAT | O.EXCL)) === (O.CREAT | O.EXCL)) return -E.EXIST;
  const writes = (wanted & (O.ACCMODE | O.TRUNC)) !== 0 && !(wanted & O.PATH);
  if (writes && isReadOnly(lx, file)) return -E.ROFS;
  if (hasFlag(lx, file, HostFlag.lent) && !isWithin(wanted, i32[file + File.flags])) {
    return -E.ACCES;
  }
  const type = hostCalls.fmode(fdOf(lx, file)) & S.IFMT;
  const isFile = type === S.IFREG;
  if (!isFile && type !== S.IFDIR && !(wanted & O.PATH)) return reopenSpecial(lx, file, flags);
  const fd = attempt(() => hostCalls.open(pathOf(lx, file), (wanted & ~O.CREAT) | O.NONBLOCK));
  if (fd < 0) return fd;
  const kind = flags & O.PATH ? FileKind.path : isFile ? FileKind.hostFile : FileKind.hostDir;
  const copy = newFile(lx.k, kind, flags, lx.k.readString(i32[file + File.path]));
  i32[copy + File.a] = fd;
  if (flags & O.APPEND) i32[copy + File.b] = HostFlag.append;
  if (flags & O.TRUNC && isFile) truncateThrough(lx, copy, 0, () => 0);
  i32[copy + File.b] |= i32[file + File.b] & (HostFlag.readOnly | HostFlag.lent);
  return copy;
}

/** Do open flags `wanted` give no more than `had` gave? */
function isWithin(wanted: number, had: number): boolean {
  if (wanted & O.PATH) return false; // it could be opened for anything afterwards
  const mode = had & O.ACCMODE;
  if (mode !== O.RDWR && (wanted & O.ACCMODE) !== mode) return false;
  return mode !== O.RDONLY || !(wanted & O.TRUNC);
}

/** What is behind an O_PATH descriptor and neither file nor directory: by its name. */
function reopenSpecial(lx: Lx, file: number, flags: number): number {
  const { fs, path } = insideOf(lx, file);
  return fs.open(lx, path, flags, 0, lx.k.readString(lx.k.i32[file + File.path]));
}

/**
 * A name for an open file (O_TMPFILE and linkat). The host's link(2) does not follow /proc/self/fd, so an existing name
 * is linked where there is one, else the host's ln does it.
 */
function linkOpen(lx: Lx, file: number, to: Where): number {
  const foreign = hasFlag(lx, file, HostFlag.readOnly | HostFlag.lent);
  if (!(to.fs instanceof DriveFs) || foreign) return -E.XDEV;
  if (to.fs.readOnly) return -E.ROFS;
  const target = to.fs.reach(lx, to.path);
  const fd = fdOf(lx, file);
  const there = attempt(() => (hostCalls.lstat(hostPath(target)) === undefined ? 0 : -E.EXIST));
  if (there < 0) return there;
  const status = spawnHost('ln', ['-L', '-T', '--', `/proc/${process.pid}/fd/${fd}`, target]);
  return status === 0 ? 0 : -E.NOENT;
}

/** A descriptor of a file without a name, where the host keeps what need not last; −errno. */
export function openTemporary(): number {
  const flags = O.RDWR | O.TMPFILE;
  let fd = attempt(() => hostCalls.open('/dev/shm', flags, 0o777));
  if (fd < 0) fd = attempt(() => hostCalls.open(tmpdir(), flags, 0o777));
  return fd === -E.OPNOTSUPP ? -E.NOSYS : fd;
}

/** The directory whose entries are being asked for, as a host path: by its name as long as that is right (cheaper). */
let listed = { file: 0, path: 0, generation: -1, host: '' };

function hostDirOf(lx: Lx, file: number): string {
  const { i32 } = lx.k;
  const path = i32[file + File.path];
  const generation = Atomics.load(i32, Fixed.fsGeneration);
  if (listed.file !== file || listed.path !== path || listed.generation !== generation) {
    const { fs, path: inner } = insideOf(lx, file);
    const named = i32[file + File.c] === generation && fs instanceof DriveFs && !fs.confined;
    const host = named ? fs.reach(lx, inner) : byFd(fdOf(lx, file));
    listed = { file, path, generation, host: host === '/' ? '' : host };
  }
  return listed.host;
}

/** By the directory's name, which may have changed on the host, else by its descriptor. */
function entryIno(lx: Lx, file: number, name: string): Ino | undefined {
  return inoAt(`${hostDirOf(lx, file)}/${name}`) ?? inoAt(`${byFd(fdOf(lx, file))}/${name}`);
}

function inoAt(path: string): Ino | undefined {
  try {
    return hostCalls.lstat(hostPath(path))?.ino;
  } catch (error) {
    hostError(error);
    return undefined; // a directory that may not be searched
  }
}

const hostDirInode: Partial<FileInode> = {
  ...common,
  reopen: reopenHost,
  list: (lx, file) => listHost(byFd(fdOf(lx, file))),
  entryIno,
  dirPath(lx, file) {
    const { i32 } = lx.k;
    const generation = Atomics.load(i32, Fixed.fsGeneration);
    if (i32[file + File.c] !== generation) refreshPath(lx, file, generation);
    const path = lx.k.readString(i32[file + File.path]);
    return path === '/' ? '' : path;
  },
};

/** After a rename: where the host says that the directory is now, if that is inside the same mount. */
function refreshPath(lx: Lx, file: number, generation: number): void {
  const { k } = lx;
  k.i32[file + File.c] = generation;
  if (lx.config.root !== '/') return;
  let now = '';
  const failed = done(() => {
    now = readlinkSync(byFd(fdOf(lx, file)), 'latin1');
  });
  const old = k.readString(k.i32[file + File.path]);
  // A deleted directory keeps its path and ' (deleted)' of the host's makes sure that nothing is found there.
  if (failed < 0 || now === old || now[0] !== '/') return;
  k.locked(() => k.setStringLocked(file + File.path, now));
}

registerBacking(FileKind.hostFile, hostBacking);
registerFileOps(FileKind.hostFile, hostFileOps);
registerFileInode(FileKind.hostFile, hostFileInode);
registerFileOps(FileKind.hostDir, {
  seekable: true,
  read: () => -E.ISDIR,
  write: () => -E.BADF,
  sync: (lx, file) => done(() => fsyncSync(fdOf(lx, file))),
  release: closeOnly,
});
registerFileInode(FileKind.hostDir, hostDirInode);

/**
 * A standard stream of lxjit that is a regular file, `lent` to a guest that has not the whole host. `path` is the guest's
 * name for it. Call once per host descriptor; the result has one reference.
 */
export function adoptRegularFile(k: Kernel, fd: number, path: string, lent: boolean): number {
  const info = fdInfo(fd);
  const file = newFile(k, FileKind.hostFile, info.flags, path);
  k.i32[file + File.a] = fd;
  k.i32[file + File.b] = HostFlag.inherited | (info.flags & O.APPEND ? HostFlag.append : 0);
  if (lent) k.i32[file + File.b] |= HostFlag.lent;
  if ((info.flags & O.ACCMODE) === O.WRONLY) k.i32[file + File.b] |= HostFlag.hostOffset;
  k.f64[(file + File.pos) >> 1] = info.pos;
  return file;
}

/** Offset and status flags of a host descriptor. */
export function fdInfo(fd: number): { pos: number; flags: number } {
  try {
    const text = readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1');
    return {
      pos: Number(/^pos:\s*(\d+)/m.exec(text)?.[1] ?? 0),
      flags: Number.parseInt(/^flags:\s*(\d+)/m.exec(text)?.[1] ?? '0', 8) & ~O.CLOEXEC,
    };
  } catch {
    return { pos: 0, flags: fd === 0 ? O.RDONLY : O.WRONLY };
  }
}

const SKIP_BYTES = 1 << 20;

/** Moves the host's offset on to the guest's, by reading. It cannot be moved back; nor need it, it only ever lags. */
export function moveHostOffset(k: Kernel, file: number): void {
  const fd = k.i32[file + File.a];
  const info = fdInfo(fd);
  if ((info.flags & O.ACCMODE) === O.WRONLY) return;
  let left = k.f64[(file + File.pos) >> 1] - info.pos;
  if (left <= 0) return;
  const waste = new Uint8Array(Math.min(SKIP_BYTES, left));
  done(() => {
    while (left > 0) {
      const n = readSync(fd, waste, 0, Math.min(waste.length, left), null);
      if (n === 0) break;
      left -= n;
    }
  });
}

/** Data to the disk without the times. */
export const syncData = (lx: Lx, file: number): number => done(() => fdatasyncSync(fdOf(lx, file)));

// ---- O_PATH

registerFileOps(FileKind.path, { release: closeOnly });
registerFileInode(FileKind.path, {
  ...common,
  chmod: () => -E.BADF,
  chown: () => -E.BADF,
  utimes: () => -E.BADF,
  dirPath(lx, file) {
    if (!fstatSync(fdOf(lx, file)).isDirectory()) return -E.NOTDIR;
    return hostDirInode.dirPath!(lx, file);
  },
  reopen: reopenHost,
});
