// linux/ipc.h, linux/sem.h, linux/msg.h: numbers of SysV IPC.

export const IPC_PRIVATE = 0;

// biome-ignore format: aligned rows
export const IPC = {
  CREAT: 0o1000, EXCL: 0o2000, NOWAIT: 0o4000,
  RMID: 0, SET: 1, STAT: 2, INFO: 3,
} as const;

// biome-ignore format: aligned rows
export const SEM = {
  GETPID: 11, GETVAL: 12, GETALL: 13, GETNCNT: 14, GETZCNT: 15, SETVAL: 16, SETALL: 17,
  STAT: 18, INFO: 19, STAT_ANY: 20,
  UNDO: 0x1000,
} as const;

/** Limits of semaphores, as /proc/sys/kernel/sem has them. */
export const SEMLIM = { MSL: 32000, MNS: 1024000000, OPM: 500, MNI: 32000, VMX: 32767, AEM: 32767 };

// biome-ignore format: aligned rows
export const MSGQ = {
  STAT: 11, INFO: 12, STAT_ANY: 13,
  NOERROR: 0o10000, EXCEPT: 0o20000, COPY: 0o40000,
} as const;

/** Limits of message queues: bytes of a message, bytes of a queue, queues. */
export const MSGLIM = { MAX: 8192, MNB: 16384, MNI: 32000 };

// biome-ignore format: aligned rows
export const SHM = {
  LOCK: 11, UNLOCK: 12, STAT: 13, INFO: 14, STAT_ANY: 15,
  HUGETLB: 0o4000,
  RDONLY: 0o10000, RND: 0o20000, REMAP: 0o40000, EXEC: 0o100000, // shmat
  DEST: 0o1000, LOCKED: 0o2000,                                  // in the mode
} as const;

/** Limits of shared memory, as /proc/sys/kernel has them: bytes of a segment (2^64 − 2^24 − 1), segments, pages in all. */
export const SHMLIM = { MAX: 2 ** 64 - 2 ** 24, MNI: 4096, ALL: 2 ** 64 - 2 ** 24 };
