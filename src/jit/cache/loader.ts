// A guest worker's way to the translation cache. Loading machine code costs some 3 ms a megabyte, which short programs would
// never get back: so a chunk is loaded when time is spent in its functions, the more of it the bigger the chunk.
import { deserialize } from '../../host/code-file.ts';
import type { HeatSummary } from '../link/heat.ts';
import type { KeptCode, KeptHeat, KeptSample } from '../link/kept.ts';
import type { RegionInfo, TranslatedCode } from '../link/protocol.ts';
import { addTally, type Tally } from '../link/tally.ts';
import { isSameMode, type TranslationMode } from '../lower/mode.ts';
import type { Image } from '../region/function-start.ts';
import { codeAt, constantAt } from '../region/source.ts';
import { imageKey } from './identity.ts';
import { type Chunk, isEqual, sumOf } from './pack.ts';
import { type OpenPack, readChunk, type Store } from './store.ts';

/** Bytes of machine code that are worth loading for one more sample. */
const BYTES_PER_SAMPLE = 48 << 10;
/** Samples in an image between two looks whether somebody has added to what is kept of it. */
const RENEWED = 64;
/** Functions of an image that the next run is told of. */
const MAX_HEAT = 2000;
/** How often V8 may refuse a chunk: it does while the translator compiles (host/code-file.ts). */
const MAX_REFUSALS = 20;

/** A chunk as this worker knows it, whatever process it runs. */
interface Known {
  readonly id: number;
  readonly pack: OpenPack;
  readonly chunk: Chunk;
  code: TranslatedCode | undefined;
  /** Refused so often; damaged ones are beyond MAX_REFUSALS. */
  refused: number;
}

/** What is kept of an image. */
interface Catalog {
  readonly changed: number;
  readonly byFunction: ReadonlyMap<number, readonly Known[]>;
}

/** A chunk in the process that runs now. */
interface Candidate {
  readonly known: Known;
  samples: number;
}

/** An image in it. */
interface Present {
  /** What an earlier run has found hot; until it is asked for. */
  heat: readonly KeptHeat[];
  readonly byFunction: ReadonlyMap<number, readonly Candidate[]>;
  readonly key: string;
  readonly catalog: Catalog;
  samples: number;
}

export class Loader implements KeptCode {
  readonly #store: Store;
  readonly #onLookUp: ((image: string) => void) | undefined;
  readonly #catalogs = new Map<string, Catalog>();
  /** By pack and number. */
  readonly #known = new Map<string, Known>();
  /** In the current process: by the image's start, by function. */
  #images = new Map<number, Present>();
  #memory: WebAssembly.Memory | undefined;
  #lastId = 0;
  #tally: Partial<Tally> | undefined;

  /** `onLookUp` is told of each image that is looked for. */
  constructor(store: Store, onLookUp?: (image: string) => void) {
    this.#store = store;
    this.#onLookUp = onLookUp;
  }

  open(memory: WebAssembly.Memory): void {
    this.#memory = memory;
    this.#images = new Map();
  }

  close(): void {
    this.#memory = undefined;
    this.#images = new Map();
  }

  sample(
    image: Image,
    start: number,
    mode: TranslationMode,
    isInstalled: (root: number) => boolean,
  ): KeptSample {
    const code: TranslatedCode[] = [];
    let isPending = false;
    const present = this.#present(image);
    for (const candidate of present.byFunction.get(start) ?? []) {
      const { chunk } = candidate.known;
      if (candidate.known.refused >= MAX_REFUSALS || !isSameMode(chunk.mode, mode)) continue;
      if (isWhole(chunk, isInstalled)) continue;
      isPending = true;
      if (++candidate.samples * BYTES_PER_SAMPLE < chunk.codeBytes) continue;
      const started = performance.now();
      const loaded = this.#load(candidate);
      this.#count({ loading: performance.now() - started });
      if (loaded !== undefined) code.push(loaded);
    }
    const { heat } = present;
    present.heat = [];
    const tally = this.#tally;
    this.#tally = undefined;
    return { code, isPending, heat, tally };
  }

  wantsFlags(start: number): boolean {
    return this.#store.wantsFlags(this.keyOf(start));
  }

  setWantsFlags(start: number): void {
    this.#store.setWantsFlags(this.keyOf(start));
  }

  keepHeat(start: number, { hot, cold }: HeatSummary): void {
    const key = this.#images.get(start)?.key;
    if (key === undefined) return;
    const before = this.#store.heat(key);
    if (before.length + hot.length === 0) return;
    const isNews = new Set([...cold, ...hot.map((heat) => heat.start)]);
    const all = [...hot, ...before.filter((heat) => !isNews.has(heat.start))];
    this.#store.setHeat(key, all.sort((a, b) => b.count - a.count).slice(0, MAX_HEAT));
  }

