// What is shared: an object is a file, or nameless memory (MAP_ANONYMOUS, SysV), of which pages lie in shared memory. It
// belongs to the descriptions (File.object) that were mapped shared, or that read and write the same file meanwhile, and
// goes with the last of them; mappings hold their description. A page comes in when it is touched first, and what was
// written to it goes to the file at msync, fsync, munmap, exit and when a description is released. Until then read() and
// write() of any process go through the pages (shared-file.ts), so that all see the same.
//
// A slot (one word a page, in shared memory, so that the interpreters see changes at once) is the page's address and
// ENTRY_* bits. An address without ENTRY_PRESENT: the page is beyond the end since the file was cut.
import { ENTRY_DIRTY, ENTRY_PRESENT } from '../../../assembly/shared/layout.ts';
import { E } from '../abi/errno.ts';
import { O } from '../abi/fcntl.ts';
import { File, setObjectHook } from '../kernel/file.ts';
import { Fixed } from '../kernel/fixed.ts';
import { type Kernel, struct } from '../kernel/kmem.ts';
import type { Lx } from '../kernel/lx.ts';
import { PAGE_SIZE, pagesOf } from './layout.ts';

// biome-ignore format: aligned rows
export const SharedObject = struct({
  next: 'i32',                      // list of those that are files (Fixed.sharedFiles)
  refs: 'i32',                      // descriptions that hold it
  lock: 'i32',                      // while pages come and go: 0 free, 1 held, 2 held and somebody waits
  isFile: 'i32',
  dev: 'u64', ino: 'u64',           // of a file
  size: 'f64',                      // bytes, of nameless memory
  blocks: 'i32', blockCount: 'i32', // array of pages of slots, 0 where none is needed yet
});

const SLOTS = 1024;
const ADDRESS = ~(PAGE_SIZE - 1);
/** Pages that come in together. */
export const CLUSTER = 16;

/** How the pages of a kind of file are read and written: past the pages, and at the position given, always. */
export interface Backing {
  size(lx: Lx, file: number): number;
  read(lx: Lx, file: number, buf: Uint8Array, off: number, len: number, pos: number): number;
  write(lx: Lx, file: number, buf: Uint8Array, off: number, len: number, pos: number): number;
  /** Device and inode: the same for all descriptions of one file. */
  identity(lx: Lx, file: number): { dev: bigint; ino: bigint };
}

const backings: (Backing | undefined)[] = [];
export function registerBacking(kind: number, backing: Backing): void {
  backings[kind] = backing;
}
const backingOf = (k: Kernel, file: number): Backing | undefined =>
  backings[k.i32[file + File.kind]];

/** Can files of this description's kind be shared? */
export const isShareable = (k: Kernel, file: number): boolean => backingOf(k, file) !== undefined;

/** Are these descriptions (of the same kind) of one file? One that is just being closed is not. */
export function isSameFile(lx: Lx, a: number, b: number): boolean {
  const backing = backingOf(lx.k, a)!;
  try {
    const first = backing.identity(lx, a);
    const second = backing.identity(lx, b);
    return first.dev === second.dev && first.ino === second.ino;
  } catch {
    return false;
  }
}

// ---- objects of descriptions

/** Gives `file` (which nobody else knows yet) nameless memory of `size` bytes. */
export function attachMemoryLocked(k: Kernel, file: number, size: number): void {
  const object = k.allocLocked(SharedObject.SIZE);
  k.i32[object + SharedObject.refs] = 1;
  k.f64[(object + SharedObject.size) >> 1] = size;
  k.i32[file + File.object] = object;
}

/** The object of a file: the one that is there, or a new one. */
export function attachFile(lx: Lx, file: number): number {
  const { k } = lx;
  const there = k.i32[file + File.object];
  if (there !== 0) return there;
  const { dev, ino } = backingOf(k, file)!.identity(lx, file);
  return k.locked(() => {
    const object = findLocked(k, dev, ino) || newFileObjectLocked(k, dev, ino);
    return holdLocked(k, file, object);
  });
}

