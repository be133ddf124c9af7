// A pack: translations of one ELF image in a file that is written once and never changed.
//
//   0    "LXJITPK1"        16   SHA-256 of the index           48   index: v8.serialize(Index)
//   8    u32 its length    12   0                              …    wasm and machine code of each chunk, one behind the other
//
// A pack is named by the SHA-256 in it, and the index has that of every chunk: whatever is executed was checked before.
import { createHash, hash } from 'node:crypto';
import { deserialize, serialize } from 'node:v8';
import type { TranslationMode } from '../lower/mode.ts';

const MAGIC = 'LXJITPK1';
export const HEADER_BYTES = 48;
const SUM_AT = 16;
/** An index is smaller than that. */
const MAX_INDEX = 64 << 20;

/** Some regions that were translated into one module, and all that is to be known to use it. */
export interface Chunk {
  readonly mode: TranslationMode;
  /** (root, function, start, end) of each region, guest addresses. */
  readonly regions: Uint32Array;
  /** As in TranslatedCode. */
  readonly links: Float64Array;
  /** (address, length) of the code that it was made of; of jump tables. */
  readonly code: Uint32Array;
  readonly tables: Uint32Array;
  /** SHA-256 of these bytes, one after the other. */
  readonly source: Uint8Array;
  /** Where the wasm module is in the pack (behind the index), its length, that of its machine code behind it (0: none). */
  readonly at: number;
  readonly wasmBytes: number;
  readonly codeBytes: number;
  /** SHA-256 of both. */
  readonly sum: Uint8Array;
}

export interface Index {
  /** The file that it is of, for people to read. */
  readonly name: string;
  readonly chunks: readonly Chunk[];
}

/** A chunk and its bytes: wasm, then machine code. */
export interface WholeChunk {
  readonly chunk: Chunk;
  readonly bytes: Uint8Array;
}

export const sha256 = (bytes: Uint8Array): Uint8Array => hash('sha256', bytes, 'buffer');

export const isEqual = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, i) => byte === b[i]);

export interface Pack {
  /** Its name, without a suffix. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

export function encodePack(name: string, whole: readonly WholeChunk[]): Pack {
  let at = 0;
  const chunks = whole.map(({ chunk, bytes }) => {
    const placed = { ...chunk, at };
    at += bytes.length;
    return placed;
  });
  const index = serialize({ name, chunks } satisfies Index);
  const header = Buffer.alloc(HEADER_BYTES);
  header.write(MAGIC, 'latin1');
  header.writeUInt32LE(index.length, 8);
  header.set(sha256(index), SUM_AT);
  return {
    name: packName(header),
    bytes: Buffer.concat([header, index, ...whole.map(({ bytes }) => bytes)]),
  };
}

/** The name of a pack that begins with `header`. */
export const packName = (header: Uint8Array): string =>
  Buffer.from(header.subarray(SUM_AT, SUM_AT + 20)).toString('hex');

/** Bytes of the index, by a pack's header; undefined: it is none. */
export function indexBytes(header: Uint8Array, name: string): number | undefined {
  const view = Buffer.from(header.buffer, header.byteOffset, header.length);
  if (view.length < HEADER_BYTES || view.toString('latin1', 0, MAGIC.length) !== MAGIC)
    return undefined;
  if (packName(header) !== name) return undefined;
  const length = view.readUInt32LE(8);
  return length <= MAX_INDEX ? length : undefined;
}

/** undefined: it is damaged. */
export function decodeIndex(header: Uint8Array, index: Uint8Array): Index | undefined {
  if (!isEqual(sha256(index), header.subarray(SUM_AT, HEADER_BYTES))) return undefined;
  try {
    return deserialize(index) as Index;
  } catch {
    return undefined;
  }
}

/** SHA-256 of several pieces, one after the other. */
export function sumOf(pieces: Iterable<Uint8Array>): Uint8Array {
  const sum = createHash('sha256');
  for (const piece of pieces) sum.update(piece);
  return sum.digest();
}
