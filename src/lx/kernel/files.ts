// Descriptor tables and the life of open file descriptions (struct files_struct of Linux). A table belongs to a
// process, or to several with CLONE_FILES; a slot holds a description and its close-on-exec bit.
import { E } from '../abi/errno.ts';
import { File, type FileKind, fileGet, filePut } from './file.ts';
import type { Kernel } from './kmem.ts';
import type { Lx } from './lx.ts';
import { processesLocked, processOf } from './process.ts';
import { RLIMIT, rlimitSoft } from './rlimits.ts';
import { FileTable, Process } from './task.ts';

const SLOT_WORDS = 2; // File, close-on-exec
const INITIAL_SLOTS = 63; // with the block's header: 512 bytes

/** Called, kernel lock not held, when a process closes a descriptor of `file`: POSIX locks go with it. */
type CloseHook = (lx: Lx, file: number) => void;
const closeHooks: CloseHook[] = [];
export const onDescriptorClosed = (hook: CloseHook): number => closeHooks.push(hook);

// ---- descriptions

/** A new description with one reference; `path` is the absolute guest path it was opened by, '' if it has none. */
export const newFile = (k: Kernel, kind: FileKind, flags: number, path = ''): number =>
  k.locked(() => newFileLocked(k, kind, flags, path));

export function newFileLocked(k: Kernel, kind: FileKind, flags: number, path: string): number {
  const file = k.allocLocked(File.SIZE);
  k.i32[file + File.kind] = kind;
  k.i32[file + File.refs] = 1;
  k.i32[file + File.flags] = flags;
  if (path !== '') k.i32[file + File.path] = k.newStringLocked(path);
  return file;
}

// ---- descriptors of the current process

const tableOf = (lx: Lx): number => lx.k.i32[processOf(lx) + Process.files];

/**
 * The description behind `fd`, or 0. The reference stays the table's; where another thread may close the descriptor
 * meanwhile, the system call holds the description until it ends (releaseHeld).
 */
export function fdGet(lx: Lx, fd: number): number {
  const { k } = lx;
  const process = processOf(lx);
  const table = k.i32[process + Process.files];
  const alone = k.i32[process + Process.taskCount] === 1 && k.i32[table + FileTable.refs] === 1;
  return alone ? tableGet(k, table, fd) : fdHold(k, table, fd);
}

/** What the system call of this worker holds. */
const held: number[] = [];

function fdHold(k: Kernel, table: number, fd: number): number {
  const file = k.locked(() => {
    const found = tableGet(k, table, fd);
    return found === 0 ? 0 : fileGet(k, found);
  });
  if (file !== 0) held.push(file);
  return file;
}

/** The system call has ended. */
export function releaseHeld(lx: Lx): void {
  while (held.length > 0) filePut(lx, held.pop()!);
}

/** As fdGet, for any process's table (procfs). */
export function tableGet(k: Kernel, table: number, fd: number): number {
  const { i32 } = k;
  if (table === 0 || fd < 0 || fd >= i32[table + FileTable.capacity]) return 0;
  return i32[i32[table + FileTable.slots] + fd * SLOT_WORDS];
}

/** Descriptors in use, in order (procfs). */
export function openFds(k: Kernel, table: number): number[] {
  const fds: number[] = [];
  const capacity = table === 0 ? 0 : k.i32[table + FileTable.capacity];
  for (let fd = 0; fd < capacity; fd++) if (tableGet(k, table, fd) !== 0) fds.push(fd);
  return fds;
}

/**
 * Gives `file` the lowest free descriptor that is at least `min`, and takes over the caller's reference.
 * −EMFILE at RLIMIT_NOFILE: the reference is dropped then.
 */
