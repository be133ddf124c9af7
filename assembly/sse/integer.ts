// Packed-integer operations as values: v128 in, v128 out, named after the mnemonic where WebAssembly has no instruction
// of the same meaning. MMX uses them too, on the low 64 bits. One example: pmulhw keeps the upper half of each
// 32-bit product, so it is two widening multiplications and a shuffle that picks the odd words.

// ---- multiplication

export function pmulhw(a: v128, b: v128): v128 {
  return oddWords(i32x4.extmul_low_i16x8_s(a, b), i32x4.extmul_high_i16x8_s(a, b));
}

export function pmulhuw(a: v128, b: v128): v128 {
  return oddWords(i32x4.extmul_low_i16x8_u(a, b), i32x4.extmul_high_i16x8_u(a, b));
}

/** Rounded upper halves; 0x8000 × 0x8000 stays 0x8000, where WebAssembly saturates. */
export function pmulhrsw(a: v128, b: v128): v128 {
  const lowest = i16x8.splat(-0x8000);
  const both = v128.and(i16x8.eq(a, lowest), i16x8.eq(b, lowest));
  return v128.xor(i16x8.q15mulr_sat_s(a, b), both);
}

export function pmuludq(a: v128, b: v128): v128 {
  return i64x2.extmul_low_i32x4_u(evenDwords(a, a), evenDwords(b, b));
}

export function pmuldq(a: v128, b: v128): v128 {
  return i64x2.extmul_low_i32x4_s(evenDwords(a, a), evenDwords(b, b));
}

/** Unsigned bytes of a times signed bytes of b, neighbours added with signed saturation. */
export function pmaddubsw(a: v128, b: v128): v128 {
  const even = i16x8.mul(v128.and(a, i16x8.splat(0xff)), i16x8.shr_s(i16x8.shl(b, 8), 8));
  const odd = i16x8.mul(i16x8.shr_u(a, 8), i16x8.shr_s(b, 8));
  return i16x8.add_sat_s(even, odd);
}

// ---- sums across lanes

/** Sums of absolute byte differences, one per 8 bytes. */
export function psadbw(a: v128, b: v128): v128 {
  const distance = i8x16.sub(i8x16.max_u(a, b), i8x16.min_u(a, b));
  const dwords = i32x4.extadd_pairwise_i16x8_u(i16x8.extadd_pairwise_i8x16_u(distance));
  return i64x2.add(v128.and(dwords, i64x2.splat(0xffffffff)), i64x2.shr_u(dwords, 32));
}

export function phaddw(a: v128, b: v128): v128 {
  return i16x8.add(evenWords(a, b), oddWords(a, b));
}

export function phaddd(a: v128, b: v128): v128 {
  return i32x4.add(evenDwords(a, b), oddDwords(a, b));
}

export function phaddsw(a: v128, b: v128): v128 {
  return i16x8.add_sat_s(evenWords(a, b), oddWords(a, b));
}

export function phsubw(a: v128, b: v128): v128 {
  return i16x8.sub(evenWords(a, b), oddWords(a, b));
}

export function phsubd(a: v128, b: v128): v128 {
  return i32x4.sub(evenDwords(a, b), oddDwords(a, b));
}

export function phsubsw(a: v128, b: v128): v128 {
  return i16x8.sub_sat_s(evenWords(a, b), oddWords(a, b));
}

// ---- sign

export function psignb(a: v128, b: v128): v128 {
  const negative = i8x16.lt_s(b, i8x16.splat(0));
  return v128.andnot(i8x16.sub(v128.xor(a, negative), negative), i8x16.eq(b, i8x16.splat(0)));
}

export function psignw(a: v128, b: v128): v128 {
  const negative = i16x8.lt_s(b, i16x8.splat(0));
  return v128.andnot(i16x8.sub(v128.xor(a, negative), negative), i16x8.eq(b, i16x8.splat(0)));
}

export function psignd(a: v128, b: v128): v128 {
  const negative = i32x4.lt_s(b, i32x4.splat(0));
  return v128.andnot(i32x4.sub(v128.xor(a, negative), negative), i32x4.eq(b, i32x4.splat(0)));
}

// ---- shifts; `count` is 64 bits wide, from its lane width on the result is 0 (or all sign bits)

export function psllw(a: v128, count: u64): v128 {
  return count > 15 ? i64x2.splat(0) : i16x8.shl(a, <i32>count);
}

export function pslld(a: v128, count: u64): v128 {
  return count > 31 ? i64x2.splat(0) : i32x4.shl(a, <i32>count);
}

export function psllq(a: v128, count: u64): v128 {
  return count > 63 ? i64x2.splat(0) : i64x2.shl(a, <i32>count);
}

export function psrlw(a: v128, count: u64): v128 {
  return count > 15 ? i64x2.splat(0) : i16x8.shr_u(a, <i32>count);
}

export function psrld(a: v128, count: u64): v128 {
  return count > 31 ? i64x2.splat(0) : i32x4.shr_u(a, <i32>count);
}

export function psrlq(a: v128, count: u64): v128 {
  return count > 63 ? i64x2.splat(0) : i64x2.shr_u(a, <i32>count);
}

export function psraw(a: v128, count: u64): v128 {
  return i16x8.shr_s(a, count > 15 ? 15 : <i32>count);
}

export function psrad(a: v128, count: u64): v128 {
  return i32x4.shr_s(a, count > 31 ? 31 : <i32>count);
}

// ---- SSE4.1 oddities

/** Smallest of eight unsigned words (low word) and the index of its first occurrence (Intel SDM: PHMINPOSUW). */
export function phminposuw(at: usize): v128 {
  let least: u32 = load<u16>(at);
  let index: u32 = 0;
  for (let i: u32 = 1; i < 8; i++) {
    const word: u32 = load<u16>(at + (i << 1));
    if (word < least) {
      least = word;
      index = i;
    }
  }
  return i64x2.replace_lane(i64x2.splat(0), 0, <u64>(least | (index << 16)));
}

/** Eight sums of absolute differences of 4 source bytes against a sliding window of the destination (MPSADBW). */
export function mpsadbw(a: usize, b: usize, imm: u32): v128 {
  const window = a + ((imm & 4) ? 4 : 0);
  const block = b + ((imm & 3) << 2);
  let low: u64 = 0;
  let high: u64 = 0;
  for (let i: u32 = 0; i < 4; i++) {
    low |= <u64>sad4(window + i, block) << (i << 4);
    high |= <u64>sad4(window + 4 + i, block) << (i << 4);
  }
  return i64x2.replace_lane(i64x2.splat(low), 1, high);
}

function sad4(a: usize, b: usize): u32 {
  let sum: i32 = 0;
  for (let i: usize = 0; i < 4; i++) sum += abs(<i32>load<u8>(a + i) - <i32>load<u8>(b + i));
  return sum;
}

// ---- lane pickers

@inline
function evenWords(a: v128, b: v128): v128 {
  return v128.shuffle<u16>(a, b, 0, 2, 4, 6, 8, 10, 12, 14);
}
@inline
function oddWords(a: v128, b: v128): v128 {
  return v128.shuffle<u16>(a, b, 1, 3, 5, 7, 9, 11, 13, 15);
}
@inline
function evenDwords(a: v128, b: v128): v128 {
  return v128.shuffle<u32>(a, b, 0, 2, 4, 6);
}
@inline
function oddDwords(a: v128, b: v128): v128 {
  return v128.shuffle<u32>(a, b, 1, 3, 5, 7);
}