/** The object of a file if it has one, or 0: then its contents are what the host says. */
export function objectOf(lx: Lx, file: number): number {
  const { k } = lx;
  const { i32 } = k;
  if (Atomics.load(i32, Fixed.sharedFiles) === 0) return 0;
  if (i32[file + File.object] !== 0) return i32[file + File.object];
  const generation = Atomics.load(i32, Fixed.sharedGeneration);
  if (i32[file + File.objectSeen] === generation) return 0;
  const { dev, ino } = backingOf(k, file)!.identity(lx, file);
  return k.locked(() => {
    i32[file + File.objectSeen] = generation;
    const object = findLocked(k, dev, ino);
    return object === 0 ? 0 : holdLocked(k, file, object);
  });
}

/** The object of the file with this identity, or 0; no reference is taken. Only with the kernel lock held. */
export function findLocked(k: Kernel, dev: bigint, ino: bigint): number {
  const { i32 } = k;
  let object = i32[Fixed.sharedFiles];
  while (object !== 0 && !isFile(k, object, dev, ino)) object = i32[object + SharedObject.next];
  return object;
}

const half = (value: bigint, n: bigint): number => Number(BigInt.asIntN(32, value >> (n * 32n)));

const isFile = ({ i32 }: Kernel, object: number, dev: bigint, ino: bigint): boolean =>
  i32[object + SharedObject.ino] === half(ino, 0n) &&
  i32[object + SharedObject.ino + 1] === half(ino, 1n) &&
  i32[object + SharedObject.dev] === half(dev, 0n) &&
  i32[object + SharedObject.dev + 1] === half(dev, 1n);

function newFileObjectLocked(k: Kernel, dev: bigint, ino: bigint): number {
  const { i32 } = k;
  const object = k.allocLocked(SharedObject.SIZE);
  i32[object + SharedObject.isFile] = 1;
  for (const n of [0n, 1n]) {
    i32[object + SharedObject.dev + Number(n)] = half(dev, n);
    i32[object + SharedObject.ino + Number(n)] = half(ino, n);
  }
  i32[object + SharedObject.next] = i32[Fixed.sharedFiles];
  i32[Fixed.sharedFiles] = object;
  i32[Fixed.sharedGeneration]++;
  return object;
}

function holdLocked(k: Kernel, file: number, object: number): number {
  const { i32 } = k;
  if (i32[file + File.object] === 0) {
    i32[file + File.object] = object;
    i32[object + SharedObject.refs]++;
  }
  return i32[file + File.object];
}

/** A description goes: what was written through its mappings is saved, and with the last one the pages go. */
function release(lx: Lx, file: number): void {
  const { k } = lx;
  const { i32 } = k;
  const object = i32[file + File.object];
  if (object === 0) return;
  flushObject(lx, object, file, 0, Number.POSITIVE_INFINITY);
  i32[file + File.object] = 0;
  const last = k.locked(() => {
    if (--i32[object + SharedObject.refs] !== 0) return false;
    let link = Fixed.sharedFiles;
    while (i32[link] !== 0 && i32[link] !== object) link = i32[link] + SharedObject.next;
    if (i32[link] === object) i32[link] = i32[object + SharedObject.next];
    return true;
  });
  if (last) freeObject(k, object);
}
setObjectHook(release);

function freeObject(k: Kernel, object: number): void {
  eachPage(k, object, 0, Number.POSITIVE_INFINITY, (slot) => {
    const page = k.shared.load(slot) & ADDRESS;
    if (page !== 0) k.shared.freePage(k, page >>> 0);
  });
  const { i32 } = k;
  const blocks = i32[object + SharedObject.blocks];
  for (let i = 0; i < i32[object + SharedObject.blockCount]; i++) {
    if (i32[blocks + i] !== 0) k.shared.freePage(k, i32[blocks + i] >>> 0);
  }
  k.free(blocks);
  k.free(object);
}

export function lockObject({ i32 }: Kernel, object: number): void {
  const word = object + SharedObject.lock;
  if (Atomics.compareExchange(i32, word, 0, 1) === 0) return;
  while (Atomics.exchange(i32, word, 2) !== 0) Atomics.wait(i32, word, 2, 1000);
}

