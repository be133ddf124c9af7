// What the translator's thread loads first: V8's code cache for the bundle, Binaryen's machine code, then the translator.
import { withBinaryenCode } from '../jit/wasm/binaryen-code.ts';
import { useCodeCache } from './code-cache.ts';

useCodeCache();
await withBinaryenCode(() => import('../jit/translator.ts'));
