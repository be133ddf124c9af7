// Every SSE and MMX instruction against the real processor.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  assemble,
  CASE_SIZE,
  differences,
  inputs,
  makeCases,
  nativeRunner,
  Runtime,
  random,
} from './harness.ts';
import { gatherSamples, ROWS, type Sample, samples, VEX_ROWS } from './rows.ts';

/** Random cases per instruction text; LXJIT_ISA_CASES asks for more. */
const CASES = Number(process.env.LXJIT_ISA_CASES ?? 10);
const SEED = Number(process.env.LXJIT_ISA_SEED ?? 1);
const ONLY = process.env.LXJIT_ISA_ONLY;

const all = [...samples(ROWS), ...samples(VEX_ROWS), ...gatherSamples()].filter(
  ({ text }) => !ONLY || new RegExp(ONLY).test(text),
);
const byMnemonic = new Map<string, Sample[]>();
for (const sample of all) {
  const mnemonic = sample.text.split(' ')[0]!;
  byMnemonic.set(mnemonic, [...(byMnemonic.get(mnemonic) ?? []), sample]);
}

describe.runIf(process.arch === 'x64')('as the processor does', () => {
  let native: ReturnType<typeof nativeRunner>;
  const code = new Map<string, Buffer>();
  const runtime = new Runtime();
  beforeAll(() => {
    native = nativeRunner();
    const machine = assemble(all);
    all.forEach((sample, i) => {
      code.set(sample.text, machine[i]!);
    });
  });
  afterAll(() => native.close());

  test.each([...byMnemonic])('%s', (_mnemonic, list) => {
    const next = random(SEED);
    const failures: string[] = [];
    const cases = Buffer.concat(
      list.map((sample) => makeCases(sample, code.get(sample.text)!, CASES, next)),
    );
    const expected = native.run(cases);
    const actual = Buffer.from(cases);
    for (let i = 0; i < list.length * CASES; i++) {
      const at = i * CASE_SIZE;
      runtime.run(actual, at);
      const lines = differences(cases, expected, actual, at);
      const text = list[Math.floor(i / CASES)]!.text;
      if (lines.length) failures.push(`${text}\n  ${lines.join('\n  ')}\n  ${inputs(cases, at)}`);
    }
    expect(failures.slice(0, 3).join('\n'), `${failures.length} of ${list.length * CASES}`).toBe(
      '',
    );
  });
});
