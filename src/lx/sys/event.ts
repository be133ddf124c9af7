// Descriptors for events: eventfd, timerfd, signalfd.
import { E } from '../abi/errno.ts';
import { O } from '../abi/fcntl.ts';
import { SIG, SIGSET_SIZE } from '../abi/signal.ts';
import { CLOCK, TFD } from '../abi/time.ts';
import { newEventfd } from '../fs/eventfs/eventfd.ts';
import { newSignalfd, setSignalfdMask } from '../fs/eventfs/signalfd.ts';
import { newTimerfd } from '../fs/eventfs/timerfd.ts';
import { deadlineOf } from '../kernel/clock.ts';
import { File, FileKind } from '../kernel/file.ts';
import { fdGet, fdInstall } from '../kernel/files.ts';
import type { Lx } from '../kernel/lx.ts';
import { arm, remaining, Timer } from '../kernel/timer.ts';
import { type Handler, row, type SyscallRow } from './row.ts';
import { readMask } from './signal.ts';
import { readTimespec, writeTimespec } from './time.ts';

const EFD_SEMAPHORE = 1;
const FD_FLAGS = O.CLOEXEC | O.NONBLOCK;

const eventfd2: Handler = (lx, initial, flags) => {
  if ((flags & ~(EFD_SEMAPHORE | FD_FLAGS)) !== 0) return -E.INVAL;
  const file = newEventfd(
    lx.k,
    initial,
    (flags & EFD_SEMAPHORE) !== 0,
    O.RDWR | (flags & O.NONBLOCK),
  );
  return fdInstall(lx, file, (flags & O.CLOEXEC) !== 0);
};

const eventfd: Handler = (lx, initial) => eventfd2(lx, initial, 0, 0, 0, 0, 0);

// ---- timerfd

const TIMERFD_CLOCKS: readonly number[] = [
  CLOCK.REALTIME,
  CLOCK.MONOTONIC,
  CLOCK.BOOTTIME,
  CLOCK.REALTIME_ALARM,
  CLOCK.BOOTTIME_ALARM,
];

const timerfdCreate: Handler = (lx, clock, flags) => {
  if ((flags & ~FD_FLAGS) !== 0 || !TIMERFD_CLOCKS.includes(clock)) return -E.INVAL;
  return fdInstall(
    lx,
    newTimerfd(lx.k, clock, O.RDWR | (flags & O.NONBLOCK)),
    (flags & O.CLOEXEC) !== 0,
  );
};

/** The timer behind a descriptor, or −errno. */
function timerOf(lx: Lx, fd: number): number {
  const file = fdGet(lx, fd);
  if (file === 0) return -E.BADF;
  return lx.k.i32[file + File.kind] === FileKind.timerfd ? lx.k.i32[file + File.a] : -E.INVAL;
}

function writeItimerspec(lx: Lx, addr: number, timer: number): void {
  const { left, interval } = remaining(lx.k, timer);
  writeTimespec(lx, addr, interval);
  writeTimespec(lx, addr + 16, left);
}

const timerfdSettime: Handler = (lx, fd, flags, newAddr, oldAddr) => {
  const interval = readTimespec(lx, newAddr);
  const value = readTimespec(lx, newAddr + 16);
  if (interval < 0 || value < 0) return -E.INVAL;
  if ((flags & ~(TFD.TIMER_ABSTIME | TFD.TIMER_CANCEL_ON_SET)) !== 0) return -E.INVAL;
  const timer = timerOf(lx, fd);
  if (timer < 0) return timer;
  if (oldAddr !== 0) writeItimerspec(lx, oldAddr, timer);
  const clock = lx.k.i32[timer + Timer.clock];
  const absolute = (flags & TFD.TIMER_ABSTIME) !== 0;
  const at = absolute ? Math.max(deadlineOf(lx, clock, value), 0.001) : performance.now() + value;
  lx.k.f64[(timer + Timer.expirations) >> 1] = 0;
  const onRealtime = absolute && (clock === CLOCK.REALTIME || clock === CLOCK.REALTIME_ALARM);
  lx.k.i32[timer + Timer.absolute] = onRealtime ? 1 : 0;
  lx.k.i32[timer + Timer.cancel] = onRealtime && (flags & TFD.TIMER_CANCEL_ON_SET) !== 0 ? 1 : 0;
  arm(lx, timer, value === 0 ? 0 : at, interval);
  return 0;
};

const timerfdGettime: Handler = (lx, fd, addr) => {
  const timer = timerOf(lx, fd);
  if (timer < 0) return timer;
  writeItimerspec(lx, addr, timer);
  return 0;
};

// ---- signalfd

const UNBLOCKABLE = (1 << (SIG.KILL - 1)) | (1 << (SIG.STOP - 1));

const signalfd4: Handler = (lx, fd, maskAddr, size, flags) => {
  if ((flags & ~FD_FLAGS) !== 0 || size !== SIGSET_SIZE) return -E.INVAL;
  const mask = readMask(lx, maskAddr);
  const low = mask.low & ~UNBLOCKABLE;
  if (fd === -1) {
    const file = newSignalfd(lx.k, low, mask.high, O.RDWR | (flags & O.NONBLOCK));
    return fdInstall(lx, file, (flags & O.CLOEXEC) !== 0);
  }
  const file = fdGet(lx, fd);
  if (file === 0) return -E.BADF;
  if (lx.k.i32[file + File.kind] !== FileKind.signalfd) return -E.INVAL;
  setSignalfdMask(lx.k, file, low, mask.high);
  return fd;
};

const signalfd: Handler = (lx, fd, maskAddr, size) => signalfd4(lx, fd, maskAddr, size, 0, 0, 0);

// biome-ignore format: aligned rows
export const rows: readonly SyscallRow[] = [
  row(282, 'signalfd',        ['int', 'ptr', 'size'],               signalfd,       'full',    'emulated'),
  row(283, 'timerfd_create',  ['clock', 'open-flags'],              timerfdCreate,  'full',    'emulated'),
  row(284, 'eventfd',         ['uint'],                             eventfd,        'full',    'emulated'),
  row(286, 'timerfd_settime', ['fd', 'int', 'ptr', 'ptr'],          timerfdSettime, 'full',    'emulated'),
  row(287, 'timerfd_gettime', ['fd', 'ptr'],                        timerfdGettime, 'full',    'emulated'),
  row(289, 'signalfd4',       ['int', 'ptr', 'size', 'open-flags'], signalfd4,      'full',    'emulated'),
  row(290, 'eventfd2',        ['uint', 'open-flags'],               eventfd2,       'full',    'emulated'),
];
