// What happens from the start of `lxjit PROGRAM` to its end, by --stats=trace: the milestones that end its stages.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { scratch } from './scratch.ts';
import { LXJIT, median } from './side-by-side.ts';

/** One stage: from when to when, in ms since the process was started. */
export interface Stage {
  readonly program: string;
  readonly stage: string;
  readonly start: number;
  readonly end: number;
}

/** A span of the trace, microseconds. */
interface Span {
  readonly ph: string;
  readonly cat?: string;
  readonly name: string;
  readonly ts: number;
  readonly dur: number;
}

interface Trace {
  readonly traceEvents: readonly Span[];
}

const endOf = (span: Span | undefined): number =>
  span === undefined ? 0 : (span.ts + span.dur) / 1000;

/** In the order in which they end, each with the time when it does; 0: it did not take place. */
const STAGES: readonly (readonly [stage: string, end: (find: Find, wall: number) => number])[] = [
  ['Node and lxjit load', (find) => endOf(find('session', 'node and lxjit'))],
  ['session starts', (find) => endOf(find('session', 'boot'))],
  ['worker loads lxcore', (find) => (find('start', 'load')?.ts ?? 0) / 1000],
  ['program is mapped', (find) => endOf(find('start', 'load'))],
  ['dynamic loader', (find) => endOf(find('start', 'dynamic loader'))],
  ['program runs', (find) => endOf(find('program'))],
  ['session ends', (_, wall) => wall],
];

/** The first span of a kind, and of a name. */
type Find = (kind: string, name?: string) => Span | undefined;

function once(program: readonly string[]): number[] {
  const started = performance.now();
  const [node, ...args] = [...LXJIT, '--stats=trace', ...program];
  const { status } = spawnSync(node, args, { cwd: scratch, stdio: 'ignore' });
  const wall = performance.now() - started;
  if (status !== 0) throw new Error(`${program.join(' ')}: status ${status}`);
  const trace: Trace = JSON.parse(readFileSync(join(scratch, 'lxjit.trace.json'), 'utf8'));
  const find: Find = (kind, name) =>
    trace.traceEvents.find((s) => s.ph === 'X' && s.cat === kind && (name ?? s.name) === s.name);
  return STAGES.map(([, end]) => end(find, wall));
}

/** Medians over some runs. */
export function timelineOf(name: string, program: readonly string[], rounds: number): Stage[] {
  once(program); // its files, and what is kept of them, are there then
  const runs = Array.from({ length: rounds }, () => once(program));
  let start = 0;
  return STAGES.flatMap(([stage], i) => {
    const end = median(runs.map((run) => run[i]));
    if (end <= start) return [];
    const row = { program: name, stage, start, end };
    start = end;
    return [row];
  });
}
