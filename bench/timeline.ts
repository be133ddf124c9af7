// What happens from the start of `lxjit PROGRAM` to its end: milestones of the main thread, noted by a module that Node loads
// first. It sees the messages between the session manager and its workers, so that lxjit itself need not be changed for it.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, scratch } from './scratch.ts';
import { median } from './side-by-side.ts';

/** One stage: from when to when, in ms since the process was started. */
export interface Stage {
  readonly program: string;
  readonly stage: string;
  readonly start: number;
  readonly end: number;
}

/** In the order in which they end, with the milestone that ends each. */
const STAGES = [
  ['Node starts', 'node'],
  ['lxjit loads', 'started'],
  ['worker loads, program is mapped', 'begun'],
  ['program runs', 'ended'],
  ['session ends', 'exit'],
  ['process ends', 'gone'],
] as const;

type Milestones = Readonly<Record<(typeof STAGES)[number][1], number>>;

/** Runs in lxjit's main thread, before it. Workers are started without it. */
const NOTES = `
import { Worker } from 'node:worker_threads';
import { writeFileSync } from 'node:fs';
const at = { node: performance.nodeTiming.bootstrapComplete };
const note = (name) => { at[name] ??= performance.now(); };
const { postMessage, emit } = Worker.prototype;
Worker.prototype.postMessage = function (message, ...rest) {
  if (message?.task) note('started');
  return postMessage.call(this, message, ...rest);
};
Worker.prototype.emit = function (event, message, ...rest) {
  if (event === 'message' && ['begun', 'ended'].includes(message?.type)) note(message.type);
  return emit.call(this, event, message, ...rest);
};
process.execArgv.length = 0;
process.on('exit', () => {
  note('exit');
  writeFileSync(process.env.LXJIT_BENCH_NOTES, JSON.stringify({ ...at, origin: performance.timeOrigin }));
});`;

function once(program: readonly string[]): Milestones {
  const notes = join(scratch, `notes-${process.pid}.json`);
  const preload = `data:text/javascript,${encodeURIComponent(NOTES)}`;
  const command = ['--import', preload, join(root, 'dist/lxjit.js'), ...program];
  const env = { ...process.env, LXJIT_BENCH_NOTES: notes };
  const now = (): number => performance.timeOrigin + performance.now();
  const before = now();
  const { status } = spawnSync(process.execPath, command, { stdio: 'ignore', env });
  const gone = now() - before;
  if (status !== 0) throw new Error(`${program.join(' ')}: status ${status}`);
  const { origin, ...at } = JSON.parse(readFileSync(notes, 'utf8')) as Record<string, number>;
  const inside = Object.entries(at).map(([name, ms]) => [name, ms + origin - before]);
  return { ...Object.fromEntries(inside), gone } as Milestones;
}

/** Medians of the milestones over some runs. */
export function timelineOf(name: string, program: readonly string[], rounds: number): Stage[] {
  once(program); // its files, and what is kept of them, are there then
  const runs = Array.from({ length: rounds }, () => once(program));
  let start = 0;
  return STAGES.map(([stage, milestone]) => {
    const end = Math.max(start, median(runs.map((run) => run[milestone])));
    const row = { program: name, stage, start, end };
    start = end;
    return row;
  });
}
