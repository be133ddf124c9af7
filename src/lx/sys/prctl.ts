// prctl(2): settings of a process or thread, by option.
import { E } from '../abi/errno.ts';
import { CAP_LAST, PR } from '../abi/prctl.ts';
import { NSIG } from '../abi/signal.ts';
import type { Lx } from '../kernel/lx.ts';
import { commOf, processOf, setComm } from '../kernel/process.ts';
import { Process, Task } from '../kernel/task.ts';
import { isPrivileged } from './cred.ts';
import { type Handler, row, type SyscallRow } from './row.ts';

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
      return a > CAP_LAST ? -E.INVAL : 1;
    case PR.CAPBSET_DROP:
      return a > CAP_LAST ? -E.INVAL : isPrivileged(lx) ? 0 : -E.PERM;
    case PR.CAP_AMBIENT:
      return ambient(a, b);
    case PR.GET_SECUREBITS:
    case PR.GET_KEEPCAPS:
    case PR.GET_SECCOMP:
    case PR.GET_TIMING:
    case PR.GET_THP_DISABLE:
      return 0;
    case PR.SET_KEEPCAPS:
      return a > 1 ? -E.INVAL : 0;
    case PR.SET_SECUREBITS:
      return isPrivileged(lx) ? 0 : -E.PERM;
    case PR.SET_TIMERSLACK:
    case PR.SET_THP_DISABLE:
    case PR.MCE_KILL:
    case PR.SET_PTRACER:
      return 0;
    case PR.GET_TIMERSLACK:
      return DEFAULT_SLACK;
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

const AMBIENT = { IS_SET: 1, RAISE: 2, LOWER: 3, CLEAR_ALL: 4 };

function ambient(operation: number, capability: number): number {
  if (operation === AMBIENT.CLEAR_ALL) return capability === 0 ? 0 : -E.INVAL;
  if (operation < AMBIENT.IS_SET || operation > AMBIENT.CLEAR_ALL || capability > CAP_LAST)
    return -E.INVAL;
  return operation === AMBIENT.RAISE ? -E.PERM : 0;
}

// biome-ignore format: aligned rows
export const rows: readonly SyscallRow[] = [
  row(157, 'prctl',                  ['int', 'ptr', 'ptr', 'ptr', 'ptr'], prctl,                 'partial', 'emulated', 'names, death signal, subreaper, dumpable, no_new_privs, capability queries'),
];
