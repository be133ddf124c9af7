// System calls of tasks that somebody watches: a tracer (ptrace(2)) stops them before and after, filters (seccomp(2)) judge them.
import { RIP } from '../../../assembly/shared/layout.ts';
import { E } from '../abi/errno.ts';
import { PTRACE_EVENT, PTRACE_O } from '../abi/ptrace.ts';
import { AUDIT_ARCH_X86_64, SECCOMP_RET, SYS_SECCOMP } from '../abi/seccomp.ts';
import { SIG } from '../abi/signal.ts';
import { writeResult } from '../kernel/deliver.ts';
import { exitGroup, exitTask } from '../kernel/exit.ts';
import type { Lx } from '../kernel/lx.ts';
import { processOf } from '../kernel/process.ts';
import { isStrict, judge } from '../kernel/seccomp.ts';
import { forceSignal } from '../kernel/signal.ts';
import { Hook, Process, Task } from '../kernel/task.ts';
import { eventStop, syscallStop } from '../kernel/trace.ts';

const MAX_ERRNO = 4095;

/**
 * Before system call `number`: a number (the tracer may have changed it) to carry out, or null: it is not to be, RAX holds
 * what it answers, or the task is to end (lx.unwind).
 */
export function beforeCall(lx: Lx, number: number): number | null {
  const { i32 } = lx.k;
  const { task } = lx;
  const { hooks, sysNumber } = Task;
  let wanted = number;
  if ((i32[task + hooks] & Hook.trace) !== 0) {
    writeResult(lx, -E.NOSYS);
    syscallStop(lx);
    wanted = i32[task + sysNumber];
    if (wanted < 0) return null;
    writeResult(lx, wanted);
  }
  if ((i32[task + hooks] & Hook.seccomp) === 0) return wanted;
  return obey(lx, wanted, judge(lx, wanted));
}

/** After it, with the result in RAX. */
export function afterCall(lx: Lx): void {
  if ((lx.k.i32[lx.task + Task.hooks] & Hook.trace) === 0) return;
  eventStop(lx);
  syscallStop(lx);
}

function obey(lx: Lx, number: number, verdict: number): number | null {
  const data = verdict & 0xffff;
  switch (verdict >>> 16) {
    case SECCOMP_RET.ALLOW:
    case SECCOMP_RET.LOG:
      return number;
    case SECCOMP_RET.ERRNO:
      writeResult(lx, -Math.min(data, MAX_ERRNO));
      return null;
    case SECCOMP_RET.TRAP:
      return trap(lx, number, data);
    case SECCOMP_RET.TRACE:
      return askTracer(lx, data);
    case SECCOMP_RET.USER_NOTIF:
      writeResult(lx, -E.NOSYS);
      return null;
    case SECCOMP_RET.KILL_THREAD:
      if (lx.k.i32[processOf(lx) + Process.taskCount] > 1) {
        lx.unwind = () => exitTask(lx, SIG.SYS);
        return null;
      }
  }
  const signal = isStrict(lx.k, lx.task) ? SIG.KILL : SIG.SYS;
  lx.unwind = () => exitGroup(lx, signal);
  return null;
}

/** SIGSYS; the registers are as they were. */
function trap(lx: Lx, number: number, errno: number): null {
  const { dv } = lx.mem;
  const words = [
    dv.getInt32(lx.ctx + RIP, true),
    dv.getInt32(lx.ctx + RIP + 4, true),
    number,
    AUDIT_ARCH_X86_64 | 0,
  ];
  forceSignal(lx, SIG.SYS, { code: SYS_SECCOMP, errno, words });
  return null;
}

function askTracer(lx: Lx, data: number): number | null {
  const { i32, f64 } = lx.k;
  const { task } = lx;
  if ((i32[task + Task.traceOptions] & PTRACE_O.TRACESECCOMP) === 0) {
    writeResult(lx, -E.NOSYS);
    return null;
  }
  i32[task + Task.traceEvent] = PTRACE_EVENT.SECCOMP;
  f64[(task + Task.traceMessage) >> 1] = data;
  eventStop(lx);
  const wanted = i32[task + Task.sysNumber];
  return wanted < 0 ? null : wanted;
}
