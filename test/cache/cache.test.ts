// The translation cache on disk: what a run leaves behind, and what the next one makes of it, whatever has happened to it.
import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listCache, trimCache, verifyCache } from '../../src/jit/cache/admin.ts';
import { readChunks, Store } from '../../src/jit/cache/store.ts';
import { cacheDirectory } from '../../src/session/cache-directory.ts';
import { guest, LXJIT, scratch } from '../harness.ts';

const dir = scratch();
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const program = guest('hot.c');
const expected = spawnSync(program, { encoding: 'utf8' }).stdout;

interface Counts {
  readonly modules: number;
  readonly keptModules: number;
  readonly keptRegions: number;
}

const command = (cache: string, ...args: string[]): string[] => [
  LXJIT,
  `--cache=${cache}`,
  ...args,
];

function counts(stdout: string, stderr: string): Counts {
  expect(stdout).toBe(expected);
  return JSON.parse(stderr.trim().split('\n').at(-1)!).translation;
}

/** Runs the program with a cache, checks what it prints, and answers what was translated and what was taken. */
function run(cache: string, command_ = command(cache, '--stats=json', program)): Counts {
  const { stdout, stderr } = spawnSync(process.execPath, command_, { encoding: 'utf8' });
  return counts(stdout, stderr);
}

function runAside(cache: string): Promise<Counts> {
  const child = spawn(process.execPath, command(cache, '--stats=json', program));
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (data) => {
    stdout += data;
  });
  child.stderr.on('data', (data) => {
    stderr += data;
  });
  return new Promise((resolve) => child.on('close', () => resolve(counts(stdout, stderr))));
}

const cacheCommand = (cache: string, what: string) =>
  spawnSync(process.execPath, command(cache, 'cache', what), { encoding: 'utf8' });

