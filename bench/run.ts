// `npm run bench [-- options] [SUITE [NAME…]]`: lxjit against native and, where installed, qemu-user, side by side.

import { commit, compareWithBaseline, keep, keepBaseline, machine } from './history.ts';
import type { Item } from './item.ts';
import { kernels, LINKS, type Link } from './kernels.ts';
import { type PartRow, partSuites, printParts } from './parts.ts';
import { programs } from './programs.ts';
import { header, line, means, type SuiteGoals, summary } from './report.ts';
import { GOAL, type TranslateFigures, translateFigures } from './translate.ts';
import { hasQemu, type Runner, runItem, type WholeRow } from './whole.ts';

const HELP = `npm run bench [SUITE [NAME…]] [-- options]

Suites: kernels      small C programs, one kind of code each
        programs     xz, sqlite3, python3, cc1 and others on some seconds of work
        ${Object.keys(partSuites).join(', ')}: parts by themselves
        translate    the translator's stages, by instruction
        compare      the last runs against bench/baseline.json; status 1 if a geometric mean is worse by more than 10 %
        baseline     the last runs become the baseline
NAME is a part of a row's name. Without SUITE: everything.

  --quick            one round, an eighth of the work
  --rounds=N         rounds that are run in turns; medians count (default 5)
  --scale=N          the work divided by N
  --link=static|dynamic|both   how kernels are linked (default static)
  --no-qemu          without qemu
  --json             figures as JSON on standard output
Other options are lxjit's own: --jit=on, --cpu=v3 …
`;

const GOALS: Record<string, SuiteGoals> = {
  kernels: { geomean: 1.5, fasterThanQemu: 2, rss: 4 },
  programs: { geomean: 2.2, fasterThanQemu: 2, rss: 4 },
};

interface Choices {
  rounds: number;
  scale: number;
  links: readonly Link[];
  qemu: boolean;
  json: boolean;
  readonly flags: string[];
  readonly words: string[];
}

const choices: Choices = {
  rounds: 5,
  scale: 1,
  links: ['static'],
  qemu: true,
  json: false,
  flags: [],
  words: [],
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
  else if (name === '--no-qemu') choices.qemu = false;
  else if (name === '--json') choices.json = true;
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

/** On one line of a terminal that is overwritten; line by line elsewhere. */
function progress(text: string): void {
  process.stderr.write(process.stderr.isTTY ? `\r\x1b[K${text}` : '');
}

function wholeSuite(suite: string, items: readonly Item[], names: readonly string[]): WholeRow[] {
  const wanted = items.filter(
    ({ name }) => names.length === 0 || names.some((n) => name.includes(n)),
  );
  const { rounds, flags, scale } = choices;
  const runners: Runner[] =
    choices.qemu && hasQemu() ? ['native', 'lxjit', 'qemu'] : ['native', 'lxjit'];
  const rows: WholeRow[] = [];
  print(header(suite));
  for (const [n, item] of wanted.entries()) {
    const row = runItem(item, {
      rounds,
      runners,
      flags,
      progress: (text) => progress(`${suite} ${n + 1} of ${wanted.length}, ${text}`),
    });
    progress('');
    rows.push(row);
    print(line(row));
  }
  print(`${summary(rows, GOALS[suite])}\n`);
  if (names.length === 0) {
    const date = new Date().toISOString().slice(0, 19);
    const entry = { suite, date, commit: commit(), machine: machine(), node: process.version };
    keep({ ...entry, scale, rounds, flags, means: means(rows), rows });
  }
  return rows;
}

function print(text: string): void {
  if (!choices.json) console.log(text);
}

const wholeSuites: Record<string, () => Item[]> = {
  kernels: () => kernels(choices.links, choices.scale),
  programs: () => programs(choices.scale),
};

function runSuite(suite: string, names: readonly string[]): readonly (WholeRow | PartRow)[] {
  if (wholeSuites[suite] !== undefined) return wholeSuite(suite, wholeSuites[suite](), names);
  const rows = partSuites[suite](choices.rounds);
  if (!choices.json) printParts(suite, rows);
  return rows;
}

async function translateSuite(): Promise<TranslateFigures> {
  const figures = await translateFigures(choices.scale > 1 ? 300 : 2000);
  print(`translate: ${figures.functions} functions, ${figures.instructions} instructions`);
  for (const { stage, us, spread } of figures.stages) {
    print(
      `  ${stage.padEnd(14)} ${us.toFixed(3).padStart(8)} µs an instruction ±${spread.toFixed(0)} %`,
    );
  }
  const met = figures.perSecond >= GOAL ? 'met' : 'MISSED';
  print(`  all of it: ${figures.perSecond.toFixed(0)} instructions a second: ≥ ${GOAL} ${met}\n`);
  return figures;
}

const [first, ...names] = choices.words;
const known = [...Object.keys(wholeSuites), ...Object.keys(partSuites), 'translate'];
if (first === 'compare') {
  const { lines, worse } = compareWithBaseline();
  exitWith(`${lines.join('\n')}\n`, worse ? 1 : 0);
}
if (first === 'baseline') {
  keepBaseline();
  process.exit();
}
if (first !== undefined && !known.includes(first)) {
  exitWith(
    `bench: no suite '${first}' (there are ${[...known, 'compare', 'baseline'].join(', ')})\n`,
    1,
  );
}
print(`${machine()}, Node ${process.version}, ${commit()}, ${choices.flags.join(' ')}\n`);
const results: Record<string, unknown> = {};
for (const suite of first === undefined ? known : [first]) {
  results[suite] = suite === 'translate' ? await translateSuite() : runSuite(suite, names);
}
if (choices.json) console.log(JSON.stringify(results, null, 1));
