// What F_GETFL and /proc/pid/fdinfo show of a description's flags.
import { O } from '../abi/fcntl.ts';
import { File, FileKind, isPath } from '../kernel/file.ts';
import type { Lx } from '../kernel/lx.ts';

/** O_CREAT and the like are not status flags; O_LARGEFILE is, for files that open(2) made on a 64-bit kernel. */
export function shownFlags(lx: Lx, file: number): number {
  const flags = lx.k.i32[file + File.flags];
  const shown = flags & ~(O.CREAT | O.EXCL | O.NOCTTY | O.TRUNC | O.CLOEXEC);
  return isOpened(lx, file) ? shown | O.LARGEFILE : shown;
}

function isOpened(lx: Lx, file: number): boolean {
  const kind = lx.k.i32[file + File.kind];
  if (kind >= FileKind.pipeRead && kind <= FileKind.pipeBoth) {
    return lx.k.readString(lx.k.i32[file + File.path]).startsWith('/'); // a FIFO
  }
  return !(
    (kind >= FileKind.socket && kind <= FileKind.inotify) ||
    kind === FileKind.pidfd ||
    isPath(lx.k, file)
  );
}
