// System calls on descriptors: close, dup, fcntl, flock, ioctl.
import { CAP } from '../abi/capability.ts';
import { E } from '../abi/errno.ts';
import { F, F_SEAL, FD_CLOEXEC, LOCK, MFD, O, O_SETFL } from '../abi/fcntl.ts';
import { NSIG } from '../abi/signal.ts';
import { newMemfd } from '../fs/memfd.ts';
import { pipeSize, setPipeSize } from '../fs/pipefs/index.ts';
import { setAsync } from '../kernel/async.ts';
import { can } from '../kernel/caps.ts';
import { File, FileKind, fileOps, isPath } from '../kernel/file.ts';
import {
  fdCapacity,
  fdCloexec,
  fdClose,
  fdDup,
  fdGet,
  fdInstall,
  fdReplace,
  setFdCloexec,
  unshareFiles,
} from '../kernel/files.ts';
import type { Lx } from '../kernel/lx.ts';
import { processOf } from '../kernel/process.ts';
import { RLIMIT, rlimitSoft } from '../kernel/rlimits.ts';
import { watchDirectory } from '../vfs/dnotify.ts';
import { fileInode, regularAttr } from '../vfs/file-inode.ts';
import { flockFile } from '../vfs/flock.ts';
import { leaseOf } from '../vfs/leases.ts';
import { fcntlLock } from '../vfs/posix-locks.ts';
import { addSeals, getSeals } from '../vfs/seals.ts';
import { shownFlags } from '../vfs/status-flags.ts';
import { getOwnerEx, setLease, setOwner, setOwnerEx } from './lease.ts';
import { row, type SyscallRow } from './row.ts';

const close = (lx: Lx, fd: number): number => fdClose(lx, fd);

const CLOSE_RANGE_UNSHARE = 2;
const CLOSE_RANGE_CLOEXEC = 4;

function closeRange(lx: Lx, first: number, last: number, flags: number): number {
  if (flags & ~(CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC) || first > last) return -E.INVAL;
  if (flags & CLOSE_RANGE_UNSHARE) unshareFiles(lx);
  const end = Math.min(last + 1, fdCapacity(lx));
  for (let fd = first; fd < end; fd++) {
    if (fdGet(lx, fd) === 0) continue;
    if (flags & CLOSE_RANGE_CLOEXEC) setFdCloexec(lx, fd, true);
    else fdClose(lx, fd);
  }
  return 0;
}

// ---- dup

const dup = (lx: Lx, fd: number): number => fdDup(lx, fd, false);

function dup2(lx: Lx, from: number, to: number): number {
  if (from === to) return fdGet(lx, from) === 0 ? -E.BADF : to;
  return fdReplace(lx, from, to, false);
}

function dup3(lx: Lx, from: number, to: number, flags: number): number {
  if (flags & ~O.CLOEXEC || from === to) return -E.INVAL;
  return fdReplace(lx, from, to, flags !== 0);
}

// ---- fcntl

type Command = (lx: Lx, fd: number, file: number, arg: number, cmd: number) => number;

function dupFrom(lx: Lx, fd: number, min: number, cloexec: boolean): number {
  const low = min | 0;
  if (low < 0 || low >= rlimitSoft(lx.k, processOf(lx), RLIMIT.NOFILE)) return -E.INVAL;
  return fdDup(lx, fd, cloexec, low);
}

const getFl: Command = (lx, _fd, file) => shownFlags(lx, file);

const setFl: Command = (lx, fd, file, arg) => {
  const { i32 } = lx.k;
  const now = i32[file + File.flags];
  const flags = (now & ~O_SETFL) | (arg & O_SETFL);
  const result = fileInode(lx, file).flagsChanged(lx, file, flags);
  if (result === 0) i32[file + File.flags] = flags;
  if ((now ^ flags) & O.ASYNC) setAsync(lx, file, fd, (flags & O.ASYNC) !== 0);
  return result;
};

const setFd: Command = (lx, fd, _file, arg) => {
  setFdCloexec(lx, fd, (arg & FD_CLOEXEC) !== 0);
  return 0;
};

const setSig: Command = (lx, _fd, file, arg) => {
  if (arg > NSIG) return -E.INVAL;
  lx.k.i32[file + File.sig] = arg;
  return 0;
};

