// The master of a pty: what a terminal emulator reads and writes; pty(7), ptmx(4).
import { E } from '../../abi/errno.ts';
import { POLL, READABLE, WRITABLE } from '../../abi/poll.ts';
import { LFLAG } from '../../abi/termios.ts';
import { File, FileKind, registerFileOps } from '../../kernel/file.ts';
import type { Kernel } from '../../kernel/kmem.ts';
import type { Lx } from '../../kernel/lx.ts';
import { freeTimerLocked } from '../../kernel/timer.ts';
import { wakeAllLocked } from '../../kernel/wait.ts';
import { freeRingLocked, Ring, ringTakeLocked } from '../pipefs/ring.ts';
import { hangUpLocked } from './control.ts';
import { inputCount, localFlag, receiveLocked } from './input.ts';
import { ttyIoctl } from './ioctl.ts';
import { INPUT_SIZE, Tty, TtyKind, unlinkTtyLocked } from './tty.ts';

function read(lx: Lx, file: number, buf: Uint8Array, off: number, len: number): number {
  const { k } = lx;
  const { i32 } = k;
  const tty = i32[file + File.a];
  if (len === 0) return 0;
  return k.locked(() => {
    const packet = i32[tty + Tty.packet] !== 0 ? 1 : 0;
    if (packet === 1 && i32[tty + Tty.status] !== 0) {
      buf[off] = i32[tty + Tty.status];
      i32[tty + Tty.status] = 0;
      return 1;
    }
    const n = Math.min(len - packet, i32[tty + Tty.out + Ring.count]);
    if (n <= 0) return i32[tty + Tty.closed] !== 0 ? -E.IO : -E.AGAIN;
    if (packet === 1) buf[off] = 0;
    ringTakeLocked(k, tty + Tty.out, buf, off + packet, n);
    wakeAllLocked(k, tty + Tty.wait);
    return n + packet;
  });
}

/** Room for input: a line that is too long is cut, not waited for, as long as the reader has no complete one. */
function inputRoom(k: Kernel, tty: number): number {
  const { i32 } = k;
  if (localFlag(k, tty, LFLAG.ICANON) && i32[tty + Tty.head] === i32[tty + Tty.ready])
    return INPUT_SIZE;
  return INPUT_SIZE - 1 - inputCount(k, tty);
}

function write(lx: Lx, file: number, buf: Uint8Array, off: number, len: number): number {
  const { k } = lx;
  const tty = k.i32[file + File.a];
  if (len === 0) return 0;
  return k.locked(() => {
    if (k.i32[tty + Tty.closed] !== 0 && k.i32[tty + Tty.slaves] === 0) return -E.IO;
    const n = Math.min(len, inputRoom(k, tty));
    if (n <= 0) return -E.AGAIN;
    receiveLocked(k, tty, buf.slice(off, off + n));
    return n;
  });
}

function poll(lx: Lx, file: number): number {
  const { k } = lx;
  const { i32 } = k;
  const tty = i32[file + File.a];
  let events = 0;
  if (i32[tty + Tty.out + Ring.count] > 0) events |= READABLE;
  if (i32[tty + Tty.packet] !== 0 && i32[tty + Tty.status] !== 0) events |= READABLE | POLL.PRI;
  if (i32[tty + Tty.closed] !== 0) return events | POLL.HUP | WRITABLE;
  return inputRoom(k, tty) > 0 ? events | WRITABLE : events;
}

function release(lx: Lx, file: number): void {
  const { k } = lx;
  const tty = k.i32[file + File.a];
  k.i32[file + File.wait] = 0; // the terminal's
  k.locked(() => {
    k.i32[tty + Tty.masters] = 0;
    hangUpLocked(k, tty);
    freeIfUnusedLocked(k, tty);
  });
}

/** A pty goes when neither side is open. */
export function freeIfUnusedLocked(k: Kernel, tty: number): void {
  const { i32 } = k;
  if (i32[tty + Tty.kind] === TtyKind.host) return;
  if (i32[tty + Tty.masters] > 0 || i32[tty + Tty.slaves] > 0) return;
  unlinkTtyLocked(k, tty);
  if (i32[tty + Tty.timer] !== 0) freeTimerLocked(k, i32[tty + Tty.timer]);
  freeRingLocked(k, tty + Tty.out);
  k.freeLocked(tty);
}

registerFileOps(FileKind.ptyMaster, {
  read,
  write,
  poll,
  release,
  ioctl: (lx, file, request, arg) => ttyIoctl(lx, lx.k.i32[file + File.a], true, request, arg),
});
