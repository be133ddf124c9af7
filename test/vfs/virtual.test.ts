// /dev, /proc, /sys through the system calls.
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { E } from '../../src/lx/abi/errno.ts';
import { AT, F, O, SEEK } from '../../src/lx/abi/fcntl.ts';
import { CWD, type Guest, newGuest, readEntries, readNames, readStat, tempDir } from './harness.ts';

const dir = tempDir();
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const g = newGuest({}, dir);

function slurp(h: Guest, path: string): string {
  const fd = h.sys('open', path, O.RDONLY, 0);
  if (fd < 0) throw new Error(`open ${path}: ${fd}`);
  const buf = h.alloc(4096);
  let text = '';
  for (;;) {
    const n = h.sys('read', fd, buf, 1000);
    if (n <= 0) break;
    text += h.text(buf, n);
  }
  h.sys('close', fd);
  return text;
}

describe('/dev', () => {
  it('has devices with their numbers and modes', () => {
    const st = g.alloc(144);
    for (const [path, rdev, mode] of [
      ['/dev/null', 0x103n, 0o20666],
      ['/dev/zero', 0x105n, 0o20666],
      ['/dev/full', 0x107n, 0o20666],
      ['/dev/tty', 0x500n, 0o20666],
      ['/dev/console', 0x501n, 0o20600],
    ] as const) {
      expect(g.sys('stat', path, st)).toBe(0);
      expect(readStat(g, st)).toMatchObject({ rdev, mode });
    }
    expect(g.sys('stat', '/dev/nonesuch', st)).toBe(-E.NOENT);
    expect(g.sys('stat', '/dev/null/x', st)).toBe(-E.NOTDIR);
  });

  it('reads and writes them', () => {
    const buf = g.alloc(4096);
    const [zero, nul, full, rnd] = ['/dev/zero', '/dev/null', '/dev/full', '/dev/urandom'].map(
      (p) => g.sys('open', p, O.RDWR, 0),
    );
    g.mem.write(buf, new Uint8Array(4096).fill(7));
    expect(g.sys('read', zero, buf, 100)).toBe(100);
    expect(g.mem.bytes(buf, 101)).toEqual(new Uint8Array([...new Array(100).fill(0), 7]));
    expect(g.sys('read', nul, buf, 100)).toBe(0);
    expect(g.sys('write', nul, buf, 100)).toBe(100);
    expect(g.sys('write', full, buf, 1)).toBe(-E.NOSPC);
    expect(g.sys('read', rnd, buf, 4096)).toBe(4096);
    expect(new Set(g.mem.bytes(buf, 4096)).size).toBeGreaterThan(200);
    expect(g.sys('lseek', nul, 10, SEEK.SET)).toBe(0);
    expect(g.sys('pread64', zero, buf, 4, 100)).toBe(4);
    for (const fd of [zero, nul, full, rnd]) g.sys('close', fd);
  });

  it('leads to descriptors by /dev/fd and /dev/stdin', () => {
    writeFileSync(`${dir}/f`, 'contents');
    const fd = g.sys('open', 'f', O.RDONLY, 0);
    expect(fd).toBe(0);
    expect(slurp(g, '/dev/stdin')).toBe('contents');
    expect(slurp(g, '/dev/fd/0')).toBe('contents');
    renameSync(`${dir}/f`, `${dir}/g`);
    const buf = g.alloc(256);
    const n = g.sys('readlink', '/proc/self/fd/0', buf, 256);
    expect(g.text(buf, n)).toBe(`${dir}/g`);
    rmSync(`${dir}/g`);
    expect(slurp(g, '/proc/self/fd/0')).toBe('contents');
    expect(g.text(buf, g.sys('readlink', '/proc/self/fd/0', buf, 256))).toBe(`${dir}/g (deleted)`);
    const st = g.alloc(144);
    expect(g.sys('stat', '/proc/self/fd/0', st)).toBe(0);
    expect(readStat(g, st)).toMatchObject({ nlink: 0, size: 8 });
    expect(g.sys('stat', '/proc/self/fd/0/x', st)).toBe(-E.NOTDIR);
    expect(g.sys('stat', '/proc/self/fd/77', st)).toBe(-E.NOENT);
    g.sys('close', fd);
  });
});

