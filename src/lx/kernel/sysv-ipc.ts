// What SysV shared memory, semaphores and message queues have in common (ipc/util.c of Linux): objects found by key or
// id, owners and permissions, struct ipc64_perm.
//
// An id is sequence << 15 | slot. Slots are given in increasing order and used again only after the last one: an id of
// something removed stays invalid for long. Every object begins with the fields of Ipc.
import { CAP } from '../abi/capability.ts';
import { E } from '../abi/errno.ts';
import { IPC, IPC_PRIVATE } from '../abi/ipc.ts';
import { can } from './caps.ts';
import { type Kernel, struct } from './kmem.ts';
import type { Lx } from './lx.ts';
import { processOf } from './process.ts';
import { setSysctlLocked, sysctlLocked } from './sysctl.ts';
import { Process } from './task.ts';

/** The head of every object. `refs`: 1 while it can be found, and one for each who uses it without the lock. */
// biome-ignore format: aligned rows
export const IPC_HEAD = {
  key: 'i32', id: 'i32', uid: 'i32', gid: 'i32', cuid: 'i32', cgid: 'i32', mode: 'i32',
  removed: 'i32', refs: 'i32', table: 'i32',
} as const;
export const Ipc = struct(IPC_HEAD);

const Table = struct({
  count: 'i32',
  capacity: 'i32',
  slots: 'i32',
  next: 'i32',
  sequence: 'i32',
  top: 'i32',
});
const SLOT_WORDS = 2; // object, key
const SLOT_BITS = 15;
const SLOTS_MAX = 1 << SLOT_BITS;
const FIRST_CAPACITY = 31;

/** The table at fixed word `at` (Fixed.sem …). */
function tableLocked(k: Kernel, at: number): number {
  if (k.i32[at] !== 0) return k.i32[at];
  const table = k.allocLocked(Table.SIZE);
  k.i32[table + Table.capacity] = FIRST_CAPACITY;
  k.i32[table + Table.slots] = k.allocLocked(FIRST_CAPACITY * SLOT_WORDS * 4);
  k.i32[at] = table;
  return table;
}

export const ipcCount = (k: Kernel, at: number): number =>
  k.i32[at] === 0 ? 0 : k.i32[k.i32[at] + Table.count];

/** The highest slot in use, 0 if there is none: what the *_INFO commands answer. */
export function ipcTop(k: Kernel, at: number): number {
  const all = ipcAllLocked(k, at);
  return all.length === 0 ? 0 : k.i32[all[all.length - 1] + Ipc.id] & (SLOTS_MAX - 1);
}

/** All objects, by slot. */
export function ipcAllLocked(k: Kernel, at: number): number[] {
  const table = tableLocked(k, at);
  const all: number[] = [];
  const slots = k.i32[table + Table.slots];
  for (let n = 0; n < k.i32[table + Table.capacity]; n++) {
    const object = k.i32[slots + n * SLOT_WORDS];
    if (object !== 0) all.push(object);
  }
  return all;
}

/** The object in a slot (*_STAT commands), or −EINVAL. */
export function ipcInSlotLocked(k: Kernel, at: number, slot: number): number {
  const table = tableLocked(k, at);
  if (slot < 0 || slot >= k.i32[table + Table.capacity]) return -E.INVAL;
  return k.i32[k.i32[table + Table.slots] + slot * SLOT_WORDS] || -E.INVAL;
}

/** The object with an id, or −EINVAL. */
export function ipcFindLocked(k: Kernel, at: number, id: number): number {
  if (id < 0) return -E.INVAL;
  const object = ipcInSlotLocked(k, at, id & (SLOTS_MAX - 1));
  return object < 0 || k.i32[object + Ipc.id] === id ? object : -E.INVAL;
}

function findKeyLocked(k: Kernel, at: number, key: number): number {
  const { i32 } = k;
  const table = tableLocked(k, at);
  const slots = i32[table + Table.slots];
  const end = slots + i32[table + Table.capacity] * SLOT_WORDS;
  for (let slot = slots; slot < end; slot += SLOT_WORDS) {
    if (i32[slot + 1] === key && i32[slot] !== 0) return i32[slot];
  }
  return 0;
}

