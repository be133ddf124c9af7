// The run loop of a guest worker: lets the interpreter run, and does what it came back for. One call of runTask() is the
// life of a task on this worker (and of its vfork children).
import {
  EXIT_BUDGET,
  EXIT_FAULT,
  EXIT_POLL,
  EXIT_SYSCALL,
  VEC_AC,
  VEC_BP,
  VEC_DB,
  VEC_DE,
  VEC_GP,
  VEC_MF,
  VEC_OF,
  VEC_PF,
  VEC_SS,
  VEC_UD,
  VEC_XM,
} from '../../../assembly/shared/exit.ts';
import {
  FAULT_ADDR,
  FAULT_CODE,
  FAULT_VECTOR,
  FSW,
  GUEST_SHIFT,
  MXCSR,
  PAGE_READ,
  RIP,
  SIGNAL_POLL,
} from '../../../assembly/shared/layout.ts';
import { BUS, FPE, ILL, SI, SIG, SIG_DFL, TRAP } from '../abi/signal.ts';
import { resolveFault } from '../mm/fault.ts';
import { deliverSignals } from './deliver.ts';
import { exitGroup, exitTask } from './exit.ts';
import { parkWhileFrozen } from './freeze.ts';
import type { Lx, SessionRequest } from './lx.ts';
import { commOf, pidOf, processOf } from './process.ts';
import { faultInfo } from './siginfo.ts';
import { forceSignal, handlerOf } from './signal.ts';
import { Process, Task } from './task.ts';
import { TraceMode } from './trace.ts';

/** Blocks to run before looking around: long enough to cost nothing, short enough for V8 to swap in optimised code. */
const BUDGET = 100_000;

/**
 * Runs `lx.task`, beginning with `begin`, until it has ended (or moved away). False: it has not, but the worker `wantsRest`, and is to
 * call again; meanwhile everything about the task is in memory.
 */
export function runTask(lx: Lx, begin: () => void, wantsRest = () => false): boolean {
  try {
    begin();
  } catch (error) {
    dieOfInternalError(lx, error);
  }
  while (lx.task !== 0) {
    try {
      runUntilUnwound(lx);
    } catch (error) {
      dieOfInternalError(lx, error);
    }
    if (lx.task !== 0 && wantsRest()) return false;
  }
  return true;
}

function runUntilUnwound(lx: Lx): void {
  lx.mem.refresh();
  // A task may begin with a stop for its tracer.
  if (pollTask(lx) !== 0) lookForSignals(lx);
  if (lx.task === 0) return;
  if (lx.k.i32[lx.task + Task.traceMode] === TraceMode.step) return stepOnce(lx);
  const reason = lx.cpu.run(lx.ctx, BUDGET);
  if (reason === EXIT_BUDGET) return;
  comeBack(lx, reason);
}

/** PTRACE_SINGLESTEP: one instruction, then a trap. */
function stepOnce(lx: Lx): void {
  const { task } = lx;
  const reason = lx.cpu.step(lx.ctx);
  if (reason !== EXIT_FAULT) {
    const rip = unsigned(lx.mem.dv, lx.ctx + RIP);
    forceSignal(lx, SIG.TRAP, faultInfo(TRAP.TRACE, rip));
  }
  if (lx.task === task) lx.k.i32[task + Task.traceMode] = TraceMode.run;
  comeBack(lx, reason === 0 ? EXIT_POLL : reason);
}

/** The interpreter has returned for `reason`. */
function comeBack(lx: Lx, reason: number): void {
  if (reason !== EXIT_SYSCALL) lx.k.i32[lx.task + Task.lastCall] = -1;
  lx.mem.refresh();
  Atomics.store(lx.mem.i32, (lx.ctx + SIGNAL_POLL) >> 2, 0);
  if (reason === EXIT_FAULT) raiseFault(lx);
  else if (reason !== EXIT_SYSCALL && reason !== EXIT_POLL)
    throw new Error(`the interpreter returned ${reason}`);
  while (lx.unwind !== null) {
    const { unwind } = lx;
    lx.unwind = null;
    unwind();
  }
  if (lx.task !== 0) lookForSignals(lx);
}

/** Another thread executes a program: this one is to end. */
function isToLeave({ k, task }: Lx, process: number): boolean {
  const execTask = k.i32[process + Process.execTask];
  return execTask !== 0 && execTask !== task;
}

/** Delivers signals, or ends the task. */
export function lookForSignals(lx: Lx): void {
  const { i32 } = lx.k;
  while (lx.task !== 0) {
    const { task } = lx;
    const process = processOf(lx);
    parkWhileFrozen(lx);
    if (i32[process + Process.exiting] !== 0) {
      exitTask(lx, i32[process + Process.exitCode]);
    } else if (isToLeave(lx, process)) {
      exitTask(lx, 0);
    } else if (Atomics.load(i32, task + Task.signalled) !== 0 || i32[task + Task.sysNumber] >= 0) {
      const status = deliverSignals(lx);
      if (status === 0) return;
      if (i32[process + Process.exiting] !== 0 || isToLeave(lx, process)) continue;
      exitGroup(lx, status);
    } else {
      return;
    }
  }
}

/** What the interpreter's poll() import answers: is there anything to look at? */
export const pollTask = (lx: Lx): number => Atomics.load(lx.k.i32, lx.task + Task.signalled);

