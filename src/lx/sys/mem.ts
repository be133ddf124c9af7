// System calls about memory: mmap and its kin, brk, locking, advice, policies. The work is done in mm/; here arguments are
// validated in the order Linux does it (mm/mmap.c, mm/mprotect.c, mm/mremap.c, mm/madvise.c), so that a bad call gets
// the same errno.
import { CAP } from '../abi/capability.ts';
import { E } from '../abi/errno.ts';
import { O } from '../abi/fcntl.ts';
import {
  MAP_32BIT,
  MAP_ANONYMOUS,
  MAP_FIXED,
  MAP_FIXED_NOREPLACE,
  MAP_GROWSDOWN,
  MAP_HUGETLB,
  MAP_LOCKED,
  MAP_NORESERVE,
  MAP_PRIVATE,
  MAP_SHARED,
  MAP_SHARED_VALIDATE,
  MAP_SYNC,
  MAP_TYPE,
  MCL_CURRENT,
  MCL_FUTURE,
  MCL_ONFAULT,
  MLOCK_ONFAULT,
  MPOL_F_ADDR,
  MPOL_F_MEMS_ALLOWED,
  MPOL_F_NODE,
  MPOL_MAX,
  MREMAP_DONTUNMAP,
  MREMAP_FIXED,
  MREMAP_MAYMOVE,
  MS_ASYNC,
  MS_INVALIDATE,
  MS_SYNC,
  PROT_EXEC,
  PROT_GROWSDOWN,
  PROT_GROWSUP,
  PROT_READ,
  PROT_SEM,
  PROT_WRITE,
} from '../abi/mman.ts';
import { can } from '../kernel/caps.ts';
import { File, FileKind, fileGet, fileOps, isPath } from '../kernel/file.ts';
import { fdGet, openFilesLocked } from '../kernel/files.ts';
import { Fixed } from '../kernel/fixed.ts';
import type { Lx } from '../kernel/lx.ts';
import { processOf } from '../kernel/process.ts';
import { RLIMIT, rlimitSoft } from '../kernel/rlimits.ts';
import { advise, knowsAdvice } from '../mm/advise.ts';
import { checkProtection, requireChecked } from '../mm/checked.ts';
import { END_PAGE, GUEST_END, isPageAligned, PAGE_SIZE, pagesOf, TASK_SIZE } from '../mm/layout.ts';
import { libraryPlace } from '../mm/library-place.ts';
import {
  changeFlags,
  findPlace,
  findViewPlace,
  isCovered,
  isFree,
  isSealed,
  mapAt,
  protectPages,
  setBrk,
  unmapRange,
} from '../mm/map.ts';
import {
  listVmas,
  Mm,
  pieceOf,
  VM_GROWSDOWN,
  VM_LOCKED,
  VM_MAYWRITE,
  VM_NORESERVE,
  VM_SHARED,
  VM_VIEW,
  type Vma,
  vmaOf,
  withMm,
} from '../mm/mm.ts';
import { remap } from '../mm/remap.ts';
import { attachFile, isSameFile, isShareable, objectOf } from '../mm/shared-object.ts';
import { flushView, newSharedMemoryFile } from '../mm/view.ts';
import { type Handler, row, type SyscallRow } from './row.ts';

const PROT_ALL = PROT_READ | PROT_WRITE | PROT_EXEC;
const LOW_2_GIB_PAGES = 0x8000_0000 / PAGE_SIZE;

// ---- mmap(2)

