import { expect, test } from 'vitest';
import { type EntryKind, entriesOf } from '../../src/jit/analysis/entries.ts';
import type { Fetch } from '../../src/jit/region/discover.ts';

test('code that was unmapped before the translator came to it has no loop to enter', () => {
  const nothing: Fetch = Object.assign(() => undefined, {
    constant: () => undefined,
    functionStart: () => undefined,
  });
  const wanted = (entry: EntryKind) => ({ start: 0x1000, entry, seen: [0x1010], image: 0 });
  expect(entriesOf(wanted('loop'), nothing)).toEqual([]);
});
