// What differs between the families of sockets: kinds, addresses, how a connection is made.
import { E } from '../abi/errno.ts';
import { O } from '../abi/fcntl.ts';
import { AF, SOCK } from '../abi/socket.ts';
import { connect, disconnect } from '../fs/sockfs/connect.ts';
import {
  bindInet,
  connectInet,
  disconnectInet,
  inetKind,
  localEndpoint,
  readEndpoint,
  remoteEndpoint,
  sockaddrOf,
} from '../fs/sockfs/inet.ts';
import { bindName, findByName, readName, unixAddress } from '../fs/sockfs/names.ts';
import { bindNetlink, netlinkAddress } from '../fs/sockfs/netlink.ts';
import { nameOf, Socket, type SocketKind, SocketState } from '../fs/sockfs/socket.ts';
import { socketOf } from '../fs/sockfs/transfer.ts';
import { File } from '../kernel/file.ts';
import type { Lx } from '../kernel/lx.ts';
import { blockUntil } from '../kernel/wait.ts';

/** Where a datagram goes: a socket, or an address of the family ('' and 0: where it is connected to). */
export interface Destination {
  readonly to: number;
  readonly name: string;
}
export const CONNECTED: Destination = { to: 0, name: '' };

/** Results ≥ 0 or −errno; addresses as the bytes of a sockaddr. */
export interface Family {
  /** Type and protocol as socket(2) wants them. */
  kind(lx: Lx, family: number, type: number, protocol: number): SocketKind | number;
  bind(lx: Lx, socket: number, addr: number, len: number): number;
  connect(lx: Lx, file: number, addr: number, len: number): number;
  disconnect(lx: Lx, socket: number): number;
  local(lx: Lx, socket: number): Uint8Array;
  peer(lx: Lx, socket: number): Uint8Array | number;
  /** The address of who sent a message; empty: the sender is not named. */
  sender(lx: Lx, socket: number, from: string): Uint8Array;
  destination(lx: Lx, socket: number, addr: number, len: number): Destination | number;
}

const NOBODY = new Uint8Array(0);

/** A stream does not take a destination; others do not have to be given one. −errno, or 0: look at the address. */
function refused(lx: Lx, socket: number): number {
  if (lx.k.i32[socket + Socket.type] !== SOCK.STREAM) return 0;
  const connected = lx.k.i32[socket + Socket.state] === SocketState.connected;
  return connected ? -E.ISCONN : -E.OPNOTSUPP;
}

const isNonblocking = (lx: Lx, file: number): boolean =>
  (lx.k.i32[file + File.flags] & O.NONBLOCK) !== 0;

// ---- AF_UNIX

/** How long a full backlog is waited for before it is looked at again: the listener may be gone meanwhile. */
const SLICE = 5;

function unixConnect(lx: Lx, file: number, addr: number, len: number): number {
  const own = socketOf(lx.k, file);
  const name = readName(lx, addr, len);
  if (typeof name === 'number') return name;
  for (;;) {
    const target = findByName(lx, name, lx.k.i32[own + Socket.type]);
    if (target < 0) return target;
    const result = connect(lx, own, target);
    if (result !== -E.AGAIN || isNonblocking(lx, file)) return result;
    const waited = blockUntil(lx, [], () => -E.AGAIN, performance.now() + SLICE);
    if (waited !== -E.TIMEDOUT) return waited;
  }
}

function unixDestination(lx: Lx, socket: number, addr: number, len: number): Destination | number {
  const bad = refused(lx, socket);
  if (bad < 0) return bad;
  const type = lx.k.i32[socket + Socket.type];
  if (type === SOCK.SEQPACKET) return CONNECTED;
  const name = readName(lx, addr, len);
  if (typeof name === 'number') return name;
  const to = findByName(lx, name, SOCK.DGRAM);
  if (to < 0) return to;
  return lx.k.i32[to + Socket.type] === SOCK.DGRAM ? { to, name: '' } : -E.PROTOTYPE;
}

