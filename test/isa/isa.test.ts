// A part of the comparison with the processor, sized for `npm test`; everything: `npm run test:isa`.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hostIsX86, type Native, openNative } from './native.ts';
import { runSequences } from './sequences.ts';
import { runSuite } from './suite.ts';

/** Cases for each operation and operand form. */
// biome-ignore format: aligned rows
const GROUPS: readonly (readonly [group: string, level: number, cases: number])[] = [
  ['int',    2, 40],
  ['sse',    2, 50],
  ['mmx',    2, 80],
  ['x87',    2, 150],
  ['system', 2, 80],
  ['avx',    3, 50],
  ['int',    3, 16],
];

describe.runIf(hostIsX86)('the interpreter against this processor', () => {
  let native: Native;
  beforeAll(() => {
    native = openNative();
  });
  afterAll(() => native?.close());

  test.each(GROUPS)('%s on CPU level %i', async (group, level, casesPerVariant) => {
    const outcomes = await runSuite(native, { level, seed: 7, casesPerVariant, group });
    const failures = outcomes.flatMap(({ variant, examples }) =>
      examples.map((example) => `${variant.name}: ${example}`),
    );
    const cases = outcomes.reduce((n, o) => n + o.cases, 0);
    console.log(`${group}, level ${level}: ${outcomes.length} forms, ${cases} cases`);
    expect(failures).toEqual([]);
    expect(cases).toBeGreaterThan(outcomes.length * 15);
  });

  test.each([2, 3])('sequences on CPU level %i', async (level) => {
    const { sequences, instructions, mismatches, examples } = await runSequences(
      native,
      level,
      3,
      8192,
    );
    console.log(`level ${level}: ${sequences} sequences of ${instructions} instructions`);
    expect(examples).toEqual([]);
    expect(mismatches).toBe(0);
    expect(instructions).toBeGreaterThan(80_000);
  });
});
