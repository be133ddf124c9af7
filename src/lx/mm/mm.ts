// The Mm of a process: its VMAs (a sorted array of intervals in kernel memory, never per-page metadata), brk and
// counters; Linux's mm_struct. Threads share it, and so does a vfork child until its execve. Everything here counts in
// *pages* of guest address (guest address >> 12).
//
// An Mm has its own lock (mmap_lock), because its operations read files: the kernel lock must not be held meanwhile.
import { fileGet, filePut } from '../kernel/file.ts';
import { type Kernel, struct } from '../kernel/kmem.ts';
import type { Lx } from '../kernel/lx.ts';
import { Process, Task } from '../kernel/task.ts';
import { GUARD_GAP_PAGES } from './layout.ts';
import { freeTable } from './page-table.ts';

// biome-ignore format: aligned rows
export const Mm = struct({
  refs: 'i32',
  lock: 'i32',                                            // 0 free, 1 held, 2 held and somebody waits
  vmas: 'i32', count: 'i32', capacity: 'i32',             // array of Vma records, sorted by start
  brkStart: 'f64', brk: 'f64',                            // guest addresses; brk need not be page-aligned
  stackStart: 'f64', argStart: 'f64', argEnd: 'f64', envStart: 'f64', envEnd: 'f64', // for /proc/pid/stat, cmdline
  codeStart: 'f64', codeEnd: 'f64', dataStart: 'f64', dataEnd: 'f64',
  auxv: 'i32',                                            // string object: what /proc/self/auxv gives
  runtime: 'f64', runtimeSize: 'f64',                     // the [runtime] range
  totalPages: 'i32', maxPages: 'i32', lockedPages: 'i32', // size of all VMAs without [runtime]; its peak (VmPeak)
  lockFuture: 'i32',                                      // mlockall(MCL_FUTURE)
  checked: 'i32',                                         // translated code checks every access (see checked.ts)
  root: 'i32',                                            // page table of views, in shared memory (page-table.ts)
});

/** A mapping, as it lies in the array: words. */
const VMA_START = 0; // first page
const VMA_END = 1; // page after the last one
const VMA_FLAGS = 2; // VM_*
const VMA_FILE = 3; // File it maps and holds, 0 = anonymous
const VMA_OFFSET = 4; // page of the file that `start` shows
const VMA_WORDS = 6;

export const VM_READ = 1;
export const VM_WRITE = 2;
export const VM_EXEC = 4;
export const VM_PROT = 7;
export const VM_SHARED = 8;
export const VM_GROWSDOWN = 0x10;
export const VM_LOCKED = 0x20;
export const VM_NORESERVE = 0x40;
export const VM_WIPEONFORK = 0x80;
export const VM_DONTFORK = 0x100;
/** A shared file mapping that may become writable (the file was opened for it), and so is written back. */
export const VM_MAYWRITE = 0x200;
export const VM_DONTDUMP = 0x400;
export const VM_HEAP = 0x1000;
export const VM_STACK = 0x2000;
/** mseal(2): it stays as it is. */
export const VM_SEALED = 0x1_0000;
/** Its pages are those of a shared object (view.ts). */
export const VM_VIEW = 0x8000;
/** The runtime's own range (decode cache): hidden from maps, out of the guest's reach. */
export const VM_RUNTIME = 0x4000;

/** A VMA, or a piece of one, outside of the array. It carries a reference of its file exactly when it says so. */
export interface Vma {
  start: number;
  end: number;
  flags: number;
  file: number;
  offset: number;
}

const FIRST_CAPACITY = 42;

export function createMm(k: Kernel): number {
  const mm = k.alloc(Mm.SIZE);
  k.i32[mm + Mm.refs] = 1;
  k.i32[mm + Mm.capacity] = FIRST_CAPACITY;
  k.i32[mm + Mm.vmas] = k.alloc(FIRST_CAPACITY * VMA_WORDS * 4);
  return mm;
}

/** The Mm of the process that `lx.task` belongs to. */
export function mmOf(lx: Lx): number {
  const { i32 } = lx.k;
  return i32[i32[lx.task + Task.process] + Process.mm];
}

export const holdMm = (k: Kernel, mm: number): number => {
  Atomics.add(k.i32, mm + Mm.refs, 1);
  return mm;
};

/** One user less. True: it was the last one, who then calls freeMm(). */
export const dropMm = (k: Kernel, mm: number): boolean => Atomics.sub(k.i32, mm + Mm.refs, 1) === 1;

export function freeMm(lx: Lx, mm: number): void {
  const { k } = lx;
  freeTable(k, k.i32[mm + Mm.root] >>> 0);
  for (const vma of listVmas(k, mm)) if (vma.file !== 0) filePut(lx, vma.file);
  k.free(k.i32[mm + Mm.vmas]);
  k.free(k.i32[mm + Mm.auxv]);
  k.free(mm);
}

