// tmpfs for guests that mount one where the guest's root is the host's: a directory of the host's for temporary files, gone
// with the mount or the session. (Sessions with a root of their own have fs/tmpfs.)
import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { MAGIC } from '../../abi/stat.ts';
import type { Lx } from '../../kernel/lx.ts';
import type { FsStat } from '../../vfs/file-system.ts';
import { DriveFs } from './drivefs.ts';
import { done } from './host-errors.ts';

/** All workers of a session are one process of the host, so its number names the directory. */
const base = (): string => `${tmpdir()}/lxjit-mnt-${process.pid}`;

/** Makes the directory of a new mount: its host path, or −errno. */
export function makeTmpfs(id: number, mode: number): string | number {
  done(() => mkdirSync(base(), 0o700));
  const path = `${base()}/${id}`;
  const made = done(() => mkdirSync(path, 0o700));
  if (made < 0) return made;
  chmodSync(path, mode);
  return path;
}

export const dropTmpfs = (path: string): number =>
  path.startsWith(`${base()}/`) ? done(() => rmSync(path, { recursive: true, force: true })) : 0;

/** For the end of the session. */
export const dropAllTmpfs = (): number =>
  done(() => rmSync(base(), { recursive: true, force: true }));

const ST_RDONLY = 1;

export class HostTmpFs extends DriveFs {
  override statfs(lx: Lx, path: string): FsStat | number {
    const host = super.statfs(lx, path);
    if (typeof host === 'number') return host;
    const flags = this.readOnly ? host.flags | ST_RDONLY : host.flags & ~ST_RDONLY;
    return { ...host, type: MAGIC.tmpfs, flags };
  }
}
