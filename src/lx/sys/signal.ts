// System calls about signals: actions, masks, sending, waiting, the alternate stack, the way back from a handler.
import { E } from '../abi/errno.ts';
import {
  DEFAULT_ACTION,
  MINSIGSTKSZ,
  NSIG,
  SA,
  SA_KNOWN,
  SI,
  SIG,
  SIG_BLOCK,
  SIG_DFL,
  SIG_IGN,
  SIG_SETMASK,
  SIG_UNBLOCK,
  SIGSET_SIZE,
  SS_AUTODISARM,
  SS_DISABLE,
  SS_ONSTACK,
} from '../abi/signal.ts';
import { returnFromHandler } from '../kernel/deliver.ts';
import { Fixed } from '../kernel/fixed.ts';
import type { Lx } from '../kernel/lx.ts';
import { dequeueLocked } from '../kernel/pending.ts';
import {
  findProcessLocked,
  findTaskLocked,
  processesLocked,
  processOf,
} from '../kernel/process.ts';
import { altStackFlags, onAltStack, stackPointer } from '../kernel/sigframe.ts';
import {
  decodeSigInfo,
  SIGINFO_SIZE,
  SIGINFO_WORDS,
  type SigInfo,
  userInfo,
} from '../kernel/siginfo.ts';
import {
  actionOf,
  dropFromProcessLocked,
  maySignal,
  sendSignalLocked,
  sendSignalToTaskLocked,
  setBlockedLocked,
  setTemporaryMask,
} from '../kernel/signal.ts';
import { Process, SigAction, Task } from '../kernel/task.ts';
import { blockUntil } from '../kernel/wait.ts';
import { requireChecked } from '../mm/checked.ts';
import { type Handler, row, type SyscallRow } from './row.ts';
import { readTimespec } from './time.ts';

const validSignal = (sig: number): boolean => sig >= 1 && sig <= NSIG;

interface Mask {
  readonly low: number;
  readonly high: number;
}

/** Reads a sigset_t. */
export function readMask(lx: Lx, addr: number): Mask {
  lx.mem.readable(addr, SIGSET_SIZE);
  return { low: lx.mem.readI32(addr), high: lx.mem.readI32(addr + 4) };
}

function writeMask(lx: Lx, addr: number, low: number, high: number): void {
  lx.mem.writable(addr, SIGSET_SIZE);
  lx.mem.writeU32(addr, low);
  lx.mem.writeU32(addr + 4, high);
}

// ---- actions and masks

/** A handler that is told where a fault was may mend it and go on: it needs the exact state. */
const looksAtFaults = (sig: number, handler: number, flags: number): boolean =>
  (sig === SIG.SEGV || sig === SIG.BUS) &&
  handler !== SIG_DFL &&
  handler !== SIG_IGN &&
  (flags & SA.SIGINFO) !== 0;

/** rt_sigaction(2); struct: handler, flags, restorer, mask (8 bytes each). */
const rtSigaction: Handler = (lx, sig, newAddr, oldAddr, size) => {
  const { k, mem } = lx;
  if (size !== SIGSET_SIZE) return -E.INVAL;
  if (!validSignal(sig)) return -E.INVAL;
  if (newAddr !== 0 && (sig === SIG.KILL || sig === SIG.STOP)) return -E.INVAL;
  const action = actionOf(k, processOf(lx), sig);
  const field = (offset: number): number => (action + offset) >> 1;
  const old = {
    handler: k.f64[field(SigAction.handler)],
    flags: k.f64[field(SigAction.flags)],
    restorer: k.f64[field(SigAction.restorer)],
    low: k.i32[action + SigAction.mask],
    high: k.i32[action + SigAction.mask + 1],
  };
  if (newAddr !== 0) {
    mem.readable(newAddr, 32);
    const handler = mem.readU64(newAddr);
    const flags = (mem.readU32(newAddr + 8) & SA_KNOWN) >>> 0;
    const restorer = mem.readU64(newAddr + 16);
    const mask = readMask(lx, newAddr + 24);
    if (looksAtFaults(sig, handler, flags)) requireChecked(lx);
    k.locked(() => {
      k.f64[field(SigAction.handler)] = handler;
      k.f64[field(SigAction.flags)] = flags;
      k.f64[field(SigAction.restorer)] = restorer;
      k.i32[action + SigAction.mask] = mask.low & ~UNBLOCKABLE;
      k.i32[action + SigAction.mask + 1] = mask.high;
      if (makesIgnored(handler, sig)) dropFromProcessLocked(k, processOf(lx), [sig]);
    });
  }
  if (oldAddr !== 0) {
    mem.writable(oldAddr, 32);
    mem.writeU64(oldAddr, old.handler);
    mem.writeU64(oldAddr + 8, old.flags);
    mem.writeU64(oldAddr + 16, old.restorer);
    writeMask(lx, oldAddr + 24, old.low, old.high);
  }
  return 0;
};

