// Signals: sending, masks, stopping. Delivery to the guest is in deliver.ts, the frame on its stack in sigframe.ts.
// What waits to be taken is in pending.ts.
//
// `Task.signalled` has its bit `look` exactly while deliverSignals() has something to do for
// the task; it is kept so under the kernel lock by recalcLocked() and read without it by polls and sleepers.
import { CAP } from '../abi/capability.ts';
import { CLD, DEFAULT_ACTION, NSIG, SA, SI, SIG, SIG_DFL, SIG_IGN } from '../abi/signal.ts';
import { processCan } from './caps.ts';
import { Fixed } from './fixed.ts';
import type { Kernel } from './kmem.ts';
import type { Lx } from './lx.ts';
import { bits, dropAllLocked, enqueueLocked, setAdd, setHas, setRemove } from './pending.ts';
import { RLIMIT, rlimitSoft } from './rlimits.ts';
import { childInfo, type SigInfo } from './siginfo.ts';
import { Process, ProcessState, SigAction, SigHand, Signalled, Task, TaskState } from './task.ts';
import { wakeAllLocked, wakeTask } from './wait.ts';

/** Values of Process.stateChange: what wait4(WUNTRACED | WCONTINUED) has still to report. */
export const StateChange = { none: 0, stopped: 1, continued: 2 } as const;

export const UNBLOCKABLE = bits(SIG.KILL, SIG.STOP);
const STOPS = [SIG.STOP, SIG.TSTP, SIG.TTIN, SIG.TTOU];
// ---- actions

/** Word index of the action of `sig` (a SigAction) of a process. */
export const actionOf = (k: Kernel, process: number, sig: number): number =>
  k.i32[process + Process.sighand] + SigHand.actions + (sig - 1) * (SigAction.SIZE / 4);

export const handlerOf = (k: Kernel, process: number, sig: number): number =>
  k.f64[(actionOf(k, process, sig) + SigAction.handler) >> 1];

function ignoredLocked(k: Kernel, process: number, sig: number): boolean {
  const handler = handlerOf(k, process, sig);
  if (handler === SIG_IGN) return true;
  const action = DEFAULT_ACTION[sig];
  return handler === SIG_DFL && (action === 'ignore' || action === 'continue');
}

/** Would the task not notice `sig`? */
export const isIgnoredOrBlockedLocked = (k: Kernel, task: number, sig: number): boolean =>
  setHas(k.i32, task + Task.blocked, sig) ||
  handlerOf(k, k.i32[task + Task.process], sig) === SIG_IGN;

/** True when children of `process` are to vanish without being waited for (SIGCHLD ignored, or SA_NOCLDWAIT). */
export function reapsChildrenLocked(k: Kernel, process: number): boolean {
  if (k.i32[process + Process.sighand] === 0) return false;
  const action = actionOf(k, process, SIG.CHLD);
  return (
    k.f64[action >> 1] === SIG_IGN || (k.f64[(action + SigAction.flags) >> 1] & SA.NOCLDWAIT) !== 0
  );
}

/** Actions of a new process: a copy of the `from`'s (a SigHand), or all default if it is 0. */
export function newSigHandLocked(k: Kernel, from: number): number {
  const sighand = k.allocLocked(SigHand.SIZE);
  if (from !== 0) k.i32.copyWithin(sighand, from, from + SigHand.SIZE / 4);
  k.i32[sighand + SigHand.refs] = 1;
  return sighand;
}

export function putSigHandLocked(k: Kernel, sighand: number): void {
  if (sighand !== 0 && --k.i32[sighand + SigHand.refs] === 0) k.freeLocked(sighand);
}

/** execve(2): handlers become the default, what was ignored stays so; a SigHand shared by CLONE_SIGHAND is left to the others. */
export function execSignalsLocked(k: Kernel, task: number): void {
  const { i32 } = k;
  const process = i32[task + Task.process];
  const old = i32[process + Process.sighand];
  if (i32[old + SigHand.refs] > 1) {
    i32[process + Process.sighand] = newSigHandLocked(k, old);
    putSigHandLocked(k, old);
  }
  for (let sig = 1; sig <= NSIG; sig++) {
    const action = actionOf(k, process, sig);
    const ignored = k.f64[action >> 1] === SIG_IGN;
    i32.fill(0, action, action + SigAction.SIZE / 4);
    if (ignored) k.f64[action >> 1] = SIG_IGN;
  }
  k.f64[(task + Task.altStack) >> 1] = 0;
  k.f64[(task + Task.altSize) >> 1] = 0;
  i32[task + Task.altFlags] = 0;
}