export const mmap: Handler = (lx, addr, length, prot, flags, fd, offset) => {
  if (!isPageAligned(offset)) return -E.INVAL;
  const file = (flags & MAP_ANONYMOUS) !== 0 ? 0 : fdGet(lx, fd);
  if ((flags & MAP_ANONYMOUS) === 0 && !isOpen(lx, file)) return -E.BADF;
  if ((flags & (MAP_ANONYMOUS | MAP_HUGETLB)) === (MAP_ANONYMOUS | MAP_HUGETLB)) return -E.NOMEM;
  if (length === 0) return -E.INVAL;
  if (length > TASK_SIZE) return -E.NOMEM;
  const pages = pagesOf(length);
  if (offset < 0 || offset / PAGE_SIZE + pages > 0x8000_0000) return -E.OVERFLOW;
  const vmFlags = file === 0 ? anonymousFlags(flags) : fileFlags(lx, file, prot, flags);
  if (vmFlags < 0) return vmFlags;
  checkProtection(lx, prot);
  const mapped = isZeroDevice(lx, file) ? 0 : file;
  const isExec = (prot & PROT_EXEC) !== 0;
  // Code cannot lie in views. A file is then as on a file system without it (EPERM); nameless memory is shared no longer by fork().
  const view =
    (vmFlags & VM_SHARED) !== 0 && isToBeView(lx, mapped, vmFlags) && !(isExec && mapped === 0);
  if (view && isExec) return -E.PERM;
  if (view) requireChecked(lx);
  if ((flags & MAP_LOCKED) !== 0 && !mayLock(lx)) return -E.PERM;
  return withMm(lx, (mm) => {
    const locked = (lx.k.i32[mm + Mm.lockedPages] + pages) * PAGE_SIZE;
    if (lockFlag(lx, mm, flags) !== 0 && !lockFits(lx, locked)) return -E.AGAIN;
    const isAnyhow = addr === 0 && mapped !== 0 && offset === 0 && (vmFlags & VM_SHARED) === 0;
    const wish = isAnyhow ? libraryPlace(lx, mm, mapped, pages) * PAGE_SIZE : addr;
    const start = choosePlace(lx, mm, wish, pages, flags, view);
    if (start < 0) return start;
    const source = mapped === 0 ? 0 : fileGet(lx.k, mapped);
    const vma: Vma = {
      start,
      end: start + pages,
      flags: (prot & PROT_ALL) | vmFlags | lockFlag(lx, mm, flags) | (view ? VM_VIEW : 0),
      file: view ? viewFile(lx, source, pages * PAGE_SIZE) : source,
      offset: mapped === 0 ? 0 : offset / PAGE_SIZE,
    };
    const result = mapAt(lx, mm, vma);
    return result < 0 ? result : start * PAGE_SIZE;
  });
};

/**
 * Has a shared mapping to be a view? Nameless memory has, and a file that can be written through the mapping, is shared
 * already, or that somebody has open for writing. Others (a library, a table of locales) are read once, as private mappings
 * are: should somebody open such a file for writing later, they do not show that.
 */
function isToBeView(lx: Lx, file: number, vmFlags: number): boolean {
  if (file === 0) return true;
  if (!isShareable(lx.k, file)) return false;
  return (vmFlags & VM_MAYWRITE) !== 0 || objectOf(lx, file) !== 0 || isWritten(lx, file);
}

/** Has any process the file open for writing? */
function isWritten(lx: Lx, file: number): boolean {
  const { k } = lx;
  const kind = k.i32[file + File.kind];
  const writers = k
    .locked(() => openFilesLocked(k))
    .filter((f) => k.i32[f + File.kind] === kind && (k.i32[f + File.flags] & O.ACCMODE) !== 0);
  return writers.some((writer) => isSameFile(lx, file, writer));
}

/** The description behind a view, with a reference: `file`, which it takes over, or new memory of `size` bytes. */
function viewFile(lx: Lx, file: number, size: number): number {
  if (file === 0)
    return newSharedMemoryFile(
      lx.k,
      size,
      '/dev/zero (deleted)',
      Atomics.add(lx.k.i32, Fixed.nextId, 1),
    );
  attachFile(lx, file);
  return file;
}

const isOpen = (lx: Lx, file: number): boolean => file !== 0 && !isPath(lx.k, file);

const isZeroDevice = (lx: Lx, file: number): boolean =>
  file !== 0 && lx.k.i32[file + File.kind] === FileKind.zeroDev;

function lockFlag(lx: Lx, mm: number, flags: number): number {
  return (flags & MAP_LOCKED) !== 0 || lx.k.i32[mm + Mm.lockFuture] !== 0 ? VM_LOCKED : 0;
}

const commonFlags = (flags: number): number =>
  ((flags & MAP_NORESERVE) !== 0 ? VM_NORESERVE : 0) |
  ((flags & MAP_GROWSDOWN) !== 0 ? VM_GROWSDOWN : 0);

/** VM_* flags of an anonymous mapping, or −EINVAL. */
function anonymousFlags(flags: number): number {
  const type = flags & MAP_TYPE;
  if (type === MAP_PRIVATE) return commonFlags(flags);
  if (type !== MAP_SHARED || (flags & MAP_GROWSDOWN) !== 0) return -E.INVAL;
  return commonFlags(flags) | VM_SHARED | VM_MAYWRITE;
}

