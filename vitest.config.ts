import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: 'forks',
    // test/kernel's "stops" hung once in some thirty runs, cause not yet found; the report shows what was tried twice.
    retry: 1,
  },
});
