// The whole comparison with the processor: `npm run test:isa -- [options] [NAME-REGEX]`, a table of operation, cases, mismatches.
//   --cases=N      cases for each operand form (1000); a tenth of them for each mode of the translator
//   --sequences=N  random sequences at each level (100000); the same
//   --seed=N       (1)                                      --level=2|3    one guest CPU level only
//   --group=G      int, sse, mmx, x87, system or avx only   --quiet        only rows with mismatches
//   --executor=E   interpreter, translator or "checked translator" only (all of the cases, then)
//   --jobs=N       processes (one for each processor)
//   --report=FILE  writes the table as Markdown             --record       writes recorded.bin (recorded.ts) instead
import { fork } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { EXECUTORS, type Job, type JobResult, type Message } from './jobs.ts';
import { openNative } from './native.ts';
import { writeRecorded } from './recorded.ts';
import { markdown, tabulate } from './report.ts';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    cases: { type: 'string', default: '1000' },
    sequences: { type: 'string' },
    seed: { type: 'string', default: '1' },
    level: { type: 'string' },
    group: { type: 'string' },
    quiet: { type: 'boolean', default: false },
    executor: { type: 'string' },
    jobs: { type: 'string', default: String(availableParallelism()) },
    report: { type: 'string' },
    record: { type: 'boolean', default: false },
  },
});
const pattern = positionals[0];
const seed = Number(options.seed);
const partial = pattern !== undefined || options.group !== undefined;
const cases = Number(options.cases);
const sequences = Number(options.sequences ?? (partial ? 0 : 100_000));
const levels = options.level ? [Number(options.level)] : [2, 3];
const started = performance.now();
if (options.record) {
  const native = openNative();
  console.log(`${writeRecorded(native)} forms recorded`);
  native.close();
  process.exit(0);
}

const PARTS = 4;
const jobs = EXECUTORS.filter((name) => !options.executor || name === options.executor).flatMap(
  (executor) => {
    const share = executor === 'interpreter' || options.executor ? 1 : 0.1;
    const job = (level: number, part: number): Job => ({
      executor,
      level,
      seed,
      part,
      parts: PARTS,
      casesPerVariant: Math.ceil(cases * share),
      sequences: Math.ceil((sequences * share) / PARTS),
      pattern,
      group: options.group,
    });
    return levels.flatMap((level) => Array.from({ length: PARTS }, (_, part) => job(level, part)));
  },
);

let shown = 0;
function show(progress: string): void {
  const now = performance.now();
  if (now - shown < 5000) return;
  shown = now;
  console.error(`${progress}, ${((now - started) / 1000).toFixed(0)} s`);
}

function start(job: Job): Promise<JobResult> {
  return new Promise((resolve, reject) => {
    const child = fork(new URL('job.ts', import.meta.url));
    child.send(job);
    child.on('message', (message: Message) => {
      if ('progress' in message) show(message.progress);
      else resolve(message.result);
    });
    child.on('exit', (code) => reject(new Error(`a job ended with status ${code}`)));
  });
}

const results: JobResult[] = [];
async function work(): Promise<void> {
  for (let job = jobs.shift(); job; job = jobs.shift()) results.push(await start(job));
}
await Promise.all(Array.from({ length: Number(options.jobs) }, work));

const table = tabulate(results);
for (const [name, tallies] of table.rows) {
  if (options.quiet && ![...tallies.values()].some(({ mismatches }) => mismatches)) continue;
  const columns = [...tallies.values()].map(({ cases, mismatches, excused }) =>
    [cases, mismatches, excused].map((n) => String(n).padStart(7)).join(''),
  );
  console.log(`${name.padEnd(24)} ${columns.join('   ')}`);
}
for (const { examples } of results) for (const example of examples) console.log(example);
for (const line of table.summary) console.log(line);
console.log(`seed ${seed}, ${((performance.now() - started) / 1000).toFixed(0)} s`);
if (options.report) writeFileSync(options.report, markdown(table, seed));
process.exitCode = table.mismatches > 0 ? 1 : 0;
