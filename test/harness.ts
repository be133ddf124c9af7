// Runs a command natively and under lxjit, and compares what can be seen of it: stdout, stderr, exit status, files written.
// The real kernel is the specification, so no test holds expected output.
//
//   await same([guest('hello')])                 a program of test/guest, compiled once
//   await same(['sort', 'f'], { files: { f: 'b\na\n' } })
//   sameScripts({ command: ['dash', '-c'], scripts })          many small ones in one run
//
// lxjit runs in its default mode, or in each of LXJIT_TEST_MODES (`npm run test:modes`). Needs `npm run build`.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, type TestContext } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
export const LXJIT = join(root, 'dist/lxjit.js');

/** See vitest.config.ts. */
const LXJIT_CACHE = process.env.LXJIT_CACHE ?? 'off';

/** --jit modes to try. */
export const MODES = (process.env.LXJIT_TEST_MODES || 'on').split(',');

/** The same where all of them are tried in `npm test`. */
export const ALL_MODES = (process.env.LXJIT_TEST_MODES || 'on,off,always').split(',');

// ---- guest programs

/** Compiler command lines by suffix, up to the output's name; a `// flags: …` line in the source adds to them. */
const compilers: Record<string, string[]> = {
  '.c': ['gcc', '-O2', '-g0'],
  '.cc': ['g++', '-O2', '-g0'],
  '.s': ['gcc', '-nostdlib', '-static'],
  '.S': ['gcc', '-nostdlib', '-static'],
  '.go': ['go', 'build'],
  '.rs': ['rustc', '-O'],
  '.java': ['javac'],
};
const LIBRARIES = ['-lm'];
const isC = (source: string): boolean => /\.(c|cc|s)$/i.test(source);

/** Path of the program made from test/guest/`source` (of Java: its class path), compiled when it is not there yet. */
export function guest(source: string, ...flags: string[]): string {
  const file = join(root, 'test/guest', source);
  const text = readFileSync(file);
  const own = /^\/\/ flags: (.*)$/m.exec(text.toString('latin1'))?.[1].split(' ') ?? [];
  const command = [...compilers[extname(source)], ...own, ...flags];
  const key = createHash('sha256')
    .update(command.join('\0'))
    .update(text)
    .update(includedBy(file, text))
    .digest('hex')
    .slice(0, 16);
  const cache = join(tmpdir(), `lxjit-guest-${process.getuid?.() ?? 0}`);
  const program = join(cache, `${source.replace(/\W/g, '-')}-${key}`);
  if (existsSync(program)) return program;
  mkdirSync(cache, { recursive: true });
  const unfinished = `${program}.${process.pid}`;
  const [compiler, ...args] = command;
  const output = compiler === 'javac' ? '-d' : '-o';
  const libraries = isC(source) ? LIBRARIES : [];
  execFileSync(compiler, [...args, output, unfinished, file, ...libraries], { stdio: 'inherit' });
  renameSync(unfinished, program);
  return program;
}

