// linux/sched.h: clone flags.

// biome-ignore format: aligned rows
export const CLONE = {
  VM: 0x100, FS: 0x200, FILES: 0x400, SIGHAND: 0x800, PIDFD: 0x1000, PTRACE: 0x2000, VFORK: 0x4000, PARENT: 0x8000,
  THREAD: 0x10000, NEWNS: 0x20000, SYSVSEM: 0x40000, SETTLS: 0x80000, PARENT_SETTID: 0x100000,
  CHILD_CLEARTID: 0x200000, DETACHED: 0x400000, UNTRACED: 0x800000, CHILD_SETTID: 0x1000000, NEWCGROUP: 0x2000000,
  NEWUTS: 0x4000000, NEWIPC: 0x8000000, NEWUSER: 0x10000000, NEWPID: 0x20000000, NEWNET: 0x40000000, IO: 0x80000000,
} as const;
/** Above 32 bits, clone3 only. */
export const CLONE_CLEAR_SIGHAND = 0x1_0000_0000;
export const CLONE_INTO_CGROUP = 0x2_0000_0000;

// linux/sched.h, linux/sched/types.h: policies and flags of struct sched_attr.
export const SCHED = { OTHER: 0, FIFO: 1, RR: 2, BATCH: 3, IDLE: 5, DEADLINE: 6, EXT: 7 } as const;
export const SCHED_RESET_ON_FORK = 0x4000_0000;
// biome-ignore format: aligned rows
export const SCHED_FLAG = { RESET_ON_FORK: 1, RECLAIM: 2, DL_OVERRUN: 4, KEEP_POLICY: 8, KEEP_PARAMS: 16 } as const;
/** Size of the first struct sched_attr, and of the present one. */
export const SCHED_ATTR = { FIRST: 48, LATEST: 56 } as const;
export const RT_PRIORITY_MAX = 99;

/** linux/ioprio.h: an I/O priority is class << 13 | hints << 3 | level. */
export const IOPRIO = { NONE: 0, RT: 1, BE: 2, IDLE: 3, SHIFT: 13, LEVELS: 8 } as const;
