// By which way a process reaches shared pages: root → leaf → slot → page, see assembly/shared-memory.wat, which walks
// it. Root and leaves are pages of shared memory and belong to the address space, slots to the shared object. Both come
// into being when the guest first touches a page (view.ts). Guest pages (address >> 12) everywhere.
import type { Kernel } from '../kernel/kmem.ts';

const ENTRIES = 1024;

const leafWord = (root: number, page: number): number => root + (page >>> 10) * 4;
const slotWord = (leaf: number, page: number): number => leaf + (page & (ENTRIES - 1)) * 4;

/** The slot that `page` shows, or 0. */
export function slotAt(k: Kernel, root: number, page: number): number {
  if (root === 0) return 0;
  const leaf = k.shared.load(leafWord(root, page)) >>> 0;
  return leaf === 0 ? 0 : k.shared.load(slotWord(leaf, page)) >>> 0;
}

/** False: no memory. */
export function setSlot(k: Kernel, root: number, page: number, slot: number): boolean {
  const word = leafWord(root, page);
  let leaf = k.shared.load(word) >>> 0;
  if (leaf === 0) {
    leaf = k.shared.allocPage(k);
    if (leaf === 0) return false;
    k.shared.store(word, leaf);
  }
  k.shared.store(slotWord(leaf, page), slot);
  return true;
}

/** Pages [start, end) show nothing any more. */
export function clearSlots(k: Kernel, root: number, start: number, end: number): void {
  if (root === 0) return;
  k.shared.refresh();
  for (let page = start; page < end; ) {
    const next = Math.min((page & ~(ENTRIES - 1)) + ENTRIES, end);
    const leaf = k.shared.load(leafWord(root, page)) >>> 0;
    if (leaf !== 0) {
      const first = slotWord(leaf, page) >>> 2;
      k.shared.i32.fill(0, first, first + next - page);
    }
    page = next;
  }
}

/** Gives root and leaves back; nobody runs in this address space any more. */
export function freeTable(k: Kernel, root: number): void {
  if (root === 0) return;
  for (let i = 0; i < ENTRIES; i++) {
    const leaf = k.shared.load(root + i * 4) >>> 0;
    if (leaf !== 0) k.shared.freePage(k, leaf);
  }
  k.shared.freePage(k, root);
}
