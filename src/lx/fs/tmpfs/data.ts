// Contents of in-memory files. A small file is one block that doubles as it grows; a larger one is a table of chunks,
// where 0 is a hole. What lies behind the end of a file is always zero. The store's lock is held.
import { Inode } from './layout.ts';
import type { Store } from './store.ts';

/** With its header, a block of 64 KiB. */
const CHUNK = 65536 - 8;
const LEAST = 56;
const LEAST_CHUNKS = 14;

const sizeAt = (inode: number): number => (inode + Inode.size) >> 1;

export function readLocked(
  s: Store,
  inode: number,
  buf: Uint8Array,
  off: number,
  len: number,
  pos: number,
): number {
  const end = Math.min(pos + len, s.f64[sizeAt(inode)]);
  for (let at = pos; at < end; ) {
    const within = at % CHUNK;
    const n = Math.min(end - at, CHUNK - within);
    const block = blockAt(s, inode, Math.floor(at / CHUNK));
    const to = off + at - pos;
    // What a small block does not reach is a hole as well.
    const there = block === 0 ? 0 : Math.max(0, Math.min(n, s.sizeOf(block) - within));
    if (there > 0) buf.set(s.u8.subarray(block * 4 + within, block * 4 + within + there), to);
    if (there < n) buf.fill(0, to + there, to + n);
    at += n;
  }
  return Math.max(0, end - pos);
}

/** Throws StoreFull if nothing could be written. */
export function writeLocked(
  s: Store,
  inode: number,
  buf: Uint8Array,
  off: number,
  len: number,
  pos: number,
): number {
  let at = pos;
  try {
    while (at < pos + len) {
      const within = at % CHUNK;
      const n = Math.min(pos + len - at, CHUNK - within);
      const block = makeBlockLocked(s, inode, Math.floor(at / CHUNK), within + n);
      const from = off + at - pos;
      s.u8.set(buf.subarray(from, from + n), block * 4 + within);
      at += n;
      if (at > s.f64[sizeAt(inode)]) s.f64[sizeAt(inode)] = at;
    }
  } catch (error) {
    if (at === pos) throw error;
  }
  return at - pos;
}

export function resizeLocked(s: Store, inode: number, length: number): void {
  const { i32, f64 } = s;
  if (length < f64[sizeAt(inode)]) {
    const whole = Math.ceil(length / CHUNK);
    for (let n = whole; n < i32[inode + Inode.chunks]; n++) {
      const entry = i32[inode + Inode.data] + n;
      s.giveLocked(i32[entry]);
      i32[entry] = 0;
    }
    const within = length - Math.floor(length / CHUNK) * CHUNK;
    const last = blockAt(s, inode, Math.floor(length / CHUNK));
    if (last !== 0 && within < s.sizeOf(last)) {
      s.u8.fill(0, last * 4 + within, last * 4 + s.sizeOf(last));
    }
    if (length === 0) dropDataLocked(s, inode);
  }
  f64[sizeAt(inode)] = length;
}

export function dropDataLocked(s: Store, inode: number): void {
  const { i32 } = s;
  const data = i32[inode + Inode.data];
  for (let n = 0; n < i32[inode + Inode.chunks]; n++) s.giveLocked(i32[data + n]);
  s.giveLocked(data);
  i32[inode + Inode.data] = 0;
  i32[inode + Inode.chunks] = 0;
}

/** Bytes that the contents take. */
export function dataBytes(s: Store, inode: number): number {
  const { i32 } = s;
  const data = i32[inode + Inode.data];
  if (data === 0) return 0;
  if (i32[inode + Inode.chunks] === 0) return Math.min(s.sizeOf(data), s.f64[sizeAt(inode)]);
  let chunks = 0;
  for (let n = 0; n < i32[inode + Inode.chunks]; n++) if (i32[data + n] !== 0) chunks++;
  return Math.min(chunks * CHUNK, s.f64[sizeAt(inode)]);
}

/** The block that holds chunk `n`; 0: a hole. */
function blockAt(s: Store, inode: number, n: number): number {
  const { i32 } = s;
  const chunks = i32[inode + Inode.chunks];
  if (chunks === 0) return n === 0 ? i32[inode + Inode.data] : 0;
  return n < chunks ? i32[i32[inode + Inode.data] + n] : 0;
}

/** The same, with room for `bytes` bytes. */
function makeBlockLocked(s: Store, inode: number, n: number, bytes: number): number {
  const { i32 } = s;
  if (n === 0 && i32[inode + Inode.chunks] === 0) return growSmallLocked(s, inode, bytes);
  if (n >= i32[inode + Inode.chunks]) growTableLocked(s, inode, n + 1);
  const entry = i32[inode + Inode.data] + n;
  if (i32[entry] === 0) i32[entry] = s.takeLocked(CHUNK);
  else if (s.sizeOf(i32[entry]) < CHUNK) i32[entry] = largerLocked(s, i32[entry], CHUNK);
  return i32[entry];
}

function growSmallLocked(s: Store, inode: number, bytes: number): number {
  const { i32 } = s;
  const block = i32[inode + Inode.data];
  if (block !== 0 && s.sizeOf(block) >= bytes) return block;
  i32[inode + Inode.data] = largerLocked(s, block, Math.max(bytes, LEAST));
  return i32[inode + Inode.data];
}

function growTableLocked(s: Store, inode: number, needed: number): void {
  const { i32 } = s;
  const data = i32[inode + Inode.data];
  const chunks = i32[inode + Inode.chunks];
  const room = Math.max(needed, chunks * 2, LEAST_CHUNKS);
  if (chunks > 0) {
    i32[inode + Inode.data] = largerLocked(s, data, room * 4);
  } else {
    const table = s.takeLocked(room * 4);
    i32[table] = data; // the small file becomes the first chunk
    i32[inode + Inode.data] = table;
  }
  i32[inode + Inode.chunks] = room;
}

/** A copy of `object` with room for `bytes` bytes; the old one is given back. */
function largerLocked(s: Store, object: number, bytes: number): number {
  const larger = s.takeLocked(bytes);
  if (object !== 0) {
    const words = s.sizeOf(object) / 4;
    s.i32.copyWithin(larger, object, object + words);
    s.giveLocked(object);
  }
  return larger;
}
