// ioctl(2) of terminals: ioctl_tty(2), termios(3).
import { E } from '../../abi/errno.ts';
import { SIG } from '../../abi/signal.ts';
import { LFLAG, NCCS, TTY } from '../../abi/termios.ts';
import type { Lx } from '../../kernel/lx.ts';
import { processOf } from '../../kernel/process.ts';
import { Process } from '../../kernel/task.ts';
import { wakeAllLocked } from '../../kernel/wait.ts';
import { Ring } from '../pipefs/ring.ts';
import { acquire, checkForeground, giveUp, hangUpLocked, setForeground } from './control.ts';
import {
  flushInputLocked,
  flushOutputLocked,
  inputCount,
  localFlag,
  markAt,
  modeChangedLocked,
  setSizeLocked,
  typeBytes,
} from './input.ts';
import { ccOf, MARK_EOF, Tty } from './tty.ts';

type Ioctl = (lx: Lx, tty: number, arg: number, master: boolean) => number;

// ---- settings. struct termios: iflag oflag cflag lflag (4 each), line (1), cc (19); termios2: ispeed ospeed (4 each)

const TERMIOS_SIZE = 36;

function getTermios(lx: Lx, tty: number, arg: number, speeds: boolean): number {
  const { k, mem } = lx;
  const at = mem.writable(arg, TERMIOS_SIZE + (speeds ? 8 : 0));
  for (let i = 0; i < 4; i++) mem.dv.setInt32(at + i * 4, k.i32[tty + Tty.iflag + i], true);
  mem.u8[at + 16] = k.i32[tty + Tty.line];
  for (let i = 0; i < NCCS; i++) mem.u8[at + 17 + i] = ccOf(k, tty, i);
  if (!speeds) return 0;
  mem.dv.setInt32(at + 36, k.i32[tty + Tty.ispeed], true);
  mem.dv.setInt32(at + 40, k.i32[tty + Tty.ospeed], true);
  return 0;
}

function setTermios(lx: Lx, tty: number, arg: number, speeds: boolean, flush: boolean): number {
  const { k, mem } = lx;
  const background = checkForeground(lx, tty, SIG.TTOU);
  if (background !== 0) return background;
  const bytes = mem.bytes(arg, TERMIOS_SIZE + (speeds ? 8 : 0));
  const view = new DataView(bytes.buffer);
  k.locked(() => {
    const before = k.i32[tty + Tty.lflag];
    if (flush) flushInputLocked(k, tty);
    for (let i = 0; i < 4; i++) k.i32[tty + Tty.iflag + i] = view.getInt32(i * 4, true);
    k.i32[tty + Tty.line] = bytes[16];
    k.u8.set(bytes.subarray(17, 17 + NCCS), (tty + Tty.cc) * 4);
    if (speeds) {
      k.i32[tty + Tty.ispeed] = view.getInt32(36, true);
      k.i32[tty + Tty.ospeed] = view.getInt32(40, true);
    }
    if (((before ^ k.i32[tty + Tty.lflag]) & LFLAG.ICANON) !== 0) modeChangedLocked(k, tty);
    wakeAllLocked(k, tty + Tty.wait);
  });
  return 0;
}

// ---- queues

/** Bytes that a read would give (FIONREAD): a ^D is none. */
function readable(lx: Lx, tty: number): number {
  const { k } = lx;
  if (!localFlag(k, tty, LFLAG.ICANON)) return inputCount(k, tty);
  let count = 0;
  for (let at = k.i32[tty + Tty.head]; at !== k.i32[tty + Tty.ready]; at = (at + 1) | 0) {
    if (markAt(k, tty, at) !== MARK_EOF) count++;
  }
  return count;
}

const TCIFLUSH = 0;
const TCOFLUSH = 1;
const TCIOFLUSH = 2;

const flush: Ioctl = (lx, tty, arg) => {
  const { k } = lx;
  const background = checkForeground(lx, tty, SIG.TTOU);
  if (background !== 0) return background;
  if (arg !== TCIFLUSH && arg !== TCOFLUSH && arg !== TCIOFLUSH) return -E.INVAL;
  k.locked(() => {
    if (arg !== TCOFLUSH) flushInputLocked(k, tty);
    if (arg !== TCIFLUSH) flushOutputLocked(k, tty);
  });
  return 0;
};

const flowControl: Ioctl = (lx, tty, arg) => {
  const { k } = lx;
  const background = checkForeground(lx, tty, SIG.TTOU);
  if (background !== 0) return background;
  if (arg < 0 || arg > 3) return -E.INVAL;
  if (arg < 2) k.i32[tty + Tty.stopped] = arg === 0 ? 1 : 0;
  k.locked(() => wakeAllLocked(k, tty + Tty.wait));
  return 0;
};

function typeByte(lx: Lx, tty: number, byte: number): number {
  typeBytes(lx.k, tty, Uint8Array.of(byte));
  return 0;
}

// ---- processes

const isControlling = (lx: Lx, tty: number): boolean =>
  lx.k.i32[processOf(lx) + Process.tty] === tty;

const getForeground: Ioctl = (lx, tty, arg, master) => {
  if (!master && !isControlling(lx, tty)) return -E.NOTTY;
  lx.mem.writeU32(arg, lx.k.i32[tty + Tty.pgrp]);
  return 0;
};

const changeForeground: Ioctl = (lx, tty, arg) => {
  const background = checkForeground(lx, tty, SIG.TTOU);
  return background !== 0 ? background : setForeground(lx, tty, lx.mem.readI32(arg));
};

const getSession: Ioctl = (lx, tty, arg, master) => {
  if (!master && !isControlling(lx, tty)) return -E.NOTTY;
  if (lx.k.i32[tty + Tty.session] === 0) return -E.NOTTY;
  lx.mem.writeU32(arg, lx.k.i32[tty + Tty.session]);
  return 0;
};

