// struct iovec lists (readv(2) and its relatives).
import { E } from '../abi/errno.ts';
import type { Lx } from '../kernel/lx.ts';
import { KernelError } from '../mm/guest-memory.ts';
import { MAX_RW_COUNT } from './transfer.ts';

const IOV_MAX = 1024;
const SSIZE_MAX = 2 ** 63;

export interface IoVec {
  readonly base: number;
  readonly len: number;
}

/** The list at `addr`, cut to MAX_RW_COUNT bytes in all. Throws EINVAL or EFAULT as import_iovec() of Linux. */
export function readIoVecs(lx: Lx, addr: number, count: number): IoVec[] {
  if (count < 0 || count > IOV_MAX) throw new KernelError(E.INVAL);
  const list: IoVec[] = [];
  let total = 0;
  lx.mem.readable(addr, count * 16);
  for (let i = 0; i < count; i++) {
    const base = lx.mem.readU64(addr + i * 16);
    const len = lx.mem.readU64(addr + i * 16 + 8);
    if (len >= SSIZE_MAX) throw new KernelError(E.INVAL);
    const kept = Math.min(len, MAX_RW_COUNT - total);
    total += kept;
    list.push({ base, len: kept });
  }
  return list;
}
