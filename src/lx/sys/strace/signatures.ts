// Kinds of the arguments of the commonest calls (names of kinds.ts); all others are shown by the kinds of their row.
import type { ArgKind } from '../row.ts';

// biome-ignore format: aligned rows
export const signatures: Readonly<Record<string, string>> = {
  read: 'fd out dec', write: 'fd in dec', pread64: 'fd out dec dec', pwrite64: 'fd in dec dec',
  readv: 'fd iovout dec', writev: 'fd iovin dec', preadv: 'fd iovout dec dec', pwritev: 'fd iovin dec dec',
  open: 'path oflags mode', openat: 'atfd path oflags mode', creat: 'path mode', close: 'fd',
  stat: 'path stat', lstat: 'path stat', fstat: 'fd stat', newfstatat: 'atfd path stat at',
  statx: 'atfd path at uhex ptr', access: 'path access', faccessat: 'atfd path access', faccessat2: 'atfd path access at',
  lseek: 'fd dec whence', mmap: 'ptr dec prot map fd off', mprotect: 'ptr dec prot', munmap: 'ptr dec', brk: 'ptr',
  mremap: 'ptr dec dec mremap ptr', madvise: 'ptr dec madvise', msync: 'ptr dec msync',
  rt_sigaction: 'signal sigaction sigactout dec', rt_sigprocmask: 'how sigset sigsetout dec',
  rt_sigsuspend: 'sigset dec', rt_sigpending: 'sigsetout dec', rt_sigtimedwait: 'sigset ptr timespec dec',
  kill: 'pid signal', tgkill: 'pid pid signal', tkill: 'pid signal',
  ioctl: 'fd ioctl ptr', fcntl: 'fd fcntl hex', dup: 'fd', dup2: 'fd fd', dup3: 'fd fd oflags',
  pipe: 'pipefds', pipe2: 'pipefds oflags', poll: 'pollfds dec int', ppoll: 'pollfds dec timespec sigset dec',
  execve: 'path argv envp', wait4: 'pid status wait ptr', exit: 'int', exit_group: 'int',
  clone: 'clone ptr ptr ptr ptr', getcwd: 'out dec', chdir: 'path', fchdir: 'fd', mkdir: 'path mode', mkdirat: 'atfd path mode',
  rmdir: 'path', unlink: 'path', unlinkat: 'atfd path at', rename: 'path path', renameat: 'atfd path atfd path',
  renameat2: 'atfd path atfd path rename', link: 'path path', linkat: 'atfd path atfd path at', symlink: 'path path',
  symlinkat: 'path atfd path', readlink: 'path out dec', readlinkat: 'atfd path out dec', chmod: 'path mode',
  fchmod: 'fd mode', fchmodat: 'atfd path mode', chown: 'path uid uid', fchown: 'fd uid uid', lchown: 'path uid uid',
  fchownat: 'atfd path uid uid at', utimensat: 'atfd path timespecs at', umask: 'mode', ftruncate: 'fd dec', truncate: 'path dec',
  getdents64: 'fd dirents dec', statfs: 'path ptr', fstatfs: 'fd ptr', getxattr: 'path string ptr dec', lgetxattr: 'path string ptr dec',
  getrlimit: 'resource rlimout', setrlimit: 'resource rlimit', prlimit64: 'pid resource rlimit rlimout',
  clock_gettime: 'clock timeout', clock_getres: 'clock timeout', clock_nanosleep: 'clock int timespec ptr', nanosleep: 'timespec ptr',
  gettimeofday: 'timeval ptr', arch_prctl: 'arch hex', set_tid_address: 'ptr', set_robust_list: 'ptr dec',
  rseq: 'ptr hex uhex hex', getrandom: 'random dec grnd', futex: 'ptr futex dec ptr ptr hex', uname: 'uname',
  setpgid: 'pid pid', getpgid: 'pid', getsid: 'pid', sendfile: 'fd fd ptr dec', copy_file_range: 'fd ptr fd ptr dec uhex',
  fadvise64: 'fd dec dec int', chroot: 'path', mknod: 'path mode dev', setuid: 'uid', setgid: 'uid',
};

/** For a call without a signature: the kind that an ArgKind of its row is shown as. */
// biome-ignore format: aligned rows
export const kindOfArg: Readonly<Record<ArgKind, string>> = {
  int: 'int', uint: 'dec', hex: 'uhex', fd: 'fd', atfd: 'atfd', pid: 'pid', uid: 'uid', mode: 'mode', signal: 'signal',
  'open-flags': 'oflags', prot: 'prot', 'map-flags': 'map', 'clone-flags': 'clone', 'at-flags': 'at', access: 'access',
  whence: 'whence', clock: 'clock', flags: 'uhex', size: 'dec', off: 'dec', ptr: 'ptr', path: 'path', 'buf-in': 'in',
  'buf-out': 'out', argv: 'argv', long: 'dec',
};

/** Calls whose result is an address. */
export const addressResults: ReadonlySet<string> = new Set(['mmap', 'mremap', 'brk', 'shmat']);
