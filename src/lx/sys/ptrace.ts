// ptrace(2): what a tracer asks its tracees for. Attaching and going on are kernel/trace.ts; memory and registers are read and
// written by the tracee itself (kernel/remote.ts).
import {
  FS_BASE,
  GPR,
  GS_BASE,
  GUEST_SHIFT,
  PAGE_CODE,
  PAGE_FLAGS,
  PAGE_READ,
  PAGE_USED,
  R8,
  R9,
  R10,
  R11,
  RAX,
  RBP,
  RBX,
  RCX,
  RDI,
  RDX,
  RIP,
  RSI,
  RSP,
} from '../../../assembly/shared/layout.ts';
import { E } from '../abi/errno.ts';
import {
  NT,
  PTRACE,
  PTRACE_EVENT,
  PTRACE_O,
  USER_DEBUG_REGS,
  USER_FP_SIZE,
  USER_REGS_SIZE,
  USER_SIZE,
} from '../abi/ptrace.ts';
import { NSIG, SIG } from '../abi/signal.ts';
import type { Lx } from '../kernel/lx.ts';
import { processOf } from '../kernel/process.ts';
import { ask, registerWork } from '../kernel/remote.ts';
import {
  FIX_EFLAGS,
  IF_AND_FIXED,
  loadFpu,
  saveFpu,
  USER_CS,
  USER_DS,
} from '../kernel/sigframe.ts';
import { KERNEL_INFO, SIGINFO_SIZE, SIGINFO_WORDS } from '../kernel/siginfo.ts';
import { sendSignalToTask, sendSignalToTaskLocked, setBlockedLocked } from '../kernel/signal.ts';
import { Process, Task } from '../kernel/task.ts';
import {
  attachLocked,
  detachLocked,
  raiseEventLocked,
  resumeLocked,
  Traced,
  TraceMode,
} from '../kernel/trace.ts';
import { mayTrace } from './pidfd.ts';
import { type Handler, row, type SyscallRow } from './row.ts';
import { taskByTid } from './sched.ts';

// ---- what a tracee does for its tracer

export const readBytes = registerWork((lx, address, data) => {
  const there = lx.mem.accessible(address, data.length, PAGE_READ);
  data.set(lx.mem.bytes(address, there));
  return there;
});

/** Also where the program itself may not write: that is how breakpoints get into its text. */
const pokeBytes = registerWork((lx, address, data) => {
  const { mem } = lx;
  const there = mem.accessible(address, data.length, PAGE_READ);
  if (there < data.length) return 0;
  const flags = mem.u8[PAGE_FLAGS + (address >>> 12)];
  if ((flags & PAGE_USED) === 0) mem.write(address, data);
  else mem.u8.set(data, address - GUEST_SHIFT);
  if ((flags & PAGE_CODE) !== 0) mem.invalidate(address, address + data.length);
  return there;
});

/** Context offsets of the first registers of struct user_regs_struct. */
// biome-ignore format: as the struct
const USER_REGS = [
  15, 14, 13, 12, RBP, RBX, R11, R10, R9, R8, RAX, RCX, RDX, RSI, RDI,
].map((register) => GPR + register * 8);
const ORIG_RAX = 15;
const EFLAGS_AT = 18;
const FIXED: ReadonlyMap<number, number> = new Map([
  [17, USER_CS],
  [20, USER_DS],
]);
const OTHERS: ReadonlyMap<number, number> = new Map([
  [16, RIP],
  [19, GPR + RSP * 8],
  [21, FS_BASE],
  [22, GS_BASE],
]);

const placeOf = (index: number): number | undefined => USER_REGS[index] ?? OTHERS.get(index);

/** The system call that the tracee is in, or comes from. */
function callOf({ k, task }: Lx): number {
  const current = k.i32[task + Task.sysNumber];
  return current >= 0 ? current : k.i32[task + Task.lastCall];
}

