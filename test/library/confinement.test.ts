// What a session was not given, its programs do not reach: files beside its mounts, by whatever way; writing through
// read-only mounts; the host's environment, names and processes.
import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type * as Library from '../../src/index.ts';
import { guest } from '../harness.ts';
import { busyboxTar, LIBRARY, lxjit } from './busybox.ts';

const tar = busyboxTar();
/** outside/secret is what nobody may see; inside is mounted as /in, ro as /ro. */
const top = realpathSync(mkdtempSync(join(tmpdir(), 'lxjit-confined-')));
const SECRET = 'the secret\n';
let session: Library.Session;

/** A guest program of test/guest/library, as its sessions see it in a mount at /guest. */
const own = (source: string): string => guest(`library/${source}`, '-static');
const seen = (program: string): string => program.replace(dirname(program), '/guest');

beforeAll(async () => {
  for (const dir of ['outside', 'inside', 'inside/real', 'ro']) mkdirSync(join(top, dir));
  writeFileSync(join(top, 'outside/secret'), SECRET);
  writeFileSync(join(top, 'inside/real/secret'), 'a decoy\n');
  writeFileSync(join(top, 'ro/file'), 'as it was\n');
  symlinkSync(join(top, 'outside/secret'), join(top, 'inside/absolute'));
  symlinkSync('../outside/secret', join(top, 'inside/relative'));
  session = await lxjit.Session.create({
    root: { tar },
    mounts: {
      '/in': { directory: join(top, 'inside') },
      '/ro': { directory: join(top, 'ro'), readOnly: true },
    },
  });
});
afterAll(async () => {
  await session.dispose();
  rmSync(tar);
  rmSync(top, { recursive: true });
});

async function sh(script: string): Promise<{ out: string; err: string }> {
  const { stdout, stderr } = await session.run(['sh', '-c', script]);
  return { out: stdout.toString(), err: stderr.toString() };
}

describe('a session without grants', () => {
  it('has no file, variable or name of the host', async () => {
    process.env.LXJIT_TEST_LEAK = 'leak';
    await using bare = await lxjit.Session.create({ root: { tar } });
    const script =
      'env; hostname; ls -a / /tmp /dev/shm; date +%Z; cat /proc/self/environ /proc/mounts; ls /proc | grep -c "^[0-9]"';
    const { stdout } = await bare.run(['sh', '-c', script]);
    const text = stdout.toString();
    for (const leak of ['leak', hostname(), process.cwd(), tmpdir() === '/tmp' ? top : tmpdir()]) {
      expect(text).not.toContain(leak);
    }
    expect(text).toContain('UTC');
    await expect(bare.run(['/etc/passwd'])).rejects.toThrow(lxjit.NotExecutable);
    const here = await bare.run(['ls', process.execPath, '/usr', '/etc', '/home']);
    expect(here.stdout.toString()).toBe('');
  });

  it('has no network', async () => {
    const { stderr, code } = await session.run(['nc', '-w', '1', '127.0.0.1', '80']);
    expect(code).not.toBe(0);
    expect(stderr.toString()).not.toBe('');
  });
});

describe('a mounted directory', () => {
  it('is not left by .., symlinks or names of descriptors', async () => {
    const ways = [
      '/in/../outside/secret',
      `/in/../../../../../../../../../..${join(top, 'outside/secret')}`,
      '/in/absolute',
      '/in/relative',
      `/proc/self/root${join(top, 'outside/secret')}`,
      `/proc/1/root${join(top, 'outside/secret')}`,
      '/proc/self/cwd/../outside/secret',
    ];
    const { out } = await sh(
      `cd /in; for f in ${ways.join(' ')}; do cat $f; done; exec 3< /in; cat /proc/self/fd/3/../outside/secret /dev/fd/3/../../outside/secret`,
    );
    expect(out).toBe('');
    const fds = await sh(
      'for n in $(seq 0 20); do ls -l /proc/self/fd/$n; cat /proc/self/fd/$n/secret; done',
    );
    expect(fds.out).not.toContain('outside');
  });

  it('is not left by a hard link, a device or a mount that the guest makes', async () => {
    const secret = join(top, 'outside/secret');
    const { out, err } = await sh(
      `ln ${secret} /in/hard; ln /in/absolute /in/hard2; cat /in/hard /in/hard2;` +
        `mknod /in/sda b 8 0; mknod /in/mem c 1 1; cat /in/sda /in/mem; mount -o bind / /in`,
    );
    expect(out).toBe('');
    expect(err).toMatch(/mknod: .*(Operation not permitted|Permission denied)/);
    expect(existsSync(join(top, 'inside/mem'))).toBe(false);
  });

  it('is not left through a directory that is swapped for a symlink meanwhile', async () => {
    // A program of the host swaps as fast as it can; the guest reads, writes, makes and changes through the name.
    const swap =
      'while :; do mv -T real keep; ln -sfnT ../outside real; rm real; mv -T keep real; done';
    const child = spawn('sh', ['-c', swap], { cwd: join(top, 'inside'), stdio: 'ignore' });
    try {
      const script =
        'i=0; while [ $((i += 1)) -lt 400 ]; do read x < /in/real/secret && echo "$x"; echo x > /in/real/made; done;' +
        'for i in 1 2 3 4 5; do chmod 777 /in/real/secret; touch /in/real/t; mkdir /in/real/d; done; rm -rf /in/real/made /in/real/d /in/real/t';
      const { out } = await sh(script);
      expect(out).not.toContain(SECRET.trim());
      expect(out).toContain('a decoy');
    } finally {
      child.kill('SIGKILL');
    }
    expect(readFileSync(join(top, 'outside/secret'), 'utf8')).toBe(SECRET);
    expect(statSync(join(top, 'outside/secret')).mode & 0o777).not.toBe(0o777);
    expect(statSync(join(top, 'outside')).nlink).toBe(2);
    for (const name of ['made', 't', 'd'])
      expect(existsSync(join(top, 'outside', name))).toBe(false);
  });
});