const unix: Family = {
  kind(_lx, family, type, protocol) {
    if (protocol !== 0 && protocol !== AF.UNIX) return -E.PROTONOSUPPORT;
    const kind = type === SOCK.RAW ? SOCK.DGRAM : type;
    const known = kind === SOCK.STREAM || kind === SOCK.DGRAM || kind === SOCK.SEQPACKET;
    return known ? { family, type: kind, protocol: 0 } : -E.SOCKTNOSUPPORT;
  },
  bind(lx, socket, addr, len) {
    const name = readName(lx, addr, len);
    return typeof name === 'number' ? name : bindName(lx, socket, name);
  },
  connect: unixConnect,
  disconnect,
  local: (lx, socket) => unixAddress(nameOf(lx.k, socket)),
  peer(lx, socket) {
    const peer = lx.k.i32[socket + Socket.peer];
    return peer === 0 ? -E.NOTCONN : unixAddress(nameOf(lx.k, peer));
  },
  sender: (_lx, _socket, from) => (from === '' ? NOBODY : unixAddress(from)),
  destination: unixDestination,
};

// ---- AF_INET, AF_INET6

const familyNumber = (lx: Lx, socket: number): number => lx.k.i32[socket + Socket.family];

const inet: Family = {
  kind: inetKind,
  bind(lx, socket, addr, len) {
    const endpoint = readEndpoint(lx, socket, addr, len);
    return typeof endpoint === 'number' ? endpoint : bindInet(lx, socket, endpoint);
  },
  connect(lx, file, addr, len) {
    const own = socketOf(lx.k, file);
    const endpoint = readEndpoint(lx, own, addr, len);
    if (typeof endpoint === 'number') return endpoint;
    return connectInet(lx, own, endpoint, isNonblocking(lx, file));
  },
  disconnect: disconnectInet,
  local: (lx, socket) => sockaddrOf(familyNumber(lx, socket), localEndpoint(lx.k, socket)),
  peer(lx, socket) {
    const remote = remoteEndpoint(lx.k, socket);
    return remote === '' ? -E.NOTCONN : sockaddrOf(familyNumber(lx, socket), remote);
  },
  sender: (lx, socket, from) => (from === '' ? NOBODY : sockaddrOf(familyNumber(lx, socket), from)),
  destination(lx, socket, addr, len) {
    if (lx.k.i32[socket + Socket.type] === SOCK.STREAM) return CONNECTED; // TCP does not look at it
    const endpoint = readEndpoint(lx, socket, addr, len);
    return typeof endpoint === 'number' ? endpoint : { to: 0, name: endpoint };
  },
};

// ---- AF_NETLINK

const NETLINK_ROUTE = 0;

const netlink: Family = {
  kind(_lx, family, type, protocol) {
    if (type !== SOCK.RAW && type !== SOCK.DGRAM) return -E.SOCKTNOSUPPORT;
    return protocol === NETLINK_ROUTE ? { family, type, protocol } : -E.PROTONOSUPPORT;
  },
  bind: bindNetlink,
  connect: () => 0,
  disconnect: () => 0,
  local: (lx, socket) => netlinkAddress(lx.k.i32[socket + Socket.port]),
  peer: () => netlinkAddress(0),
  sender: () => netlinkAddress(0),
  destination: () => CONNECTED,
};

const families: Record<number, Family> = {
  [AF.UNIX]: unix,
  [AF.INET]: inet,
  [AF.INET6]: inet,
  [AF.NETLINK]: netlink,
};

export const familyOf = (lx: Lx, socket: number): Family =>
  families[lx.k.i32[socket + Socket.family]];

export const familyByNumber = (number: number): Family | undefined => families[number];

/** Writes a sockaddr, cut to what `lenAddr` allows; its full length goes there. */
export function writeAddress(lx: Lx, addr: number, lenAddr: number, bytes: Uint8Array): number {
  const { mem } = lx;
  const room = mem.readI32(lenAddr);
  if (room < 0) return -E.INVAL;
  mem.write(addr, bytes.subarray(0, room));
  mem.writeU32(lenAddr, bytes.length);
  return 0;
}
