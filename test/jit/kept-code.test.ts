// The machine code that the build keeps is there to be used: V8 refuses it silently where versions or flags differ.
import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readCode } from '../../src/host/code-file.ts';

const dist = new URL('../../dist/', import.meta.url);

for (const name of ['binaryen', 'runtime', 'glue']) {
  const file = new URL(`${name}.code`, dist);
  test.skipIf(!existsSync(file))(`${name}.code is accepted`, () => {
    const wasm = new Uint8Array(readFileSync(new URL(`${name}.wasm`, dist)));
    expect(readCode(file, wasm)).toBeInstanceOf(WebAssembly.Module);
  });
}
