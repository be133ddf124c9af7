// pidfd: a descriptor that names a process for good, also when its pid is given to another one: pidfd_open(2). File.a is a
// PidRef, which the process knows of: it is told of the process's end.

import { O } from '../abi/fcntl.ts';
import { READABLE } from '../abi/poll.ts';
import { File, FileKind, registerFileOps } from './file.ts';
import { fdInstall, newFile } from './files.ts';
import { type Kernel, struct } from './kmem.ts';
import type { Lx } from './lx.ts';
import { Process, ProcessState } from './task.ts';
import { WaitQueue } from './wait.ts';

/** `process` is 0 once it has been reaped; `refs` counts descriptions. */
const PidRef = struct({ wait: WaitQueue.SIZE / 4, process: 'i32', refs: 'i32' });

function pidRefLocked(k: Kernel, process: number): number {
  const at = process + Process.pidRef;
  if (k.i32[at] === 0) {
    k.i32[at] = k.allocLocked(PidRef.SIZE);
    k.i32[k.i32[at] + PidRef.process] = process;
  }
  return k.i32[at];
}

/** A new descriptor (close-on-exec) for a process, or −errno. `flags`: O_NONBLOCK. */
export function installPidfd(lx: Lx, process: number, flags: number): number {
  const { k } = lx;
  const file = newFile(k, FileKind.pidfd, O.RDWR | (flags & O.NONBLOCK), 'anon_inode:[pidfd]');
  k.locked(() => {
    const ref = pidRefLocked(k, process);
    k.i32[ref + PidRef.refs]++;
    k.i32[file + File.a] = ref;
    k.i32[file + File.wait] = ref + PidRef.wait;
  });
  return fdInstall(lx, file, true);
}

/** The process has been reaped. */
export function forgetPidLocked(k: Kernel, process: number): void {
  const ref = k.i32[process + Process.pidRef];
  if (ref !== 0) k.i32[ref + PidRef.process] = 0;
}

/** The process of a pidfd's description; 0 if it has been reaped. */
export const pidfdProcess = (k: Kernel, file: number): number =>
  k.i32[k.i32[file + File.a] + PidRef.process];

registerFileOps(FileKind.pidfd, {
  poll(lx, file) {
    const process = pidfdProcess(lx.k, file);
    const ended = process === 0 || lx.k.i32[process + Process.state] !== ProcessState.alive;
    return ended ? READABLE : 0;
  },
  release(lx, file) {
    const { k } = lx;
    const ref = k.i32[file + File.a];
    k.i32[file + File.wait] = 0; // the PidRef's
    k.locked(() => {
      if (--k.i32[ref + PidRef.refs] !== 0) return;
      const process = k.i32[ref + PidRef.process];
      if (process !== 0) k.i32[process + Process.pidRef] = 0;
      k.freeLocked(ref);
    });
  },
});
