// System calls about resource limits and what has been used of them: getrlimit(2), getrusage(2).
import { CAP } from '../abi/capability.ts';
import { E } from '../abi/errno.ts';
import { can } from '../kernel/caps.ts';
import { processCpu, threadTimes, timesOf } from '../kernel/clock.ts';
import type { Lx } from '../kernel/lx.ts';
import { findProcess, processOf } from '../kernel/process.ts';
import { INFINITE, RLIMIT, RLIMITS, rlimitHard, rlimitSoft, setRlimit } from '../kernel/rlimits.ts';
import { Process } from '../kernel/task.ts';
import { type Handler, row, type SyscallRow } from './row.ts';
import { writeUsage } from './usage.ts';

const RLIM_INFINITY = 0xffff_ffff_ffff_ffffn;
const toRaw = (value: number): bigint => (value === INFINITE ? RLIM_INFINITY : BigInt(value));
const fromRaw = (raw: bigint): number => {
  const value = BigInt.asUintN(64, raw);
  return value >= 1n << 53n ? INFINITE : Number(value);
};

function writeLimit(lx: Lx, process: number, resource: number, address: number): void {
  lx.mem.writable(address, 16);
  lx.mem.writeBig(address, toRaw(rlimitSoft(lx.k, process, resource)));
  lx.mem.writeBig(address + 8, toRaw(rlimitHard(lx.k, process, resource)));
}

function changeLimit(
  lx: Lx,
  process: number,
  resource: number,
  soft: number,
  hard: number,
): number {
  if (soft > hard) return -E.INVAL;
  const { k } = lx;
  if (hard > rlimitHard(k, process, resource) && !can(lx, CAP.SYS_RESOURCE)) return -E.PERM;
  if (resource === RLIMIT.NOFILE && hard > NR_OPEN) return -E.PERM;
  setRlimit(k, process, resource, soft, hard);
  return 0;
}
const NR_OPEN = 1048576;

const getrlimit: Handler = (lx, resource, address) => {
  if (resource < 0 || resource >= RLIMITS) return -E.INVAL;
  writeLimit(lx, processOf(lx), resource, address);
  return 0;
};

const setrlimit: Handler = (lx, resource, address) => {
  const soft = fromRaw(lx.mem.readBig(address));
  const hard = fromRaw(lx.mem.readBig(address + 8));
  if (resource < 0 || resource >= RLIMITS) return -E.INVAL;
  return changeLimit(lx, processOf(lx), resource, soft, hard);
};

/** check_prlimit_permission() of Linux: all ids of the target are the caller's real ones. */
function mayLimit(lx: Lx, process: number): boolean {
  const { i32 } = lx.k;
  const own = processOf(lx);
  const uids = [Process.uid, Process.euid, Process.suid];
  const gids = [Process.gid, Process.egid, Process.sgid];
  const same =
    uids.every((field) => i32[process + field] === i32[own + Process.uid]) &&
    gids.every((field) => i32[process + field] === i32[own + Process.gid]);
  return process === own || same || can(lx, CAP.SYS_RESOURCE);
}

const prlimit64: Handler = (lx, pid, resource, fresh, old) => {
  if (resource < 0 || resource >= RLIMITS) return -E.INVAL;
  const limits =
    fresh === 0 ? null : [fromRaw(lx.mem.readBig(fresh)), fromRaw(lx.mem.readBig(fresh + 8))];
  const process = pid === 0 ? processOf(lx) : findProcess(lx.k, pid);
  if (process === 0) return -E.SRCH;
  if (!mayLimit(lx, process)) return -E.PERM;
  const before = [rlimitSoft(lx.k, process, resource), rlimitHard(lx.k, process, resource)];
  if (limits !== null) {
    const result = changeLimit(lx, process, resource, limits[0], limits[1]);
    if (result < 0) return result;
  }
  if (old !== 0) {
    lx.mem.writable(old, 16);
    lx.mem.writeBig(old, toRaw(before[0]));
    lx.mem.writeBig(old + 8, toRaw(before[1]));
  }
  return 0;
};

// ---- usage

const RUSAGE_SELF = 0;
const RUSAGE_CHILDREN = -1;
const RUSAGE_THREAD = 1;

const getrusage: Handler = (lx, who, address) => {
  const { f64 } = lx.k;
  const process = processOf(lx);
  const at = (field: number): number => f64[(process + field) >> 1];
  switch (who) {
    case RUSAGE_SELF: {
      const own = timesOf(lx.k, process, processCpu(lx));
      writeUsage(lx, address, { ...own, maxRss: at(Process.maxRss) });
      return 0;
    }
    case RUSAGE_THREAD:
      writeUsage(lx, address, { ...threadTimes(lx), maxRss: at(Process.maxRss) });
      return 0;
    case RUSAGE_CHILDREN:
      writeUsage(lx, address, {
        utime: at(Process.cutime),
        stime: at(Process.cstime),
        maxRss: at(Process.cmaxRss),
      });
      return 0;
    default:
      return -E.INVAL;
  }
};

// biome-ignore format: aligned rows
export const rows: readonly SyscallRow[] = [
  row(97,  'getrlimit',              ['int', 'ptr'],                      getrlimit,             'full',    'emulated'),
  row(98,  'getrusage',              ['int', 'ptr'],                      getrusage,             'partial', 'emulated', 'times and maxrss'),
  row(160, 'setrlimit',              ['int', 'ptr'],                      setrlimit,             'full',    'emulated'),
  row(302, 'prlimit64',              ['pid', 'int', 'ptr', 'ptr'],        prlimit64,             'full',    'emulated'),
];
