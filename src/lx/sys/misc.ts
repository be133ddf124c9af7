// System calls about the machine and the process's settings: uname, limits, prctl, scheduling, usage.
import { E } from '../abi/errno.ts';
import { CAP_LAST, PR } from '../abi/prctl.ts';
import { NSIG } from '../abi/signal.ts';
import { processCpu, threadCpu } from '../kernel/clock.ts';
import { Fixed } from '../kernel/fixed.ts';
import type { Lx } from '../kernel/lx.ts';
import {
  commOf,
  findProcess,
  findTask,
  processesLocked,
  processOf,
  setComm,
} from '../kernel/process.ts';
import { INFINITE, RLIMIT, RLIMITS, rlimitHard, rlimitSoft, setRlimit } from '../kernel/rlimits.ts';
import { Process, ProcessState, Task } from '../kernel/task.ts';
import { RELEASE, VERSION } from '../kernel/version.ts';
import { isPrivileged } from './cred.ts';
import { type Handler, row, type SyscallRow } from './row.ts';
import { writeUsage } from './usage.ts';

// ---- the machine

const UTS_FIELD = 65;

const uname: Handler = (lx, address) => {
  const { k } = lx;
  const host = k.readString(k.i32[Fixed.hostname]);
  const domain = k.readString(k.i32[Fixed.domainname]);
  const at = lx.mem.writable(address, 6 * UTS_FIELD);
  lx.mem.u8.fill(0, at, at + 6 * UTS_FIELD);
  ['Linux', host, RELEASE, VERSION, 'x86_64', domain].forEach((text, n) => {
    writeText(lx, at + n * UTS_FIELD, text.slice(0, UTS_FIELD - 1));
  });
  return 0;
};

function writeText(lx: Lx, linear: number, text: string): void {
  for (let i = 0; i < text.length; i++) lx.mem.u8[linear + i] = text.charCodeAt(i);
}

const setName =
  (word: number): Handler =>
  (lx, address, length) => {
    if (!isPrivileged(lx)) return -E.PERM;
    if (length < 0 || length > 64) return -E.INVAL;
    const text = String.fromCharCode(...lx.mem.bytes(address, length));
    const { k } = lx;
    k.locked(() => {
      k.freeLocked(k.i32[word]);
      k.i32[word] = k.newStringLocked(text);
    });
    return 0;
  };

/** Bytes of RAM we claim: about what a 32-bit address space can use, so that heaps are sized to fit. */
export const RAM_BYTES = 3 * 2 ** 30;
const SYSINFO_SIZE = 112;

/** sysinfo(2): uptime, loads[3], totalram, freeram, sharedram, bufferram, totalswap, freeswap, procs, totalhigh, freehigh, unit */
const sysinfo: Handler = (lx, address) => {
  const { k, mem } = lx;
  const at = mem.writable(address, SYSINFO_SIZE);
  mem.u8.fill(0, at, at + SYSINFO_SIZE);
  mem.writeU64(address, Math.floor((Date.now() - k.f64[Fixed.bootTime >> 1]) / 1000));
  mem.writeU64(address + 32, RAM_BYTES);
  mem.writeU64(address + 40, Math.floor(RAM_BYTES * 0.75));
  mem.writeU16(address + 80, k.i32[Fixed.taskCount] & 0xffff);
  mem.writeU32(address + 104, 1);
  return 0;
};

/** Host processors the guest may use. */
export const cpuCount = (lx: Lx): number => lx.config.cpus;

/** crypto.getRandomValues() gives at most this much at once. */
const RANDOM_CHUNK = 65536;
const GRND_KNOWN = 7; // GRND_NONBLOCK, GRND_RANDOM, GRND_INSECURE

const getrandom: Handler = (lx, address, length, flags) => {
  if ((flags & ~GRND_KNOWN) !== 0 || (flags & 6) === 6) return -E.INVAL;
  const total = Math.min(length, 0x7fff_f000);
  const at = lx.mem.writable(address, total);
  for (let done = 0; done < total; done += RANDOM_CHUNK) {
    const bytes = crypto.getRandomValues(new Uint8Array(Math.min(RANDOM_CHUNK, total - done)));
    lx.mem.u8.set(bytes, at + done);
  }
  return total;
};

