// Sockets in kernel memory. What is sent lies as a list of messages in the receiving socket; a stream is
// read across their borders. Everything here expects the kernel lock.
import { READABLE, WRITABLE } from '../../abi/poll.ts';
import { AF, SOCK } from '../../abi/socket.ts';
import { Fixed } from '../../kernel/fixed.ts';
import { type Kernel, struct } from '../../kernel/kmem.ts';
import { WaitQueue, wakeAllLocked } from '../../kernel/wait.ts';

// biome-ignore format: aligned rows
export const Socket = struct({
  wait: WaitQueue.SIZE / 4,
  family: 'i32', type: 'i32', protocol: 'i32', state: 'i32',
  next: 'i32', previous: 'i32',           // list of all (Fixed.sockets)
  open: 'i32',                            // 1 while a description exists
  peer: 'i32',                            // stream, seqpacket: the other end; datagram: default destination
  first: 'i32', last: 'i32',              // messages that have arrived
  queued: 'i32', count: 'i32',            // what they weigh (bytes and overhead), how many
  shutRead: 'i32', shutWrite: 'i32',
  error: 'i32',                           // SO_ERROR, positive
  name: 'i32', key: 'i32',                // string objects: what it was bound to (a path, or NUL and an abstract name); inode
  pendingFirst: 'i32', pendingLast: 'i32', pendingCount: 'i32', backlog: 'i32', // connections not yet accepted
  nextPending: 'i32', listener: 'i32',    // as one of those
  port: 'i32', remotePort: 'i32', remote: 'i32', // AF_INET: bound port (name: the address); connected to (inet.ts)
  connecting: 'i32',                      // AF_INET: a connect that did not wait has not been asked for yet
  kept: 'i32',                            // list of KeptOption: options of other levels than SOL_SOCKET
  pid: 'i32', uid: 'i32', gid: 'i32',     // who made it (or called listen)
  peerPid: 'i32', peerUid: 'i32', peerGid: 'i32', // SO_PEERCRED
  linger: 'i32',                          // seconds of SO_LINGER
  options: 64,                            // values of SO_* by number
  receiveTimeout: 'f64', sendTimeout: 'f64', // ms, 0 = none
});

export const SocketState = { unconnected: 0, listening: 1, connected: 2, closed: 3 } as const;

// biome-ignore format: aligned rows
export const Message = struct({
  next: 'i32', length: 'i32', offset: 'i32', // bytes in all, bytes already read
  files: 'i32',                              // object: count, Files (each held); 0 none
  pid: 'i32', uid: 'i32', gid: 'i32',
  from: 'i32',                               // string object: the sender's name, 0 none
  data: 0,
});

/** Default of SO_SNDBUF and SO_RCVBUF, and what a message weighs besides its bytes (an sk_buff). */
export const BUFFER = 212992;
const OVERHEAD = 768;
/** Datagrams that wait in one socket, at most (net.unix.max_dgram_qlen). */
const MAX_DATAGRAMS = 512;

export interface Credentials {
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
}

export const isStream = (k: Kernel, socket: number): boolean =>
  k.i32[socket + Socket.type] === SOCK.STREAM;
export const isDatagram = (k: Kernel, socket: number): boolean =>
  k.i32[socket + Socket.type] === SOCK.DGRAM || k.i32[socket + Socket.type] === SOCK.RAW;

export interface SocketKind {
  readonly family: number;
  readonly type: number;
  readonly protocol: number;
}

export const kindOf = (k: Kernel, socket: number): SocketKind => ({
  family: k.i32[socket + Socket.family],
  type: k.i32[socket + Socket.type],
  protocol: k.i32[socket + Socket.protocol],
});

export const isInet = (k: Kernel, socket: number): boolean => {
  const family = k.i32[socket + Socket.family];
  return family === AF.INET || family === AF.INET6;
};

/** An option that is only remembered. */
export const KeptOption = struct({ next: 'i32', level: 'i32', option: 'i32', value: 'i32' });

