// Mapping, unmapping, protecting, and brk: the operations of mmap(2), munmap(2), mprotect(2), brk(2) on the current
// process's Mm. They are called with the Mm locked (withMm), take guest addresses and bytes that were validated where
// that is said, and answer ≥ 0 or −errno.
import { E } from '../abi/errno.ts';
import { filePut } from '../kernel/file.ts';
import type { Kernel } from '../kernel/kmem.ts';
import type { Lx } from '../kernel/lx.ts';
import { processOf } from '../kernel/process.ts';
import { RLIMIT, rlimitSoft } from '../kernel/rlimits.ts';
import {
  END_PAGE,
  GUARD_GAP_PAGES,
  LIBRARY_END_PAGE,
  MAX_MAP_COUNT,
  MIN_PAGE,
  MMAP_BASE_PAGE,
  MMAP_TOP_PAGE,
  PAGE_SIZE,
  pagesOf,
  VIEW_BASE_PAGE,
} from './layout.ts';
import {
  carveVmas,
  findVma,
  firstGap,
  insertVma,
  Mm,
  VM_EXEC,
  VM_GROWSDOWN,
  VM_HEAP,
  VM_LOCKED,
  VM_MAYWRITE,
  VM_PROT,
  VM_RUNTIME,
  VM_SEALED,
  VM_SHARED,
  VM_VIEW,
  VM_WRITE,
  type Vma,
  visiblePages,
  vmaAt,
} from './mm.ts';
import { closePages, forgetCode, growTo, loadPages, openPages } from './pages.ts';
import { closeView, flushView } from './view.ts';

/** Soft limit `resource` of the current process, bytes. */
export const rlimit = (lx: Lx, resource: number): number =>
  rlimitSoft(lx.k, processOf(lx), resource);

/** Whether [start, end) holds no VMA, nor the guard gap of a growing one above. */
export function isFree(k: Kernel, mm: number, start: number, end: number): boolean {
  const index = findVma(k, mm, start);
  if (index === k.i32[mm + Mm.count]) return true;
  return lowEdge(vmaAt(k, mm, index)) >= end;
}

const lowEdge = (vma: Vma): number =>
  (vma.flags & VM_GROWSDOWN) !== 0 ? vma.start - GUARD_GAP_PAGES : vma.start;

/** Lowest free run of `pages` in [from, to), or −1. */
export function firstFit(k: Kernel, mm: number, pages: number, from: number, to: number): number {
  const at = firstGap(k, mm, pages, from);
  return at + pages <= to ? at : -1;
}

/** A place for `pages` pages: the hint if it is free, else first fit above the libraries, among them, below (after the heap). */
export function findPlace(
  k: Kernel,
  mm: number,
  pages: number,
  hint: number,
  top = MMAP_TOP_PAGE,
): number {
  if (hint >= MIN_PAGE && hint + pages <= top && isFree(k, mm, hint, hint + pages)) return hint;
  for (const base of [LIBRARY_END_PAGE, MMAP_BASE_PAGE]) {
    const place = firstFit(k, mm, pages, base, top);
    if (place >= 0) return place;
  }
  const heapEnd = Math.max(pagesOf(k.f64[(mm + Mm.brk) >> 1]), MIN_PAGE);
  return firstFit(k, mm, pages, heapEnd, Math.min(MMAP_BASE_PAGE, top));
}

/** A place for a view: the hint if it is free, else first fit in the window, else among the others. */
export function findViewPlace(k: Kernel, mm: number, pages: number, hint: number): number {
  const end = hint + pages;
  if (hint >= MIN_PAGE && end <= END_PAGE && isFree(k, mm, hint, end)) return hint;
  const place = firstFit(k, mm, pages, VIEW_BASE_PAGE, END_PAGE);
  return place >= 0 ? place : findPlace(k, mm, pages, 0);
}

/** Whether `pages` more fit into RLIMIT_AS. */
export function mayExpand(lx: Lx, mm: number, pages: number): boolean {
  const most = Math.min(rlimit(lx, RLIMIT.AS), lx.config.maxMemory ?? Number.POSITIVE_INFINITY);
  return (lx.k.i32[mm + Mm.totalPages] + pages) * PAGE_SIZE <= most;
}

