// Writes assembly/x87/constants.ts: series coefficients and tables of the x87's transcendental functions, as pairs of
// u64 (high, low). Computed with BigInt in 2^-200 fixed point, rounded to nearest. `node src/build/x87-constants.ts`.
import { writeFileSync } from 'node:fs';

const BITS = 200n;
const ONE = 1n << BITS;

const mul = (a: bigint, b: bigint) => (a * b) >> BITS;

/** atan(n / d), n ≤ d: twice 2·atan(t / (1 + √(1 + t²))), then the series. */
function atan(n: bigint, d: bigint): bigint {
  let t = (n << BITS) / d;
  for (let i = 0; i < 2; i++) t = (t << BITS) / (ONE + sqrt(ONE + mul(t, t)));
  let sum = 0n;
  let power = t;
  for (let k = 1n; power !== 0n; k += 2n) {
    sum += k % 4n === 1n ? power / k : -power / k;
    power = mul(power, mul(t, t));
  }
  return sum * 4n;
}

function sqrt(v: bigint): bigint {
  const n = v << BITS;
  let x = 1n << BigInt((n.toString(2).length + 1) >> 1);
  for (;;) {
    const y = (x + n / x) >> 1n;
    if (y >= x) return x;
    x = y;
  }
}

/** ln(n / d) = 2 atanh((n − d) / (n + d)). */
function ln(n: bigint, d: bigint): bigint {
  const t = ((n - d) << BITS) / (n + d);
  let sum = 0n;
  let power = t;
  for (let k = 1n; power !== 0n && power !== -1n; k += 2n) {
    sum += power / k;
    power = mul(power, mul(t, t));
  }
  return 2n * sum;
}

const LN2 = ln(2n, 1n);
const LOG2E = (ONE << BITS) / LN2;
const PI = 4n * atan(1n, 1n);

/** 2^(i/32) by five square roots. */
function exp2(i: number): bigint {
  let v = (2n ** BigInt(i)) << BITS;
  for (let k = 0; k < 5; k++) v = sqrt(v);
  return v;
}

/** Value in `fraction` fractional bits, as two words. */
function words(v: bigint, fraction: bigint): string {
  const r = ((v >> (BITS - fraction - 1n)) + 1n) >> 1n;
  const word = (w: bigint) => `0x${(w & (2n ** 64n - 1n)).toString(16).padStart(16, '0')}`;
  return `${word(r >> 64n)}, ${word(r)}`;
}

function table(name: string, comment: string, fraction: bigint, values: bigint[]): string {
  const rows = values.map((v) => `  ${words(v, fraction)},`).join('\n');
  return `/** ${comment} */\nexport const ${name} = memory.data<u64>([\n${rows}\n]);\n`;
}

const factorial = (n: number): bigint => (n < 2 ? 1n : BigInt(n) * factorial(n - 1));
const list = <T>(n: number, f: (i: number) => T): T[] => Array.from({ length: n }, (_, i) => f(i));

const text = [
  '// Made by src/build/x87-constants.ts: do not edit. Pairs (high, low) of 128-bit fixed-point numbers; Qn.f has f',
  '// fractional bits.\n',
  table(
    'SINE',
    'Q0.128: 1/3!, 1/5!, …, 1/25!',
    128n,
    list(12, (i) => ONE / factorial(2 * i + 3)),
  ),
  table(
    'COSINE',
    'Q0.128: 1/2!, 1/4!, …, 1/26!',
    128n,
    list(13, (i) => ONE / factorial(2 * i + 2)),
  ),
  table(
    'ODD',
    'Q0.128: 1/3, 1/5, …, 1/19',
    128n,
    list(9, (i) => ONE / BigInt(2 * i + 3)),
  ),
  table(
    'EXP',
    'Q0.128: 1/2!, 1/3!, …, 1/13!',
    128n,
    list(12, (i) => ONE / factorial(i + 2)),
  ),
  table(
    'ARCTANGENT',
    'Q2.126: atan(i/32), i = 0 … 32',
    126n,
    list(33, (i) => atan(BigInt(i), 32n)),
  ),
  table(
    'LOG2',
    'Q0.128: |log2(i/64)|, i = 45 … 91',
    128n,
    list(47, (i) => {
      const v = mul(ln(BigInt(i + 45), 64n), LOG2E);
      return v < 0n ? -v : v;
    }),
  ),
  table('EXP2', 'Q1.127: 2^(i/32), i = 0 … 31', 127n, list(32, exp2)),
  table('PI', 'Q2.126: π/2, π', 126n, [PI / 2n, PI]),
  table('FACTORS', 'Q1.127: log2(e), 2·ln(2)', 127n, [LOG2E, 2n * LN2]),
];
writeFileSync(new URL('../../assembly/x87/constants.ts', import.meta.url), text.join('\n'));
