// The command line: every switch in one table (name, type, default, one sentence), its parser and its help text.
// Options end at PROGRAM or at `--`; what follows belongs to the guest.
import { parseArgs } from 'node:util';

/** flag: no value. string: a value, `--name VALUE` or `--name=VALUE`. list: the same, repeatable. optional: only `=VALUE`. */
type OptionType = 'flag' | 'string' | 'list' | 'optional';

interface OptionRow {
  readonly name: string;
  readonly type: OptionType;
  readonly value?: string;
  readonly choices?: readonly string[];
  readonly default?: string;
  readonly help: string;
}

// biome-ignore format: aligned rows
export const optionRows: readonly OptionRow[] = [
  { name: 'root',    type: 'string',   value: 'DIR', help: 'Host directory that is the guest’s / (default: the host’s own /).' },
  { name: 'mount',   type: 'list',     value: 'HOST:GUEST[:ro]', help: 'Show host directory HOST as GUEST, read-only with :ro; may be repeated.' },
  { name: 'env',     type: 'list',     value: 'K=V', help: 'Set an environment variable of the guest (K alone unsets it); may be repeated.' },
  { name: 'cwd',     type: 'string',   value: 'DIR', help: 'Guest directory to start in (default: the current one, with --root the guest’s /).' },
  { name: 'jit',     type: 'string',   value: 'off|on|always', choices: ['off', 'on', 'always'], default: 'on', help: 'Translate hot code to WebAssembly while it runs (on), all code before it runs (always), or only interpret (off).' },
  { name: 'code-limit', type: 'string', value: 'MB', default: '64', help: 'Most WebAssembly of translated code that a process keeps, and that is remembered for others; the oldest goes first.' },
  { name: 'cache',   type: 'string',   value: 'DIR|off', help: 'Where translations are kept between runs (default: LXJIT_CACHE, or lxjit in the user’s cache directory).' },
  { name: 'cpu',     type: 'string',   value: 'v2|v3', choices: ['v2', 'v3'], default: 'v2', help: 'x86-64 level that CPUID reports to the guest.' },
  { name: 'checked', type: 'flag',     help: 'Check every memory access (the interpreter always does).' },
  { name: 'strace',  type: 'optional', value: 'FILE', help: 'Print the guest’s system calls as strace does, to stderr or to FILE.' },
  { name: 'stats',   type: 'optional', value: 'json|trace', choices: ['', 'json', 'trace'], help: 'Print instructions, system calls and times to stderr at the end; =trace writes what ran when to lxjit.trace.json, for chrome://tracing or ui.perfetto.dev.' },
  { name: 'profile', type: 'optional', value: 'FILE', help: 'Write where the guest spends its time, by its symbols, to FILE (lxjit.speedscope.json), for speedscope.app.' },
  { name: 'dump',    type: 'string',   value: 'decode|region|wat[:PC]', help: 'Print what lxjit makes of the code at guest address PC (hexadecimal; default: the program’s entry point) and exit.' },
  { name: 'version', type: 'flag',     help: 'Print the version and exit.' },
  { name: 'help',    type: 'flag',     help: 'Print this text and exit.' },
];

export interface Mount {
  readonly host: string;
  readonly guest: string;
  readonly readOnly: boolean;
}

export type JitMode = 'off' | 'on' | 'always';

/** A parsed command line. */
export interface Options {
  readonly root: string | undefined;
  readonly mounts: readonly Mount[];
  /** In the order given; undefined unsets. */
  readonly env: readonly (readonly [string, string | undefined])[];
  readonly cwd: string | undefined;
  readonly jit: JitMode;
  /** In bytes. */
  readonly codeLimit: number;
  readonly cache: string | undefined;
  readonly cpuLevel: 2 | 3;
  readonly checked: boolean;
  /** undefined: off; '': to stderr; else a host file. */
  readonly strace: string | undefined;
  readonly stats: 'off' | 'text' | 'json' | 'trace';
  /** undefined: off; else a host file. */
  readonly profile: string | undefined;
  readonly dump: { readonly what: string; readonly pc: number | undefined } | undefined;
  readonly help: boolean;
  readonly version: boolean;
  /** PROGRAM and its arguments. */
  readonly program: readonly string[];
  /** PROGRAM stood after `--`, so that it is no subcommand. */
  readonly afterDashes: boolean;
}

/** A command line that cannot be understood; the message says why, in one line. */
export class UsageError extends Error {}

const byName = new Map(optionRows.map((row) => [row.name, row]));
const shortNames: Record<string, string> = { '-h': '--help', '-V': '--version' };

export function parseCommandLine(args: readonly string[]): Options {
  const own: string[] = [];
  let i = 0;
  for (; i < args.length; i++) {
    const arg = shortNames[args[i]] ?? args[i];
    if (arg === '--' || !arg.startsWith('-') || arg === '-') break;
    own.push(...normalize(arg, () => args[++i]));
  }
  const afterDashes = args[i] === '--';
  const program = args.slice(afterDashes ? i + 1 : i);
  const { values } = parseArgs({ args: own, options: parserOptions(), strict: true });
  return { ...interpret(values as Values), program, afterDashes };
}

