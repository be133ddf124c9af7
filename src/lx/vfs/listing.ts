// Directory listings that getdents works from. The position of a directory description is an index into its listing:
// 0 '.', 1 '..', then the file system's entries. The listing is taken whole at the first getdents, kept in this worker,
// and taken anew after a rewind, as POSIX wants it. Another worker that continues (after fork or exec) takes its own.
import { DT } from '../abi/dirent.ts';
import { File } from '../kernel/file.ts';
import type { Kernel } from '../kernel/kmem.ts';
import type { Lx } from '../kernel/lx.ts';
import { fileInode } from './file-inode.ts';
import type { DirEntry } from './file-system.ts';
import { namespaceOf } from './paths.ts';
import { parentOf } from './where.ts';

interface Listing {
  /** File.path's string object and the descriptor it was made for: both must still be the same. */
  readonly path: number;
  readonly a: number;
  readonly entries: DirEntry[];
}

const listings = new Map<number, Listing>();
const KEPT = 64;

export function dropListing(_k: Kernel, file: number): void {
  listings.delete(file);
}

/** Entries of an open directory, '.' and '..' first; −errno. */
export function listingOf(lx: Lx, file: number): DirEntry[] | number {
  const { i32, f64 } = lx.k;
  const path = i32[file + File.path];
  const a = i32[file + File.a];
  const kept = listings.get(file);
  const atStart = f64[(file + File.pos) >> 1] === 0;
  if (kept !== undefined && !atStart && kept.path === path && kept.a === a) return kept.entries;
  const found = fileInode(lx, file).list(lx, file);
  if (typeof found === 'number') return found;
  const entries: DirEntry[] = [
    { name: '.', type: DT.DIR, ino: undefined },
    { name: '..', type: DT.DIR, ino: undefined },
    ...found,
    ...missingMounts(lx, file, found),
  ];
  if (listings.size >= KEPT) listings.delete(listings.keys().next().value as number);
  listings.set(file, { path, a, entries });
  return entries;
}

/** Mount points whose directory the file system below does not have. */
function missingMounts(lx: Lx, file: number, found: readonly DirEntry[]): DirEntry[] {
  const stored = lx.k.readString(lx.k.i32[file + File.path]);
  const abs = stored === '/' ? '' : stored;
  const missing: DirEntry[] = [];
  for (const m of namespaceOf(lx).mounts) {
    if (m.abs === '' || parentOf(m.abs) !== abs) continue;
    const name = m.abs.slice(abs.length + 1);
    if (!found.some((e) => e.name === name)) missing.push({ name, type: DT.DIR, ino: 1 });
  }
  return missing;
}
