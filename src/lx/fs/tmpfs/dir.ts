// Directories of in-memory file systems: names in a hash table, and in a list in the order they were made. The store's
// lock is held.

import { byteString } from '../../kernel/bytes.ts';
import { struct } from '../../kernel/kmem.ts';
import { Inode } from './layout.ts';
import type { Store } from './store.ts';

// biome-ignore format: aligned rows
const Name = struct({
  chain: 'i32',              // the next of the same bucket
  next: 'i32', previous: 'i32', // list of all
  hash: 'i32',
  inode: 'i32',
  length: 'i32',
  text: 0,                   // the bytes follow
});

/** The table of a directory begins with the number of its buckets − 1. */
const FIRST_BUCKETS = 4;
const textAt = (name: number): number => (name + Name.text) * 4;

function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash ^ (hash >>> 15);
}

export function newDirLocked(s: Store, dir: number): void {
  s.i32[dir + Inode.data] = newTableLocked(s, FIRST_BUCKETS);
}

function newTableLocked(s: Store, buckets: number): number {
  const table = s.takeLocked((buckets + 1) * 4);
  s.i32[table] = buckets - 1;
  return table;
}

const bucketOf = (s: Store, dir: number, hash: number): number => {
  const table = s.i32[dir + Inode.data];
  return table + 1 + (hash & s.i32[table]);
};

function findLocked(s: Store, dir: number, text: string): number {
  const { i32, u8 } = s;
  const hash = hashOf(text);
  let name = i32[bucketOf(s, dir, hash)];
  while (name !== 0) {
    if (i32[name + Name.hash] === hash && i32[name + Name.length] === text.length) {
      const at = textAt(name);
      let i = 0;
      while (i < text.length && u8[at + i] === text.charCodeAt(i)) i++;
      if (i === text.length) return name;
    }
    name = i32[name + Name.chain];
  }
  return 0;
}

/** The inode of a name, 0 if there is none. */
export function lookupLocked(s: Store, dir: number, text: string): number {
  const name = findLocked(s, dir, text);
  return name === 0 ? 0 : s.i32[name + Name.inode];
}

/** Gives `inode` a name that is not there yet. */
export function addLocked(s: Store, dir: number, text: string, inode: number): void {
  const { i32 } = s;
  const table = i32[dir + Inode.data];
  if (i32[dir + Inode.count] > i32[table] * 2) growLocked(s, dir, (i32[table] + 1) * 4);
  const name = s.takeLocked(Name.SIZE + text.length);
  const hash = hashOf(text);
  i32[name + Name.hash] = hash;
  i32[name + Name.inode] = inode;
  i32[name + Name.length] = text.length;
  for (let i = 0; i < text.length; i++) s.u8[textAt(name) + i] = text.charCodeAt(i);
  const bucket = bucketOf(s, dir, hash);
  i32[name + Name.chain] = i32[bucket];
  i32[bucket] = name;
  const last = i32[dir + Inode.last];
  i32[name + Name.previous] = last;
  if (last === 0) i32[dir + Inode.first] = name;
  else i32[last + Name.next] = name;
  i32[dir + Inode.last] = name;
  i32[dir + Inode.count]++;
}

/** The name leads to another inode from now on. */
export function replaceLocked(s: Store, dir: number, text: string, inode: number): void {
  s.i32[findLocked(s, dir, text) + Name.inode] = inode;
}

export function removeLocked(s: Store, dir: number, text: string): void {
  const { i32 } = s;
  const name = findLocked(s, dir, text);
  let link = bucketOf(s, dir, i32[name + Name.hash]);
  while (i32[link] !== name) link = i32[link] + Name.chain;
  i32[link] = i32[name + Name.chain];
  const [previous, next] = [i32[name + Name.previous], i32[name + Name.next]];
  if (previous === 0) i32[dir + Inode.first] = next;
  else i32[previous + Name.next] = next;
  if (next === 0) i32[dir + Inode.last] = previous;
  else i32[next + Name.previous] = previous;
  i32[dir + Inode.count]--;
  s.giveLocked(name);
}

function growLocked(s: Store, dir: number, buckets: number): void {
  const { i32 } = s;
  const table = newTableLocked(s, buckets);
  s.giveLocked(i32[dir + Inode.data]);
  i32[dir + Inode.data] = table;
  for (let name = i32[dir + Inode.first]; name !== 0; name = i32[name + Name.next]) {
    const bucket = bucketOf(s, dir, i32[name + Name.hash]);
    i32[name + Name.chain] = i32[bucket];
    i32[bucket] = name;
  }
}

/** An empty directory goes. */
export function dropDirLocked(s: Store, dir: number): void {
  s.giveLocked(s.i32[dir + Inode.data]);
}

export function namesLocked(s: Store, dir: number): { readonly name: string; inode: number }[] {
  const { i32, u8 } = s;
  const found: { name: string; inode: number }[] = [];
  for (let name = i32[dir + Inode.first]; name !== 0; name = i32[name + Name.next]) {
    const at = textAt(name);
    const text = byteString(u8, at, at + i32[name + Name.length]);
    found.push({ name: text, inode: i32[name + Name.inode] });
  }
  return found;
}

/** Path of a directory from the root of its file system ('' is that root); undefined if it was removed. */
export function pathOfLocked(s: Store, dir: number): string | undefined {
  const { i32 } = s;
  let path = '';
  let at = dir;
  while (i32[at + Inode.parent] !== at) {
    if (i32[at + Inode.nlink] === 0) return undefined;
    const parent = i32[at + Inode.parent];
    const found = namesLocked(s, parent).find(({ inode }) => inode === at);
    if (found === undefined) return undefined;
    path = `/${found.name}${path}`;
    at = parent;
  }
  return path;
}