const packs = (cache: string): string[] =>
  readdirSync(cache, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.pack'))
    .map((name) => join(cache, name));

const warm = join(dir, 'warm');
/** A cache of its own with what the first run left. */
function copy(name: string): string {
  cpSync(warm, join(dir, name), { recursive: true });
  return join(dir, name);
}

beforeAll(() => {
  expect(run(warm).modules).toBeGreaterThan(0);
});

describe('a second run', () => {
  it('takes what the first has translated, and translates nothing', () => {
    expect(run(warm)).toMatchObject({ modules: 0 });
    expect(run(warm).keptRegions).toBeGreaterThan(1);
  });

  it('also from a cache that was moved', () => {
    expect(run(copy('moved'))).toMatchObject({ modules: 0 });
  });

  it('and nothing with --cache=off', () => {
    expect(run('off').keptModules).toBe(0);
  });

  it('by LXJIT_CACHE, which --cache overrides', () => {
    const env = { ...process.env, LXJIT_CACHE: warm };
    const options = { encoding: 'utf8', env } as const;
    const { stdout, stderr } = spawnSync(
      process.execPath,
      [LXJIT, '--stats=json', program],
      options,
    );
    expect(counts(stdout, stderr).keptModules).toBeGreaterThan(0);
  });

  it('not for a program with other code at the same place', () => {
    const other = join(dir, 'other');
    const code = readFileSync(program);
    // xor $0x55 → xor $0x54, in pick()
    const at = code.indexOf(Buffer.of(0x83, 0xf0, 0x55));
    expect(at).toBeGreaterThan(0);
    code[at + 2] = 0x54;
    writeFileSync(other, code, { mode: 0o755 });
    const native = spawnSync(other, { encoding: 'utf8' }).stdout;
    expect(native).not.toBe(expected);
    const args = command(copy('same-place'), '--stats=json', other);
    expect(spawnSync(process.execPath, args, { encoding: 'utf8' }).stdout).toBe(native);
  });
});

describe('entries that are not as they were written', () => {
  const damages: Record<string, (file: string) => void> = {
    empty: (file) => truncateSync(file, 0),
    truncated: (file) => truncateSync(file, statSync(file).size - 100),
    'cut in the index': (file) => truncateSync(file, 60),
    'changed in the code': (file) => change(file, statSync(file).size - 2000),
    'changed in the index': (file) => change(file, 100),
    'changed in the header': (file) => change(file, 8),
    foreign: (file) =>
      writeFileSync(file, 'LXJITPK1 but not really, whatever it says here'.repeat(9)),
  };
  function change(file: string, at: number): void {
    const bytes = readFileSync(file);
    bytes[at] ^= 1;
    writeFileSync(file, bytes);
  }

  const useful = (cache: string): number =>
    listCache(cache).flatMap(({ kind, image }) =>
      new Store(cache, kind).packs(image).flatMap((pack) => readChunks(pack)),
    ).length;

  it.each(Object.entries(damages))('%s: found by verify, and not used', (name, damage) => {
    const cache = copy(`damaged-${name.replaceAll(' ', '-')}`);
    expect(verifyCache(cache).damaged).toEqual([]);
    const before = useful(cache);
    const [first] = packs(cache);
    damage(first);
    expect(verifyCache(cache).damaged).toHaveLength(1);
    expect(useful(cache)).toBeLessThan(before);
  });

  it('are made anew', () => {
    const cache = copy('damaged');
    for (const file of packs(cache)) change(file, 100);
    expect(cacheCommand(cache, 'verify')).toMatchObject({ status: 125 });
    expect(run(cache).modules).toBeGreaterThan(0);
    expect(cacheCommand(cache, 'verify').status).toBe(0);
    expect(run(cache).keptModules).toBeGreaterThan(0);
  });
});

describe('who may write', () => {
  it('a directory that others can write to is not used', () => {
    const cache = copy('shared');
    chmodSync(cache, 0o777);
    expect(cacheDirectory(cache)).toBeUndefined();
    chmodSync(cache, 0o755);
    expect(cacheDirectory(cache)).toBe(cache);
    for (const name of readdirSync(cache, { recursive: true, encoding: 'utf8' }))
      if (!name.endsWith('.pack')) chmodSync(join(cache, name), 0o777);
    expect(run(cache)).toMatchObject({ keptModules: 0 });
  });

  it('a second run writes nothing; a cache that cannot be made costs speed only', () => {
    const file = join(dir, 'a-file');
    writeFileSync(file, '');
    const env = { ...process.env, LXJIT_CACHE: join(file, 'below') };
    const args = [LXJIT, '--stats=json', program];
    const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', env });
    expect(counts(stdout, stderr).keptModules).toBe(0);
    const cache = copy('kept');
    const contents = (): Buffer => Buffer.concat(packs(cache).map((pack) => readFileSync(pack)));
    const before = contents();
    expect(run(cache)).toMatchObject({ modules: 0 });
    expect(contents().equals(before)).toBe(true);
  });
});

it('two at once lose nothing', async () => {
  const cache = join(dir, 'both');
  const both = await Promise.all([runAside(cache), runAside(cache)]);
  expect(both.some(({ modules }) => modules > 0)).toBe(true);
  expect(cacheCommand(cache, 'verify').status).toBe(0);
  expect(run(cache)).toMatchObject({ modules: 0 });
});

it('a program too short for translation gets it in later runs', () => {
  const cache = join(dir, 'short');
  const env = { ...process.env, LXJIT_WARM_UP: '1000000' };
  const hot = (): string[] =>
    readdirSync(cache, { recursive: true, encoding: 'utf8' }).filter((name) => /\/hot$/.test(name));
  const script = 'i=0; while [ $i -lt 3500 ]; do i=$((i+1)); done';
  const short = command(cache, '--stats=json', '/bin/dash', '-c', script);
  const taken: number[] = [];
  while (taken.length < 8 && !taken.at(-1)) {
    const { stderr } = spawnSync(process.execPath, short, { encoding: 'utf8', env });
    taken.push(JSON.parse(stderr).translation.keptModules);
  }
  expect(hot().length).toBeGreaterThan(0);
  expect(taken[0]).toBe(0);
  expect(taken.at(-1)).toBeGreaterThan(0);
});

it('nonsense among what was hot is passed over', () => {
  const store = new Store(copy('nonsense'), `${'0'.repeat(24)}-x64-v8-1`);
  store.setHeat('image', [{ start: 4096, entry: 'loop', count: 3, seen: [4100] }]);
  const file = join(store.dir, 'image', 'hot');
  const [row] = JSON.parse(readFileSync(file, 'utf8')) as unknown[];
  const rows = [['x', 'start', 1], [1, 'there', 1], [-1, 'start', 1], 7, null, row];
  writeFileSync(file, JSON.stringify(rows));
  expect(store.heat('image')).toEqual([{ start: 4096, entry: 'loop', count: 3, seen: [4100] }]);
  for (const text of ['', '{', '7', 'null']) {
    writeFileSync(file, text);
    expect(store.heat('image')).toEqual([]);
  }
});

it('what was used longest ago goes first', () => {
  const cache = join(dir, 'big');
  const kind = join(cache, `${'0'.repeat(24)}-x64-v8-1`);
  for (let i = 0; i < 4; i++) {
    const image = join(kind, String(i).repeat(32));
    mkdirSync(image, { recursive: true });
    writeFileSync(join(image, 'x.pack'), Buffer.alloc(1000));
    writeFileSync(join(image, 'used'), '');
    for (const file of ['x.pack', 'used', '']) utimesSync(join(image, file), 1000 + i, 1000 + i);
  }
  writeFileSync(join(cache, 'not-ours'), 'x');
  expect(trimCache(cache, 4000)).toBe(0);
  expect(trimCache(cache, 3000)).toBe(2000);
  expect(readdirSync(kind)).toEqual(['2', '3'].map((digit) => digit.repeat(32)));
  expect(readdirSync(cache)).toContain('not-ours');
});

it('lists, and clears nothing but its own', () => {
  const cache = copy('listed');
  symlinkSync('/etc', join(cache, 'link'));
  writeFileSync(join(cache, 'mine'), 'x');
  expect(cacheCommand(cache, 'ls').stdout).toContain(program);
  expect(cacheCommand(cache, 'ls').stdout).toMatch(/\d+ files, [\d.]+ [kM]B\n$/);
  expect(cacheCommand(cache, 'clear').stdout).toMatch(/removed/);
  expect(readdirSync(cache).sort()).toEqual(['link', 'mine']);
  expect(cacheCommand(cache, 'ls').stdout).toContain('is empty');
  expect(cacheCommand(cache, 'nonsense').status).toBe(125);
});
