// `npm test` runs what is quick, guest programs with lxjit's default --jit; `npm run test:programs` runs big programs.
// `npm run test:modes` runs the quick guest programs again: with the interpreter alone, and with everything translated at
// first sight where they are small enough (big ones would be translated for minutes). CI runs the default mode and --jit=off.
import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const SMALL_GUESTS = [
  'test/kernel/{guest,bad-pointers}.test.ts',
  'test/loader/programs.test.ts',
  'test/mm/memory.test.ts',
  'test/sse/guest.test.ts',
  'test/x87/programs.test.ts',
];
const GUESTS = [
  ...SMALL_GUESTS,
  'test/programs/*.test.ts',
  'test/isa/programs.test.ts',
  'test/x87/libm.test.ts',
];
const SLOW = 'test/**/*.slow.test.ts';

/** They take longest, and begin first: so that none is left alone at the end. */
// biome-ignore format: in this order
const LONG = [
  'kernel/guest', 'programs/', 'isa/', 'cache/', 'decoder/whole-text', 'session/', 'library/', 'cli/', 'mm/memory',
  'loader/programs', 'sse/', 'x87/programs', 'bad-pointers',
];

class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const at = LONG.findIndex((part) => moduleId.includes(`/test/${part}`));
      return at < 0 ? LONG.length : at;
    };
    return files.sort((a, b) => rank(a) - rank(b));
  }
}

const modes = process.env.LXJIT_TEST_MODES?.split(',').filter(Boolean) ?? [];
const always = modes.includes('always');

function quick(): string[] {
  if (modes.length === 0) return ['test/**/*.test.ts'];
  return always ? SMALL_GUESTS : GUESTS;
}

export default defineConfig({
  test: {
    // A slow machine is no failure: what takes that long hangs.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    sequence: { sequencer: LongFirst },
    // Results must not depend on what earlier runs left; test/cache has caches of its own.
    env: {
      LXJIT_CACHE: process.env.LXJIT_TEST_CACHE ?? 'off',
      // Programs of tests are short: they are to be translated sooner than pays.
      LXJIT_WARM_UP: process.env.LXJIT_WARM_UP ?? '300',
    },
    pool: 'forks',
    // Tests of guest programs wait a good part of the time, for timers and for each other.
    maxWorkers: availableParallelism() + 1,
    projects: [
      { extends: true, test: { name: 'quick', include: quick(), exclude: [SLOW] } },
      { extends: true, test: { name: 'programs', include: [SLOW], testTimeout: 700_000 } },
    ],
  },
});
