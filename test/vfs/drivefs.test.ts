// DriveFs through the system calls, compared with what the host says about the same files.
import { execSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { E } from '../../src/lx/abi/errno.ts';
import { AT, O, SEEK } from '../../src/lx/abi/fcntl.ts';
import { CWD, newGuest, readEntries, readNames, readStat, tempDir } from './harness.ts';

const dir = tempDir();
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const g = newGuest({}, dir);

describe('open, read, write, seek', () => {
  it('writes a file, reads it back, and keeps the umask', () => {
    const fd = g.sys('open', 'a.txt', O.RDWR | O.CREAT | O.EXCL, 0o666);
    expect(fd).toBe(0);
    expect(g.sys('write', fd, 'hello world', 11)).toBe(11);
    expect(readFileSync(`${dir}/a.txt`, 'latin1')).toBe('hello world');
    expect(statSync(`${dir}/a.txt`).mode & 0o777).toBe(0o644);
    const buf = g.alloc(100);
    expect(g.sys('read', fd, buf, 100)).toBe(0);
    expect(g.sys('lseek', fd, 6, SEEK.SET)).toBe(6);
    expect(g.sys('read', fd, buf, 100)).toBe(5);
    expect(g.text(buf, 5)).toBe('world');
    expect(g.sys('pread64', fd, buf, 3, 1)).toBe(3);
    expect(g.text(buf, 3)).toBe('ell');
    expect(g.sys('lseek', fd, 0, SEEK.CUR)).toBe(11);
    expect(g.sys('lseek', fd, -1, SEEK.SET)).toBe(-E.INVAL);
    expect(g.sys('lseek', fd, -1, SEEK.END)).toBe(10);
    expect(g.sys('close', fd)).toBe(0);
    expect(g.sys('close', fd)).toBe(-E.BADF);
  });

  it('checks access modes, pointers and kinds', () => {
    const fd = g.sys('open', 'a.txt', O.WRONLY, 0);
    const buf = g.alloc(16);
    expect(g.sys('read', fd, buf, 1)).toBe(-E.BADF);
    expect(g.sys('write', fd, 0x1000, 4)).toBe(-E.FAULT);
    expect(g.sys('read', 999, buf, 1)).toBe(-E.BADF);
    g.sys('close', fd);
    const d = g.sys('open', '.', O.RDONLY, 0);
    expect(g.sys('read', d, buf, 1)).toBe(-E.ISDIR);
    g.sys('close', d);
    expect(g.sys('open', '.', O.RDWR, 0)).toBe(-E.ISDIR);
    expect(g.sys('open', 'a.txt', O.RDONLY | O.DIRECTORY, 0)).toBe(-E.NOTDIR);
    expect(g.sys('open', 'a.txt/', O.RDONLY, 0)).toBe(-E.NOTDIR);
    expect(g.sys('open', 'a.txt/b', O.RDONLY, 0)).toBe(-E.NOTDIR);
    expect(g.sys('open', 'new/', O.CREAT | O.WRONLY, 0o666)).toBe(-E.ISDIR);
    expect(g.sys('open', '', O.RDONLY, 0)).toBe(-E.NOENT);
    expect(g.sys('open', 'none', O.RDONLY, 0)).toBe(-E.NOENT);
    expect(g.sys('open', 'x'.repeat(256), O.RDONLY, 0)).toBe(-E.NAMETOOLONG);
    expect(g.sys('open', 'x/'.repeat(2500), O.RDONLY, 0)).toBe(-E.NAMETOOLONG);
    expect(g.sys('open', 0x1000, O.RDONLY, 0)).toBe(-E.FAULT);
  });

  it('appends', () => {
    const fd = g.sys('open', 'log', O.WRONLY | O.CREAT | O.APPEND, 0o644);
    writeFileSync(`${dir}/log`, '12345');
    expect(g.sys('write', fd, 'ab', 2)).toBe(2);
    expect(g.sys('lseek', fd, 0, SEEK.CUR)).toBe(7);
    g.sys('lseek', fd, 0, SEEK.SET);
    g.sys('write', fd, 'cd', 2);
    expect(readFileSync(`${dir}/log`, 'latin1')).toBe('12345abcd');
    g.sys('fcntl', fd, 4, 0);
    g.sys('lseek', fd, 0, SEEK.SET);
    g.sys('write', fd, 'X', 1);
    expect(readFileSync(`${dir}/log`, 'latin1')).toBe('X2345abcd');
    g.sys('close', fd);
  });

  it('writes vectors at once and reads them apart', () => {
    const iov = g.alloc(48);
    [g.put('abc'), g.put('defg')].forEach((p, i) => {
      g.mem.writeU64(iov + i * 16, p);
      g.mem.writeU64(iov + i * 16 + 8, 3 + i);
    });
    const fd = g.sys('open', 'vec', O.RDWR | O.CREAT, 0o600);
    expect(g.sys('writev', fd, iov, 2)).toBe(7);
    const [p, q] = [g.alloc(4), g.alloc(8)];
    g.mem.writeU64(iov, p);
    g.mem.writeU64(iov + 16, q);
    expect(g.sys('preadv', fd, iov, 2, 1)).toBe(6);
    expect(g.text(p, 3) + g.text(q, 3)).toBe('bcdefg');
    expect(g.sys('readv', fd, iov, -1)).toBe(-E.INVAL);
    expect(g.sys('readv', fd, iov, 1025)).toBe(-E.INVAL);
    g.mem.writeU64(iov + 16, 0x1000);
    g.sys('lseek', fd, 0, SEEK.SET);
    expect(g.sys('writev', fd, iov, 2)).toBe(3);
    g.sys('close', fd);
  });
});

describe('names', () => {
  it('follows links, also in the middle, and stops at loops', () => {
    mkdirSync(`${dir}/d/e`, { recursive: true });
    writeFileSync(`${dir}/d/e/f`, 'deep');
    symlinkSync('d', `${dir}/ld`);
    symlinkSync(`${dir}/d/e`, `${dir}/le`);
    symlinkSync('loop', `${dir}/loop`);
    symlinkSync('nowhere', `${dir}/dangling`);
    const st = g.alloc(144);
    expect(g.sys('stat', 'ld/e/f', st)).toBe(0);
    expect(readStat(g, st).ino).toBe(lstatSync(`${dir}/d/e/f`, { bigint: true }).ino);
    expect(g.sys('stat', 'le/../../a.txt', st)).toBe(0);
    expect(g.sys('stat', 'loop', st)).toBe(-E.LOOP);
    expect(g.sys('lstat', 'loop', st)).toBe(0);
    expect(g.sys('lstat', 'ld/', st)).toBe(0);
    expect(readStat(g, st).mode & 0o170000).toBe(0o040000);
    expect(g.sys('open', 'ld', O.RDONLY | O.NOFOLLOW, 0)).toBe(-E.LOOP);
    expect(g.sys('open', 'ld', O.RDONLY | O.NOFOLLOW | O.DIRECTORY, 0)).toBe(-E.NOTDIR);
    const fd = g.sys('open', 'dangling', O.WRONLY | O.CREAT, 0o600);
    expect(fd).toBeGreaterThanOrEqual(0);
    expect(existsSync(`${dir}/nowhere`)).toBe(true);
    expect(g.sys('open', 'dangling', O.WRONLY | O.CREAT | O.EXCL, 0o600)).toBe(-E.EXIST);
    g.sys('close', fd);
  });

  it('gives every field of stat as the host', () => {
    const st = g.alloc(144);
    for (const path of ['/etc/passwd', '/usr/bin', dir, '/bin/sh']) {
      expect(g.sys('lstat', path, st)).toBe(0);
      const host = lstatSync(path, { bigint: true });
      const got = readStat(g, st);
      for (const key of ['dev', 'ino', 'rdev', 'atimeNs', 'mtimeNs', 'ctimeNs'] as const)
        expect(got[key]).toBe(host[key]);
      for (const key of ['mode', 'nlink', 'uid', 'gid', 'size', 'blksize', 'blocks'] as const)
        expect(got[key]).toBe(Number(host[key]));
    }
  });

  it('makes, renames and removes', () => {
    expect(g.sys('mkdir', 'm', 0o777)).toBe(0);
    expect(statSync(`${dir}/m`).mode & 0o777).toBe(0o755);
    expect(g.sys('mkdir', 'm/', 0o777)).toBe(-E.EXIST);
    expect(g.sys('mkdir', 'x/y', 0o777)).toBe(-E.NOENT);
    expect(g.sys('rmdir', 'm/.')).toBe(-E.INVAL);
    expect(g.sys('rmdir', 'd/..')).toBe(-E.NOTEMPTY);
    expect(g.sys('rmdir', '/')).toBe(-E.BUSY);
    expect(g.sys('unlink', 'm')).toBe(-E.ISDIR);
    expect(g.sys('unlink', 'a.txt/')).toBe(-E.NOTDIR);
    expect(g.sys('symlink', 'some target', 'sl')).toBe(0);
    expect(readlinkSync(`${dir}/sl`)).toBe('some target');
    const buf = g.alloc(64);
    expect(g.sys('readlink', 'sl', buf, 4)).toBe(4);
    expect(g.text(buf, 4)).toBe('some');
    expect(g.sys('readlink', 'm', buf, 64)).toBe(-E.INVAL);
    expect(g.sys('readlink', 'sl', buf, 0)).toBe(-E.INVAL);
    expect(g.sys('link', 'a.txt', 'm/b')).toBe(0);
    expect(g.sys('link', 'a.txt', 'm/b')).toBe(-E.EXIST);
    expect(g.sys('rename', 'm', 'm/sub')).toBe(-E.INVAL);
    expect(g.sys('rename', 'a.txt', 'm')).toBe(-E.ISDIR);
    expect(g.sys('rename', 'm', 'a.txt')).toBe(-E.NOTDIR);
    expect(g.sys('renameat2', CWD, 'a.txt', CWD, 'sl', 1)).toBe(-E.EXIST);
    expect(g.sys('renameat2', CWD, 'a.txt', CWD, 'sl', 2)).toBe(0);
    expect(g.sys('renameat2', CWD, 'a.txt', CWD, 'sl', 2)).toBe(0);
    expect(g.sys('rmdir', 'm')).toBe(-E.NOTEMPTY);
    expect(g.sys('unlink', 'm/b')).toBe(0);
    expect(g.sys('rmdir', 'm')).toBe(0);
  });

  it('takes names that are not UTF-8', () => {
    const name = 'caf\xe9\xff';
    const fd = g.sys('creat', name, 0o644);
    g.sys('close', fd);
    const st = g.alloc(144);
    expect(g.sys('stat', name, st)).toBe(0);
    const d = g.sys('open', '.', O.RDONLY | O.DIRECTORY, 0);
    expect(readNames(g, d)).toContain(name);
    g.sys('close', d);
    expect(g.sys('unlink', name)).toBe(0);
  });
});

describe('directories', () => {
  it('lists in the order of the host, with the right inodes and types', () => {
    for (let i = 0; i < 200; i++) writeFileSync(`${dir}/d/file-${i}`, '');
    const fd = g.sys('open', 'd', O.RDONLY | O.DIRECTORY, 0);
    const got = readEntries(g, fd, 512);
    const host = execSync('ls -Uai1', { cwd: `${dir}/d`, encoding: 'latin1' })
      .trimEnd()
      .split('\n');
    const native = host.map((line) => line.trim().split(' '));
    expect(new Set(got.map((e) => `${e.ino} ${e.name}`))).toEqual(
      new Set(native.map((p) => p.join(' '))),
    );
    const order = (names: string[]) => names.filter((n) => n !== '.' && n !== '..');
    expect(order(got.map((e) => e.name))).toEqual(order(native.map((p) => p[1])));
    expect(got.find((e) => e.name === 'e')?.type).toBe(4);
    expect(got.find((e) => e.name === 'file-1')?.type).toBe(8);
    g.sys('lseek', fd, 0, SEEK.SET);
    writeFileSync(`${dir}/d/late`, '');
    expect(readNames(g, fd)).toContain('late');
    expect(g.sys('getdents64', fd, g.alloc(8), 8)).toBe(0);
    g.sys('lseek', fd, 0, SEEK.SET);
    expect(g.sys('getdents64', fd, g.alloc(8), 8)).toBe(-E.INVAL);
    g.sys('close', fd);
  });

  it('keeps the current directory over a rename, and loses it with rmdir', () => {
    const h = newGuest({}, dir);
    mkdirSync(`${dir}/w1/in`, { recursive: true });
    expect(h.sys('chdir', 'w1/in')).toBe(0);
    expect(h.sys('rename', `${dir}/w1`, `${dir}/w2`)).toBe(0);
    const buf = h.alloc(4096);
    expect(h.sys('getcwd', buf, 4096)).toBe(dir.length + 7);
    expect(h.mem.cstring(buf)).toBe(`${dir}/w2/in`);
    expect(h.sys('getcwd', buf, 4)).toBe(-E.RANGE);
    expect(h.sys('rmdir', `${dir}/w2/in`)).toBe(0);
    expect(h.sys('getcwd', buf, 4096)).toBe(-E.NOENT);
    expect(h.sys('stat', '.', buf)).toBe(0);
    expect(readStat(h, buf).nlink).toBe(0);
    expect(h.sys('open', 'x', O.CREAT | O.WRONLY, 0o600)).toBe(-E.NOENT);
    const fd = h.sys('open', '.', O.RDONLY | O.DIRECTORY, 0);
    expect(readNames(h, fd).filter((n) => !n.startsWith('.'))).toEqual([]);
    expect(h.sys('chdir', '..')).toBe(0);
    expect(h.sys('getcwd', buf, 4096)).toBe(dir.length + 4);
  });

  it('opens relative to a descriptor whose directory was renamed', () => {
    mkdirSync(`${dir}/q1`);
    writeFileSync(`${dir}/q1/f`, 'x');
    const fd = g.sys('open', 'q1', O.RDONLY | O.DIRECTORY, 0);
    expect(g.sys('rename', 'q1', 'q2')).toBe(0);
    const st = g.alloc(144);
    expect(g.sys('newfstatat', fd, 'f', st, 0)).toBe(0);
    expect(g.sys('newfstatat', fd, '', st, AT.EMPTY_PATH)).toBe(0);
    expect(g.sys('newfstatat', fd, '', st, 0)).toBe(-E.NOENT);
    expect(g.sys('newfstatat', 77, 'f', st, 0)).toBe(-E.BADF);
    g.sys('close', fd);
  });
});

describe('--root', () => {
  it('reaches nothing outside, neither by .. nor by links', () => {
    mkdirSync(`${dir}/jail/etc`, { recursive: true });
    writeFileSync(`${dir}/jail/etc/name`, 'inside');
    writeFileSync(`${dir}/secret`, 'outside');
    symlinkSync('/etc/name', `${dir}/jail/abs`);
    symlinkSync('../../../../../../../etc/name', `${dir}/jail/etc/up`);
    symlinkSync(`${dir}/secret`, `${dir}/jail/leak`);
    const h = newGuest({ root: `${dir}/jail` });
    const buf = h.alloc(64);
    for (const path of ['/abs', '/etc/up', '/../../etc/name', '../etc/../etc/name']) {
      const fd = h.sys('open', path, O.RDONLY, 0);
      expect(fd, path).toBeGreaterThanOrEqual(0);
      expect(h.sys('read', fd, buf, 64)).toBe(6);
      expect(h.text(buf, 6)).toBe('inside');
      h.sys('close', fd);
    }
    expect(h.sys('open', '/leak', O.RDONLY, 0)).toBe(-E.NOENT);
    expect(h.sys('open', '/secret', O.RDONLY, 0)).toBe(-E.NOENT);
    expect(h.sys('chdir', '/..')).toBe(0);
    expect(h.sys('getcwd', buf, 64)).toBe(2);
  });
});
