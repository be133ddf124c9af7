// --stats: how often a process left translated code (assembly/left.ts), with names for the places.
import { LEFT_PLACES, LEFT_SLOTS, LEFT_TABLE } from '../../../assembly/shared/layout.ts';
import { LEFT_REASONS } from '../../../assembly/shared/left.ts';
import type { LeftCount, Lx } from '../kernel/lx.ts';
import { Symbolizer, showSymbol } from '../loader/symbols.ts';

/** Places of a process that are told. */
const MOST = 100;

interface Place {
  readonly reason: number;
  readonly pc: number;
  readonly count: number;
}

/** The counts of the current process, whose Mm is `mm`. */
export function leftCounts(lx: Lx, mm: number): LeftCount[] {
  lx.mem.refresh();
  const { dv } = lx.mem;
  const found: Place[] = [];
  for (let slot = 0; slot < LEFT_SLOTS; slot++) {
    const at = LEFT_PLACES + slot * 16;
    const count = Number(dv.getBigUint64(at + 8, true));
    if (count > 0)
      found.push({ pc: dv.getUint32(at, true), reason: dv.getUint32(at + 4, true), count });
  }
  const places = found.sort((a, b) => b.count - a.count).slice(0, MOST);
  const rest = remainders(dv, places);
  lx.mem.u8.fill(0, LEFT_TABLE, LEFT_PLACES + LEFT_SLOTS * 16); // the memory's next process begins anew
  const symbols = new Symbolizer(lx, mm);
  const rows = places.map(({ reason, pc, count }) => ({
    reason,
    place: `0x${pc.toString(16)} ${showSymbol(symbols.find(pc), pc)}`.trimEnd(),
    count,
  }));
  return [...rows, ...rest];
}

/** What the places told do not have. */
function remainders(dv: DataView, told: readonly Place[]): LeftCount[] {
  const rest: LeftCount[] = [];
  for (let reason = 0; reason < LEFT_REASONS; reason++) {
    const own = told.filter((place) => place.reason === reason);
    const all = Number(dv.getBigUint64(LEFT_TABLE + reason * 8, true));
    const count = all - own.reduce((sum, place) => sum + place.count, 0);
    if (count > 0) rest.push({ reason, place: '', count });
  }
  return rest;
}
