// struct rusage, as getrusage(2), wait4(2) and waitid(2) fill it: 16 words of 8 bytes; those Linux does not keep are 0.
import type { Lx } from '../kernel/lx.ts';
import type { Usage } from '../kernel/wait4.ts';
import { writeTimeval } from './time.ts';

const RUSAGE_SIZE = 144;
const RU_STIME = 16;
const RU_MAXRSS = 32;

export function writeUsage(lx: Lx, address: number, usage: Usage): void {
  const at = lx.mem.writable(address, RUSAGE_SIZE);
  lx.mem.u8.fill(0, at, at + RUSAGE_SIZE);
  writeTimeval(lx, address, usage.utime);
  writeTimeval(lx, address + RU_STIME, usage.stime);
  lx.mem.writeU64(address + RU_MAXRSS, Math.floor(usage.maxRss));
}