/** A copy for a forked child: same VMAs, its own references. The memory itself is copied by copyMemory (copy.ts). */
export function forkMm(k: Kernel, parent: number): number {
  const mm = k.alloc(Mm.SIZE);
  k.i32.copyWithin(mm, parent, parent + Mm.SIZE / 4);
  k.i32[mm + Mm.refs] = 1;
  k.i32[mm + Mm.lock] = 0;
  k.i32[mm + Mm.lockedPages] = 0;
  k.i32[mm + Mm.lockFuture] = 0;
  k.i32[mm + Mm.root] = 0;
  k.i32[mm + Mm.auxv] = k.locked(() => k.newStringLocked(k.readString(k.i32[parent + Mm.auxv])));
  const capacity = k.i32[parent + Mm.capacity];
  k.i32[mm + Mm.vmas] = k.alloc(capacity * VMA_WORDS * 4);
  const kept = listVmas(k, parent).filter((vma) => (vma.flags & VM_DONTFORK) === 0);
  k.i32[mm + Mm.count] = 0;
  k.i32[mm + Mm.totalPages] = 0;
  for (const vma of kept) if (vma.file !== 0) fileGet(k, vma.file);
  spliceVmas(
    k,
    mm,
    0,
    0,
    kept.map((vma) => ({ ...vma, flags: vma.flags & ~VM_LOCKED })),
  );
  return mm;
}

export function lockMm(k: Kernel, mm: number): void {
  const word = mm + Mm.lock;
  if (Atomics.compareExchange(k.i32, word, 0, 1) === 0) return;
  while (Atomics.exchange(k.i32, word, 2) !== 0) Atomics.wait(k.i32, word, 2, 1000);
}

export function unlockMm(k: Kernel, mm: number): void {
  if (Atomics.exchange(k.i32, mm + Mm.lock, 0) === 2) Atomics.notify(k.i32, mm + Mm.lock, 1);
}

/** Runs `body` with the Mm of the current process locked. */
export function withMm<T>(lx: Lx, body: (mm: number) => T): T {
  const mm = mmOf(lx);
  lockMm(lx.k, mm);
  try {
    lx.mem.refresh();
    return body(mm);
  } finally {
    unlockMm(lx.k, mm);
  }
}

export function vmaAt(k: Kernel, mm: number, index: number): Vma {
  const at = k.i32[mm + Mm.vmas] + index * VMA_WORDS;
  const { i32 } = k;
  return {
    start: i32[at + VMA_START],
    end: i32[at + VMA_END],
    flags: i32[at + VMA_FLAGS],
    file: i32[at + VMA_FILE],
    offset: i32[at + VMA_OFFSET],
  };
}

export function listVmas(k: Kernel, mm: number): Vma[] {
  return Array.from({ length: k.i32[mm + Mm.count] }, (_, i) => vmaAt(k, mm, i));
}

/** Index of the first VMA that ends above `page`: it holds the page, or is the next one, or is `count`. */
export function findVma(k: Kernel, mm: number, page: number): number {
  const { i32 } = k;
  const base = i32[mm + Mm.vmas];
  let low = 0;
  let high = i32[mm + Mm.count];
  while (low < high) {
    const mid = (low + high) >>> 1;
    if (i32[base + mid * VMA_WORDS + VMA_END] > page) high = mid;
    else low = mid + 1;
  }
  return low;
}

/** The first page from `from` on with `pages` free ones; a growing VMA keeps a gap below it. A process may have 65,530 of them. */
export function firstGap(k: Kernel, mm: number, pages: number, from: number): number {
  const { i32 } = k;
  const base = i32[mm + Mm.vmas];
  const end = base + i32[mm + Mm.count] * VMA_WORDS;
  let at = from;
  for (let vma = base + findVma(k, mm, from) * VMA_WORDS; vma < end; vma += VMA_WORDS) {
    const gap = (i32[vma + VMA_FLAGS] & VM_GROWSDOWN) !== 0 ? GUARD_GAP_PAGES : 0;
    if (i32[vma + VMA_START] - gap - at >= pages) break;
    if (i32[vma + VMA_END] > at) at = i32[vma + VMA_END];
  }
  return at;
}

/** The VMA that holds `page`, or null. */
export function vmaOf(k: Kernel, mm: number, page: number): Vma | null {
  const index = findVma(k, mm, page);
  if (index === k.i32[mm + Mm.count]) return null;
  const vma = vmaAt(k, mm, index);
  return vma.start <= page ? vma : null;
}

