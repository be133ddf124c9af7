// ldmxcsr and stmxcsr, and when a thread needs exact floating point. Translated code may compute fast: by the default
// control bits and without the sticky exception flags (jit/lower/float-mode.ts). It stops doing so in a thread that
//   – loads other control bits (rounding, DAZ, FTZ, unmasked exceptions), or
//   – clears sticky flags, or loads none, as feclearexcept and feholdexcept do before flags are looked at, or
//   – stores MXCSR and then tests the flags in it (looksAtFlags).
// libm's saving and restoring of the rounding mode around a function is none of these.
import { decodeOne } from '../decode';
import { EXIT_FAULT } from '../shared/exit';
import { I_FLAGS, I_IMM, I_OP, I_PC, INST_END } from '../shared/inst';
import { CTX_PRIVATE, FP_EXACT, MXCSR } from '../shared/layout';
import * as ops from '../generated/ops';
import { ea, gp, rd, wr } from '../memory';
import { MASKS, MXCSR_VALID } from './env';

const FLAGS: u32 = 0x3f;
/** Where instructions behind an stmxcsr are decoded to: not where the running one may lie. */
const AHEAD: usize = CTX_PRIVATE + 640;
/** So many instructions behind it. */
const LOOK_AHEAD: u32 = 6;

/** Loads MXCSR; reserved bits are #GP(0). */
export function ldmxcsr(ctx: usize, inst: usize): i32 {
  const s = rd(ctx, ea(ctx, inst), 4);
  if (!s) return EXIT_FAULT;
  const value = load<u32>(s);
  if (value & ~MXCSR_VALID) return gp(ctx);
  const cleared = load<u32>(ctx, MXCSR) & ~value & FLAGS;
  if ((value & ~FLAGS) != MASKS || cleared || !(value & FLAGS)) store<u32>(ctx, 1, FP_EXACT);
  store<u32>(ctx, value, MXCSR);
  return 0;
}

export function stmxcsr(ctx: usize, inst: usize): i32 {
  const at = wr(ctx, ea(ctx, inst), 4);
  if (!at) return EXIT_FAULT;
  store<u32>(at, load<u32>(ctx, MXCSR));
  if (!load<u32>(ctx, FP_EXACT) && looksAtFlags(ctx, load<u32>(inst, I_PC))) store<u32>(ctx, 1, FP_EXACT);
  return 0;
}

/** Does the code behind the stmxcsr at `pc` single out bits of the flags, as fetestexcept does? */
function looksAtFlags(ctx: usize, pc: u32): bool {
  const inst = ctx + AHEAD;
  for (let i: u32 = 0; i <= LOOK_AHEAD; i++) {
    pc += decodeOne(ctx, pc, inst);
    const op: i32 = load<u16>(inst, I_OP);
    if (i == 0) continue;
    if (op == ops.LDMXCSR || load<u8>(inst, I_FLAGS) & INST_END) return false;
    const mask = load<u64>(inst, I_IMM);
    if (masks(op) && mask != 0 && mask <= FLAGS) return true;
  }
  return false;
}

/** An `and` or `test` with an immediate. */
// biome-ignore format: aligned rows
function masks(op: i32): bool {
  switch (op) {
    case ops.AND_RI8: case ops.AND_RI16: case ops.AND_RI32: case ops.AND_RI64: case ops.AND_MI8: case ops.AND_MI16:
    case ops.AND_MI32: case ops.AND_MI64: case ops.TEST_RI8: case ops.TEST_RI16: case ops.TEST_RI32: case ops.TEST_RI64:
    case ops.TEST_MI8: case ops.TEST_MI16: case ops.TEST_MI32: case ops.TEST_MI64:
      return true;
    default: return false;
  }
}
