// Socket files on the host's disk. Node has no mknod: a server that listens under a passing name makes the inode, which
// then gets its real name. Nobody ever connects to it; the sockets themselves are lxcore's (fs/sockfs).
import { chmodSync, closeSync, linkSync, openSync } from 'node:fs';
import { createServer } from 'node:net';
import { hostError, hostPath } from './host-errors.ts';

let made = 0;

/** Makes a socket file at `path` (a byte string) with these permissions: 0 or −errno. */
export function makeSocket(path: string, mode: number): number {
  const slash = path.lastIndexOf('/');
  let dir: number;
  try {
    dir = openSync(hostPath(slash <= 0 ? '/' : path.slice(0, slash)), 'r');
  } catch (error) {
    return hostError(error);
  }
  // By its descriptor: the length of a socket's path is limited to 107 bytes.
  const passing = `/proc/self/fd/${dir}/.lxjit-${process.pid}-${made++}-${Date.now().toString(36)}`;
  const server = createServer();
  server.on('error', () => {});
  try {
    server.listen(passing);
    chmodSync(passing, mode);
    linkSync(passing, hostPath(path));
    return 0;
  } catch (error) {
    return hostError(error);
  } finally {
    server.close(); // takes the passing name away
    closeSync(dir);
  }
}
