// Extended attributes of in-memory files: a list of (next, name, value), names and values as string objects. The store's
// lock is held.
import { changedLocked } from './inode.ts';
import { Inode } from './layout.ts';
import type { Store } from './store.ts';

const NEXT = 0;
const NAME = 1;
const VALUE = 2;
const BYTES = 12;

/** The word that leads to the attribute `name`; what it holds is 0 if there is none. */
function linkTo(s: Store, inode: number, name: string): number {
  let link = inode + Inode.xattrs;
  while (s.i32[link] !== 0 && s.readString(s.i32[s.i32[link] + NAME]) !== name) {
    link = s.i32[link] + NEXT;
  }
  return link;
}

export function getXattrLocked(s: Store, inode: number, name: string): string | undefined {
  const found = s.i32[linkTo(s, inode, name)];
  return found === 0 ? undefined : s.readString(s.i32[found + VALUE]);
}

export function setXattrLocked(s: Store, inode: number, name: string, value: string): number {
  const { i32 } = s;
  const found = i32[linkTo(s, inode, name)];
  const text = s.takeStringLocked(value);
  if (found !== 0) {
    s.giveLocked(i32[found + VALUE]);
    i32[found + VALUE] = text;
  } else {
    const made = s.takeLocked(BYTES);
    i32[made + NAME] = s.takeStringLocked(name);
    i32[made + VALUE] = text;
    i32[made + NEXT] = i32[inode + Inode.xattrs];
    i32[inode + Inode.xattrs] = made;
  }
  changedLocked(s, inode);
  return 0;
}

/** 1, or 0 if there is none. */
export function removeXattrLocked(s: Store, inode: number, name: string): number {
  const { i32 } = s;
  const link = linkTo(s, inode, name);
  const found = i32[link];
  if (found === 0) return 0;
  i32[link] = i32[found + NEXT];
  for (const object of [i32[found + NAME], i32[found + VALUE], found]) s.giveLocked(object);
  changedLocked(s, inode);
  return 1;
}

export function listXattrsLocked(s: Store, inode: number): { name: string; length: number }[] {
  const found: { name: string; length: number }[] = [];
  for (let at = s.i32[inode + Inode.xattrs]; at !== 0; at = s.i32[at + NEXT]) {
    found.push({ name: s.readString(s.i32[at + NAME]), length: s.i32[s.i32[at + VALUE]] });
  }
  return found;
}
