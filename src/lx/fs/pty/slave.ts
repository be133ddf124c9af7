// Reading and writing a terminal (the host's, or the slave of a pty).
import { E } from '../../abi/errno.ts';
import { O } from '../../abi/fcntl.ts';
import { POLL, READABLE, WRITABLE } from '../../abi/poll.ts';
import { SIG } from '../../abi/signal.ts';
import { CC, LFLAG } from '../../abi/termios.ts';
import { File, FileKind, registerFileOps } from '../../kernel/file.ts';
import type { Kernel } from '../../kernel/kmem.ts';
import type { Lx } from '../../kernel/lx.ts';
import { arm, newWakeTimer } from '../../kernel/timer.ts';
import { wakeAllLocked } from '../../kernel/wait.ts';
import { ringRoom } from '../pipefs/ring.ts';
import { checkForeground } from './control.ts';
import { inputAt, inputCount, localFlag, markAt } from './input.ts';
import { ttyIoctl } from './ioctl.ts';
import { freeIfUnusedLocked } from './master.ts';
import { flushSink, printLocked, Sink } from './output.ts';
import { ccOf, MARK_EOF, MARK_LINE, Tty, TtyKind } from './tty.ts';

const TENTH = 100; // ms in a unit of VTIME
/** A deadline this long past belongs to a read that a signal ended. */
const STALE = 50;
/** Most that one call prints: output is collected before it goes to the host. */
const MAX_WRITE = 8192;

function read(lx: Lx, file: number, buf: Uint8Array, off: number, len: number): number {
  const { k } = lx;
  const tty = k.i32[file + File.a];
  const background = checkForeground(lx, tty, SIG.TTIN);
  if (background !== 0) return background;
  if (k.i32[tty + Tty.hung] !== 0) return readHungUp(lx, tty);
  if (len === 0) return 0;
  const n = localFlag(k, tty, LFLAG.ICANON)
    ? k.locked(() => readLineLocked(k, tty, buf, off, len))
    : readRaw(lx, file, tty, buf, off, len);
  const waits = n === -E.AGAIN && (k.i32[file + File.flags] & O.NONBLOCK) === 0;
  k.i32[tty + Tty.reader] = waits ? lx.task : 0;
  return n;
}

/** Who was waiting when the line went gets an error, who comes later the end of the file. */
function readHungUp(lx: Lx, tty: number): number {
  const { i32 } = lx.k;
  if (i32[tty + Tty.reader] !== lx.task) return 0;
  i32[tty + Tty.reader] = 0;
  return -E.IO;
}

/** At most one line; ^D ends it without being part of it. */
function readLineLocked(k: Kernel, tty: number, buf: Uint8Array, off: number, len: number): number {
  const { i32 } = k;
  let at = i32[tty + Tty.head];
  const ready = i32[tty + Tty.ready];
  if (at === ready) return -E.AGAIN;
  let n = 0;
  while (n < len && at !== ready) {
    const mark = markAt(k, tty, at);
    if (mark !== MARK_EOF) buf[off + n++] = inputAt(k, tty, at);
    at = (at + 1) | 0;
    if (mark === MARK_LINE || mark === MARK_EOF) break;
  }
  tookLocked(k, tty, at);
  return n;
}

function tookLocked(k: Kernel, tty: number, head: number): void {
  k.i32[tty + Tty.head] = head;
  wakeAllLocked(k, tty + Tty.masterWait);
}

/** VMIN and VTIME: termios(3), "Noncanonical mode". */
function readRaw(
  lx: Lx,
  file: number,
  tty: number,
  buf: Uint8Array,
  off: number,
  len: number,
): number {
  const { k } = lx;
  const min = ccOf(k, tty, CC.VMIN);
  const time = ccOf(k, tty, CC.VTIME);
  const count = inputCount(k, tty);
  const nonblock = (k.i32[file + File.flags] & O.NONBLOCK) !== 0;
  const enough = count >= Math.max(1, Math.min(min, len)) || (nonblock && count > 0);
  if (!enough && !(min === 0 && time === 0)) {
    if (nonblock || time === 0 || (min > 0 && count === 0)) return -E.AGAIN;
    if (!timeIsUp(lx, tty, time * TENTH)) return -E.AGAIN;
  }
  k.f64[(tty + Tty.readUntil) >> 1] = 0;
  return k.locked(() => takeLocked(k, tty, buf, off, len));
}

