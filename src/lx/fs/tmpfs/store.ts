// The shared memory that holds the files of a session's in-memory file systems. A heap of its own beside kernel memory
// (the same allocator, another lock), so that files cannot crowd the kernel out; only what is used becomes real.
import { FIXED_BASE, Kernel, OutOfKernelMemory, struct } from '../../kernel/kmem.ts';
import type { Lx } from '../../kernel/lx.ts';

// biome-ignore format: aligned rows
const fields = struct({
  nextIno: 'i32', nextDev: 'i32',
  used: 'f64', limit: 'f64', // bytes, allocator's overhead included
  generation: 'i32',         // counts directories renamed or removed: cached paths are wrong then
});
const at = (field: number): number => field + FIXED_BASE;

const WASM_PAGE = 65536;
/** Indices are words in an Int32Array; byte addresses stay below 2 GiB. */
const MAX_BYTES = 2 ** 31 - WASM_PAGE;
const SLACK = 1 << 20;
/** Device numbers of tmpfs mounts begin here. */
const FIRST_DEV = 48;

/** No room: ENOSPC. */
export class StoreFull extends Error {}

export class Store extends Kernel {
  readonly i64: BigInt64Array;

  constructor(memory: WebAssembly.Memory) {
    super(memory);
    this.i64 = new BigInt64Array(memory.buffer);
  }

  /** An empty store for at most `limit` bytes. */
  static ofSize(limit: number): Store {
    const bytes = Math.min(MAX_BYTES, limit + SLACK);
    const pages = Math.ceil(bytes / WASM_PAGE);
    const store = new Store(
      new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true }),
    );
    store.f64[at(fields.limit) >> 1] = Math.min(limit, MAX_BYTES - SLACK);
    store.i32[at(fields.nextDev)] = FIRST_DEV;
    return store;
  }

  /** A zeroed object of at least `bytes` bytes. */
  takeLocked(bytes: number): number {
    const { f64 } = this;
    const used = at(fields.used) >> 1;
    if (f64[used] + bytes > f64[at(fields.limit) >> 1]) throw new StoreFull();
    try {
      const object = this.allocLocked(bytes);
      f64[used] += this.sizeOf(object) + 8;
      return object;
    } catch (error) {
      throw error instanceof OutOfKernelMemory ? new StoreFull() : error;
    }
  }

  giveLocked(object: number): void {
    if (object === 0) return;
    this.f64[at(fields.used) >> 1] -= this.sizeOf(object) + 8;
    this.freeLocked(object);
  }

  /** Bytes an object has room for. */
  sizeOf(object: number): number {
    return (16 << this.i32[object - 1]) - 8;
  }

  newInoLocked(): number {
    return ++this.i32[at(fields.nextIno)];
  }
  newDevLocked(): number {
    return this.i32[at(fields.nextDev)]++;
  }
  get used(): number {
    return this.f64[at(fields.used) >> 1];
  }
  get limit(): number {
    return this.f64[at(fields.limit) >> 1];
  }
  get generation(): number {
    return Atomics.load(this.i32, at(fields.generation));
  }
  bumpGeneration(): void {
    Atomics.add(this.i32, at(fields.generation), 1);
  }

  /** Puts a byte string into a new object: length word, then the bytes. */
  takeStringLocked(text: string): number {
    const object = this.takeLocked(4 + text.length);
    this.i32[object] = text.length;
    const start = (object + 1) * 4;
    for (let i = 0; i < text.length; i++) this.u8[start + i] = text.charCodeAt(i);
    return object;
  }
}

let store: Store | undefined;

/** The session's store as this worker sees it. */
export function storeOf(lx: Lx): Store {
  const { memory } = lx.config.inMemory!;
  if (store?.memory !== memory) store = new Store(memory);
  return store;
}
