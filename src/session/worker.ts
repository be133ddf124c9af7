// What a guest worker's thread loads first: V8's code cache for the bundle, then the worker itself.
import { useCodeCache } from './code-cache.ts';

useCodeCache();
await import('./guest-worker.ts');
