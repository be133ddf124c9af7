// A part of the cases of one executor on one CPU level against the processor, as a thread of its own (run.ts).
import { parentPort, workerData } from 'node:worker_threads';
import { openInterpreter, openTranslated } from './interpreter.ts';
import { openNative } from './native.ts';
import { runSequences } from './sequences.ts';
import { BATCH, runSuite } from './suite.ts';

export const EXECUTORS = ['interpreter', 'translator', 'checked translator'] as const;
export type ExecutorName = (typeof EXECUTORS)[number];

export interface Job {
  readonly executor: ExecutorName;
  readonly level: number;
  readonly seed: number;
  /** This one's share of the operand forms: each `parts`-th, from `part` on. */
  readonly part: number;
  readonly parts: number;
  readonly casesPerVariant: number;
  readonly sequences: number;
  readonly pattern: string | undefined;
  readonly group: string | undefined;
}

export interface Count {
  readonly name: string;
  readonly cases: number;
  readonly mismatches: number;
  readonly excused: number;
}

export interface JobResult {
  readonly job: Job;
  /** One for each operand form. */
  readonly counts: readonly Count[];
  /** Instructions in the sequences, and sequences that differ. */
  readonly instructions: number;
  readonly failed: number;
  readonly examples: readonly string[];
}

export type Message = { readonly progress: string } | { readonly result: JobResult };

async function run(job: Job): Promise<JobResult> {
  const {
    executor: name,
    level,
    seed,
    casesPerVariant,
    sequences,
    pattern,
    group,
    part,
    parts,
  } = job;
  const report = (what: string) => (done: number, total: number) =>
    parentPort!.postMessage({ progress: `${name}, level ${level}: ${done} of ${total} ${what}` });
  const executor =
    name === 'interpreter'
      ? openInterpreter(BATCH)
      : openTranslated(BATCH, name === 'checked translator');
  const native = openNative();
  const outcomes = await runSuite(native, {
    level,
    seed,
    casesPerVariant,
    executor,
    share: (form) => form % parts === part,
    ...(pattern ? { filter: new RegExp(pattern) } : {}),
    ...(group ? { group } : {}),
    progress: report('cases'),
  });
  const progress = report('sequences');
  const found = await runSequences(native, level, seed + part, sequences, executor, (done) =>
    progress(done, sequences),
  );
  native.close();
  return {
    job,
    counts: outcomes.map(({ variant, cases, mismatches, excused }) => ({
      name: variant.name,
      cases,
      mismatches,
      excused,
    })),
    instructions: found.instructions,
    failed: found.mismatches,
    examples: [
      ...outcomes.flatMap(({ variant, examples }) => examples.map((e) => `${variant.name}: ${e}`)),
      ...found.examples,
    ],
  };
}

if (workerData?.job) parentPort!.postMessage({ result: await run(workerData.job as Job) });
