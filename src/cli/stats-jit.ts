// The part of --stats that is about translation.
import * as L from '../../assembly/shared/left.ts';
import type { LeftCount } from '../lx/kernel/lx.ts';
import type { TranslationCounts } from '../lx/sys/stats.ts';

const SHOWN = 10;

// biome-ignore format: aligned rows
const WORDS: Record<number, string> = {
  [L.LEFT_RETURN]:     'return to code that does not wait for it',
  [L.LEFT_JUMP]:       'jump to code that is not translated',
  [L.LEFT_CALL]:       'call of code that is not translated',
  [L.LEFT_ENDED]:      'one of these that a system call, fault or poll ended',
  [L.LEFT_INTERPRET]:  'instruction for the interpreter',
  [L.LEFT_POLL]:       'poll',
  [L.LEFT_DEEP]:       'wasm stack thrown away',
  [L.LEFT_EXIT]:       'system call or fault in the region',
  [L.LEFT_STALE]:      'code that was written to',
  [L.LEFT_NO_STACK]:   'no stack below',
  [L.HELPER_EXEC]:     'stayed: one instruction by its interpreter routine',
  [L.HELPER_STEP]:     'stayed: one instruction stepped',
};

const leftName = (reason: number): string => WORDS[reason] ?? `reason ${reason}`;

export function leftText(left: readonly LeftCount[]): string[] {
  if (left.length === 0) return [];
  const sums = new Map<number, number>();
  for (const { reason, count } of left) sums.set(reason, (sums.get(reason) ?? 0) + count);
  const reasons = [...sums].sort(([, a], [, b]) => b - a);
  const lines = [
    '',
    '     times  translated code was left for',
    ...reasons.map(([reason, count]) => line(count, leftName(reason))),
  ];
  lines.push('', '     times  most often, at');
  for (const { reason, place, count } of left.filter(({ place }) => place !== '').slice(0, SHOWN))
    lines.push(line(count, `${place}: ${leftName(reason)}`));
  return lines;
}

const line = (count: number, text: string): string => `${String(count).padStart(10)}  ${text}`;

export function translationText(t: TranslationCounts): string[] {
  const n = (value: number): string => Math.round(value).toLocaleString('en');
  const rate = t.translating > 0 ? (t.instructions / t.translating) * 1000 : 0;
  return [
    `translated          ${n(t.instructions)} instructions in ${n(t.regions)} regions, ${n(t.modules)} modules, ${n(t.bytes)} bytes; ${n(t.rejected)} functions rejected`,
    `translation time    ${t.translating.toFixed(1)} ms in its own thread, ${t.compiling.toFixed(1)} ms of it V8 compiling (${n(rate)} instructions a second)`,
    `installed           ${n(t.installedRegions)} regions of ${n(t.installedModules)} modules, ${n(t.links)} links between them; ${n(t.dropped)} regions dropped`,
    `from the cache      ${n(t.keptRegions)} regions of ${n(t.keptModules)} modules, ${n(t.keptBytes)} bytes of machine code in ${n(t.loading)} ms; ${n(t.lookedUp)} files looked up`,
  ];
}
