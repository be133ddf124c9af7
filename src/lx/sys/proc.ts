// System calls about processes: identity, groups and sessions, clone and fork, execve, exit, wait.
import { FS_BASE, GS_BASE } from '../../../assembly/shared/layout.ts';
import { E } from '../abi/errno.ts';
import { O } from '../abi/fcntl.ts';
import { ARCH } from '../abi/prctl.ts';
import { CLONE } from '../abi/sched.ts';
import { NSIG, SIG } from '../abi/signal.ts';
import { exitedStatus, P, W } from '../abi/wait.ts';
import { execve as execveFile, readStrings } from '../kernel/exec.ts';
import { exitGroup, exitTask } from '../kernel/exit.ts';
import { File, FileKind } from '../kernel/file.ts';
import { fdGet } from '../kernel/files.ts';
import { clone as cloneTask, setFsBase } from '../kernel/fork.ts';
import { getField, setpgid as setGroup, setsid as setSession } from '../kernel/groups.ts';
import type { Lx } from '../kernel/lx.ts';
import { pidfdProcess } from '../kernel/pidfd.ts';
import { pidOf, processOf } from '../kernel/process.ts';
import { Process, Task } from '../kernel/task.ts';
import { type ChildSelector, waitForChild } from '../kernel/wait4.ts';
import { TASK_SIZE } from '../mm/layout.ts';
import { openExec, openExecAt } from '../vfs/exec.ts';
import { type Handler, row, type SyscallRow } from './row.ts';
import { writeUsage } from './usage.ts';

// ---- identity

const getpid: Handler = (lx) => pidOf(lx);
const gettid: Handler = (lx) => lx.k.i32[lx.task + Task.tid];
const getppid: Handler = (lx) => {
  const { i32 } = lx.k;
  const parent = i32[processOf(lx) + Process.parent];
  return parent === 0 ? 0 : i32[parent + Process.pid];
};
const getpgrp: Handler = (lx) => lx.k.i32[processOf(lx) + Process.pgid];
const getpgid: Handler = (lx, pid) => getField(lx, pid, Process.pgid);
const getsid: Handler = (lx, pid) => getField(lx, pid, Process.sid);
const setpgid: Handler = (lx, pid, pgid) => setGroup(lx, pid, pgid);
const setsid: Handler = (lx) => setSession(lx);

// ---- clone

const SIGNAL_MASK = 0xff;

/** clone(2): flags with the exit signal in the low byte; x86-64 order of the arguments. */
const clone: Handler = (lx, flags, stack, parentTid, childTid, tls) => {
  const low = flags % 0x1_0000_0000;
  const exitSignal = low & SIGNAL_MASK;
  const both = CLONE.PIDFD | CLONE.PARENT_SETTID; // they share an argument
  if ((low & both) === both) return -E.INVAL;
  const flags32 = low - exitSignal;
  const ids = { parentTid, childTid, pidfd: parentTid };
  return cloneTask(lx, { flags: flags32, exitSignal, stack, tls, ...ids });
};

const NO_ARGS = { stack: 0, parentTid: 0, childTid: 0, pidfd: 0, tls: 0 };
const fork: Handler = (lx) => cloneTask(lx, { flags: 0, exitSignal: SIG.CHLD, ...NO_ARGS });
const vfork: Handler = (lx) =>
  cloneTask(lx, { flags: CLONE.VM | CLONE.VFORK, exitSignal: SIG.CHLD, ...NO_ARGS });

const CLONE_ARGS_MIN = 64; // CLONE_ARGS_SIZE_VER0
const CLONE3_UNKNOWN = CLONE.DETACHED | SIGNAL_MASK;

/** clone3(2): struct clone_args: flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, … */
const clone3: Handler = (lx, args, size) => {
  if (size > 4096) return -E.TOOBIG;
  if (size < CLONE_ARGS_MIN) return -E.INVAL;
  const [flags, pidfd, childTid, parentTid, exitSignal, stackBase, stackSize, tls] = Array.from(
    { length: 8 },
    (_, n) => lx.mem.readU64(args + n * 8),
  );
  for (let at = CLONE_ARGS_MIN; at + 8 <= size; at += 8) {
    if (lx.mem.readU64(args + at) !== 0) return at < 88 ? -E.INVAL : -E.TOOBIG; // set_tid, cgroup: not here
  }
  if ((flags & CLONE3_UNKNOWN) !== 0 || flags >= 0x4_0000_0000 || exitSignal > NSIG)
    return -E.INVAL;
  if ((flags & (CLONE.THREAD | CLONE.PARENT)) !== 0 && exitSignal !== 0) return -E.INVAL;
  if ((stackBase === 0) !== (stackSize === 0)) return -E.INVAL;
  const stack = stackBase + stackSize;
  return cloneTask(lx, { flags, exitSignal, stack, parentTid, childTid, pidfd, tls });
};

