// System calls about the machine: uname, names, memory, random bytes; and the odd ones.
import { CAP } from '../abi/capability.ts';
import { E } from '../abi/errno.ts';
import { CLONE } from '../abi/sched.ts';
import { can } from '../kernel/caps.ts';
import { isPath } from '../kernel/file.ts';
import { fdGet, tableGet, unshareFiles } from '../kernel/files.ts';
import { Fixed } from '../kernel/fixed.ts';
import type { Lx } from '../kernel/lx.ts';
import { findProcess, processOf, unshareFs } from '../kernel/process.ts';
import { Process } from '../kernel/task.ts';
import { RELEASE, VERSION } from '../kernel/version.ts';
import { PAGE_SIZE, RAM_SIZE } from '../mm/layout.ts';
import { usedPages } from '../mm/maps.ts';
import { mayTrace } from './pidfd.ts';
import { type Handler, row, type SyscallRow } from './row.ts';

// ---- the machine

const UTS_FIELD = 65;
const PER_LINUX32 = 8;
/** A personality that calls Linux 6.x 2.6.(60 + x). */
const UNAME26 = 0x2_0000;
const MINOR = Number(RELEASE.split('.')[1]);
const personaOf = (lx: Lx): number => lx.k.i32[processOf(lx) + Process.personality];

