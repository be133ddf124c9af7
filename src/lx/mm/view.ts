// Views: mappings of shared objects (VM_VIEW), whose pages lie in shared memory instead of the process's own. Their pages
// are flagged PAGE_SHARED, and the way to each (page-table.ts) is made when it is touched first. Views are placed in a
// window of addresses that ordinary memory never grows into; MAP_FIXED may put them anywhere.
import {
  CACHE_BASE,
  CACHE_SIZE,
  SHARED_ALONE,
  SHARED_ROOT,
} from '../../../assembly/shared/layout.ts';
import { E } from '../abi/errno.ts';
import { S } from '../abi/stat.ts';
import { File, FileKind } from '../kernel/file.ts';
import { newFile } from '../kernel/files.ts';
import type { Kernel } from '../kernel/kmem.ts';
import type { Lx } from '../kernel/lx.ts';
import { Ipc } from '../kernel/sysv-ipc.ts';
import { Process, Task } from '../kernel/task.ts';
import { registerFileInode } from '../vfs/file-inode.ts';
import { virtualAttr } from '../vfs/file-system.ts';
import { type GuestMemory, PAGE_MISSING, type SharedAccess } from './guest-memory.ts';
import { PAGE_SHIFT } from './layout.ts';
import { listVmas, Mm, VM_VIEW, type Vma, vmaOf, withMm } from './mm.ts';
import { clearSlots, setSlot, slotAt } from './page-table.ts';
import { closePages } from './pages.ts';
import { attachMemoryLocked, CLUSTER, flushObject, touchPage } from './shared-object.ts';

export const isView = (vma: Vma): boolean => (vma.flags & VM_VIEW) !== 0;

const O_RDWR = 2;

/** A description of new shared memory without a name, with one reference; `path` is what maps shows. */
export function newSharedMemoryFile(k: Kernel, size: number, path: string, inode: number): number {
  const file = newFile(k, FileKind.sharedMemory, O_RDWR, path);
  k.i32[file + File.a] = inode;
  k.locked(() => attachMemoryLocked(k, file, size));
  return file;
}

/** The kernel's own tmpfs, as maps shows it. */
const SHARED_DEV = 1;
registerFileInode(FileKind.sharedMemory, {
  attr({ k: { i32 } }, file) {
    const segment = i32[file + File.b];
    const inode = segment === 0 ? i32[file + File.a] : i32[segment + Ipc.id];
    return virtualAttr(SHARED_DEV, inode, S.IFREG | 0o777);
  },
});

/** Pages [start, end) are a view no longer. */
export function closeView(lx: Lx, mm: number, start: number, end: number): void {
  closePages(lx.mem, start, end);
  clearSlots(lx.k, lx.k.i32[mm + Mm.root] >>> 0, start, end);
}

/** The current process's memory is given up: nothing in it points to shared memory any more. */
export function closeViews(lx: Lx, mm: number): void {
  lx.mem.refresh();
  for (const vma of listVmas(lx.k, mm)) if (isView(vma)) closePages(lx.mem, vma.start, vma.end);
  lx.mem.i32[SHARED_ROOT >> 2] = 0;
}

/** Page of the object that guest page `page` shows. */
const indexOf = (vma: Vma, page: number): number => vma.offset + (page - vma.start);

/** Makes a page of a view present: 0, or why it cannot be. The Mm is locked. */
export function resolveView(lx: Lx, mm: number, vma: Vma, page: number): number {
  const { k } = lx;
  const object = k.i32[vma.file + File.object];
  const index = indexOf(vma, page);
  const slot = touchPage(lx, object, vma.file, index);
  if (slot < 0) return slot;
  const root = rootOf(lx, mm);
  if (root === 0) return -E.NOMEM;
  // Its neighbours are there too, as a rule, and if not the next touch brings them in.
  const before = Math.min(index % CLUSTER, page - vma.start);
  const after = Math.min(CLUSTER - (index % CLUSTER), vma.end - page);
  for (let n = -before; n < after; n++) {
    if (!setSlot(k, root, page + n, slot + n * 4)) return -E.NOMEM;
  }
  return 0;
}

/** Has the current task its memory for itself? */
function isAlone({ k: { i32 }, task }: Lx, mm: number): boolean {
  return i32[mm + Mm.refs] === 1 && i32[i32[task + Task.process] + Process.taskCount] === 1;
}

/** Root of the page table, made on first use; the runtime finds it at SHARED_ROOT. */
function rootOf(lx: Lx, mm: number): number {
  const { k } = lx;
  if (k.i32[mm + Mm.root] === 0) k.i32[mm + Mm.root] = k.shared.allocPage(k) | 0;
  lx.mem.i32[SHARED_ROOT >> 2] = k.i32[mm + Mm.root];
  lx.mem.i32[SHARED_ALONE >> 2] = isAlone(lx, mm) ? 1 : 0;
  return k.i32[mm + Mm.root] >>> 0;
}

/** Writes what the guest changed in a view to its file; 0 or −errno. */
export function flushView(lx: Lx, vma: Vma): number {
  if (!isView(vma)) return 0;
  const object = lx.k.i32[vma.file + File.object];
  return flushObject(lx, object, vma.file, vma.offset, vma.offset + (vma.end - vma.start));
}

/** The kernel's own way to shared pages of the process that `lx` runs. */
export function sharedAccess(lx: Lx, mem: GuestMemory): SharedAccess {
  const { k } = lx;
  return {
    memory: k.shared,
    slot: (at) => slotAt(k, mem.i32[SHARED_ROOT >> 2] >>> 0, at >>> PAGE_SHIFT),
    resolve: (at) => resolveAt(lx, at),
    bounce: () =>
      mem.dv.getUint32(lx.ctx + CACHE_BASE, true) + mem.dv.getUint32(lx.ctx + CACHE_SIZE, true),
  };
}

/** Brings in the page at guest address `at`. Throws PAGE_MISSING with the kernel lock held, as it may read a file. */
export function resolveAt(lx: Lx, at: number): boolean {
  if (lx.k.isHeld) {
    PAGE_MISSING.at = at;
    throw PAGE_MISSING;
  }
  const page = at >>> PAGE_SHIFT;
  return withMm(lx, (mm) => {
    const vma = vmaOf(lx.k, mm, page);
    return vma !== null && isView(vma) && resolveView(lx, mm, vma, page) === 0;
  });
}
