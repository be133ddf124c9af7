// ldmxcsr and stmxcsr.
import { EXIT_FAULT } from '../shared/exit';
import { MXCSR } from '../shared/layout';
import { ea, gp, rd, wr } from '../memory';
import { MXCSR_VALID } from './env';

/** Loads MXCSR; reserved bits are #GP(0). */
export function ldmxcsr(ctx: usize, inst: usize): i32 {
  const s = rd(ctx, ea(ctx, inst), 4);
  if (!s) return EXIT_FAULT;
  const value = load<u32>(s);
  if (value & ~MXCSR_VALID) return gp(ctx);
  store<u32>(ctx, value, MXCSR);
  return 0;
}

export function stmxcsr(ctx: usize, inst: usize): i32 {
  const at = wr(ctx, ea(ctx, inst), 4);
  if (!at) return EXIT_FAULT;
  store<u32>(at, load<u32>(ctx, MXCSR));
  return 0;
}
