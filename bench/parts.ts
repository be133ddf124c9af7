// Parts measured by themselves: system calls, starting a program, integer loops: ratios of lxjit to native, or times.
import {
  benchProgram,
  comparePrinted,
  duration,
  type Figure,
  LXJIT,
  wallTimes,
} from './side-by-side.ts';

/** A goal of the project: a ratio to native, or a time. */
interface Goal {
  readonly ratio?: number;
  readonly ns?: number;
}

export interface PartRow extends Figure {
  readonly goal?: Goal | undefined;
}

// biome-ignore format: aligned rows
const goals: Record<string, Goal> = {
  'getppid':        { ratio: 1 },  'read /dev/zero': { ratio: 1 }, 'write /dev/null': { ratio: 1 },
  'stat':           { ratio: 2 },  'open+close':     { ratio: 2 }, 'pipe ping-pong':  { ratio: 2 },
  'fork+exit+wait': { ns: 8e6 },   'fork+exec+wait': { ns: 25e6 },
  'thread create+join':  { ns: 500e3 }, 'mutex':             { ns: 40 },   'mutex of 4 threads':    { ns: 60 },
  'condition ping-pong': { ns: 50e3 },  'signal to oneself': { ratio: 1 }, 'unix-socket ping-pong': { ratio: 2 },
  'fib':            { ratio: 60 }, 'sieve':          { ratio: 60 }, 'quicksort':      { ratio: 60 }, 'hash': { ratio: 60 },
};

const withGoals = (figures: readonly Figure[]): PartRow[] =>
  figures.map((figure) => ({ ...figure, goal: goals[figure.name] }));

// biome-ignore format: aligned rows
export const partSuites: Record<string, (rounds: number) => PartRow[]> = {
  syscalls: (rounds) => withGoals(comparePrinted([benchProgram('syscalls.c')], rounds)),
  threads:  (rounds) => withGoals(comparePrinted([benchProgram('threads.c')], rounds)),
  integer:  (rounds) => withGoals(comparePrinted([benchProgram('integer.c')], rounds)),
  startup,
};

/** Starting a program: against the same natively, and against Node itself. */
function startup(rounds: number): PartRow[] {
  const commands = [['/bin/true'], [process.execPath, '-e', '0'], [...LXJIT, '/bin/true']];
  const [native, node, ours] = wallTimes(commands, rounds * 3);
  return [
    { name: '/bin/true', native, ours },
    { name: '/bin/true above `node -e 0`', native: node, ours: ours - node, goal: { ns: 200e6 } },
  ];
}

function verdict({ native, ours, goal }: PartRow): string {
  if (goal === undefined) return '';
  const limit = goal.ns ?? native * goal.ratio!;
  const words = goal.ns === undefined ? `≤ ${goal.ratio}×` : `≤ ${duration(goal.ns)}`;
  return `${words} ${ours <= limit ? 'met' : 'MISSED'}`;
}

export function printParts(suite: string, rows: readonly PartRow[]): void {
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
