// Kernel memory: one shared WebAssembly.Memory that holds lxcore's state. Every guest worker and the session manager
// work on it, as the cores of one machine do. Objects are addressed by *word index* (byte address / 4), always even
// (8-byte aligned), so that a field is `k.i32[object + OFFSET]`; 0 is the null object. 64-bit integers up to 2^53 are
// kept as doubles in `k.f64[(object + OFFSET) >> 1]` (OFFSET even).
//
// Locking: one kernel lock, held for short times only, never across a host call and never while waiting. Functions
// whose name ends in `Locked` expect the caller to hold it; all others take it themselves.

import { newSharedMemory, SharedMemory } from '../mm/shared-memory.ts';
import { byteString } from './bytes.ts';
import { KMEM_PAGES } from './kmem-size.ts';

// Header words
const LOCK = 0; // 0 free, 1 held, 2 held and somebody waits
const BRK = 2; // first free word of the heap
const FREE_LISTS = 8; // heads of the free lists, by size class
const CLASSES = 28; // class c holds blocks of 16 << c bytes, header included
/** First word of the fixed area that kernel modules lay out themselves (see fixed.ts). */
export const FIXED_BASE = 64;
export const FIXED_WORDS = 192;
const HEAP_START = FIXED_BASE + FIXED_WORDS;

const SPINS = 200;

export class OutOfKernelMemory extends Error {}

export class Kernel {
  readonly memory: WebAssembly.Memory;
  readonly i32: Int32Array;
  readonly u32: Uint32Array;
  readonly u8: Uint8Array;
  readonly f64: Float64Array;
  /** The pages that processes share. */
  readonly shared: SharedMemory;
  readonly #limit: number;
  /** Makes a task that runs guest code look around (Task.signalled was set); wired by who has the memories. */
  poke: (task: number) => void = () => {};

  constructor(memory: WebAssembly.Memory, shared = newSharedMemory()) {
    this.memory = memory;
    this.shared = new SharedMemory(shared);
    this.i32 = new Int32Array(memory.buffer);
    this.u32 = new Uint32Array(memory.buffer);
    this.u8 = new Uint8Array(memory.buffer);
    this.f64 = new Float64Array(memory.buffer);
    this.#limit = this.i32.length;
    Atomics.compareExchange(this.i32, BRK, 0, HEAP_START);
  }

  static create(): Kernel {
    return new Kernel(
      new WebAssembly.Memory({ initial: KMEM_PAGES, maximum: KMEM_PAGES, shared: true }),
    );
  }

  /** Does this worker hold the lock? */
  isHeld = false;

  lock(): void {
    this.#acquire();
    this.isHeld = true;
  }

  #acquire(): void {
    const { i32 } = this;
    for (let i = 0; i < SPINS; i++) {
      if (Atomics.compareExchange(i32, LOCK, 0, 1) === 0) return;
    }
    while (Atomics.exchange(i32, LOCK, 2) !== 0) Atomics.wait(i32, LOCK, 2, 1000);
  }

  unlock(): void {
    this.isHeld = false;
    if (Atomics.exchange(this.i32, LOCK, 0) === 2) Atomics.notify(this.i32, LOCK, 1);
  }

  /** Runs `body` with the kernel lock held. */
  locked<T>(body: () => T): T {
    this.lock();
    try {
      return body();
    } finally {
      this.unlock();
    }
  }

  /** A zeroed block of at least `bytes` bytes; returns its word index. Throws OutOfKernelMemory. */
  allocLocked(bytes: number): number {
    const { i32 } = this;
    const cls = sizeClass(bytes + 8);
    const head = FREE_LISTS + cls;
    let block = i32[head];
    if (block !== 0) {
      i32[head] = i32[block];
    } else {
      block = i32[BRK];
      const end = block + (4 << cls);
      if (end > this.#limit) throw new OutOfKernelMemory('lxcore: kernel memory is full');
      i32[BRK] = end;
      i32[block + 1] = cls;
      return block + 2; // fresh wasm memory is zero
    }
    i32.fill(0, block + 2, block + (4 << cls));
    return block + 2;
  }

  freeLocked(object: number): void {
    if (object === 0) return;
    const block = object - 2;
    const head = FREE_LISTS + this.i32[block + 1];
    this.i32[block] = this.i32[head];
    this.i32[head] = block;
  }

  /** Bytes never used so far; freed blocks not counted. */
  get untouched(): number {
    return (this.#limit - this.i32[BRK]) * 4;
  }

  alloc(bytes: number): number {
    return this.locked(() => this.allocLocked(bytes));
  }

  free(object: number): void {
    this.locked(() => this.freeLocked(object));
  }

  /** Keeps a byte string (one char = one byte) as an object: length word, then the bytes. */
  newStringLocked(text: string): number {
    const object = this.allocLocked(4 + text.length);
    this.i32[object] = text.length;
    const at = (object + 1) << 2;
    for (let i = 0; i < text.length; i++) this.u8[at + i] = text.charCodeAt(i);
    return object;
  }

  /** Puts another string where one is (or 0). The old one stays until there is the new one: room may be short. */
  setStringLocked(word: number, text: string): void {
    const before = this.i32[word];
    this.i32[word] = this.newStringLocked(text);
    this.freeLocked(before);
  }

  readString(object: number): string {
    if (object === 0) return '';
    const at = (object + 1) << 2;
    return byteString(this.u8, at, at + this.i32[object]);
  }
}

function sizeClass(bytes: number): number {
  const cls = bytes <= 16 ? 0 : 28 - Math.clz32(bytes - 1);
  if (cls >= CLASSES) throw new OutOfKernelMemory(`lxcore: object of ${bytes} bytes`);
  return cls;
}

/**
 * Field offsets (in words) of a kernel object, from its field names in order. 'f64' and 'u64' fields take an aligned
 * pair of words, a number takes that many words.
 */
export function struct<T extends Record<string, 'i32' | 'f64' | 'u64' | number>>(
  fields: T,
): { readonly [K in keyof T]: number } & { readonly SIZE: number } {
  const offsets: Record<string, number> = {};
  let at = 0;
  for (const [name, kind] of Object.entries(fields)) {
    if (kind === 'f64' || kind === 'u64') at += at & 1;
    offsets[name] = at;
    at += kind === 'i32' ? 1 : typeof kind === 'number' ? kind : 2;
  }
  offsets.SIZE = at * 4; // bytes
  return offsets as { readonly [K in keyof T]: number } & { readonly SIZE: number };
}
