// glibc's libm natively and as a guest: every function in float, double and long double, results and exception flags bit for
// bit. A sample; a million results on each guest CPU: `npm run test:full`.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { guest, runLxjit, runNative } from '../harness.ts';

/** Results of each of the 252 functions. */
const COUNT = process.env.LXJIT_FULL === undefined ? '40' : '4000';
const TIMEOUT = 40_000 + Number(COUNT) * 300;

/** The host's glibc has variants for FMA and AVX2, which round differently: on v2 the host is told to take those of SSE2. */
const WITHOUT_V3 = { GLIBC_TUNABLES: 'glibc.cpu.hwcaps=-AVX2,-FMA,-FMA4,-AVX,-BMI2' };

/**
 * What glibc computes with f2xm1, fyl2x, fyl2xp1 or fpatan, where the processor's results are not always the correctly
 * rounded ones that ours are (README.md): one unit apart, a few after more arithmetic.
 */
const TRANSCENDENTAL =
  /^(a(cos|sin|tan|cosh|sinh|tanh|tan2)|(cos|sin|tan)h|exp(2|10|m1)?|log(10|1p|2)?|pow|[lt]gamma|y[01n]|j[01n]|erfc?|ca?(cos|sin|tan)h?|cexp|clog|csqrt|hypot)l$/;
const UNITS = 8n;

/** Numbers as integers that count what is representable. */
function ordinal(hex: string): bigint {
  const signExponent = Number.parseInt(hex.slice(0, 4), 16);
  const exponent = BigInt(signExponent & 0x7fff);
  const magnitude = (exponent ? (exponent - 1n) << 63n : 0n) + BigInt(`0x${hex.slice(4)}`);
  return signExponent & 0x8000 ? -magnitude : magnitude;
}

function isNear(native: string[], ours: string[]): boolean {
  if (!TRANSCENDENTAL.test(native[0]!) || native.at(-1) !== ours.at(-1)) return false;
  return native.slice(1, -1).every((value, i) => {
    const distance = ordinal(value) - ordinal(ours[i + 1]!);
    return distance >= -UNITS && distance <= UNITS;
  });
}

const hostFlags = process.arch === 'x64' ? readFileSync('/proc/cpuinfo', 'latin1') : '';
const hasV3 = / avx2 /.test(hostFlags) && / fma /.test(hostFlags);

test.runIf(process.arch === 'x64').each(hasV3 ? ['v2', 'v3'] : ['v2'])(
  'libm on guest CPU %s',
  async (cpu) => {
    const command = [guest('libm.c', '-w'), COUNT, '1'];
    const options = { options: [`--cpu=${cpu}`], timeout: TIMEOUT };
    const env = cpu === 'v2' ? WITHOUT_V3 : {};
    const native = (await runNative(command, { ...options, env })).stdout.split('\n');
    const { stdout, stderr, status } = await runLxjit(command, { ...options, env });
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
    const ours = stdout.split('\n');
    expect(ours.length).toBe(native.length);
    const differing = native.flatMap((line, i) => (line === ours[i] ? [] : [[line, ours[i]!]]));
    const wrong = differing.filter(([a, b]) => !isNear(a!.split(' '), b!.split(' ')));
    const near = differing.length - wrong.length;
    console.log(`libm, ${cpu}: ${native.length - 1} results, ${near} near`);
    expect(wrong).toEqual([]);
    expect(near).toBeLessThan(native.length / 250);
    expect(native.length).toBeGreaterThan(Number(COUNT) * 250);
  },
  TIMEOUT * 2,
);
