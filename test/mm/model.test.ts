// Random mmap, munmap, mprotect, mremap and madvise calls on a window of pages, against a model that keeps one entry per
// page: same results, same protections, same contents, and VMAs that are sorted, disjoint and merged.
import { describe, expect, it } from 'vitest';
import { GUEST_SHIFT, PAGE_FLAGS, PAGE_READ, PAGE_WRITE } from '../../assembly/shared/layout.ts';
import { E } from '../../src/lx/abi/errno.ts';
import { MADV } from '../../src/lx/abi/mman.ts';
import type { Lx } from '../../src/lx/kernel/lx.ts';
import { listVmas, mmOf, VM_PROT } from '../../src/lx/mm/mm.ts';
import { rows } from '../../src/lx/sys/mem.ts';
import { fakeLx } from './fake-lx.ts';

const BASE = 0x4000_0000;
const PAGES = 40;
const PAGE = 4096;
const FIXED_ANON = 0x32; // MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS

const handler = (name: string) => rows.find((row) => row.name === name)!.handler;
const call = (lx: Lx, name: string, ...args: number[]): number => {
  const [a, b, c, d, e, f] = [...args, 0, 0, 0, 0, 0, 0];
  return handler(name)(lx, a, b, c, d, e, f);
};

/** What the model knows of a page: its protection and its first byte. */
interface ModelPage {
  prot: number;
  byte: number;
}

class Model {
  readonly pages: (ModelPage | null)[] = new Array(PAGES).fill(null);

  map(at: number, n: number, prot: number): void {
    for (let i = at; i < at + n; i++) this.pages[i] = { prot, byte: 0 };
  }
  unmap(at: number, n: number): void {
    this.pages.fill(null, at, at + n);
  }
  protect(at: number, n: number, prot: number): number {
    for (let i = at; i < at + n; i++) {
      const page = this.pages[i];
      if (page === null) return -E.NOMEM;
      page.prot = prot;
    }
    return 0;
  }
  dontNeed(at: number, n: number): number {
    let result = 0;
    for (let i = at; i < at + n; i++) {
      const page = this.pages[i];
      if (page === null) result = -E.NOMEM;
      else page.byte = 0;
    }
    return result;
  }
  move(from: number, to: number, n: number): number {
    const moved = this.pages.slice(from, from + n);
    if (moved.some((page) => page === null)) return -E.FAULT;
    if (moved.some((page) => page!.prot !== moved[0]!.prot)) return -E.FAULT; // spans VMAs
    this.unmap(from, n);
    this.pages.splice(to, n, ...moved);
    return BASE + to * PAGE;
  }
}

function random(seed: number): (n: number) => number {
  let state = seed;
  return (n) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 0x1_0000_0000) * n);
  };
}

function compare(lx: Lx, model: Model): void {
  const { u8 } = lx.mem;
  const vmas = listVmas(lx.k, mmOf(lx));
  for (const [i, vma] of vmas.entries()) {
    expect(vma.start).toBeLessThan(vma.end);
    const next = vmas[i + 1];
    if (next === undefined) continue;
    expect(vma.end).toBeLessThanOrEqual(next.start);
    if (vma.end === next.start) expect(vma.flags).not.toBe(next.flags);
  }
  for (const [i, page] of model.pages.entries()) {
    const number = BASE / PAGE + i;
    const vma = vmas.find((v) => v.start <= number && number < v.end);
    expect(vma === undefined ? null : vma.flags & VM_PROT).toBe(page === null ? null : page.prot);
    const flags = u8[PAGE_FLAGS + number];
    const prot = page?.prot ?? 0;
    expect(flags & PAGE_READ).toBe(prot !== 0 ? PAGE_READ : 0);
    expect(flags & PAGE_WRITE).toBe((prot & 2) !== 0 ? PAGE_WRITE : 0);
    if (prot !== 0) expect(u8[BASE - GUEST_SHIFT + i * PAGE]).toBe(page!.byte);
  }
}

function step(lx: Lx, model: Model, pick: (n: number) => number): void {
  const at = pick(PAGES);
  const n = 1 + pick(Math.min(8, PAGES - at));
  const prot = [0, 1, 3, 7][pick(4)];
  const addr = BASE + at * PAGE;
  switch (pick(7)) {
    case 0:
    case 1:
      expect(call(lx, 'mmap', addr, n * PAGE - pick(PAGE), prot, FIXED_ANON, -1, 0)).toBe(addr);
      model.map(at, n, prot);
      break;
    case 2:
      expect(call(lx, 'munmap', addr, n * PAGE)).toBe(0);
      model.unmap(at, n);
      break;
    case 3:
      expect(call(lx, 'mprotect', addr, n * PAGE, prot)).toBe(model.protect(at, n, prot));
      break;
    case 4:
      expect(call(lx, 'madvise', addr, n * PAGE, MADV.DONTNEED)).toBe(model.dontNeed(at, n));
      break;
    case 5: {
      const to = pick(PAGES - n + 1);
      if (to < at + n && at < to + n) break;
      const result = call(lx, 'mremap', addr, n * PAGE, n * PAGE, 3, BASE + to * PAGE);
      const expected = model.move(at, to, n);
      // Linux moves one VMA; neighbours with the same protection are one.
      expect(result).toBe(expected);
      break;
    }
    default:
      for (let i = at; i < at + n; i++) {
        const page = model.pages[i];
        if (page === null || (page.prot & 2) === 0) continue;
        page.byte = 1 + pick(255);
        lx.mem.writeU8(BASE + i * PAGE, page.byte);
      }
  }
}

describe('mm', () => {
  it.each([1, 2, 3, 4, 5, 6])('agrees with a page-wise model (seed %i)', (seed) => {
    const lx = fakeLx();
    const model = new Model();
    const pick = random(seed);
    for (let i = 0; i < 1500; i++) {
      step(lx, model, pick);
      if (i % 10 === 0) compare(lx, model);
    }
    compare(lx, model);
  });
});
