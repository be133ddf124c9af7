// A run against the baseline: what counts as worse.
import { expect, it } from 'vitest';
import { compare, type Entry, type Figures } from '../../bench/history.ts';

const entry = (wall: Figures): Entry => ({
  suite: 'kernels',
  date: '2026-01-01T00:00:00',
  commit: 'abc',
  machine: 'one',
  node: 'v24',
  scale: 8,
  rounds: 1,
  flags: [],
  figures: { wall },
  rows: [],
});

const baseline = [entry({ sieve: 2, sort: 3 })];
const against = (wall: Figures) => compare(baseline, [entry(wall)]);

it.each([
  ['the same', { sieve: 2, sort: 3 }, false],
  ['one worse, the other better', { sieve: 4, sort: 1.5 }, false],
  ['9 % worse', { sieve: 2.18, sort: 3.27 }, false],
  ['12 % worse', { sieve: 2.24, sort: 3.36 }, true],
  ['a figure was lost', { sieve: 2 }, true],
  ['a new one', { sieve: 2, sort: 3, more: 100 }, false],
])('%s', (_, wall, worse) => {
  expect(against(wall).worse).toBe(worse);
});

it('says what and how much', () => {
  const [line] = against({ sieve: 2.4, sort: 4.5 }).lines;
  expect(line).toMatch(
    /^kernels \(wall\): geomean 1\.34× over 2 figures, worst sort 1\.50×.*WORSE$/,
  );
});
