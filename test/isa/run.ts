// The whole comparison with the processor: `npm run test:isa -- [options] [NAME-REGEX]`, a table of operation, cases, mismatches.
//   --cases=N      cases for each operand form (2000)       --sequences=N  random sequences at each level (100000)
//   --seed=N       (1)                                      --level=2|3    one guest CPU level only
//   --group=G      int, sse, mmx, x87, system or avx only   --quiet        only rows with mismatches
//   --report=FILE  writes the table as Markdown             --record       writes recorded.bin (recorded.ts) instead
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { openNative } from './native.ts';
import { writeRecorded } from './recorded.ts';
import { runSequences } from './sequences.ts';
import { type Outcome, runSuite } from './suite.ts';

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

interface Row {
  cases: number;
  mismatches: number;
  excused: number;
}

const outcomes: Outcome[] = [];
const table = new Map<string, Row>();
let steps = 0;
let failed = 0;
const examples: string[] = [];
for (const level of levels) {
  const of = {
    level,
    seed,
    casesPerVariant,
    ...(pattern ? { filter: new RegExp(pattern) } : {}),
    ...(options.group ? { group: options.group } : {}),
  };
  const found = await runSuite(native, { ...of, progress: progress(`level ${level}, cases`) });
  outcomes.push(...found);
  if (sequences === 0) continue;
  const report = progress(`level ${level}, sequences`);
  const result = await runSequences(native, level, seed, sequences, (done) =>
    report(done, sequences),
  );
  steps += result.instructions;
  failed += result.mismatches;
  examples.push(...result.examples);
}
native.close();

for (const { variant, cases, mismatches, excused } of outcomes) {
  const row = table.get(variant.name) ?? { cases: 0, mismatches: 0, excused: 0 };
  row.cases += cases;
  row.mismatches += mismatches;
  row.excused += excused;
  table.set(variant.name, row);
}
for (const [name, { cases, mismatches, excused }] of table) {
  if (options.quiet && !mismatches) continue;
  const note = excused ? `${excused} known deviations` : '';
  console.log(
    `${name.padEnd(24)} ${String(cases).padStart(8)} ${String(mismatches).padStart(8)}  ${note}`,
  );
}
for (const { variant, examples: shown } of outcomes)
  for (const example of shown) console.log(`${variant.name}: ${example}`);
for (const example of examples) console.log(example);

const sum = (key: keyof Row) => outcomes.reduce((n, o) => n + o[key], 0);
const seconds = ((performance.now() - started) / 1000).toFixed(0);
const summary = [
  `${table.size} operations, ${outcomes.length} forms, ${sum('cases')} cases: ${sum('mismatches')} mismatches, ${sum('excused')} known deviations`,
  `${sequences * levels.length} random sequences of ${steps} instructions: ${failed} mismatches`,
];
for (const line of summary) console.log(line);
console.log(`seed ${seed}, ${seconds} s`);
if (options.report) writeFileSync(options.report, markdown());
process.exitCode = sum('mismatches') + failed > 0 ? 1 : 0;

/** The table, one line an operation, aligned for a diff. */
function markdown(): string {
  const rows = [...table].map(
    ([name, { cases, mismatches, excused }]) =>
      `| ${name.padEnd(22)} | ${String(cases).padStart(7)} | ${String(mismatches).padStart(10)} | ${String(excused).padStart(5)} |`,
  );
  return `# The interpreter against the processor

Written by \`npm run test:isa -- --report=docs/isa-results.md\` (seed ${seed}); do not edit. Each case runs natively and
interpreted; registers, flags that the manual defines, vectors, x87, MXCSR, memory and the exception have to be equal.
"Known" counts deviations that stand, with their reasons, in \`test/isa/known.ts\`.

${summary.map((line) => `- ${line}`).join('\n')}

| operation              |   cases | mismatches | known |
| ---------------------- | ------: | ---------: | ----: |
${rows.join('\n')}
`;
}
