// Compares two records. The transcendental functions may be off by one unit in the last place (see README.md).
import { HEADER, R_FX, R_ST } from './record.ts';

export type Verdict = 'equal' | 'ulp' | 'c1' | 'different';
const C1 = 0x200;
const FSTENV_FSW = HEADER + 96 + 4;

/** `loose`: results may differ by one unit, and then in C1 (also where a case's fnstenv stored it). */
export function compare(ours: Buffer, native: Buffer, loose: boolean): Verdict {
  if (ours.equals(native)) return 'equal';
  if (!loose) return 'different';
  const a = Buffer.from(ours);
  let off = 0;
  for (const i of [0, 1]) {
    const at = R_ST + i * 16;
    const d = distance(a, native, at);
    if (d > 1n) return 'different';
    if (d) off++;
    native.copy(a, at, at, at + 10);
  }
  for (const at of [R_FX + 2, FSTENV_FSW]) {
    a.writeUInt16LE((a.readUInt16LE(at) & ~C1) | (native.readUInt16LE(at) & C1), at);
  }
  if (!a.equals(native)) return 'different';
  return off ? 'ulp' : 'c1';
}

function distance(a: Buffer, b: Buffer, at: number): bigint {
  const [sa, ka] = key(a, at);
  const [sb, kb] = key(b, at);
  if (sa !== sb) return 2n;
  return ka > kb ? ka - kb : kb - ka;
}

/** Sign, and the magnitude as an integer that counts representable numbers. */
function key(b: Buffer, at: number): [number, bigint] {
  const se = b.readUInt16LE(at + 8);
  const exp = BigInt(se & 0x7fff);
  const m = b.readBigUInt64LE(at);
  return [se & 0x8000, exp ? ((exp - 1n) << 63n) + m : m];
}