// ---- who is to look

export function dropFromProcessLocked(
  k: Kernel,
  process: number,
  signals: readonly number[],
): void {
  dropAllLocked(k, process, Process, signals);
  eachTask(k, process, (task) => dropAllLocked(k, task, Task, signals));
}

export function eachTask(k: Kernel, process: number, visit: (task: number) => void): void {
  for (let task = k.i32[process + Process.tasks]; task !== 0; task = k.i32[task + Task.next])
    visit(task);
}

/** True if an unblocked signal is pending for a task. */
export function hasPendingLocked(k: Kernel, task: number): boolean {
  const { i32 } = k;
  const process = i32[task + Task.process];
  for (let word = 0; word < 2; word++) {
    const pending = i32[task + Task.pending + word] | i32[process + Process.pending + word];
    if ((pending & ~i32[task + Task.blocked + word]) !== 0) return true;
  }
  return false;
}

/** Has the task something to do for others, or to stop for its tracer? */
export const hasErrands = ({ i32 }: Kernel, task: number): boolean =>
  (i32[task + Task.requests] | i32[task + Task.traceEvent] | i32[task + Task.traceLeaves]) !== 0;

/** Brings Task.signalled up to date. */
export function recalcLocked(k: Kernel, task: number): void {
  const process = k.i32[task + Task.process];
  const stopped = k.i32[process + Process.stopSignal] !== 0;
  const look = stopped || hasErrands(k, task) || hasPendingLocked(k, task) ? Signalled.look : 0;
  const park = k.i32[process + Process.frozen] !== 0 ? Signalled.park : 0;
  Atomics.store(k.i32, task + Task.signalled, look | park);
  if (look + park !== 0) k.poke(task);
}

/** Makes a task look for signals: now if it sleeps, at its next poll if it runs. */
export function notifyTaskLocked(k: Kernel, task: number): void {
  Atomics.or(k.i32, task + Task.signalled, Signalled.look);
  k.poke(task);
  wakeTask(k, task);
}

/** Is something to be delivered to the current task (a signal, a stop, its end)? */
export const signalPending = (lx: Lx): boolean =>
  (Atomics.load(lx.k.i32, lx.task + Task.signalled) & Signalled.look) !== 0;

const wantsLocked = (k: Kernel, task: number, sig: number): boolean =>
  k.i32[task + Task.state] !== TaskState.dead && !setHas(k.i32, task + Task.blocked, sig);

/** Chooses who takes a process-wide signal: the leader if it wants it, else any other (complete_signal() of Linux). */
function notifyProcessLocked(k: Kernel, process: number, sig: number): void {
  if (sig === SIG.KILL) {
    eachTask(k, process, (task) => notifyTaskLocked(k, task));
    return;
  }
  const taker = takerLocked(k, process, sig);
  if (taker !== 0) notifyTaskLocked(k, taker);
}

function takerLocked(k: Kernel, process: number, sig: number): number {
  const leader = k.i32[process + Process.leader];
  if (leader !== 0 && wantsLocked(k, leader, sig)) return leader;
  let task = k.i32[process + Process.tasks];
  while (task !== 0 && !wantsLocked(k, task, sig)) task = k.i32[task + Task.next];
  return task;
}

// ---- stop and continue

/** Tells `waiter`, a parent or tracer, that `process` stopped or continued: SIGCHLD (unless SA_NOCLDSTOP), and wait4. */
export function notifyWaiterLocked(
  k: Kernel,
  waiter: number,
  process: number,
  code: number,
  status: number,
): void {
  const { i32, f64 } = k;
  if (waiter === 0 || i32[waiter + Process.state] !== ProcessState.alive) return;
  if (i32[waiter + Process.sighand] === 0) return;
  const action = actionOf(k, waiter, SIG.CHLD);
  const isQuiet =
    f64[action >> 1] === SIG_IGN || (f64[(action + SigAction.flags) >> 1] & SA.NOCLDSTOP) !== 0;
  if (!isQuiet) postLocked(k, waiter, 0, SIG.CHLD, childInfo(k, process, code, status));
  wakeAllLocked(k, i32[waiter + Process.childWait]);
}