/** Checks one option and makes it `--name` or `--name=value`, whatever way it was written. */
function normalize(arg: string, next: () => string | undefined): string[] {
  const equals = arg.indexOf('=');
  const name = arg.slice(2, equals < 0 ? undefined : equals);
  const row = arg.startsWith('--') ? byName.get(name) : undefined;
  if (row === undefined) throw new UsageError(`unknown option '${arg}'${suggestion(name)}`);
  if (row.type === 'flag') {
    if (equals >= 0) throw new UsageError(`option '--${name}' takes no value`);
    return [arg];
  }
  const given = equals < 0 ? (row.type === 'optional' ? '' : next()) : arg.slice(equals + 1);
  if (given === undefined) throw new UsageError(`option '--${name}' needs a value: ${row.value}`);
  if (row.choices !== undefined && !row.choices.includes(given)) {
    throw new UsageError(`option '--${name}' cannot be '${given}' (it is ${row.value})`);
  }
  return [`--${name}=${given}`];
}

function parserOptions(): Record<string, { type: 'string' | 'boolean'; multiple?: boolean }> {
  return Object.fromEntries(
    optionRows.map((row) => [
      row.name,
      row.type === 'flag'
        ? { type: 'boolean' as const }
        : { type: 'string' as const, multiple: row.type === 'list' },
    ]),
  );
}

interface Values {
  root?: string;
  mount?: string[];
  env?: string[];
  cwd?: string;
  jit?: string;
  'code-limit'?: string;
  cache?: string;
  cpu?: string;
  checked?: boolean;
  strace?: string;
  stats?: string;
  profile?: string;
  dump?: string;
  help?: boolean;
  version?: boolean;
}

function interpret(values: Values): Omit<Options, 'program' | 'afterDashes'> {
  return {
    root: values.root,
    mounts: (values.mount ?? []).map(parseMount),
    env: (values.env ?? []).map(parseAssignment),
    cwd: values.cwd,
    jit: (values.jit ?? 'on') as JitMode,
    codeLimit: parseMegabytes(values['code-limit'] ?? '64'),
    cache: values.cache,
    cpuLevel: values.cpu === 'v3' ? 3 : 2,
    checked: values.checked === true,
    strace: values.strace,
    stats: values.stats === '' ? 'text' : ((values.stats ?? 'off') as Options['stats']),
    profile: values.profile === '' ? 'lxjit.speedscope.json' : values.profile,
    dump: values.dump === undefined ? undefined : parseDump(values.dump),
    help: values.help === true,
    version: values.version === true,
  };
}

function parseMegabytes(text: string): number {
  const value = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || value > 4096) {
    throw new UsageError(`option '--code-limit' cannot be '${text}' (it is a number of MB)`);
  }
  return Math.round(value * 2 ** 20);
}

function parseMount(text: string): Mount {
  const readOnly = text.endsWith(':ro');
  const pair = readOnly ? text.slice(0, -3) : text;
  const colon = pair.lastIndexOf(':');
  const [host, guest] = [pair.slice(0, colon), pair.slice(colon + 1)];
  if (colon <= 0 || !guest.startsWith('/')) {
    throw new UsageError(`'${text}' is no mount: it is HOST:GUEST[:ro], GUEST an absolute path`);
  }
  return { host, guest, readOnly };
}

function parseAssignment(text: string): readonly [string, string | undefined] {
  const equals = text.indexOf('=');
  const name = equals < 0 ? text : text.slice(0, equals);
  if (name === '') throw new UsageError(`'${text}' sets no environment variable: it is K=V`);
  return [name, equals < 0 ? undefined : text.slice(equals + 1)];
}

const DUMPS = ['decode', 'region', 'wat'];

function parseDump(text: string): Options['dump'] {
  const [what, pc] = text.split(':', 2);
  if (!DUMPS.includes(what)) {
    throw new UsageError(`option '--dump' cannot be '${text}' (it is decode|region|wat[:PC])`);
  }
  if (pc === undefined) return { what, pc: undefined };
  const address = Number.parseInt(pc, 16);
  if (!/^(0x)?[0-9a-f]{1,8}$/i.test(pc)) throw new UsageError(`'${pc}' is no guest address`);
  return { what, pc: address };
}

/** “a similar option exists”, as git says it; '' if none is near. */
function suggestion(name: string): string {
  const [best] = optionRows
    .map((row) => ({ name: row.name, distance: editDistance(name, row.name) }))
    .sort((a, b) => a.distance - b.distance);
  return best.distance <= 2 ? `; did you mean '--${best.name}'?` : '';
}

/** Levenshtein distance. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = a[i - 1] === b[j - 1] ? 0 : 1;
      next.push(Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + change));
    }
    row = next;
  }
  return row[b.length];
}

const HELP_COLUMN = 28;

export function helpText(): string {
  const options = optionRows.map((row) => {
    const value =
      row.value === undefined ? '' : row.type === 'optional' ? `[=${row.value}]` : ` ${row.value}`;
    const left = `  --${row.name}${value}`;
    const fallback = row.default === undefined ? '' : ` (default: ${row.default})`;
    const gap =
      left.length < HELP_COLUMN ? left.padEnd(HELP_COLUMN) : `${left}\n${' '.repeat(HELP_COLUMN)}`;
    return gap + row.help + fallback;
  });
  return `Run an x86-64 Linux program.

Usage: lxjit [options] [--] PROGRAM [ARG…]
       lxjit syscalls
       lxjit cache [ls|clear|verify]

PROGRAM is looked up in PATH as a shell would. The exit status is the program's own, 128+n if signal n killed it,
126 if it cannot be executed, 127 if it was not found, 125 if lxjit itself failed.

Options:
${options.join('\n')}

Commands:
  syscalls                  List the system calls, how far each is supported and how it is done.
  cache ls|clear|verify     List, remove, or check the translations kept on disk.

Examples:
  lxjit ls -l
  lxjit --strace=trace.txt gcc hello.c -o hello
  lxjit --root ./debian --env LANG=C bash
`;
}
