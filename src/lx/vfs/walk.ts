// The path walk, component by component (link_path_walk() of Linux). Symlinks are resolved here and never by the host, so
// that mounts, chroot and `..` mean what they mean on Linux, and so that nothing outside of the guest's root is reachable.
//
// Example: 'ld/../f' from '/tmp', where ld → d: 'ld' is a symlink, so the rest becomes 'd/../f'; 'd' is a directory, now
// known; '..' is '/tmp' again; 'f' is the last component.
import { E } from '../abi/errno.ts';
import { NAME_MAX } from '../abi/stat.ts';
import type { Lx } from '../kernel/lx.ts';
import { deadDir } from './dead-dir.ts';
import { type Attr, isDir, isLink, type MagicTarget } from './file-system.ts';
import type { Namespace } from './namespace.ts';
import { maySearch } from './permission.ts';
import {
  BENEATH,
  type Dir,
  FOLLOW,
  IN_ROOT,
  type LastKind,
  MISSING_OK,
  NO_MAGIC,
  NO_MOUNTS,
  NO_SYMLINKS,
  PARENT,
  parentOf,
  Where,
} from './where.ts';

const MAX_LINKS = 40;
const SLASH = 47;

/** Walks `path` from the canonical directory `base`; `top` is where '/' and the last possible '..' are. */
export function walkPath(
  ns: Namespace,
  lx: Lx,
  base: string,
  path: string,
  flags: number,
  top: string,
): Where | number {
  const absolute = path.charCodeAt(0) === SLASH;
  if (absolute && flags & BENEATH) return -E.XDEV;
  const found = ns.dirAt(lx, absolute ? top : base);
  const dir = found === -E.NOENT && !absolute ? deadDir(base) : found;
  return typeof dir === 'number' ? dir : new Walk(ns, lx, dir, path, flags, top).run();
}

/** A result, −errno, or undefined: go on. */
type Step = Where | number | undefined;

class Walk {
  readonly #ns: Namespace;
  readonly #lx: Lx;
  readonly #flags: number;
  readonly #top: string;
  readonly #base: string;
  #dir: Dir;
  /** What is still to be walked: `rest` from `at` on. */
  #rest: string;
  #at = 0;
  #links = 0;
  #last: LastKind = 'root';

  constructor(ns: Namespace, lx: Lx, dir: Dir, path: string, flags: number, top: string) {
    this.#ns = ns;
    this.#lx = lx;
    this.#dir = dir;
    this.#base = dir.abs;
    this.#rest = path;
    this.#flags = flags;
    this.#top = top;
  }

  run(): Where | number {
    let step: Step;
    do step = this.#component();
    while (step === undefined);
    return step;
  }

