// A case: instruction bytes, x87 state, memory. The layout is that of native.c; here are its offsets, the values that
// cases are made of, and a way to print one.

export const CODE = 0x1000000;
export const MEMORY = 0x1001000;
export const HEADER = 192;
/** Bytes of memory in a record. */
export const MEMORY_SIZE = 128;
export const R_CODE = 0;
export const R_RAX = 16;
export const R_FLAGS = 24;
export const R_FX = 32;
export const R_ST = 64;

export interface Case {
  /** Instruction bytes; memory operands are [rdi + …]. */
  code: readonly number[];
  fcw: number;
  fsw: number;
  /** Abridged tag word, by physical register. */
  ftw: number;
  /** ST0 … ST7 as [sign and exponent, significand]. */
  st: [number, bigint][];
  memory: Uint8Array;
  rax: bigint;
  flags: number;
}

export function encode(c: Case, record: DataView): void {
  const bytes = new Uint8Array(record.buffer, record.byteOffset, record.byteLength);
  bytes.fill(0);
  bytes.fill(0x90, 0, 16);
  bytes.set(c.code, 0);
  record.setBigUint64(R_RAX, c.rax, true);
  record.setUint32(R_FLAGS, c.flags | 2, true);
  record.setUint16(R_FX, c.fcw, true);
  record.setUint16(R_FX + 2, c.fsw, true);
  record.setUint8(R_FX + 4, c.ftw);
  record.setUint16(R_FX + 6, 0x123, true);
  record.setBigUint64(R_FX + 8, 0x11223344n, true);
  record.setBigUint64(R_FX + 16, 0x55667788n, true);
  record.setUint32(R_FX + 24, 0x1f80, true);
  for (let i = 0; i < 8; i++) {
    const [se, m] = c.st[i]!;
    record.setBigUint64(R_ST + i * 16, m, true);
    record.setUint16(R_ST + i * 16 + 8, se, true);
  }
  bytes.set(c.memory, HEADER);
}

const FLAGS = [
  'IE',
  'DE',
  'ZE',
  'OE',
  'UE',
  'PE',
  'SF',
  'ES',
  'C0',
  'C1',
  'C2',
  '',
  '',
  '',
  'C3',
  'B',
];

/** One line a state, for failures. */
export function show(r: DataView): string {
  const fsw = r.getUint16(R_FX + 2, true);
  const names = FLAGS.filter((n, i) => n && (fsw >> i) & 1).join(' ');
  const hex = (v: bigint | number, n: number) => v.toString(16).padStart(n, '0');
  let text = `fcw=${hex(r.getUint16(R_FX, true), 4)} fsw=${hex(fsw, 4)}[${names} top=${(fsw >> 11) & 7}] ftw=${hex(r.getUint8(R_FX + 4), 2)}`;
  text += ` fop=${hex(r.getUint16(R_FX + 6, true), 3)} fip=${hex(r.getBigUint64(R_FX + 8, true), 1)} fdp=${hex(r.getBigUint64(R_FX + 16, true), 1)}`;
  text += ` fl=${hex(r.getUint32(R_FLAGS, true), 3)} ax=${hex(r.getUint16(R_RAX, true), 4)}\n     `;
  for (let i = 0; i < 8; i++) {
    text += ` ${hex(r.getUint16(R_ST + i * 16 + 8, true), 4)}:${hex(r.getBigUint64(R_ST + i * 16, true), 16)}`;
  }
  const memory = new Uint8Array(
    r.buffer,
    r.byteOffset + HEADER,
    Math.min(112, r.byteLength - HEADER),
  );
  return `${text}\n      ${Buffer.from(memory).toString('hex')}`;
}

// Random values ----------------------------------------------------------------------------------------------------

export class Random {
  private state: number;
  constructor(seed: number) {
    this.state = seed >>> 0 || 1;
  }
  /** 32 random bits (mulberry32). */
  u32(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let t = this.state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  }
  below(n: number): number {
    return this.u32() % n;
  }
  u64(): bigint {
    return (BigInt(this.u32()) << 32n) | BigInt(this.u32());
  }
  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }
  chance(percent: number): boolean {
    return this.below(100) < percent;
  }
}

