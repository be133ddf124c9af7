// /proc/pid/stat, status, statm, limits: numbers of a process in the formats of proc(5). All of it is read under the
// kernel lock, as the process may be another's that ends meanwhile.

import { timesOf } from '../../kernel/clock.ts';
import { Fixed } from '../../kernel/fixed.ts';
import type { Kernel } from '../../kernel/kmem.ts';
import type { Lx } from '../../kernel/lx.ts';
import { commOf } from '../../kernel/process.ts';
import { RLIMITS, rlimitHard, rlimitSoft } from '../../kernel/rlimits.ts';
import { filterCount, seccompMode } from '../../kernel/seccomp.ts';
import { handlerOf } from '../../kernel/signal.ts';
import { FileTable, FsInfo, Process, ProcessState, Task, TaskState } from '../../kernel/task.ts';
import { type MemoryCounts, memoryCounts } from '../../mm/maps.ts';
import { Mm } from '../../mm/mm.ts';
import { CPUS } from './system.ts';

/** Which process and task a path below /proc names. */
export interface Subject {
  readonly process: number;
  readonly task: number;
}

const HZ = 100;
const PAGE = 4096;
const PAGE_KB = 4;
const NOTHING: MemoryCounts = {
  total: 0,
  peak: 0,
  resident: 0,
  shared: 0,
  text: 0,
  data: 0,
  stack: 0,
  locked: 0,
};

const ticks = (ms: number): number => Math.floor((ms * HZ) / 1000);

export function memoryOf(k: Kernel, process: number): MemoryCounts {
  const mm = k.i32[process + Process.mm];
  return mm === 0 ? NOTHING : memoryCounts(k, mm);
}

function stateLetter(k: Kernel, { process, task }: Subject): 'R' | 'S' | 'T' | 't' | 'Z' {
  if (process === k.i32[Fixed.init]) return 'S';
  if (k.i32[process + Process.state] === ProcessState.zombie || task === 0) return 'Z';
  const state = k.i32[task + Task.state];
  if (state === TaskState.stopped) return 'T';
  if (state === TaskState.traced) return 't';
  return state === TaskState.sleeping ? 'S' : 'R';
}

/** The name; init (the session itself) has no task that could have one, and a zombie none any more. */
function nameOf(k: Kernel, { process, task }: Subject): string {
  if (process === k.i32[Fixed.init]) return 'lxjit';
  return task === 0 ? '' : commOf(k, task);
}

/** Milliseconds of CPU time: what ended tasks left, and what living ones were last seen with. */
function cpuMs(k: Kernel, process: number): number {
  let ms = k.f64[(process + Process.utime) >> 1];
  for (let t = k.i32[process + Process.tasks]; t !== 0; t = k.i32[t + Task.next]) {
    ms += k.f64[(t + Task.cpuSeen) >> 1];
  }
  return ms;
}

/** A 64-bit set in two words as a decimal number. */
const setNumber = (k: Kernel, at: number): bigint =>
  BigInt(k.u32[at]) | (BigInt(k.u32[at + 1]) << 32n);

/** Sets of ignored and caught signals. */
function dispositions(k: Kernel, process: number): { ignored: bigint; caught: bigint } {
  const sets = { ignored: 0n, caught: 0n };
  if (k.i32[process + Process.sighand] === 0) return sets;
  for (let sig = 1; sig <= 64; sig++) {
    const handler = handlerOf(k, process, sig);
    const bit = 1n << BigInt(sig - 1);
    if (handler === 1) sets.ignored |= bit;
    else if (handler !== 0) sets.caught |= bit;
  }
  return sets;
}

const parentPid = (k: Kernel, process: number): number => {
  const parent = k.i32[process + Process.parent];
  return parent === 0 ? 0 : k.i32[parent + Process.pid];
};

