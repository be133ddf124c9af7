// XMM registers that a region uses for scalars. Scalar instructions write the low lane and keep the others, which costs a
// merge each time; so such a register has two locals: one whose low lane is right (its other lanes hold anything), one whose
// upper lanes are. They are joined where all of the register is read, which in scalar code is at the region's exits only.
//
//   addsd xmm0, xmm1     one local:  xmm0 = joined(xmm0 + xmm1, xmm0)      two:  low0 = low0 + low1
//
// Scalar arithmetic is done by packed instructions: the engine swaps the operands of its scalar additions and
// multiplications as it likes, and of two NaNs the first is the result.
import type { Expr, Wasm } from '../wasm/builder.ts';

/** How a region uses each register: weighted writes of the low lane, weighted reads of all lanes, widths of low lanes. */
export interface XmmUse {
  readonly low: number[];
  readonly full: number[];
  readonly lowBits: number[];
}

export function newXmmUse(): XmmUse {
  const zeros = () => new Array<number>(16).fill(0);
  return { low: zeros(), full: zeros(), lowBits: zeros() };
}

/** Which registers have two locals, and how wide the low lane of each is. */
export class Split {
  readonly #bits: readonly number[];

  constructor(bits: readonly number[]) {
    this.#bits = bits;
  }

  has(n: number): boolean {
    return (this.#bits[n] ?? 0) !== 0;
  }

  bits(n: number): 32 | 64 {
    return this.#bits[n] === 32 ? 32 : 64;
  }
}

export const NO_SPLIT = new Split([]);

export function chooseSplit({ low, full, lowBits }: XmmUse): Split {
  return new Split(low.map((n, i) => (n > full[i] ? (lowBits[i] === 32 ? 32 : 64) : 0)));
}

/** The low `bits` of one vector, the other lanes of another. */
export function joined(w: Wasm, bits: 32 | 64, low: Expr, upper: Expr): Expr {
  const mask = Array.from({ length: 16 }, (_, i) => (i < bits / 8 ? i : i + 16));
  return w.i8x16.shuffle(low, upper, mask);
}
