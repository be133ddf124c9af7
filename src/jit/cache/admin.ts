// The cache as a whole: what is in it, whether it is sound, and what has to go when it is too big.
import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { readChunk, Store } from './store.ts';

/** An image's directory. */
export interface Entry {
  readonly dir: string;
  readonly kind: string;
  readonly image: string;
  /** Guest path of the file, as it was when something was kept first. */
  readonly name: string;
  readonly bytes: number;
  readonly regions: number;
  /** When it was last used, ms. */
  readonly used: number;
}

export interface Checked {
  readonly packs: number;
  readonly chunks: number;
  /** Files, or chunks in them, that are not what they were when they were written. */
  readonly damaged: readonly string[];
}

/** A cache bigger than this loses what was not used for the longest time. LXJIT_CACHE_SIZE sets it, in megabytes. */
const DEFAULT_LIMIT = 1 << 30;
/** What is left then, of the limit. */
const LOW = 0.8;
/** Unfinished files older than this were left by a process that died. */
const STALE_MS = 3600_000;

export function cacheLimit(): number {
  const megabytes = Number(process.env.LXJIT_CACHE_SIZE ?? '');
  return megabytes > 0 ? megabytes * 2 ** 20 : DEFAULT_LIMIT;
}

/** Everything in the cache directory `root`, what was used last first. */
export function listCache(root: string): Entry[] {
  const entries = directories(root).flatMap((kind) =>
    directories(join(root, kind))
      .filter((image) => filesIn(join(root, kind, image)).some(isPack))
      .map((image) => readEntry(root, kind, image)),
  );
  return entries.sort((a, b) => b.used - a.used);
}

const isPack = (file: string): boolean => file.endsWith('.pack');

function readEntry(root: string, kind: string, image: string): Entry {
  const dir = join(root, kind, image);
  const packs = new Store(root, kind).packs(image);
  const chunks = packs.flatMap(({ index }) => index.chunks);
  const regions = chunks.reduce((sum, chunk) => sum + chunk.regions.length / 4, 0);
  const name = packs.find(({ index }) => index.name !== '')?.index.name ?? '';
  return { dir, kind, image, name, bytes: sizeOf(dir), regions, used: usedAt(dir) };
}

/** Reads every byte of it. */
export function verifyCache(root: string): Checked {
  let packs = 0;
  let chunks = 0;
  const damaged: string[] = [];
  for (const { dir, kind, image } of listCache(root)) {
    const open = new Store(root, kind).packs(image);
    const files = filesIn(dir).filter(isPack);
    const sound = new Set(open.map(({ file }) => file));
    damaged.push(...files.filter((file) => !sound.has(file)));
    packs += files.length;
    for (const pack of open) {
      chunks += pack.index.chunks.length;
      pack.index.chunks.forEach((chunk, n) => {
        if (readChunk(pack, chunk) === undefined) damaged.push(`${pack.file} (module ${n})`);
      });
    }
  }
  return { packs, chunks, damaged };
}

/** Removes what lxjit has put into the directory, nothing else. Bytes that were freed. */
export function clearCache(root: string): number {
  let bytes = 0;
  for (const dir of imagesIn(root)) bytes += removeImage(dir);
  removeEmpty(root);
  return bytes;
}

/** Makes room when the cache is beyond `limit` bytes. Bytes that were freed. */
export function trimCache(root: string, limit: number): number {
  const images = imagesIn(root);
  const entries = images.map((dir) => ({ dir, bytes: sizeOf(dir), used: usedAt(dir) }));
  for (const dir of images) removeStale(dir);
  let left = entries.reduce((sum, { bytes }) => sum + bytes, 0);
  if (left <= limit) return 0;
  const before = left;
  for (const { dir, bytes } of entries.sort((a, b) => a.used - b.used)) {
    if (left <= limit * LOW) break;
    removeImage(dir);
    left -= bytes;
  }
  removeEmpty(root);
  return before - left;
}

/** Directories of all images. */
const imagesIn = (root: string): string[] =>
  directories(root).flatMap((kind) =>
    directories(join(root, kind)).map((image) => join(root, kind, image)),
  );

function removeImage(dir: string): number {
  const bytes = sizeOf(dir);
  for (const file of filesIn(dir)) rmSync(file, { force: true });
  removeDirectory(dir);
  return bytes;
}

function removeStale(dir: string): void {
  const old = Date.now() - STALE_MS;
  for (const file of filesIn(dir))
    if (file.endsWith('.tmp') && mtime(file) < old) rmSync(file, { force: true });
}

function removeEmpty(root: string): void {
  for (const kind of directories(root))
    if (directories(join(root, kind)).length === 0) removeDirectory(join(root, kind));
}

/** Only when it is empty: somebody may have put something there meanwhile. */
function removeDirectory(dir: string): void {
  try {
    if (readdirSync(dir).length === 0) rmSync(dir, { recursive: true });
  } catch {
    // gone
  }
}

/** Files of ours in a directory: nothing else is touched. */
const filesIn = (dir: string): string[] =>
  list(dir)
    .filter(({ name }) => /\.(pack|tmp)$|^(used|shared|hot|flags)$/.test(name))
    .map(({ name }) => join(dir, name));

/** A kind is named as kindOfCode() does it, an image as imageKey() does. */
const directories = (dir: string): string[] =>
  list(dir)
    .filter(
      (entry) => entry.isDirectory() && /^([0-9a-f]{24}-.*-v8-.*|[0-9a-f]{32})$/.test(entry.name),
    )
    .map(({ name }) => name);

function list(dir: string) {
  try {
    return readdirSync(dir, { withFileTypes: true });
  } catch {
    return [];
  }
}

const sizeOf = (dir: string): number =>
  filesIn(dir).reduce((sum, file) => sum + (statOf(file)?.size ?? 0), 0);

const usedAt = (dir: string): number => Math.max(mtime(join(dir, 'used')), mtime(dir));

const mtime = (file: string): number => statOf(file)?.mtimeMs ?? 0;

const statOf = (file: string) => statSync(file, { throwIfNoEntry: false });