// ---- size: rows, columns, x and y pixels (2 each)

const getSize: Ioctl = (lx, tty, arg) => {
  lx.mem.writable(arg, 8);
  for (let i = 0; i < 4; i++) lx.mem.writeU16(arg + i * 2, lx.k.i32[tty + Tty.rows + i]);
  return 0;
};

const setSize: Ioctl = (lx, tty, arg) => {
  lx.mem.readable(arg, 8);
  const size = [0, 2, 4, 6].map((at) => lx.mem.readU16(arg + at));
  lx.k.locked(() => setSizeLocked(lx.k, tty, size));
  return 0;
};

const store =
  (value: (lx: Lx, tty: number) => number): Ioctl =>
  (lx, tty, arg) => {
    lx.mem.writeU32(arg, value(lx, tty));
    return 0;
  };

const setWord =
  (offset: number): Ioctl =>
  (lx, tty, arg) => {
    lx.k.i32[tty + offset] = lx.mem.readI32(arg) !== 0 ? 1 : 0;
    return 0;
  };

const setTo =
  (offset: number, value: number): Ioctl =>
  (lx, tty) => {
    lx.k.i32[tty + offset] = value;
    return 0;
  };

const onMaster =
  (ioctl: Ioctl): Ioctl =>
  (lx, tty, arg, master) =>
    master ? ioctl(lx, tty, arg, master) : -E.NOTTY;

/** Nothing is sent: there is no line that could break. */
const sendBreak: Ioctl = (lx, tty) => checkForeground(lx, tty, SIG.TTOU);

const hangUp: Ioctl = (lx, tty) => {
  if (lx.k.i32[processOf(lx) + Process.euid] !== 0) return -E.PERM;
  lx.k.locked(() => hangUpLocked(lx.k, tty));
  return 0;
};

// biome-ignore format: aligned rows
const ioctls = new Map<number, Ioctl>([
  [TTY.TCGETS,      (lx, tty, arg) => getTermios(lx, tty, arg, false)],
  [TTY.TCSETS,      (lx, tty, arg) => setTermios(lx, tty, arg, false, false)],
  [TTY.TCSETSW,     (lx, tty, arg) => setTermios(lx, tty, arg, false, false)],
  [TTY.TCSETSF,     (lx, tty, arg) => setTermios(lx, tty, arg, false, true)],
  [TTY.TCGETS2,     (lx, tty, arg) => getTermios(lx, tty, arg, true)],
  [TTY.TCSETS2,     (lx, tty, arg) => setTermios(lx, tty, arg, true, false)],
  [TTY.TCSETSW2,    (lx, tty, arg) => setTermios(lx, tty, arg, true, false)],
  [TTY.TCSETSF2,    (lx, tty, arg) => setTermios(lx, tty, arg, true, true)],
  [TTY.TCSBRK,      sendBreak],
  [TTY.TCSBRKP,     sendBreak],
  [TTY.TCXONC,      flowControl],
  [TTY.TCFLSH,      flush],
  [TTY.TIOCEXCL,    setTo(Tty.exclusive, 1)],
  [TTY.TIOCNXCL,    setTo(Tty.exclusive, 0)],
  [TTY.TIOCSCTTY,   (lx, tty, arg) => acquire(lx, tty, arg === 1)],
  [TTY.TIOCNOTTY,   (lx, tty) => giveUp(lx, tty)],
  [TTY.TIOCGPGRP,   getForeground],
  [TTY.TIOCSPGRP,   changeForeground],
  [TTY.TIOCGSID,    getSession],
  [TTY.TIOCOUTQ,    store((lx, tty) => lx.k.i32[tty + Tty.out + Ring.count])],
  [TTY.FIONREAD,    store(readable)],
  [TTY.TIOCSTI,     (lx, tty, arg) => typeByte(lx, tty, lx.mem.readU8(arg))],
  [TTY.TIOCGWINSZ,  getSize],
  [TTY.TIOCSWINSZ,  setSize],
  [TTY.TIOCGETD,    store((lx, tty) => lx.k.i32[tty + Tty.line])],
  [TTY.TIOCVHANGUP, hangUp],
  [TTY.TIOCGPTN,    onMaster(store((lx, tty) => lx.k.i32[tty + Tty.index]))],
  [TTY.TIOCSPTLCK,  onMaster(setWord(Tty.locked))],
  [TTY.TIOCGPTLCK,  onMaster(store((lx, tty) => lx.k.i32[tty + Tty.locked]))],
  [TTY.TIOCPKT,     onMaster(setWord(Tty.packet))],
]);

export function ttyIoctl(
  lx: Lx,
  tty: number,
  master: boolean,
  request: number,
  arg: number,
): number {
  if (!master && lx.k.i32[tty + Tty.hung] !== 0)
    return request === TTY.TIOCSPGRP ? -E.NOTTY : -E.IO;
  const peer = request >>> 0 === TTY.TIOCGPTPEER && master;
  if (peer) return openPeer(lx, tty, arg);
  const masterRead = master && request >>> 0 === TTY.FIONREAD;
  if (masterRead) return store(() => lx.k.i32[tty + Tty.out + Ring.count])(lx, tty, arg, master);
  return ioctls.get(request >>> 0)?.(lx, tty, arg, master) ?? -E.NOTTY;
}

/** TIOCGPTPEER opens the slave; the code that opens terminals sets this. */
let openPeer: (lx: Lx, tty: number, flags: number) => number = () => -E.NOTTY;
export function setPeerOpener(open: typeof openPeer): void {
  openPeer = open;
}
