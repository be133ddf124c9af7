// Operands by canonical form: the first letter is the destination, the second the source (R register, M memory,
// I immediate, C the count in CL).
import { RCX } from '../../../assembly/shared/layout.ts';
import type { Inst } from '../region/inst.ts';
import { type Expr, I32 } from '../wasm/builder.ts';
import type { Lower } from './lower.ts';

/** Cuts an i32 to 8 or 16 bits; wider values pass. */
export function truncate(x: Lower, bits: number, value: Expr): Expr {
  if (bits >= 32) return value;
  return x.w.i32.and(value, x.w.i32.const(bits === 16 ? 0xffff : 0xff));
}

export interface Place {
  read(): Expr;
  write(value: Expr): void;
}

/** First operand; a memory address is computed once. */
export function destination(x: Lower, inst: Inst, bits: number = inst.op.bits): Place {
  if (inst.op.form[0] === 'M') {
    const at = x.keep(x.address(inst), I32);
    return { read: () => x.load(bits, at()), write: (value) => x.store(bits, at(), value) };
  }
  return { read: () => x.reg(inst.r0, bits), write: (value) => x.setReg(inst.r0, bits, value) };
}

/** Second operand, zero-extended to its width (i32 below 64 bits). */
export function source(x: Lower, inst: Inst, bits: number = inst.op.bits): Expr {
  switch (inst.op.form[1]) {
    case 'M':
      return x.load(bits, x.address(inst));
    case 'I':
      return x.const(bits, bits < 32 ? BigInt.asUintN(bits, inst.imm) : inst.imm);
    case 'C':
      return x.reg(RCX * 8, 8);
    default:
      // A register source of a memory destination is r1 too.
      return x.reg(inst.r1, bits);
  }
}
