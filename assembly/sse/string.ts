// SSE4.2 string comparison: pcmpestri, pcmpestrm, pcmpistri, pcmpistrm (Intel SDM Vol. 2B §4.1). imm8: [0] words, not
// bytes; [1] signed; [3:2] aggregation; [5:4] polarity; [6] last index, or mask of whole elements. The steps below carry the
// manual's names: IntRes1 is the aggregated result, one bit for an element of the second operand, IntRes2 has the polarity.
import { EXIT_FAULT } from '../shared/exit';
import { I_IMM } from '../shared/inst';
import { GPR, RAX, RCX, RDX, XMM } from '../shared/layout';
import { CF, OF, SF, ZF } from '../shared/flags';
import { setGpr, setStatus } from '../state';
import { dst, src } from './operand';

export function pcmpistri(ctx: usize, inst: usize): i32 {
  return implicit(ctx, inst, false);
}

export function pcmpistrm(ctx: usize, inst: usize): i32 {
  return implicit(ctx, inst, true);
}

/** `wide`: REX.W, the lengths are those of rax and rdx, else of eax and edx. */
export function pcmpestri(ctx: usize, inst: usize, wide: bool): i32 {
  return explicit(ctx, inst, false, wide);
}

export function pcmpestrm(ctx: usize, inst: usize, wide: bool): i32 {
  return explicit(ctx, inst, true, wide);
}

/** Strings that end at a zero element. */
function implicit(ctx: usize, inst: usize, mask: bool): i32 {
  const s = src(ctx, inst, 16);
  if (!s) return EXIT_FAULT;
  const imm: u32 = load<u8>(inst, I_IMM);
  const d = dst(ctx, inst);
  return compare(ctx, d, s, terminated(d, imm), terminated(s, imm), imm, mask);
}

/** Strings with their lengths in (r)ax and (r)dx. */
function explicit(ctx: usize, inst: usize, mask: bool, wide: bool): i32 {
  const s = src(ctx, inst, 16);
  if (!s) return EXIT_FAULT;
  const imm: u32 = load<u8>(inst, I_IMM);
  const first = counted(ctx, RAX, imm, wide);
  return compare(ctx, dst(ctx, inst), s, first, counted(ctx, RDX, imm, wide), imm, mask);
}

@inline
function elements(imm: u32): u32 {
  return imm & 1 ? 8 : 16;
}

function terminated(at: usize, imm: u32): u32 {
  const zeros = equal(v128.load(at), i64x2.splat(0), imm);
  return zeros ? ctz(zeros) : elements(imm);
}

/** One bit for each element that is the same in both. */
@inline
function equal(a: v128, b: v128, imm: u32): u32 {
  return imm & 1 ? i16x8.bitmask(i16x8.eq(a, b)) : i8x16.bitmask(i8x16.eq(a, b));
}

/** |register|, at most the number of elements. */
function counted(ctx: usize, register: usize, imm: u32, wide: bool): u32 {
  const at = ctx + GPR + (register << 3);
  const value = wide ? load<i64>(at) : <i64>load<i32>(at);
  const size = <u64>(value < 0 ? -value : value);
  const n = elements(imm);
  return size > n ? n : <u32>size;
}

function compare(ctx: usize, a: usize, b: usize, lenA: u32, lenB: u32, imm: u32, mask: bool): i32 {
  const n = elements(imm);
  const all: u32 = (1 << n) - 1;
  let bits = aggregate(a, b, lenA, lenB, imm);
  if (imm & 16) bits ^= imm & 32 ? (1 << lenB) - 1 : all;
  if (mask) storeMask(ctx, bits, imm);
  else setGpr<u32>(ctx, RCX << 3, index(bits, n, imm));
  setStatus(
    ctx,
    (bits ? CF : 0) | (lenB < n ? ZF : 0) | (lenA < n ? SF : 0) | (bits & 1 ? OF : 0),
  );
  return 0;
}

/** IntRes1. */
function aggregate(a: usize, b: usize, lenA: u32, lenB: u32, imm: u32): u32 {
  const all: u32 = (1 << elements(imm)) - 1;
  const inA: u32 = (1 << lenA) - 1;
  const inB: u32 = (1 << lenB) - 1;
  const y = v128.load(b);
  switch ((imm >> 2) & 3) {
    case 0: return any(a, y, lenA, imm) & inB;
    case 1: return ranges(a, y, lenA, imm) & inB;
    case 2: return (equal(v128.load(a), y, imm) & inA & inB) | (all & ~(inA | inB));
    default: return ordered(a, y, lenA, inB, all, imm);
  }
}

/** Element i of the string at `a` in all elements. */
@inline
function spread(a: usize, i: u32, imm: u32): v128 {
  return imm & 1 ? i16x8.splat(load<i16>(a + (i << 1))) : i8x16.splat(load<i8>(a + i));
}

/** Equal any: which elements of b are one of a's? */
function any(a: usize, b: v128, lenA: u32, imm: u32): u32 {
  let found: u32 = 0;
  for (let i: u32 = 0; i < lenA; i++) found |= equal(b, spread(a, i, imm), imm);
  return found;
}

/** Ranges: which elements of b are between the elements of a pair of a? */
function ranges(a: usize, b: v128, lenA: u32, imm: u32): u32 {
  let found: u32 = 0;
  for (let i: u32 = 0; i + 1 < lenA; i += 2) {
    found |= between(spread(a, i, imm), b, spread(a, i + 1, imm), imm);
  }
  return found;
}

function between(low: v128, x: v128, high: v128, imm: u32): u32 {
  switch (imm & 3) {
    case 0: return i8x16.bitmask(v128.and(i8x16.ge_u(x, low), i8x16.le_u(x, high)));
    case 1: return i16x8.bitmask(v128.and(i16x8.ge_u(x, low), i16x8.le_u(x, high)));
    case 2: return i8x16.bitmask(v128.and(i8x16.ge_s(x, low), i8x16.le_s(x, high)));
    default: return i16x8.bitmask(v128.and(i16x8.ge_s(x, low), i16x8.le_s(x, high)));
  }
}

/** Equal ordered: at which elements of b does a start (as far as the 16 bytes tell)? */
function ordered(a: usize, b: v128, lenA: u32, inB: u32, all: u32, imm: u32): u32 {
  let starts = all;
  for (let i: u32 = 0; i < lenA; i++) {
    starts &= ((equal(b, spread(a, i, imm), imm) & inB) >> i) | ~(all >> i);
  }
  return starts & all;
}

/** Index of the first, or with imm[6] the last, set bit; n without any. */
@inline
function index(bits: u32, n: u32, imm: u32): u32 {
  if (!bits) return n;
  return imm & 64 ? 31 - clz(bits) : ctz(bits);
}

/** xmm0 = the bits, or with imm[6] elements of all ones. */
function storeMask(ctx: usize, bits: u32, imm: u32): void {
  store<u64>(ctx, bits, XMM);
  store<u64>(ctx, 0, XMM + 8);
  if (!(imm & 64)) return;
  for (let j: usize = 0; j < 16; j++) {
    const bit = imm & 1 ? j >> 1 : j;
    store<u8>(ctx + j, (bits >> <u32>bit) & 1 ? 0xff : 0, XMM);
  }
}
