// Floating-point arithmetic and comparison in SSE registers, in the fast mode: MXCSR's control bits are the default
// (rounding to nearest, all exceptions masked, denormals as they are) and nobody looks at its sticky flags, as the
// region's guard has made sure (float-mode.ts). Operand order matters: of two NaNs the first is the result.
import type { Inst } from '../region/inst.ts';
import { type Expr, F32, F64, GUEST, V128 } from '../wasm/builder.ts';
import { exec } from './exec.ts';
import type { Lower, Lowering } from './lower.ts';
import { byteLanes, imm8, isMem, source, sourceLow, type Value } from './xmm.ts';

type Bits = 32 | 64;
type Operation = 'add' | 'sub' | 'mul' | 'div' | 'sqrt';

export const lanesOf = (x: Lower, bits: Bits) => (bits === 64 ? x.w.f64x2 : x.w.f32x4);

/** The second operand's low lane as f32 or f64. */
export function sourceScalar(x: Lower, inst: Inst, bits: Bits): Expr {
  if (!isMem(inst)) return x.xmm.scalar(inst.r1, bits);
  const at = x.address(inst);
  return bits === 64 ? x.w.f64.load(0, 1, at, GUEST) : x.w.f32.load(0, 1, at, GUEST);
}

// --- arithmetic -------------------------------------------------------------------------------------------------------

/** Lanes of the operation with x86's NaNs, whatever the host makes. */
function arith(x: Lower, op: Operation, bits: Bits, a: Expr, b: Expr): Expr {
  const lanes = lanesOf(x, bits);
  if (x.host.nan) return op === 'sqrt' ? lanes.sqrt(b) : lanes[op](a, b);
  const first = x.keep(op === 'sqrt' ? b : a, V128);
  const second = op === 'sqrt' ? first : x.keep(b, V128);
  const result = op === 'sqrt' ? lanes.sqrt(first()) : lanes[op](first(), second());
  return withNan(x, bits, x.keep(result, V128), first, second);
}

/** `result` with its NaNs replaced by those that x86 makes of the operands. */
function withNan(x: Lower, bits: Bits, result: Value, a: Value, b: Value): Expr {
  const { v128 } = x.w;
  const lanes = lanesOf(x, bits);
  const isNan = (v: Value) => lanes.ne(v(), v());
  const bit = (top: number) =>
    bits === 64
      ? x.w.i64x2.splat(x.w.i64.shl(x.const(64, top), x.const(64, 51)))
      : x.w.i32x4.splat(x.w.i32.shl(x.const(32, top), x.const(32, 22)));
  const quiet = (v: Value) => v128.or(v(), bit(1));
  // sign, exponent and quiet bit: 13 bits of a double, 10 of a single
  const byDefault = bit(bits === 64 ? 0x1fff : 0x3ff);
  const made = v128.bitselect(quiet(a), v128.bitselect(quiet(b), byDefault, isNan(b)), isNan(a));
  return v128.bitselect(made, result(), isNan(result));
}

/** addsd …: the low lane; the others stay. */
function scalar(op: Operation, bits: Bits): Lowering {
  return (x, inst) => {
    x.float = true;
    const b = sourceLow(x, inst, bits);
    x.xmm.setLow(inst.r0, bits, arith(x, op, bits, x.xmm.low(inst.r0, bits), b));
  };
}

function packed(op: Operation, bits: Bits): Lowering {
  return (x, inst) => {
    x.float = true;
    const b = source(x, inst);
    x.xmm.set(inst.r0, arith(x, op, bits, x.xmm.get(inst.r0), b));
  };
}

/** min, max: the source when a lane is a NaN or both are zeros, which is what pmin(src, dst) gives. */
function extreme(op: 'pmin' | 'pmax', bits: Bits, isScalar: boolean): Lowering {
  return (x, inst) => {
    x.float = true;
    const lanes = lanesOf(x, bits);
    if (isScalar) {
      const b = sourceLow(x, inst, bits);
      return x.xmm.setLow(inst.r0, bits, lanes[op](b, x.xmm.low(inst.r0, bits)));
    }
    const b = source(x, inst);
    x.xmm.set(inst.r0, lanes[op](b, x.xmm.get(inst.r0)));
  };
}

