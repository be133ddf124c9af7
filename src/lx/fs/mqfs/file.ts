// A message queue as a file: what read, poll and stat of its descriptor answer.
import { POLL, READABLE, WRITABLE } from '../../abi/poll.ts';
import { S } from '../../abi/stat.ts';
import { SIGEV } from '../../abi/time.ts';
import { File, FileKind, filePut, registerFileOps } from '../../kernel/file.ts';
import { newFile, onDescriptorClosed } from '../../kernel/files.ts';
import type { Kernel } from '../../kernel/kmem.ts';
import type { Lx } from '../../kernel/lx.ts';
import { processOf } from '../../kernel/process.ts';
import { Process } from '../../kernel/task.ts';
import { registerFileInode } from '../../vfs/file-inode.ts';
import { virtualAttr } from '../../vfs/file-system.ts';
import { dropQueueLocked, forgetProcessLocked, Queue } from './queue.ts';

const DEV = 18;
/** FILENT_SIZE: what such a file claims to hold. */
const SIZE = 80;

export const queueOf = (k: Kernel, file: number): number => k.i32[file + File.a];

/** A description of a queue, which the caller has counted in Queue.refs. */
export function newQueueFile(k: Kernel, queue: number, flags: number): number {
  const file = newFile(k, FileKind.mqueue, flags, `/${k.readString(k.i32[queue + Queue.name])}`);
  k.i32[file + File.a] = queue;
  k.i32[file + File.wait] = queue + Queue.wait;
  return file;
}

function statusText(k: Kernel, queue: number): string {
  const { i32 } = k;
  const process = i32[queue + Queue.notify];
  const sig = i32[queue + Queue.notifyKind] === SIGEV.SIGNAL ? i32[queue + Queue.notifySig] : 0;
  const cell = (value: number, width: number): string => String(value).padEnd(width);
  const kind = process === 0 ? 0 : i32[queue + Queue.notifyKind];
  const pid = process === 0 ? 0 : i32[process + Process.pid];
  return (
    `QSIZE:${cell(i32[queue + Queue.bytes], 10)} NOTIFY:${cell(kind, 5)} ` +
    `SIGNO:${cell(process === 0 ? 0 : sig, 5)} NOTIFY_PID:${cell(pid, 6)}\n`
  );
}

function read(lx: Lx, file: number, buf: Uint8Array, off: number, len: number, pos: number) {
  const text = lx.k.locked(() => statusText(lx.k, queueOf(lx.k, file)));
  const n = Math.max(0, Math.min(len, text.length - pos));
  for (let i = 0; i < n; i++) buf[off + i] = text.charCodeAt(pos + i);
  return n;
}

function poll(lx: Lx, file: number): number {
  const { i32 } = lx.k;
  const queue = queueOf(lx.k, file);
  const count = i32[queue + Queue.count];
  const readable = count > 0 ? READABLE : 0;
  return count < i32[queue + Queue.maxMessages] ? readable | (WRITABLE & ~POLL.WRBAND) : readable;
}

function release(lx: Lx, file: number): void {
  const { k } = lx;
  const queue = queueOf(k, file);
  k.i32[file + File.wait] = 0; // the queue's
  k.locked(() => {
    k.i32[queue + Queue.refs]--;
    dropQueueLocked(k, queue);
  });
}

registerFileOps(FileKind.mqueue, { seekable: true, read, poll, release });

registerFileInode(FileKind.mqueue, {
  attr(lx, file) {
    const { i32 } = lx.k;
    const queue = queueOf(lx.k, file);
    const more = { uid: i32[queue + Queue.uid], gid: i32[queue + Queue.gid], size: SIZE };
    const nlink = i32[queue + Queue.linked];
    const mode = S.IFREG | i32[queue + Queue.mode];
    return virtualAttr(DEV, i32[queue + Queue.ino], mode, { ...more, nlink });
  },
});

onDescriptorClosed((lx, file) => {
  const { k } = lx;
  if (k.i32[file + File.kind] !== FileKind.mqueue) return;
  const put: number[] = [];
  k.locked(() => forgetProcessLocked(k, queueOf(k, file), processOf(lx), put));
  for (const socket of put) filePut(lx, socket);
});
