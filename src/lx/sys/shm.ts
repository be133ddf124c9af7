// System calls of SysV shared memory: shmget, shmat, shmdt, shmctl.
import { CAP } from '../abi/capability.ts';
import { E } from '../abi/errno.ts';
import { IPC, SHM } from '../abi/ipc.ts';
import { PROT_EXEC, PROT_READ, PROT_WRITE } from '../abi/mman.ts';
import { can } from '../kernel/caps.ts';
import { File, filePut } from '../kernel/file.ts';
import type { Lx } from '../kernel/lx.ts';
import { processOf } from '../kernel/process.ts';
import { RLIMIT, rlimitSoft } from '../kernel/rlimits.ts';
import {
  IPC64_PERM,
  Ipc,
  ipcAllLocked,
  ipcCount,
  ipcFindLocked,
  ipcGet,
  ipcMay,
  ipcTime,
  ipcTop,
  writeIpcPerm,
} from '../kernel/sysv-ipc.ts';
import {
  condemnSegmentLocked,
  countAttachedLocked,
  newSegmentLocked,
  Segment,
  SHM_KIND,
  segmentOf,
  segmentPages,
  touchSegment,
} from '../kernel/sysv-shm.ts';
import { Process } from '../kernel/task.ts';
import { requireChecked } from '../mm/checked.ts';
import { END_PAGE, isPageAligned, MIN_PAGE, PAGE_SIZE, pagesOf, TASK_SIZE } from '../mm/layout.ts';
import { findViewPlace, isFree, mapAt, unmapRange } from '../mm/map.ts';
import { listVmas, VM_MAYWRITE, VM_SHARED, VM_VIEW, withMm } from '../mm/mm.ts';
import { type Handler, row, type SyscallRow } from './row.ts';
import { change, owned, statusOf } from './sysv.ts';

const READ = 0o444;
const WRITE = 0o222;
const EXEC = 0o111;

const shmget: Handler = (lx, key, size, flags) => {
  const fits = (segment: number): number =>
    size > lx.k.f64[(segment + Segment.size) >> 1] ? -E.INVAL : 0;
  return ipcGet(lx, SHM_KIND, key, flags, fits, () =>
    (flags & SHM.HUGETLB) !== 0 ? -E.NOMEM : newSegmentLocked(lx, key, size),
  );
};

/** The segment to attach, its description with one reference more; −errno. */
function holdSegment(lx: Lx, id: number, wanted: number): number {
  const { k } = lx;
  return k.locked(() => {
    const segment = ipcFindLocked(k, SHM_KIND.at, id);
    if (segment < 0) return segment;
    if (!ipcMay(lx, segment, wanted)) return -E.ACCES;
    const refs = k.i32[segment + Segment.file] + File.refs;
    if (Atomics.add(k.i32, refs, 1) !== 0) return segment;
    Atomics.sub(k.i32, refs, 1); // it is just going
    return -E.IDRM;
  });
}

const shmat: Handler = (lx, id, addr, flags) => {
  if (id < 0) return -E.INVAL;
  const place = wantedPlace(addr, flags);
  if (place < 0) return place;
  let wanted = (flags & SHM.RDONLY) !== 0 ? READ : READ | WRITE;
  let prot = (flags & SHM.RDONLY) !== 0 ? PROT_READ : PROT_READ | PROT_WRITE;
  if ((flags & SHM.EXEC) !== 0) {
    wanted |= EXEC;
    prot |= PROT_EXEC;
  }
  const segment = holdSegment(lx, id, wanted);
  if (segment < 0) return segment;
  requireChecked(lx);
  const result = attach(lx, segment, place, flags, prot);
  if (result >= 0) touchSegment(lx, segment, Segment.atime);
  return result;
};

/** Page that the caller asks for, 0 = any; −EINVAL. */
function wantedPlace(addr: number, flags: number): number {
  if (addr === 0) return (flags & SHM.REMAP) !== 0 ? -E.INVAL : 0;
  const page = Math.floor(addr / PAGE_SIZE);
  if (!isPageAligned(addr) && (flags & SHM.RND) === 0) return -E.INVAL;
  return page === 0 && (flags & SHM.REMAP) !== 0 ? -E.INVAL : page;
}

/** Maps the segment, whose description's reference is taken over: the address, or −errno. */
function attach(lx: Lx, segment: number, place: number, flags: number, prot: number): number {
  const { k } = lx;
  const file = k.i32[segment + Segment.file];
  const pages = pagesOf(k.f64[(segment + Segment.size) >> 1]);
  return withMm(lx, (mm) => {
    const fail = (error: number): number => {
      filePut(lx, file);
      return error;
    };
    const start = place === 0 ? findViewPlace(k, mm, pages, 0) : place;
    if (start < 0) return fail(-E.NOMEM);
    if (start < MIN_PAGE || start + pages > END_PAGE) return fail(-E.INVAL);
    if ((flags & SHM.REMAP) === 0 && !isFree(k, mm, start, start + pages)) return fail(-E.INVAL);
    const mayWrite = (prot & PROT_WRITE) !== 0 ? VM_MAYWRITE : 0;
    const vmFlags = prot | VM_SHARED | VM_VIEW | mayWrite;
    const vma = { start, end: start + pages, flags: vmFlags, file, offset: 0 };
    const result = mapAt(lx, mm, vma);
    return result < 0 ? result : start * PAGE_SIZE;
  });
}

