// Encodings of every row, and random bytes, against capstone: what the programs of whole-text.test.ts do not have.
import { describe, expect, test } from 'vitest';
import { checkRandom, checkRows, type RowsResult } from './rows.ts';

function report(what: string, { cases, known, mismatches }: RowsResult): void {
  const excused = [...known.values()].reduce((a, b) => a + b, 0);
  console.log(`${what}: ${cases} encodings, ${excused} known differences`);
  expect([...mismatches]).toEqual([]);
}

describe('encodings against capstone', () => {
  test.each([2, 3])('every row, CPU level %i', async (level) => {
    const result = await checkRows(level, 45, level);
    report(`rows, level ${level}`, result);
    expect(result.cases).toBeGreaterThan(60_000);
  });
  test.each([2, 3])('random bytes, CPU level %i', async (level) => {
    report(`random, level ${level}`, await checkRandom(level, 100_000, level));
  });
});