export function statText(lx: Lx, subject: Subject): string {
  const { k } = lx;
  const { process, task } = subject;
  const { i32, f64 } = k;
  const mm = i32[process + Process.mm];
  const memory = memoryOf(k, process);
  const at = (field: number): number => (mm === 0 ? 0 : f64[(mm + field) >> 1]);
  const { ignored, caught } = dispositions(k, process);
  const pending = task === 0 ? 0n : setNumber(k, task + Task.pending);
  const blocked = task === 0 ? 0n : setNumber(k, task + Task.blocked);
  const started = f64[(process + Process.startTime) >> 1] - f64[Fixed.bootTime >> 1];
  const cpu = cpuMs(k, process) + f64[(process + Process.stime) >> 1];
  const { utime, stime } = timesOf(k, process, cpu);
  const low = (set: bigint): bigint => set & 0x7fffffffn;
  const tid = task === 0 ? i32[process + Process.pid] : i32[task + Task.tid];
  // biome-ignore format: in the groups of proc(5)
  const fields = [
    tid, `(${nameOf(k, subject)})`, stateLetter(k, subject),
    parentPid(k, process), i32[process + Process.pgid], i32[process + Process.sid],
    ttyNumber(k, process), i32[process + Process.tty] === 0 ? -1 : i32[process + Process.pgid], 4194304,
    0, 0, 0, 0, // faults
    ticks(utime), ticks(stime),
    ticks(f64[(process + Process.cutime) >> 1]), ticks(f64[(process + Process.cstime) >> 1]),
    20, 0, i32[process + Process.taskCount], 0, Math.max(0, ticks(started)),
    memory.total * PAGE, memory.resident, '18446744073709551615',
    at(Mm.codeStart), at(Mm.codeEnd), at(Mm.stackStart), 0, 0,
    low(pending), low(blocked), low(ignored), low(caught),
    0, 0, 0, i32[process + Process.exitSignal] || 17, 0, 0, 0, 0, 0, 0,
    at(Mm.dataStart), at(Mm.dataEnd), at(Mm.brkStart),
    at(Mm.argStart), at(Mm.argEnd), at(Mm.envStart), at(Mm.envEnd), 0,
  ];
  return `${fields.join(' ')}\n`;
}

/** Set by the terminal code: tty_nr of a process. */
let ttyNumberOf: (k: Kernel, tty: number) => number = () => 0;
export function setTtyNumber(of: (k: Kernel, tty: number) => number): void {
  ttyNumberOf = of;
}
const ttyNumber = (k: Kernel, process: number): number => {
  const tty = k.i32[process + Process.tty];
  return tty === 0 ? 0 : ttyNumberOf(k, tty);
};

export function statmText(lx: Lx, { process }: Subject): string {
  const m = memoryOf(lx.k, process);
  return `${m.total} ${m.resident} ${m.shared} ${m.text} 0 ${m.data + m.stack} 0\n`;
}

const STATES = {
  R: 'running',
  S: 'sleeping',
  T: 'stopped',
  t: 'tracing stop',
  Z: 'zombie',
} as const;

function tracerPid(k: Kernel, { task }: Subject): number {
  const tracer = task === 0 ? 0 : k.i32[task + Task.tracer];
  return tracer === 0 ? 0 : k.i32[tracer + Process.pid];
}

export function statusText(lx: Lx, subject: Subject): string {
  const { k } = lx;
  const { process, task } = subject;
  const { i32 } = k;
  const hex = (set: bigint): string => set.toString(16).padStart(16, '0');
  const ids = (...fields: number[]): string => fields.map((f) => i32[process + f] >>> 0).join('\t');
  const letter = stateLetter(k, subject);
  const pid = i32[process + Process.pid];
  const tid = task === 0 ? pid : i32[task + Task.tid];
  const fs = i32[process + Process.fs];
  const files = i32[process + Process.files];
  const { ignored, caught } = dispositions(k, process);
  const caps = (field: number): string =>
    [1, 0].map((n) => (i32[process + field + n] >>> 0).toString(16).padStart(8, '0')).join('');
  const mask = ((1 << CPUS) - 1).toString(16);
  const list = CPUS === 1 ? '0' : `0-${CPUS - 1}`;
  // biome-ignore format: one line each
  const lines = [
    `Name:\t${nameOf(k, subject)}`,
    ...(fs === 0 ? [] : [`Umask:\t${i32[fs + FsInfo.umask].toString(8).padStart(4, '0')}`]),
    `State:\t${letter} (${STATES[letter]})`,
    `Tgid:\t${pid}`,
    'Ngid:\t0',
    `Pid:\t${tid}`,
    `PPid:\t${parentPid(k, process)}`,
    `TracerPid:\t${tracerPid(k, subject)}`,
    `Uid:\t${ids(Process.uid, Process.euid, Process.suid, Process.fsuid)}`,
    `Gid:\t${ids(Process.gid, Process.egid, Process.sgid, Process.fsgid)}`,
    `FDSize:\t${files === 0 ? 0 : i32[files + FileTable.capacity] + 1}`,
    `Groups:\t${groups(k, process)} `,
    `NStgid:\t${pid}`,
    `NSpid:\t${tid}`,
    `NSpgid:\t${i32[process + Process.pgid]}`,
    `NSsid:\t${i32[process + Process.sid]}`,
    'Kthread:\t0',
    ...memoryLines(k, process),
    'CoreDumping:\t0',
    'THP_enabled:\t0',
    'untag_mask:\t0xffffffffffffffff',
    `Threads:\t${i32[process + Process.taskCount]}`,
    `SigQ:\t0/${lx.config.maxTasks}`,
    `SigPnd:\t${hex(task === 0 ? 0n : setNumber(k, task + Task.pending))}`,
    `ShdPnd:\t${hex(setNumber(k, process + Process.pending))}`,
    `SigBlk:\t${hex(task === 0 ? 0n : setNumber(k, task + Task.blocked))}`,
    `SigIgn:\t${hex(ignored)}`,
    `SigCgt:\t${hex(caught)}`,
    `CapInh:\t${caps(Process.capInheritable)}`,
    `CapPrm:\t${caps(Process.capPermitted)}`,
    `CapEff:\t${caps(Process.capEffective)}`,
    `CapBnd:\t${caps(Process.capBounding)}`,
    `CapAmb:\t${caps(Process.capAmbient)}`,
    `NoNewPrivs:\t${i32[process + Process.noNewPrivs]}`,
    `Seccomp:\t${task === 0 ? 0 : seccompMode(k, task)}`,
    `Seccomp_filters:\t${task === 0 ? 0 : filterCount(k, task)}`,
    'Speculation_Store_Bypass:\tvulnerable',
    'SpeculationIndirectBranch:\talways enabled',
    `Cpus_allowed:\t${mask}`,
    `Cpus_allowed_list:\t${list}`,
    'Mems_allowed:\t00000000,00000001',
    'Mems_allowed_list:\t0',
    'voluntary_ctxt_switches:\t0',
    'nonvoluntary_ctxt_switches:\t0',
  ];
  return `${lines.join('\n')}\n`;
}