describe('/proc', () => {
  it('lists itself, and numbers that can be looked up', () => {
    const fd = g.sys('open', '/proc', O.RDONLY | O.DIRECTORY, 0);
    const names = readNames(g, fd);
    expect(names.slice(0, 2)).toEqual(['.', '..']);
    for (const name of ['1', 'self', 'cpuinfo', 'meminfo', 'sys', 'mounts'])
      expect(names).toContain(name);
    g.sys('close', fd);
    const self = g.sys('open', '/proc/self/', O.RDONLY | O.DIRECTORY, 0);
    const st = g.alloc(144);
    for (const e of readEntries(g, self)) {
      expect(g.sys('newfstatat', self, e.name, st, AT.SYMLINK_NOFOLLOW), e.name).toBe(0);
      if (e.name !== '..') expect(readStat(g, st).ino, e.name).toBe(e.ino);
    }
    g.sys('close', self);
  });

  it('has every file of every directory below /proc/sys and /proc/1', () => {
    const st = g.alloc(144);
    const visit = (path: string): void => {
      const fd = g.sys('open', path, O.RDONLY | O.DIRECTORY, 0);
      const entries = readEntries(g, fd);
      g.sys('close', fd);
      for (const e of entries) {
        if (e.name.startsWith('.') || e.type === 10 || e.name === 'fdinfo') continue;
        if (e.type === 4) visit(`${path}/${e.name}`);
        else expect(() => slurp(g, `${path}/${e.name}`), e.name).not.toThrow();
        expect(g.sys('lstat', `${path}/${e.name}`, st)).toBe(0);
      }
    };
    visit('/proc/sys');
    visit('/proc/1');
    visit('/sys');
  });

  it('gives formats that programs parse', () => {
    expect(slurp(g, '/proc/self/stat').split(' ')).toHaveLength(52);
    expect(slurp(g, '/proc/self/statm')).toMatch(/^\d+ \d+ \d+ \d+ 0 \d+ 0\n$/);
    expect(slurp(g, '/proc/meminfo')).toMatch(/^MemTotal: {8}2097152 kB\nMemFree:/);
    expect(slurp(g, '/proc/self/status')).toMatch(
      /^Name:\t.*\nUmask:\t0022\nState:\tR \(running\)\n/,
    );
    expect(slurp(g, '/proc/self/mounts')).toMatch(
      / \/ \w+ rw,relatime 0 0\nproc \/proc proc rw,relatime 0 0\n/,
    );
    const native = readFileSync('/proc/self/limits', 'latin1').split('\n');
    const ours = slurp(g, '/proc/self/limits').split('\n');
    expect(ours[0]).toBe(native[0]);
    expect(ours.map((l) => l.slice(0, 26))).toEqual(native.map((l) => l.slice(0, 26)));
    expect(slurp(g, '/proc/sys/kernel/ostype')).toBe('Linux\n');
  });

  it('follows cwd and root, and refuses what is not there', () => {
    const buf = g.alloc(256);
    expect(g.text(buf, g.sys('readlink', '/proc/self/cwd', buf, 256))).toBe(dir);
    writeFileSync(`${dir}/here`, 'x');
    expect(slurp(g, '/proc/self/cwd/here')).toBe('x');
    expect(slurp(g, '/proc/self/root/proc/sys/kernel/ostype')).toBe('Linux\n');
    expect(g.sys('open', '/proc/4711', O.RDONLY, 0)).toBe(-E.NOENT);
    expect(g.sys('open', '/proc/newfile', O.CREAT | O.WRONLY, 0o600)).toBeLessThan(0);
    expect(g.sys('mkdir', '/proc/x', 0o700)).toBeLessThan(0);
    expect(g.sys('unlink', '/proc/cpuinfo')).toBe(-E.PERM);
    expect(g.sys('link', `${dir}/here`, '/dev/shm/x')).toBe(-E.XDEV);
  });

  it('takes a new name and shows it', () => {
    const fd = g.sys('open', '/proc/self/comm', O.WRONLY, 0);
    expect(g.sys('write', fd, 'renamed\n', 8)).toBe(8);
    g.sys('close', fd);
    expect(slurp(g, '/proc/self/comm')).toBe('renamed\n');
    expect(slurp(g, '/proc/thread-self/comm')).toBe('renamed\n');
  });
});

