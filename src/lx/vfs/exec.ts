// Opening a file to execute it (do_open_execat() of Linux): a regular file, with execute permission.
import { E } from '../abi/errno.ts';
import { AT, O } from '../abi/fcntl.ts';
import { S } from '../abi/stat.ts';
import { fileGet } from '../kernel/file.ts';
import { fdGet } from '../kernel/files.ts';
import type { Lx } from '../kernel/lx.ts';
import { fileInode } from './file-inode.ts';
import { openWhere } from './open.ts';
import { lookupPath } from './paths.ts';
import { mayAccess } from './permission.ts';
import { FOLLOW } from './where.ts';

const EXECUTE = 1;

/** The program at `path`: a description with one reference, or −errno. */
export const openExec = (lx: Lx, path: string): number => openExecAt(lx, AT.FDCWD, path, 0);

/** execveat(2): AT_EMPTY_PATH executes the file of `dirfd` itself, AT_SYMLINK_NOFOLLOW refuses symlinks. */
export function openExecAt(lx: Lx, dirfd: number, path: string, flags: number): number {
  if (path === '' && (flags & AT.EMPTY_PATH) !== 0) return openDescriptor(lx, dirfd);
  const follow = (flags & AT.SYMLINK_NOFOLLOW) === 0;
  const where = lookupPath(lx, dirfd, path, follow ? FOLLOW : 0);
  if (typeof where === 'number') return where;
  const attr = where.attr ?? where.fs.lstat(lx, where.path);
  if (typeof attr === 'number') return attr;
  if ((attr.mode & S.IFMT) === S.IFLNK) return -E.LOOP;
  if ((attr.mode & S.IFMT) !== S.IFREG || !mayAccess(lx, attr, EXECUTE)) return -E.ACCES;
  return openWhere(lx, where, O.RDONLY, 0);
}

/** The file that a descriptor (also an O_PATH one) refers to. */
function openDescriptor(lx: Lx, fd: number): number {
  const file = fdGet(lx, fd);
  if (file === 0) return -E.BADF;
  const attr = fileInode(lx, file).attr(lx, file);
  if (typeof attr === 'number') return attr;
  if ((attr.mode & S.IFMT) !== S.IFREG || !mayAccess(lx, attr, EXECUTE)) return -E.ACCES;
  const anew = fileInode(lx, file).reopen(lx, file, O.RDONLY);
  return anew !== 0 ? anew : fileGet(lx.k, file);
}
