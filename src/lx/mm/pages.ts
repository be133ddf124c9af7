// What lies in the pages of guest memory: growing the wasm memory, page flags, zeroes and file contents. Everything in
// pages (guest address >> 12). wasm memory cannot give pages back, so an unmapped page that may hold something is only
// marked STALE, and zeroed when an anonymous mapping makes it accessible again.
import {
  GUEST_SHIFT,
  PAGE_BUS,
  PAGE_CODE,
  PAGE_EXEC,
  PAGE_FLAGS,
  PAGE_READ,
  PAGE_SHARED,
  PAGE_SHARED_SHIFT,
  PAGE_STALE,
  PAGE_USED,
  PAGE_WRITE,
} from '../../../assembly/shared/layout.ts';
import { fileOps } from '../kernel/file.ts';
import type { Lx, PageScan } from '../kernel/lx.ts';
import type { GuestMemory } from './guest-memory.ts';
import { PAGE_SHIFT, PAGE_SIZE, VIEW_BASE_PAGE } from './layout.ts';
import { VM_EXEC, VM_PROT, VM_VIEW, VM_WRITE, type Vma } from './mm.ts';

const WASM_PAGE = 65536;
/** The memory grows by this much at least (growing costs a system call and new views; the pages cost nothing yet). */
const GROW_CHUNK = 64 << 20;
/** Files are read in pieces of this size. */
const READ_CHUNK = 8 << 20;

const linear = (page: number): number => page * PAGE_SIZE - GUEST_SHIFT;

/** Makes the memory reach to `endPage`; false when the engine has no more. */
export function growTo(mem: GuestMemory, endPage: number): boolean {
  const need = linear(endPage);
  const have = mem.memory.buffer.byteLength;
  if (need > have) {
    const limit = linear(VIEW_BASE_PAGE);
    if (need > limit) return false;
    const wanted = Math.min(Math.max(need, have + GROW_CHUNK), limit);
    if (!tryGrow(mem, wanted - have) && !tryGrow(mem, need - have)) return false;
  }
  mem.refresh();
  return true;
}

function tryGrow(mem: GuestMemory, bytes: number): boolean {
  try {
    mem.memory.grow(Math.ceil(bytes / WASM_PAGE));
    return true;
  } catch {
    return false; // RangeError: the address space, or the host's limit, is exhausted
  }
}

/** Page flags that a protection gives: on x86 what can be written or executed can be read. */
export function accessFlags(vmFlags: number): number {
  let flags = 0;
  if ((vmFlags & VM_PROT) !== 0) flags |= PAGE_READ;
  if ((vmFlags & VM_WRITE) !== 0) flags |= PAGE_WRITE;
  if ((vmFlags & VM_EXEC) !== 0) flags |= PAGE_EXEC;
  return flags;
}

/** Sets what may be done with [start, end), keeping the contents; stale pages are zeroed before they open up. */
export function openPages(mem: GuestMemory, start: number, end: number, vmFlags: number): void {
  const access = accessFlags(vmFlags);
  const flags = mem.u8;
  if ((vmFlags & VM_VIEW) !== 0) {
    flags.fill(PAGE_SHARED | (access << PAGE_SHARED_SHIFT), PAGE_FLAGS + start, PAGE_FLAGS + end);
    return;
  }
  for (let page = start; page < end; page++) {
    const old = flags[PAGE_FLAGS + page];
    if ((old & PAGE_BUS) !== 0) continue;
    if (access === 0) {
      flags[PAGE_FLAGS + page] = old & (PAGE_USED | PAGE_STALE);
      continue;
    }
    if ((old & PAGE_STALE) !== 0) mem.zero(linear(page), linear(page + 1));
    flags[PAGE_FLAGS + page] = access | PAGE_USED;
  }
}

/** Flags of the first page that is never ordinary. */
const FIRST_VIEW = PAGE_FLAGS + VIEW_BASE_PAGE;

/** After this nothing of [start, end) is accessible, and its contents count as garbage. */
export function closePages(mem: GuestMemory, start: number, end: number): void {
  const flags = mem.u8;
  for (let at = PAGE_FLAGS + start; at < PAGE_FLAGS + end; at++) {
    const old = flags[at];
    // what an ordinary page held before a view came to lie there is not known any more
    const stale =
      (old & PAGE_SHARED) !== 0 ? at < FIRST_VIEW : (old & (PAGE_USED | PAGE_STALE)) !== 0;
    flags[at] = stale ? PAGE_STALE : 0;
  }
}

