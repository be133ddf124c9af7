// What happens to a task on its way back to the guest: it stops, dies, or enters a signal handler; and what becomes of
// the system call that the signal interrupted (get_signal() and handle_signal() of Linux).
import { GPR, RAX, RIP } from '../../../assembly/shared/layout.ts';
import { E } from '../abi/errno.ts';
import { DEFAULT_ACTION, SA, SIG, SIG_DFL, SIG_IGN } from '../abi/signal.ts';
import { KernelError } from '../mm/guest-memory.ts';
import type { Kernel } from './kmem.ts';
import type { Lx } from './lx.ts';
import { dequeueLocked } from './pending.ts';
import { serveRequests } from './remote.ts';
import { RLIMIT, rlimitSoft } from './rlimits.ts';
import { type Delivery, newDelivery, popFrame, pushFrame } from './sigframe.ts';
import {
  actionOf,
  forceSegv,
  hasErrands,
  isOrphanedGroupLocked,
  recalcLocked,
  restoreMask,
  setBlockedLocked,
  stopProcessLocked,
} from './signal.ts';
import { Process, SigAction, Task, TaskState } from './task.ts';
import { eventStop, groupStop, isKilled, leaveStop, signalStop } from './trace.ts';
import { sleepTask } from './wait.ts';

const RESTART_SYSCALL = 219;
const SYSCALL_BYTES = 2; // the `syscall` instruction, 0f 05
const CORE_DUMPED = 0x80;

const delivery = newDelivery();

/**
 * Called before the current task goes back to the guest. 0: run it (its registers may now be those of a handler).
 * Else the wait status it is to die with, together with its process.
 */
export function deliverSignals(lx: Lx): number {
  lx.mem.refresh();
  for (;;) {
    const status = takeSignal(lx, delivery);
    if (status !== 0) {
      lx.trace?.killed?.(lx, status, delivery.info);
      return status;
    }
    if (delivery.sig === 0) {
      restartWithoutHandler(lx);
      restoreMask(lx);
      return 0;
    }
    lx.trace?.signal?.(lx, delivery.sig, delivery.info);
    restartWithHandler(lx, delivery.flags);
    if (!tryPushFrame(lx, delivery)) failDelivery(lx, delivery);
    lx.mem.flush();
    if (Atomics.load(lx.k.i32, lx.task + Task.signalled) === 0) return 0;
  }
}

// ---- choosing

/** Fills `d` with the next signal that has a handler (sig 0: none); does the default actions. A status: die. */
function takeSignal(lx: Lx, d: Delivery): number {
  const { k, task } = lx;
  const { i32 } = k;
  const process = i32[task + Task.process];
  d.sig = 0;
  k.lock();
  try {
    for (;;) {
      if (isKilled(k, task)) return SIG.KILL;
      if (hasErrands(k, task)) {
        unlocked(k, () => {
          serveRequests(lx);
          eventStop(lx);
          leaveStop(lx);
        });
        continue;
      }
      if (i32[process + Process.stopSignal] !== 0) {
        sleepStopped(k, task);
        continue;
      }
      let sig = dequeueLocked(
        k,
        task,
        i32[task + Task.blocked],
        i32[task + Task.blocked + 1],
        d.info,
      );
      if (sig === 0) {
        recalcLocked(k, task);
        return 0;
      }
      const isTraced = i32[task + Task.tracer] !== 0;
      if (isTraced) sig = unlocked(k, () => signalStop(lx, sig, d.info));
      if (sig === 0) continue;
      const action = actionOf(k, process, sig);
      const handler = k.f64[(action + SigAction.handler) >> 1];
      if (handler === SIG_IGN) continue;
      if (handler !== SIG_DFL) {
        takeActionLocked(k, task, action, sig, d);
        return 0;
      }
      if (isTraced && DEFAULT_ACTION[sig] === 'stop') {
        unlocked(k, () => groupStop(lx, sig));
        continue;
      }
      const status = defaultActionLocked(k, process, sig);
      if (status !== 0) return status;
    }
  } finally {
    k.unlock();
  }
}

/** Runs `body` without the kernel lock, which is held before and after. */
function unlocked<T>(k: Kernel, body: () => T): T {
  k.unlock();
  try {
    return body();
  } finally {
    k.lock();
  }
}

/** Notes the action, and sets the mask for the handler; the one that comes back is in `d`. */
function takeActionLocked(k: Kernel, task: number, action: number, sig: number, d: Delivery): void {
  const { i32, f64 } = k;
  d.sig = sig;
  d.handler = f64[(action + SigAction.handler) >> 1];
  d.flags = f64[(action + SigAction.flags) >> 1];
  d.restorer = f64[(action + SigAction.restorer) >> 1];
  if ((d.flags & SA.RESETHAND) !== 0) f64[(action + SigAction.handler) >> 1] = SIG_DFL;
  const saved = i32[task + Task.restoreBlocked] !== 0 ? Task.savedBlocked : Task.blocked;
  d.maskLow = i32[task + saved];
  d.maskHigh = i32[task + saved + 1];
  i32[task + Task.restoreBlocked] = 0;
  const own = (d.flags & SA.NODEFER) !== 0 ? 0 : 1 << (sig - 1);
  const low = i32[task + Task.blocked] | i32[action + SigAction.mask] | (sig <= 32 ? own : 0);
  const high =
    i32[task + Task.blocked + 1] | i32[action + SigAction.mask + 1] | (sig > 32 ? own : 0);
  setBlockedLocked(k, task, low, high);
}