// ---- execve

const execve: Handler = (lx, path, argv, envp) => {
  const name = lx.mem.cstring(path);
  const file = openExec(lx, name);
  return file < 0 ? file : runFile(lx, file, name, argv, envp);
};

const AT_FLAGS = 0x100 | 0x1000; // AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH

const execveat: Handler = (lx, dirfd, path, argv, envp, flags) => {
  if ((flags & ~AT_FLAGS) !== 0) return -E.INVAL;
  const name = lx.mem.cstring(path);
  const file = openExecAt(lx, dirfd, name, flags);
  if (file < 0) return file;
  const shown =
    name.startsWith('/') || dirfd === -100
      ? name
      : `/dev/fd/${dirfd}${name === '' ? '' : `/${name}`}`;
  return runFile(lx, file, shown, argv, envp);
};

const runFile = (lx: Lx, file: number, name: string, argv: number, envp: number): number =>
  execveFile(lx, file, name, readStrings(lx, argv), readStrings(lx, envp));

// ---- the end

const exit: Handler = (lx, code) => {
  lx.unwind = () => exitTask(lx, exitedStatus(code));
  return 0;
};

const exit_group: Handler = (lx, code) => {
  lx.unwind = () => exitGroup(lx, exitedStatus(code));
  return 0;
};

// ---- waiting

const WAIT4_OPTIONS = W.NOHANG | W.UNTRACED | W.CONTINUED | W.NOTHREAD | W.ALL | W.CLONE;
const INT_MIN = -0x8000_0000;

const wait4: Handler = (lx, pid, status, options, usage) => {
  if ((options & ~WAIT4_OPTIONS) !== 0) return -E.INVAL;
  if (pid === INT_MIN) return -E.SRCH;
  const event = waitForChild(lx, selectorOf(lx, pid), options | W.EXITED);
  if (typeof event === 'number') return event;
  if (event === null) return 0;
  if (status !== 0) lx.mem.writeU32(status, event.waitStatus);
  if (usage !== 0) writeUsage(lx, usage, event.usage);
  return event.pid;
};

/** wait4's way to say which children. */
function selectorOf(lx: Lx, pid: number): ChildSelector {
  if (pid === -1) return { type: P.ALL, id: 0 };
  if (pid > 0) return { type: P.PID, id: pid };
  return { type: P.PGID, id: pid === 0 ? lx.k.i32[processOf(lx) + Process.pgid] : -pid };
}

const WAITID_OPTIONS = WAIT4_OPTIONS | W.EXITED | W.NOWAIT;
const SIGINFO_BYTES = 24;

const idSelector = (lx: Lx, type: number, id: number): ChildSelector =>
  type === P.PGID && id === 0 ? { type, id: lx.k.i32[processOf(lx) + Process.pgid] } : { type, id };

/** A pidfd of something that is gone selects no child. */
function pidSelector(lx: Lx, file: number): ChildSelector {
  const process = pidfdProcess(lx.k, file);
  return { type: P.PID, id: process === 0 ? -1 : lx.k.i32[process + Process.pid] };
}

function pidfdFile(lx: Lx, fd: number): number {
  if (fd < 0) return -E.INVAL;
  const file = fdGet(lx, fd);
  return file !== 0 && lx.k.i32[file + File.kind] === FileKind.pidfd ? file : -E.BADF;
}

