// Socket options of TCP, UDP, IP and IPv6. Loopback inside one kernel has no packets that they could change: they are
// checked, remembered and answered.
import { E } from '../abi/errno.ts';
import { IPPROTO } from '../abi/inet.ts';
import { isInet, KeptOption, Socket } from '../fs/sockfs/socket.ts';
import type { Lx } from '../kernel/lx.ts';

/** Options that are ints, with the value they have at first. */
// biome-ignore format: one level a row
const OPTIONS: Record<number, Record<number, number>> = {
  // NODELAY MAXSEG CORK KEEPIDLE KEEPINTVL KEEPCNT SYNCNT LINGER2 DEFER_ACCEPT WINDOW_CLAMP QUICKACK THIN_LINEAR_TIMEOUTS
  // USER_TIMEOUT FASTOPEN TIMESTAMP NOTSENT_LOWAT FASTOPEN_CONNECT
  [IPPROTO.TCP]: { 1: 0, 2: 536, 3: 0, 4: 7200, 5: 75, 6: 9, 7: 6, 8: 60, 9: 0, 10: 0, 12: 1, 16: 0, 18: 0, 23: 0, 24: 0, 25: 0, 30: 0 },
  // CORK ENCAP NO_CHECK6_TX NO_CHECK6_RX SEGMENT GRO
  [IPPROTO.UDP]: { 1: 0, 100: 0, 101: 0, 102: 0, 103: 0, 104: 0 },
  // TOS TTL HDRINCL ROUTER_ALERT RECVOPTS RETOPTS PKTINFO MTU_DISCOVER RECVERR RECVTTL RECVTOS MTU FREEBIND TRANSPARENT
  // MINTTL BIND_ADDRESS_NO_PORT MULTICAST_IF MULTICAST_TTL MULTICAST_LOOP MULTICAST_ALL
  [IPPROTO.IP]: { 1: 0, 2: 64, 3: 0, 5: 0, 6: 0, 7: 0, 8: 0, 10: 1, 11: 0, 12: 0, 13: 0, 14: 65535, 15: 0, 19: 0, 21: 0, 24: 0, 32: 0, 33: 1, 34: 1, 49: 1 },
  // UNICAST_HOPS MULTICAST_IF MULTICAST_HOPS MULTICAST_LOOP MTU_DISCOVER MTU RECVERR V6ONLY RECVPKTINFO RECVHOPLIMIT RECVTCLASS
  // TCLASS
  [IPPROTO.IPV6]: { 16: 64, 17: 0, 18: 1, 19: 1, 23: 1, 24: 65536, 25: 0, 26: 0, 49: 0, 51: 0, 66: 0, 67: 0 },
};

/** Does the level belong to the socket? */
function hasLevel(lx: Lx, socket: number, level: number): boolean {
  if (level === IPPROTO.IP) return true;
  if (level === IPPROTO.IPV6) return lx.k.i32[socket + Socket.family] !== 2;
  return level === lx.k.i32[socket + Socket.protocol];
}

function keptLocked(lx: Lx, socket: number, level: number, option: number): number {
  const { i32 } = lx.k;
  let kept = i32[socket + Socket.kept];
  while (
    kept !== 0 &&
    (i32[kept + KeptOption.level] !== level || i32[kept + KeptOption.option] !== option)
  )
    kept = i32[kept + KeptOption.next];
  return kept;
}

export function setOtherOption(
  lx: Lx,
  socket: number,
  level: number,
  option: number,
  addr: number,
  len: number,
): number {
  const { k, mem } = lx;
  const { i32 } = k;
  if (!isInet(k, socket)) return -E.OPNOTSUPP;
  const known = OPTIONS[level]?.[option];
  if (!hasLevel(lx, socket, level)) return -E.NOPROTOOPT;
  if (level === IPPROTO.TCP && option === TCP_CONGESTION) return 0;
  if (level !== IPPROTO.IP && len < 4) return known === undefined ? -E.NOPROTOOPT : -E.INVAL;
  if (len < 0 || len === 0) return -E.INVAL;
  const value = len >= 4 ? mem.readI32(addr) : mem.readU8(addr);
  if (known === undefined) return -E.NOPROTOOPT;
  k.locked(() => {
    let kept = keptLocked(lx, socket, level, option);
    if (kept === 0) {
      kept = k.allocLocked(KeptOption.SIZE);
      i32[kept + KeptOption.level] = level;
      i32[kept + KeptOption.option] = option;
      i32[kept + KeptOption.next] = i32[socket + Socket.kept];
      i32[socket + Socket.kept] = kept;
    }
    i32[kept + KeptOption.value] = value;
  });
  return 0;
}

const TCP_INFO = 11;
const TCP_CONGESTION = 13;
const TCP_INFO_SIZE = 232;

export function getOtherOption(
  lx: Lx,
  socket: number,
  level: number,
  option: number,
  addr: number,
  lenAddr: number,
  room: number,
): number {
  const { k, mem } = lx;
  if (!isInet(k, socket)) return -E.OPNOTSUPP;
  if (!hasLevel(lx, socket, level)) return -E.OPNOTSUPP;
  const bytes = optionBytes(lx, socket, level, option);
  if (bytes === undefined) return -E.NOPROTOOPT;
  const out = bytes.subarray(0, room);
  mem.write(addr, out);
  mem.writeU32(lenAddr, out.length);
  return 0;
}

function optionBytes(
  lx: Lx,
  socket: number,
  level: number,
  option: number,
): Uint8Array | undefined {
  const { k } = lx;
  if (level === IPPROTO.TCP && option === TCP_CONGESTION)
    return Uint8Array.from('cubic\0\0\0\0\0\0\0\0\0\0\0', (char) => char.charCodeAt(0));
  if (level === IPPROTO.TCP && option === TCP_INFO) return tcpInfo(lx, socket);
  const first = OPTIONS[level]?.[option];
  if (first === undefined) return undefined;
  const kept = k.locked(() => keptLocked(lx, socket, level, option));
  const value = kept === 0 ? first : k.i32[kept + KeptOption.value];
  return new Uint8Array(Int32Array.of(value).buffer);
}

/** struct tcp_info begins with the state: 1 established, 7 closed, 10 listening. */
function tcpInfo(lx: Lx, socket: number): Uint8Array {
  const info = new Uint8Array(TCP_INFO_SIZE);
  info[0] = [7, 10, 1, 8][lx.k.i32[socket + Socket.state]];
  return info;
}