/** The wait status to die with, or 0. */
function defaultActionLocked(k: Kernel, process: number, sig: number): number {
  switch (DEFAULT_ACTION[sig] ?? 'term') {
    case 'ignore':
    case 'continue':
      return 0;
    case 'stop':
      if (sig === SIG.STOP || !isOrphanedGroupLocked(k, k.i32[process + Process.pgid]))
        stopProcessLocked(k, process, sig);
      return 0;
    case 'core':
      return rlimitSoft(k, process, RLIMIT.CORE) > 0 ? sig | CORE_DUMPED : sig;
    case 'term':
      return sig;
  }
}

/** Sleeps, the lock released meanwhile, until something wakes the task: the caller looks again. */
function sleepStopped(k: Kernel, task: number): void {
  Atomics.store(k.i32, task + Task.wake, 0);
  k.unlock();
  sleepTask(k, task, Number.POSITIVE_INFINITY, TaskState.stopped);
  k.lock();
}

// ---- entering a handler

/** No frame, no handler: the mask comes back at once, and SIGSEGV instead. */
function failDelivery(lx: Lx, d: Delivery): void {
  const { k, task } = lx;
  k.locked(() => setBlockedLocked(k, task, d.maskLow, d.maskHigh));
  forceSegv(lx, d.sig);
}

function tryPushFrame(lx: Lx, d: Delivery): boolean {
  try {
    return pushFrame(lx, d);
  } catch (error) {
    if (error instanceof KernelError) return false;
    throw error;
  }
}

// ---- the interrupted system call

/** −RAX if the current system call was interrupted and not yet dealt with, else 0. */
export function interruptedCall(lx: Lx): number {
  if (lx.k.i32[lx.task + Task.sysNumber] < 0) return 0;
  const rax = (lx.ctx + GPR + RAX * 8) >> 2;
  const result = -lx.mem.i32[rax];
  return result >= E.RESTARTSYS && result <= E.RESTART_RESTARTBLOCK && lx.mem.i32[rax + 1] === -1
    ? result
    : 0;
}

/** Puts a result into RAX of the current context. */
export function writeResult(lx: Lx, result: number): void {
  const { i32 } = lx.mem;
  const rax = (lx.ctx + GPR + RAX * 8) >> 2;
  i32[rax] = result;
  i32[rax + 1] = Math.floor(result / 2 ** 32);
}

/** Makes the guest execute its `syscall` again, with `number` in RAX. */
function restart(lx: Lx, number: number): void {
  writeResult(lx, number);
  const { dv } = lx.mem;
  dv.setBigUint64(lx.ctx + RIP, dv.getBigUint64(lx.ctx + RIP, true) - BigInt(SYSCALL_BYTES), true);
}

function restartWithHandler(lx: Lx, flags: number): void {
  const interrupted = interruptedCall(lx);
  const number = lx.k.i32[lx.task + Task.sysNumber];
  lx.k.i32[lx.task + Task.sysNumber] = -1;
  if (interrupted === 0) return;
  const again =
    interrupted === E.RESTARTNOINTR || (interrupted === E.RESTARTSYS && (flags & SA.RESTART) !== 0);
  if (again) restart(lx, number);
  else writeResult(lx, -E.INTR);
}

function restartWithoutHandler(lx: Lx): void {
  const interrupted = interruptedCall(lx);
  const number = lx.k.i32[lx.task + Task.sysNumber];
  lx.k.i32[lx.task + Task.sysNumber] = -1;
  if (interrupted === 0) return;
  restart(lx, interrupted === E.RESTART_RESTARTBLOCK ? RESTART_SYSCALL : number);
}

// ---- rt_sigreturn

/** Everything but the alternate stack, which the caller restores (null: SIGSEGV has been sent instead). */
export function returnFromHandler(lx: Lx): ReturnType<typeof popFrame> {
  const { k, task } = lx;
  k.i32[task + Task.sysNumber] = -1;
  let returned: ReturnType<typeof popFrame> = null;
  try {
    returned = popFrame(lx);
  } catch (error) {
    if (!(error instanceof KernelError)) throw error;
  }
  if (returned === null) {
    forceSegv(lx, 0);
    return null;
  }
  const { maskLow, maskHigh } = returned;
  k.locked(() => setBlockedLocked(k, task, maskLow, maskHigh));
  return returned;
}