export function fdInstall(lx: Lx, file: number, cloexec: boolean, min = 0): number {
  const { k } = lx;
  const table = tableOf(lx);
  const limit = rlimitSoft(k, processOf(lx), RLIMIT.NOFILE);
  k.lock();
  let fd: number;
  try {
    fd = lowestFreeLocked(k, table, min);
    if (fd < limit) setSlotLocked(k, table, fd, file, cloexec);
  } finally {
    k.unlock();
  }
  if (fd < limit) return fd;
  filePut(lx, file);
  return -E.MFILE;
}

/** dup(2), F_DUPFD: another descriptor (at least `min`) for the description of `fd`. */
export function fdDup(lx: Lx, fd: number, cloexec: boolean, min = 0): number {
  const file = fdGet(lx, fd);
  if (file === 0) return -E.BADF;
  return fdInstall(lx, fileGet(lx.k, file), cloexec, min);
}

/** dup2(2), dup3(2) with `oldFd` ≠ `newFd`: what `newFd` was is closed. */
export function fdReplace(lx: Lx, oldFd: number, newFd: number, cloexec: boolean): number {
  const { k } = lx;
  const file = fdGet(lx, oldFd);
  if (file === 0 || newFd < 0 || newFd >= rlimitSoft(k, processOf(lx), RLIMIT.NOFILE))
    return -E.BADF;
  fileGet(k, file);
  const table = tableOf(lx);
  const replaced = k.locked(() => {
    const before = tableGet(k, table, newFd);
    setSlotLocked(k, table, newFd, file, cloexec);
    return before;
  });
  if (replaced !== 0) closed(lx, replaced);
  return newFd;
}

export function fdClose(lx: Lx, fd: number): number {
  const file = lx.k.locked(() => takeSlotLocked(lx.k, tableOf(lx), fd));
  if (file === 0) return -E.BADF;
  closed(lx, file);
  return 0;
}

export function fdCloexec(lx: Lx, fd: number): boolean {
  const { i32 } = lx.k;
  return i32[i32[tableOf(lx) + FileTable.slots] + fd * SLOT_WORDS + 1] !== 0;
}

export function setFdCloexec(lx: Lx, fd: number, cloexec: boolean): void {
  const { i32 } = lx.k;
  i32[i32[tableOf(lx) + FileTable.slots] + fd * SLOT_WORDS + 1] = cloexec ? 1 : 0;
}

/** Descriptors a table has room for: no open one is at or above it. */
export const fdCapacity = (lx: Lx): number => lx.k.i32[tableOf(lx) + FileTable.capacity];

/** execve: descriptors marked close-on-exec go. */
export function closeOnExec(lx: Lx): void {
  const { i32 } = lx.k;
  const table = tableOf(lx);
  const capacity = i32[table + FileTable.capacity];
  for (let fd = 0; fd < capacity; fd++) {
    const slot = i32[table + FileTable.slots] + fd * SLOT_WORDS;
    if (i32[slot] !== 0 && i32[slot + 1] !== 0) fdClose(lx, fd);
  }
}

function closed(lx: Lx, file: number): void {
  for (const hook of closeHooks) hook(lx, file);
  filePut(lx, file);
}

// ---- tables

export function newFileTableLocked(k: Kernel): number {
  const table = k.allocLocked(FileTable.SIZE);
  k.i32[table + FileTable.refs] = 1;
  k.i32[table + FileTable.capacity] = INITIAL_SLOTS;
  k.i32[table + FileTable.slots] = k.allocLocked(INITIAL_SLOTS * SLOT_WORDS * 4);
  return table;
}

/** fork: the same descriptions under the same numbers. */
export function copyFileTableLocked(k: Kernel, from: number): number {
  const { i32 } = k;
  const capacity = i32[from + FileTable.capacity];
  const words = capacity * SLOT_WORDS;
  const slots = k.allocLocked(words * 4);
  const source = i32[from + FileTable.slots];
  i32.copyWithin(slots, source, source + words);
  for (let fd = 0; fd < capacity; fd++) {
    const file = i32[slots + fd * SLOT_WORDS];
    if (file !== 0) fileGet(k, file);
  }
  const table = k.allocLocked(FileTable.SIZE);
  i32[table + FileTable.refs] = 1;
  i32[table + FileTable.capacity] = capacity;
  i32[table + FileTable.slots] = slots;
  i32[table + FileTable.lowest] = i32[from + FileTable.lowest];
  return table;
}

