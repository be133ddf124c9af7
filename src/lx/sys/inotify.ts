// System calls of inotify(7).
import { E } from '../abi/errno.ts';
import { AT, O } from '../abi/fcntl.ts';
import { IN } from '../abi/inotify.ts';
import { S } from '../abi/stat.ts';
import { inotifyOf, newInotify } from '../fs/eventfs/inotify.ts';
import { File, FileKind } from '../kernel/file.ts';
import { fdGet, fdInstall } from '../kernel/files.ts';
import type { Lx } from '../kernel/lx.ts';
import {
  addWatchLocked,
  changeWatchLocked,
  removeWatchLocked,
  watchOnLocked,
} from '../vfs/notify.ts';
import { lookupPath } from '../vfs/paths.ts';
import { hasOtherIds, mayAccess } from '../vfs/permission.ts';
import { FOLLOW } from '../vfs/where.ts';
import { type Handler, row, type SyscallRow } from './row.ts';

const inotify_init1: Handler = (lx, flags) => {
  if ((flags & ~(O.CLOEXEC | O.NONBLOCK)) !== 0) return -E.INVAL;
  return fdInstall(lx, newInotify(lx.k, flags & O.NONBLOCK), (flags & O.CLOEXEC) !== 0);
};

const inotify_init: Handler = (lx) => inotify_init1(lx, 0, 0, 0, 0, 0, 0);

/** The Inotify object behind a descriptor, or −errno. */
function instanceOf(lx: Lx, fd: number): number {
  const file = fdGet(lx, fd);
  if (file === 0) return -E.BADF;
  return lx.k.i32[file + File.kind] === FileKind.inotify ? inotifyOf(lx.k, file) : -E.INVAL;
}

const KNOWN =
  IN.ALL_EVENTS |
  IN.UNMOUNT |
  IN.Q_OVERFLOW |
  IN.IGNORED |
  IN.ONLYDIR |
  IN.DONT_FOLLOW |
  IN.EXCL_UNLINK |
  IN.MASK_CREATE |
  IN.MASK_ADD |
  IN.ISDIR |
  IN.ONESHOT;

const inotify_add_watch: Handler = (lx, fd, path, mask) => {
  const { k } = lx;
  if ((mask & KNOWN) === 0 || (mask & ~KNOWN) !== 0) return -E.INVAL;
  const owner = instanceOf(lx, fd);
  if (owner === -E.BADF) return owner;
  if ((mask & IN.MASK_ADD) !== 0 && (mask & IN.MASK_CREATE) !== 0) return -E.INVAL;
  if (owner < 0) return owner;
  const follow = (mask & IN.DONT_FOLLOW) !== 0 ? 0 : FOLLOW;
  const where = lookupPath(lx, AT.FDCWD, lx.mem.cstring(path), follow);
  if (typeof where === 'number') return where;
  const attr = where.attr ?? where.fs.lstat(lx, where.path);
  if (typeof attr === 'number') return attr;
  if ((mask & IN.ONLYDIR) !== 0 && (attr.mode & S.IFMT) !== S.IFDIR) return -E.NOTDIR;
  if (hasOtherIds(lx) && !mayAccess(lx, attr, 4)) return -E.ACCES;
  return k.locked(() => {
    const watch = watchOnLocked(k, owner, where.abs);
    if (watch === 0) return addWatchLocked(k, owner, where.abs, mask);
    return (mask & IN.MASK_CREATE) !== 0 ? -E.EXIST : changeWatchLocked(k, watch, mask);
  });
};

const inotify_rm_watch: Handler = (lx, fd, wd) => {
  const owner = instanceOf(lx, fd);
  if (owner < 0) return owner;
  return lx.k.locked(() => removeWatchLocked(lx.k, owner, wd)) ? 0 : -E.INVAL;
};

const NOTE = 'what guests do; the host’s own changes are not seen';

// biome-ignore format: aligned rows
export const rows: readonly SyscallRow[] = [
  row(253, 'inotify_init',      [],                      inotify_init,      'full',    'emulated'),
  row(254, 'inotify_add_watch', ['fd', 'path', 'hex'],   inotify_add_watch, 'partial', 'emulated', NOTE),
  row(255, 'inotify_rm_watch',  ['fd', 'int'],           inotify_rm_watch,  'full',    'emulated'),
  row(294, 'inotify_init1',     ['open-flags'],          inotify_init1,     'full',    'emulated'),
];
