// x87 instructions: what moves registers is done in place, what computes is a call of the runtime's function for it
// (assembly/x87/direct.ts). The rest (functions, environment, comparisons by status word …) is interpreted.
import { FCW, X87_RESULT } from '../../../assembly/shared/layout.ts';
import type { Inst } from '../region/inst.ts';
import { callOptional, constI64, type Expr, GUEST, I32 } from '../wasm/builder.ts';
import type { X87Helper } from '../wasm/exports.ts';
import { exec } from './exec.ts';
import type { Kept, Lower, Lowering } from './lower.ts';
import type { StackUse } from './x87-stack.ts';

interface Row {
  readonly use: (inst: Inst) => StackUse;
  readonly lower: (x: Lower, inst: Inst) => void;
}

/** Number of a register operand. */
const source = (inst: Inst): number => inst.r1 >> 4;
const target = (inst: Inst): number => inst.r0 >> 4;

const ST0 = [0];
const first = (): StackUse => ({ reads: ST0 });
const popsFirst = (): StackUse => ({ reads: ST0, pops: 1 });
const push = (): StackUse => ({ pushes: true });
const both = (inst: Inst): StackUse => ({ reads: [0, source(inst)] });

const SIGN = 0x8000;
const MASKS = 0x3f;
const ONE = [0x3fff, 1n << 63n] as const;
const ZERO = [0, 0n] as const;

/** Address of the memory operand, with everything that can go wrong behind it. */
function operand(x: Lower, inst: Inst): Kept {
  const at = x.keep(x.address(inst), I32);
  x.x87.noteOperand(at);
  return at;
}

function call(x: Lower, name: X87Helper, ...args: readonly Expr[]): Expr {
  return x.dry ? 0 : callOptional(x.w, name, ...args);
}

/** A call that returns exceptions and C1. */
function compute(x: Lower, name: X87Helper, ...args: readonly Expr[]): void {
  x.x87.raise(call(x, name, x.ctx(), ...args));
}

// --- arithmetic ---------------------------------------------------------------------------------------------------------

/** Function, number (assembly/x87/arith.ts) and whether the operands change places. */
const ARITHMETIC: Readonly<Record<string, readonly [X87Helper, kind: number, reversed: boolean]>> =
  {
    ADD: ['x87Add', 0, false],
    MUL: ['x87Mul', 1, false],
    SUB: ['x87Sub', 2, false],
    SUBR: ['x87Sub', 3, true],
    DIV: ['x87Div', 4, false],
    DIVR: ['x87Div', 5, true],
  };

function registers(
  name: string,
  to: (inst: Inst) => number,
  from: (inst: Inst) => number,
): Row['lower'] {
  const [helper, , reversed] = ARITHMETIC[name]!;
  return (x, inst) => {
    const [a, b] = reversed ? [from(inst), to(inst)] : [to(inst), from(inst)];
    compute(x, helper, x.x87.at(to(inst)), x.x87.at(a), x.x87.at(b));
  };
}

/** ST0 ∘ memory. */
function memory(
  name: string,
  helper: X87Helper,
  value: (x: Lower, at: Expr) => Expr,
): Row['lower'] {
  const [, kind] = ARITHMETIC[name]!;
  return (x, inst) => {
    const at = operand(x, inst);
    compute(x, helper, x.x87.at(0), x.w.i32.const(kind), value(x, at()));
  };
}

const single = (x: Lower, at: Expr) => x.load(32, at);
const double = (x: Lower, at: Expr) => x.load(64, at);
const int16 = (x: Lower, at: Expr) => x.w.i64.load16_s(0, 1, at, GUEST);
const int32 = (x: Lower, at: Expr) => x.w.i64.load32_s(0, 1, at, GUEST);

const zero = () => 0;
const arithmetic = Object.keys(ARITHMETIC).flatMap((name): [string, Row][] => [
  [`F${name}_0I`, { use: both, lower: registers(name, zero, source) }],
  [
    `F${name}_I0`,
    { use: (i) => ({ reads: [0, target(i)] }), lower: registers(name, target, zero) },
  ],
  [
    `F${name}P`,
    { use: (i) => ({ reads: [0, target(i)], pops: 1 }), lower: registers(name, target, zero) },
  ],
  [`F${name}_M32`, { use: first, lower: memory(name, 'x87ArithSingle', single) }],
  [`F${name}_M64`, { use: first, lower: memory(name, 'x87ArithDouble', double) }],
  [`FI${name}_M16`, { use: first, lower: memory(name, 'x87ArithInt', int16) }],
  [`FI${name}_M32`, { use: first, lower: memory(name, 'x87ArithInt', int32) }],
]);

const unary =
  (name: X87Helper): Row['lower'] =>
  (x) =>
    compute(x, name, x.x87.at(0), x.x87.at(0));