  #component(): Step {
    const rest = this.#rest;
    const start = skipSlashes(rest, this.#at);
    const dir = this.#dir;
    if (start === rest.length) {
      return new Where(dir.fs, dir.path, dir.abs, null, this.#last, rest.endsWith('/'), dir);
    }
    const found = rest.indexOf('/', start);
    const end = found < 0 ? rest.length : found;
    const name = rest.slice(start, end);
    if (name.length > NAME_MAX) return -E.NAMETOOLONG;
    this.#at = skipSlashes(rest, end);
    if (!maySearch(this.#lx, dir)) return -E.ACCES;
    if (name === '.') {
      this.#last = 'dot';
      return undefined;
    }
    if (name === '..') return this.#up();
    return this.#down(name, end);
  }

  #up(): Step {
    this.#last = 'dotdot';
    const dir = this.#dir;
    if (dir.abs === this.#top) return undefined;
    if (this.#flags & BENEATH && dir.abs === this.#base) return -E.XDEV;
    return this.#enter(this.#ns.dirAt(this.#lx, parentOf(dir.abs)), 'dotdot');
  }

  /** `name` in the current directory; `end` is where it ends in `rest`. */
  #down(name: string, end: number): Step {
    const dir = this.#dir;
    const flags = this.#flags;
    const isLast = this.#at === this.#rest.length;
    const slash = isLast && end < this.#rest.length;
    const mounted = dir.mounts?.get(name);
    if (mounted !== undefined) {
      if (flags & NO_MOUNTS) return -E.XDEV;
      if (isLast) return new Where(mounted.fs, '', mounted.abs, null, 'name', slash, dir);
      return this.#enter(mounted, 'name');
    }
    const abs = `${dir.abs}/${name}`;
    const inner = dir.path.length === dir.abs.length ? abs : `${dir.path}/${name}`;
    if (isLast && flags & PARENT) return new Where(dir.fs, inner, abs, null, 'name', slash, dir);
    const known = isLast ? undefined : this.#ns.known(abs);
    if (known !== undefined) return this.#enter(known, 'name');
    const attr = dir.fs.lstat(this.#lx, inner);
    if (typeof attr === 'number') {
      const missing = isLast && attr === -E.NOENT && (flags & MISSING_OK) !== 0;
      return missing ? new Where(dir.fs, inner, abs, null, 'name', slash, dir) : attr;
    }
    if (isLink(attr) && (!isLast || slash || flags & FOLLOW)) {
      return this.#follow(inner, abs, attr, end, isLast && !slash);
    }
    if (!isDir(attr)) {
      if (!isLast || slash) return -E.NOTDIR;
      return new Where(dir.fs, inner, abs, attr, 'name', slash, dir);
    }
    const child = this.#ns.remember(dir, inner, abs);
    if (isLast) return new Where(dir.fs, inner, abs, attr, 'name', slash, dir);
    return this.#enter(child, 'name');
  }

  #enter(dir: Dir | number, last: LastKind): Step {
    if (typeof dir === 'number') return dir;
    if (this.#flags & NO_MOUNTS && dir.fs !== this.#dir.fs) return -E.XDEV;
    this.#dir = dir;
    this.#last = last;
    return undefined;
  }

  /** A symlink at `inner`; what is left of the path begins at `end`. */
  #follow(inner: string, abs: string, attr: Attr, end: number, isFinal: boolean): Step {
    const { fs } = this.#dir;
    if (this.#flags & NO_SYMLINKS || ++this.#links > MAX_LINKS) return -E.LOOP;
    const magic = fs.magic(this.#lx, inner);
    if (magic !== undefined) return this.#followMagic(magic, inner, abs, attr, isFinal);
    const target = fs.readlink(this.#lx, inner);
    if (typeof target === 'number') return target;
    if (target.length === 0) return -E.NOENT;
    this.#rest = target + this.#rest.slice(end);
    this.#at = 0;
    if (target.charCodeAt(0) !== SLASH) return undefined;
    if (this.#flags & BENEATH) return -E.XDEV;
    return this.#enter(this.#ns.dirAt(this.#lx, this.#top), 'root');
  }

  /** /proc/pid/cwd and its like lead to the thing itself, whatever its name is. */
  #followMagic(
    magic: MagicTarget | number,
    inner: string,
    abs: string,
    attr: Attr,
    isFinal: boolean,
  ): Step {
    if (typeof magic === 'number') return magic;
    if (this.#flags & NO_MAGIC) return -E.LOOP;
    if (this.#flags & (BENEATH | IN_ROOT)) return -E.XDEV;
    const { fs } = this.#dir;
    if (magic.file !== 0) {
      if (!isFinal) return -E.NOTDIR;
      return new Where(fs, inner, abs, attr, 'name', false, this.#dir, magic.file);
    }
    return isFinal
      ? this.#placeOf(magic.abs)
      : this.#enter(this.#ns.dirAt(this.#lx, magic.abs), 'name');
  }

  /** The place of a canonical path that a magic link gave. */
  #placeOf(abs: string): Where | number {
    const slash = abs.lastIndexOf('/');
    const dir = this.#ns.dirAt(this.#lx, abs.slice(0, Math.max(slash, 0)));
    if (typeof dir === 'number') return dir;
    if (abs === '') return new Where(dir.fs, '', '', null, 'root', false, dir);
    const name = abs.slice(slash + 1);
    const mounted = dir.mounts?.get(name);
    if (mounted !== undefined) return new Where(mounted.fs, '', abs, null, 'name', false, dir);
    const inner = `${dir.path}/${name}`;
    const attr = dir.fs.lstat(this.#lx, inner);
    if (typeof attr === 'number') return attr;
    return new Where(dir.fs, inner, abs, attr, 'name', false, dir);
  }
}

function skipSlashes(path: string, from: number): number {
  let at = from;
  while (at < path.length && path.charCodeAt(at) === SLASH) at++;
  return at;
}
