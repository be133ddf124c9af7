// Our decoder against capstone over the whole .text of real programs: every instruction the same length, mnemonic and
// operands. What the guest CPU does not have (CPU level 2: AVX & co.) has to be #UD.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { sweep } from './sweep.ts';

const cc1 = () => execFileSync('gcc', ['-print-prog-name=cc1'], { encoding: 'utf8' }).trim();

/** The largest of them, 20 MB, is left in the middle; all of it: `npm run test:full`. */
const full = process.env.LXJIT_FULL !== undefined;
const MOST = full ? Number.POSITIVE_INFINITY : 4 << 20;

/** Programs, the Debian package that has each, and the fewest instructions to expect. */
// biome-ignore format: aligned rows
const PROGRAMS: readonly (readonly [name: string, path: () => string, packageName: string, least: number])[] = [
  ['bash',    () => '/bin/bash',                        'bash',           150_000],
  ['libc',    () => '/lib/x86_64-linux-gnu/libc.so.6',  'libc6',          300_000],
  ['python3', () => '/usr/bin/python3',                 'python3',        300_000],
  ['busybox', () => '/bin/busybox',                     'busybox-static', 200_000],
  ['cc1',     cc1,                                      'gcc',          full ? 4_000_000 : 800_000],
];

/** Not on x86-64-v2: AVX, AVX-512 and its mask registers, BMI, MOVBE, RTM, CET's incssp, protection keys, random numbers. */
const NOT_ON_V2 =
  /^(EVEX|v\w+|k(mov|or|ortest|test|unpck|xnor|xor|and|andn|not|add|shift)\w*|bls(msk|r|i)|bzhi|andn|bextr|[sr]arx|sh[lr]x|rorx|mulx|pdep|pext|movbe|x(test|begin|end|abort)|incssp[dq]|rdpkru|wrpkru|rdseed|rdrand)$/;

beforeAll(() => {
  const missing = PROGRAMS.filter(([, path]) => !existsSync(path())).map(
    ([, , packageName]) => packageName,
  );
  if (missing.length > 0)
    execFileSync('apt-get', ['install', '-qy', ...missing], { stdio: 'ignore' });
});

describe('whole .text against capstone', () => {
  test.each(PROGRAMS)('%s', async (name, path, _, least) => {
    const { instructions, unsupported, known, mismatches } = await sweep(path(), 2, MOST);
    const other = [...unsupported.values()].reduce((a, b) => a + b, 0);
    const excused = [...known.values()].reduce((a, b) => a + b, 0);
    console.log(
      `${name}: ${instructions} instructions, ${other} not on this CPU, ${excused} capstone errors`,
    );
    expect([...mismatches]).toEqual([]);
    expect([...unsupported.keys()].filter((mnemonic) => !NOT_ON_V2.test(mnemonic))).toEqual([]);
    expect(instructions).toBeGreaterThan(least);
  });

  /** AVX-512 (EVEX, mask registers) and what else is in libc but not in x86-64-v3. */
  const NOT_ON_V3 =
    /^(EVEX|k(mov|or|ortest|test|unpck|xnor|xor)\w+|x(test|begin|end|abort)|incssp[dq]|rdpkru|wrpkru|rdrand)$/;

  test('libc on CPU level 3', async () => {
    const { instructions, unsupported, mismatches } = await sweep(
      '/lib/x86_64-linux-gnu/libc.so.6',
      3,
    );
    expect([...mismatches]).toEqual([]);
    expect([...unsupported.keys()].filter((mnemonic) => !NOT_ON_V3.test(mnemonic))).toEqual([]);
    const avx512 = [...unsupported.values()].reduce((a, b) => a + b, 0);
    console.log(`libc, level 3: ${instructions} instructions, ${avx512} of AVX-512 and RTM`);
    expect(avx512).toBeLessThan(5_000);
  });
});
