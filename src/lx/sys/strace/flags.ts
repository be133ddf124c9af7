// Names of numbers, as strace prints them: sets of bits, and enumerations.

export type Names = readonly (readonly [number, string])[];

const prefixed = (prefix: string, names: Record<string, number>): Names =>
  Object.entries(names).map(([name, value]) => [value, prefix + name] as const);

/** “A|B|0x40”; `zero` when no bit is set. A name of several bits must stand before those of its single bits. */
export function bits(value: number, names: Names, zero = '0'): string {
  const parts: string[] = [];
  let left = value;
  for (const [mask, name] of names) {
    if (mask === 0 || (left & mask) !== mask) continue;
    parts.push(name);
    left &= ~mask;
  }
  if (left !== 0) parts.push(`0x${(left >>> 0).toString(16)}`);
  return parts.length === 0 ? zero : parts.join('|');
}

/** The name of one value, or “0x7 /* prefix??? *\/” as strace says it. */
export function one(value: number, names: Names, unknown: string): string {
  const found = names.find(([number]) => number === value);
  return found === undefined ? `0x${(value >>> 0).toString(16)} /* ${unknown} */` : found[1];
}

// biome-ignore-start format: tables
export const prot = prefixed('PROT_', {
  READ: 1,
  WRITE: 2,
  EXEC: 4,
  SEM: 8,
  GROWSDOWN: 0x1000000,
  GROWSUP: 0x2000000,
});
export const mapFlags = prefixed('MAP_', {
  SHARED_VALIDATE: 3,
  SHARED: 1,
  PRIVATE: 2,
  '32BIT': 0x40,
  FIXED: 0x10,
  ANONYMOUS: 0x20,
  GROWSDOWN: 0x100,
  DENYWRITE: 0x800,
  EXECUTABLE: 0x1000,
  LOCKED: 0x2000,
  NORESERVE: 0x4000,
  POPULATE: 0x8000,
  NONBLOCK: 0x10000,
  STACK: 0x20000,
  HUGETLB: 0x40000,
  SYNC: 0x80000,
  FIXED_NOREPLACE: 0x100000,
});
export const mremapFlags = prefixed('MREMAP_', { MAYMOVE: 1, FIXED: 2, DONTUNMAP: 4 });
export const openFlags = prefixed('O_', {
  TMPFILE: 0o20200000,
  SYNC: 0o4010000,
  CREAT: 0o100,
  EXCL: 0o200,
  NOCTTY: 0o400,
  TRUNC: 0o1000,
  APPEND: 0o2000,
  NONBLOCK: 0o4000,
  DSYNC: 0o10000,
  ASYNC: 0o20000,
  DIRECT: 0o40000,
  LARGEFILE: 0o100000,
  DIRECTORY: 0o200000,
  NOFOLLOW: 0o400000,
  NOATIME: 0o1000000,
  CLOEXEC: 0o2000000,
  PATH: 0o10000000,
});
export const accessModes = prefixed('O_', { RDONLY: 0, WRONLY: 1, RDWR: 2 });
export const atFlags = prefixed('AT_', {
  SYMLINK_NOFOLLOW: 0x100,
  REMOVEDIR: 0x200,
  SYMLINK_FOLLOW: 0x400,
  NO_AUTOMOUNT: 0x800,
  EMPTY_PATH: 0x1000,
  STATX_FORCE_SYNC: 0x2000,
  STATX_DONT_SYNC: 0x4000,
});
export const accessBits = prefixed('', { R_OK: 4, W_OK: 2, X_OK: 1 });
export const whence = prefixed('SEEK_', { SET: 0, CUR: 1, END: 2, DATA: 3, HOLE: 4 });
export const clocks = prefixed('CLOCK_', {
  REALTIME: 0,
  MONOTONIC: 1,
  PROCESS_CPUTIME_ID: 2,
  THREAD_CPUTIME_ID: 3,
  MONOTONIC_RAW: 4,
  REALTIME_COARSE: 5,
  MONOTONIC_COARSE: 6,
  BOOTTIME: 7,
  REALTIME_ALARM: 8,
  BOOTTIME_ALARM: 9,
  TAI: 11,
});
export const cloneFlags = prefixed('CLONE_', {
  VM: 0x100,
  FS: 0x200,
  FILES: 0x400,
  SIGHAND: 0x800,
  PIDFD: 0x1000,
  PTRACE: 0x2000,
  VFORK: 0x4000,
  PARENT: 0x8000,
  THREAD: 0x10000,
  NEWNS: 0x20000,
  SYSVSEM: 0x40000,
  SETTLS: 0x80000,
  PARENT_SETTID: 0x100000,
  CHILD_CLEARTID: 0x200000,
  DETACHED: 0x400000,
  UNTRACED: 0x800000,
  CHILD_SETTID: 0x1000000,
  NEWCGROUP: 0x2000000,
  NEWUTS: 0x4000000,
  NEWIPC: 0x8000000,
  NEWUSER: 0x10000000,
  NEWPID: 0x20000000,
  NEWNET: 0x40000000,
});
export const madvise = prefixed('MADV_', {
  NORMAL: 0,
  RANDOM: 1,
  SEQUENTIAL: 2,
  WILLNEED: 3,
  DONTNEED: 4,
  FREE: 8,
  REMOVE: 9,
  DONTFORK: 10,
  DOFORK: 11,
  MERGEABLE: 12,
  UNMERGEABLE: 13,
  HUGEPAGE: 14,
  NOHUGEPAGE: 15,
  DONTDUMP: 16,
  DODUMP: 17,
  WIPEONFORK: 18,
  KEEPONFORK: 19,
  COLD: 20,
  PAGEOUT: 21,
  POPULATE_READ: 22,
  POPULATE_WRITE: 23,
  COLLAPSE: 25,
});
export const resources = prefixed('RLIMIT_', {
  CPU: 0,
  FSIZE: 1,
  DATA: 2,
  STACK: 3,
  CORE: 4,
  RSS: 5,
  NPROC: 6,
  NOFILE: 7,
  MEMLOCK: 8,
  AS: 9,
  LOCKS: 10,
  SIGPENDING: 11,
  MSGQUEUE: 12,
  NICE: 13,
  RTPRIO: 14,
  RTTIME: 15,
});
export const signals = prefixed('SIG', {
  HUP: 1,
  INT: 2,
  QUIT: 3,
  ILL: 4,
  TRAP: 5,
  ABRT: 6,
  BUS: 7,
  FPE: 8,
  KILL: 9,
  USR1: 10,
  SEGV: 11,
  USR2: 12,
  PIPE: 13,
  ALRM: 14,
  TERM: 15,
  STKFLT: 16,
  CHLD: 17,
  CONT: 18,
  STOP: 19,
  TSTP: 20,
  TTIN: 21,
  TTOU: 22,
  URG: 23,
  XCPU: 24,
  XFSZ: 25,
  VTALRM: 26,
  PROF: 27,
  WINCH: 28,
  IO: 29,
  PWR: 30,
  SYS: 31,
});
export const saFlags = prefixed('SA_', {
  RESTORER: 0x4000000,
  ONSTACK: 0x8000000,
  RESTART: 0x10000000,
  NODEFER: 0x40000000,
  RESETHAND: 0x80000000 | 0,
  SIGINFO: 4,
  NOCLDSTOP: 1,
  NOCLDWAIT: 2,
});
export const sigHow = prefixed('SIG_', { BLOCK: 0, UNBLOCK: 1, SETMASK: 2 });
export const waitOptions = prefixed('', {
  WNOHANG: 1,
  WSTOPPED: 2,
  WEXITED: 4,
  WCONTINUED: 8,
  WNOWAIT: 0x1000000,
  __WALL: 0x40000000,
  __WCLONE: 0x80000000 | 0,
});
export const pollEvents = prefixed('POLL', {
  IN: 1,
  PRI: 2,
  OUT: 4,
  ERR: 8,
  HUP: 16,
  NVAL: 32,
  RDNORM: 64,
  RDBAND: 128,
  WRNORM: 256,
});
export const fcntlCommands = prefixed('F_', {
  DUPFD: 0,
  GETFD: 1,
  SETFD: 2,
  GETFL: 3,
  SETFL: 4,
  GETLK: 5,
  SETLK: 6,
  SETLKW: 7,
  SETOWN: 8,
  GETOWN: 9,
  SETSIG: 10,
  GETSIG: 11,
  OFD_GETLK: 36,
  OFD_SETLK: 37,
  OFD_SETLKW: 38,
  DUPFD_CLOEXEC: 1030,
  SETPIPE_SZ: 1031,
  GETPIPE_SZ: 1032,
  ADD_SEALS: 1033,
  GET_SEALS: 1034,
});
export const ioctls = prefixed('', {
  TCGETS: 0x5401,
  TCSETS: 0x5402,
  TCSETSW: 0x5403,
  TCSETSF: 0x5404,
  TIOCGPGRP: 0x540f,
  TIOCSPGRP: 0x5410,
  TIOCGWINSZ: 0x5413,
  TIOCSWINSZ: 0x5414,
  FIONREAD: 0x541b,
  FIONBIO: 0x5421,
  TIOCNOTTY: 0x5422,
  TIOCSCTTY: 0x540e,
  TIOCGPTN: 0x80045430 | 0,
  TIOCSPTLCK: 0x40045431,
  FIOCLEX: 0x5451,
  FIONCLEX: 0x5450,
  FICLONE: 0x40049409,
});
export const archCodes = prefixed('ARCH_', {
  SET_GS: 0x1001,
  SET_FS: 0x1002,
  GET_FS: 0x1003,
  GET_GS: 0x1004,
});
export const randomFlags = prefixed('GRND_', { NONBLOCK: 1, RANDOM: 2, INSECURE: 4 });
export const futexOps = prefixed('FUTEX_', {
  WAIT: 0,
  WAKE: 1,
  FD: 2,
  REQUEUE: 3,
  CMP_REQUEUE: 4,
  WAKE_OP: 5,
  LOCK_PI: 6,
  UNLOCK_PI: 7,
  WAIT_BITSET: 9,
  WAKE_BITSET: 10,
});
export const msyncFlags = prefixed('MS_', { ASYNC: 1, INVALIDATE: 2, SYNC: 4 });
export const renameFlags = prefixed('RENAME_', { NOREPLACE: 1, EXCHANGE: 2, WHITEOUT: 4 });
export const fileTypes = prefixed('S_IF', {
  SOCK: 0o140000,
  LNK: 0o120000,
  REG: 0o100000,
  BLK: 0o60000,
  DIR: 0o40000,
  CHR: 0o20000,
  IFO: 0o10000,
});
// biome-ignore-end format: tables