export interface IpcKind {
  /** Fixed word of the table. */
  readonly at: number;
  /** Most objects there may be; kernel lock held. */
  readonly limit: (k: Kernel) => number;
  /** The parameter that asks for the next object's id (checkpoint and restore). */
  readonly nextId: string;
}

/**
 * shmget, semget, msgget: the id of the object with `key`, made by `make` (kernel lock held; it answers a new object or
 * −errno) if there is none and `flags` want it. `fits` checks an existing one: 0 or −errno.
 */
export function ipcGet(
  lx: Lx,
  kind: IpcKind,
  key: number,
  flags: number,
  fits: (object: number) => number,
  make: () => number,
): number {
  const { k } = lx;
  return k.locked(() => {
    const found = key === IPC_PRIVATE ? 0 : findKeyLocked(k, kind.at, key);
    if (found === 0) {
      if (key !== IPC_PRIVATE && (flags & IPC.CREAT) === 0) return -E.NOENT;
      return addLocked(lx, kind, key, flags, make);
    }
    if ((flags & IPC.CREAT) !== 0 && (flags & IPC.EXCL) !== 0) return -E.EXIST;
    const misfit = fits(found);
    if (misfit < 0) return misfit;
    return ipcMay(lx, found, flags) ? k.i32[found + Ipc.id] : -E.ACCES;
  });
}

function addLocked(lx: Lx, kind: IpcKind, key: number, flags: number, make: () => number): number {
  const { k } = lx;
  const { i32 } = k;
  const table = tableLocked(k, kind.at);
  if (i32[table + Table.count] >= kind.limit(k)) return -E.NOSPC;
  const object = make();
  if (object < 0) return object;
  const id = newIdLocked(k, kind, table);
  const slot = id & (SLOTS_MAX - 1);
  i32[table + Table.count]++;
  const at = i32[table + Table.slots] + slot * SLOT_WORDS;
  i32[at] = object;
  i32[at + 1] = key;
  const process = processOf(lx);
  i32[object + Ipc.key] = key;
  i32[object + Ipc.id] = id;
  i32[object + Ipc.uid] = i32[object + Ipc.cuid] = i32[process + Process.euid];
  i32[object + Ipc.gid] = i32[object + Ipc.cgid] = i32[process + Process.egid];
  i32[object + Ipc.mode] = flags & 0o777;
  i32[object + Ipc.refs] = 1;
  i32[object + Ipc.table] = table;
  return i32[object + Ipc.id];
}

/** The id of a new object: the one that was asked for, or the first after it with a free slot; else the next one. */
function newIdLocked(k: Kernel, { nextId }: IpcKind, table: number): number {
  const { i32 } = k;
  const wanted = sysctlLocked(k, nextId);
  if (wanted >= 0) {
    setSysctlLocked(k, nextId, '-1');
    const slot = freeSlotLocked(k, table, wanted & (SLOTS_MAX - 1));
    return (wanted & ~(SLOTS_MAX - 1)) | slot;
  }
  const slot = freeSlotLocked(k, table, i32[table + Table.next]);
  if (slot < i32[table + Table.next]) i32[table + Table.sequence]++;
  i32[table + Table.next] = slot + 1;
  return (i32[table + Table.sequence] << SLOT_BITS) | slot;
}

/** The first free slot from `from` on, from the very first again when there is none. */
function freeSlotLocked(k: Kernel, table: number, from: number): number {
  const { i32 } = k;
  const free = (n: number): boolean => i32[i32[table + Table.slots] + n * SLOT_WORDS] === 0;
  for (let n = from; n < SLOTS_MAX; n++) {
    while (n >= i32[table + Table.capacity]) growLocked(k, table);
    if (free(n)) return n;
  }
  let n = 0;
  while (!free(n)) n++;
  return n;
}

function growLocked(k: Kernel, table: number): void {
  const { i32 } = k;
  const old = i32[table + Table.slots];
  const words = i32[table + Table.capacity] * SLOT_WORDS;
  const capacity = Math.min(i32[table + Table.capacity] * 2 + 1, SLOTS_MAX);
  const slots = k.allocLocked(capacity * SLOT_WORDS * 4);
  i32.copyWithin(slots, old, old + words);
  i32[table + Table.slots] = slots;
  i32[table + Table.capacity] = capacity;
  k.freeLocked(old);
}

