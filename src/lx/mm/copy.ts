// fork: the child's memory is a copy of what the parent has mapped. Only pages that may hold something are copied, and of
// those only what is not zero, so that reservations and untouched stacks cost nothing.
import {
  CTX_BASE,
  CTX_MAX,
  CTX_SIZE,
  GUEST_SHIFT,
  PAGE_BUS,
  PAGE_CODE,
  PAGE_FLAGS,
  PAGE_STALE,
  PAGE_USED,
} from '../../../assembly/shared/layout.ts';
import type { Kernel } from '../kernel/kmem.ts';
import type { GuestMemory } from './guest-memory.ts';
import { PAGE_SIZE } from './layout.ts';
import { listVmas, Mm, VM_DONTFORK, VM_RUNTIME, VM_WIPEONFORK, type Vma } from './mm.ts';
import { growTo, isZeroPage } from './pages.ts';

/**
 * Fills a fresh memory with what a forked child sees: CPU contexts, page flags, contents of the mapped ranges. `mm` is the
 * parent's (or the child's copy of it); the parent must not run meanwhile. Decoded code is not taken along. `deadBelow`:
 * guest address below which the stack that holds it is dead (the parent's rsp less the red zone). False: no memory.
 */
export function copyMemory(
  k: Kernel,
  mm: number,
  from: GuestMemory,
  to: GuestMemory,
  deadBelow = 0,
): boolean {
  from.refresh();
  const vmas = listVmas(k, mm).filter((vma) => (vma.flags & VM_DONTFORK) === 0);
  const end = vmas.reduce((max, vma) => Math.max(max, vma.end), 0);
  if (!growTo(to, end)) return false;
  to.u8.set(from.u8.subarray(CTX_BASE, CTX_BASE + CTX_MAX * CTX_SIZE), CTX_BASE);
  const dead = Math.floor(deadBelow / PAGE_SIZE);
  for (const vma of vmas) copyVma(from, to, vma, dead);
  return true;
}

/** An empty decode cache range for a memory that was copied; the runtime's own start-up fills it. */
export function runtimeRange(k: Kernel, mm: number): { base: number; size: number } {
  return {
    base: k.f64[(mm + Mm.runtime) >> 1] - GUEST_SHIFT,
    size: k.f64[(mm + Mm.runtimeSize) >> 1],
  };
}

function copyVma(from: GuestMemory, to: GuestMemory, vma: Vma, dead: number): void {
  const { start, end, flags } = vma;
  if ((flags & VM_RUNTIME) !== 0) return; // its pages have no flags, and its contents are the runtime's
  const wipe = (flags & VM_WIPEONFORK) !== 0;
  const live = dead > start && dead < end ? dead : start;
  for (let page = start; page < end; page++) {
    const old = from.u8[PAGE_FLAGS + page];
    to.u8[PAGE_FLAGS + page] = old & ~(PAGE_CODE | PAGE_STALE);
    if ((old & PAGE_USED) === 0 || (old & (PAGE_STALE | PAGE_BUS)) !== 0) continue;
    if (wipe || page < live) continue;
    const at = page * PAGE_SIZE - GUEST_SHIFT;
    if (isZeroPage(from, at)) continue;
    to.u8.set(from.u8.subarray(at, at + PAGE_SIZE), at);
  }
}
