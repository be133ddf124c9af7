// Every x87 form against the host CPU: a sample of what full.ts runs.
import { afterAll, describe, expect, test } from 'vitest';
import { FORMS, STATE, TRANSCENDENTAL } from './forms.ts';
import { hostIsReference, openSuite, type Suite } from './suite.ts';

const CASES = 150;
const SEED = 20240607;
let suite: Suite | undefined;
const open = () => (suite ??= openSuite(new URL('../../dist/runtime.wasm', import.meta.url)));
afterAll(() => suite?.close());

describe.runIf(hostIsReference)('x87 as the host CPU', () => {
  test.each([...FORMS, ...STATE, ...TRANSCENDENTAL])('$name', (form) => {
    const outcome = open().run(form, CASES, SEED);
    expect(outcome.report.join('\n')).toBe('');
    expect(outcome.different).toBe(0);
    // Measured: at most 16 % of a form's results are not bit for bit the host's (fptan).
    expect(outcome.ulps + outcome.c1).toBeLessThan(CASES / 4);
  });
});
