// Why run() came back to the kernel. Compiled by asc and by tsc: constants only, no imports.

export const EXIT_NONE = 0;
/** The time slice is over; call run() again (lets V8 swap in optimised code, lets the worker look around). */
export const EXIT_BUDGET = 1;
/** syscall handler asked to unwind (exec, exit, fork of this context, signal to deliver). RIP is after the syscall. */
export const EXIT_SYSCALL = 2;
/** An exception: FAULT_VECTOR, FAULT_CODE, FAULT_ADDR; RIP is the faulting instruction's (int3: the one after it). */
export const EXIT_FAULT = 3;
/** The poll said that something waits for this task (a signal, a stop). RIP is at an instruction boundary. */
export const EXIT_POLL = 4;

/** What was interpreted in the place of a region has returned from its function (assembly/regions.ts, goOn) … */
export const EXIT_RETURNED = 5;
/** … or goes on with a region. */
export const EXIT_REGION = 6;

// Exception vectors (Intel SDM Vol. 3 §6.3.1)
export const VEC_DE = 0;
export const VEC_DB = 1;
export const VEC_BP = 3;
export const VEC_OF = 4;
export const VEC_UD = 6;
export const VEC_SS = 12; // as GP, for a stack access (Linux: SIGBUS)
export const VEC_GP = 13;
export const VEC_PF = 14;
export const VEC_MF = 16;
export const VEC_AC = 17;
export const VEC_XM = 19;
/** None of the processor's: a store to a shared page was tried outside of execShared() (assembly/shared.ts). Never leaves run(). */
export const VEC_SHARED = 32;
