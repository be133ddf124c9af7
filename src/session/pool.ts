// Guest workers and wasm memories, both kept for reuse: starting a worker costs tens of milliseconds, and a new memory has
// to be paged in by the host again.
import type { Worker } from 'node:worker_threads';
import { newWorker, type Prestarted } from './prestart.ts';
import type { StartMessage, WorkerMessage } from './protocol.ts';

/** Workers that are started ahead: one, and one more each time that none was ready. */
const MAX_SPARE = 4;
/** Milliseconds that the first program runs until the first spare one is started: many end sooner, and never want it. */
const SPARE_DELAY = 40;
/** The most that are kept when they have nothing to do. */
const MAX_IDLE = 6;
const MAX_IDLE_MEMORIES = 6;
/** A memory of which more than this many bytes were used is not kept. */
const HUGE = 192 << 20;

const INITIAL_PAGES = 31;
const MAX_PAGES = 65536;

export interface PooledWorker {
  readonly thread: Worker;
  /** Task it runs, 0 = idle. */
  task: number;
  /** Has come up; one that has run a task before is quicker still. */
  ready: boolean;
}

export type OnMessage = (worker: PooledWorker, message: WorkerMessage) => void;
export type OnFailure = (worker: PooledWorker, error: Error) => void;

export class WorkerPool {
  readonly #kernel: WebAssembly.Memory;
  readonly #shared: WebAssembly.Memory;
  readonly #onMessage: OnMessage;
  readonly #onFailure: OnFailure;
  readonly #idle: PooledWorker[] = [];
  readonly #all = new Set<PooledWorker>();
  #spare = 0;
  #closed = false;

  constructor({ kernel, shared, worker }: Prestarted, onMessage: OnMessage, onFailure: OnFailure) {
    this.#kernel = kernel;
    this.#shared = shared;
    this.#onMessage = onMessage;
    this.#onFailure = onFailure;
    this.#idle.push(this.#adopt(worker));
  }

  /** Hands a task to an idle worker, or a new one, and sees that a spare one is ready for the next. */
  start(message: StartMessage): void {
    const worker = this.#take();
    worker.task = message.task;
    worker.thread.postMessage(message);
    if (!worker.ready || this.#spare === 0) this.#spare = Math.min(this.#spare + 1, MAX_SPARE);
    if (message.start.how !== 'first' && this.#idle.length < this.#spare) {
      setTimeout(() => this.prepare(this.#spare), 0).unref();
    }
  }

  /** The first program has begun to run: soon it may want a second process. */
  begun(): void {
    setTimeout(() => this.prepare(this.#spare), SPARE_DELAY).unref();
  }

  /** The idle worker that was used last, else one that is coming up, else a new one. */
  #take(): PooledWorker {
    const at = this.#idle.findLastIndex((worker) => worker.ready);
    if (at >= 0) return this.#idle.splice(at, 1)[0];
    return this.#idle.shift() ?? this.#create();
  }

  /** Starts workers until `count` are idle. */
  prepare(count: number): void {
    while (!this.#closed && this.#idle.length < count) this.#idle.push(this.#create());
  }

  /** A worker's task has ended. */
  release(worker: PooledWorker): void {
    worker.task = 0;
    if (this.#closed || this.#idle.length >= MAX_IDLE) this.#drop(worker);
    else this.#idle.push(worker);
  }

  /** Ends all workers, whatever they do. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#all].map((worker) => worker.thread.terminate()));
  }

  #create(): PooledWorker {
    return this.#adopt(newWorker(this.#kernel, this.#shared));
  }

  #adopt(thread: Worker): PooledWorker {
    const worker: PooledWorker = { thread, task: 0, ready: false };
    this.#all.add(worker);
    thread.unref();
    thread.on('online', () => {
      worker.ready = true;
    });
    thread.on('message', (message: WorkerMessage) => this.#onMessage(worker, message));
    thread.on('error', (error) => {
      this.#drop(worker);
      this.#onFailure(worker, error as Error);
    });
    return worker;
  }

  #drop(worker: PooledWorker): void {
    this.#all.delete(worker);
    const at = this.#idle.indexOf(worker);
    if (at >= 0) this.#idle.splice(at, 1);
    void worker.thread.terminate();
  }
}

/** Wasm memories of processes, by id (Process.memory). */
export class MemoryPool {
  readonly #used = new Map<number, WebAssembly.Memory>();
  readonly #idle: WebAssembly.Memory[] = [];
  #lastId = 0;

  /** An unused memory and its id. It may hold what an earlier process left (see emptyMemory). */
  take(): { id: number; memory: WebAssembly.Memory } {
    const memory =
      this.#idle.pop() ??
      new WebAssembly.Memory({ initial: INITIAL_PAGES, maximum: MAX_PAGES, shared: true });
    const id = ++this.#lastId;
    this.#used.set(id, memory);
    return { id, memory };
  }

  find(id: number): WebAssembly.Memory | undefined {
    return this.#used.get(id);
  }

  get(id: number): WebAssembly.Memory {
    const memory = this.find(id);
    if (memory === undefined) throw new Error(`no memory ${id}`);
    return memory;
  }

  /** Nobody uses it any more; `used` bytes of it were mapped at most. */
  release(id: number, used: number): void {
    const memory = this.#used.get(id);
    this.#used.delete(id);
    if (memory === undefined || used >= HUGE || this.#idle.length >= MAX_IDLE_MEMORIES) return;
    this.#idle.push(memory);
  }
}
