// dirent.h, linux/dirent.h: d_type values and the layout of a directory entry.

// biome-ignore format: aligned rows
export const DT = { UNKNOWN: 0, FIFO: 1, CHR: 2, DIR: 4, BLK: 6, REG: 8, LNK: 10, SOCK: 12 } as const;

/** linux_dirent64: ino u64, off s64, reclen u16, type u8, name; padded to 8 bytes. */
export const DIRENT64_NAME = 19;
/** linux_dirent: ino, off as long, reclen u16, name, …, type in the last byte; padded to 8 bytes. */
export const DIRENT_NAME = 18;
