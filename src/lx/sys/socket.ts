// System calls about sockets: AF_UNIX, AF_INET and AF_INET6 over loopback, AF_NETLINK as far as lo goes. All of it is inside
// the session; other families answer as a kernel that was built without them.
import { PAGE_READ, PAGE_WRITE } from '../../../assembly/shared/layout.ts';
import { E } from '../abi/errno.ts';
import { O } from '../abi/fcntl.ts';
import { SIG } from '../abi/signal.ts';
import { AF, AF_MAX, MSG, SO, SOCK, SOL_SOCKET } from '../abi/socket.ts';
import { accept, listen, newPair, newSocket, shutdown } from '../fs/sockfs/connect.ts';
import { autobindLocked } from '../fs/sockfs/inet.ts';
import { BUFFER, isDatagram, isInet, Socket, type SocketKind } from '../fs/sockfs/socket.ts';
import {
  credentialsOf,
  newSocketFile,
  type Outgoing,
  type Received,
  receive,
  send,
  socketOf,
} from '../fs/sockfs/transfer.ts';
import { File, FileKind, isPath } from '../kernel/file.ts';
import { fdGet, fdInstall } from '../kernel/files.ts';
import type { Lx } from '../kernel/lx.ts';
import { userInfo } from '../kernel/siginfo.ts';
import { sendSignalToTask } from '../kernel/signal.ts';
import { blockUntil } from '../kernel/wait.ts';
import { KernelError } from '../mm/guest-memory.ts';
import { readIoVecs } from '../vfs/iovec.ts';
import { deliverControl, freeControl, readControl } from './control-message.ts';
import { installPair } from './pipe.ts';
import { type Handler, row, type SyscallRow } from './row.ts';
import { CONNECTED, familyByNumber, familyOf, writeAddress } from './socket-family.ts';
import { getOtherOption, setOtherOption } from './socket-kept.ts';
import { optionOf, setsockoptOf } from './socket-options.ts';
import { readTimespec, writeTimeval } from './time.ts';

// ---- descriptors

/** The description behind a descriptor that has to be a socket. Throws EBADF, ENOTSOCK. */
function fileOf(lx: Lx, fd: number): number {
  const file = fdGet(lx, fd);
  if (file === 0) throw new KernelError(E.BADF);
  const kind = lx.k.i32[file + File.kind];
  if (isPath(lx.k, file)) throw new KernelError(E.BADF);
  if (kind !== FileKind.socket) throw new KernelError(E.NOTSOCK);
  return file;
}

/** What socket(2) is asked for, or −errno. */
function kindOf(lx: Lx, domain: number, type: number, protocol: number): SocketKind | number {
  if ((type & ~(SOCK.TYPE_MASK | SOCK.NONBLOCK | SOCK.CLOEXEC)) !== 0) return -E.INVAL;
  if (domain < 0 || domain >= AF_MAX) return -E.AFNOSUPPORT;
  const kind = type & SOCK.TYPE_MASK;
  if (kind > SOCK_MAX) return -E.INVAL;
  const family = familyByNumber(domain);
  return family === undefined ? -E.AFNOSUPPORT : family.kind(lx, domain, kind, protocol);
}
/** SOCK_PACKET, the highest type there is. */
const SOCK_MAX = 10;

const statusOf = (type: number): number => O.RDWR | (type & SOCK.NONBLOCK);

const socket: Handler = (lx, domain, type, protocol) => {
  const kind = kindOf(lx, domain, type, protocol);
  if (typeof kind === 'number') return kind;
  return fdInstall(
    lx,
    newSocketFile(lx.k, newSocket(lx, kind), statusOf(type)),
    (type & SOCK.CLOEXEC) !== 0,
  );
};

const socketpair: Handler = (lx, domain, type, protocol, addr) => {
  const kind = kindOf(lx, domain, type, protocol);
  if (typeof kind === 'number') return kind;
  if (domain !== AF.UNIX) return -E.OPNOTSUPP;
  const [a, b] = newPair(lx, kind);
  const files = [newSocketFile(lx.k, a, statusOf(type)), newSocketFile(lx.k, b, statusOf(type))];
  return installPair(lx, addr, files[0], files[1], (type & SOCK.CLOEXEC) !== 0);
};

