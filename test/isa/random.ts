// Random numbers with a seed (sfc32), and values that instructions are likely to get wrong.

export class Random {
  private a = 0;
  private b = 0;
  private c = 0;
  private d = 0;

  constructor(seed: number, stream = 0) {
    this.restart(seed, stream);
  }

  restart(seed: number, stream: number): void {
    this.a = seed | 0;
    this.b = stream | 0;
    this.c = 0x9e3779b9;
    this.d = 1;
    for (let i = 0; i < 16; i++) this.next();
  }

  /** 32 random bits, unsigned. */
  next(): number {
    const t = (this.a + this.b + this.d) | 0;
    this.d = (this.d + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = ((this.c << 21) | (this.c >>> 11)) + t;
    return t >>> 0;
  }

  /** 0 … n − 1. */
  below(n: number): number {
    return this.next() % n;
  }

  chance(percent: number): boolean {
    return this.next() % 100 < percent;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.next() % list.length]!;
  }

  bits64(): bigint {
    return (BigInt(this.next()) << 32n) | BigInt(this.next());
  }
}

const M = (1n << 64n) - 1n;

/** Edges of 8, 16, 32 and 64 bits, signed and unsigned. */
const EDGES: readonly bigint[] = [8n, 16n, 32n, 64n].flatMap((n) => {
  const top = 1n << (n - 1n);
  return [top, top - 1n, top + 1n, (1n << n) - 1n, (1n << n) & M, -top & M, (-top - 1n) & M];
});
const SMALL: readonly bigint[] = [
  0n,
  1n,
  2n,
  3n,
  7n,
  8n,
  15n,
  16n,
  31n,
  32n,
  33n,
  63n,
  64n,
  65n,
  M,
  M - 1n,
];

export function integer(random: Random): bigint {
  const kind = random.below(8);
  if (kind < 2) return random.pick(SMALL);
  if (kind < 4) return random.pick(EDGES);
  if (kind < 5) return BigInt.asUintN(64, BigInt(random.below(0x200)) - 0x100n);
  if (kind < 6) return BigInt(random.next());
  return random.bits64();
}

/** Bit patterns of float: zeros, ones, denormals, limits, infinities, quiet and signalling NaNs, integer limits. */
// biome-ignore format: patterns in rows
const FLOATS: readonly number[] = [
  0x00000000, 0x80000000, 0x3f800000, 0xbf800000, 0x40000000, 0x3f000000, 0x3fc00000, 0x40490fdb,
  0x00000001, 0x807fffff, 0x007fffff, 0x00800000, 0x80800000, 0x00800001, 0x7f7fffff, 0xff7fffff,
  0x7f800000, 0xff800000, 0x7fc00000, 0xffc00000, 0x7fc12345, 0x7f812345, 0xff800001, 0xffbfffff,
  0x4f000000, 0xcf000000, 0x4effffff, 0x5f000000, 0xdf000000, 0x4b000001, 0x3effffff, 0x3f7fffff,
  0x4b7fffff, 0x00400000, 0x1f000000, 0x20000000, 0x40a00000, 0x41200000, 0x3dcccccd, 0x38800000,
];
// biome-ignore format: patterns in rows
const DOUBLES: readonly bigint[] = [
  0x0000000000000000n, 0x8000000000000000n, 0x3ff0000000000000n, 0xbff0000000000000n, 0x4000000000000000n,
  0x3fe0000000000000n, 0x3ff8000000000000n, 0x400921fb54442d18n, 0x0000000000000001n, 0x800fffffffffffffn,
  0x000fffffffffffffn, 0x0010000000000000n, 0x8010000000000000n, 0x0010000000000001n, 0x7fefffffffffffffn,
  0xffefffffffffffffn, 0x7ff0000000000000n, 0xfff0000000000000n, 0x7ff8000000000000n, 0xfff8000000000000n,
  0x7ff8123456789abcn, 0x7ff0123456789abcn, 0xfff0000000000001n, 0xfff7ffffffffffffn, 0x41e0000000000000n,
  0xc1e0000000000000n, 0x41dfffffffc00000n, 0xc1e0000000200000n, 0x43e0000000000000n, 0xc3e0000000000000n,
  0x43dfffffffffffffn, 0x47efffffe0000000n, 0x47efffffefffffffn, 0x47effffff0000000n, 0x3690000000000000n,
  0x380fffffffffffffn, 0x3810000000000000n, 0x36a0000000000000n, 0x3fdfffffffffffffn, 0x3fefffffffffffffn,
  0x4330000000000001n, 0x4014000000000000n, 0x3fb999999999999an, 0x1ff0000000000000n, 0x2000000000000000n,
];
/** 80-bit: sign and exponent, significand. Zeros, ones, denormal and pseudo-denormal, limits, infinity, NaNs, unnormals. */
// biome-ignore format: patterns in rows
const EXTENDED: readonly (readonly [number, bigint])[] = [
  [0x0000, 0n], [0x8000, 0n], [0x3fff, 0x8000000000000000n], [0xbfff, 0x8000000000000000n], [0x4000, 0x8000000000000000n],
  [0x3ffe, 0x8000000000000000n], [0x4000, 0xc90fdaa22168c235n], [0x3ffd, 0xffffffffffffffffn], [0x0000, 1n],
  [0x0000, 0x7fffffffffffffffn], [0x0000, 0x8000000000000000n], [0x0001, 0x8000000000000000n], [0x8001, 0x8000000000000001n],
  [0x7ffe, 0xffffffffffffffffn], [0xfffe, 0xffffffffffffffffn], [0x7fff, 0x8000000000000000n], [0xffff, 0x8000000000000000n],
  [0x7fff, 0xc000000000000000n], [0xffff, 0xc000000000000000n], [0x7fff, 0x8123456789abcdefn], [0xffff, 0xc123456789abcdefn],
  [0x7fff, 0xbfffffffffffffffn], [0x401e, 0x8000000000000000n], [0xc01e, 0x8000000000000000n], [0x401d, 0xffffffff00000000n],
  [0x403e, 0x8000000000000000n], [0xc03e, 0x8000000000000000n], [0x403d, 0xffffffffffffffffn], [0x400e, 0x8000000000000000n],
  [0x43fe, 0xfffffffffffff800n], [0x43fe, 0xfffffffffffffc00n], [0x3c01, 0x8000000000000000n], [0x3bcd, 0x8000000000000000n],
  [0x407e, 0xffffff0000000000n], [0x407e, 0xffffff8000000000n], [0x3f81, 0x8000000000000000n], [0x3f6a, 0x8000000000000000n],
  [0x3fff, 0x0000000000000001n], [0x7fff, 0x0000000000000000n], [0x7fff, 0x4000000000000000n], [0x4001, 0xa000000000000000n],
];

