// Making names in directories, by a process whose ids are not the host's.
import { E } from '../abi/errno.ts';
import { IN } from '../abi/inotify.ts';
import type { Lx } from '../kernel/lx.ts';
import { notifyEntry } from './notify.ts';
import { fsgid, fsuid, hasOtherIds, mayAccess } from './permission.ts';
import type { Where } from './where.ts';

/** Write permission on the directory a name is made in or removed from. */
export function mayChangeDir(lx: Lx, where: Where): number {
  if (!hasOtherIds(lx)) return 0;
  const dir = where.dir.fs.lstat(lx, where.dir.path);
  return typeof dir !== 'number' && !mayAccess(lx, dir, 3) ? -E.ACCES : 0;
}

/** What a process with other ids makes belongs to it, not to lxjit. */
export function giveAway(lx: Lx, where: Where, made: number, isDirectory = false): number {
  if (made !== 0) return made;
  if (hasOtherIds(lx)) where.fs.chown(lx, where.path, fsuid(lx), fsgid(lx));
  notifyEntry(lx, where.abs, IN.CREATE, isDirectory);
  return 0;
}
