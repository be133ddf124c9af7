// linux/in.h, linux/in6.h, linux/if.h, linux/sockios.h, linux/netlink.h, linux/rtnetlink.h. Numbers only.

export const IPPROTO = { IP: 0, ICMP: 1, TCP: 6, UDP: 17, IPV6: 41, ICMPV6: 58 } as const;
export const SOCKADDR = { IN: 16, IN6: 28, IN6_MIN: 24, NL: 12 } as const;
export const IPV6_V6ONLY = 26;
/** net.ipv4.ip_local_port_range */
export const EPHEMERAL = { FIRST: 32768, LAST: 60999 } as const;
export const PRIVILEGED_PORTS = 1024;
/** Most that a UDP datagram over IPv4 carries. */
export const UDP_MAX = 65507;

// biome-ignore format: aligned rows
export const SIOC = {
  ATMARK: 0x8905, GIFNAME: 0x8910, GIFCONF: 0x8912, GIFFLAGS: 0x8913, SIFFLAGS: 0x8914, GIFADDR: 0x8915, GIFDSTADDR: 0x8917,
  GIFBRDADDR: 0x8919, GIFNETMASK: 0x891b, GIFMETRIC: 0x891d, GIFMTU: 0x8921, GIFHWADDR: 0x8927, GIFINDEX: 0x8933,
  GIFTXQLEN: 0x8942,
} as const;
/** IFF_UP | IFF_LOOPBACK | IFF_RUNNING, and as RTM_GETLINK has it (with IFF_LOWER_UP). */
export const LO_FLAGS = 0x49;
export const LO_LINK_FLAGS = 0x10049;
export const LO_MTU = 65536;
export const ARPHRD_LOOPBACK = 772;

export const NLMSG = { ERROR: 2, DONE: 3 } as const;
export const NLM_F = { MULTI: 2, DUMP: 0x300 } as const;
// biome-ignore format: aligned rows
export const RTM = { NEWLINK: 16, GETLINK: 18, NEWADDR: 20, GETADDR: 22, NEWROUTE: 24, GETROUTE: 26 } as const;
