// ptrace(2): linux/ptrace.h, asm/ptrace-abi.h, linux/elf.h.

// biome-ignore format: aligned rows
export const PTRACE = {
  TRACEME: 0, PEEKTEXT: 1, PEEKDATA: 2, PEEKUSER: 3, POKETEXT: 4, POKEDATA: 5, POKEUSER: 6, CONT: 7, KILL: 8, SINGLESTEP: 9,
  GETREGS: 12, SETREGS: 13, GETFPREGS: 14, SETFPREGS: 15, ATTACH: 16, DETACH: 17, SYSCALL: 24,
  SETOPTIONS: 0x4200, GETEVENTMSG: 0x4201, GETSIGINFO: 0x4202, SETSIGINFO: 0x4203, GETREGSET: 0x4204, SETREGSET: 0x4205,
  SEIZE: 0x4206, INTERRUPT: 0x4207, LISTEN: 0x4208, GETSIGMASK: 0x420a, SETSIGMASK: 0x420b,
} as const;

// biome-ignore format: aligned rows
export const PTRACE_O = {
  TRACESYSGOOD: 1, TRACEFORK: 2, TRACEVFORK: 4, TRACECLONE: 8, TRACEEXEC: 16, TRACEVFORKDONE: 32, TRACEEXIT: 64, TRACESECCOMP: 128,
  EXITKILL: 1 << 20, SUSPEND_SECCOMP: 1 << 21,
} as const;

export const PTRACE_EVENT = {
  FORK: 1,
  VFORK: 2,
  CLONE: 3,
  EXEC: 4,
  SECCOMP: 7,
  STOP: 128,
} as const;

export const NT = { PRSTATUS: 1, PRFPREG: 2 } as const;

/** struct user_regs_struct and, behind it in struct user, the debug registers. */
export const USER_REGS_SIZE = 216;
export const USER_DEBUG_REGS = 848;
export const USER_SIZE = 928;
export const USER_FP_SIZE = 512;
