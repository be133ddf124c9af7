// `npm run bench [-- options] [SUITE [NAME…]]`: lxjit against native and, where installed, qemu-user and blink, side by side.

import {
  type Comparison,
  commit,
  compareWithBaseline,
  type Entry,
  keep,
  keepBaseline,
  machine,
} from './history.ts';
import type { Item } from './item.ts';
import { kernels, LINKS, type Link } from './kernels.ts';
import { partSuites, printParts } from './parts.ts';
import { plot } from './plots.ts';
import { programs } from './programs.ts';
import { header, line, ratiosOf, type SuiteGoals, summary } from './report.ts';
import { type Stage, timelineOf } from './timeline.ts';
import { GOAL, translateFigures } from './translate.ts';
import { type PartOfTime, timeOf } from './where.ts';
import { installed, runItem, type WholeRow } from './whole.ts';

const HELP = `npm run bench [-- options] [SUITE [NAME…]]

Suites: kernels      small C programs, one kind of code each
        programs     xz, sqlite3, python3, cc1 and others on some seconds of work
        ${Object.keys(partSuites).join(', ')}: parts by themselves
        translate    the translator's stages, by instruction
        timeline     what happens from the start of lxjit to its end
        where        what the time of each program goes to, by --profile
        compare      the last runs against bench/baseline.json; status 1 if a geometric mean is worse by more than 10 %
        baseline     the last runs become the baseline
        plot         the last runs as docs/speed.svg, start-up.svg and where-time-goes.svg
NAME is a part of a row's name. Without SUITE: everything. What was run is kept in bench/history.

  --quick            one round, an eighth of the work: about 5 minutes for everything
  --compare          when it has run: compares that with the baseline, as 'compare' does
  --plot             when it has run: draws them
  --rounds=N         rounds that are run in turns; medians count (default 5)
  --scale=N          the work divided by N
  --link=static|dynamic|both   how kernels are linked (default static)
  --no-others        without qemu and blink
  --json             figures as JSON on standard output
Other options are lxjit's own: --jit=on, --cpu=v3 …
`;

const GOALS: Record<string, SuiteGoals> = {
  kernels: { geomean: 1.5, fasterThanQemu: 2, rss: 4 },
  programs: { geomean: 2.2, fasterThanQemu: 2, rss: 4 },
};
/** `where` looks at the shape of a run, which a part of the work shows. */
const WHERE_SCALE = 4;

const choices = {
  rounds: 5,
  scale: 1,
  links: ['static'] as readonly Link[],
  others: true,
  json: false,
  compare: false,
  plot: false,
  flags: [] as string[],
  words: [] as string[],
};
for (const arg of process.argv.slice(2)) choose(arg);

function choose(arg: string): void {
  const [name, value = ''] = arg.split('=', 2);
  if (!arg.startsWith('-')) choices.words.push(arg);
  else if (name === '--help') exitWith(HELP, 0);
  else if (name === '--quick') Object.assign(choices, { rounds: 1, scale: 8 });
  else if (name === '--rounds') choices.rounds = positive(arg, value);
  else if (name === '--scale') choices.scale = positive(arg, value);
  else if (name === '--link') choices.links = value === 'both' ? LINKS : [value as Link];
  else if (name === '--no-others') choices.others = false;
  else if (name === '--json' || name === '--compare' || name === '--plot')
    choices[name.slice(2) as 'json' | 'compare' | 'plot'] = true;
  else choices.flags.push(arg);
}

function positive(arg: string, value: string): number {
  if (Number(value) > 0) return Number(value);
  return exitWith(`bench: ${arg}: not a number above 0\n`, 1);
}

function exitWith(text: string, status: number): never {
  (status === 0 ? process.stdout : process.stderr).write(text);
  process.exit(status);
}

const started = performance.now();

/** With the time since the start; on one line of a terminal that is overwritten. */
function progress(text: string): void {
  if (!process.stderr.isTTY) return;
  const seconds = Math.round((performance.now() - started) / 1000);
  const clock = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
  process.stderr.write(text === '' ? '\r\x1b[K' : `\r\x1b[K${clock}  ${text}`);
}

function print(text: string): void {
  if (!choices.json) console.log(text);
}

/** What a suite found: what is compared by, and all of it. */
type Found = Pick<Entry, 'figures' | 'rows'>;

/** Those whose names were given, each with its place among them, which is said. */
function* chosen(
  suite: string,
  items: readonly Item[],
  names: readonly string[],
): Generator<readonly [item: Item, place: string]> {
  const wanted = items.filter(
    ({ name }) => names.length === 0 || names.some((n) => name.includes(n)),
  );
  for (const [n, item] of wanted.entries()) {
    const place = `${suite} ${n + 1} of ${wanted.length}`;
    progress(`${place}, ${item.name}`);
    yield [item, place];
  }
}

function wholeSuite(suite: string, items: readonly Item[], names: readonly string[]): Found {
  const { rounds, flags } = choices;
  const runners = choices.others ? installed() : (['native', 'lxjit'] as const);
  const rows: WholeRow[] = [];
  print(header(suite));
  for (const [item, place] of chosen(suite, items, names)) {
    const says = (text: string): void => progress(`${place}, ${text}`);
    const row = runItem(item, { rounds, runners, flags, progress: says });
    rows.push(row);
    progress('');
    print(line(row));
  }
  print(`${summary(rows, GOALS[suite])}\n`);
  const counted = rows.filter((row) => row.inGeomean);
  return { figures: { wall: ratiosOf(counted, 'wall'), cpu: ratiosOf(counted, 'cpu') }, rows };
}

