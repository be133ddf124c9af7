// System calls about pages that mem.ts leaves: sealed mappings, another process's memory, the page cache, places of pages on
// a machine with one node. As there, arguments are checked in the order Linux does it (mm/mseal.c, mm/madvise.c,
// mm/filemap.c, mm/migrate.c, mm/mempolicy.c, mm/mmap.c).
import { CAP } from '../abi/capability.ts';
import { E } from '../abi/errno.ts';
import { MADV } from '../abi/mman.ts';
import { can } from '../kernel/caps.ts';
import { fileGet, isPath } from '../kernel/file.ts';
import { fdGet } from '../kernel/files.ts';
import type { Lx } from '../kernel/lx.ts';
import { processOf } from '../kernel/process.ts';
import { ask, registerWork } from '../kernel/remote.ts';
import { Process, ProcessState, Task } from '../kernel/task.ts';
import { advise, knowsAdvice } from '../mm/advise.ts';
import { END_PAGE, isPageAligned, PAGE_SIZE, pagesOf, TASK_SIZE } from '../mm/layout.ts';
import { changeFlags, isCovered, mapAt } from '../mm/map.ts';
import { VM_RUNTIME, VM_SEALED, VM_SHARED, vmaOf, withMm } from '../mm/mm.ts';
import { regularAttr } from '../vfs/file-inode.ts';
import { readIoVecs } from '../vfs/iovec.ts';
import { mayTrace, pidfdTarget } from './pidfd.ts';
import { type Handler, row, type SyscallRow } from './row.ts';
import { taskByTid } from './sched.ts';

// ---- mseal(2): sealed mappings stay as they are (mm/map.ts isSealed)

const mseal: Handler = (lx, addr, length, flags) => {
  if (flags !== 0 || !isPageAligned(addr)) return -E.INVAL;
  const start = addr / PAGE_SIZE;
  const end = start + pagesOf(length);
  if (end > 2 ** 52) return -E.INVAL;
  if (start === end) return 0;
  return withMm(lx, (mm) => {
    if (end > END_PAGE || !isCovered(lx.k, mm, start, end)) return -E.NOMEM;
    changeFlags(lx, mm, start, end, (vma) => vma.flags | VM_SEALED);
    return 0;
  });
};

// ---- remap_file_pages(2), as Linux has it since 4.0: another mapping of the same file

const remapFilePages: Handler = (lx, addr, size, prot, page) => {
  if (prot !== 0) return -E.INVAL;
  const start = Math.floor(addr / PAGE_SIZE);
  const pages = Math.floor(size / PAGE_SIZE);
  if (pages === 0 || page + pages > 2 ** 52) return -E.INVAL;
  return withMm(lx, (mm) => {
    const vma = vmaOf(lx.k, mm, start);
    if (vma === null || vma.end < start + pages) return -E.INVAL;
    if ((vma.flags & VM_SHARED) === 0 || vma.file === 0) return -E.INVAL;
    const file = fileGet(lx.k, vma.file);
    return mapAt(lx, mm, { start, end: start + pages, flags: vma.flags, file, offset: page });
  });
};

// ---- process_madvise(2)

/** What one process may advise about another one's memory. */
const REMOTE_ADVICE: readonly number[] = [MADV.COLD, MADV.PAGEOUT, MADV.WILLNEED, MADV.COLLAPSE];

/** Bytes of the range that begins at `address` that took the advice; `data`: u32 pages, u32 advice. */
const adviseHere = registerWork((lx, address, data) => {
  const [pages, advice] = new Uint32Array(data.slice(0, 8).buffer);
  const start = address / PAGE_SIZE;
  return withMm(lx, (mm) => advise(lx, mm, start, start + pages, advice));
});

const processMadvise: Handler = (lx, fd, list, count, advice, flags) => {
  if (flags !== 0) return -E.INVAL;
  const ranges = readIoVecs(lx, list, count);
  const process = pidfdTarget(lx, fd);
  if (process < 0) return process;
  const { i32 } = lx.k;
  if (process === 0 || i32[process + Process.state] !== ProcessState.alive) return -E.SRCH;
  if (!mayTrace(lx, process)) return -E.ACCES;
  const isOwn = i32[process + Process.mm] === i32[processOf(lx) + Process.mm];
  if (!isOwn && !REMOTE_ADVICE.includes(advice)) return -E.INVAL;
  if (!isOwn && !can(lx, CAP.SYS_NICE)) return -E.PERM;
  const task = isOwn ? lx.task : i32[process + Process.leader];
  let done = 0;
  for (const { base, len } of ranges) {
    const result = adviseRange(lx, task, base, len, advice);
    if (result < 0) return done > 0 ? done : result;
    done += len;
  }
  return done;
};

function adviseRange(lx: Lx, task: number, base: number, len: number, advice: number): number {
  if (!knowsAdvice(advice) || !isPageAligned(base) || base + len > TASK_SIZE) return -E.INVAL;
  if (len === 0) return 0;
  const data = new Uint8Array(new Uint32Array([pagesOf(len), advice]).buffer);
  return ask(lx, task, adviseHere, base, data);
}

// ---- cachestat(2): all of a file is in the page cache, and none of it waits to be written

