// Random cases of a form, from a seed.
import { type Form, TRANSCENDENTAL } from './forms.ts';
import {
  type Case,
  double,
  extended,
  MEMORY_SIZE,
  type Random,
  single,
  special,
} from './record.ts';

/** fnstenv [rdi + 96], fnstenv [rdi + 576]. */
const FNSTENV = [0xd9, 0x77, 96];
const FNSTENV_FAR = [0xd9, 0xb7, 0x40, 2, 0, 0];

/** Register contents, control word, tags and flags of one random case of `form`. */
export function randomCase(form: Form, r: Random): Case {
  const st = Array.from({ length: 8 }, () => extended(r));
  const kind = r.below(100);
  if (kind < 20) nearby(st, r);
  if (kind >= 80) for (let i = 0; i < 8; i++) st[i] = special(r);
  if (TRANSCENDENTAL.includes(form) && r.chance(40)) critical(form.name, st, r);
  const fcw = controlWord(r);
  const top = r.below(8);
  let fsw = (top << 11) | (r.u32() & 0x4700);
  if (r.chance(30)) fsw |= r.u32() & 0x7f & (fcw | 0x40);
  if (r.chance(3)) fsw |= r.u32() & 0x7f;
  const c: Case = {
    code: form.code,
    fcw,
    fsw,
    ftw: tags(r, top),
    st,
    memory: memoryFor(form, r),
    rax: r.u64(),
    flags: r.u32() & 0x8d5,
  };
  if (form.memory === 'xs') c.rax = BigInt(r.u32());
  else if (r.chance(40)) c.code = [...form.code, ...(form.size ? FNSTENV_FAR : FNSTENV)];
  return c;
}

/** Makes ST0 and ST1 close to each other: cancellation, equality, remainders. */
export function nearby(st: [number, bigint][], r: Random): void {
  const [se, m] = st[0]!;
  const delta = [0, 0, 0, 1, 2, 63, 64, 65][r.below(8)]!;
  const exp = Math.max(0, (se & 0x7fff) - delta);
  st[1] = [
    (exp | (r.u32() & 0x8000)) >>> 0,
    r.chance(50) ? m : r.chance(50) ? m ^ 1n : m ^ (r.u64() >> 20n),
  ];
  if (r.chance(50)) [st[0], st[1]] = [st[1]!, st[0]!];
}

/** The hardware's π/2, times 2^65. */
const HALF_PI = 0x3243f6a8885a308d3n;

/** Arguments where a function cancels, changes its method or its branch. */
function critical(name: string, st: [number, bigint][], r: Random): void {
  const sign = r.u32() & 0x8000;
  switch (name) {
    case 'f2xm1':
      st[0] = nearFraction(sign, BigInt(1 + r.below(64)), r);
      break;
    case 'fyl2x':
      // 1 ± 2^-k, and c = j/64 where the tables change
      st[0] = r.chance(50)
        ? nearFraction(0, 64n, r)
        : nearFraction(0, BigInt(90 + 2 * r.below(48)) >> BigInt(r.below(2)), r);
      break;
    case 'fyl2xp1':
      st[0] = [sign | (0x3fff - r.below(80)), (1n << 63n) | (r.u64() >> BigInt(r.below(64)))];
      break;
    case 'fpatan':
      st[1] = nearFraction(sign, BigInt(1 + r.below(96)), r);
      st[0] = r.chance(50) ? [0x3fff | (r.u32() & 0x8000), 1n << 63n] : st[0]!;
      break;
    default: {
      // a multiple of π/2 up to 2^63, rounded to 64 bits, or next to it
      const k = (r.u64() >> BigInt(2 + r.below(62))) + 1n;
      const product = k * HALF_PI;
      const bits = BigInt(product.toString(2).length);
      const m = product >> (bits - 64n);
      st[0] = [sign | (0x3fff + Number(bits) - 66), m + BigInt(r.below(3)) - (m & 1n)];
    }
  }
}

/** n/64, up to 40 last bits of it changed. */
function nearFraction(sign: number, n: bigint, r: Random): [number, bigint] {
  const bits = n.toString(2).length;
  const m = n << BigInt(64 - bits);
  const change = r.u64() >> BigInt(24 + r.below(40));
  const v = r.chance(30) ? m : r.chance(50) ? m + change : m - change;
  if (v >> 63n) return [sign | (0x3fff - 6 + bits - 1), v & ((1n << 64n) - 1n)];
  return [sign | (0x3fff - 6 + bits - 2), v << 1n];
}

