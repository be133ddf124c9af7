// prctl(2): settings of a process or thread, by option.
import { CAP, SECBIT } from '../abi/capability.ts';
import { E } from '../abi/errno.ts';
import { PR } from '../abi/prctl.ts';
import { NSIG } from '../abi/signal.ts';
import { can } from '../kernel/caps.ts';
import type { Lx } from '../kernel/lx.ts';
import { commOf, processOf, setComm } from '../kernel/process.ts';
import { seccompMode } from '../kernel/seccomp.ts';
import { Process, Task } from '../kernel/task.ts';
import { ambient, capBoundingDrop, capBoundingRead, setKeepCaps, setSecureBits } from './caps.ts';
import { type Handler, row, type SyscallRow } from './row.ts';
import { setSeccomp } from './seccomp.ts';

const COMM_BYTES = 16;
const DEFAULT_SLACK = 50000;

const prctl: Handler = (lx, option, a, b, c, d) => {
  const { k } = lx;
  const { i32 } = k;
  const process = processOf(lx);
  const flag = (field: number, value: number): number => {
    if (value !== 0 && value !== 1) return -E.INVAL;
    i32[process + field] = value;
    return 0;
  };
  switch (option) {
    case PR.SET_NAME:
      setComm(k, lx.task, readComm(lx, a));
      return 0;
    case PR.GET_NAME:
      lx.mem.write(
        a,
        Uint8Array.from(commOf(k, lx.task).padEnd(COMM_BYTES, '\0'), (char) => char.charCodeAt(0)),
      );
      return 0;
    case PR.SET_PDEATHSIG:
      if (a > NSIG) return -E.INVAL;
      i32[process + Process.pdeathsig] = a;
      return 0;
    case PR.GET_PDEATHSIG:
      lx.mem.writeU32(a, i32[process + Process.pdeathsig]);
      return 0;
    case PR.SET_DUMPABLE:
      return flag(Process.dumpable, a);
    case PR.GET_DUMPABLE:
      return i32[process + Process.dumpable];
    case PR.SET_CHILD_SUBREAPER:
      i32[process + Process.childSubreaper] = a !== 0 ? 1 : 0;
      return 0;
    case PR.GET_CHILD_SUBREAPER:
      lx.mem.writeU32(a, i32[process + Process.childSubreaper]);
      return 0;
    case PR.SET_NO_NEW_PRIVS:
      if (a !== 1 || b !== 0 || c !== 0 || d !== 0) return -E.INVAL;
      i32[process + Process.noNewPrivs] = 1;
      return 0;
    case PR.GET_NO_NEW_PRIVS:
      return a !== 0 || b !== 0 || c !== 0 || d !== 0
        ? -E.INVAL
        : i32[process + Process.noNewPrivs];
    case PR.CAPBSET_READ:
      return capBoundingRead(lx, a);
    case PR.CAPBSET_DROP:
      return capBoundingDrop(lx, a);
    case PR.CAP_AMBIENT:
      return ambient(lx, a, b, c | d);
    case PR.GET_SECUREBITS:
      return i32[process + Process.securebits];
    case PR.GET_KEEPCAPS:
      return (i32[process + Process.securebits] & SECBIT.KEEP_CAPS) !== 0 ? 1 : 0;
    case PR.SET_KEEPCAPS:
      return setKeepCaps(lx, a);
    case PR.SET_SECUREBITS:
      return setSecureBits(lx, a);
    case PR.GET_SECCOMP:
      return seccompMode(k, lx.task);
    case PR.SET_SECCOMP:
      return setSeccomp(lx, a, b);
    case PR.GET_TIMING:
      return 0;
    case PR.SET_TIMING:
      return a === 0 ? 0 : -E.INVAL;
    case PR.GET_THP_DISABLE:
      return a !== 0 || (b | c | d) !== 0 ? -E.INVAL : i32[process + Process.thpDisable];
    case PR.SET_THP_DISABLE:
      if ((b | c | d) !== 0) return -E.INVAL;
      i32[process + Process.thpDisable] = a !== 0 ? 1 : 0;
      return 0;
    case PR.SET_TIMERSLACK:
      i32[lx.task + Task.timerSlack] = a > 0 ? Math.min(a, 0x7fff_ffff) : DEFAULT_SLACK;
      return 0;
    case PR.GET_TIMERSLACK:
      return i32[lx.task + Task.timerSlack] || DEFAULT_SLACK;
    case PR.MCE_KILL:
      return machineCheck(a, b, c, d);
    case PR.SET_PTRACER:
      return 0;
    case PR.MCE_KILL_GET:
      return a !== 0 || (b | c | d) !== 0 ? -E.INVAL : MCE_KILL_DEFAULT;
    case PR.GET_SPECULATION_CTRL:
      return speculation(a, b, c, d);
    case PR.TASK_PERF_EVENTS_DISABLE:
    case PR.TASK_PERF_EVENTS_ENABLE:
      return 0;
    case PR.SET_IO_FLUSHER:
    case PR.GET_IO_FLUSHER:
      return can(lx, CAP.SYS_RESOURCE) ? -E.INVAL : -E.PERM;
    case PR.SET_MM:
      return can(lx, CAP.SYS_RESOURCE) ? -E.INVAL : -E.PERM;
    case PR.SET_TSC:
      return a === 1 ? 0 : -E.INVAL;
    case PR.GET_TSC:
      lx.mem.writeU32(a, 1); // PR_TSC_ENABLE
      return 0;
    case PR.GET_TID_ADDRESS:
      lx.mem.writeU64(a, k.f64[(lx.task + Task.clearChildTid) >> 1]);
      return 0;
    default:
      return -E.INVAL;
  }
};

const MCE_KILL_DEFAULT = 2;

/** PR_MCE_KILL: back to the default, or late, early, the default; there are no machine checks. */
const machineCheck = (set: number, policy: number, c: number, d: number): number => {
  if (set > 1 || (c | d) !== 0) return -E.INVAL;
  return policy > (set === 0 ? 0 : MCE_KILL_DEFAULT) ? -E.INVAL : 0;
};

/** Store bypass and indirect branches, as /proc/pid/status says: PR_SPEC_ENABLE; no flush of the L1 cache. */
const speculation = (which: number, b: number, c: number, d: number): number => {
  if ((b | c | d) !== 0) return -E.INVAL;
  return [2, 2, 8][which] ?? -E.NODEV;
};

/** A name of up to 15 bytes; what comes after them is not looked at (it may be unreadable). */
function readComm(lx: Lx, address: number): string {
  let name = '';
  for (let i = 0; i < COMM_BYTES - 1; i++) {
    const byte = lx.mem.readU8(address + i);
    if (byte === 0) break;
    name += String.fromCharCode(byte);
  }
  return name;
}

// biome-ignore format: aligned rows
export const rows: readonly SyscallRow[] = [
  row(157, 'prctl',                  ['int', 'ptr', 'ptr', 'ptr', 'ptr'], prctl,                 'partial', 'emulated', 'names, death signal, subreaper, dumpable, no_new_privs, capability queries, seccomp'),
];
