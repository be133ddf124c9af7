// The package as npm makes it, installed by npm in an empty project whose path has a space, with no registry to reach. Ten
// lines then run busybox from a tar: with no HOME, with no network, as a user who cannot write to the installation.
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { busyboxTar } from './busybox.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const top = mkdtempSync(join(tmpdir(), 'lxjit package-'));
const dir = join(top, 'an empty project');
/** Where any user can run it. */
const node = join(top, 'node');
const tar = busyboxTar('tar.zst');
afterAll(() => {
  rmSync(tar);
  rmSync(top, { recursive: true });
});

interface Packed {
  readonly filename: string;
  readonly files: readonly { readonly path: string; readonly size: number }[];
}
let packed: Packed;
let tarball: string;

const SCRIPT = `import { Session } from 'lxjit';

await using session = await Session.create({ root: { tar: process.argv[2] } });
const { code, stdout } = await session.run(['sh', '-c', 'echo "busybox on $(uname -m)"; exit 4']);
console.log(code, stdout.toString().trim());
`;
const OUTPUT = '4 busybox on x86_64\n';

const modules = (name: string): string => join(root, 'node_modules', name);

beforeAll(() => {
  mkdirSync(dir);
  const pack = ['pack', '--json', '--ignore-scripts', '--pack-destination', top];
  [packed] = JSON.parse(execFileSync('npm', pack, { cwd: root, encoding: 'utf8' })) as [Packed];
  tarball = join(top, packed.filename);
  // What it depends on comes from here; everything else npm would have to ask a registry for, which is not there.
  const overrides = Object.fromEntries(
    ['binaryen', 'capstone-wasm'].map((name) => [name, `file:${modules(name)}`]),
  );
  const project = { name: 'empty', version: '1.0.0', private: true, type: 'module', overrides };
  writeFileSync(join(dir, 'package.json'), JSON.stringify(project));
  writeFileSync(join(dir, 'ten-lines.js'), SCRIPT);
  const options = ['--offline', '--no-audit', '--no-fund', '--ignore-scripts'];
  const nowhere = ['--registry', 'http://127.0.0.1:9', '--cache', join(top, 'npm')];
  execFileSync('npm', ['install', ...options, ...nowhere, tarball], { cwd: dir, stdio: 'pipe' });
  copyFileSync(process.execPath, node);
  chmodSync(node, 0o755);
});

describe('the package', () => {
  it('holds what is needed and nothing else, in less than 25 MB', () => {
    expect(packed.files.reduce((sum, file) => sum + file.size, 0)).toBeLessThan(25e6);
    const parts = new Set(packed.files.map(({ path }) => path.split('/')[0]));
    expect([...parts].sort()).toEqual([
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'dist',
      'docs',
      'examples',
      'package.json',
    ]);
    const hidden = packed.files.filter(({ path }) => /(^|\/)\.|\.(ts|map)$/.test(path));
    expect(hidden.filter(({ path }) => !/^dist\/types\/.*\.d\.ts$/.test(path))).toEqual([]);
  });

  it('is clean to publint', () => {
    const { stdout, status } = spawnSync(
      process.execPath,
      [modules('publint/src/cli.js'), 'run', tarball, '--strict'],
      { encoding: 'utf8' },
    );
    expect(stdout).toContain('All good!');
    expect(status).toBe(0);
  });

  it('has types that are right to attw', () => {
    const attw = modules('@arethetypeswrong/cli/dist/index.js');
    const { stdout, status } = spawnSync(
      process.execPath,
      [attw, tarball, '--profile', 'esm-only', '--no-definitely-typed', '--format', 'ascii'],
      { encoding: 'utf8' },
    );
    expect({ status, stdout }).toMatchObject({ status: 0 });
  });

  it('has types that a strict program compiles with', () => {
    mkdirSync(join(dir, 'node_modules/@types'), { recursive: true });
    for (const name of ['@types/node', 'undici-types']) {
      symlinkSync(modules(name), join(dir, 'node_modules', name));
    }
    writeFileSync(join(dir, 'ten-lines.ts'), SCRIPT.replace('argv[2]', "argv[2] ?? ''"));
    const options = '--noEmit --strict --exactOptionalPropertyTypes --module nodenext --types node';
    const tsc = [modules('typescript/bin/tsc'), ...options.split(' '), 'ten-lines.ts'];
    const { stdout } = spawnSync(process.execPath, tsc, { cwd: dir, encoding: 'utf8' });
    expect(stdout).toBe('');
  });
});

/** Runs the ten lines with nothing in the environment but `env`; `before`: a command that does that. */
function tenLines(before: readonly string[] = [], env: Record<string, string> = {}): string {
  const [command, ...args] = [...before, node, join(dir, 'ten-lines.js'), tar];
  const { stdout, stderr } = spawnSync(command, args, {
    cwd: '/',
    env: { PATH: '/usr/bin:/bin', ...env },
    encoding: 'utf8',
  });
  return stdout + stderr;
}

const can = (command: readonly string[]): boolean =>
  spawnSync(command[0], [...command.slice(1), 'true']).status === 0;

const NOBODY = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];
const NO_NETWORK = ['unshare', '-n'];

describe('runs', () => {
  it('with no HOME', () => {
    expect(tenLines()).toBe(OUTPUT);
  });

  it('with a HOME that cannot be written to', () => {
    expect(tenLines([], { HOME: '/proc' })).toBe(OUTPUT);
  });

  it.runIf(can(NO_NETWORK))('with no network', () => {
    expect(tenLines(NO_NETWORK)).toBe(OUTPUT);
  });

  it.runIf(can(NOBODY))('as another user, who cannot write to it', () => {
    chmodSync(top, 0o755);
    chmodSync(tar, 0o644);
    expect(tenLines(NOBODY)).toBe(OUTPUT);
  });

  it('by the name of the command', () => {
    const lxjit = realpathSync(join(dir, 'node_modules/.bin/lxjit'));
    const { stdout } = spawnSync(process.execPath, [lxjit, 'echo', 'hello'], { encoding: 'utf8' });
    expect(stdout).toBe('hello\n');
  });
});
