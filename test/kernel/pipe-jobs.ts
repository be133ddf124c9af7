// What the workers of pipe.test.ts do.
import { E } from '../../src/lx/abi/errno.ts';
import '../../src/lx/fs/pipefs/index.ts';
import { File, fileOps } from '../../src/lx/kernel/file.ts';
import type { Lx } from '../../src/lx/kernel/lx.ts';
import { blockUntil } from '../../src/lx/kernel/wait.ts';
import { USER } from './harness.ts';

const LINEAR = USER - 0x10000;

export function readBlocking(lx: Lx, file: number, len: number): number {
  const ops = fileOps(lx.k, file);
  return blockUntil(lx, [lx.k.i32[file + File.wait]], () =>
    ops.read(lx, file, lx.mem.u8, LINEAR, len, -1),
  );
}

export function writeBlocking(lx: Lx, file: number, len: number): number {
  const ops = fileOps(lx.k, file);
  let done = 0;
  while (done < len) {
    const n = blockUntil(lx, [lx.k.i32[file + File.wait]], () =>
      ops.write(lx, file, lx.mem.u8, LINEAR + done, len - done, -1),
    );
    if (n < 0) return n;
    done += n;
  }
  return done;
}

interface PingPong {
  readonly from: number;
  readonly to: number;
  readonly rounds: number;
}

/** Answers every byte; µs a round. */
export function pong(lx: Lx, { from, to, rounds }: PingPong): number {
  for (let i = 0; i < rounds; i++) {
    readBlocking(lx, from, 1);
    writeBlocking(lx, to, 1);
  }
  return rounds;
}

export function ping(lx: Lx, { from, to, rounds }: PingPong): number {
  for (let i = 0; i < rounds; i++) {
    writeBlocking(lx, to, 1);
    readBlocking(lx, from, 1);
  }
  return rounds;
}

/** Sends `total` bytes that count up (mod 251); then closes. */
export function produce(
  lx: Lx,
  { to, total, chunk }: { to: number; total: number; chunk: number },
): number {
  for (let sent = 0; sent < total; ) {
    const n = Math.min(chunk, total - sent);
    for (let i = 0; i < n; i++) lx.mem.u8[LINEAR + i] = (sent + i) % 251;
    const result = writeBlocking(lx, to, n);
    if (result < 0) return result;
    sent += n;
  }
  fileOps(lx.k, to).release(lx, to);
  return total;
}

/** Reads to the end of file; the number of bytes, or −1 at the first wrong one. */
export function consume(lx: Lx, { from, chunk }: { from: number; chunk: number }): number {
  let got = 0;
  for (;;) {
    const n = readBlocking(lx, from, chunk);
    if (n === 0) return got;
    if (n < 0) return n === -E.AGAIN ? -2 : n;
    for (let i = 0; i < n; i++) if (lx.mem.u8[LINEAR + i] !== (got + i) % 251) return -1;
    got += n;
  }
}
