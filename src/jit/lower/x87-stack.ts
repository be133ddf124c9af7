// The x87 register stack while a block is translated. The registers stay in the context, but where the top is, which are in
// use, what goes into the status word and the last-instruction pointers is known at translation time or kept in locals, and
// written to the context only where somebody can see it: at ways out, before interpreted instructions, at the block's end.
//
// A run begins at an x87 instruction with one look at the context: no exception pending, all of them masked, and the
// registers that the run reads are in use, those that it pushes to are not. Then no instruction of it can fault but for its
// memory operand. When the look finds it otherwise (unmasked exceptions, stack faults), the interpreter goes on.
import {
  FCS,
  FCW,
  FDP,
  FIP,
  FOP,
  FSW,
  FTW,
  GUEST_SHIFT,
  X87,
} from '../../../assembly/shared/layout.ts';
import { opById } from '../../decoder/ops.ts';
import type { Inst } from '../region/inst.ts';
import { constI64, type Expr, GUEST, I32, I64 } from '../wasm/builder.ts';
import type { Kept, Lower } from './lower.ts';

/** What an instruction does to the stack: registers it reads (before it pushes or pops), and one that it writes. */
export interface StackUse {
  readonly reads?: readonly number[];
  readonly writes?: number;
  readonly pushes?: boolean;
  readonly pops?: number;
  /** fldcw and fnstcw leave the last-instruction pointers alone. */
  readonly isControl?: boolean;
}

export type UseOf = (inst: Inst) => StackUse | undefined;

/** FCW and FSW, read as one word: exception masks, exception pending (ES), and where the top of the stack is. */
const MASKS = 0x3f;
const PENDING = 0x80 << 16;
const TOP_TO_OFFSET = 23;
const OFFSETS = 0x70;
/** Of FSW alone. */
const FLAGS = 0x3f;
const C1 = 0x200;
const TOP = 0x3800;
const USER_CS = 0x33;

/** Registers by their number at the run's start, ST0 = bit 0. */
interface Tags {
  known: number;
  full: number;
}

/** Each register in its own place. */
const IN_PLACE: readonly number[] = [0, 1, 2, 3, 4, 5, 6, 7];

/** Where C1 is at the moment. */
type C1State = 'context' | 'zero' | 'result';

export class X87Stack {
  readonly #x: Lower;
  #isOpen = false;
  /** Number of the top, counted from the run's start. */
  #depth = 0;
  #tags: Tags = { known: 0, full: 0 };
  /** Where each register is: fxch only changes its mind about that. */
  #places = IN_PLACE;
  #c1: C1State = 'context';
  #last: Inst | undefined;
  #hasOperand = false;
  /** Locals: offset of the top at the start, FSW then, exceptions since, the last result, the last operand's address. */
  #locals: readonly number[] | undefined;

  constructor(x: Lower) {
    this.#x = x;
  }

  get #local(): readonly number[] {
    return (this.#locals ??= Array.from({ length: 5 }, () => this.#x.local(I32)));
  }