// ---- life

export function newSocketLocked(
  k: Kernel,
  { family, type, protocol }: SocketKind,
  by: Credentials,
): number {
  const { i32 } = k;
  const socket = k.allocLocked(Socket.SIZE);
  i32[socket + Socket.family] = family;
  i32[socket + Socket.type] = type;
  i32[socket + Socket.protocol] = protocol;
  i32[socket + Socket.pid] = by.pid;
  i32[socket + Socket.uid] = by.uid;
  i32[socket + Socket.gid] = by.gid;
  const next = i32[Fixed.sockets];
  i32[socket + Socket.next] = next;
  if (next !== 0) i32[next + Socket.previous] = socket;
  i32[Fixed.sockets] = socket;
  return socket;
}

export function* allSocketsLocked(k: Kernel): Generator<number> {
  for (let s = k.i32[Fixed.sockets]; s !== 0; s = k.i32[s + Socket.next]) yield s;
}

export function setPeerCredentials(k: Kernel, socket: number, of: number): void {
  const { i32 } = k;
  i32[socket + Socket.peerPid] = i32[of + Socket.pid];
  i32[socket + Socket.peerUid] = i32[of + Socket.uid];
  i32[socket + Socket.peerGid] = i32[of + Socket.gid];
}

/** Connects two stream or seqpacket sockets with each other. */
export function joinLocked(k: Kernel, a: number, b: number): void {
  const { i32 } = k;
  i32[a + Socket.peer] = b;
  i32[b + Socket.peer] = a;
  i32[a + Socket.state] = SocketState.connected;
  i32[b + Socket.state] = SocketState.connected;
  setPeerCredentials(k, a, b);
  setPeerCredentials(k, b, a);
}

/** Ends a socket. `put` gets the descriptions that its unread messages held: to be let go without the lock. */
export function destroyLocked(k: Kernel, socket: number, put: number[]): void {
  const { i32 } = k;
  const [next, previous] = [i32[socket + Socket.next], i32[socket + Socket.previous]];
  i32[previous === 0 ? Fixed.sockets : previous + Socket.next] = next;
  if (next !== 0) i32[next + Socket.previous] = previous;
  const unread = i32[socket + Socket.first] !== 0;
  leavePeersLocked(k, socket, unread);
  while (i32[socket + Socket.first] !== 0) dropMessageLocked(k, socket, put);
  for (let child = i32[socket + Socket.pendingFirst]; child !== 0; ) {
    const next = i32[child + Socket.nextPending];
    destroyLocked(k, child, put);
    child = next;
  }
  for (const field of [Socket.name, Socket.key, Socket.remote]) k.freeLocked(i32[socket + field]);
  for (let kept = i32[socket + Socket.kept]; kept !== 0; ) {
    const next = i32[kept + KeptOption.next];
    k.freeLocked(kept);
    kept = next;
  }
  k.freeLocked(socket);
}

const ECONNRESET = 104;

/** A connection has two ends; many datagram sockets may be connected to one. */
function leavePeersLocked(k: Kernel, socket: number, unread: boolean): void {
  const { i32 } = k;
  const peer = i32[socket + Socket.peer];
  const others = isDatagram(k, socket) ? allSocketsLocked(k) : peer === 0 ? [] : [peer];
  for (const other of others) {
    if (i32[other + Socket.peer] !== socket) continue;
    i32[other + Socket.peer] = 0;
    if (isDatagram(k, other)) {
      i32[other + Socket.state] = SocketState.unconnected;
    } else {
      i32[other + Socket.state] = SocketState.closed;
      const accepted = i32[socket + Socket.listener] === 0;
      if (unread || !accepted) i32[other + Socket.error] = ECONNRESET;
    }
    wakeAllLocked(k, other + Socket.wait);
  }
}

// ---- messages

export const weight = (length: number): number => length + OVERHEAD;

