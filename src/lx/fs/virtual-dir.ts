// Descriptions of virtual file systems that are only a path: open directories (FileKind.blobDir) and O_PATH. What is
// asked of them is asked of the file system again.
import { E } from '../abi/errno.ts';
import { O } from '../abi/fcntl.ts';
import { File, FileKind, registerFileOps } from '../kernel/file.ts';
import { newFile } from '../kernel/files.ts';
import type { Lx } from '../kernel/lx.ts';
import { deadAttr } from '../vfs/dead-dir.ts';
import { type FileInode, registerFileInode } from '../vfs/file-inode.ts';
import { type FileSystem, isDir } from '../vfs/file-system.ts';
import { namespaceOf } from '../vfs/paths.ts';

/** An open directory, or an O_PATH descriptor of anything. */
export function openVirtualDir(lx: Lx, flags: number, abs: string, isDir: boolean): number {
  if (flags & O.DIRECTORY && !isDir) return -E.NOTDIR;
  if (flags & O.PATH) return newFile(lx.k, FileKind.virtualPath, flags, abs);
  if ((flags & O.ACCMODE) !== O.RDONLY || flags & O.CREAT) return -E.ISDIR;
  return newFile(lx.k, FileKind.blobDir, flags, abs);
}

const pathOf = (lx: Lx, file: number): string => lx.k.readString(lx.k.i32[file + File.path]);

/** The file system a description's path lies in, and the path inside it. */
export function insideOf(lx: Lx, file: number): { fs: FileSystem; path: string } {
  const abs = pathOf(lx, file);
  const mount = namespaceOf(lx).mountOf(abs);
  return { fs: mount.fs, path: abs.slice(mount.abs.length) };
}

registerFileOps(FileKind.blobDir, {
  seekable: true,
  read: () => -E.ISDIR,
  write: () => -E.BADF,
  sync: () => 0,
});

const inode: Partial<FileInode> = {
  // A directory that is no more (vfs/dead-dir.ts; a process that ended) is empty.
  attr(lx, file) {
    const { fs, path } = insideOf(lx, file);
    const attr = fs.lstat(lx, path);
    return attr === -E.NOENT ? deadAttr() : attr;
  },
  list(lx, file) {
    const { fs, path } = insideOf(lx, file);
    const entries = fs.list(lx, path);
    return entries === -E.NOENT ? [] : entries;
  },
  entryIno(lx, file, name) {
    const { fs, path } = insideOf(lx, file);
    const attr = fs.lstat(lx, `${path}/${name}`);
    return typeof attr === 'number' ? undefined : attr.ino;
  },
  statfs(lx, file) {
    const { fs, path } = insideOf(lx, file);
    return fs.statfs(lx, path);
  },
  dirPath: pathOf,
  chmod: () => -E.PERM,
  chown: () => -E.PERM,
  utimes: () => -E.PERM,
};
registerFileInode(FileKind.blobDir, inode);

registerFileOps(FileKind.virtualPath, {});
registerFileInode(FileKind.virtualPath, {
  ...inode,
  dirPath(lx, file) {
    const attr = inode.attr!(lx, file);
    return typeof attr !== 'number' && isDir(attr) ? pathOf(lx, file) : -E.NOTDIR;
  },
  reopen(lx, file, flags) {
    const { fs, path } = insideOf(lx, file);
    return fs.open(lx, path, flags & ~O.CREAT, 0, pathOf(lx, file));
  },
  chmod: () => -E.BADF,
  chown: () => -E.BADF,
  utimes: () => -E.BADF,
});
