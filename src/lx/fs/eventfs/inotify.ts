// inotify(7) as a file: File.a is the Inotify object; reading takes its events.
import { E } from '../../abi/errno.ts';
import { IN_EVENT } from '../../abi/inotify.ts';
import { READABLE } from '../../abi/poll.ts';
import { TTY } from '../../abi/termios.ts';
import { File, FileKind, registerFileOps } from '../../kernel/file.ts';
import { newFile } from '../../kernel/files.ts';
import type { Kernel } from '../../kernel/kmem.ts';
import type { Lx } from '../../kernel/lx.ts';
import {
  dropEventLocked,
  Event,
  eventBytes,
  freeInotifyLocked,
  Inotify,
} from '../../vfs/notify.ts';

export function newInotify(k: Kernel, flags: number): number {
  const file = newFile(k, FileKind.inotify, flags, 'anon_inode:inotify');
  k.i32[file + File.a] = k.alloc(Inotify.SIZE);
  k.i32[file + File.wait] = k.i32[file + File.a] + Inotify.wait;
  return file;
}

export const inotifyOf = (k: Kernel, file: number): number => k.i32[file + File.a];

function read(lx: Lx, file: number, buf: Uint8Array, off: number, len: number): number {
  const { k } = lx;
  const { i32 } = k;
  const owner = inotifyOf(k, file);
  return k.locked(() => {
    let done = 0;
    while (i32[owner + Inotify.first] !== 0) {
      const event = i32[owner + Inotify.first];
      const name = k.readString(i32[event + Event.name]);
      const size = eventBytes(name.length);
      if (done + size > len) return done === 0 ? -E.INVAL : done;
      writeEvent(k, event, name, size, buf, off + done);
      done += size;
      dropEventLocked(k, owner);
    }
    return done === 0 ? -E.AGAIN : done;
  });
}

function writeEvent(
  k: Kernel,
  event: number,
  name: string,
  size: number,
  buf: Uint8Array,
  off: number,
): void {
  const view = new DataView(buf.buffer, buf.byteOffset + off, size);
  buf.fill(0, off, off + size);
  view.setInt32(0, k.i32[event + Event.wd], true);
  view.setInt32(4, k.i32[event + Event.mask], true);
  view.setInt32(8, k.i32[event + Event.cookie], true);
  view.setInt32(12, size - IN_EVENT, true);
  for (let i = 0; i < name.length; i++) buf[off + IN_EVENT + i] = name.charCodeAt(i);
}

const poll = (lx: Lx, file: number): number =>
  lx.k.i32[inotifyOf(lx.k, file) + Inotify.first] !== 0 ? READABLE : 0;

function ioctl(lx: Lx, file: number, request: number, arg: number): number {
  if (request !== TTY.FIONREAD) return -E.NOTTY;
  lx.mem.writeU32(arg, lx.k.i32[inotifyOf(lx.k, file) + Inotify.bytes]);
  return 0;
}

function release(lx: Lx, file: number): void {
  const { k } = lx;
  k.i32[file + File.wait] = 0; // the object's
  k.locked(() => freeInotifyLocked(k, inotifyOf(k, file)));
}

registerFileOps(FileKind.inotify, { read, poll, ioctl, release });