const shmdt: Handler = (lx, addr) => {
  if (!isPageAligned(addr) || addr >= TASK_SIZE) return -E.INVAL;
  const page = addr / PAGE_SIZE;
  return withMm(lx, (mm) => {
    const pieces = listVmas(lx.k, mm).filter(
      (vma) => segmentOf(lx.k, vma) !== 0 && vma.start - vma.offset === page,
    );
    if (pieces.length === 0) return -E.INVAL;
    touchSegment(lx, segmentOf(lx.k, pieces[0]), Segment.dtime);
    for (const { start, end } of pieces) unmapRange(lx, mm, start, end);
    return 0;
  });
};

// struct shmid64_ds: perm, segsz, atime, dtime, ctime (8 each), cpid, lpid (4 each), nattch (8), unused (16)
const SHMID64_DS = IPC64_PERM + 64;

function writeShmDs(lx: Lx, address: number, segment: number): void {
  const { k, mem } = lx;
  countAttachedLocked(k);
  mem.write(address, new Uint8Array(SHMID64_DS));
  writeIpcPerm(lx, address, segment);
  [Segment.size, Segment.atime, Segment.dtime, Segment.ctime].forEach((field, n) => {
    mem.writeU64(address + IPC64_PERM + n * 8, k.f64[(segment + field) >> 1]);
  });
  mem.writeU32(address + IPC64_PERM + 32, k.i32[segment + Segment.creator]);
  mem.writeU32(address + IPC64_PERM + 36, k.i32[segment + Segment.last]);
  mem.writeU64(address + IPC64_PERM + 40, k.i32[segment + Segment.attached]);
}

/** struct shminfo64: max, min, mni, seg, all (8 each), unused (32). */
function limits(lx: Lx, address: number): number {
  const info = new BigUint64Array(9);
  info.set([2n ** 64n - 2n ** 24n - 1n, 1n, 4096n, 4096n, 2n ** 64n - 2n ** 24n - 1n]);
  lx.mem.write(address, new Uint8Array(info.buffer));
  return lx.k.locked(() => ipcTop(lx.k, SHM_KIND.at));
}

/** struct shm_info: used_ids (4 + 4), tot, rss, swp, swap_attempts, swap_successes (8 each). */
function usage(lx: Lx, address: number): number {
  const { k } = lx;
  const info = new BigUint64Array(6);
  const top = k.locked(() => {
    const segments = ipcAllLocked(k, SHM_KIND.at);
    const pages = segments.map((s) => pagesOf(k.f64[(s + Segment.size) >> 1]));
    info[0] = BigInt(ipcCount(k, SHM_KIND.at));
    info[1] = BigInt(pages.reduce((sum, n) => sum + n, 0));
    return ipcTop(k, SHM_KIND.at);
  });
  info[2] = BigInt(segmentPages(lx.k).reduce((sum, [, pages]) => sum + pages, 0));
  lx.mem.write(address, new Uint8Array(info.buffer));
  return top;
}

const shmctl: Handler = (lx, id, command, address) => {
  if (id < 0) return -E.INVAL;
  switch (command) {
    case IPC.INFO:
      return limits(lx, address);
    case SHM.INFO:
      return usage(lx, address);
    case IPC.STAT:
    case SHM.STAT:
    case SHM.STAT_ANY:
      return statusOf(lx, SHM_KIND, id, command, address, writeShmDs, [SHM.STAT, SHM.STAT_ANY]);
    case IPC.SET:
      return change(lx, SHM_KIND, id, address, (segment) => {
        lx.k.f64[(segment + Segment.ctime) >> 1] = ipcTime();
        return 0;
      });
    case IPC.RMID:
      return removeSegment(lx, id);
    case SHM.LOCK:
    case SHM.UNLOCK:
      return lock(lx, id, command === SHM.LOCK);
    default:
      return -E.INVAL;
  }
};

function removeSegment(lx: Lx, id: number): number {
  let file = 0;
  const result = owned(lx, SHM_KIND, id, (segment) => {
    if (condemnSegmentLocked(lx.k, segment)) file = lx.k.i32[segment + Segment.file];
    return 0;
  });
  if (file !== 0) filePut(lx, file);
  return result;
}

/** Nothing is ever paged out: only the mode shows it. */
function lock(lx: Lx, id: number, on: boolean): number {
  const { k } = lx;
  return k.locked(() => {
    const segment = ipcFindLocked(k, SHM_KIND.at, id);
    if (segment < 0) return segment;
    if (!mayLock(lx, segment, on)) return -E.PERM;
    if (on) k.i32[segment + Ipc.mode] |= SHM.LOCKED;
    else k.i32[segment + Ipc.mode] &= ~SHM.LOCKED;
    return 0;
  });
}

function mayLock(lx: Lx, segment: number, on: boolean): boolean {
  const { i32 } = lx.k;
  if (can(lx, CAP.IPC_LOCK)) return true;
  const process = processOf(lx);
  const euid = i32[process + Process.euid];
  if (euid !== i32[segment + Ipc.uid] && euid !== i32[segment + Ipc.cuid]) return false;
  return !on || rlimitSoft(lx.k, process, RLIMIT.MEMLOCK) !== 0;
}

// biome-ignore format: aligned rows
export const rows: readonly SyscallRow[] = [
  row(29, 'shmget', ['int', 'size', 'hex'],       shmget, 'partial', 'emulated', 'no huge pages'),
  row(30, 'shmat',  ['int', 'ptr', 'hex'],        shmat,  'full',    'emulated'),
  row(31, 'shmctl', ['int', 'int', 'ptr'],        shmctl, 'full',    'emulated'),
  row(67, 'shmdt',  ['ptr'],                      shmdt,  'full',    'emulated'),
];
