// asm-generic/termbits.h, asm-generic/ioctls.h. Numbers only.

// biome-ignore format: aligned rows
export const IFLAG = {
  IGNBRK: 0o1, BRKINT: 0o2, IGNPAR: 0o4, PARMRK: 0o10, INPCK: 0o20, ISTRIP: 0o40, INLCR: 0o100, IGNCR: 0o200,
  ICRNL: 0o400, IUCLC: 0o1000, IXON: 0o2000, IXANY: 0o4000, IXOFF: 0o10000, IMAXBEL: 0o20000, IUTF8: 0o40000,
} as const;

// biome-ignore format: aligned rows
export const OFLAG = {
  OPOST: 0o1, OLCUC: 0o2, ONLCR: 0o4, OCRNL: 0o10, ONOCR: 0o20, ONLRET: 0o40, TABDLY: 0o14000, XTABS: 0o14000,
} as const;

// biome-ignore format: aligned rows
export const LFLAG = {
  ISIG: 0o1, ICANON: 0o2, ECHO: 0o10, ECHOE: 0o20, ECHOK: 0o40, ECHONL: 0o100, NOFLSH: 0o200, TOSTOP: 0o400,
  ECHOCTL: 0o1000, ECHOPRT: 0o2000, ECHOKE: 0o4000, IEXTEN: 0o100000,
} as const;

/** Indexes of c_cc. */
// biome-ignore format: aligned rows
export const CC = {
  VINTR: 0, VQUIT: 1, VERASE: 2, VKILL: 3, VEOF: 4, VTIME: 5, VMIN: 6, VSWTC: 7, VSTART: 8, VSTOP: 9, VSUSP: 10,
  VEOL: 11, VREPRINT: 12, VDISCARD: 13, VWERASE: 14, VLNEXT: 15, VEOL2: 16,
} as const;
export const NCCS = 19;

/** c_cflag of a new terminal: B38400 | CS8 | CREAD. */
export const CFLAG_DEFAULT = 0o277;
export const SPEED_DEFAULT = 38400;

// biome-ignore format: aligned rows
export const TTY = {
  TCGETS: 0x5401, TCSETS: 0x5402, TCSETSW: 0x5403, TCSETSF: 0x5404, TCSBRK: 0x5409, TCXONC: 0x540a, TCFLSH: 0x540b,
  TIOCEXCL: 0x540c, TIOCNXCL: 0x540d, TIOCSCTTY: 0x540e, TIOCGPGRP: 0x540f, TIOCSPGRP: 0x5410, TIOCOUTQ: 0x5411,
  TIOCSTI: 0x5412, TIOCGWINSZ: 0x5413, TIOCSWINSZ: 0x5414, FIONREAD: 0x541b, TIOCPKT: 0x5420, TIOCNOTTY: 0x5422,
  TIOCGETD: 0x5424, TCSBRKP: 0x5425, TIOCGSID: 0x5429, TIOCGPTN: 0x8004_5430, TIOCSPTLCK: 0x4004_5431,
  TIOCGPTLCK: 0x8004_5439, TIOCGPTPEER: 0x5441, TIOCVHANGUP: 0x5437, TCGETS2: 0x802c_542a, TCSETS2: 0x402c_542b,
  TCSETSW2: 0x402c_542c, TCSETSF2: 0x402c_542d, TIOCMGET: 0x5415,
} as const;
