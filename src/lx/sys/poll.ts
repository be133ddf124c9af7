// System calls that wait for events on descriptors: poll, select, epoll.
import { PAGE_WRITE } from '../../../assembly/shared/layout.ts';
import { E } from '../abi/errno.ts';
import { O } from '../abi/fcntl.ts';
import { EPOLL, EPOLL_CTL, POLL, READABLE, WRITABLE } from '../abi/poll.ts';
import { SIGSET_SIZE } from '../abi/signal.ts';
import {
  epollAdd,
  epollDelete,
  epollModify,
  epollWait,
  newEpoll,
  pollable,
} from '../fs/eventfs/epoll.ts';
import { File, FileKind } from '../kernel/file.ts';
import { fdCapacity, fdGet, fdInstall } from '../kernel/files.ts';
import type { Lx } from '../kernel/lx.ts';
import { type Polled, waitForEvents } from '../kernel/poll.ts';
import { processOf } from '../kernel/process.ts';
import { RLIMIT, rlimitSoft } from '../kernel/rlimits.ts';
import { restoreMask, setTemporaryMask } from '../kernel/signal.ts';
import { RestartKind, resumeWith, setRestart } from './restart.ts';
import { type Handler, row, type SyscallRow } from './row.ts';
import { readMask } from './signal.ts';
import { readTimespec, readTimeval, writeTimespec, writeTimeval } from './time.ts';

const NEVER = Number.POSITIVE_INFINITY;
const POLLFD = 8; // fd (4), events (2), revents (2)

// ---- poll

function doPoll(lx: Lx, addr: number, count: number, deadline: number): number {
  const { mem } = lx;
  if (count > rlimitSoft(lx.k, processOf(lx), RLIMIT.NOFILE)) return -E.INVAL;
  mem.readable(addr, count * POLLFD);
  const polled: Polled[] = [];
  let bad = 0;
  for (let i = 0; i < count; i++) {
    const fd = mem.readI32(addr + i * POLLFD);
    const file = fd < 0 ? 0 : fdGet(lx, fd);
    const invalid = fd >= 0 && file === 0;
    if (invalid) bad++;
    polled.push({
      file,
      events: mem.readU16(addr + i * POLLFD + 4),
      revents: invalid ? POLL.NVAL : 0,
    });
  }
  const ready = waitForEvents(lx, polled, bad > 0 ? 0 : deadline);
  if (ready < 0) return ready;
  for (let i = 0; i < count; i++) mem.writeU16(addr + i * POLLFD + 6, polled[i].revents);
  return ready + bad;
}

function pollUntil(lx: Lx, deadline: number, addr: number, count: number): number {
  const result = doPoll(lx, addr, count, deadline);
  if (result !== -E.RESTARTSYS) return result;
  setRestart(lx, RestartKind.poll, deadline, [addr, count]);
  return -E.RESTART_RESTARTBLOCK;
}
resumeWith(RestartKind.poll, pollUntil);

const poll: Handler = (lx, addr, count, timeout) =>
  pollUntil(lx, timeout < 0 ? NEVER : timeout === 0 ? 0 : performance.now() + timeout, addr, count);

/** A deadline from a timeout in ms: 0 does not wait, NaN is an error that the caller has seen. */
const after = (ms: number): number => (ms === 0 ? 0 : performance.now() + ms);

/**
 * Runs a wait under a temporary signal mask (0: none). When a signal interrupts it the old mask comes back only when
 * the handler has run.
 */
export function masked(lx: Lx, maskAddr: number, size: number, wait: () => number): number {
  if (maskAddr === 0) return noHand(wait());
  if (size !== SIGSET_SIZE) return -E.INVAL;
  const mask = readMask(lx, maskAddr);
  setTemporaryMask(lx, mask.low, mask.high);
  let result = 0;
  try {
    result = noHand(wait());
  } finally {
    if (result !== -E.RESTARTNOHAND && result !== -E.INTR) restoreMask(lx);
  }
  return result;
}

const noHand = (result: number): number => (result === -E.RESTARTSYS ? -E.RESTARTNOHAND : result);

/** Writes back what is left of a timeout; a buffer that cannot be written is left alone, as in Linux. */
function writeLeft(
  lx: Lx,
  addr: number,
  deadline: number,
  write: (lx: Lx, addr: number, ms: number) => void,
): void {
  if (addr === 0 || lx.mem.accessible(addr, 16, PAGE_WRITE) !== 16) return;
  write(lx, addr, deadline === 0 ? 0 : Math.max(0, deadline - performance.now()));
}

