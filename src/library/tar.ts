// Reads a tar: ustar, pax and GNU headers, with all that Linux keeps of a file (names and attributes as byte strings,
// devices, fractions of seconds, holes; see tar-sparse.ts). Node's packages for it lose one or the other.
import { Buffer } from 'node:buffer';
import { isSparse, type Piece, sparseBody } from './tar-sparse.ts';

export interface TarEntry {
  /** As the type flag says; 'other' is to be skipped. */
  readonly type: 'file' | 'link' | 'symlink' | 'char' | 'block' | 'directory' | 'fifo' | 'other';
  /** Byte strings. */
  readonly path: string;
  readonly target: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly mtimeNs: bigint;
  readonly major: number;
  readonly minor: number;
  readonly xattrs: Readonly<Record<string, string>>;
}

/** Not a tar, or a broken one. */
export class TarError extends Error {}

export const BLOCK = 512;
export const SIZE_MAX = 2 ** 40;
/** Of an extended header: attributes may have 64 KiB each. */
const HEADER_MAX = 1 << 24;

// biome-ignore format: aligned rows
const types: Record<string, TarEntry['type']> = {
  '0': 'file', '\0': 'file', '7': 'file', 'S': 'file', '1': 'link', '2': 'symlink', '3': 'char', '4': 'block', '5': 'directory', '6': 'fifo',
};

/** Gives bytes of a stream as they are asked for. */
export class ByteReader {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #rest: Uint8Array = new Uint8Array(0);

  constructor(chunks: AsyncIterator<Uint8Array>) {
    this.#chunks = chunks;
  }

  /** The next bytes, at least one and at most `most`; empty at the end. */
  async some(most: number): Promise<Uint8Array> {
    while (this.#rest.length === 0) {
      const next = await this.#chunks.next();
      if (next.done === true) return this.#rest;
      this.#rest = next.value;
    }
    const taken = this.#rest.subarray(0, most);
    this.#rest = this.#rest.subarray(taken.length);
    return taken;
  }

  /** Exactly `count` bytes; undefined if the stream ends before the first, an error if it ends in between. */
  async exactly(count: number): Promise<Uint8Array | undefined> {
    const bytes = new Uint8Array(count);
    for (let at = 0; at < count; ) {
      const some = await this.some(count - at);
      if (some.length === 0) {
        if (at === 0) return undefined;
        throw new TarError('the tar ends in the middle of an entry');
      }
      bytes.set(some, at);
      at += some.length;
    }
    return bytes;
  }
}

/** What pax and GNU headers say about the entry that follows. */
export type Extended = Record<string, string>;

/**
 * The entries in order. `body` is the contents, zeroes that are a hole as their number; it must be read to its end, or be
 * left alone (then it is skipped).
 */
export async function* readTar(
  reader: ByteReader,
): AsyncGenerator<{ readonly entry: TarEntry; readonly body: AsyncIterable<Piece> }> {
  let all: Extended = {};
  let one: Extended = {};
  for (;;) {
    const header = await reader.exactly(BLOCK);
    if (header === undefined || header.every((byte) => byte === 0)) return;
    checkSum(header);
    const flag = String.fromCharCode(header[156]);
    const size = number(header, 124, 12);
    if (size < 0 || size > SIZE_MAX) throw new TarError('an entry of impossible size');
    if (flag === 'x' || flag === 'g' || flag === 'L' || flag === 'K') {
      if (size > HEADER_MAX) throw new TarError('an extended header of impossible size');
      const text = latin1((await reader.exactly(size)) ?? new Uint8Array(0));
      await reader.exactly(padding(size));
      if (flag === 'g') all = { ...all, ...parsePax(text) };
      else if (flag === 'x') one = { ...one, ...parsePax(text) };
      else one = { ...one, [flag === 'L' ? 'path' : 'linkpath']: untilNul(text) };
      continue;
    }
    const extended = { ...all, ...one };
    one = {};
    const entry = entryOf(header, flag, extended);
    const left = { bytes: entry.size };
    const body = isSparse(flag, extended)
      ? sparseBody(header, extended, reader, left)
      : bodyOf(reader, left);
    yield { entry, body };
    for await (const _skipped of bodyOf(reader, left));
    await reader.exactly(padding(entry.size));
  }
}

