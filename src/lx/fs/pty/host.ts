// The host's terminal as an object of lxcore; the session manager owns the real one (session/terminal.ts).
import { File, FileKind } from '../../kernel/file.ts';
import { newFile } from '../../kernel/files.ts';
import { Fixed } from '../../kernel/fixed.ts';
import type { Kernel } from '../../kernel/kmem.ts';
import { newTtyLocked, Tty, TtyKind, ttyName } from './tty.ts';

/** The group "tty", which owns slaves (mount option gid=5 of devpts). */
export const TTY_GROUP = 5;

/** The terminal object of the host's, which prints to `hostFd`; owned by `uid`. */
export function newHostTty(k: Kernel, hostFd: number, uid: number): number {
  return k.locked(() => {
    const tty = newTtyLocked(k, TtyKind.host, hostFd);
    k.i32[tty + Tty.uid] = uid;
    k.i32[tty + Tty.gid] = TTY_GROUP;
    k.i32[Fixed.consoleTty] = tty;
    return tty;
  });
}

/** A description of a slave or of the host's terminal. */
export function newSlaveFile(
  k: Kernel,
  tty: number,
  flags: number,
  path = ttyName(k, tty),
): number {
  const file = newFile(k, FileKind.tty, flags, path);
  k.i32[file + File.a] = tty;
  k.i32[file + File.wait] = tty + Tty.wait;
  k.i32[tty + Tty.slaves]++;
  k.i32[tty + Tty.closed] = 0;
  return file;
}