/** Whether the runtime's own range lies in [start, end): out of the guest's reach. */
export function touchesRuntime(k: Kernel, mm: number, start: number, end: number): boolean {
  const from = k.f64[(mm + Mm.runtime) >> 1] / PAGE_SIZE;
  const to = from + k.f64[(mm + Mm.runtimeSize) >> 1] / PAGE_SIZE;
  return start < to && end > from;
}

/**
 * Maps `vma` at exactly its place, over whatever lies there. Takes over its file reference; on failure it is dropped.
 * Answers 0 or −errno.
 */
export function mapAt(lx: Lx, mm: number, vma: Vma): number {
  const { k, mem } = lx;
  const result = checkPlace(lx, mm, vma);
  if (result !== 0) {
    if (vma.file !== 0) filePut(lx, vma.file);
    return result;
  }
  unmapPages(lx, mm, vma.start, vma.end);
  if (vma.file === 0 || (vma.flags & VM_VIEW) !== 0) {
    openPages(mem, vma.start, vma.end, vma.flags);
  } else {
    const loaded = loadPages(lx, vma);
    if (loaded < 0) {
      closePages(mem, vma.start, vma.end);
      filePut(lx, vma.file);
      return loaded;
    }
  }
  if ((vma.flags & VM_LOCKED) !== 0) k.i32[mm + Mm.lockedPages] += vma.end - vma.start;
  insertVma(lx, mm, vma);
  return 0;
}

function checkPlace(lx: Lx, mm: number, vma: Vma): number {
  const { k } = lx;
  if (vma.start < MIN_PAGE || vma.end > END_PAGE) return -E.NOMEM;
  if ((vma.flags & VM_RUNTIME) === 0 && touchesRuntime(k, mm, vma.start, vma.end)) return -E.NOMEM;
  if (k.i32[mm + Mm.count] >= MAX_MAP_COUNT) return -E.NOMEM;
  if (!mayExpand(lx, mm, visiblePages(vma))) return -E.NOMEM;
  if ((vma.flags & VM_VIEW) !== 0) return 0;
  return growTo(lx.mem, vma.end) ? 0 : -E.NOMEM;
}

/** Unmaps [start, end), whatever lies there; what was written to shared files goes to them. */
export function unmapPages(lx: Lx, mm: number, start: number, end: number): void {
  const { k, mem } = lx;
  for (const piece of carveVmas(k, mm, start, end)) {
    if ((piece.flags & VM_LOCKED) !== 0) k.i32[mm + Mm.lockedPages] -= piece.end - piece.start;
    forgetCode(mem, piece.start, piece.end);
    if ((piece.flags & VM_VIEW) !== 0) closeView(lx, mm, piece.start, piece.end);
    else closePages(mem, piece.start, piece.end);
    flushView(lx, piece);
    if (piece.file !== 0) filePut(lx, piece.file);
  }
}

/** munmap(2) on whole pages: what the guest asks for, so the runtime's range is left alone. */
export function unmapRange(lx: Lx, mm: number, start: number, end: number): void {
  for (const [from, to] of outsideRuntime(lx.k, mm, start, end)) unmapPages(lx, mm, from, to);
}

/** [start, end) without the runtime's range: none, one or two pieces. */
export function outsideRuntime(
  k: Kernel,
  mm: number,
  start: number,
  end: number,
): [number, number][] {
  if (!touchesRuntime(k, mm, start, end)) return [[start, end]];
  const from = k.f64[(mm + Mm.runtime) >> 1] / PAGE_SIZE;
  const to = from + k.f64[(mm + Mm.runtimeSize) >> 1] / PAGE_SIZE;
  const pieces: [number, number][] = [];
  if (start < from) pieces.push([start, from]);
  if (end > to) pieces.push([to, end]);
  return pieces;
}