export function unlockObject({ i32 }: Kernel, object: number): void {
  const word = object + SharedObject.lock;
  if (Atomics.exchange(i32, word, 0) === 2) Atomics.notify(i32, word, 1);
}

function withObject<T>(k: Kernel, object: number, body: () => T): T {
  lockObject(k, object);
  try {
    return body();
  } finally {
    unlockObject(k, object);
  }
}

// ---- slots

/** Address of the slot of page `index`, or 0: there is none yet. */
export function slotOf(k: Kernel, object: number, index: number): number {
  return k.locked(() => {
    const { i32 } = k;
    const block = Math.floor(index / SLOTS);
    if (block >= i32[object + SharedObject.blockCount]) return 0;
    const page = i32[i32[object + SharedObject.blocks] + block] >>> 0;
    return page === 0 ? 0 : page + (index % SLOTS) * 4;
  });
}

/** The same, made if it is not there; 0: no memory. The object is locked. */
function makeSlot(k: Kernel, object: number, index: number): number {
  const there = slotOf(k, object, index);
  if (there !== 0) return there;
  const page = k.shared.allocPage(k);
  if (page === 0) return 0;
  k.locked(() => {
    const { i32 } = k;
    const block = Math.floor(index / SLOTS);
    const count = i32[object + SharedObject.blockCount];
    if (block >= count) {
      const wanted = Math.max(block + 1, count * 2);
      const blocks = k.allocLocked(wanted * 4);
      const old = i32[object + SharedObject.blocks];
      i32.copyWithin(blocks, old, old + count);
      k.freeLocked(old);
      i32[object + SharedObject.blocks] = blocks;
      i32[object + SharedObject.blockCount] = wanted;
    }
    i32[i32[object + SharedObject.blocks] + block] = page | 0;
  });
  return slotOf(k, object, index);
}

/** Calls `body` for the slots of [from, to) that are there. */
function eachPage(
  k: Kernel,
  object: number,
  from: number,
  to: number,
  body: (slot: number, index: number) => void,
): void {
  const end = Math.min(to, k.i32[object + SharedObject.blockCount] * SLOTS);
  for (let index = from; index < end; ) {
    const slot = slotOf(k, object, index);
    const next = Math.min((Math.floor(index / SLOTS) + 1) * SLOTS, end);
    if (slot !== 0) for (let i = 0; i < next - index; i++) body(slot + i * 4, index + i);
    index = next;
  }
}

// ---- pages

export const sizeOf = (lx: Lx, object: number, file: number): number =>
  lx.k.i32[object + SharedObject.isFile] === 0
    ? lx.k.f64[(object + SharedObject.size) >> 1]
    : backingOf(lx.k, file)!.size(lx, file);

/** Sees that page `index` is there, and some of its neighbours: its slot, −EFAULT beyond the end, −ENOMEM, −EIO. */
export function touchPage(lx: Lx, object: number, file: number, index: number): number {
  const { k } = lx;
  const there = slotOf(k, object, index);
  if (there !== 0 && (k.shared.load(there) & ENTRY_PRESENT) !== 0) return there;
  return withObject(k, object, () => {
    const end = pagesOf(sizeOf(lx, object, file));
    if (index >= end) return -E.FAULT;
    const from = index - (index % CLUSTER);
    const result = bringIn(lx, object, file, from, Math.min(from + CLUSTER, end));
    return result < 0 ? result : slotOf(k, object, index);
  });
}

/** Pages [from, to), all below the end of the file. */
function bringIn(lx: Lx, object: number, file: number, from: number, to: number): number {
  const { k } = lx;
  const slots: [slot: number, index: number][] = [];
  for (let index = from; index < to; index++) {
    const slot = makeSlot(k, object, index);
    if (slot === 0) return -E.NOMEM;
    if ((k.shared.load(slot) & ENTRY_PRESENT) === 0) slots.push([slot, index]);
  }
  const contents = readCluster(lx, object, file, from, to);
  if (typeof contents === 'number') return contents;
  for (const [slot, index] of slots) {
    const kept = (k.shared.load(slot) & ADDRESS) >>> 0;
    const page = kept === 0 ? k.shared.allocPage(k) : kept;
    if (page === 0) return -E.NOMEM;
    if (kept !== 0) k.shared.zero(page, page + PAGE_SIZE);
    if (contents !== null) {
      const at = (index - from) * PAGE_SIZE;
      k.shared.refresh();
      k.shared.u8.set(contents.subarray(at, at + PAGE_SIZE), page);
    }
    k.shared.store(slot, page | ENTRY_PRESENT);
  }
  return 0;
}

