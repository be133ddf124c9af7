// The session manager: boots lxcore, gives workers to tasks, passes host signals and input on, and knows when the last
// guest process has ended. It runs on the thread that made it and never runs guest code. Several sessions may live in one
// process; each has its own kernel memory, workers and descriptors.
import { writeSync } from 'node:fs';
import type { MessagePort, Worker } from 'node:worker_threads';
import { SIGNAL_POLL } from '../../assembly/shared/layout.ts';
import { cacheLimit, trimCache } from '../jit/cache/admin.ts';
import { kindOfCode } from '../jit/cache/identity.ts';
import type { Sharing } from '../jit/cache/sharing.ts';
import { Store } from '../jit/cache/store.ts';
import { E } from '../lx/abi/errno.ts';
import { SIG } from '../lx/abi/signal.ts';
import { dropAllTmpfs } from '../lx/fs/drivefs/host-tmpfs.ts';
import { Fixed } from '../lx/kernel/fixed.ts';
import { copyDone } from '../lx/kernel/fork.ts';
import { Kernel } from '../lx/kernel/kmem.ts';
import type {
  LeftCount,
  SessionConfig,
  SessionRequest,
  StartKind,
  SyscallNotice,
} from '../lx/kernel/lx.ts';
import { processesLocked } from '../lx/kernel/process.ts';
import { KERNEL_INFO } from '../lx/kernel/siginfo.ts';
import { sendSignalLocked, sendSignalToGroupLocked } from '../lx/kernel/signal.ts';
import { Process, ProcessState, Task } from '../lx/kernel/task.ts';
import { fireTimers, nextTimer } from '../lx/kernel/timer.ts';
import { PolicyAnswer } from '../lx/sys/policy.ts';
import { createStats, readStats, type SessionStats } from '../lx/sys/stats.ts';
import { adoptDescriptors, bootKernel, newFirstProcess } from './boot.ts';
import { runtimeModule } from './dist-module.ts';
import { type ByteSink, type ByteSource, HostStreams } from './host-streams.ts';
import { MemoryPool, type PooledWorker, WorkerPool } from './pool.ts';
import { takePrestarted } from './prestart.ts';
import type { ThreadProfile } from './profile.ts';
import { codeLimitOf } from './protocol.ts';
import { openSharing } from './shared-cache.ts';
import type { HostTerminal } from './terminal.ts';
import { now, ownSpan, type Span } from './timeline.ts';
import { finishTranslator, newTranslator } from './translator.ts';

export interface SessionOptions {
  readonly config: SessionConfig;
  /** Byte strings, as all that the guest sees; argv[0] is looked up in the guest's PATH when it has no slash. */
  readonly argv: readonly string[];
  /** NAME=value */
  readonly env: readonly string[];
  /** Absolute guest path. */
  readonly cwd: string;
  /** What becomes 0, 1 and 2; lxjit's own if absent. */
  readonly stdio?: readonly [Stdio, Stdio, Stdio];
  /** Gets what lxjit itself has to say; stderr if absent. */
  readonly onMessage?: (text: string) => void;
  /** Gets what keeps the program from running to its end, instead of words to onMessage. */
  readonly onFailure?: (failure: Failure) => void;
  /** Decides about a system call: 0, or −errno. For 'observe' the answer does not count. */
  readonly onSyscall?: (call: SyscallNotice) => number | Promise<number>;
}

/** A host descriptor, −1 for none, or a stream of the caller's. */
export type Stdio = number | ByteSource | ByteSink;

export type Failure = Extract<SessionRequest, { type: 'refused' | 'bug' }>;

/** How the first program ended: by exit(code) or by a signal. */
export type SessionResult = { code: number } | { signal: number; core: boolean };

const STDERR = 2;

/** Not by process.stderr, which would make a pipe non-blocking for all who share it. */
function writeMessage(text: string): void {
  try {
    writeSync(STDERR, text);
  } catch {
    // nobody listens
  }
}

const descriptorOf = (stdio: Stdio): number => (typeof stdio === 'number' ? stdio : -1);

/** How long guests may take to end after they were killed. */
const GRACE_MS = 2000;