  /** What was hot in earlier runs and is not translated by now. */
  #heatOf(key: string): KeptHeat[] {
    const { byFunction } = this.#catalog(key);
    return this.#store
      .heat(key)
      .filter(({ start, entry }) => entry !== 'start' || !byFunction.has(start));
  }

  #count(more: Partial<Tally>): void {
    this.#tally ??= {};
    addTally(this.#tally, more);
  }

  keyOf(start: number): string {
    return imageKey(new Uint8Array(this.#memory!.buffer), start);
  }

  /** Images that lie there are looked at anew. */
  forget(start: number, end: number): void {
    for (const [at, { byFunction }] of this.#images) {
      const touched = [...byFunction.values()].some((list) =>
        list.some(({ known }) => overlaps(known.chunk, start, end)),
      );
      if (touched || (at >= start && at < end)) this.#images.delete(at);
    }
  }

  #present(image: Image): Present {
    let present = this.#images.get(image.start);
    if (present === undefined) {
      this.#count({ lookedUp: 1 });
      const key = this.keyOf(image.start);
      this.#images.set(image.start, (present = this.#lookUp(key)));
      this.#onLookUp?.(key);
    } else if (++present.samples === RENEWED) {
      present.samples = 0;
      const { key, catalog } = present;
      if (this.#store.changed(key) !== catalog.changed)
        this.#images.set(image.start, (present = this.#lookUp(key)));
    }
    return present;
  }

  #lookUp(key: string): Present {
    const catalog = this.#catalog(key);
    const { byFunction } = catalog;
    const candidates = new Map<Known, Candidate>();
    const candidateOf = (known: Known): Candidate => {
      let candidate = candidates.get(known);
      if (candidate === undefined) candidates.set(known, (candidate = { known, samples: 0 }));
      return candidate;
    };
    const lists = [...byFunction].map(([start, list]) => [start, list.map(candidateOf)] as const);
    return { byFunction: new Map(lists), key, catalog, samples: 0, heat: this.#heatOf(key) };
  }

  #catalog(key: string): Catalog {
    const changed = this.#store.changed(key);
    const known = this.#catalogs.get(key);
    if (known?.changed === changed) return known;
    const byFunction = new Map<number, Known[]>();
    if (changed > 0) {
      for (const pack of this.#store.packs(key)) {
        pack.index.chunks.forEach((chunk, n) => {
          const entry = this.#knownOf(pack, n);
          for (const start of functionsOf(chunk)) {
            const list = byFunction.get(start);
            if (list) list.push(entry);
            else byFunction.set(start, [entry]);
          }
        });
      }
      this.#store.note(key);
    }
    const catalog = { changed, byFunction };
    this.#catalogs.set(key, catalog);
    return catalog;
  }

  #knownOf(pack: OpenPack, n: number): Known {
    const name = `${n} ${pack.file}`;
    let known = this.#known.get(name);
    if (known === undefined) {
      const chunk = pack.index.chunks[n];
      known = { id: --this.#lastId, pack, chunk, code: undefined, refused: 0 };
      this.#known.set(name, known);
    }
    return known;
  }

  #load(candidate: Candidate): TranslatedCode | undefined {
    const { known } = candidate;
    if (!this.#isSource(known.chunk)) {
      // Tables are filled in when the file is relocated, so look again later, but not each time.
      candidate.samples = -candidate.samples;
      return undefined;
    }
    if (known.code === undefined) read(known);
    if (known.code === undefined) return undefined;
    this.#count({
      keptModules: 1,
      keptRegions: known.code.regions.length,
      keptBytes: known.chunk.codeBytes,
    });
    return known.code;
  }

  /** Is what the chunk was made of in memory, where nobody can write? */
  #isSource({ code, tables, source }: Chunk): boolean {
    const u8 = new Uint8Array(this.#memory!.buffer);
    const pieces: Uint8Array[] = [];
    for (const [parts, at] of [
      [code, codeAt],
      [tables, constantAt],
    ] as const) {
      for (let i = 0; i < parts.length; i += 2) {
        const piece = at(u8, parts[i], parts[i + 1]);
        if (piece === undefined) return false;
        pieces.push(piece);
      }
    }
    return isEqual(sumOf(pieces), source);
  }
}

const overlaps = ({ regions }: Chunk, start: number, end: number): boolean => {
  for (let i = 0; i < regions.length; i += 4)
    if (regions[i + 2] < end && regions[i + 3] > start) return true;
  return false;
};

const functionsOf = ({ regions }: Chunk): Set<number> =>
  new Set(regions.filter((_, i) => i % 4 === 1));

/** Are all its regions there? */
const isWhole = ({ regions }: Chunk, isInstalled: (root: number) => boolean): boolean => {
  for (let i = 0; i < regions.length; i += 4) if (!isInstalled(regions[i])) return false;
  return true;
};

function read(known: Known): void {
  const { pack, chunk, id } = known;
  const bytes = readChunk(pack, chunk);
  if (bytes === undefined) {
    known.refused = MAX_REFUSALS;
    return;
  }
  const wasm = bytes.subarray(0, chunk.wasmBytes);
  const module = deserialize(bytes.subarray(chunk.wasmBytes), wasm);
  if (module === undefined) known.refused++;
  else
    known.code = {
      id,
      module,
      mode: chunk.mode,
      bytes: chunk.wasmBytes,
      regions: regionsOf(chunk),
      links: [...chunk.links],
    };
}

function regionsOf({ regions }: Chunk): RegionInfo[] {
  const list: RegionInfo[] = [];
  for (let i = 0; i < regions.length; i += 4)
    list.push({
      pc: regions[i],
      function: regions[i + 1],
      start: regions[i + 2],
      end: regions[i + 3],
    });
  return list;
}
