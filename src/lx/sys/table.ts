// All system calls, by number. Each area file exports its rows; add the import and the name.

import { rows as event } from './event.ts';
import '../fs/mounts.ts';
import { rows as aio } from './aio.ts';
import { rows as caps } from './caps.ts';
import { rows as cred } from './cred.ts';
import { rows as dir } from './dir.ts';
import { rows as fd } from './fd.ts';
import { rows as futex } from './futex.ts';
import { rows as futex2 } from './futex2.ts';
import { rows as handles } from './handles.ts';
import { rows as inotify } from './inotify.ts';
import { rows as io } from './io.ts';
import { rows as keys } from './keys.ts';
import { rows as limits } from './limits.ts';
import { rows as machine } from './machine.ts';
import { rows as mem } from './mem.ts';
import { rows as misc } from './misc.ts';
import { rows as mount } from './mount.ts';
import { rows as mqueue } from './mqueue.ts';
import { rows as pages } from './pages.ts';
import { rows as path } from './path.ts';
import { rows as pidfd } from './pidfd.ts';
import { rows as pipe } from './pipe.ts';
import { rows as poll } from './poll.ts';
import { rows as prctl } from './prctl.ts';
import { rows as priority } from './priority.ts';
import { rows as proc } from './proc.ts';
import { rows as processVm } from './process-vm.ts';
import { rows as ptrace } from './ptrace.ts';
import { rows as restart } from './restart.ts';
import type { SyscallRow } from './row.ts';
import { rows as sched } from './sched.ts';
import { rows as seccomp } from './seccomp.ts';
import { rows as setClock } from './set-clock.ts';
import { rows as shm } from './shm.ts';
import { rows as signal } from './signal.ts';
import { rows as socket } from './socket.ts';
import { rows as splice } from './splice.ts';
import { rows as stat } from './stat.ts';
import { rows as sysv } from './sysv.ts';
import { rows as time } from './time.ts';
import { rows as xattr } from './xattr.ts';

// biome-ignore format: one area a line, so that parallel additions do not collide
const areas: readonly (readonly SyscallRow[])[] = [

  mem,
  pages,
  io,
  splice,
  aio,
  path,
  mount,
  stat,
  dir,
  fd,
  xattr,
  handles,
  proc,
  cred,
  caps,
  misc,
  machine,
  limits,
  keys,
  prctl,
  sched,
  priority,
  processVm,
  ptrace,
  seccomp,
  restart,
  futex,
  futex2,
  pidfd,
  pipe,
  event,
  inotify,
  poll,
  signal,
  socket,
  time,
  setClock,
  shm,
  sysv,
  mqueue,

];

/** Sparse: a number without a row answers ENOSYS. */
export const syscalls: readonly (SyscallRow | undefined)[] = byNumber(areas.flat());

function byNumber(rows: readonly SyscallRow[]): (SyscallRow | undefined)[] {
  const table: (SyscallRow | undefined)[] = [];
  for (const row of rows) {
    if (table[row.number] !== undefined)
      throw new Error(`two rows for system call ${row.number} (${row.name})`);
    table[row.number] = row;
  }
  return table;
}