describe('processes of one guest', () => {
  it('do not get out by swapping a directory for a symlink', async () => {
    const program = own('swap.c');
    const inside = join(top, 'swapped');
    mkdirSync(join(inside, 'real'), { recursive: true });
    writeFileSync(join(inside, 'real/secret'), 'decoy');
    await using racing = await lxjit.Session.create({
      mounts: {
        '/in': { directory: inside },
        '/guest': { directory: dirname(program), readOnly: true },
      },
    });
    const { stdout } = await racing.run([seen(program), join(top, 'outside'), '500']);
    expect(stdout.toString()).toBe('read, 0 leaks\n');
    expect(readFileSync(join(top, 'outside/secret'), 'utf8')).toBe(SECRET);
    expect(readdirSync(join(top, 'outside'))).toEqual(['secret']);
  });
});

describe('a standard stream that is a file of the host', () => {
  it('is read or written, and nothing else', () => {
    const program = own('lent.c');
    const [input, output, inside] = ['input', 'output', 'lent'].map((name) => join(top, name));
    mkdirSync(inside);
    writeFileSync(input, 'input');
    writeFileSync(output, 'old contents\n');
    const isRoot = spawnSync('mknod', [join(inside, 'device'), 'c', '1', '3']).status === 0;
    const script = `
      const { Session } = await import(${JSON.stringify(LIBRARY)});
      const mounts = { '/in': { directory: ${JSON.stringify(inside)} }, '/guest': { directory: ${JSON.stringify(dirname(program))} } };
      await using session = await Session.create({ mounts });
      await session.run([${JSON.stringify(seen(program))}], { stdin: 'inherit', stdout: 'inherit', stderr: 'inherit' });`;
    const { stderr } = spawnSync(
      'sh',
      ['-c', `"$0" --input-type=module -e "$1" < ${input} >> ${output}`, process.execPath, script],
      { encoding: 'utf8' },
    );
    expect(stderr).toBe(`read 0\nwrite 1\n${isRoot ? 'found 0\n' : ''}`);
    expect(readFileSync(input, 'utf8')).toBe('input');
    expect(readFileSync(output, 'utf8')).toBe('old contents\n');
    expect(existsSync(join(inside, 'linked'))).toBe(false);
  });
});

describe('a read-only mount', () => {
  it('is not changed, whatever way a file in it is reached', async () => {
    linkSync(join(top, 'ro/file'), join(top, 'ro/other'));
    chmodSync(join(top, 'ro/file'), 0o644);
    const before = statSync(join(top, 'ro/file'));
    const { out } = await sh(
      'echo x > /ro/file; echo x >> /ro/file; rm /ro/file; mv /ro/file /ro/b; touch /ro/file /ro/new; chmod 777 /ro/file;' +
        'mkdir /ro/d; ln /ro/file /in/linked; ln /ro/file /tmp/linked; truncate -s 0 /ro/file; chown 5 /ro/file;' +
        'exec 3< /ro/file; echo x > /proc/self/fd/3; echo x > /dev/fd/3; chmod 777 /proc/self/fd/3; truncate -s 0 /proc/self/fd/3;' +
        'ln -L /proc/self/fd/3 /in/linked; cat /ro/file',
    );
    expect(out).toBe('as it was\n');
    const after = statSync(join(top, 'ro/file'));
    expect([after.mode, after.mtimeMs, after.uid, after.nlink, after.ctimeMs]).toEqual([
      before.mode,
      before.mtimeMs,
      before.uid,
      before.nlink,
      before.ctimeMs,
    ]);
    expect(existsSync(join(top, 'inside/linked'))).toBe(false);
  });

  it('may be a tree in memory as well', async () => {
    await using frozen = await lxjit.Session.create({ root: { tar, readOnly: true } });
    const script =
      'echo x > /f; mkdir /d; rm /bin/sh; chmod 0 /bin/sh; exec 3< /bin/busybox; echo x > /proc/self/fd/3; chmod 0 /dev/fd/3; ln /bin/busybox /b; ls /; exit 0';
    const { stdout, stderr } = await frozen.run(['sh', '-c', script]);
    expect(stdout.toString().split('\n')).toEqual(expect.not.arrayContaining(['f', 'd', 'b']));
    expect(stderr.toString().match(/Read-only file system/g)?.length).toBeGreaterThanOrEqual(7);
  });
});
