// dist/shared-memory.wasm (assembly/shared-memory.wat) in the function table of a process that has shared pages.
import { readFileSync } from 'node:fs';
import {
  SHARED_FETCH,
  SHARED_PUT,
  SHARED_SPLIT,
  SHARED_SWAP,
} from '../../assembly/shared/layout.ts';

const dist = new URL(import.meta.url.endsWith('.ts') ? '../../dist/' : './', import.meta.url);

let compiled: WebAssembly.Module | undefined;

const SLOTS: readonly (readonly [slot: number, name: string])[] = [
  [SHARED_FETCH, 'fetch'],
  [SHARED_PUT, 'put'],
  [SHARED_SWAP, 'swap'],
  [SHARED_SPLIT, 'split'],
];

export function installShared(
  memory: WebAssembly.Memory,
  shared: WebAssembly.Memory,
  table: WebAssembly.Table,
): void {
  compiled ??= new WebAssembly.Module(readFileSync(new URL('shared-memory.wasm', dist)));
  const { exports } = new WebAssembly.Instance(compiled, { env: { memory, shared } });
  for (const [slot, name] of SLOTS) table.set(slot, exports[name]);
}
