// Running the same thing natively and under lxjit, alternately (so that what disturbs the machine disturbs both), and
// what to make of the figures: medians, and their ratio.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
export const LXJIT = [process.execPath, join(root, 'dist/lxjit.js')];

export interface Figure {
  readonly name: string;
  /** Nanoseconds, medians over the rounds. */
  readonly native: number;
  readonly ours: number;
}

/** A program of bench/guest, compiled for real use. */
export function benchProgram(source: string): string {
  const file = join(root, 'bench/guest', source);
  const dir = join(tmpdir(), `lxjit-bench-${process.getuid?.() ?? 0}`);
  mkdirSync(dir, { recursive: true });
  const program = join(dir, source.replace(/\.c$/, ''));
  if (!existsSync(program) || statSync(program).mtimeMs < statSync(file).mtimeMs) {
    execFileSync('gcc', ['-O2', '-o', program, file], { stdio: 'inherit' });
  }
  return program;
}

/** Runs a program that prints "name\tnanoseconds" lines, `rounds` times on each side. */
export function comparePrinted(command: readonly string[], rounds: number): Figure[] {
  const native = new Map<string, number[]>();
  const ours = new Map<string, number[]>();
  for (let i = 0; i < rounds; i++) {
    collect(native, command);
    collect(ours, [...LXJIT, ...command]);
  }
  return [...native].map(([name, times]) => ({
    name,
    native: median(times),
    ours: median(ours.get(name) ?? [Number.NaN]),
  }));
}

function collect(into: Map<string, number[]>, command: readonly string[]): void {
  const text = execFileSync(command[0], command.slice(1), { encoding: 'utf8' });
  for (const line of text.trim().split('\n')) {
    const [name, ns] = line.split('\t');
    into.set(name, [...(into.get(name) ?? []), Number(ns)]);
  }
}

/** Wall time of commands, alternately, in nanoseconds: medians in the order given. */
export function wallTimes(commands: readonly (readonly string[])[], rounds: number): number[] {
  const times: number[][] = commands.map(() => []);
  for (let i = 0; i < rounds; i++) {
    for (const [n, [file, ...args]] of commands.entries()) {
      const start = process.hrtime.bigint();
      const { status } = spawnSync(file, args, { stdio: 'ignore' });
      if (status !== 0) throw new Error(`${commands[n].join(' ')}: status ${status}`);
      times[n].push(Number(process.hrtime.bigint() - start));
    }
  }
  return times.map(median);
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1];
}

/** 1234567 → "1.23 ms" */
export function duration(ns: number): string {
  if (Number.isNaN(ns)) return '—';
  if (ns < 1e3) return `${ns.toFixed(0)} ns`;
  if (ns < 1e6) return `${(ns / 1e3).toFixed(ns < 1e4 ? 2 : 1)} µs`;
  return ns < 1e9 ? `${(ns / 1e6).toFixed(ns < 1e7 ? 2 : 1)} ms` : `${(ns / 1e9).toFixed(2)} s`;
}
