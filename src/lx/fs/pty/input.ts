// The input side of the line discipline (n_tty of Linux): what is typed becomes signals, an edited line, or bytes; and
// is echoed. Everything here expects the kernel lock.
import { SIG } from '../../abi/signal.ts';
import { CC, IFLAG, LFLAG } from '../../abi/termios.ts';
import type { Kernel } from '../../kernel/kmem.ts';
import { KERNEL_INFO } from '../../kernel/siginfo.ts';
import { sendSignalToGroupLocked } from '../../kernel/signal.ts';
import { wakeAllLocked } from '../../kernel/wait.ts';
import { freeRingLocked, initRingLocked, Ring } from '../pipefs/ring.ts';
import { flushSink, outputByteLocked, Sink, sinkToMasterLocked } from './output.ts';
import { ccOf, INPUT_SIZE, MARK_EOF, MARK_LINE, Tty } from './tty.ts';

const NL = 0x0a;
const CR = 0x0d;
const TAB = 0x09;
const BS = 0x08;
const BELL = 0x07;
const SPACE = 0x20;
const DEL = 0x7f;
/** A disabled control character (_POSIX_VDISABLE). */
const DISABLED = 0;

export const localFlag = (k: Kernel, tty: number, flag: number): boolean =>
  (k.i32[tty + Tty.lflag] & flag) !== 0;
const inputFlag = (k: Kernel, tty: number, flag: number): boolean =>
  (k.i32[tty + Tty.iflag] & flag) !== 0;

/** Is `byte` the control character `index`? */
const isChar = (k: Kernel, tty: number, byte: number, index: number): boolean =>
  byte !== DISABLED && byte === ccOf(k, tty, index);

/** Bytes arrive from the master of a pty: the echo is there before anybody can answer. */
export function receiveLocked(k: Kernel, tty: number, bytes: Uint8Array): void {
  const sink = new Sink();
  for (const byte of bytes) receiveByte(k, tty, sink, byte);
  sinkToMasterLocked(k, tty, sink);
  announceLocked(k, tty, sink);
}

/**
 * Bytes are typed at a terminal of any kind. The echo goes out (not under the lock) before the foreground group gets its
 * signals and readers are woken: what they print comes after it. Answers the signals.
 */
export function typeBytes(k: Kernel, tty: number, bytes: Uint8Array): readonly number[] {
  const sink = new Sink();
  k.locked(() => {
    for (const byte of bytes) receiveByte(k, tty, sink, byte);
    sinkToMasterLocked(k, tty, sink);
  });
  flushSink(k, tty, sink);
  k.locked(() => announceLocked(k, tty, sink));
  return sink.signals;
}

function announceLocked(k: Kernel, tty: number, sink: Sink): void {
  const group = k.i32[tty + Tty.pgrp];
  for (const signal of sink.signals) {
    if (group !== 0) sendSignalToGroupLocked(k, group, signal, KERNEL_INFO);
  }
  wakeAllLocked(k, tty + Tty.wait);
}

function receiveByte(k: Kernel, tty: number, sink: Sink, typed: number): void {
  const { i32 } = k;
  const byte = inputFlag(k, tty, IFLAG.ISTRIP) ? typed & 0x7f : typed;
  if (i32[tty + Tty.literal] !== 0) {
    i32[tty + Tty.literal] = 0;
    return addByte(k, tty, sink, byte);
  }
  if (flowControl(k, tty, byte)) return;
  if (signalChar(k, tty, sink, byte)) return;
  if (byte === CR && inputFlag(k, tty, IFLAG.IGNCR)) return;
  const mapped = mapNewline(k, tty, byte);
  if (localFlag(k, tty, LFLAG.ICANON) && editChar(k, tty, sink, mapped)) return;
  addByte(k, tty, sink, mapped);
}

function mapNewline(k: Kernel, tty: number, byte: number): number {
  if (byte === CR && inputFlag(k, tty, IFLAG.ICRNL)) return NL;
  if (byte === NL && inputFlag(k, tty, IFLAG.INLCR)) return CR;
  return byte;
}

