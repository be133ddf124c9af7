// System calls about scheduling. There is one policy, SCHED_OTHER; affinity and niceness are checked and kept, but the host
// schedules the workers.
import { CAP } from '../abi/capability.ts';
import { E } from '../abi/errno.ts';
import { can } from '../kernel/caps.ts';
import type { Lx } from '../kernel/lx.ts';
import { findProcess, findTask, processesLocked, processOf } from '../kernel/process.ts';
import { Process, ProcessState } from '../kernel/task.ts';
import { type Handler, row, type SyscallRow } from './row.ts';

/** Host processors the guest may use. */
const cpuCount = (lx: Lx): number => lx.config.cpus;

const yieldCpu: Handler = () => 0;
const exists = (lx: Lx, tid: number): boolean =>
  tid === 0 || findTask(lx.k, tid) !== 0 || findProcess(lx.k, tid) !== 0;

const sched_getaffinity: Handler = (lx, pid, size, address) => {
  if ((size & 7) !== 0 || size * 8 < cpuCount(lx)) return -E.INVAL;
  if (!exists(lx, pid)) return -E.SRCH;
  const bytes = Math.ceil(cpuCount(lx) / 64) * 8;
  const mask = new Uint8Array(bytes);
  for (let cpu = 0; cpu < cpuCount(lx); cpu++) mask[cpu >> 3] |= 1 << (cpu & 7);
  lx.mem.write(address, mask);
  return bytes;
};

const sched_setaffinity: Handler = (lx, pid, size, address) => {
  const mask = lx.mem.bytes(address, Math.min(size, 128));
  if (!exists(lx, pid)) return -E.SRCH;
  const usable = mask.some((byte, n) => byte !== 0 && n * 8 < cpuCount(lx));
  return usable ? 0 : -E.INVAL;
};

const SCHED_OTHER = 0;
const SCHED_FIFO = 1;
const SCHED_RR = 2;
const POLICIES = [SCHED_OTHER, SCHED_FIFO, SCHED_RR, 3, 5];
const RESET_ON_FORK = 0x4000_0000;

const sched_getscheduler: Handler = (lx, pid) =>
  pid < 0 ? -E.INVAL : exists(lx, pid) ? SCHED_OTHER : -E.SRCH;

const sched_setscheduler: Handler = (lx, pid, policy, param) => {
  const kind = policy & ~RESET_ON_FORK;
  if (param === 0 || pid < 0 || !POLICIES.includes(kind)) return -E.INVAL;
  const priority = lx.mem.readI32(param);
  if (!exists(lx, pid)) return -E.SRCH;
  const realTime = kind === SCHED_FIFO || kind === SCHED_RR;
  if (realTime ? priority < 1 || priority > 99 : priority !== 0) return -E.INVAL;
  return realTime && !can(lx, CAP.SYS_NICE) ? -E.PERM : 0;
};

const sched_getparam: Handler = (lx, pid, param) => {
  if (param === 0 || pid < 0) return -E.INVAL;
  if (!exists(lx, pid)) return -E.SRCH;
  lx.mem.writeU32(param, 0);
  return 0;
};

const sched_setparam: Handler = (lx, pid, param) => {
  if (param === 0 || pid < 0) return -E.INVAL;
  if (!exists(lx, pid)) return -E.SRCH;
  return lx.mem.readI32(param) === 0 ? 0 : -E.INVAL;
};

const priorityMax: Handler = (_lx, policy) =>
  !POLICIES.includes(policy) ? -E.INVAL : policy === SCHED_FIFO || policy === SCHED_RR ? 99 : 0;
const priorityMin: Handler = (_lx, policy) =>
  !POLICIES.includes(policy) ? -E.INVAL : policy === SCHED_FIFO || policy === SCHED_RR ? 1 : 0;

const SCHED_ATTR_SIZE = 48;

const sched_getattr: Handler = (lx, pid, address, size, flags) => {
  if (address === 0 || pid < 0 || size < SCHED_ATTR_SIZE || flags !== 0) return -E.INVAL;
  if (!exists(lx, pid)) return -E.SRCH;
  const at = lx.mem.writable(address, SCHED_ATTR_SIZE);
  lx.mem.u8.fill(0, at, at + SCHED_ATTR_SIZE);
  lx.mem.writeU32(address, SCHED_ATTR_SIZE);
  lx.mem.writeU32(address + 16, lx.k.i32[processOf(lx) + Process.nice]);
  return 0;
};

const sched_setattr: Handler = (lx, pid, address) => {
  if (address === 0 || pid < 0) return -E.INVAL;
  lx.mem.readable(address, SCHED_ATTR_SIZE);
  return exists(lx, pid) ? 0 : -E.SRCH;
};

