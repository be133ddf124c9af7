// Attributes into guest memory: struct stat, struct statx, struct statfs.
import {
  ST_VALID,
  STAT,
  STATFS,
  STATX,
  STATX_BASIC_STATS,
  STATX_BTIME,
  STATX_MNT_ID,
} from '../abi/stat.ts';
import type { Lx } from '../kernel/lx.ts';
import type { Attr, FsStat } from './file-system.ts';

const split = new BigInt64Array(1);
const halves = new Uint32Array(split.buffer);
const HIGH = 0x1_0000_0000;
const BILLION = 1_000_000_000;
/** 2^32 seconds-worth of nanoseconds modulo a second. */
const HIGH_MOD = HIGH % BILLION;

/** Writes seconds (i64) and nanoseconds (i64) of `ns`; no BigInt division, which costs more than the rest of stat. */
function putTime(dv: DataView, at: number, ns: bigint): void {
  split[0] = ns;
  if (halves[1] >>> 31) {
    putOldTime(dv, at, ns);
    return;
  }
  const high = halves[1];
  const low = halves[0];
  const nsec = (((high * HIGH_MOD) % BILLION) + (low % BILLION)) % BILLION;
  const sec = Math.round((high * HIGH + low - nsec) / BILLION);
  dv.setUint32(at, sec, true);
  dv.setUint32(at + 4, Math.floor(sec / HIGH), true);
  dv.setUint32(at + 8, nsec, true);
  dv.setUint32(at + 12, 0, true);
}

/** Before 1970: seconds round down, nanoseconds stay positive. */
function putOldTime(dv: DataView, at: number, ns: bigint): void {
  const billion = 1_000_000_000n;
  const nsec = ((ns % billion) + billion) % billion;
  dv.setBigInt64(at, (ns - nsec) / billion, true);
  dv.setBigInt64(at + 8, nsec, true);
}

function put64(dv: DataView, at: number, value: number): void {
  dv.setUint32(at, value % HIGH, true);
  dv.setUint32(at + 4, Math.floor(value / HIGH), true);
}

/** stat(2) */
export function writeStat(lx: Lx, addr: number, attr: Attr): number {
  const at = lx.mem.writable(addr, STAT.SIZE);
  const { dv } = lx.mem;
  dv.setBigUint64(at + STAT.dev, attr.dev, true);
  dv.setBigUint64(at + STAT.ino, attr.ino, true);
  put64(dv, at + STAT.nlink, attr.nlink);
  dv.setUint32(at + STAT.mode, attr.mode, true);
  dv.setUint32(at + STAT.uid, attr.uid, true);
  dv.setUint32(at + STAT.gid, attr.gid, true);
  dv.setUint32(at + STAT.gid + 4, 0, true);
  dv.setBigUint64(at + STAT.rdev, attr.rdev, true);
  put64(dv, at + STAT.size, attr.size);
  put64(dv, at + STAT.blksize, attr.blksize);
  put64(dv, at + STAT.blocks, attr.blocks);
  putTime(dv, at + STAT.atime, attr.atimeNs);
  putTime(dv, at + STAT.mtime, attr.mtimeNs);
  putTime(dv, at + STAT.ctime, attr.ctimeNs);
  for (let i = STAT.ctime + 16; i < STAT.SIZE; i += 4) dv.setUint32(at + i, 0, true);
  return 0;
}

const major = (dev: bigint): number =>
  Number(((dev >> 8n) & 0xfffn) | ((dev >> 32n) & 0xfffff000n));
const minor = (dev: bigint): number => Number((dev & 0xffn) | ((dev >> 12n) & 0xffffff00n));

/** statx(2): every field that is known, whatever the mask asks, as the kernel does. */
export function writeStatx(lx: Lx, addr: number, attr: Attr, mountRoot: boolean): number {
  const at = lx.mem.writable(addr, STATX.SIZE);
  const { dv, u8 } = lx.mem;
  u8.fill(0, at, at + STATX.SIZE);
  const born = attr.btimeNs !== 0n;
  const mask = STATX_BASIC_STATS | (born ? STATX_BTIME : 0) | STATX_MNT_ID;
  dv.setUint32(at + STATX.mask, mask, true);
  dv.setUint32(at + STATX.blksize, attr.blksize, true);
  put64(dv, at + STATX.attributes, mountRoot ? 0x2000 : 0);
  dv.setUint32(at + STATX.nlink, attr.nlink, true);
  dv.setUint32(at + STATX.uid, attr.uid, true);
  dv.setUint32(at + STATX.gid, attr.gid, true);
  dv.setUint16(at + STATX.mode, attr.mode, true);
  dv.setBigUint64(at + STATX.ino, attr.ino, true);
  put64(dv, at + STATX.size, attr.size);
  put64(dv, at + STATX.blocks, attr.blocks);
  put64(dv, at + STATX.attributesMask, 0x203000);
  putTime(dv, at + STATX.atime, attr.atimeNs);
  if (born) putTime(dv, at + STATX.btime, attr.btimeNs);
  putTime(dv, at + STATX.ctime, attr.ctimeNs);
  putTime(dv, at + STATX.mtime, attr.mtimeNs);
  dv.setUint32(at + STATX.rdevMajor, major(attr.rdev), true);
  dv.setUint32(at + STATX.rdevMinor, minor(attr.rdev), true);
  dv.setUint32(at + STATX.devMajor, major(attr.dev), true);
  dv.setUint32(at + STATX.devMinor, minor(attr.dev), true);
  put64(dv, at + STATX.mntId, 20 + (major(attr.dev) ^ minor(attr.dev)));
  return 0;
}

/** statfs(2) */
export function writeStatfs(lx: Lx, addr: number, s: FsStat): number {
  const at = lx.mem.writable(addr, STATFS.SIZE);
  const { dv, u8 } = lx.mem;
  u8.fill(0, at, at + STATFS.SIZE);
  put64(dv, at + STATFS.type, s.type);
  put64(dv, at + STATFS.bsize, s.bsize);
  put64(dv, at + STATFS.blocks, s.blocks);
  put64(dv, at + STATFS.bfree, s.bfree);
  put64(dv, at + STATFS.bavail, s.bavail);
  put64(dv, at + STATFS.files, s.files);
  put64(dv, at + STATFS.ffree, s.ffree);
  put64(dv, at + STATFS.namelen, 255);
  put64(dv, at + STATFS.frsize, s.bsize);
  put64(dv, at + STATFS.flags, s.flags | ST_VALID);
  return 0;
}
