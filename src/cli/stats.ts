// --stats: the session's counts as text or JSON.
import type { SessionStats } from '../lx/sys/stats.ts';

const SHOWN = 20;

export function statsJson(stats: SessionStats, wallMs: number, startMs: number): string {
  return `${JSON.stringify({ wallMs, startMs, ...stats, mips: mips(stats, wallMs) })}\n`;
}

export function statsText(stats: SessionStats, wallMs: number, startMs: number): string {
  const calls = stats.calls.reduce((sum, call) => sum + call.count, 0);
  const ms = stats.calls.reduce((sum, call) => sum + call.ms, 0);
  const lines = [
    `wall time           ${wallMs.toFixed(1)} ms (after ${startMs.toFixed(1)} ms of starting Node and lxjit)`,
    `instructions        ${stats.instructions.toLocaleString('en')} (${mips(stats, wallMs).toFixed(1)} million a second)`,
    `system calls        ${calls.toLocaleString('en')} in ${ms.toFixed(1)} ms, waiting included`,
    '',
    '     count          ms     µs each  system call',
    ...stats.calls.slice(0, SHOWN).map(callLine),
  ];
  if (stats.calls.length > SHOWN) lines.push(`… and ${stats.calls.length - SHOWN} more`);
  return `${lines.join('\n')}\n`;
}

const callLine = ({ name, count, ms }: SessionStats['calls'][number]): string =>
  `${String(count).padStart(10)} ${ms.toFixed(2).padStart(11)} ${((ms / count) * 1000).toFixed(2).padStart(11)}  ${name}`;

const mips = (stats: SessionStats, wallMs: number): number => stats.instructions / wallMs / 1000;
