// Where a process spends its interpreted time, by function: samples (one for some 8,000 interpreted instructions) decide
// what is translated next, hottest first. A function that goes on being interpreted although it is translated is inside
// a loop that it does not leave: it gets a second entry at that loop, and if that does not help one right there.
import type { FunctionStarts } from '../region/function-start.ts';
import type { KeptHeat } from './kept.ts';
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
/** Different addresses remembered of a function; from one run to the next. */
const MAX_SEEN = 64;
const KEPT_SEEN = 4;

/** Functions that are remembered. */
const MAX_FUNCTIONS = 50_000;
/** Addresses in one function that are asked for by themselves. */
const MAX_HERE = 6;

interface Heat {
  /** Samples. */
  count: number;
  /** Samples of earlier runs, which had no time to translate it. */
  earlier: number;
  /** All of them when it was asked for; 0: it was not, or there was an answer. */
  asked: number;
  entry: EntryKind;
  /** How often at which address. */
  seen: Map<number, number>;
  /** Addresses that were asked for with 'here'. */
  done: Set<number>;
}

export interface HeatSummary {
  readonly hot: KeptHeat[];
  readonly cold: Set<number>;
}

const newHeat = (entry: EntryKind): Heat => ({
  count: 0,
  earlier: 0,
  asked: 0,
  entry,
  seen: new Map(),
  done: new Set(),
});

const total = ({ count, earlier }: Heat): number => count + earlier;

/** Where it was seen, most often first. */
const oftenest = ({ seen }: Heat): number[] =>
  [...seen].sort(([, a], [, b]) => b - a).map(([pc]) => pc);

/** Begins to count anew. */
function cool(heat: Heat): void {
  heat.count = 0;
  heat.earlier = 0;
  heat.seen.clear();
}

export class HeatMap {
  readonly #starts: FunctionStarts;
  /** Is there a region with this root? */
  readonly #isTranslated: (root: number) => boolean;
  readonly #functions = new Map<number, Heat>();
  #hot = 0;
  /** Samples in functions that are hot, and were not asked for since: of this run, of earlier ones. */
  mass = 0;
  earlierMass = 0;

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
      heat = newHeat('start');
      this.#functions.set(start, heat);
    }
    if (heat.done.has(pc) || heat.done.size >= MAX_HERE) return;
    const before = heat.seen.get(pc);
    if (before !== undefined || heat.seen.size < MAX_SEEN) heat.seen.set(pc, (before ?? 0) + 1);
    heat.count++;
    if (total(heat) === HOT) this.#hot++;
    this.mass += total(heat) > HOT ? 1 : total(heat) === HOT ? HOT : 0;
  }

  /** Takes out the hottest functions, at most `most`. */
  take(most: number): WantedFunction[] {
    const hot = [...this.#functions].filter(([, heat]) => total(heat) >= HOT);
    hot.sort(([, a], [, b]) => total(b) - total(a));
    const least = hot.length === 0 ? 0 : total(hot[0][1]) / SPREAD;
    const taken = hot.slice(0, most).filter(([, heat]) => total(heat) >= least);
    const wanted = taken.map(([start, heat]) => {
      const isKnown = heat.entry === 'start' && this.#isTranslated(start);
      const entry = isKnown ? 'loop' : heat.entry;
      const seen = oftenest(heat);
      if (entry === 'here') heat.done.add(seen[0]);
      heat.entry = NEXT[entry];
      heat.asked = total(heat);
      cool(heat);
      return { start, entry, seen, image: this.#starts.imageOf(start)?.start ?? 0 };
    });
    this.#countHot();
    return wanted;
  }

  /** What an earlier run would have asked for next. */
  restore(kept: readonly KeptHeat[]): void {
    for (const { start, entry, count, seen } of kept) {
      if (this.#functions.has(start)) continue;
      const heat = { ...newHeat(entry), earlier: count };
      for (const pc of seen) heat.seen.set(pc, 1);
      this.#functions.set(start, heat);
    }
    this.#countHot();
  }

  /** For the next run, by the image's start: what is hot and not translated by now, and functions that are no longer. */
  summary(): Map<number, HeatSummary> {
    const images = new Map<number, HeatSummary>();
    for (const [start, heat] of this.#functions) {
      const { asked, entry } = heat;
      const image = this.#starts.imageOf(start)?.start;
      if (image === undefined) continue;
      let summary = images.get(image);
      if (summary === undefined) images.set(image, (summary = { hot: [], cold: new Set() }));
      const most = Math.max(total(heat), asked);
      if (most < HOT) summary.cold.add(start);
      else if (asked === 0 || entry === 'loop')
        summary.hot.push({
          start,
          entry: asked === 0 ? entry : 'start',
          count: most,
          seen: oftenest(heat).slice(0, KEPT_SEEN),
        });
    }
    return images;
  }

  /** The regions with these roots are gone: their functions are asked for anew when they are hot. */
  again(roots: readonly number[]): void {
    for (const pc of roots) this.#functions.delete(this.#starts.find(pc) ?? pc);
    this.#countHot();
  }

  /** These functions run in another way from now on: what was seen of them before says nothing. */
  restart(starts: readonly number[]): void {
    for (const start of starts) {
      const heat = this.#functions.get(start);
      if (heat === undefined) continue;
      heat.asked = 0;
      cool(heat);
    }
    this.#countHot();
  }

  #countHot(): void {
    const hot = [...this.#functions.values()].filter((heat) => total(heat) >= HOT);
    this.#hot = hot.length;
    this.mass = hot.reduce((sum, { count }) => sum + count, 0);
    this.earlierMass = hot.reduce((sum, { earlier }) => sum + earlier, 0);
  }

  /** The code at guest addresses [start, end) is gone: it has to become hot anew. */
  forget(start: number, end: number): void {
    this.#starts.forget(start, end);
    for (const at of this.#functions.keys())
      if (at >= start && at < end) this.#functions.delete(at);
    this.#countHot();
  }
}
