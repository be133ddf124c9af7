// What a lowering function works with: registers as wasm locals (XMM: xmm-registers.ts), guest memory, lazy flags, the statements so far.
// The same function runs twice: dry (constructors make nothing) to learn what an instruction reads and writes, then for
// real, with the liveness that came of it. So no table of effects can drift from what is emitted.
//
// Locals: rax, rdi, rsi, rdx, rsp (parameters), then the other registers that are used and temporaries. Registers hold 64 bits;
// 32-bit results are zero-extended, 8- and 16-bit ones inserted.

import { INST_ADDR32 } from '../../../assembly/shared/inst.ts';
import * as L from '../../../assembly/shared/layout.ts';
import type { Inst } from '../region/inst.ts';
import {
  constI64,
  type Expr,
  GUEST,
  I32,
  I64,
  labelled,
  resume,
  type Type,
  type Wasm,
} from '../wasm/builder.ts';
import { type Host, host } from '../wasm/host.ts';
import { ALL_FLAGS, Flags } from './flags.ts';
import type { TranslationMode } from './mode.ts';
import { X87Stack } from './x87-stack.ts';
import { XmmRegisters } from './xmm-registers.ts';

/** General registers that are parameters, in order; the others, and XMM registers, get locals when they are first used. */
const PARAMETER_LIST = [L.RAX, L.RDI, L.RSI, L.RDX, L.RSP];
const PARAMETERS = PARAMETER_LIST.length;

/** Bits of an address that must not exceed 4096 − size: above 4 GiB, or too near to the end of its page. */
const REACH = 0xffffffff00000fffn;

/** Registers as bits: general ones 0…15, XMM 16…31. */
export const PARAMETER_REGS = bitsOf(...PARAMETER_LIST);
export const ALL_REGS = -1;
export const GPR_REGS = 0xffff;

export function bitsOf(...registers: number[]): number {
  return registers.reduce((bits, r) => bits | (1 << r), 0);
}

/** A value in a temporary. */
export interface Kept {
  (): Expr;
  readonly local: number;
}

/** What one instruction reads before writing, and writes: register bits, flag bits (FLAG_*). */
export interface Effects {
  use: number;
  def: number;
  flagUse: number;
  flagDef: number;
  /** Writes all that is dirty to the context, on some path. */
  exits: boolean;
}

/** What an interpreter routine touches: register bits, and whether it writes all flags, some (or reads them), or none. */
export interface Touched {
  readonly use: number;
  readonly def: number;
  readonly flags: 'all' | 'some' | 'none';
}

export const noEffects = (): Effects => ({ use: 0, def: 0, flagUse: 0, flagDef: 0, exits: false });

export class Lower {
  readonly w: Wasm;
  readonly dry: boolean;
  readonly host: Host = host();
  readonly mode: TranslationMode;
  readonly flags: Flags;
  readonly x87: X87Stack;
  readonly xmm: XmmRegisters;
  /** The block being lowered, and which of its instructions. */
  block: readonly Inst[] = [];
  position = 0;
  effects: Effects = noEffects();
  /** Flag bits that somebody reads after the current instruction. */
  flagsLive = 0;
  /** … that it reads itself, or somebody after it. */
  flagsBefore = 0;
  /** The current instruction's flags are read by the branch right behind it, and by nobody else. */
  beforeBranch = false;
  code: Expr[] = [];
  /** Types of the locals after the parameters. */
  readonly varTypes: Type[] = [];
  /** Local of each general register. */
  readonly #registers: number[] = [];
  /** Registers whose value is in a local only. */
  dirty = 0;
  /** Address forms known to be aligned to 16 bytes; the registers in them are unchanged since. */
  readonly #aligned = new Map<string, readonly number[]>();
  /** The region computes with floating-point numbers: it relies on MXCSR. */
  float = false;
  /** Registers that code behind the current place reads: what is left for must be given these. */
  live = ALL_REGS;
  /** Registers whose value is in the context only (after a call or an interpreted instruction). */
  stale = 0;
  /** Labels of the ways out, by the registers that they write to the context. */
  readonly #exits = new Map<number, string>();
  #exitPc = -1;
  #held: readonly (number | undefined)[] = [];
  #freeTemps = new Map<Type, number[]>();
  #usedTemps: [Type, number][] = [];

