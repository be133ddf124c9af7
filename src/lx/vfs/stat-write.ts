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
import type { Attr, FsStat, Ino } from './file-system.ts';

const HIGH = 0x1_0000_0000;

/** Seconds (i64, may be negative) and nanoseconds (i64). */
function putTime(dv: DataView, at: number, seconds: number, nsec: number): void {
  put64(dv, at, seconds);
  dv.setUint32(at + 8, nsec, true);
  dv.setUint32(at + 12, 0, true);
}

function putIno(dv: DataView, at: number, ino: Ino): void {
  if (typeof ino === 'number') put64(dv, at, ino);
  else dv.setBigUint64(at, ino, true);
}

function put64(dv: DataView, at: number, value: number): void {
  const low = value | 0;
  dv.setInt32(at, low, true);
  dv.setInt32(at + 4, low === value ? low >> 31 : Math.floor(value / HIGH), true);
}

/** stat(2) */
export function writeStat(lx: Lx, addr: number, attr: Attr): number {
  const at = lx.mem.writable(addr, STAT.SIZE);
  const { dv } = lx.mem;
  put64(dv, at + STAT.dev, attr.dev);
  putIno(dv, at + STAT.ino, attr.ino);
  put64(dv, at + STAT.nlink, attr.nlink);
  dv.setUint32(at + STAT.mode, attr.mode, true);
  dv.setUint32(at + STAT.uid, attr.uid, true);
  dv.setUint32(at + STAT.gid, attr.gid, true);
  dv.setUint32(at + STAT.gid + 4, 0, true);
  put64(dv, at + STAT.rdev, attr.rdev);
  put64(dv, at + STAT.size, attr.size);
  put64(dv, at + STAT.blksize, attr.blksize);
  put64(dv, at + STAT.blocks, attr.blocks);
  putTime(dv, at + STAT.atime, attr.atime, attr.atimeNsec);
  putTime(dv, at + STAT.mtime, attr.mtime, attr.mtimeNsec);
  putTime(dv, at + STAT.ctime, attr.ctime, attr.ctimeNsec);
  for (let i = STAT.ctime + 16; i < STAT.SIZE; i += 4) dv.setUint32(at + i, 0, true);
  return 0;
}

/** Parts of a dev_t, whose upper half holds the upper bits of both (new_encode_dev() has 32 bits, makedev(3) 64). */
const upper = (dev: number): number => Math.floor(dev / HIGH);
const major = (dev: number): number => ((dev >>> 8) & 0xfff) | (upper(dev) & 0xfffff000);
const minor = (dev: number): number =>
  ((dev & 0xff) | (((dev >>> 12) | (upper(dev) << 20)) & 0xffffff00)) >>> 0;

/** The mount a file is on, and whether it is its root. */
export interface MountPlace {
  readonly id: number;
  readonly isRoot: boolean;
}

/** statx(2): every field that is known, whatever the mask asks, as the kernel does. */
export function writeStatx(lx: Lx, addr: number, attr: Attr, mount: MountPlace): number {
  const at = lx.mem.writable(addr, STATX.SIZE);
  const { dv, u8 } = lx.mem;
  u8.fill(0, at, at + STATX.SIZE);
  const born = attr.btime !== 0 || attr.btimeNsec !== 0;
  const mask = STATX_BASIC_STATS | (born ? STATX_BTIME : 0) | STATX_MNT_ID;
  dv.setUint32(at + STATX.mask, mask, true);
  dv.setUint32(at + STATX.blksize, attr.blksize, true);
  put64(dv, at + STATX.attributes, mount.isRoot ? 0x2000 : 0);
  dv.setUint32(at + STATX.nlink, attr.nlink, true);
  dv.setUint32(at + STATX.uid, attr.uid, true);
  dv.setUint32(at + STATX.gid, attr.gid, true);
  dv.setUint16(at + STATX.mode, attr.mode, true);
  putIno(dv, at + STATX.ino, attr.ino);
  put64(dv, at + STATX.size, attr.size);
  put64(dv, at + STATX.blocks, attr.blocks);
  put64(dv, at + STATX.attributesMask, 0x203000);
  putTime(dv, at + STATX.atime, attr.atime, attr.atimeNsec);
  if (born) putTime(dv, at + STATX.btime, attr.btime, attr.btimeNsec);
  putTime(dv, at + STATX.ctime, attr.ctime, attr.ctimeNsec);
  putTime(dv, at + STATX.mtime, attr.mtime, attr.mtimeNsec);
  dv.setUint32(at + STATX.rdevMajor, major(attr.rdev), true);
  dv.setUint32(at + STATX.rdevMinor, minor(attr.rdev), true);
  dv.setUint32(at + STATX.devMajor, major(attr.dev), true);
  dv.setUint32(at + STATX.devMinor, minor(attr.dev), true);
  put64(dv, at + STATX.mntId, mount.id);
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
