// What a guest worker's thread loads first: V8's code cache for the bundle, then the worker itself.
import { useCodeCache } from './code-cache.ts';

useCodeCache();
// Not awaited at the top level: V8 brings the process down when a worker is ended in the middle of that.
void import('./guest-worker.ts');
