// fcntl(2) F_NOTIFY: a signal when something in a directory changes. Its watches are those of inotify (notify.ts) with an owner
// that is no inotify but a description of the directory, as a negative number.
import { E } from '../abi/errno.ts';
import { DN } from '../abi/fcntl.ts';
import { IN } from '../abi/inotify.ts';
import { ownByDefault } from '../kernel/async.ts';
import { File } from '../kernel/file.ts';
import { onDescriptorClosed } from '../kernel/files.ts';
import type { Lx } from '../kernel/lx.ts';
import { fileInode } from './file-inode.ts';
import {
  addWatchLocked,
  changeWatchLocked,
  dropWatchesLocked,
  isWatching,
  watchOnLocked,
} from './notify.ts';

// biome-ignore format: aligned rows
const EVENTS: readonly (readonly [dn: number, mask: number])[] = [
  [DN.ACCESS, IN.ACCESS], [DN.MODIFY, IN.MODIFY], [DN.CREATE, IN.CREATE | IN.MOVED_TO],
  [DN.DELETE, IN.DELETE | IN.MOVED_FROM], [DN.RENAME, IN.MOVED_FROM], [DN.ATTRIB, IN.ATTRIB],
];

export function watchDirectory(lx: Lx, file: number, fd: number, wanted: number): number {
  const { k } = lx;
  const path = fileInode(lx, file).dirPath(lx, file);
  if ((wanted & ~DN.MULTISHOT) === 0) {
    k.locked(() => dropWatchesLocked(k, -file));
    return 0;
  }
  if (typeof path === 'number') return -E.NOTDIR;
  const mask = EVENTS.reduce((sum, [dn, bits]) => (wanted & dn ? sum | bits : sum), 0);
  const once = (wanted & DN.MULTISHOT) === 0 ? IN.ONESHOT : 0;
  ownByDefault(lx, file);
  return k.locked(() => {
    k.i32[file + File.asyncFd] = fd;
    const known = watchOnLocked(k, -file, path);
    if (known === 0) addWatchLocked(k, -file, path, mask | once);
    else changeWatchLocked(k, known, mask | once | IN.MASK_ADD);
    return 0;
  });
}

onDescriptorClosed(({ k }, file) => {
  if (isWatching(k)) k.locked(() => dropWatchesLocked(k, -file));
});