/** The same for a mapping of `file`, or why it cannot be mapped so. */
function fileFlags(lx: Lx, file: number, prot: number, flags: number): number {
  const { i32 } = lx.k;
  const type = flags & MAP_TYPE;
  const access = i32[file + File.flags] & O.ACCMODE;
  if (type === MAP_SHARED_VALIDATE && (flags & MAP_SYNC) !== 0) return -E.OPNOTSUPP;
  const shared = type === MAP_SHARED || type === MAP_SHARED_VALIDATE;
  if (!shared && type !== MAP_PRIVATE) return -E.INVAL;
  if (shared && (prot & PROT_WRITE) !== 0 && access !== O.RDWR) return -E.ACCES;
  if (access === O.WRONLY) return -E.ACCES;
  if (!mappable.has(i32[file + File.kind])) return -E.NODEV;
  if ((flags & MAP_GROWSDOWN) !== 0) return -E.INVAL;
  if (!shared) return commonFlags(flags);
  return commonFlags(flags) | VM_SHARED | (access === O.RDWR ? VM_MAYWRITE : 0);
}

const mappable: ReadonlySet<number> = new Set([
  FileKind.hostFile,
  FileKind.zeroDev,
  FileKind.memfd,
  FileKind.tmpFile,
  FileKind.tmpMemfd,
]);

/** First page of the new mapping, or −errno. */
function choosePlace(
  lx: Lx,
  mm: number,
  addr: number,
  pages: number,
  flags: number,
  view: boolean,
): number {
  if ((flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) === 0) {
    const top = (flags & MAP_32BIT) !== 0 ? LOW_2_GIB_PAGES : undefined;
    const hint = addr < GUEST_END ? Math.floor(addr / PAGE_SIZE) : 0;
    const place = view
      ? findViewPlace(lx.k, mm, pages, hint)
      : findPlace(lx.k, mm, pages, hint, top);
    return place < 0 ? -E.NOMEM : place;
  }
  if (!isPageAligned(addr)) return -E.INVAL;
  const start = addr / PAGE_SIZE;
  if (start + pages > END_PAGE) return -E.NOMEM;
  if (addr < 65536) return -E.PERM; // vm.mmap_min_addr
  const replaces = (flags & MAP_FIXED_NOREPLACE) === 0;
  if (replaces && isSealed(lx.k, mm, start, start + pages)) return -E.PERM;
  return replaces || isFree(lx.k, mm, start, start + pages) ? start : -E.EXIST;
}

// ---- munmap(2), mprotect(2), brk(2)

export const munmap: Handler = (lx, addr, length) => {
  if (!isPageAligned(addr) || addr > TASK_SIZE || length > TASK_SIZE - addr || length === 0) {
    return -E.INVAL;
  }
  const start = addr / PAGE_SIZE;
  const end = Math.min(start + pagesOf(length), END_PAGE);
  if (start >= end) return 0;
  return withMm(lx, (mm) => {
    if (isSealed(lx.k, mm, start, end)) return -E.PERM;
    unmapRange(lx, mm, start, end);
    return 0;
  });
};

const mprotect: Handler = (lx, addr, length, prot) => {
  const grows = prot & (PROT_GROWSDOWN | PROT_GROWSUP);
  if (grows === (PROT_GROWSDOWN | PROT_GROWSUP)) return -E.INVAL;
  if (!isPageAligned(addr)) return -E.INVAL;
  if (length === 0) return 0;
  if (addr + length > TASK_SIZE) return -E.NOMEM;
  if ((prot & ~(PROT_ALL | PROT_SEM | PROT_GROWSDOWN | PROT_GROWSUP)) !== 0) return -E.INVAL;
  checkProtection(lx, prot);
  return withMm(lx, (mm) => {
    let start = addr / PAGE_SIZE;
    const end = start + pagesOf(length);
    if (grows !== 0) {
      const vma = vmaOf(lx.k, mm, start);
      if (vma === null) return -E.NOMEM;
      if (grows === PROT_GROWSUP || (vma.flags & VM_GROWSDOWN) === 0) return -E.INVAL;
      start = vma.start;
    }
    return protectPages(lx, mm, start, end, prot & PROT_ALL);
  });
};

const brk: Handler = (lx, addr) => withMm(lx, (mm) => setBrk(lx, mm, addr));

// ---- mremap(2)

