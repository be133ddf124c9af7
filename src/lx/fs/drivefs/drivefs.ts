// DriveFs: a directory of the host as a file system. The host's own kernel does everything that needs a disk; this file
// only translates. No host call made here follows a symlink in the last component (the walk resolves them), and those
// before it are taken by descriptors (host-directories.ts), so that whatever the guest does meanwhile, nothing outside of
// the directory is reached.
import {
  accessSync,
  chmodSync,
  closeSync,
  fchmodSync,
  fstatSync,
  ftruncateSync,
  lchownSync,
  linkSync,
  lutimesSync,
  mkdirSync,
  readlinkSync,
  renameSync,
  rmdirSync,
  statfsSync,
  symlinkSync,
  unlinkSync,
} from 'node:fs';
import { host } from '../../../host/host.ts';
import { E } from '../../abi/errno.ts';
import { O, RENAME } from '../../abi/fcntl.ts';
import { S, ST_VALID } from '../../abi/stat.ts';
import { File, FileKind } from '../../kernel/file.ts';
import { newFile } from '../../kernel/files.ts';
import { Fixed } from '../../kernel/fixed.ts';
import type { Lx } from '../../kernel/lx.ts';
import { truncateNamed, truncateThrough } from '../../mm/shared-file.ts';
import {
  type Attr,
  type DirEntry,
  FileSystem,
  type FsStat,
  isDir,
  type SetTime,
} from '../../vfs/file-system.ts';
import { openVirtualDir } from '../virtual-dir.ts';
import { keepIds, keepTimes, listHost, setTimes } from './host-attr.ts';
import { hostCalls } from './host-calls.ts';
import { byDescriptor, HostDirectories } from './host-directories.ts';
import { attempt, done, hostError, hostPath } from './host-errors.ts';
import { HostFlag } from './host-flags.ts';
import { makeSocket } from './host-socket.ts';
import { attachStream } from './host-stream.ts';
import { spawnHost } from './spawn.ts';
import { openFifo } from './special.ts';

/** Open flags that the host gets as they are; O_APPEND and O_NONBLOCK see openHost(). */
const PASSED =
  O.ACCMODE |
  O.CREAT |
  O.EXCL |
  O.TRUNC |
  O.DSYNC |
  O.SYNC |
  O.DIRECTORY |
  O.NOATIME |
  O.PATH |
  O.TMPFILE |
  O.APPEND;

export interface DriveOptions {
  readonly readOnly?: boolean;
  /** As /proc/mounts names it, and where it comes from. */
  readonly type?: string;
  readonly source?: string;
  /** The guest may not get out, whatever it does to the directory meanwhile. */
  readonly confined?: boolean;
}

export class DriveFs extends FileSystem {
  readonly type: string;
  override readonly source: string;
  override readonly readOnly: boolean;
  /** Host path put before every path; '' for the host's root. */
  readonly #prefix: string;
  /** Is there an outside that the guest is kept from? */
  readonly confined: boolean;
  /** Keeps it inside whatever happens meanwhile, where the host can do that; elsewhere the walk alone does. */
  readonly #directories: HostDirectories | undefined;

  /**
   * The last open found nothing: most likely a search along a path, where more will be missing. An lstat finds that out
   * for a third of what the exception of a failing open costs, so it goes first until something is there.
   */
  #searching = false;

  /** `hostRoot` is a real path: without symlinks. */
  constructor(hostRoot: string, options: DriveOptions = {}) {
    super();
    this.#prefix = hostRoot === '/' ? '' : hostRoot.replace(/\/+$/, '');
    this.confined = options.confined === true;
    const pins = this.confined && host.isLinux;
    this.#directories = pins ? new HostDirectories(this.#prefix) : undefined;
    this.readOnly = options.readOnly === true;
    this.type = options.type ?? 'ext4';
    this.source = options.source ?? '/dev/root';
  }

  /** Host path (a byte string) of `path`, whose last component alone the host may resolve. */
  reach(lx: Lx, path: string): string {
    if (this.#directories !== undefined) return this.#directories.reach(lx.k, path);
    const full = this.#prefix + host.toHost(path);
    return full === '' ? '/' : full;
  }

  #arg(lx: Lx, path: string): string | Buffer {
    return hostPath(this.reach(lx, path));
  }

  /**
   * For host calls that follow a symlink in the last component: runs `call` on a host path of the very file that is at
   * `path`. The guest of a whole host need not be kept in.
   */
  #pinned(lx: Lx, path: string, call: (at: string | Buffer) => void): number {
    const at = this.#arg(lx, path);
    if (this.#directories === undefined) return done(() => call(at));
    const fd = attempt(() => hostCalls.open(at, O.PATH | O.NOFOLLOW));
    if (fd < 0) return fd;
    const result = done(() => call(byDescriptor(fd)));
    closeSync(fd);
    return result;
  }

