// Connections: listen, accept, socketpair, shutdown; connect of AF_UNIX (that of AF_INET is in inet.ts).
import { E } from '../../abi/errno.ts';
import { SHUT, SO, SOMAXCONN } from '../../abi/socket.ts';
import type { Kernel } from '../../kernel/kmem.ts';
import type { Lx } from '../../kernel/lx.ts';
import { wakeAllLocked } from '../../kernel/wait.ts';
import {
  isDatagram,
  isInet,
  joinLocked,
  kindOf,
  nameOf,
  newSocketLocked,
  Socket,
  type SocketKind,
  SocketState,
  setPeerCredentials,
} from './socket.ts';
import { credentialsOf } from './transfer.ts';

export function newSocket(lx: Lx, kind: SocketKind): number {
  return lx.k.locked(() => newSocketLocked(lx.k, kind, credentialsOf(lx)));
}

export function newPair(lx: Lx, kind: SocketKind): readonly [number, number] {
  const { k } = lx;
  return k.locked(() => {
    const a = newSocketLocked(k, kind, credentialsOf(lx));
    const b = newSocketLocked(k, kind, credentialsOf(lx));
    joinLocked(k, a, b);
    return [a, b];
  });
}

export function listen(lx: Lx, socket: number, backlog: number): number {
  const { k } = lx;
  const { i32 } = k;
  if (isDatagram(k, socket)) return -E.OPNOTSUPP;
  if (i32[socket + Socket.name] === 0) return -E.INVAL;
  if (i32[socket + Socket.state] > SocketState.listening) return -E.INVAL;
  const by = credentialsOf(lx);
  k.locked(() => {
    i32[socket + Socket.state] = SocketState.listening;
    i32[socket + Socket.backlog] = backlog < 0 || backlog > SOMAXCONN ? SOMAXCONN : backlog;
    i32[socket + Socket.pid] = by.pid;
    i32[socket + Socket.uid] = by.uid;
    i32[socket + Socket.gid] = by.gid;
    wakeAllLocked(k, socket + Socket.wait);
  });
  return 0;
}

/** Connects without waiting: 0, −EAGAIN when the other side's queue is full, other errors. `target` was found by name. */
export function connect(lx: Lx, socket: number, target: number): number {
  const { k } = lx;
  const { i32 } = k;
  return k.locked(() => {
    if (i32[target + Socket.type] !== i32[socket + Socket.type]) return -E.PROTOTYPE;
    if (isDatagram(k, socket)) return connectDatagramLocked(k, socket, target);
    if (i32[socket + Socket.state] === SocketState.connected) return -E.ISCONN;
    if (i32[socket + Socket.state] !== SocketState.unconnected) return -E.INVAL;
    if (i32[target + Socket.state] !== SocketState.listening) return -E.CONNREFUSED;
    if (i32[target + Socket.shutRead] !== 0) return -E.CONNREFUSED;
    if (i32[target + Socket.pendingCount] > i32[target + Socket.backlog]) return -E.AGAIN;
    const server = newSocketLocked(k, kindOf(k, socket), credentialsOf(lx));
    joinLocked(k, socket, server);
    setPeerCredentials(k, socket, target);
    const name = nameOf(k, target);
    if (name !== '') i32[server + Socket.name] = k.newStringLocked(name);
    i32[server + Socket.options + SO.PASSCRED] = i32[target + Socket.options + SO.PASSCRED];
    queueLocked(k, target, server);
    return 0;
  });
}

function connectDatagramLocked(k: Kernel, socket: number, target: number): number {
  const other = k.i32[target + Socket.peer];
  if (other !== 0 && other !== socket) return -E.PERM; // it talks to somebody else only
  k.i32[socket + Socket.peer] = target;
  k.i32[socket + Socket.state] = SocketState.connected;
  return 0;
}

/** connect(2) with AF_UNSPEC. */
export function disconnect(lx: Lx, socket: number): number {
  if (!isDatagram(lx.k, socket)) return -E.INVAL;
  lx.k.i32[socket + Socket.peer] = 0;
  lx.k.i32[socket + Socket.state] = SocketState.unconnected;
  return 0;
}

export function queueLocked(k: Kernel, listener: number, server: number): void {
  const { i32 } = k;
  const last = i32[listener + Socket.pendingLast];
  if (last === 0) i32[listener + Socket.pendingFirst] = server;
  else i32[last + Socket.nextPending] = server;
  i32[listener + Socket.pendingLast] = server;
  i32[listener + Socket.pendingCount]++;
  i32[server + Socket.listener] = listener;
  wakeAllLocked(k, listener + Socket.wait);
}

/** The next connection: a socket, −EAGAIN or −EINVAL. */
export function accept(lx: Lx, socket: number): number {
  const { k } = lx;
  const { i32 } = k;
  return k.locked(() => {
    if (isDatagram(k, socket)) return -E.OPNOTSUPP;
    if (i32[socket + Socket.state] !== SocketState.listening) return -E.INVAL;
    const server = i32[socket + Socket.pendingFirst];
    if (server === 0) return i32[socket + Socket.shutRead] !== 0 ? -E.INVAL : -E.AGAIN;
    const next = i32[server + Socket.nextPending];
    i32[socket + Socket.pendingFirst] = next;
    if (next === 0) i32[socket + Socket.pendingLast] = 0;
    i32[socket + Socket.pendingCount]--;
    i32[server + Socket.nextPending] = 0;
    i32[server + Socket.listener] = 0;
    wakeAllLocked(k, socket + Socket.wait); // who waits to connect
    return server;
  });
}

export function shutdown(lx: Lx, socket: number, how: number): number {
  const { k } = lx;
  const { i32 } = k;
  if (how < SHUT.RD || how > SHUT.RDWR) return -E.INVAL;
  return k.locked(() => {
    const unconnected = i32[socket + Socket.state] === SocketState.unconnected;
    const inet = isInet(k, socket);
    if (unconnected && !inet && !isDatagram(k, socket)) return -E.NOTCONN;
    if (how !== SHUT.WR) i32[socket + Socket.shutRead] = 1;
    if (how !== SHUT.RD) i32[socket + Socket.shutWrite] = 1;
    wakeAllLocked(k, socket + Socket.wait);
    const peer = i32[socket + Socket.peer];
    if (peer !== 0) wakeAllLocked(k, peer + Socket.wait);
    return inet && unconnected ? -E.NOTCONN : 0; // it is shut down all the same
  });
}
