// Data movement between registers and memory: mov, movzx, movsx(d), lea, cmovcc, setcc, xchg, bswap, cbw family, xlat.
import { EXIT_FAULT, EXIT_NONE } from '../shared/exit';
import { I_IMM, I_OP } from '../shared/inst';
import { RAX, RBX, RDX } from '../shared/layout';
import * as ops from '../generated/ops';
import { ea, eaOffset, rd, segBase, wr } from '../memory';
import { gpr, r0, r1, setGpr } from '../state';
import { condB, condBE, condL, condLE, condS, condZ, overflow, parity } from './lazy';

@inline
export function movRR<T>(ctx: usize, inst: usize): i32 {
  setGpr<T>(ctx, r0(inst), gpr<T>(ctx, r1(inst)));
  return EXIT_NONE;
}

@inline
export function movRI<T>(ctx: usize, inst: usize): i32 {
  setGpr<T>(ctx, r0(inst), load<T>(inst, I_IMM));
  return EXIT_NONE;
}

@inline
export function movRM<T>(ctx: usize, inst: usize): i32 {
  const at = rd(ctx, ea(ctx, inst), sizeof<T>());
  if (!at) return EXIT_FAULT;
  setGpr<T>(ctx, r0(inst), load<T>(at));
  return EXIT_NONE;
}

@inline
export function movMR<T>(ctx: usize, inst: usize): i32 {
  const at = wr(ctx, ea(ctx, inst), sizeof<T>());
  if (!at) return EXIT_FAULT;
  store<T>(at, gpr<T>(ctx, r1(inst)));
  return EXIT_NONE;
}

@inline
export function movMI<T>(ctx: usize, inst: usize): i32 {
  const at = wr(ctx, ea(ctx, inst), sizeof<T>());
  if (!at) return EXIT_FAULT;
  store<T>(at, load<T>(inst, I_IMM));
  return EXIT_NONE;
}

/** movzx and movsx: To ← From, zero- or sign-extended as From is unsigned or signed. */
@inline
export function extendRR<To, From>(ctx: usize, inst: usize): i32 {
  setGpr<To>(ctx, r0(inst), <To>gpr<From>(ctx, r1(inst)));
  return EXIT_NONE;
}

@inline
export function extendRM<To, From>(ctx: usize, inst: usize): i32 {
  const at = rd(ctx, ea(ctx, inst), sizeof<From>());
  if (!at) return EXIT_FAULT;
  setGpr<To>(ctx, r0(inst), <To>load<From>(at));
  return EXIT_NONE;
}

@inline
export function lea<T>(ctx: usize, inst: usize): i32 {
  setGpr<T>(ctx, r0(inst), <T>eaOffset(ctx, inst));
  return EXIT_NONE;
}

/** cmovcc: the load happens, and may fault, also when the condition is false; 32 bits always clear the upper half. */
@inline
export function cmovRR<T>(ctx: usize, inst: usize, taken: bool): i32 {
  setGpr<T>(ctx, r0(inst), taken ? gpr<T>(ctx, r1(inst)) : gpr<T>(ctx, r0(inst)));
  return EXIT_NONE;
}

@inline
export function cmovRM<T>(ctx: usize, inst: usize, taken: bool): i32 {
  const at = rd(ctx, ea(ctx, inst), sizeof<T>());
  if (!at) return EXIT_FAULT;
  setGpr<T>(ctx, r0(inst), taken ? load<T>(at) : gpr<T>(ctx, r0(inst)));
  return EXIT_NONE;
}

@inline
export function setR(ctx: usize, inst: usize, taken: bool): i32 {
  store<u8>(ctx + r0(inst), u8(taken));
  return EXIT_NONE;
}

function setM(ctx: usize, inst: usize, taken: bool): i32 {
  const at = wr(ctx, ea(ctx, inst), 1);
  if (!at) return EXIT_FAULT;
  store<u8>(at, u8(taken));
  return EXIT_NONE;
}

@inline
function xchgRR<T>(ctx: usize, inst: usize): i32 {
  const a = gpr<T>(ctx, r0(inst));
  const b = gpr<T>(ctx, r1(inst));
  setGpr<T>(ctx, r1(inst), a);
  setGpr<T>(ctx, r0(inst), b);
  return EXIT_NONE;
}

/** 16 bits: undefined by the manual; the processor gives 0. */
function bswap16(ctx: usize, inst: usize): i32 {
  setGpr<u16>(ctx, r0(inst), 0);
  return EXIT_NONE;
}

@inline
function bswapR<T>(ctx: usize, inst: usize): i32 {
  setGpr<T>(ctx, r0(inst), bswap<T>(gpr<T>(ctx, r0(inst))));
  return EXIT_NONE;
}

/** al ← [rbx + al]. */
function xlat(ctx: usize, inst: usize): i32 {
  const at = rd(ctx, gpr<u64>(ctx, RBX * 8) + <u64>gpr<u8>(ctx, RAX * 8) + segBase(ctx, inst), 1);
  if (!at) return EXIT_FAULT;
  setGpr<u8>(ctx, RAX * 8, load<u8>(at));
  return EXIT_NONE;
}

/** rdx (dx, edx) ← the sign of rax: cwd, cdq, cqo. */
@inline
function signInto<T>(ctx: usize): i32 {
  setGpr<T>(ctx, RDX * 8, gpr<T>(ctx, RAX * 8) < 0 ? -1 : 0);
  return EXIT_NONE;
}

/** cbw, cwde, cdqe: the low half of rax, sign-extended. */
@inline
function widen<To, From>(ctx: usize): i32 {
  setGpr<To>(ctx, RAX * 8, <To>gpr<From>(ctx, RAX * 8));
  return EXIT_NONE;
}
