// The package as npm makes it, installed by itself: ten lines run busybox from a tar, also from a directory with a space
// in its name that cannot be written to, without HOME.
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import { busyboxTar } from './busybox.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const dir = mkdtempSync(join(tmpdir(), 'lxjit package-'));
const tar = busyboxTar('tar.zst');
afterAll(() => {
  rmSync(tar);
  chmodSync(join(dir, 'node_modules/lxjit'), 0o755);
  rmSync(dir, { recursive: true });
});

interface Packed {
  readonly filename: string;
  readonly files: readonly { readonly path: string; readonly size: number }[];
}

/** Unpacks what `npm pack` makes, beside the packages it depends on; `size` is without Binaryen's part. */
function install(): { files: string[]; size: number } {
  const packed = execFileSync(
    'npm',
    ['pack', '--json', '--ignore-scripts', '--pack-destination', dir],
    {
      cwd: root,
      encoding: 'utf8',
    },
  );
  const [{ filename, files }] = JSON.parse(packed) as [Packed];
  const modules = join(dir, 'node_modules');
  mkdirSync(join(modules, 'lxjit'), { recursive: true });
  execFileSync('tar', [
    '-xf',
    join(dir, filename),
    '-C',
    join(modules, 'lxjit'),
    '--strip-components=1',
  ]);
  for (const name of readdirSync(join(root, 'node_modules'))) {
    if (name === 'binaryen' || name === 'capstone-wasm') {
      symlinkSync(join(root, 'node_modules', name), join(modules, name));
    }
  }
  const own = files.filter(({ path }) => !path.startsWith('dist/binaryen.'));
  const size = own.reduce((sum, file) => sum + file.size, 0);
  return { files: files.map(({ path }) => path), size };
}

const SCRIPT = `
import { Session } from 'lxjit';
await using session = await Session.create({ root: { tar: process.argv[2] } });
const { code, stdout } = await session.run(['sh', '-c', 'echo "busybox on $(uname -m)"; exit 4']);
console.log(code, stdout.toString().trim());
`;

it('holds what is needed and nothing else, and runs', () => {
  const { files, size } = install();
  expect(size).toBeLessThan(25 << 20);
  const parts = new Set(files.map((file) => file.split('/')[0]));
  expect([...parts].sort()).toEqual([
    'CHANGELOG.md',
    'LICENSE',
    'README.md',
    'dist',
    'docs',
    'examples',
    'package.json',
  ]);
  writeFileSync(join(dir, 'ten-lines.mjs'), SCRIPT);
  chmodSync(join(dir, 'node_modules/lxjit'), 0o555);
  const output = execFileSync(process.execPath, [join(dir, 'ten-lines.mjs'), tar], {
    env: { PATH: '/usr/bin:/bin' },
    encoding: 'utf8',
  });
  expect(output).toBe('4 busybox on x86_64\n');
});
