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
  const n = elements(imm);
  let i: u32 = 0;
  while (i < n && element(at, i, imm)) i++;
  return i;
}

/** |register|, at most the number of elements. */
function counted(ctx: usize, register: usize, imm: u32, wide: bool): u32 {
  const at = ctx + GPR + (register << 3);
  const value = wide ? load<i64>(at) : <i64>load<i32>(at);
  const size = <u64>(value < 0 ? -value : value);
  const n = elements(imm);
  return size > n ? n : <u32>size;
}

/** Element i, extended as imm[1] says. */
function element(at: usize, i: u32, imm: u32): i32 {
  switch (imm & 3) {
    case 0: return load<u8>(at + i);
    case 1: return load<u16>(at + (i << 1));
    case 2: return load<i8>(at + i);
    default: return load<i16>(at + (i << 1));
  }
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
  const n = elements(imm);
  let bits: u32 = 0;
  for (let j: u32 = 0; j < n; j++) {
    if (matches(a, b, lenA, lenB, j, imm)) bits |= 1 << j;
  }
  return bits;
}

function matches(a: usize, b: usize, lenA: u32, lenB: u32, j: u32, imm: u32): bool {
  switch ((imm >> 2) & 3) {
    case 0: return j < lenB && isAny(a, lenA, element(b, j, imm), imm);
    case 1: return j < lenB && isInRange(a, lenA, element(b, j, imm), imm);
    case 2:
      if (j >= lenA || j >= lenB) return j >= lenA && j >= lenB;
      return element(a, j, imm) == element(b, j, imm);
    default: return isAt(a, b, lenA, lenB, j, imm);
  }
}

/** Equal any: is x one of a's elements? */
function isAny(a: usize, lenA: u32, x: i32, imm: u32): bool {
  for (let i: u32 = 0; i < lenA; i++) if (element(a, i, imm) == x) return true;
  return false;
}

/** Ranges: is x between the elements of a pair of a? */
function isInRange(a: usize, lenA: u32, x: i32, imm: u32): bool {
  for (let i: u32 = 0; i + 1 < lenA; i += 2) {
    if (x >= element(a, i, imm) && x <= element(a, i + 1, imm)) return true;
  }
  return false;
}

/** Equal ordered: does a start at b's element j (as far as the 16 bytes tell)? */
function isAt(a: usize, b: usize, lenA: u32, lenB: u32, j: u32, imm: u32): bool {
  const n = elements(imm);
  for (let i: u32 = 0; i < lenA && i + j < n; i++) {
    if (i + j >= lenB || element(a, i, imm) != element(b, i + j, imm)) return false;
  }
  return true;
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