// ---- names and connections

const bind: Handler = (lx, fd, addr, len) => {
  const own = socketOf(lx.k, fileOf(lx, fd));
  return familyOf(lx, own).bind(lx, own, addr, len);
};

const listenCall: Handler = (lx, fd, backlog) => {
  const { k } = lx;
  const own = socketOf(k, fileOf(lx, fd));
  if (isInet(k, own) && !isDatagram(k, own)) k.locked(() => autobindLocked(k, own));
  return listen(lx, own, backlog);
};

const isNonblocking = (lx: Lx, file: number, flags: number): boolean =>
  (lx.k.i32[file + File.flags] & O.NONBLOCK) !== 0 || (flags & MSG.DONTWAIT) !== 0;

const connectCall: Handler = (lx, fd, addr, len) => {
  const file = fileOf(lx, fd);
  const own = socketOf(lx.k, file);
  const family = familyOf(lx, own);
  if (len >= 2 && lx.mem.readU16(addr) === AF.UNSPEC) return family.disconnect(lx, own);
  return family.connect(lx, file, addr, len);
};

function doAccept(lx: Lx, fd: number, addr: number, lenAddr: number, flags: number): number {
  if ((flags & ~(SOCK.NONBLOCK | SOCK.CLOEXEC)) !== 0) return -E.INVAL;
  const { k } = lx;
  const file = fileOf(lx, fd);
  const own = socketOf(k, file);
  const attempt = (): number => accept(lx, own);
  const first = attempt();
  const wait = first === -E.AGAIN && !isNonblocking(lx, file, 0);
  const made = wait
    ? timed(
        blockUntil(
          lx,
          [k.i32[file + File.wait]],
          attempt,
          deadlineOf(lx, own, Socket.receiveTimeout),
        ),
      )
    : first;
  if (made < 0) return made;
  const result = fdInstall(
    lx,
    newSocketFile(k, made, statusOf(flags)),
    (flags & SOCK.CLOEXEC) !== 0,
  );
  if (result < 0 || addr === 0) return result;
  const peer = familyOf(lx, made).peer(lx, made);
  const address = typeof peer === 'number' ? familyOf(lx, made).sender(lx, made, '') : peer;
  const failed = writeAddress(lx, addr, lenAddr, address);
  return failed < 0 ? failed : result;
}

const acceptCall: Handler = (lx, fd, addr, lenAddr) => doAccept(lx, fd, addr, lenAddr, 0);
const accept4: Handler = (lx, fd, addr, lenAddr, flags) => doAccept(lx, fd, addr, lenAddr, flags);

const getsockname: Handler = (lx, fd, addr, lenAddr) => {
  const own = socketOf(lx.k, fileOf(lx, fd));
  return writeAddress(lx, addr, lenAddr, familyOf(lx, own).local(lx, own));
};

const getpeername: Handler = (lx, fd, addr, lenAddr) => {
  const own = socketOf(lx.k, fileOf(lx, fd));
  const peer = familyOf(lx, own).peer(lx, own);
  return typeof peer === 'number' ? peer : writeAddress(lx, addr, lenAddr, peer);
};

const shutdownCall: Handler = (lx, fd, how) => shutdown(lx, socketOf(lx.k, fileOf(lx, fd)), how);

// ---- waiting

/** performance.now() ms at which SO_RCVTIMEO or SO_SNDTIMEO end a wait that begins now. */
function deadlineOf(lx: Lx, own: number, field: number): number {
  const ms = lx.k.f64[(own + field) >> 1];
  return ms === 0 ? Number.POSITIVE_INFINITY : performance.now() + ms;
}

const timed = (result: number): number => (result === -E.TIMEDOUT ? -E.AGAIN : result);

// ---- sending

