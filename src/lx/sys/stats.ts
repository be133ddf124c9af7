// --stats: counts of a session, kept in kernel memory: instructions, and calls and milliseconds of each system call.
import { INST_COUNT } from '../../../assembly/shared/layout.ts';
import { Fixed } from '../kernel/fixed.ts';
import type { Kernel } from '../kernel/kmem.ts';
import type { LeftCount, Lx, SyscallTrace } from '../kernel/lx.ts';

const CALLS = 512; // numbers above share the last entry
/** What there is to count of translation (jit/link/tally.ts). */
// biome-ignore format: a list
const TRANSLATION = [
  'modules', 'regions', 'instructions', 'bytes', 'translating', 'compiling', 'rejected',
  'installedModules', 'installedRegions', 'installing', 'links', 'dropped',
  'keptModules', 'keptRegions', 'keptBytes', 'loading', 'lookedUp',
] as const;
export type TranslationCounts = Record<(typeof TRANSLATION)[number], number>;

/** Doubles: instructions, then (count, ms) for each number, then TRANSLATION. */
const TRANSLATION_AT = 1 + CALLS * 2;
const SIZE = (TRANSLATION_AT + TRANSLATION.length) * 8;

export function countTranslation(k: Kernel, counts: Partial<TranslationCounts>): void {
  const base = (k.i32[Fixed.stats] >> 1) + TRANSLATION_AT;
  k.locked(() => {
    for (const [i, name] of TRANSLATION.entries()) k.f64[base + i] += counts[name] ?? 0;
  });
}

export function createStats(k: Kernel): void {
  k.i32[Fixed.stats] = k.alloc(SIZE);
}

/** Counts what one worker does. */
export function createStatsTrace(k: Kernel): SyscallTrace {
  const base = k.i32[Fixed.stats] >> 1;
  let started = 0;
  let task = 0;
  let seen = 0;

  /** Instructions since the last call; a context that begins anew (exec) counts from 0, a forked one from here. */
  const instructions = (lx: Lx): number => {
    const now = Number(lx.mem.dv.getBigUint64(lx.ctx + INST_COUNT, true));
    const fresh = task === 0 || now < seen;
    const before = fresh ? 0 : lx.task === task ? seen : now;
    task = lx.task;
    seen = now;
    return now - before;
  };

  return {
    enter(lx) {
      const count = instructions(lx);
      k.locked(() => {
        k.f64[base] += count;
      });
      started = performance.now();
    },
    leave(_lx, _row, number) {
      const at = base + 1 + Math.min(number >>> 0, CALLS - 1) * 2;
      const ms = performance.now() - started;
      k.locked(() => {
        k.f64[at]++;
        k.f64[at + 1] += ms;
      });
    },
  };
}

export interface CallStats {
  readonly number: number;
  readonly count: number;
  readonly ms: number;
}

export interface SessionStats {
  readonly instructions: number;
  /** By time, most first. */
  readonly calls: readonly CallStats[];
  readonly translation: TranslationCounts;
  /** How translated code was left, most often first. */
  readonly left: readonly LeftCount[];
}

export function readStats(k: Kernel, left: readonly LeftCount[]): SessionStats {
  const base = k.i32[Fixed.stats] >> 1;
  const calls = Array.from({ length: CALLS }, (_, number) => ({
    number,
    count: k.f64[base + 1 + number * 2],
    ms: k.f64[base + 2 + number * 2],
  }));
  return {
    instructions: k.f64[base],
    calls: calls.filter((call) => call.count > 0).sort((a, b) => b.ms - a.ms),
    translation: Object.fromEntries(
      TRANSLATION.map((name, i) => [name, k.f64[base + TRANSLATION_AT + i]]),
    ) as TranslationCounts,
    left: left.toSorted((a, b) => b.count - a.count),
  };
}
