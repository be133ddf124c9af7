// Standard streams of a run: from what the caller gives to what the session manager reads and writes.
import { Buffer } from 'node:buffer';
import type { ByteSink, ByteSource } from '../session/host-streams.ts';

/** Bytes, a stream of them, the host process's own standard input, or nothing. */
export type Input = Uint8Array | string | ReadableStream<Uint8Array> | 'inherit';

/** A stream, a function that gets each piece, kept for the result ('buffer'), the host process's own, or nowhere. */
export type Output =
  | WritableStream<Uint8Array>
  | ((bytes: Uint8Array) => void | Promise<void>)
  | 'buffer'
  | 'inherit'
  | 'ignore';

const NOTHING = new Uint8Array(0);

/** @internal */
export function sourceOf(input: Exclude<Input, 'inherit'>): ByteSource {
  if (typeof input === 'string') return bytesSource(Buffer.from(input));
  return input instanceof Uint8Array ? bytesSource(input) : streamSource(input);
}

function bytesSource(bytes: Uint8Array): ByteSource {
  let left = bytes;
  return {
    read() {
      const all = left;
      left = NOTHING;
      return Promise.resolve(all);
    },
    close() {},
  };
}

function streamSource(stream: ReadableStream<Uint8Array>): ByteSource {
  const reader = stream.getReader();
  return {
    async read() {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return NOTHING;
        if (value.length > 0) return value;
      }
    },
    close() {
      reader.cancel().catch(() => {});
    },
  };
}

/** What is written, and what is left to do at the end. @internal */
export interface Sink extends ByteSink {
  /** Everything, for 'buffer'; empty otherwise. */
  readonly kept: () => Buffer;
  /** The program has ended. */
  close(): Promise<void>;
}

/** Bytes that were written piece by piece, which may be many small ones. */
class Kept {
  #bytes = Buffer.alloc(0);
  #length = 0;

  add(piece: Uint8Array): void {
    const length = this.#length + piece.length;
    if (length > this.#bytes.length) {
      const bigger = Buffer.allocUnsafeSlow(Math.max(length, 2 * this.#bytes.length));
      this.#bytes.copy(bigger);
      this.#bytes = bigger;
    }
    this.#bytes.set(piece, this.#length);
    this.#length = length;
  }

  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }
}

/** `count` is told of each piece before it is passed on. @internal */
export function sinkOf(output: Exclude<Output, 'inherit'>, count: (bytes: number) => void): Sink {
  const kept = new Kept();
  const writer = output instanceof WritableStream ? output.getWriter() : undefined;
  const pass = passer(output, writer, kept);
  return {
    async write(bytes) {
      count(bytes.length);
      await pass(bytes);
    },
    kept: () => kept.bytes,
    async close() {
      await writer?.close().catch(() => {});
    },
  };
}

function passer(
  output: Exclude<Output, 'inherit'>,
  writer: WritableStreamDefaultWriter<Uint8Array> | undefined,
  kept: Kept,
): (bytes: Uint8Array) => void | Promise<void> {
  if (writer !== undefined) return (bytes) => writer.write(bytes);
  if (typeof output === 'function') return output;
  return output === 'buffer' ? (bytes) => kept.add(bytes) : () => {};
}