const ppoll: Handler = (lx, addr, count, timeAddr, maskAddr, size) => {
  const ms = timeAddr === 0 ? NEVER : readTimespec(lx, timeAddr);
  if (ms < 0) return ms;
  const deadline = after(ms);
  const result = masked(lx, maskAddr, size, () => doPoll(lx, addr, count, deadline));
  if (ms !== NEVER) writeLeft(lx, timeAddr, deadline, writeTimespec);
  return result;
};

// ---- select

const SELECT_IN = READABLE | POLL.RDBAND | POLL.HUP | POLL.ERR;
const SELECT_OUT = WRITABLE | POLL.WRBAND | POLL.ERR;
const SELECT_EX = POLL.PRI;
const SETS = [SELECT_IN, SELECT_OUT, SELECT_EX];

const hasBit = (set: Uint8Array | null, fd: number): boolean =>
  set !== null && (set[fd >> 3] & (1 << (fd & 7))) !== 0;

function doSelect(lx: Lx, n: number, addrs: readonly number[], deadline: number): number {
  if (n < 0) return -E.INVAL;
  const count = Math.min(n, Math.max(fdCapacity(lx), 64));
  const bytes = Math.ceil(count / 64) * 8;
  const sets = addrs.map((addr) => (addr === 0 ? null : lx.mem.bytes(addr, bytes)));
  const polled: Polled[] = [];
  const fds: number[] = [];
  for (let fd = 0; fd < count; fd++) {
    const wanted = SETS.filter((_, i) => hasBit(sets[i], fd));
    if (wanted.length === 0) continue;
    const file = fdGet(lx, fd);
    if (file === 0) return -E.BADF;
    polled.push({ file, events: wanted.reduce((a, b) => a | b), revents: 0 });
    fds.push(fd);
  }
  const ready = waitForEvents(lx, polled, deadline, 0);
  if (ready < 0) return ready;
  const results = sets.map((set) => (set === null ? null : new Uint8Array(bytes)));
  let total = 0;
  polled.forEach(({ revents }, i) => {
    SETS.forEach((events, which) => {
      if (!hasBit(sets[which], fds[i]) || (revents & events) === 0) return;
      results[which]![fds[i] >> 3] |= 1 << (fds[i] & 7);
      total++;
    });
  });
  addrs.forEach((addr, which) => {
    const set = results[which];
    if (set !== null) lx.mem.write(addr, set);
  });
  return total;
}

const select: Handler = (lx, n, inAddr, outAddr, exAddr, timeAddr) => {
  const ms = timeAddr === 0 ? NEVER : readTimeval(lx, timeAddr);
  if (ms < 0) return ms;
  const deadline = after(ms);
  const result = noHand(doSelect(lx, n, [inAddr, outAddr, exAddr], deadline));
  if (ms !== NEVER) writeLeft(lx, timeAddr, deadline, writeTimeval);
  return result;
};

const pselect6: Handler = (lx, n, inAddr, outAddr, exAddr, timeAddr, sigAddr) => {
  const ms = timeAddr === 0 ? NEVER : readTimespec(lx, timeAddr);
  if (ms < 0) return ms;
  const maskAddr = sigAddr === 0 ? 0 : lx.mem.readU64(sigAddr);
  const size = sigAddr === 0 ? 0 : lx.mem.readU64(sigAddr + 8);
  const deadline = after(ms);
  const result = masked(lx, maskAddr, size, () =>
    doSelect(lx, n, [inAddr, outAddr, exAddr], deadline),
  );
  if (ms !== NEVER) writeLeft(lx, timeAddr, deadline, writeTimespec);
  return result;
};

// ---- epoll

const EPOLL_EVENT = 12; // events (4), data (8), packed
const MAX_EVENTS = Math.floor(0x7fff_ffff / EPOLL_EVENT);

const epollCreate1: Handler = (lx, flags) => {
  if ((flags & ~O.CLOEXEC) !== 0) return -E.INVAL;
  return fdInstall(lx, newEpoll(lx.k, O.RDWR), (flags & O.CLOEXEC) !== 0);
};

const epollCreate: Handler = (lx, size) =>
  size <= 0 ? -E.INVAL : epollCreate1(lx, 0, 0, 0, 0, 0, 0);

const isEpoll = (lx: Lx, file: number): boolean => lx.k.i32[file + File.kind] === FileKind.epoll;

/** What may be said together with EPOLLEXCLUSIVE. */
const EXCLUSIVE_OK =
  POLL.IN | POLL.OUT | POLL.ERR | POLL.HUP | EPOLL.WAKEUP | EPOLL.ET | EPOLL.EXCLUSIVE;

