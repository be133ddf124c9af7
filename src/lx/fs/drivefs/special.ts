// FIFOs that lie on the host's disk. Their data goes through lxcore's own pipes (pipefs), keyed by the inode: the host's
// open(2) would block this worker, and its pipe could not be waited for together with other things.
import { closeSync } from 'node:fs';
import { E } from '../../abi/errno.ts';
import type { Lx } from '../../kernel/lx.ts';
import { fdAttr } from './host-attr.ts';

/** Opens the pipe of the FIFO that is inode `ino` of device `dev`: a File or −errno; may block. */
export type FifoOpener = (
  lx: Lx, dev: bigint, ino: bigint, flags: number, abs: string,
) => number;
let opener: FifoOpener = () => -E.NXIO;
/** Called by pipefs. */
export function setFifoOpener(open: FifoOpener): void {
  opener = open;
}

/** `fd`, a host descriptor of the FIFO, is closed here. */
export function openFifo(lx: Lx, fd: number, flags: number, abs: string): number {
  const { dev, ino } = fdAttr(fd);
  closeSync(fd);
  return opener(lx, dev, ino, flags, abs);
}
