import { describe, expect, it } from 'vitest';
import { E } from '../../src/lx/abi/errno.ts';
import { O } from '../../src/lx/abi/fcntl.ts';
import { POLL } from '../../src/lx/abi/poll.ts';
import { newPipe, openFifo, setPipeSize } from '../../src/lx/fs/pipefs/index.ts';
import { fileOps } from '../../src/lx/kernel/file.ts';
import { kernel, newLx, newProcess, runInWorker } from './harness.ts';

const jobs = new URL('./pipe-jobs.ts', import.meta.url);

function setUp() {
  const k = kernel();
  const lx = newLx(k, newProcess(k, 10).task);
  const other = newLx(k, newProcess(k, 11).task);
  const { reader, writer } = newPipe(k, 0);
  const bytes = (n: number): Uint8Array => new Uint8Array(n).fill(7);
  const write = (n: number): number => fileOps(k, writer).write(lx, writer, bytes(n), 0, n, -1);
  const read = (n: number): number =>
    fileOps(k, reader).read(lx, reader, new Uint8Array(n), 0, n, -1);
  const poll = (file: number): number => fileOps(k, file).poll(lx, file);
  return { k, lx, other, reader, writer, write, read, poll };
}

describe('a pipe', () => {
  it('holds 64 KiB, and takes writes of up to PIPE_BUF as a whole', () => {
    const { write, read } = setUp();
    expect(write(65536 - 100)).toBe(65436);
    expect(write(4096)).toBe(-E.AGAIN);
    expect(write(100)).toBe(100);
    expect(write(1)).toBe(-E.AGAIN);
    expect(read(50)).toBe(50);
    expect(write(5000)).toBe(50);
    expect(read(100_000)).toBe(65536);
    expect(read(1)).toBe(-E.AGAIN);
  });

  it('ends when the last writer closes, breaks when the last reader does', () => {
    const a = setUp();
    a.write(3);
    fileOps(a.k, a.writer).release(a.lx, a.writer);
    expect(a.poll(a.reader)).toBe(POLL.IN | POLL.RDNORM | POLL.HUP);
    expect(a.read(10)).toBe(3);
    expect(a.read(10)).toBe(0);
    const b = setUp();
    fileOps(b.k, b.reader).release(b.lx, b.reader);
    expect(b.poll(b.writer)).toBe(POLL.OUT | POLL.WRNORM | POLL.ERR);
    expect(b.write(1)).toBe(-E.PIPE);
  });

  it('changes its size, but not below its contents', () => {
    const { lx, reader, write } = setUp();
    write(10_000);
    expect(setPipeSize(lx, reader, 4096, false)).toBe(-E.BUSY);
    expect(setPipeSize(lx, reader, 100_000, false)).toBe(131072);
    expect(setPipeSize(lx, reader, 1 << 21, false)).toBe(-E.PERM);
    expect(write(100_000)).toBe(100_000);
  });

  it('as a FIFO: opens without waiting where open(2) says so', () => {
    const { k, lx, poll } = setUp();
    expect(openFifo(lx, '1:2', O.WRONLY | O.NONBLOCK, '/f')).toBe(-E.NXIO);
    const reader = openFifo(lx, '1:2', O.RDONLY | O.NONBLOCK, '/f');
    expect(poll(reader)).toBe(0); // no POLLHUP before a first writer
    const writer = openFifo(lx, '1:2', O.WRONLY | O.NONBLOCK, '/f');
    expect(fileOps(k, writer).write(lx, writer, new Uint8Array(5), 0, 5, -1)).toBe(5);
    fileOps(k, writer).release(lx, writer);
    expect(poll(reader)).toBe(POLL.IN | POLL.RDNORM | POLL.HUP);
  });

  it('carries data between workers, whatever the chunks', async () => {
    for (const [out, into] of [
      [1, 65536],
      [65536, 3],
      [5000, 777],
      [200_000, 100_000],
    ]) {
      const { lx, other, reader, writer } = setUp();
      const total = out === 1 || into === 3 ? 20_000 : 3_000_000;
      const results = await Promise.all([
        runInWorker(jobs, 'produce', lx, { to: writer, total, chunk: out }),
        runInWorker(jobs, 'consume', other, { from: reader, chunk: into }),
      ]);
      expect(results).toEqual([total, total]);
    }
  });

  it('hands over between two workers, and loses no wake-up', async () => {
    const { k, lx, other, reader, writer } = setUp();
    const back = newPipe(k, 0);
    const rounds = 5_000;
    const results = await Promise.all([
      runInWorker(jobs, 'ping', lx, { to: writer, from: back.reader, rounds }),
      runInWorker(jobs, 'pong', other, { from: reader, to: back.writer, rounds }),
    ]);
    expect(results).toEqual([rounds, rounds]);
  });
});
