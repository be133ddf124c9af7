// The memory devices (mem(4), null(4), random(4)): reads and writes on them never leave this file.
import { E } from '../../abi/errno.ts';
import { FileKind, type FileOps, registerFileOps } from '../../kernel/file.ts';
import { zeroBytes } from '../../mm/guest-memory.ts';

/** From here on making a view of doubles pays. */
const LARGE = 2048;

const zeros = (_lx: unknown, _file: number, buf: Uint8Array, off: number, len: number): number => {
  // A loop is quicker than fill() for the one to a few dozen bytes that are common.
  if (len >= LARGE && buf.byteOffset === 0) {
    zeroBytes(buf, new Float64Array(buf.buffer, 0, buf.byteLength >>> 3), off, off + len);
  } else if (len > 32) buf.fill(0, off, off + len);
  else for (let i = off, end = off + len; i < end; i++) buf[i] = 0;
  return len;
};

const swallow = (
  _lx: unknown,
  _file: number,
  _buf: Uint8Array,
  _off: number,
  len: number,
): number => len;

const RANDOM_CHUNK = 65536; // the most that getRandomValues gives at once
const random = new Uint8Array(RANDOM_CHUNK);

/** Random bytes into any buffer (getRandomValues refuses shared memory). */
export function randomBytes(buf: Uint8Array, off: number, len: number): void {
  for (let done = 0; done < len; done += RANDOM_CHUNK) {
    const part = random.subarray(0, Math.min(RANDOM_CHUNK, len - done));
    crypto.getRandomValues(part);
    buf.set(part, off + done);
  }
}

const randomRead: FileOps['read'] = (_lx, _file, buf, off, len) => {
  randomBytes(buf, off, len);
  return len;
};

registerFileOps(FileKind.nullDev, { read: () => 0, write: swallow });
registerFileOps(FileKind.zeroDev, { read: zeros, write: swallow });
registerFileOps(FileKind.fullDev, { read: zeros, write: () => -E.NOSPC });
registerFileOps(FileKind.randomDev, { read: randomRead, write: swallow });
