// Strings of kernel memory that are read again and again, with a small cache: the current directory and the paths of
// directory descriptors are read at every relative path, and change rarely.
import { byteString } from '../kernel/bytes.ts';
import type { Kernel } from '../kernel/kmem.ts';

/** A string object's text, given what it was when last read: compared, and read anew only if it differs. */
export function readCached(k: Kernel, object: number, last: string): string {
  if (object === 0) return '';
  const length = k.i32[object];
  const at = (object + 1) << 2;
  if (length === last.length) {
    let i = 0;
    while (i < length && k.u8[at + i] === last.charCodeAt(i)) i++;
    if (i === length) return last;
  }
  return byteString(k.u8, at, at + length);
}
