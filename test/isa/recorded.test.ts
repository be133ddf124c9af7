// The interpreter against recorded results of a processor: runs on every host.
import { expect, test } from 'vitest';
import { checkRecorded } from './recorded.ts';

test('recorded results', () => {
  const { cases, missing, mismatches } = checkRecorded();
  console.log(`${cases} recorded cases; ${missing} forms newer than the record`);
  expect(mismatches).toEqual([]);
  expect(cases).toBeGreaterThan(15_000);
});
