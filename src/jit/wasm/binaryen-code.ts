// Binaryen is a wasm module of 10 MB, which V8 would compile function by function, first badly and then again well: seconds of
// processor time before it is quick. So the build keeps the machine code of the functions that translating uses
// (dist/binaryen.code), where the engine can serialise modules, and the translator starts with it.
//
// Binaryen instantiates itself when it is imported: this has to be called around that.
import { readCode } from '../../host/code-file.ts';

const dist = new URL(import.meta.url.endsWith('.ts') ? '../../../dist/' : './', import.meta.url);
export const BINARYEN_CODE = new URL('binaryen.code', dist);

export interface LoadedModule {
  readonly module: WebAssembly.Module;
  readonly bytes: Uint8Array;
}

/** Runs `load` (the import of Binaryen) with the kept code. The module, if Binaryen was not loaded before. */
export async function withBinaryenCode(
  load: () => Promise<unknown>,
): Promise<LoadedModule | undefined> {
  const original = WebAssembly.instantiate;
  let loaded: LoadedModule | undefined;
  const replacement = async (bytes: Uint8Array<ArrayBuffer>, imports?: WebAssembly.Imports) => {
    const module = readCode(BINARYEN_CODE, bytes) ?? new WebAssembly.Module(bytes);
    loaded = { module, bytes };
    return { module, instance: await original(module, imports) };
  };
  WebAssembly.instantiate = replacement as unknown as typeof WebAssembly.instantiate;
  try {
    await load();
  } finally {
    WebAssembly.instantiate = original;
  }
  return loaded;
}