// ---- exceptions of the processor

/** Turns an exception into the signal that Linux makes of it (arch/x86/kernel/traps.c, fault.c). */
function raiseFault(lx: Lx): void {
  const { dv } = lx.mem;
  const { ctx } = lx;
  const rip = unsigned(dv, ctx + RIP);
  const vector = dv.getUint32(ctx + FAULT_VECTOR, true);
  switch (vector) {
    case VEC_PF:
      return raisePageFault(lx, unsigned(dv, ctx + FAULT_ADDR));
    case VEC_DE:
      return forceSignal(lx, SIG.FPE, faultInfo(FPE.INTDIV, rip));
    case VEC_BP:
      return forceSignal(lx, SIG.TRAP, { code: SI.KERNEL });
    case VEC_DB:
      return forceSignal(lx, SIG.TRAP, faultInfo(TRAP.TRACE, rip));
    case VEC_UD:
      explainIllegal(lx, rip);
      return forceSignal(lx, SIG.ILL, faultInfo(ILL.ILLOPN, rip));
    case VEC_AC:
      return forceSignal(lx, SIG.BUS, faultInfo(BUS.ADRALN, 0));
    case VEC_MF:
      return forceSignal(
        lx,
        SIG.FPE,
        faultInfo(fpeCode(~dv.getUint16(ctx + FSW - 2, true) & dv.getUint16(ctx + FSW, true)), rip),
      );
    case VEC_XM: {
      const mxcsr = dv.getUint32(ctx + MXCSR, true);
      return forceSignal(lx, SIG.FPE, faultInfo(fpeCode(~(mxcsr >> 7) & mxcsr), rip));
    }
    case VEC_SS:
      return forceSignal(lx, SIG.BUS, { code: SI.KERNEL });
    case VEC_GP:
    case VEC_OF:
      return forceSignal(lx, SIG.SEGV, { code: SI.KERNEL });
    default:
      throw new Error(`exception vector ${vector}`);
  }
}

/** A program that dies of an instruction there is none of, or that the guest CPU hides: say which one it was. */
function explainIllegal(lx: Lx, rip: number): void {
  const process = processOf(lx);
  if (handlerOf(lx.k, process, SIG.ILL) !== SIG_DFL) return;
  const text = `lxjit: ${commOf(lx.k, lx.task)}: pid ${pidOf(lx)}: illegal instruction at 0x${rip.toString(16)}: ${hex(codeAt(lx, rip))}`;
  lx.session.post({ type: 'message', text });
}

/** The bytes of code at a guest address, at most those of the longest instruction. */
function codeAt({ mem }: Lx, rip: number): Uint8Array {
  const readable = mem.accessible(rip, 15, PAGE_READ);
  return mem.u8.slice(rip - GUEST_SHIFT, rip - GUEST_SHIFT + readable);
}

const hex = (bytes: Uint8Array): string =>
  [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');

function raisePageFault(lx: Lx, address: number): void {
  const code = lx.mem.dv.getUint32(lx.ctx + FAULT_CODE, true);
  const fault = resolveFault(lx, address, code);
  if (fault !== null) forceSignal(lx, fault.signo, faultInfo(fault.code, address));
}

/** si_code of SIGFPE from unmasked exception flags (the same bits in x87 and SSE). */
function fpeCode(flags: number): number {
  if ((flags & 0x01) !== 0) return FPE.FLTINV;
  if ((flags & 0x04) !== 0) return FPE.FLTDIV;
  if ((flags & 0x08) !== 0) return FPE.FLTOVF;
  if ((flags & 0x12) !== 0) return FPE.FLTUND;
  if ((flags & 0x20) !== 0) return FPE.FLTRES;
  return 0;
}

const unsigned = (dv: DataView, at: number): number =>
  dv.getUint32(at + 4, true) * 0x1_0000_0000 + dv.getUint32(at, true);

// ---- our own mistakes

/** A JavaScript exception or a wasm trap in lxjit itself: say so in one line, and end the guest process. */
function dieOfInternalError(lx: Lx, error: unknown): void {
  lx.unwind = null;
  lx.session.post(describeInternalError(lx, error));
  try {
    exitGroup(lx, SIG.SEGV);
  } catch (again) {
    const doing = `internal error while ending the process: ${text(again)}`;
    lx.session.post({ type: 'bug', text: doing, pc: 0, code: new Uint8Array(0) });
    lx.task = 0;
  }
}

function describeInternalError(lx: Lx, error: unknown): SessionRequest {
  const { mem, ctx, k, task } = lx;
  mem.refresh();
  const pc = unsigned(mem.dv, ctx + RIP);
  const code = codeAt(lx, pc);
  const call = k.i32[task + Task.sysNumber];
  const where = call >= 0 ? `in system call ${call}, ` : '';
  const guest = `${commOf(k, task)}, pid ${pidOf(lx)}, ${where}pc 0x${pc.toString(16)}: ${hex(code)}`;
  return { type: 'bug', text: `internal error: ${text(error)} (${guest})`, pc, code };
}

function text(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const place = /\((.*?)\)|at (\S+)$/m.exec((error.stack ?? '').split('\n').slice(1, 2).join(''));
  const at = place === null ? '' : ` at ${(place[1] ?? place[2]).replace(/^.*\//, '')}`;
  return `${error.message}${at}`;
}