/** Sends everything unless it may not wait; SIGPIPE unless MSG_NOSIGNAL. */
function sendAll(lx: Lx, file: number, out: Outgoing, flags: number): number {
  const { k } = lx;
  const own = socketOf(k, file);
  const stream = k.i32[own + Socket.type] === SOCK.STREAM;
  let done = 0;
  do {
    const rest = done === 0 ? out : { ...out, off: out.off + done, len: out.len - done, files: [] };
    const n = sendOne(lx, file, own, rest, flags);
    if (n === -E.PIPE && stream && (flags & MSG.NOSIGNAL) === 0)
      sendSignalToTask(k, lx.task, SIG.PIPE, userInfo(k, lx.task));
    if (n < 0) return done > 0 ? done : n;
    done += n;
  } while (stream && done < out.len);
  return done;
}

function sendOne(lx: Lx, file: number, own: number, out: Outgoing, flags: number): number {
  const attempt = (): number => send(lx, own, out);
  const first = attempt();
  if (first !== -E.AGAIN || isNonblocking(lx, file, flags)) return first;
  const deadline = deadlineOf(lx, own, Socket.sendTimeout);
  if (out.to === 0) return timed(blockUntil(lx, [lx.k.i32[file + File.wait]], attempt, deadline));
  for (;;) {
    const n = blockUntil(lx, [], attempt, Math.min(deadline, performance.now() + SLICE));
    if (n !== -E.TIMEDOUT || performance.now() >= deadline) return timed(n);
  }
}

/** How long a full receiver is waited for before it is looked at again. */
const SLICE = 5;

/** Where a message goes, and the flags that are not for its socket; −errno. */
function destination(lx: Lx, own: number, addr: number, len: number, flags: number) {
  const tcp = isInet(lx.k, own) && lx.k.i32[own + Socket.type] === SOCK.STREAM;
  if ((flags & MSG.OOB) !== 0 && !tcp) return -E.OPNOTSUPP;
  return addr === 0 || len === 0 ? CONNECTED : familyOf(lx, own).destination(lx, own, addr, len);
}

const sendto: Handler = (lx, fd, addr, len, flags, destAddr, destLen) => {
  const file = fileOf(lx, fd);
  const to = destination(lx, socketOf(lx.k, file), destAddr, destLen, flags);
  if (typeof to === 'number') return to;
  lx.mem.probe(addr, len, PAGE_READ);
  const { buf, off } = lx.mem.source(addr, len);
  return sendAll(lx, file, { buf, off, len, by: credentialsOf(lx), files: [], ...to }, flags);
};

// struct msghdr: name (8), namelen (4 + 4), iov (8), iovlen (8), control (8), controllen (8), flags (4 + 4)
const MSGHDR = 56;

interface MsgHeader {
  readonly name: number;
  readonly nameLen: number;
  readonly iov: number;
  readonly iovLen: number;
  readonly control: number;
  readonly controlLen: number;
}

function readHeader(lx: Lx, addr: number): MsgHeader {
  const { mem } = lx;
  mem.readable(addr, MSGHDR);
  return {
    name: mem.readU64(addr),
    nameLen: mem.readI32(addr + 8),
    iov: mem.readU64(addr + 16),
    iovLen: mem.readU64(addr + 24),
    control: mem.readU64(addr + 32),
    controlLen: mem.readU64(addr + 40),
  };
}

/** Most of a stream that one sendmsg takes. */
const GATHER_MAX = 16 << 20;

/** The bytes to send, together. Throws EMSGSIZE for a datagram that no socket could hold. */
function gather(lx: Lx, header: MsgHeader, stream: boolean): Uint8Array {
  let room = stream ? GATHER_MAX : BUFFER;
  const vectors = iovecsOf(lx, header).map(({ base, len }) => {
    lx.mem.probe(base, len, PAGE_READ);
    if (!stream && len > room) throw new KernelError(E.MSGSIZE);
    const kept = Math.min(len, room);
    room -= kept;
    return { base, len: kept };
  });
  const all = new Uint8Array(vectors.reduce((sum, { len }) => sum + len, 0));
  let at = 0;
  for (const { base, len } of vectors) {
    const { buf, off } = lx.mem.source(base, len);
    all.set(buf.subarray(off, off + len), at);
    at += len;
  }
  return all;
}

