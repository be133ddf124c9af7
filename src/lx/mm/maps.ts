// What /proc shows of an address space: the lines of /proc/pid/maps, and the numbers of statm and status. proc(5)
import type { Kernel } from '../kernel/kmem.ts';
import { processesLocked } from '../kernel/process.ts';
import { Process } from '../kernel/task.ts';
import { PAGE_SIZE, RAM_SIZE } from './layout.ts';
import {
  listVmas,
  Mm,
  VM_EXEC,
  VM_HEAP,
  VM_READ,
  VM_RUNTIME,
  VM_SHARED,
  VM_STACK,
  VM_WRITE,
  type Vma,
  visiblePages,
} from './mm.ts';

/** The Mm's VMAs as the guest may see them. */
export const visibleVmas = (k: Kernel, mm: number): Vma[] =>
  listVmas(k, mm).filter((vma) => (vma.flags & VM_RUNTIME) === 0);

function anonymousName({ flags }: Vma): string {
  if ((flags & VM_HEAP) !== 0) return '[heap]';
  return (flags & VM_STACK) !== 0 ? '[stack]' : '';
}

/** What maps says of a mapped File: device ("fe:01"), inode, name. */
export interface MappedFile {
  readonly device: string;
  readonly inode: number;
  readonly name: string;
}

/** Guest addresses and attributes of a VMA as strings, as in a line of maps without the name. */
function mapsFields(vma: Vma, device: string, inode: number): string {
  const range = `${hex8(vma.start * PAGE_SIZE)}-${hex8(vma.end * PAGE_SIZE)}`;
  const letters =
    ((vma.flags & VM_READ) !== 0 ? 'r' : '-') +
    ((vma.flags & VM_WRITE) !== 0 ? 'w' : '-') +
    ((vma.flags & VM_EXEC) !== 0 ? 'x' : '-') +
    ((vma.flags & VM_SHARED) !== 0 ? 's' : 'p');
  return `${range} ${letters} ${hex8(vma.offset * PAGE_SIZE)} ${device} ${inode} `;
}

const hex8 = (value: number): string => value.toString(16).padStart(8, '0');

/** Column at which a maps line has its name (fs/proc/task_mmu.c, show_map_vma: 25 + sizeof(void *) * 6 − 1). */
const NAME_COLUMN = 72;

/** Text of /proc/pid/maps. */
export function mapsText(k: Kernel, mm: number, identify: (file: number) => MappedFile): string {
  let text = '';
  for (const vma of visibleVmas(k, mm)) {
    const { device, inode, name } =
      vma.file === 0 ? { device: '00:00', inode: 0, name: anonymousName(vma) } : identify(vma.file);
    const fields = mapsFields(vma, device, inode);
    text += `${name === '' ? fields : `${fields.padEnd(NAME_COLUMN)} ${name}`}\n`;
  }
  return text;
}

export interface MemoryCounts {
  /** All in pages. Nothing is swapped or lazily loaded, so resident = what is mapped and accessible. */
  total: number;
  peak: number;
  resident: number;
  shared: number;
  text: number;
  data: number;
  stack: number;
  locked: number;
}

export function memoryCounts(k: Kernel, mm: number): MemoryCounts {
  const counts: MemoryCounts = {
    total: k.i32[mm + Mm.totalPages],
    peak: k.i32[mm + Mm.maxPages],
    resident: 0,
    shared: 0,
    text: 0,
    data: 0,
    stack: 0,
    locked: k.i32[mm + Mm.lockedPages],
  };
  for (const vma of visibleVmas(k, mm)) {
    const pages = visiblePages(vma);
    if ((vma.flags & (VM_READ | VM_WRITE | VM_EXEC)) !== 0) counts.resident += pages;
    if (vma.file !== 0) counts.shared += pages;
    if ((vma.flags & VM_EXEC) !== 0) counts.text += pages;
    else if ((vma.flags & VM_STACK) !== 0) counts.stack += pages;
    else if ((vma.flags & VM_WRITE) !== 0 && (vma.flags & VM_SHARED) === 0) counts.data += pages;
  }
  return counts;
}

/** Pages that all processes have mapped; at most half of the RAM we tell of, as nobody means all that he maps. */
export function usedPages(k: Kernel): number {
  return k.locked(() => {
    const mms = new Set(processesLocked(k).map((p) => k.i32[p + Process.mm]));
    let pages = 0;
    for (const mm of mms) if (mm !== 0) pages += memoryCounts(k, mm).resident;
    return Math.min(pages, RAM_SIZE / PAGE_SIZE / 2);
  });
}