const TOP = 1n << 63n;
const MASK = (1n << 64n) - 1n;
// biome-ignore format: aligned rows
const EXPONENTS = [
  0, 0, 1, 2, 3, 11, 12, 40, 41, 53, 54, 63, 64, 65, 128, 0x1fff, 0x3fbd, 0x3fbe, 0x3fbf, 0x3fc0, 0x3ffc, 0x3ffd, 0x3ffe, 0x3fff, 0x3fff,
  0x4000, 0x4001, 0x4007, 0x400d, 0x400e, 0x400f, 0x401d, 0x401e, 0x401f, 0x4035, 0x403a, 0x403b, 0x403c, 0x403d, 0x403e, 0x403f, 0x4040,
  0x3f67, 0x3f68, 0x3f69, 0x3f6a, 0x3f80, 0x3f81, 0x3f82, 0x407d, 0x407e, 0x407f, 0x3bcc, 0x3bcd, 0x3c00, 0x3c01, 0x43fd, 0x43fe, 0x43ff,
  0x5fff, 0x7ff0, 0x7ffd, 0x7ffe, 0x7fff, 0x7fff, 0x7fff,
];

function significand(r: Random): bigint {
  switch (r.below(10)) {
    case 0:
      return TOP;
    case 1:
      return MASK - BigInt(r.below(4));
    case 2:
      return TOP | BigInt(r.below(4));
    case 3:
      return TOP | ((r.u64() << BigInt(r.below(64))) & MASK);
    case 4:
      return (3n << 62n) | BigInt(r.below(3));
    case 5:
      return (MASK << BigInt(r.below(64))) & MASK;
    case 6:
      return (
        (TOP | (BigInt(r.below(16)) << 37n) | (BigInt(r.below(2)) << BigInt(r.below(37)))) & MASK
      );
    case 7:
      return (TOP | (BigInt(r.below(16)) << 8n) | BigInt(r.below(2))) & MASK;
    default:
      return TOP | r.u64();
  }
}

// biome-ignore format: aligned rows
const SPECIAL: readonly [number, bigint][] = [
  [0, 0n], [0x7fff, TOP], [0x3fff, TOP], [0x4000, TOP], [0x3ffe, TOP], [0, 5n], [0, TOP >> 1n], [0, TOP], [0, MASK], [1, TOP], [1, MASK],
  [0x7ffe, MASK], [0x7ffe, TOP], [0x7fff, 3n << 62n], [0x7fff, TOP | 5n], [0x7fff, 0n], [0x7fff, 5n], [0x4000, 1n], [0x3fff, 0n], [0x403e, TOP],
];

/** One of the numbers at which operations change their ways. */
export function special(r: Random): [number, bigint] {
  const [exp, m] = r.pick(SPECIAL);
  return [exp | (r.u32() & 0x8000), m];
}

/** An 80-bit number: mostly interesting ones, invalid encodings among them. */
export function extended(r: Random): [number, bigint] {
  const sign = r.u32() & 0x8000;
  const kind = r.below(100);
  if (kind < 5) return [sign, 0n];
  if (kind < 8) return [sign | 0x7fff, TOP];
  if (kind < 11) return [sign | 0x7fff, TOP | (r.u64() >> BigInt(r.below(64)))];
  if (kind < 14) return [sign | r.pick(EXPONENTS), r.u64() >> BigInt(r.below(64))];
  if (kind < 16) return [sign, r.u64() >> BigInt(r.below(64))];
  if (kind < 50) return [sign | r.pick(EXPONENTS), significand(r)];
  if (kind < 60) return [sign | r.below(0x8000), significand(r)];
  if (kind < 70) {
    // a small integer
    const v = BigInt(1 + r.below(1 << (1 + r.below(20))));
    const bits = v.toString(2).length;
    return [sign | (0x3fff + bits - 1), v << BigInt(64 - bits)];
  }
  return [sign | (0x3fff - 70 + r.below(140)), significand(r)];
}

/** Bits of a single or double: zeros, denormals, infinities, NaNs, all magnitudes. */
export function single(r: Random): number {
  const v = r.u32();
  switch (r.below(8)) {
    case 0:
      return (v & 0x80000000) >>> 0;
    case 1:
      return (v & 0x807fffff) >>> 0;
    case 2:
      return (v | 0x7f800000) >>> 0;
    case 3:
      return ((v & 0x80000000) | 0x7f800000) >>> 0;
    case 4:
      return ((v & 0x80000000) | 0x3f800000 | (r.below(4) << 21)) >>> 0;
    default:
      return v;
  }
}

export function double(r: Random): bigint {
  const v = r.u64();
  const sign = v & TOP;
  switch (r.below(8)) {
    case 0:
      return sign;
    case 1:
      return sign | ((v & 0xfffffffffffffn) >> BigInt(r.below(52)));
    case 2:
      return v | 0x7ff0000000000000n;
    case 3:
      return sign | 0x7ff0000000000000n;
    case 4:
      return sign | 0x3ff0000000000000n | (BigInt(r.below(4)) << 50n);
    default:
      return v;
  }
}
