// Sessions of the library: programs from a tar in memory, their streams, ends, limits and policy.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type * as Library from '../../src/index.ts';
import { guest } from '../harness.ts';
import { busyboxTar, LIBRARY, lxjit } from './busybox.ts';

const { Session, NotExecutable, UnsupportedArchitecture, LimitExceeded, PolicyDenied } = lxjit;

const tar = busyboxTar();
let session: Library.Session;

beforeAll(async () => {
  session = await Session.create({ root: { tar }, env: { GREETING: 'hello' } });
});
afterAll(async () => {
  await session.dispose();
  rmSync(tar);
});

const sh = (script: string, options = {}) => session.run(['sh', '-c', script], options);
const text = async (script: string, options = {}): Promise<string> =>
  (await sh(script, options)).stdout.toString();

describe('a run', () => {
  it('has what it was given, and says how it ended', async () => {
    const script = 'cat; echo "$GREETING $MORE"; pwd; echo oops >&2; exit 7';
    const options = { stdin: 'from stdin\n', env: { MORE: 'there' }, cwd: '/bin' };
    const result = await sh(script, options);
    expect(result.stdout.toString()).toBe('from stdin\nhello there\n/bin\n');
    expect(result.stderr.toString()).toBe('oops\n');
    expect([result.code, result.signal]).toEqual([7, undefined]);
    expect(result.usage.wall).toBeGreaterThan(0);
    expect(result.usage.user).toBeGreaterThan(0);
    expect(result.usage.maxMemory).toBeGreaterThan(1 << 20);
  });

  it('says which signal ended it', async () => {
    const { code, signal } = await sh('kill -TERM $$');
    expect([code, signal]).toEqual([undefined, 15]);
  });

  it('reads a stream as it comes, and writes to one no faster than that is read', async () => {
    const lines = ['one\n', 'two\n'];
    const stdin = new ReadableStream<Uint8Array>({
      async pull(controller) {
        await new Promise((resolve) => setTimeout(resolve, 20));
        const line = lines.shift();
        if (line === undefined) controller.close();
        else controller.enqueue(Buffer.from(line));
      },
    });
    let bytes = 0;
    const stdout = new WritableStream<Uint8Array>({
      async write(chunk) {
        bytes += chunk.length;
        await new Promise((resolve) => setTimeout(resolve, 1));
      },
    });
    const script = 'while read x; do echo "got $x" >&2; done; head -c 1000000 /dev/zero';
    const result = await sh(script, { stdin, stdout });
    expect(result.stderr.toString()).toBe('got one\ngot two\n');
    expect(bytes).toBe(1_000_000);
  });

  it('gets SIGPIPE when its reader has gone', async () => {
    const stdout = new WritableStream<Uint8Array>({
      write() {
        throw new Error('enough');
      },
    });
    expect((await session.run(['yes'], { stdout })).signal).toBe(13);
  });

  it('runs beside others, with the same files', async () => {
    const counts = await Promise.all(
      [1, 2, 3].map((n) => sh(`echo ${n} > /tmp/run${n}; exit ${n}`)),
    );
    expect(counts.map(({ code }) => code)).toEqual([1, 2, 3]);
    expect(await text('cat /tmp/run*')).toBe('1\n2\n3\n');
  });

  it('is ended by an AbortSignal', async () => {
    const signal = AbortSignal.timeout(200);
    const running = sh('while :; do :; done', { signal });
    await expect(running).rejects.toBe(await running.catch(() => signal.reason));
    await expect(sh('true', { signal })).rejects.toThrow();
  });
});

