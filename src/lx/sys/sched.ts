// System calls about scheduling: policies, priorities and processors of tasks.
import { CAP } from '../abi/capability.ts';
import { E } from '../abi/errno.ts';
import {
  RT_PRIORITY_MAX,
  SCHED,
  SCHED_ATTR,
  SCHED_FLAG,
  SCHED_RESET_ON_FORK,
} from '../abi/sched.ts';
import { can } from '../kernel/caps.ts';
import type { Lx } from '../kernel/lx.ts';
import { findProcess, findTask, processOf } from '../kernel/process.ts';
import { RLIMIT, rlimitSoft } from '../kernel/rlimits.ts';
import { isRealTime } from '../kernel/sched.ts';
import { Process, Task } from '../kernel/task.ts';
import { mayBeNice } from './priority.ts';
import { type Handler, row, type SyscallRow } from './row.ts';

/** The task with an id (0: the current one; a process whose first thread has ended: another), 0 if there is none. */
export function taskByTid(lx: Lx, tid: number): number {
  if (tid === 0) return lx.task;
  const task = findTask(lx.k, tid);
  if (task !== 0) return task;
  const process = findProcess(lx.k, tid);
  return process === 0 ? 0 : lx.k.i32[process + Process.tasks];
}

/** Has the caller the user id of the task's process? */
function ownsTask(lx: Lx, task: number): boolean {
  const { i32 } = lx.k;
  const target = i32[task + Task.process];
  const euid = i32[processOf(lx) + Process.euid];
  return euid === i32[target + Process.euid] || euid === i32[target + Process.uid];
}

const yieldCpu: Handler = () => 0;

// ---- processors

const allCpus = (lx: Lx): number => (lx.config.cpus >= 32 ? -1 : (1 << lx.config.cpus) - 1);

const sched_getaffinity: Handler = (lx, pid, size, address) => {
  const { cpus } = lx.config;
  if ((size & 7) !== 0 || size * 8 < cpus) return -E.INVAL;
  const task = taskByTid(lx, pid);
  if (task === 0) return -E.SRCH;
  const barred = lx.k.i32[task + Task.affinity];
  const mask = new Uint8Array(Math.ceil(cpus / 64) * 8);
  for (let cpu = 0; cpu < cpus; cpu++)
    if (cpu > 31 || ((barred >>> cpu) & 1) === 0) mask[cpu >> 3] |= 1 << (cpu & 7);
  lx.mem.write(address, mask);
  return mask.length;
};

const sched_setaffinity: Handler = (lx, pid, size, address) => {
  const bytes = lx.mem.bytes(address, Math.min(size, 1024));
  const task = taskByTid(lx, pid);
  if (task === 0) return -E.SRCH;
  if (!ownsTask(lx, task) && !can(lx, CAP.SYS_NICE)) return -E.PERM;
  const word =
    (bytes[0] ?? 0) | ((bytes[1] ?? 0) << 8) | ((bytes[2] ?? 0) << 16) | ((bytes[3] ?? 0) << 24);
  const allowed = word & allCpus(lx);
  if (allowed === 0) return -E.INVAL;
  lx.k.i32[task + Task.affinity] = allCpus(lx) & ~allowed;
  return 0;
};

/** The first processor the task may use. */
const getcpu: Handler = (lx, cpu, node) => {
  const barred = lx.k.i32[lx.task + Task.affinity];
  if (cpu !== 0) lx.mem.writeU32(cpu, 31 - Math.clz32(~barred & (barred + 1)));
  if (node !== 0) lx.mem.writeU32(node, 0);
  return 0;
};

// ---- policies

// biome-ignore format: one policy a row
const KNOWN: readonly number[] = [
  SCHED.OTHER, SCHED.FIFO, SCHED.RR, SCHED.BATCH, SCHED.IDLE, SCHED.DEADLINE,
];

interface Wanted {
  readonly policy: number;
  readonly priority: number;
  readonly reset: boolean;
  readonly nice: number | undefined;
  /** runtime, deadline, period in ns, for SCHED_DEADLINE */
  readonly deadline: readonly [number, number, number] | undefined;
}

const MIN_RUNTIME = 1024;

function isValid({ policy, priority, deadline }: Wanted): boolean {
  if (!KNOWN.includes(policy) || priority < 0 || priority > RT_PRIORITY_MAX) return false;
  if (isRealTime(policy) !== (priority !== 0)) return false;
  if (policy !== SCHED.DEADLINE) return true;
  if (deadline === undefined) return false;
  const [runtime, relative, period] = deadline;
  return runtime >= MIN_RUNTIME && runtime <= relative && (period === 0 || relative <= period);
}

