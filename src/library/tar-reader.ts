// A tar's bytes: what its headers and its contents are read with (tar.ts, tar-sparse.ts).
import { Buffer } from 'node:buffer';

/** Not a tar, or a broken one. */
export class TarError extends Error {}

export const BLOCK = 512;
export const SIZE_MAX = 2 ** 40;

/** What pax and GNU headers say about the entry that follows. */
export type Extended = Record<string, string>;

/** What the archive still has of an entry. */
export interface Left {
  bytes: number;
}

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

/** The rest of an entry, as it stands in the archive. */
export async function* bodyOf(reader: ByteReader, left: Left): AsyncGenerator<Uint8Array> {
  while (left.bytes > 0) {
    const some = await reader.some(left.bytes);
    if (some.length === 0) throw new TarError('the tar ends in the middle of a file');
    left.bytes -= some.length;
    yield some;
  }
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

export const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

export function untilNul(text: string): string {
  const end = text.indexOf('\0');
  return end < 0 ? text : text.slice(0, end);
}
