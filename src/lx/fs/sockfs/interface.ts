// The one network interface there is, lo, as the ioctls of netdevice(7) show it. struct ifreq: name (16), a union (24).
import { E } from '../../abi/errno.ts';
import { ARPHRD_LOOPBACK, LO_FLAGS, LO_MTU, SIOC } from '../../abi/inet.ts';
import { AF } from '../../abi/socket.ts';
import type { Lx } from '../../kernel/lx.ts';

const NAME = 16;
const IFREQ = 40;
const LOOPBACK = [127, 0, 0, 1];

const sockaddr = (bytes: readonly number[]): Uint8Array =>
  Uint8Array.from([AF.INET, 0, 0, 0, ...bytes, 0, 0, 0, 0, 0, 0, 0, 0]);
const words = (...values: number[]): Uint8Array => new Uint8Array(Int32Array.from(values).buffer);

/** What each request puts into the union. */
const answers: Record<number, () => Uint8Array> = {
  [SIOC.GIFFLAGS]: () => words(LO_FLAGS).subarray(0, 2),
  [SIOC.GIFADDR]: () => sockaddr(LOOPBACK),
  [SIOC.GIFDSTADDR]: () => sockaddr(LOOPBACK),
  [SIOC.GIFBRDADDR]: () => sockaddr([0, 0, 0, 0]),
  [SIOC.GIFNETMASK]: () => sockaddr([255, 0, 0, 0]),
  [SIOC.GIFMETRIC]: () => words(0),
  [SIOC.GIFMTU]: () => words(LO_MTU),
  [SIOC.GIFTXQLEN]: () => words(1000),
  [SIOC.GIFINDEX]: () => words(1),
  [SIOC.GIFHWADDR]: () =>
    Uint8Array.from([ARPHRD_LOOPBACK & 0xff, ARPHRD_LOOPBACK >> 8, 0, 0, 0, 0, 0, 0]),
};

export function interfaceIoctl(lx: Lx, request: number, arg: number): number {
  const { mem } = lx;
  switch (request) {
    case SIOC.ATMARK:
      mem.writeU32(arg, 0);
      return 0;
    case SIOC.GIFCONF:
      return listAll(lx, arg);
    case SIOC.GIFNAME:
      if (mem.readI32(arg + NAME) !== 1) return -E.NODEV;
      mem.write(arg, name());
      return 0;
    case SIOC.SIFFLAGS:
      return mem.cstring(arg, NAME) === 'lo' ? -E.PERM : -E.NODEV;
    default:
      break;
  }
  const answer = answers[request];
  if (answer === undefined) return -E.NOTTY;
  const wanted = String.fromCharCode(...mem.bytes(arg, NAME)).replace(/\0.*/s, '');
  if (wanted !== 'lo') return -E.NODEV;
  mem.write(arg + NAME, answer());
  return 0;
}

function name(): Uint8Array {
  const bytes = new Uint8Array(NAME);
  bytes.set([108, 111]); // lo
  return bytes;
}

/** struct ifconf: length (4 + 4), buffer (8); without a buffer the length needed is answered. */
function listAll(lx: Lx, arg: number): number {
  const { mem } = lx;
  const room = mem.readI32(arg);
  const buffer = mem.readU64(arg + 8);
  const fits = buffer === 0 || room >= IFREQ;
  if (buffer !== 0 && fits) {
    mem.write(buffer, name());
    mem.write(buffer + NAME, sockaddr(LOOPBACK));
    mem.write(buffer + NAME + 16, new Uint8Array(8));
  }
  mem.writeU32(arg, fits ? IFREQ : 0);
  return 0;
}
