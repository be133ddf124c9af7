// Sending and receiving on sockets, and the socket as a file.
import { E } from '../../abi/errno.ts';
import { POLL, READABLE, WRITABLE } from '../../abi/poll.ts';
import { SO } from '../../abi/socket.ts';
import { TTY } from '../../abi/termios.ts';
import { File, FileKind, fileGet, filePut, registerFileOps } from '../../kernel/file.ts';
import { newFile } from '../../kernel/files.ts';
import { type Kernel, OutOfKernelMemory } from '../../kernel/kmem.ts';
import type { Lx } from '../../kernel/lx.ts';
import { processOf } from '../../kernel/process.ts';
import { Process } from '../../kernel/task.ts';
import { interfaceIoctl } from './interface.ts';
import {
  BUFFER,
  type Credentials,
  deliverLocked,
  destroyLocked,
  dropMessageLocked,
  filesOf,
  isDatagram,
  isInet,
  isStream,
  Message,
  nameOf,
  roomLocked,
  Socket,
  SocketState,
  takeFilesLocked,
  weight,
} from './socket.ts';

/** Most that one message of a stream holds. */
const CHUNK = 65536;

export const socketOf = (k: Kernel, file: number): number => k.i32[file + File.a];

export function credentialsOf(lx: Lx): Credentials {
  const { i32 } = lx.k;
  const process = processOf(lx);
  return {
    pid: i32[process + Process.pid],
    uid: i32[process + Process.euid],
    gid: i32[process + Process.egid],
  };
}

/** A description for a socket object. */
export function newSocketFile(k: Kernel, socket: number, flags: number): number {
  const file = newFile(k, FileKind.socket, flags, `socket:[${socket}]`);
  k.i32[file + File.a] = socket;
  k.i32[file + File.wait] = socket + Socket.wait;
  k.i32[socket + Socket.open] = 1;
  return file;
}

// ---- sending

export interface Outgoing {
  readonly buf: Uint8Array;
  readonly off: number;
  readonly len: number;
  /** Who it says it is from. */
  readonly by: Credentials;
  /** Descriptions to pass (held by the message once it is sent). */
  readonly files: readonly number[];
  /** Datagrams: a socket other than the connected one; 0 none. */
  readonly to: number;
  /** AF_INET, AF_NETLINK: the address given, '' none. */
  readonly name: string;
}

/** Sends without waiting: bytes taken, −EAGAIN, −EPIPE and other errors. */
export function send(lx: Lx, socket: number, out: Outgoing): number {
  const { k } = lx;
  const { i32 } = k;
  const family = datagramFamilies[i32[socket + Socket.family]];
  if (family !== undefined && isDatagram(k, socket)) return family(lx, socket, out);
  return k.locked(() => {
    if (i32[socket + Socket.error] !== 0) return -takeErrorLocked(k, socket);
    const inet = isInet(k, socket);
    if (
      inet &&
      i32[socket + Socket.state] === SocketState.closed &&
      i32[socket + Socket.shutWrite] === 0
    ) {
      i32[socket + Socket.error] = E.PIPE; // the other end answers this with a reset
      i32[socket + Socket.shutWrite] = 1;
      return out.len;
    }
    if (i32[socket + Socket.shutWrite] !== 0 || i32[socket + Socket.state] === SocketState.closed)
      return -E.PIPE;
    const to = out.to !== 0 ? out.to : i32[socket + Socket.peer];
    if (to === 0) return inet ? -E.PIPE : -E.NOTCONN;
    if (i32[to + Socket.shutRead] !== 0 && !inet) return -E.PIPE;
    const n = lengthLocked(k, socket, to, out.len);
    if (n < 0 || (n === 0 && isStream(k, socket))) return n;
    for (const file of out.files) fileGet(k, file);
    try {
      deliverLocked(
        k,
        to,
        out.buf,
        out.off,
        n,
        out.by,
        out.files,
        isStream(k, socket) ? '' : nameOf(k, socket),
      );
    } catch (error) {
      for (const file of out.files) Atomics.sub(i32, file + File.refs, 1); // the sender holds them as well
      if (error instanceof OutOfKernelMemory) return -E.NOBUFS;
      throw error;
    }
    return n;
  });
}

