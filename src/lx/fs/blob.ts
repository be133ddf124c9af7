// Files whose contents are made when they are opened (/proc, /sys): the bytes lie in kernel memory until the last close,
// so that a description can be shared. FileKind.blob: File.a = string object.
import { E } from '../abi/errno.ts';
import { File, FileKind, registerFileOps } from '../kernel/file.ts';
import { newFile } from '../kernel/files.ts';
import type { Lx } from '../kernel/lx.ts';
import { registerFileInode } from '../vfs/file-inode.ts';
import { insideOf } from './virtual-dir.ts';

/** A description that reads `text` (a byte string). */
export function openBlob(lx: Lx, flags: number, abs: string, text: string): number {
  const file = newFile(lx.k, FileKind.blob, flags, abs);
  lx.k.i32[file + File.a] = lx.k.locked(() => lx.k.newStringLocked(text));
  return file;
}

type Writer = (lx: Lx, abs: string, text: string) => number;
let writer: Writer = () => -E.INVAL;
/** procfs says what writing to its files does; the result is the number of bytes taken or −errno. */
export function setBlobWriter(write: Writer): void {
  writer = write;
}

registerFileOps(FileKind.blob, {
  seekable: true,
  read(lx, file, buf, off, len, pos) {
    const { k } = lx;
    const text = k.i32[file + File.a];
    const n = Math.min(len, k.i32[text] - pos);
    if (n <= 0) return 0;
    const at = ((text + 1) << 2) + pos;
    buf.set(k.u8.subarray(at, at + n), off);
    return n;
  },
  write(lx, file, buf, off, len) {
    let text = '';
    for (let i = 0; i < len; i++) text += String.fromCharCode(buf[off + i]);
    return writer(lx, lx.k.readString(lx.k.i32[file + File.path]), text);
  },
  size: (lx, file) => lx.k.i32[lx.k.i32[file + File.a]],
  truncate: () => 0,
  release(lx, file) {
    lx.k.free(lx.k.i32[file + File.a]);
  },
});

registerFileInode(FileKind.blob, {
  attr(lx, file) {
    const { fs, path } = insideOf(lx, file);
    return fs.lstat(lx, path);
  },
  statfs(lx, file) {
    const { fs, path } = insideOf(lx, file);
    return fs.statfs(lx, path);
  },
  reopen(lx, file, flags) {
    const { fs, path } = insideOf(lx, file);
    return fs.open(lx, path, flags, 0, lx.k.readString(lx.k.i32[file + File.path]));
  },
  chmod: () => -E.PERM,
  chown: () => -E.PERM,
  utimes: () => -E.PERM,
});
