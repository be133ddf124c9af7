// The directories of a host tree that a guest is confined to, by descriptors. A guest may replace a directory by a symlink
// just after the walk has seen a directory there; a host call by the whole path would then lead out of the tree. So the
// directory is opened first, and used only if the host says that what was opened is where it should be; the call itself
// goes through the descriptor, `/proc/PID/fd/N/name`.
import { closeSync, constants, openSync, readlinkSync } from 'node:fs';
import { Fixed } from '../../kernel/fixed.ts';
import type { Kernel } from '../../kernel/kmem.ts';
import { hostPath } from './host-errors.ts';

const MAX_OPEN = 32;
const FLAGS = constants.O_DIRECTORY | 0o10000000; // O_PATH
/** Nothing is ever here. */
const NOWHERE = '/dev/null/none';

const all = new Set<HostDirectories>();

/** Programs of the host (touch, mkfifo) get these paths as well. */
export const byDescriptor = (fd: number): string => `/proc/${process.pid}/fd/${fd}`;

/** When a worker has nothing to do: its descriptors are the whole process's. */
export function closeHostDirectories(): void {
  for (const directories of all) directories.close();
}

export class HostDirectories {
  /** Real host path of the tree. */
  readonly #root: string;
  readonly #open = new Map<string, number>();
  #generation = -1;

  constructor(root: string) {
    this.#root = root;
    all.add(this);
  }

  /** A host path for `path` of the tree whose last component alone is still to be resolved. */
  reach(k: Kernel, path: string): string {
    const generation = Atomics.load(k.i32, Fixed.fsGeneration);
    if (generation !== this.#generation) {
      this.#generation = generation;
      this.close();
    }
    const slash = path.lastIndexOf('/');
    const fd = this.#directory(path.slice(0, Math.max(slash, 0)));
    if (fd < 0) return NOWHERE;
    return `${byDescriptor(fd)}/${path === '' ? '.' : path.slice(slash + 1)}`;
  }

  #directory(path: string): number {
    const known = this.#open.get(path);
    const fd = known ?? openVerified(this.#root + path);
    if (fd < 0) return fd;
    // The one used longest ago goes: a call that needs two directories has both.
    this.#open.delete(path);
    this.#open.set(path, fd);
    if (this.#open.size > MAX_OPEN) this.#forgetOldest();
    return fd;
  }

  #forgetOldest(): void {
    const [path, fd] = this.#open.entries().next().value as [string, number];
    this.#open.delete(path);
    closeSync(fd);
  }

  close(): void {
    for (const fd of this.#open.values()) closeSync(fd);
    this.#open.clear();
  }
}

/** A descriptor of the directory that really is at `path`, −1 if there is none. */
function openVerified(path: string): number {
  let fd = -1;
  const depth = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  try {
    fd = openSync(hostPath(path), FLAGS);
    if (readlinkSync(byDescriptor(fd), 'latin1') === path) return fd;
  } catch {
    // not there
  } finally {
    Error.stackTraceLimit = depth;
  }
  if (fd >= 0) closeSync(fd);
  return -1;
}