const mremap: Handler = (lx, addr, oldLength, newLength, flags, newAddr) => {
  const fixed = (flags & MREMAP_FIXED) !== 0;
  const keepOld = (flags & MREMAP_DONTUNMAP) !== 0;
  const mayMove = (flags & MREMAP_MAYMOVE) !== 0;
  if ((flags & ~(MREMAP_FIXED | MREMAP_MAYMOVE | MREMAP_DONTUNMAP)) !== 0) return -E.INVAL;
  if ((fixed || keepOld) && !mayMove) return -E.INVAL;
  if (keepOld && oldLength !== newLength) return -E.INVAL;
  if (!isPageAligned(addr) || newLength === 0 || oldLength > TASK_SIZE) return -E.INVAL;
  const oldPages = pagesOf(oldLength);
  const newPages = pagesOf(newLength);
  if (fixed) {
    if (!isPageAligned(newAddr) || newLength > TASK_SIZE || newAddr > TASK_SIZE - newLength) {
      return -E.INVAL;
    }
    const from = newAddr / PAGE_SIZE;
    if (addr / PAGE_SIZE + oldPages > from && from + newPages > addr / PAGE_SIZE) return -E.INVAL;
  }
  if (addr >= GUEST_END) return -E.FAULT;
  if (newPages > END_PAGE) return -E.NOMEM;
  const request = {
    start: addr / PAGE_SIZE,
    oldPages,
    newPages,
    mayMove,
    fixed: fixed ? newAddr / PAGE_SIZE : -1,
    keepOld,
  };
  const page = withMm(lx, (mm) => remap(lx, mm, request));
  return page < 0 ? page : page * PAGE_SIZE;
};

// ---- madvise(2), msync(2), mincore(2)

const madvise: Handler = (lx, addr, length, advice) => {
  if (!knowsAdvice(advice) || !isPageAligned(addr)) return -E.INVAL;
  if (addr + length >= 2 ** 64) return -E.INVAL;
  if (addr + length > TASK_SIZE) return length === 0 ? 0 : -E.NOMEM;
  const start = addr / PAGE_SIZE;
  return withMm(lx, (mm) => advise(lx, mm, start, start + pagesOf(length), advice));
};

const msync: Handler = (lx, addr, length, flags) => {
  if ((flags & ~(MS_ASYNC | MS_INVALIDATE | MS_SYNC)) !== 0 || !isPageAligned(addr))
    return -E.INVAL;
  if ((flags & MS_ASYNC) !== 0 && (flags & MS_SYNC) !== 0) return -E.INVAL;
  if (addr + length > TASK_SIZE) return -E.NOMEM;
  const start = addr / PAGE_SIZE;
  const end = start + pagesOf(length);
  return withMm(lx, (mm) => {
    for (const vma of listVmas(lx.k, mm)) {
      if (vma.end <= start || vma.start >= end) continue;
      if ((flags & MS_INVALIDATE) !== 0 && (vma.flags & VM_LOCKED) !== 0) return -E.BUSY;
      const piece = pieceOf(vma, Math.max(vma.start, start), Math.min(vma.end, end));
      const result = syncPiece(lx, piece, (flags & MS_SYNC) !== 0);
      if (result < 0) return result;
    }
    return isCovered(lx.k, mm, start, end) ? 0 : -E.NOMEM;
  });
};

function syncPiece(lx: Lx, piece: Vma, wait: boolean): number {
  const wrote = flushView(lx, piece);
  if (wrote < 0 || !wait || piece.file === 0 || (piece.flags & VM_SHARED) === 0) return wrote;
  return Math.min(0, fileOps(lx.k, piece.file).sync(lx, piece.file));
}

const mincore: Handler = (lx, addr, length, vec) => {
  if (!isPageAligned(addr)) return -E.INVAL;
  if (addr + length > TASK_SIZE) return -E.NOMEM;
  const pages = pagesOf(length);
  const start = addr / PAGE_SIZE;
  const covered = withMm(lx, (mm) => isCovered(lx.k, mm, start, start + pages));
  if (!covered) return -E.NOMEM;
  const resident = new Uint8Array(pages).fill(1);
  for (const vma of withMm(lx, (mm) => listVmas(lx.k, mm))) {
    if (vma.file !== 0 || (vma.flags & (VM_LOCKED | VM_SHARED)) !== 0) continue;
    const end = Math.min(vma.end, start + pages);
    for (let page = Math.max(vma.start, start); page < end; page++)
      if (lx.cpu.first_filled(page, page + 1) !== page) resident[page - start] = 0;
  }
  lx.mem.write(vec, resident);
  return 0;
};

