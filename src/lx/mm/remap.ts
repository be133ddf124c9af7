// mremap(2): resizing a mapping in place, or moving it. Called with the Mm locked; pages, not bytes.
import { GUEST_SHIFT, PAGE_CODE, PAGE_FLAGS, PAGE_USED } from '../../../assembly/shared/layout.ts';
import { E } from '../abi/errno.ts';
import { fileGet, filePut } from '../kernel/file.ts';
import type { Lx } from '../kernel/lx.ts';
import type { GuestMemory } from './guest-memory.ts';
import { END_PAGE, MIN_PAGE, PAGE_SIZE } from './layout.ts';
import {
  findPlace,
  findViewPlace,
  isFree,
  isSealed,
  mapAt,
  mayExpand,
  touchesRuntime,
  unmapPages,
} from './map.ts';
import { carveVmas, insertVma, pieceOf, VM_RUNTIME, VM_SHARED, type Vma, vmaOf } from './mm.ts';
import { closePages, forgetCode, growTo, isZeroPage, openPages } from './pages.ts';
import { closeView, isView } from './view.ts';

export interface Remap {
  readonly start: number;
  readonly oldPages: number;
  readonly newPages: number;
  readonly mayMove: boolean;
  /** Page to move to (MREMAP_FIXED), or −1. */
  readonly fixed: number;
  /** MREMAP_DONTUNMAP */
  readonly keepOld: boolean;
}

/** First page of the mapping afterwards, or −errno. */
export function remap(lx: Lx, mm: number, request: Remap): number {
  const { start, oldPages, newPages, fixed } = request;
  const vma = vmaOf(lx.k, mm, start);
  if (vma === null || (vma.flags & VM_RUNTIME) !== 0) return -E.FAULT;
  if (oldPages === 0 && (vma.flags & VM_SHARED) === 0) return -E.INVAL;
  if (oldPages > vma.end - start) return -E.FAULT;
  if (isSealed(lx.k, mm, start, start + Math.max(oldPages, 1))) return -E.PERM;
  if (fixed >= 0 && isSealed(lx.k, mm, fixed, fixed + newPages)) return -E.PERM;
  if (fixed < 0 && !request.keepOld && oldPages !== 0) {
    if (newPages <= oldPages) {
      unmapPages(lx, mm, start + newPages, start + oldPages);
      return start;
    }
    if (start + oldPages === vma.end && isFree(lx.k, mm, vma.end, start + newPages)) {
      return extend(lx, mm, vma, start + newPages) < 0 ? -E.NOMEM : start;
    }
  }
  return request.mayMove ? move(lx, mm, vma, request) : -E.NOMEM;
}

/** Maps what follows `vma` up to page `end`, as its continuation. */
function extend(lx: Lx, mm: number, vma: Vma, end: number): number {
  if (vma.file !== 0) fileGet(lx.k, vma.file);
  const offset = vma.file === 0 ? 0 : vma.offset + (vma.end - vma.start);
  return mapAt(lx, mm, { ...vma, start: vma.end, end, offset });
}

function move(lx: Lx, mm: number, vma: Vma, request: Remap): number {
  const { k, mem } = lx;
  const { start, oldPages, newPages, fixed } = request;
  if (!mayExpand(lx, mm, request.keepOld ? newPages : Math.max(0, newPages - oldPages))) {
    return -E.NOMEM;
  }
  const find = isView(vma) ? findViewPlace : findPlace;
  const place = fixed >= 0 ? fixed : find(k, mm, newPages, 0);
  if (place < MIN_PAGE || place + newPages > END_PAGE) return -E.NOMEM;
  if (touchesRuntime(k, mm, place, place + newPages)) return -E.NOMEM;
  if (!isView(vma) && !growTo(mem, place + newPages)) return -E.NOMEM;
  if (fixed >= 0) unmapPages(lx, mm, place, place + newPages);

  const moved = Math.min(oldPages, newPages);
  if (moved < oldPages) unmapPages(lx, mm, start + moved, start + oldPages);
  const whole = pieceOf(vma, start, start + moved);
  const target = { ...whole, start: place, end: place + moved };
  if (vma.file !== 0) fileGet(k, vma.file);
  if (moved === 0) {
    return mapAt(lx, mm, { ...target, end: place + newPages }) < 0 ? -E.NOMEM : place;
  }
  forgetCode(mem, start, start + moved);
  if (isView(vma)) openPages(mem, place, place + moved, vma.flags);
  else movePages(mem, start, place, moved);
  insertVma(lx, mm, target);
  if (request.keepOld) emptyOld(lx, start, start + moved, vma);
  else dropOld(lx, mm, start, start + moved);
  if (newPages > moved && extend(lx, mm, target, place + newPages) < 0) return -E.NOMEM;
  return place;
}

/** Contents and flags of `count` pages go to free pages at `to`. */
function movePages(mem: GuestMemory, from: number, to: number, count: number): void {
  const { u8 } = mem;
  for (let i = 0; i < count; i++) {
    const flags = u8[PAGE_FLAGS + from + i];
    const at = (from + i) * PAGE_SIZE - GUEST_SHIFT;
    const target = (to + i) * PAGE_SIZE - GUEST_SHIFT;
    const used = (flags & PAGE_USED) !== 0 && !isZeroPage(mem, at);
    if (used) u8.copyWithin(target, at, at + PAGE_SIZE);
    else if (u8[PAGE_FLAGS + to + i] !== 0) mem.zero(target, target + PAGE_SIZE);
    u8[PAGE_FLAGS + to + i] = flags & ~PAGE_CODE;
  }
}

/** The moved range is unmapped. */
function dropOld(lx: Lx, mm: number, start: number, end: number): void {
  for (const piece of carveVmas(lx.k, mm, start, end)) {
    if (isView(piece)) closeView(lx, mm, piece.start, piece.end);
    else closePages(lx.mem, piece.start, piece.end);
    if (piece.file !== 0) filePut(lx, piece.file);
  }
}

/** MREMAP_DONTUNMAP: the old range stays mapped, and empty. */
function emptyOld(lx: Lx, start: number, end: number, vma: Vma): void {
  closePages(lx.mem, start, end);
  openPages(lx.mem, start, end, vma.flags);
}
