// assembly/shared-memory.wat → dist/shared-memory.wasm. AssemblyScript has one memory; this module needs two.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import binaryen from 'binaryen';

const file = (name: string): string => fileURLToPath(new URL(`../../${name}`, import.meta.url));

const module = binaryen.parseText(readFileSync(file('assembly/shared-memory.wat'), 'utf8'));
// CompactImports is in All, but no engine takes it yet.
const { All, CompactImports = 0 } = binaryen.Features as unknown as Record<string, number>;
module.setFeatures(All & ~CompactImports);
if (!module.validate()) throw new Error('assembly/shared-memory.wat is not valid');
binaryen.setOptimizeLevel(3);
module.optimize();
writeFileSync(file('dist/shared-memory.wasm'), module.emitBinary());
