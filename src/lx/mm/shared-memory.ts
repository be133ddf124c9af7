// The memory that processes share: one wasm memory a session, given out in pages of 4 KiB. Every worker has it beside the
// memory of its process. Addresses here are byte addresses in it, 0 is none; its first page is the header.
import type { Kernel } from '../kernel/kmem.ts';
import { SHARED_LIMIT, SHARED_PAGES } from '../kernel/kmem-size.ts';
import { zeroBytes } from './guest-memory.ts';
import { PAGE_SIZE } from './layout.ts';

// Header words; word 0 is the lock of assembly/shared-memory.wat.
const FRESH = 1; // pages given out so far, the header included
const FREE = 2; // first page of the list of those that came back; each one's first word is the next
const USED = 3; // pages in use
const MOST = 4; // pages that may be, 0: as many as there are

const WASM_PAGE = 65536;
const GROW_PAGES = 256;

export const newSharedMemory = (): WebAssembly.Memory =>
  new WebAssembly.Memory({ initial: SHARED_PAGES, maximum: SHARED_LIMIT, shared: true });

export class SharedMemory {
  readonly memory: WebAssembly.Memory;
  /** Views on all of it, as this worker knows it. */
  u8!: Uint8Array;
  i32!: Int32Array;
  f64!: Float64Array;

  constructor(memory: WebAssembly.Memory) {
    this.memory = memory;
    this.refresh();
    Atomics.compareExchange(this.i32, FRESH, 0, 1);
  }

  /** Call after another worker may have made it grow: an address that is not in the views yet came from there. */
  refresh(): void {
    const { buffer } = this.memory;
    if (this.u8?.byteLength === buffer.byteLength) return;
    this.u8 = new Uint8Array(buffer);
    this.i32 = new Int32Array(buffer);
    this.f64 = new Float64Array(buffer);
  }

  /** The word at an address. */
  load(address: number): number {
    if (address >= this.u8.length) this.refresh();
    return Atomics.load(this.i32, address >>> 2);
  }

  store(address: number, value: number): void {
    if (address >= this.u8.length) this.refresh();
    Atomics.store(this.i32, address >>> 2, value);
  }

  /** A page full of zeroes, or 0. */
  allocPage(k: Kernel): number {
    const page = k.locked(() => this.#takeLocked());
    if (page !== 0) this.zero(page, page + PAGE_SIZE);
    return page;
  }

  #takeLocked(): number {
    this.refresh();
    const { i32 } = this;
    if (i32[MOST] !== 0 && i32[USED] >= i32[MOST]) return 0;
    const free = i32[FREE] >>> 0;
    if (free !== 0) {
      i32[FREE] = i32[free >>> 2];
      i32[USED]++;
      return free;
    }
    const page = (i32[FRESH] >>> 0) * PAGE_SIZE;
    if (page + PAGE_SIZE > this.u8.length && !this.#grow()) return 0;
    this.i32[FRESH]++;
    this.i32[USED]++;
    return page;
  }

  #grow(): boolean {
    const pages = Math.min(GROW_PAGES, SHARED_LIMIT - this.u8.length / WASM_PAGE);
    if (pages <= 0) return false;
    try {
      this.memory.grow(pages);
    } catch {
      return false; // the host's limit
    }
    this.refresh();
    return true;
  }

  /** Nobody reaches the page any more. */
  freePage(k: Kernel, page: number): void {
    k.locked(() => {
      this.refresh(); // another worker may have given it out
      this.i32[page >>> 2] = this.i32[FREE];
      this.i32[FREE] = page | 0;
      this.i32[USED]--;
    });
  }

  zero(start: number, end: number): void {
    if (end > this.u8.length) this.refresh();
    zeroBytes(this.u8, this.f64, start, end);
  }

  /** From now on at most `bytes` are given out. */
  limit(bytes: number): void {
    this.i32[MOST] = Math.min(Math.ceil(bytes / PAGE_SIZE), 0x7fff_ffff);
  }

  /** Pages in use. */
  get used(): number {
    return this.i32[USED];
  }
}