describe('locks', () => {
  it('keeps POSIX locks apart, and joins and splits ranges', () => {
    const a = g.sys('open', 'lock', O.RDWR | O.CREAT, 0o600);
    const fl = g.alloc(32);
    const set = (type: number, start: number, len: number): number => {
      g.mem.writeU64(fl, type);
      g.mem.writeU64(fl + 8, start);
      g.mem.writeU64(fl + 16, len);
      g.mem.writeU64(fl + 24, 0);
      return g.sys('fcntl', a, F.SETLK, fl);
    };
    expect(set(1, 0, 100)).toBe(0);
    expect(set(2, 40, 20)).toBe(0);
    const ofd = g.sys('open', 'lock', O.RDWR, 0);
    const probe = (start: number, len: number) => {
      g.mem.writeU64(fl, 1);
      g.mem.writeU64(fl + 8, start);
      g.mem.writeU64(fl + 16, len);
      g.mem.writeU64(fl + 24, 0);
      expect(g.sys('fcntl', ofd, F.OFD_GETLK, fl)).toBe(0);
      return g.mem.readU16(fl) === 2
        ? null
        : [g.mem.readU64(fl + 8), g.mem.readU64(fl + 16), g.mem.readI32(fl + 24)];
    };
    expect(probe(0, 0)).not.toBeNull();
    expect(probe(45, 10)).toBeNull();
    expect(probe(0, 10)).toEqual([0, 40, 1]);
    expect(probe(70, 10)).toEqual([60, 40, 1]);
    g.sys('close', ofd); // closing any descriptor of the file drops the process's POSIX locks
    const ofd2 = g.sys('open', 'lock', O.RDWR, 0);
    g.mem.writeU64(fl, 1);
    g.mem.writeU64(fl + 8, 0);
    g.mem.writeU64(fl + 16, 0);
    g.mem.writeU64(fl + 24, 0);
    expect(g.sys('fcntl', ofd2, F.OFD_SETLK, fl)).toBe(0);
    expect(set(0, 0, 1)).toBe(-E.AGAIN);
    expect(g.sys('flock', a, 2)).toBe(0);
    expect(g.sys('flock', ofd2, 1 | 4)).toBe(-E.AGAIN);
    g.sys('close', a);
    expect(g.sys('flock', ofd2, 1 | 4)).toBe(0);
    g.sys('close', ofd2);
  });
});

it('copies no range between file systems', () => {
  writeFileSync(`${dir}/range`, 'bytes');
  const from = g.sys('open', `${dir}/range`, O.RDONLY, 0);
  const to = g.sys('memfd_create', 'other', 0);
  expect(g.sys('copy_file_range', from, 0, to, 0, 5, 0)).toBe(-E.XDEV);
  g.sys('close', from);
  g.sys('close', to);
});

describe('odd calls', () => {
  it('answers as Linux', () => {
    expect(g.sys('dup3', 0, 0, 0)).toBe(-E.INVAL);
    expect(g.sys('dup2', 99, 99)).toBe(-E.BADF);
    expect(g.sys('fcntl', 99, F.GETFD, 0)).toBe(-E.BADF);
    const fd = g.sys('open', '/dev/null', O.RDWR | O.CLOEXEC, 0);
    expect(g.sys('fcntl', fd, F.GETFD, 0)).toBe(1);
    expect(g.sys('fcntl', fd, F.GETFL, 0)).toBe(O.RDWR | O.LARGEFILE);
    expect(g.sys('fcntl', fd, F.DUPFD, 10)).toBe(10);
    expect(g.sys('fcntl', 10, F.GETFD, 0)).toBe(0);
    expect(g.sys('close_range', 10, 20, 0)).toBe(0);
    expect(g.sys('fcntl', 10, F.GETFD, 0)).toBe(-E.BADF);
    expect(g.sys('ioctl', fd, 0x5401, g.alloc(64))).toBe(-E.NOTTY);
    expect(g.sys('chroot', '/proc/self')).toBe(0);
    expect(g.sys('newfstatat', CWD, '/status', g.alloc(144), 0)).toBe(0);
    g.sys('close', fd);
  });
});
