// What every part of lxcore is handed: the kernel as one guest worker sees it.
import type { GuestMemory } from '../mm/guest-memory.ts';
import type { Kernel } from './kmem.ts';

/** One per guest worker. `task` changes when a vfork child runs on its parent's worker, `mem` at execve. */
export interface Lx {
  readonly k: Kernel;
  /** The current task (a Task object in kernel memory). */
  task: number;
  /** Memory of the process the current task belongs to. */
  mem: GuestMemory;
  /** What only the session manager (main thread) can do. */
  readonly session: SessionLink;
}

/** Requests to the session manager. None of them waits. */
export interface SessionLink {
  post(message: SessionRequest): void;
}

export type SessionRequest =
  /** A worker is wanted for a new task; `memory` is the parent's to copy from (fork), absent for an exec that moves. */
  | { type: 'spawn'; task: number; fork: boolean }
  /** Somebody waits to read from host stream `stream` (a File); up to `want` bytes. */
  | { type: 'demand'; stream: number; want: number }
  /** A timer of the kernel changed: look at the timer list again. */
  | { type: 'timers' }
  /** A task ended; the worker that ran it is free. */
  | { type: 'idle' };
