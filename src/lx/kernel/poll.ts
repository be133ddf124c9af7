// Waiting for events on many descriptions: what poll, select and epoll have in common.
import { E } from '../abi/errno.ts';
import { POLL } from '../abi/poll.ts';
import { ANSWER_MS, File, FileKind, fileOps } from './file.ts';
import type { Kernel } from './kmem.ts';
import type { Lx } from './lx.ts';
import { Process, Task } from './task.ts';
import { blockUntil, newWaitQueueLocked } from './wait.ts';

/** poll and epoll always report these, wanted or not; select asks for them where they count. */
const ALWAYS = POLL.ERR | POLL.HUP;

export interface Polled {
  /** A description, 0: none, `revents` stays as it is. */
  readonly file: number;
  readonly events: number;
  revents: number;
}

/** The queue on which events of a description are announced: its own, or for a signalfd that of the polling process. */
export function pollQueue(lx: Lx, file: number): number {
  const { k } = lx;
  if (k.i32[file + File.kind] === FileKind.signalfd)
    return signalQueue(k, k.i32[lx.task + Task.process]);
  return k.i32[file + File.wait];
}

/** The queue that is woken by each signal to a process. */
export function signalQueue(k: Kernel, process: number): number {
  const at = process + Process.signalWait;
  if (k.i32[at] === 0)
    k.locked(() => (k.i32[at] = k.i32[at] === 0 ? newWaitQueueLocked(k) : k.i32[at]));
  return k.i32[at];
}

/** Looks at all of them; the number of those with events. */
function look(lx: Lx, polled: readonly Polled[], always: number): number {
  let ready = 0;
  for (const entry of polled) {
    if (entry.file === 0) continue;
    entry.revents = fileOps(lx.k, entry.file).poll(lx, entry.file) & (entry.events | always);
    if (entry.revents !== 0) ready++;
  }
  return ready;
}

/**
 * Waits until something happens on one of `polled`, and sets `revents`: the number of entries with events, 0 at
 * `deadline`, −ERESTARTSYS when a signal came.
 */
export function waitForEvents(
  lx: Lx,
  polled: readonly Polled[],
  deadline: number,
  always: number = ALWAYS,
): number {
  const first = look(lx, polled, always);
  if (first !== 0) return first;
  const watched = polled.filter(({ file }) => file !== 0);
  const answers = askAll(lx, watched);
  if (deadline <= 0 && !answers) return 0;
  const queues = watched.map(({ file }) => pollQueue(lx, file));
  const attempt = (): number => look(lx, polled, always) || -E.AGAIN;
  const until = deadline <= 0 ? performance.now() + ANSWER_MS : deadline;
  const result = blockUntil(lx, queues, attempt, until);
  return result === -E.TIMEDOUT || (result < 0 && deadline <= 0) ? 0 : result;
}

/** True if one of them may have its answer in a moment. */
function askAll(lx: Lx, watched: readonly Polled[]): boolean {
  let answers = false;
  for (const { file, events } of watched) {
    if (fileOps(lx.k, file).wanted(lx, file, events)) answers = true;
  }
  return answers;
}
