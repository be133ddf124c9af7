// One run of a whole process: wall time, processor time and peak memory, and a hash of what it printed.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, openSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { compiled, scratch } from './scratch.ts';

export interface Command {
  readonly argv: readonly string[];
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** A file that is its standard input. */
  readonly stdin?: string;
}

export interface Sample {
  /** Nanoseconds. */
  readonly wall: number;
  /** User and system time of all its threads and children, nanoseconds. */
  readonly cpu: number;
  /** Peak resident set, KiB. */
  readonly rss: number;
  /** Of exit status, standard output and standard error. */
  readonly output: string;
  /** Status and the last line of standard error, for when that was not expected. */
  readonly message: string;
}

/** A run that ended by a signal, took too long or could not start; the message says which. */
export class RunError extends Error {}

const LAUNCHER = 'measure.c';

/** Runs `argv` (argv[0] a path), for at most `limit` ms. */
export function measure({ argv, cwd, env, stdin }: Command, limit: number): Sample {
  const launcher = compiled(LAUNCHER, ['-O2']);
  // Several benches may run at once.
  const [out, err] = ['stdout', 'stderr'].map((name) => join(scratch, `${name}-${process.pid}`));
  const fds = [openSync(stdin ?? '/dev/null', 'r'), openSync(out, 'w'), openSync(err, 'w')];
  const result = spawnSync(launcher, argv, {
    cwd: cwd ?? scratch,
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C', HOME: scratch, ...env },
    stdio: [...fds, 'pipe'],
    timeout: limit,
    killSignal: 'SIGKILL',
  });
  for (const fd of fds) closeSync(fd);
  if (result.signal !== null) throw new RunError(`took more than ${(limit / 1000).toFixed(0)} s`);
  const [wall, cpu, rss, status] = String(result.output[3]).trim().split(' ').map(Number);
  const message = readFileSync(err);
  const printed = readFileSync(out);
  for (const file of [out, err]) rmSync(file);
  if ((status & 0x7f) !== 0) throw new RunError(`signal ${status & 0x7f}: ${lastLine(message)}`);
  const code = status >> 8;
  if (code >= 125) throw new RunError(`status ${code}: ${lastLine(message)}`);
  const hash = createHash('sha256').update(`${code}\n`).update(printed).update(message);
  return {
    wall,
    cpu,
    rss,
    output: hash.digest('hex'),
    message: `status ${code}, ${lastLine(message)}`,
  };
}

const lastLine = (bytes: Buffer): string => bytes.toString().trim().split('\n').at(-1) ?? '';