const getRegs = registerWork((lx, _address, data) => {
  const { dv } = lx.mem;
  const out = new DataView(data.buffer, data.byteOffset, data.length);
  for (let n = 0; n * 8 < data.length; n++) {
    const place = placeOf(n);
    if (place !== undefined) out.setBigUint64(n * 8, dv.getBigUint64(lx.ctx + place, true), true);
    else if (n === ORIG_RAX) out.setBigInt64(n * 8, BigInt(callOf(lx)), true);
    else if (n === EFLAGS_AT)
      out.setBigUint64(n * 8, BigInt(lx.cpu.flags_get(lx.ctx) | IF_AND_FIXED), true);
    else out.setBigUint64(n * 8, BigInt(FIXED.get(n) ?? 0), true);
  }
  return data.length;
});

const setRegs = registerWork((lx, _address, data) => {
  const { dv } = lx.mem;
  const from = new DataView(data.buffer, data.byteOffset, data.length);
  for (let n = 0; n * 8 < data.length; n++) {
    const place = placeOf(n);
    const value = from.getBigUint64(n * 8, true);
    if (place !== undefined) dv.setBigUint64(lx.ctx + place, value, true);
    else if (n === ORIG_RAX) lx.k.i32[lx.task + Task.sysNumber] = Number(BigInt.asIntN(32, value));
    else if (n === EFLAGS_AT) {
      const kept = lx.cpu.flags_get(lx.ctx) & ~FIX_EFLAGS;
      lx.cpu.flags_set(lx.ctx, kept | (Number(BigInt.asUintN(32, value)) & FIX_EFLAGS));
    }
  }
  return data.length;
});

/** An fxsave image, by way of the tracee's bounce buffer. */
const getFpRegs = registerWork((lx, _address, data) => {
  const at = lx.mem.shared!.bounce();
  saveFpu(lx.mem, lx.ctx, at, false);
  data.set(lx.mem.u8.subarray(at, at + data.length));
  return data.length;
});

const setFpRegs = registerWork((lx, _address, data) => {
  if (data.length < USER_FP_SIZE) return -E.INVAL;
  const at = lx.mem.shared!.bounce();
  lx.mem.u8.set(data, at);
  return loadFpu(lx.mem, lx.ctx, at) ? data.length : -E.INVAL;
});

// ---- beginning

function traceMe(lx: Lx): number {
  const { k, task } = lx;
  const { i32 } = k;
  const parent = i32[processOf(lx) + Process.parent];
  if (i32[task + Task.tracer] !== 0 || parent === 0) return -E.PERM;
  k.locked(() => attachLocked(k, task, parent, 0));
  return 0;
}

const OPTIONS = Object.values(PTRACE_O).reduce((all, bit) => all | bit, 0);

function attach(lx: Lx, task: number, isSeized: boolean, address: number, options: number): number {
  const { k } = lx;
  const { i32 } = k;
  if (isSeized && (address !== 0 || (options & ~OPTIONS) !== 0)) return -E.IO;
  const process = i32[task + Task.process];
  if (process === processOf(lx) || !mayTrace(lx, process)) return -E.PERM;
  if (i32[task + Task.tracer] !== 0) return -E.PERM;
  k.locked(() => {
    attachLocked(k, task, processOf(lx), isSeized ? options : 0);
    i32[task + Task.traceSeized] = isSeized ? 1 : 0;
    if (!isSeized) sendSignalToTaskLocked(k, task, SIG.STOP, KERNEL_INFO);
  });
  return 0;
}

// ---- requests to a tracee

type Request = (lx: Lx, task: number, address: number, data: number) => number;

const resume =
  (mode: number): Request =>
  (lx, task, _address, sig) => {
    if (!(sig <= NSIG)) return -E.IO;
    lx.k.locked(() => resumeLocked(lx.k, task, mode, sig));
    return 0;
  };

/** A word of the tracee's memory. */
const peek: Request = (lx, task, address, data) => {
  const word = new Uint8Array(8);
  if (ask(lx, task, readBytes, address, word) !== word.length) return -E.IO;
  lx.mem.write(data, word);
  return 0;
};

/** The data of a poke as it is in the register: numbers here have 53 bits. */
function rawData(lx: Lx): Uint8Array {
  const at = lx.ctx + GPR + R10 * 8;
  return lx.mem.u8.slice(at, at + 8);
}

const poke: Request = (lx, task, address) =>
  ask(lx, task, pokeBytes, address, rawData(lx)) === 8 ? 0 : -E.IO;

