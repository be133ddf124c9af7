// On Windows and macOS, as far as a double of them tells (test/helpers/other-host.mjs): sessions with a root in memory and
// directories of the host, and the command.
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { hostFor } from '../../src/host/host.ts';
import { busyboxTar } from './busybox.ts';

const top = mkdtempSync(join(tmpdir(), 'lxjit-other-'));
const tar = busyboxTar();
afterAll(() => {
  rmSync(tar);
  rmSync(top, { recursive: true });
});

type Platform = 'win32' | 'darwin';
const url = (path: string): string => new URL(`../../${path}`, import.meta.url).href;
const lxjit = new URL('../../dist/lxjit.js', import.meta.url).pathname;

/** A disk of its own, with Data\ beside a secret. */
function newDisk(): string {
  const disk = mkdtempSync(join(top, 'disk-'));
  mkdirSync(join(disk, 'Data/Sub'), { recursive: true });
  writeFileSync(join(disk, 'secret'), 'the secret\n');
  writeFileSync(join(disk, 'Data/File.txt'), 'contents\n');
  copyFileSync(tar, join(disk, 'busybox.tar'));
  return disk;
}

function node(platform: Platform, disk: string, ...args: string[]): string {
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ['--import', url('test/helpers/other-host.mjs'), ...args],
    { env: { LXJIT_TEST_HOST: platform, LXJIT_TEST_DISK: disk, HOME: '/' }, encoding: 'utf8' },
  );
  return stdout + stderr;
}

const paths = { win32: 'C:\\data', darwin: '/data' } as const;
const tars = { win32: 'c:\\BUSYBOX.tar', darwin: '/Busybox.tar' } as const;

/** A session with busybox in memory and Data\ of the disk at /data. */
function run(platform: Platform, disk: string, script: string): string {
  const program = `
    const { Session } = await import(${JSON.stringify(url('dist/index.js'))});
    await using session = await Session.create({
      root: { tar: ${JSON.stringify(tars[platform])} },
      mounts: { '/data': { directory: ${JSON.stringify(paths[platform])} } },
      cwd: '/data', cache: 'off',
    });
    await session.run(['sh', '-c', ${JSON.stringify(script)}], { stdout: (b) => process.stdout.write(b), stderr: (b) => process.stdout.write(b) });`;
  return node(platform, disk, '--input-type=module', '-e', program);
}

describe.each(['win32', 'darwin'] as const)('%s', (platform) => {
  it('runs programs from memory, with Linux’s metadata', () => {
    const script =
      'id -u; ln -s /bin/busybox /l; chown 7:8 /bin/busybox; chmod 4751 /l; stat -c "%a %u %g" /bin/busybox; readlink /l; mkfifo /f; echo hi > /f & cat /f; ls /proc/self/fd | head -1';
    expect(run(platform, newDisk(), script)).toBe('0\n4751 7 8\n/bin/busybox\nhi\n0\n');
  });

  it('reads, writes and lists a directory of the host', () => {
    const disk = newDisk();
    const script =
      'cat File.txt; cd Sub; echo new > "made"; cat ../Sub/made; mkdir d; mv made d/moved; ls -R /data; rm -r d; cd ..; echo more >> File.txt; cat file.TXT; ls -l File.txt | cut -c1-4; df . | tail -1 | cut -c1-4; find . | sort';
    expect(run(platform, disk, script)).toBe(
      'contents\nnew\n/data:\nFile.txt\nSub\n\n/data/Sub:\nd\n\n/data/Sub/d:\nmoved\ncontents\nmore\n-rw' +
        `${platform === 'win32' ? 'x' : '-'}\n/dev\n.\n./File.txt\n./Sub\n`,
    );
    expect(readFileSync(join(disk, 'Data/File.txt'), 'utf8')).toBe('contents\nmore\n');
    expect(readdirSync(join(disk, 'Data/Sub'))).toEqual([]);
  });

  it('does not let a guest out', () => {
    const disk = newDisk();
    const names = ['../secret', '..\\secret', 'Sub\\..\\..\\secret', 'C:\\secret', 'c:secret'];
    const script = [
      ...names.map((name) => `cat '${name}'; echo x > '${name}'`),
      'ln -s ../secret s; cat s; ln -s "..\\secret" t; cat t; ls | sort',
    ].join('\n');
    expect(run(platform, disk, script)).not.toContain('the secret');
    expect(readFileSync(join(disk, 'secret'), 'utf8')).toBe('the secret\n');
    expect(readdirSync(disk).sort()).toEqual(['Data', 'busybox.tar', 'secret']);
  });
});

