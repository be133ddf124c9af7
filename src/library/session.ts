// A session for an embedder: a tree of files, an environment, limits and a policy, in which programs run. It sees nothing
// of the host but what it was given.
import type { Buffer } from 'node:buffer';
import { availableParallelism } from 'node:os';
import { CAP_LAST } from '../lx/abi/capability.ts';
import { E } from '../lx/abi/errno.ts';
import type { SessionConfig, SyscallNotice } from '../lx/kernel/lx.ts';
import type { JitMode } from '../options.ts';
import { cacheDirectory } from '../session/cache-directory.ts';
import {
  type Failure,
  SessionManager,
  type SessionResult,
  type Stdio,
} from '../session/session.ts';
import { checkRun, checkSession } from './check.ts';
import {
  InternalError,
  LimitExceeded,
  NotExecutable,
  PolicyDenied,
  UnsupportedArchitecture,
} from './errors.ts';
import { decide, type Policy, policyRules } from './policy.ts';
import { type Files, type Mounts, makeFiles, type Tree, toBytes } from './root.ts';
import { type Input, type Output, type Sink, sinkOf, sourceOf } from './streams.ts';

export interface Limits {
  /** Bytes of address space of each process, and of all that processes share (default and most: 3 GiB). */
  readonly memory?: number;
  /** Processes and threads at once (default 128). */
  readonly processes?: number;
  /** Milliseconds that a run may take. */
  readonly time?: number;
  /** Bytes that a run may write to standard output and standard error. */
  readonly output?: number;
  /** Bytes of all in-memory files together, with those of memfd_create (default 1 GiB). */
  readonly disk?: number;
}

export interface SessionOptions {
  /** What is at '/': an empty tree in memory if absent. */
  readonly root?: Tree;
  /** Further trees, by guest path. '/dev/shm', and with an empty root '/tmp', are in memory unless they are given. */
  readonly mounts?: Mounts;
  /** The environment of its programs: nothing but PATH if absent. */
  readonly env?: Readonly<Record<string, string>>;
  /** Guest directory to start in (default '/'). */
  readonly cwd?: string;
  readonly limits?: Limits;
  readonly policy?: Policy;
  /** Who the programs run as (default root, 0 and 0). Files of a host directory are accessed as the host's own user. */
  readonly user?: { readonly uid: number; readonly gid: number };
  readonly hostname?: string;
  readonly jit?: JitMode;
  /** Host directory in which translations are kept between runs; 'off': nowhere. The user's cache directory if absent. */
  readonly cache?: string;
  readonly cpu?: 'v2' | 'v3';
}

export interface RunOptions {
  /** Added to the session's. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Empty if absent. */
  readonly stdin?: Input;
  /** Default 'buffer'. */
  readonly stdout?: Output;
  readonly stderr?: Output;
  /** Ends the program; run() then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

export interface RunResult {
  /** Exit status, undefined if a signal ended the program. */
  readonly code: number | undefined;
  /** Number of the signal that ended it. */
  readonly signal: number | undefined;
  /** What it wrote, where the output is 'buffer'; empty otherwise. */
  readonly stdout: Buffer;
  readonly stderr: Buffer;
  readonly usage: ResourceUsage;
}

/** Of all processes of a run. */
export interface ResourceUsage {
  /** Milliseconds. */
  readonly wall: number;
  readonly user: number;
  readonly system: number;
  /** Bytes that the biggest process had mapped at most. */
  readonly maxMemory: number;
}

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const MAX_TASKS = 128;
/** ms that a timer of Node can wait: 24 days. */
const LONGEST = 2 ** 31 - 1;
const MAX_FILES: readonly [number, number] = [1024, 4096];
const ALL_CAPS = [-1, 2 ** (CAP_LAST + 1 - 32) - 1] as const;
const UMASK = 0o022;

export class Session implements AsyncDisposable {
  readonly #config: SessionConfig;
  readonly #options: SessionOptions;
  readonly #running = new Set<SessionManager>();
  #disposed = false;

  private constructor(options: SessionOptions, files: Files) {
    this.#options = options;
    this.#config = configOf(options, files);
  }

  /** Fills the trees of `options`. */
  static async create(options: SessionOptions = {}): Promise<Session> {
    checkSession(options);
    const { root = {}, mounts = {}, limits } = options;
    return new Session(options, await makeFiles(root, mounts, limits?.disk));
  }