/** ^S and ^Q; with IXANY any character starts output again. */
function flowControl(k: Kernel, tty: number, byte: number): boolean {
  if (!inputFlag(k, tty, IFLAG.IXON)) return false;
  const { i32 } = k;
  if (isChar(k, tty, byte, CC.VSTART)) {
    i32[tty + Tty.stopped] = 0;
    return true;
  }
  if (isChar(k, tty, byte, CC.VSTOP)) {
    i32[tty + Tty.stopped] = 1;
    return true;
  }
  if (inputFlag(k, tty, IFLAG.IXANY)) i32[tty + Tty.stopped] = 0;
  return false;
}

const SIGNAL_CHARS = [
  [CC.VINTR, SIG.INT],
  [CC.VQUIT, SIG.QUIT],
  [CC.VSUSP, SIG.TSTP],
] as const;

function signalChar(k: Kernel, tty: number, sink: Sink, byte: number): boolean {
  if (!localFlag(k, tty, LFLAG.ISIG)) return false;
  const found = SIGNAL_CHARS.find(([index]) => isChar(k, tty, byte, index));
  if (found === undefined) return false;
  k.i32[tty + Tty.stopped] = 0;
  if (!localFlag(k, tty, LFLAG.NOFLSH)) {
    flushInputLocked(k, tty);
    flushOutputLocked(k, tty);
    sink.bytes.length = 0; // the echo of what was typed just before
  }
  if (localFlag(k, tty, LFLAG.ECHO)) echo(k, tty, sink, byte);
  sink.signals.push(found[1]);
  return true;
}

// ---- canonical mode

/** The characters that edit or end a line; false: an ordinary one. */
function editChar(k: Kernel, tty: number, sink: Sink, byte: number): boolean {
  const extended = localFlag(k, tty, LFLAG.IEXTEN);
  if (isChar(k, tty, byte, CC.VERASE)) return eraseChar(k, tty, sink);
  if (isChar(k, tty, byte, CC.VKILL)) return eraseLine(k, tty, sink, byte);
  if (extended && isChar(k, tty, byte, CC.VWERASE)) return eraseWord(k, tty, sink);
  if (extended && isChar(k, tty, byte, CC.VLNEXT)) return literalNext(k, tty, sink);
  if (extended && isChar(k, tty, byte, CC.VREPRINT) && localFlag(k, tty, LFLAG.ECHO))
    return reprint(k, tty, sink, byte);
  if (byte === NL)
    return endLine(k, tty, sink, byte, MARK_LINE, localFlag(k, tty, LFLAG.ECHO | LFLAG.ECHONL));
  if (isChar(k, tty, byte, CC.VEOF)) return endLine(k, tty, sink, byte, MARK_EOF, false);
  const ends = isChar(k, tty, byte, CC.VEOL) || (extended && isChar(k, tty, byte, CC.VEOL2));
  return ends && endLine(k, tty, sink, byte, MARK_LINE, localFlag(k, tty, LFLAG.ECHO));
}

function endLine(
  k: Kernel,
  tty: number,
  sink: Sink,
  byte: number,
  mark: number,
  echoes: boolean,
): boolean {
  if (inputCount(k, tty) >= INPUT_SIZE) return true;
  if (echoes) byte === NL ? outputByteLocked(k, tty, sink, NL) : echo(k, tty, sink, byte);
  store(k, tty, byte, mark);
  k.i32[tty + Tty.ready] = k.i32[tty + Tty.tail];
  k.i32[tty + Tty.lineColumn] = k.i32[tty + Tty.column];
  return true;
}

function literalNext(k: Kernel, tty: number, sink: Sink): boolean {
  k.i32[tty + Tty.literal] = 1;
  if (!localFlag(k, tty, LFLAG.ECHO) || !localFlag(k, tty, LFLAG.ECHOCTL)) return true;
  outputByteLocked(k, tty, sink, 0x5e); // '^', overwritten by the next character
  outputByteLocked(k, tty, sink, BS);
  return true;
}

function reprint(k: Kernel, tty: number, sink: Sink, byte: number): boolean {
  echo(k, tty, sink, byte);
  outputByteLocked(k, tty, sink, NL);
  for (let at = k.i32[tty + Tty.ready]; at !== k.i32[tty + Tty.tail]; at = (at + 1) | 0)
    echo(k, tty, sink, inputAt(k, tty, at));
  return true;
}