/** Milliseconds that the translator may go on when the last guest has ended, lest its work be lost. */
const FINISH_MS = 400;

export class SessionManager {
  readonly #kernel: Kernel;
  readonly #options: SessionOptions;
  readonly #workers: WorkerPool;
  readonly #memories = new MemoryPool();
  readonly #streams: HostStreams;
  #terminal: HostTerminal | undefined;
  readonly #first: number;
  /** Workers are unref'ed: something has to hold the event loop. */
  readonly #keepAlive: NodeJS.Timeout;
  readonly #result: Promise<SessionResult>;
  #resolve!: (result: SessionResult) => void;
  #timer: NodeJS.Timeout | undefined;
  #ended = false;
  #killed = false;
  /** PolicyAnswers that tasks wait on. */
  readonly #asked = new Set<number>();
  #closed: Promise<unknown> = Promise.resolve();
  #translator: Worker | undefined;
  /** It was asked for something. */
  #wantsTranslations = false;
  /** Of the threads that have ended, with config.profile. */
  readonly profiles: ThreadProfile[] = [];
  /** With config.timeline. */
  readonly spans: Span[] = [];
  readonly #started = Date.now();
  readonly #sharing: Promise<Sharing | undefined>;
  /** By reason and place. */
  readonly #left = new Map<string, LeftCount>();

