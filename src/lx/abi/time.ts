// linux/time.h, linux/timerfd.h: clocks, timers. Numbers only.

// biome-ignore format: aligned rows
export const CLOCK = {
  REALTIME: 0, MONOTONIC: 1, PROCESS_CPUTIME_ID: 2, THREAD_CPUTIME_ID: 3, MONOTONIC_RAW: 4, REALTIME_COARSE: 5,
  MONOTONIC_COARSE: 6, BOOTTIME: 7, REALTIME_ALARM: 8, BOOTTIME_ALARM: 9, TAI: 11,
} as const;

export const TIMER_ABSTIME = 1;
export const ITIMER = { REAL: 0, VIRTUAL: 1, PROF: 2 } as const;
export const SIGEV = { SIGNAL: 0, NONE: 1, THREAD: 2, THREAD_ID: 4 } as const;
export const TFD = {
  NONBLOCK: 0x800,
  CLOEXEC: 0x80000,
  TIMER_ABSTIME: 1,
  TIMER_CANCEL_ON_SET: 2,
} as const;
/** Resolution of the coarse clocks, in ns: one tick at 250 Hz. */
export const COARSE_RESOLUTION = 4_000_000;
