// /proc/sysvipc: the semaphores and message queues there are, as sysvipc_*_proc_show() of Linux prints them.
import type { Lx } from '../../kernel/lx.ts';
import { Ipc, ipcAllLocked } from '../../kernel/sysv-ipc.ts';
import { MSG_KIND, MsgQueue } from '../../kernel/sysv-msg.ts';
import { SEM_KIND, SemSet } from '../../kernel/sysv-sem.ts';
import type { Text } from '../text-fs.ts';

/** A column: the field and its width; 'octal' for permissions, 'time' for a double. */
type Column = readonly [field: number, width: number, kind?: 'octal' | 'time'];

const ids: readonly Column[] = [
  [Ipc.uid, 5],
  [Ipc.gid, 5],
  [Ipc.cuid, 5],
  [Ipc.cgid, 5],
];

const SEM: readonly Column[] = [
  [Ipc.key, 10],
  [Ipc.id, 10],
  [Ipc.mode, 5, 'octal'],
  [SemSet.nsems, 10],
  ...ids,
  [SemSet.otime, 10, 'time'],
  [SemSet.ctime, 10, 'time'],
];

const MSG: readonly Column[] = [
  [Ipc.key, 10],
  [Ipc.id, 10],
  [Ipc.mode, 5, 'octal'],
  [MsgQueue.bytes, 11],
  [MsgQueue.count, 10],
  [MsgQueue.sender, 5],
  [MsgQueue.receiver, 5],
  ...ids,
  [MsgQueue.stime, 10, 'time'],
  [MsgQueue.rtime, 10, 'time'],
  [MsgQueue.ctime, 10, 'time'],
];

function cell(lx: Lx, object: number, [field, width, kind]: Column): string {
  const value = kind === 'time' ? lx.k.f64[(object + field) >> 1] : lx.k.i32[object + field];
  return value.toString(kind === 'octal' ? 8 : 10).padStart(width);
}

const listing =
  (header: string, at: number, columns: readonly Column[]): Text =>
  (lx) => {
    const objects = lx.k.locked(() => ipcAllLocked(lx.k, at));
    const lines = objects.map((o) => `${columns.map((c) => cell(lx, o, c)).join(' ')}\n`);
    return `${header}\n${lines.join('')}`;
  };

// biome-ignore format: the kernel's own headers
export const sysvipc: Record<string, Text> = {
  '/sysvipc/msg': listing('       key      msqid perms      cbytes       qnum lspid lrpid   uid   gid  cuid  cgid      stime      rtime      ctime', MSG_KIND.at, MSG),
  '/sysvipc/sem': listing('       key      semid perms      nsems   uid   gid  cuid  cgid      otime      ctime', SEM_KIND.at, SEM),
};
