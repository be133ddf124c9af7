// F16C: half-precision conversions. Denormal halves are never flushed, and taken without an exception (Intel SDM Vol. 1 §14.4.1).
import { EXIT_FAULT } from '../shared/exit';
import { ea, isMem, wr } from '../memory';
import { r0 } from '../state';
import { SCRATCH_R } from '../sse/arith';
import { DAZ, FTZ, begin, end, ignoreFlushing, setRounding } from '../sse/env';
import { softConvert } from '../sse/soft-convert';
import { F16, F32 } from '../sse/softfloat';
import { commit, commitTo, firstSource, imm8, onlySource } from './operand';

/** vcvtph2ps: `size` / 2 bytes of halves to `size` bytes of singles. */
export function vcvtph2ps(ctx: usize, inst: usize, size: u32): i32 {
  const s = onlySource(ctx, inst, size >> 1);
  if (!s) return EXIT_FAULT;
  begin(ctx);
  ignoreFlushing(DAZ | FTZ);
  for (let i: usize = 0; i < size; i += 4) {
    store<u32>(ctx + i, <u32>softConvert(load<u16>(s + (i >> 1)), F16, F32), SCRATCH_R);
  }
  if (end(ctx)) return EXIT_FAULT;
  return commit(ctx, inst, size);
}

/** vcvtps2ph: `size` bytes of singles to `size` / 2 bytes, rounded by imm[1:0], or with imm[2] as MXCSR says. */
export function vcvtps2ph(ctx: usize, inst: usize, size: u32): i32 {
  const at = isMem(inst) ? wr(ctx, ea(ctx, inst), size >> 1) : 0;
  if (isMem(inst) && !at) return EXIT_FAULT;
  const s = firstSource(ctx, inst);
  const imm = imm8(inst);
  begin(ctx);
  ignoreFlushing(FTZ);
  if (!(imm & 4)) setRounding(imm & 3);
  v128.store(ctx, i64x2.splat(0), SCRATCH_R);
  for (let i: usize = 0; i < size; i += 4) {
    store<u16>(ctx + (i >> 1), <u16>softConvert(load<u32>(s + i), F32, F16), SCRATCH_R);
  }
  if (end(ctx)) return EXIT_FAULT;
  if (!isMem(inst)) return commitTo(ctx, r0(inst), 16);
  memory.copy(at, ctx + SCRATCH_R, size >> 1);
  return 0;
}
