// Operands of vector instructions, and what their lowerings share.
import { INST_MEM } from '../../../assembly/shared/inst.ts';
import { ZERO } from '../../../assembly/shared/layout.ts';
import type { Inst } from '../region/inst.ts';
import { constI64, type Expr, GUEST, I32, V128 } from '../wasm/builder.ts';
import type { Lower, Lowering } from './lower.ts';

export type Value = () => Expr;
export type Binary = (a: Expr, b: Expr) => Expr;

export const isMem = (inst: Inst): boolean => (inst.flags & INST_MEM) !== 0;

/** imm8 */
export const imm8 = (inst: Inst): number => Number(inst.imm) & 0xff;

export const load128 = (x: Lower, address: Expr): Expr => x.w.v128.load(0, 1, address, GUEST);

export const zero = (x: Lower): Expr => x.w.i64x2.splat(constI64(x.w, 0));
export const ones = (x: Lower): Expr => x.w.i64x2.splat(constI64(x.w, -1));

/** Address of a 16-byte operand that must be aligned (else #GP, which the interpreter raises). */
export function alignedAddress(x: Lower, inst: Inst): Expr {
  const { i32 } = x.w;
  const isConstant = inst.base === ZERO && inst.index === ZERO && inst.seg === 0;
  if ((isConstant && (inst.disp & 15) === 0) || x.isAligned(inst)) return x.address(inst);
  const at = x.keep(x.address(inst), I32);
  x.interpretUnless(i32.eqz(i32.and(at(), i32.const(15))), inst, () => {});
  x.noteAligned(inst);
  return at();
}

/** The second operand, all 16 bytes. */
export function source(x: Lower, inst: Inst): Expr {
  return isMem(inst) ? load128(x, alignedAddress(x, inst)) : x.xmm.get(inst.r1);
}

/** The low `bits` of the second operand in a vector; what the upper lanes hold does not matter. */
export function sourceLow(x: Lower, inst: Inst, bits: 16 | 32 | 64): Expr {
  const { w } = x;
  if (!isMem(inst)) return x.xmm.low(inst.r1, bits === 16 ? 32 : bits);
  const at = x.address(inst);
  if (bits === 64) return w.v128.load64_zero(0, 1, at, GUEST);
  if (bits === 32) return w.v128.load32_zero(0, 1, at, GUEST);
  return w.v128.load16_lane(0, 1, 0, at, zero(x), GUEST);
}

/** The second operand, a general register or memory: i32 below 64 bits. */
export function sourceGpr(x: Lower, inst: Inst, bits: number): Expr {
  return isMem(inst) ? x.load(bits, x.address(inst)) : x.reg(inst.r1, bits);
}

/** dst = op(dst, src) */
export function packed(op: (x: Lower) => Binary): Lowering {
  return (x, inst) => {
    const b = source(x, inst);
    x.xmm.set(inst.r0, op(x)(x.xmm.get(inst.r0), b));
  };
}

/** dst = op(dst, src) where `op` reads its operands more than once. */
export function packedTwice(op: (x: Lower, a: Value, b: Value, imm: number) => Expr): Lowering {
  return (x, inst) => {
    const b = x.keep(source(x, inst), V128);
    const a = () => x.xmm.get(inst.r0);
    x.xmm.set(inst.r0, op(x, a, b, imm8(inst)));
  };
}

/** dst = op(src) */
export function unary(op: (x: Lower) => (a: Expr) => Expr): Lowering {
  return (x, inst) => x.xmm.set(inst.r0, op(x)(source(x, inst)));
}

/** Byte indices for a shuffle by lanes of `size` bytes. */
export function byteLanes(lanes: readonly number[], size: number): number[] {
  return lanes.flatMap((lane) => Array.from({ length: size }, (_, i) => lane * size + i));
}
