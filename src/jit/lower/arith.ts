// add sub cmp and or xor test inc dec neg not adc sbb, imul mul, cbw family.
import {
  FLAGS_ADD,
  FLAGS_DEC,
  FLAGS_INC,
  FLAGS_LOGIC,
  FLAGS_SUB,
} from '../../../assembly/shared/flags.ts';
import { RAX, RDX } from '../../../assembly/shared/layout.ts';
import type { Inst } from '../region/inst.ts';
import { constI64, type Expr, I32, I64 } from '../wasm/builder.ts';
import type { Lower, Lowering } from './lower.ts';
import { destination, type Place, source, truncate } from './operands.ts';

type Value = () => Expr;
type Binary = 'add' | 'sub' | 'and' | 'or' | 'xor';

/** dst = dst op src, with flags; `write` is false for cmp and test. */
function binary(name: Binary, flagOp: number, write: boolean): Lowering {
  return (x, inst) => {
    const { bits } = inst.op;
    if (!write && x.beforeBranch && inst.op.form[0] === 'R' && inst.op.form[1] !== 'M')
      return compareRegisters(x, inst, name, flagOp);
    if (
      write &&
      bits < 32 &&
      flagOp === FLAGS_LOGIC &&
      inst.op.form[0] === 'R' &&
      (inst.r0 & 1) === 0
    )
      return logicOfPart(x, inst, name as 'and' | 'or' | 'xor');
    const place = destination(x, inst);
    if (write && x.flagsLive === 0 && !x.dry) {
      const wide = bits === 64 ? x.w.i64 : x.w.i32;
      return place.write(truncate(x, bits, wide[name](place.read(), source(x, inst))));
    }
    const a = x.keep(place.read(), x.type(bits));
    const b = x.keep(source(x, inst), x.type(bits));
    const wide = bits === 64 ? x.w.i64 : x.w.i32;
    const res = x.keep(truncate(x, bits, wide[name](a(), b())), x.type(bits));
    if (write) place.write(res());
    if (flagOp === FLAGS_LOGIC) x.flags.set(flagOp, bits, res);
    else x.flags.set(flagOp, bits, res, a, b);
  };
}

/** and, or, xor of a register's low 8 or 16 bits: the others need not be put together again. */
function logicOfPart(x: Lower, inst: Inst, name: 'and' | 'or' | 'xor'): void {
  const { i64 } = x.w;
  const { bits } = inst.op;
  const n = inst.r0 >> 3;
  const part = i64.extend_u(source(x, inst));
  const operand =
    name === 'and' ? i64.or(part, constI64(x.w, bits === 8 ? -0x100 : -0x10000)) : part;
  x.setGpr(n, i64[name](x.gpr(n), operand));
  x.flags.set(FLAGS_LOGIC, bits, () => x.reg(inst.r0, bits));
}

/** cmp or test of registers whose only reader is the branch behind it: the values are still there. */
function compareRegisters(x: Lower, inst: Inst, name: Binary, flagOp: number): void {
  const { bits } = inst.op;
  const a = () => x.reg(inst.r0, bits);
  const b = () => source(x, inst);
  if (flagOp !== FLAGS_LOGIC)
    return x.flags.setUnkept(
      flagOp,
      bits,
      () => truncate(x, bits, (bits === 64 ? x.w.i64 : x.w.i32)[name](a(), b())),
      a,
      b,
    );
  const isSame = inst.op.form === 'RR' && inst.r0 === inst.r1;
  x.flags.setUnkept(
    flagOp,
    bits,
    isSame ? a : () => (bits === 64 ? x.w.i64 : x.w.i32).and(a(), b()),
  );
}

/** xor r, r and sub r, r do not depend on r. */
function clearing(name: 'xor' | 'sub', flagOp: number): Lowering {
  const general = binary(name, flagOp, true);
  return (x, inst) => {
    const { bits, form } = inst.op;
    if (form !== 'RR' || inst.r0 !== inst.r1 || bits < 32) return general(x, inst);
    x.setGpr(inst.r0 >> 3, constI64(x.w, 0));
    x.flags.set(FLAGS_LOGIC, bits, () => x.const(bits, 0));
  };
}

function unary(op: (x: Lower, place: Place, bits: number) => void): Lowering {
  return (x, inst) => op(x, destination(x, inst), inst.op.bits);
}

function step(flagOp: typeof FLAGS_INC | typeof FLAGS_DEC): Lowering {
  return unary((x, place, bits) => {
    const wide = bits === 64 ? x.w.i64 : x.w.i32;
    const one = x.const(bits, 1);
    const sum = flagOp === FLAGS_INC ? wide.add(place.read(), one) : wide.sub(place.read(), one);
    const res = x.keep(truncate(x, bits, sum), x.type(bits));
    x.flags.setKeepingCarry(flagOp, bits, res);
    place.write(res());
  });
}

