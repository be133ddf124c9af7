// Reads host streams for the guests, on demand and no more than was asked for: a paused socket whose buffer has the size
// that the guest's read has.
import { readSync } from 'node:fs';
import { Socket } from 'node:net';
import { E } from '../lx/abi/errno.ts';
import {
  HostStream,
  newManagerStream,
  pendingOutput,
  streamFlushed,
  streamOfFile,
  streamTaken,
  supplyStream,
} from '../lx/fs/drivefs/host-stream.ts';
import type { Kernel } from '../lx/kernel/kmem.ts';

const NOTHING = new Uint8Array(0);
const FLUSH_MS = 1;

/** What Node lets us give to a socket that reads into our buffer. */
interface OnRead {
  buffer: () => Uint8Array;
  callback: (count: number, buffer: Uint8Array) => boolean;
}

/** One stream that is being read: a libuv handle that reads only between resume() and the first data. */
class Reader {
  readonly #kernel: Kernel;
  readonly #stream: number;
  readonly #socket: Socket;
  #want: number;
  #ended = false;

  constructor(kernel: Kernel, stream: number, want: number) {
    this.#want = want;
    this.#kernel = kernel;
    this.#stream = stream;
    const fd = kernel.i32[stream + HostStream.fd];
    const onread: OnRead = {
      buffer: () => new Uint8Array(this.#want),
      callback: (count, buffer) => this.#received(buffer.subarray(0, count)),
    };
    const options = { fd, readable: true, writable: false, onread, manualStart: true };
    this.#socket = new Socket(options as object);
    this.#socket.on('end', () => this.#finished(0));
    this.#socket.on('error', (error: NodeJS.ErrnoException) =>
      this.#finished(error.errno ?? -E.IO),
    );
    this.#socket.pause();
  }

