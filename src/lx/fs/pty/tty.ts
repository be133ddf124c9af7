// A terminal in kernel memory: settings, the line being edited, what can be read. The host's terminal and the slave of
// each pty are such objects; what they print goes to the host's descriptor, or to the ring that the pty's master reads.
import { CC, CFLAG_DEFAULT, IFLAG, LFLAG, NCCS, OFLAG, SPEED_DEFAULT } from '../../abi/termios.ts';
import { Fixed } from '../../kernel/fixed.ts';
import { type Kernel, struct } from '../../kernel/kmem.ts';
import { WaitQueue } from '../../kernel/wait.ts';
import { initRingLocked, Ring } from '../pipefs/ring.ts';

/** Bytes of input that a terminal holds (N_TTY_BUF_SIZE), with a mark beside each. */
export const INPUT_SIZE = 4096;

// biome-ignore format: aligned rows
export const Tty = struct({
  out: Ring.SIZE / 4,                        // pty: what the slave has printed
  wait: WaitQueue.SIZE / 4,                  // readers, writers and pollers of the slave
  masterWait: WaitQueue.SIZE / 4,            // of the master
  iflag: 'i32', oflag: 'i32', cflag: 'i32', lflag: 'i32', line: 'i32', cc: 5, ispeed: 'i32', ospeed: 'i32',
  rows: 'i32', columns: 'i32', xpixel: 'i32', ypixel: 'i32',
  session: 'i32', pgrp: 'i32',               // sid that it controls, its foreground group; 0 none
  next: 'i32', index: 'i32',                 // list of all (Fixed.ttys); N of /dev/pts/N
  hostFd: 'i32', kind: 'i32',                // host descriptor it prints to; a TtyKind
  attended: 'i32', pad: 'i32',               // host: 1 once the session reads what is typed
  masters: 'i32', slaves: 'i32',             // open descriptions
  closed: 'i32',                             // the slave was open and is no more
  hung: 'i32', locked: 'i32', exclusive: 'i32',
  stopped: 'i32', column: 'i32',             // by ^S; cursor column for tabs and erasing
  lineColumn: 'i32', literal: 'i32',         // column where the line being edited begins; ^V was typed
  head: 'i32', ready: 'i32', tail: 'i32',    // counters: next to read, end of complete lines, end of input
  packet: 'i32', status: 'i32',              // TIOCPKT: on, and what to report
  uid: 'i32', gid: 'i32', mode: 'i32',
  readUntil: 'f64',                          // VTIME: performance.now() ms at which a read gives up, 0 none
  timer: 'i32', reader: 'i32',              // reader: the task that waits for input (the last of them)
  input: INPUT_SIZE / 4, marks: INPUT_SIZE / 4,
});
export const TtyKind = { host: 0, pty: 1 } as const;

/** Marks of input bytes: the line ends after this byte; it ends before, and the byte itself is ^D. */
export const MARK_LINE = 1;
export const MARK_EOF = 2;

const PTY_OUT = 65536;
const CTRL = (letter: string): number => letter.charCodeAt(0) & 0x1f;

// biome-ignore format: aligned rows
const CC_DEFAULT: readonly (readonly [number, number])[] = [
  [CC.VINTR, CTRL('C')],  [CC.VQUIT, 0x1c],         [CC.VERASE, 0x7f],       [CC.VKILL, CTRL('U')],
  [CC.VEOF, CTRL('D')],   [CC.VTIME, 0],            [CC.VMIN, 1],            [CC.VSTART, CTRL('Q')],
  [CC.VSTOP, CTRL('S')],  [CC.VSUSP, CTRL('Z')],    [CC.VREPRINT, CTRL('R')], [CC.VDISCARD, CTRL('O')],
  [CC.VWERASE, CTRL('W')], [CC.VLNEXT, CTRL('V')],
];

/** The settings of a new terminal (tty_std_termios of Linux). */
export function resetTermios(k: Kernel, tty: number): void {
  const { i32, u8 } = k;
  i32[tty + Tty.iflag] = IFLAG.ICRNL | IFLAG.IXON;
  i32[tty + Tty.oflag] = OFLAG.OPOST | OFLAG.ONLCR;
  i32[tty + Tty.cflag] = CFLAG_DEFAULT;
  i32[tty + Tty.lflag] =
    LFLAG.ISIG |
    LFLAG.ICANON |
    LFLAG.ECHO |
    LFLAG.ECHOE |
    LFLAG.ECHOK |
    LFLAG.ECHOCTL |
    LFLAG.ECHOKE |
    LFLAG.IEXTEN;
  i32[tty + Tty.ispeed] = SPEED_DEFAULT;
  i32[tty + Tty.ospeed] = SPEED_DEFAULT;
  const cc = (tty + Tty.cc) * 4;
  u8.fill(0, cc, cc + NCCS);
  for (const [index, value] of CC_DEFAULT) u8[cc + index] = value;
}

export const ccOf = (k: Kernel, tty: number, index: number): number =>
  k.u8[(tty + Tty.cc) * 4 + index];

/** A terminal with the lowest free number. */
export function newTtyLocked(k: Kernel, kind: number, hostFd: number): number {
  const { i32 } = k;
  let index = 0;
  while (findTtyLocked(k, index) !== 0) index++;
  const tty = k.allocLocked(Tty.SIZE);
  i32[tty + Tty.kind] = kind;
  i32[tty + Tty.hostFd] = hostFd;
  i32[tty + Tty.index] = index;
  i32[tty + Tty.mode] = 0o620;
  i32[tty + Tty.next] = i32[Fixed.ttys];
  i32[Fixed.ttys] = tty;
  initRingLocked(k, tty + Tty.out, PTY_OUT);
  resetTermios(k, tty);
  return tty;
}

/** The terminal /dev/pts/`index`, or 0. */
export function findTtyLocked(k: Kernel, index: number): number {
  let tty = k.i32[Fixed.ttys];
  while (tty !== 0 && k.i32[tty + Tty.index] !== index) tty = k.i32[tty + Tty.next];
  return tty;
}

export function unlinkTtyLocked(k: Kernel, tty: number): void {
  let link = Fixed.ttys as number;
  while (k.i32[link] !== 0 && k.i32[link] !== tty) link = k.i32[link] + Tty.next;
  if (k.i32[link] === tty) k.i32[link] = k.i32[tty + Tty.next];
}

export const ttyName = (k: Kernel, tty: number): string => `/dev/pts/${k.i32[tty + Tty.index]}`;
