// The pipeline as a list: discover → analyse and lower → structure → Binaryen → bytes.
import type { TranslationMode } from './lower/mode.ts';
import { lowerRegion } from './lower/region.ts';
import {
  DEFAULT_LIMITS,
  discover,
  EAGER_LIMITS,
  type Fetch,
  GUARDED_LIMITS,
  isGuarded,
  type Region,
} from './region/discover.ts';
import { withStubs } from './region/stubs.ts';
import {
  addLinks,
  addSlots,
  addTrap,
  emitWithPlaces,
  newModule,
  notedLines,
  type Wasm,
  withPlaces,
} from './wasm/builder.ts';
import { CALL_LINK, regionName } from './wasm/exports.ts';

export interface TranslatedModule {
  readonly bytes: Uint8Array;
  /** Region n is in the module's slot n. */
  readonly regions: readonly Region[];
  /** What its links are for (link/table.ts). */
  readonly links: readonly number[];
}

/** Translates the regions rooted at `roots` into one module; undefined when there is no code at any of them. */
export function translate(
  roots: readonly number[],
  fetch: Fetch,
  mode: TranslationMode,
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
  mode: TranslationMode,
  offset: number,
): number | undefined {
  const w = withPlaces(newModule());
  try {
    return build(w, roots, fetch, mode) && emitWithPlaces(w).find(offset);
  } finally {
    w.dispose();
  }
}

/** What translate() makes as text; `lines[n]` is the guest address that a comment “guest:n+1” stands for. */
export function translatedText(
  root: number,
  fetch: Fetch,
  mode: TranslationMode,
): { text: string; lines: readonly number[]; error: string | undefined } | undefined {
  const w = withPlaces(newModule(), true);
  try {
    if (build(w, [root], fetch, mode) === undefined) return undefined;
    return { text: w.emitText(), lines: notedLines(w), error: rejection(w) };
  } finally {
    w.dispose();
  }
}

/** Why Binaryen or V8 would not take the module. */
function rejection(w: Wasm): string | undefined {
  if (w.validate() === 0) return 'by Binaryen';
  try {
    new WebAssembly.Module(w.emitBinary() as Uint8Array<ArrayBuffer>);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

function build(
  w: Wasm,
  roots: readonly number[],
  fetch: Fetch,
  mode: TranslationMode,
): Omit<TranslatedModule, 'bytes'> | undefined {
  const limits = mode.eager ? EAGER_LIMITS : DEFAULT_LIMITS;
  const limitsAt = (pc: number) =>
    fetch(pc)?.isGuarded !== true || mode.eager ? limits : GUARDED_LIMITS;
  const found = roots
    .map((pc) => discover(pc, fetch, limitsAt(pc)))
    // Only checked stores tell when they write to code.
    .filter((region) => region.blocks.length > 0 && (mode.checked || !isGuarded(region)));
  const regions = withStubs(found, fetch, limits);
  if (regions.length === 0) return undefined;
  return { regions, ...lowerRegions(w, regions, mode) };
}

/** Makes the module of the given regions. */
export function lowerRegions(
  w: Wasm,
  regions: readonly Region[],
  mode: TranslationMode,
): Pick<TranslatedModule, 'links'> {
  const links = newLinks(regions);
  addTrap(w);
  for (const region of regions) {
    lowerRegion(w, regionName(region.root), region, links, mode);
  }
  addSlots(
    w,
    regions.map(({ root }) => regionName(root)),
  );
  if (links.words.length > 0) addLinks(w, links.words.length);
  return { links: links.words };
}

/** The links of a module to regions elsewhere. */
function newLinks(regions: readonly Region[]) {
  const local = new Set(regions.map(({ root }) => root));
  const numbers = new Map<number, number>();
  const words: number[] = [];
  return {
    words,
    linkTo(pc: number, isCall: boolean): number {
      const word = isCall ? pc + CALL_LINK : pc;
      let link = numbers.get(word);
      if (link === undefined) numbers.set(word, (link = words.push(word) - 1));
      return link;
    },
    localName: (pc: number): string | undefined => (local.has(pc) ? regionName(pc) : undefined),
  };
}
