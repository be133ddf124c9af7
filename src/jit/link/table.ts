// How regions of a process image find each other. The image's function table has a slot for each region, a run of them for
// each module. What a module calls or jumps to elsewhere is in a table of its own, its links; so it does not depend on
// where, or with what else, it is loaded. Whoever installs a region sets all links that wait for its address; a link that
// nobody has set holds `leave` (for calls `leaveCall`).
//
//   module A:  slots [r1000][r1400]  links [call 2000][call 3000]        module B:  slots [r2000]  links [jump 1000]
import { FIRST_REGION_SLOT } from '../../../assembly/shared/layout.ts';
import { CALL_LINK } from '../wasm/exports.ts';

const MAX_SLOTS = 1 << 20;
const GROWTH = 1024;

/** What stands where there is no region (addGlue). */
export interface Leaves {
  readonly leave: CallableFunction;
  readonly leaveCall: CallableFunction;
}

interface Waiting {
  readonly links: WebAssembly.Table;
  readonly index: number;
  readonly isCall: boolean;
}

interface Target {
  /** Slot of the region, 0 = there is none. */
  region: number;
  waiting: Waiting[];
}

export class LinkTable {
  readonly #table: WebAssembly.Table;
  readonly #leaves: Leaves;
  readonly #targets = new Map<number, Target>();
  #next = FIRST_REGION_SLOT;
  /** Runs of slots that were given back. */
  #free: { first: number; count: number }[] = [];

  constructor(table: WebAssembly.Table, leaves: Leaves) {
    this.#table = table;
    this.#leaves = leaves;
    for (let slot = FIRST_REGION_SLOT; slot < table.length; slot++) table.set(slot, leaves.leave);
  }

  /** A run of `count` slots; undefined when there is no room. */
  reserve(count: number): number | undefined {
    const run = this.#free.find((free) => free.count >= count);
    if (run !== undefined) {
      run.first += count;
      run.count -= count;
      if (run.count === 0) this.#free = this.#free.filter((free) => free !== run);
      return run.first - count;
    }
    const first = this.#next;
    const end = first + count;
    if (end > MAX_SLOTS) return undefined;
    const more = end - this.#table.length;
    if (more > 0) this.#table.grow(Math.max(GROWTH, more), this.#leaves.leave);
    this.#next = end;
    return first;
  }

  /** A run of slots from which the regions are gone (remove). */
  release(first: number, count: number): void {
    const next = this.#free.find((run) => run.first === first + count);
    const before = this.#free.find((run) => run.first + run.count === first);
    if (before !== undefined) {
      before.count += count + (next?.count ?? 0);
      if (next !== undefined) this.#free = this.#free.filter((run) => run !== next);
    } else if (next !== undefined) {
      next.first = first;
      next.count += count;
    } else this.#free.push({ first, count });
  }

  /** `slot` holds the region rooted at `pc` from now on. */
  define(pc: number, slot: number): void {
    const target = this.#target(pc);
    target.region = slot;
    this.#fill(target);
  }

  /** Sets a module's links, now and when their regions come and go. */
  refer(words: readonly number[], links: WebAssembly.Table): void {
    words.forEach((word, index) => {
      const target = this.#target(word % CALL_LINK);
      const waiting = { links, index, isCall: word >= CALL_LINK };
      target.waiting.push(waiting);
      links.set(index, this.#valueFor(target, waiting));
    });
  }

  /** The module with these links is gone. */
  forget(words: readonly number[], links: WebAssembly.Table): void {
    for (const word of words) {
      const pc = word % CALL_LINK;
      const target = this.#target(pc);
      target.waiting = target.waiting.filter((waiting) => waiting.links !== links);
      this.#tidy(pc, target);
    }
  }

  /** Slot of the region rooted at `pc`, 0 = there is none. */
  find(pc: number): number {
    return this.#targets.get(pc)?.region ?? 0;
  }

  /** The region rooted at `pc` in `slot` is gone. False: another one has taken its place. */
  remove(pc: number, slot: number): boolean {
    this.#table.set(slot, this.#leaves.leave);
    const target = this.#target(pc);
    if (target.region !== slot) return false;
    target.region = 0;
    this.#fill(target);
    this.#tidy(pc, target);
    return true;
  }

  #fill(target: Target): void {
    for (const waiting of target.waiting)
      waiting.links.set(waiting.index, this.#valueFor(target, waiting));
  }

  #valueFor({ region }: Target, { isCall }: Waiting): CallableFunction {
    if (region !== 0) return this.#table.get(region);
    return isCall ? this.#leaves.leaveCall : this.#leaves.leave;
  }

  #tidy(pc: number, { region, waiting }: Target): void {
    if (region === 0 && waiting.length === 0) this.#targets.delete(pc);
  }

  #target(pc: number): Target {
    let target = this.#targets.get(pc);
    if (target === undefined) this.#targets.set(pc, (target = { region: 0, waiting: [] }));
    return target;
  }
}