  #get(n: number): Expr {
    return this.#x.w.local.get(this.#local[n], I32);
  }

  #set(n: number, value: Expr): void {
    this.#x.push(this.#x.w.local.set(this.#local[n], value));
  }

  /** Begins `inst`, which may be the first of a run. False: it overflows the stack. */
  begin(inst: Inst, useOf: UseOf): boolean {
    const x = this.#x;
    if (x.dry) {
      x.effects.exits ||= x.mode.checked;
      return true;
    }
    const { reads = [], pushes } = useOf(inst)!;
    const fits = () => reads.every((r) => this.#is(r, true)) && (!pushes || this.#is(-1, false));
    if (!this.#isOpen || !fits()) {
      this.settle();
      this.#open(inst, useOf);
    }
    return fits();
  }

  /** Does the register (counted from the top) certainly have this tag? */
  #is(r: number, full: boolean): boolean {
    const bit = 1 << ((this.#depth + r) & 7);
    return (this.#tags.known & bit) !== 0 && ((this.#tags.full & bit) !== 0) === full;
  }

  #open(inst: Inst, useOf: UseOf): void {
    const x = this.#x;
    const { i32 } = x.w;
    const needs = needsOf([inst, ...x.following()], useOf);
    const words = x.keep(x.ctxI32(FCW), I32);
    this.#set(0, i32.and(i32.shr_u(words(), i32.const(TOP_TO_OFFSET)), i32.const(OFFSETS)));
    const modes = i32.eq(i32.and(words(), i32.const(MASKS | PENDING)), i32.const(MASKS));
    const twice = i32.mul(this.#contextTags(), i32.const(0x101));
    const turned = i32.shr_u(twice, i32.shr_u(this.#get(0), i32.const(4)));
    const tags = i32.eq(i32.and(turned, i32.const(needs.known)), i32.const(needs.full));
    x.interpretUnless(needs.known === 0 ? modes : i32.and(modes, tags), inst);
    this.#set(1, i32.shr_u(words(), i32.const(16)));
    this.#set(2, i32.const(0));
    this.#isOpen = true;
    this.#depth = 0;
    this.#tags = needs;
    this.#c1 = 'context';
    this.#last = undefined;
    this.#hasOperand = false;
  }

  #contextTags(): Expr {
    return this.#x.w.i32.load8_u(FTW, 1, this.#x.ctx(), GUEST);
  }

  /** Address of ST(r); X87 is to be added. */
  at(r: number): Expr {
    return this.#place(this.#places[(this.#depth + r) & 7]);
  }

  #place(n: number): Expr {
    const { i32 } = this.#x.w;
    const turned = i32.add(this.#get(0), i32.const(n << 4));
    return i32.add(this.#x.ctx(), i32.and(turned, i32.const(OFFSETS)));
  }

  /** ST0 and ST(r) change places. */
  exchange(r: number): void {
    const [a, b] = [this.#depth & 7, (this.#depth + r) & 7];
    const places = [...this.#places];
    [places[a], places[b]] = [places[b], places[a]];
    this.#places = places;
  }

  /** Moves every register into its own place. */
  #arrange(): void {
    const moved = IN_PLACE.filter((n) => this.#places[n] !== n);
    const values = moved.map((n) => {
      const from = () => this.#place(this.#places[n]);
      return [
        this.#x.keep(this.exponent(from()), I32),
        this.#x.keep(this.significand(from()), I64),
      ] as const;
    });
    moved.forEach((n, i) => {
      this.write(() => this.#place(n), values[i][0](), values[i][1]());
    });
  }

  significand(at: Expr): Expr {
    return this.#x.w.i64.load(X87, 8, at, GUEST);
  }

  exponent(at: Expr): Expr {
    return this.#x.w.i32.load16_u(X87 + 8, 2, at, GUEST);
  }

  write(at: () => Expr, exponent: Expr, significand: Expr): void {
    this.writeExponent(at(), exponent);
    this.#x.push(this.#x.w.i64.store(X87, 8, at(), significand, GUEST));
  }

  writeExponent(at: Expr, exponent: Expr): void {
    this.#x.push(this.#x.w.i32.store16(X87 + 8, 2, at, exponent, GUEST));
  }

  /** What a computation raised: exceptions and C1. */
  raise(result: Expr): void {
    const { w, dry } = this.#x;
    if (dry) return;
    this.#set(3, result);
    this.#set(2, w.i32.or(this.#get(2), this.#get(3)));
    this.#c1 = 'result';
  }

  /** The last result, for comparisons. */
  result(): Expr {
    return this.#get(3);
  }

  clearC1(): void {
    this.#c1 = 'zero';
  }

  /** A comparison with fcomi: C1 stays. */
  raiseKeepingC1(result: Expr): void {
    const before = this.#c1;
    if (before === 'result') {
      // It is put where FSW is taken from.
      const { i32 } = this.#x.w;
      const c1 = i32.and(this.#get(3), i32.const(C1));
      this.#set(1, i32.or(i32.and(this.#get(1), i32.const(~C1)), c1));
    }
    this.raise(result);
    this.#c1 = before === 'result' ? 'context' : before;
  }

  /** The memory operand of the current instruction. */
  noteOperand(address: Kept): void {
    if (this.#x.dry) return;
    this.#set(4, address());
    this.#hasOperand = true;
  }

  /** Moves the top and notes tags and pointers; `inst` is over. */
  end(inst: Inst, { writes, pushes, pops = 0, isControl }: StackUse): void {
    if (this.#x.dry) return;
    if (writes !== undefined) tag(this.#tags, this.#depth + writes, true);
    for (let n = 0; n < pops; n++) tag(this.#tags, this.#depth++, false);
    if (pushes) tag(this.#tags, --this.#depth, true);
    if (!isControl) this.#last = inst;
  }

  /** Writes what is pending to the context; it stays pending. */
  spill(): void {
    if (!this.#isOpen || this.#last === undefined) return;
    const x = this.#x;
    this.#arrange();
    const { i32 } = x.w;
    const store16 = (offset: number, value: Expr) =>
      x.push(i32.store16(offset, 2, x.ctx(), value, GUEST));
    const start = () => this.#get(0);
    const top = i32.and(i32.add(start(), i32.const((this.#depth & 7) << 4)), i32.const(OFFSETS));
    let fsw = i32.or(
      i32.and(this.#get(1), i32.const(~(TOP | (this.#c1 === 'context' ? 0 : C1)))),
      i32.or(i32.shl(top, i32.const(7)), i32.and(this.#get(2), i32.const(FLAGS))),
    );
    if (this.#c1 === 'result') fsw = i32.or(fsw, i32.and(this.#get(3), i32.const(C1)));
    store16(FSW, fsw);
    const { known, full } = this.#tags;
    const turn = (mask: number) => {
      const by = i32.shr_u(start(), i32.const(4));
      return i32.and(
        i32.shr_u(i32.shl(i32.const(mask * 0x101), by), i32.const(8)),
        i32.const(0xff),
      );
    };
    const others = i32.and(this.#contextTags(), i32.xor(turn(known), i32.const(0xff)));
    x.push(i32.store8(FTW, 1, x.ctx(), i32.or(others, turn(full)), GUEST));
    x.push(x.ctxStore('i64', FIP, constI64(x.w, this.#last.pc)));
    store16(FOP, i32.const(Number(this.#last.imm) & 0x7ff));
    if (!this.#hasOperand) return store16(FCS, i32.const(USER_CS));
    x.push(x.ctxStore('i32', FCS, i32.const(USER_CS))); // and FDS = 0
    const operand = i32.add(this.#get(4), i32.const(GUEST_SHIFT));
    x.push(x.ctxStore('i64', FDP, x.w.i64.extend_u(operand)));
  }

  /** The run ends: everything is in the context. */
  settle(): void {
    this.spill();
    this.#isOpen = false;
    this.#places = IN_PLACE;
  }
}

function tag(tags: Tags, register: number, full: boolean): void {
  const bit = 1 << (register & 7);
  tags.known |= bit;
  tags.full = full ? tags.full | bit : tags.full & ~bit;
}

/** The tags that a run which begins with `insts` relies on: it ends where one of its registers is of the wrong kind. */
function needsOf(insts: readonly Inst[], useOf: UseOf): Tags {
  const needs: Tags = { known: 0, full: 0 };
  const now: Tags = { known: 0, full: 0 };
  let depth = 0;
  const need = (register: number, full: boolean): boolean => {
    const bit = 1 << (register & 7);
    if ((now.known & bit) !== 0) return ((now.full & bit) !== 0) === full;
    tag(needs, register, full);
    tag(now, register, full);
    return true;
  };
  for (const inst of insts) {
    const use = useOf(inst);
    if (use === undefined) {
      if (/^(x87|mmx|system)$/.test(opById(inst.op.id)?.group ?? '')) break;
      continue;
    }
    const { reads = [], writes, pushes, pops = 0 } = use;
    if (!reads.every((r) => need(depth + r, true))) break;
    if (pushes && !need(depth - 1, false)) break;
    if (writes !== undefined) tag(now, depth + writes, true);
    for (let n = 0; n < pops; n++) tag(now, depth++, false);
    if (pushes) tag(now, --depth, true);
  }
  return needs;
}