const waitid: Handler = (lx, type, id, info, options, usage) => {
  if ((options & ~WAITID_OPTIONS) !== 0) return -E.INVAL;
  if ((options & (W.EXITED | W.STOPPED | W.CONTINUED)) === 0) return -E.INVAL;
  if (type < P.ALL || type > P.PIDFD) return -E.INVAL;
  if (type === P.PID && id <= 0) return -E.INVAL;
  if (type === P.PGID && id < 0) return -E.INVAL;
  const file = type === P.PIDFD ? pidfdFile(lx, id) : 0;
  if (file < 0) return file;
  const polls = file !== 0 && (lx.k.i32[file + File.flags] & O.NONBLOCK) !== 0;
  const selector = file === 0 ? idSelector(lx, type, id) : pidSelector(lx, file);
  const event = waitForChild(lx, selector, polls ? options | W.NOHANG : options);
  if (typeof event === 'number') return event;
  if (event === null && polls && (options & W.NOHANG) === 0) return -E.AGAIN;
  if (info !== 0) {
    // si_signo, si_errno, si_code, –, si_pid, si_uid, si_status
    const at = lx.mem.writable(info, SIGINFO_BYTES + 4) >>> 2;
    const words =
      event === null
        ? [0, 0, 0, 0, 0, 0, 0]
        : [SIG.CHLD, 0, event.code, 0, event.pid, event.uid, event.status];
    for (const [n, word] of words.entries()) lx.mem.dv.setInt32(at * 4 + n * 4, word, true);
  }
  if (usage !== 0 && event !== null) writeUsage(lx, usage, event.usage);
  return 0;
};

// ---- thread area

const set_tid_address: Handler = (lx, address) => {
  lx.k.f64[(lx.task + Task.clearChildTid) >> 1] = address;
  return lx.k.i32[lx.task + Task.tid];
};

const arch_prctl: Handler = (lx, code, address) => {
  const { dv } = lx.mem;
  switch (code) {
    case ARCH.SET_FS:
      if (address >= TASK_SIZE) return -E.PERM;
      setFsBase(lx, address);
      return 0;
    case ARCH.SET_GS:
      if (address >= TASK_SIZE) return -E.PERM;
      dv.setBigUint64(lx.ctx + GS_BASE, BigInt(address), true);
      return 0;
    case ARCH.GET_FS:
      lx.mem.writeBig(address, dv.getBigInt64(lx.ctx + FS_BASE, true));
      return 0;
    case ARCH.GET_GS:
      lx.mem.writeBig(address, dv.getBigInt64(lx.ctx + GS_BASE, true));
      return 0;
    case ARCH.GET_CPUID:
      return 1;
    default:
      return -E.INVAL;
  }
};

// biome-ignore format: aligned rows
export const rows: readonly SyscallRow[] = [
  row(39,  'getpid',          [],                                          getpid,          'full',    'emulated'),
  row(56,  'clone',           ['clone-flags', 'ptr', 'ptr', 'ptr', 'ptr'], clone,           'partial', 'emulated', 'no namespaces'),
  row(57,  'fork',            [],                                          fork,            'full',    'emulated'),
  row(58,  'vfork',           [],                                          vfork,           'full',    'emulated'),
  row(59,  'execve',          ['path', 'argv', 'argv'],                    execve,          'full',    'emulated'),
  row(60,  'exit',            ['int'],                                     exit,            'full',    'emulated'),
  row(61,  'wait4',           ['pid', 'ptr', 'flags', 'ptr'],              wait4,           'full',    'emulated'),
  row(109, 'setpgid',         ['pid', 'pid'],                              setpgid,         'full',    'emulated'),
  row(110, 'getppid',         [],                                          getppid,         'full',    'emulated'),
  row(111, 'getpgrp',         [],                                          getpgrp,         'full',    'emulated'),
  row(112, 'setsid',          [],                                          setsid,          'full',    'emulated'),
  row(121, 'getpgid',         ['pid'],                                     getpgid,         'full',    'emulated'),
  row(124, 'getsid',          ['pid'],                                     getsid,          'full',    'emulated'),
  row(158, 'arch_prctl',      ['hex', 'ptr'],                              arch_prctl,      'partial', 'emulated', 'FS, GS and GET_CPUID'),
  row(186, 'gettid',          [],                                          gettid,          'full',    'emulated'),
  row(218, 'set_tid_address', ['ptr'],                                     set_tid_address, 'full',    'emulated'),
  row(231, 'exit_group',      ['int'],                                     exit_group,      'full',    'emulated'),
  row(247, 'waitid',          ['int', 'pid', 'ptr', 'flags', 'ptr'],       waitid,          'full',    'emulated'),
  row(322, 'execveat',        ['atfd', 'path', 'argv', 'argv', 'at-flags'], execveat,       'full',    'emulated'),
  row(435, 'clone3',          ['ptr', 'size'],                             clone3,          'partial', 'emulated', 'no namespaces, set_tid, cgroup'),
];