const IOV_MAX = 1024;

function iovecsOf(lx: Lx, header: MsgHeader): ReturnType<typeof readIoVecs> {
  if (header.iovLen > IOV_MAX) throw new KernelError(E.MSGSIZE);
  return readIoVecs(lx, header.iov, header.iovLen);
}

function doSendmsg(lx: Lx, fd: number, addr: number, flags: number): number {
  const file = fileOf(lx, fd);
  const header = readHeader(lx, addr);
  const to = destination(lx, socketOf(lx.k, file), header.name, header.nameLen, flags);
  if (typeof to === 'number') return to;
  const control = readControl(lx, header.control, header.controlLen);
  if (typeof control === 'number') return control;
  const type = lx.k.i32[socketOf(lx.k, file) + Socket.type];
  const buf = gather(lx, header, type === SOCK.STREAM);
  return sendAll(
    lx,
    file,
    { buf, off: 0, len: buf.length, by: control.by, files: control.files, ...to },
    flags,
  );
}

const sendmsg: Handler = (lx, fd, addr, flags) => doSendmsg(lx, fd, addr, flags);

// struct mmsghdr: msghdr, number of bytes (4 + 4)
const MMSGHDR = 64;

const sendmmsg: Handler = (lx, fd, addr, count, flags) => {
  const most = Math.min(count, IOV_MAX);
  for (let i = 0; i < most; i++) {
    const n = doSendmsg(lx, fd, addr + i * MMSGHDR, flags);
    if (n < 0) return i > 0 ? i : n;
    lx.mem.writeU32(addr + i * MMSGHDR + MSGHDR, n);
  }
  return most;
};

// ---- receiving

const newReceived = (): Received => ({ n: 0, length: 0, files: [], by: null, from: '' });

function receiveAll(
  lx: Lx,
  file: number,
  buf: Uint8Array,
  off: number,
  len: number,
  flags: number,
  into: Received,
): number {
  const { k } = lx;
  const own = socketOf(k, file);
  const peek = (flags & MSG.PEEK) !== 0;
  const wanted =
    k.i32[own + Socket.type] === SOCK.STREAM && (flags & MSG.WAITALL) !== 0 && !peek ? len : 1;
  const deadline = deadlineOf(lx, own, Socket.receiveTimeout);
  let done = 0;
  do {
    const attempt = (): number => receive(lx, own, buf, off + done, len - done, peek, into);
    const first = attempt();
    const wait = first === -E.AGAIN && !isNonblocking(lx, file, flags);
    const n = wait ? timed(blockUntil(lx, [k.i32[file + File.wait]], attempt, deadline)) : first;
    if (n <= 0) return done > 0 ? done : n;
    done += n;
    if (into.files.length > 0) return done;
  } while (done < wanted);
  return done;
}

const recvfrom: Handler = (lx, fd, addr, len, flags, fromAddr, lenAddr) => {
  const file = fileOf(lx, fd);
  const special = readsSpecial(lx, file, flags);
  if (special < 0) return special;
  const room = lx.mem.accessible(addr, len, PAGE_WRITE);
  if (room === 0 && len > 0) return -E.FAULT;
  const into = newReceived();
  lx.mem.writableSome(addr, room);
  const { buf, off, done } = lx.mem.target(addr, room);
  const n = receiveAll(lx, file, buf, off, room, flags, into);
  done(n);
  freeControl(lx, into);
  if (n < 0) return n;
  if (fromAddr !== 0) {
    const failed = writeSender(lx, file, fromAddr, lenAddr, into);
    if (failed < 0) return failed;
  }
  return (flags & MSG.TRUNC) !== 0 ? Math.max(n, into.length) : n;
};

