// Floating-point comparisons: cmpps & co. (masks), comis/ucomis (flags). Ordinary numbers compare as WebAssembly does;
// NaNs and denormals go through softfloat.ts for their flags.
import { EXIT_FAULT } from '../shared/exit';
import { CF, PF, ZF } from '../shared/flags';
import { setStatus } from '../state';
import {
  SCRATCH_A,
  SCRATCH_B,
  SCRATCH_R,
  allUsual,
  bitsAt,
  precision,
  storeBits,
  usual,
} from './arith';
import { begin, end } from './env';
import { dst, src, src16 } from './operand';
import { EQUAL, GREATER, LESS, UNORDERED, softCompare } from './soft-compare';

/**
 * Relations for which each predicate is true: imm[2:0] (eq lt le unord neq nlt nle ord), with imm[3] (VEX) eq_uq nge ngt
 * false neq_oq ge gt true; imm[4] only says whether a quiet NaN is invalid. Four bits each, from eq = EQUAL up.
 */
@inline
function relations(predicate: u32): u32 {
  return <u32>(0xf4650b9a7ced8312 >> ((predicate & 15) << 2)) & 15;
}

/** Predicates for which a quiet NaN is invalid too: lt, le and what is made of them; imm[4] turns it round. */
@inline
function signals(predicate: u32): bool {
  return ((0b0110011001100110 >> (predicate & 15)) & 1) != predicate >> 4;
}

function compareLanes<T>(a: v128, b: v128, predicate: u32): v128 {
  switch (predicate) {
    case 0: return v128.eq<T>(a, b);
    case 1: return v128.lt<T>(a, b);
    case 2: return v128.le<T>(a, b);
    case 3: return i64x2.splat(0);
    case 4: return v128.ne<T>(a, b);
    case 5: return v128.ge<T>(a, b);
    case 6: return v128.gt<T>(a, b);
    default: return i64x2.splat(-1);
  }
}

/** cmpps, cmppd. */
export function cmpPacked<T>(ctx: usize, inst: usize, imm: u32): i32 {
  const s = src16(ctx, inst);
  if (!s) return EXIT_FAULT;
  const d = dst(ctx, inst);
  const a = v128.load(d);
  const b = v128.load(s);
  if (allUsual<T>(a, b)) {
    v128.store(d, compareLanes<T>(a, b, imm & 7));
    return 0;
  }
  v128.store(ctx, a, SCRATCH_A);
  v128.store(ctx, b, SCRATCH_B);
  begin(ctx);
  for (let i: usize = 0; i < 16; i += sizeof<T>()) {
    const mask = softMask<T>(ctx + SCRATCH_A + i, ctx + SCRATCH_B + i, imm & 7);
    storeBits<T>(ctx + SCRATCH_R + i, mask);
  }
  if (end(ctx)) return EXIT_FAULT;
  v128.store(d, v128.load(ctx, SCRATCH_R));
  return 0;
}

/** cmpss, cmpsd. */
export function cmpScalar<T>(ctx: usize, inst: usize, imm: u32): i32 {
  const s = src(ctx, inst, sizeof<T>());
  if (!s) return EXIT_FAULT;
  const d = dst(ctx, inst);
  const a = load<T>(d);
  const b = load<T>(s);
  if (usual<T>(a) && usual<T>(b)) {
    const relation = a < b ? LESS : a == b ? EQUAL : GREATER;
    storeBits<T>(d, relation & relations(imm & 7) ? -1 : 0);
    return 0;
  }
  begin(ctx);
  const mask = softMask<T>(d, s, imm & 7);
  if (end(ctx)) return EXIT_FAULT;
  storeBits<T>(d, mask);
  return 0;
}

/** Mask of one lane in the environment begun; `predicate` as VEX has it. */
export function softMask<T>(a: usize, b: usize, predicate: u32): u64 {
  const relation = softCompare(bitsAt<T>(a), bitsAt<T>(b), precision<T>(), signals(predicate));
  return relation & relations(predicate) ? -1 : 0;
}

/** comiss/comisd (`signalling`) and ucomiss/ucomisd: ZF, PF, CF; OF, SF and AF are cleared. */
@inline
export function comis<T>(ctx: usize, inst: usize, signalling: bool): i32 {
  const s = src(ctx, inst, sizeof<T>());
  if (!s) return EXIT_FAULT;
  const d = dst(ctx, inst);
  const a = load<T>(d);
  const b = load<T>(s);
  if (usual<T>(a) && usual<T>(b)) {
    setStatus(ctx, a < b ? CF : a == b ? ZF : 0);
    return 0;
  }
  return comisSlow(ctx, bitsAt<T>(d), bitsAt<T>(s), precision<T>(), signalling);
}

function comisSlow(ctx: usize, a: u64, b: u64, p: u32, signalling: bool): i32 {
  begin(ctx);
  const relation = softCompare(a, b, p, signalling);
  if (end(ctx)) return EXIT_FAULT;
  if (relation == UNORDERED) setStatus(ctx, ZF | PF | CF);
  else setStatus(ctx, relation == LESS ? CF : relation == EQUAL ? ZF : 0);
  return 0;
}
