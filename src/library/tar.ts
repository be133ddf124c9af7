// Reads a tar: ustar, pax and GNU headers, with all that Linux keeps of a file (names and attributes as byte strings,
// devices, fractions of seconds, holes; see tar-sparse.ts). Node's packages for it lose one or the other.
import {
  BLOCK,
  type ByteReader,
  bodyOf,
  type Extended,
  latin1,
  number,
  SIZE_MAX,
  TarError,
  untilNul,
} from './tar-reader.ts';
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

/** Of an extended header: attributes may have 64 KiB each. */
const HEADER_MAX = 1 << 24;

// biome-ignore format: aligned rows
const types: Record<string, TarEntry['type']> = {
  '0': 'file', '\0': 'file', '7': 'file', 'S': 'file', '1': 'link', '2': 'symlink', '3': 'char', '4': 'block', '5': 'directory', '6': 'fifo',
};

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
