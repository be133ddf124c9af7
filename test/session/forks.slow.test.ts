// A program that forks until it is told to stop, and then ends all the others.
import { expect, it } from 'vitest';
import { ALL_MODES, guest, runLxjit } from '../harness.ts';

it.each(ALL_MODES)('a fork too many gets EAGAIN, and all can be ended (--jit=%s)', async (mode) => {
  const { stdout, status } = await runLxjit([guest('limits.c'), 'forks'], {}, undefined, mode);
  const reason = 'Resource temporarily unavailable, more than 50: 1\n';
  expect([stdout, status]).toEqual([`${reason}all killed: 1\n`, 0]);
});
