// What the path walk gives, and what it is asked: shared by the namespace of mounts and the walk itself.
import type { Attr, FileSystem } from './file-system.ts';

/** A directory the walk has been in. */
export class Dir {
  readonly fs: FileSystem;
  /** Path inside the file system. */
  readonly path: string;
  /** Canonical guest path. */
  readonly abs: string;
  /** Mount points directly in it. */
  readonly mounts: ReadonlyMap<string, Dir> | undefined;
  constructor(
    fs: FileSystem,
    path: string,
    abs: string,
    mounts: ReadonlyMap<string, Dir> | undefined,
  ) {
    this.fs = fs;
    this.path = path;
    this.abs = abs;
    this.mounts = mounts;
  }
}

/** How the last component was spelled: 'name', or something that no call may create, remove or rename. */
export type LastKind = 'name' | 'dot' | 'dotdot' | 'root';

/** Where a path leads. */
export class Where {
  readonly fs: FileSystem;
  readonly path: string;
  readonly abs: string;
  /** Attributes, if the walk had to look at the file; null if it had not, or if there is none. */
  readonly attr: Attr | null;
  readonly last: LastKind;
  /** The path ended in a slash. */
  readonly slash: boolean;
  /** The directory it is in (itself, for 'dot' and its like). */
  readonly dir: Dir;
  /** A magic link led to this open file description; 0 otherwise. */
  readonly file: number;
  constructor(
    fs: FileSystem,
    path: string,
    abs: string,
    attr: Attr | null,
    last: LastKind,
    slash: boolean,
    dir: Dir,
    file = 0,
  ) {
    this.fs = fs;
    this.path = path;
    this.abs = abs;
    this.attr = attr;
    this.last = last;
    this.slash = slash;
    this.dir = dir;
    this.file = file;
  }
}

/** Follow a symlink in the last component. */
export const FOLLOW = 1;
/** Do not look at the last component at all: for calls that create, remove or open it. */
export const PARENT = 2;
/** Restrictions of openat2(2). */
export const NO_SYMLINKS = 4;
export const NO_MAGIC = 8;
export const NO_MOUNTS = 16;
/** Neither `..` nor a link leads out of the base directory: −EXDEV. */
export const BENEATH = 32;
/** The base directory is the root. */
export const IN_ROOT = 64;
/** A missing last component is not an error: Where.attr is null then. */
export const MISSING_OK = 128;
/** Flags that forbid the short cut through known directories. */
export const RESTRICTED = NO_MOUNTS | BENEATH | NO_SYMLINKS | IN_ROOT;

export const parentOf = (abs: string): string => abs.slice(0, Math.max(0, abs.lastIndexOf('/')));