const uname: Handler = (lx, address) => {
  const { k } = lx;
  const host = k.readString(k.i32[Fixed.hostname]);
  const domain = k.readString(k.i32[Fixed.domainname]);
  const at = lx.mem.writable(address, 6 * UTS_FIELD);
  lx.mem.u8.fill(0, at, at + 6 * UTS_FIELD);
  const persona = personaOf(lx) & 0xff;
  const release =
    personaOf(lx) & UNAME26
      ? `2.6.${60 + MINOR}${RELEASE.slice(RELEASE.indexOf('.', 2))}`
      : RELEASE;
  const machine = persona === PER_LINUX32 ? 'i686' : 'x86_64';
  ['Linux', host, release, VERSION, machine, domain].forEach((text, n) => {
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
    if (!can(lx, CAP.SYS_ADMIN)) return -E.PERM;
    if (length < 0 || length > 64) return -E.INVAL;
    const text = String.fromCharCode(...lx.mem.bytes(address, length));
    const { k } = lx;
    k.locked(() => k.setStringLocked(word, text));
    return 0;
  };

const SYSINFO_SIZE = 112;

/** sysinfo(2): uptime, loads[3], totalram, freeram, sharedram, bufferram, totalswap, freeswap, procs, totalhigh, freehigh, unit */
const sysinfo: Handler = (lx, address) => {
  const { k, mem } = lx;
  const at = mem.writable(address, SYSINFO_SIZE);
  mem.u8.fill(0, at, at + SYSINFO_SIZE);
  mem.writeU64(address, Math.floor((Date.now() - k.f64[Fixed.bootTime >> 1]) / 1000));
  mem.writeU64(address + 32, RAM_SIZE);
  mem.writeU64(address + 40, RAM_SIZE - usedPages(k) * PAGE_SIZE);
  mem.writeU16(address + 80, k.i32[Fixed.taskCount] & 0xffff);
  mem.writeU32(address + 104, 1);
  return 0;
};

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

// ---- the rest

/** PER_LINUX with the flags a program set; 0xffffffff only asks. */
const personality: Handler = (lx, persona) => {
  const process = processOf(lx);
  const old = lx.k.i32[process + Process.personality];
  if (persona !== 0xffff_ffff) lx.k.i32[process + Process.personality] = persona;
  return old;
};

/** membarrier(2): every command is an access to shared memory here; that of a process needs its registration. */
// biome-ignore format: command, and the one that registers for it
const MEMBARRIERS: readonly (readonly [command: number, register: number])[] = [
  [1 << 3, 1 << 4], [1 << 5, 1 << 6], [1 << 7, 1 << 8], // private expedited: plain, with sync_core, with rseq
];
const MEMBARRIER = {
  QUERY: 0,
  GLOBAL_EXPEDITED: 2,
  REGISTER_GLOBAL: 4,
  RSEQ: 1 << 7,
  ALL: 0x3ff,
  REGISTRATIONS: 1 << 9,
};

const membarrier: Handler = (lx, command, flags) => {
  const at = processOf(lx) + Process.membarrier;
  const { i32 } = lx.k;
  if (flags !== 0 && (command !== MEMBARRIER.RSEQ || flags !== 1)) return -E.INVAL;
  if (command === MEMBARRIER.QUERY) return MEMBARRIER.ALL;
  if (command === MEMBARRIER.REGISTRATIONS) return i32[at];
  if ((command & MEMBARRIER.ALL) !== command || (command & (command - 1)) !== 0) return -E.INVAL;
  const guarded = MEMBARRIERS.find(([own]) => own === command);
  if (guarded !== undefined && (i32[at] & guarded[1]) === 0) return -E.PERM;
  const registers = MEMBARRIERS.some(([, register]) => register === command);
  if (registers || command === MEMBARRIER.REGISTER_GLOBAL) i32[at] |= command;
  return 0;
};

const NAMESPACES = 0x7e02_0080;
const UNSHARABLE = CLONE.FILES | CLONE.FS | CLONE.SYSVSEM | CLONE.THREAD | CLONE.SIGHAND | CLONE.VM;

const unshare: Handler = (lx, flags) => {
  if ((flags & ~(NAMESPACES | UNSHARABLE)) !== 0 || flags > 0xffff_ffff) return -E.INVAL;
  const process = processOf(lx);
  const { i32 } = lx.k;
  const together = (flags & (CLONE.THREAD | CLONE.SIGHAND | CLONE.VM)) !== 0;
  if (together && i32[process + Process.taskCount] > 1) return -E.INVAL;
  if ((flags & NAMESPACES) !== 0) return -E.PERM;
  if ((flags & CLONE.FILES) !== 0) unshareFiles(lx);
  if ((flags & CLONE.FS) !== 0) unshareFs(lx);
  return 0;
};

const setns: Handler = (lx, fd) => {
  const file = fdGet(lx, fd);
  return file === 0 || isPath(lx.k, file) ? -E.BADF : -E.INVAL;
};

const noSys: Handler = () => -E.NOSYS;

const kcmp: Handler = (lx, pid1, pid2, type, idx1, idx2) => {
  const one = findProcess(lx.k, pid1);
  const two = findProcess(lx.k, pid2);
  if (one === 0 || two === 0) return -E.SRCH;
  if (!mayTrace(lx, one) || !mayTrace(lx, two)) return -E.PERM;
  if (type === KCMP_FILE) return compareFiles(lx, [one, idx1], [two, idx2]);
  if (type === KCMP_IO) return 0; // nobody has an I/O context of its own
  const field = KCMP_FIELDS[type];
  if (field === undefined) return -E.INVAL;
  return order(lx.k.i32[one + field], lx.k.i32[two + field]);
};

const KCMP_FILE = 0;
const KCMP_IO = 5;
/** KCMP_VM, FILES, FS, SIGHAND, SYSVSEM */
const KCMP_FIELDS: Record<number, number> = {
  1: Process.mm,
  2: Process.files,
  3: Process.fs,
  4: Process.sighand,
  6: Process.semUndo,
};

/** How kcmp(2) says which of two objects comes first. */
const order = (a: number, b: number): number => (a === b ? 0 : a < b ? 1 : 2);

type Slot = readonly [process: number, fd: number];

function compareFiles(lx: Lx, [one, fd1]: Slot, [two, fd2]: Slot): number {
  const { k } = lx;
  const a = tableGet(k, k.i32[one + Process.files], fd1);
  const b = tableGet(k, k.i32[two + Process.files], fd2);
  return a === 0 || b === 0 ? -E.BADF : order(a, b);
}

// biome-ignore format: aligned rows
export const rows: readonly SyscallRow[] = [
  row(63,  'uname',                  ['ptr'],                             uname,                 'full',    'emulated'),
  row(99,  'sysinfo',                ['ptr'],                             sysinfo,               'partial', 'emulated', 'memory as configured, no loads'),
  row(135, 'personality',            ['uint'],                            personality,           'partial', 'emulated', 'kept, without effect'),
  row(170, 'sethostname',            ['ptr', 'int'],                      setName(Fixed.hostname), 'full',  'emulated'),
  row(171, 'setdomainname',          ['ptr', 'int'],                      setName(Fixed.domainname), 'full', 'emulated'),
  row(272, 'unshare',                ['clone-flags'],                     unshare,               'partial', 'emulated', 'no namespaces'),
  row(308, 'setns',                  ['fd', 'int'],                       setns,                 'stub',    'emulated', 'there are no namespaces to name'),
  row(312, 'kcmp',                   ['pid', 'pid', 'int', 'long', 'long'], kcmp,                'partial', 'emulated', 'no KCMP_EPOLL_TFD; I/O contexts are all one'),
  row(318, 'getrandom',              ['ptr', 'size', 'flags'],            getrandom,             'full',    'host'),
  row(324, 'membarrier',             ['int', 'uint', 'int'],              membarrier,            'full',    'emulated'),
  row(334, 'rseq',                   ['ptr', 'uint', 'int', 'hex'],       noSys,                 'stub',    'emulated', 'ENOSYS: libraries do without'),
];
