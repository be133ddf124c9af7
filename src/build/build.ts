// Builds everything into dist/: decode tables → assembly/generated, assembly/ → runtime.wasm, src/ → bundled JavaScript,
// and the library's type declarations. `node src/build/build.ts [--debug] [--no-types]`.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  globSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { separateBinaryen } from './binaryen.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const debug = process.argv.includes('--debug');
const RUNTIME = `${root}/dist/runtime.wasm`;

function run(command: string, args: string[]): void {
  const started = performance.now();
  const { status } = spawnSync(process.execPath, [command, ...args], {
    cwd: root,
    stdio: 'inherit',
  });
  if (status !== 0) {
    console.error(`build: ${command} ${args.join(' ')} failed`);
    process.exit(1);
  }
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`build: ${command.replace(/^.*\//, '')} ${seconds} s`);
}

/** Compiles assembly/, unless these very sources were compiled before: asc takes long, and most changes are elsewhere. */
function buildRuntime(): void {
  const kept = `${root}/node_modules/.cache/lxjit/runtime-${runtimeKey()}.wasm`;
  if (existsSync(kept)) {
    copyFileSync(kept, RUNTIME);
    console.log('build: runtime.wasm unchanged');
    return;
  }
  const target = ['--target', debug ? 'debug' : 'release', '-o', 'dist/runtime.wasm'];
  run('node_modules/assemblyscript/bin/asc.js', ['--config', 'asconfig.json', ...target]);
  mkdirSync(`${root}/node_modules/.cache/lxjit`, { recursive: true });
  copyFileSync(RUNTIME, `${kept}.${process.pid}`);
  renameSync(`${kept}.${process.pid}`, kept);
}

/** A hash of all that goes into the runtime. */
const runtimeKey = (): string =>
  hashOf(['assembly/**/*.ts', 'asconfig.json', 'node_modules/assemblyscript/package.json']);

/** Translations are kept by what made them (src/jit/cache/identity.ts). */
const emitterKey = (): string =>
  hashOf(['src/{jit,decoder}/**/*.ts', 'assembly/**/*.ts', 'node_modules/binaryen/package.json']);

function hashOf(patterns: readonly string[]): string {
  const hash = createHash('sha256').update(debug ? 'debug' : 'release');
  for (const file of globSync(patterns, { cwd: root }).sort())
    hash.update(`\0${file}\0`).update(readFileSync(`${root}/${file}`));
  return hash.digest('hex').slice(0, 24);
}

const entries = {
  lxjit: 'src/main.ts',
  index: 'src/index.ts',
  worker: 'src/session/worker.ts',
  translator: 'src/session/translator-worker.ts',
};

/** Parsing is a good part of the time a worker takes to start: hence no blanks, but names as they are for crash reports. */
const common = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node24',
  packages: 'external',
  minifyWhitespace: !debug,
  minifySyntax: !debug,
  sourcemap: debug ? 'inline' : false,
  logLevel: 'warning',
} as const;

/** A bundle for each entry, in as few files as can be: each file that Node loads takes a millisecond, each worker loads its own. */
async function buildScripts(): Promise<void> {
  for (const old of globSync('dist/*.js', { cwd: root })) rmSync(`${root}/${old}`);
  rmSync(`${root}/dist/.compile-cache`, { recursive: true, force: true });
  const plugins = [separateBinaryen(`${root}/dist/binaryen.wasm`)];
  for (const [name, file] of Object.entries(entries)) {
    const entryPoints = { [name]: file };
    await build({
      ...common,
      entryPoints,
      outdir: 'dist',
      format: 'esm',
      splitting: true,
      plugins,
    });
  }
  chmodSync(`${root}/dist/lxjit.js`, 0o755);
}

/** Declarations of what src/index.ts exports, and of what that refers to: the compiler writes them for all that it reads. */
function buildTypes(): void {
  if (process.argv.includes('--no-types')) return;
  const types = join(root, 'dist/types');
  rmSync(types, { recursive: true, force: true });
  run('node_modules/typescript/bin/tsc', ['--project', 'tsconfig.types.json']);
  const wanted = declarationsFrom(join(types, 'src/index.d.ts'));
  for (const entry of readdirSync(types, { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name);
    if (entry.isFile() && !wanted.has(file)) rmSync(file);
  }
  for (const dir of globSync('**/', { cwd: types }).sort().reverse()) {
    if (readdirSync(`${types}/${dir}`).length === 0) rmdirSync(`${types}/${dir}`);
  }
}

function declarationsFrom(file: string, found = new Set<string>()): Set<string> {
  if (found.has(file)) return found;
  found.add(file);
  for (const [, name] of readFileSync(file, 'utf8').matchAll(
    /(?:from|import\() ?'(\.[^']+)\.ts'/g,
  )) {
    declarationsFrom(join(dirname(file), `${name}.d.ts`), found);
  }
  return found;
}

/** `npx lxjit` in this directory then finds the command at once, without installing the package into npm's cache first. */
function linkCommand(): void {
  const modules = `${root}/node_modules`;
  if (!existsSync(`${modules}/.bin`) || lstatSync(modules).isSymbolicLink()) return;
  rmSync(`${modules}/.bin/lxjit`, { force: true });
  symlinkSync('../../dist/lxjit.js', `${modules}/.bin/lxjit`);
}

mkdirSync(`${root}/dist`, { recursive: true });
mkdirSync(`${root}/assembly/generated`, { recursive: true });
run('src/decoder/tables/pack.ts', []);
buildRuntime();
writeFileSync(`${root}/dist/emitter`, emitterKey());
run('src/build/shared-memory.ts', []);
run('src/build/glue.ts', []);
await buildScripts();
run('src/build/precompile.ts', []);
buildTypes();
linkCommand();
