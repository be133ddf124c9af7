// SysV shared memory: segments found by key or id (ipc/shm.c of Linux). A segment's memory is that of a description
// (mm/view.ts), which its attachments hold as mappings do. A segment that is removed while it is attached stays, without
// its key, until the last attachment goes: it gives its own reference up, and the description's release ends it.
import { E } from '../abi/errno.ts';
import { SHM, SHMLIM } from '../abi/ipc.ts';
import { RAM_SIZE } from '../mm/layout.ts';
import { listVmas, type Vma } from '../mm/mm.ts';
import { attachMemoryLocked, residentPages } from '../mm/shared-object.ts';
import { File, FileKind, registerFileOps } from './file.ts';
import { newFileLocked } from './files.ts';
import { Fixed } from './fixed.ts';
import { type Kernel, struct } from './kmem.ts';
import type { Lx } from './lx.ts';
import { pidOf, processesLocked } from './process.ts';
import { sysctlLocked } from './sysctl.ts';
import {
  IPC_HEAD,
  Ipc,
  type IpcKind,
  ipcAllLocked,
  ipcForgetKeyLocked,
  ipcRemoveLocked,
  ipcTime,
} from './sysv-ipc.ts';
import { Process } from './task.ts';

export const SHM_KIND: IpcKind = {
  at: Fixed.shm,
  limit: (k) => sysctlLocked(k, 'kernel/shmmni'),
  nextId: 'kernel/shm_next_id',
};

// biome-ignore format: aligned rows
export const Segment = struct({
  ...IPC_HEAD,
  file: 'i32',                              // its description
  size: 'f64', atime: 'f64', dtime: 'f64', ctime: 'f64',
  creator: 'i32', last: 'i32',              // pids: who made it, who attached or detached last
  attached: 'i32', resident: 'f64', swapped: 'f64', // mappings and bytes, as they were counted last
});

const O_RDWR = 2;

/** For ipcGet(): a new segment, or −errno. */
export function newSegmentLocked(lx: Lx, key: number, size: number): number {
  const { k } = lx;
  if (size < 1 || size > SHMLIM.MAX) return -E.INVAL;
  if (size > RAM_SIZE) return -E.NOMEM;
  const segment = k.allocLocked(Segment.SIZE);
  const name = `/SYSV${(key >>> 0).toString(16).padStart(8, '0')} (deleted)`;
  const file = newFileLocked(k, FileKind.sharedMemory, O_RDWR, name);
  attachMemoryLocked(k, file, size);
  k.i32[file + File.b] = segment;
  k.i32[segment + Segment.file] = file;
  k.i32[segment + Segment.creator] = pidOf(lx);
  k.f64[(segment + Segment.size) >> 1] = size;
  k.f64[(segment + Segment.ctime) >> 1] = ipcTime();
  return segment;
}

/** The segment behind a mapping, or 0. */
export const segmentOf = ({ i32 }: Kernel, { file }: Vma): number =>
  file !== 0 && i32[file + File.kind] === FileKind.sharedMemory ? i32[file + File.b] : 0;

/** Counts the mappings of each segment in all address spaces. */
export function countAttachedLocked(k: Kernel): void {
  const { i32 } = k;
  for (const segment of ipcAllLocked(k, Fixed.shm)) i32[segment + Segment.attached] = 0;
  const mms = new Set(processesLocked(k).map((process) => i32[process + Process.mm]));
  for (const mm of mms) {
    for (const vma of mm === 0 ? [] : listVmas(k, mm)) {
      const segment = segmentOf(k, vma);
      if (segment !== 0) i32[segment + Segment.attached]++;
    }
  }
}

/** Pages in use of each segment. */
export function segmentPages(k: Kernel): [segment: number, pages: number][] {
  const segments = k.locked(() => ipcAllLocked(k, SHM_KIND.at));
  return segments.map((segment) => {
    const object = k.i32[k.i32[segment + Segment.file] + File.object];
    return [segment, residentPages(k, object)];
  });
}

/** IPC_RMID: nobody finds the key any more. True: the caller has to put the description, outside of the lock. */
export function condemnSegmentLocked(k: Kernel, segment: number): boolean {
  if ((k.i32[segment + Ipc.mode] & SHM.DEST) !== 0) return false;
  k.i32[segment + Ipc.mode] |= SHM.DEST;
  ipcForgetKeyLocked(k, segment);
  return true;
}

export function touchSegment(lx: Lx, segment: number, field: number): void {
  lx.k.i32[segment + Segment.last] = pidOf(lx);
  lx.k.f64[(segment + field) >> 1] = ipcTime();
}

registerFileOps(FileKind.sharedMemory, {
  sync: () => 0,
  /** The last mapping of memory without a name is gone; was it a segment, it ends. */
  release({ k }, file) {
    const segment = k.i32[file + File.b];
    if (segment === 0) return;
    k.locked(() => {
      ipcRemoveLocked(k, segment);
      k.freeLocked(segment);
    });
  },
});
