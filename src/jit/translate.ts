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
import { addTrap, emitWithPlaces, newModule, type Wasm, withPlaces } from './wasm/builder.ts';
import { regionExport } from './wasm/exports.ts';

export interface TranslatedModule {
  /** Exports each region (wasm/exports.ts). */
  readonly bytes: Uint8Array;
  readonly regions: readonly Region[];
  /** One more than the highest slot referred to. */
  readonly slotEnd: number;
  /** As in Lowered. */
  readonly readsFlagsOfCall: boolean;
}

type SlotOf = (pc: number) => number;

/** Translates the regions rooted at `roots` into one module; undefined when there is no code at any of them. */
export function translate(
  roots: readonly number[],
  fetch: Fetch,
  slotOf: SlotOf,
  mode: LoweringMode,
): TranslatedModule | undefined {
  const w = newModule();
  try {
    const built = build(w, roots, fetch, slotOf, mode);
    return built && { ...built, bytes: w.emitBinary() };
  } finally {
    w.dispose();
  }
}

/** Guest address of the instruction that became the memory access at byte `offset` of what translate() makes of `roots`. */
export function locate(
  roots: readonly number[],
  fetch: Fetch,
  slotOf: SlotOf,
  mode: LoweringMode,
  offset: number,
): number | undefined {
  const w = withPlaces(newModule());
  try {
    return build(w, roots, fetch, slotOf, mode) && emitWithPlaces(w).find(offset);
  } finally {
    w.dispose();
  }
}

function build(
  w: Wasm,
  roots: readonly number[],
  fetch: Fetch,
  slotOf: SlotOf,
  mode: LoweringMode,
): Omit<TranslatedModule, 'bytes'> | undefined {
  const limits = mode.eager ? EAGER_LIMITS : DEFAULT_LIMITS;
  const regions = roots
    .map((pc) => discover(pc, fetch, limits))
    .filter((region) => region.blocks.length > 0);
  if (regions.length === 0) return undefined;
  const local = new Set(regions.map(({ root }) => root));
  let slotEnd = 0;
  const slots = {
    slotOf: (pc: number): number => {
      const slot = slotOf(pc);
      slotEnd = Math.max(slotEnd, slot + 1);
      return slot;
    },
    localName: (pc: number): string | undefined => (local.has(pc) ? regionExport(pc) : undefined),
  };
  addTrap(w);
  let readsFlagsOfCall = false;
  for (const region of regions) {
    const name = regionExport(region.root);
    slots.slotOf(region.root);
    const lowered = lowerRegion(w, name, region, slots, mode);
    readsFlagsOfCall ||= lowered.readsFlagsOfCall;
    w.addFunctionExport(name, name);
  }
  return { regions, slotEnd, readsFlagsOfCall };
}
