// A read-only file system of generated text, from a table of paths: the base of sysfs and of the static part of procfs.
import { DT } from '../abi/dirent.ts';
import { E } from '../abi/errno.ts';
import { O } from '../abi/fcntl.ts';
import { S } from '../abi/stat.ts';
import type { Lx } from '../kernel/lx.ts';
import {
  type Attr,
  type DirEntry,
  FileSystem,
  type FsStat,
  virtualAttr,
  virtualFsStat,
} from '../vfs/file-system.ts';
import { openBlob } from './blob.ts';
import { openVirtualDir } from './virtual-dir.ts';

export type Text = (lx: Lx) => string;

/** A directory: names in order, with the text of files. */
type Tree = Map<string, Text | null>;

export class TextFs extends FileSystem {
  readonly type: string;
  override readonly source: string;
  override readonly createError: number = E.PERM;
  readonly #magic: number;
  readonly #dev: number;
  readonly #dirs = new Map<string, Tree>([['', new Map()]]);
  readonly #inos = new Map<string, number>([['', 1]]);

  /** `dirs` are directories that may stay empty. */
  constructor(
    type: string,
    magic: number,
    dev: number,
    files: Record<string, Text>,
    dirs: readonly string[],
  ) {
    super();
    this.type = type;
    this.source = type;
    this.#magic = magic;
    this.#dev = dev;
    for (const path of dirs) this.#addDir(path);
    for (const [path, text] of Object.entries(files)) this.#add(path, text);
  }

  #add(path: string, text: Text | null): void {
    const slash = path.lastIndexOf('/');
    const dir = path.slice(0, slash);
    this.#addDir(dir);
    (this.#dirs.get(dir) as Tree).set(path.slice(slash + 1), text);
    this.#inos.set(path, this.#inos.size + 1);
  }

  #addDir(path: string): void {
    if (this.#dirs.has(path)) return;
    this.#add(path, null);
    this.#dirs.set(path, new Map());
  }

  #text(path: string): Text | undefined {
    const slash = path.lastIndexOf('/');
    return this.#dirs.get(path.slice(0, slash))?.get(path.slice(slash + 1)) ?? undefined;
  }

  override lstat(_lx: Lx, path: string): Attr | number {
    const ino = this.#inos.get(path);
    if (ino === undefined) return -E.NOENT;
    if (this.#dirs.has(path)) return virtualAttr(this.#dev, ino, S.IFDIR | 0o755);
    return virtualAttr(this.#dev, ino, S.IFREG | 0o444, { size: this.type === 'sysfs' ? 4096 : 0 });
  }

  override open(lx: Lx, path: string, flags: number, _mode: number, abs: string): number {
    if (!this.#inos.has(path)) return flags & O.CREAT ? -this.createError : -E.NOENT;
    if (flags & O.CREAT && flags & O.EXCL) return -E.EXIST;
    const text = this.#text(path);
    if (text === undefined || flags & O.PATH)
      return openVirtualDir(lx, flags, abs, text === undefined);
    if (flags & O.DIRECTORY) return -E.NOTDIR;
    if ((flags & O.ACCMODE) !== O.RDONLY) return -E.ACCES;
    return openBlob(lx, flags, abs, text(lx));
  }

  override list(_lx: Lx, path: string): DirEntry[] | number {
    const dir = this.#dirs.get(path);
    if (dir === undefined) return -E.NOTDIR;
    return [...dir].map(([name, text]) => ({
      name,
      type: text === null ? DT.DIR : DT.REG,
      ino: this.#inos.get(`${path}/${name}`) as number,
    }));
  }

  override access(lx: Lx, path: string, mask: number): number {
    const attr = this.lstat(lx, path);
    if (typeof attr === 'number') return attr;
    return mask & 2 && !this.#dirs.has(path) ? -E.ACCES : 0;
  }

  override statfs(): FsStat {
    return virtualFsStat(this.#magic);
  }
}