/** A stream has no sender to name: the length becomes 0. */
function writeSender(lx: Lx, file: number, addr: number, lenAddr: number, into: Received): number {
  const own = socketOf(lx.k, file);
  if (lx.k.i32[own + Socket.type] === SOCK.STREAM && isInet(lx.k, own)) {
    if (lx.mem.readI32(lenAddr) < 0) return -E.INVAL;
    lx.mem.writeU32(lenAddr, 0);
    return 0;
  }
  return writeAddress(lx, addr, lenAddr, familyOf(lx, own).sender(lx, own, into.from));
}

/** Urgent data and errors have queues of their own, which are empty. */
function readsSpecial(lx: Lx, file: number, flags: number): number {
  const inet = isInet(lx.k, socketOf(lx.k, file));
  if ((flags & MSG.OOB) !== 0) return inet ? -E.INVAL : -E.OPNOTSUPP;
  return inet && (flags & MSG.ERRQUEUE) !== 0 ? -E.AGAIN : 0;
}

function doRecvmsg(lx: Lx, fd: number, addr: number, flags: number): number {
  const { mem } = lx;
  const file = fileOf(lx, fd);
  const header = readHeader(lx, addr);
  const special = readsSpecial(lx, file, flags);
  if (special < 0) return special;
  const vectors = iovecsOf(lx, header);
  for (const { base, len } of vectors) mem.probe(base, len, PAGE_WRITE);
  const buf = new Uint8Array(
    Math.min(
      vectors.reduce((sum, { len }) => sum + len, 0),
      4 * BUFFER,
    ),
  );
  const into = newReceived();
  const n = receiveAll(lx, file, buf, 0, buf.length, flags, into);
  if (n < 0) return n;
  scatter(lx, vectors, buf.subarray(0, n));
  let out = into.length > n && n === buf.length ? MSG.TRUNC : 0;
  const passCredentials = lx.k.i32[socketOf(lx.k, file) + Socket.options + SO.PASSCRED] !== 0;
  out |= deliverControl(
    lx,
    addr,
    header.control,
    header.controlLen,
    into,
    passCredentials,
    (flags & MSG.CMSG_CLOEXEC) !== 0,
  );
  if (header.name !== 0) writeSender(lx, file, header.name, addr + 8, into);
  else mem.writeU32(addr + 8, 0);
  mem.writeU32(addr + 48, out | (flags & MSG.CMSG_CLOEXEC));
  return (flags & MSG.TRUNC) !== 0 ? Math.max(n, into.length) : n;
}

function scatter(lx: Lx, vectors: ReturnType<typeof readIoVecs>, bytes: Uint8Array): void {
  let at = 0;
  for (const { base, len } of vectors) {
    const n = Math.min(len, bytes.length - at);
    if (n <= 0) return;
    lx.mem.write(base, bytes.subarray(at, at + n));
    at += n;
  }
}

const recvmsg: Handler = (lx, fd, addr, flags) => doRecvmsg(lx, fd, addr, flags);

const recvmmsg: Handler = (lx, fd, addr, count, flags, timeAddr) => {
  const ms = timeAddr === 0 ? Number.POSITIVE_INFINITY : readTimespec(lx, timeAddr);
  if (ms < 0) return ms;
  const end = performance.now() + ms;
  const most = Math.min(count, IOV_MAX);
  for (let i = 0; i < most; i++) {
    const later = i > 0 && (flags & MSG.WAITFORONE) !== 0 ? MSG.DONTWAIT : 0;
    const n = doRecvmsg(lx, fd, addr + i * MMSGHDR, (flags & ~MSG.WAITFORONE) | later);
    if (n < 0) return i > 0 ? i : n;
    lx.mem.writeU32(addr + i * MMSGHDR + MSGHDR, n);
    if (performance.now() >= end) return i + 1;
  }
  return most;
};

// ---- options

