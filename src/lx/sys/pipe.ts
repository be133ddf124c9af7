// pipe(2), pipe2(2).
import { PAGE_WRITE } from '../../../assembly/shared/layout.ts';
import { E } from '../abi/errno.ts';
import { O } from '../abi/fcntl.ts';
import { newPipe } from '../fs/pipefs/index.ts';
import { filePut } from '../kernel/file.ts';
import { fdClose, fdInstall } from '../kernel/files.ts';
import type { Lx } from '../kernel/lx.ts';
import { type Handler, row, type SyscallRow } from './row.ts';

/** Gives two new descriptions the lowest descriptors and stores those at `addr`; takes them all back on failure. */
export function installPair(
  lx: Lx,
  addr: number,
  first: number,
  second: number,
  cloexec: boolean,
): number {
  const a = fdInstall(lx, first, cloexec);
  if (a < 0) {
    filePut(lx, second);
    return a;
  }
  const b = fdInstall(lx, second, cloexec);
  if (b < 0) {
    fdClose(lx, a);
    return b;
  }
  if (lx.mem.accessible(addr, 8, PAGE_WRITE) !== 8) {
    fdClose(lx, a);
    fdClose(lx, b);
    return -E.FAULT;
  }
  lx.mem.writeU32(addr, a);
  lx.mem.writeU32(addr + 4, b);
  return 0;
}

const pipe2: Handler = (lx, addr, flags) => {
  if ((flags & ~(O.CLOEXEC | O.NONBLOCK)) !== 0) return -E.INVAL;
  const { reader, writer } = newPipe(lx.k, flags & O.NONBLOCK);
  return installPair(lx, addr, reader, writer, (flags & O.CLOEXEC) !== 0);
};

const pipe: Handler = (lx, addr) => pipe2(lx, addr, 0, 0, 0, 0, 0);

// biome-ignore format: aligned rows
export const rows: readonly SyscallRow[] = [
  row(22,  'pipe',  ['ptr'],               pipe,  'full',    'emulated'),
  row(293, 'pipe2', ['ptr', 'open-flags'], pipe2, 'partial', 'emulated', 'no O_DIRECT packets'),
];