  override lstat(lx: Lx, path: string): Attr | number {
    const depth = Error.stackTraceLimit;
    Error.stackTraceLimit = 0;
    try {
      return hostCalls.lstat(this.#arg(lx, path)) ?? -E.NOENT;
    } catch (error) {
      return hostError(error);
    } finally {
      Error.stackTraceLimit = depth;
    }
  }

  override open(lx: Lx, path: string, flags: number, mode: number, abs: string): number {
    if (this.readOnly && (flags & (O.ACCMODE | O.CREAT | O.TRUNC)) !== 0 && !(flags & O.PATH)) {
      const there = this.lstat(lx, path);
      if (typeof there !== 'number' || flags & O.CREAT) return -E.ROFS;
      return there;
    }
    if (this.#searching && !(flags & O.CREAT)) {
      const there = this.lstat(lx, path);
      if (typeof there === 'number') return there;
      this.#searching = false;
    }
    const barred = this.confined && !(flags & O.PATH) ? this.#deviceAt(lx, path) : 0;
    if (barred < 0) return barred;
    if (!host.isLinux && this.#isNamedOnly(lx, path, flags))
      return this.#openByName(lx, path, flags, abs);
    const at = this.#arg(lx, path);
    // O_NONBLOCK: a FIFO or a device of the host must not stop this worker. O_NOFOLLOW: see above.
    const hostFlags = (flags & PASSED) | O.NOFOLLOW | O.NONBLOCK | O.NOCTTY;
    const fd = openHost(at, hostFlags, mode);
    if (fd === -E.NOENT) this.#searching = true;
    if (fd < 0) return this.#openFailed(lx, path, flags, abs, fd);
    const type = hostCalls.fmode(fd) & S.IFMT;
    if (flags & O.PATH) {
      if (type !== S.IFLNK || flags & O.NOFOLLOW) {
        return this.#opened(lx, FileKind.path, fd, flags, abs);
      }
      closeSync(fd);
      return -E.LOOP;
    }
    if (type === S.IFREG) {
      const file = this.#opened(lx, FileKind.hostFile, fd, flags, abs);
      if (flags & O.TRUNC) truncateThrough(lx, file, 0, () => 0);
      return file;
    }
    if (type === S.IFDIR) return this.#opened(lx, FileKind.hostDir, fd, flags, abs);
    if (type === S.IFIFO) return openFifo(lx, fd, flags, abs);
    if (this.confined && (type === S.IFCHR || type === S.IFBLK)) {
      closeSync(fd);
      return -E.ACCES;
    }
    const file = this.#opened(lx, FileKind.hostStream, fd, flags, abs);
    attachStream(lx.k, file, false);
    return file;
  }

  /** Directories, and what O_PATH is asked for, have no descriptors on all hosts. */
  #isNamedOnly(lx: Lx, path: string, flags: number): boolean {
    if (flags & (O.PATH | O.DIRECTORY)) return (flags & O.TMPFILE) !== O.TMPFILE;
    const attr = this.lstat(lx, path);
    return typeof attr !== 'number' && isDir(attr);
  }

  #openByName(lx: Lx, path: string, flags: number, abs: string): number {
    const attr = this.lstat(lx, path);
    if (typeof attr === 'number') return attr;
    if (flags & O.CREAT && flags & O.EXCL) return -E.EXIST;
    const isLink = (attr.mode & S.IFMT) === S.IFLNK;
    if (isLink && !(flags & O.PATH && flags & O.NOFOLLOW)) return -E.LOOP;
    return openVirtualDir(lx, flags, abs === '' ? '/' : abs, isDir(attr));
  }

