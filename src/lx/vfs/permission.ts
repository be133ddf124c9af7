// Permission checks of lxcore's own. The host checks by the ids lxjit runs with, which is enough as long as the guest has
// the same ones; a guest process that changed its ids (su, setpriv, a server dropping root) is checked here.
import { CAP } from '../abi/capability.ts';
import { S } from '../abi/stat.ts';
import { can } from '../kernel/caps.ts';
import type { Lx } from '../kernel/lx.ts';
import { processOf } from '../kernel/process.ts';
import { Process } from '../kernel/task.ts';
import type { Attr } from './file-system.ts';
import type { Dir } from './where.ts';

/** True if the host's own checks do not stand for the current process. */
export function hasOtherIds(lx: Lx): boolean {
  const { i32 } = lx.k;
  const p = processOf(lx);
  // Files in memory have no host that checks.
  if (lx.config.inMemory !== undefined && i32[p + Process.fsuid] !== 0) return true;
  if (i32[p + Process.fsuid] !== lx.config.uid || i32[p + Process.fsgid] !== lx.config.gid)
    return true;
  return lx.config.uid === 0 && !can(lx, CAP.DAC_OVERRIDE);
}

/** R_OK | W_OK | X_OK by mode bits (generic_permission of Linux), for the file-system ids or the given ones. */
export function mayAccess(
  lx: Lx,
  attr: Attr,
  mask: number,
  uid = fsuid(lx),
  gid = fsgid(lx),
  override = can(lx, CAP.DAC_OVERRIDE),
): boolean {
  const type = attr.mode & S.IFMT;
  if (override) {
    // CAP_DAC_OVERRIDE: everything but executing what nobody may execute.
    return (mask & 1) === 0 || type === S.IFDIR || (attr.mode & 0o111) !== 0;
  }
  let bits = attr.mode;
  if (uid === attr.uid) bits >>= 6;
  else if (gid === attr.gid || inGroups(lx, attr.gid)) bits >>= 3;
  return (bits & mask) === mask;
}

/** May a directory be searched? Only asked when the host's answer does not count. */
export function maySearch(lx: Lx, dir: Dir): boolean {
  if (!hasOtherIds(lx)) return true;
  const attr = dir.fs.lstat(lx, dir.path);
  return typeof attr === 'number' || mayAccess(lx, attr, 1);
}

export const fsuid = (lx: Lx): number => lx.k.i32[processOf(lx) + Process.fsuid];
export const fsgid = (lx: Lx): number => lx.k.i32[processOf(lx) + Process.fsgid];

export function inGroups(lx: Lx, gid: number): boolean {
  const { i32 } = lx.k;
  const groups = i32[processOf(lx) + Process.groups];
  if (groups === 0) return false;
  for (let i = 1; i <= i32[groups]; i++) if (i32[groups + i] === gid) return true;
  return false;
}
