// What was measured, kept: one JSON file a run and suite in bench/history, and the baseline that later runs are compared with.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, release } from 'node:os';
import { join } from 'node:path';
import { geomean } from './report.ts';
import { root } from './scratch.ts';

const HISTORY = join(root, 'bench/history');
const BASELINE = join(root, 'bench/baseline.json');
/** A geometric mean that is worse by more than this factor is reported. */
const TOLERANCE = 1.1;

/** Figures by name; the smaller the better. */
export type Figures = Readonly<Record<string, number>>;

export interface Entry {
  readonly suite: string;
  readonly date: string;
  readonly commit: string;
  readonly machine: string;
  readonly node: string;
  readonly scale: number;
  readonly rounds: number;
  readonly flags: readonly string[];
  /** What later runs are compared by, each kind by its geometric mean: 'wall' and 'cpu' as ratios to native, 'time'. */
  readonly figures: Readonly<Record<string, Figures>>;
  /** All that was measured, for the plots. */
  readonly rows: readonly unknown[];
}

export function machine(): string {
  return `${cpus()[0].model.trim()}, ${cpus().length} cores, Linux ${/^\d+\.\d+/.exec(release())?.[0] ?? release()}`;
}

export function commit(): string {
  try {
    return execFileSync('git', ['describe', '--always', '--dirty'], {
      cwd: root,
      encoding: 'utf8',
    }).trim();
  } catch {
    return 'unknown';
  }
}

export function keep(entry: Entry): void {
  mkdirSync(HISTORY, { recursive: true });
  const name = `${entry.date.replaceAll(':', '')}-${entry.suite}.json`;
  writeFileSync(join(HISTORY, name), `${JSON.stringify(entry, null, 1)}\n`);
}

/** The newest entry of each suite. */
export function latest(): Entry[] {
  const names = existsSync(HISTORY) ? readdirSync(HISTORY).sort() : [];
  const bySuite = new Map<string, Entry>();
  for (const name of names.filter((n) => n.endsWith('.json'))) {
    const entry: Entry = JSON.parse(readFileSync(join(HISTORY, name), 'utf8'));
    if (entry.figures !== undefined) bySuite.set(entry.suite, entry);
  }
  return [...bySuite.values()];
}

/** Of what is compared; the rows stay where they are. */
export function keepBaseline(): number {
  const entries = latest().filter(({ figures }) => Object.keys(figures).length > 0);
  const kept = entries.map(({ rows: _, ...entry }) => entry);
  writeFileSync(BASELINE, `${JSON.stringify(kept, null, 1)}\n`);
  return kept.length;
}

export interface Comparison {
  readonly lines: readonly string[];
  readonly worse: boolean;
}

/** The newest entries of `suites` (or of all) against the baseline. */
export function compareWithBaseline(suites?: readonly string[]): Comparison {
  const baseline: Entry[] = existsSync(BASELINE) ? JSON.parse(readFileSync(BASELINE, 'utf8')) : [];
  return compare(
    baseline,
    latest().filter(({ suite }) => suites === undefined || suites.includes(suite)),
  );
}

/** A line for each kind of figures of each suite. Only figures that both have count; one that was lost is worse. */
export function compare(baseline: readonly Entry[], entries: readonly Entry[]): Comparison {
  const lines: string[] = [];
  let worse = false;
  for (const now of entries) {
    const before = baseline.find(({ suite }) => suite === now.suite);
    if (before === undefined) continue;
    const comparable = before.scale === now.scale && before.machine === now.machine;
    for (const [kind, old] of Object.entries(before.figures)) {
      const { words, bad } = changeOf(old, now.figures[kind] ?? {});
      worse ||= bad;
      lines.push(
        `${now.suite} (${kind}): ${words} against ${before.commit} of ${before.date.slice(0, 10)}` +
          `${bad ? ': WORSE' : ''}${comparable ? '' : ' (other machine or sizes)'}`,
      );
    }
  }
  if (lines.length === 0) lines.push('nothing to compare: run a suite, and keep a baseline first');
  return { lines, worse };
}

function changeOf(old: Figures, now: Figures): { readonly words: string; readonly bad: boolean } {
  const both = Object.keys(old).filter((name) => now[name] > 0);
  const lost = Object.keys(old).filter((name) => !(now[name] > 0));
  const change = geomean(both.map((name) => now[name] / old[name]));
  const most = both.toSorted((a, b) => now[b] / old[b] - now[a] / old[a])[0];
  const words = [
    `geomean ${change.toFixed(2)}× over ${both.length} figures`,
    ...(most === undefined ? [] : [`worst ${most} ${(now[most] / old[most]).toFixed(2)}×`]),
    ...(lost.length > 0 ? [`without a figure now: ${lost.join(', ')}`] : []),
  ].join(', ');
  return { words, bad: change > TOLERANCE || lost.length > 0 };
}
