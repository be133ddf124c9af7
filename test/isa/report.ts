// Counts of a run, by operation and executor, and the document made of them.
import { EXECUTORS, type ExecutorName, type JobResult } from './jobs.ts';

interface Tally {
  cases: number;
  mismatches: number;
  excused: number;
}

export interface Table {
  readonly executors: readonly ExecutorName[];
  readonly rows: ReadonlyMap<string, ReadonlyMap<ExecutorName, Tally>>;
  readonly summary: readonly string[];
  readonly mismatches: number;
}

const empty = (): Tally => ({ cases: 0, mismatches: 0, excused: 0 });

export function tabulate(results: readonly JobResult[]): Table {
  const executors = EXECUTORS.filter((name) => results.some(({ job }) => job.executor === name));
  const rows = new Map<string, Map<ExecutorName, Tally>>();
  const summary: string[] = [];
  let mismatches = 0;
  for (const executor of executors) {
    const sum = empty();
    const own = results.filter(({ job }) => job.executor === executor);
    for (const count of own.flatMap(({ counts }) => counts)) {
      const row = rows.get(count.name) ?? new Map(executors.map((name) => [name, empty()]));
      rows.set(count.name, row);
      for (const tally of [row.get(executor)!, sum]) {
        tally.cases += count.cases;
        tally.mismatches += count.mismatches;
        tally.excused += count.excused;
      }
    }
    const forms = own.reduce((n, { counts }) => n + counts.length, 0);
    const sequences = own.reduce((n, { job }) => n + job.sequences, 0);
    const instructions = own.reduce((n, r) => n + r.instructions, 0);
    const failed = own.reduce((n, r) => n + r.failed, 0);
    mismatches += sum.mismatches + failed;
    summary.push(
      `${executor}: ${forms} forms, ${sum.cases} cases: ${sum.mismatches} mismatches, ${sum.excused} known deviations; ` +
        `${sequences} random sequences of ${instructions} instructions: ${failed} mismatches`,
    );
  }
  return { executors, rows, summary, mismatches };
}

/** One line an operation, aligned for a diff. */
export function markdown({ executors, rows, summary }: Table, seed: number): string {
  const columns = executors.flatMap((name) => [name, 'wrong', 'known']);
  const widths = columns.map(({ length }) => Math.max(length, 7));
  const line = (name: string, cells: readonly (string | number)[]) =>
    `| ${[name.padEnd(22), ...cells.map((cell, i) => String(cell).padStart(widths[i]!))].join(' | ')} |`;
  const rule = ['-'.repeat(22), ...widths.map((width) => `${'-'.repeat(width - 1)}:`)];
  const body = [...rows].map(([name, tallies]) =>
    line(
      name,
      executors.flatMap((executor) => {
        const { cases, mismatches, excused } = tallies.get(executor)!;
        return [cases, mismatches, excused];
      }),
    ),
  );
  return `# Interpreter and translator against the processor

Written by \`npm run test:isa -- --report=docs/isa-results.md\` (seed ${seed}); do not edit. Each case runs natively and
interpreted or translated (with and without checks of memory accesses); registers, flags that the manual defines, vectors,
x87, MXCSR, memory and the exception have to be equal. The columns are cases, mismatches, and deviations that stand, with
their reasons, in \`test/isa/known.ts\`.

${summary.map((text) => `- ${text}`).join('\n')}

${line('operation', columns)}
| ${rule.join(' | ')} |
${body.join('\n')}
`;
}