// ---- mlock(2) and kin: nothing is ever paged out, so that only the bookkeeping is left

function setLocked(lx: Lx, addr: number, length: number, lock: boolean): number {
  const start = Math.floor(addr / PAGE_SIZE);
  const pages = pagesOf((addr % PAGE_SIZE) + length); // exact, also where addr + length is not
  const end = start + pages;
  if (lock && !mayLock(lx)) return -E.PERM;
  if (length === 0 || pages * PAGE_SIZE >= 2 ** 64) return 0;
  if (end * PAGE_SIZE >= 2 ** 64) return -E.INVAL;
  return withMm(lx, (mm) => {
    const more = (end - start) * PAGE_SIZE - lockedBytes(lx, mm, start, end);
    if (lock && !lockFits(lx, lx.k.i32[mm + Mm.lockedPages] * PAGE_SIZE + more)) return -E.NOMEM;
    if (end > END_PAGE || !isCovered(lx.k, mm, start, end)) return -E.NOMEM;
    lockRange(lx, mm, start, end, lock);
    return 0;
  });
}

/** can_do_mlock() of Linux. */
const mayLock = (lx: Lx): boolean => memlockLimit(lx) !== 0 || can(lx, CAP.IPC_LOCK);
const lockFits = (lx: Lx, bytes: number): boolean =>
  bytes <= memlockLimit(lx) || can(lx, CAP.IPC_LOCK);
const memlockLimit = (lx: Lx): number => rlimitSoft(lx.k, processOf(lx), RLIMIT.MEMLOCK);

/** Bytes of [start, end) (pages) that are locked already. */
function lockedBytes(lx: Lx, mm: number, start: number, end: number): number {
  let pages = 0;
  for (const vma of listVmas(lx.k, mm)) {
    if ((vma.flags & VM_LOCKED) === 0) continue;
    pages += Math.max(0, Math.min(vma.end, end) - Math.max(vma.start, start));
  }
  return pages * PAGE_SIZE;
}

function lockRange(lx: Lx, mm: number, start: number, end: number, lock: boolean): void {
  changeFlags(lx, mm, start, end, (vma) => {
    const was = (vma.flags & VM_LOCKED) !== 0;
    if (was !== lock) lx.k.i32[mm + Mm.lockedPages] += (vma.end - vma.start) * (lock ? 1 : -1);
    return lock ? vma.flags | VM_LOCKED : vma.flags & ~VM_LOCKED;
  });
}

const mlock: Handler = (lx, addr, length) => setLocked(lx, addr, length, true);
const munlock: Handler = (lx, addr, length) => setLocked(lx, addr, length, false);
const mlock2: Handler = (lx, addr, length, flags) =>
  (flags & ~MLOCK_ONFAULT) !== 0 ? -E.INVAL : setLocked(lx, addr, length, true);

const mlockall: Handler = (lx, flags) => {
  const known = MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT;
  if (flags === 0 || (flags & ~known) !== 0 || flags === MCL_ONFAULT) return -E.INVAL;
  if (!mayLock(lx)) return -E.PERM;
  return withMm(lx, (mm) => {
    const pages = listVmas(lx.k, mm).reduce((sum, vma) => sum + vma.end - vma.start, 0);
    if ((flags & MCL_CURRENT) !== 0 && !lockFits(lx, pages * PAGE_SIZE)) return -E.NOMEM;
    lx.k.i32[mm + Mm.lockFuture] = (flags & MCL_FUTURE) !== 0 ? 1 : 0;
    if ((flags & MCL_CURRENT) !== 0) lockRange(lx, mm, 0, END_PAGE, true);
    return 0;
  });
};

const munlockall: Handler = (lx) => {
  withMm(lx, (mm) => {
    lx.k.i32[mm + Mm.lockFuture] = 0;
    lockRange(lx, mm, 0, END_PAGE, false);
  });
  return 0;
};

// ---- protection keys: as on a processor without PKU

const pkeyAlloc: Handler = (_lx, flags, rights) =>
  flags !== 0 || (rights & ~3) !== 0 ? -E.INVAL : -E.NOSPC;
