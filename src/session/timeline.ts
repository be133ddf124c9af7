// --stats=trace: what each guest thread, the translator and the session manager did when, as spans on one clock.
import type { Tally } from '../jit/link/tally.ts';
import type { Lx, SyscallTrace } from '../lx/kernel/lx.ts';
import { commOf, pidOf, processOf } from '../lx/kernel/process.ts';
import { Process, Task } from '../lx/kernel/task.ts';

/** Milliseconds; a shorter system call is not shown. */
const SHORTEST = 0.1;

export interface Span {
  /** Of the guest process and thread; 0 is lxjit itself. */
  readonly pid: number;
  readonly tid: number;
  /** Name of the process, or of lxjit's own thread. */
  readonly of: string;
  readonly name: string;
  readonly kind: 'program' | 'start' | 'syscall' | 'translation' | 'session';
  /** Milliseconds since the epoch, and how long. */
  readonly start: number;
  readonly ms: number;
}

export const now = (): number => performance.timeOrigin + performance.now();

/** What lxjit's own threads do: the session manager is 0, the translator 1. */
export const ownSpan = (
  thread: 'session' | 'translator',
  name: string,
  start: number,
  end = now(),
): Span => ({
  pid: 0,
  tid: thread === 'session' ? 0 : 1,
  of: thread,
  name,
  kind: thread === 'session' ? 'session' : 'translation',
  start,
  ms: end - start,
});

/** One worker's. */
export class Timeline implements SyscallTrace {
  readonly #lx: Lx;
  #spans: Span[] = [];
  /** Something has ended then. */
  #since = now();
  #entered = 0;
  /** The image runs since then; 0: it is being loaded. */
  #began = 0;
  /** It is the dynamic loader that runs. */
  #isLinking = false;

  constructor(lx: Lx) {
    this.#lx = lx;
  }

  #add(kind: Span['kind'], name: string, start: number, end = now()): void {
    const { k, task } = this.#lx;
    const tid = k.i32[task + Task.tid];
    const of = commOf(k, task);
    this.#spans.push({ pid: pidOf(this.#lx), tid, of, name, kind, start, ms: end - start });
  }

  /** The worker is given a task. */
  given(): void {
    this.#since = now();
    this.#began = 0;
  }

  /** Its image is there: a file's, or a copy of its parent's. */
  loaded(): void {
    const { k } = this.#lx;
    this.#began = now();
    this.#isLinking = k.i32[processOf(this.#lx) + Process.didExec] !== 0;
    this.#add('start', this.#isLinking ? 'load' : 'copy memory', this.#since);
  }

  /** The guest was seen at `pc`; its program's code is [start, end). */
  seen(pc: number, start: number, end: number): void {
    if (!this.#isLinking || pc < start || pc >= end) return;
    this.#isLinking = false;
    this.#add('start', 'dynamic loader', this.#began);
  }

  /** Something was done for translation just now; by the translator, if that `started` it. */
  translated({ loading, installing, translating }: Partial<Tally>, started?: number): void {
    const end = now();
    if (loading !== undefined) this.#add('translation', 'load from the cache', end - loading, end);
    if (installing !== undefined) this.#add('translation', 'install', end - installing, end);
    if (translating !== undefined && started !== undefined)
      this.#spans.push(ownSpan('translator', 'translate', started, started + translating));
  }

  /** The image ends, or the thread. What was done since the last call. */
  end(): Span[] {
    if (this.#began > 0 && this.#lx.task !== 0)
      this.#add('program', commOf(this.#lx.k, this.#lx.task), this.#began);
    this.given();
    const spans = this.#spans;
    this.#spans = [];
    return spans;
  }

  enter(): void {
    this.#entered = now();
  }

  leave(...[, row, number]: Parameters<SyscallTrace['leave']>): void {
    this.#since = now();
    if (this.#since - this.#entered >= SHORTEST)
      this.#add('syscall', row?.name ?? `syscall ${number}`, this.#entered, this.#since);
  }
}
