// shl shr sar rol ror shld shrd. A count of 0 (after masking) changes nothing, flags included.
import { CF, OF } from '../../../assembly/shared/flags.ts';
import type { Inst } from '../region/inst.ts';
import { type Expr, I32 } from '../wasm/builder.ts';
import { exec } from './exec.ts';
import type { Lower, Lowering } from './lower.ts';
import { destination, source, truncate } from './operands.ts';

type Value = () => Expr;
type Kind = 'shl' | 'shr' | 'sar';

const isConstant = (inst: Inst): boolean => inst.op.form.endsWith('I');
const countMask = (bits: number): number => (bits === 64 ? 63 : 31);

function bit(x: Lower, bits: number, value: Expr, at: Value): Expr {
  const { w } = x;
  if (bits === 64)
    return w.i32.and(w.i32.wrap(w.i64.shr_u(value, w.i64.extend_u(at()))), w.i32.const(1));
  return w.i32.and(w.i32.shr_u(value, at()), w.i32.const(1));
}

function shifted(x: Lower, kind: Kind, bits: number, value: Expr, count: Expr): Expr {
  const { w } = x;
  if (bits === 64) {
    const n = w.i64.extend_u(count);
    return kind === 'shl'
      ? w.i64.shl(value, n)
      : kind === 'shr'
        ? w.i64.shr_u(value, n)
        : w.i64.shr_s(value, n);
  }
  const narrow = kind === 'sar' && bits < 32;
  const from = narrow ? (bits === 16 ? w.i32.extend16_s(value) : w.i32.extend8_s(value)) : value;
  const result =
    kind === 'shl'
      ? w.i32.shl(from, count)
      : kind === 'shr'
        ? w.i32.shr_u(from, count)
        : w.i32.shr_s(from, count);
  return truncate(x, bits, result);
}

function top(x: Lower, bits: number, value: Expr): Expr {
  return bit(x, bits, value, () => x.w.i32.const(bits - 1));
}

/** CF: the last bit shifted out; OF as for a count of 1. */
function shiftFlags(x: Lower, kind: Kind, bits: number, a: Value, res: Value, count: Value): void {
  const { i32 } = x.w;
  const last: Value = () => i32.sub(count(), i32.const(1));
  const carry: Value = () => {
    if (kind === 'shl') {
      const at: Value = () => i32.sub(i32.const(bits), count());
      return bits >= 32
        ? bit(x, bits, a(), at)
        : i32.and(i32.shr_u(i32.shl(a(), count()), i32.const(bits)), i32.const(1));
    }
    if (kind === 'sar' && bits < 32) {
      const wide = bits === 16 ? i32.extend16_s(a()) : i32.extend8_s(a());
      return i32.and(i32.shr_s(wide, last()), i32.const(1));
    }
    return bit(x, bits, a(), last);
  };
  const overflow: Value = () => {
    if (kind === 'sar') return i32.const(0);
    if (kind === 'shr') return top(x, bits, a());
    return i32.xor(top(x, bits, res()), carry());
  };
  x.flags.setResult(bits, res, carry, overflow);
}

function shift(kind: Kind): Lowering {
  return (x, inst) => {
    const { bits } = inst.op;
    const place = destination(x, inst);
    if (isConstant(inst)) {
      const n = Number(inst.imm) & countMask(bits);
      if (n === 0) {
        if (bits === 32) place.write(place.read());
        return;
      }
      const a = x.keep(place.read(), x.type(bits));
      const res = x.keep(shifted(x, kind, bits, a(), x.w.i32.const(n)), x.type(bits));
      place.write(res());
      shiftFlags(x, kind, bits, a, res, () => x.w.i32.const(n));
      return;
    }
    const count = x.keep(x.w.i32.and(source(x, inst, 8), x.w.i32.const(countMask(bits))), I32);
    const a = x.keep(place.read(), x.type(bits));
    const res = x.keep(shifted(x, kind, bits, a(), count()), x.type(bits));
    place.write(res());
    x.flags.setUnlessZero(count, () => shiftFlags(x, kind, bits, a, res, count));
  };
}

/** rol, ror: only CF and OF change. */
function rotate(left: boolean): Lowering {
  return (x, inst) => {
    const { w } = x;
    const { bits } = inst.op;
    if (bits < 32 && !isConstant(inst)) return exec(x, inst);
    const place = destination(x, inst);
    const constant = isConstant(inst) ? Number(inst.imm) & countMask(bits) : -1;
    if (constant === 0) {
      if (bits === 32) place.write(place.read());
      return;
    }
    const count: Value =
      constant > 0
        ? () => w.i32.const(constant)
        : x.keep(w.i32.and(source(x, inst, 8), w.i32.const(countMask(bits))), I32);
    const a = x.keep(place.read(), x.type(bits));
    const res = x.keep(rotated(x, left, bits, a, count, constant), x.type(bits));
    place.write(res());
    const status: Value = () => {
      const carry: Value = left
        ? () => bit(x, bits, res(), () => w.i32.const(0))
        : () => top(x, bits, res());
      const overflow = left
        ? w.i32.xor(top(x, bits, res()), carry())
        : w.i32.xor(
            top(x, bits, res()),
            bit(x, bits, res(), () => w.i32.const(bits - 2)),
          );
      return w.i32.or(carry(), w.i32.shl(overflow, w.i32.const(11)));
    };
    if (constant > 0) x.flags.replace(CF | OF, status);
    else x.flags.setUnlessZero(count, () => x.flags.replace(CF | OF, status));
  };
}

function rotated(
  x: Lower,
  left: boolean,
  bits: number,
  a: Value,
  count: Value,
  constant: number,
): Expr {
  const { w } = x;
  if (bits === 64) return (left ? w.i64.rotl : w.i64.rotr)(a(), w.i64.extend_u(count()));
  if (bits === 32) return (left ? w.i32.rotl : w.i32.rotr)(a(), count());
  const n = (left ? constant : bits - (constant % bits)) % bits;
  return truncate(
    x,
    bits,
    w.i32.or(w.i32.shl(a(), w.i32.const(n)), w.i32.shr_u(a(), w.i32.const(bits - n))),
  );
}

/** shld, shrd of 32 and 64 bits with a constant count; others are the interpreter's. */
function double(left: boolean): Lowering {
  return (x, inst) => {
    const { w } = x;
    const { bits } = inst.op;
    const n = Number(inst.imm) & countMask(bits);
    if (bits < 32 || !isConstant(inst) || n === 0) return exec(x, inst);
    const place = destination(x, inst);
    const a = x.keep(place.read(), x.type(bits));
    const b = x.reg(inst.r1, bits);
    const wide = bits === 64 ? w.i64 : w.i32;
    const value = left
      ? wide.or(wide.shl(a(), x.const(bits, n)), wide.shr_u(b, x.const(bits, bits - n)))
      : wide.or(wide.shr_u(a(), x.const(bits, n)), wide.shl(b, x.const(bits, bits - n)));
    const res = x.keep(value, x.type(bits));
    place.write(res());
    const carry: Value = () => bit(x, bits, a(), () => w.i32.const(left ? bits - n : n - 1));
    const overflow: Value = () => w.i32.xor(top(x, bits, a()), top(x, bits, res()));
    x.flags.setResult(bits, res, carry, overflow);
  };
}

// biome-ignore format: aligned rows
export const shifts: Record<string, Lowering> = {
  SHL: shift('shl'), SHR: shift('shr'), SAR: shift('sar'), ROL: rotate(true), ROR: rotate(false),
  SHLD: double(true), SHRD: double(false),
};