/** Replaces `remove` records at `index` by `insert` (sorted, in the gap they leave); file references are the caller's. */
export function spliceVmas(
  k: Kernel,
  mm: number,
  index: number,
  remove: number,
  insert: readonly Vma[],
): void {
  const { i32 } = k;
  const count = i32[mm + Mm.count];
  const grown = count - remove + insert.length;
  let pages = i32[mm + Mm.totalPages];
  for (let i = 0; i < remove; i++) pages -= visiblePages(vmaAt(k, mm, index + i));
  if (grown > i32[mm + Mm.capacity]) reserve(k, mm, grown);
  const base = i32[mm + Mm.vmas];
  const from = base + (index + remove) * VMA_WORDS;
  i32.copyWithin(base + (index + insert.length) * VMA_WORDS, from, base + count * VMA_WORDS);
  for (const [i, vma] of insert.entries()) {
    const at = base + (index + i) * VMA_WORDS;
    i32[at + VMA_START] = vma.start;
    i32[at + VMA_END] = vma.end;
    i32[at + VMA_FLAGS] = vma.flags;
    i32[at + VMA_FILE] = vma.file;
    i32[at + VMA_OFFSET] = vma.offset;
    pages += visiblePages(vma);
  }
  i32[mm + Mm.count] = grown;
  i32[mm + Mm.totalPages] = pages;
  if (pages > i32[mm + Mm.maxPages]) i32[mm + Mm.maxPages] = pages;
}

/** What a fresh stack counts for: Linux maps this much of it and lets it grow, here all of it is mapped at once. */
const STACK_COUNTS = 33;

/** Pages of a VMA that the guest is charged for (RLIMIT_AS, VmSize). */
export function visiblePages({ start, end, flags }: Vma): number {
  if ((flags & VM_RUNTIME) !== 0) return 0;
  return (flags & VM_STACK) !== 0 ? Math.min(end - start, STACK_COUNTS) : end - start;
}

function reserve(k: Kernel, mm: number, count: number): void {
  const old = k.i32[mm + Mm.vmas];
  const capacity = Math.max(count, k.i32[mm + Mm.capacity] * 2);
  const block = k.alloc(capacity * VMA_WORDS * 4);
  k.i32.copyWithin(block, old, old + k.i32[mm + Mm.count] * VMA_WORDS);
  k.i32[mm + Mm.vmas] = block;
  k.i32[mm + Mm.capacity] = capacity;
  k.free(old);
}

/** True when `b` can continue `a`: same file at the next offset, same properties. */
const continues = (a: Vma, b: Vma): boolean =>
  a.end === b.start &&
  a.flags === b.flags &&
  a.file === b.file &&
  (a.flags & (VM_STACK | VM_RUNTIME)) === 0 &&
  (a.file === 0 || a.offset + (a.end - a.start) === b.offset);

/**
 * Takes [start, end) out of the array and answers the pieces that lay there; each carries a reference of its file.
 * What sticks out at either side stays.
 */
export function carveVmas(k: Kernel, mm: number, start: number, end: number): Vma[] {
  const first = findVma(k, mm, start);
  const removed: Vma[] = [];
  const kept: Vma[] = [];
  let index = first;
  for (; index < k.i32[mm + Mm.count]; index++) {
    const vma = vmaAt(k, mm, index);
    if (vma.start >= end) break;
    const parts = [vma.start < start, vma.end > end];
    if (parts[0]) kept.push({ ...vma, end: start });
    removed.push(pieceOf(vma, Math.max(vma.start, start), Math.min(vma.end, end)));
    if (parts[1]) kept.push(pieceOf(vma, end, vma.end));
    if (vma.file !== 0) for (const more of parts) if (more) fileGet(k, vma.file);
  }
  if (index > first) spliceVmas(k, mm, first, index - first, kept);
  return removed;
}

export const pieceOf = (vma: Vma, start: number, end: number): Vma => ({
  ...vma,
  start,
  end,
  offset: vma.file === 0 ? 0 : vma.offset + (start - vma.start),
});

/** Puts a VMA into a gap of the array, merged with its neighbours where they continue each other. Takes its reference. */
export function insertVma(lx: Lx, mm: number, added: Vma): void {
  const { k } = lx;
  const vma = { ...added };
  let index = findVma(k, mm, vma.start);
  let remove = 0;
  if (index > 0) {
    const before = vmaAt(k, mm, index - 1);
    if (continues(before, vma)) {
      vma.start = before.start;
      vma.offset = before.offset;
      index--;
      remove++;
      if (vma.file !== 0) filePut(lx, vma.file);
    }
  }
  if (index + remove < k.i32[mm + Mm.count]) {
    const after = vmaAt(k, mm, index + remove);
    if (continues(vma, after)) {
      vma.end = after.end;
      remove++;
      if (vma.file !== 0) filePut(lx, vma.file);
    }
  }
  spliceVmas(k, mm, index, remove, [vma]);
}
