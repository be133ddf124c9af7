// Builds everything into dist/: decode tables → assembly/generated, assembly/ → runtime.wasm, src/ → bundled JavaScript,
// and the library's type declarations. `node src/build/build.ts [--debug] [--no-types]`.
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('../..', import.meta.url));
const debug = process.argv.includes('--debug');

function run(command: string, args: string[]): void {
  const started = performance.now();
  const { status } = spawnSync(process.execPath, [command, ...args], { cwd: root, stdio: 'inherit' });
  if (status !== 0) {
    console.error(`build: ${command} ${args.join(' ')} failed`);
    process.exit(1);
  }
  console.log(`build: ${command.replace(/^.*\//, '')} ${((performance.now() - started) / 1000).toFixed(1)} s`);
}

mkdirSync(`${root}/dist`, { recursive: true });
mkdirSync(`${root}/assembly/generated`, { recursive: true });
run('src/decoder/tables/pack.ts', []);
run('node_modules/assemblyscript/bin/asc.js', ['--config', 'asconfig.json', '--target', debug ? 'debug' : 'release', ...(debug ? ['-o', 'dist/runtime.wasm'] : [])]);

const entries = { lxjit: 'src/main.ts', index: 'src/index.ts', worker: 'src/session/worker.ts', translator: 'src/jit/translator.ts' };
await build({
  absWorkingDir: root,
  entryPoints: Object.fromEntries(Object.entries(entries).filter(([, file]) => existsSync(`${root}/${file}`))),
  outdir: 'dist',
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  packages: 'external',
  splitting: true,
  sourcemap: debug ? 'inline' : false,
  logLevel: 'warning',
});
if (existsSync(`${root}/dist/lxjit.js`)) chmodSync(`${root}/dist/lxjit.js`, 0o755);
