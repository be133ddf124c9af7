// The pipeline as a list: discover → analyse and lower → structure → Binaryen → bytes.
import { CTX_BASE, CTX_SIZE } from '../../assembly/shared/layout.ts';
import { lowerRegion } from './lower/region.ts';
import { discover, type Fetch, type Region } from './region/discover.ts';
import { type OpInfo, parseOpName, readInst } from './region/inst.ts';
import { addStub, newModule } from './wasm/builder.ts';

/** What the translator needs of the runtime: the decoder, on the memory of the process. */
export interface Decoder {
  readonly memory: WebAssembly.Memory;
  decodeOne(ctx: number, pc: number, inst: number): number;
}

export interface TranslatedModule {
  readonly bytes: Uint8Array;
  /** Exported functions "r<pc>" of regions, and "s<pc>" of stubs for the others it refers to. */
  readonly regions: readonly Region[];
  readonly stubs: readonly number[];
}

/** The last context of a process is the translator's own. */
const OWN_CTX = CTX_BASE + 255 * CTX_SIZE;
const OWN_INST = OWN_CTX + 1536;

export function newFetch(decoder: Decoder, opNames: (id: number) => string): Fetch {
  const infos: OpInfo[] = [];
  const info = (id: number): OpInfo => (infos[id] ??= parseOpName(id, opNames(id)));
  const view = new DataView(decoder.memory.buffer);
  return (pc) => {
    const length = decoder.decodeOne(OWN_CTX, pc, OWN_INST);
    const inst = readInst(view, OWN_INST, info);
    return length === 0 || inst.op.name === 'FETCH_FAULT' ? undefined : inst;
  };
}

export function translate(
  roots: readonly number[],
  fetch: Fetch,
  slotOf: (pc: number) => number,
): TranslatedModule {
  const w = newModule();
  try {
    const regions = roots.map((pc) => discover(pc, fetch));
    const referred = new Set<number>();
    const slots = {
      slotOf: (pc: number): number => {
        referred.add(pc);
        return slotOf(pc);
      },
      localName: (pc: number): string | undefined => (roots.includes(pc) ? `r${pc}` : undefined),
    };
    for (const region of regions) {
      const name = `r${region.root}`;
      lowerRegion(w, name, region, slots);
      w.addFunctionExport(name, name);
    }
    const stubs = [...referred].filter((pc) => !roots.includes(pc));
    for (const pc of stubs) {
      addStub(w, `s${pc}`, pc);
      w.addFunctionExport(`s${pc}`, `s${pc}`);
    }
    return { bytes: w.emitBinary(), regions, stubs };
  } finally {
    w.dispose();
  }
}