/** How many pages are there. */
export function residentPages(k: Kernel, object: number): number {
  let pages = 0;
  eachPage(k, object, 0, Number.POSITIVE_INFINITY, (slot) => {
    if ((k.shared.load(slot) & ENTRY_PRESENT) !== 0) pages++;
  });
  return pages;
}

/** What the file has for these pages (as far as it reaches), or −errno; null for nameless memory. */
function readCluster(
  lx: Lx,
  object: number,
  file: number,
  from: number,
  to: number,
): Uint8Array | null | number {
  if (lx.k.i32[object + SharedObject.isFile] === 0) return null;
  const contents = new Uint8Array((to - from) * PAGE_SIZE);
  const backing = backingOf(lx.k, file)!;
  const got = backing.read(lx, file, contents, 0, contents.length, from * PAGE_SIZE);
  return got < 0 ? got : contents.subarray(0, got);
}

/** Writes the changed pages of [from, to) to the file, if `file` was opened for that; 0 or −errno. */
export function flushObject(
  lx: Lx,
  object: number,
  file: number,
  from: number,
  to: number,
): number {
  const { k } = lx;
  if (k.i32[object + SharedObject.isFile] === 0) return 0;
  if ((k.i32[file + File.flags] & O.ACCMODE) !== O.RDWR) return 0;
  const backing = backingOf(k, file)!;
  return withObject(k, object, () => {
    const size = backing.size(lx, file);
    let result = 0;
    k.shared.refresh();
    eachPage(k, object, from, Math.min(to, pagesOf(size)), (slot, index) => {
      const entry = k.shared.load(slot);
      if ((entry & (ENTRY_DIRTY | ENTRY_PRESENT)) !== (ENTRY_DIRTY | ENTRY_PRESENT)) return;
      Atomics.and(k.shared.i32, slot >>> 2, ~ENTRY_DIRTY);
      const start = index * PAGE_SIZE;
      const page = (entry & ADDRESS) >>> 0;
      const bytes = Math.min(PAGE_SIZE, size - start);
      const wrote = backing.write(lx, file, k.shared.u8, page, bytes, start);
      if (wrote >= 0) return;
      Atomics.or(k.shared.i32, slot >>> 2, ENTRY_DIRTY);
      result = wrote;
    });
    return result;
  });
}

/** Calls `body` with each piece of bytes [start, end) that lies in pages which are there. */
export function eachPiece(
  k: Kernel,
  object: number,
  start: number,
  end: number,
  body: (address: number, at: number, length: number, slot: number) => void,
): void {
  k.shared.refresh();
  eachPage(k, object, Math.floor(start / PAGE_SIZE), pagesOf(end), (slot, index) => {
    const entry = k.shared.load(slot);
    if ((entry & ENTRY_PRESENT) === 0) return;
    const from = Math.max(start, index * PAGE_SIZE);
    const to = Math.min(end, (index + 1) * PAGE_SIZE);
    body(((entry & ADDRESS) >>> 0) + (from % PAGE_SIZE), from, to - from, slot);
  });
}

/** What lies beyond `size` bytes is zero, and comes in anew, should the file be that big. The object is locked. */
export function cutObject(k: Kernel, object: number, size: number): void {
  const kept = size % PAGE_SIZE;
  eachPage(k, object, Math.floor(size / PAGE_SIZE), Number.POSITIVE_INFINITY, (slot, index) => {
    const entry = k.shared.load(slot);
    if ((entry & ADDRESS) === 0) return;
    const page = (entry & ADDRESS) >>> 0;
    const partly = index * PAGE_SIZE < size;
    if (!partly) k.shared.store(slot, page);
    k.shared.zero(partly ? page + kept : page, page + PAGE_SIZE);
  });
}