/** user_check_sched_setscheduler() of Linux. */
function maySchedule(lx: Lx, task: number, wanted: Wanted): boolean {
  if (can(lx, CAP.SYS_NICE)) return true;
  const { i32 } = lx.k;
  const process = i32[task + Task.process];
  const policy = i32[task + Task.schedPolicy];
  const nice = i32[process + Process.nice];
  if (!ownsTask(lx, task) || wanted.policy === SCHED.DEADLINE) return false;
  if (i32[task + Task.schedReset] !== 0 && !wanted.reset) return false;
  if (isRealTime(wanted.policy)) {
    const limit = rlimitSoft(lx.k, process, RLIMIT.RTPRIO);
    if (wanted.policy !== policy && limit === 0) return false;
    return wanted.priority <= Math.max(limit, i32[task + Task.schedPriority]);
  }
  if (policy === SCHED.IDLE && wanted.policy !== SCHED.IDLE && !mayBeNice(lx, process, nice))
    return false;
  return wanted.nice === undefined || wanted.nice >= nice || mayBeNice(lx, process, wanted.nice);
}

function schedule(lx: Lx, pid: number, wanted: (task: number) => Wanted): number {
  const { i32, f64 } = lx.k;
  const task = taskByTid(lx, pid);
  if (task === 0) return -E.SRCH;
  const next = wanted(task);
  if (!isValid(next)) return -E.INVAL;
  if (!maySchedule(lx, task, next)) return -E.PERM;
  i32[task + Task.schedPolicy] = next.policy;
  i32[task + Task.schedPriority] = next.priority;
  i32[task + Task.schedReset] = next.reset ? 1 : 0;
  if (next.nice !== undefined) i32[i32[task + Task.process] + Process.nice] = next.nice;
  const [runtime, deadline, period] = next.deadline ?? [0, 0, 0];
  f64[(task + Task.schedRuntime) >> 1] = runtime;
  f64[(task + Task.schedDeadline) >> 1] = deadline;
  f64[(task + Task.schedPeriod) >> 1] = period === 0 ? deadline : period;
  return 0;
}

const sched_setscheduler: Handler = (lx, pid, policy, param) => {
  if (policy < 0 || param === 0 || pid < 0) return -E.INVAL;
  const priority = lx.mem.readI32(param);
  return schedule(lx, pid, () => ({
    policy: policy & ~SCHED_RESET_ON_FORK,
    priority,
    reset: (policy & SCHED_RESET_ON_FORK) !== 0,
    nice: undefined,
    deadline: undefined,
  }));
};

const sched_setparam: Handler = (lx, pid, param) => {
  if (param === 0 || pid < 0) return -E.INVAL;
  const priority = lx.mem.readI32(param);
  return schedule(lx, pid, (task) => ({
    policy: lx.k.i32[task + Task.schedPolicy],
    priority,
    reset: lx.k.i32[task + Task.schedReset] !== 0,
    nice: undefined,
    deadline: undefined,
  }));
};

const sched_getscheduler: Handler = (lx, pid) => {
  if (pid < 0) return -E.INVAL;
  const { i32 } = lx.k;
  const task = taskByTid(lx, pid);
  if (task === 0) return -E.SRCH;
  const reset = i32[task + Task.schedReset] !== 0 ? SCHED_RESET_ON_FORK : 0;
  return i32[task + Task.schedPolicy] | reset;
};

const sched_getparam: Handler = (lx, pid, param) => {
  if (param === 0 || pid < 0) return -E.INVAL;
  const task = taskByTid(lx, pid);
  if (task === 0) return -E.SRCH;
  lx.mem.writeU32(param, lx.k.i32[task + Task.schedPriority]);
  return 0;
};

const sched_rr_get_interval: Handler = (lx, pid, address) => {
  if (pid < 0) return -E.INVAL;
  const task = taskByTid(lx, pid);
  if (task === 0) return -E.SRCH;
  lx.mem.writable(address, 16);
  lx.mem.writeU64(address, 0);
  const robin = lx.k.i32[task + Task.schedPolicy] === SCHED.RR;
  lx.mem.writeU64(address + 8, robin ? RR_SLICE : 0);
  return 0;
};
/** /proc/sys/kernel/sched_rr_timeslice_ms, in ns. Slices of SCHED_OTHER are below a tick: 0. */
const RR_SLICE = 100_000_000;

const priorityMax: Handler = (_lx, policy) => priorityLimit(policy, RT_PRIORITY_MAX);
const priorityMin: Handler = (_lx, policy) => priorityLimit(policy, 1);
function priorityLimit(policy: number, realTime: number): number {
  if (policy === SCHED.EXT) return 0;
  if (!KNOWN.includes(policy)) return -E.INVAL;
  return isRealTime(policy) ? realTime : 0;
}

// ---- struct sched_attr: size, policy (4 each), flags (8), nice, priority (4 each), runtime, deadline, period (8 each),
// util_min, util_max (4 each)

const PAGE = 4096;

