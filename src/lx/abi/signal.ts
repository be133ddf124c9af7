// asm/signal.h, asm-generic/siginfo.h: signal numbers, SA_* flags, si_code values. Numbers only.

// biome-ignore format: aligned rows
export const SIG = {
  HUP: 1, INT: 2, QUIT: 3, ILL: 4, TRAP: 5, ABRT: 6, BUS: 7, FPE: 8, KILL: 9, USR1: 10, SEGV: 11, USR2: 12, PIPE: 13,
  ALRM: 14, TERM: 15, STKFLT: 16, CHLD: 17, CONT: 18, STOP: 19, TSTP: 20, TTIN: 21, TTOU: 22, URG: 23, XCPU: 24,
  XFSZ: 25, VTALRM: 26, PROF: 27, WINCH: 28, IO: 29, PWR: 30, SYS: 31, RTMIN: 32,
} as const;

export const NSIG = 64;
/** sizeof(sigset_t) as the kernel sees it. */
export const SIGSET_SIZE = 8;

export const SIG_DFL = 0;
export const SIG_IGN = 1;

// biome-ignore format: aligned rows
export const SA = {
  NOCLDSTOP: 0x0000_0001, NOCLDWAIT: 0x0000_0002, SIGINFO: 0x0000_0004, RESTORER: 0x0400_0000,
  ONSTACK:   0x0800_0000, RESTART:   0x1000_0000, NODEFER: 0x4000_0000, RESETHAND: 0x8000_0000,
  EXPOSE_TAGBITS: 0x800,
} as const;

/** Every flag that rt_sigaction keeps (UAPI_SA_FLAGS and SA_RESTORER); it drops the others silently. */
export const SA_KNOWN = 0xdc00_0807;

export const SIG_BLOCK = 0;
export const SIG_UNBLOCK = 1;
export const SIG_SETMASK = 2;

export const SS_ONSTACK = 1;
export const SS_DISABLE = 2;
export const SS_AUTODISARM = 0x8000_0000;
export const MINSIGSTKSZ = 2048;

// si_code
// biome-ignore format: aligned rows
export const SI = {
  USER: 0, KERNEL: 0x80, QUEUE: -1, TIMER: -2, MESGQ: -3, ASYNCIO: -4, SIGIO: -5, TKILL: -6,
} as const;
export const ILL = { ILLOPC: 1, ILLOPN: 2, PRVOPC: 5 } as const;
export const FPE = {
  INTDIV: 1,
  INTOVF: 2,
  FLTDIV: 3,
  FLTOVF: 4,
  FLTUND: 5,
  FLTRES: 6,
  FLTINV: 7,
} as const;
export const SEGV = { MAPERR: 1, ACCERR: 2 } as const;
export const BUS = { ADRALN: 1, ADRERR: 2 } as const;
export const TRAP = { BRKPT: 1, TRACE: 2 } as const;
// biome-ignore format: aligned rows
export const CLD = { EXITED: 1, KILLED: 2, DUMPED: 3, TRAPPED: 4, STOPPED: 5, CONTINUED: 6 } as const;
export const POLL_CODE = { IN: 1, OUT: 2, MSG: 3, ERR: 4, PRI: 5, HUP: 6 } as const;

/** What a signal does when nobody handles it (signal(7)). */
export type DefaultAction = 'term' | 'core' | 'ignore' | 'stop' | 'continue';

// biome-ignore format: aligned rows
export const DEFAULT_ACTION: Readonly<Record<number, DefaultAction>> = {
  [SIG.QUIT]: 'core', [SIG.ILL]:  'core', [SIG.TRAP]: 'core', [SIG.ABRT]: 'core', [SIG.BUS]:  'core', [SIG.FPE]: 'core',
  [SIG.SEGV]: 'core', [SIG.XCPU]: 'core', [SIG.XFSZ]: 'core', [SIG.SYS]:  'core',
  [SIG.CHLD]: 'ignore', [SIG.URG]: 'ignore', [SIG.WINCH]: 'ignore',
  [SIG.STOP]: 'stop', [SIG.TSTP]: 'stop', [SIG.TTIN]: 'stop', [SIG.TTOU]: 'stop',
  [SIG.CONT]: 'continue',
};
