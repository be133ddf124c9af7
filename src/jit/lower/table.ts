// Which lowering an operation has; those without one are interpreted in place.
import { INST_LOCK, INST_REP, INST_REPNE } from '../../../assembly/shared/inst.ts';
import type { Inst } from '../region/inst.ts';
import { arith } from './arith.ts';
import { bits } from './bit.ts';
import { exec } from './exec.ts';
import { floatMode } from './float-mode.ts';
import type { Lowering } from './lower.ts';
import { move } from './move.ts';
import { shifts } from './shift.ts';
import { vectors } from './vector.ts';
import { x87 } from './x87.ts';

const table: Record<string, Lowering> = {
  ...arith,
  ...move,
  ...shifts,
  ...bits,
  ...vectors,
  ...floatMode,
  ...x87,
};

/** Accesses that must be atomic are left to the interpreter. */
const isAtomic = (inst: Inst): boolean =>
  (inst.flags & INST_LOCK) !== 0 || (inst.op.base === 'XCHG' && inst.op.form === 'MR');

export function loweringOf(inst: Inst): Lowering {
  if (isAtomic(inst) || (inst.flags & (INST_REP | INST_REPNE)) !== 0) return exec;
  return table[inst.op.base] ?? table[inst.op.name] ?? exec;
}
