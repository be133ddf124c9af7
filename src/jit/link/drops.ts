// What one thread learns about code that is gone, all threads of the process have to know: each has a function table of its own.
// A log in the process's memory tells them, before they enter a region again; whoever is in one is made to leave it
// (assembly/interp/cache.ts, pollAll), and finds no other by an indirect call until it has read the log.
//
//   DROP_COUNT:u32   DROP_LOCK:u32   DROP_LOG: DROP_SLOTS × (start:u32, end:u32)      entry n of all is at n modulo DROP_SLOTS
import {
  CACHE_BASE,
  CACHE_REGIONS,
  CTX_BASE,
  CTX_MAX,
  CTX_SIZE,
  DROP_COUNT,
  DROP_LOCK,
  DROP_LOG,
  DROP_SLOTS,
  DROP_THREADS,
  DROPS_SEEN,
  REGIONS,
} from '../../../assembly/shared/layout.ts';

/** Guest addresses. */
export type Range = readonly [start: number, end: number];
const EVERYTHING: Range = [0, 2 ** 32];

export class DropLog {
  readonly #memory: WebAssembly.Memory;
  readonly #words: Int32Array;
  readonly #seen: number;
  readonly #cache: number;

  /** For the thread with context `ctx`. What is in the log by now is no business of a thread that begins. */
  constructor(memory: WebAssembly.Memory, ctx: number) {
    this.#memory = memory;
    this.#words = new Int32Array(memory.buffer);
    this.#seen = (ctx + DROPS_SEEN) >> 2;
    this.#words[this.#seen] = this.#count();
    this.#cache = this.#words[(ctx + CACHE_BASE) >> 2];
    this.#words[(DROP_THREADS >> 2) + (ctx - CTX_BASE) / CTX_SIZE] = this.#cache;
  }

  /** Tells the other threads about a range that the caller has dropped. */
  tell([start, end]: Range): void {
    const words = this.#words;
    while (Atomics.compareExchange(words, DROP_LOCK >> 2, 0, 1) !== 0);
    const n = this.#count();
    const at = entry(n);
    words[at] = start;
    words[at + 1] = end;
    Atomics.store(words, DROP_COUNT >> 2, n + 1);
    if (words[this.#seen] === n) words[this.#seen] = this.#count();
    Atomics.store(words, DROP_LOCK >> 2, 0);
    forgetIndirect(new Int32Array(this.#memory.buffer), this.#cache);
  }

  /** Is there something to read? */
  get isBehind(): boolean {
    return this.#words[this.#seen] !== this.#count();
  }

  /** What others have told since the last call. */
  read(): Range[] {
    const words = this.#words;
    const seen = words[this.#seen];
    const count = this.#count();
    const ranges: Range[] = [];
    for (let n = seen; n !== count && ranges.length < DROP_SLOTS; n = (n + 1) | 0)
      ranges.push([words[entry(n)] >>> 0, words[entry(n) + 1] >>> 0 || 2 ** 32]);
    words[this.#seen] = count;
    return ((this.#count() - seen) | 0) >>> 0 < DROP_SLOTS ? ranges : [EVERYTHING];
  }

  #count(): number {
    return Atomics.load(this.#words, DROP_COUNT >> 2);
  }
}

const entry = (n: number): number => (DROP_LOG >> 2) + (n & (DROP_SLOTS - 1)) * 2;

/**
 * Indirect calls and jumps of all threads but that with the decode cache `own` find no regions (their workers put back those
 * that are left when they read the log).
 */
function forgetIndirect(words: Int32Array, own: number): void {
  for (let n = 0; n < CTX_MAX; n++) {
    const cache = words[(DROP_THREADS >> 2) + n];
    const from = (cache + CACHE_REGIONS) >>> 2;
    if (cache !== 0 && cache !== own) words.fill(0, from, from + REGIONS * 2);
  }
}
