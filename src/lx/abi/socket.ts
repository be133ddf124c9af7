// linux/socket.h, asm-generic/socket.h, linux/un.h. Numbers only.

export const AF = { UNSPEC: 0, UNIX: 1, INET: 2, INET6: 10, NETLINK: 16, PACKET: 17 } as const;
export const AF_MAX = 46;

export const SOCK = {
  STREAM: 1,
  DGRAM: 2,
  RAW: 3,
  SEQPACKET: 5,
  TYPE_MASK: 0xf,
  NONBLOCK: 0x800,
  CLOEXEC: 0x80000,
} as const;

export const SOL_SOCKET = 1;

// biome-ignore format: aligned rows
export const SO = {
  DEBUG: 1, REUSEADDR: 2, TYPE: 3, ERROR: 4, DONTROUTE: 5, BROADCAST: 6, SNDBUF: 7, RCVBUF: 8, KEEPALIVE: 9,
  OOBINLINE: 10, NO_CHECK: 11, PRIORITY: 12, LINGER: 13, REUSEPORT: 15, PASSCRED: 16, PEERCRED: 17, RCVLOWAT: 18,
  SNDLOWAT: 19, RCVTIMEO: 20, SNDTIMEO: 21, TIMESTAMP: 29, ACCEPTCONN: 30, PEERSEC: 31, SNDBUFFORCE: 32,
  RCVBUFFORCE: 33, PASSSEC: 34, MARK: 36, PROTOCOL: 38, DOMAIN: 39, PEEK_OFF: 42, PEERGROUPS: 59,
} as const;

// biome-ignore format: aligned rows
export const MSG = {
  OOB: 0x1, PEEK: 0x2, DONTROUTE: 0x4, CTRUNC: 0x8, TRUNC: 0x20, DONTWAIT: 0x40, EOR: 0x80, WAITALL: 0x100,
  ERRQUEUE: 0x2000, NOSIGNAL: 0x4000, MORE: 0x8000, WAITFORONE: 0x10000, CMSG_CLOEXEC: 0x4000_0000,
} as const;

export const SCM = { RIGHTS: 1, CREDENTIALS: 2 } as const;
/** Descriptors in one message, at most. */
export const SCM_MAX_FD = 253;

export const SHUT = { RD: 0, WR: 1, RDWR: 2 } as const;
export const SUN_PATH_MAX = 108;
export const SOMAXCONN = 4096;
