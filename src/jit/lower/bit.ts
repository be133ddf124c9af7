// bt (register forms), bsf bsr tzcnt lzcnt popcnt, div idiv.
import { CF, ZF } from '../../../assembly/shared/flags.ts';
import { RAX, RDX } from '../../../assembly/shared/layout.ts';
import { constI64, type Expr, I32, I64 } from '../wasm/builder.ts';
import { exec } from './exec.ts';
import type { Lower, Lowering } from './lower.ts';
import { destination, source, truncate } from './operands.ts';

type Value = () => Expr;

function bitTest(change?: 'or' | 'xor' | 'clear'): Lowering {
  return (x, inst) => {
    const { w } = x;
    const { bits, form } = inst.op;
    // A memory operand with a register index reaches beyond the operand: the interpreter's.
    if (form === 'MR') return exec(x, inst);
    const wide = bits === 64 ? w.i64 : w.i32;
    const place = destination(x, inst);
    const value = x.keep(place.read(), x.type(bits));
    const at = x.keep(wide.and(source(x, inst), x.const(bits, bits - 1)), x.type(bits));
    const bit = x.keep(narrow(x, bits, wide.and(wide.shr_u(value(), at()), x.const(bits, 1))), I32);
    const mask = () => wide.shl(x.const(bits, 1), at());
    if (change === 'clear')
      place.write(truncate(x, bits, wide.and(value(), wide.xor(mask(), x.const(bits, -1)))));
    else if (change) place.write(truncate(x, bits, wide[change](value(), mask())));
    x.flags.replace(CF, bit);
  };
}

const narrow = (x: Lower, bits: number, value: Expr): Expr =>
  bits === 64 ? x.w.i32.wrap(value) : value;

/** tzcnt, lzcnt, popcnt: total functions. */
function count(name: 'ctz' | 'clz' | 'popcnt'): Lowering {
  return (x, inst) => {
    const { w } = x;
    const { bits } = inst.op;
    if (bits === 16 && name !== 'popcnt') return exec(x, inst);
    const wide = bits === 64 ? w.i64 : w.i32;
    const value = x.keep(source(x, inst), x.type(bits));
    const res = x.keep(wide[name](value()), x.type(bits));
    x.setReg(inst.r0, bits, res());
    const shift = (flag: Expr, by: number) => w.i32.shl(flag, w.i32.const(by));
    if (name === 'popcnt') x.flags.setExplicit(() => shift(wide.eqz(value()), 6));
    else x.flags.setExplicit(() => w.i32.or(wide.eqz(value()), shift(wide.eqz(res()), 6)));
  };
}

/** bsf, bsr: a zero source leaves the destination (as AMD and Intel do); ZF tells. */
function scan(forward: boolean): Lowering {
  return (x, inst) => {
    const { w } = x;
    const { bits } = inst.op;
    if (bits === 16) return exec(x, inst);
    const wide = bits === 64 ? w.i64 : w.i32;
    const value = x.keep(source(x, inst), x.type(bits));
    const index = forward
      ? wide.ctz(value())
      : wide.sub(x.const(bits, bits - 1), wide.clz(value()));
    const found = bits === 64 ? index : w.i64.extend_u(index);
    x.setGpr(inst.r0 >> 3, w.select(wide.eqz(value()), x.gpr(inst.r0 >> 3), found));
    x.flags.replace(ZF, () => w.i32.shl(wide.eqz(value()), w.i32.const(6)));
  };
}

/** div, idiv of 32 and 64 bits where the dividend fits the operand size; what does not, and #DE, is the interpreter's. */
function divide(isSigned: boolean): Lowering {
  return (x, inst) => {
    const { w } = x;
    const { bits } = inst.op;
    if (bits < 32) return exec(x, inst);
    const divisor = x.keep(
      inst.op.form === 'M' ? x.load(bits, x.address(inst)) : x.reg(inst.r0, bits),
      x.type(bits),
    );
    if (bits === 64) return divide64(x, inst, isSigned, divisor);
    const high = x.w.i64.shl(x.gpr(RDX), constI64(w, 32));
    const dividend = x.keep(w.i64.or(high, w.i64.and(x.gpr(RAX), constI64(w, 0xffffffff))), I64);
    const by = x.keep(isSigned ? w.i64.extend_s(divisor()) : w.i64.extend_u(divisor()), I64);
    const min = constI64(w, -(2n ** 63n));
    x.interpretUnless(w.i64.ne(by(), constI64(w, 0)), inst);
    if (isSigned) x.interpretUnless(w.i64.ne(dividend(), min), inst);
    const quotient = x.keep(
      isSigned ? w.i64.div_s(dividend(), by()) : w.i64.div_u(dividend(), by()),
      I64,
    );
    const fits = isSigned
      ? w.i64.eq(quotient(), w.i64.extend32_s(quotient()))
      : w.i64.eqz(w.i64.shr_u(quotient(), constI64(w, 32)));
    x.interpretUnless(fits, inst, () => {
      const remainder = w.i64.sub(dividend(), w.i64.mul(quotient(), by()));
      const kept = x.keep(remainder, I64);
      x.setReg(RAX * 8, 32, w.i32.wrap(quotient()));
      x.setReg(RDX * 8, 32, w.i32.wrap(kept()));
    });
  };
}

function divide64(x: Lower, inst: Parameters<Lowering>[1], isSigned: boolean, by: Value): void {
  const { w } = x;
  const a = x.keep(x.gpr(RAX), I64);
  const extension = isSigned ? w.i64.shr_s(a(), constI64(w, 63)) : constI64(w, 0);
  x.interpretUnless(w.i64.eq(x.gpr(RDX), extension), inst);
  // The interpreter gets −1 too: it may overflow.
  const good = isSigned
    ? w.i64.gt_u(w.i64.add(by(), constI64(w, 1)), constI64(w, 1))
    : w.i64.ne(by(), constI64(w, 0));
  x.interpretUnless(good, inst, () => {
    const quotient = x.keep(isSigned ? w.i64.div_s(a(), by()) : w.i64.div_u(a(), by()), I64);
    x.setGpr(RDX, w.i64.sub(a(), w.i64.mul(quotient(), by())));
    x.setGpr(RAX, quotient());
  });
}

// biome-ignore format: aligned rows
export const bits: Record<string, Lowering> = {
  BT: bitTest(), BTS: bitTest('or'), BTC: bitTest('xor'), BTR: bitTest('clear'),
  BSF: scan(true), BSR: scan(false), TZCNT: count('ctz'), LZCNT: count('clz'), POPCNT: count('popcnt'),
  DIV: divide(false), IDIV: divide(true),
};