/** Starts the clock of a read, or looks at it. */
function timeIsUp(lx: Lx, tty: number, ms: number): boolean {
  const { k } = lx;
  const field = (tty + Tty.readUntil) >> 1;
  const until = k.f64[field];
  const now = performance.now();
  if (until !== 0 && until > now - STALE) return now >= until;
  k.f64[field] = now + ms;
  if (k.i32[tty + Tty.timer] === 0) k.i32[tty + Tty.timer] = newWakeTimer(k, tty + Tty.wait);
  arm(lx, k.i32[tty + Tty.timer], now + ms, 0);
  return false;
}

function takeLocked(k: Kernel, tty: number, buf: Uint8Array, off: number, len: number): number {
  const n = Math.min(len, inputCount(k, tty));
  const head = k.i32[tty + Tty.head];
  for (let i = 0; i < n; i++) buf[off + i] = inputAt(k, tty, head + i);
  tookLocked(k, tty, (head + n) | 0);
  return n;
}

function write(lx: Lx, file: number, buf: Uint8Array, off: number, len: number): number {
  const { k } = lx;
  const tty = k.i32[file + File.a];
  if (localFlag(k, tty, LFLAG.TOSTOP)) {
    const background = checkForeground(lx, tty, SIG.TTOU);
    if (background !== 0) return background;
  }
  if (k.i32[tty + Tty.hung] !== 0) return -E.IO;
  if (k.i32[tty + Tty.stopped] !== 0) return -E.AGAIN;
  const sink = new Sink();
  const n = k.locked(() => printLocked(k, tty, sink, buf, off, Math.min(len, MAX_WRITE)));
  const failed = flushSink(k, tty, sink);
  if (failed < 0) return failed;
  return n === 0 && len > 0 ? -E.AGAIN : n;
}

/** What TIOCOUTQ and poll see: is there room for output? */
const hasRoom = (k: Kernel, tty: number): boolean =>
  k.i32[tty + Tty.stopped] === 0 &&
  (k.i32[tty + Tty.kind] === TtyKind.host || ringRoom(k, tty + Tty.out) >= 256);

function poll(lx: Lx, file: number): number {
  const { k } = lx;
  const tty = k.i32[file + File.a];
  if (k.i32[tty + Tty.hung] !== 0) return READABLE | WRITABLE | POLL.ERR | POLL.HUP;
  let events = hasRoom(k, tty) ? WRITABLE : 0;
  if (inputReady(k, tty)) events |= READABLE;
  return events;
}

function inputReady(k: Kernel, tty: number): boolean {
  if (localFlag(k, tty, LFLAG.ICANON)) return k.i32[tty + Tty.head] !== k.i32[tty + Tty.ready];
  const amount = ccOf(k, tty, CC.VTIME) === 0 ? Math.max(1, ccOf(k, tty, CC.VMIN)) : 1;
  return inputCount(k, tty) >= amount;
}

/** A program that reads the terminal although its standard input is something else (less in a pipeline). */
function wanted(lx: Lx, file: number, events: number): boolean {
  const { i32 } = lx.k;
  const tty = i32[file + File.a];
  if (i32[tty + Tty.kind] !== TtyKind.host || (events & POLL.IN) === 0) return false;
  if (Atomics.exchange(i32, tty + Tty.attended, 1) !== 0) return false;
  lx.session.post({ type: 'terminal' });
  return true;
}

function release(lx: Lx, file: number): void {
  const { k } = lx;
  const { i32 } = k;
  const tty = i32[file + File.a];
  i32[file + File.wait] = 0; // the terminal's
  k.locked(() => {
    if (--i32[tty + Tty.slaves] > 0) return;
    i32[tty + Tty.closed] = 1;
    wakeAllLocked(k, tty + Tty.masterWait);
    freeIfUnusedLocked(k, tty);
  });
}

registerFileOps(FileKind.tty, {
  read,
  write,
  poll,
  wanted,
  release,
  ioctl: (lx, file, request, arg) => ttyIoctl(lx, lx.k.i32[file + File.a], false, request, arg),
});