/** Random finite values around 1 to see ordinary rounding. */
function ordinaryFloat(random: Random): number {
  return ((random.next() & 0x807fffff) | ((0x70 + random.below(0x20)) << 23)) >>> 0;
}
function ordinaryDouble(random: Random): bigint {
  const mantissa = random.bits64() & 0x800fffffffffffffn;
  return mantissa | (BigInt(0x3f0 + random.below(0x20)) << 52n);
}

/** What fills vector registers and memory. */
export const FILLS = ['integer', 'float', 'double', 'extended'] as const;
export type Fill = (typeof FILLS)[number];

function fillInteger(random: Random, view: DataView): void {
  for (let i = 0; i + 8 <= view.byteLength; i += 8) {
    const kind = random.below(6);
    if (kind === 0) view.setBigUint64(i, integer(random), true);
    else if (kind === 1)
      for (let b = 0; b < 8; b++) view.setUint8(i + b, random.pick([0, 1, 127, 128, 129, 255, 64]));
    else if (kind === 2)
      for (let b = 0; b < 8; b += 2)
        view.setUint16(i + b, random.pick([0, 1, 0x7fff, 0x8000, 0x8001, 0xffff, 0xff]), true);
    else view.setBigUint64(i, random.bits64(), true);
  }
}

function fillExtended(random: Random, view: DataView): void {
  for (let i = 0; i + 16 <= view.byteLength; i += 16) {
    const kind = random.below(8);
    view.setBigUint64(i + 8, random.bits64(), true);
    const [head, tail] = random.pick(EXTENDED);
    const odd = kind < 3;
    const exponent =
      kind < 5
        ? 0x3ff0 + random.below(32)
        : kind === 5
          ? random.below(0x8000)
          : 0x3fff - 70 + random.below(140);
    view.setBigUint64(i, odd ? tail : random.bits64() | (1n << 63n), true);
    view.setUint16(i + 8, odd ? head : exponent | (random.below(2) << 15), true);
  }
}

/** Fills bytes with values of a kind. */
export function fill(random: Random, view: DataView, kind: Fill): void {
  if (kind === 'integer') fillInteger(random, view);
  else if (kind === 'extended') fillExtended(random, view);
  else if (kind === 'float') {
    for (let i = 0; i + 4 <= view.byteLength; i += 4) {
      const n = random.below(8);
      const value = n < 3 ? random.pick(FLOATS) : n < 7 ? ordinaryFloat(random) : random.next();
      view.setUint32(i, value, true);
    }
  } else {
    for (let i = 0; i + 8 <= view.byteLength; i += 8) {
      const n = random.below(8);
      const value = n < 3 ? random.pick(DOUBLES) : n < 7 ? ordinaryDouble(random) : random.bits64();
      view.setBigUint64(i, value, true);
    }
  }
}