describe('Windows', () => {
  it('keeps names that it does not allow, as other ones', () => {
    const disk = newDisk();
    const script =
      'for f in "a:b" "q?" "end." "sp " "NUL" "con.txt" "b\\\\c" "<*|>"; do echo "$f" > "$f"; done; cd /; ls /data | sort; cat /data/*';
    const names = ['a:b', 'q?', 'end.', 'sp ', 'NUL', 'con.txt', 'b\\c', '<*|>'];
    const out = run('win32', disk, script).split('\n');
    for (const name of names) expect(out.filter((line) => line === name)).toHaveLength(2);
  });

  it('is not asked for symlinks, permissions, FIFOs or sockets in its directories', () => {
    const script =
      'ln -s File.txt link; mkfifo fifo; chmod 700 File.txt; chown 5 File.txt; stat -c "%a %u" File.txt';
    expect(run('win32', newDisk(), script)).toBe(
      'ln: link: Operation not permitted\nmkfifo: fifo: Operation not permitted\n777 0\n',
    );
  });

  it('gives the command a root by its path', () => {
    const disk = newDisk();
    spawnSync('tar', ['-C', join(disk, 'Data'), '-xf', tar]);
    rmSync(join(disk, 'Data/bin/sh'));
    copyFileSync('/bin/busybox', join(disk, 'Data/bin/sh'));
    chmodSync(join(disk, 'Data/bin/sh'), 0o600);
    const mount = ['--mount', 'C:\\Data\\Sub:/sub:ro', '--cache=off'];
    const script = 'exec 2>&1; cd /sub && pwd; echo x > /sub/new; echo $0; umask';
    const command = ['--root', 'c:\\data', ...mount, '/bin/sh', '-c', script];
    expect(node('win32', disk, lxjit, ...command)).toMatch(
      /^\/sub\n\/bin\/sh: .*Read-only file system\n\/bin\/sh\n0022\n$/,
    );
    expect(existsSync(join(disk, 'Data/Sub/new'))).toBe(false);
    expect(node('win32', disk, lxjit, 'ls')).toBe(
      'lxjit: on win32 the guest needs a root directory of its own: --root DIR\n',
    );
    expect(node('win32', disk, lxjit, '--root', 'D:\\', 'ls')).toBe(
      'lxjit: D:\\: no such directory\n',
    );
  });
});

describe('the host', () => {
  // As <fcntl.h> of macOS and Node for Windows have them.
  const darwin = { O_CREAT: 0x200, O_EXCL: 0x800, O_TRUNC: 0x400, O_APPEND: 8, O_NONBLOCK: 4 };
  const win32 = { O_CREAT: 0x100, O_EXCL: 0x400, O_TRUNC: 0x200, O_APPEND: 8 };

  it.each([
    ['linux', {}, 0o2000 | 0o100 | 0o4000 | 1, 0o2000 | 0o100 | 0o4000 | 1],
    ['darwin', darwin, 0o2000 | 0o100 | 0o4000 | 1, 8 | 0x200 | 4 | 1],
    ['win32', win32, 0o2000 | 0o100 | 0o4000 | 0o400000 | 1, 8 | 0x100 | 1],
    ['win32', win32, 0o100 | 0o200 | 0o1000 | 2, 0x100 | 0x400 | 0x200 | 2],
  ] as const)('numbers open flags as %s does', (platform, numbers, linux, there) => {
    expect(hostFor(platform, numbers).openFlags(linux)).toBe(there);
  });

  it('gives each name of a guest back as it was', () => {
    const { toHost, toGuest } = hostFor('win32', win32);
    for (const name of ['plain', 'a:b', '\\', 'aux', 'x.', 'ü*', '..x', 'com1.txt', '\x01']) {
      expect(toGuest(toHost(name))).toBe(name);
      expect(toHost(name)).not.toMatch(/[\\:*]|^aux|^com1|\.$/);
    }
  });
});
