// The whole comparison with the processor: `npm run test:isa -- [--cases=N] [--seed=N] [--level=2|3] [--group=int] [NAME-REGEX]`.
// Prints a table: operation, cases, mismatches.
import { openNative } from './native.ts';
import { runSuite } from './suite.ts';

const options = new Map(
  process.argv.slice(2).flatMap((a) => {
    const match = /^--(\w+)(?:=(.*))?$/.exec(a);
    return match ? [[match[1]!, match[2] ?? ''] as const] : [];
  }),
);
const pattern = process.argv.slice(2).find((a) => !a.startsWith('--'));
const seed = Number(options.get('seed') ?? 1);
const casesPerVariant = Number(options.get('cases') ?? 2000);
const level = Number(options.get('level') ?? 2);
const native = openNative();
const started = performance.now();
const outcomes = await runSuite(native, {
  level,
  seed,
  casesPerVariant,
  ...(pattern ? { filter: new RegExp(pattern) } : {}),
  ...(options.has('group') ? { group: options.get('group')! } : {}),
  progress: (done, total) => {
    if (process.stderr.isTTY) process.stderr.write(`\r${done} of ${total} cases`);
  },
});
native.close();

const table = new Map<string, { cases: number; mismatches: number; excused: number }>();
for (const { variant, cases, mismatches, excused } of outcomes) {
  const row = table.get(variant.name) ?? { cases: 0, mismatches: 0, excused: 0 };
  table.set(variant.name, {
    cases: row.cases + cases,
    mismatches: row.mismatches + mismatches,
    excused: row.excused + excused,
  });
}
const quiet = options.has('quiet');
for (const [name, { cases, mismatches, excused }] of table) {
  if (!quiet || mismatches)
    console.log(
      `${name.padEnd(24)} ${String(cases).padStart(8)} ${String(mismatches).padStart(8)} ${excused ? `${excused} excused` : ''}`,
    );
}
for (const { variant, examples } of outcomes)
  for (const example of examples) console.log(`${variant.name}: ${example}`);
const sum = (key: 'cases' | 'mismatches' | 'excused') => outcomes.reduce((n, o) => n + o[key], 0);
const seconds = (performance.now() - started) / 1000;
console.log(
  `${table.size} operations, ${sum('cases')} cases, ${sum('mismatches')} mismatches, ${sum('excused')} excused, seed ${seed}, ${seconds.toFixed(1)} s`,
);
process.exitCode = sum('mismatches') ? 1 : 0;
