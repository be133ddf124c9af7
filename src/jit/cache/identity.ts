// What translations are filed under.
import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { GUEST_SHIFT } from '../../../assembly/shared/layout.ts';

const dist = new URL(import.meta.url.endsWith('.ts') ? '../../../dist/' : './', import.meta.url);
const PAGE = 4096;

/** The translator (dist/emitter, see src/build/build.ts), and the engine: it is asked what may be emitted, and makes machine code. */
export function kindOfCode(): string {
  const emitter = readFileSync(new URL('emitter', dist), 'latin1');
  return `${emitter}-${process.arch}-v8-${process.versions.v8}`;
}

/**
 * An ELF file that begins at guest address `start`: by its first page (ELF header, and the build ID in most files). That is
 * where to look, no more: each chunk says which bytes it is of.
 */
export function imageKey(u8: Uint8Array, start: number): string {
  const at = start - GUEST_SHIFT;
  const page = new Uint8Array(PAGE + 4);
  page.set(u8.subarray(at, at + PAGE));
  new DataView(page.buffer).setUint32(PAGE, start);
  return hash('sha256', page, 'hex').slice(0, 32);
}
