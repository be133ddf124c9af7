// AVX2 and AVX accesses that touch only some elements: masked moves and gathers. An element whose mask's sign bit is clear
// is not accessed, so it cannot fault.
import { EXIT_FAULT } from '../shared/exit';
import { INST_ADDR32, I_BASE, I_DISP, I_FLAGS, I_INDEX, I_SCALE } from '../shared/inst';
import { eaOffset, rd, segBase, ud, wr } from '../memory';
import { r0, r1, r2, xmm, ymmHigh } from '../state';
import { SCRATCH_R } from '../sse/arith';
import { commit, firstSource, vectorSize } from './operand';

/** Sign bit of the mask element at `at`. */
@inline
function chosen<T>(at: usize): bool {
  return sizeof<T>() == 8 ? load<i64>(at) < 0 : load<i32>(at) < 0;
}

/** Address of an element `offset` from the segment's start; 32-bit addresses wrap element by element. */
@inline
function elementAt(ctx: usize, inst: usize, offset: u64): u64 {
  return (load<u8>(inst, I_FLAGS) & INST_ADDR32 ? offset & 0xffffffff : offset) + segBase(ctx, inst);
}

/** vmaskmovps/pd, vpmaskmovd/q loads: other elements become 0. */
export function maskLoad<T>(ctx: usize, inst: usize): i32 {
  const size = vectorSize(inst);
  const mask = firstSource(ctx, inst);
  const at = eaOffset(ctx, inst);
  for (let i: usize = 0; i < size; i += sizeof<T>()) {
    let value: T = 0;
    if (chosen<T>(mask + i)) {
      const s = rd(ctx, elementAt(ctx, inst, at + i), sizeof<T>());
      if (!s) return EXIT_FAULT;
      value = load<T>(s);
    }
    store<T>(ctx + i, value, SCRATCH_R);
  }
  return commit(ctx, inst, size);
}

/** The stores: all elements are checked before the first is written. */
export function maskStore<T>(ctx: usize, inst: usize): i32 {
  const size = vectorSize(inst);
  const mask = firstSource(ctx, inst);
  const at = eaOffset(ctx, inst);
  for (let i: usize = 0; i < size; i += sizeof<T>()) {
    if (chosen<T>(mask + i) && !wr(ctx, elementAt(ctx, inst, at + i), sizeof<T>())) return EXIT_FAULT;
  }
  for (let i: usize = 0; i < size; i += sizeof<T>()) {
    if (chosen<T>(mask + i)) {
      store<T>(wr(ctx, elementAt(ctx, inst, at + i), sizeof<T>()), load<T>(slot(ctx, r2(inst), i)));
    }
  }
  return 0;
}

/** Address of byte i of vector register `reg`. */
@inline
function slot(ctx: usize, reg: usize, i: usize): usize {
  return i < 16 ? xmm(ctx, reg) + i : ymmHigh(ctx, reg) + i - 16;
}

/**
 * Gathers: I is the index type (i32, i64) in a vector register, T the element. Each element loaded clears its mask (r2), so
 * that the instruction can be restarted after a fault. At the end the mask is 0.
 */
export function gather<I, T>(ctx: usize, inst: usize): i32 {
  const indexReg = indexRegister(inst);
  const d = r0(inst);
  const mask = r2(inst);
  if (d == mask || d == indexReg || mask == indexReg) return ud(ctx);
  const length = vectorSize(inst);
  const count = min<usize>(length / sizeof<I>(), length / sizeof<T>());
  const used = count * sizeof<T>();
  for (let i: usize = 0; i < count; i++) {
    const maskAt = slot(ctx, mask, i * sizeof<T>());
    if (!chosen<T>(maskAt)) {
      store<T>(maskAt, 0); // done with it, also when a later one faults
      continue;
    }
    const s = rd(ctx, element(ctx, inst, <i64>load<I>(slot(ctx, indexReg, i * sizeof<I>()))), sizeof<T>());
    if (!s) return EXIT_FAULT;
    store<T>(slot(ctx, d, i * sizeof<T>()), load<T>(s));
    store<T>(maskAt, 0);
  }
  clearFrom(ctx, d, used);
  clearFrom(ctx, mask, 0);
  return 0;
}

/** The vector register in the place of the index (a record has it as if it were a GPR). */
@inline
function indexRegister(inst: usize): usize {
  return <usize>load<u8>(inst, I_INDEX) << 1;
}

/** Guest address of the element with this index. */
@inline
function element(ctx: usize, inst: usize, index: i64): u64 {
  const base = load<i64>(ctx + load<u8>(inst, I_BASE));
  const at = base + (index << load<u8>(inst, I_SCALE)) + <i64>load<i32>(inst, I_DISP);
  return (load<u8>(inst, I_FLAGS) & INST_ADDR32 ? at & 0xffffffff : at) + segBase(ctx, inst);
}

/** Clears the vector register from byte `from` (0, 8, 16 or 32) on. */
function clearFrom(ctx: usize, reg: usize, from: usize): void {
  for (let i = from; i < 32; i += 8) store<u64>(slot(ctx, reg, i), 0);
}
