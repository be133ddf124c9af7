// Whole programs, natively, under lxjit and (where they are installed) under qemu-user and blink in turns, so that what
// disturbs the machine disturbs all; output compared; medians.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Item } from './item.ts';
import { type Command, measure, RunError, type Sample } from './measure.ts';
import { LXJIT, median } from './side-by-side.ts';

const RUNNERS = ['native', 'lxjit', 'qemu', 'blink'] as const;
type Runner = (typeof RUNNERS)[number];

/** A run may take this many times the native processor time, and at least this long; what is not ours gets less. */
const PATIENCE = 200;
const LEAST_PATIENCE_MS = 20_000;
const PATIENCE_WITH_OTHERS = 30;
const NATIVE_LIMIT_MS = 600_000;

/** The others, by their commands. */
const COMMANDS = { qemu: 'qemu-x86_64', blink: 'blink' } as const;
type Other = keyof typeof COMMANDS;

export interface WholeOptions {
  readonly rounds: number;
  readonly runners: readonly Runner[];
  /** For lxjit, before the program. */
  readonly flags: readonly string[];
  readonly progress: (text: string) => void;
}

/** Medians over the rounds: ns, ns, KiB. */
export interface Figures {
  readonly wall: number;
  readonly cpu: number;
  readonly rss: number;
}

export interface WholeRow {
  readonly name: string;
  readonly limit: number;
  readonly inGeomean: boolean;
  readonly native?: Figures;
  readonly lxjit?: Figures;
  readonly qemu?: Figures;
  readonly blink?: Figures;
  /** Least and greatest lxjit/native of one round. */
  readonly spread?: readonly [number, number];
  /** Why there is no figure of ours: what failed, or that the output differs. */
  readonly error?: string;
  /** The same of the others. */
  readonly note?: string;
}

const isOther = (runner: Runner): runner is Other => runner in COMMANDS;

const pathOf = (other: Other): string | undefined =>
  (process.env.PATH ?? '/usr/bin')
    .split(':')
    .map((dir) => join(dir, COMMANDS[other]))
    .find((path) => existsSync(path));

/** Those of the others that are installed. */
export const installed = (): Runner[] =>
  RUNNERS.filter((runner) => !isOther(runner) || pathOf(runner) !== undefined);

function prefixOf(runner: Runner, flags: readonly string[]): readonly string[] {
  if (isOther(runner)) return [pathOf(runner)!];
  if (runner === 'native') return [];
  return [...LXJIT, ...flags, '--'];
}

export function runItem(item: Item, options: WholeOptions): WholeRow {
  const { name, limit, inGeomean } = item;
  const samples: Record<Runner, Sample[]> = { native: [], lxjit: [], qemu: [], blink: [] };
  const failed = new Map<Runner, string>();
  try {
    options.progress(`${name}: preparing`);
    const command = item.command();
    for (let round = 1; round <= options.rounds; round++) {
      for (const runner of options.runners) {
        if (failed.has(runner)) continue;
        options.progress(`${name}: round ${round} of ${options.rounds}, ${runner}`);
        try {
          samples[runner].push(
            measure(under(runner, command, options.flags), patience(runner, samples.native)),
          );
        } catch (error) {
          if (!(error instanceof RunError)) throw error;
          failed.set(runner, `${runner}: ${error.message}`);
        }
      }
    }
  } catch (error) {
    return { name, limit, inGeomean, error: (error as Error).message };
  }
  for (const runner of options.runners) {
    const other = samples[runner].find((s) => s.output !== samples.native[0].output);
    if (other !== undefined) {
      failed.set(runner, `${runner}: output differs from the native run's: ${other.message}`);
      samples[runner] = [];
    }
  }
  const figures = RUNNERS.flatMap((runner) =>
    samples[runner].length > 0 && !failed.has(runner) ? [[runner, figuresOf(samples[runner])]] : [],
  );
  const ratios = samples.lxjit.map((s, i) => s.wall / samples.native[i].wall);
  const failures = (others: boolean): string[] =>
    [...failed].filter(([runner]) => isOther(runner) === others).map(([, words]) => words);
  const [ofUs, ofOthers] = [failures(false), failures(true)];
  return {
    name,
    limit,
    inGeomean,
    ...Object.fromEntries(figures),
    ...(ratios.length > 0 ? { spread: [Math.min(...ratios), Math.max(...ratios)] as const } : {}),
    ...(ofUs.length > 0 ? { error: ofUs.join('; ') } : {}),
    ...(ofOthers.length > 0 ? { note: ofOthers.join('; ') } : {}),
  };
}

function patience(runner: Runner, [native]: readonly Sample[]): number {
  if (native === undefined) return NATIVE_LIMIT_MS;
  const times = isOther(runner) ? PATIENCE_WITH_OTHERS : PATIENCE;
  const least = isOther(runner) ? LEAST_PATIENCE_MS / 2 : LEAST_PATIENCE_MS;
  return Math.round(Math.max(least, (native.cpu / 1e6) * times));
}

function under(runner: Runner, command: Command, flags: readonly string[]): Command {
  return { ...command, argv: [...prefixOf(runner, flags), ...command.argv] };
}

function figuresOf(samples: readonly Sample[]): Figures {
  return {
    wall: median(samples.map((s) => s.wall)),
    cpu: median(samples.map((s) => s.cpu)),
    rss: median(samples.map((s) => s.rss)),
  };
}
