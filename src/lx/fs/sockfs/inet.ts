// AF_INET and AF_INET6 inside the session: TCP and UDP over loopback, between guest processes (ip(7), tcp(7), udp(7)).
// There is no other network: other addresses are unreachable.
//
// An endpoint is a byte string of 18: the address as IPv6 has it (16 bytes; IPv4 ones as ::ffff:a.b.c.d), then the port.
// So both families meet in the same tables, as they do in a dual-stack host.
import { CAP } from '../../abi/capability.ts';
import { E } from '../../abi/errno.ts';
import {
  EPHEMERAL,
  IPPROTO,
  IPV6_V6ONLY,
  PRIVILEGED_PORTS,
  SOCKADDR,
  UDP_MAX,
} from '../../abi/inet.ts';
import { AF, SO, SOCK } from '../../abi/socket.ts';
import { can } from '../../kernel/caps.ts';
import { Fixed } from '../../kernel/fixed.ts';
import type { Kernel } from '../../kernel/kmem.ts';
import type { Lx } from '../../kernel/lx.ts';
import { wakeAllLocked } from '../../kernel/wait.ts';
import { queueLocked } from './connect.ts';
import {
  allSocketsLocked,
  deliverLocked,
  isDatagram,
  isInet,
  joinLocked,
  KeptOption,
  kindOf,
  newSocketLocked,
  roomLocked,
  Socket,
  type SocketKind,
  SocketState,
} from './socket.ts';
import { credentialsOf, type Outgoing, registerDatagrams, takeErrorLocked } from './transfer.ts';

const ADDRESS = 16;
const MAPPED = `${'\0'.repeat(10)}\xff\xff`;
const ANY4 = `${MAPPED}\0\0\0\0`;
const ANY6 = '\0'.repeat(ADDRESS);
const LOOPBACK4 = `${MAPPED}\x7f\0\0\x01`;
const LOOPBACK6 = `${'\0'.repeat(15)}\x01`;

const addressOf = (endpoint: string): string => endpoint.slice(0, ADDRESS);
const portOf = (endpoint: string): number =>
  (endpoint.charCodeAt(ADDRESS) << 8) | endpoint.charCodeAt(ADDRESS + 1);
const endpointOf = (address: string, port: number): string =>
  address + String.fromCharCode(port >> 8, port & 0xff);
const isV4 = (address: string): boolean => address.startsWith(MAPPED);
const isAny = (address: string): boolean => address === ANY4 || address === ANY6;
const isLoopback = (address: string): boolean =>
  address === LOOPBACK6 || (isV4(address) && address.charCodeAt(12) === 127);
const isLocal = (address: string): boolean => isAny(address) || isLoopback(address);
/** Where a packet to "any" goes. */
const destinationOf = (address: string): string =>
  address === ANY4 ? LOOPBACK4 : address === ANY6 ? LOOPBACK6 : address;

// ---- kinds of sockets

/** Type and protocol as socket(2) wants them, or −errno. */
export function inetKind(
  lx: Lx,
  family: number,
  type: number,
  protocol: number,
): SocketKind | number {
  if (protocol < 0 || protocol > 255) return -E.INVAL;
  if (type === SOCK.STREAM || type === SOCK.DGRAM) {
    const own = type === SOCK.STREAM ? IPPROTO.TCP : IPPROTO.UDP;
    return protocol === 0 || protocol === own ? { family, type, protocol: own } : -E.PROTONOSUPPORT;
  }
  if (type !== SOCK.RAW) return -E.SOCKTNOSUPPORT;
  if (protocol === 0) return -E.PROTONOSUPPORT;
  return can(lx, CAP.NET_RAW) ? -E.SOCKTNOSUPPORT : -E.PERM; // there is no packet to show
}

// ---- struct sockaddr_in: family (2), port (2), address (4), zero (8); sockaddr_in6: family, port, flow (4), address (16),
// scope (4)

