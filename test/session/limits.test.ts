// What a program cannot have: more arguments, memory or disk than there is (processes: forks.slow.test.ts, library/session.test.ts); and what is left when lxjit is killed.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { guest, LXJIT, runLxjit, runNative, same, scratch } from '../harness.ts';

describe('a program that wants too much', () => {
  it('has room for 1 MB of arguments, and E2BIG beyond that', () =>
    same([
      'sh',
      '-c',
      '/bin/echo $(seq 100000) | wc -c; /bin/echo $(seq 300000) | wc -c; /bin/true $(seq -s, 30000); echo $?',
    ]));

  it('gets ENOMEM', () => same(['sh', '-c', `ulimit -v 300000; ${guest('limits.c')} memory`]));

  it('gets ENOSPC on a full disk, and leaves what a native one leaves', async (context) => {
    const disk = scratch();
    const mount = ['-t', 'tmpfs', '-o', 'size=256k', 'none', disk];
    if (spawnSync('mount', mount).status !== 0) {
      rmSync(disk, { recursive: true });
      context.skip('nothing can be mounted');
    }
    try {
      const command = [
        'sh',
        '-c',
        'dd if=/dev/zero of=f bs=64k count=9; cp f g; echo $?; echo x > h',
      ];
      const strip = (text: string) => text.replace(/.* copied, .*/, '');
      const native = await runNative(command, {}, disk);
      for (const name of readdirSync(disk)) rmSync(join(disk, name));
      const ours = await runLxjit(command, {}, disk);
      expect({ ...ours, stderr: strip(ours.stderr) }).toEqual({
        ...native,
        stderr: strip(native.stderr),
      });
      expect(native.stderr).toContain('No space left');
    } finally {
      spawnSync('umount', [disk]);
      rmSync(disk, { recursive: true });
    }
  });
});

it('leaves no process and no file behind when lxjit is killed', () => {
  const dir = scratch();
  mkdirSync(join(dir, 'tmp'));
  const script = `$L sh -c 'yes > /dev/null & (while :; do :; done) & echo x > f; sleep 1000' & p=$!
    until [ -s f ]; do sleep 0.1; done; kill -9 $p; wait $p; echo $?; cat f; ls tmp; ls -d /proc/$p`;
  const { stdout } = spawnSync('bash', ['-c', script], {
    cwd: dir,
    encoding: 'utf8',
    env: { ...process.env, TMPDIR: join(dir, 'tmp'), L: `${process.execPath} ${LXJIT}` },
  });
  expect(stdout).toBe('137\nx\n');
  rmSync(dir, { recursive: true });
});
