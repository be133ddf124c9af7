// --stats: how often a process left translated code (assembly/left.ts), with names for the places.
import { LEFT_PLACES, LEFT_SLOTS, LEFT_TABLE } from '../../../assembly/shared/layout.ts';
import { LEFT_REASONS } from '../../../assembly/shared/left.ts';
import type { LeftCount, Lx } from '../kernel/lx.ts';
import { Symbolizer, showSymbol } from '../loader/symbols.ts';

/** Places of a process that are told. */
const MOST = 100;

/** The counts of the current process, whose Mm is `mm`. */
export function leftCounts(lx: Lx, mm: number): LeftCount[] {
  lx.mem.refresh();
  const { dv } = lx.mem;
  const places: { reason: number; pc: number; count: number }[] = [];
  for (let slot = 0; slot < LEFT_SLOTS; slot++) {
    const at = LEFT_PLACES + slot * 16;
    const count = Number(dv.getBigUint64(at + 8, true));
    if (count > 0)
      places.push({ pc: dv.getUint32(at, true), reason: dv.getUint32(at + 4, true), count });
  }
  const symbols = new Symbolizer(lx, mm);
  const rows = places
    .sort((a, b) => b.count - a.count)
    .slice(0, MOST)
    .map(({ reason, pc, count }) => ({
      reason,
      place: `0x${pc.toString(16)} ${showSymbol(symbols.find(pc), pc)}`.trimEnd(),
      count,
    }));
  return [...rows, ...remainders(dv, rows)];
}

/** What the places told do not have. */
function remainders(dv: DataView, rows: readonly LeftCount[]): LeftCount[] {
  const rest: LeftCount[] = [];
  for (let reason = 0; reason < LEFT_REASONS; reason++) {
    const told = rows.filter((row) => row.reason === reason);
    const all = Number(dv.getBigUint64(LEFT_TABLE + reason * 8, true));
    const count = all - told.reduce((sum, row) => sum + row.count, 0);
    if (count > 0) rest.push({ reason, place: '', count });
  }
  return rest;
}
