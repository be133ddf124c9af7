// What every part of lxcore is handed: the kernel as one guest worker sees it.
import type { GuestMemory } from '../mm/guest-memory.ts';
import type { SyscallRow } from '../sys/row.ts';
import type { CapSet } from './caps.ts';
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
  /** Which system calls the session allows; undefined: all. */
  policy?: SyscallPolicy | undefined;
  /**
   * What the run loop has to do once the current system call has unwound the interpreter (exec, exit, …): set by a
   * handler, taken by the run loop. null: only look for signals.
   */
  unwind: (() => void) | null;
  /** As what it waits for another thread when this one has ended (linger.ts), or 0. */
  lingerer: number;
}

/** Exports of dist/runtime.wasm. */
export interface CpuRuntime extends PageScan {
  run(ctx: number, budget: number): number;
  /** Executes the one instruction at RIP; 0, or an EXIT_* reason. */
  step(ctx: number): number;
  /** From now on translated code checks its accesses, as the interpreter does: faults are precise, pages may be special. */
  check(): void;
  /** Drops what was decoded from guest addresses [start, end). */
  invalidate(start: number, end: number): void;
  /** The address space `mm` that it runs in is about to be freed. */
  closing(mm: number): void;
  /** EFLAGS from the lazy flags, and back. */
  flags_get(ctx: number): number;
  flags_set(ctx: number, eflags: number): void;
}

/** Those that look through pages (assembly/pages.ts). */
export interface PageScan {
  /** The first guest page of [page, end) that holds something (is the guest's and not all zeroes), or that does not; or `end`. */
  first_filled(page: number, end: number): number;
  first_empty(page: number, end: number): number;
}

/** Settings of a session that every worker knows; structured-cloneable. */
export interface SessionConfig {
  /** Host directory that is the guest's root; '' if that is in memory. */
  readonly root: string;
  readonly rootReadOnly?: boolean;
  readonly mounts: readonly { host: string; guest: string; readOnly: boolean }[];
  /** Files in memory: the store (fs/tmpfs/store.ts), and root directories in it by guest path ('' is the guest's root). */
  readonly inMemory?: {
    readonly memory: WebAssembly.Memory;
    readonly mounts: readonly { guest: string; root: number; readOnly: boolean }[];
  };
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
  /** Capabilities that the guest's root has: those of lxjit on its host. */
  readonly caps: CapSet;
  readonly nodename: string;
  /** 2 = x86-64-v2, 3 = v3 */
  readonly cpuLevel: number;
  readonly jit: 'off' | 'on' | 'always';
  /** Samples in hot functions before anything is translated; for tests, of programs that are shorter than those worth it. */
  readonly warmUp?: number | undefined;
  /** Most bytes of translated code that a process keeps. */
  readonly codeLimit?: number;
  /** Directory of the translation cache; undefined: none. */
  readonly cache?: string | undefined;
  /** A store of translations that other machines use too: its URL, and a file with the keys that are trusted. */
  readonly sharedCache?: { readonly url: string; readonly keys: string } | undefined;
  /** Translated code checks every access (--checked). */
  readonly checked: boolean;
  /** --strace: undefined off, '' to stderr, else a host file. */
  readonly strace: string | undefined;
  /** Count system calls and instructions (--stats). */
  readonly stats: boolean;
  /** Workers tell what they did when (--stats=trace). */
  readonly timeline?: boolean;
  /** Samples are taken of what the guest runs (--profile). */
  readonly profile?: boolean;
  /** RLIMIT_NOFILE of the host: soft, hard. */
  readonly noFile: readonly [number, number];
  /** Processors the guest sees. */
  readonly cpus: number;
  /** Most tasks at once. */
  readonly maxTasks: number;
  /** Most bytes of address space of a process, whatever its rlimit, and of all that processes share. */
  readonly maxMemory?: number;
  /** The first process's; lxjit's own if absent. */
  readonly umask?: number;
  readonly policy?: PolicyRules;
}

/** What happens at a system call: it is done, it answers −errno, it is told to the session manager, or that is asked. */
export type PolicyRule = 'allow' | 'observe' | 'ask' | number;

export interface PolicyRules {
  /** For the calls not named. */
  readonly otherwise: PolicyRule;
  readonly calls: Readonly<Record<string, PolicyRule>>;
}

export interface SyscallPolicy {
  /** 0: do the call, or −errno. */
  check(lx: Lx, row: SyscallRow | undefined, number: number, args: readonly number[]): number;
}

