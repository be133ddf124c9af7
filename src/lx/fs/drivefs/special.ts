// FIFOs that lie on the host's disk. Their data goes through lxcore's own pipes (pipefs), keyed by the inode: the host's
// open(2) would block this worker, and its pipe could not be waited for together with other things.
import { closeSync } from 'node:fs';
import { File, FileKind } from '../../kernel/file.ts';
import type { Lx } from '../../kernel/lx.ts';
import { anonymousInode, registerFileInode } from '../../vfs/file-inode.ts';
import type { Attr } from '../../vfs/file-system.ts';
import { openFifo as openPipe } from '../pipefs/index.ts';
import { insideOf } from '../virtual-dir.ts';
import { hostCalls } from './host-calls.ts';

/** Opens the FIFO behind host descriptor `fd`, which is closed here; may wait for the other side. */
export function openFifo(lx: Lx, fd: number, flags: number, abs: string): number {
  const { dev, ino } = hostCalls.fstat(fd);
  closeSync(fd);
  return openPipe(lx, `${dev}:${ino}`, flags, abs);
}

/** A FIFO that still has its name is what the disk says; other pipes are anonymous inodes. */
function pipeAttr(lx: Lx, file: number): Attr | number {
  const path = lx.k.readString(lx.k.i32[file + File.path]);
  if (path.startsWith('/')) {
    const inside = insideOf(lx, file);
    const attr = inside.fs.lstat(lx, inside.path);
    if (typeof attr !== 'number') return attr;
  }
  return anonymousInode.attr(lx, file);
}

for (const kind of [FileKind.pipeRead, FileKind.pipeWrite, FileKind.pipeBoth]) {
  registerFileInode(kind, { attr: pipeAttr });
}