/** The endpoint in a guest's sockaddr, or −errno. */
export function readEndpoint(lx: Lx, socket: number, addr: number, len: number): string | number {
  const v6 = lx.k.i32[socket + Socket.family] === AF.INET6;
  if (len < 2) return -E.INVAL;
  const bytes = lx.mem.bytes(addr, Math.min(len, 128));
  const family = bytes[0] | (bytes[1] << 8);
  if (len < (v6 ? SOCKADDR.IN6_MIN : SOCKADDR.IN)) return -E.INVAL;
  const unspecified =
    family === AF.UNSPEC && !v6 && bytes.subarray(4, 8).every((byte) => byte === 0);
  if (family !== (v6 ? AF.INET6 : AF.INET) && !unspecified) return -E.AFNOSUPPORT;
  const text = (from: number, to: number): string =>
    String.fromCharCode(...bytes.subarray(from, to));
  return (v6 ? text(8, 24) : MAPPED + text(4, 8)) + text(2, 4);
}

/** An endpoint ('' none) as a socket of `family` shows it. */
export function sockaddrOf(family: number, endpoint: string): Uint8Array {
  const v6 = family === AF.INET6;
  const bytes = new Uint8Array(v6 ? SOCKADDR.IN6 : SOCKADDR.IN);
  bytes[0] = family;
  if (endpoint === '') return bytes;
  const put = (text: string, at: number): void => {
    for (let i = 0; i < text.length; i++) bytes[at + i] = text.charCodeAt(i);
  };
  put(endpoint.slice(ADDRESS), 2);
  if (v6) put(addressOf(endpoint), 8);
  else put(endpoint.slice(12, ADDRESS), 4);
  return bytes;
}

export const localEndpoint = (k: Kernel, socket: number): string =>
  k.readString(k.i32[socket + Socket.name]);
export const remoteEndpoint = (k: Kernel, socket: number): string =>
  k.readString(k.i32[socket + Socket.remote]);

function setLocked(k: Kernel, socket: number, field: number, endpoint: string): void {
  k.freeLocked(k.i32[socket + field]);
  k.i32[socket + field] = endpoint === '' ? 0 : k.newStringLocked(endpoint);
  const port = field === Socket.name ? Socket.port : Socket.remotePort;
  k.i32[socket + port] = endpoint === '' ? 0 : portOf(endpoint);
}

// ---- binding

const anyOf = (k: Kernel, socket: number): string =>
  k.i32[socket + Socket.family] === AF.INET6 ? ANY6 : ANY4;

function isV6Only(k: Kernel, socket: number): boolean {
  for (let kept = k.i32[socket + Socket.kept]; kept !== 0; kept = k.i32[kept + KeptOption.next]) {
    if (k.i32[kept + KeptOption.level] !== IPPROTO.IPV6) continue;
    if (k.i32[kept + KeptOption.option] === IPV6_V6ONLY)
      return k.i32[kept + KeptOption.value] !== 0;
  }
  return false;
}

/** Does a socket bound to `own` get what is sent to `address`? */
function receives(k: Kernel, socket: number, own: string, address: string): boolean {
  if (own === address) return true;
  if (own === ANY4) return isV4(address);
  return own === ANY6 && (!isV4(address) || !isV6Only(k, socket));
}

function* boundTo(k: Kernel, type: number, port: number): Generator<number> {
  for (const other of allSocketsLocked(k)) {
    if (k.i32[other + Socket.port] !== port || k.i32[other + Socket.type] !== type) continue;
    if (isInet(k, other)) yield other;
  }
}

function conflictsLocked(k: Kernel, socket: number, address: string, port: number): boolean {
  const { i32 } = k;
  const option = (of: number, number: number): boolean => i32[of + Socket.options + number] !== 0;
  for (const other of boundTo(k, i32[socket + Socket.type], port)) {
    if (other === socket) continue;
    const theirs = addressOf(localEndpoint(k, other));
    if (!receives(k, other, theirs, address) && !receives(k, socket, address, theirs)) continue;
    if (option(socket, SO.REUSEPORT) && option(other, SO.REUSEPORT)) continue;
    const both = option(socket, SO.REUSEADDR) && option(other, SO.REUSEADDR);
    if (both && i32[other + Socket.state] !== SocketState.listening) continue;
    return true;
  }
  return false;
}

