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

// linux/timex.h: adjtimex(2).
// biome-ignore format: aligned rows
export const ADJ = {
  OFFSET: 1, FREQUENCY: 2, MAXERROR: 4, ESTERROR: 8, STATUS: 0x10, TIMECONST: 0x20, TAI: 0x80, SETOFFSET: 0x100,
  MICRO: 0x1000, NANO: 0x2000, TICK: 0x4000, ADJTIME: 0x8000, SINGLESHOT: 1, OFFSET_SS_READ: 0xa001,
} as const;
export const STA = { PLL: 1, UNSYNC: 0x40, NANO: 0x2000, READ_ONLY: 0xff00 } as const;
export const TIME_ERROR = 5;
/** Offsets in struct timex; `status` and `tai` have 4 bytes, the others 8. */
// biome-ignore format: aligned rows
export const TIMEX = {
  offset: 8, freq: 16, maxerror: 24, esterror: 32, status: 40, constant: 48, precision: 56, tolerance: 64, seconds: 72,
  fraction: 80, tick: 88, tai: 160, SIZE: 208,
} as const;