  /** Opening a device does something already: −EACCES for one, as on a file system mounted nodev. */
  #deviceAt(lx: Lx, path: string): number {
    const attr = this.lstat(lx, path);
    const type = typeof attr === 'number' ? 0 : attr.mode & S.IFMT;
    return type === S.IFCHR || type === S.IFBLK ? -E.ACCES : 0;
  }

  #opened(lx: Lx, kind: FileKind, fd: number, flags: number, abs: string): number {
    const file = newFile(lx.k, kind, flags, abs === '' ? '/' : abs);
    const { i32 } = lx.k;
    i32[file + File.a] = fd;
    if (flags & O.APPEND) i32[file + File.b] = HostFlag.append;
    if (this.readOnly) i32[file + File.b] |= HostFlag.readOnly;
    if (kind === FileKind.hostDir) i32[file + File.c] = Atomics.load(i32, Fixed.fsGeneration);
    return file;
  }

  /** A FIFO without a reader answers ENXIO to O_NONBLOCK | O_WRONLY; whether that is right is the guest's flag's matter. */
  #openFailed(lx: Lx, path: string, flags: number, abs: string, error: number): number {
    if (error !== -E.NXIO || flags & O.PATH || !host.isLinux) return error;
    const fd = attempt(() => hostCalls.open(this.#arg(lx, path), O.PATH | O.NOFOLLOW));
    if (fd < 0) return error;
    const isFifo = (hostCalls.fmode(fd) & S.IFMT) === S.IFIFO;
    if (isFifo) return openFifo(lx, fd, flags, abs);
    closeSync(fd);
    return error;
  }

  override readlink(lx: Lx, path: string): string | number {
    return text(() => host.linkToGuest(readlinkSync(this.#arg(lx, path), 'latin1')));
  }

  override list(lx: Lx, path: string): DirEntry[] | number {
    let entries: DirEntry[] | number = [];
    const failed = this.#pinned(lx, path, (at) => {
      entries = listHost(at);
    });
    return failed < 0 ? failed : entries;
  }

  override access(lx: Lx, path: string, mask: number): number {
    if (this.readOnly && mask & 2) return -E.ROFS;
    return this.#pinned(lx, path, (at) => accessSync(at, mask));
  }

  override mkdir(lx: Lx, path: string, mode: number): number {
    const made = this.#change(() => mkdirSync(this.#arg(lx, path), mode));
    if (made < 0 || (mode & hostMask) === 0) return made;
    const attr = this.lstat(lx, path);
    const inherited = typeof attr === 'number' ? 0 : attr.mode & S.ISGID;
    return this.chmod(lx, path, mode | inherited);
  }
  override rmdir(lx: Lx, path: string): number {
    return this.#change(() => rmdirSync(this.#arg(lx, path)));
  }
  override unlink(lx: Lx, path: string): number {
    return this.#change(() => unlinkSync(this.#arg(lx, path)));
  }
  override rename(lx: Lx, from: string, to: string, flags: number): number {
    if (this.readOnly) return -E.ROFS;
    if (flags & RENAME.EXCHANGE) return this.#exchange(lx, from, to);
    if (flags & RENAME.NOREPLACE) return this.#renameNoReplace(lx, from, to);
    return done(() => renameSync(this.#arg(lx, from), this.#arg(lx, to)));
  }

  /** RENAME_NOREPLACE: a link and an unlink never replace; directories cannot be linked, so there a look must do. */
  #renameNoReplace(lx: Lx, from: string, to: string): number {
    const attr = this.lstat(lx, from);
    if (typeof attr === 'number') return attr;
    if ((attr.mode & S.IFMT) !== S.IFDIR) {
      const linked = done(() => linkSync(this.#arg(lx, from), this.#arg(lx, to)));
      if (linked === 0) return done(() => unlinkSync(this.#arg(lx, from)));
      if (linked === -E.EXIST || linked === -E.XDEV || linked === -E.NOENT) return linked;
    }
    if (typeof this.lstat(lx, to) !== 'number') return -E.EXIST;
    return done(() => renameSync(this.#arg(lx, from), this.#arg(lx, to)));
  }

  /** RENAME_EXCHANGE by way of a third name: not atomic, but it loses no file (whom others race, may find it there). */
  #exchange(lx: Lx, from: string, to: string): number {
    for (const path of [from, to]) {
      const attr = this.lstat(lx, path);
      if (typeof attr === 'number') return attr;
    }
    if (from === to) return 0;
    const third = `${from}.lx${process.pid}-${performance.now()}`;
    const moved = done(() => renameSync(this.#arg(lx, from), this.#arg(lx, third)));
    if (moved < 0) return moved;
    const back = done(() => renameSync(this.#arg(lx, to), this.#arg(lx, from)));
    if (back < 0) {
      done(() => renameSync(this.#arg(lx, third), this.#arg(lx, from)));
      return back;
    }
    return done(() => renameSync(this.#arg(lx, third), this.#arg(lx, to)));
  }

  override link(lx: Lx, from: string, to: string): number {
    return this.#change(() => linkSync(this.#arg(lx, from), this.#arg(lx, to)));
  }
  override symlink(lx: Lx, target: string, path: string): number {
    return this.#change(() => symlinkSync(hostPath(target), this.#arg(lx, path)));
  }

  override mknod(lx: Lx, path: string, mode: number, dev: number): number {
    if (this.readOnly) return -E.ROFS;
    const type = mode & S.IFMT;
    if (type === S.IFREG || type === 0) {
      const flags = O.WRONLY | O.CREAT | O.EXCL | O.NOFOLLOW;
      const fd = openHost(this.#arg(lx, path), flags, mode & 0o7777);
      return fd < 0 ? fd : done(() => closeSync(fd));
    }
    if (type === S.IFIFO) return makeFifo(this.reach(lx, path), mode & 0o7777);
    if (type === S.IFSOCK) return makeSocket(this.reach(lx, path), mode & 0o7777);
    // A device of the host is no part of a directory: as on a file system mounted nodev.
    return this.confined ? -E.PERM : makeDevice(this.reach(lx, path), mode, dev);
  }

  override chmod(lx: Lx, path: string, mode: number): number {
    return this.readOnly ? -E.ROFS : this.#pinned(lx, path, (at) => chmodSync(at, mode));
  }

  override chown(lx: Lx, path: string, uid: number, gid: number): number {
    const ids = keepIds(this.lstat(lx, path), uid, gid);
    if (typeof ids === 'number') return ids;
    return this.#change(() => lchownSync(this.#arg(lx, path), ids[0], ids[1]));
  }

  override utimes(lx: Lx, path: string, atime: SetTime, mtime: SetTime): number {
    const times = keepTimes(
      atime === undefined || mtime === undefined ? this.lstat(lx, path) : 0,
      atime,
      mtime,
    );
    if (typeof times === 'number') return times;
    const at = this.#arg(lx, path);
    return this.#change(() => setTimes(times, (a, m) => lutimesSync(at, a, m), at, false));
  }

  override truncate(lx: Lx, path: string, length: number): number {
    if (this.readOnly) return -E.ROFS;
    const fd = attempt(() =>
      hostCalls.open(this.#arg(lx, path), O.WRONLY | O.NOFOLLOW | O.NONBLOCK),
    );
    if (fd < 0) return fd;
    const result = truncateNamed(
      lx,
      () => fstatSync(fd, { bigint: true }),
      length,
      () => done(() => ftruncateSync(fd, length)),
    );
    closeSync(fd);
    return result;
  }

  override statfs(lx: Lx, path: string): FsStat | number {
    let result: FsStat | number = -E.IO;
    const failed = this.#pinned(lx, path, (at) => {
      const s = statfsSync(at);
      result = { ...s, flags: ST_VALID | 0x1000 };
    });
    return failed < 0 ? failed : result;
  }

  #change(call: () => void): number {
    return this.readOnly ? -E.ROFS : done(call);
  }
}

/** What the host would take away from a mode: the guests have masks of their own, which were applied before. */
const hostMask = process.umask();

/** open(2); what is made has just the mode that was asked for. */
function openHost(path: string | Buffer, flags: number, mode: number): number {
  if ((flags & (O.CREAT | O.TMPFILE_BIT)) === 0 || (mode & hostMask) === 0)
    return openAsIs(path, flags, mode);
  const fd = openAsIs(path, flags & O.CREAT ? flags | O.EXCL : flags, mode);
  if (fd === -E.EXIST && (flags & O.EXCL) === 0) return openAsIs(path, flags, mode);
  if (fd >= 0) fchmodSync(fd, mode);
  return fd;
}

function openAsIs(path: string | Buffer, flags: number, mode: number): number {
  const depth = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  try {
    return hostCalls.open(path, flags, mode);
  } catch (error) {
    return hostError(error);
  } finally {
    Error.stackTraceLimit = depth;
  }
}

/** Node has no mkfifo: the host's own program makes it. */
function makeFifo(path: string, mode: number): number {
  const status = spawnHost('mkfifo', ['-m', mode.toString(8), '--', path]);
  if (status === 0) return 0;
  const there = attempt(() => (hostCalls.lstat(hostPath(path)) === undefined ? 0 : 1));
  return there === 1 ? -E.EXIST : there < 0 ? there : status < 0 ? -E.PERM : -E.NOENT;
}

/** A device node is made by the host's mknod, which needs the host's root. */
function makeDevice(path: string, mode: number, dev: number): number {
  const there = attempt(() => (hostCalls.lstat(hostPath(path)) === undefined ? 0 : 1));
  if (there === 1) return -E.EXIST;
  const kind = (mode & S.IFMT) === S.IFCHR ? 'c' : 'b';
  const major = String((dev >>> 8) & 0xfff);
  const minor = String((dev & 0xff) | ((dev >>> 12) & 0xfff00));
  const permissions = (mode & 0o7777).toString(8);
  const status = spawnHost('mknod', ['-m', permissions, '--', path, kind, major, minor]);
  return status === 0 ? 0 : -E.PERM;
}

function text(call: () => string): string | number {
  let result = '';
  const failed = done(() => {
    result = call();
  });
  return failed < 0 ? failed : result;
}