  constructor(w: Wasm, dry: boolean, mode: TranslationMode) {
    this.w = w;
    this.dry = dry;
    this.mode = mode;
    this.flags = new Flags(this);
    this.x87 = new X87Stack(this);
    this.xmm = new XmmRegisters(this);
    PARAMETER_LIST.forEach((n, i) => {
      this.#registers[n] = i;
    });
  }

  push(...statements: Expr[]): void {
    this.code.push(...statements);
  }

  /** Instructions of the block behind the current one. */
  following(): readonly Inst[] {
    return this.block.slice(this.position + 1);
  }

  /** A local for the whole region. */
  local(type: Type): number {
    return PARAMETERS + this.varTypes.push(type) - 1;
  }

  // --- temporaries: free again after each instruction, but for those that pending flags hold -----------------------

  temp(type: Type): number {
    // Flags pending from a predecessor may be in temporaries that a block emitted in between has released.
    const free = this.#freeTemps.get(type);
    const at = free?.findLastIndex((candidate) => !this.flags.holds(candidate)) ?? -1;
    const local = at >= 0 ? free!.splice(at, 1)[0]! : this.local(type);
    this.#usedTemps.push([type, local]);
    return local;
  }

  /** Temporaries that outlive the current instruction, in the place of those before. */
  hold(...locals: (number | undefined)[]): void {
    this.#held = locals;
  }

