// System calls on pidfds: pidfd_open, pidfd_send_signal, pidfd_getfd.
import { CAP } from '../abi/capability.ts';
import { E } from '../abi/errno.ts';
import { O } from '../abi/fcntl.ts';
import { NSIG, SIG } from '../abi/signal.ts';
import { can } from '../kernel/caps.ts';
import { File, FileKind, fileGet } from '../kernel/file.ts';
import { fdGet, fdInstall, tableGet } from '../kernel/files.ts';
import type { Lx } from '../kernel/lx.ts';
import { setHas } from '../kernel/pending.ts';
import { installPidfd, pidfdProcess } from '../kernel/pidfd.ts';
import { findProcess, findTask, processOf } from '../kernel/process.ts';
import { userInfo } from '../kernel/siginfo.ts';
import { maySignal, sendSignalLocked } from '../kernel/signal.ts';
import { Process, ProcessState } from '../kernel/task.ts';
import { type Handler, row, type SyscallRow } from './row.ts';
import { readSigInfo } from './signal.ts';

const pidfd_open: Handler = (lx, pid, flags) => {
  if ((flags & ~O.NONBLOCK) !== 0 || pid <= 0) return -E.INVAL;
  const process = findProcess(lx.k, pid);
  if (process === 0) return findTask(lx.k, pid) === 0 ? -E.SRCH : -E.NOENT;
  return installPidfd(lx, process, flags);
};

/** The description of a pidfd, or −EBADF. */
function pidfdOf(lx: Lx, fd: number): number {
  const file = fdGet(lx, fd);
  return file !== 0 && lx.k.i32[file + File.kind] === FileKind.pidfd ? file : -E.BADF;
}

/** The process of a pidfd, 0 if it has been reaped, or −EBADF. */
export function pidfdTarget(lx: Lx, fd: number): number {
  const file = pidfdOf(lx, fd);
  return file < 0 ? file : pidfdProcess(lx.k, file);
}

const SIGNAL_FLAGS = 7; // PIDFD_SIGNAL_THREAD, _THREAD_GROUP, _PROCESS_GROUP

const pidfd_send_signal: Handler = (lx, fd, sig, infoAddr, flags) => {
  const { k } = lx;
  if ((flags & ~SIGNAL_FLAGS) !== 0 || (flags & (flags - 1)) !== 0) return -E.INVAL;
  const file = pidfdOf(lx, fd);
  if (file < 0) return file;
  const process = pidfdProcess(k, file);
  if (infoAddr !== 0 && lx.mem.readI32(infoAddr) !== sig) return -E.INVAL;
  const pid = process === 0 ? 0 : k.i32[process + Process.pid];
  const info = infoAddr === 0 ? userInfo(k, lx.task) : readSigInfo(lx, infoAddr, pid);
  if (info === null) return -E.PERM;
  if (sig < 0 || sig > NSIG) return -E.INVAL;
  if (process === 0) return -E.SRCH;
  if (!maySignal(k, processOf(lx), process, sig)) return -E.PERM;
  return sig === 0 ? 0 : k.locked(() => sendSignalLocked(k, process, sig, info));
};

const pidfd_getfd: Handler = (lx, fd, target, flags) => {
  const { k } = lx;
  const { i32 } = k;
  if (flags !== 0) return -E.INVAL;
  const file = pidfdOf(lx, fd);
  if (file < 0) return file;
  const process = pidfdProcess(k, file);
  if (process === 0 || i32[process + Process.state] !== ProcessState.alive) return -E.SRCH;
  if (!mayTrace(lx, process)) return -E.PERM;
  const found = k.locked(() => {
    const theirs = tableGet(k, i32[process + Process.files], target);
    return theirs === 0 ? 0 : fileGet(k, theirs);
  });
  return found === 0 ? -E.BADF : fdInstall(lx, found, true);
};

/** The memory of a process that is about to end: it is given back when it has ended, which is soon. */
const process_mrelease: Handler = (lx, fd, flags) => {
  if (flags !== 0) return -E.INVAL;
  const file = pidfdOf(lx, fd);
  if (file < 0) return file;
  const process = pidfdProcess(lx.k, file);
  if (process === 0 || lx.k.i32[process + Process.state] !== ProcessState.alive) return -E.SRCH;
  const isDying =
    lx.k.i32[process + Process.exiting] !== 0 ||
    setHas(lx.k.i32, process + Process.pending, SIG.KILL);
  return isDying ? 0 : -E.INVAL;
};

/** ptrace_may_access() of Linux: the same ids, and not undumpable; or the capability. */
export function mayTrace(lx: Lx, process: number): boolean {
  const { i32 } = lx.k;
  const own = processOf(lx);
  if (process === own || can(lx, CAP.SYS_PTRACE)) return true;
  const uids = [Process.uid, Process.euid, Process.suid];
  const gids = [Process.gid, Process.egid, Process.sgid];
  return (
    i32[process + Process.dumpable] === 1 &&
    uids.every((field) => i32[process + field] === i32[own + Process.fsuid]) &&
    gids.every((field) => i32[process + field] === i32[own + Process.fsgid])
  );
}

// biome-ignore format: aligned rows
export const rows: readonly SyscallRow[] = [
  row(424, 'pidfd_send_signal', ['fd', 'signal', 'ptr', 'uint'], pidfd_send_signal, 'partial', 'emulated', 'always to the process'),
  row(448, 'process_mrelease',  ['fd', 'uint'],                  process_mrelease,  'full',    'emulated'),
  row(434, 'pidfd_open',        ['pid', 'uint'],                 pidfd_open,        'partial', 'emulated', 'no PIDFD_THREAD'),
  row(438, 'pidfd_getfd',       ['fd', 'int', 'uint'],           pidfd_getfd,       'full',    'emulated'),
];
