// Where a process spends its interpreted time, by function: samples (one for some 8,000 interpreted instructions) decide
// what is translated next, hottest first. A function that goes on being interpreted although it is translated is inside
// a loop that it does not leave: it gets a second entry at that loop, and if that does not help one right there.
import type { FunctionStarts } from '../region/function-start.ts';
import type { EntryKind, WantedFunction } from './protocol.ts';

/** Samples of a function before it is worth the translator's time. */
const HOT = 2;
/** What is that much colder than the hottest waits for another request, so that the hottest runs sooner. */
const SPREAD = 16;
const NEXT: Record<EntryKind, EntryKind> = {
  start: 'loop',
  loop: 'here',
  here: 'here',
};
/** Different addresses remembered of a function. */
const MAX_SEEN = 64;

/** Functions that are remembered. */
const MAX_FUNCTIONS = 50_000;
/** Addresses in one function that are asked for by themselves. */
const MAX_HERE = 6;

interface Heat {
  count: number;
  entry: EntryKind;
  /** How often at which address. */
  seen: Map<number, number>;
  /** Addresses that were asked for with 'here'. */
  done: Set<number>;
}

export class HeatMap {
  readonly #starts: FunctionStarts;
  /** Is there a region with this root? */
  readonly #isTranslated: (root: number) => boolean;
  readonly #functions = new Map<number, Heat>();
  #hot = 0;
  /** Samples in functions that are hot, and were not asked for since. */
  mass = 0;

  constructor(starts: FunctionStarts, isTranslated: (root: number) => boolean) {
    this.#starts = starts;
    this.#isTranslated = isTranslated;
  }

  /** Is there anything worth asking for? */
  get isHot(): boolean {
    return this.#hot > 0;
  }

  /** Takes a sample in the function at `start`. */
  add(pc: number, start: number): void {
    let heat = this.#functions.get(start);
    if (heat === undefined) {
      if (this.#functions.size >= MAX_FUNCTIONS) this.forget(0, 2 ** 32);
      heat = { count: 0, entry: 'start', seen: new Map(), done: new Set() };
      this.#functions.set(start, heat);
    }
    if (heat.done.has(pc) || heat.done.size >= MAX_HERE) return;
    const before = heat.seen.get(pc);
    if (before !== undefined || heat.seen.size < MAX_SEEN) heat.seen.set(pc, (before ?? 0) + 1);
    if (++heat.count === HOT) this.#hot++;
    this.mass += heat.count > HOT ? 1 : heat.count === HOT ? HOT : 0;
  }

  /** Takes out the hottest functions, at most `most`. */
  take(most: number): WantedFunction[] {
    const hot = [...this.#functions].filter(([, heat]) => heat.count >= HOT);
    hot.sort(([, a], [, b]) => b.count - a.count);
    const least = (hot[0]?.[1].count ?? 0) / SPREAD;
    const taken = hot.slice(0, most).filter(([, { count }]) => count >= least);
    const wanted = taken.map(([start, heat]) => {
      const isKnown = heat.entry === 'start' && this.#isTranslated(start);
      const entry = isKnown ? 'loop' : heat.entry;
      const seen = [...heat.seen].sort(([, a], [, b]) => b - a).map(([pc]) => pc);
      if (entry === 'here') heat.done.add(seen[0]);
      heat.entry = NEXT[entry];
      heat.count = 0;
      heat.seen.clear();
      return { start, entry, seen, image: this.#starts.imageOf(start)?.start ?? 0 };
    });
    this.#countHot();
    return wanted;
  }

  /** The region rooted at `pc` is gone: its function is asked for anew when it is hot. */
  again(pc: number): void {
    const start = this.#starts.find(pc) ?? pc;
    if ((this.#functions.get(start)?.count ?? 0) >= HOT) this.#hot--;
    this.#functions.delete(start);
  }

  /** These functions run in another way from now on: what was seen of them before says nothing. */
  restart(starts: readonly number[]): void {
    for (const start of starts) {
      const heat = this.#functions.get(start);
      if (heat === undefined) continue;
      heat.count = 0;
      heat.seen.clear();
    }
    this.#countHot();
  }

  #countHot(): void {
    const hot = [...this.#functions.values()].filter(({ count }) => count >= HOT);
    this.#hot = hot.length;
    this.mass = hot.reduce((sum, { count }) => sum + count, 0);
  }

  /** The code at guest addresses [start, end) is gone: it has to become hot anew. */
  forget(start: number, end: number): void {
    this.#starts.forget(start, end);
    for (const at of this.#functions.keys())
      if (at >= start && at < end) this.#functions.delete(at);
    this.#countHot();
  }
}
