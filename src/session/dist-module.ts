// Wasm modules of dist/, compiled. They are needed at full speed from the first instruction on, so the build keeps
// TurboFan's machine code beside each (runtime.wasm: runtime.code); without, a module is compiled as usual.
import { readFileSync } from 'node:fs';
import { compileOptimised, readCode, writeCode } from '../host/code-file.ts';

const dist = new URL(import.meta.url.endsWith('.ts') ? '../../dist/' : './', import.meta.url);

const compiled = new Map<string, WebAssembly.Module>();

/** Compiled once a thread, whatever the number of sessions. */
function distModule(name: string): WebAssembly.Module {
  let module = compiled.get(name);
  if (module === undefined) {
    const wasm = readFileSync(new URL(`${name}.wasm`, dist));
    module = readCode(new URL(`${name}.code`, dist), wasm) ?? new WebAssembly.Module(wasm);
    compiled.set(name, module);
  }
  return module;
}

/** The interpreter and its helpers (assembly/). */
export const runtimeModule = (): WebAssembly.Module => distModule('runtime');

/** What stands between the dispatcher and translated regions (jit/wasm/builder.ts). */
export const glueModule = (): WebAssembly.Module => distModule('glue');

/** Compiles with TurboFan at once and keeps the result; for the build. False: this engine cannot. */
export function writeDistCode(): boolean {
  for (const name of ['runtime', 'glue']) {
    const wasm = readFileSync(new URL(`${name}.wasm`, dist));
    const module = compileOptimised(wasm);
    if (!writeCode(new URL(`${name}.code`, dist), wasm, module)) return false;
  }
  return true;
}