const sched_rr_get_interval: Handler = (lx, pid, address) => {
  if (pid < 0) return -E.INVAL;
  if (!exists(lx, pid)) return -E.SRCH;
  lx.mem.writeU64(address, 0);
  lx.mem.writeU64(address + 8, 4_000_000);
  return 0;
};

const PRIO = { PROCESS: 0, PGRP: 1, USER: 2 };

/** Processes that getpriority and setpriority mean. */
function prioritised(lx: Lx, which: number, who: number): number[] {
  const { k } = lx;
  const { i32 } = k;
  const self = processOf(lx);
  const alive = k
    .locked(() => processesLocked(k))
    .filter((p) => i32[p + Process.state] === ProcessState.alive);
  const field =
    which === PRIO.PROCESS ? Process.pid : which === PRIO.PGRP ? Process.pgid : Process.uid;
  const wanted = who === 0 ? i32[self + field] : who;
  return alive.filter((p) => i32[p + field] === wanted);
}

/** The raw call answers 20 − nice, so that it is never negative. */
const getpriority: Handler = (lx, which, who) => {
  if (which < PRIO.PROCESS || which > PRIO.USER) return -E.INVAL;
  const found = prioritised(lx, which, who);
  if (found.length === 0) return -E.SRCH;
  return 20 - Math.min(...found.map((p) => lx.k.i32[p + Process.nice]));
};

const setpriority: Handler = (lx, which, who, priority) => {
  if (which < PRIO.PROCESS || which > PRIO.USER) return -E.INVAL;
  const nice = Math.min(19, Math.max(-20, priority));
  const found = prioritised(lx, which, who);
  if (found.length === 0) return -E.SRCH;
  for (const p of found) {
    if (nice < lx.k.i32[p + Process.nice] && !can(lx, CAP.SYS_NICE)) return -E.ACCES;
    lx.k.i32[p + Process.nice] = nice;
  }
  return 0;
};

const ioprio_get: Handler = () => 0x4004; // best effort, 4
const ioprio_set: Handler = () => 0;

const getcpu: Handler = (lx, cpu, node) => {
  if (cpu !== 0) lx.mem.writeU32(cpu, 0);
  if (node !== 0) lx.mem.writeU32(node, 0);
  return 0;
};

// biome-ignore format: aligned rows
export const rows: readonly SyscallRow[] = [
  row(24,  'sched_yield',            [],                                  yieldCpu,              'full',    'emulated'),
  row(140, 'getpriority',            ['int', 'int'],                      getpriority,           'full',    'emulated'),
  row(141, 'setpriority',            ['int', 'int', 'int'],               setpriority,           'partial', 'emulated', 'kept, without effect'),
  row(142, 'sched_setparam',         ['pid', 'ptr'],                      sched_setparam,        'partial', 'emulated', 'SCHED_OTHER'),
  row(143, 'sched_getparam',         ['pid', 'ptr'],                      sched_getparam,        'partial', 'emulated', 'SCHED_OTHER'),
  row(144, 'sched_setscheduler',     ['pid', 'int', 'ptr'],               sched_setscheduler,    'partial', 'emulated', 'checked, without effect'),
  row(145, 'sched_getscheduler',     ['pid'],                             sched_getscheduler,    'partial', 'emulated', 'SCHED_OTHER'),
  row(146, 'sched_get_priority_max', ['int'],                             priorityMax,           'full',    'emulated'),
  row(147, 'sched_get_priority_min', ['int'],                             priorityMin,           'full',    'emulated'),
  row(148, 'sched_rr_get_interval',  ['pid', 'ptr'],                      sched_rr_get_interval, 'partial', 'emulated', 'always 4 ms'),
  row(203, 'sched_setaffinity',      ['pid', 'uint', 'ptr'],              sched_setaffinity,     'partial', 'emulated', 'checked, without effect'),
  row(204, 'sched_getaffinity',      ['pid', 'uint', 'ptr'],              sched_getaffinity,     'full',    'emulated'),
  row(251, 'ioprio_set',             ['int', 'int', 'int'],               ioprio_set,            'stub',    'emulated'),
  row(252, 'ioprio_get',             ['int', 'int'],                      ioprio_get,            'stub',    'emulated'),
  row(309, 'getcpu',                 ['ptr', 'ptr', 'ptr'],               getcpu,                'partial', 'emulated', 'always 0'),
  row(314, 'sched_setattr',          ['pid', 'ptr', 'uint'],              sched_setattr,         'partial', 'emulated', 'without effect'),
  row(315, 'sched_getattr',          ['pid', 'ptr', 'uint', 'uint'],      sched_getattr,         'partial', 'emulated', 'SCHED_OTHER'),
];
