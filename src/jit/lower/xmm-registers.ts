// XMM registers as wasm locals: one local each, or two (split.ts). Operands are record offsets, as everywhere.
import { XMM } from '../../../assembly/shared/layout.ts';
import { type Expr, GUEST, V128 } from '../wasm/builder.ts';
import type { Lower } from './lower.ts';
import { joined, NO_SPLIT, newXmmUse, type Split, type XmmUse } from './split.ts';

export class XmmRegisters {
  readonly #x: Lower;
  /** Local of each register; of split ones that with the low lane. */
  readonly #locals: number[] = [];
  /** Registers of two locals. */
  split: Split = NO_SPLIT;
  readonly #upperLocals: number[] = [];
  /** Of these, those whose first local holds all lanes. */
  #whole = 0;
  /** Dry: how registers are used, and what a use in the current block weighs. */
  readonly use: XmmUse = newXmmUse();
  weight = 1;

  constructor(x: Lower) {
    this.#x = x;
  }

  get(offset: number): Expr {
    const n = offset >> 4;
    this.#reads(n);
    if (this.#x.dry) this.use.full[n] += this.weight;
    return this.#all(n);
  }

  set(offset: number, value: Expr): void {
    const n = offset >> 4;
    this.#writes(n);
    this.#setLocal(n, value);
    this.#lowIsAll(n);
  }

  /** A vector whose low `bits` are the register's; what its other lanes hold does not matter. */
  low(offset: number, bits: 32 | 64): Expr {
    const n = offset >> 4;
    this.#reads(n);
    if (this.#x.dry) this.use.lowBits[n] |= bits;
    if (this.split.has(n) && this.split.bits(n) < bits) return this.#all(n);
    return this.#getLocal(n);
  }

  /** Writes the low `bits` of a vector; the other lanes stay. */
  setLow(offset: number, bits: 32 | 64, value: Expr): void {
    const n = offset >> 4;
    this.#keepsUpper(n, bits);
    if (this.split.has(n) && this.split.bits(n) === bits) {
      this.#writes(n);
      this.#setLocal(n, value);
      this.#whole &= ~(1 << n);
    } else this.set(offset, joined(this.#x.w, bits, value, this.#all(n)));
  }

  copy(to: number, from: number): void {
    if (to === from) return;
    const { local } = this.#x.w;
    const [a, b] = [to >> 4, from >> 4];
    this.#reads(b);
    this.#writes(a);
    const isPair =
      this.split.has(a) && this.split.has(b) && this.split.bits(a) === this.split.bits(b);
    if (!isPair) {
      this.#x.push(local.set(this.#local(a), this.#all(b)));
      return this.#lowIsAll(a);
    }
    this.#x.push(local.set(this.#local(a), this.#getLocal(b)));
    this.#x.push(local.set(this.#upper(a), local.get(this.#upper(b), V128)));
    this.#whole = (this.#whole & ~(1 << a)) | (((this.#whole >>> b) & 1) << a);
  }

  /** The low lane as f32 or f64. */
  scalar(offset: number, bits: 32 | 64): Expr {
    const { f32x4, f64x2 } = this.#x.w;
    return (bits === 64 ? f64x2 : f32x4).extract_lane(this.low(offset, bits), 0);
  }

  /** Writes the low lane; the others stay. */
  setScalar(offset: number, bits: 32 | 64, value: Expr): void {
    const { f32x4, f64x2 } = this.#x.w;
    const lanes = bits === 64 ? f64x2 : f32x4;
    const n = offset >> 4;
    if (this.split.has(n)) return this.setLow(offset, bits, lanes.splat(value));
    this.#keepsUpper(n, bits);
    this.set(offset, lanes.replace_lane(this.#all(n), 0, value));
  }

  /** Loads the low lane and clears the others. */
  loadScalar(bits: 32 | 64, offset: number, address: Expr): void {
    const { v128 } = this.#x.w;
    if (this.#x.dry) this.use.lowBits[offset >> 4] |= bits;
    this.set(offset, v128[bits === 64 ? 'load64_zero' : 'load32_zero'](0, 1, address, GUEST));
  }

  storeScalar(bits: 32 | 64, address: Expr, offset: number): void {
    const { v128 } = this.#x.w;
    const store = bits === 64 ? v128.store64_lane : v128.store32_lane;
    this.#x.push(store(0, 1, 0, address, this.low(offset, bits), GUEST));
  }

  /** Stores register `n` to the context. */
  spill(n: number): void {
    const { w } = this.#x;
    this.#x.push(w.v128.store(XMM + n * 16, 16, this.#x.ctx(), this.#all(n), GUEST));
  }

  /** Loads register `n` from there. */
  reload(n: number): void {
    this.#setLocal(n, this.#x.w.v128.load(XMM + n * 16, 16, this.#x.ctx(), GUEST));
    this.#lowIsAll(n);
  }

  /** What was found out about first locals does not hold in another block. */
  forgetWhole(): void {
    this.#whole = 0;
  }

  #reads(n: number): void {
    const { dry, effects } = this.#x;
    const bit = 1 << (16 + n);
    if (dry && (effects.def & bit) === 0) effects.use |= bit;
    this.#x.freshen(bit);
  }

  #writes(n: number): void {
    const bit = 1 << (16 + n);
    if (this.#x.dry) this.#x.effects.def |= bit;
    this.#x.dirty |= bit;
    this.#x.stale &= ~bit;
  }

  /** A write of the low lane reads the others. */
  #keepsUpper(n: number, bits: 32 | 64): void {
    this.#reads(n);
    if (!this.#x.dry) return;
    this.use.lowBits[n] |= bits;
    this.use.low[n] += this.weight;
  }

  /** All 16 bytes. */
  #all(n: number): Expr {
    const low = this.#getLocal(n);
    if (!this.split.has(n) || ((this.#whole >>> n) & 1) === 1) return low;
    return joined(this.#x.w, this.split.bits(n), low, this.#x.w.local.get(this.#upper(n), V128));
  }

  /** The first local has just got all 16 bytes. */
  #lowIsAll(n: number): void {
    if (!this.split.has(n)) return;
    this.#x.push(this.#x.w.local.set(this.#upper(n), this.#getLocal(n)));
    this.#whole |= 1 << n;
  }

  #local(n: number): number {
    return (this.#locals[n] ??= this.#x.local(V128));
  }

  /** Local with the upper lanes of a split register. */
  #upper(n: number): number {
    return (this.#upperLocals[n] ??= this.#x.local(V128));
  }

  #getLocal(n: number): Expr {
    return this.#x.w.local.get(this.#local(n), V128);
  }

  #setLocal(n: number, value: Expr): void {
    this.#x.push(this.#x.w.local.set(this.#local(n), value));
  }
}
