// The pipeline as a list: discover → analyse and lower → structure → Binaryen → bytes.
import type { TranslationMode } from './lower/mode.ts';
import { lowerRegion } from './lower/region.ts';
import {
  CHECKED_LIMITS,
  DEFAULT_LIMITS,
  discover,
  EAGER_LIMITS,
  type Fetch,
  GUARDED_LIMITS,
  isGuarded,
  type Limits,
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
  const found = regionsAt(roots, fetch, mode);
  return found.length === 0 ? undefined : translateRegions(found, fetch, mode);
}

/** Translates regions, and the PLT stubs that they call, into one module. */
export function translateRegions(
  found: readonly Region[],
  fetch: Fetch,
  mode: TranslationMode,
): TranslatedModule {
  const w = newModule();
  try {
    return { ...build(w, found, fetch, mode), bytes: w.emitBinary() };
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
    const found = regionsAt(roots, fetch, mode);
    if (found.length === 0) return undefined;
    build(w, found, fetch, mode);
    return emitWithPlaces(w).find(offset);
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
    const found = regionsAt([root], fetch, mode);
    if (found.length === 0) return undefined;
    build(w, found, fetch, mode);
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

/** The region rooted at `root`; undefined when there is no code, or none that may be translated in this mode. */
export function regionAt(root: number, fetch: Fetch, mode: TranslationMode): Region | undefined {
  const isWritten = fetch(root)?.isGuarded === true && !mode.eager;
  const region = discover(root, fetch, isWritten ? GUARDED_LIMITS : limitsOf(mode));
  // Only checked stores tell when they write to code.
  if (isGuarded(region) && !mode.checked) return undefined;
  return region.blocks.length > 0 ? region : undefined;
}

const regionsAt = (roots: readonly number[], fetch: Fetch, mode: TranslationMode): Region[] =>
  roots.flatMap((root) => regionAt(root, fetch, mode) ?? []);

function limitsOf({ eager, checked }: TranslationMode): Limits {
  if (eager) return EAGER_LIMITS;
  return checked ? CHECKED_LIMITS : DEFAULT_LIMITS;
}

function build(
  w: Wasm,
  found: readonly Region[],
  fetch: Fetch,
  mode: TranslationMode,
): Omit<TranslatedModule, 'bytes'> {
  const regions = withStubs(found, fetch, limitsOf(mode));
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