/** Sends a datagram of a family that has its own way to find the receiver. */
type DatagramSend = (lx: Lx, socket: number, out: Outgoing) => number;
const datagramFamilies: DatagramSend[] = [];
export function registerDatagrams(family: number, send: DatagramSend): void {
  datagramFamilies[family] = send;
}

/** How much of `len` bytes goes into the next message: all of it unless it is a stream. */
function lengthLocked(k: Kernel, socket: number, to: number, len: number): number {
  const room = roomLocked(k, to);
  if (isStream(k, socket)) {
    if (len === 0) return 0;
    return room === 0 ? -E.AGAIN : Math.min(len, room, CHUNK);
  }
  if (weight(len) > BUFFER) return -E.MSGSIZE;
  return room === 0 || room < len ? -E.AGAIN : len;
}

export function takeErrorLocked(k: Kernel, socket: number): number {
  const error = k.i32[socket + Socket.error];
  k.i32[socket + Socket.error] = 0;
  return error;
}

// ---- receiving

export interface Received {
  /** Bytes copied. */
  n: number;
  /** Length of the datagram, which may be more than was copied. */
  length: number;
  /** Descriptions that came along; the caller holds them now. */
  files: number[];
  by: Credentials | null;
  /** The sender's name, '' if it has none. */
  from: string;
}

/** Receives without waiting; fills `into`. Bytes (0: the end), −EAGAIN and other errors. */
export function receive(
  lx: Lx,
  socket: number,
  buf: Uint8Array,
  off: number,
  len: number,
  peek: boolean,
  into: Received,
): number {
  const { k } = lx;
  const { i32 } = k;
  const put: number[] = [];
  const result = k.locked(() => {
    if (i32[socket + Socket.first] === 0) return nothingLocked(k, socket);
    into.n = 0;
    into.length = 0;
    return isStream(k, socket)
      ? readStreamLocked(k, socket, buf, off, len, peek, into, put)
      : readMessageLocked(k, socket, buf, off, len, peek, into, put);
  });
  for (const file of put) filePut(lx, file);
  return result;
}

function nothingLocked(k: Kernel, socket: number): number {
  const { i32 } = k;
  if (i32[socket + Socket.error] !== 0) return -takeErrorLocked(k, socket);
  if (i32[socket + Socket.shutRead] !== 0 || i32[socket + Socket.state] === SocketState.closed)
    return 0;
  const peer = i32[socket + Socket.peer];
  if (!isDatagram(k, socket)) {
    if (i32[socket + Socket.state] !== SocketState.connected)
      return isStream(k, socket) && !isInet(k, socket) ? -E.INVAL : -E.NOTCONN;
    if (peer !== 0 && i32[peer + Socket.shutWrite] !== 0) return 0;
  }
  return -E.AGAIN;
}

function readMessageLocked(
  k: Kernel,
  socket: number,
  buf: Uint8Array,
  off: number,
  len: number,
  peek: boolean,
  into: Received,
  put: number[],
): number {
  const message = k.i32[socket + Socket.first];
  const length = k.i32[message + Message.length];
  const n = Math.min(len, length);
  copyOut(k, message, 0, buf, off, n);
  noteLocked(k, message, peek, into);
  into.n = n;
  into.length = length;
  if (!peek) dropMessageLocked(k, socket, put);
  return n;
}

/** Across messages, but not beyond one that carries descriptions, nor into one from somebody else (SO_PASSCRED). */
function readStreamLocked(
  k: Kernel,
  socket: number,
  buf: Uint8Array,
  off: number,
  len: number,
  peek: boolean,
  into: Received,
  put: number[],
): number {
  const { i32 } = k;
  let message = i32[socket + Socket.first];
  let done = 0;
  while (message !== 0 && done < len) {
    const carries = i32[message + Message.files] !== 0;
    if (done > 0 && (carries || differs(k, socket, message, into))) break;
    const start = i32[message + Message.offset];
    const n = Math.min(len - done, i32[message + Message.length] - start);
    copyOut(k, message, start, buf, off + done, n);
    if (done === 0) noteLocked(k, message, peek, into);
    done += n;
    const next = i32[message + Message.next];
    if (!peek) {
      i32[message + Message.offset] = start + n;
      if (start + n < i32[message + Message.length]) break;
      dropMessageLocked(k, socket, put);
    }
    if (carries) break;
    message = next;
  }
  into.n = done;
  into.length = done;
  return done;
}