const neg = unary((x, place, bits) => {
  const wide = bits === 64 ? x.w.i64 : x.w.i32;
  const b = x.keep(place.read(), x.type(bits));
  const res = x.keep(truncate(x, bits, wide.sub(x.const(bits, 0), b())), x.type(bits));
  place.write(res());
  x.flags.set(FLAGS_SUB, bits, res, () => x.const(bits, 0), b);
});

const not = unary((x, place, bits) => {
  const wide = bits === 64 ? x.w.i64 : x.w.i32;
  place.write(truncate(x, bits, wide.xor(place.read(), x.const(bits, -1))));
});

/** adc, sbb: the carry-out from the two partial operations. */
function withCarry(subtract: boolean): Lowering {
  return (x, inst) => {
    const { w } = x;
    const { bits } = inst.op;
    const wide = bits === 64 ? w.i64 : w.i32;
    const type = x.type(bits);
    const carryIn = x.keep(x.flags.condition('B'), I32);
    const place = destination(x, inst);
    const a = x.keep(place.read(), type);
    const b = x.keep(source(x, inst), type);
    const op = subtract ? wide.sub : wide.add;
    const c = () => (bits === 64 ? w.i64.extend_u(carryIn()) : carryIn());
    const res = x.keep(truncate(x, bits, op(op(a(), b()), c())), type);
    place.write(res());
    const carry: Value = subtract
      ? () => w.i32.or(wide.lt_u(a(), b()), w.i32.and(carryIn(), wide.eq(a(), b())))
      : () => w.i32.or(wide.lt_u(res(), a()), w.i32.and(carryIn(), wide.eq(res(), a())));
    const signBit = (v: Expr) => {
      const shifted = wide.shr_u(v, x.const(bits, bits - 1));
      return bits === 64
        ? w.i32.and(w.i32.wrap(shifted), w.i32.const(1))
        : w.i32.and(shifted, w.i32.const(1));
    };
    const overflow: Value = subtract
      ? () => signBit(wide.and(wide.xor(a(), b()), wide.xor(a(), res())))
      : () => signBit(wide.and(wide.xor(a(), res()), wide.xor(b(), res())));
    const low = (v: Value) => (bits === 64 ? w.i32.wrap(v()) : v());
    const adjust: Value = () =>
      w.i32.and(
        w.i32.shr_u(w.i32.xor(w.i32.xor(low(a), low(b)), low(res)), w.i32.const(4)),
        w.i32.const(1),
      );
    x.flags.setResult(bits, res, carry, overflow, adjust);
  };
}

/** imul r, r/m and imul r, r/m, imm: CF = OF = the product does not fit. */
const imul: Lowering = (x, inst) => {
  const { w } = x;
  const { bits, form } = inst.op;
  if (form.length === 1) return wideMultiply(true)(x, inst);
  const three = form.length === 3;
  const type = x.type(bits);
  const first = three ? sourceOperand(x, inst) : x.reg(inst.r0, bits);
  const a = x.keep(first, type);
  const b = x.keep(three ? x.const(bits, inst.imm) : source(x, inst), type);
  if (bits === 64) {
    const res = x.keep(w.i64.mul(a(), b()), I64);
    x.setReg(inst.r0, 64, res());
    const fits: Value = () => w.i64.ne(highSigned(x, a, b), w.i64.shr_s(res(), constI64(w, 63)));
    x.flags.setResult(64, res, fits, fits);
    return;
  }
  const wideA = w.i64.extend_s(signedNarrow(x, bits, a()));
  const wideB = w.i64.extend_s(signedNarrow(x, bits, b()));
  const product = x.keep(w.i64.mul(wideA, wideB), I64);
  const res = x.keep(truncate(x, bits, w.i32.wrap(product())), I32);
  x.setReg(inst.r0, bits, res());
  const fits: Value = () => w.i64.ne(product(), w.i64.extend_s(signedNarrow(x, bits, res())));
  x.flags.setResult(bits, res, fits, fits);
};

/** The r/m operand of a three-operand form. */
function sourceOperand(x: Lower, inst: Inst): Expr {
  return inst.op.form[1] === 'M'
    ? x.load(inst.op.bits, x.address(inst))
    : x.reg(inst.r1, inst.op.bits);
}

function signedNarrow(x: Lower, bits: number, value: Expr): Expr {
  if (bits === 32) return value;
  return bits === 16 ? x.w.i32.extend16_s(value) : x.w.i32.extend8_s(value);
}