/** Whether VMAs of the guest cover all of [start, end). */
export function isCovered(k: Kernel, mm: number, start: number, end: number): boolean {
  let at = start;
  for (let i = findVma(k, mm, start); at < end; i++) {
    if (i >= k.i32[mm + Mm.count]) return false;
    const vma = vmaAt(k, mm, i);
    if (vma.start > at || (vma.flags & VM_RUNTIME) !== 0) return false;
    at = vma.end;
  }
  return true;
}

/** Whether some of [start, end) is sealed. */
export function isSealed(k: Kernel, mm: number, start: number, end: number): boolean {
  for (let i = findVma(k, mm, start); i < k.i32[mm + Mm.count]; i++) {
    const vma = vmaAt(k, mm, i);
    if (vma.start >= end) return false;
    if ((vma.flags & VM_SEALED) !== 0) return true;
  }
  return false;
}

/** Rewrites the flags of every VMA in [start, end), which may have holes; `change` answers the new flags. */
export function changeFlags(
  lx: Lx,
  mm: number,
  start: number,
  end: number,
  change: (vma: Vma) => number,
): void {
  for (const piece of carveVmas(lx.k, mm, start, end)) {
    const hidden = (piece.flags & VM_RUNTIME) !== 0;
    insertVma(lx, mm, hidden ? piece : { ...piece, flags: change(piece) });
  }
}

/** mprotect(2) on whole pages: −ENOMEM at a hole (what came before it is changed, as on Linux), −EACCES. */
export function protectPages(lx: Lx, mm: number, start: number, end: number, prot: number): number {
  const { k, mem } = lx;
  let at = start;
  while (at < end) {
    const index = findVma(k, mm, at);
    if (index === k.i32[mm + Mm.count]) return -E.NOMEM;
    const vma = vmaAt(k, mm, index);
    if (vma.start > at || (vma.flags & VM_RUNTIME) !== 0) return -E.NOMEM;
    if ((vma.flags & VM_SEALED) !== 0) return -E.PERM;
    if (!mayHaveProt(vma, prot)) return -E.ACCES;
    const to = Math.min(vma.end, end);
    if ((vma.flags & VM_PROT) !== prot) {
      if ((vma.flags & VM_EXEC) !== 0) forgetCode(mem, at, to);
      const flags = (vma.flags & ~VM_PROT) | prot;
      changeFlags(lx, mm, at, to, () => flags);
      openPages(mem, at, to, flags);
    }
    at = to;
  }
  return 0;
}

const mayHaveProt = (vma: Vma, prot: number): boolean =>
  ((prot & VM_EXEC) === 0 || (vma.flags & VM_VIEW) === 0) && mayBeWritten(vma, prot);

const mayBeWritten = (vma: Vma, prot: number): boolean =>
  (prot & VM_WRITE) === 0 ||
  vma.file === 0 ||
  (vma.flags & VM_SHARED) === 0 ||
  (vma.flags & VM_MAYWRITE) !== 0;

/** brk(2): the new break, or the old one when it cannot be had. */
export function setBrk(lx: Lx, mm: number, wanted: number): number {
  const { k } = lx;
  const start = k.f64[(mm + Mm.brkStart) >> 1];
  const old = k.f64[(mm + Mm.brk) >> 1];
  if (!(wanted >= start) || wanted > END_PAGE * PAGE_SIZE) return old;
  if (wanted - start > rlimit(lx, RLIMIT.DATA)) return old;
  const from = pagesOf(old);
  const to = pagesOf(wanted);
  if (to < from && isSealed(k, mm, to, from)) return old;
  if (to < from) unmapPages(lx, mm, to, from);
  if (to > from && !growHeap(lx, mm, from, to)) return old;
  k.f64[(mm + Mm.brk) >> 1] = wanted;
  return wanted;
}

function growHeap(lx: Lx, mm: number, from: number, to: number): boolean {
  if (!isFree(lx.k, mm, from, to)) return false;
  const lock = lx.k.i32[mm + Mm.lockFuture] !== 0 ? VM_LOCKED : 0;
  const vma = { start: from, end: to, flags: 3 | VM_HEAP | lock, file: 0, offset: 0 };
  return mapAt(lx, mm, vma) === 0;
}