function partSuite(suite: string): Found {
  progress(suite);
  const rows = partSuites[suite](choices.rounds);
  progress('');
  if (!choices.json) printParts(suite, rows);
  const ratios = rows.map(({ name, native, ours }) => [name, ours / native] as const);
  return { figures: { ratio: Object.fromEntries(ratios) }, rows };
}

async function translateSuite(): Promise<Found> {
  progress('translate');
  const figures = await translateFigures(choices.scale > 1 ? 300 : 2000);
  progress('');
  print(`translate: ${figures.functions} functions, ${figures.instructions} instructions`);
  for (const { stage, us, spread } of figures.stages) {
    print(
      `  ${stage.padEnd(14)} ${us.toFixed(3).padStart(8)} µs an instruction ±${spread.toFixed(0)} %`,
    );
  }
  const met = figures.perSecond >= GOAL ? 'met' : 'MISSED';
  print(`  all of it: ${figures.perSecond.toFixed(0)} instructions a second: ≥ ${GOAL} ${met}\n`);
  const us = figures.stages.map((row) => [row.stage, row.us] as const);
  return { figures: { time: Object.fromEntries(us) }, rows: figures.stages };
}

// biome-ignore format: aligned rows
const STARTED: readonly (readonly [name: string, command: readonly string[]])[] = [
  ['true',           ['/bin/true']],
  ['bash -c :',      ['/bin/bash', '-c', ':']],
  ['python3 -c pass', ['/usr/bin/python3', '-c', 'pass']],
];

function timelineSuite(): Found {
  const rows: Stage[] = STARTED.flatMap(([name, command]) => {
    progress(`timeline, ${name}`);
    return timelineOf(name, command, choices.rounds + 2);
  });
  progress('');
  print('timeline                            from         to');
  for (const { program, stage, start, end } of rows) {
    const [from, to] = [start, end].map((ms) => `${ms.toFixed(1)} ms`.padStart(10));
    print(`${program.padEnd(17)} ${stage.padEnd(32)} ${from} ${to}`);
  }
  print('');
  const ends = rows.map(({ program, end }) => [program, end] as const);
  return { figures: { time: Object.fromEntries(ends) }, rows };
}

function whereSuite(names: readonly string[]): Found {
  const rows: PartOfTime[] = [];
  print('where                    share of the samples');
  for (const [item] of chosen('where', programs(Math.max(choices.scale, WHERE_SCALE)), names)) {
    const parts = timeOf(item, choices.flags);
    rows.push(...parts);
    const all = parts.reduce((sum, { ms }) => sum + ms, 0);
    const shares = parts.map(({ part, ms }) => `${part} ${((100 * ms) / all).toFixed(0)} %`);
    progress('');
    print(`${item.name.padEnd(24)} ${shares.join(', ')}`);
  }
  print('');
  return { figures: {}, rows };
}

const suites: Record<string, (names: readonly string[]) => Found | Promise<Found>> = {
  kernels: (names) => wholeSuite('kernels', kernels(choices.links, choices.scale), names),
  programs: (names) => wholeSuite('programs', programs(choices.scale), names),
  ...Object.fromEntries(Object.keys(partSuites).map((suite) => [suite, () => partSuite(suite)])),
  translate: translateSuite,
  timeline: timelineSuite,
  where: whereSuite,
};

function keepFound(suite: string, found: Found): void {
  const { scale, rounds, flags } = choices;
  const date = new Date().toISOString().slice(0, 19);
  const where = { commit: commit(), machine: machine(), node: process.version };
  keep({ suite, date, ...where, scale, rounds, flags, ...found });
}

function report({ lines, worse }: Comparison): void {
  print(lines.join('\n'));
  if (worse) process.exitCode = 1;
}

async function draw(): Promise<void> {
  const drawn = await plot();
  if ('files' in drawn) return print(drawn.files.join('\n'));
  exitWith(`bench: no run is kept of ${drawn.missing.join(', ')}: run them first\n`, 1);
}

// biome-ignore format: aligned rows
const commands: Record<string, () => void | Promise<void>> = {
  compare:  () => report(compareWithBaseline()),
  baseline: () => print(`${keepBaseline()} suites are the baseline now`),
  plot:     draw,
};

async function runSuites(): Promise<void> {
  const [first, ...names] = choices.words;
  if (first !== undefined && suites[first] === undefined) {
    const known = [...Object.keys(suites), ...Object.keys(commands)].join(', ');
    exitWith(`bench: no suite '${first}' (there are ${known})\n`, 1);
  }
  print(`${machine()}, Node ${process.version}, ${commit()}, ${choices.flags.join(' ')}\n`);
  const run = first === undefined ? Object.keys(suites) : [first];
  const results: Record<string, unknown> = {};
  for (const suite of run) {
    const found = await suites[suite](names);
    if (names.length === 0) keepFound(suite, found);
    results[suite] = found.rows;
  }
  if (choices.json) console.log(JSON.stringify(results, null, 1));
  if (choices.compare) report(compareWithBaseline(run));
  if (choices.plot) await draw();
}

await (commands[choices.words[0] ?? ''] ?? runSuites)();