/** Even and odd lanes of two vectors. */
function pairs(x: Lower, bits: Bits, a: Value, b: Value): [even: Expr, odd: Expr] {
  const lanes = bits === 64 ? [0, 2] : [0, 2, 4, 6];
  const shuffle = (first: number) =>
    x.w.i8x16.shuffle(
      a(),
      b(),
      byteLanes(
        lanes.map((n) => n + first),
        bits / 8,
      ),
    );
  return [shuffle(0), shuffle(1)];
}

/** haddps/pd, hsubps/pd: neighbours of dst, then of src. */
function horizontal(op: 'add' | 'sub', bits: Bits): Lowering {
  return (x, inst) => {
    x.float = true;
    const b = x.keep(source(x, inst), V128);
    const [even, odd] = pairs(x, bits, () => x.xmm.get(inst.r0), b);
    x.xmm.set(inst.r0, arith(x, op, bits, even, odd));
  };
}

/** addsubps/pd: odd lanes are added, even lanes subtracted. */
function addsub(bits: Bits): Lowering {
  return (x, inst) => {
    x.float = true;
    const b = x.keep(source(x, inst), V128);
    const difference = x.keep(arith(x, 'sub', bits, x.xmm.get(inst.r0), b()), V128);
    const sum = arith(x, 'add', bits, x.xmm.get(inst.r0), b());
    const mask = bits === 64 ? byteLanes([0, 3], 8) : byteLanes([0, 5, 2, 7], 4);
    x.xmm.set(inst.r0, x.w.i8x16.shuffle(difference(), sum, mask));
  };
}

/** dpps, dppd: products of the lanes in imm[7:4], summed pairwise, to the lanes in imm[3:0]; 0 elsewhere. */
function dot(bits: Bits): Lowering {
  return (x, inst) => {
    x.float = true;
    const imm = imm8(inst);
    const size = bits / 8;
    const count = 16 / size;
    const b = source(x, inst);
    const product = x.keep(arith(x, 'mul', bits, x.xmm.get(inst.r0), b), V128);
    let sum = x.keep(chosen(x, product, size, imm >> 4), V128);
    for (let step = 1; step < count; step *= 2) {
      const lanes = Array.from({ length: count }, (_, i) => i ^ step);
      const others = x.w.i8x16.shuffle(sum(), sum(), byteLanes(lanes, size));
      sum = x.keep(arith(x, 'add', bits, sum(), others), V128);
    }
    const first = new Array<number>(count).fill(0);
    const everywhere = x.keep(x.w.i8x16.shuffle(sum(), sum(), byteLanes(first, size)), V128);
    x.xmm.set(inst.r0, chosen(x, everywhere, size, imm));
  };
}

/** Lanes whose bit is 1, the others 0. */
function chosen(x: Lower, value: Value, size: number, bits: number): Expr {
  const count = 16 / size;
  const lanes = Array.from({ length: count }, (_, i) => ((bits >> i) & 1 ? i : count));
  return x.w.i8x16.shuffle(value(), x.w.i32x4.splat(x.w.i32.const(0)), byteLanes(lanes, size));
}

// --- comparison -------------------------------------------------------------------------------------------------------

/** Masks of the eight predicates: eq lt le unord neq nlt nle ord. */
function compareLanes(x: Lower, bits: Bits, a: Value, b: Value, predicate: number): Expr {
  const lanes = lanesOf(x, bits);
  const { v128 } = x.w;
  const ordered = () => v128.and(lanes.eq(a(), a()), lanes.eq(b(), b()));
  switch (predicate) {
    case 0:
      return lanes.eq(a(), b());
    case 1:
      return lanes.lt(a(), b());
    case 2:
      return lanes.le(a(), b());
    case 3:
      return v128.not(ordered());
    case 4:
      return lanes.ne(a(), b());
    case 5:
      return v128.not(lanes.lt(a(), b()));
    case 6:
      return v128.not(lanes.le(a(), b()));
    default:
      return ordered();
  }
}