const UNBLOCKABLE = (1 << (SIG.KILL - 1)) | (1 << (SIG.STOP - 1));

/** Pending signals are dropped when they become ignored (POSIX 3.3.1.3). */
function makesIgnored(handler: number, sig: number): boolean {
  const action = DEFAULT_ACTION[sig];
  return (
    handler === SIG_IGN || (handler === SIG_DFL && (action === 'ignore' || action === 'continue'))
  );
}

const rtSigprocmask: Handler = (lx, how, newAddr, oldAddr, size) => {
  const { k, task } = lx;
  if (size !== SIGSET_SIZE) return -E.INVAL;
  const low = k.i32[task + Task.blocked];
  const high = k.i32[task + Task.blocked + 1];
  if (newAddr !== 0) {
    const mask = readMask(lx, newAddr);
    const set = (l: number, h: number): void => k.locked(() => setBlockedLocked(k, task, l, h));
    if (how === SIG_BLOCK) set(low | mask.low, high | mask.high);
    else if (how === SIG_UNBLOCK) set(low & ~mask.low, high & ~mask.high);
    else if (how === SIG_SETMASK) set(mask.low, mask.high);
    else return -E.INVAL;
  }
  if (oldAddr !== 0) writeMask(lx, oldAddr, low, high);
  return 0;
};

const rtSigpending: Handler = (lx, addr, size) => {
  if (size > SIGSET_SIZE) return -E.INVAL;
  const { i32 } = lx.k;
  const { task } = lx;
  const process = processOf(lx);
  const word = (n: number): number =>
    (i32[task + Task.pending + n] | i32[process + Process.pending + n]) &
    i32[task + Task.blocked + n];
  const bytes = new Uint8Array(Int32Array.of(word(0), word(1)).buffer, 0, size);
  lx.mem.write(addr, bytes);
  return 0;
};

// ---- waiting

/** Sleeps until a signal has to be delivered. */
const sleepForSignal = (lx: Lx): number => {
  const result = blockUntil(lx, [], () => -E.AGAIN);
  return result === -E.RESTARTSYS ? -E.RESTARTNOHAND : result;
};

const pause: Handler = (lx) => sleepForSignal(lx);

const rtSigsuspend: Handler = (lx, addr, size) => {
  if (size !== SIGSET_SIZE) return -E.INVAL;
  const mask = readMask(lx, addr);
  setTemporaryMask(lx, mask.low, mask.high);
  return sleepForSignal(lx);
};

const rtSigtimedwait: Handler = (lx, setAddr, infoAddr, timeAddr, size) => {
  const { k, task } = lx;
  const { i32 } = k;
  if (size !== SIGSET_SIZE) return -E.INVAL;
  const set = readMask(lx, setAddr);
  const low = set.low & ~UNBLOCKABLE;
  const timeout = timeAddr === 0 ? Number.POSITIVE_INFINITY : readTimespec(lx, timeAddr);
  if (timeout < 0) return timeout;
  const info = new Int32Array(SIGINFO_WORDS);
  const take = (): number =>
    k.locked(() => dequeueLocked(k, task, ~low, ~set.high, info)) || -E.AGAIN;
  // While it waits the signals are unblocked, so that they wake it, but count as blocked for being ignored.
  const oldLow = i32[task + Task.blocked];
  const oldHigh = i32[task + Task.blocked + 1];
  let result = take();
  if (result === -E.AGAIN && timeout > 0) {
    k.locked(() => {
      i32[task + Task.realBlocked] = oldLow;
      i32[task + Task.realBlocked + 1] = oldHigh;
      setBlockedLocked(k, task, oldLow & ~low, oldHigh & ~set.high);
    });
    result = blockUntil(lx, [], take, performance.now() + timeout);
    k.locked(() => {
      i32[task + Task.realBlocked] = 0;
      i32[task + Task.realBlocked + 1] = 0;
      setBlockedLocked(k, task, oldLow, oldHigh);
    });
  }
  if (result === -E.TIMEDOUT) return -E.AGAIN;
  if (result === -E.RESTARTSYS) return -E.INTR;
  if (result > 0 && infoAddr !== 0) writeSigInfo(lx, infoAddr, info);
  return result;
};

