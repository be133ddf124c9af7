// The pictures in docs/, from the newest entries of the history: speed by program, the start-up timeline, where time goes.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Entry, latest } from './history.ts';
import { root } from './scratch.ts';
import type { Stage } from './timeline.ts';
import { PART_NAMES, type PartOfTime } from './where.ts';
import type { WholeRow } from './whole.ts';

const WIDTH = 620;
const NEEDED = ['kernels', 'programs', 'timeline', 'where'] as const;
type Needed = (typeof NEEDED)[number];
type Found = Record<Needed, Entry>;

/** One picture: its file, the run that it is of, and what is drawn. */
interface Picture {
  readonly file: string;
  readonly title: string;
  readonly of: Entry;
  readonly spec: object;
}

const pictures = ({ kernels, programs, timeline, where }: Found): Picture[] => [
  {
    file: 'docs/speed.svg',
    title: 'Time, as a multiple of the native run’s (start and translation included)',
    of: programs,
    spec: speed([...rowsOf('kernel', kernels), ...rowsOf('program', programs)]),
  },
  {
    file: 'docs/start-up.svg',
    title: 'Start-up timeline',
    of: timeline,
    spec: startUp(timeline.rows as Stage[]),
  },
  {
    file: 'docs/where-time-goes.svg',
    title: 'Where time goes (samples of the guest’s threads)',
    of: where,
    spec: parts(where.rows as PartOfTime[]),
  },
];

/** Writes the plots; their names, or what is missing for them. */
export async function plot(): Promise<
  { readonly files: string[] } | { readonly missing: string[] }
> {
  const found = Object.fromEntries(latest().map((entry) => [entry.suite, entry]));
  const missing = NEEDED.filter((suite) => found[suite] === undefined);
  if (missing.length > 0) return { missing };
  const all = pictures(found as Found);
  for (const picture of all) writeFileSync(join(root, picture.file), await svgOf(framed(picture)));
  return { files: all.map(({ file }) => file) };
}

async function svgOf(spec: object): Promise<string> {
  const [{ parse, View }, { compile }] = await Promise.all([import('vega'), import('vega-lite')]);
  return new View(parse(compile(spec).spec), { renderer: 'none' }).toSVG();
}

function framed({ title, of, spec }: Picture): object {
  const { machine, node, date, commit, rounds, flags } = of;
  const words = [machine, `Node ${node}`, date.slice(0, 10), commit, `rounds: ${rounds}`, ...flags];
  return {
    title: {
      text: title,
      subtitle: words.join('; '),
      anchor: 'start',
      frame: 'bounds',
      offset: 10,
    },
    background: 'white',
    padding: 10,
    config: { view: { stroke: null }, axis: { labelLimit: 260 }, legend: { labelLimit: 400 } },
    ...spec,
  };
}

interface Speed {
  readonly kind: string;
  readonly name: string;
  readonly runner: string;
  readonly times: number;
  readonly least?: number;
  readonly most?: number;
}

function rowsOf(kind: string, { rows }: Entry): Speed[] {
  return (rows as WholeRow[]).flatMap(({ name, native, lxjit, qemu, blink, spread }) => {
    if (native === undefined) return [];
    const others = { lxjit, qemu, blink };
    return Object.entries(others).flatMap(([runner, figures]) =>
      figures === undefined
        ? []
        : [
            {
              kind,
              name,
              runner: runner === 'qemu' ? 'qemu-user' : runner,
              times: figures.wall / native.wall,
              ...(runner === 'lxjit' && spread ? { least: spread[0], most: spread[1] } : {}),
            },
          ],
    );
  });
}

const TIMES = {
  type: 'quantitative',
  scale: { type: 'log', domainMin: 0.8, nice: false },
  axis: { values: [1, 1.5, 2, 3, 5, 10, 20, 50], format: '~g' },
} as const;

const speed = (values: readonly Speed[]): object => ({
  data: { values },
  width: WIDTH,
  height: { step: 15 },
  encoding: {
    y: { field: 'name', type: 'nominal', sort: null, title: null, axis: { grid: true } },
  },
  layer: [
    {
      mark: { type: 'rule', strokeWidth: 2, opacity: 0.4 },
      transform: [{ filter: 'isValid(datum.least)' }],
      encoding: { x: { ...TIMES, field: 'least', title: '× native' }, x2: { field: 'most' } },
    },
    {
      mark: { type: 'point', filled: true, size: 60, opacity: 1 },
      encoding: {
        x: { ...TIMES, field: 'times', title: '× native' },
        color: colors(
          'runner',
          values.map(({ runner }) => runner),
        ),
      },
    },
  ],
});

const startUp = (values: readonly Stage[]): object => ({
  data: { values },
  width: WIDTH,
  height: { step: 26 },
  mark: { type: 'bar', stroke: 'white' },
  encoding: {
    y: { field: 'program', type: 'nominal', sort: null, title: null },
    x: { field: 'start', type: 'quantitative', title: 'ms since the process was started' },
    x2: { field: 'end' },
    color: colors(
      'stage',
      values.map(({ stage }) => stage),
    ),
  },
});

const parts = (values: readonly PartOfTime[]): object => ({
  data: { values: values.map((row) => ({ ...row, rank: PART_NAMES.indexOf(row.part) })) },
  width: WIDTH,
  height: { step: 15 },
  mark: 'bar',
  encoding: {
    y: { field: 'program', type: 'nominal', sort: null, title: null },
    x: {
      field: 'ms',
      type: 'quantitative',
      stack: 'normalize',
      title: 'share',
      axis: { format: '%' },
    },
    color: colors('part', PART_NAMES),
    order: { field: 'rank' },
  },
});

const PALETTE = ['#4269d0', '#efb118', '#ff725c', '#6cc5b0', '#a463f2', '#9498a0', '#3ca951'];
const LEGEND = { orient: 'bottom', columns: 3 };

function colors(field: string, names: readonly string[]): object {
  const domain = [...new Set(names)];
  return {
    field,
    type: 'nominal',
    title: null,
    scale: { domain, range: PALETTE.slice(0, domain.length) },
    legend: LEGEND,
  };
}
