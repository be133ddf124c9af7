// Shuffles whose pattern is an immediate: WebAssembly's shuffle has a constant pattern, so the pattern is turned into
// byte indices for swizzle (index > 15 gives 0). The 2-bit selectors of pshufd's immediate are spread over lanes by a
// multiplication: lane k of imm × {64, 16, 4, 1} has selector k at bit 6.

/** Byte indices 0…15. */
@inline
function iota(): v128 {
  return i8x16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
}

/** Byte indices that pick dwords by four 2-bit selectors. */
@inline
function dwordPattern(imm: i32): v128 {
  const selector = i32x4.shr_u(i32x4.mul(i32x4.splat(imm), i32x4(64, 16, 4, 1)), 6);
  const first = i32x4.mul(v128.and(selector, i32x4.splat(3)), i32x4.splat(0x04040404));
  return i32x4.add(first, i32x4.splat(0x03020100));
}

/** Byte indices that pick words of the low half by four 2-bit selectors; the same, shifted, in the high half. */
@inline
function wordPattern(imm: i32): v128 {
  const selector = i16x8.shr_u(
    i16x8.mul(i16x8.splat(<i16>imm), i16x8(64, 16, 4, 1, 64, 16, 4, 1)),
    6,
  );
  const first = i16x8.mul(v128.and(selector, i16x8.splat(3)), i16x8.splat(0x0202));
  return i16x8.add(first, i16x8(0x0100, 0x0100, 0x0100, 0x0100, 0x0908, 0x0908, 0x0908, 0x0908));
}

export function pshufd(b: v128, imm: i32): v128 {
  return v128.swizzle(b, dwordPattern(imm));
}

export function pshuflw(b: v128, imm: i32): v128 {
  return v128.shuffle<u64>(v128.swizzle(b, wordPattern(imm)), b, 0, 3);
}

export function pshufhw(b: v128, imm: i32): v128 {
  return v128.shuffle<u64>(b, v128.swizzle(b, wordPattern(imm)), 0, 3);
}

export function shufps(a: v128, b: v128, imm: i32): v128 {
  const pattern = dwordPattern(imm);
  return v128.shuffle<u32>(v128.swizzle(a, pattern), v128.swizzle(b, pattern), 0, 1, 6, 7);
}

export function shufpd(a: v128, b: v128, imm: i32): v128 {
  const low = imm & 1 ? v128.shuffle<u64>(a, a, 1, 1) : a;
  return imm & 2 ? v128.shuffle<u64>(low, b, 0, 3) : v128.shuffle<u64>(low, b, 0, 2);
}

/** Index bytes with bit 7 give 0, else the low 4 bits count. */
export function pshufb(a: v128, b: v128): v128 {
  return v128.swizzle(a, v128.and(b, i8x16.splat(-0x71)));
}

export function pslldq(a: v128, bytes: u32): v128 {
  return v128.swizzle(a, i8x16.sub(iota(), i8x16.splat(<i8>(bytes > 15 ? 16 : bytes))));
}

export function psrldq(a: v128, bytes: u32): v128 {
  return v128.swizzle(a, i8x16.add(iota(), i8x16.splat(<i8>(bytes > 15 ? 16 : bytes))));
}

/** Bytes `shift` … `shift` + 15 of a:b (b low). */
export function palignr(a: v128, b: v128, shift: u32): v128 {
  if (shift > 31) return i64x2.splat(0);
  const pattern = i8x16.add(iota(), i8x16.splat(<i8>shift));
  return v128.or(v128.swizzle(b, pattern), v128.swizzle(a, i8x16.sub(pattern, i8x16.splat(16))));
}

/** All-ones lanes where the immediate has a 1 bit: lane k from bit k. */
export function wordMask(imm: i32): v128 {
  const bits = i16x8(1, 2, 4, 8, 16, 32, 64, 128);
  return i16x8.eq(v128.and(i16x8.splat(<i16>imm), bits), bits);
}

export function dwordMask(imm: i32): v128 {
  const bits = i32x4(1, 2, 4, 8);
  return i32x4.eq(v128.and(i32x4.splat(imm), bits), bits);
}

export function qwordMask(imm: i32): v128 {
  const bits = i64x2(1, 2);
  return i64x2.eq(v128.and(i64x2.splat(imm), bits), bits);
}

/** b where the mask has ones, else a. */
@inline
export function blend(a: v128, b: v128, mask: v128): v128 {
  return v128.bitselect(b, a, mask);
}

/** insertps: `value` into lane imm[5:4], then lanes of imm[3:0] cleared. */
export function insertps(a: v128, value: u32, imm: i32): v128 {
  const lane = dwordMask(1 << ((imm >> 4) & 3));
  return v128.andnot(v128.bitselect(i32x4.splat(value), a, lane), dwordMask(imm & 15));
}
