// What system calls on a descriptor need of the file behind it, beyond FileOps: attributes, changing them, listing a
// directory. Registered by kind, as FileOps are; a kind without a row gets what Linux's anonymous inodes answer.
import { E } from '../abi/errno.ts';
import { MAGIC, S } from '../abi/stat.ts';
import { File, FileKind } from '../kernel/file.ts';
import type { Lx } from '../kernel/lx.ts';
import {
  type Attr,
  type DirEntry,
  type FsStat,
  type Ino,
  isRegular,
  type SetTime,
  virtualAttr,
  virtualFsStat,
} from './file-system.ts';
import type { Where } from './where.ts';

/** Results ≥ 0 or −errno. */
export interface FileInode {
  attr(lx: Lx, file: number): Attr | number;
  chmod(lx: Lx, file: number, mode: number): number;
  chown(lx: Lx, file: number, uid: number, gid: number): number;
  utimes(lx: Lx, file: number, atime: SetTime, mtime: SetTime): number;
  statfs(lx: Lx, file: number): FsStat | number;
  /** Entries without '.' and '..'. */
  list(lx: Lx, file: number): DirEntry[] | number;
  /** Inode number of an entry whose DirEntry had none; undefined if it is gone. */
  entryIno(lx: Lx, file: number, name: string): Ino | undefined;
  /** Canonical path of a directory now (it may have been renamed since it was opened); '' is the root. */
  dirPath(lx: Lx, file: number): string | number;
  /** F_SETFL changed the status flags. */
  flagsChanged(lx: Lx, file: number, flags: number): number;
  /** What readlink(2) of /proc/PID/fd/N shows. */
  linkText(lx: Lx, file: number): string;
  /** A new description of the same file (open of /proc/PID/fd/N), −errno, or 0: share this one. */
  reopen(lx: Lx, file: number, flags: number): number;
  /** linkat(2) of a descriptor: gives an open file a (further) name. */
  linkTo(lx: Lx, file: number, to: Where): number;
  /** fallocate(2), mode 0 or FALLOC_FL_KEEP_SIZE. */
  fallocate(lx: Lx, file: number, mode: number, offset: number, length: number): number;
}

export const anonymousInode: FileInode = {
  attr: (lx, file) => anonymousAttr(lx, file),
  chmod: () => 0,
  chown: () => 0,
  utimes: () => 0,
  statfs: (lx, file) => virtualFsStat(anonymousMagic(lx.k.i32[file + File.kind])),
  list: () => -E.NOTDIR,
  entryIno: () => undefined,
  dirPath: () => -E.NOTDIR,
  flagsChanged: () => 0,
  linkText: (lx, file) => lx.k.readString(lx.k.i32[file + File.path]),
  reopen: (lx, file) => (lx.k.i32[file + File.kind] === FileKind.socket ? -E.NXIO : 0),
  linkTo: () => -E.XDEV,
  fallocate: () => -E.NODEV,
};

const table: FileInode[] = [];

export function registerFileInode(kind: number, ops: Partial<FileInode>): void {
  table[kind] = { ...anonymousInode, ...ops };
}

export const fileInode = (lx: Lx, file: number): FileInode =>
  table[lx.k.i32[file + File.kind]] ?? anonymousInode;

/** Attributes of a regular file; null for anything else. */
export function regularAttr(lx: Lx, file: number): Attr | null {
  const attr = fileInode(lx, file).attr(lx, file);
  return typeof attr !== 'number' && isRegular(attr) ? attr : null;
}

/** Device numbers of the kernel's internal mounts. */
const PIPE_DEV = 14;
const SOCK_DEV = 8;
const ANON_DEV = 15;
/** All anonymous inodes (eventfd, epoll …) share one number. */
const ANON_INO = 1057;

function anonymousAttr(lx: Lx, file: number): Attr {
  const { i32 } = lx.k;
  const kind = i32[file + File.kind];
  // Both ends of a pipe are one inode: the pipe's object number is as good as any.
  if (isPipe(kind)) return virtualAttr(PIPE_DEV, i32[file + File.a], S.IFIFO | 0o600);
  if (kind === FileKind.socket) return virtualAttr(SOCK_DEV, i32[file + File.a], S.IFSOCK | 0o777);
  return virtualAttr(ANON_DEV, ANON_INO, 0o600);
}

const isPipe = (kind: number): boolean =>
  kind === FileKind.pipeRead || kind === FileKind.pipeWrite || kind === FileKind.pipeBoth;

function anonymousMagic(kind: number): number {
  if (isPipe(kind)) return MAGIC.pipefs;
  return kind === FileKind.socket ? MAGIC.sockfs : MAGIC.anonInode;
}