const setsockopt: Handler = (lx, fd, level, option, addr, len) => {
  const own = socketOf(lx.k, fileOf(lx, fd));
  if (level !== SOL_SOCKET) return setOtherOption(lx, own, level, option, addr, len);
  return setsockoptOf(lx, own, option, addr, len);
};

const getsockopt: Handler = (lx, fd, level, option, addr, lenAddr) => {
  const { k, mem } = lx;
  const own = socketOf(k, fileOf(lx, fd));
  const room = mem.readI32(lenAddr);
  if (room < 0) return -E.INVAL;
  if (level !== SOL_SOCKET) return getOtherOption(lx, own, level, option, addr, lenAddr, room);
  if (option === SO.RCVTIMEO || option === SO.SNDTIMEO) {
    writeTimeval(
      lx,
      addr,
      k.f64[(own + (option === SO.RCVTIMEO ? Socket.receiveTimeout : Socket.sendTimeout)) >> 1],
    );
    mem.writeU32(lenAddr, 16);
    return 0;
  }
  const words = optionOf(lx, own, option);
  if (typeof words === 'number') return words;
  const bytes = new Uint8Array(Int32Array.from(words).buffer).subarray(0, room);
  mem.write(addr, bytes);
  mem.writeU32(lenAddr, bytes.length);
  return 0;
};

// biome-ignore format: aligned rows
export const rows: readonly SyscallRow[] = [
  row(41,  'socket',      ['int', 'int', 'int'],                              socket,       'partial', 'emulated', 'no network but loopback'),
  row(42,  'connect',     ['fd', 'ptr', 'int'],                               connectCall,  'full',    'emulated'),
  row(43,  'accept',      ['fd', 'ptr', 'ptr'],                               acceptCall,   'full',    'emulated'),
  row(44,  'sendto',      ['fd', 'buf-in', 'size', 'hex', 'ptr', 'int'],      sendto,       'partial', 'emulated', 'no MSG_OOB'),
  row(45,  'recvfrom',    ['fd', 'buf-out', 'size', 'hex', 'ptr', 'ptr'],     recvfrom,     'partial', 'emulated', 'no MSG_OOB'),
  row(46,  'sendmsg',     ['fd', 'ptr', 'hex'],                               sendmsg,      'partial', 'emulated', 'no MSG_OOB'),
  row(47,  'recvmsg',     ['fd', 'ptr', 'hex'],                               recvmsg,      'partial', 'emulated', 'no MSG_OOB'),
  row(48,  'shutdown',    ['fd', 'int'],                                      shutdownCall, 'full',    'emulated'),
  row(49,  'bind',        ['fd', 'ptr', 'int'],                               bind,         'full',    'composed'),
  row(50,  'listen',      ['fd', 'int'],                                      listenCall,   'full',    'emulated'),
  row(51,  'getsockname', ['fd', 'ptr', 'ptr'],                               getsockname,  'full',    'emulated'),
  row(52,  'getpeername', ['fd', 'ptr', 'ptr'],                               getpeername,  'full',    'emulated'),
  row(53,  'socketpair',  ['int', 'int', 'int', 'ptr'],                       socketpair,   'partial', 'emulated', 'AF_UNIX only'),
  row(54,  'setsockopt',  ['fd', 'int', 'int', 'ptr', 'int'],                 setsockopt,   'partial', 'emulated', 'buffer sizes are kept, not enforced'),
  row(55,  'getsockopt',  ['fd', 'int', 'int', 'ptr', 'ptr'],                 getsockopt,   'partial', 'emulated', 'the options that AF_UNIX has'),
  row(288, 'accept4',     ['fd', 'ptr', 'ptr', 'hex'],                        accept4,      'full',    'emulated'),
  row(299, 'recvmmsg',    ['fd', 'ptr', 'uint', 'hex', 'ptr'],                recvmmsg,     'partial', 'emulated', 'no MSG_OOB'),
  row(307, 'sendmmsg',    ['fd', 'ptr', 'uint', 'hex'],                       sendmmsg,     'partial', 'emulated', 'no MSG_OOB'),
];