const getRwHint: Command = (lx, _fd, _file, arg) => {
  lx.mem.writeU64(arg, 0);
  return 0;
};

// biome-ignore format: aligned rows
const commands: Record<number, Command> = {
  [F.DUPFD]:         (lx, fd, _file, arg) => dupFrom(lx, fd, arg, false),
  [F.DUPFD_CLOEXEC]: (lx, fd, _file, arg) => dupFrom(lx, fd, arg, true),
  [F.GETFD]:         (lx, fd) => (fdCloexec(lx, fd) ? FD_CLOEXEC : 0),
  [F.SETFD]:         setFd,
  [F.GETFL]:         getFl,
  [F.SETFL]:         setFl,
  [F.GETLK]:         (lx, _fd, file, arg, cmd) => fcntlLock(lx, file, cmd, arg),
  [F.SETLK]:         (lx, _fd, file, arg, cmd) => fcntlLock(lx, file, cmd, arg),
  [F.SETLKW]:        (lx, _fd, file, arg, cmd) => fcntlLock(lx, file, cmd, arg),
  [F.OFD_GETLK]:     (lx, _fd, file, arg, cmd) => fcntlLock(lx, file, cmd, arg),
  [F.OFD_SETLK]:     (lx, _fd, file, arg, cmd) => fcntlLock(lx, file, cmd, arg),
  [F.OFD_SETLKW]:    (lx, _fd, file, arg, cmd) => fcntlLock(lx, file, cmd, arg),
  [F.SETOWN]:        (lx, _fd, file, arg) => setOwner(lx, file, arg | 0),
  [F.GETOWN]:        (lx, _fd, file) => lx.k.i32[file + File.owner],
  [F.SETOWN_EX]:     (lx, _fd, file, arg) => setOwnerEx(lx, file, arg),
  [F.GETOWN_EX]:     (lx, _fd, file, arg) => getOwnerEx(lx, file, arg),
  [F.SETSIG]:        setSig,
  [F.GETSIG]:        (lx, _fd, file) => lx.k.i32[file + File.sig],
  [F.SETLEASE]:      (lx, fd, file, arg) => setLease(lx, file, fd, arg | 0),
  [F.GETLEASE]:      (lx, _fd, file) => leaseOf(lx.k, file),
  [F.NOTIFY]:        (lx, fd, file, arg) => watchDirectory(lx, file, fd, arg >>> 0),
  [F.DUPFD_QUERY]:   (lx, _fd, file, arg) => (fdGet(lx, arg | 0) === 0 ? -E.BADF : Number(fdGet(lx, arg | 0) === file)),
  [F.SETPIPE_SZ]:    (lx, _fd, file, arg) => setPipeSize(lx, file, arg, can(lx, CAP.SYS_RESOURCE)),
  [F.GETPIPE_SZ]:    (lx, _fd, file) => pipeSize(lx.k, file),
  [F.ADD_SEALS]:     (lx, _fd, file, arg) => addSeals(lx, file, arg),
  [F.GET_SEALS]:     (lx, _fd, file) => getSeals(lx, file),
  [F.GET_RW_HINT]:   getRwHint,
  [F.SET_RW_HINT]:   () => 0,
};

/** All that fcntl(2) allows on an O_PATH descriptor. */
const ON_PATH: readonly number[] = [F.DUPFD, F.DUPFD_CLOEXEC, F.GETFD, F.SETFD, F.GETFL];

function fcntl(lx: Lx, fd: number, cmd: number, arg: number): number {
  const file = fdGet(lx, fd);
  if (file === 0) return -E.BADF;
  const command = commands[cmd];
  if (isPath(lx.k, file) && !ON_PATH.includes(cmd)) return -E.BADF;
  return command === undefined ? -E.INVAL : command(lx, fd, file, arg, cmd);
}

function flock(lx: Lx, fd: number, operation: number): number {
  const file = fdGet(lx, fd);
  const kind = operation & ~LOCK.NB;
  if (kind !== LOCK.SH && kind !== LOCK.EX && kind !== LOCK.UN) return -E.INVAL;
  if (file === 0 || isPath(lx.k, file)) return -E.BADF;
  return flockFile(lx, file, kind, (operation & LOCK.NB) !== 0);
}

// ---- memfd_create

