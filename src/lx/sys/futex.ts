// futex(2), and the robust list's registration.
import { PAGE_READ } from '../../../assembly/shared/layout.ts';
import { E } from '../abi/errno.ts';
import { FUTEX, FUTEX_CLOCK_REALTIME, FUTEX_CMD_MASK, FUTEX_PRIVATE_FLAG } from '../abi/futex.ts';
import { CLOCK } from '../abi/time.ts';
import { deadlineOf } from '../kernel/clock.ts';
import { futexRequeue, futexWait, futexWake, futexWakeOp, MATCH_ANY } from '../kernel/futex.ts';
import { futexLockPi, futexUnlockPi } from '../kernel/futex-pi.ts';
import type { Lx } from '../kernel/lx.ts';
import { findTask, processOf } from '../kernel/process.ts';
import { Task } from '../kernel/task.ts';
import { RestartKind, resumeWith, setRestart } from './restart.ts';
import { type Handler, row, type SyscallRow } from './row.ts';
import { readTimespec } from './time.ts';

const NEVER = Number.POSITIVE_INFINITY;

function wait(
  lx: Lx,
  deadline: number,
  address: number,
  value: number,
  bits: number,
  privateFlag: number,
): number {
  const result = futexWait(lx, address, value, bits, deadline, privateFlag !== 0);
  if (result !== -E.RESTARTSYS || deadline === NEVER) return result;
  setRestart(lx, RestartKind.futex, deadline, [address, value, bits, privateFlag]);
  return -E.RESTART_RESTARTBLOCK;
}
resumeWith(RestartKind.futex, wait);

/** performance.now() ms at which the wait ends: FUTEX_WAIT counts from now, the others name a time. */
function deadline(lx: Lx, operation: number, relative: boolean, address: number): number {
  if (address === 0) return NEVER;
  const ms = readTimespec(lx, address);
  if (ms < 0) return Number.NaN;
  if (relative) return performance.now() + ms;
  const clock = (operation & FUTEX_CLOCK_REALTIME) !== 0 ? CLOCK.REALTIME : CLOCK.MONOTONIC;
  return deadlineOf(lx, clock, ms);
}

const ON_BOTH_CLOCKS: readonly number[] = [FUTEX.WAIT, FUTEX.WAIT_BITSET, FUTEX.LOCK_PI2];

/** `d` is a timeout, or a second count, depending on the operation. */
const futex: Handler = (lx, address, operation, value, d, address2, value3) => {
  const command = operation & FUTEX_CMD_MASK;
  const count2 = d | 0;
  const realtime = (operation & FUTEX_CLOCK_REALTIME) !== 0;
  if (realtime && !ON_BOTH_CLOCKS.includes(command)) return -E.NOSYS;
  if (address % 4 !== 0) return -E.INVAL;
  const privateFlag = operation & FUTEX_PRIVATE_FLAG;
  const isPrivate = privateFlag !== 0;
  if (!isPrivate) lx.mem.probe(address, 4, PAGE_READ); // get_user_pages
  switch (command) {
    case FUTEX.WAIT:
    case FUTEX.WAIT_BITSET: {
      const until = deadline(lx, operation, command === FUTEX.WAIT, d);
      if (Number.isNaN(until)) return -E.INVAL;
      const bits = command === FUTEX.WAIT ? MATCH_ANY : value3;
      return bits === 0 ? -E.INVAL : wait(lx, until, address, value, bits, privateFlag);
    }
    case FUTEX.WAKE:
      return futexWake(lx, address, value, MATCH_ANY, isPrivate);
    case FUTEX.WAKE_BITSET:
      return value3 === 0 ? -E.INVAL : futexWake(lx, address, value, value3, isPrivate);
    case FUTEX.REQUEUE:
      return futexRequeue(lx, address, value, count2, address2, null, isPrivate);
    case FUTEX.CMP_REQUEUE:
      return futexRequeue(lx, address, value, count2, address2, value3, isPrivate);
    case FUTEX.WAKE_OP:
      return futexWakeOp(lx, address, value, address2, count2, value3, isPrivate);
    case FUTEX.LOCK_PI:
    case FUTEX.LOCK_PI2: {
      const clock = command === FUTEX.LOCK_PI ? FUTEX_CLOCK_REALTIME : 0;
      const until = deadline(lx, operation | clock, false, d);
      return Number.isNaN(until) ? -E.INVAL : futexLockPi(lx, address, until, true, isPrivate);
    }
    case FUTEX.TRYLOCK_PI:
      return futexLockPi(lx, address, NEVER, false, isPrivate);
    case FUTEX.UNLOCK_PI:
      return futexUnlockPi(lx, address, isPrivate);
    default:
      return -E.NOSYS;
  }
};

const ROBUST_HEAD_SIZE = 24;

const setRobustList: Handler = (lx, head, size) => {
  if (size !== ROBUST_HEAD_SIZE) return -E.INVAL;
  lx.k.f64[(lx.task + Task.robustList) >> 1] = head;
  return 0;
};

const getRobustList: Handler = (lx, tid, headAddr, sizeAddr) => {
  const { k } = lx;
  const task = tid === 0 ? lx.task : findTask(k, tid);
  if (task === 0) return -E.SRCH;
  if (k.i32[task + Task.process] !== processOf(lx)) return -E.PERM;
  lx.mem.writeU64(sizeAddr, ROBUST_HEAD_SIZE);
  lx.mem.writeU64(headAddr, k.f64[(task + Task.robustList) >> 1]);
  return 0;
};

// biome-ignore format: aligned rows
export const rows: readonly SyscallRow[] = [
  row(202, 'futex',           ['ptr', 'hex', 'int', 'ptr', 'ptr', 'int'], futex,         'partial', 'emulated', 'priorities are not inherited, no requeue to PI'),
  row(273, 'set_robust_list', ['ptr', 'size'],                           setRobustList, 'full',    'emulated'),
  row(274, 'get_robust_list', ['pid', 'ptr', 'ptr'],                     getRobustList, 'full',    'emulated'),
];
