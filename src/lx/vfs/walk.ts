// The path walk: from a path of the guest to the file system that has it and the canonical path in there. Symlinks are
// resolved here and never by the host, so that mounts, chroot and `..` mean what they mean on Linux, and so that nothing
// outside of the guest's root is reachable.
//
// A worker remembers directories that are no symlinks (`dirs`), by canonical guest path. What the guests themselves
// rename, remove or mount bumps a generation in kernel memory, at which every worker forgets; what other programs of the
// host do is seen after CACHE_MS at the latest. With that, a path in a known directory needs no host call before the
// one that the system call is about.
//
// Canonical guest paths have '' for the root, '/usr/lib' for others: `dir + '/' + name` then always holds.
import { E } from '../abi/errno.ts';
import { NAME_MAX, PATH_MAX } from '../abi/stat.ts';
import { Fixed } from '../kernel/fixed.ts';
import type { Kernel } from '../kernel/kmem.ts';
import type { Lx } from '../kernel/lx.ts';
import { type Attr, type FileSystem, isDir, isLink } from './file-system.ts';
import { maySearch } from './permission.ts';

const MAX_LINKS = 40;
const CACHE_MS = 1000;
const CACHE_MAX = 20_000;
/** Calls between two looks at the clock. */
const CLOCK_EVERY = 64;

/** A directory the walk has been in. */
export class Dir {
  readonly fs: FileSystem;
  readonly path: string;
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

interface Mount {
  readonly abs: string;
  readonly fs: FileSystem;
}

export class Namespace {
  readonly mounts: Mount[] = [];
  readonly #dirs = new Map<string, Dir>();
  #generation = -1;
  #fresh = 0;
  #calls = 0;

  /** Mounts `fs` at the canonical path `abs`; parents first. */
  mount(abs: string, fs: FileSystem): void {
    this.mounts.push({ abs, fs });
    this.#dirs.clear();
    this.#generation = -1;
  }

  /** The walk (path_lookupat of Linux): `path` from the canonical directory `base`. */
  walk(lx: Lx, base: string, path: string, flags: number, root = ''): Where | number {
    if (path.length >= PATH_MAX) return -E.NAMETOOLONG;
    this.#checkFresh(lx.k);
    const top = flags & IN_ROOT ? base : root;
    let rest = path;
    let at = 0;
    let start = base;
    if (path.charCodeAt(0) === 47) {
      if (flags & BENEATH) return -E.XDEV;
      // The common case: an absolute path whose directory is known.
      const slash = path.lastIndexOf('/');
      const known = top === '' && slash > 0 ? this.#dirs.get(path.slice(0, slash)) : undefined;
      if (known !== undefined && slash < path.length - 1 && (flags & NO_MOUNTS) === 0) {
        return this.#components(lx, known, path, slash + 1, flags, top);
      }
      start = top;
    } else if (path.length === 0) {
      return -E.NOENT;
    } else if (base !== '' || top !== '') {
      const slash = path.lastIndexOf('/');
      if (slash > 0 && slash < path.length - 1 && (flags & (NO_MOUNTS | BENEATH)) === 0) {
        const known = this.#dirs.get(`${base}/${path.slice(0, slash)}`);
        if (known !== undefined) return this.#components(lx, known, path, slash + 1, flags, top);
      }
    }
    const dir = this.dirAt(lx, start);
    if (typeof dir === 'number') return dir;
    if (at > 0) rest = path.slice(at);
    at = 0;
    return this.#components(lx, dir, rest, at, flags, top);
  }