const isInUser = (address: number): boolean => address % 8 === 0 && address < USER_SIZE;

const peekUser: Request = (lx, task, address, data) => {
  if (!isInUser(address)) return -E.IO;
  const user = new Uint8Array(USER_REGS_SIZE);
  if (ask(lx, task, getRegs, 0, user) < 0) return -E.SRCH;
  const isRegister = address < USER_REGS_SIZE;
  lx.mem.write(data, isRegister ? user.subarray(address, address + 8) : new Uint8Array(8));
  return 0;
};

const pokeUser: Request = (lx, task, address) => {
  if (!isInUser(address)) return -E.IO;
  if (address >= USER_DEBUG_REGS) return rawData(lx).some((byte) => byte !== 0) ? -E.NOSPC : 0;
  if (address >= USER_REGS_SIZE) return -E.IO;
  const regs = new Uint8Array(USER_REGS_SIZE);
  if (ask(lx, task, getRegs, 0, regs) < 0) return -E.SRCH;
  regs.set(rawData(lx), address);
  return Math.min(0, ask(lx, task, setRegs, 0, regs));
};

const readInto =
  (work: number, size: number): Request =>
  (lx, task, _address, data) => {
    const bytes = new Uint8Array(size);
    const got = ask(lx, task, work, 0, bytes);
    if (got < 0) return got;
    lx.mem.write(data, bytes);
    return 0;
  };

const writeFrom =
  (work: number, size: number): Request =>
  (lx, task, _address, data) =>
    Math.min(0, ask(lx, task, work, 0, lx.mem.bytes(data, size)));

/** By note type: how to get it, how to set it, its size. */
const sets: ReadonlyMap<number, readonly [get: number, set: number, size: number]> = new Map([
  [NT.PRSTATUS, [getRegs, setRegs, USER_REGS_SIZE] as const],
  [NT.PRFPREG, [getFpRegs, setFpRegs, USER_FP_SIZE] as const],
]);

/** PTRACE_GETREGSET, SETREGSET: `data` is an iovec whose length becomes what was transferred. */
const regset =
  (isSet: boolean): Request =>
  (lx, task, type, data) => {
    const set = sets.get(type);
    if (set === undefined) return -E.INVAL;
    const base = lx.mem.readU64(data);
    const length = Math.min(lx.mem.readU64(data + 8), set[2]);
    if (length % 8 !== 0) return -E.INVAL;
    const bytes = isSet ? lx.mem.bytes(base, length) : new Uint8Array(length);
    const done = ask(lx, task, isSet ? set[1] : set[0], 0, bytes);
    if (done < 0) return done;
    if (!isSet) lx.mem.write(base, bytes);
    lx.mem.writeU64(data + 8, length);
    return 0;
  };

const setOptions: Request = (lx, task, _address, options) => {
  if (!(options < 2 ** 31) || (options & ~OPTIONS) !== 0) return -E.INVAL;
  lx.k.i32[task + Task.traceOptions] = options;
  return 0;
};

const getEventMessage: Request = (lx, task, _address, data) => {
  lx.mem.writeU64(data, lx.k.f64[(task + Task.traceMessage) >> 1]);
  return 0;
};

const getSigInfo: Request = ({ k, mem }, task, _address, data) => {
  if (k.i32[task + Task.traceHasInfo] === 0) return -E.INVAL;
  const bytes = new Uint8Array(SIGINFO_SIZE);
  const at = (task + Task.traceInfo) << 2;
  bytes.set(k.u8.subarray(at, at + SIGINFO_WORDS * 4));
  mem.write(data, bytes);
  return 0;
};

const setSigInfo: Request = ({ k, mem }, task, _address, data) => {
  const bytes = mem.bytes(data, SIGINFO_SIZE);
  if (k.i32[task + Task.traceHasInfo] === 0) return -E.INVAL;
  k.u8.set(bytes.subarray(0, SIGINFO_WORDS * 4), (task + Task.traceInfo) << 2);
  return 0;
};

const SIGSET_SIZE = 8;

const getSigMask: Request = ({ k, mem }, task, size, data) => {
  if (size !== SIGSET_SIZE) return -E.INVAL;
  const at = (task + Task.blocked) << 2;
  mem.write(data, k.u8.slice(at, at + SIGSET_SIZE));
  return 0;
};

