// Carry-less multiplication (PCLMULQDQ).

/** Product over GF(2) of qword imm[0] at `a` and qword imm[4] at `b`: 128 bits. */
export function pclmulqdq(a: usize, b: usize, imm: i32): v128 {
  const x = load<u64>(a + (imm & 1 ? 8 : 0));
  let y = load<u64>(b + (imm & 16 ? 8 : 0));
  let low: u64 = 0;
  let high: u64 = 0;
  while (y) {
    const i = ctz(y);
    low ^= x << i;
    if (i) high ^= x >> (64 - i);
    y &= y - 1;
  }
  return i64x2.replace_lane(i64x2.splat(low), 1, high);
}
