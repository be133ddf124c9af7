// What every part of lxcore is handed: the kernel as one guest worker sees it.
import type { GuestMemory } from '../mm/guest-memory.ts';
import type { SyscallRow } from '../sys/row.ts';
import type { Kernel } from './kmem.ts';

/** One per guest worker. `task` changes when a vfork child runs on its parent's worker, `mem` at execve. */
export interface Lx {
  readonly k: Kernel;
  /** The current task (a Task object in kernel memory). */
  task: number;
  /** Memory of the process the current task belongs to. */
  mem: GuestMemory;
  /** Linear address of the current task's CPU context in `mem`. */
  ctx: number;
  /** The interpreter's instance on `mem`. */
  cpu: CpuRuntime;
  /** What only the session manager (main thread) can do. */
  readonly session: SessionLink;
  readonly config: SessionConfig;
  /** --strace, or null. */
  trace: SyscallTrace | null;
  /**
   * What the run loop has to do once the current system call has unwound the interpreter (exec, exit, …): set by a
   * handler, taken by the run loop. null: only look for signals.
   */
  unwind: (() => void) | null;
}

/** Exports of dist/runtime.wasm. */
export interface CpuRuntime {
  run(ctx: number, budget: number): number;
  /** Drops what was decoded from guest addresses [start, end). */
  invalidate(start: number, end: number): void;
  /** EFLAGS from the lazy flags, and back. */
  flags_get(ctx: number): number;
  flags_set(ctx: number, eflags: number): void;
}

/** Settings of a session that every worker knows; structured-cloneable. */
export interface SessionConfig {
  /** Host directory that is the guest's root. */
  readonly root: string;
  readonly mounts: readonly { host: string; guest: string; readOnly: boolean }[];
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
  readonly nodename: string;
  /** 2 = x86-64-v2, 3 = v3 */
  readonly cpuLevel: number;
  /** --strace: undefined off, '' to stderr, else a host file. */
  readonly strace: string | undefined;
  /** RLIMIT_NOFILE of the host: soft, hard. */
  readonly noFile: readonly [number, number];
  /** Most tasks at once. */
  readonly maxTasks: number;
}

export interface SyscallTrace {
  enter(lx: Lx, row: SyscallRow | undefined, number: number, args: readonly number[]): void;
  leave(
    lx: Lx,
    row: SyscallRow | undefined,
    number: number,
    args: readonly number[],
    result: number,
  ): void;
}

/** Requests to the session manager. None of them waits. */
export interface SessionLink {
  post(message: SessionRequest): void;
}

// biome-ignore format: one request a line
export type SessionRequest =
  /** A worker is wanted for the new task; `parent` is the worker whose memory it copies (fork), −1 for an exec that moves. */
  | { type: 'spawn'; task: number; parent: number }
  /** Somebody waits to read from host stream `stream` (a File); up to `want` bytes. */
  | { type: 'demand'; stream: number; want: number }
  /** A timer of the kernel changed: look at the timer list again. */
  | { type: 'timers' }
  /** A task ended; the worker that ran it is free. */
  | { type: 'idle' }
  /** Something that a user has to read: an internal error, a warning. */
  | { type: 'message'; text: string };