const isContinuation = (k: Kernel, tty: number, byte: number): boolean =>
  inputFlag(k, tty, IFLAG.IUTF8) && (byte & 0xc0) === 0x80;

const lineIsEmpty = (k: Kernel, tty: number): boolean =>
  k.i32[tty + Tty.tail] === k.i32[tty + Tty.ready];
const lastByte = (k: Kernel, tty: number): number =>
  inputAt(k, tty, (k.i32[tty + Tty.tail] - 1) | 0);

/** Takes one character (in UTF-8, all of its bytes) off the line; false if there is none. */
function dropChar(k: Kernel, tty: number, sink: Sink): boolean {
  if (lineIsEmpty(k, tty)) return false;
  let byte = lastByte(k, tty);
  k.i32[tty + Tty.tail] = (k.i32[tty + Tty.tail] - 1) | 0;
  while (isContinuation(k, tty, byte) && !lineIsEmpty(k, tty)) {
    byte = lastByte(k, tty);
    k.i32[tty + Tty.tail] = (k.i32[tty + Tty.tail] - 1) | 0;
  }
  if (!localFlag(k, tty, LFLAG.ECHO)) return true;
  if (!localFlag(k, tty, LFLAG.ECHOE)) echo(k, tty, sink, ccOf(k, tty, CC.VERASE));
  else rubOut(k, tty, sink, byte);
  return true;
}

/** Blanks the columns that a character took. */
function rubOut(k: Kernel, tty: number, sink: Sink, byte: number): void {
  if (byte === TAB) {
    const target = columnOfLine(k, tty);
    while (k.i32[tty + Tty.column] > target) outputByteLocked(k, tty, sink, BS);
    return;
  }
  const control = (byte < SPACE || byte === DEL) && localFlag(k, tty, LFLAG.ECHOCTL);
  const columns = control ? 2 : byte < SPACE ? 0 : 1;
  for (let i = 0; i < columns; i++)
    for (const c of [BS, SPACE, BS]) outputByteLocked(k, tty, sink, c);
}

/** Where the cursor is after the line as it stands. */
function columnOfLine(k: Kernel, tty: number): number {
  let column = k.i32[tty + Tty.lineColumn];
  for (let at = k.i32[tty + Tty.ready]; at !== k.i32[tty + Tty.tail]; at = (at + 1) | 0) {
    const byte = inputAt(k, tty, at);
    if (byte === TAB) column += 8 - (column % 8);
    else if (byte < SPACE || byte === DEL) column += localFlag(k, tty, LFLAG.ECHOCTL) ? 2 : 0;
    else if (!isContinuation(k, tty, byte)) column++;
  }
  return column;
}

function eraseChar(k: Kernel, tty: number, sink: Sink): boolean {
  dropChar(k, tty, sink);
  return true;
}

const isWordByte = (byte: number): boolean =>
  /[A-Za-z0-9_]/.test(String.fromCharCode(byte)) || byte >= 0x80;

function eraseWord(k: Kernel, tty: number, sink: Sink): boolean {
  while (!lineIsEmpty(k, tty) && !isWordByte(lastByte(k, tty))) dropChar(k, tty, sink);
  while (!lineIsEmpty(k, tty) && isWordByte(lastByte(k, tty))) dropChar(k, tty, sink);
  return true;
}

function eraseLine(k: Kernel, tty: number, sink: Sink, byte: number): boolean {
  const { i32 } = k;
  const fancy =
    localFlag(k, tty, LFLAG.ECHOK) &&
    localFlag(k, tty, LFLAG.ECHOKE) &&
    localFlag(k, tty, LFLAG.ECHOE);
  if (localFlag(k, tty, LFLAG.ECHO) && fancy) {
    while (dropChar(k, tty, sink));
    return true;
  }
  i32[tty + Tty.tail] = i32[tty + Tty.ready];
  if (!localFlag(k, tty, LFLAG.ECHO)) return true;
  echo(k, tty, sink, byte);
  if (localFlag(k, tty, LFLAG.ECHOK)) outputByteLocked(k, tty, sink, NL);
  return true;
}