/** The Vm… lines; a zombie has none. */
function memoryLines(k: Kernel, process: number): string[] {
  if (k.i32[process + Process.mm] === 0) return [];
  const m = memoryOf(k, process);
  const anon = Math.max(0, m.resident - m.shared);
  // biome-ignore format: aligned rows
  const rows: [string, number][] = [
    ['VmPeak', m.peak], ['VmSize', m.total], ['VmLck', m.locked], ['VmPin', 0], ['VmHWM', m.resident],
    ['VmRSS', m.resident], ['RssAnon', anon], ['RssFile', m.shared], ['RssShmem', 0], ['VmData', m.data],
    ['VmStk', m.stack], ['VmExe', m.text], ['VmLib', 0], ['VmPTE', 1], ['VmSwap', 0], ['HugetlbPages', 0],
  ];
  return rows.map(([name, pages]) => `${name}:\t${String(pages * PAGE_KB).padStart(8)} kB`);
}

function groups(k: Kernel, process: number): string {
  const list = k.i32[process + Process.groups];
  const count = list === 0 ? 0 : k.i32[list];
  return Array.from({ length: count }, (_, i) => k.i32[list + 1 + i] >>> 0).join(' ');
}

// biome-ignore format: aligned rows
const LIMITS: readonly (readonly [string, string])[] = [
  ['Max cpu time', 'seconds'], ['Max file size', 'bytes'], ['Max data size', 'bytes'], ['Max stack size', 'bytes'],
  ['Max core file size', 'bytes'], ['Max resident set', 'bytes'], ['Max processes', 'processes'],
  ['Max open files', 'files'], ['Max locked memory', 'bytes'], ['Max address space', 'bytes'],
  ['Max file locks', 'locks'], ['Max pending signals', 'signals'], ['Max msgqueue size', 'bytes'],
  ['Max nice priority', ''], ['Max realtime priority', ''], ['Max realtime timeout', 'us'],
];

export function limitsText(lx: Lx, { process }: Subject): string {
  const show = (limit: number): string =>
    (limit === Number.POSITIVE_INFINITY ? 'unlimited' : String(limit)).padEnd(20);
  const line = (name: string, soft: string, hard: string, unit: string): string =>
    `${name.padEnd(25)} ${soft} ${hard} ${unit.padEnd(10)}\n`;
  let text = line('Limit', 'Soft Limit'.padEnd(20), 'Hard Limit'.padEnd(20), 'Units');
  for (let r = 0; r < RLIMITS; r++) {
    const [name, unit] = LIMITS[r];
    text += line(
      name,
      show(rlimitSoft(lx.k, process, r)),
      show(rlimitHard(lx.k, process, r)),
      unit,
    );
  }
  return text;
}
