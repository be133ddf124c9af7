// The output side of the line discipline: OPOST and where the result goes. A Sink collects what one operation prints while
// the kernel lock is held: for a pty the bytes go to its ring at once, for the host's terminal they are written by the
// caller after it has let go of the lock.
import { OFLAG } from '../../abi/termios.ts';
import type { Kernel } from '../../kernel/kmem.ts';
import { wakeAllLocked } from '../../kernel/wait.ts';
import { ringPutLocked, ringRoom } from '../pipefs/ring.ts';
import { Tty, TtyKind } from './tty.ts';

const NL = 0x0a;
const CR = 0x0d;
const TAB = 0x09;
const BS = 0x08;
const VT = 0x0b;
const TAB_WIDTH = 8;

/** Most bytes that one byte becomes (a tab). */
const EXPANSION = 8;

export class Sink {
  readonly bytes: number[] = [];
  /** Signals that typed characters have sent to the foreground group. */
  readonly signals: number[] = [];
}

/** Writes to a descriptor of the host: bytes written or −errno. Set by the session. */
type HostWriter = (fd: number, bytes: Uint8Array) => number;
let hostWriter: HostWriter = (_, bytes) => bytes.length;
export function setHostTerminalWriter(writer: HostWriter): void {
  hostWriter = writer;
}

/** What a Sink has collected goes out; not under the kernel lock. */
export function flushSink(k: Kernel, tty: number, sink: Sink): number {
  if (sink.bytes.length === 0) return 0;
  return hostWriter(k.i32[tty + Tty.hostFd], Uint8Array.from(sink.bytes));
}

/**
 * The host's terminal is in Node's raw mode, which keeps ONLCR: the host itself makes CR LF of LF. So a line feed that
 * the guest wants as CR LF is sent alone, and one that is to stay a mere line feed goes as a vertical tab.
 */
function hostByte(byte: number): number {
  return byte === NL ? VT : byte;
}

function emitLocked(k: Kernel, tty: number, sink: Sink, byte: number): void {
  if (k.i32[tty + Tty.kind] === TtyKind.host) sink.bytes.push(hostByte(byte));
  else sink.bytes.push(byte);
}

function emitNewline(k: Kernel, tty: number, sink: Sink): void {
  if (k.i32[tty + Tty.kind] === TtyKind.host) sink.bytes.push(NL);
  else sink.bytes.push(CR, NL);
}

/** One byte through OPOST (n_tty's do_output_char()). */
export function outputByteLocked(k: Kernel, tty: number, sink: Sink, byte: number): void {
  const { i32 } = k;
  const oflag = i32[tty + Tty.oflag];
  if ((oflag & OFLAG.OPOST) === 0) return emitLocked(k, tty, sink, byte);
  const column = i32[tty + Tty.column];
  switch (byte) {
    case NL:
      if ((oflag & OFLAG.ONLRET) !== 0) i32[tty + Tty.column] = 0;
      if ((oflag & OFLAG.ONLCR) === 0) return emitLocked(k, tty, sink, byte);
      i32[tty + Tty.column] = 0;
      i32[tty + Tty.lineColumn] = 0;
      return emitNewline(k, tty, sink);
    case CR:
      if ((oflag & OFLAG.ONOCR) !== 0 && column === 0) return;
      i32[tty + Tty.column] = 0;
      i32[tty + Tty.lineColumn] = 0;
      if ((oflag & OFLAG.OCRNL) !== 0) return emitLocked(k, tty, sink, NL);
      return emitLocked(k, tty, sink, byte);
    case TAB: {
      const spaces = TAB_WIDTH - (column % TAB_WIDTH);
      i32[tty + Tty.column] = column + spaces;
      if ((oflag & OFLAG.TABDLY) !== OFLAG.XTABS) return emitLocked(k, tty, sink, byte);
      for (let i = 0; i < spaces; i++) emitLocked(k, tty, sink, 0x20);
      return;
    }
    case BS:
      if (column > 0) i32[tty + Tty.column] = column - 1;
      break;
    default:
      if (byte >= 0x20 && byte !== 0x7f && (byte & 0xc0) !== 0x80)
        i32[tty + Tty.column] = column + 1;
  }
  emitLocked(k, tty, sink, byte);
}

/** Moves what was collected for a pty to its master. Echo that finds no room is lost, as in Linux. */
export function sinkToMasterLocked(k: Kernel, tty: number, sink: Sink): void {
  if (k.i32[tty + Tty.kind] === TtyKind.host || sink.bytes.length === 0) return;
  const n = Math.min(sink.bytes.length, ringRoom(k, tty + Tty.out));
  ringPutLocked(k, tty + Tty.out, Uint8Array.from(sink.bytes), 0, n);
  sink.bytes.length = 0;
  wakeAllLocked(k, tty + Tty.masterWait);
}

/** Prints up to `len` bytes of the guest's; how many were taken. The sink then holds what goes to the host. */
export function printLocked(
  k: Kernel,
  tty: number,
  sink: Sink,
  buf: Uint8Array,
  off: number,
  len: number,
): number {
  const isHost = k.i32[tty + Tty.kind] === TtyKind.host;
  const room = isHost ? Number.POSITIVE_INFINITY : ringRoom(k, tty + Tty.out);
  if ((k.i32[tty + Tty.oflag] & OFLAG.OPOST) === 0 && !isHost) {
    const n = Math.min(len, room);
    if (n > 0) ringPutLocked(k, tty + Tty.out, buf, off, n);
    wakeAllLocked(k, tty + Tty.masterWait);
    return n;
  }
  let n = 0;
  while (n < len && sink.bytes.length + EXPANSION <= room)
    outputByteLocked(k, tty, sink, buf[off + n++]);
  sinkToMasterLocked(k, tty, sink);
  return n;
}
