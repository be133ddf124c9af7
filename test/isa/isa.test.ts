// A part of the comparison with the processor, sized for `npm test`; everything: `npm run test:isa`.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkInvalid, type Disagreement } from './invalid.ts';
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

  /** Extensions of the processors here that x86-64-v3 does not have: SSE4a, AVX-512's masks, VAES …; vpermq with W0 is AMD's. */
  const NOT_ON_V3 =
    /^(insertq|extrq|movnts[sd]|v?gf2p8\w+|sha\w+|ad[co]x|invpcid|rdrand|rdseed|rdpid|clwb|clflushopt|clzero|movdir\w+|k(and|andn|mov|not|or|xor|xnor|add|unpck|ortest|test|shift)\w+)$/;
  const known = ({ bytes, text }: Disagreement) =>
    NOT_ON_V3.test(text.split(' ')[0]!) ||
    /^v(aes|pclmul)\w+ ymm/.test(text) ||
    /^c4e37d0[01]/.test(bytes);

  test.each(['legacy', 'vex'] as const)('what is an instruction: %s encodings', async (kind) => {
    const { cases, valid, onlyOurs, onlyNative } = await checkInvalid(native, 3, kind);
    console.log(`${kind}: ${cases} encodings, ${valid} valid`);
    expect(onlyOurs).toEqual([]);
    expect(onlyNative.filter((found) => !known(found))).toEqual([]);
    expect(valid).toBeGreaterThan(10_000);
  });
});