/** Bytes that can be sent to a socket now; 0: wait. A datagram also needs a place in the list. */
export function roomLocked(k: Kernel, receiver: number): number {
  const { i32 } = k;
  if (isDatagram(k, receiver) && i32[receiver + Socket.count] >= MAX_DATAGRAMS) return 0;
  return Math.max(0, BUFFER - i32[receiver + Socket.queued] - OVERHEAD);
}

/** Puts a message at the end of a socket's list; the descriptions in `files` are held already. */
export function deliverLocked(
  k: Kernel,
  receiver: number,
  buf: Uint8Array,
  off: number,
  length: number,
  by: Credentials,
  files: readonly number[],
  from: string,
): void {
  const { i32 } = k;
  const message = k.allocLocked(Message.SIZE + length);
  const at = (message + Message.data) * 4;
  if (length <= 24) for (let i = 0; i < length; i++) k.u8[at + i] = buf[off + i];
  else k.u8.set(buf.subarray(off, off + length), at);
  i32[message + Message.length] = length;
  i32[message + Message.pid] = by.pid;
  i32[message + Message.uid] = by.uid;
  i32[message + Message.gid] = by.gid;
  if (from !== '') i32[message + Message.from] = k.newStringLocked(from);
  if (files.length > 0) {
    const list = k.allocLocked(4 + files.length * 4);
    i32[list] = files.length;
    i32.set(files, list + 1);
    i32[message + Message.files] = list;
  }
  const last = i32[receiver + Socket.last];
  if (last === 0) i32[receiver + Socket.first] = message;
  else i32[last + Message.next] = message;
  i32[receiver + Socket.last] = message;
  i32[receiver + Socket.queued] += weight(length);
  i32[receiver + Socket.count]++;
  wakeAllLocked(k, receiver + Socket.wait, READABLE);
}

/** Descriptions that a message carries. */
export function filesOf(k: Kernel, message: number): number[] {
  const list = k.i32[message + Message.files];
  return list === 0 ? [] : [...k.i32.subarray(list + 1, list + 1 + k.i32[list])];
}

/** A message's descriptions belong to the caller from now on. */
export function takeFilesLocked(k: Kernel, message: number): number[] {
  const files = filesOf(k, message);
  k.freeLocked(k.i32[message + Message.files]);
  k.i32[message + Message.files] = 0;
  return files;
}

/** Takes the first message off the list; its descriptions go to `put`. Who waits to send is woken. */
export function dropMessageLocked(k: Kernel, socket: number, put: number[]): void {
  const { i32 } = k;
  const message = i32[socket + Socket.first];
  const next = i32[message + Message.next];
  i32[socket + Socket.first] = next;
  if (next === 0) i32[socket + Socket.last] = 0;
  i32[socket + Socket.queued] -= weight(i32[message + Message.length]);
  i32[socket + Socket.count]--;
  put.push(...takeFilesLocked(k, message));
  k.freeLocked(i32[message + Message.from]);
  k.freeLocked(message);
  wakeSendersLocked(k, socket);
}

function wakeSendersLocked(k: Kernel, socket: number): void {
  const { i32 } = k;
  if (!isDatagram(k, socket)) {
    const peer = i32[socket + Socket.peer];
    if (peer !== 0) wakeAllLocked(k, peer + Socket.wait, WRITABLE);
    return;
  }
  for (const other of allSocketsLocked(k)) {
    if (i32[other + Socket.peer] === socket) wakeAllLocked(k, other + Socket.wait, WRITABLE);
  }
}

// ---- names

/** The socket bound under `key` (an inode, or type and abstract name); 0 if there is none. */
export function findBoundLocked(k: Kernel, key: string): number {
  for (const socket of allSocketsLocked(k)) {
    const own = k.i32[socket + Socket.key];
    if (own !== 0 && k.readString(own) === key) return socket;
  }
  return 0;
}

export const nameOf = (k: Kernel, socket: number): string =>
  k.readString(k.i32[socket + Socket.name]);