function writeSigInfo(lx: Lx, addr: number, info: Int32Array): void {
  const bytes = new Uint8Array(SIGINFO_SIZE);
  bytes.set(new Uint8Array(info.buffer));
  lx.mem.write(addr, bytes);
}

// ---- sending

/** kill(2): one process, a group (0 own, < −1), or all (−1: but for init and the caller). */
const kill: Handler = (lx, pid, sig) => {
  if (sig < 0 || sig > NSIG) return -E.INVAL;
  if (pid === -0x8000_0000) return -E.SRCH;
  const { k } = lx;
  const info = userInfo(k, lx.task);
  return k.locked(() => {
    const own = processOf(lx);
    if (pid > 0) return signalOneLocked(lx, processByAnyIdLocked(lx, pid), sig, info);
    const group = pid === 0 ? k.i32[own + Process.pgid] : -pid;
    const targets = processesLocked(k).filter((p) =>
      pid === -1 ? p !== own && p !== k.i32[Fixed.init] : k.i32[p + Process.pgid] === group,
    );
    if (targets.length === 0) return -E.SRCH;
    const results = targets.map((p) => signalOneLocked(lx, p, sig, info));
    return results.includes(0) ? 0 : results[0];
  });
};

function processByAnyIdLocked(lx: Lx, pid: number): number {
  const process = findProcessLocked(lx.k, pid);
  if (process !== 0) return process;
  const task = findTaskLocked(lx.k, pid);
  return task === 0 ? 0 : lx.k.i32[task + Task.process];
}

function signalOneLocked(lx: Lx, process: number, sig: number, info: SigInfo): number {
  const { k } = lx;
  if (process === 0) return -E.SRCH;
  if (!maySignal(k, processOf(lx), process, sig)) return -E.PERM;
  return sig === 0 ? 0 : sendSignalLocked(k, process, sig, info);
}

function signalTask(lx: Lx, tgid: number, tid: number, sig: number, info: SigInfo): number {
  const { k } = lx;
  return k.locked(() => {
    const task = findTaskLocked(k, tid);
    const process = task === 0 ? zombieLocked(lx, tid) : k.i32[task + Task.process];
    if (process === 0 || (tgid > 0 && k.i32[process + Process.pid] !== tgid)) return -E.SRCH;
    if (!maySignal(k, processOf(lx), process, sig)) return -E.PERM;
    return sig === 0 || task === 0 ? 0 : sendSignalToTaskLocked(k, task, sig, info);
  });
}

/** A process whose task is gone but that is not reaped can still be named. */
const zombieLocked = (lx: Lx, tid: number): number => findProcessLocked(lx.k, tid);

const tgkill: Handler = (lx, tgid, tid, sig) => {
  if (tgid <= 0 || tid <= 0 || sig < 0 || sig > NSIG) return -E.INVAL;
  return signalTask(lx, tgid, tid, sig, userInfo(lx.k, lx.task, SI.TKILL));
};

const tkill: Handler = (lx, tid, sig) => {
  if (tid <= 0 || sig < 0 || sig > NSIG) return -E.INVAL;
  return signalTask(lx, 0, tid, sig, userInfo(lx.k, lx.task, SI.TKILL));
};

/** The siginfo of the guest; only a process itself may claim that it comes from the kernel or kill(2). */
export function readSigInfo(lx: Lx, addr: number, pid: number): SigInfo | null {
  const bytes = lx.mem.bytes(addr, SIGINFO_SIZE);
  const info = decodeSigInfo(new Int32Array(bytes.buffer, 0, SIGINFO_WORDS));
  const own = pid === lx.k.i32[processOf(lx) + Process.pid];
  return (info.code >= 0 || info.code === SI.TKILL) && !own ? null : info;
}

const rtSigqueueinfo: Handler = (lx, pid, sig, addr) => {
  const info = readSigInfo(lx, addr, pid);
  if (info === null) return -E.PERM;
  if (sig < 0 || sig > NSIG) return -E.INVAL;
  return lx.k.locked(() => signalOneLocked(lx, processByAnyIdLocked(lx, pid), sig, info));
};