/** struct cachestat: pages cached, dirty, in writeback, evicted, recently evicted; u64 each. */
const CACHESTAT_SIZE = 40;

const cachestat: Handler = (lx, fd, range, out, flags) => {
  const { mem } = lx;
  const file = fdGet(lx, fd);
  if (file === 0 || isPath(lx.k, file)) return -E.BADF;
  const [from, length] = [mem.readU64(range), mem.readU64(range + 8)];
  if (flags !== 0) return -E.INVAL;
  const attr = regularAttr(lx, file);
  const end = attr === null ? 0 : pagesOf(attr.size);
  const first = Math.floor(from / PAGE_SIZE);
  const last = length === 0 ? end : Math.min(end, pagesOf(from + length));
  mem.write(out, new Uint8Array(CACHESTAT_SIZE));
  mem.writeU64(out, Math.max(0, last - first));
  return 0;
};

// ---- one node

const MPOL_MF_MOVE = 2;
const MPOL_MF_MOVE_ALL = 4;

/** The task of a process whose pages are to be moved, or −errno. */
function pagesTarget(lx: Lx, pid: number): number {
  const task = taskByTid(lx, pid);
  if (task === 0) return -E.SRCH;
  return mayTrace(lx, lx.k.i32[task + Task.process]) ? task : -E.PERM;
}

/** Where a page is: node 0, −ENOENT if there is nothing yet, −EFAULT outside of all mappings. */
const pageNode = registerWork((lx, address) => {
  const page = Math.floor(address / PAGE_SIZE);
  return withMm(lx, (mm) => {
    const vma = page < END_PAGE ? vmaOf(lx.k, mm, page) : null;
    if (vma === null || (vma.flags & VM_RUNTIME) !== 0) return -E.FAULT;
    const isShown = vma.file !== 0 || lx.cpu.first_filled(page, page + 1) === page;
    return isShown ? 0 : -E.NOENT;
  });
});

const movePages: Handler = (lx, pid, count, pages, nodes, status, flags) => {
  const { mem } = lx;
  if ((flags & ~(MPOL_MF_MOVE | MPOL_MF_MOVE_ALL)) !== 0) return -E.INVAL;
  if ((flags & MPOL_MF_MOVE_ALL) !== 0 && !can(lx, CAP.SYS_NICE)) return -E.PERM;
  const task = pagesTarget(lx, pid);
  if (task < 0) return task;
  for (let n = 0; n < count; n++) {
    const address = mem.readU64(pages + n * 8);
    const node = nodes === 0 ? 0 : mem.readI32(nodes + n * 4);
    if (node !== 0) return -E.NODEV;
    const found = ask(lx, task, pageNode, address, new Uint8Array(0));
    const missing = nodes === 0 ? -E.FAULT : -E.NOENT;
    mem.writeU32(status + n * 4, (found === -E.NOENT ? missing : found) >>> 0);
  }
  return 0;
};

/** A set of nodes at `address`, of which bit 0 is the only one there is. */
function readNodes(lx: Lx, address: number, maxNode: number): number | undefined {
  const bits = maxNode - 1;
  if (bits <= 0 || address === 0) return 0;
  if (bits > PAGE_SIZE * 8) return undefined;
  const bytes = lx.mem.bytes(address, Math.ceil(bits / 64) * 8);
  const others = bytes.some((byte, i) => (i === 0 ? byte & ~1 : byte) !== 0);
  return others ? undefined : bytes[0] & 1;
}

const migratePages: Handler = (lx, pid, maxNode, from, to) => {
  const old = readNodes(lx, from, maxNode);
  const wanted = readNodes(lx, to, maxNode);
  if (old === undefined || wanted === undefined) return -E.INVAL;
  const task = pagesTarget(lx, pid);
  if (task < 0) return task;
  return wanted === 0 ? -E.INVAL : 0;
};

const setHomeNode: Handler = (_lx, addr, length, node, flags) => {
  if (!isPageAligned(addr) || flags !== 0 || node !== 0) return -E.INVAL;
  return length === 0 ? 0 : -E.NOENT; // no range has a policy
};

// biome-ignore format: aligned rows
export const rows: readonly SyscallRow[] = [
  row(216, 'remap_file_pages', ['ptr', 'size', 'prot', 'size', 'map-flags'],          remapFilePages, 'full',    'emulated'),
  row(256, 'migrate_pages',    ['pid', 'size', 'ptr', 'ptr'],                          migratePages,   'partial', 'emulated', 'one node'),
  row(279, 'move_pages',       ['pid', 'size', 'ptr', 'ptr', 'ptr', 'int'],            movePages,      'partial', 'emulated', 'one node'),
  row(440, 'process_madvise',  ['fd', 'ptr', 'size', 'int', 'uint'],                   processMadvise, 'full',    'emulated'),
  row(450, 'set_mempolicy_home_node', ['ptr', 'size', 'size', 'size'],                 setHomeNode,    'partial', 'emulated', 'one node'),
  row(451, 'cachestat',        ['fd', 'ptr', 'ptr', 'uint'],                           cachestat,      'partial', 'emulated', 'all is cached, nothing is dirty'),
  row(462, 'mseal',            ['ptr', 'size', 'size'],                                mseal,          'full',    'emulated'),
];
