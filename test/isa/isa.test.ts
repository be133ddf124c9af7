// A part of the comparison with the processor, sized for `npm test`; everything: `npm run test:isa`.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hostIsX86, type Native, openNative } from './native.ts';
import { runSuite } from './suite.ts';

/** Cases for each operation and operand form. */
// biome-ignore format: aligned rows
const GROUPS: readonly (readonly [group: string, cases: number])[] = [
  ['int',    100],
  ['sse',    100],
  ['mmx',    100],
  ['x87',    200],
  ['system', 100],
];

describe.runIf(hostIsX86)('the interpreter against this processor', () => {
  let native: Native;
  beforeAll(() => {
    native = openNative();
  });
  afterAll(() => native?.close());

  test.each(GROUPS)('%s', async (group, casesPerVariant) => {
    const outcomes = await runSuite(native, { level: 2, seed: 7, casesPerVariant, group });
    const failures = outcomes.flatMap(({ variant, examples }) =>
      examples.map((example) => `${variant.name}: ${example}`),
    );
    const cases = outcomes.reduce((n, o) => n + o.cases, 0);
    console.log(`${group}: ${outcomes.length} forms, ${cases} cases`);
    expect(failures).toEqual([]);
    expect(cases).toBeGreaterThan(outcomes.length * 90);
  });
});