const epollCtl: Handler = (lx, epfd, operation, fd, addr) => {
  const { mem } = lx;
  let event = { events: 0, dataLow: 0, dataHigh: 0 };
  if (operation !== EPOLL_CTL.DEL) {
    mem.readable(addr, EPOLL_EVENT);
    event = {
      events: mem.readI32(addr),
      dataLow: mem.readI32(addr + 4),
      dataHigh: mem.readI32(addr + 8),
    };
  }
  const epoll = fdGet(lx, epfd);
  const file = fdGet(lx, fd);
  if (epoll === 0 || file === 0) return -E.BADF;
  if (!pollable(lx.k, file)) return -E.PERM;
  if (!isEpoll(lx, epoll) || epoll === file) return -E.INVAL;
  const exclusive = (event.events & EPOLL.EXCLUSIVE) !== 0;
  if (
    exclusive &&
    (operation === EPOLL_CTL.MOD || isEpoll(lx, file) || (event.events & ~EXCLUSIVE_OK) !== 0)
  )
    return -E.INVAL;
  switch (operation) {
    case EPOLL_CTL.ADD:
      return epollAdd(lx, epoll, file, fd, event);
    case EPOLL_CTL.MOD:
      return epollModify(lx, epoll, file, fd, event);
    case EPOLL_CTL.DEL:
      return epollDelete(lx, epoll, file, fd);
    default:
      return -E.INVAL;
  }
};

function doEpollWait(lx: Lx, epfd: number, addr: number, max: number, deadline: number): number {
  if (max <= 0 || max > MAX_EVENTS) return -E.INVAL;
  const file = fdGet(lx, epfd);
  if (file === 0) return -E.BADF;
  if (!isEpoll(lx, file)) return -E.INVAL;
  const room = Math.floor(lx.mem.accessible(addr, max * EPOLL_EVENT, PAGE_WRITE) / EPOLL_EVENT);
  const ready = epollWait(lx, file, Math.max(room, 1), deadline);
  if (typeof ready === 'number') return ready === -E.RESTARTSYS ? -E.INTR : ready;
  ready.forEach(({ events, dataLow, dataHigh }, i) => {
    lx.mem.writeU32(addr + i * EPOLL_EVENT, events);
    lx.mem.writeU32(addr + i * EPOLL_EVENT + 4, dataLow);
    lx.mem.writeU32(addr + i * EPOLL_EVENT + 8, dataHigh);
  });
  return ready.length;
}

const timeoutToDeadline = (ms: number): number => (ms < 0 ? NEVER : after(ms));

const epollWaitCall: Handler = (lx, epfd, addr, max, timeout) =>
  doEpollWait(lx, epfd, addr, max, timeoutToDeadline(timeout));

const epollPwait: Handler = (lx, epfd, addr, max, timeout, maskAddr, size) =>
  masked(lx, maskAddr, size, () => doEpollWait(lx, epfd, addr, max, timeoutToDeadline(timeout)));

const epollPwait2: Handler = (lx, epfd, addr, max, timeAddr, maskAddr, size) => {
  const ms = timeAddr === 0 ? NEVER : readTimespec(lx, timeAddr);
  if (ms < 0) return ms;
  return masked(lx, maskAddr, size, () => doEpollWait(lx, epfd, addr, max, after(ms)));
};

// biome-ignore format: aligned rows
export const rows: readonly SyscallRow[] = [
  row(7,   'poll',          ['ptr', 'uint', 'int'],                         poll,          'full',    'emulated'),
  row(23,  'select',        ['int', 'ptr', 'ptr', 'ptr', 'ptr'],            select,        'full',    'emulated'),
  row(213, 'epoll_create',  ['int'],                                        epollCreate,   'full',    'emulated'),
  row(232, 'epoll_wait',    ['fd', 'ptr', 'int', 'int'],                    epollWaitCall, 'full',    'emulated'),
  row(233, 'epoll_ctl',     ['fd', 'int', 'int', 'ptr'],                    epollCtl,      'full',    'emulated'),
  row(270, 'pselect6',      ['int', 'ptr', 'ptr', 'ptr', 'ptr', 'ptr'],     pselect6,      'full',    'emulated'),
  row(271, 'ppoll',         ['ptr', 'uint', 'ptr', 'ptr', 'size'],          ppoll,         'full',    'emulated'),
  row(281, 'epoll_pwait',   ['fd', 'ptr', 'int', 'int', 'ptr', 'size'],     epollPwait,    'full',    'emulated'),
  row(291, 'epoll_create1', ['open-flags'],                                 epollCreate1,  'full',    'emulated'),
  row(441, 'epoll_pwait2',  ['fd', 'ptr', 'int', 'ptr', 'ptr', 'size'],     epollPwait2,   'full',    'emulated'),
];