// --- loads, stores, moves -------------------------------------------------------------------------------------------------

function load(name: 'x87FromSingle' | 'x87FromDouble', bits: number): Row['lower'] {
  return (x, inst) => {
    const at = operand(x, inst);
    compute(x, name, x.x87.at(-1), x.load(bits, at()));
  };
}

function loadInt(value: (x: Lower, at: Expr) => Expr): Row['lower'] {
  return (x, inst) => {
    const at = operand(x, inst);
    x.push(call(x, 'x87FromInt', x.x87.at(-1), value(x, at())));
    x.x87.clearC1();
  };
}

const load80: Row['lower'] = (x, inst) => {
  const at = operand(x, inst);
  const { w } = x;
  const exponent = w.i32.load16_u(8, 1, at(), GUEST);
  x.x87.write(() => x.x87.at(-1), exponent, w.i64.load(0, 1, at(), GUEST));
  x.x87.clearC1();
};

function store(name: 'x87ToSingle' | 'x87ToDouble', bits: 32 | 64): Row['lower'] {
  return (x, inst) => {
    const to = operand(x, inst);
    compute(x, name, x.x87.at(0));
    x.store(bits, to(), result(x, bits));
  };
}

function storeInt(bits: 16 | 32 | 64, truncate: boolean): Row['lower'] {
  return (x, inst) => {
    const to = operand(x, inst);
    const { i32 } = x.w;
    compute(x, 'x87ToInt', x.x87.at(0), i32.const(bits), i32.const(truncate ? 1 : 0));
    x.store(bits, to(), result(x, bits));
  };
}

const result = (x: Lower, bits: number): Expr =>
  bits === 64 ? x.w.i64.load(X87_RESULT, 8, x.ctx(), GUEST) : x.ctxI32(X87_RESULT);

const store80: Row['lower'] = (x, inst) => {
  const to = operand(x, inst);
  const { i32, i64 } = x.w;
  const from = x.x87.at(0);
  x.push(i64.store(0, 1, to(), x.x87.significand(from), GUEST));
  x.push(i32.store16(8, 1, to(), x.x87.exponent(x.x87.at(0)), GUEST));
  x.x87.clearC1();
};

function copy(x: Lower, to: number, from: number): void {
  const { x87 } = x;
  if (to !== from)
    x87.write(() => x87.at(to), x87.exponent(x87.at(from)), x87.significand(x87.at(from)));
}

const pushRegister: Row['lower'] = (x, inst) => {
  copy(x, -1, source(inst));
  x.x87.clearC1();
};

const storeRegister: Row['lower'] = (x, inst) => {
  copy(x, target(inst), 0);
  x.x87.clearC1();
};

const exchange: Row['lower'] = (x, inst) => {
  x.x87.exchange(source(inst));
  x.x87.clearC1();
};

const constant =
  ([exponent, significand]: readonly [number, bigint]): Row['lower'] =>
  (x) => {
    x.x87.write(() => x.x87.at(-1), x.w.i32.const(exponent), constI64(x.w, significand));
    x.x87.clearC1();
  };

function sign(change: (x: Lower, exponent: Expr) => Expr): Row['lower'] {
  return (x) => {
    const { x87 } = x;
    x87.writeExponent(x87.at(0), change(x, x87.exponent(x87.at(0))));
    x87.clearC1();
  };
}

// --- comparison, control ----------------------------------------------------------------------------------------------------

/** Condition codes as FSW has them; CF, PF and ZF are C0, C2 and C3. */
const C0 = 0x100;
const C2 = 0x400;
const C3 = 0x4000;
/** Codes that make a condition (its number without the lowest bit) hold. */
const CODES: Readonly<Record<number, number>> = { 2: C0, 4: C3, 6: C0 | C3, 10: C2, 14: C3 };

function compare(quiet: boolean): Row['lower'] {
  return (x, inst) => {
    const { i32 } = x.w;
    const args = [x.ctx(), x.x87.at(0), x.x87.at(source(inst)), i32.const(quiet ? 1 : 0)];
    x.x87.raiseKeepingC1(call(x, 'x87Compare', ...args));
    x.flags.setFormed((hold) => {
      const codes = hold(x.x87.result(), I32);
      return (code) => i32.ne(i32.and(codes(), i32.const(CODES[code] ?? 0)), i32.const(0));
    });
  };
}

const moveIf =
  (condition: string): Row['lower'] =>
  (x, inst) => {
    const holds = x.flags.condition(condition);
    x.push(
      x.w.if(
        holds,
        x.arm(() => copy(x, 0, source(inst))),
      ),
    );
  };

const control = (): StackUse => ({ isControl: true });

