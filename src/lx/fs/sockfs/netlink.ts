// AF_NETLINK with NETLINK_ROUTE, as far as getifaddrs(3) and ip(8) ask: the links, addresses and routes of lo. netlink(7),
// rtnetlink(7). A request is answered at once: the answer lies in the sender's own socket.
import { E } from '../../abi/errno.ts';
import {
  ARPHRD_LOOPBACK,
  LO_LINK_FLAGS,
  LO_MTU,
  NLM_F,
  NLMSG,
  RTM,
  SOCKADDR,
} from '../../abi/inet.ts';
import { AF } from '../../abi/socket.ts';
import type { Lx } from '../../kernel/lx.ts';
import { pidOf } from '../../kernel/process.ts';
import { deliverLocked, Socket } from './socket.ts';
import { type Outgoing, registerDatagrams } from './transfer.ts';

const HEADER = 16; // struct nlmsghdr: length (4), type (2), flags (2), sequence (4), port (4)
const align = (n: number): number => (n + 3) & ~3;

type Bytes = readonly number[];
const u16 = (value: number): number[] => [value & 0xff, (value >> 8) & 0xff];
const u32 = (value: number): number[] => [...u16(value & 0xffff), ...u16(value >>> 16)];

/** struct rtattr: length (2), type (2), data. */
function attribute(type: number, data: Bytes): number[] {
  const length = 4 + data.length;
  return [...u16(length), ...u16(type), ...data, ...Array(align(length) - length).fill(0)];
}

const LO = [108, 111, 0];
const V4 = [127, 0, 0, 1];
const V6 = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
const FOREVER = [...u32(-1), ...u32(-1), ...u32(0), ...u32(0)];

/** struct ifinfomsg: family, pad, type (2), index, flags, change (4 each); IFLA_*. */
const links = (): number[][] => [
  // biome-ignore format: one attribute a line
  [
    0, 0, ...u16(ARPHRD_LOOPBACK), ...u32(1), ...u32(LO_LINK_FLAGS), ...u32(0),
    ...attribute(3, LO),                       // IFNAME
    ...attribute(13, u32(1000)),               // TXQLEN
    ...attribute(16, [0]),                     // OPERSTATE: unknown
    ...attribute(4, u32(LO_MTU)),              // MTU
    ...attribute(6, [...'noqueue\0'].map((c) => c.charCodeAt(0))), // QDISC
    ...attribute(1, [0, 0, 0, 0, 0, 0]),       // ADDRESS
    ...attribute(2, [0, 0, 0, 0, 0, 0]),       // BROADCAST
  ],
];

/** struct ifaddrmsg: family, prefix length, flags (permanent), scope (host), index (4); IFA_*. */
const addresses = (family: number): number[][] => {
  const v4 = [AF.INET, 8, 0x80, 254, ...u32(1), ...attribute(1, V4), ...attribute(2, V4)];
  v4.push(...attribute(3, LO), ...attribute(8, u32(0x80)), ...attribute(6, FOREVER));
  const v6 = [AF.INET6, 128, 0x80, 254, ...u32(1), ...attribute(1, V6)];
  v6.push(...attribute(6, FOREVER), ...attribute(8, u32(0x80)));
  return [...(family === AF.INET6 ? [] : [v4]), ...(family === AF.INET ? [] : [v6])];
};

const replies: Record<number, readonly [type: number, make: (family: number) => number[][]]> = {
  [RTM.GETLINK]: [RTM.NEWLINK, links],
  [RTM.GETADDR]: [RTM.NEWADDR, addresses],
  [RTM.GETROUTE]: [RTM.NEWROUTE, () => []],
};

function message(type: number, flags: number, sequence: number, port: number, body: Bytes) {
  const length = HEADER + body.length;
  return [...u32(length), ...u16(type), ...u16(flags), ...u32(sequence), ...u32(port), ...body];
}

function send(lx: Lx, socket: number, out: Outgoing): number {
  const { k } = lx;
  const view = new DataView(out.buf.buffer, out.buf.byteOffset + out.off, out.len);
  if (k.i32[socket + Socket.port] === 0) k.i32[socket + Socket.port] = pidOf(lx);
  const port = k.i32[socket + Socket.port];
  for (let at = 0; at + HEADER <= out.len; ) {
    const length = view.getUint32(at, true);
    if (length < HEADER || at + length > out.len) break;
    const type = view.getUint16(at + 4, true);
    const dump = (view.getUint16(at + 6, true) & NLM_F.DUMP) !== 0;
    const sequence = view.getUint32(at + 8, true);
    const family = length > HEADER ? view.getUint8(at + HEADER) : 0;
    answer(lx, socket, { type, dump, sequence, port, family });
    at += align(length);
  }
  return out.len;
}
registerDatagrams(AF.NETLINK, send);

interface Request {
  readonly type: number;
  readonly dump: boolean;
  readonly sequence: number;
  readonly port: number;
  readonly family: number;
}

function answer(lx: Lx, socket: number, { type, dump, sequence, port, family }: Request): void {
  const reply = replies[type];
  const bodies = reply === undefined ? [] : reply[1](family);
  const flags = dump ? NLM_F.MULTI : 0;
  const all = bodies.flatMap((body) => message(reply[0], flags, sequence, port, body));
  if (reply === undefined) {
    const error = [...u32(-E.OPNOTSUPP), ...message(type, 0, sequence, port, [])];
    deliver(lx, socket, message(NLMSG.ERROR, 0, sequence, port, error));
    return;
  }
  if (all.length > 0) deliver(lx, socket, all);
  if (dump) deliver(lx, socket, message(NLMSG.DONE, flags, sequence, port, u32(0)));
}

function deliver(lx: Lx, socket: number, bytes: Bytes): void {
  const { k } = lx;
  const kernel = { pid: 0, uid: 0, gid: 0 };
  const buf = Uint8Array.from(bytes);
  k.locked(() => deliverLocked(k, socket, buf, 0, buf.length, kernel, [], '\0\0\0\0'));
}

/** struct sockaddr_nl: family, pad (2 each), port, groups (4 each). */
export function netlinkAddress(port: number): Uint8Array {
  return Uint8Array.from([AF.NETLINK, 0, 0, 0, ...u32(port), ...u32(0)]);
}

/** bind(2): port 0 is the process's id. */
export function bindNetlink(lx: Lx, socket: number, addr: number, len: number): number {
  if (len < SOCKADDR.NL) return -E.INVAL;
  if (lx.mem.readU16(addr) !== AF.NETLINK) return -E.INVAL;
  lx.k.i32[socket + Socket.port] = lx.mem.readI32(addr + 4) || pidOf(lx);
  return 0;
}
