// Every x87 form against the host CPU: a sample of what full.ts runs.
import { afterAll, describe, expect, test } from 'vitest';
import { FORMS, STATE, TRANSCENDENTAL } from './forms.ts';
import { R_FX } from './record.ts';
import { openSuite } from './suite.ts';

const CASES = 150;
const SEED = 20240607;
const suite = openSuite(new URL('../../dist/runtime.wasm', import.meta.url));
afterAll(() => suite?.close());

describe.runIf(suite?.isReference)('x87 as the host CPU', () => {
  test.each([...FORMS, ...STATE, ...TRANSCENDENTAL])('$name', (form) => {
    const outcome = suite!.run(form, CASES, SEED);
    expect(outcome.report.join('\n')).toBe('');
    expect(outcome.different).toBe(0);
    // Measured: at most 16 % of a form's results are not bit for bit the host's (fptan).
    expect(outcome.ulps + outcome.c1).toBeLessThan(CASES / 4);
  });
});

/** Processors keep as many bits of FIP and FDP as their linear addresses have: 48 or 57, the guest's 48. */
test.runIf(suite)('FIP and FDP have the bits of a linear address', () => {
  const memory = new Uint8Array(640);
  const view = new DataView(memory.buffer);
  view.setUint16(0, 0x340, true);
  view.setUint16(2, 0x8081, true); // an exception is pending, so that fxsave stores the pointers
  view.setBigUint64(8, 0xfedc_7a98_7654_3210n, true);
  view.setBigUint64(16, 0x0123_89ab_cdef_0123n, true);
  const [native, guest] = suite!.once([0x48, 0x0f, 0xae, 0x0f], memory); // fxrstor64 [rdi]
  for (const at of [R_FX + 8, R_FX + 16]) {
    const kept = native.getBigInt64(at, true);
    expect([48, 57].map((bits) => BigInt.asIntN(bits, kept))).toContain(kept);
    expect(guest.getBigInt64(at, true)).toBe(BigInt.asIntN(48, kept));
  }
});
