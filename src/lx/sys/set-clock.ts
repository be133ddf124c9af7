// System calls that set or adjust the time: clock_settime, settimeofday, adjtimex, clock_adjtime. The host's clock stays as
// it is: the guests' CLOCK_REALTIME gets an offset, for the life of the session. Files are stamped by the host.
import { CAP } from '../abi/capability.ts';
import { E } from '../abi/errno.ts';
import { ADJ, CLOCK, STA, TIME_ERROR, TIMEX } from '../abi/time.ts';
import { can } from '../kernel/caps.ts';
import { clockOffset, readClock, realtime, splitTime } from '../kernel/clock.ts';
import { Fixed } from '../kernel/fixed.ts';
import type { Kernel } from '../kernel/kmem.ts';
import type { Lx } from '../kernel/lx.ts';
import { clockJumpedLocked, tellOfTimers } from '../kernel/timer.ts';
import { newWaitQueueLocked, wakeAll } from '../kernel/wait.ts';
import { type Handler, row, type SyscallRow } from './row.ts';
import { readTimespec, readTimeval } from './time.ts';

/** Woken when CLOCK_REALTIME jumps. */
export function clockQueue(k: Kernel): number {
  const { i32 } = k;
  return k.locked(() => {
    if (i32[Fixed.clockWait] === 0) i32[Fixed.clockWait] = newWaitQueueLocked(k);
    return i32[Fixed.clockWait];
  });
}

function jump(lx: Lx, by: number): number {
  const { k } = lx;
  if (!can(lx, CAP.SYS_TIME)) return -E.PERM;
  k.locked(() => {
    k.f64[Fixed.clockOffset >> 1] += by;
    clockJumpedLocked(k, by);
  });
  tellOfTimers(lx);
  wakeAll(k, k.i32[Fixed.clockWait]);
  return 0;
}

const setTo = (lx: Lx, ms: number): number => jump(lx, ms - realtime() - clockOffset(lx.k));

const clock_settime: Handler = (lx, id, addr) => {
  if (id < 0) return Number.isNaN(readClock(lx, id)) ? -E.INVAL : -E.PERM;
  if (id !== CLOCK.REALTIME) return -E.INVAL;
  const ms = readTimespec(lx, addr);
  return ms < 0 ? ms : setTo(lx, ms);
};

const ZONE_MAX = 15 * 60;

const settimeofday: Handler = (lx, addr, zoneAddr) => {
  const ms = addr === 0 ? 0 : readTimeval(lx, addr);
  const west = zoneAddr === 0 ? 0 : lx.mem.readI32(zoneAddr);
  if (ms < 0) return ms;
  if (!can(lx, CAP.SYS_TIME)) return -E.PERM;
  if (Math.abs(west) > ZONE_MAX) return -E.INVAL;
  return addr === 0 ? 0 : setTo(lx, ms);
};

// ---- adjtimex: a struct timex is kept and changed as the clock discipline of Linux would, but it steers nothing

const MAX_FREQ = 32_768_000;
const PHASE_LIMIT = 16_000_000;
const MAX_TC = 10;
const [TICK_MIN, TICK_MAX] = [9000, 11000];

/** The state as a view on kernel memory. */
function timexOf(k: Kernel): DataView {
  return k.locked(() => {
    const { i32 } = k;
    const fresh = i32[Fixed.timex] === 0;
    if (fresh) i32[Fixed.timex] = k.allocLocked(TIMEX.SIZE);
    const view = new DataView(k.u8.buffer, i32[Fixed.timex] * 4, TIMEX.SIZE);
    if (!fresh) return view;
    view.setInt32(TIMEX.status, STA.UNSYNC, true);
    // biome-ignore format: what a kernel begins with
    const start = { maxerror: PHASE_LIMIT, esterror: PHASE_LIMIT, constant: 2, precision: 1, tolerance: MAX_FREQ, tick: 10_000 };
    for (const [name, value] of Object.entries(start))
      view.setBigInt64(TIMEX[name as keyof typeof start], BigInt(value), true);
    return view;
  });
}

function adjust(lx: Lx, addr: number): number {
  const { mem } = lx;
  const given = new DataView(mem.bytes(addr, TIMEX.SIZE).buffer);
  const modes = given.getUint32(0, true);
  const state = timexOf(lx.k);
  const bad = checkModes(lx, modes, given);
  if (bad < 0) return bad;
  if ((modes & ADJ.ADJTIME) === 0) {
    const stepped = (modes & ADJ.SETOFFSET) === 0 ? 0 : jump(lx, offsetOf(given, modes));
    if (stepped < 0) return stepped;
    applyModes(state, modes, given);
  }
  const { seconds, nanos } = splitTime(readClock(lx, CLOCK.REALTIME));
  const inNanos = (state.getInt32(TIMEX.status, true) & STA.NANO) !== 0;
  state.setBigInt64(TIMEX.seconds, BigInt(seconds), true);
  state.setBigInt64(TIMEX.fraction, BigInt(inNanos ? nanos : Math.floor(nanos / 1000)), true);
  const out = new Uint8Array(TIMEX.SIZE);
  out.set(new Uint8Array(state.buffer, state.byteOffset, TIMEX.SIZE));
  new DataView(out.buffer).setUint32(0, modes, true);
  mem.write(addr, out);
  const unsynchronised = (state.getInt32(TIMEX.status, true) & STA.UNSYNC) !== 0;
  return unsynchronised ? TIME_ERROR : 0;
}