/** Text of the headers beside a program that it includes. */
const includedBy = (file: string, text: Buffer): string =>
  [...text.toString('latin1').matchAll(/^#include "(.*)"$/gm)]
    .map(([, name]) => readFileSync(join(dirname(file), name), 'latin1'))
    .join('');

// ---- runs

export interface RunOptions {
  readonly stdin?: string | Uint8Array;
  readonly env?: Record<string, string>;
  /** Files made in the working directory before each run: contents by relative path. */
  readonly files?: Record<string, string | Uint8Array>;
  /** Milliseconds; a run that takes longer fails the test. */
  readonly timeout?: number | undefined;
  /** Options of lxjit. */
  readonly options?: readonly string[];
}

export interface RunResult {
  readonly stdout: string;
  readonly stderr: string;
  /** Exit status, 128 + n after signal n. */
  readonly status: number;
  /** Files of the working directory afterwards: mode and contents, by relative path. */
  readonly files: Record<string, string>;
}

/** A fresh directory, always of the same length; removed by whoever asked for it. */
export const scratch = (): string => mkdtempSync(join(tmpdir(), 'lxjit-test-'));

export function runNative(
  command: readonly string[],
  options: RunOptions = {},
  dir?: string,
): Promise<RunResult> {
  return inDirectory(command, options, dir);
}

export function runLxjit(
  command: readonly string[],
  options: RunOptions = {},
  dir?: string,
  mode = MODES[0],
): Promise<RunResult> {
  if (!existsSync(LXJIT)) throw new Error('dist/lxjit.js is missing: run `npm run build` first');
  const own = [process.execPath, LXJIT, `--jit=${mode}`, ...(options.options ?? []), '--'];
  return inDirectory([...own, ...command], options, dir);
}

/** Runs natively and in each of the modes, in the same directory, and expects no difference. Answers the native result. */
export async function same(
  command: readonly string[],
  options: RunOptions = {},
  modes: readonly string[] = MODES,
): Promise<RunResult> {
  const dir = scratch();
  try {
    const native = await runNative(command, options, dir);
    for (const mode of modes) {
      rmSync(dir, { recursive: true });
      mkdirSync(dir);
      const ours = await runLxjit(command, options, dir, mode);
      expect({ mode, ...withoutShellWords(ours) }).toEqual({ mode, ...native });
    }
    return native;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

export interface Scripts {
  /** What runs a script that is its last argument. */
  readonly command?: readonly string[];
  /** The scripts by name; or whole command lines. */
  readonly scripts: Readonly<Record<string, string | readonly string[]>>;
  /** Files that each of them finds in its directory, as in RunOptions. */
  readonly files?: Record<string, string | Uint8Array>;
  readonly env?: Record<string, string>;
  /** Milliseconds for all of them. */
  readonly timeout?: number;
}

/**
 * Compares many small scripts, each in a directory of its own, with one run of lxjit for all of them (and one without it):
 * its start takes longer than most of them. Answers what `test.for` calls for the comparison of one, by name; only those are
 * run that are tests of the same `describe`, and were not filtered out.
 */
export function sameScripts(group: Scripts): (name: string, context: TestContext) => Promise<void> {
  let runs: Promise<Record<string, ScriptResult>[]> | undefined;
  return async (name, { task }) => {
    const tests = task.suite!.tasks.filter(({ mode }) => mode === 'run');
    runs ??= runScripts(
      group,
      tests.map((test) => test.name).filter((test) => test in group.scripts),
    );
    const [native, ...ours] = await runs;
    for (const [i, result] of ours.entries())
      expect({ mode: MODES[i], ...result[name] }).toEqual({ mode: MODES[i], ...native[name] });
  };
}

type ScriptResult = Omit<RunResult, 'status'> & { readonly status: string };

async function runScripts(
  group: Scripts,
  names: readonly string[],
): Promise<Record<string, ScriptResult>[]> {
  const dir = scratch();
  try {
    const results = [await runScriptsIn(dir, group, names, undefined)];
    for (const mode of MODES) {
      rmSync(dir, { recursive: true });
      mkdirSync(dir);
      results.push(await runScriptsIn(dir, group, names, mode));
    }
    return results;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Each script runs in a directory that has its number for a name, and leaves its results in n.out, n.err, n.status. */
async function runScriptsIn(
  dir: string,
  { command = [], scripts, files = {}, env = {}, timeout }: Scripts,
  names: readonly string[],
  mode: string | undefined,
): Promise<Record<string, ScriptResult>> {
  const quote = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;
  const lines = names.map((name, i) => {
    const n = i + 1;
    put(join(dir, String(n)), files);
    const line = [...command, scripts[name]].flat().map(quote).join(' ');
    // What the shell says of a signal that ends it goes with its errors.
    return `{ (cd ${n}; exec ${line}); echo $? > ${n}.status; } < /dev/null > ${n}.out 2> ${n}.err\n`;
  });
  writeFileSync(join(dir, 'all'), lines.join(''));
  const driver = ['sh', 'all'];
  const options = { env, timeout };
  const output = mode
    ? await runLxjit(driver, options, dir, mode)
    : await runNative(driver, options, dir);
  expect(output).toMatchObject({ stdout: '', stderr: '', status: 0 });
  const read = (file: string): string => readFileSync(join(dir, file), 'latin1');
  return Object.fromEntries(
    names.map((name, i) => {
      const n = i + 1;
      const result = {
        stdout: read(`${n}.out`),
        stderr: read(`${n}.err`),
        status: read(`${n}.status`),
      };
      return [name, { ...result, files: snapshot(join(dir, String(n))) }];
    }),
  );
}

function put(dir: string, files: Record<string, string | Uint8Array>): void {
  mkdirSync(dir, { recursive: true });
  for (const [name, contents] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, name)), { recursive: true });
    writeFileSync(join(dir, name), contents);
  }
}

/** As a shell does, lxjit says “Segmentation fault” when a signal kills the program; the program itself did not. */
function withoutShellWords(result: RunResult): RunResult {
  if (result.status <= 128) return result;
  return {
    ...result,
    stderr: result.stderr
      .replace(/^lxjit: .*: illegal instruction at .*\n/m, '')
      .replace(/^[A-Z][A-Za-z0-9/ ]+( \(core dumped\))?\n$/m, ''),
  };
}

async function inDirectory(
  command: readonly string[],
  options: RunOptions,
  dir?: string,
): Promise<RunResult> {
  const cwd = dir ?? scratch();
  try {
    put(cwd, options.files ?? {});
    const output = await run(command, cwd, options);
    return { ...output, files: snapshot(cwd) };
  } finally {
    if (dir === undefined) rmSync(cwd, { recursive: true, force: true });
  }
}

/** Generous: a slow machine is no failure, and a program that is translated before it runs takes its time. */
const DEFAULT_TIMEOUT = 280_000;

function run(
  command: readonly string[],
  cwd: string,
  options: RunOptions,
): Promise<Omit<RunResult, 'files'>> {
  const [file, ...args] = command;
  const env = {
    PATH: process.env.PATH ?? '',
    HOME: cwd,
    LANG: 'C',
    TZ: 'UTC',
    LXJIT_CACHE,
    LXJIT_WARM_UP: process.env.LXJIT_WARM_UP,
    ...options.env,
  };
  const child = spawn(file, args, { cwd, env, stdio: 'pipe' });
  const timeout = options.timeout ?? DEFAULT_TIMEOUT;
  child.stdin.on('error', () => {}); // EPIPE: the program did not read it all
  child.stdin.end(options.stdin ?? '');
  return Promise.all([
    collect(child.stdout),
    collect(child.stderr),
    exit(child, timeout, command),
  ]).then(([stdout, stderr, status]) => ({ stdout, stderr, status }));
}

async function collect(stream: NodeJS.ReadableStream): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('latin1');
}

// biome-ignore format: the signals that tests meet
const signalNumbers: Record<string, number> = {
  SIGHUP: 1, SIGINT: 2, SIGQUIT: 3, SIGILL: 4, SIGTRAP: 5, SIGABRT: 6, SIGBUS: 7, SIGFPE: 8, SIGKILL: 9, SIGUSR1: 10,
  SIGSEGV: 11, SIGUSR2: 12, SIGPIPE: 13, SIGALRM: 14, SIGTERM: 15, SIGXCPU: 24, SIGXFSZ: 25, SIGSYS: 31,
};

function exit(child: ChildProcess, timeout: number, command: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`${command.join(' ')}: no end after ${timeout} ms`));
    }, timeout);
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      resolve(code ?? 128 + (signalNumbers[signal ?? ''] ?? 0));
    });
  });
}

function snapshot(dir: string, prefix = ''): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of readdirSync(join(dir, prefix)).sort()) {
    const path = join(prefix, name);
    const stat = lstatSync(join(dir, path));
    const mode = (stat.mode & 0o7777).toString(8);
    if (stat.isSymbolicLink()) found[path] = `link ${readlinkSync(join(dir, path))}`;
    else if (stat.isFile()) found[path] = `file ${mode} ${contents(join(dir, path), stat.size)}`;
    else found[path] = `${stat.isDirectory() ? 'directory' : 'special'} ${mode}`;
    if (stat.isDirectory()) Object.assign(found, snapshot(dir, path));
  }
  return found;
}

/** Small files as text (a difference can be read then), others by their hash. */
function contents(path: string, size: number): string {
  const bytes = readFileSync(path);
  if (size <= 4096) return bytes.toString('latin1');
  return `${size} bytes, sha256 ${createHash('sha256').update(bytes).digest('hex')}`;
}
