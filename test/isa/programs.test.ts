// Programs that ask the whole processor: what CPUID says, atomicity between threads, big integers, every cipher and digest.
// `npm run test:full` takes all ciphers instead of a sample.
import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { guest, runLxjit, same, sameScripts } from '../harness.ts';

const isX86 = process.arch === 'x64';
const full = process.env.LXJIT_FULL !== undefined;
const TIMEOUT = full ? 1_500_000 : 250_000;

describe.runIf(isX86).each(['v2', 'v3'])('guest CPU %s', (cpu) => {
  const options = { options: [`--cpu=${cpu}`] };
  test('CPUID says what there is', () => same([guest('isa/cpuid.c')], options));

  test('ld.so agrees', async () => {
    const { stdout } = await runLxjit(['/lib64/ld-linux-x86-64.so.2', '--help'], options);
    const supported = [...stdout.matchAll(/x86-64-(v\d) \(supported/g)].map(([, level]) => level);
    expect(supported).toEqual(cpu === 'v2' ? ['v2'] : ['v3', 'v2']);
  });
});

test.runIf(isX86)('locked instructions are atomic between threads, however they lie', () =>
  same([guest('isa/locks.c')]),
);

const BIG_INTEGERS = `
import hashlib, math, sys
from decimal import Decimal, getcontext
from fractions import Fraction
sys.set_int_max_str_digits(0)
state, total = 1, hashlib.sha256()
def number(bits):
    global state
    state = state * 6364136223846793005 + 1442695040888963407 & (1 << 64) - 1
    return state ** (bits // 64 + 1) >> (state & 63)
for bits in (30, 64, 200, 1000, 5000, 9000):
    for _ in range(3):
        a, b, c = number(bits), -number(bits // 2 + 1), number(bits)
        for value in (a + b, a - c, a * b, a // b, a % b, divmod(-a, c), a & b, a | b, a ^ c, ~a >> 7, a << 13, math.gcd(a, c), math.isqrt(a),
                      pow(a, 65537, c | 1), hash(a), a.bit_length(), a < c, int(str(a)) == a, hex(b), float(a >> max(0, bits - 900))):
            total.update(repr(value).encode())
    print(bits, total.hexdigest())
getcontext().prec = 200
print(Decimal(2).sqrt(), Decimal(10) ** 50 / 7, Fraction(number(500), number(300)) + Fraction(1, 3))
`;
const list = (...args: string[]) =>
  execFileSync('openssl', args, { encoding: 'utf8' }).split(/\s+/).filter(Boolean);
const DIGESTS = list('list', '-digest-commands');
/** des3-wrap has a random number in its output. */
const CIPHERS = list('enc', '-list').filter((name) => /^-(?!.*(des3-wrap|3DESwrap))/.test(name));
/** All of them, or each n-th. */
const sample = (names: readonly string[], n: number) => names.filter((_, i) => full || i % n === 0);

const KEY = '00112233445566778899aabbccddeeff0123456789abcdef0f1e2d3c4b5a6978';
const data = Uint8Array.from({ length: 5003 }, (_, i) => (i * i * 31 + (i >> 3)) & 255);

const digests = sample(DIGESTS, 5).map((name) => `openssl dgst -${name} data`);
const ciphers = sample(CIPHERS, 12).flatMap((name) => {
  // error messages name a thread
  const enc = `openssl enc -provider legacy -provider default ${name} -K ${KEY} -iv ${KEY.slice(0, 32)} 2>&-`;
  return [`${enc} -in data -out a${name}; echo $?`, `${enc} -d -in a${name} | cmp - data`];
});
const scripts: Record<string, readonly string[]> = {
  'python: big integers': ['/usr/bin/python3', '-c', BIG_INTEGERS],
  [`openssl: ${digests.length} digests`]: ['sh', '-c', digests.join('\n')],
  [`openssl: ${ciphers.length / 2} ciphers`]: ['sh', '-c', ciphers.join('\n')],
};

describe('programs', () => {
  const check = sameScripts({ scripts, files: { data }, timeout: TIMEOUT });
  test.for(Object.keys(scripts))('%s', { timeout: 2 * TIMEOUT }, check);
});