export async function* bodyOf(
  reader: ByteReader,
  left: { bytes: number },
): AsyncGenerator<Uint8Array> {
  while (left.bytes > 0) {
    const some = await reader.some(left.bytes);
    if (some.length === 0) throw new TarError('the tar ends in the middle of a file');
    left.bytes -= some.length;
    yield some;
  }
}

const padding = (size: number): number => (BLOCK - (size % BLOCK)) % BLOCK;

function entryOf(header: Uint8Array, flag: string, extended: Extended): TarEntry {
  const ustar = latin1(header.subarray(257, 262)) === 'ustar';
  const posix = ustar && header[262] === 0;
  const prefix = posix ? untilNul(latin1(header.subarray(345, 500))) : '';
  const name = untilNul(latin1(header.subarray(0, 100)));
  const path =
    extended['GNU.sparse.name'] ?? extended.path ?? (prefix === '' ? name : `${prefix}/${name}`);
  const isOldDirectory = flag === '\0' && path.endsWith('/');
  const type = isOldDirectory ? 'directory' : (types[flag] ?? 'other');
  return {
    type,
    path,
    target: extended.linkpath ?? untilNul(latin1(header.subarray(157, 257))),
    mode: number(header, 100, 8) & 0o7777,
    uid: Number(extended.uid ?? number(header, 108, 8)),
    gid: Number(extended.gid ?? number(header, 116, 8)),
    size:
      type === 'file' || type === 'other' ? Number(extended.size ?? number(header, 124, 12)) : 0,
    mtimeNs: timeNs(extended.mtime ?? String(number(header, 136, 12))),
    major: ustar ? number(header, 329, 8) : 0,
    minor: ustar ? number(header, 337, 8) : 0,
    xattrs: xattrsOf(extended),
  };
}

const SPARSE_MAP = 'GNU.sparse.map';
const XATTR = 'SCHILY.xattr.';

function xattrsOf(extended: Extended): Record<string, string> {
  const found = Object.entries(extended).filter(([key]) => key.startsWith(XATTR));
  return Object.fromEntries(found.map(([key, value]) => [key.slice(XATTR.length), value]));
}

/** "12 path=a/b\n" … : length in decimal, which counts itself. Values may hold any byte. */
function parsePax(text: string): Extended {
  const records: Extended = {};
  for (let at = 0; at < text.length; ) {
    const space = text.indexOf(' ', at);
    const length = Number.parseInt(text.slice(at, space), 10);
    const record = text.slice(space + 1, at + length - 1);
    const equals = record.indexOf('=');
    if (!(length > 0) || equals < 0) throw new TarError('a broken pax header');
    const key = record.slice(0, equals);
    const value = record.slice(equals + 1);
    // The map of a sparse file, in the form whose keys come again and again: as the later one has it.
    const isMap = key === 'GNU.sparse.offset' || key === 'GNU.sparse.numbytes';
    if (isMap) records[SPARSE_MAP] = [records[SPARSE_MAP], value].filter(Boolean).join(',');
    else records[key] = value;
    at += length;
  }
  return records;
}

/** Octal digits, or binary where the first bit is set (GNU). */
export function number(header: Uint8Array, at: number, length: number): number {
  if (header[at] & 0x80) {
    let value = header[at] & 0x40 ? -1 : 0;
    for (let i = at + 1; i < at + length; i++) value = value * 256 + header[i];
    return value;
  }
  const text = untilNul(latin1(header.subarray(at, at + length))).trim();
  const value = text === '' ? 0 : Number.parseInt(text, 8);
  if (Number.isNaN(value)) throw new TarError('a broken number in a tar header');
  return value;
}

/** Seconds as a decimal fraction, in ns. */
function timeNs(text: string): bigint {
  const [, sign, seconds, fraction = ''] = /^(-?)(\d+)(?:\.(\d+))?/.exec(text) ?? ['', '', '0'];
  const ns = BigInt(seconds) * 1_000_000_000n + BigInt(fraction.slice(0, 9).padEnd(9, '0'));
  return sign === '-' ? -ns : ns;
}

function checkSum(header: Uint8Array): void {
  let sum = 8 * 32; // the field itself counts as blanks
  for (let i = 0; i < BLOCK; i++) if (i < 148 || i >= 156) sum += header[i];
  if (sum !== number(header, 148, 8)) throw new TarError('not a tar, or a broken one');
}

const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

function untilNul(text: string): string {
  const end = text.indexOf('\0');
  return end < 0 ? text : text.slice(0, end);
}