const pkeyFree: Handler = () => -E.INVAL;
const pkeyMprotect: Handler = (lx, addr, length, prot, key, unused) =>
  key === -1 ? mprotect(lx, addr, length, prot, 0, unused, 0) : -E.INVAL;

// ---- NUMA policies: as on a machine with one node

const badMode = (mode: number): boolean => (mode & 0xff) >= MPOL_MAX;
const setMempolicy: Handler = (_lx, mode) => (badMode(mode) ? -E.INVAL : 0);
const mbind: Handler = (_lx, addr, _length, mode) =>
  badMode(mode) || !isPageAligned(addr) ? -E.INVAL : 0;

const getMempolicy: Handler = (lx, mode, nodes, maxNode, addr, flags) => {
  if ((flags & ~(MPOL_F_NODE | MPOL_F_ADDR | MPOL_F_MEMS_ALLOWED)) !== 0) return -E.INVAL;
  const allowed = (flags & MPOL_F_MEMS_ALLOWED) !== 0;
  if (allowed && (flags & (MPOL_F_NODE | MPOL_F_ADDR)) !== 0) return -E.INVAL;
  if ((flags & MPOL_F_ADDR) !== 0) lx.mem.readable(addr, 1);
  if (mode !== 0) lx.mem.writeU32(mode, 0);
  if (nodes === 0) return 0;
  if (maxNode === 0 || maxNode > PAGE_SIZE * 8) return -E.INVAL;
  const bytes = Math.ceil(maxNode / 64) * 8;
  const at = lx.mem.writable(nodes, bytes);
  lx.mem.u8.fill(0, at, at + bytes);
  if (allowed) lx.mem.u8[at] = 1;
  return 0;
};

const SHARED_NOTE =
  'files are shared within the session: what the host’s own programs write to a file that is mapped shared is not seen';

// biome-ignore format: aligned rows
export const rows: readonly SyscallRow[] = [
  row(9,   'mmap',          ['ptr', 'size', 'prot', 'map-flags', 'fd', 'off'], mmap, 'partial', 'composed', SHARED_NOTE),
  row(10,  'mprotect',      ['ptr', 'size', 'prot'],                      mprotect,     'full', 'emulated'),
  row(11,  'munmap',        ['ptr', 'size'],                              munmap,       'full', 'emulated'),
  row(12,  'brk',           ['ptr'],                                      brk,          'full', 'emulated'),
  row(25,  'mremap',        ['ptr', 'size', 'size', 'flags', 'ptr'],      mremap,       'full', 'emulated'),
  row(26,  'msync',         ['ptr', 'size', 'flags'],                     msync,        'full', 'composed'),
  row(27,  'mincore',       ['ptr', 'size', 'ptr'],                       mincore,      'partial', 'emulated', 'pages of zeros count as never touched'),
  row(28,  'madvise',       ['ptr', 'size', 'int'],                       madvise,      'partial', 'emulated', 'no REMOVE, COLLAPSE, GUARD_*; FREE keeps the pages'),
  row(149, 'mlock',         ['ptr', 'size'],                              mlock,        'partial', 'emulated', 'bookkeeping only: nothing is ever paged out'),
  row(150, 'munlock',       ['ptr', 'size'],                              munlock,      'full', 'emulated'),
  row(151, 'mlockall',      ['int'],                                      mlockall,     'partial', 'emulated', 'as mlock'),
  row(152, 'munlockall',    [],                                           munlockall,   'full', 'emulated'),
  row(237, 'mbind',         ['ptr', 'size', 'int', 'ptr', 'size', 'uint'], mbind,       'stub', 'emulated', 'one node'),
  row(238, 'set_mempolicy', ['int', 'ptr', 'size'],                       setMempolicy, 'stub', 'emulated', 'one node'),
  row(239, 'get_mempolicy', ['ptr', 'ptr', 'size', 'ptr', 'size'],        getMempolicy, 'partial', 'emulated', 'one node'),
  row(325, 'mlock2',        ['ptr', 'size', 'int'],                       mlock2,       'partial', 'emulated', 'as mlock'),
  row(329, 'pkey_mprotect', ['ptr', 'size', 'prot', 'int'],               pkeyMprotect, 'partial', 'emulated', 'as without PKU'),
  row(330, 'pkey_alloc',    ['size', 'size'],                             pkeyAlloc,    'partial', 'emulated', 'as without PKU'),
  row(331, 'pkey_free',     ['int'],                                      pkeyFree,     'partial', 'emulated', 'as without PKU'),
];
