// The pipeline as a list: discover → analyse and lower → structure → Binaryen → bytes.
import { lowerRegion } from './lower/region.ts';
import { discover, type Fetch, type Region } from './region/discover.ts';
import { addStub, newModule } from './wasm/builder.ts';

export interface TranslatedModule {
  /** Exports "r<pc>" for each region, "s<pc>" for the stub of each slot it has or refers to. */
  readonly bytes: Uint8Array;
  readonly regions: readonly Region[];
  readonly stubs: readonly number[];
}

/** Translates the regions rooted at `roots` into one module; undefined when there is no code at any of them. */
export function translate(
  roots: readonly number[],
  fetch: Fetch,
  slotOf: (pc: number) => number,
): TranslatedModule | undefined {
  const regions = roots
    .map((pc) => discover(pc, fetch))
    .filter((region) => region.blocks.length > 0);
  if (regions.length === 0) return undefined;
  const local = new Set(regions.map(({ root }) => root));
  const stubs = new Set(local);
  const slots = {
    slotOf: (pc: number): number => {
      stubs.add(pc);
      return slotOf(pc);
    },
    localName: (pc: number): string | undefined => (local.has(pc) ? `r${pc}` : undefined),
  };
  const w = newModule();
  try {
    for (const region of regions) {
      const name = `r${region.root}`;
      lowerRegion(w, name, region, slots);
      w.addFunctionExport(name, name);
    }
    for (const pc of stubs) {
      addStub(w, `s${pc}`, pc);
      w.addFunctionExport(`s${pc}`, `s${pc}`);
    }
    return { bytes: w.emitBinary(), regions, stubs: [...stubs] };
  } finally {
    w.dispose();
  }
}