// ---- storing

export const inputAt = (k: Kernel, tty: number, counter: number): number =>
  k.u8[(tty + Tty.input) * 4 + (counter & (INPUT_SIZE - 1))];
export const markAt = (k: Kernel, tty: number, counter: number): number =>
  k.u8[(tty + Tty.marks) * 4 + (counter & (INPUT_SIZE - 1))];

/** Bytes that are held, complete lines or not. */
export const inputCount = (k: Kernel, tty: number): number =>
  (k.i32[tty + Tty.tail] - k.i32[tty + Tty.head]) | 0;

function store(k: Kernel, tty: number, byte: number, mark: number): void {
  const tail = k.i32[tty + Tty.tail];
  const at = tail & (INPUT_SIZE - 1);
  k.u8[(tty + Tty.input) * 4 + at] = byte;
  k.u8[(tty + Tty.marks) * 4 + at] = mark;
  k.i32[tty + Tty.tail] = (tail + 1) | 0;
}

/** One place stays free for the character that ends the line. */
function addByte(k: Kernel, tty: number, sink: Sink, byte: number): void {
  const canonical = localFlag(k, tty, LFLAG.ICANON);
  if (inputCount(k, tty) >= INPUT_SIZE - 1) {
    if (inputFlag(k, tty, IFLAG.IMAXBEL)) outputByteLocked(k, tty, sink, BELL);
    return;
  }
  if (localFlag(k, tty, LFLAG.ECHO)) {
    if (lineIsEmpty(k, tty)) k.i32[tty + Tty.lineColumn] = k.i32[tty + Tty.column];
    if (byte === NL && canonical) outputByteLocked(k, tty, sink, NL);
    else echo(k, tty, sink, byte);
  }
  store(k, tty, byte, 0);
  if (!canonical) k.i32[tty + Tty.ready] = k.i32[tty + Tty.tail];
}

/** Shows a typed character; control characters as ^X with ECHOCTL. */
function echo(k: Kernel, tty: number, sink: Sink, byte: number): void {
  const control = (byte < SPACE && byte !== TAB && byte !== NL) || byte === DEL;
  if (!control || !localFlag(k, tty, LFLAG.ECHOCTL)) return outputByteLocked(k, tty, sink, byte);
  outputByteLocked(k, tty, sink, 0x5e);
  outputByteLocked(k, tty, sink, byte ^ 0x40);
}

export function flushInputLocked(k: Kernel, tty: number): void {
  const { i32 } = k;
  i32[tty + Tty.head] = i32[tty + Tty.tail];
  i32[tty + Tty.ready] = i32[tty + Tty.tail];
  wakeAllLocked(k, tty + Tty.masterWait);
}

/** What the master has not yet read. */
export function flushOutputLocked(k: Kernel, tty: number): void {
  const capacity = k.i32[tty + Tty.out + Ring.capacity];
  freeRingLocked(k, tty + Tty.out);
  initRingLocked(k, tty + Tty.out, capacity);
  wakeAllLocked(k, tty + Tty.wait);
}

/** ICANON was switched on or off: what is there becomes one line, or loses its marks. */
export function modeChangedLocked(k: Kernel, tty: number): void {
  const { i32, u8 } = k;
  i32[tty + Tty.ready] = i32[tty + Tty.tail];
  if (!localFlag(k, tty, LFLAG.ICANON) || inputCount(k, tty) === 0) return;
  const last = (i32[tty + Tty.tail] - 1) & (INPUT_SIZE - 1);
  u8[(tty + Tty.marks) * 4 + last] ||= MARK_LINE;
}

/** SIGWINCH when the size has changed. */
export function setSizeLocked(k: Kernel, tty: number, size: readonly number[]): void {
  const { i32 } = k;
  const changed = size.some((value, i) => i32[tty + Tty.rows + i] !== value);
  size.forEach((value, i) => {
    i32[tty + Tty.rows + i] = value;
  });
  if (changed && i32[tty + Tty.pgrp] !== 0)
    sendSignalToGroupLocked(k, i32[tty + Tty.pgrp], SIG.WINCH, KERNEL_INFO);
}
