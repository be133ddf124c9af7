// A byte queue in kernel memory: what a pipe or one direction of a stream socket holds. Everything here expects the
// kernel lock. The store starts small and grows with its contents up to the capacity.
import { type Kernel, OutOfKernelMemory, struct } from '../../kernel/kmem.ts';

/** `store` is an object of `size` bytes; `count` bytes from `head` on (wrapping) are in use; at most `capacity`. */
export const Ring = struct({
  store: 'i32',
  size: 'i32',
  head: 'i32',
  count: 'i32',
  capacity: 'i32',
  pad: 'i32',
});

/** Allocation blocks are powers of two with an 8-byte header. */
const HEADER = 8;
const FIRST_SIZE = 4096 - HEADER;

export function initRingLocked(k: Kernel, ring: number, capacity: number): void {
  k.i32[ring + Ring.capacity] = capacity;
}

export function freeRingLocked(k: Kernel, ring: number): void {
  k.freeLocked(k.i32[ring + Ring.store]);
  k.i32.fill(0, ring, ring + Ring.SIZE / 4);
}

/** Bytes that can be added. */
export const ringRoom = (k: Kernel, ring: number): number =>
  k.i32[ring + Ring.capacity] - k.i32[ring + Ring.count];

/** Adds `n` bytes; there must be room. False when kernel memory is full. */
export function ringPutLocked(
  k: Kernel,
  ring: number,
  from: Uint8Array,
  off: number,
  n: number,
): boolean {
  const { i32, u8 } = k;
  const count = i32[ring + Ring.count];
  if (count + n > i32[ring + Ring.size] && !growLocked(k, ring, count + n)) return false;
  const size = i32[ring + Ring.size];
  const store = i32[ring + Ring.store] << 2;
  let at = i32[ring + Ring.head] + count;
  if (at >= size) at -= size;
  const first = Math.min(n, size - at);
  copyBytes(u8, store + at, from, off, first);
  if (first < n) copyBytes(u8, store, from, off + first, n - first);
  i32[ring + Ring.count] = count + n;
  return true;
}

/** Takes `n` bytes, which must be there; with `keep` they stay (MSG_PEEK). */
export function ringTakeLocked(
  k: Kernel,
  ring: number,
  to: Uint8Array,
  off: number,
  n: number,
  keep = false,
): void {
  const { i32, u8 } = k;
  const size = i32[ring + Ring.size];
  const store = i32[ring + Ring.store] << 2;
  const at = i32[ring + Ring.head];
  const first = Math.min(n, size - at);
  copyBytes(to, off, u8, store + at, first);
  if (first < n) copyBytes(to, off + first, u8, store, n - first);
  if (!keep) ringSkipLocked(k, ring, n);
}

export function ringSkipLocked(k: Kernel, ring: number, n: number): void {
  const { i32 } = k;
  const count = i32[ring + Ring.count] - n;
  const at = i32[ring + Ring.head] + n;
  const size = i32[ring + Ring.size];
  i32[ring + Ring.count] = count;
  i32[ring + Ring.head] = count === 0 ? 0 : at >= size ? at - size : at;
}

function growLocked(k: Kernel, ring: number, needed: number): boolean {
  const { i32, u8 } = k;
  let size = Math.max(i32[ring + Ring.size], FIRST_SIZE);
  while (size < needed) size = (size + HEADER) * 2 - HEADER;
  try {
    const store = k.allocLocked(size);
    const count = i32[ring + Ring.count];
    if (count > 0) ringTakeLocked(k, ring, u8, store << 2, count, true);
    k.freeLocked(i32[ring + Ring.store]);
    i32[ring + Ring.store] = store;
    i32[ring + Ring.size] = size;
    i32[ring + Ring.head] = 0;
    return true;
  } catch (error) {
    if (error instanceof OutOfKernelMemory) return false;
    throw error;
  }
}

/** Below this length a loop is quicker than making a view. */
const LOOP_LIMIT = 24;

function copyBytes(to: Uint8Array, at: number, from: Uint8Array, off: number, n: number): void {
  if (n <= LOOP_LIMIT) for (let i = 0; i < n; i++) to[at + i] = from[off + i];
  else to.set(from.subarray(off, off + n), at);
}