  #components(
    lx: Lx,
    from: Dir,
    path: string,
    from0: number,
    flags: number,
    top: string,
  ): Where | number {
    let dir = from;
    let rest = path;
    let at = from0;
    let links = 0;
    let last: LastKind = 'root';
    const base = from;
    for (;;) {
      const length = rest.length;
      while (at < length && rest.charCodeAt(at) === 47) at++;
      if (at === length) {
        return new Where(dir.fs, dir.path, dir.abs, null, last, path.endsWith('/'), dir);
      }
      let end = rest.indexOf('/', at);
      if (end < 0) end = length;
      const name = at === 0 && end === length ? rest : rest.slice(at, end);
      if (name.length > NAME_MAX) return -E.NAMETOOLONG;
      let next = end;
      while (next < length && rest.charCodeAt(next) === 47) next++;
      const isLast = next === length;
      const slash = isLast && next > end;
      if (!maySearch(lx, dir)) return -E.ACCES;
      if (name === '.') {
        last = 'dot';
        at = next;
        continue;
      }
      if (name === '..') {
        last = 'dotdot';
        at = next;
        if (dir.abs === top) continue;
        if (flags & BENEATH && dir.abs === base.abs) return -E.XDEV;
        const parent = this.dirAt(lx, parentOf(dir.abs));
        if (typeof parent === 'number') return parent;
        if (flags & NO_MOUNTS && parent.fs !== dir.fs) return -E.XDEV;
        dir = parent;
        continue;
      }
      const mounted = dir.mounts?.get(name);
      if (mounted !== undefined) {
        if (flags & NO_MOUNTS) return -E.XDEV;
        if (isLast) return new Where(mounted.fs, '', mounted.abs, null, 'name', slash, dir);
        dir = mounted;
        at = next;
        continue;
      }
      const abs = `${dir.abs}/${name}`;
      if (isLast && flags & PARENT) {
        return new Where(dir.fs, `${dir.path}/${name}`, abs, null, 'name', slash, dir);
      }
      if (!isLast) {
        const known = this.#dirs.get(abs);
        if (known !== undefined) {
          dir = known;
          at = next;
          last = 'name';
          continue;
        }
      }
      const inner = `${dir.path}/${name}`;
      const attr = dir.fs.lstat(lx, inner);
      if (typeof attr === 'number') {
        if (isLast && attr === -E.NOENT && flags & MISSING_OK) {
          return new Where(dir.fs, inner, abs, null, 'name', slash, dir);
        }
        return attr;
      }
      if (isLink(attr) && (!isLast || slash || flags & FOLLOW)) {
        if (flags & NO_SYMLINKS || ++links > MAX_LINKS) return -E.LOOP;
        const magic = dir.fs.magic(lx, inner);
        if (magic !== undefined) {
          if (typeof magic === 'number') return magic;
          if (flags & (NO_MAGIC | BENEATH | IN_ROOT)) return flags & NO_MAGIC ? -E.LOOP : -E.XDEV;
          if (magic.file !== 0) {
            if (!isLast || slash) return -E.NOTDIR;
            return new Where(dir.fs, inner, abs, attr, 'name', false, dir, magic.file);
          }
          if (isLast && !slash) return this.#at(lx, magic.abs);
          const target = this.dirAt(lx, magic.abs);
          if (typeof target === 'number') return target;
          dir = target;
          at = next;
          last = 'name';
          continue;
        }
        const target = dir.fs.readlink(lx, inner);
        if (typeof target === 'number') return target;
        if (target.length === 0) return -E.NOENT;
        if (target.charCodeAt(0) === 47) {
          if (flags & BENEATH) return -E.XDEV;
          const root = this.dirAt(lx, top);
          if (typeof root === 'number') return root;
          if (flags & NO_MOUNTS && root.fs !== dir.fs) return -E.XDEV;
          dir = root;
          last = 'root';
        }
        rest = target + rest.slice(end);
        at = 0;
        continue;
      }
      if (isDir(attr)) {
        const child = this.#remember(dir, inner, abs);
        if (isLast) return new Where(dir.fs, inner, abs, attr, 'name', slash, dir);
        dir = child;
        at = next;
        last = 'name';
        continue;
      }
      if (!isLast || slash) return -E.NOTDIR;
      return new Where(dir.fs, inner, abs, attr, 'name', slash, dir);
    }
  }

