// [runtime] ranges: memory of a process that belongs to the interpreter (a decode cache for each thread) and that the guest
// neither sees nor reaches. They stay when a thread ends, and the next thread gets them.
import {
  BOUNCE_SIZE,
  CACHE_BASE,
  CACHE_SIZE,
  GUEST_SHIFT,
  PAGE_FLAGS,
  PAGE_STALE,
} from '../../../assembly/shared/layout.ts';
import { E } from '../abi/errno.ts';
import type { Lx } from '../kernel/lx.ts';
import { MMAP_BASE_PAGE, MMAP_TOP_PAGE, PAGE_SIZE } from './layout.ts';
import { firstFit, mapAt } from './map.ts';
import { listVmas, VM_RUNTIME } from './mm.ts';

/** Of a thread that is not the first: what is hot in one thread is less than what a program runs in all. */
const THREAD_CACHE = 4 << 20;

/** Maps a range of `bytes`; its guest address, or −errno. Should the guest ever get these pages, they are zeroed first. */
export function reserveRuntime(lx: Lx, mm: number, bytes: number): number {
  const pages = bytes / PAGE_SIZE;
  const start = firstFit(lx.k, mm, pages, MMAP_BASE_PAGE, MMAP_TOP_PAGE);
  if (start < 0) return -E.NOMEM;
  const result = mapAt(lx, mm, {
    start,
    end: start + pages,
    flags: VM_RUNTIME,
    file: 0,
    offset: 0,
  });
  if (result < 0) return result;
  lx.mem.u8.fill(PAGE_STALE, PAGE_FLAGS + start, PAGE_FLAGS + start + pages);
  return start * PAGE_SIZE;
}

/** Gives the new thread's context `ctx` an empty decode cache of its own; `others` are the contexts in use. −errno or 0. */
export function giveCache(lx: Lx, mm: number, ctx: number, others: ReadonlySet<number>): number {
  const taken = new Set([...others].map((other) => lx.mem.dv.getUint32(other + CACHE_BASE, true)));
  const free = listVmas(lx.k, mm).find(
    (vma) => (vma.flags & VM_RUNTIME) !== 0 && !taken.has(vma.start * PAGE_SIZE - GUEST_SHIFT),
  );
  const start = free === undefined ? reserveRuntime(lx, mm, THREAD_CACHE) : free.start * PAGE_SIZE;
  if (start < 0) return start;
  const size = free === undefined ? THREAD_CACHE : (free.end - free.start) * PAGE_SIZE;
  lx.mem.dv.setUint32(ctx + CACHE_BASE, start - GUEST_SHIFT, true);
  lx.mem.dv.setUint32(ctx + CACHE_SIZE, size - BOUNCE_SIZE, true);
  lx.mem.dv.setUint32(start - GUEST_SHIFT, 0, true);
  return 0;
}
