// linux/capability.h: numbers of the capabilities that lxcore asks for.

// biome-ignore format: aligned rows
export const CAP = {
  CHOWN: 0, DAC_OVERRIDE: 1, DAC_READ_SEARCH: 2, FOWNER: 3, FSETID: 4, KILL: 5, SETGID: 6, SETUID: 7, SETPCAP: 8,
  LINUX_IMMUTABLE: 9, NET_BIND_SERVICE: 10, NET_ADMIN: 12, NET_RAW: 13, IPC_LOCK: 14, IPC_OWNER: 15, SYS_MODULE: 16,
  SYS_RAWIO: 17, SYS_CHROOT: 18, SYS_PTRACE: 19, SYS_PACCT: 20, SYS_ADMIN: 21, SYS_BOOT: 22, SYS_NICE: 23,
  SYS_RESOURCE: 24, SYS_TIME: 25, SYS_TTY_CONFIG: 26, MKNOD: 27, LEASE: 28, SYSLOG: 34,
} as const;

/** CAP_CHECKPOINT_RESTORE, the last one that Linux 6.1 knows. */
export const CAP_LAST = 40;

/** prctl(PR_SET_SECUREBITS): each bit's neighbour above locks it. */
export const SECBIT = {
  NOROOT: 1,
  NO_SETUID_FIXUP: 4,
  KEEP_CAPS: 16,
  NO_CAP_AMBIENT_RAISE: 64,
} as const;
