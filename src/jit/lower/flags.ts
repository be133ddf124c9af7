// Lazy flags at translation time. The last flag-writing instruction leaves a symbolic state (kind, width, values in
// locals); conditions are formed from it directly, so that cmp + jcc is one wasm comparison. It is written to the context
// (assembly/shared/flags.ts) only where flags leave the region or two paths meet while somebody still reads them.
import {
  AF,
  CF,
  FLAGS_ADD,
  FLAGS_DEC,
  FLAGS_EXPLICIT,
  FLAGS_INC,
  FLAGS_LOGIC,
  FLAGS_RESULT,
  FLAGS_SUB,
  OF,
  PF,
  SF,
  STATUS_FLAGS,
  ZF,
} from '../../../assembly/shared/flags.ts';
import { EFLAGS, FLAG_A, FLAG_B, FLAG_KIND, FLAG_RES } from '../../../assembly/shared/layout.ts';
import { type Expr, I32, type Type } from '../wasm/builder.ts';
import type { Lower } from './lower.ts';

export const ALL_FLAGS = STATUS_FLAGS;

/** Condition codes by suffix: number (encoding) and the flags read. */
// biome-ignore format: aligned rows
export const CONDITION: Readonly<Record<string, readonly [code: number, flags: number]>> = {
  O:  [0, OF],       NO:  [1, OF],       B:  [2, CF],           NB:  [3, CF],
  Z:  [4, ZF],       NZ:  [5, ZF],       BE: [6, CF | ZF],      NBE: [7, CF | ZF],
  S:  [8, SF],       NS:  [9, SF],       P:  [10, PF],          NP:  [11, PF],
  L:  [12, SF | OF], NL:  [13, SF | OF], LE: [14, ZF | SF | OF], NLE: [15, ZF | SF | OF],
};

/** What the runtime's condition() answers with all six flags for (assembly/regions.ts). */
const ALL = 16;

/** Read as often as wanted; `local` says that it is kept in that temporary. */
type Value = (() => Expr) & { readonly local?: number };

/** Values are zero-extended i32 for 8, 16, 32 bits, i64 for 64. */
export type FlagState =
  | { readonly kind: 'ctx' }
  | {
      readonly kind: 'lazy';
      readonly op: number;
      readonly bits: number;
      readonly res: Value;
      readonly a?: Value;
      readonly b?: Value;
      readonly locals: readonly number[];
    }
  /** All of the six bits in an i32, as in EFLAGS. */
  | { readonly kind: 'explicit'; readonly status: Value; readonly locals: readonly number[] }
  /** Conditions (positive codes of CONDITION) formed from other values: comisd, ptest. AF is 0. */
  | {
      readonly kind: 'formed';
      readonly condition: (code: number) => Expr;
      readonly locals: readonly number[];
    };

export class Flags {
  readonly #x: Lower;
  state: FlagState = { kind: 'ctx' };

  constructor(x: Lower) {
    this.#x = x;
  }

  /** Does the pending state need this local? */
  holds(local: number): boolean {
    return this.state.kind !== 'ctx' && this.state.locals.includes(local);
  }

