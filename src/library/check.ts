// What a caller may get wrong, said before anything runs. TypeScript has told most of it already, to those who use it.
import type { Limits, RunOptions, SessionOptions } from './session.ts';

const LIMITS = ['memory', 'processes', 'time', 'output', 'disk'] as const;

// biome-ignore format: aligned rows
const KNOWN = {
  options: ['root', 'mounts', 'env', 'cwd', 'limits', 'policy', 'user', 'hostname', 'jit', 'cache', 'cpu'],
  limits:  LIMITS,
  user:    ['uid', 'gid'],
  run:     ['env', 'cwd', 'stdin', 'stdout', 'stderr', 'signal'],
} as const satisfies {
  options: readonly (keyof SessionOptions)[];
  limits:  readonly (keyof Limits)[];
  user:    readonly (keyof NonNullable<SessionOptions['user']>)[];
  run:     readonly (keyof RunOptions)[];
};

const CHOICES = { jit: ['on', 'off', 'always'], cpu: ['v2', 'v3'] } as const satisfies {
  readonly [name in 'jit' | 'cpu']: readonly SessionOptions[name][];
};

function refuse(message: string): never {
  throw new TypeError(message);
}

function known(what: keyof typeof KNOWN, given: object | undefined): void {
  const names: readonly string[] = KNOWN[what];
  for (const name of Object.keys(given ?? {})) {
    if (!names.includes(name)) refuse(`${what}: there is no '${name}' (but ${names.join(', ')})`);
  }
}

function text(what: string, given: unknown): void {
  if (typeof given !== 'string') refuse(`${what} is no string`);
  if ((given as string).includes('\0')) refuse(`${what} has a NUL in it`);
}

function environment(env: Readonly<Record<string, string>> | undefined): void {
  for (const [name, value] of Object.entries(env ?? {})) {
    text(`env.${name}`, value);
    if (name === '' || /[=\0]/.test(name)) refuse(`env: '${name}' is no name of a variable`);
  }
}

function directory(cwd: string | undefined): void {
  if (cwd === undefined) return;
  text('cwd', cwd);
  if (!cwd.startsWith('/')) refuse(`cwd: '${cwd}' is no absolute path`);
}

const isId = (value: unknown): boolean => Number.isInteger(value) && Number(value) >= 0;

export function checkSession(options: SessionOptions): void {
  const { limits = {}, user } = options;
  known('options', options);
  known('limits', limits);
  known('user', user);
  for (const name of LIMITS) {
    const value = limits[name];
    if (value !== undefined && !(typeof value === 'number' && value > 0))
      refuse(`limits.${name}: ${value} is no number above 0`);
  }
  for (const name of ['jit', 'cpu'] as const) {
    const value = options[name];
    const choices: readonly string[] = CHOICES[name];
    if (value !== undefined && !choices.includes(value))
      refuse(`${name}: '${value}' is none of ${choices.join(', ')}`);
  }
  if (user !== undefined && !(isId(user.uid) && isId(user.gid))) refuse('user: no uid and gid');
  if (options.hostname !== undefined) text('hostname', options.hostname);
  environment(options.env);
  directory(options.cwd);
}

export function checkRun(argv: readonly string[], options: RunOptions): void {
  if (!Array.isArray(argv)) refuse('run() takes a list: the program, and its arguments');
  if (argv.length === 0) refuse('run() needs a program');
  argv.forEach((arg, n) => void text(n === 0 ? 'the program' : `argument ${n}`, arg));
  known('run', options);
  environment(options.env);
  directory(options.cwd);
}
