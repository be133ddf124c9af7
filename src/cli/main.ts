// What `lxjit ARG…` does: the options, the subcommands, a session for the program, and the exit status.
import { readFileSync, writeFileSync } from 'node:fs';
import { errnoText } from '../lx/abi/errno-text.ts';
import { hostError } from '../lx/fs/drivefs/host-errors.ts';
import type { SessionStats } from '../lx/sys/stats.ts';
import { helpText, type Options, parseCommandLine, UsageError } from '../options.ts';
import type { ThreadProfile } from '../session/profile.ts';
import type { SessionOptions } from '../session/session.ts';
import { ownSpan, type Span } from '../session/timeline.ts';
import { describeDeath } from './death.ts';
import { sessionOptions } from './guest-environment.ts';

/** lxjit's own failures: what env, timeout and nohup use for theirs. */
const FAILED = 125;

export async function main(args: readonly string[]): Promise<void> {
  let options: Options;
  try {
    options = parseCommandLine(args);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return fail(`${error.message}\nSee 'lxjit --help'.`);
  }
  if (options.help) return print(helpText());
  if (options.version) return print(`lxjit ${version()}\n`);
  const [program] = options.program;
  if (program === undefined) return fail("no program given\nSee 'lxjit --help'.");
  if (!options.afterDashes && program === 'syscalls') {
    refuseMore(options, 1);
    const { syscallListing } = await import('./syscalls.ts');
    return print(syscallListing());
  }
  if (!options.afterDashes && program === 'cache') return cacheCommand(options);
  return runProgram(options);
}

async function runProgram(options: Options): Promise<void> {
  for (const file of [options.strace, options.profile]) if (file) create(file);
  const { SessionManager } = await import('../session/session.ts');
  const prepared = sessionOptions(options);
  if (typeof prepared === 'string') return fail(prepared);
  if (options.dump !== undefined) return dumpCode(options.dump, prepared);
  const session = new SessionManager(prepared);
  const stopForwarding = forwardSignals((signal) => session.signal(signal));
  const started = performance.now();
  const result = await session.run();
  stopForwarding();
  if (options.profile !== undefined) await writeProfile(options.profile, session.profiles);
  if (options.stats === 'trace') await writeTrace(session.spans);
  else if (options.stats !== 'off') await printStats(options, session.stats(), started);
  if ('code' in result) process.exit(result.code);
  const words = describeDeath(result.signal, result.core);
  if (words !== '') process.stderr.write(`${words}\n`);
  process.exit(128 + result.signal);
}

/** What cannot be written is said before the program runs. */
function create(file: string): void {
  try {
    writeFileSync(file, '');
  } catch (error) {
    fail(`cannot write ${file}: ${inWords(error)}`);
  }
}

const inWords = (error: unknown): string => errnoText[-hostError(error)];

async function dumpCode(
  request: NonNullable<Options['dump']>,
  session: SessionOptions,
): Promise<void> {
  const { dump } = await import('./dump.ts');
  const result = await dump(request, session);
  if ('error' in result) return fail(result.error);
  print(result.text);
}

async function writeProfile(file: string, profiles: readonly ThreadProfile[]): Promise<void> {
  const { speedscope } = await import('../session/profile.ts');
  save('profile', file, speedscope(profiles));
}

const TRACE_FILE = 'lxjit.trace.json';

async function writeTrace(spans: readonly Span[]): Promise<void> {
  const { chromeTrace } = await import('./trace.ts');
  const { timeOrigin } = performance;
  const loaded = ownSpan('session', 'node and lxjit', timeOrigin, spans[0]?.start);
  save('trace', TRACE_FILE, chromeTrace([loaded, ...spans], timeOrigin));
}

function save(what: string, file: string, text: string): void {
  try {
    writeFileSync(file, text);
    process.stderr.write(`lxjit: ${what} in ${file}\n`);
  } catch (error) {
    process.stderr.write(`lxjit: cannot write ${file}: ${inWords(error)}\n`);
  }
}

async function printStats(options: Options, stats: SessionStats, started: number): Promise<void> {
  const { statsJson, statsText } = await import('./stats.ts');
  const show = options.stats === 'json' ? statsJson : statsText;
  process.stderr.write(show(stats, performance.now() - started, started));
}

/** Signals that whoever started lxjit sends to it are meant for the guest. */
// biome-ignore format: aligned rows
const FORWARDED: readonly (readonly [NodeJS.Signals, number])[] = [
  ['SIGHUP', 1], ['SIGINT', 2], ['SIGQUIT', 3], ['SIGUSR1', 10], ['SIGUSR2', 12], ['SIGTERM', 15], ['SIGCONT', 18],
  ['SIGWINCH', 28],
];

function forwardSignals(send: (signal: number) => void): () => void {
  const handlers = FORWARDED.map(([name, number]) => {
    const handler = () => send(number);
    process.on(name, handler);
    return [name, handler] as const;
  });
  return () => {
    for (const [name, handler] of handlers) process.off(name, handler);
  };
}

function refuseMore({ program }: Options, words: number): void {
  if (program.length <= words) return;
  const command = program.slice(0, words).join(' ');
  fail(`'${command}' takes no argument '${program[words]}'\nSee 'lxjit --help'.`);
}

async function cacheCommand(options: Options): Promise<void> {
  const command = options.program[1] ?? 'ls';
  refuseMore(options, 2);
  const { cacheCommand, cacheCommands } = await import('./cache.ts');
  const said = cacheCommand(command, options.cache);
  if (said === undefined)
    return fail(`unknown command 'cache ${command}' (it is ${cacheCommands})\nSee 'lxjit --help'.`);
  print(said.text, said.failed ? FAILED : 0);
}

export function version(): string {
  const here = import.meta.url;
  const up = here.endsWith('.ts') ? '../../package.json' : '../package.json';
  return (JSON.parse(readFileSync(new URL(up, here), 'utf8')) as { version: string }).version;
}

/** A worker may have been started ahead: it must not keep the process alive. */
function print(text: string, status = 0): never {
  process.stdout.write(text);
  process.exit(status);
}

function fail(message: string): never {
  process.stderr.write(`lxjit: ${message}\n`);
  process.exit(FAILED);
}
