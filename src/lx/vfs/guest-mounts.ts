// What guests have mounted, mount(2), as records in kernel memory: each worker makes file systems of them when the
// generation of the namespace changes (namespace.ts).
import { Fixed } from '../kernel/fixed.ts';
import { type Kernel, struct } from '../kernel/kmem.ts';

const Record = struct({
  next: 'i32',
  id: 'i32',
  readOnly: 'i32',
  root: 'i32',
  abs: 'i32',
  type: 'i32',
  source: 'i32',
  host: 'i32',
});

export interface GuestMount {
  readonly id: number;
  readonly readOnly: boolean;
  /** Canonical guest path. */
  readonly abs: string;
  readonly type: string;
  readonly source: string;
  /** Directory of the host it shows; '' for file systems that have none. */
  readonly host: string;
  /** Root inode in the session's memory (fs/tmpfs), 0 if it is something else. */
  readonly root: number;
}

const FIELDS = ['abs', 'type', 'source', 'host'] as const;

function recordsLocked(k: Kernel): number[] {
  const all: number[] = [];
  for (let r = k.i32[Fixed.mounts]; r !== 0; r = k.i32[r + Record.next]) all.push(r);
  return all;
}

function read(k: Kernel, record: number): GuestMount {
  const text = (field: (typeof FIELDS)[number]): string =>
    k.readString(k.i32[record + Record[field]]);
  return {
    id: k.i32[record + Record.id],
    readOnly: k.i32[record + Record.readOnly] !== 0,
    root: k.i32[record + Record.root],
    abs: text('abs'),
    type: text('type'),
    source: text('source'),
    host: text('host'),
  };
}

/** In the order they were made. */
export const guestMounts = (k: Kernel): GuestMount[] =>
  k.i32[Fixed.mounts] === 0 ? [] : k.locked(() => recordsLocked(k).map((r) => read(k, r)));

export function addGuestMountLocked(k: Kernel, mount: GuestMount): void {
  const record = k.allocLocked(Record.SIZE);
  k.i32[record + Record.id] = mount.id;
  k.i32[record + Record.readOnly] = mount.readOnly ? 1 : 0;
  k.i32[record + Record.root] = mount.root;
  for (const field of FIELDS) k.i32[record + Record[field]] = k.newStringLocked(mount[field]);
  const all = recordsLocked(k);
  if (all.length === 0) k.i32[Fixed.mounts] = record;
  else k.i32[all[all.length - 1] + Record.next] = record;
}

/** The topmost mount at a path, 0 if guests mounted none there. */
export const findGuestMountLocked = (k: Kernel, abs: string): number =>
  recordsLocked(k).findLast((r) => k.readString(k.i32[r + Record.abs]) === abs) ?? 0;

export function setReadOnly(k: Kernel, record: number, readOnly: boolean): void {
  k.i32[record + Record.readOnly] = readOnly ? 1 : 0;
}

/** Takes a mount away; what it was. */
export function removeGuestMountLocked(k: Kernel, record: number): GuestMount {
  const { i32 } = k;
  const mount = read(k, record);
  let link = Fixed.mounts as number;
  while (i32[link] !== record) link = i32[link] + Record.next;
  i32[link] = i32[record + Record.next];
  for (const field of FIELDS) k.freeLocked(i32[record + Record[field]]);
  k.freeLocked(record);
  return mount;
}