/** Zeroes what [start, end) may hold; the protection stays. */
export function zeroPages(mem: GuestMemory, start: number, end: number): void {
  const flags = mem.u8;
  if (mem.scan !== null && end - start >= SCAN_FROM) return zeroFilled(mem, mem.scan, start, end);
  let from = start;
  while (from < end) {
    if ((flags[PAGE_FLAGS + from] & PAGE_USED) === 0) {
      from++;
      continue;
    }
    let to = from + 1;
    while (to < end && (flags[PAGE_FLAGS + to] & PAGE_USED) !== 0) to++;
    mem.zero(linear(from), linear(to));
    from = to;
  }
}

/** Of fewer pages it is quicker to zero all. */
const SCAN_FROM = 64;

/** The same for a large range: most of it was never touched, and is to stay unreal. */
function zeroFilled(mem: GuestMemory, scan: PageScan, start: number, end: number): void {
  let from = scan.first_filled(start, end);
  while (from < end) {
    const to = scan.first_empty(from, end);
    mem.zero(linear(from), linear(to));
    from = scan.first_filled(to, end);
  }
}

/** Whether the page at a linear address holds only zeroes. */
export function isZeroPage(mem: GuestMemory, at: number): boolean {
  const { i32 } = mem;
  const end = (at + PAGE_SIZE) >>> 2;
  for (let i = at >>> 2; i < end; i += 8) {
    const or =
      i32[i] |
      i32[i + 1] |
      i32[i + 2] |
      i32[i + 3] |
      i32[i + 4] |
      i32[i + 5] |
      i32[i + 6] |
      i32[i + 7];
    if (or !== 0) return false;
  }
  return true;
}

/**
 * Reads the file pages of `vma` into memory and opens them. The rest of the file's last page is zero; pages wholly
 * beyond its end get PAGE_BUS. Answers 0 or −errno.
 */
export function loadPages(lx: Lx, vma: Vma): number {
  const { mem } = lx;
  const from = linear(vma.start);
  const to = linear(vma.end);
  const got = readFile(lx, vma.file, vma.offset * PAGE_SIZE, from, to - from);
  if (got < 0) return got;
  const filled = from + got;
  const tail = Math.ceil(filled / PAGE_SIZE) * PAGE_SIZE;
  mem.zero(filled, Math.min(tail, to));
  const lastPage = (tail + GUEST_SHIFT) / PAGE_SIZE;
  mem.u8.fill(PAGE_USED, PAGE_FLAGS + vma.start, PAGE_FLAGS + lastPage);
  markBeyondEnd(mem, lastPage, vma.end);
  openPages(mem, vma.start, lastPage, vma.flags);
  return 0;
}

function markBeyondEnd(mem: GuestMemory, start: number, end: number): void {
  closePages(mem, start, end);
  for (let page = start; page < end; page++) mem.u8[PAGE_FLAGS + page] |= PAGE_BUS;
}

/** Reads up to `len` bytes at `pos` into linear address `at`; the number read (short at the end of the file) or −errno. */
export function readFile(lx: Lx, file: number, pos: number, at: number, len: number): number {
  const ops = fileOps(lx.k, file);
  let done = 0;
  while (done < len) {
    const chunk = Math.min(len - done, READ_CHUNK);
    const got = ops.read(lx, file, lx.mem.u8, at + done, chunk, pos + done);
    if (got < 0) return got;
    if (got === 0) break;
    done += got;
  }
  return done;
}

/** Drops decoded instructions of [start, end) if there are any. Call before the page flags change. */
export function forgetCode(mem: GuestMemory, start: number, end: number): void {
  for (let at = PAGE_FLAGS + start; at < PAGE_FLAGS + end; at++) {
    if ((mem.u8[at] & PAGE_CODE) !== 0) {
      mem.invalidate((start << PAGE_SHIFT) >>> 0, (end << PAGE_SHIFT) >>> 0);
      return;
    }
  }
}
