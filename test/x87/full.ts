// node test/x87/full.ts [cases a form] [seed] [name pattern] [runtime]: every form against the host CPU, then a table.
import { FORMS, STATE, TRANSCENDENTAL } from './forms.ts';
import { openSuite } from './suite.ts';

const cases = Number(process.argv[2] ?? 10_000);
const seed = Number(process.argv[3] ?? 1);
const pattern = new RegExp(process.argv[4] ?? '.');
const suite = openSuite(process.argv[5] ?? new URL('../../dist/runtime.wasm', import.meta.url));
if (suite === undefined) throw new Error('this is not x86-64 Linux');
const outcomes = [...FORMS, ...STATE, ...TRANSCENDENTAL]
  .filter((form) => pattern.test(form.name))
  .map((form) => {
    const outcome = suite.run(form, cases, seed);
    for (const line of outcome.report) console.log(line);
    return outcome;
  });
suite.close();
for (const o of outcomes) {
  if (o.different) console.log(`${o.form}: ${o.different} of ${o.cases} differ`);
  if (o.ulps || o.c1) console.log(`${o.form}: ${o.ulps} off by one unit, ${o.c1} in C1 only`);
}
const sum = (pick: 'cases' | 'different') => outcomes.reduce((n, o) => n + o[pick], 0);
console.log(`${outcomes.length} forms, ${sum('cases')} cases, ${sum('different')} mismatches`);
process.exitCode = sum('different') ? 1 : 0;
