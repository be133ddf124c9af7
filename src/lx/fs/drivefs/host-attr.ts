// Attributes, ids, times and directory listings between the host's form and ours.

import { opendirSync } from 'node:fs';
import { host } from '../../../host/host.ts';
import { DT } from '../../abi/dirent.ts';
import { E } from '../../abi/errno.ts';
import type { Attr, DirEntry, Ino, SetTime } from '../../vfs/file-system.ts';
import { done } from './host-errors.ts';
import { spawnHost } from './spawn.ts';

/** The same number; most fit 32 bits, and as such they need no box on the heap as the doubles of an array do. */
const small = (value: number): number => {
  const int = value | 0;
  return int === value ? int : value;
};

/** Attributes from the numbers that libuv gives: uv_stat_t in Node's order of fields. */
export class HostAttr implements Attr {
  readonly dev: number;
  readonly ino: Ino;
  readonly mode: number;
  readonly nlink: number;
  readonly uid: number;
  readonly gid: number;
  readonly rdev: number;
  readonly size: number;
  readonly blksize: number;
  readonly blocks: number;
  readonly atime: number;
  readonly atimeNsec: number;
  readonly mtime: number;
  readonly mtimeNsec: number;
  readonly ctime: number;
  readonly ctimeNsec: number;
  readonly btime: number;
  readonly btimeNsec: number;
  /** `ino`: if a double cannot hold it. */
  constructor(v: ArrayLike<number>, ino: Ino = small(v[7])) {
    this.dev = small(v[0]);
    this.ino = ino;
    this.mode = small(v[1]);
    this.nlink = small(v[2]);
    this.uid = small(v[3]);
    this.gid = small(v[4]);
    this.rdev = small(v[5]);
    this.size = small(v[8]);
    this.blksize = small(v[6]);
    this.blocks = small(v[9]);
    this.atime = small(v[10]);
    this.atimeNsec = small(v[11]);
    this.mtime = small(v[12]);
    this.mtimeNsec = small(v[13]);
    this.ctime = small(v[14]);
    this.ctimeNsec = small(v[15]);
    this.btime = small(v[16]);
    this.btimeNsec = small(v[17]);
  }
}

/** Entries in the host's own order: readdir sorts, opendir does not. */
export function listHost(path: string | Buffer): DirEntry[] | number {
  const entries: DirEntry[] = [];
  const failed = done(() => {
    // The types say 'utf8' only for encoding, but every BufferEncoding works.
    const dir = opendirSync(path as string, { encoding: 'latin1', bufferSize: 512 });
    try {
      for (let e = dir.readSync(); e !== null; e = dir.readSync()) {
        entries.push({ name: host.toGuest(e.name), type: direntType(e), ino: undefined });
      }
    } finally {
      dir.closeSync();
    }
  });
  return failed < 0 ? failed : entries;
}

interface HostDirent {
  isFile(): boolean;
  isDirectory(): boolean;
  isSymbolicLink(): boolean;
  isFIFO(): boolean;
  isSocket(): boolean;
  isCharacterDevice(): boolean;
  isBlockDevice(): boolean;
}

function direntType(e: HostDirent): number {
  if (e.isFile()) return DT.REG;
  if (e.isDirectory()) return DT.DIR;
  if (e.isSymbolicLink()) return DT.LNK;
  if (e.isFIFO()) return DT.FIFO;
  if (e.isSocket()) return DT.SOCK;
  if (e.isCharacterDevice()) return DT.CHR;
  return e.isBlockDevice() ? DT.BLK : DT.UNKNOWN;
}

/** (uid, gid) with −1 replaced by what the file has: the host call has no −1. */
export function keepIds(
  attr: Attr | number,
  uid: number,
  gid: number,
): readonly [number, number] | number {
  if (uid !== -1 && gid !== -1) return [uid >>> 0, gid >>> 0];
  if (typeof attr === 'number') return attr;
  return [uid === -1 ? attr.uid : uid >>> 0, gid === -1 ? attr.gid : gid >>> 0];
}

/** (atime, mtime) in nanoseconds, undefined ones replaced by what the file has. */
export function keepTimes(
  attr: Attr | number,
  atime: SetTime,
  mtime: SetTime,
): readonly [bigint, bigint] | number {
  if ((atime === undefined || mtime === undefined) && typeof attr === 'number') {
    return attr < 0 ? attr : -E.INVAL;
  }
  const old = attr as Attr;
  return [
    atime ?? nanoseconds(old.atime, old.atimeNsec),
    mtime ?? nanoseconds(old.mtime, old.mtimeNsec),
  ];
}

/**
 * Sets both times to the nanosecond. Node takes seconds as a double, which is 0.24 µs coarse today: `set` is called with
 * the nearest ones, and where they are not exact the host's touch(1) (if it has one) corrects `path`, an absolute host path.
 */
export function setTimes(
  [atime, mtime]: readonly [bigint, bigint],
  set: (atime: number, mtime: number) => void,
  path: string | Buffer,
  follow: boolean,
): void {
  const [a, m] = [toSeconds(atime), toSeconds(mtime)];
  set(a, m);
  const wrong = [...(isExact(a, atime) ? [] : ['a']), ...(isExact(m, mtime) ? [] : ['m'])];
  if (wrong.length === 0) return;
  if (wrong.length === 2 && atime === mtime) touch(path, follow, '-am', atime);
  else for (const which of wrong) touch(path, follow, `-${which}`, which === 'a' ? atime : mtime);
}

const BILLION = 1_000_000_000n;

const nanoseconds = (seconds: number, nsec: number): bigint =>
  BigInt(seconds) * BILLION + BigInt(nsec);

const toSeconds = (ns: bigint): number => Number(ns) / 1e9;

/** What the host makes of a double: whole seconds, and the fraction cut to nanoseconds. */
function isExact(seconds: number, ns: bigint): boolean {
  if (ns < 0n) return false; // Node takes negative times for "now"
  const whole = Math.floor(seconds);
  return BigInt(whole) * BILLION + BigInt(Math.trunc((seconds - whole) * 1e9)) === ns;
}

function touch(path: string | Buffer, follow: boolean, which: string, ns: bigint): void {
  const whole = ns >= 0n ? ns / BILLION : -((-ns + BILLION - 1n) / BILLION);
  const date = `@${whole}.${String(ns - whole * BILLION).padStart(9, '0')}`;
  const name = typeof path === 'string' ? path : path.toString('latin1');
  spawnHost('touch', ['-c', ...(follow ? [] : ['-h']), which, '-d', date, '--', name]);
}
