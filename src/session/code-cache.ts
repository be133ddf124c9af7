// Node's on-disk cache of compiled JavaScript, beside the bundle: loading lxcore takes half the time with it. Where the
// directory cannot be written Node goes on without it.
import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

export function useCodeCache(): void {
  if (import.meta.url.endsWith('.ts')) return;
  enableCompileCache(fileURLToPath(new URL('./.compile-cache', import.meta.url)));
}