  /** The directory of a canonical path (the current directory, a descriptor's), or −ENOENT if it is no more. */
  dirAt(lx: Lx, abs: string): Dir | number {
    const known = this.#dirs.get(abs);
    if (known !== undefined) return known;
    const slash = abs.lastIndexOf('/');
    const parent = this.dirAt(lx, abs.slice(0, slash));
    if (typeof parent === 'number') return parent;
    const name = abs.slice(slash + 1);
    const mounted = parent.mounts?.get(name);
    if (mounted !== undefined) return mounted;
    const inner = `${parent.path}/${name}`;
    const attr = parent.fs.lstat(lx, inner);
    if (typeof attr === 'number') return attr;
    if (!isDir(attr)) return -E.NOTDIR;
    return this.#remember(parent, inner, abs);
  }

  /** A canonical path that a magic link gave. */
  #at(lx: Lx, abs: string): Where | number {
    if (abs === '') {
      const root = this.dirAt(lx, '');
      if (typeof root === 'number') return root;
      return new Where(root.fs, '', '', null, 'root', false, root);
    }
    const slash = abs.lastIndexOf('/');
    const dir = this.dirAt(lx, abs.slice(0, slash));
    if (typeof dir === 'number') return dir;
    const name = abs.slice(slash + 1);
    const mounted = dir.mounts?.get(name);
    if (mounted !== undefined) return new Where(mounted.fs, '', abs, null, 'name', false, dir);
    const inner = `${dir.path}/${name}`;
    const attr = dir.fs.lstat(lx, inner);
    if (typeof attr === 'number') return attr;
    return new Where(dir.fs, inner, abs, attr, 'name', false, dir);
  }

  /** The mount that holds a canonical path: the longest one that is a prefix. */
  mountOf(abs: string): Mount {
    let best = this.mounts[0];
    for (const m of this.mounts) {
      if (m.abs.length >= best.abs.length && (abs === m.abs || abs.startsWith(`${m.abs}/`))) {
        best = m;
      }
    }
    return best;
  }

  #remember(parent: Dir, inner: string, abs: string): Dir {
    const dir = new Dir(parent.fs, inner, abs, this.#mountsIn(abs));
    if (!parent.fs.stable) return dir;
    if (this.#dirs.size >= CACHE_MAX) this.#clear();
    this.#dirs.set(abs, dir);
    return dir;
  }

  #mountsIn(abs: string): Map<string, Dir> | undefined {
    let found: Map<string, Dir> | undefined;
    for (const m of this.mounts) {
      if (m.abs !== '' && parentOf(m.abs) === abs) {
        found ??= new Map();
        const inside = this.#mountsIn(m.abs);
        found.set(m.abs.slice(abs.length + 1), new Dir(m.fs, '', m.abs, inside));
      }
    }
    return found;
  }

  #checkFresh(k: Kernel): void {
    const generation = Atomics.load(k.i32, Fixed.fsGeneration);
    if (generation !== this.#generation) {
      this.#generation = generation;
      this.#clear();
    } else if (++this.#calls >= CLOCK_EVERY) {
      this.#calls = 0;
      if (performance.now() - this.#fresh > CACHE_MS) this.#clear();
    }
  }

  #clear(): void {
    this.#dirs.clear();
    this.#fresh = performance.now();
    for (const m of this.mounts) {
      this.#dirs.set(m.abs, new Dir(m.fs, '', m.abs, this.#mountsIn(m.abs)));
    }
  }
}

export const parentOf = (abs: string): string => abs.slice(0, Math.max(0, abs.lastIndexOf('/')));

/** A directory was renamed, removed or replaced: nobody may rely on what it was. */
export function bumpGeneration(k: Kernel): void {
  Atomics.add(k.i32, Fixed.fsGeneration, 1);
}
