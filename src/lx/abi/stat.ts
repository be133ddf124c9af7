// asm/stat.h, linux/stat.h, asm/statfs.h for x86-64: file modes and the layouts of struct stat, statx, statfs.

// biome-ignore format: aligned rows
export const S = {
  IFMT: 0o170000, IFSOCK: 0o140000, IFLNK: 0o120000, IFREG: 0o100000, IFBLK: 0o060000, IFDIR: 0o040000,
  IFCHR: 0o020000, IFIFO: 0o010000, ISUID: 0o4000, ISGID: 0o2000, ISVTX: 0o1000,
} as const;

/** struct stat: byte offsets. */
// biome-ignore format: aligned rows
export const STAT = {
  dev: 0, ino: 8, nlink: 16, mode: 24, uid: 28, gid: 32, rdev: 40, size: 48, blksize: 56, blocks: 64,
  atime: 72, mtime: 88, ctime: 104, SIZE: 144,
} as const;

/** struct statx: byte offsets. */
// biome-ignore format: aligned rows
export const STATX = {
  mask: 0, blksize: 4, attributes: 8, nlink: 16, uid: 20, gid: 24, mode: 28, ino: 32, size: 40, blocks: 48,
  attributesMask: 56, atime: 64, btime: 80, ctime: 96, mtime: 112, rdevMajor: 128, rdevMinor: 132,
  devMajor: 136, devMinor: 140, mntId: 144, dioMemAlign: 152, dioOffsetAlign: 156, SIZE: 256,
} as const;

export const STATX_BASIC_STATS = 0x7ff;
export const STATX_BTIME = 0x800;
export const STATX_MNT_ID = 0x1000;
export const STATX_RESERVED = 0x80000000;
export const STATX_ATTR_MOUNT_ROOT = 0x2000;

/** struct statfs: byte offsets. */
// biome-ignore format: aligned rows
export const STATFS = {
  type: 0, bsize: 8, blocks: 16, bfree: 24, bavail: 32, files: 40, ffree: 48, fsid: 56, namelen: 64,
  frsize: 72, flags: 80, SIZE: 120,
} as const;

/** statfs.f_type (linux/magic.h). */
// biome-ignore format: aligned rows
export const MAGIC = {
  ext: 0xef53, tmpfs: 0x01021994, proc: 0x9fa0, sysfs: 0x62656572, devpts: 0x1cd1, pipefs: 0x50495045,
  sockfs: 0x534f434b, anonInode: 0x09041934,
} as const;

export const ST_RDONLY = 1;
export const ST_NOSUID = 2;
export const ST_NODEV = 4;
export const ST_NOEXEC = 8;
export const ST_VALID = 0x20;
export const ST_RELATIME = 0x1000;

export const NAME_MAX = 255;
export const PATH_MAX = 4096;