function controlWord(r: Random): number {
  const rounding = r.chance(50) ? 0 : r.u32() & 0xc00;
  const precision = r.chance(60) ? 0x300 : r.u32() & 0x300;
  const masks = r.chance(65) ? 0x3f : r.u32() & 0x3f;
  return 0x40 | rounding | precision | masks;
}

function tags(r: Random, top: number): number {
  if (r.chance(15)) return r.u32() & 0xff;
  const used = r.chance(10) ? 8 : 3 + r.below(4);
  let ftw = 0;
  for (let i = 0; i < used; i++) ftw |= 1 << ((top + i) & 7);
  return ftw;
}

function memoryFor(form: Form, r: Random): Uint8Array {
  const bytes = new Uint8Array(form.size ?? MEMORY_SIZE);
  for (let i = 0; i < bytes.length; i++) bytes[i] = r.u32() & 0xff;
  const view = new DataView(bytes.buffer);
  const [se, m] = extended(r);
  switch (form.memory) {
    case 'single':
      view.setUint32(0, single(r), true);
      break;
    case 'double':
      view.setBigUint64(0, double(r), true);
      break;
    case 'm80':
      view.setBigUint64(0, m, true);
      view.setUint16(8, se, true);
      break;
    case 'm16':
      if (r.chance(30)) view.setInt16(0, r.pick([0, 1, -1, 0x7fff, -0x8000]), true);
      break;
    case 'm32':
      if (r.chance(30)) view.setInt32(0, r.pick([0, 1, -1, 0x7fffffff, -0x80000000]), true);
      break;
    case 'm64':
      if (r.chance(30))
        view.setBigInt64(0, r.pick([0n, 1n, -1n, 2n ** 63n - 1n, -(2n ** 63n)]), true);
      break;
    case 'bcd':
      if (r.chance(80)) for (let i = 0; i < 9; i++) bytes[i] = r.below(10) * 16 + r.below(10);
      if (r.chance(10)) bytes.fill(0, 0, 9);
      break;
    case 'xs':
      legacyArea(view, r);
      xsaveHeader(view, r);
      break;
    case 'fx':
      legacyArea(view, r);
      break;
    case 'env':
      environment(view, 4, r);
      break;
    case 'env16':
      environment(view, 2, r);
      break;
    case 'save':
      environment(view, 4, r);
      image(view, 28, r);
      break;
    case 'save16':
      environment(view, 2, r);
      image(view, 14, r);
      break;
  }
  return bytes;
}

/** Mostly plausible environments: masked flags, arbitrary tags. */
function environment(view: DataView, step: number, r: Random): void {
  const fcw = controlWord(r);
  view.setUint16(0, r.chance(50) ? fcw : r.u32() & 0xffff, true);
  view.setUint16(step, r.u32() & (r.chance(50) ? 0x7f00 : 0xffff), true);
}

function image(view: DataView, at: number, r: Random): void {
  for (let i = 0; i < 8; i++) {
    const [se, m] = extended(r);
    view.setBigUint64(at + i * 10, m, true);
    view.setUint16(at + i * 10 + 8, se, true);
  }
}

/** An fxsave image; now and then with reserved MXCSR bits set. */
function legacyArea(view: DataView, r: Random): void {
  const fcw = controlWord(r);
  view.setUint16(0, r.chance(50) ? fcw : r.u32() & 0xffff, true);
  view.setUint16(2, r.u32() & (r.chance(50) ? 0x7f00 : 0xffff), true);
  // FIP and FDP: what processors with 48 and with 57 bits of linear addresses keep alike
  for (const at of [8, 16])
    view.setBigInt64(at, BigInt.asIntN(48, view.getBigInt64(at, true)), true);
  view.setUint32(24, r.chance(10) ? r.u32() : r.u32() & 0xffff, true);
  for (let i = 0; i < 8; i++) {
    const [se, m] = extended(r);
    view.setBigUint64(32 + i * 16, m, true);
    view.setUint16(40 + i * 16, se, true);
  }
}

/** XSTATE_BV and XCOMP_BV of the standard or the compacted format, now and then invalid; some areas all zero. */
function xsaveHeader(view: DataView, r: Random): void {
  const bytes = new Uint8Array(view.buffer);
  const present = r.below(8);
  const compact = r.chance(30);
  bytes.fill(0, 512, 576);
  view.setUint32(512, r.chance(4) ? r.u32() : present, true);
  if (compact) {
    view.setUint32(520, r.chance(5) ? r.u32() : present | r.below(8), true);
    view.setUint32(524, 0x80000000, true);
  }
  if (r.chance(4)) bytes[520 + r.below(56)] = 1;
  if (r.chance(30)) bytes.fill(0, 160, 416);
  if (r.chance(30)) bytes.fill(0, 576, 832);
}
