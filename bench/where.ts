// Where the time of a program goes, by --profile: its samples, sorted by what the innermost frame is.
import { spawnSync } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Item } from './item.ts';
import { scratch } from './scratch.ts';
import { LXJIT } from './side-by-side.ts';

// In the order in which they are drawn; the first that fits the frame counts.
// biome-ignore format: aligned rows
const PARTS: readonly (readonly [name: string, frame: RegExp])[] = [
  ['translated code',   /^(?!.*\[).+ \(.+\)$|^0x[0-9a-f]+( \(.+\))?$/],
  ['interpreted',       /\[interpreted\]$|^\[interpreter\]$/],
  ['lxcore: system calls, and waiting in them', /^\[lxjit\]$/],
  ['V8: compiling, collecting', /^\((program|garbage collector)\)$/],
];
const OTHER = 'idle';

/** Milliseconds that a program's threads spent in one part. */
export interface PartOfTime {
  readonly program: string;
  readonly part: string;
  readonly ms: number;
}

export const PART_NAMES: readonly string[] = [...PARTS.map(([name]) => name), OTHER];

interface Speedscope {
  readonly shared: { readonly frames: readonly { readonly name: string }[] };
  readonly profiles: readonly {
    readonly samples: readonly (readonly number[])[];
    readonly weights: readonly number[];
  }[];
}

export function timeOf(item: Item, flags: readonly string[]): PartOfTime[] {
  const file = join(scratch, `profile-${process.pid}.json`);
  const { argv, stdin, env } = item.command();
  const [node, ...args] = [...LXJIT, `--profile=${file}`, ...flags, '--', ...argv];
  const input = openSync(stdin ?? '/dev/null', 'r');
  const { status } = spawnSync(node, args, {
    cwd: scratch,
    env: { ...process.env, LC_ALL: 'C', ...env },
    stdio: [input, 'ignore', 'ignore'],
  });
  closeSync(input);
  if (status !== 0) throw new Error(`${item.name}: status ${status}`);
  const sums = partsOf(JSON.parse(readFileSync(file, 'utf8')) as Speedscope);
  return PART_NAMES.map((part) => ({ program: item.name, part, ms: sums.get(part) ?? 0 }));
}

function partsOf({ shared, profiles }: Speedscope): Map<string, number> {
  const sums = new Map<string, number>();
  for (const { samples, weights } of profiles) {
    samples.forEach((stack, i) => {
      const frame = shared.frames[stack.at(-1) ?? -1]?.name ?? '';
      const part = PARTS.find(([, pattern]) => pattern.test(frame))?.[0] ?? OTHER;
      sums.set(part, (sums.get(part) ?? 0) + weights[i] / 1000);
    });
  }
  return sums;
}