/** The current process lets go of its table; the last one closes everything. */
export function releaseFiles(lx: Lx, process: number): void {
  const { k } = lx;
  const { i32 } = k;
  const table = i32[process + Process.files];
  if (table === 0) return;
  if (Atomics.sub(i32, table + FileTable.refs, 1) === 1) {
    const capacity = i32[table + FileTable.capacity];
    for (let fd = 0; fd < capacity; fd++) {
      if (tableGet(k, table, fd) === 0) continue;
      const file = k.locked(() => takeSlotLocked(k, table, fd));
      if (file !== 0) closed(lx, file);
    }
    k.locked(() => {
      k.freeLocked(i32[table + FileTable.slots]);
      k.freeLocked(table);
    });
  }
  i32[process + Process.files] = 0;
}

/** unshare(CLONE_FILES), and execve of a process that shares its table. */
export function unshareFiles(lx: Lx): void {
  const { k } = lx;
  const process = processOf(lx);
  const table = k.i32[process + Process.files];
  if (k.i32[table + FileTable.refs] === 1) return;
  const copy = k.locked(() => copyFileTableLocked(k, table));
  releaseFiles(lx, process);
  k.i32[process + Process.files] = copy;
}

function lowestFreeLocked(k: Kernel, table: number, min: number): number {
  const { i32 } = k;
  const slots = i32[table + FileTable.slots];
  const capacity = i32[table + FileTable.capacity];
  let fd = Math.max(min, i32[table + FileTable.lowest]);
  while (fd < capacity && i32[slots + fd * SLOT_WORDS] !== 0) fd++;
  return fd;
}

export function setSlotLocked(
  k: Kernel,
  table: number,
  fd: number,
  file: number,
  cloexec: boolean,
): void {
  const { i32 } = k;
  if (fd >= i32[table + FileTable.capacity]) growLocked(k, table, fd + 1);
  const slot = i32[table + FileTable.slots] + fd * SLOT_WORDS;
  i32[slot] = file;
  i32[slot + 1] = cloexec ? 1 : 0;
  if (fd === i32[table + FileTable.lowest]) i32[table + FileTable.lowest] = fd + 1;
}

function takeSlotLocked(k: Kernel, table: number, fd: number): number {
  const { i32 } = k;
  const file = tableGet(k, table, fd);
  if (file === 0) return 0;
  i32[i32[table + FileTable.slots] + fd * SLOT_WORDS] = 0;
  if (fd < i32[table + FileTable.lowest]) i32[table + FileTable.lowest] = fd;
  return file;
}

function growLocked(k: Kernel, table: number, needed: number): void {
  const { i32 } = k;
  const old = i32[table + FileTable.slots];
  const oldCapacity = i32[table + FileTable.capacity];
  let capacity = oldCapacity;
  while (capacity < needed) capacity = capacity * 2 + 1; // 2^n − 1: header and slots fill a block
  const slots = k.allocLocked(capacity * SLOT_WORDS * 4);
  i32.copyWithin(slots, old, old + oldCapacity * SLOT_WORDS);
  i32[table + FileTable.slots] = slots;
  i32[table + FileTable.capacity] = capacity;
  k.freeLocked(old);
}

/** The descriptions that processes have open, each once. */
export function openFilesLocked(k: Kernel): number[] {
  const files = new Set<number>();
  for (const table of new Set(processesLocked(k).map((p) => k.i32[p + Process.files])))
    for (const fd of openFds(k, table)) files.add(tableGet(k, table, fd));
  return [...files];
}
