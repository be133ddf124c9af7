// The whole comparison with the processor: `npm run test:isa -- [options] [NAME-REGEX]`, a table of operation, cases, mismatches.
//   --cases=N      cases for each operand form (2000)       --sequences=N  random sequences at each level (100000)
//   --seed=N       (1)                                      --level=2|3    one guest CPU level only
//   --group=G      int, sse, mmx, x87, system or avx only   --quiet        only rows with mismatches
//   --executor=E   interpreter, translator or checked translator only
//   --report=FILE  writes the table as Markdown             --record       writes recorded.bin (recorded.ts) instead
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { openInterpreter, openTranslated } from './interpreter.ts';
import { openNative } from './native.ts';
import { writeRecorded } from './recorded.ts';
import { markdown, tabulate } from './report.ts';
import { runSequences } from './sequences.ts';
import { BATCH, type Outcome, runSuite } from './suite.ts';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    cases: { type: 'string', default: '2000' },
    sequences: { type: 'string' },
    seed: { type: 'string', default: '1' },
    level: { type: 'string' },
    group: { type: 'string' },
    quiet: { type: 'boolean', default: false },
    report: { type: 'string' },
    executor: { type: 'string' },
    record: { type: 'boolean', default: false },
  },
});
const pattern = positionals[0];
const seed = Number(options.seed);
const casesPerVariant = Number(options.cases);
const partial = pattern !== undefined || options.group !== undefined;
const sequences = Number(options.sequences ?? (partial ? 0 : 100_000));
const levels = options.level ? [Number(options.level)] : [2, 3];
const native = openNative();
const started = performance.now();
if (options.record) {
  console.log(`${writeRecorded(native)} forms recorded`);
  native.close();
  process.exit(0);
}

function progress(what: string): (done: number, total: number) => void {
  let last = 0;
  return (done, total) => {
    const now = performance.now();
    if (now - last < 5000 && done < total) return;
    last = now;
    console.error(`${what}: ${done} of ${total}, ${((now - started) / 1000).toFixed(0)} s`);
  };
}

const executors = [
  openInterpreter(BATCH),
  openTranslated(BATCH),
  openTranslated(BATCH, true),
].filter(({ name }) => !options.executor || name === options.executor);

const outcomes: Outcome[] = [];
let steps = 0;
let failed = 0;
const examples: string[] = [];
for (const level of levels) {
  const of = {
    level,
    seed,
    casesPerVariant,
    executors,
    ...(pattern ? { filter: new RegExp(pattern) } : {}),
    ...(options.group ? { group: options.group } : {}),
  };
  const found = await runSuite(native, { ...of, progress: progress(`level ${level}, cases`) });
  outcomes.push(...found);
  if (sequences === 0) continue;
  const report = progress(`level ${level}, sequences`);
  const result = await runSequences(native, level, seed, sequences, executors, (done) =>
    report(done, sequences),
  );
  steps += result.instructions;
  failed += result.mismatches;
  examples.push(...result.examples);
}
native.close();

const table = tabulate(outcomes, executors);
for (const [name, row] of table.rows) {
  if (options.quiet && !row.tallies.some(({ mismatches }) => mismatches)) continue;
  const tallies = row.tallies.map(({ mismatches, excused }) => {
    const known = excused ? ` (${excused} known)` : '';
    return `${String(mismatches).padStart(8)}${known.padEnd(14)}`;
  });
  console.log(`${name.padEnd(24)} ${String(row.cases).padStart(8)} ${tallies.join(' ')}`);
}
for (const { variant, examples: shown } of outcomes)
  for (const example of shown) console.log(`${variant.name}: ${example}`);
for (const example of examples) console.log(example);

const summary = [
  ...table.summary,
  `${sequences * levels.length} random sequences of ${steps} instructions: ${failed} mismatches`,
];
for (const line of summary) console.log(line);
console.log(`seed ${seed}, ${((performance.now() - started) / 1000).toFixed(0)} s`);
if (options.report) writeFileSync(options.report, markdown(table, seed, summary));
process.exitCode = table.mismatches + failed > 0 ? 1 : 0;