/** Nobody finds the object any more; it is freed by the last ipcPutLocked(). */
export function ipcRemoveLocked(k: Kernel, object: number): void {
  const { i32 } = k;
  const table = i32[object + Ipc.table];
  i32[i32[table + Table.slots] + (i32[object + Ipc.id] & (SLOTS_MAX - 1)) * SLOT_WORDS] = 0;
  i32[table + Table.count]--;
  i32[object + Ipc.removed] = 1;
}

/** A key that is to be forgotten although the object stays (shm that is marked for destruction). */
export function ipcForgetKeyLocked(k: Kernel, object: number): void {
  const { i32 } = k;
  const slots = i32[i32[object + Ipc.table] + Table.slots];
  i32[slots + (i32[object + Ipc.id] & (SLOTS_MAX - 1)) * SLOT_WORDS + 1] = IPC_PRIVATE;
  i32[object + Ipc.key] = IPC_PRIVATE;
}

// ---- permissions

const euidOf = (lx: Lx): number => lx.k.i32[processOf(lx) + Process.euid];

function inGroup(lx: Lx, gid: number): boolean {
  const { i32 } = lx.k;
  const process = processOf(lx);
  if (i32[process + Process.egid] === gid) return true;
  const groups = i32[process + Process.groups];
  return groups !== 0 && i32.subarray(groups + 1, groups + 1 + i32[groups]).includes(gid);
}

/** ipcperms() of Linux: does the current process have the permissions (0o444, 0o222, or a mode) on the object? */
export function ipcMay(lx: Lx, object: number, wanted: number): boolean {
  const { i32 } = lx.k;
  if (can(lx, CAP.IPC_OWNER)) return true;
  const euid = euidOf(lx);
  const asked = ((wanted >> 6) | (wanted >> 3) | wanted) & 7;
  let granted = i32[object + Ipc.mode];
  if (euid === i32[object + Ipc.cuid] || euid === i32[object + Ipc.uid]) granted >>= 6;
  else if (inGroup(lx, i32[object + Ipc.cgid]) || inGroup(lx, i32[object + Ipc.gid])) granted >>= 3;
  return (asked & ~granted) === 0;
}

/** IPC_SET and IPC_RMID are for the owner, the creator and root. */
export function ipcOwns(lx: Lx, object: number): boolean {
  const euid = euidOf(lx);
  return (
    can(lx, CAP.SYS_ADMIN) ||
    euid === lx.k.i32[object + Ipc.cuid] ||
    euid === lx.k.i32[object + Ipc.uid]
  );
}

// ---- struct ipc64_perm: key uid gid cuid cgid mode (4 each), seq (2), padding

export const IPC64_PERM = 48;

export function writeIpcPerm(lx: Lx, address: number, object: number): void {
  const { i32 } = lx.k;
  const fields = [Ipc.key, Ipc.uid, Ipc.gid, Ipc.cuid, Ipc.cgid, Ipc.mode];
  fields.forEach((field, n) => {
    lx.mem.writeU32(address + n * 4, i32[object + field]);
  });
  lx.mem.writeU16(address + 24, i32[object + Ipc.id] >> SLOT_BITS);
}

/** What IPC_SET takes of an ipc64_perm; −EINVAL for ids that are none. */
export function setIpcPermLocked(
  k: Kernel,
  object: number,
  uid: number,
  gid: number,
  mode: number,
): number {
  if (uid === -1 || gid === -1) return -E.INVAL;
  k.i32[object + Ipc.uid] = uid;
  k.i32[object + Ipc.gid] = gid;
  k.i32[object + Ipc.mode] = (k.i32[object + Ipc.mode] & ~0o777) | (mode & 0o777);
  return 0;
}

/** One user less of an object that may have been removed; `free` is called for the last. */
export function ipcPutLocked(k: Kernel, object: number, free: (object: number) => void): void {
  if (--k.i32[object + Ipc.refs] === 0) free(object);
}

/** Now, as the time stamps of the objects have it: in seconds. */
export const ipcTime = (): number =>
  Math.floor((performance.timeOrigin + performance.now()) / 1000);