// ---- limits

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
  if (hard > rlimitHard(k, process, resource) && !isPrivileged(lx)) return -E.PERM;
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

const prlimit64: Handler = (lx, pid, resource, fresh, old) => {
  if (resource < 0 || resource >= RLIMITS) return -E.INVAL;
  const limits =
    fresh === 0 ? null : [fromRaw(lx.mem.readBig(fresh)), fromRaw(lx.mem.readBig(fresh + 8))];
  const process = pid === 0 ? processOf(lx) : findProcess(lx.k, pid);
  if (process === 0) return -E.SRCH;
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
    case RUSAGE_SELF:
      writeUsage(lx, address, {
        utime: processCpu(lx) - at(Process.stime),
        stime: at(Process.stime),
        maxRss: at(Process.maxRss),
      });
      return 0;
    case RUSAGE_THREAD:
      writeUsage(lx, address, { utime: threadCpu(lx), stime: 0, maxRss: at(Process.maxRss) });
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

// ---- prctl(2)

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

// ---- scheduling: one policy, SCHED_OTHER; affinity and niceness are accepted

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
  return realTime && !isPrivileged(lx) ? -E.PERM : 0;
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
    if (nice < lx.k.i32[p + Process.nice] && !isPrivileged(lx)) return -E.ACCES;
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

// ---- the rest

/** PER_LINUX with the flags a program set; 0xffffffff only asks. */
const personality: Handler = (lx, persona) => {
  const process = processOf(lx);
  const old = lx.k.i32[process + Process.personality];
  if (persona !== 0xffff_ffff) lx.k.i32[process + Process.personality] = persona;
  return old;
};

const MEMBARRIER_COMMANDS = 0x1ff; // query answers the commands there are

const membarrier: Handler = (_lx, command, flags) => {
  if (flags !== 0) return -E.INVAL;
  if (command === 0) return MEMBARRIER_COMMANDS;
  const known = (command & MEMBARRIER_COMMANDS) === command && (command & (command - 1)) === 0;
  return known ? 0 : -E.INVAL;
};

const unshare: Handler = (_lx, flags) => {
  const NAMESPACES = 0x7e02_0080;
  if ((flags & NAMESPACES) !== 0) return -E.PERM;
  return flags === 0 ? 0 : -E.INVAL;
};

const notPermitted: Handler = () => -E.PERM;
const noSys: Handler = () => -E.NOSYS;

const kcmp: Handler = (lx, pid1, pid2, type, idx1, idx2) => {
  const one = findProcess(lx.k, pid1);
  const two = findProcess(lx.k, pid2);
  if (one === 0 || two === 0) return -E.SRCH;
  const fields = [-1, Process.mm, Process.files, Process.fs, Process.sighand];
  if (type < 1 || type >= fields.length)
    return type === 0 && idx1 === idx2 && pid1 === pid2 ? 0 : -E.INVAL;
  const a = lx.k.i32[one + fields[type]];
  const b = lx.k.i32[two + fields[type]];
  return a === b ? 0 : a < b ? 1 : 2;
};

// biome-ignore format: aligned rows
export const rows: readonly SyscallRow[] = [
  row(24,  'sched_yield',            [],                                  yieldCpu,              'full',    'emulated'),
  row(63,  'uname',                  ['ptr'],                             uname,                 'full',    'emulated'),
  row(97,  'getrlimit',              ['int', 'ptr'],                      getrlimit,             'full',    'emulated'),
  row(98,  'getrusage',              ['int', 'ptr'],                      getrusage,             'partial', 'emulated', 'times and maxrss'),
  row(99,  'sysinfo',                ['ptr'],                             sysinfo,               'partial', 'emulated', 'memory as configured, no loads'),
  row(135, 'personality',            ['uint'],                            personality,           'partial', 'emulated', 'kept, without effect'),
  row(140, 'getpriority',            ['int', 'int'],                      getpriority,           'full',    'emulated'),
  row(141, 'setpriority',            ['int', 'int', 'int'],               setpriority,           'partial', 'emulated', 'kept, without effect'),
  row(142, 'sched_setparam',         ['pid', 'ptr'],                      sched_setparam,        'partial', 'emulated', 'SCHED_OTHER'),
  row(143, 'sched_getparam',         ['pid', 'ptr'],                      sched_getparam,        'partial', 'emulated', 'SCHED_OTHER'),
  row(144, 'sched_setscheduler',     ['pid', 'int', 'ptr'],               sched_setscheduler,    'partial', 'emulated', 'checked, without effect'),
  row(145, 'sched_getscheduler',     ['pid'],                             sched_getscheduler,    'partial', 'emulated', 'SCHED_OTHER'),
  row(146, 'sched_get_priority_max', ['int'],                             priorityMax,           'full',    'emulated'),
  row(147, 'sched_get_priority_min', ['int'],                             priorityMin,           'full',    'emulated'),
  row(148, 'sched_rr_get_interval',  ['pid', 'ptr'],                      sched_rr_get_interval, 'partial', 'emulated', 'always 4 ms'),
  row(157, 'prctl',                  ['int', 'ptr', 'ptr', 'ptr', 'ptr'], prctl,                 'partial', 'emulated', 'names, death signal, subreaper, dumpable, no_new_privs, capability queries'),
  row(160, 'setrlimit',              ['int', 'ptr'],                      setrlimit,             'full',    'emulated'),
  row(169, 'reboot',                 ['hex', 'hex', 'hex', 'ptr'],        notPermitted,          'stub',    'emulated', 'EPERM'),
  row(170, 'sethostname',            ['ptr', 'int'],                      setName(Fixed.hostname), 'full',  'emulated'),
  row(171, 'setdomainname',          ['ptr', 'int'],                      setName(Fixed.domainname), 'full', 'emulated'),
  row(203, 'sched_setaffinity',      ['pid', 'uint', 'ptr'],              sched_setaffinity,     'partial', 'emulated', 'checked, without effect'),
  row(204, 'sched_getaffinity',      ['pid', 'uint', 'ptr'],              sched_getaffinity,     'full',    'emulated'),
  row(251, 'ioprio_set',             ['int', 'int', 'int'],               ioprio_set,            'stub',    'emulated'),
  row(252, 'ioprio_get',             ['int', 'int'],                      ioprio_get,            'stub',    'emulated'),
  row(272, 'unshare',                ['clone-flags'],                     unshare,               'partial', 'emulated', 'no namespaces'),
  row(302, 'prlimit64',              ['pid', 'int', 'ptr', 'ptr'],        prlimit64,             'full',    'emulated'),
  row(308, 'setns',                  ['fd', 'int'],                       notPermitted,          'stub',    'emulated', 'EPERM'),
  row(309, 'getcpu',                 ['ptr', 'ptr', 'ptr'],               getcpu,                'partial', 'emulated', 'always 0'),
  row(312, 'kcmp',                   ['pid', 'pid', 'int', 'long', 'long'], kcmp,                'partial', 'emulated', 'no KCMP_FILE'),
  row(314, 'sched_setattr',          ['pid', 'ptr', 'uint'],              sched_setattr,         'partial', 'emulated', 'without effect'),
  row(315, 'sched_getattr',          ['pid', 'ptr', 'uint', 'uint'],      sched_getattr,         'partial', 'emulated', 'SCHED_OTHER'),
  row(318, 'getrandom',              ['ptr', 'size', 'flags'],            getrandom,             'full',    'host'),
  row(324, 'membarrier',             ['int', 'uint', 'int'],              membarrier,            'full',    'emulated'),
  row(334, 'rseq',                   ['ptr', 'uint', 'int', 'hex'],       noSys,                 'stub',    'emulated', 'ENOSYS: libraries do without'),
];
