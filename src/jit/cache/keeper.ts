// The translator's way to the translation cache: what it has made is written there when it has nothing else to do, so
// that a program that ends, however it ends, leaves behind what was translated for it.
import { isOptimised, serialize } from '../../host/code-file.ts';
import type { KeptImage, TranslatedCode } from '../link/protocol.ts';
import type { Part, Source } from '../region/source.ts';
import { TRAP_EXPORT } from '../wasm/exports.ts';
import { sha256, sumOf, type WholeChunk } from './pack.ts';
import type { Store } from './store.ts';

export interface Made {
  readonly code: TranslatedCode;
  readonly wasm: Uint8Array;
  readonly source: Source;
}

export class Keeper {
  readonly #store: Store;
  #works = true;

  constructor(store: Store) {
    this.#store = store;
  }

  keep(made: Made, image: KeptImage): void {
    if (!this.#works) return;
    this.#works = this.#store.add(image.key, image.name, [chunkOf(made)]) !== undefined;
  }
}

function chunkOf({ code, wasm, source }: Made): WholeChunk {
  const machine = machineCode(code) ?? new Uint8Array(0);
  const bytes = Buffer.concat([wasm, machine]);
  const parts = [...source.code, ...source.tables].map(([, contents]) => contents);
  const regions = code.regions.flatMap((r) => [r.pc, r.function, r.start, r.end]);
  const chunk = {
    mode: code.mode,
    regions: Uint32Array.from(regions),
    links: Float64Array.from(code.links),
    code: places(source.code),
    tables: places(source.tables),
    source: sumOf(parts),
    at: 0,
    wasmBytes: wasm.length,
    codeBytes: machine.length,
    sum: sha256(bytes),
  };
  return { chunk, bytes };
}

/** undefined: the engine cannot tell, or has not optimised it (V8 takes the whole process down then). */
function machineCode({ module, regions }: TranslatedCode): Uint8Array | undefined {
  const imports = WebAssembly.Module.imports(module).map(({ name, kind }) => [
    name,
    NOTHING[kind](regions.length),
  ]);
  const { exports } = new WebAssembly.Instance(module, { env: Object.fromEntries(imports) });
  return isOptimised(exports[TRAP_EXPORT]) ? serialize(module) : undefined;
}

let emptyMemory: WebAssembly.Memory | undefined;

/** What a translated module imports, to no end. */
const NOTHING: Record<WebAssembly.ImportExportKind, (regions: number) => WebAssembly.ImportValue> =
  {
    function: () => () => 0,
    global: () => 0,
    memory: () =>
      (emptyMemory ??= new WebAssembly.Memory({ initial: 31, maximum: 65536, shared: true })),
    table: (regions) => new WebAssembly.Table({ element: 'anyfunc', initial: regions }),
    tag: () => 0,
  };

const places = (parts: readonly Part[]): Uint32Array =>
  Uint32Array.from(parts.flatMap(([at, bytes]) => [at, bytes.length]));