/** A port that is free, or 0. */
function freePortLocked(k: Kernel, socket: number, address: string): number {
  const count = EPHEMERAL.LAST - EPHEMERAL.FIRST + 1;
  for (let tries = 0; tries < count; tries++) {
    const port = EPHEMERAL.FIRST + (k.i32[Fixed.nextPort]++ % count);
    if (!conflictsLocked(k, socket, address, port)) return port;
  }
  return 0;
}

export function bindInet(lx: Lx, socket: number, endpoint: string): number {
  const { k } = lx;
  const address = addressOf(endpoint);
  const wanted = portOf(endpoint);
  if (!isLocal(address)) return -E.ADDRNOTAVAIL;
  if (wanted !== 0 && wanted < PRIVILEGED_PORTS && !can(lx, CAP.NET_BIND_SERVICE)) return -E.ACCES;
  return k.locked(() => {
    if (k.i32[socket + Socket.port] !== 0) return -E.INVAL;
    const port = wanted === 0 ? freePortLocked(k, socket, address) : wanted;
    if (port === 0 || conflictsLocked(k, socket, address, port)) return -E.ADDRINUSE;
    setLocked(k, socket, Socket.name, endpointOf(address, port));
    return 0;
  });
}

/** A port for a socket that has none; with `address` also a source address for one that has none yet. */
export function autobindLocked(k: Kernel, socket: number, address = ''): void {
  const own = localEndpoint(k, socket);
  const bound = own === '' ? anyOf(k, socket) : addressOf(own);
  const source = address !== '' && isAny(bound) ? address : bound;
  const port = own === '' ? freePortLocked(k, socket, source) : portOf(own);
  setLocked(k, socket, Socket.name, endpointOf(source, port));
}

/** The loopback address that packets to `address` come from. */
const sourceFor = (address: string): string => (isV4(address) ? LOOPBACK4 : LOOPBACK6);

/** −errno for a destination that a socket cannot reach. */
function unreachable(k: Kernel, socket: number, address: string): number {
  if (!isLoopback(address)) return -E.NETUNREACH;
  return isV4(address) && k.i32[socket + Socket.family] === AF.INET6 && isV6Only(k, socket)
    ? -E.NETUNREACH
    : 0;
}

// ---- connecting

/** connect(2): 0, −EINPROGRESS if it does not wait, other errors. Over loopback it is never slow. */
export function connectInet(
  lx: Lx,
  socket: number,
  endpoint: string,
  nonblocking: boolean,
): number {
  const { k } = lx;
  const address = destinationOf(addressOf(endpoint));
  const port = portOf(endpoint);
  return k.locked(() => {
    const barred = unreachable(k, socket, address);
    if (isDatagram(k, socket)) return barred || connectUdpLocked(k, socket, address, port);
    const again = askedAgainLocked(k, socket);
    if (again <= 0) return again;
    if (barred !== 0) return barred;
    const result = connectTcpLocked(lx, socket, address, port);
    if (!nonblocking) return result;
    k.i32[socket + Socket.connecting] = 1;
    if (result < 0) k.i32[socket + Socket.error] = -result;
    wakeAllLocked(k, socket + Socket.wait);
    return -E.INPROGRESS;
  });
}

/** What connect(2) answers for a socket that is no new one; 1: it is new. */
function askedAgainLocked(k: Kernel, socket: number): number {
  const { i32 } = k;
  const asked = i32[socket + Socket.connecting] !== 0;
  i32[socket + Socket.connecting] = 0;
  if (i32[socket + Socket.state] !== SocketState.unconnected) return asked ? 0 : -E.ISCONN;
  return asked && i32[socket + Socket.error] !== 0 ? -takeErrorLocked(k, socket) : 1;
}

function connectUdpLocked(k: Kernel, socket: number, address: string, port: number): number {
  autobindLocked(k, socket, sourceFor(address));
  setLocked(k, socket, Socket.remote, endpointOf(address, port));
  k.i32[socket + Socket.state] = SocketState.connected;
  return 0;
}

