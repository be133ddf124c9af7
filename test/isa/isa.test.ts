// A part of the comparison with the processor, sized for `npm test`; everything: `npm run test:isa`.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openInterpreter, openTranslated } from './interpreter.ts';
import { checkInvalid, type Disagreement } from './invalid.ts';
import { hostIsX86, type Native, openNative } from './native.ts';
import { runSequences } from './sequences.ts';
import { BATCH, runSuite } from './suite.ts';

/** Cases for each operation and operand form: interpreted, translated. */
// biome-ignore format: aligned rows
const GROUPS: readonly (readonly [group: string, level: number, interpreted: number, translated: number])[] = [
  ['int',    2,  28, 12],
  ['sse',    2,  35, 10],
  ['mmx',    2,  56,  6],
  ['x87',    2, 105,  6],
  ['system', 2,  56,  6],
  ['avx',    3,  35,  5],
  ['int',    3,  11,  4],
];

const interpreter = openInterpreter(BATCH);
const translator = openTranslated(BATCH);
const checked = openTranslated(BATCH, true);
const ROWS = GROUPS.flatMap(([group, level, interpreted, translated]) => [
  { executor: interpreter, group, level, cases: interpreted },
  { executor: translator, group, level, cases: translated },
  { executor: checked, group, level, cases: translated >> 1 },
]);
const SEQUENCES = [2, 3].flatMap((level) => [
  { executor: interpreter, level, count: 3072 },
  { executor: translator, level, count: 768 },
  { executor: checked, level, count: 384 },
]);

describe.runIf(hostIsX86)('interpreter and translator against this processor', () => {
  let native: Native;
  beforeAll(() => {
    native = openNative();
  });
  afterAll(() => native?.close());

  test.each(ROWS)('$executor.name: $group on CPU level $level', async (row) => {
    const { executor, cases: casesPerVariant, level, group } = row;
    const outcomes = await runSuite(native, { level, seed: 7, casesPerVariant, group, executor });
    const failures = outcomes.flatMap(({ variant, examples }) =>
      examples.map((example) => `${variant.name}: ${example}`),
    );
    const cases = outcomes.reduce((n, o) => n + o.cases, 0);
    console.log(`${group}, level ${level}: ${outcomes.length} forms, ${cases} cases`);
    expect(failures).toEqual([]);
    expect(cases).toBeGreaterThan(outcomes.length);
  });

  test.each(SEQUENCES)('$executor.name: sequences on CPU level $level', async (row) => {
    const { executor, level, count } = row;
    const { sequences, instructions, mismatches, examples } = await runSequences(
      native,
      level,
      3,
      count,
      executor,
    );
    console.log(`level ${level}: ${sequences} sequences of ${instructions} instructions`);
    expect(examples).toEqual([]);
    expect(mismatches).toBe(0);
    expect(instructions).toBeGreaterThan(count * 10);
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