  /**
   * Runs a program, looked up in PATH if its name has no slash, and resolves when it and all it started have ended. Runs
   * of a session may overlap: they share the files, and do not see each other's processes.
   */
  async run(argv: readonly string[], options: RunOptions = {}): Promise<RunResult> {
    if (this.#disposed) throw new Error('the session is disposed');
    checkRun(argv, options);
    options.signal?.throwIfAborted();
    const run = new Run(this.#config, this.#options, argv, options);
    this.#running.add(run.manager);
    try {
      return await run.result();
    } finally {
      // Its workers are on their way out; dispose() waits for them.
      void run.manager.stop().finally(() => this.#running.delete(run.manager));
    }
  }

  /** Ends what still runs and frees all workers. */
  async dispose(): Promise<void> {
    this.#disposed = true;
    await Promise.all([...this.#running].map((manager) => manager.stop()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }
}

function configOf(options: SessionOptions, files: Files): SessionConfig {
  const { limits = {}, policy, user } = options;
  const uid = user?.uid ?? 0;
  return {
    ...files,
    uid,
    gid: user?.gid ?? uid,
    groups: [],
    caps: ALL_CAPS,
    nodename: toBytes(options.hostname ?? 'lxjit'),
    cpuLevel: options.cpu === 'v3' ? 3 : 2,
    jit: options.jit ?? 'on',
    cache:
      options.jit === undefined || options.jit === 'on' ? cacheDirectory(options.cache) : undefined,
    checked: false,
    strace: undefined,
    stats: false,
    noFile: MAX_FILES,
    cpus: availableParallelism(),
    maxTasks: limits.processes ?? MAX_TASKS,
    umask: UMASK,
    ...(limits.memory === undefined ? {} : { maxMemory: limits.memory }),
    ...(policy === undefined ? {} : { policy: policyRules(policy) }),
  };
}

/** One program from its start to its end. */
class Run {
  readonly manager: SessionManager;
  readonly #options: SessionOptions;
  readonly #abort: AbortSignal | undefined;
  readonly #stdout: Sink;
  readonly #stderr: Sink;
  #written = 0;
  /** Why it is ended before its time. */
  #failure: unknown;
  #failed = false;

  constructor(
    config: SessionConfig,
    session: SessionOptions,
    argv: readonly string[],
    options: RunOptions,
  ) {
    const { stdin = '', stdout = 'buffer', stderr = 'buffer' } = options;
    this.#options = session;
    this.#abort = options.signal;
    const count = (bytes: number): void => this.#count(bytes);
    this.#stdout = sinkOf(stdout === 'inherit' ? 'ignore' : stdout, count);
    this.#stderr =
      stderr === stdout && typeof stderr === 'object'
        ? this.#stdout
        : sinkOf(stderr === 'inherit' ? 'ignore' : stderr, count);
    const stdio: [Stdio, Stdio, Stdio] = [
      stdin === 'inherit' ? 0 : sourceOf(stdin),
      stdout === 'inherit' ? 1 : this.#stdout,
      stderr === 'inherit' ? 2 : this.#stderr,
    ];
    const env = { PATH, ...session.env, ...options.env };
    this.manager = new SessionManager({
      config,
      argv: argv.map(toBytes),
      env: Object.entries(env).map(([name, value]) => toBytes(`${name}=${value}`)),
      cwd: toBytes(options.cwd ?? session.cwd ?? '/'),
      stdio,
      onMessage: () => {},
      onFailure: (failure) => void this.#failedWith(failure),
      onSyscall: (call) => this.#judge(call),
    });
  }

  async result(): Promise<RunResult> {
    const started = performance.now();
    const { time } = this.#options.limits ?? {};
    const aborted = (): void => this.#end(this.#abort?.reason);
    this.#abort?.addEventListener('abort', aborted, { once: true });
    const timer =
      time === undefined
        ? undefined
        : setTimeout(() => this.#end(new LimitExceeded('time', time)), Math.min(time, LONGEST));
    const result = await this.manager.run();
    clearTimeout(timer);
    this.#abort?.removeEventListener('abort', aborted);
    await this.#stdout.close();
    if (this.#stderr !== this.#stdout) await this.#stderr.close();
    if (this.#failed) throw await this.#failure;
    return this.#resultOf(result, performance.now() - started);
  }

  #resultOf(result: SessionResult, wall: number): RunResult {
    return {
      code: 'code' in result ? result.code : undefined,
      signal: 'signal' in result ? result.signal : undefined,
      stdout: this.#stdout.kept(),
      stderr: this.#stderr.kept(),
      usage: { wall, ...this.manager.usage() },
    };
  }

  /** The first reason counts. */
  #end(reason: unknown): void {
    this.#note(reason);
    void this.manager.stop();
  }

  #note(reason: unknown): void {
    if (this.#failed) return;
    this.#failed = true;
    this.#failure = reason;
  }

  #count(bytes: number): void {
    this.#written += bytes;
    const { output } = this.#options.limits ?? {};
    if (output !== undefined && this.#written > output)
      this.#end(new LimitExceeded('output', output));
  }

  #failedWith(failure: Failure): void {
    if (failure.type === 'bug') return this.#note(internalError(failure));
    const { program, reason, status, foreign } = failure;
    const Kind = foreign ? UnsupportedArchitecture : NotExecutable;
    this.#note(new Kind(program, reason, status));
  }

  async #judge(call: SyscallNotice): Promise<number> {
    const { policy } = this.#options;
    try {
      const decision = policy === undefined ? 0 : await decide(policy, call);
      if (decision !== 'kill') return decision;
      this.#end(new PolicyDenied(call.name));
    } catch (error) {
      this.#end(error); // of the policy's own functions
    }
    return -E.PERM;
  }
}

/** With the disassembly, which needs capstone: loaded only now. */
async function internalError({
  text,
  pc,
  code,
}: Extract<Failure, { type: 'bug' }>): Promise<InternalError> {
  if (code.length === 0) return new InternalError(text);
  const { openDisassembler } = await import('../decoder/capstone.ts');
  const lines = (await openDisassembler()).list(code, pc);
  const listing = lines.map(({ address, text: t }) => `${address.toString(16)}: ${t}`).join('\n');
  return new InternalError(text, pc, listing);
}
