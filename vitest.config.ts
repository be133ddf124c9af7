import { defineConfig } from 'vitest/config';

const TESTS = 'test/**/*.test.ts';
const SLOW = 'test/**/*.slow.test.ts';

export default defineConfig({
  test: {
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: 'forks',
    // `npm test` runs the quick ones, `npm run test:programs` the others; CI both.
    projects: [
      { extends: true, test: { name: 'quick', include: [TESTS], exclude: [SLOW] } },
      { extends: true, test: { name: 'programs', include: [SLOW], testTimeout: 700_000 } },
    ],
  },
});