  constructor(options: SessionOptions) {
    this.#options = options;
    const { config } = options;
    const started = now();
    const prestarted = takePrestarted();
    this.#kernel = new Kernel(prestarted.kernel, prestarted.shared);
    this.#kernel.poke = (task) => this.#poke(task);
    this.#workers = new WorkerPool(
      prestarted,
      (worker, message) => this.#request(worker, message),
      (worker, error) => this.#workerFailed(worker, error),
    );
    if (config.stats) createStats(this.#kernel);
    bootKernel(this.#kernel, config);
    this.#streams = new HostStreams(this.#kernel);
    const stdio = options.stdio ?? [0, 1, 2];
    const files = adoptDescriptors(this.#kernel, stdio, config, this.#streams);
    this.#first = newFirstProcess(this.#kernel, options, files);
    this.#result = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    this.#sharing = openSharing(config, (text) => this.#say(text));
    this.#keepAlive = setInterval(() => {}, 0x7fff_ffff);
    this.spans.push(ownSpan('session', 'boot', started));
  }

  /** Runs the program; resolves when the last guest process has ended. */
  run(): Promise<SessionResult> {
    void this.#openTerminal();
    const { argv, env } = this.#options;
    this.#spawn(this.#first, { how: 'first', argv: [...argv], envp: [...env] });
    return this.#result;
  }

  /** Passes a signal of the host on: to the first program's process group, or to whoever is left. */
  signal(sig: number): void {
    const k = this.#kernel;
    if (this.#terminal?.handles(sig)) return;
    k.locked(() => {
      if (k.i32[Fixed.firstDone] !== 0) return this.#signalAllLocked(sig);
      const first = k.i32[Fixed.firstProcess];
      sendSignalToGroupLocked(k, k.i32[first + Process.pgid], sig, KERNEL_INFO);
    });
  }

  /** Counts so far, with config.stats. */
  stats(): SessionStats {
    return readStats(this.#kernel, [...this.#left.values()]);
  }

  #countLeft(rows: readonly LeftCount[]): void {
    for (const row of rows) {
      const key = `${row.reason} ${row.place}`;
      const count = row.count + (this.#left.get(key)?.count ?? 0);
      this.#left.set(key, { ...row, count });
    }
  }

  /** What all guest processes have used: ms, ms, bytes of the biggest. */
  usage(): { readonly user: number; readonly system: number; readonly maxMemory: number } {
    const { f64 } = this.#kernel;
    const at = (field: number): number => f64[field >> 1];
    return { user: at(Fixed.userMs), system: at(Fixed.systemMs), maxMemory: at(Fixed.maxMemory) };
  }

  /** Ends every guest process, and then all workers, also those that do not end by themselves. */
  async stop(): Promise<void> {
    this.kill();
    const timer = setTimeout(() => this.#abandon(), GRACE_MS);
    await this.#result;
    clearTimeout(timer);
    await this.#closed;
  }

  /** Ends every guest process. */
  kill(): void {
    this.#killed = true;
    for (const answer of this.#asked) this.#answer(answer, -E.PERM);
    this.#kernel.locked(() => this.#signalAllLocked(SIG.KILL));
  }

  #signalAllLocked(sig: number): void {
    const k = this.#kernel;
    for (const p of processesLocked(k)) {
      if (k.i32[p + Process.state] === ProcessState.alive) sendSignalLocked(k, p, sig, KERNEL_INFO);
    }
  }

  /** Takes the host's terminal over, if one of the standard streams is one. */
  async #openTerminal(): Promise<void> {
    const k = this.#kernel;
    const tty = k.i32[Fixed.consoleTty];
    if (tty === 0) return;
    const { HostTerminal, inputTerminal } = await import('./terminal.ts');
    if (this.#ended) return;
    this.#terminal = new HostTerminal(
      k,
      inputTerminal(descriptorOf(this.#options.stdio?.[0] ?? 0)),
    );
  }

  #request(worker: PooledWorker, message: SessionRequest): void {
    switch (message.type) {
      case 'spawn':
        return this.#spawn(message.task, message.start);
      case 'memory':
        return this.#memories.release(message.memory, message.used);
      case 'idle':
        return this.#workers.release(worker);
      case 'ended':
        return this.#processEnded();
      case 'demand':
        return this.#streams.demand(message.stream, message.want);
      case 'output':
        return this.#streams.write(message.stream, message.bytes, message.number);
      case 'terminal':
        return this.#terminal?.attend();
      case 'timers':
        return this.#runTimers();
      case 'message':
        return this.#say(message.text);
      case 'begun':
        return this.#workers.begun();
      case 'poke':
        return this.#poke(message.task);
      case 'refused':
        return this.#fail(message, `${message.program}: ${message.reason}`);
      case 'bug':
        return this.#fail(message, message.text);
      case 'syscall':
        return void this.#judge(message.call, message.answer);
      case 'profile':
        this.profiles.push(message.profile as ThreadProfile);
        return;
      case 'left':
        return this.#countLeft(message.rows);
      case 'spans':
        this.spans.push(...(message.spans as Span[]));
        return;
      case 'lookUp':
        return void this.#lookUp(message.image);
      case 'wanted':
        this.#wantsTranslations = true;
        return;
      case 'translator':
        return this.#connectTranslator(message.port as MessagePort);
    }
  }

  /** The task may have ended meanwhile, and its memory be another's: who looks around needlessly finds nothing. */
  #poke(task: number): void {
    const { i32 } = this.#kernel;
    const memory = this.#memories.find(i32[i32[task + Task.process] + Process.memory]);
    if (memory === undefined) return;
    const word = (i32[task + Task.ctx] + SIGNAL_POLL) >> 2;
    const words = new Int32Array(memory.buffer);
    if (word > 0 && word < words.length) Atomics.store(words, word, 1);
  }

  #fail(failure: Failure, words: string): void {
    const { onFailure } = this.#options;
    if (onFailure !== undefined) onFailure(failure);
    else this.#say(`lxjit: ${words}`);
  }

  async #judge(call: SyscallNotice, answer: number): Promise<void> {
    if (answer !== 0) this.#asked.add(answer);
    else Atomics.sub(this.#kernel.i32, Fixed.observed, 1);
    let result: number;
    try {
      result = this.#killed ? -E.PERM : ((await this.#options.onSyscall?.(call)) ?? 0);
    } catch (error) {
      this.#say(`lxjit: the policy failed: ${(error as Error).message}`);
      result = -E.PERM;
    }
    this.#answer(answer, result);
  }

  #answer(answer: number, result: number): void {
    if (!this.#asked.delete(answer)) return;
    const { i32 } = this.#kernel;
    i32[answer + PolicyAnswer.result] = result;
    Atomics.store(i32, answer + PolicyAnswer.done, 1);
    Atomics.notify(i32, answer + PolicyAnswer.done);
  }

  async #lookUp(image: string): Promise<void> {
    await (await this.#sharing)?.fetch(image);
  }

  #connectTranslator(port: MessagePort): void {
    const { config } = this.#options;
    this.#translator ??= newTranslator(runtimeModule(), codeLimitOf(config), config.cache);
    this.#translator.postMessage(port, [port]);
  }

  #spawn(task: number, start: StartKind): void {
    const k = this.#kernel;
    const process = k.i32[task + Task.process];
    const { config } = this.#options;
    try {
      const parentMemory = start.how === 'fork' ? this.#memoryOf(start.parent) : null;
      if (start.how === 'share') {
        const memory = this.#memoryOf(task);
        this.#workers.start({
          config,
          task,
          runtime: runtimeModule(),
          memory,
          parentMemory,
          start,
        });
        return;
      }
      const { id, memory } = this.#memories.take();
      k.i32[process + Process.memory] = id;
      this.#workers.start({ config, task, runtime: runtimeModule(), memory, parentMemory, start });
    } catch (error) {
      this.#say(`lxjit: no worker for a new process: ${(error as Error).message}`);
      if (start.how === 'fork') copyDone(k, start.parent, -E.NOMEM);
      else this.#abandon();
    }
  }

  #memoryOf(task: number): WebAssembly.Memory {
    const { i32 } = this.#kernel;
    return this.#memories.get(i32[i32[task + Task.process] + Process.memory]);
  }

  #runTimers(): void {
    clearTimeout(this.#timer);
    Atomics.store(this.#kernel.i32, Fixed.timersTold, 0);
    fireTimers(this.#kernel);
    const left = nextTimer(this.#kernel) - performance.now();
    if (left === Number.POSITIVE_INFINITY) return;
    this.#timer = setTimeout(() => this.#runTimers(), Math.min(Math.max(left, 0), 0x7fff_ffff));
  }

  #processEnded(): void {
    const { i32 } = this.#kernel;
    if (Atomics.load(i32, Fixed.alive) > 0 || this.#ended) return;
    this.#ended = true;
    clearInterval(this.#keepAlive);
    clearTimeout(this.#timer);
    this.#terminal?.close();
    const status = i32[Fixed.firstStatus];
    const signal = status & 0x7f;
    const core = (status & 0x80) !== 0;
    const result = signal === 0 ? { code: (status >> 8) & 0xff } : { signal, core };
    void this.#leave(result);
  }

  /** Output on its way to a slow reader is waited for, unless a signal ended it all. */
  async #leave(result: SessionResult): Promise<void> {
    if (!this.#killed) await this.#streams.flush('signal' in result);
    this.#streams.close();
    dropAllTmpfs();
    const ended = now();
    if (!this.#killed) await this.#keepTranslations();
    this.spans.push(ownSpan('session', 'keep translations', ended));
    this.#closed = Promise.all([this.#translator?.terminate(), this.#workers.close()]);
    this.#resolve(result);
    await this.#closed;
  }

  /** What the translator has written chunk by chunk becomes one file for each ELF file; others may want it too. */
  async #keepTranslations(): Promise<void> {
    const { cache } = this.#options.config;
    if (cache === undefined || this.#translator === undefined || !this.#wantsTranslations) return;
    await finishTranslator(this.#translator, FINISH_MS);
    const images = new Store(cache, kindOfCode()).mergeSince(this.#started);
    await (await this.#sharing)?.send(images);
    trimCache(cache, cacheLimit());
  }

  /** A JavaScript error outside of the run loop's care (out of memory, a bug): the session cannot go on. */
  #workerFailed(worker: PooledWorker, error: Error): void {
    const text = `internal error: a guest worker failed: ${error.message}`;
    this.#fail({ type: 'bug', text, pc: 0, code: new Uint8Array(0) }, text);
    if (worker.task !== 0) this.#abandon();
  }

  #abandon(): void {
    this.#kernel.i32[Fixed.firstStatus] = SIG.KILL;
    Atomics.store(this.#kernel.i32, Fixed.alive, 0);
    this.#processEnded();
  }

  #say(text: string): void {
    const { onMessage } = this.#options;
    if (onMessage !== undefined) onMessage(text);
    else writeMessage(`${text}\n`);
  }
}
