// --stats: how often control came back from translated code, by reason and guest address. Only the dispatcher and the glue count,
// never a region. A process has one table, which its threads share:
//
//   LEFT_TABLE   LEFT_REASONS × count:u64, then (at LEFT_PLACES) LEFT_SLOTS × (address:u32, reason:u32, count:u64)
//
// A place that finds no room is counted by its reason alone.
import { LEFT_PLACES, LEFT_SLOTS, LEFT_TABLE } from './shared/layout';

const PROBES: u32 = 16;

/** Set when the instance is made: the process is measured. */
export let counting: bool = false;

/** Begins to count. */
export function countLeft(): void {
  counting = true;
}

@inline
export function left(reason: u32, pc: u32): void {
  if (counting) note(reason, pc);
}

function note(reason: u32, pc: u32): void {
  atomic.add<u64>(LEFT_TABLE + reason * 8, 1);
  const key = (<u64>reason << 32) | pc;
  const hash = pc ^ (pc >> 11) ^ (reason << 7);
  for (let i: u32 = 0; i < PROBES; i++) {
    const at: usize = LEFT_PLACES + ((hash + i) & (LEFT_SLOTS - 1)) * 16;
    let known = atomic.load<u64>(at);
    if (!known) known = atomic.cmpxchg<u64>(at, 0, key) || key;
    if (known == key) {
      atomic.add<u64>(at + 8, 1);
      return;
    }
  }
}
