// --stats: the session's counts as text or JSON.
import type { CallStats, SessionStats } from '../lx/sys/stats.ts';
import { syscalls } from '../lx/sys/table.ts';
import { leftText, translationText } from './stats-jit.ts';

const SHOWN = 20;

export function statsJson(stats: SessionStats, wallMs: number, startMs: number): string {
  const calls = stats.calls.map((call) => ({ name: nameOf(call), ...call }));
  return `${JSON.stringify({ wallMs, startMs, mips: mips(stats, wallMs), ...stats, calls })}\n`;
}

export function statsText(stats: SessionStats, wallMs: number, startMs: number): string {
  const calls = stats.calls.reduce((sum, call) => sum + call.count, 0);
  const ms = stats.calls.reduce((sum, call) => sum + call.ms, 0);
  const lines = [
    `wall time           ${wallMs.toFixed(1)} ms (after ${startMs.toFixed(1)} ms of starting Node and lxjit)`,
    `interpreted         ${stats.instructions.toLocaleString('en')} instructions (${mips(stats, wallMs).toFixed(1)} million a second)`,
    ...translationText(stats.translation),
    `system calls        ${calls.toLocaleString('en')} in ${ms.toFixed(1)} ms, waiting included`,
    '',
    '     count          ms     µs each  system call',
    ...stats.calls.slice(0, SHOWN).map(callLine),
  ];
  if (stats.calls.length > SHOWN) lines.push(`… and ${stats.calls.length - SHOWN} more`);
  lines.push(...leftText(stats.left));
  return `${lines.join('\n')}\n`;
}

const nameOf = ({ number }: CallStats): string => syscalls[number]?.name ?? `syscall_${number}`;

const callLine = (call: CallStats): string => {
  const { count, ms } = call;
  const each = ((ms / count) * 1000).toFixed(2);
  return `${String(count).padStart(10)} ${ms.toFixed(2).padStart(11)} ${each.padStart(11)}  ${nameOf(call)}`;
};

const mips = (stats: SessionStats, wallMs: number): number => stats.instructions / wallMs / 1000;
