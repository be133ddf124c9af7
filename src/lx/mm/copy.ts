// fork: the child's memory is a copy of what the parent has mapped. Only pages that may hold something are copied, and of
// those only what is not zero, so that reservations and untouched stacks cost nothing.
import {
  CACHE_BASE,
  CACHE_FREE,
  CTX_SIZE,
  GUEST_SHIFT,
  PAGE_CODE,
  PAGE_FLAGS,
  PAGE_READ,
  PAGE_STALE,
  SHARED_ROOT,
} from '../../../assembly/shared/layout.ts';
import type { Kernel } from '../kernel/kmem.ts';
import type { PageScan } from '../kernel/lx.ts';
import type { GuestMemory } from './guest-memory.ts';
import { PAGE_SIZE } from './layout.ts';
import { listVmas, VM_DONTFORK, VM_RUNTIME, VM_VIEW, VM_WIPEONFORK, type Vma } from './mm.ts';
import { growTo, openPages } from './pages.ts';

/** A decode cache of up to this many bytes is taken along: decoding again would cost more. */
const MAX_CACHE = 4 << 20;

/**
 * Fills a memory (empty, or emptied for reuse) with what a forked child sees: the CPU context at `ctx`, page flags,
 * contents of the mapped ranges, decoded code. `mm` is the parent's or the child's copy of it; the parent must not run
 * meanwhile. `scan` is an instance of the runtime on the parent's memory. False: no memory.
 */
export function copyMemory(
  k: Kernel,
  mm: number,
  scan: PageScan,
  from: GuestMemory,
  to: GuestMemory,
  ctx: number,
): boolean {
  from.refresh();
  const vmas = listVmas(k, mm).filter((vma) => (vma.flags & VM_DONTFORK) === 0);
  const ordinary = vmas.filter((vma) => (vma.flags & VM_VIEW) === 0);
  const end = ordinary.reduce((max, vma) => Math.max(max, vma.end), 0);
  if (!growTo(to, end)) return false;
  copyBytes(from, to, ctx, ctx + CTX_SIZE);
  const kept = copyCache(from, to, from.dv.getUint32(ctx + CACHE_BASE, true))
    ? ~PAGE_STALE
    : ~(PAGE_STALE | PAGE_CODE);
  to.i32[SHARED_ROOT >> 2] = 0;
  for (const vma of vmas) {
    if ((vma.flags & VM_VIEW) !== 0) openPages(to, vma.start, vma.end, vma.flags);
    else if ((vma.flags & VM_RUNTIME) === 0) copyVma(scan, from, to, vma, kept);
  }
  return true;
}

function copyBytes(from: GuestMemory, to: GuestMemory, start: number, end: number): void {
  if (start < end) to.u8.set(from.u8.subarray(start, end), start);
}

/** The decode cache at linear address `base`, which has the same address in the child. False: it begins with an empty one. */
function copyCache(from: GuestMemory, to: GuestMemory, base: number): boolean {
  const end = from.dv.getUint32(base + CACHE_FREE, true);
  const filled = from.dv.getUint32(base, true) !== 0;
  if (!filled || end <= base || end - base > MAX_CACHE) {
    to.dv.setUint32(base, 0, true);
    return false;
  }
  copyBytes(from, to, base, end);
  return true;
}

/** Copies page flags (less what is not `kept`) and the pages that hold something; neighbours go in one piece. */
function copyVma(
  scan: PageScan,
  from: GuestMemory,
  to: GuestMemory,
  { start, end, flags }: Vma,
  kept: number,
): void {
  for (let page = start; page < end; ) {
    const filled = (flags & VM_WIPEONFORK) !== 0 ? end : scan.first_filled(page, end);
    clearPages(from, to, page, filled, kept);
    if (filled === end) return;
    page = scan.first_empty(filled, end);
    for (let at = PAGE_FLAGS + filled; at < PAGE_FLAGS + page; at++) to.u8[at] = from.u8[at] & kept;
    copyBytes(from, to, filled * PAGE_SIZE - GUEST_SHIFT, page * PAGE_SIZE - GUEST_SHIFT);
  }
}

/** Pages [start, end) of the child are empty: what an earlier process left there is zeroed, or remains marked. */
function clearPages(
  from: GuestMemory,
  to: GuestMemory,
  start: number,
  end: number,
  kept: number,
): void {
  const { u8 } = to;
  for (let page = start; page < end; page++) {
    const stale = u8[PAGE_FLAGS + page] & PAGE_STALE;
    const flags = from.u8[PAGE_FLAGS + page] & kept;
    u8[PAGE_FLAGS + page] = flags;
    if (stale === 0) continue;
    const at = page * PAGE_SIZE - GUEST_SHIFT;
    if ((flags & PAGE_READ) !== 0) u8.fill(0, at, at + PAGE_SIZE);
    else u8[PAGE_FLAGS + page] |= PAGE_STALE;
  }
}
