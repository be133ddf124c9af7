// `npm run bench [NAME…]`: speed as ratios of lxjit to native, measured side by side. Names: syscalls, startup, integer.
// --json prints the figures as JSON instead; --rounds=N (default 5).
import { parseArgs } from 'node:util';
import {
  benchProgram,
  comparePrinted,
  duration,
  type Figure,
  LXJIT,
  wallTimes,
} from './compare.ts';

const { values, positionals } = parseArgs({
  options: { json: { type: 'boolean', default: false }, rounds: { type: 'string', default: '5' } },
  allowPositionals: true,
});
const rounds = Number(values.rounds);

/** A goal of the project: a ratio to native, or a time. */
interface Goal {
  readonly ratio?: number;
  readonly ns?: number;
}

interface Row extends Figure {
  readonly goal?: Goal | undefined;
}

// biome-ignore format: aligned rows
const goals: Record<string, Goal> = {
  'getppid':        { ratio: 1 },  'read /dev/zero': { ratio: 1 }, 'write /dev/null': { ratio: 1 },
  'stat':           { ratio: 2 },  'open+close':     { ratio: 2 }, 'pipe ping-pong':  { ratio: 2 },
  'fork+exit+wait': { ns: 8e6 },   'fork+exec+wait': { ns: 25e6 },
  'fib':            { ratio: 60 }, 'sieve':          { ratio: 60 }, 'quicksort':      { ratio: 60 }, 'hash': { ratio: 60 },
};

const withGoals = (figures: readonly Figure[]): Row[] =>
  figures.map((figure) => ({ ...figure, goal: goals[figure.name] }));

// biome-ignore format: aligned rows
const suites: Record<string, () => Row[]> = {
  syscalls: () => withGoals(comparePrinted([benchProgram('syscalls.c')], rounds)),
  integer:  () => withGoals(comparePrinted([benchProgram('integer.c')], rounds)),
  startup,
};

/** Starting a program: against the same natively, and against Node itself. */
function startup(): Row[] {
  const commands = [['/bin/true'], [process.execPath, '-e', '0'], [...LXJIT, '/bin/true']];
  const [native, node, ours] = wallTimes(commands, rounds * 3);
  return [
    { name: '/bin/true', native, ours },
    { name: '/bin/true above `node -e 0`', native: node, ours: ours - node, goal: { ns: 200e6 } },
  ];
}

function verdict({ native, ours, goal }: Row): string {
  if (goal === undefined) return '';
  const limit = goal.ns ?? native * goal.ratio!;
  const words = goal.ns === undefined ? `≤ ${goal.ratio}×` : `≤ ${duration(goal.ns)}`;
  return `${words} ${ours <= limit ? 'met' : 'MISSED'}`;
}

function print(suite: string, rows: readonly Row[]): void {
  console.log(
    `${suite.padEnd(30)} ${'native'.padStart(10)} ${'lxjit'.padStart(10)} ${'ratio'.padStart(8)}  goal`,
  );
  for (const row of rows) {
    const ratio = `${(row.ours / row.native).toFixed(2)}×`;
    const cells = [
      duration(row.native).padStart(10),
      duration(row.ours).padStart(10),
      ratio.padStart(8),
    ];
    console.log(`${row.name.padEnd(30)} ${cells.join(' ')}  ${verdict(row)}`);
  }
  console.log();
}

const all: Record<string, Row[]> = {};
for (const name of positionals.length > 0 ? positionals : Object.keys(suites)) {
  if (suites[name] === undefined) {
    console.error(`bench: no suite '${name}' (there are ${Object.keys(suites).join(', ')})`);
    process.exit(1);
  }
  all[name] = suites[name]();
  if (!values.json) print(name, all[name]);
}
if (values.json) console.log(JSON.stringify(all, null, 2));
