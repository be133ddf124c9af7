// The function table of a process image as a link table. Each module has a run of slots of its own: one for each of its
// regions, one for each region elsewhere that it refers to. So a module does not depend on where, or with what else, it is
// loaded. Whoever installs a region sets all slots that wait for its address; a slot that nobody has set holds `leave`.
//
//   module A:  [r1000][r1400][→2000][→3000]      module B:  [r2000][→1000]
//              A's own regions, from an element segment; → slots are set when both are there
import { FIRST_REGION_SLOT } from '../../../assembly/shared/layout.ts';

const MAX_SLOTS = 1 << 20;
const GROWTH = 1024;

interface Link {
  /** Slot of the region, 0 = there is none. */
  region: number;
  /** Slots elsewhere that refer to it. */
  readonly waiting: number[];
}

export class LinkTable {
  readonly #table: WebAssembly.Table;
  readonly #leave: CallableFunction;
  readonly #links = new Map<number, Link>();
  #next = FIRST_REGION_SLOT;

  constructor(table: WebAssembly.Table, leave: CallableFunction) {
    this.#table = table;
    this.#leave = leave;
    for (let slot = FIRST_REGION_SLOT; slot < table.length; slot++) table.set(slot, leave);
  }

  /** A run of `count` slots; undefined when there is no room. They are not used again: code that was dropped may still run. */
  reserve(count: number): number | undefined {
    const first = this.#next;
    const end = first + count;
    if (end > MAX_SLOTS) return undefined;
    const more = end - this.#table.length;
    if (more > 0) this.#table.grow(Math.max(GROWTH, more), this.#leave);
    this.#next = end;
    return first;
  }

  /** `slot` holds the region rooted at `pc` from now on. */
  define(pc: number, slot: number): void {
    const link = this.#link(pc);
    link.region = slot;
    if (link.waiting.length > 0) this.#fill(link.waiting, this.#table.get(slot));
  }

  /** `slot` is to hold the region rooted at `pc`, when there is one. */
  refer(pc: number, slot: number): void {
    const link = this.#link(pc);
    link.waiting.push(slot);
    if (link.region !== 0) this.#fill([slot], this.#table.get(link.region));
  }

  /** Slot of the region rooted at `pc`, 0 = there is none. */
  find(pc: number): number {
    return this.#links.get(pc)?.region ?? 0;
  }

  /** The region rooted at `pc` in `slot` is gone. False: another one has taken its place. */
  remove(pc: number, slot: number): boolean {
    const link = this.#link(pc);
    this.#fill([slot], this.#leave);
    if (link.region !== slot) return false;
    this.#fill(link.waiting, this.#leave);
    link.region = 0;
    return true;
  }

  #fill(slots: readonly number[], value: CallableFunction): void {
    for (const slot of slots) this.#table.set(slot, value);
  }

  #link(pc: number): Link {
    let link = this.#links.get(pc);
    if (link === undefined) this.#links.set(pc, (link = { region: 0, waiting: [] }));
    return link;
  }
}
