// Runs cases of variants natively, interpreted and translated, in batches, and collects what differs.
import { openDisassembler } from '../../src/decoder/capstone.ts';
import { FORMS, type Form } from '../../src/decoder/ops.ts';
import { compareStates, type Difference } from './compare.ts';
import { type Case, Generator, type Variant, variantsOf } from './generate.ts';
import type { Executor } from './interpreter.ts';
import { excused } from './known.ts';
import type { Native } from './native.ts';
import { ENTRY, RECORD_BYTES, slot } from './record.ts';

export const BATCH = 4096;

export interface Outcome {
  readonly variant: Variant;
  cases: number;
  mismatches: number;
  excused: number;
  /** The first mismatches, described. */
  readonly examples: string[];
}

async function describeFailure(
  test: Case,
  seed: string,
  differences: readonly Difference[],
): Promise<string> {
  const cs = await openDisassembler();
  const [line] = cs.list(Uint8Array.from(test.bytes), test.slot.pc, 1);
  const hex = Buffer.from(test.bytes).toString('hex');
  const lines = differences
    .slice(0, 6)
    .map(
      ({ what, input, native, ours }) =>
        `    ${what}: was ${input}, native ${native}, ours ${ours}`,
    );
  return [`${hex}  ${line?.text ?? ''}  (${seed})`, ...lines].join('\n');
}

export interface SuiteOptions {
  readonly level: number;
  readonly seed: number;
  readonly casesPerVariant: number;
  /** What is compared with the processor. */
  readonly executor: Executor;
  /** Only operations whose name matches. */
  readonly filter?: RegExp;
  readonly group?: string;
  /** Which of the selected forms, by number. */
  readonly share?: (form: number) => boolean;
  readonly progress?: (done: number, total: number) => void;
  readonly examples?: number;
}

export function selectVariants({ level, filter, group }: SuiteOptions): Variant[] {
  const forms: readonly Form[] = group ? FORMS.filter((f) => f.group === group) : FORMS;
  return variantsOf(forms, level).filter(({ name }) => !filter || filter.test(name));
}

/** Runs the selected variants; every variant has its own random stream, so a failure is reproduced by seed and filter. */
export async function runSuite(native: Native, options: SuiteOptions): Promise<Outcome[]> {
  const { level, seed, casesPerVariant, executor, progress, examples = 3 } = options;
  const variants = selectVariants(options).filter((_, i) => options.share?.(i) ?? true);
  const outcomes = variants.map(
    (variant): Outcome => ({ variant, cases: 0, mismatches: 0, excused: 0, examples: [] }),
  );
  const generator = new Generator(seed, level);
  const total = variants.length * casesPerVariant;
  for (let start = 0; start < total; start += BATCH) {
    const count = Math.min(BATCH, total - start);
    const batch = new Uint8Array(count * RECORD_BYTES);
    const view = new DataView(batch.buffer);
    const cases = Array.from({ length: count }, (_, i) => {
      const variant = Math.floor((start + i) / casesPerVariant);
      if ((start + i) % casesPerVariant === 0) generator.restart(variants[variant]!);
      return {
        outcome: outcomes[variant]!,
        test: generator.make(variants[variant]!, batch, view, slot(i)),
      };
    });
    const after = native.run(batch);
    const mine = batch.slice();
    executor.run(mine);
    const nativeView = new DataView(after.buffer, after.byteOffset, after.length);
    const ourView = new DataView(mine.buffer);
    for (const [i, { outcome, test }] of cases.entries()) {
      const { variant } = outcome;
      outcome.cases++;
      const differences = compareStates(test, variant, view, nativeView, ourView);
      if (differences.length === 0) continue;
      if (excused(variant, differences, view, test, nativeView, executor.name)) {
        outcome.excused++;
        continue;
      }
      outcome.mismatches++;
      if (outcome.examples.length >= examples) continue;
      const where = `${executor.name}, seed ${seed}, case ${start + i}`;
      outcome.examples.push(await describeFailure(test, where, differences));
    }
    progress?.(start + count, total);
  }
  return outcomes;
}

export { ENTRY };
