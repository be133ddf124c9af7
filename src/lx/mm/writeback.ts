// Shared file mappings are read when they are mapped; what the guest wrote into them goes back to the file at msync,
// munmap, exit, and before fork. Only pages that differ from the file are written, so that a page this process did not
// touch does not undo what somebody else wrote.
import { GUEST_SHIFT, PAGE_BUS, PAGE_FLAGS } from '../../../assembly/shared/layout.ts';
import { fileOps } from '../kernel/file.ts';
import type { Lx } from '../kernel/lx.ts';
import { PAGE_SIZE } from './layout.ts';
import { listVmas, Mm, mmOf, VM_MAYWRITE, VM_SHARED, type Vma } from './mm.ts';

const CHUNK_PAGES = 64;

/** Writes the changed pages of a shared, writable file mapping to its file; 0 or −errno. */
export function writeBack(lx: Lx, vma: Vma): number {
  if (vma.file === 0 || (vma.flags & (VM_SHARED | VM_MAYWRITE)) !== (VM_SHARED | VM_MAYWRITE))
    return 0;
  const size = fileOps(lx.k, vma.file).size(lx, vma.file);
  const before = new Uint8Array(CHUNK_PAGES * PAGE_SIZE);
  for (let page = vma.start; page < vma.end; page += CHUNK_PAGES) {
    const result = writeChunk(lx, vma, page, Math.min(page + CHUNK_PAGES, vma.end), size, before);
    if (result < 0) return result;
  }
  return 0;
}

function writeChunk(
  lx: Lx,
  vma: Vma,
  from: number,
  to: number,
  size: number,
  before: Uint8Array,
): number {
  const { mem } = lx;
  const ops = fileOps(lx.k, vma.file);
  const start = (vma.offset + (from - vma.start)) * PAGE_SIZE;
  const length = Math.min((to - from) * PAGE_SIZE, size - start);
  if (length <= 0) return 0;
  const got = ops.read(lx, vma.file, before, 0, length, start);
  if (got < 0) return got;
  for (let page = from; page < to; page++) {
    if ((mem.u8[PAGE_FLAGS + page] & PAGE_BUS) !== 0) break;
    const at = (page - from) * PAGE_SIZE;
    const bytes = Math.min(PAGE_SIZE, got - at);
    if (bytes <= 0) break;
    const linear = page * PAGE_SIZE - GUEST_SHIFT;
    if (sameBytes(mem.u8, linear, before, at, bytes)) continue;
    const wrote = ops.write(lx, vma.file, mem.u8, linear, bytes, start + at);
    if (wrote < 0) return wrote;
  }
  return 0;
}

function sameBytes(a: Uint8Array, atA: number, b: Uint8Array, atB: number, len: number): boolean {
  for (let i = 0; i < len; i++) if (a[atA + i] !== b[atB + i]) return false;
  return true;
}

/** Writes back all shared file mappings of the current process: before fork, at exec and exit. */
export function writeBackAll(lx: Lx): void {
  const mm = mmOf(lx);
  if (mm === 0 || lx.k.i32[mm + Mm.count] === 0) return;
  for (const vma of listVmas(lx.k, mm)) writeBack(lx, vma);
}
