// MMX registers are the mantissas of the physical x87 registers R0 … R7. Every MMX instruction but emms sets TOP to 0 and
// marks all registers as in use; a written one gets an exponent of all ones (Intel SDM Vol. 1 §9.2.1, Vol. 3 §12.2).
import { VEC_MF } from '../shared/exit';
import { FSW, FTW } from '../shared/layout';
import { fault } from '../memory';

const FSW_TOP: u32 = 0x3800;
/** An unmasked x87 exception is pending. */
const FSW_ES: u32 = 0x80;

/** Records #MF when an x87 exception is pending: true, and the instruction is not executed. */
@inline
export function pendingX87(ctx: usize): bool {
  if (!(load<u16>(ctx, FSW) & FSW_ES)) return false;
  fault(ctx, VEC_MF, 0);
  return true;
}

/** Transition of the x87 unit to MMX. */
@inline
export function enterMmx(ctx: usize): void {
  store<u16>(ctx, load<u16>(ctx, FSW) & ~FSW_TOP, FSW);
  store<u8>(ctx, 0xff, FTW);
}

/** Writes the MMX register whose slot is `at`. */
@inline
export function setMm(at: usize, value: u64): void {
  store<u64>(at, value);
  store<u16>(at, 0xffff, 8);
}
