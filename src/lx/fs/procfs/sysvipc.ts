// /proc/sysvipc: the shared memory, semaphores and message queues there are, as sysvipc_*_proc_show() of Linux prints them.
import type { Lx } from '../../kernel/lx.ts';
import { Ipc, ipcAllLocked } from '../../kernel/sysv-ipc.ts';
import { MSG_KIND, MsgQueue } from '../../kernel/sysv-msg.ts';
import { SEM_KIND, SemSet } from '../../kernel/sysv-sem.ts';
import { countAttachedLocked, Segment, SHM_KIND, segmentPages } from '../../kernel/sysv-shm.ts';
import { PAGE_SIZE } from '../../mm/layout.ts';
import type { Text } from '../text-fs.ts';

/** A column: the field and its width; 'octal' for permissions, 'double' for times and sizes. */
type Column = readonly [field: number, width: number, kind?: 'octal' | 'double'];

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
  [SemSet.otime, 10, 'double'],
  [SemSet.ctime, 10, 'double'],
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
  [MsgQueue.stime, 10, 'double'],
  [MsgQueue.rtime, 10, 'double'],
  [MsgQueue.ctime, 10, 'double'],
];

const SHM: readonly Column[] = [
  [Ipc.key, 10],
  [Ipc.id, 10],
  [Ipc.mode, 5, 'octal'],
  [Segment.size, 21, 'double'],
  [Segment.creator, 5],
  [Segment.last, 5],
  [Segment.attached, 6],
  ...ids,
  [Segment.atime, 10, 'double'],
  [Segment.dtime, 10, 'double'],
  [Segment.ctime, 10, 'double'],
  [Segment.resident, 21, 'double'],
  [Segment.swapped, 21, 'double'],
];

function cell(lx: Lx, object: number, [field, width, kind]: Column): string {
  const value = kind === 'double' ? lx.k.f64[(object + field) >> 1] : lx.k.i32[object + field];
  return value.toString(kind === 'octal' ? 8 : 10).padStart(width);
}

const listing =
  (header: string, at: number, columns: readonly Column[]): Text =>
  (lx) => {
    const objects = lx.k.locked(() => ipcAllLocked(lx.k, at));
    const lines = objects.map((o) => `${columns.map((c) => cell(lx, o, c)).join(' ')}\n`);
    return `${header}\n${lines.join('')}`;
  };

const shmListing =
  (header: string): Text =>
  (lx) => {
    const { k } = lx;
    k.locked(() => countAttachedLocked(k));
    for (const [segment, pages] of segmentPages(k)) {
      k.f64[(segment + Segment.resident) >> 1] = pages * PAGE_SIZE;
    }
    return listing(header, SHM_KIND.at, SHM)(lx);
  };

// biome-ignore format: the kernel's own headers
export const sysvipc: Record<string, Text> = {
  '/sysvipc/shm': shmListing('       key      shmid perms                  size  cpid  lpid nattch   uid   gid  cuid  cgid      atime      dtime      ctime                   rss                  swap'),
  '/sysvipc/msg': listing('       key      msqid perms      cbytes       qnum lspid lrpid   uid   gid  cuid  cgid      stime      rtime      ctime', MSG_KIND.at, MSG),
  '/sysvipc/sem': listing('       key      semid perms      nsems   uid   gid  cuid  cgid      otime      ctime', SEM_KIND.at, SEM),
};