function differs(k: Kernel, socket: number, message: number, into: Received): boolean {
  if (k.i32[socket + Socket.options + SO.PASSCRED] === 0 || into.by === null) return false;
  return (
    k.i32[message + Message.pid] !== into.by.pid || k.i32[message + Message.uid] !== into.by.uid
  );
}

function noteLocked(k: Kernel, message: number, peek: boolean, into: Received): void {
  const { i32 } = k;
  into.files = peek
    ? filesOf(k, message).map((file) => fileGet(k, file))
    : takeFilesLocked(k, message);
  into.by = {
    pid: i32[message + Message.pid],
    uid: i32[message + Message.uid],
    gid: i32[message + Message.gid],
  };
  into.from = k.readString(i32[message + Message.from]);
}

function copyOut(
  k: Kernel,
  message: number,
  start: number,
  buf: Uint8Array,
  off: number,
  n: number,
): void {
  const at = (message + Message.data) * 4 + start;
  if (n <= 24) for (let i = 0; i < n; i++) buf[off + i] = k.u8[at + i];
  else buf.set(k.u8.subarray(at, at + n), off);
}

// ---- as a file

const plain: Received = { n: 0, length: 0, files: [], by: null, from: '' };

function read(lx: Lx, file: number, buf: Uint8Array, off: number, len: number): number {
  plain.files = [];
  const n = receive(lx, socketOf(lx.k, file), buf, off, len, false, plain);
  for (const passed of plain.files) filePut(lx, passed); // nobody to give them to
  plain.files = [];
  return n;
}

const noFiles: readonly number[] = [];

function write(lx: Lx, file: number, buf: Uint8Array, off: number, len: number): number {
  return send(lx, socketOf(lx.k, file), {
    buf,
    off,
    len,
    by: credentialsOf(lx),
    files: noFiles,
    to: 0,
    name: '',
  });
}

function poll(lx: Lx, file: number): number {
  const { i32 } = lx.k;
  const s = socketOf(lx.k, file);
  const state = i32[s + Socket.state];
  if (state === SocketState.listening) return i32[s + Socket.pendingFirst] !== 0 ? READABLE : 0;
  const peer = i32[s + Socket.peer];
  const connected = !isDatagram(lx.k, s);
  const closed = state === SocketState.closed;
  const noMore =
    i32[s + Socket.shutRead] !== 0 ||
    closed ||
    (connected && peer !== 0 && i32[peer + Socket.shutWrite] !== 0);
  const noSend =
    i32[s + Socket.shutWrite] !== 0 ||
    closed ||
    (connected && peer !== 0 && i32[peer + Socket.shutRead] !== 0);
  let events = i32[s + Socket.error] !== 0 ? POLL.ERR : 0;
  if (i32[s + Socket.first] !== 0) events |= READABLE;
  if (noMore) events |= READABLE | POLL.RDHUP;
  if ((noMore && noSend) || (connected && state === SocketState.unconnected)) events |= POLL.HUP;
  if (peer === 0 || roomLocked(lx.k, peer) > 0) events |= WRITABLE | POLL.WRBAND;
  return events;
}

function ioctl(lx: Lx, file: number, request: number, arg: number): number {
  const { i32 } = lx.k;
  const s = socketOf(lx.k, file);
  if (request !== TTY.FIONREAD && request !== TTY.TIOCOUTQ) return interfaceIoctl(lx, request, arg);
  if (i32[s + Socket.state] === SocketState.listening) return -E.INVAL;
  const of = request === TTY.FIONREAD ? s : i32[s + Socket.peer];
  lx.mem.writeU32(arg, of === 0 ? 0 : lx.k.locked(() => bytesQueuedLocked(lx.k, of)));
  return 0;
}

function bytesQueuedLocked(k: Kernel, socket: number): number {
  let bytes = 0;
  for (let m = k.i32[socket + Socket.first]; m !== 0; m = k.i32[m + Message.next]) {
    bytes += k.i32[m + Message.length] - k.i32[m + Message.offset];
    if (isDatagram(k, socket)) return bytes;
  }
  return bytes;
}

function release(lx: Lx, file: number): void {
  const { k } = lx;
  const put: number[] = [];
  k.i32[file + File.wait] = 0; // the socket's
  k.locked(() => destroyLocked(k, socketOf(k, file), put));
  for (const passed of put) filePut(lx, passed);
}

registerFileOps(FileKind.socket, { read, write, poll, ioctl, release });
