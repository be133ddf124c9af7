// Where a shared library is put: at an address that its first page says (the ELF header, and the build ID in most files), so that
// it is the same in every program that uses it, and what was translated of it serves them all.
import { fileOps } from '../kernel/file.ts';
import type { Lx } from '../kernel/lx.ts';
import { LIBRARY_BASE_PAGE, LIBRARY_END_PAGE, PAGE_SIZE } from './layout.ts';
import { isFree } from './map.ts';

const ELF_MAGIC = 0x464c457f;
/** Places are so many pages apart. */
const STEP = 16;
/** Places that are tried before any will do. */
const TRIES = 8;

/** A free place of `pages` pages for what is mapped of `file` from its beginning; 0: it is no library, or there is none. */
export function libraryPlace(lx: Lx, mm: number, file: number, pages: number): number {
  const places = Math.floor((LIBRARY_END_PAGE - LIBRARY_BASE_PAGE - pages) / STEP);
  if (places <= 0) return 0;
  const head = new Uint32Array(PAGE_SIZE / 4);
  const got = fileOps(lx.k, file).read(lx, file, new Uint8Array(head.buffer), 0, PAGE_SIZE, 0);
  if (got <= 0 || head[0] !== ELF_MAGIC) return 0;
  let hash = head.reduce(mix, 0x811c9dc5);
  for (let i = 0; i < TRIES; i++) {
    const start = LIBRARY_BASE_PAGE + ((hash >>> 0) % places) * STEP;
    if (isFree(lx.k, mm, start, start + pages)) return start;
    hash = mix(hash, i);
  }
  return 0;
}

/** FNV-1a, a word at a time; the high half is what its multiplication mixes best. */
const mix = (hash: number, word: number): number => {
  const product = Math.imul(hash ^ word, 0x01000193);
  return product ^ (product >>> 15);
};
