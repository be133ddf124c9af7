// The pipeline as a list: discover → analyse and lower → structure → Binaryen → bytes.
import type { LoweringMode } from './lower/mode.ts';
import { lowerRegion } from './lower/region.ts';
import {
  DEFAULT_LIMITS,
  discover,
  EAGER_LIMITS,
  type Fetch,
  type Region,
} from './region/discover.ts';
import { withStubs } from './region/stubs.ts';
import {
  addSlots,
  addTrap,
  emitWithPlaces,
  newModule,
  type Wasm,
  withPlaces,
} from './wasm/builder.ts';
import { regionName } from './wasm/exports.ts';

export interface TranslatedModule {
  readonly bytes: Uint8Array;
  /** Region n is in the module's slot n. */
  readonly regions: readonly Region[];
  /** Guest addresses of regions elsewhere that are referred to: their slots follow. */
  readonly links: readonly number[];
  /** As in Lowered. */
  readonly readsFlagsOfCall: boolean;
}

/** Translates the regions rooted at `roots` into one module; undefined when there is no code at any of them. */
export function translate(
  roots: readonly number[],
  fetch: Fetch,
  mode: LoweringMode,
): TranslatedModule | undefined {
  const w = newModule();
  try {
    const built = build(w, roots, fetch, mode);
    return built && { ...built, bytes: w.emitBinary() };
  } finally {
    w.dispose();
  }
}

/** Guest address of the instruction that became the memory access at byte `offset` of what translate() makes of `roots`. */
export function locate(
  roots: readonly number[],
  fetch: Fetch,
  mode: LoweringMode,
  offset: number,
): number | undefined {
  const w = withPlaces(newModule());
  try {
    return build(w, roots, fetch, mode) && emitWithPlaces(w).find(offset);
  } finally {
    w.dispose();
  }
}

function build(
  w: Wasm,
  roots: readonly number[],
  fetch: Fetch,
  mode: LoweringMode,
): Omit<TranslatedModule, 'bytes'> | undefined {
  const limits = mode.eager ? EAGER_LIMITS : DEFAULT_LIMITS;
  const found = roots
    .map((pc) => discover(pc, fetch, limits))
    .filter((region) => region.blocks.length > 0);
  const regions = withStubs(found, fetch, limits);
  if (regions.length === 0) return undefined;
  const slots = newSlots(regions);
  addTrap(w);
  let readsFlagsOfCall = false;
  for (const region of regions) {
    const lowered = lowerRegion(w, regionName(region.root), region, slots, mode);
    readsFlagsOfCall ||= lowered.readsFlagsOfCall;
  }
  addSlots(
    w,
    regions.map(({ root }) => regionName(root)),
  );
  return { regions, links: slots.links, readsFlagsOfCall };
}

/** The slots of a module: its own regions', then those of the regions that it refers to. */
export function newSlots(regions: readonly Region[]) {
  const numbers = new Map(regions.map(({ root }, n) => [root, n]));
  const local = new Set(numbers.keys());
  const links: number[] = [];
  return {
    links,
    slotOf(pc: number): number {
      let slot = numbers.get(pc);
      if (slot === undefined) {
        slot = regions.length + links.length;
        numbers.set(pc, slot);
        links.push(pc);
      }
      return slot;
    },
    localName: (pc: number): string | undefined => (local.has(pc) ? regionName(pc) : undefined),
  };
}
