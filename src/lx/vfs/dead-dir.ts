// A current directory that was removed: on Linux still an inode, empty and without a name, in which nothing can be made
// but from which '..' leads up. Here directories are paths, so this file system stands in for one whose path is gone.
import { E } from '../abi/errno.ts';
import { S } from '../abi/stat.ts';
import { FileKind } from '../kernel/file.ts';
import { newFile } from '../kernel/files.ts';
import type { Lx } from '../kernel/lx.ts';
import { type Attr, type DirEntry, FileSystem, virtualAttr } from './file-system.ts';
import { Dir } from './where.ts';

const DEAD_INO = 2;

export const deadAttr = (): Attr => ({ ...virtualAttr(0, DEAD_INO, S.IFDIR | 0o755), nlink: 0 });

class DeadFs extends FileSystem {
  readonly type = 'ext4';
  override readonly createError = E.NOENT;
  override readonly stable = false;

  override lstat(_lx: Lx, path: string): Attr | number {
    return path === '' ? deadAttr() : -E.NOENT;
  }
  override open(lx: Lx, path: string, flags: number, _mode: number, abs: string): number {
    return path === '' ? newFile(lx.k, FileKind.blobDir, flags, abs) : -E.NOENT;
  }
  override list(): DirEntry[] {
    return [];
  }
  override rmdir(): number {
    return -E.NOENT;
  }
  override unlink(): number {
    return -E.NOENT;
  }
  override rename(): number {
    return -E.NOENT;
  }
}

const dead = new DeadFs();

/** Stands for the removed directory whose path was `abs`. */
export const deadDir = (abs: string): Dir => new Dir(dead, '', abs, undefined);
