// Binaryen is a wasm module of 10 MB, which V8 would compile function by function, first badly and then again well: seconds of
// processor time before it is quick. So the build keeps the machine code of the functions that translating uses
// (dist/binaryen.code), where the engine can serialise modules, and the translator starts with it.
import { readCode } from '../../host/code-file.ts';
import { withDirectInvokes } from './invoke.ts';

const dist = new URL(import.meta.url.endsWith('.ts') ? '../../../dist/' : './', import.meta.url);
export const BINARYEN_CODE = new URL('binaryen.code', dist);

export interface LoadedModule {
  readonly module: WebAssembly.Module;
  readonly bytes: Uint8Array;
}

/** Loads Binaryen with the kept code; what uses it is to be imported afterwards. Its module, if it was not loaded before. */
export async function loadBinaryen(): Promise<LoadedModule | undefined> {
  const original = WebAssembly.instantiate;
  let loaded: LoadedModule | undefined;
  const replacement = async (bytes: Uint8Array<ArrayBuffer>, imports?: WebAssembly.Imports) => {
    const module = readCode(BINARYEN_CODE, bytes) ?? new WebAssembly.Module(bytes);
    loaded = { module, bytes };
    let exports: WebAssembly.Exports = {};
    const direct = withDirectInvokes(bytes, imports ?? {}, () => exports);
    const instance = await original(module, direct);
    exports = instance.exports;
    return { module, instance };
  };
  WebAssembly.instantiate = replacement as unknown as typeof WebAssembly.instantiate;
  try {
    // The bundled one is not there yet when it has been imported (build/binaryen.ts).
    const { ready } = (await import('binaryen')) as { ready?: Promise<void> };
    await ready;
  } finally {
    WebAssembly.instantiate = original;
  }
  return loaded;
}