const MEMFD_NAME_MAX = 249;
const MFD_ALL = MFD.CLOEXEC | MFD.ALLOW_SEALING | MFD.HUGETLB | MFD.NOEXEC_SEAL | MFD.EXEC;

function memfdCreate(lx: Lx, name: number, flags: number): number {
  if (flags & ~MFD_ALL || (flags & MFD.NOEXEC_SEAL && flags & MFD.EXEC)) return -E.INVAL;
  const text = lx.mem.cstring(name, MEMFD_NAME_MAX + 1, E.INVAL);
  if (flags & MFD.HUGETLB) return -E.NOMEM;
  const sealable = (flags & (MFD.ALLOW_SEALING | MFD.NOEXEC_SEAL)) !== 0;
  const file = newMemfd(lx, text, sealable ? 0 : F_SEAL.SEAL);
  return file < 0 ? file : fdInstall(lx, file, (flags & MFD.CLOEXEC) !== 0);
}

// ---- ioctl

// biome-ignore format: aligned rows
const IOC = {
  FIONREAD: 0x541b, FIONBIO: 0x5421, FIOASYNC: 0x5452, FIONCLEX: 0x5450, FIOCLEX: 0x5451, FIOQSIZE: 0x5460,
  FIGETBSZ: 2, FS_IOC_GETFLAGS: 0x80086601,
} as const;

function setFlag(lx: Lx, file: number, flag: number, arg: number): number {
  const { i32 } = lx.k;
  const on = lx.mem.readI32(arg) !== 0;
  i32[file + File.flags] = on ? i32[file + File.flags] | flag : i32[file + File.flags] & ~flag;
  return 0;
}

function ioctl(lx: Lx, fd: number, request: number, arg: number): number {
  const file = fdGet(lx, fd);
  if (file === 0 || isPath(lx.k, file)) return -E.BADF;
  switch (request) {
    case IOC.FIOCLEX:
    case IOC.FIONCLEX:
      setFdCloexec(lx, fd, request === IOC.FIOCLEX);
      return 0;
    case IOC.FIONBIO:
      return setFlag(lx, file, O.NONBLOCK, arg);
    case IOC.FIOASYNC:
      setAsync(lx, file, fd, lx.mem.readI32(arg) !== 0);
      return setFlag(lx, file, O.ASYNC, arg);
    case IOC.FIONREAD:
      if (isRegular(lx, file)) return putUnread(lx, file, arg);
  }
  return fileOps(lx.k, file).ioctl(lx, file, request, arg);
}

const MAY_BE_REGULAR: ReadonlySet<number> = new Set([
  FileKind.hostFile,
  FileKind.blob,
  FileKind.tmpFile,
  FileKind.memfd,
  FileKind.tmpMemfd,
]);

function isRegular(lx: Lx, file: number): boolean {
  const kind = lx.k.i32[file + File.kind];
  return MAY_BE_REGULAR.has(kind) && regularAttr(lx, file) !== null;
}

function putUnread(lx: Lx, file: number, arg: number): number {
  const size = fileOps(lx.k, file).size(lx, file);
  lx.mem.writeU32(arg, size - lx.k.f64[(file + File.pos) >> 1]);
  return 0;
}

// biome-ignore format: aligned rows
export const rows: readonly SyscallRow[] = [
  row(3,   'close',       ['fd'],                        close,      'full',    'emulated'),
  row(16,  'ioctl',       ['fd', 'hex', 'ptr'],          ioctl,      'partial', 'emulated', 'terminals, sockets, pipes; no file-system flags'),
  row(32,  'dup',         ['fd'],                        dup,        'full',    'emulated'),
  row(33,  'dup2',        ['fd', 'fd'],                  dup2,       'full',    'emulated'),
  row(72,  'fcntl',       ['fd', 'int', 'long'],         fcntl,      'partial', 'emulated', 'the host’s own programs break no lease and notify nobody'),
  row(73,  'flock',       ['fd', 'int'],                 flock,      'partial', 'emulated', 'among guests; the host does not see it'),
  row(292, 'dup3',        ['fd', 'fd', 'open-flags'],    dup3,       'full',    'emulated'),
  row(319, 'memfd_create',['path', 'flags'],             memfdCreate, 'full',   'host'),
  row(436, 'close_range', ['uint', 'uint', 'flags'],     closeRange, 'full',    'emulated'),
];