  /** Declares which flags the instruction leaves undefined or defined (dry run), and whether anybody cares. */
  #defines(bits: number): boolean {
    const { dry, effects } = this.#x;
    if (dry) effects.flagDef |= bits;
    return !dry && this.#x.flagsLive !== 0;
  }

  #hold(expr: Expr, bits: number, locals: number[]): Value {
    const { w } = this.#x;
    const type = this.#x.type(bits);
    const local = this.#x.temp(type);
    this.#x.push(w.local.set(local, expr));
    locals.push(local);
    return () => w.local.get(local, type);
  }

  /** Flags of an addition, subtraction or logical operation; the values are read at once. */
  set(op: number, bits: number, res: Value, a?: Value, b?: Value): void {
    if (!this.#defines(ALL_FLAGS)) return;
    const locals: number[] = [];
    const keep = (v: Value | undefined): Value | undefined => {
      if (v?.local === undefined) return v && this.#hold(v(), bits, locals);
      locals.push(v.local);
      return v;
    };
    const state = {
      kind: 'lazy',
      op,
      bits,
      res: keep(res)!,
      a: keep(a),
      b: keep(b),
      locals,
    } as FlagState;
    this.state = state;
  }

  /** The same for values that are there until the flags have been read. */
  setUnkept(op: number, bits: number, res: Value, a?: Value, b?: Value): void {
    this.state = { kind: 'lazy', op, bits, res, a, b, locals: [] } as FlagState;
  }

  /** inc and dec: CF stays as it was. */
  setKeepingCarry(op: typeof FLAGS_INC | typeof FLAGS_DEC, bits: number, res: Value): void {
    const { dry, effects, flagsLive, w } = this.#x;
    if (dry) effects.flagDef |= ALL_FLAGS & ~CF;
    if (dry || flagsLive === 0) return;
    const locals: number[] = [];
    const carry = (flagsLive & CF) !== 0 ? this.condition('B') : w.i32.const(0);
    const b = this.#hold(carry, 32, locals);
    this.state = { kind: 'lazy', op, bits, res: this.#hold(res(), bits, locals), b, locals };
  }

  /** ZF, SF, PF from the result, the others as given (each an i32 of 0 or 1, made only when somebody reads it). */
  setResult(bits: number, res: Value, carry?: Value, overflow?: Value, adjust?: Value): void {
    if (!this.#defines(ALL_FLAGS)) return;
    const { w, flagsLive } = this.#x;
    let status = w.i32.const(0);
    if (carry && (flagsLive & CF) !== 0) status = carry();
    if (overflow && (flagsLive & OF) !== 0)
      status = w.i32.or(status, w.i32.shl(overflow(), w.i32.const(11)));
    if (adjust && (flagsLive & AF) !== 0)
      status = w.i32.or(status, w.i32.shl(adjust(), w.i32.const(4)));
    const locals: number[] = [];
    const b = this.#hold(status, 32, locals);
    this.state = {
      kind: 'lazy',
      op: FLAGS_RESULT,
      bits,
      res: this.#hold(res(), bits, locals),
      b,
      locals,
    };
  }

  /** All six flags as an i32 of EFLAGS bits. */
  setExplicit(status: Value, defined: number = ALL_FLAGS): void {
    if (!this.#defines(defined)) return;
    const locals: number[] = [];
    this.state = { kind: 'explicit', status: this.#hold(status(), 32, locals), locals };
  }

  /** Flags whose conditions are formed from values that `hold` keeps; nothing is made when nobody reads them. */
  setFormed(form: (hold: (value: Expr, type: Type) => Value) => (code: number) => Expr): void {
    if (!this.#defines(ALL_FLAGS)) return;
    const x = this.#x;
    const locals: number[] = [];
    const condition = form((value, type) => {
      const local = x.temp(type);
      x.push(x.w.local.set(local, value));
      locals.push(local);
      return () => x.w.local.get(local, type);
    });
    this.state = { kind: 'formed', condition, locals };
  }

  /** Replaces single flags and keeps the others (bt: CF; rotates: CF and OF). */
  replace(mask: number, status: Value): void {
    const { dry, effects, flagsLive, w } = this.#x;
    if (dry) effects.flagDef |= mask;
    if (dry || flagsLive === 0) return;
    const locals: number[] = [];
    const others = flagsLive & ~mask;
    const whole =
      others === 0
        ? status()
        : w.i32.or(w.i32.and(this.status(others), w.i32.const(others)), status());
    this.state = { kind: 'explicit', status: this.#hold(whole, 32, locals), locals };
  }

  /** Runs `body`, which sets flags, for the case that `count` is not 0; else they stay (shifts by CL). */
  setUnlessZero(count: Value, body: () => void): void {
    const { dry, effects, flagsLive, w } = this.#x;
    if (dry) {
      // Neither certainly written nor, unless somebody reads them afterwards, used.
      const { flagDef, flagUse } = effects;
      body();
      effects.flagDef = flagDef;
      effects.flagUse = flagUse;
      return;
    }
    if (flagsLive === 0) return;
    const locals: number[] = [];
    const before = this.#hold(this.status(flagsLive), 32, locals);
    body();
    const after = this.status(flagsLive);
    const status = this.#hold(w.select(count(), after, before()), 32, locals);
    this.state = { kind: 'explicit', status, locals };
  }

  // --- readers ---------------------------------------------------------------------------------------------------------

  /** i32, 0 or 1: does the condition (suffix as in CONDITION) hold? */
  condition(suffix: string): Expr {
    const { dry, effects, w } = this.#x;
    const [code, flags] = CONDITION[suffix]!;
    if (dry) effects.flagUse |= flags & ~effects.flagDef;
    if ((code & 1) === 1) return w.i32.eqz(this.#positive(code - 1));
    return this.#positive(code);
  }

  #positive(code: number): Expr {
    const { w } = this.#x;
    const { state } = this;
    if (state.kind === 'ctx') return w.call('cond', [this.#x.ctx(), w.i32.const(code)], I32);
    if (state.kind === 'explicit') return explicitCondition(this.#x, state.status, code);
    if (state.kind === 'formed') return state.condition(code);
    return lazyCondition(this.#x, state, code);
  }

  /** i32: the flags of `mask` (others may be anything). */
  status(mask: number): Expr {
    const { w } = this.#x;
    const { i32 } = w;
    if (this.state.kind === 'explicit') return this.state.status();
    if (this.state.kind === 'ctx') return w.call('cond', [this.#x.ctx(), i32.const(ALL)], I32);
    let sum = i32.const(0);
    // biome-ignore format: aligned rows
    const parts = [[CF, 'B', 0], [PF, 'P', 2], [ZF, 'Z', 6], [SF, 'S', 7], [OF, 'O', 11]] as const;
    for (const [flag, suffix, shift] of parts) {
      if ((mask & flag) === 0) continue;
      const bit = this.#positive(CONDITION[suffix]![0]);
      sum = i32.or(sum, shift === 0 ? bit : i32.shl(bit, i32.const(shift)));
    }
    if ((mask & AF) !== 0) sum = i32.or(sum, adjust(this.#x, this.state));
    return sum;
  }

  /** Writes the pending state to the context; it stays pending. */
  spill(): void {
    const x = this.#x;
    const { w } = x;
    const { state } = this;
    if (state.kind === 'ctx') return;
    if (state.kind !== 'lazy') {
      const rest = w.i32.and(x.ctxI32(EFLAGS), w.i32.const(~STATUS_FLAGS));
      x.push(
        x.ctxStore(
          'i32',
          EFLAGS,
          w.i32.or(rest, w.i32.and(this.status(ALL_FLAGS), w.i32.const(STATUS_FLAGS))),
        ),
      );
      x.push(x.ctxStore('i32', FLAG_KIND, w.i32.const(FLAGS_EXPLICIT)));
      return;
    }
    x.push(x.ctxStore('i32', FLAG_KIND, w.i32.const(state.op)));
    x.push(x.ctxStore('i64', FLAG_RES, signExtended(x, state.bits, state.res())));
    if (state.a) x.push(x.ctxStore('i64', FLAG_A, signExtended(x, state.bits, state.a())));
    if (!state.b) return;
    const isCarry = state.op === FLAGS_INC || state.op === FLAGS_DEC || state.op === FLAGS_RESULT;
    x.push(
      x.ctxStore(
        'i64',
        FLAG_B,
        isCarry ? w.i64.extend_u(state.b()) : signExtended(x, state.bits, state.b()),
      ),
    );
    // inc and dec compute OF from A, which is RES ∓ 1
    if (state.op === FLAGS_INC || state.op === FLAGS_DEC) {
      const wide = state.bits === 64 ? w.i64 : w.i32;
      const one = x.const(state.bits, state.op === FLAGS_INC ? 1 : -1);
      const a = wide.sub(state.res(), one);
      x.push(x.ctxStore('i64', FLAG_A, signExtended(x, state.bits, a)));
    }
  }

  /** After a call or an interpreted instruction: the context has them. */
  forget(): void {
    this.state = { kind: 'ctx' };
  }
}

type Lazy = Extract<FlagState, { kind: 'lazy' }>;

/** i64 of a value of 8, 16, 32 or 64 bits. */
function signExtended({ w }: Lower, bits: number, value: Expr): Expr {
  if (bits === 64) return value;
  if (bits === 32) return w.i64.extend_s(value);
  return w.i64.extend_s(bits === 16 ? w.i32.extend16_s(value) : w.i32.extend8_s(value));
}

/** Sign-extended to the width it is compared in (32 or 64). */
function signed({ w }: Lower, bits: number, value: Expr): Expr {
  if (bits >= 32) return value;
  return bits === 16 ? w.i32.extend16_s(value) : w.i32.extend8_s(value);
}

function lazyCondition(x: Lower, state: Lazy, code: number): Expr {
  const { w } = x;
  const { op, bits, res, a, b } = state;
  const wide = bits === 64 ? w.i64 : w.i32;
  const zero = () => x.const(bits, 0);
  const s = (v: Value) => signed(x, bits, v());
  if (op === FLAGS_SUB && a && b) {
    switch (code) {
      case 2:
        return wide.lt_u(a(), b());
      case 4:
        return wide.eq(a(), b());
      case 6:
        return wide.le_u(a(), b());
      case 12:
        return wide.lt_s(s(a), s(b));
      case 14:
        return wide.le_s(s(a), s(b));
    }
  }
  switch (code) {
    case 0:
      return overflow(x, state);
    case 2:
      return carry(x, state);
    case 4:
      return wide.eqz(res());
    case 6:
      return w.i32.or(carry(x, state), wide.eqz(res()));
    case 8:
      return wide.lt_s(s(res), zero());
    case 10:
      return parity(x, bits, res);
    case 12:
      if (op === FLAGS_LOGIC) return wide.lt_s(s(res), zero());
      return w.i32.xor(wide.lt_s(s(res), zero()), overflow(x, state));
    default:
      if (op === FLAGS_LOGIC) return wide.le_s(s(res), zero());
      return w.i32.or(wide.eqz(res()), w.i32.xor(wide.lt_s(s(res), zero()), overflow(x, state)));
  }
}

function parity({ w }: Lower, bits: number, res: Value): Expr {
  const low = bits === 64 ? w.i32.wrap(res()) : res();
  const ones = w.i32.popcnt(w.i32.and(low, w.i32.const(0xff)));
  return w.i32.eqz(w.i32.and(ones, w.i32.const(1)));
}

function carry({ w }: Lower, { op, bits, res, a, b }: Lazy): Expr {
  const wide = bits === 64 ? w.i64 : w.i32;
  switch (op) {
    case FLAGS_ADD:
      return wide.lt_u(res(), a!());
    case FLAGS_SUB:
      return wide.lt_u(a!(), b!());
    case FLAGS_INC:
    case FLAGS_DEC:
    case FLAGS_RESULT:
      return w.i32.and(b!(), w.i32.const(1));
    default:
      return w.i32.const(0);
  }
}

function overflow(x: Lower, { op, bits, res, a, b }: Lazy): Expr {
  const { w } = x;
  const wide = bits === 64 ? w.i64 : w.i32;
  const negative = (v: Expr) => wide.lt_s(signed(x, bits, v), x.const(bits, 0));
  const min = bits === 64 ? -(2n ** 63n) : BigInt(2 ** (bits - 1));
  const max = 2n ** BigInt(bits - 1) - 1n;
  switch (op) {
    case FLAGS_ADD:
      return negative(wide.and(wide.xor(a!(), res()), wide.xor(b!(), res())));
    case FLAGS_SUB:
      return negative(wide.and(wide.xor(a!(), b!()), wide.xor(a!(), res())));
    case FLAGS_INC:
      return wide.eq(res(), x.const(bits, min));
    case FLAGS_DEC:
      return wide.eq(res(), x.const(bits, max));
    case FLAGS_RESULT:
      return w.i32.and(w.i32.shr_u(b!(), w.i32.const(11)), w.i32.const(1));
    default:
      return w.i32.const(0);
  }
}

function adjust({ w }: Lower, state: FlagState): Expr {
  if (state.kind !== 'lazy') return w.i32.const(0);
  const low = (v: Value) => (state.bits === 64 ? w.i32.wrap(v()) : v());
  const nibble = () => w.i32.and(low(state.res), w.i32.const(15));
  const bit = (flag: Expr) => w.i32.shl(flag, w.i32.const(4));
  switch (state.op) {
    case FLAGS_ADD:
    case FLAGS_SUB:
      return w.i32.and(
        w.i32.xor(w.i32.xor(low(state.a!), low(state.b!)), low(state.res)),
        w.i32.const(AF),
      );
    case FLAGS_INC:
      return bit(w.i32.eqz(nibble()));
    case FLAGS_DEC:
      return bit(w.i32.eq(nibble(), w.i32.const(15)));
    case FLAGS_RESULT:
      return w.i32.and(state.b!(), w.i32.const(AF));
    default:
      return w.i32.const(0);
  }
}

function explicitCondition({ w }: Lower, status: Value, code: number): Expr {
  const { i32 } = w;
  const any = (mask: number) => i32.ne(i32.and(status(), i32.const(mask)), i32.const(0));
  switch (code) {
    case 0:
      return any(OF);
    case 2:
      return any(CF);
    case 4:
      return any(ZF);
    case 6:
      return any(CF | ZF);
    case 8:
      return any(SF);
    case 10:
      return any(PF);
    default: {
      const less = () =>
        i32.and(
          i32.xor(i32.shr_u(status(), i32.const(7)), i32.shr_u(status(), i32.const(11))),
          i32.const(1),
        );
      return code === 12 ? less() : i32.or(any(ZF), less());
    }
  }
}
