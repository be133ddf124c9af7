// 128-bit arithmetic for the transcendental functions: about 60 bits more than their results have. Two shapes, both
// with the high word in `wH`, the low in `wL` when they come back from a function:
//   fixed   Q0.128 or as noted
//   float   1.127 significand (bit 127 set) times 2^wE

import { divWide, low, mulWide, remainder, shiftRightSticky } from './soft';

export let wH: u64 = 0;
export let wL: u64 = 0;
export let wE: i32 = 0;

@inline
export function setWide(h: u64, l: u64, e: i32): void {
  wH = h;
  wL = l;
  wE = e;
}

/** High 128 bits of the 256-bit product. */
export function mulHigh(aH: u64, aL: u64, bH: u64, bL: u64): void {
  let h = mulWide(aH, bH);
  let l = low;
  const x = mulWide(aH, bL);
  const x0 = low;
  const y = mulWide(aL, bH);
  const y0 = low;
  const c = mulWide(aL, bL);
  const s = x0 + y0;
  const t = s + c;
  const carry = u64(s < x0) + u64(t < s);
  l += x;
  h += u64(l < x);
  l += y;
  h += u64(l < y);
  l += carry;
  h += u64(l < carry);
  wH = h;
  wL = l;
}

/** (wH, wL) += (h, l). */
@inline
export function addTo(h: u64, l: u64): void {
  wL += l;
  wH += h + u64(wL < l);
}

/** (wH, wL) = (h, l) − (wH, wL). */
@inline
export function subFrom(h: u64, l: u64): void {
  const borrow = u64(l < wL);
  wL = l - wL;
  wH = h - wH - borrow;
}

/** (h, l) >> n into (wH, wL). */
@inline
export function shift(h: u64, l: u64, n: u32): void {
  wH = shiftRightSticky(h, l, n);
  wL = low;
}

/** The fixed-point number h.l, whose bit 127 weighs 2^e, as a float. */
export function toFloat(h: u64, l: u64, e: i32): void {
  if (!h) {
    h = l;
    l = 0;
    e -= 64;
  }
  const n = clz(h);
  if (n) {
    h = (h << n) | (l >> (64 - n));
    l <<= n;
  }
  setWide(h, l, e - <i32>n);
}

/** Product of floats. */
export function mulFloat(aH: u64, aL: u64, aE: i32, bH: u64, bL: u64, bE: i32): void {
  mulHigh(aH, aL, bH, bL);
  if (wH >> 63) {
    wE = aE + bE + 1;
  } else {
    wH = (wH << 1) | (wL >> 63);
    wL <<= 1;
    wE = aE + bE;
  }
}

// Long division in base 2^64: (restH, restL) is the running remainder, smaller than the divisor.
let restH: u64 = 0;
let restL: u64 = 0;

/** Next quotient digit after bringing down `digit` (Knuth, TAOCP 4.3.1 D). */
function divideStep(digit: u64, bH: u64, bL: u64): u64 {
  let q = restH >= bH ? u64.MAX_VALUE : divWide(restH, restL, bH);
  // (rest, digit) − q·b in three words; while it is negative, q was too large.
  const p0h = mulWide(q, bL);
  const p0 = low;
  let p2 = mulWide(q, bH);
  const p1 = low + p0h;
  p2 += u64(p1 < p0h);
  const r0 = digit - p0;
  const borrow0 = u64(digit < p0);
  const t1 = restL - p1;
  const r1 = t1 - borrow0;
  const borrow1 = u64(restL < p1) + u64(t1 < borrow0);
  let top = restH - p2 - borrow1;
  restH = r1;
  restL = r0;
  while (top) {
    q--;
    restL += bL;
    const carry = u64(restL < bL);
    const h = restH + bH;
    const h2 = h + carry;
    top += u64(h < restH) + u64(h2 < h);
    restH = h2;
  }
  return q;
}

/** Quotient of floats, truncated. */
export function divFloat(aH: u64, aL: u64, aE: i32, bH: u64, bL: u64, bE: i32): void {
  let digit: u64 = 0;
  let e = aE - bE - 1;
  if (aH > bH || (aH == bH && aL >= bL)) {
    digit = aL << 63;
    aL = (aL >> 1) | (aH << 63);
    aH >>= 1;
    e++;
  }
  restH = aH;
  restL = aL;
  const h = divideStep(digit, bH, bL);
  setWide(h, divideStep(0, bH, bL), e);
}

/** z·(c0 ± z·(c1 ± …)) for a table of n coefficients, all Q0.128; the signs alternate with `alternate`. */
export function series(table: usize, n: i32, zH: u64, zL: u64, alternate: bool): void {
  let at = table + ((n - 1) << 4);
  wH = load<u64>(at);
  wL = load<u64>(at, 8);
  while (at != table) {
    at -= 16;
    mulHigh(wH, wL, zH, zL);
    if (alternate) subFrom(load<u64>(at), load<u64>(at, 8));
    else addTo(load<u64>(at), load<u64>(at, 8));
  }
  mulHigh(wH, wL, zH, zL);
}

/** 1 − w as a float, w = (wH, wL) in Q0.128 and at most 1/2; never 1 exactly. */
export function oneMinus(): void {
  if (wH | wL) {
    subFrom(0, 0);
    toFloat(wH, wL, -1);
  } else {
    setWide(u64.MAX_VALUE, u64.MAX_VALUE, -1);
  }
}

/** 1 + w as a float; never 1 exactly. */
export function onePlus(): void {
  setWide((wH >> 1) | 0x8000000000000000, (wL >> 1) | (wH << 63) | 1, 0);
}
