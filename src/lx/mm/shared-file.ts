// read(), write() and truncate() of files of which pages are shared: whatever goes to the host goes to the pages too, and
// what comes from the host is overlaid by them. Called by the file systems around their host calls.
import { Fixed } from '../kernel/fixed.ts';
import type { Lx } from '../kernel/lx.ts';
import {
  cutObject,
  eachPiece,
  findLocked,
  flushObject,
  lockObject,
  objectOf,
  sizeOf,
  unlockObject,
} from './shared-object.ts';

/** `got` bytes at `pos` have been read from the host into buf[off…]: where the pages know better, they are taken. */
export function overlay(
  lx: Lx,
  file: number,
  buf: Uint8Array,
  off: number,
  got: number,
  pos: number,
): void {
  const object = got <= 0 ? 0 : objectOf(lx, file);
  if (object === 0) return;
  const { shared } = lx.k;
  eachPiece(lx.k, object, pos, pos + got, (address, at, length) => {
    buf.set(shared.u8.subarray(address, address + length), off + (at - pos));
  });
}

/** Runs a write to the host of buf[off…]; it answers how much was written, and `start` where. */
export function writeThrough(
  lx: Lx,
  file: number,
  buf: Uint8Array,
  off: number,
  write: () => number,
  start: (written: number) => number,
): number {
  const object = objectOf(lx, file);
  if (object === 0) return write();
  const { k } = lx;
  lockObject(k, object);
  try {
    const written = write();
    if (written > 0) {
      const pos = start(written);
      eachPiece(k, object, pos, pos + written, (address, at, length) => {
        const from = off + (at - pos);
        k.shared.u8.set(buf.subarray(from, from + length), address);
      });
    }
    return written;
  } finally {
    unlockObject(k, object);
  }
}

/** Runs a change of the file's size. */
export function truncateThrough(
  lx: Lx,
  file: number,
  size: number,
  truncate: () => number,
): number {
  const object = objectOf(lx, file);
  return object === 0
    ? truncate()
    : truncateObject(lx, object, sizeOf(lx, object, file), size, truncate);
}

/** The same for a file that is not open, by its identity. */
export function truncateNamed(
  lx: Lx,
  identity: () => { dev: bigint; ino: bigint; size: bigint },
  size: number,
  truncate: () => number,
): number {
  const { k } = lx;
  if (Atomics.load(k.i32, Fixed.sharedFiles) === 0) return truncate();
  const { dev, ino, size: before } = identity();
  const object = k.locked(() => findLocked(k, dev, ino));
  return object === 0 ? truncate() : truncateObject(lx, object, Number(before), size, truncate);
}

/** Whichever is smaller, the old size or the new one: what lies beyond is zero afterwards. */
function truncateObject(
  lx: Lx,
  object: number,
  before: number,
  size: number,
  truncate: () => number,
): number {
  const { k } = lx;
  lockObject(k, object);
  try {
    const result = truncate();
    if (result >= 0) cutObject(k, object, Math.min(before, size));
    return result;
  } finally {
    unlockObject(k, object);
  }
}

/** Before the host is asked to put the file on its disk. */
export function flushFile(lx: Lx, file: number): number {
  const object = objectOf(lx, file);
  return object === 0 ? 0 : flushObject(lx, object, file, 0, Number.POSITIVE_INFINITY);
}
