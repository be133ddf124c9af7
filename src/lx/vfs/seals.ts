// Seals of memfd_create(2) files, kept in File.d of the description that memfd_create made.
import { E } from '../abi/errno.ts';
import { F_SEAL } from '../abi/fcntl.ts';
import { File, FileKind } from '../kernel/file.ts';
import type { Lx } from '../kernel/lx.ts';

function isMemfd(lx: Lx, file: number): boolean {
  const kind = lx.k.i32[file + File.kind];
  return kind === FileKind.memfd || kind === FileKind.tmpMemfd;
}

export function getSeals(lx: Lx, file: number): number {
  return isMemfd(lx, file) ? lx.k.i32[file + File.d] : -E.INVAL;
}

export function addSeals(lx: Lx, file: number, seals: number): number {
  if (!isMemfd(lx, file) || seals & ~0x3f) return -E.INVAL;
  const { i32 } = lx.k;
  if (i32[file + File.d] & F_SEAL.SEAL) return -E.PERM;
  i32[file + File.d] |= seals;
  return 0;
}

/** May a sealed file be written, or get another size? 0 or −EPERM. */
export function checkSeals(lx: Lx, file: number, forbidden: number): number {
  return isMemfd(lx, file) && lx.k.i32[file + File.d] & forbidden ? -E.PERM : 0;
}
