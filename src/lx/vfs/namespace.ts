// The mounts of a session as one worker sees them, and what it remembers of the directories below them.
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
import type { Lx, SessionConfig } from '../kernel/lx.ts';
import { type FileSystem, isDir, isLink } from './file-system.ts';
import { type GuestMount, guestMounts } from './guest-mounts.ts';
import { maySearch } from './permission.ts';
import { walkPath } from './walk.ts';
import { Dir, FOLLOW, IN_ROOT, MISSING_OK, PARENT, parentOf, RESTRICTED, Where } from './where.ts';

export const FIRST_MOUNT_ID = 20;

const CACHE_MS = 1000;
const CACHE_MAX = 20_000;
/** Lookups between two looks at the clock. */
const CLOCK_EVERY = 64;
const SLASH = 47;
const DOT = 46;

interface Mount {
  readonly abs: string;
  readonly fs: FileSystem;
}

let makeGuestFs: (config: SessionConfig, mount: GuestMount) => FileSystem = () => {
  throw new Error('lxcore: no file systems registered');
};
/** fs/mounts.ts says here how file systems that guests mount are made. */
export function setGuestFsMaker(make: typeof makeGuestFs): void {
  makeGuestFs = make;
}

export class Namespace {
  /** Those of the session, then those of the guests. */
  readonly mounts: Mount[] = [];
  #own = 0;
  #guestFs = new Map<string, FileSystem>();
  readonly #dirs = new Map<string, Dir>();
  #generation = -1;
  #fresh = 0;
  #lookups = 0;
  #last = '';
  #lastDir: Dir | undefined;

  /** Mounts `fs` at the canonical path `abs`; parents first. */
  mount(abs: string, fs: FileSystem): void {
    this.mounts.push({ abs, fs });
    this.#own = this.mounts.length;
    this.#dirs.clear();
    this.#last = '';
    this.#generation = -1;
  }

  /** path_lookupat() of Linux: `path` from the canonical directory `base`, under the root `root`. */
  lookup(lx: Lx, base: string, path: string, flags: number, root: string): Where | number {
    if (path.length >= PATH_MAX) return -E.NAMETOOLONG;
    if (path.length === 0) return -E.NOENT;
    this.#checkFresh(lx);
    if ((flags & RESTRICTED) === 0) {
      const quick = this.#lookupQuickly(lx, base, path, flags, root);
      if (quick !== undefined) return quick;
    }
    return walkPath(this, lx, base, path, flags, flags & IN_ROOT ? base : root);
  }

  /** The common case: a plain name in a directory that is known. undefined: it is not that case. */
  #lookupQuickly(
    lx: Lx,
    base: string,
    path: string,
    flags: number,
    root: string,
  ): Where | number | undefined {
    const slash = path.lastIndexOf('/');
    const length = path.length - slash - 1;
    if (length === 0 || length > NAME_MAX) return undefined;
    if (length <= 2 && path.charCodeAt(slash + 1) === DOT) return undefined;
    const absolute = path.charCodeAt(0) === SLASH;
    if (absolute && root !== '') return undefined;
    const dir = this.#knownDir(absolute ? '' : base, path, slash, absolute);
    if (dir === undefined) return undefined;
    if (dir.mounts?.has(path.slice(slash + 1))) return undefined;
    if (!maySearch(lx, dir)) return -E.ACCES;
    const abs = absolute ? path : `${dir.abs}/${path.slice(slash + 1)}`;
    const inner = dir.path.length === dir.abs.length ? abs : dir.path + abs.slice(dir.abs.length);
    if (flags & PARENT) return new Where(dir.fs, inner, abs, null, 'name', false, dir);
    const attr = dir.fs.lstat(lx, inner);
    if (typeof attr === 'number') {
      const missing = attr === -E.NOENT && (flags & MISSING_OK) !== 0;
      return missing ? new Where(dir.fs, inner, abs, null, 'name', false, dir) : attr;
    }
    if (flags & FOLLOW && isLink(attr)) return undefined;
    return new Where(dir.fs, inner, abs, attr, 'name', false, dir);
  }

  /** The directory part of `path` (up to `slash`), if it is known. Mostly it is the same as the time before. */
  #knownDir(from: string, path: string, slash: number, absolute: boolean): Dir | undefined {
    if (slash <= 0) return this.#dirs.get(from);
    const last = this.#last;
    if (absolute && slash === last.length && path.startsWith(last)) return this.#lastDir;
    const abs = absolute ? path.slice(0, slash) : `${from}/${path.slice(0, slash)}`;
    const dir = this.#dirs.get(abs);
    if (dir !== undefined) {
      this.#last = abs;
      this.#lastDir = dir;
    }
    return dir;
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
    return this.remember(parent, inner, abs);
  }

  known(abs: string): Dir | undefined {
    return this.#dirs.get(abs);
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

  /** Number of the mount that holds a canonical path, in mountinfo and statx(2). */
  mountIdOf(abs: string): number {
    return FIRST_MOUNT_ID + this.mounts.indexOf(this.mountOf(abs));
  }

  /** `abs` is a directory and no symlink; `inner` is its path in the parent's file system. */
  remember(parent: Dir, inner: string, abs: string): Dir {
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
        found.set(m.abs.slice(abs.length + 1), new Dir(m.fs, '', m.abs, this.#mountsIn(m.abs)));
      }
    }
    return found;
  }

  #checkFresh(lx: Lx): void {
    const { k } = lx;
    const generation = Atomics.load(k.i32, Fixed.fsGeneration);
    if (generation !== this.#generation) {
      this.#generation = generation;
      this.#mountGuests(lx);
      this.#clear();
    } else if (++this.#lookups >= CLOCK_EVERY) {
      this.#lookups = 0;
      if (performance.now() - this.#fresh > CACHE_MS) this.#clear();
    }
  }

  /** Mounts what guests have mounted by now; a file system is made once for each mount and state. */
  #mountGuests(lx: Lx): void {
    const records = guestMounts(lx.k);
    if (records.length === 0 && this.mounts.length === this.#own) return;
    const before = this.#guestFs;
    this.#guestFs = new Map();
    this.mounts.length = this.#own;
    for (const record of records) {
      const key = `${record.id}:${record.readOnly}`;
      const fs = before.get(key) ?? makeGuestFs(lx.config, record);
      this.#guestFs.set(key, fs);
      this.mounts.push({ abs: record.abs, fs });
    }
  }

  #clear(): void {
    this.#dirs.clear();
    this.#fresh = performance.now();
    this.#last = '';
    this.#lastDir = undefined;
    for (const m of this.mounts) {
      this.#dirs.set(m.abs, new Dir(m.fs, '', m.abs, this.#mountsIn(m.abs)));
    }
  }
}

/** A directory was renamed, removed or replaced: nobody may rely on what it was. */
export function bumpGeneration(k: Kernel): void {
  Atomics.add(k.i32, Fixed.fsGeneration, 1);
}
