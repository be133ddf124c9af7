// A part of the cases of one executor on one CPU level against the processor, as a process of its own (run.ts).
import { openInterpreter, openTranslated } from './interpreter.ts';
import type { Job, JobResult, Message } from './jobs.ts';
import { openNative } from './native.ts';
import { runSequences } from './sequences.ts';
import { BATCH, runSuite } from './suite.ts';

const tell = (message: Message) => process.send!(message);

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
    tell({ progress: `${name}, level ${level}: ${done} of ${total} ${what}` });
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

process.once('message', async (job: Job) => {
  tell({ result: await run(job) });
  process.disconnect();
});
