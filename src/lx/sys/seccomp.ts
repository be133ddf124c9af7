// seccomp(2), and what prctl(2) does of it.
import { CAP } from '../abi/capability.ts';
import { E } from '../abi/errno.ts';
import {
  BPF_MAXINSNS,
  SECCOMP_DATA_SIZE,
  SECCOMP_FLAG,
  SECCOMP_MODE,
  SECCOMP_OP,
  SECCOMP_RET,
} from '../abi/seccomp.ts';
import { isValidFilter } from '../kernel/bpf.ts';
import { can } from '../kernel/caps.ts';
import type { Lx } from '../kernel/lx.ts';
import { processOf } from '../kernel/process.ts';
import {
  addFilterLocked,
  descendsFrom,
  inheritFiltersLocked,
  seccompMode,
} from '../kernel/seccomp.ts';
import { eachTask } from '../kernel/signal.ts';
import { Process, Task } from '../kernel/task.ts';
import { type Handler, row, type SyscallRow } from './row.ts';

const FLAGS =
  SECCOMP_FLAG.TSYNC | SECCOMP_FLAG.LOG | SECCOMP_FLAG.SPEC_ALLOW | SECCOMP_FLAG.TSYNC_ESRCH;
const NOTIF_SIZES = [80, 24, 64]; // struct seccomp_notif, _resp, seccomp_data

function setStrict(lx: Lx): number {
  const mode = seccompMode(lx.k, lx.task);
  if (mode !== SECCOMP_MODE.DISABLED) return mode === SECCOMP_MODE.STRICT ? 0 : -E.INVAL;
  lx.k.locked(() => addFilterLocked(lx.k, lx.task, new Uint32Array(0)));
  return 0;
}

/** struct sock_fprog: length (2), pointer (at 8). */
function readProgram(lx: Lx, address: number): Uint32Array | number {
  const { mem } = lx;
  const count = mem.readU16(address);
  const filter = mem.readU64(address + 8);
  if (count === 0 || count > BPF_MAXINSNS || filter === 0) return -E.INVAL;
  if (lx.k.i32[processOf(lx) + Process.noNewPrivs] === 0 && !can(lx, CAP.SYS_ADMIN))
    return -E.ACCES;
  const bytes = mem.bytes(filter, count * 8).slice();
  const program = new Uint32Array(bytes.buffer);
  return isValidFilter(program, SECCOMP_DATA_SIZE) ? program : -E.INVAL;
}

function setFilter(lx: Lx, flags: number, address: number): number {
  const { k, task } = lx;
  if ((flags & ~FLAGS) !== 0) return -E.INVAL;
  const program = readProgram(lx, address);
  if (typeof program === 'number') return program;
  if (seccompMode(k, task) === SECCOMP_MODE.STRICT) return -E.INVAL;
  return k.locked(() => {
    const foreign = (flags & SECCOMP_FLAG.TSYNC) === 0 ? 0 : foreignSiblingLocked(lx);
    if (foreign !== 0)
      return (flags & SECCOMP_FLAG.TSYNC_ESRCH) !== 0 ? -E.SRCH : k.i32[foreign + Task.tid];
    if (!addFilterLocked(k, task, program)) return -E.NOMEM;
    if ((flags & SECCOMP_FLAG.TSYNC) !== 0)
      eachTask(k, processOf(lx), (other) => other !== task && inheritFiltersLocked(k, task, other));
    return 0;
  });
}

/** A thread of the process whose filters are none of the caller's; 0 if there is none. */
function foreignSiblingLocked(lx: Lx): number {
  let foreign = 0;
  eachTask(lx.k, processOf(lx), (other) => {
    if (!descendsFrom(lx.k, lx.task, other)) foreign = other;
  });
  return foreign;
}

const seccomp: Handler = (lx, op, flags, address) => {
  switch (op) {
    case SECCOMP_OP.STRICT:
      return flags !== 0 || address !== 0 ? -E.INVAL : setStrict(lx);
    case SECCOMP_OP.FILTER:
      return setFilter(lx, flags, address);
    case SECCOMP_OP.ACTION_AVAIL: {
      if (flags !== 0) return -E.INVAL;
      const action = lx.mem.readU32(address);
      const known = Object.values(SECCOMP_RET).some((ret) => ret * 0x1_0000 === action);
      return known && action !== SECCOMP_RET.USER_NOTIF * 0x1_0000 ? 0 : -E.OPNOTSUPP;
    }
    case SECCOMP_OP.NOTIF_SIZES:
      if (flags !== 0) return -E.INVAL;
      lx.mem.write(address, new Uint8Array(new Uint16Array(NOTIF_SIZES).buffer));
      return 0;
    default:
      return -E.INVAL;
  }
};

/** PR_SET_SECCOMP */
export function setSeccomp(lx: Lx, mode: number, address: number): number {
  if (mode === SECCOMP_MODE.STRICT) return setStrict(lx);
  return mode === SECCOMP_MODE.FILTER ? setFilter(lx, 0, address) : -E.INVAL;
}

// biome-ignore format: aligned rows
export const rows: readonly SyscallRow[] = [
  row(317, 'seccomp', ['uint', 'uint', 'ptr'], seccomp, 'partial', 'emulated', 'no SECCOMP_RET_USER_NOTIF'),
];
