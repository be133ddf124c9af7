// linux/wait.h, bits/waitstatus.h.

// biome-ignore format: aligned rows
export const W = {
  NOHANG: 1, UNTRACED: 2, STOPPED: 2, EXITED: 4, CONTINUED: 8, NOWAIT: 0x100_0000,
  NOTHREAD: 0x2000_0000, ALL: 0x4000_0000, CLONE: -0x8000_0000,
} as const;

export const P = { ALL: 0, PID: 1, PGID: 2, PIDFD: 3 } as const;

/** Wait status words. */
export const exitedStatus = (code: number): number => (code & 0xff) << 8;
export const stoppedStatus = (signal: number): number => (signal << 8) | 0x7f;
export const CONTINUED_STATUS = 0xffff;
export const CORE_FLAG = 0x80;