const setSigMask: Request = ({ k, mem }, task, size, data) => {
  if (size !== SIGSET_SIZE) return -E.INVAL;
  const [low, high] = [mem.readI32(data), mem.readI32(data + 4)];
  k.locked(() => setBlockedLocked(k, task, low, high));
  return 0;
};

const kill: Request = ({ k }, task) => {
  sendSignalToTask(k, task, SIG.KILL, KERNEL_INFO);
  return 0;
};

const detach: Request = ({ k }, task, _address, sig) => {
  if (!(sig <= NSIG)) return -E.IO;
  k.locked(() => detachLocked(k, task, sig));
  return 0;
};

/** A seized tracee stops, without a signal. */
const interrupt: Request = ({ k }, task) => {
  if (k.i32[task + Task.traceSeized] === 0) return -E.IO;
  if (k.i32[task + Task.traceStopped] === Traced.running)
    k.locked(() => raiseEventLocked(k, task, PTRACE_EVENT.STOP, 0));
  return 0;
};

/** It stays stopped. */
const listen: Request = ({ k }, task) => (k.i32[task + Task.traceSeized] === 0 ? -E.IO : 0);

// biome-ignore format: aligned rows
const requests: ReadonlyMap<number, Request> = new Map<number, Request>([
  [PTRACE.PEEKTEXT, peek],                              [PTRACE.PEEKDATA, peek],      [PTRACE.PEEKUSER, peekUser],
  [PTRACE.POKETEXT, poke],                              [PTRACE.POKEDATA, poke],      [PTRACE.POKEUSER, pokeUser],
  [PTRACE.CONT, resume(TraceMode.run)],                 [PTRACE.SYSCALL, resume(TraceMode.syscall)],
  [PTRACE.SINGLESTEP, resume(TraceMode.step)],          [PTRACE.DETACH, detach],
  [PTRACE.GETREGS, readInto(getRegs, USER_REGS_SIZE)],  [PTRACE.SETREGS, writeFrom(setRegs, USER_REGS_SIZE)],
  [PTRACE.GETFPREGS, readInto(getFpRegs, USER_FP_SIZE)], [PTRACE.SETFPREGS, writeFrom(setFpRegs, USER_FP_SIZE)],
  [PTRACE.GETREGSET, regset(false)],                    [PTRACE.SETREGSET, regset(true)],
  [PTRACE.SETOPTIONS, setOptions],                      [PTRACE.GETEVENTMSG, getEventMessage],
  [PTRACE.GETSIGINFO, getSigInfo],                      [PTRACE.SETSIGINFO, setSigInfo],
  [PTRACE.GETSIGMASK, getSigMask],                      [PTRACE.SETSIGMASK, setSigMask],
  [PTRACE.LISTEN, listen],
]);
/** Those that a tracee need not be stopped for. */
const anyTime: ReadonlyMap<number, Request> = new Map([
  [PTRACE.KILL, kill],
  [PTRACE.INTERRUPT, interrupt],
]);

const ptrace: Handler = (lx, request, pid, address, data) => {
  if (request === PTRACE.TRACEME) return traceMe(lx);
  const task = pid === 0 ? 0 : taskByTid(lx, pid);
  if (task === 0) return -E.SRCH;
  if (request === PTRACE.ATTACH) return attach(lx, task, false, 0, 0);
  if (request === PTRACE.SEIZE) return attach(lx, task, true, address, data);
  const { i32 } = lx.k;
  if (i32[task + Task.tracer] !== processOf(lx)) return -E.SRCH;
  const always = anyTime.get(request);
  if (always !== undefined) return always(lx, task, address, data);
  if (i32[task + Task.traceStopped] === Traced.running) return -E.SRCH;
  return requests.get(request)?.(lx, task, address, data) ?? -E.IO;
};

// biome-ignore format: aligned rows
export const rows: readonly SyscallRow[] = [
  row(101, 'ptrace', ['int', 'pid', 'ptr', 'ptr'], ptrace, 'partial', 'emulated', 'no debug registers, no AVX state, no PTRACE_EVENT_EXIT; threads end untold'),
];