function checkModes(lx: Lx, modes: number, given: DataView): number {
  const reads = modes === 0 || modes === ADJ.OFFSET_SS_READ;
  if ((modes & ADJ.ADJTIME) !== 0) {
    if ((modes & ADJ.SINGLESHOT) === 0) return -E.INVAL;
  } else if ((modes & ADJ.TICK) !== 0) {
    const tick = Number(given.getBigInt64(TIMEX.tick, true));
    if (tick < TICK_MIN || tick > TICK_MAX) return can(lx, CAP.SYS_TIME) ? -E.INVAL : -E.PERM;
  }
  if (!reads && !can(lx, CAP.SYS_TIME)) return -E.PERM;
  if ((modes & ADJ.SETOFFSET) === 0) return 0;
  const fraction = given.getBigInt64(TIMEX.fraction, true);
  const limit = (modes & ADJ.NANO) !== 0 ? 1_000_000_000n : 1_000_000n;
  return fraction < 0n || fraction >= limit ? -E.INVAL : 0;
}

/** ADJ_SETOFFSET in ms. */
const offsetOf = (given: DataView, modes: number): number =>
  Number(given.getBigInt64(TIMEX.seconds, true)) * 1000 +
  Number(given.getBigInt64(TIMEX.fraction, true)) / ((modes & ADJ.NANO) !== 0 ? 1e6 : 1e3);

/** process_adjtimex_modes() of Linux. */
function applyModes(state: DataView, modes: number, given: DataView): void {
  const keep = (mode: number, field: number, low: number, high: number): void => {
    if ((modes & mode) === 0) return;
    const value = Math.max(low, Math.min(high, Number(given.getBigInt64(field, true))));
    state.setBigInt64(field, BigInt(value), true);
  };
  let status = state.getInt32(TIMEX.status, true);
  if ((modes & ADJ.STATUS) !== 0)
    status = (status & STA.READ_ONLY) | (given.getInt32(TIMEX.status, true) & ~STA.READ_ONLY);
  if ((modes & ADJ.NANO) !== 0) status |= STA.NANO;
  if ((modes & ADJ.MICRO) !== 0) status &= ~STA.NANO;
  state.setInt32(TIMEX.status, status, true);
  keep(ADJ.FREQUENCY, TIMEX.freq, -MAX_FREQ, MAX_FREQ);
  keep(ADJ.MAXERROR, TIMEX.maxerror, 0, PHASE_LIMIT);
  keep(ADJ.ESTERROR, TIMEX.esterror, 0, PHASE_LIMIT);
  keep(ADJ.TICK, TIMEX.tick, TICK_MIN, TICK_MAX);
  keep(ADJ.TIMECONST, TIMEX.constant, 0, MAX_TC);
  if ((modes & ADJ.TAI) !== 0)
    state.setInt32(TIMEX.tai, Number(given.getBigInt64(TIMEX.constant, true)), true);
  if ((status & STA.PLL) !== 0) keep(ADJ.OFFSET, TIMEX.offset, -500_000_000, 500_000_000);
}

const adjtimex: Handler = (lx, addr) => adjust(lx, addr);

const clock_adjtime: Handler = (lx, id, addr) => {
  lx.mem.readable(addr, TIMEX.SIZE);
  if (id === CLOCK.REALTIME) return adjust(lx, addr);
  return Number.isNaN(readClock(lx, id)) ? -E.INVAL : -E.OPNOTSUPP;
};

// biome-ignore format: aligned rows
export const rows: readonly SyscallRow[] = [
  row(159, 'adjtimex',      ['ptr'],          adjtimex,      'partial', 'emulated', 'kept, steers nothing'),
  row(164, 'settimeofday',  ['ptr', 'ptr'],   settimeofday,  'partial', 'emulated', 'of the guests: the host and its files keep their time'),
  row(227, 'clock_settime', ['clock', 'ptr'], clock_settime, 'partial', 'emulated', 'of the guests: the host and its files keep their time'),
  row(305, 'clock_adjtime', ['clock', 'ptr'], clock_adjtime, 'partial', 'emulated', 'kept, steers nothing'),
];
