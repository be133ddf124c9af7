// What was measured, kept: one JSON file a run in bench/history, and the baseline that later runs are compared with.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, release } from 'node:os';
import { join } from 'node:path';
import type { Means } from './report.ts';
import { root } from './scratch.ts';
import type { WholeRow } from './whole.ts';

const HISTORY = join(root, 'bench/history');
const BASELINE = join(root, 'bench/baseline.json');
/** A geometric mean that is worse by more than this factor is reported. */
const TOLERANCE = 1.1;

export interface Entry {
  readonly suite: string;
  readonly date: string;
  readonly commit: string;
  readonly machine: string;
  readonly node: string;
  readonly scale: number;
  readonly rounds: number;
  readonly flags: readonly string[];
  readonly means: Means;
  readonly rows: readonly WholeRow[];
}

export function machine(): string {
  return `${cpus()[0].model.trim()}, ${cpus().length} cores, Linux ${release()}`;
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
    bySuite.set(entry.suite, entry);
  }
  return [...bySuite.values()];
}

export function keepBaseline(): void {
  writeFileSync(BASELINE, `${JSON.stringify(latest(), null, 1)}\n`);
}

/** Latest against baseline, a line a suite; whether one is worse beyond the tolerance. Only rows that both have count. */
export function compareWithBaseline(): { readonly lines: string[]; readonly worse: boolean } {
  const baseline: Entry[] = existsSync(BASELINE) ? JSON.parse(readFileSync(BASELINE, 'utf8')) : [];
  const lines: string[] = [];
  let worse = false;
  for (const now of latest()) {
    const before = baseline.find((entry) => entry.suite === now.suite);
    if (before === undefined) continue;
    const logs = now.rows.flatMap((row) => {
      const [a, b] = [ratioOf(row), ratioOf(before.rows.find(({ name }) => name === row.name))];
      return Number.isNaN(a / b) ? [] : [Math.log(a / b)];
    });
    const change = Math.exp(logs.reduce((a, b) => a + b, 0) / logs.length);
    const lost = before.rows.filter((row) => !Number.isNaN(ratioOf(row))).length - logs.length;
    const bad = change > TOLERANCE || lost > 0;
    worse ||= bad;
    const comparable = before.scale === now.scale && before.machine === now.machine;
    lines.push(
      `${now.suite}: geomean ${change.toFixed(2)} × that of ${before.commit} (${before.date.slice(0, 10)}) over ${logs.length} rows` +
        `${lost > 0 ? `, ${lost} rows have no figure any more` : ''}${bad ? ' WORSE' : ''}` +
        `${comparable ? '' : ' (other machine or sizes)'}`,
    );
  }
  return { lines, worse };
}

const ratioOf = (row: WholeRow | undefined): number =>
  row?.lxjit === undefined || row.native === undefined
    ? Number.NaN
    : row.lxjit.wall / row.native.wall;