/** High 64 bits of the unsigned product, by 32-bit halves. */
export function highUnsigned(x: Lower, a: Value, b: Value): Expr {
  const { i64 } = x.w;
  const c32 = () => constI64(x.w, 32);
  const mask = () => constI64(x.w, 0xffffffff);
  const lowLow = i64.shr_u(i64.mul(i64.and(a(), mask()), i64.and(b(), mask())), c32());
  const mid = x.keep(i64.add(i64.mul(i64.shr_u(a(), c32()), i64.and(b(), mask())), lowLow), I64);
  const mid2 = i64.add(
    i64.mul(i64.and(a(), mask()), i64.shr_u(b(), c32())),
    i64.and(mid(), mask()),
  );
  const high = i64.mul(i64.shr_u(a(), c32()), i64.shr_u(b(), c32()));
  return i64.add(i64.add(high, i64.shr_u(mid(), c32())), i64.shr_u(mid2, c32()));
}

function highSigned(x: Lower, a: Value, b: Value): Expr {
  const { i64 } = x.w;
  const sign = (v: Value) => i64.shr_s(v(), constI64(x.w, 63));
  const high = x.keep(highUnsigned(x, a, b), I64);
  return i64.sub(i64.sub(high(), i64.and(sign(a), b())), i64.and(sign(b), a()));
}

/** mul, imul with one operand: rdx:rax = rax × operand. */
function wideMultiply(isSigned: boolean): Lowering {
  return (x, inst) => {
    const { w } = x;
    const { bits } = inst.op;
    const type = x.type(bits);
    const b = x.keep(
      inst.op.form === 'M' ? x.load(bits, x.address(inst)) : x.reg(inst.r0, bits),
      type,
    );
    const a = x.keep(x.reg(RAX * 8, bits), type);
    if (bits === 64) {
      const high = x.keep(isSigned ? highSigned(x, a, b) : highUnsigned(x, a, b), I64);
      const low = x.keep(w.i64.mul(a(), b()), I64);
      x.setGpr(RAX, low());
      x.setGpr(RDX, high());
      const lost: Value = () =>
        w.i64.ne(high(), isSigned ? w.i64.shr_s(low(), constI64(w, 63)) : constI64(w, 0));
      x.flags.setResult(64, low, lost, lost);
      return;
    }
    const extend = (v: Value) =>
      isSigned ? w.i64.extend_s(signedNarrow(x, bits, v())) : w.i64.extend_u(v());
    const product = x.keep(w.i64.mul(extend(a), extend(b)), I64);
    if (bits === 8) x.setReg(RAX * 8, 16, w.i32.wrap(product()));
    else {
      x.setReg(RAX * 8, bits, w.i32.wrap(product()));
      x.setReg(RDX * 8, bits, w.i32.wrap(w.i64.shr_u(product(), constI64(w, bits))));
    }
    const res = x.keep(truncate(x, bits, w.i32.wrap(product())), I32);
    const lost: Value = () =>
      w.i64.ne(
        product(),
        isSigned ? w.i64.extend_s(signedNarrow(x, bits, res())) : w.i64.extend_u(res()),
      );
    x.flags.setResult(bits, res, lost, lost);
  };
}

// biome-ignore format: aligned rows
export const arith: Record<string, Lowering> = {
  ADD: binary('add', FLAGS_ADD, true),   SUB:  clearing('sub', FLAGS_SUB),
  CMP: binary('sub', FLAGS_SUB, false),  TEST: binary('and', FLAGS_LOGIC, false),
  AND: binary('and', FLAGS_LOGIC, true), OR:   binary('or', FLAGS_LOGIC, true),
  XOR: clearing('xor', FLAGS_LOGIC),
  ADC: withCarry(false),                 SBB:  withCarry(true),
  INC: step(FLAGS_INC),                  DEC:  step(FLAGS_DEC),
  NEG: neg,                              NOT:  not,
  IMUL: imul,                            MUL:  wideMultiply(false),
  CBW:  (x) => x.setReg(RAX * 8, 16, x.w.i32.extend8_s(x.reg(RAX * 8, 8))),
  CWDE: (x) => x.setReg(RAX * 8, 32, x.w.i32.extend16_s(x.reg(RAX * 8, 16))),
  CDQE: (x) => x.setGpr(RAX, x.w.i64.extend32_s(x.gpr(RAX))),
  CWD:  (x) => x.setReg(RDX * 8, 16, x.w.i32.shr_s(x.w.i32.extend16_s(x.reg(RAX * 8, 16)), x.w.i32.const(15))),
  CDQ:  (x) => x.setReg(RDX * 8, 32, x.w.i32.shr_s(x.reg(RAX * 8, 32), x.w.i32.const(31))),
  CQO:  (x) => x.setGpr(RDX, x.w.i64.shr_s(x.gpr(RAX), constI64(x.w, 63))),
};