const storeControl: Row['lower'] = (x, inst) =>
  x.store(16, x.address(inst), x.w.i32.load16_u(FCW, 2, x.ctx(), GUEST));

/** Unmasking exceptions is the interpreter's. */
const loadControl: Row['lower'] = (x, inst) => {
  const { i32 } = x.w;
  const value = x.keep(x.load(16, x.address(inst)), I32);
  x.interpretUnless(i32.eq(i32.and(value(), i32.const(MASKS)), i32.const(MASKS)), inst);
  const word = i32.or(i32.and(value(), i32.const(0x1f7f)), i32.const(0x40));
  x.push(i32.store16(FCW, 2, x.ctx(), word, GUEST));
};

// biome-ignore format: aligned rows
const ROWS: Readonly<Record<string, Row>> = {
  ...Object.fromEntries(arithmetic),
  FSQRT:      { use: first, lower: unary('x87Sqrt') },
  FRNDINT:    { use: first, lower: unary('x87Round') },
  FCHS:       { use: first, lower: sign((x, e) => x.w.i32.xor(e, x.w.i32.const(SIGN))) },
  FABS:       { use: first, lower: sign((x, e) => x.w.i32.and(e, x.w.i32.const(SIGN - 1))) },
  FLD_M32:    { use: push, lower: load('x87FromSingle', 32) },
  FLD_M64:    { use: push, lower: load('x87FromDouble', 64) },
  FLD_M80:    { use: push, lower: load80 },
  FILD_M16:   { use: push, lower: loadInt(int16) },
  FILD_M32:   { use: push, lower: loadInt(int32) },
  FILD_M64:   { use: push, lower: loadInt(double) },
  FLD1:       { use: push, lower: constant(ONE) },
  FLDZ:       { use: push, lower: constant(ZERO) },
  FLD_ST:     { use: (i) => ({ reads: [source(i)], pushes: true }), lower: pushRegister },
  FST_M32:    { use: first, lower: store('x87ToSingle', 32) },
  FST_M64:    { use: first, lower: store('x87ToDouble', 64) },
  FSTP_M32:   { use: popsFirst, lower: store('x87ToSingle', 32) },
  FSTP_M64:   { use: popsFirst, lower: store('x87ToDouble', 64) },
  FSTP_M80:   { use: popsFirst, lower: store80 },
  FIST_M16:   { use: first, lower: storeInt(16, false) },
  FIST_M32:   { use: first, lower: storeInt(32, false) },
  FISTP_M16:  { use: popsFirst, lower: storeInt(16, false) },
  FISTP_M32:  { use: popsFirst, lower: storeInt(32, false) },
  FISTP_M64:  { use: popsFirst, lower: storeInt(64, false) },
  FISTTP_M16: { use: popsFirst, lower: storeInt(16, true) },
  FISTTP_M32: { use: popsFirst, lower: storeInt(32, true) },
  FISTTP_M64: { use: popsFirst, lower: storeInt(64, true) },
  FST_ST:     { use: (i) => ({ reads: ST0, writes: target(i) }), lower: storeRegister },
  FSTP_ST:    { use: (i) => ({ reads: ST0, writes: target(i), pops: 1 }), lower: storeRegister },
  FXCH:       { use: both, lower: exchange },
  FCOMI:      { use: both, lower: compare(false) },
  FUCOMI:     { use: both, lower: compare(true) },
  FCOMIP:     { use: (i) => ({ ...both(i), pops: 1 }), lower: compare(false) },
  FUCOMIP:    { use: (i) => ({ ...both(i), pops: 1 }), lower: compare(true) },
  FCMOVB:     { use: both, lower: moveIf('B') },    FCMOVNB:  { use: both, lower: moveIf('NB') },
  FCMOVE:     { use: both, lower: moveIf('Z') },    FCMOVNE:  { use: both, lower: moveIf('NZ') },
  FCMOVBE:    { use: both, lower: moveIf('BE') },   FCMOVNBE: { use: both, lower: moveIf('NBE') },
  FCMOVU:     { use: both, lower: moveIf('P') },    FCMOVNU:  { use: both, lower: moveIf('NP') },
  FNSTCW:     { use: control, lower: storeControl },
  FLDCW:      { use: control, lower: loadControl },
};

const useOf = (inst: Inst): StackUse | undefined => ROWS[inst.op.name]?.use(inst);

/** By name, not by base: the sizes are part of it. */
export const x87: Readonly<Record<string, Lowering>> = Object.fromEntries(
  Object.entries(ROWS).map(([name, { use, lower }]): [string, Lowering] => [
    name,
    (x, inst) => {
      if (!x.x87.begin(inst, useOf)) return exec(x, inst);
      lower(x, inst);
      x.x87.end(inst, use(inst));
    },
  ]),
);
