// The futex calls that took futex(2) apart: futex_waitv(2), futex_wake(2), futex_wait(2), futex_requeue(2). Words of 32 bits
// only, as in Linux; timeouts are times, not lengths.
import { E } from '../abi/errno.ts';
import { CLOCK } from '../abi/time.ts';
import { deadlineOf } from '../kernel/clock.ts';
import {
  futexRequeue,
  futexWait,
  futexWaitMany,
  futexWake,
  type WantedWord,
} from '../kernel/futex.ts';
import type { Lx } from '../kernel/lx.ts';
import { type Handler, row, type SyscallRow } from './row.ts';
import { readTimespec } from './time.ts';

const FUTEX2 = { SIZE_MASK: 3, SIZE_U32: 2, PRIVATE: 128 } as const;
const KNOWN = FUTEX2.SIZE_MASK | FUTEX2.PRIVATE;
const MAX_WAITERS = 128;
const U32_MAX = 0xffff_ffff;

const badFlags = (flags: number): boolean =>
  (flags & ~KNOWN) !== 0 || (flags & FUTEX2.SIZE_MASK) !== FUTEX2.SIZE_U32;
const isPrivate = (flags: number): boolean => (flags & FUTEX2.PRIVATE) !== 0;

/** performance.now() ms at which the wait ends, or −EINVAL. */
function deadline(lx: Lx, address: number, clock: number): number {
  if (address === 0) return Number.POSITIVE_INFINITY;
  if (clock !== CLOCK.MONOTONIC && clock !== CLOCK.REALTIME) return -E.INVAL;
  const ms = readTimespec(lx, address);
  return ms < 0 ? -E.INVAL : Math.max(0, deadlineOf(lx, clock, ms));
}

/** struct futex_waitv: u64 val, u64 uaddr, u32 flags, u32 reserved. */
const WAITV_SIZE = 24;

function readWaiters(lx: Lx, address: number, count: number): WantedWord[] | number {
  const { mem } = lx;
  const all: WantedWord[] = [];
  for (let at = address; all.length < count; at += WAITV_SIZE) {
    const value = mem.readU64(at);
    const flags = mem.readU32(at + 16);
    if (badFlags(flags) || mem.readU32(at + 20) !== 0 || value > U32_MAX) return -E.INVAL;
    all.push({ address: mem.readU64(at + 8), expected: value, isPrivate: isPrivate(flags) });
  }
  return all;
}

const futex_waitv: Handler = (lx, waiters, count, flags, timeout, clock) => {
  if (flags !== 0 || count === 0 || count > MAX_WAITERS || waiters === 0) return -E.INVAL;
  const until = deadline(lx, timeout, clock);
  if (until < 0) return until;
  const words = readWaiters(lx, waiters, count);
  return typeof words === 'number' ? words : futexWaitMany(lx, words, until);
};

const futex_wake: Handler = (lx, address, mask, count, flags) => {
  if (badFlags(flags) || mask > U32_MAX || mask === 0) return -E.INVAL;
  if (address % 4 !== 0) return -E.INVAL;
  return count === 0 ? 0 : futexWake(lx, address, count, mask | 0, isPrivate(flags));
};

const futex_wait: Handler = (lx, address, value, mask, flags, timeout, clock) => {
  if (badFlags(flags) || value > U32_MAX || mask > U32_MAX) return -E.INVAL;
  const until = deadline(lx, timeout, clock);
  if (until < 0) return until;
  return mask === 0 ? -E.INVAL : futexWait(lx, address, value, mask | 0, until, isPrivate(flags));
};

const futex_requeue: Handler = (lx, waiters, flags, wake, move) => {
  if (flags !== 0 || waiters === 0) return -E.INVAL;
  const words = readWaiters(lx, waiters, 2);
  if (typeof words === 'number') return words;
  const [from, to] = words;
  return futexRequeue(
    lx,
    from.address,
    wake,
    move,
    to.address,
    from.expected,
    from.isPrivate,
    to.isPrivate,
  );
};

// biome-ignore format: aligned rows
export const rows: readonly SyscallRow[] = [
  row(449, 'futex_waitv',   ['ptr', 'uint', 'uint', 'ptr', 'clock'],                 futex_waitv,   'full', 'emulated'),
  row(454, 'futex_wake',    ['ptr', 'size', 'int', 'uint'],                          futex_wake,    'full', 'emulated'),
  row(455, 'futex_wait',    ['ptr', 'size', 'size', 'uint', 'ptr', 'clock'],         futex_wait,    'full', 'emulated'),
  row(456, 'futex_requeue', ['ptr', 'uint', 'int', 'int'],                           futex_requeue, 'full', 'emulated'),
];