/** Stops a whole process: each of its tasks stops when it looks for signals. */
export function stopProcessLocked(k: Kernel, process: number, sig: number): void {
  k.i32[process + Process.stopSignal] = sig;
  k.i32[process + Process.stateChange] = StateChange.stopped;
  eachTask(k, process, (task) => notifyTaskLocked(k, task));
  notifyWaiterLocked(k, k.i32[process + Process.parent], process, CLD.STOPPED, sig);
}

function continueProcessLocked(k: Kernel, process: number): void {
  if (k.i32[process + Process.stopSignal] === 0) return;
  k.i32[process + Process.stopSignal] = 0;
  k.i32[process + Process.stateChange] = StateChange.continued;
  eachTask(k, process, (task) => wakeTask(k, task));
  notifyWaiterLocked(k, k.i32[process + Process.parent], process, CLD.CONTINUED, SIG.CONT);
}

// ---- sending

/** Sends to a process (task = 0) or to one of its tasks. 0, or −EAGAIN when its queue of real-time signals is full. */
function postLocked(k: Kernel, process: number, task: number, sig: number, info: SigInfo): number {
  const { i32 } = k;
  if (i32[process + Process.state] !== ProcessState.alive || i32[process + Process.sighand] === 0)
    return 0;
  if (sig === SIG.CONT) {
    dropFromProcessLocked(k, process, STOPS);
    continueProcessLocked(k, process);
  } else if (STOPS.includes(sig as 19)) {
    dropFromProcessLocked(k, process, [SIG.CONT]);
  }
  const looker = task !== 0 ? task : i32[process + Process.leader];
  const blocked =
    looker !== 0 &&
    (setHas(i32, looker + Task.blocked, sig) || setHas(i32, looker + Task.realBlocked, sig));
  const isTraced = looker !== 0 && i32[looker + Task.tracer] !== 0;
  const kept = blocked || isTraced || sig === SIG.KILL || sig === SIG.STOP;
  if (!kept && ignoredLocked(k, process, sig)) return 0;
  const limit = rlimitSoft(k, process, RLIMIT.SIGPENDING);
  if (task === 0) {
    const result = enqueueLocked(k, process, Process, limit, sig, info);
    wakeAllLocked(k, i32[process + Process.signalWait]); // after the signal is there: they look without the lock
    if (result === 0) notifyProcessLocked(k, process, sig);
    return result;
  }
  if (i32[task + Task.state] === TaskState.dead) return 0;
  const result = enqueueLocked(k, task, Task, limit, sig, info);
  wakeAllLocked(k, i32[process + Process.signalWait]);
  if (result === 0 && (sig === SIG.KILL || wantsLocked(k, task, sig))) {
    if (sig === SIG.KILL) notifyProcessLocked(k, process, sig);
    notifyTaskLocked(k, task);
  }
  return result;
}

/** Sends a signal to a process; any of its tasks that does not block it will take it. */
export const sendSignalLocked = (k: Kernel, process: number, sig: number, info: SigInfo): number =>
  postLocked(k, process, 0, sig, info);

export const sendSignal = (k: Kernel, process: number, sig: number, info: SigInfo): number =>
  k.locked(() => postLocked(k, process, 0, sig, info));

export const sendSignalToTaskLocked = (
  k: Kernel,
  task: number,
  sig: number,
  info: SigInfo,
): number => postLocked(k, k.i32[task + Task.process], task, sig, info);

export const sendSignalToTask = (k: Kernel, task: number, sig: number, info: SigInfo): number =>
  k.locked(() => sendSignalToTaskLocked(k, task, sig, info));

/** Sends to every process of a group. The number of processes in it. */
export function sendSignalToGroupLocked(
  k: Kernel,
  pgid: number,
  sig: number,
  info: SigInfo,
): number {
  let count = 0;
  for (let p = k.i32[Fixed.processes]; p !== 0; p = k.i32[p + Process.next]) {
    if (k.i32[p + Process.pgid] !== pgid) continue;
    count++;
    postLocked(k, p, 0, sig, info);
  }
  return count;
}

/**
 * Sends a signal that the current task cannot evade (a fault): blocked or ignored means the default action, as
 * force_sig_info() of Linux does.
 */