const rtTgsigqueueinfo: Handler = (lx, tgid, tid, sig, addr) => {
  if (tgid <= 0 || tid <= 0) return -E.INVAL;
  const info = readSigInfo(lx, addr, tgid);
  if (info === null) return -E.PERM;
  if (sig < 0 || sig > NSIG) return -E.INVAL;
  return signalTask(lx, tgid, tid, sig, info);
};

// ---- alternate stack and return

interface AltStack {
  readonly sp: number;
  readonly flags: number;
  readonly size: number;
}

function setAltStack(lx: Lx, stack: AltStack): number {
  const { k, task } = lx;
  if (onAltStack(lx, stackPointer(lx))) return -E.PERM;
  const mode = stack.flags & ~SS_AUTODISARM;
  if (mode !== 0 && mode !== SS_ONSTACK && mode !== SS_DISABLE) return -E.INVAL;
  const off = mode === SS_DISABLE;
  if (!off && stack.size < MINSIGSTKSZ) return -E.NOMEM;
  k.f64[(task + Task.altStack) >> 1] = off ? 0 : stack.sp;
  k.f64[(task + Task.altSize) >> 1] = off ? 0 : stack.size;
  k.i32[task + Task.altFlags] = stack.flags;
  return 0;
}

/** sigaltstack(2); stack_t: sp (8), flags (4 + 4), size (8). */
const sigaltstack: Handler = (lx, newAddr, oldAddr) => {
  const { k, task, mem } = lx;
  const old: AltStack = {
    sp: k.f64[(task + Task.altStack) >> 1],
    flags: altStackFlags(lx, stackPointer(lx)),
    size: k.f64[(task + Task.altSize) >> 1],
  };
  if (newAddr !== 0) {
    mem.readable(newAddr, 24);
    const stack = {
      sp: mem.readU64(newAddr),
      flags: mem.readI32(newAddr + 8),
      size: mem.readU64(newAddr + 16),
    };
    const result = setAltStack(lx, stack);
    if (result !== 0) return result;
  }
  if (oldAddr !== 0) {
    mem.writable(oldAddr, 24);
    mem.writeU64(oldAddr, old.sp);
    mem.writeU32(oldAddr + 8, old.flags);
    mem.writeU64(oldAddr + 16, old.size);
  }
  return 0;
};

/** Nothing to do but to look for signals: the registers are set already. */
const resume = (): void => {};

const rtSigreturn: Handler = (lx) => {
  const returned = returnFromHandler(lx);
  if (returned !== null) {
    setAltStack(lx, { sp: returned.stack, flags: returned.stackFlags, size: returned.stackSize });
  }
  lx.unwind = resume;
  return 0;
};

// biome-ignore format: aligned rows
export const rows: readonly SyscallRow[] = [
  row(13,  'rt_sigaction',      ['signal', 'ptr', 'ptr', 'size'],           rtSigaction,      'full', 'emulated'),
  row(14,  'rt_sigprocmask',    ['int', 'ptr', 'ptr', 'size'],              rtSigprocmask,    'full', 'emulated'),
  row(15,  'rt_sigreturn',      [],                                         rtSigreturn,      'full', 'emulated'),
  row(34,  'pause',             [],                                         pause,            'full', 'emulated'),
  row(62,  'kill',              ['pid', 'signal'],                          kill,             'full', 'emulated'),
  row(127, 'rt_sigpending',     ['ptr', 'size'],                            rtSigpending,     'full', 'emulated'),
  row(128, 'rt_sigtimedwait',   ['ptr', 'ptr', 'ptr', 'size'],              rtSigtimedwait,   'full', 'emulated'),
  row(129, 'rt_sigqueueinfo',   ['pid', 'signal', 'ptr'],                   rtSigqueueinfo,   'full', 'emulated'),
  row(130, 'rt_sigsuspend',     ['ptr', 'size'],                            rtSigsuspend,     'full', 'emulated'),
  row(131, 'sigaltstack',       ['ptr', 'ptr'],                             sigaltstack,      'full', 'emulated'),
  row(200, 'tkill',             ['pid', 'signal'],                          tkill,            'full', 'emulated'),
  row(234, 'tgkill',            ['pid', 'pid', 'signal'],                   tgkill,           'full', 'emulated'),
  row(297, 'rt_tgsigqueueinfo', ['pid', 'pid', 'signal', 'ptr'],            rtTgsigqueueinfo, 'full', 'emulated'),
];
