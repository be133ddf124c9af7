// seccomp(2): linux/seccomp.h, linux/filter.h, linux/audit.h.
export const SECCOMP_MODE = { DISABLED: 0, STRICT: 1, FILTER: 2 } as const;
export const SECCOMP_OP = { STRICT: 0, FILTER: 1, ACTION_AVAIL: 2, NOTIF_SIZES: 3 } as const;
// biome-ignore format: aligned rows
export const SECCOMP_FLAG = { TSYNC: 1, LOG: 2, SPEC_ALLOW: 4, NEW_LISTENER: 8, TSYNC_ESRCH: 16 } as const;
/** Upper half of what a filter returns. */
// biome-ignore format: aligned rows
export const SECCOMP_RET = {
  KILL_PROCESS: 0x8000, KILL_THREAD: 0, TRAP: 3, ERRNO: 5, USER_NOTIF: 0x7fc0, TRACE: 0x7ff0, LOG: 0x7ffc, ALLOW: 0x7fff,
} as const;
export const AUDIT_ARCH_X86_64 = 0xc000_003e;
export const SYS_SECCOMP = 1;
/** struct seccomp_data: nr, arch (4 each), instruction pointer, six arguments (8 each). */
export const SECCOMP_DATA_SIZE = 64;
/** Most instructions of one filter. */
export const BPF_MAXINSNS = 4096;