  releaseTemps(): void {
    const kept: [Type, number][] = [];
    for (const entry of this.#usedTemps) {
      if (this.flags.holds(entry[1]) || this.#held.includes(entry[1])) kept.push(entry);
      else {
        const list = this.#freeTemps.get(entry[0]);
        if (list) list.push(entry[1]);
        else this.#freeTemps.set(entry[0], [entry[1]]);
      }
    }
    this.#usedTemps = kept;
  }

  /** Evaluates `value` now; the result reads it as often as wanted. */
  keep(value: Expr, type: Type): Kept {
    const local = this.temp(type);
    this.push(this.w.local.set(local, value));
    return Object.assign(() => this.w.local.get(local, type), { local });
  }

  // --- registers ---------------------------------------------------------------------------------------------------

  #gprLocal(n: number): number {
    return (this.#registers[n] ??= this.local(I64));
  }

  /** Loads what is stale of `bits` before it is read. */
  freshen(bits: number): void {
    const stale = this.stale & bits;
    if (stale === 0) return;
    this.stale &= ~stale;
    this.reload(stale);
  }

  gpr(n: number): Expr {
    if (this.dry && (this.effects.def & (1 << n)) === 0) this.effects.use |= 1 << n;
    this.freshen(1 << n);
    return this.w.local.get(this.#gprLocal(n), I64);
  }

  setGpr(n: number, value: Expr): void {
    if (this.dry) this.effects.def |= 1 << n;
    for (const [form, registers] of this.#aligned)
      if (registers.includes(n * 8)) this.#aligned.delete(form);
    this.dirty |= 1 << n;
    this.stale &= ~(1 << n);
    this.push(this.w.local.set(this.#gprLocal(n), value));
  }

  /** Register operand (record offset) of 8, 16, 32 bits as i32 zero-extended, of 64 bits as i64. */
  reg(offset: number, bits: number): Expr {
    const { i32 } = this.w;
    const full = this.gpr(offset >> 3);
    if (bits === 64) return full;
    const low = i32.wrap(full);
    if (bits === 32) return low;
    if (bits === 16) return i32.and(low, i32.const(0xffff));
    const byte = (offset & 1) === 1 ? i32.shr_u(low, i32.const(8)) : low;
    return i32.and(byte, i32.const(0xff));
  }

  /** Writes an i32 (8, 16, 32 bits; upper bits of it are ignored) or i64 to a register operand. */
  setReg(offset: number, bits: number, value: Expr): void {
    const { i32, i64 } = this.w;
    const n = offset >> 3;
    if (bits === 64) return this.setGpr(n, value);
    if (bits === 32) return this.setGpr(n, i64.extend_u(value));
    const shift = (offset & 1) * 8;
    const mask = bits === 16 ? 0xffff : 0xff;
    const clean = i64.extend_u(i32.and(value, i32.const(mask)));
    const placed = shift === 0 ? clean : i64.shl(clean, constI64(this.w, shift));
    const keepMask = ~(BigInt(mask) << BigInt(shift));
    this.setGpr(n, i64.or(i64.and(this.gpr(n), constI64(this.w, keepMask)), placed));
  }

  // --- guest memory -------------------------------------------------------------------------------------------------

  /** Linear address (i32) of the memory operand; evaluate once. Guest addresses wrap at 2^32. */
  address(inst: Inst, extra = 0): Expr {
    const { i32 } = this.w;
    if (this.mode.checked && !isOnStack(inst)) return this.#checkedAddress(inst, extra);
    const displacement = (inst.disp + extra - L.GUEST_SHIFT) | 0;
    let sum: Expr | undefined;
    const add = (part: Expr) => {
      sum = sum === undefined ? part : i32.add(sum, part);
    };
    if (inst.base !== L.ZERO) add(i32.wrap(this.gpr(inst.base >> 3)));
    if (inst.index !== L.ZERO) {
      const index = i32.wrap(this.gpr(inst.index >> 3));
      add(inst.scale === 0 ? index : i32.shl(index, i32.const(inst.scale)));
    }
    if (inst.seg !== 0) add(this.ctxI32(inst.seg === 1 ? L.FS_BASE : L.GS_BASE));
    if (sum === undefined) return i32.const(displacement);
    if (displacement === 0) return sum;
    return i32.add(sum, i32.const(displacement));
  }

  /** Is the memory operand certainly aligned to 16 bytes, since another of its form was? */
  isAligned(inst: Inst): boolean {
    return this.#aligned.has(alignmentForm(inst));
  }

  noteAligned(inst: Inst): void {
    if (!this.dry) this.#aligned.set(alignmentForm(inst), [inst.base, inst.index]);
  }

  forgetAligned(): void {
    this.#aligned.clear();
  }

  /** Nothing that was found out about locals in another block holds. */
  startBlock(): void {
    this.forgetAligned();
    this.xmm.forgetWhole();
  }

  /** The same after a look at the page flags: the interpreter gets what is not plain memory of the right kind. */
  #checkedAddress(inst: Inst, extra: number): Expr {
    const { i32, i64 } = this.w;
    const bytes = inst.op.memSize || inst.size || 16;
    let sum = this.effective(inst);
    if (inst.seg !== 0) {
      const base = inst.seg === 1 ? L.FS_BASE : L.GS_BASE;
      sum = i64.add(sum, i64.load(base, 8, this.ctx(), GUEST));
    }
    const at = this.keep(extra === 0 ? sum : i64.add(sum, constI64(this.w, extra)), I64);
    const guest = () => i32.wrap(at());
    const need = inst.op.writes ? L.PAGE_WRITE | L.PAGE_CODE : L.PAGE_READ;
    const has = inst.op.writes ? L.PAGE_WRITE : L.PAGE_READ;
    const flags = i32.load8_u(L.PAGE_FLAGS, 1, i32.shr_u(guest(), i32.const(12)), GUEST);
    const allowed = i32.eq(i32.and(flags, i32.const(need)), i32.const(has));
    const whole = i64.le_u(i64.and(at(), constI64(this.w, REACH)), constI64(this.w, 4096 - bytes));
    this.interpretUnless(i32.and(allowed, whole), inst);
    return i32.add(guest(), i32.const(-L.GUEST_SHIFT));
  }

  /** Effective address as lea computes it, i64. */
  effective(inst: Inst): Expr {
    const { i64 } = this.w;
    let sum: Expr | undefined;
    const add = (part: Expr) => {
      sum = sum === undefined ? part : i64.add(sum, part);
    };
    if (inst.base !== L.ZERO) add(this.gpr(inst.base >> 3));
    if (inst.index !== L.ZERO) {
      const index = this.gpr(inst.index >> 3);
      add(inst.scale === 0 ? index : i64.shl(index, constI64(this.w, inst.scale)));
    }
    if (sum === undefined) sum = constI64(this.w, inst.disp);
    else if (inst.disp !== 0) sum = i64.add(sum, constI64(this.w, inst.disp));
    return (inst.flags & INST_ADDR32) === 0 ? sum : i64.and(sum, constI64(this.w, 0xffffffff));
  }

  /** Zero-extended load: i32 for 8, 16, 32 bits, i64 for 64. */
  load(bits: number, address: Expr): Expr {
    const { i32, i64 } = this.w;
    if (bits === 64) return i64.load(0, 1, address, GUEST);
    if (bits === 32) return i32.load(0, 1, address, GUEST);
    return bits === 16 ? i32.load16_u(0, 1, address, GUEST) : i32.load8_u(0, 1, address, GUEST);
  }

  store(bits: number, address: Expr, value: Expr): void {
    const { i32, i64 } = this.w;
    if (bits === 64) this.push(i64.store(0, 1, address, value, GUEST));
    else if (bits === 32) this.push(i32.store(0, 1, address, value, GUEST));
    else if (bits === 16) this.push(i32.store16(0, 1, address, value, GUEST));
    else this.push(i32.store8(0, 1, address, value, GUEST));
  }

  // --- context --------------------------------------------------------------------------------------------------------

  ctx(): Expr {
    return this.w.global.get('ctx', I32);
  }

  ctxI32(offset: number): Expr {
    return this.w.i32.load(offset, 4, this.ctx(), GUEST);
  }

  /** The store of a value to a field of the context. */
  ctxStore(type: 'i32' | 'i64', offset: number, value: Expr): Expr {
    return this.w[type].store(offset, type === 'i32' ? 4 : 8, this.ctx(), value, GUEST);
  }

  /** Stores the registers of `set` from their locals to the context. */
  spill(set: number): void {
    for (let n = 0; n < 16; n++) {
      if ((set >>> n) & 1)
        this.push(
          this.w.i64.store(
            L.GPR + n * 8,
            8,
            this.ctx(),
            this.w.local.get(this.#gprLocal(n), I64),
            GUEST,
          ),
        );
      if ((set >>> (n + 16)) & 1) this.xmm.spill(n);
    }
  }

  reload(set: number): void {
    for (let n = 0; n < 16; n++) {
      if ((set >>> n) & 1)
        this.push(
          this.w.local.set(this.#gprLocal(n), this.w.i64.load(L.GPR + n * 8, 8, this.ctx(), GUEST)),
        );
      if ((set >>> (n + 16)) & 1) this.xmm.reload(n);
    }
  }

  raw(n: number): Expr {
    return this.w.local.get(this.#gprLocal(n), I64);
  }

  setRaw(n: number, value: Expr): void {
    this.push(this.w.local.set(this.#gprLocal(n), value));
  }

  // --- leaving ------------------------------------------------------------------------------------------------------

  /** Leaves the region with everything that is live in the context; `pc` is an i32 guest address. Ends the current statements. */
  exit(pc: Expr, withFlags = true): void {
    // Whoever catches a fault of checked code sees all registers.
    if (this.dry && this.mode.checked) this.effects.exits = true;
    if (withFlags) this.flags.spill();
    this.x87.spill();
    this.leaveFor(pc, this.dirty & this.live);
  }

  /** The same when all but the registers of `dirty` are in the context. The code for each such set stands once (withExits). */
  leaveFor(pc: Expr, dirty: number): void {
    if (this.dry) return;
    const { w } = this;
    let label = this.#exits.get(dirty);
    if (label === undefined) this.#exits.set(dirty, (label = `E${this.#exits.size}`));
    if (this.#exitPc < 0) this.#exitPc = this.local(I32);
    this.push(w.local.set(this.#exitPc, pc), w.br(label));
  }

  /** The function's body with its ways out behind it. */
  withExits(body: readonly Expr[]): Expr[] {
    const { w } = this;
    let whole = [...body];
    this.xmm.forgetWhole();
    for (const [dirty, label] of this.#exits) {
      this.code = [];
      this.spill(dirty);
      this.push(resume(w, w.local.get(this.#exitPc, I32)));
      whole = [labelled(w, label, whole), ...this.code];
    }
    return whole;
  }

  /** What `make` pushes, as a block of its own. */
  arm(make: () => void): Expr {
    const before = this.code;
    this.code = [];
    make();
    const arm = this.w.block(null, this.code);
    this.code = before;
    return arm;
  }

  /** Leaves before the instruction at `pc`, which the interpreter runs next. */
  exitToInterpreter(pc: number, withFlags = true): void {
    const { w } = this;
    this.push(this.ctxStore('i32', L.INTERPRET_NEXT, w.i32.const(1)));
    this.exit(w.i32.const(pc), withFlags);
  }

  /** `body` when `good` (i32) holds, else leaves before `inst`. Flags that nobody reads afterwards are not written. */
  interpretUnless(good: Expr, inst: Inst, body: () => void = () => {}): void {
    const { w } = this;
    this.push(
      w.if(
        w.i32.eqz(good),
        this.arm(() => this.exitToInterpreter(inst.pc, this.flagsBefore !== 0)),
      ),
    );
    body();
  }

  /** Has the interpreter run this one instruction, and goes on. */
  interpret(inst: Inst): void {
    const { w } = this;
    if (this.dry) {
      this.#usesFlags();
      this.effects.exits = true;
      this.effects.def = ALL_REGS;
      this.effects.flagDef = ALL_FLAGS;
    }
    this.x87.settle();
    this.spill(this.dirty);
    this.flags.spill();
    this.push(w.i64.store(L.RIP, 8, this.ctx(), constI64(w, inst.pc), GUEST));
    const reason = w.call('step', [this.ctx()], I32);
    this.push(
      w.if(
        reason,
        this.arm(() => this.leaveFor(w.i32.const(inst.pc), 0)),
      ),
    );
    this.flags.forget();
    this.forgetAligned();
    this.dirty = 0;
    this.stale = ALL_REGS;
  }

  /**
   * Has the interpreter's routine execute `inst`, given as its record, and goes on: registers of `use` are in the context
   * then, those of `def` come from there. Pending flags stay pending when the routine neither reads nor writes any.
   */
  callInterpreter(inst: Inst, record: readonly Expr[], touched: Touched): void {
    const { w, dry, effects } = this;
    const { use, def, flags } = touched;
    if (dry) {
      effects.use |= use & ~effects.def;
      effects.def |= def;
      if (flags === 'some') this.#usesFlags();
      if (flags === 'all') effects.flagDef |= ALL_FLAGS;
    }
    this.x87.settle();
    this.spill(this.dirty & use);
    this.dirty &= ~use;
    if (flags === 'some') this.flags.spill();
    const leaving = this.arm(() => this.exit(w.i32.const(inst.pc), flags === 'none'));
    this.push(w.if(w.call('exec', [this.ctx(), ...record], I32), leaving));
    if (flags !== 'none') this.flags.forget();
    this.dirty &= ~def;
    this.stale &= ~def;
    this.reload(def);
    if ((def & GPR_REGS) !== 0) this.forgetAligned();
  }

  #usesFlags(): void {
    this.effects.flagUse |= ALL_FLAGS & ~this.effects.flagDef;
  }

  const(bits: number, value: bigint | number): Expr {
    return bits === 64
      ? constI64(this.w, value)
      : this.w.i32.const(Number(BigInt.asIntN(32, BigInt(value))));
  }

  type(bits: number): Type {
    return bits === 64 ? I64 : I32;
  }
}

/** What two addresses have in common when they differ by a multiple of 16. */
const alignmentForm = ({ base, index, scale, seg, disp }: Inst): string =>
  `${base} ${index} ${scale} ${seg} ${disp & 15}`;

/** Nearest thing to a local variable: calls see to it that there is stack (assembly/regions.ts). */
const isOnStack = ({ base, index, seg, disp }: Inst): boolean =>
  base === L.RSP * 8 && index === L.ZERO && seg === 0 && disp >= 0 && disp < 0x10000;

export type Lowering = (x: Lower, inst: Inst) => void;
