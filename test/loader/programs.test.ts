// Programs of each kind that the loader knows, from their first instruction to their exit status.
import { describe, it } from 'vitest';
import { ALL_MODES, guest, MODES, same } from '../harness.ts';

/** Of these all modes are tried: the translator sees no more than whether there is a loader, and another place. */
const IN_ALL_MODES = ['static', 'PIE'];

// biome-ignore format: a table
const kinds: Record<string, string[]> = {
  'static':     ['-static'],
  'static-PIE': ['-static-pie'],
  'PIE':        ['-pie'],
  'non-PIE':    ['-no-pie'],
};

describe.each(Object.entries(kinds))('%s', (kind, flags) => {
  it('hello in C', async () => {
    await same([guest('hello.c', ...flags)], {}, IN_ALL_MODES.includes(kind) ? ALL_MODES : MODES);
  });
  it('hello in C++', async () => {
    await same([guest('hello.cc', ...flags)]);
  });
  it('arguments, environment, auxiliary vector', async () => {
    const args = ['one', '', 'with space', 'x'.repeat(5000), '\u00e4\u20ac'];
    await same([guest('startup.c', ...flags), ...args], {
      env: { EMPTY: '', LONG: 'y'.repeat(3000) },
    });
  });
});

describe('scripts', () => {
  it('#! with an argument', async () => {
    const script = `#! ${guest('startup.c')}   one argument \n`;
    await same(['/bin/sh', '-c', 'chmod +x script; ./script a b'], { files: { script } });
  });
});
