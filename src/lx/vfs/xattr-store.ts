// Extended attributes, xattr(7). Node cannot reach those of the host, so lxcore keeps the guests' own, for the life of the
// session, by the file's identity: device, inode and time of birth (an inode number alone is soon given to another file).
import { Fixed } from '../kernel/fixed.ts';
import { type Kernel, struct } from '../kernel/kmem.ts';
import type { Attr } from './file-system.ts';

const Xattr = struct({ next: 'i32', file: 'i32', name: 'i32', value: 'i32' }); // string objects

export const fileKey = (attr: Attr): string =>
  `${attr.dev}:${attr.ino}:${attr.btime}.${attr.btimeNsec}`;

/** The link to an attribute, 0 if there is none. */
function linkLocked(k: Kernel, file: string, name: string): number {
  const { i32 } = k;
  for (let link = Fixed.xattrs as number; i32[link] !== 0; link = i32[link] + Xattr.next) {
    const entry = i32[link];
    if (k.readString(i32[entry + Xattr.file]) !== file) continue;
    if (k.readString(i32[entry + Xattr.name]) === name) return link;
  }
  return 0;
}

export function getXattrLocked(k: Kernel, file: string, name: string): string | undefined {
  const link = linkLocked(k, file, name);
  return link === 0 ? undefined : k.readString(k.i32[k.i32[link] + Xattr.value]);
}

export function setXattrLocked(k: Kernel, file: string, name: string, value: string): void {
  const { i32 } = k;
  const link = linkLocked(k, file, name);
  const text = k.newStringLocked(value);
  if (link !== 0) {
    k.freeLocked(i32[i32[link] + Xattr.value]);
    i32[i32[link] + Xattr.value] = text;
    return;
  }
  const entry = k.allocLocked(Xattr.SIZE);
  i32[entry + Xattr.file] = k.newStringLocked(file);
  i32[entry + Xattr.name] = k.newStringLocked(name);
  i32[entry + Xattr.value] = text;
  i32[entry + Xattr.next] = i32[Fixed.xattrs];
  i32[Fixed.xattrs] = entry;
}

/** False if there was no such attribute. */
export function removeXattrLocked(k: Kernel, file: string, name: string): boolean {
  const { i32 } = k;
  const link = linkLocked(k, file, name);
  if (link === 0) return false;
  const entry = i32[link];
  i32[link] = i32[entry + Xattr.next];
  for (const field of [Xattr.file, Xattr.name, Xattr.value]) k.freeLocked(i32[entry + field]);
  k.freeLocked(entry);
  return true;
}

/** Names and lengths of a file's attributes, the oldest first. */
export function listXattrsLocked(k: Kernel, file: string): { name: string; length: number }[] {
  const { i32 } = k;
  const all: { name: string; length: number }[] = [];
  for (let entry = i32[Fixed.xattrs]; entry !== 0; entry = i32[entry + Xattr.next]) {
    if (k.readString(i32[entry + Xattr.file]) !== file) continue;
    all.unshift({
      name: k.readString(i32[entry + Xattr.name]),
      length: i32[i32[entry + Xattr.value]],
    });
  }
  return all;
}