function connectTcpLocked(lx: Lx, socket: number, address: string, port: number): number {
  const { k } = lx;
  const { i32 } = k;
  const listener = findListenerLocked(k, address, port);
  const refused = listener === 0 ? 1 : 0;
  i32[socket + Socket.shutRead] = i32[socket + Socket.shutWrite] = refused;
  if (refused) return -E.CONNREFUSED;
  autobindLocked(k, socket, sourceFor(address));
  const server = newSocketLocked(k, kindOf(k, listener), credentialsOf(lx));
  joinLocked(k, socket, server);
  for (const end of [socket, server]) i32[end + Socket.peerPid] = 0; // they are not told who the other is
  setLocked(k, socket, Socket.remote, endpointOf(address, port));
  setLocked(k, server, Socket.name, endpointOf(address, port));
  setLocked(k, server, Socket.remote, localEndpoint(k, socket));
  for (const option of [SO.REUSEADDR, SO.KEEPALIVE, SO.OOBINLINE, SO.RCVBUF, SO.SNDBUF])
    i32[server + Socket.options + option] = i32[listener + Socket.options + option];
  queueLocked(k, listener, server);
  return 0;
}

function findListenerLocked(k: Kernel, address: string, port: number): number {
  const { i32 } = k;
  let found = 0;
  for (const other of boundTo(k, SOCK.STREAM, port)) {
    if (i32[other + Socket.state] !== SocketState.listening) continue;
    if (i32[other + Socket.shutRead] !== 0) continue;
    const own = addressOf(localEndpoint(k, other));
    if (own === address) return other;
    if (receives(k, other, own, address)) found = other;
  }
  return found;
}

/** connect(2) with AF_UNSPEC. */
export function disconnectInet(lx: Lx, socket: number): number {
  const { k } = lx;
  return k.locked(() => {
    const peer = k.i32[socket + Socket.peer];
    if (peer !== 0) {
      k.i32[peer + Socket.peer] = 0;
      k.i32[peer + Socket.state] = SocketState.closed;
      k.i32[peer + Socket.error] = E.CONNRESET;
      wakeAllLocked(k, peer + Socket.wait);
    }
    k.i32[socket + Socket.peer] = 0;
    k.i32[socket + Socket.state] = SocketState.unconnected;
    setLocked(k, socket, Socket.remote, '');
    return 0;
  });
}

// ---- datagrams

function sendUdp(lx: Lx, socket: number, out: Outgoing): number {
  const { k } = lx;
  const { i32 } = k;
  return k.locked(() => {
    if (i32[socket + Socket.error] !== 0) return -takeErrorLocked(k, socket);
    if (i32[socket + Socket.shutWrite] !== 0) return -E.PIPE;
    const to = out.name === '' ? remoteEndpoint(k, socket) : out.name;
    if (to === '') return -E.DESTADDRREQ;
    if (out.len > UDP_MAX) return -E.MSGSIZE;
    if (portOf(to) === 0) return -E.INVAL;
    const address = destinationOf(addressOf(to));
    const barred = unreachable(k, socket, address);
    if (barred !== 0) return barred;
    autobindLocked(k, socket);
    const own = localEndpoint(k, socket);
    const source = isAny(addressOf(own)) ? sourceFor(address) : addressOf(own);
    const from = endpointOf(source, portOf(own));
    const target = findReceiverLocked(k, address, portOf(to), from);
    if (target === 0) {
      if (i32[socket + Socket.remote] !== 0) i32[socket + Socket.error] = E.CONNREFUSED;
      return out.len;
    }
    if (roomLocked(k, target) >= out.len)
      deliverLocked(k, target, out.buf, out.off, out.len, out.by, [], from);
    return out.len;
  });
}
registerDatagrams(AF.INET, sendUdp);
registerDatagrams(AF.INET6, sendUdp);

/** The socket that fits best: connected to the sender, or bound to the address, or to any. */
function findReceiverLocked(k: Kernel, address: string, port: number, from: string): number {
  let found = 0;
  let best = 0;
  for (const other of boundTo(k, SOCK.DGRAM, port)) {
    const remote = remoteEndpoint(k, other);
    const own = addressOf(localEndpoint(k, other));
    if ((remote !== '' && remote !== from) || !receives(k, other, own, address)) continue;
    const score = 1 + (own === address ? 1 : 0) + (remote === '' ? 0 : 2);
    if (score <= best) continue;
    best = score;
    found = other;
  }
  return found;
}