export function forceSignal(lx: Lx, sig: number, info: SigInfo): void {
  const { k, task } = lx;
  k.locked(() => {
    const process = k.i32[task + Task.process];
    const action = actionOf(k, process, sig);
    if (setHas(k.i32, task + Task.blocked, sig) || k.f64[action >> 1] === SIG_IGN) {
      k.f64[action >> 1] = SIG_DFL;
      setRemove(k.i32, task + Task.blocked, sig);
    }
    postLocked(k, process, task, sig, info);
    notifyTaskLocked(k, task);
  });
}

/** A signal frame could not be written or read: SIGSEGV; without its handler if that was the one that failed. */
export function forceSegv(lx: Lx, failed: number): void {
  if (failed === SIG.SEGV) {
    lx.k.f64[actionOf(lx.k, lx.k.i32[lx.task + Task.process], SIG.SEGV) >> 1] = SIG_DFL;
  }
  forceSignal(lx, SIG.SEGV, { code: SI.KERNEL });
}

/** Ends one task without a signal being sent to its process (exit_group, exec of another thread). */
export function killTaskLocked(k: Kernel, task: number): void {
  setAdd(k.i32, task + Task.pending, SIG.KILL);
  notifyTaskLocked(k, task);
}

// ---- masks

/** Sets the mask of a task (SIGKILL and SIGSTOP cannot be blocked); others may have to take what it no longer does. */
export function setBlockedLocked(k: Kernel, task: number, lo: number, hi: number): void {
  const { i32 } = k;
  i32[task + Task.blocked] = lo & ~UNBLOCKABLE;
  i32[task + Task.blocked + 1] = hi;
  recalcLocked(k, task);
  const process = i32[task + Task.process];
  if (i32[process + Process.taskCount] < 2) return;
  if ((i32[process + Process.pending] | i32[process + Process.pending + 1]) === 0) return;
  eachTask(k, process, (other) => {
    if (other !== task && hasPendingLocked(k, other)) notifyTaskLocked(k, other);
  });
}

/** Mask for the time of one system call (ppoll, sigsuspend …): the old one comes back when it ends. */
export function setTemporaryMask(lx: Lx, lo: number, hi: number): void {
  const { k, task } = lx;
  k.locked(() => {
    const { i32 } = k;
    if (i32[task + Task.restoreBlocked] === 0) {
      i32[task + Task.savedBlocked] = i32[task + Task.blocked];
      i32[task + Task.savedBlocked + 1] = i32[task + Task.blocked + 1];
      i32[task + Task.restoreBlocked] = 1;
    }
    setBlockedLocked(k, task, lo, hi);
  });
}

/** Ends setTemporaryMask() without a handler having run. */
export function restoreMask(lx: Lx): void {
  const { k, task } = lx;
  if (k.i32[task + Task.restoreBlocked] === 0) return;
  k.locked(() => {
    k.i32[task + Task.restoreBlocked] = 0;
    setBlockedLocked(k, task, k.i32[task + Task.savedBlocked], k.i32[task + Task.savedBlocked + 1]);
  });
}

// ---- process groups

/** True if nobody outside the group but inside its session could continue it: terminal stops are then ignored. */
export function isOrphanedGroupLocked(k: Kernel, pgid: number): boolean {
  const { i32 } = k;
  for (let p = i32[Fixed.processes]; p !== 0; p = i32[p + Process.next]) {
    if (i32[p + Process.pgid] !== pgid || i32[p + Process.state] !== ProcessState.alive) continue;
    const parent = i32[p + Process.parent];
    if (p === i32[Fixed.firstProcess]) return false; // whoever started lxjit stands behind it
    if (parent === 0 || parent === i32[Fixed.init]) continue;
    if (i32[parent + Process.pgid] !== pgid && i32[parent + Process.sid] === i32[p + Process.sid])
      return false;
  }
  return true;
}

/** May the caller send `sig` to `target` (kill(2))? */
export function maySignal(k: Kernel, sender: number, target: number, sig: number): boolean {
  const { i32 } = k;
  const euid = i32[sender + Process.euid];
  const uid = i32[sender + Process.uid];
  if (processCan(k, sender, CAP.KILL)) return true;
  const targetUid = i32[target + Process.uid];
  const targetSuid = i32[target + Process.suid];
  if (euid === targetUid || euid === targetSuid || uid === targetUid || uid === targetSuid)
    return true;
  return sig === SIG.CONT && i32[sender + Process.sid] === i32[target + Process.sid];
}
