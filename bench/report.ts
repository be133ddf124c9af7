// The table of a suite of whole programs, with geometric means and the project's goals.
import type { Figures, WholeRow } from './whole.ts';

/** Goals of a suite beside the limit of each row: geometric mean, and how many times faster than qemu. */
export interface SuiteGoals {
  readonly geomean: number;
  readonly fasterThanQemu: number;
  /** Peak RSS against qemu's. */
  readonly rss: number;
}

interface Means {
  readonly wall: number;
  readonly cpu: number;
  readonly qemuWall: number;
  readonly rss: number;
  /** Rows without a figure of ours. */
  readonly failed: number;
}

export function geomean(values: readonly number[]): number {
  const logs = values.map(Math.log);
  return Math.exp(logs.reduce((a, b) => a + b, 0) / logs.length);
}

const ratio = (a: Figures | undefined, b: Figures | undefined, key: keyof Figures): number =>
  a === undefined || b === undefined ? Number.NaN : a[key] / b[key];

/** What later runs are compared by: ratios to native. */
export function ratiosOf(rows: readonly WholeRow[], key: keyof Figures): Record<string, number> {
  const ratios = rows.map((row) => [row.name, ratio(row.lxjit, row.native, key)] as const);
  return Object.fromEntries(ratios.filter(([, value]) => !Number.isNaN(value)));
}

function means(rows: readonly WholeRow[]): Means {
  const counted = rows.filter((row) => row.inGeomean);
  const mean = (of: (row: WholeRow) => number): number =>
    geomean(counted.map(of).filter((value) => !Number.isNaN(value)));
  return {
    wall: mean((row) => ratio(row.lxjit, row.native, 'wall')),
    cpu: mean((row) => ratio(row.lxjit, row.native, 'cpu')),
    qemuWall: mean((row) => ratio(row.qemu, row.native, 'wall')),
    rss: mean((row) => ratio(row.lxjit, row.qemu, 'rss')),
    failed: rows.filter((row) => row.lxjit === undefined).length,
  };
}

// biome-ignore format: aligned rows
const columns: readonly (readonly [title: string, width: number, cell: (row: WholeRow) => string])[] = [
  ['native',   8, (row) => seconds(row.native?.wall)],
  ['lxjit',    8, (row) => times(ratio(row.lxjit, row.native, 'wall'))],
  ['spread',  14, (row) => (row.spread === undefined ? '' : `${row.spread.map((x) => x.toFixed(2)).join('–')}`)],
  ['cpu',      8, (row) => times(ratio(row.lxjit, row.native, 'cpu'))],
  ['qemu',     8, (row) => times(ratio(row.qemu, row.native, 'wall'))],
  ['blink',    8, (row) => times(ratio(row.blink, row.native, 'wall'))],
  ['RSS',      9, (row) => (row.lxjit === undefined ? '' : `${(row.lxjit.rss / 1024).toFixed(0)} MB`)],
  ['RSS/qemu', 9, (row) => times(ratio(row.lxjit, row.qemu, 'rss'))],
];
const NAME_WIDTH = 24;

export function header(suite: string): string {
  return `${suite.padEnd(NAME_WIDTH)}${columns.map(([title, width]) => title.padStart(width)).join('')}  goal`;
}

export function line(row: WholeRow): string {
  const cells = columns.map(([, width, cell]) => cell(row).padStart(width));
  return `${row.name.padEnd(NAME_WIDTH)}${cells.join('')}  ${rowVerdict(row)}`;
}

function rowVerdict(row: WholeRow): string {
  const ours = ratio(row.lxjit, row.native, 'wall');
  if (row.error !== undefined) return `FAILED: ${row.error}`;
  const misses = [
    ...(ours > row.limit ? [`≤ ${row.limit}×`] : []),
    ...(ours > ratio(row.qemu, row.native, 'wall') ? ['faster than qemu'] : []),
  ];
  const note = row.note === undefined ? '' : ` (${row.note})`;
  return (misses.length > 0 ? `${misses.join(', ')} MISSED` : `≤ ${row.limit}× met`) + note;
}

/** The geometric means, each with its goal. */
export function summary(rows: readonly WholeRow[], goals: SuiteGoals): string {
  const { wall, cpu, qemuWall, rss, failed } = means(rows);
  const goal = (met: boolean, words: string): string =>
    `${words} ${met && failed === 0 ? 'met' : 'MISSED'}`;
  const lines = [
    `geomean lxjit/native ${times(wall)} (cpu ${times(cpu)}): ${goal(wall <= goals.geomean, `≤ ${goals.geomean}×`)}`,
  ];
  if (!Number.isNaN(qemuWall)) {
    const faster = qemuWall / wall;
    lines.push(
      `geomean qemu/native ${times(qemuWall)}, lxjit is ${faster.toFixed(2)} times as fast: ${goal(faster >= goals.fasterThanQemu, `≥ ${goals.fasterThanQemu}×`)}`,
      `peak RSS ${times(rss)} qemu's: ${goal(rss <= goals.rss, `≤ ${goals.rss}×`)}`,
    );
  }
  if (failed > 0) lines.push(`${failed} of ${rows.length} rows FAILED`);
  return lines.join('\n');
}

const times = (x: number): string => (Number.isNaN(x) ? '—' : `${x.toFixed(2)}×`);
const seconds = (ns: number | undefined): string =>
  ns === undefined ? '—' : `${(ns / 1e9).toFixed(2)} s`;