function compare(bits: Bits, isScalar: boolean): Lowering {
  return (x, inst) => {
    if (imm8(inst) > 7) return exec(x, inst);
    x.float = true;
    const b = x.keep(isScalar ? sourceLow(x, inst, bits) : source(x, inst), V128);
    const a = () => (isScalar ? x.xmm.low(inst.r0, bits) : x.xmm.get(inst.r0));
    const mask = compareLanes(x, bits, a, b, imm8(inst));
    if (isScalar) x.xmm.setLow(inst.r0, bits, mask);
    else x.xmm.set(inst.r0, mask);
  };
}

/** comis, ucomis: ZF PF CF are 111 unordered, 000 above, 001 below, 100 equal; the other flags are 0. */
function compareFlags(bits: Bits): Lowering {
  return (x, inst) => {
    x.float = true;
    const type = bits === 64 ? F64 : F32;
    const wide = bits === 64 ? x.w.f64 : x.w.f32;
    const { i32 } = x.w;
    const second = x.keep(sourceScalar(x, inst, bits), type);
    const first = x.xmm.scalar(inst.r0, bits);
    x.flags.setFormed((hold) => {
      const a = hold(first, type);
      const b = hold(second(), type);
      return (code) => {
        switch (code) {
          case 2:
            return i32.eqz(wide.ge(a(), b()));
          case 4:
          case 14:
            return i32.eqz(i32.or(wide.lt(a(), b()), wide.gt(a(), b())));
          case 6:
            return i32.eqz(wide.gt(a(), b()));
          case 10:
            return i32.or(wide.ne(a(), a()), wide.ne(b(), b()));
          default:
            return i32.const(0);
        }
      };
    });
  };
}

// biome-ignore format: aligned rows
export const float: Record<string, Lowering> = {
  ADDSS:  scalar('add', 32),   ADDSD:  scalar('add', 64),   ADDPS:  packed('add', 32),   ADDPD:  packed('add', 64),
  SUBSS:  scalar('sub', 32),   SUBSD:  scalar('sub', 64),   SUBPS:  packed('sub', 32),   SUBPD:  packed('sub', 64),
  MULSS:  scalar('mul', 32),   MULSD:  scalar('mul', 64),   MULPS:  packed('mul', 32),   MULPD:  packed('mul', 64),
  DIVSS:  scalar('div', 32),   DIVSD:  scalar('div', 64),   DIVPS:  packed('div', 32),   DIVPD:  packed('div', 64),
  SQRTSS: scalar('sqrt', 32),  SQRTSD: scalar('sqrt', 64),  SQRTPS: packed('sqrt', 32),  SQRTPD: packed('sqrt', 64),
  MINSS:  extreme('pmin', 32, true),   MINSD: extreme('pmin', 64, true),
  MINPS:  extreme('pmin', 32, false),  MINPD: extreme('pmin', 64, false),
  MAXSS:  extreme('pmax', 32, true),   MAXSD: extreme('pmax', 64, true),
  MAXPS:  extreme('pmax', 32, false),  MAXPD: extreme('pmax', 64, false),
  HADDPS: horizontal('add', 32),       HADDPD: horizontal('add', 64),
  HSUBPS: horizontal('sub', 32),       HSUBPD: horizontal('sub', 64),
  ADDSUBPS: addsub(32),                ADDSUBPD: addsub(64),
  DPPS:   dot(32),                     DPPD:   dot(64),
  CMPSS:  compare(32, true),           CMPSD:  compare(64, true),
  CMPPS:  compare(32, false),          CMPPD:  compare(64, false),
  COMISS: compareFlags(32),  UCOMISS: compareFlags(32),  COMISD: compareFlags(64),  UCOMISD: compareFlags(64),
};
