// What the translator's thread loads first: V8's code cache for the bundle, Binaryen with its machine code, then the translator.
// Nothing is awaited at the top level: V8 brings the process down when a worker is ended in the middle of that.
import { loadBinaryen } from '../jit/wasm/binaryen-code.ts';
import { useCodeCache } from './code-cache.ts';

async function start(): Promise<void> {
  useCodeCache();
  await loadBinaryen();
  await import('../jit/translator.ts');
}

void start();