/** A system call as the session manager is told of it. */
export interface SyscallNotice {
  readonly pid: number;
  readonly name: string;
  readonly args: readonly number[];
  /** Paths among the arguments, byte strings, by position. */
  readonly paths: Readonly<Record<number, string>>;
}

export interface SyscallTrace {
  /** The first program runs: its execve, which no guest called. */
  started?(lx: Lx, path: string, argv: readonly string[], envp: readonly string[]): void;
  /** A signal gets to its handler; `info` as in siginfo.ts. */
  signal?(lx: Lx, sig: number, info: Int32Array): void;
  /** The process dies of a signal (low byte of a wait status); `info` is that of the last signal taken. */
  killed?(lx: Lx, status: number, info: Int32Array): void;
  enter(lx: Lx, row: SyscallRow | undefined, number: number, args: readonly number[]): void;
  leave(
    lx: Lx,
    row: SyscallRow | undefined,
    number: number,
    args: readonly number[],
    result: number,
  ): void;
}

/** Requests to the session manager (none of them waits), and what only the host knows. */
export interface SessionLink {
  post(message: SessionRequest): void;
  /** A fresh instance of the runtime on `memory`, to run the context `lx.ctx` (which is set up). */
  instantiate(memory: WebAssembly.Memory): CpuRuntime;
  /** What looks through the pages of `memory`, whatever its contexts hold. */
  scanner(memory: WebAssembly.Memory): PageScan;
}

/** How a task begins on the worker it is given. */
export type StartKind =
  /** In a copy of `parent`'s memory. */
  | { how: 'fork'; parent: number }
  /** In the memory of its process, which others use already (CLONE_VM). */
  | { how: 'share' }
  /** By loading `image` (an Image of lx/loader) into an empty memory. */
  | { how: 'exec'; image: unknown }
  /** As the session's first program. */
  | { how: 'first'; argv: string[]; envp: string[] };

/** Times that translated code was left (reason: LEFT_*) at a guest address; `place` is its name, '' stands for all others. */
export interface LeftCount {
  readonly reason: number;
  readonly place: string;
  readonly count: number;
}

// biome-ignore format: one request a line
export type SessionRequest =
  /** A worker is wanted for task `task`. */
  | { type: 'spawn'; task: number; start: StartKind }
  /** Nobody uses wasm memory `memory` any more; `used` bytes of it were mapped at most. */
  | { type: 'memory'; memory: number; used: number }
  /** Somebody waits to read from host stream `stream` (a File); up to `want` bytes. */
  | { type: 'demand'; stream: number; want: number }
  /** Host stream `stream` did not take these bytes at once: write them, however long that takes; by `number` if it is ours. */
  | { type: 'output'; stream: number; bytes: Uint8Array; number: number }
  /** Somebody waits for input from the host's terminal, which is none of the standard input. */
  | { type: 'terminal' }
  /** A timer of the kernel changed: look at the timer list again. */
  | { type: 'timers' }
  /** The first program is loaded. */
  | { type: 'begun' }
  /** A process ended. */
  | { type: 'ended' }
  /** Task `task`, of another process, has a signal and may be in translated code. */
  | { type: 'poke'; task: number }
  /** --profile: a thread's samples (session/profile.ts). */
  | { type: 'profile'; profile: unknown }
  /** --stats=trace: what a thread did when (session/timeline.ts). */
  | { type: 'spans'; spans: readonly unknown[] }
  /** --stats: how often a process left translated code, and where. */
  | { type: 'left'; rows: readonly LeftCount[] }
  /** A worker has asked the translator for something that may be kept. */
  | { type: 'wanted' }
  /** A worker wants to talk to the translator, over `port`. */
  | { type: 'translator'; port: unknown }
  /** A worker has looked for translations of `image` in the cache. */
  | { type: 'lookUp'; image: string }
  /** The task of this worker ended: the worker is free. */
  | { type: 'idle' }
  /** Something that a user has to read: a warning. */
  | { type: 'message'; text: string }
  /** The first program cannot run. */
  | { type: 'refused'; program: string; reason: string; status: number; foreign: boolean }
  /** A bug of lxjit, met when the guest was at `pc`, where `code` lies. */
  | { type: 'bug'; text: string; pc: number; code: Uint8Array }
  /** A system call that the policy is about; `answer` is a PolicyAnswer that the task waits on, 0: it is only told. */
  | { type: 'syscall'; call: SyscallNotice; answer: number };