describe('errors', () => {
  it('tell what cannot be executed', async () => {
    await expect(session.run(['no-such'])).rejects.toThrow(NotExecutable);
    await expect(session.run(['/tmp'])).rejects.toMatchObject({ program: '/tmp', status: 126 });
    // The ELF header of a program for 64-bit ARM.
    const header = '\\177ELF\\2\\1\\1\\0\\0\\0\\0\\0\\0\\0\\0\\0\\2\\0\\267\\0\\1\\0\\0\\0';
    await sh(`printf '${header}' > /tmp/arm; head -c 64 /dev/zero >> /tmp/arm; chmod +x /tmp/arm`);
    await expect(session.run(['/tmp/arm'])).rejects.toThrow(UnsupportedArchitecture);
  });

  // biome-ignore format: a table
  it.each<[Record<string, unknown>, RegExp]>([
    [{ limits: { time: Number.NaN } },  /limits\.time: NaN is no number above 0/],
    [{ limits: { memory: -1 } },        /limits\.memory: -1/],
    [{ limits: { process: 1 } },        /limits: there is no 'process' \(but memory, processes/],
    [{ mount: {} },                     /there is no 'mount'/],
    [{ jit: 'fast' },                   /jit: 'fast' is none of on, off, always/],
    [{ cpu: 'v9' },                     /cpu: 'v9'/],
    [{ cwd: 'tmp' },                    /cwd: 'tmp' is no absolute path/],
    [{ env: { A: 'a\0b' } },            /env\.A has a NUL in it/],
    [{ env: { 'A=B': 'c' } },           /'A=B' is no name/],
    [{ user: { uid: -1, gid: 0 } },     /user: no uid and gid/],
  ])('refuse options that mean nothing: %j', async (options, words) => {
    const making = Session.create(options);
    await expect(making).rejects.toThrow(words);
    await expect(making).rejects.toThrow(TypeError);
  });

  it('tell what cannot be run, and where', async () => {
    await expect(session.run([])).rejects.toThrow(/needs a program/);
    await expect(session.run(['echo', 'a\0b'])).rejects.toThrow(/argument 1 has a NUL/);
    const nowhere = session.run(['pwd'], { cwd: '/nowhere' });
    await expect(nowhere).rejects.toThrow('cannot start in /nowhere: No such file or directory');
    await expect(nowhere).rejects.toThrow(NotExecutable);
  });

  it('refuse mounts and rules that mean nothing', async () => {
    await expect(Session.create({ mounts: { '../x': {} } })).rejects.toThrow(TypeError);
    await expect(Session.create({ policy: { rules: { opne: 'EPERM' } } })).rejects.toThrow(/opne/);
    await expect(Session.create({ root: { tar: Buffer.from('x'.repeat(512)) } })).rejects.toThrow();
  });
});

describe('a bug of lxjit', () => {
  it('is an InternalError that says where the guest was', () => {
    // What no host call ever throws, thrown by one.
    const bug = `import fs from 'node:fs'; import { syncBuiltinESMExports } from 'node:module';
      fs.mkdirSync = () => { throw new RangeError('made for a test'); }; syncBuiltinESMExports();`;
    const script = `
      const { InternalError, Session } = await import(${JSON.stringify(LIBRARY)});
      const options = { root: { tar: ${JSON.stringify(tar)} }, mounts: { '/in': { directory: '/' } }, cache: 'off' };
      await using session = await Session.create(options);
      const error = await session.run(['mkdir', '/in/x']).catch((e) => e);
      const { pc, listing, message } = error;
      console.log(JSON.stringify({ typed: error instanceof InternalError, pc, listing, message }));`;
    const { stdout } = spawnSync(
      process.execPath,
      [
        '--import',
        `data:text/javascript,${encodeURIComponent(bug)}`,
        '--input-type=module',
        '-e',
        script,
      ],
      { encoding: 'utf8' },
    );
    const { typed, pc, listing, message } = JSON.parse(stdout);
    expect(typed).toBe(true);
    expect(message).toMatch(/^internal error: made for a test.*in system call 83/);
    expect(pc).toBeGreaterThan(0x10000);
    const lines = listing.split('\n');
    expect(lines[0]).toMatch(new RegExp(`^${pc.toString(16)}: [a-z]+`));
    expect(lines.length).toBeGreaterThan(2);
  });
});

describe('limits', () => {
  const limited = async (limits: Library.Limits, script: string) => {
    await using small = await Session.create({ root: { tar }, limits });
    return await small.run(['sh', '-c', script]);
  };

  it('end a run that takes too long or says too much', async () => {
    await expect(limited({ time: 300 }, 'sleep 60')).rejects.toThrow(LimitExceeded);
    await expect(limited({ output: 100_000 }, 'yes')).rejects.toMatchObject({ limit: 'output' });
  });

  it('tell that a tar does not fit', async () => {
    const small = Session.create({ root: { tar }, limits: { disk: 100_000 } });
    await expect(small).rejects.toMatchObject({ name: 'LimitExceeded', limit: 'disk' });
  });

  it('are errors of the guest for memory, disk and processes', async () => {
    const memory = await limited(
      { memory: 64 << 20 },
      'dd if=/dev/zero of=/dev/null bs=100M count=1',
    );
    expect(memory.code).not.toBe(0);
    expect(memory.stderr.toString()).toMatch(/memory/i);
    const disk = await limited({ disk: 4 << 20 }, 'dd if=/dev/zero of=/tmp/big bs=1M count=6');
    expect(disk.stderr.toString()).toMatch(/No space left/);
    const tasks = await limited(
      { processes: 5 },
      'for i in 1 2 3 4 5 6 7 8; do sleep 3 & done; wait',
    );
    expect(tasks.stderr.toString()).toMatch(/fork/);
  });
});

describe('what has no limit of its own', () => {
  const greedy = guest('library/greedy.c', '-static');
  const mounts = { '/guest': { directory: dirname(greedy), readOnly: true } };
  const limits = { disk: 16 << 20, memory: 32 << 20 };

  it.each(['memfd', 'shm'])('counts as disk or memory: %s', async (what) => {
    await using small = await Session.create({ mounts, limits });
    const { stdout } = await small.run([`/guest/${basename(greedy)}`, what]);
    const got = Number(stdout.toString());
    expect(got).toBeGreaterThan(4);
    expect(got).toBeLessThanOrEqual(32);
  });
});

describe('a policy', () => {
  it('denies, observes and asks', async () => {
    const seen: string[] = [];
    await using guarded = await Session.create({
      root: { tar },
      policy: {
        rules: { mkdir: 'EACCES', unlink: 'observe', open: 'ask', openat: 'ask' },
        observe: ({ name, paths }) => seen.push(`${name} ${paths[0]}`),
        ask: async ({ paths }) =>
          Object.values(paths).includes('/bin/secret') ? 'ENOENT' : 'allow',
      },
    });
    const script = 'mkdir /x; echo 1 > /tmp/f; rm -f /tmp/f; echo > /bin/secret; cat /tmp/f';
    const { stderr } = await guarded.run(['sh', '-c', script]);
    expect(stderr.toString()).toMatch(/'\/x': Permission denied/);
    expect(stderr.toString()).toMatch(/can't create \/bin\/secret/);
    expect(seen).toEqual(['unlink /tmp/f']);
  });

  it('fails the run with what its functions throw', async () => {
    const thrown = new Error('from the policy');
    const fails = (): never => {
      throw thrown;
    };
    for (const policy of [
      { rules: { mkdir: 'observe' }, observe: fails },
      { rules: { mkdir: 'ask' }, ask: fails },
    ] as const) {
      await using guarded = await Session.create({ root: { tar }, policy });
      await expect(guarded.run(['mkdir', '/x'])).rejects.toBe(thrown);
    }
  });

  it('has a program wait that calls faster than it is observed', async () => {
    let heard = 0;
    await using guarded = await Session.create({
      root: { tar },
      policy: { rules: { write: 'observe' }, observe: () => void heard++ },
    });
    await guarded.run(['dd', 'if=/dev/zero', 'of=/dev/null', 'bs=1', 'count=20000']);
    expect(heard).toBeGreaterThanOrEqual(20_000);
  });

  it('ends a program that it forbids to go on', async () => {
    await using guarded = await Session.create({
      root: { tar },
      policy: { rules: { mkdir: 'ask' }, ask: () => 'kill' },
    });
    const running = guarded.run(['sh', '-c', 'mkdir /x; echo still here']);
    await expect(running).rejects.toThrow(PolicyDenied);
  });
});

it('leaves no descriptor and no worker behind', async () => {
  const open = (): number => readdirSync('/proc/self/fd').length;
  const workers = (): number => readdirSync('/proc/self/task').length;
  const once = async (): Promise<void> => {
    await using one = await Session.create({
      root: { tar },
      mounts: { '/in': { directory: '/' } },
    });
    await one.run(['ls', '/in']);
  };
  await once();
  const before = [open(), workers()];
  for (let n = 0; n < 3; n++) await once();
  expect([open(), workers()]).toEqual(before);
});

it('says what is wrong with a compressed tar, also when its stream fails', async () => {
  const bytes = gzipSync(readFileSync(tar));
  const create = (source: Library.TarSource) => Session.create({ root: { tar: source } });
  await expect(create(bytes.subarray(0, bytes.length / 2))).rejects.toThrow(/unexpected end/);
  const failing = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(bytes.subarray(0, 1000)),
    pull: (controller) => controller.error(new Error('the source failed')),
  });
  await expect(create(failing)).rejects.toThrow('the source failed');
});

it('runs where Node has options for its engine', () => {
  const script = `
    const { Session } = await import(${JSON.stringify(LIBRARY)});
    await using session = await Session.create({ root: { tar: ${JSON.stringify(tar)} } });
    console.log((await session.run(['echo', 'runs'])).stdout.toString());`;
  const options = ['--expose-gc', '--max-old-space-size=2000', '--input-type=module', '-e', script];
  const { stdout } = spawnSync(process.execPath, options, { encoding: 'utf8' });
  expect(stdout).toBe('runs\n\n');
});

it('frees its workers', async () => {
  const one = await Session.create({ root: { tar } });
  const endless = one.run(['sh', '-c', 'sleep 100 & while :; do :; done']).catch(() => 'ended');
  await new Promise((resolve) => setTimeout(resolve, 300));
  await one.dispose();
  const { signal } = (await endless) as { signal: number };
  expect(signal).toBe(9);
  const ports = process.getActiveResourcesInfo().filter((name) => name === 'MessagePort');
  await expect(one.run(['true'])).rejects.toThrow(/disposed/);
  expect(ports.length).toBeLessThan(20);
});
