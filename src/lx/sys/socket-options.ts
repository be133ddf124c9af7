// Socket options: setsockopt(2), getsockopt(2), socket(7).
import { E } from '../abi/errno.ts';
import { SO } from '../abi/socket.ts';
import { BUFFER, Socket, SocketState } from '../fs/sockfs/socket.ts';
import { takeErrorLocked } from '../fs/sockfs/transfer.ts';
import type { Lx } from '../kernel/lx.ts';
import { readTimeval } from './time.ts';

const KEPT: readonly number[] = [
  SO.DEBUG,
  SO.REUSEADDR,
  SO.DONTROUTE,
  SO.BROADCAST,
  SO.KEEPALIVE,
  SO.OOBINLINE,
  SO.NO_CHECK,
  SO.PRIORITY,
  SO.REUSEPORT,
  SO.PASSCRED,
  SO.RCVLOWAT,
  SO.TIMESTAMP,
  SO.PASSSEC,
  SO.MARK,
];
const MIN_BUFFER = 2304;

/** Sets an option of level SOL_SOCKET. */
export function setsockoptOf(
  lx: Lx,
  own: number,
  option: number,
  addr: number,
  len: number,
): number {
  const { k, mem } = lx;
  if (option === SO.RCVTIMEO || option === SO.SNDTIMEO) {
    if (len < 16) return -E.INVAL;
    const ms = readTimeval(lx, addr);
    if (ms < 0) return -E.DOM;
    k.f64[(own + (option === SO.RCVTIMEO ? Socket.receiveTimeout : Socket.sendTimeout)) >> 1] = ms;
    return 0;
  }
  if (option === SO.LINGER) {
    if (len < 8) return -E.INVAL;
    k.i32[own + Socket.options + SO.LINGER] = mem.readI32(addr) !== 0 ? 1 : 0;
    k.i32[own + Socket.linger] = mem.readI32(addr + 4);
    return 0;
  }
  if (len < 4) return -E.INVAL;
  const value = mem.readI32(addr);
  if (
    option === SO.SNDBUF ||
    option === SO.RCVBUF ||
    option === SO.SNDBUFFORCE ||
    option === SO.RCVBUFFORCE
  ) {
    const kept =
      option === SO.SNDBUFFORCE ? SO.SNDBUF : option === SO.RCVBUFFORCE ? SO.RCVBUF : option;
    k.i32[own + Socket.options + kept] = Math.max(MIN_BUFFER, Math.min(value, BUFFER) * 2);
    return 0;
  }
  if (!KEPT.includes(option)) return -E.NOPROTOOPT;
  const isNumber = option === SO.PRIORITY || option === SO.RCVLOWAT || option === SO.MARK;
  k.i32[own + Socket.options + option] = isNumber ? value : value !== 0 ? 1 : 0;
  return 0;
}

/** Value of an option as 32-bit words, or −errno. */
export function optionOf(lx: Lx, own: number, option: number): number[] | number {
  const { k } = lx;
  const { i32 } = k;
  switch (option) {
    case SO.TYPE:
      return [i32[own + Socket.type]];
    case SO.ERROR:
      return [k.locked(() => takeErrorLocked(k, own))];
    case SO.ACCEPTCONN:
      return [i32[own + Socket.state] === SocketState.listening ? 1 : 0];
    case SO.DOMAIN:
      return [i32[own + Socket.family]];
    case SO.PROTOCOL:
      return [i32[own + Socket.protocol]];
    case SO.PEEK_OFF:
      return [0];
    case SO.SNDBUF:
    case SO.RCVBUF:
      return [i32[own + Socket.options + option] || BUFFER];
    case SO.RCVLOWAT:
    case SO.SNDLOWAT:
      return [i32[own + Socket.options + option] || 1];
    case SO.LINGER:
      return [i32[own + Socket.options + SO.LINGER], i32[own + Socket.linger]];
    case SO.PEERCRED: {
      const known = i32[own + Socket.peerPid] !== 0;
      return [
        i32[own + Socket.peerPid],
        known ? i32[own + Socket.peerUid] : -1,
        known ? i32[own + Socket.peerGid] : -1,
      ];
    }
    default:
      return KEPT.includes(option) ? [i32[own + Socket.options + option]] : -E.NOPROTOOPT;
  }
}