const sched_getattr: Handler = (lx, pid, address, size, flags) => {
  if (address === 0 || pid < 0 || size > PAGE || size < SCHED_ATTR.FIRST || flags !== 0)
    return -E.INVAL;
  const { mem } = lx;
  const { i32, f64 } = lx.k;
  const task = taskByTid(lx, pid);
  if (task === 0) return -E.SRCH;
  const at = mem.writable(address, size);
  mem.u8.fill(0, at, at + size);
  const policy = i32[task + Task.schedPolicy];
  const fair = policy === SCHED.OTHER || policy === SCHED.BATCH;
  mem.writeU32(address, Math.min(size, SCHED_ATTR.LATEST));
  mem.writeU32(address + 4, policy);
  mem.writeU64(address + 8, i32[task + Task.schedReset] !== 0 ? SCHED_FLAG.RESET_ON_FORK : 0);
  mem.writeU32(address + 16, fair ? i32[i32[task + Task.process] + Process.nice] : 0);
  mem.writeU32(address + 20, i32[task + Task.schedPriority]);
  [Task.schedRuntime, Task.schedDeadline, Task.schedPeriod].forEach((field, n) => {
    mem.writeU64(address + 24 + n * 8, f64[(task + field) >> 1]);
  });
  return 0;
};

/** The attributes at `address`, or −errno. */
function readAttr(lx: Lx, address: number): DataView | number {
  const size = lx.mem.readU32(address) || SCHED_ATTR.FIRST;
  const bytes = size > PAGE ? new Uint8Array(0) : lx.mem.bytes(address, size);
  if (size < SCHED_ATTR.FIRST || size > PAGE || bytes.subarray(SCHED_ATTR.LATEST).some(Boolean)) {
    lx.mem.writeU32(address, SCHED_ATTR.LATEST);
    return -E.TOOBIG;
  }
  return new DataView(bytes.buffer);
}

const sched_setattr: Handler = (lx, pid, address, flags) => {
  if (address === 0 || pid < 0 || flags !== 0) return -E.INVAL;
  const attr = readAttr(lx, address);
  if (typeof attr === 'number') return attr;
  const bits = attr.getUint32(8, true);
  if ((bits & ~0x7f) !== 0 || attr.getUint32(12, true) !== 0) return -E.INVAL;
  const policy = attr.getInt32(4, true);
  if (policy < 0) return -E.INVAL;
  const long = (at: number): number => Number(attr.getBigUint64(at, true));
  const fair = policy === SCHED.OTHER || policy === SCHED.BATCH;
  return schedule(lx, pid, (task) => ({
    policy: (bits & SCHED_FLAG.KEEP_POLICY) !== 0 ? lx.k.i32[task + Task.schedPolicy] : policy,
    priority: attr.getUint32(20, true),
    reset: (bits & SCHED_FLAG.RESET_ON_FORK) !== 0,
    nice: fair ? Math.max(-20, Math.min(19, attr.getInt32(16, true))) : undefined,
    deadline: policy === SCHED.DEADLINE ? [long(24), long(32), long(40)] : undefined,
  }));
};

// biome-ignore format: aligned rows
export const rows: readonly SyscallRow[] = [
  row(24,  'sched_yield',            [],                                  yieldCpu,              'full',    'emulated'),
  row(142, 'sched_setparam',         ['pid', 'ptr'],                      sched_setparam,        'partial', 'emulated', 'kept, without effect'),
  row(143, 'sched_getparam',         ['pid', 'ptr'],                      sched_getparam,        'full',    'emulated'),
  row(144, 'sched_setscheduler',     ['pid', 'int', 'ptr'],               sched_setscheduler,    'partial', 'emulated', 'kept, without effect'),
  row(145, 'sched_getscheduler',     ['pid'],                             sched_getscheduler,    'full',    'emulated'),
  row(146, 'sched_get_priority_max', ['int'],                             priorityMax,           'full',    'emulated'),
  row(147, 'sched_get_priority_min', ['int'],                             priorityMin,           'full',    'emulated'),
  row(148, 'sched_rr_get_interval',  ['pid', 'ptr'],                      sched_rr_get_interval, 'full',    'emulated'),
  row(203, 'sched_setaffinity',      ['pid', 'uint', 'ptr'],              sched_setaffinity,     'partial', 'emulated', 'kept, without effect'),
  row(204, 'sched_getaffinity',      ['pid', 'uint', 'ptr'],              sched_getaffinity,     'full',    'emulated'),
  row(309, 'getcpu',                 ['ptr', 'ptr', 'ptr'],               getcpu,                'partial', 'emulated', 'the first that the task may use'),
  row(314, 'sched_setattr',          ['pid', 'ptr', 'uint'],              sched_setattr,         'partial', 'emulated', 'kept, without effect'),
  row(315, 'sched_getattr',          ['pid', 'ptr', 'uint', 'uint'],      sched_getattr,         'full',    'emulated'),
];
