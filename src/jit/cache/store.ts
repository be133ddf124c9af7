// The cache directory: <kind>/<image>/<pack>.pack. A kind is a version of the translator on one engine; an image is an ELF file
// at an address; packs are only added and removed whole, so that any number of processes can use a directory at once:
// whoever writes renames a finished file to its place, whoever merges writes the sum of what he saw and then removes that.
//
// Machine code from here is executed, so the directory must be one that nobody else can write to.
import {
  closeSync,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { threadId } from 'node:worker_threads';
import { ENTRY_KINDS, type EntryKind } from '../analysis/entries.ts';
import type { KeptHeat } from '../link/kept.ts';
import {
  type Chunk,
  decodeIndex,
  encodePack,
  HEADER_BYTES,
  type Index,
  indexBytes,
  isEqual,
  type Pack,
  packName,
  sha256,
  type WholeChunk,
} from './pack.ts';

const SUFFIX = '.pack';
/** There is such a file when code of the program reads flags that calls leave. */
const FLAGS = 'flags';
/** What an image's functions were hot for nothing: HeatRow[], JSON. */
const HEAT = 'hot';
type HeatRow = [start: number, entry: EntryKind, count: number, ...seen: number[]];
const OTHERS_WRITE = 0o022;
/** Milliseconds between two notes that an image is used (the mtime of its file `used`). */
const NOTE_EVERY = 3600_000;

/** A pack as it was opened: its index, and where chunks begin. */
export interface OpenPack {
  readonly file: string;
  readonly index: Index;
  readonly base: number;
}

/** `dir`, when what is in it can be trusted: it belongs to this user or to root, and others cannot write to it. */
export function isTrusted(dir: string): boolean {
  try {
    const { uid, mode } = statSync(dir);
    const own = process.geteuid?.();
    if (own === undefined) return true; // a host without users: by its place in the user's own directory
    return (uid === own || uid === 0) && (mode & OTHERS_WRITE) === 0;
  } catch {
    return false;
  }
}

export class Store {
  readonly dir: string;
  readonly kind: string;

  /** `root`: the cache directory; `kind`: see above. */
  constructor(root: string, kind: string) {
    this.kind = kind;
    this.dir = join(root, kind);
  }

  /** What is kept of an image; nothing when there is no such directory, or it cannot be trusted. */
  packs(image: string): OpenPack[] {
    const dir = join(this.dir, image);
    const names = packNames(dir);
    if (names.length === 0 || !isTrusted(dir)) return [];
    return names.map((name) => openPack(dir, name)).filter((pack) => pack !== undefined);
  }

  /** When something was added to what is kept of an image, or taken out; 0: there is nothing. */
  changed(image: string): number {
    try {
      return statSync(join(this.dir, image)).mtimeMs;
    } catch {
      return 0;
    }
  }

  /** Somebody uses it: it is not the first to go when room is needed (admin.ts). */
  note(image: string): void {
    const file = join(this.dir, image, 'used');
    try {
      const now = new Date();
      if (statSync(file).mtimeMs < now.getTime() - NOTE_EVERY) utimesSync(file, now, now);
    } catch {
      // it cannot be written
    }
  }

  /** Keeps chunks of an image. The file they are in; undefined: the directory cannot be written. */
  add(image: string, name: string, chunks: readonly WholeChunk[]): string | undefined {
    return this.#write(image, encodePack(name, chunks));
  }

  /** Keeps a pack from elsewhere. False: it is none, or the directory cannot be written. */
  take(image: string, bytes: Uint8Array): boolean {
    const name = packName(bytes);
    const length = indexBytes(bytes, name);
    if (length === undefined) return false;
    const index = bytes.subarray(HEADER_BYTES, HEADER_BYTES + length);
    return (
      decodeIndex(bytes, index) !== undefined && this.#write(image, { name, bytes }) !== undefined
    );
  }

  /** Sum of the pack that a shared store is known to have of an image; '' at first (sharing.ts). */
  sharedSum(image: string): string {
    try {
      return readFileSync(join(this.dir, image, 'shared'), 'latin1');
    } catch {
      return '';
    }
  }

  setSharedSum(image: string, sum: string): void {
    try {
      writeFileSync(join(this.dir, image, 'shared'), sum, { mode: 0o600 });
    } catch {
      // it cannot be written
    }
  }

  /** See KeptHeat; as it was written last, or nothing. */
  heat(image: string): KeptHeat[] {
    try {
      const rows: unknown = JSON.parse(readFileSync(join(this.dir, image, HEAT), 'latin1'));
      if (!Array.isArray(rows)) return [];
      return rows.filter(isHeatRow).map(([start, entry, count, ...seen]) => {
        return { start, entry, count, seen };
      });
    } catch {
      return []; // there is none, or somebody wrote nonsense: it costs speed
    }
  }

  /** In place: a new file would say that the image has something new. */
  setHeat(image: string, heat: readonly KeptHeat[]): void {
    const rows = heat.map(
      ({ start, entry, count, seen }): HeatRow => [start, entry, count, ...seen],
    );
    try {
      writeFileSync(join(this.#directory(image), HEAT), JSON.stringify(rows), { mode: 0o600 });
    } catch {
      // it cannot be written
    }
  }

  wantsFlags(image: string): boolean {
    return existsSync(join(this.dir, image, FLAGS));
  }

  setWantsFlags(image: string): void {
    try {
      writeFileSync(join(this.#directory(image), FLAGS), '', { mode: 0o600 });
    } catch {
      // it cannot be written
    }
  }

  /** Where an image's files are; made if need be. */
  #directory(image: string): string {
    const dir = join(this.dir, image);
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    writeFileSync(join(dir, 'used'), '', { flag: 'a' });
    return dir;
  }

  #write(image: string, pack: Pack): string | undefined {
    try {
      const file = join(this.#directory(image), `${pack.name}${SUFFIX}`);
      replaceFile(file, pack.bytes);
      return file;
    } catch {
      return undefined;
    }
  }

  /** Makes one pack of many, for each image that has got some since `time` (ms). Those images. */
  mergeSince(time: number): string[] {
    const images = namesIn(this.dir).filter((image) => this.changed(image) >= time);
    for (const image of images) this.merge(image);
    return images;
  }

  /** Makes one pack of all that an image has; damaged ones go. */
  merge(image: string): void {
    const files = packNames(join(this.dir, image)).map((name) =>
      join(this.dir, image, `${name}${SUFFIX}`),
    );
    const packs = files.length < 2 ? [] : this.packs(image);
    if (packs.length === 0) return;
    const kept = new Set<string>();
    const chunks: WholeChunk[] = [];
    for (const pack of packs) {
      for (const { chunk, bytes } of readChunks(pack)) {
        const { regions, mode } = chunk;
        const roots = regions.filter((_, i) => i % 4 === 0);
        const keys = [...roots].map((root) => `${root} ${Object.values(mode)} ${chunk.source}`);
        if (keys.every((key) => kept.has(key))) continue;
        for (const key of keys) kept.add(key);
        chunks.push({ chunk, bytes });
      }
    }
    const merged = this.add(image, packs[0].index.name, chunks);
    if (merged === undefined) return;
    for (const file of files) if (file !== merged) rmSync(file, { force: true });
  }
}

const isAddress = (value: unknown): boolean =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) < 2 ** 32;

function isHeatRow(row: unknown): row is HeatRow {
  if (!Array.isArray(row)) return false;
  const [start, entry, count, ...seen] = row as unknown[];
  return [start, count, ...seen].every(isAddress) && ENTRY_KINDS.includes(entry as EntryKind);
}

/** Nobody sees half of it. */
function replaceFile(file: string, contents: string | Uint8Array): void {
  const unfinished = `${file}.${process.pid}.${threadId}.tmp`;
  writeFileSync(unfinished, contents, { mode: 0o600 });
  renameSync(unfinished, file);
}

const packNames = (dir: string): string[] =>
  namesIn(dir)
    .filter((name) => name.endsWith(SUFFIX))
    .map((name) => name.slice(0, -SUFFIX.length));

/** What is in a directory, in order; nothing when it cannot be read. */
function namesIn(dir: string): string[] {
  try {
    return readdirSync(dir).sort();
  } catch {
    return [];
  }
}

/** undefined: it is gone by now, or damaged. */
function openPack(dir: string, name: string): OpenPack | undefined {
  const file = join(dir, `${name}${SUFFIX}`);
  return withFile(file, (fd) => {
    const header = readAt(fd, 0, HEADER_BYTES);
    const length = header && indexBytes(header, name);
    const bytes = length === undefined ? undefined : readAt(fd, HEADER_BYTES, length);
    const index = header && bytes && decodeIndex(header, bytes);
    return index && { file, index, base: HEADER_BYTES + length! };
  });
}

/** The bytes of a chunk; undefined when they are not what the index says. */
export function readChunk(
  { file, base }: OpenPack,
  { at, wasmBytes, codeBytes, sum }: Chunk,
): Uint8Array | undefined {
  const bytes = withFile(file, (fd) => readAt(fd, base + at, wasmBytes + codeBytes));
  return bytes !== undefined && isEqual(sha256(bytes), sum) ? bytes : undefined;
}

export function readChunks(pack: OpenPack): WholeChunk[] {
  return pack.index.chunks.flatMap((chunk) => {
    const bytes = readChunk(pack, chunk);
    return bytes === undefined ? [] : [{ chunk, bytes }];
  });
}

function withFile<T>(file: string, body: (fd: number) => T | undefined): T | undefined {
  let fd = -1;
  try {
    fd = openSync(file, 'r');
    return body(fd);
  } catch {
    return undefined;
  } finally {
    if (fd >= 0) closeSync(fd);
  }
}

function readAt(fd: number, at: number, length: number): Uint8Array | undefined {
  if (at + length > fstatSync(fd).size) return undefined;
  const bytes = Buffer.allocUnsafe(length);
  return readSync(fd, bytes, 0, length, at) === length ? bytes : undefined;
}
