// Sparse files in a tar, in the four forms that GNU tar has written (info tar, "Storing Sparse Files"): the archive holds the
// pieces that are data, and a map says where they belong.
//
//   old GNU    the map is in the header, and in blocks that follow it
//   pax 0.0    GNU.sparse.offset and GNU.sparse.numbytes again and again (tar.ts makes a map of them)
//   pax 0.1    GNU.sparse.map=offset,bytes,offset,bytes …
//   pax 1.0    decimal numbers, a line each, before the data: how many pieces, then offset and bytes of each
import { Buffer } from 'node:buffer';
import {
  BLOCK,
  type ByteReader,
  bodyOf,
  type Extended,
  type Left,
  number,
  SIZE_MAX,
  TarError,
} from './tar-reader.ts';

/** Bytes, or how many zeroes come. */
export type Piece = Uint8Array | number;

type SparseMap = readonly (readonly [offset: number, bytes: number])[];

const OLD_MAP = 386;
const OLD_PIECES = 4;
const OLD_MORE = 482;
const OLD_SIZE = 483;
/** In the blocks that follow. */
const MORE_PIECES = 21;
const MORE_MORE = 504;
const PIECE_BYTES = 24;

export const isSparse = (flag: string, extended: Extended): boolean =>
  flag === 'S' || Object.keys(extended).some((key) => key.startsWith('GNU.sparse.'));

export async function* sparseBody(
  header: Uint8Array,
  extended: Extended,
  reader: ByteReader,
  left: Left,
): AsyncGenerator<Piece> {
  const map = await mapOf(header, extended, reader, left);
  const size = sizeOf(header, extended);
  if (!(size >= 0 && size <= SIZE_MAX)) throw new TarError('a sparse file of impossible size');
  let at = 0;
  for (const [offset, bytes] of map) {
    if (offset < at || offset + bytes > size || bytes > left.bytes)
      throw new TarError('a broken map of a sparse file');
    if (offset > at) yield offset - at;
    const piece = { bytes };
    left.bytes -= bytes;
    yield* bodyOf(reader, piece);
    at = offset + bytes;
  }
  if (size > at) yield size - at;
}

function sizeOf(header: Uint8Array, extended: Extended): number {
  const told = extended['GNU.sparse.realsize'] ?? extended['GNU.sparse.size'];
  return told === undefined ? number(header, OLD_SIZE, 12) : Number(told);
}

async function mapOf(
  header: Uint8Array,
  extended: Extended,
  reader: ByteReader,
  left: Left,
): Promise<SparseMap> {
  if (extended['GNU.sparse.major'] === '1') return mapBeforeData(reader, left);
  const text = extended['GNU.sparse.map'];
  if (text !== undefined) return pairs(text.split(',').map(Number));
  return oldMap(header, reader);
}

function pairs(numbers: readonly number[]): SparseMap {
  if (numbers.length % 2 !== 0 || !numbers.every((n) => n >= 0 && n <= SIZE_MAX))
    throw new TarError('a broken map of a sparse file');
  return Array.from({ length: numbers.length / 2 }, (_, i) => [numbers[2 * i], numbers[2 * i + 1]]);
}

async function oldMap(header: Uint8Array, reader: ByteReader): Promise<SparseMap> {
  const map = piecesAt(header, OLD_MAP, OLD_PIECES);
  let more = header[OLD_MORE] !== 0;
  while (more) {
    const block = await needed(reader);
    map.push(...piecesAt(block, 0, MORE_PIECES));
    more = block[MORE_MORE] !== 0;
  }
  return map;
}

/** Those that are used: an unused one has no digits. */
function piecesAt(block: Uint8Array, at: number, count: number): [number, number][] {
  const places = Array.from({ length: count }, (_, i) => at + i * PIECE_BYTES);
  return places
    .filter((place) => block[place + 12] !== 0)
    .map((place) => [number(block, place, 12), number(block, place + 12, 12)]);
}

/** It takes whole blocks. */
async function mapBeforeData(reader: ByteReader, left: Left): Promise<SparseMap> {
  const numbers: number[] = [];
  let rest = '';
  for (let wanted = 1; numbers.length < wanted; wanted = 1 + 2 * (numbers[0] ?? 0)) {
    if (left.bytes < BLOCK || !(wanted <= left.bytes))
      throw new TarError('a broken map of a sparse file');
    left.bytes -= BLOCK;
    const lines = (rest + Buffer.from(await needed(reader)).toString('latin1')).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) numbers.push(Number(line));
  }
  return pairs(numbers.slice(1, 1 + 2 * numbers[0]));
}

async function needed(reader: ByteReader): Promise<Uint8Array> {
  const block = await reader.exactly(BLOCK);
  if (block === undefined) throw new TarError('the tar ends in the middle of an entry');
  return block;
}
