// Writing to the host's terminal, for the line discipline (fs/pty). The descriptor may be in non-blocking mode, because
// libuv reads from the same terminal.
import { writeSync } from 'node:fs';
import { setHostTerminalWriter } from '../pty/output.ts';
import { hostError } from './host-errors.ts';

const RETRY_MS = 1;
const never = new Int32Array(new SharedArrayBuffer(4));

/** Writes all of it; its length, or −errno. */
export function writeTerminal(fd: number, bytes: Uint8Array): number {
  let done = 0;
  while (done < bytes.length) {
    try {
      done += writeSync(fd, bytes, done, bytes.length - done);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return hostError(error);
      Atomics.wait(never, 0, 0, RETRY_MS);
    }
  }
  return done;
}

setHostTerminalWriter(writeTerminal);
