// fork: the child's memory is a copy of what the parent has mapped. Only pages that may hold something are copied, and of
// those only what is not zero, so that reservations and untouched stacks cost nothing.
import {
  CACHE_BASE,
  CACHE_FREE,
  CTX_SIZE,
  GUEST_SHIFT,
  PAGE_BUS,
  PAGE_CODE,
  PAGE_FLAGS,
  PAGE_READ,
  PAGE_STALE,
  PAGE_USED,
} from '../../../assembly/shared/layout.ts';
import type { Kernel } from '../kernel/kmem.ts';
import type { GuestMemory } from './guest-memory.ts';
import { PAGE_SIZE } from './layout.ts';
import { listVmas, VM_DONTFORK, VM_RUNTIME, VM_WIPEONFORK, type Vma } from './mm.ts';
import { growTo, isZeroPage } from './pages.ts';

/** A decode cache of up to this many bytes is taken along: decoding again would cost more. */
const MAX_CACHE = 4 << 20;

/**
 * Fills a memory (empty, or emptied for reuse) with what a forked child sees: the CPU context at `ctx`, page flags,
 * contents of the mapped ranges, decoded code. `mm` is the parent's or the child's copy of it; the parent must not run
 * meanwhile. False: no memory.
 */
export function copyMemory(
  k: Kernel,
  mm: number,
  from: GuestMemory,
  to: GuestMemory,
  ctx: number,
): boolean {
  from.refresh();
  const vmas = listVmas(k, mm).filter((vma) => (vma.flags & VM_DONTFORK) === 0);
  const end = vmas.reduce((max, vma) => Math.max(max, vma.end), 0);
  if (!growTo(to, end)) return false;
  copyBytes(from, to, ctx, ctx + CTX_SIZE);
  const kept = copyCache(from, to, from.dv.getUint32(ctx + CACHE_BASE, true))
    ? ~PAGE_STALE
    : ~(PAGE_STALE | PAGE_CODE);
  for (const vma of vmas) if ((vma.flags & VM_RUNTIME) === 0) copyVma(from, to, vma, kept);
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

/** Copies page flags (less what is not `kept`) and contents. Neighbouring pages go in one piece. */
function copyVma(
  from: GuestMemory,
  to: GuestMemory,
  { start, end, flags }: Vma,
  kept: number,
): void {
  const wipe = (flags & VM_WIPEONFORK) !== 0;
  let run = start; // pages [run, page) are to be copied
  for (let page = start; page < end; page++) {
    const at = page * PAGE_SIZE - GUEST_SHIFT;
    const old = from.u8[PAGE_FLAGS + page];
    const holds =
      !wipe &&
      (old & PAGE_USED) !== 0 &&
      (old & (PAGE_STALE | PAGE_BUS)) === 0 &&
      !isZeroPage(from, at);
    const stale = (to.u8[PAGE_FLAGS + page] & PAGE_STALE) !== 0;
    to.u8[PAGE_FLAGS + page] = old & kept;
    if (holds) continue;
    copyBytes(from, to, run * PAGE_SIZE - GUEST_SHIFT, at);
    run = page + 1;
    if (!stale) continue;
    if ((old & PAGE_READ) !== 0) to.u8.fill(0, at, at + PAGE_SIZE);
    else to.u8[PAGE_FLAGS + page] |= PAGE_STALE;
  }
  copyBytes(from, to, run * PAGE_SIZE - GUEST_SHIFT, end * PAGE_SIZE - GUEST_SHIFT);
}
