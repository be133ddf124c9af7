// signalfd(2): reading takes pending signals of the mask (File.b, File.c) that belong to whoever reads.
import { E } from '../../abi/errno.ts';
import { READABLE } from '../../abi/poll.ts';
import { File, FileKind, registerFileOps } from '../../kernel/file.ts';
import { newFile } from '../../kernel/files.ts';
import type { Kernel } from '../../kernel/kmem.ts';
import type { Lx } from '../../kernel/lx.ts';
import { dequeueLocked } from '../../kernel/pending.ts';
import { SIGINFO_WORDS } from '../../kernel/siginfo.ts';
import { Process, Task } from '../../kernel/task.ts';

/** sizeof(struct signalfd_siginfo) */
const RECORD = 128;

export function newSignalfd(k: Kernel, low: number, high: number, flags: number): number {
  const file = newFile(k, FileKind.signalfd, flags, 'anon_inode:[signalfd]');
  setSignalfdMask(k, file, low, high);
  return file;
}

export function setSignalfdMask(k: Kernel, file: number, low: number, high: number): void {
  k.i32[file + File.b] = low;
  k.i32[file + File.c] = high;
}

function read(lx: Lx, file: number, buf: Uint8Array, off: number, len: number): number {
  const { k } = lx;
  if (len < RECORD) return -E.INVAL;
  const info = new Int32Array(SIGINFO_WORDS);
  const low = ~k.i32[file + File.b];
  const high = ~k.i32[file + File.c];
  let done = 0;
  while (done + RECORD <= len) {
    if (k.locked(() => dequeueLocked(k, lx.task, low, high, info)) === 0) break;
    writeRecord(buf, off + done, info);
    done += RECORD;
  }
  return done === 0 ? -E.AGAIN : done;
}

/**
 * signo errno code pid uid fd tid band overrun trapno status int (4 each), ptr utime stime addr (8 each). A siginfo does
 * not say which fields count; those that its code does not use come out as what lies there, as in Linux only for them.
 */
function writeRecord(buf: Uint8Array, off: number, info: Int32Array): void {
  const view = new DataView(buf.buffer, buf.byteOffset + off, RECORD);
  for (let at = 0; at < RECORD; at += 8) view.setBigUint64(at, 0n, true);
  view.setInt32(0, info[0], true);
  view.setInt32(4, info[1], true);
  view.setInt32(8, info[2], true);
  const timer = info[2] === -2;
  view.setInt32(timer ? 24 : 12, info[4], true);
  view.setInt32(timer ? 32 : 16, info[5], true);
  const child = info[0] === 17 && info[2] > 0;
  if (child) {
    view.setInt32(40, info[6], true);
    for (let i = 0; i < 4; i++) view.setInt32(56 + i * 4, info[8 + i], true);
    return;
  }
  view.setInt32(44, info[6], true);
  view.setInt32(48, info[6], true);
  view.setInt32(52, info[7], true);
}

function poll(lx: Lx, file: number): number {
  const { i32 } = lx.k;
  const process = i32[lx.task + Task.process];
  for (let word = 0; word < 2; word++) {
    const pending = i32[lx.task + Task.pending + word] | i32[process + Process.pending + word];
    if ((pending & i32[file + File.b + word]) !== 0) return READABLE;
  }
  return 0;
}

registerFileOps(FileKind.signalfd, { read, poll });
