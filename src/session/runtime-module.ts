// dist/runtime.wasm, compiled. The interpreter is needed at full speed from the first instruction on, so the build keeps
// TurboFan's machine code beside it (dist/runtime.code); without, the module is compiled as usual.
import { readFileSync } from 'node:fs';
import { optimised, readCode, writeCode } from '../host/code-file.ts';

const dist = new URL(import.meta.url.endsWith('.ts') ? '../../dist/' : './', import.meta.url);
const WASM = new URL('runtime.wasm', dist);
const CODE = new URL('runtime.code', dist);

let compiled: WebAssembly.Module | undefined;

/** Compiled once a process, whatever the number of sessions. */
export function runtimeModule(): WebAssembly.Module {
  if (compiled === undefined) {
    const wasm = readFileSync(WASM);
    compiled = readCode(CODE, wasm) ?? new WebAssembly.Module(wasm);
  }
  return compiled;
}

/** Compiles with TurboFan at once and keeps the result; for the build. False: this engine cannot. */
export async function writeRuntimeCode(): Promise<boolean> {
  const wasm = readFileSync(WASM);
  return writeCode(CODE, wasm, await optimised(() => new WebAssembly.Module(wasm)));
}