  read(want: number): void {
    if (this.#ended) return supplyStream(this.#kernel, this.#stream, NOTHING, 0);
    this.#want = want;
    this.#socket.resume();
  }

  close(): void {
    this.#ended = true;
    this.#socket.destroy();
  }

  #received(bytes: Uint8Array): boolean {
    this.#socket.pause();
    supplyStream(this.#kernel, this.#stream, bytes, 0);
    return false;
  }

  #finished(error: number): void {
    if (this.#ended) return;
    this.#ended = true;
    supplyStream(this.#kernel, this.#stream, NOTHING, error);
  }
}

/** Where a stream without a host descriptor gets its bytes; an empty array is the end. */
export interface ByteSource {
  read(): Promise<Uint8Array>;
  /** Nobody will read any more. */
  close(): void;
}

/** Where its bytes go; rejects when nobody wants them any more. */
export interface ByteSink {
  write(bytes: Uint8Array): Promise<void>;
}

/** A sink, and what has come for it before its turn: workers' messages overtake each other. */
interface Outlet {
  readonly sink: ByteSink;
  readonly early: Map<number, Uint8Array>;
  next: number;
}

/** What a source has given and nobody has asked for yet. */
interface Supply {
  readonly source: ByteSource;
  rest: Uint8Array;
}

const O_RDONLY = 0;
const O_WRONLY = 1;

export class HostStreams {
  readonly #sources = new Map<number, Supply>();
  readonly #outlets = new Map<number, Outlet>();
  readonly #kernel: Kernel;
  readonly #readers = new Map<number, Reader>();
  readonly #writers = new Map<number, Socket>();

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  /** A description, with one reference, of a stream that is not the host's. */
  open(end: ByteSource | ByteSink, path: string): number {
    const reads = 'read' in end;
    const file = newManagerStream(this.#kernel, reads ? O_RDONLY : O_WRONLY, path);
    const stream = streamOfFile(this.#kernel, file);
    if (reads) this.#sources.set(stream, { source: end, rest: NOTHING });
    else this.#outlets.set(stream, { sink: end, early: new Map(), next: 0 });
    return file;
  }

  async #supply(supply: Supply, stream: number, want: number): Promise<void> {
    try {
      if (supply.rest.length === 0) supply.rest = await supply.source.read();
      const bytes = supply.rest.subarray(0, want);
      supply.rest = supply.rest.subarray(bytes.length);
      supplyStream(this.#kernel, stream, bytes, 0);
    } catch {
      supplyStream(this.#kernel, stream, NOTHING, -E.IO);
    }
  }

  #giveInOrder(outlet: Outlet, stream: number, bytes: Uint8Array, number: number): void {
    const { sink, early } = outlet;
    early.set(number, bytes);
    for (let next = early.get(outlet.next); next !== undefined; next = early.get(outlet.next)) {
      early.delete(outlet.next);
      outlet.next = (outlet.next + 1) | 0;
      this.#give(sink, stream, next);
    }
  }

  #give(sink: ByteSink, stream: number, bytes: Uint8Array): void {
    sink.write(bytes).then(
      () => streamTaken(this.#kernel, stream, bytes.length, 0),
      () => streamTaken(this.#kernel, stream, bytes.length, -E.PIPE),
    );
  }

  /** A guest waits for up to `want` bytes of a stream. */
  demand(stream: number, want: number): void {
    const supply = this.#sources.get(stream);
    if (supply !== undefined) {
      void this.#supply(supply, stream, want);
      return;
    }
    let reader = this.#readers.get(stream);
    try {
      if (reader === undefined) {
        reader = new Reader(this.#kernel, stream, want);
        this.#readers.set(stream, reader);
      }
      reader.read(want);
    } catch {
      this.#readDirectly(stream, want);
    }
  }

  /** Writes what the host did not take at once. */
  write(stream: number, bytes: Uint8Array, number: number): void {
    const outlet = this.#outlets.get(stream);
    if (outlet !== undefined) return this.#giveInOrder(outlet, stream, bytes, number);
    try {
      this.#writer(stream).write(bytes, (error) => {
        const code = (error as NodeJS.ErrnoException | null | undefined)?.errno ?? 0;
        if (code === 0) streamFlushed(this.#kernel, stream, 0);
      });
    } catch {
      streamFlushed(this.#kernel, stream, -E.IO);
    }
  }

  #writer(stream: number): Socket {
    let writer = this.#writers.get(stream);
    if (writer === undefined) {
      const fd = this.#kernel.i32[stream + HostStream.fd];
      writer = new Socket({ fd, readable: false, writable: true });
      writer.on('error', (error: NodeJS.ErrnoException) => {
        this.#writers.delete(stream);
        streamFlushed(this.#kernel, stream, error.errno ?? -E.IO);
      });
      this.#writers.set(stream, writer);
    }
    return writer;
  }

  /** Waits until all is written; `ownOnly`: to streams that are not the host's. */
  async flush(ownOnly: boolean): Promise<void> {
    while ([...this.#outlets.keys()].some((stream) => pendingOutput(this.#kernel, stream) > 0)) {
      await new Promise((resolve) => setTimeout(resolve, FLUSH_MS));
    }
    if (ownOnly) return;
    for (const writer of this.#writers.values()) {
      if (writer.writableLength > 0 && !writer.destroyed) {
        await new Promise<void>((resolve) => {
          writer.once('close', resolve);
          writer.write('', () => resolve());
        });
      }
    }
  }

  close(): void {
    for (const { source } of this.#sources.values()) source.close();
    for (const reader of this.#readers.values()) reader.close();
    this.#readers.clear();
    for (const writer of this.#writers.values()) writer.destroy();
  }

  /** Devices that libuv does not poll. */
  #readDirectly(stream: number, want: number): void {
    const buffer = new Uint8Array(want);
    try {
      const count = readSync(this.#kernel.i32[stream + HostStream.fd], buffer, 0, want, null);
      supplyStream(this.#kernel, stream, buffer.subarray(0, count), 0);
    } catch (error) {
      supplyStream(this.#kernel, stream, NOTHING, (error as NodeJS.ErrnoException).errno ?? -E.IO);
    }
  }
}
