// Counts of a run, by operation and executor, and the document made of them.
import type { Executor } from './interpreter.ts';
import type { Outcome, Tally } from './suite.ts';

interface Row {
  cases: number;
  readonly tallies: readonly Tally[];
}

export interface Table {
  readonly executors: readonly string[];
  readonly rows: ReadonlyMap<string, Row>;
  readonly summary: readonly string[];
  readonly mismatches: number;
}

export function tabulate(outcomes: readonly Outcome[], executors: readonly Executor[]): Table {
  const empty = (): Row => ({
    cases: 0,
    tallies: executors.map(() => ({ mismatches: 0, excused: 0 })),
  });
  const add = (row: Row, { cases, tallies }: Outcome) => {
    row.cases += cases;
    tallies.forEach(({ mismatches, excused }, e) => {
      row.tallies[e]!.mismatches += mismatches;
      row.tallies[e]!.excused += excused;
    });
  };
  const rows = new Map<string, Row>();
  const sum = empty();
  for (const outcome of outcomes) {
    const { name } = outcome.variant;
    const row = rows.get(name) ?? empty();
    rows.set(name, row);
    add(row, outcome);
    add(sum, outcome);
  }
  return {
    executors: executors.map(({ name }) => name),
    rows,
    summary: [
      `${rows.size} operations, ${outcomes.length} forms, ${sum.cases} cases`,
      ...sum.tallies.map(
        ({ mismatches, excused }, e) =>
          `${executors[e]!.name}: ${mismatches} mismatches, ${excused} known deviations`,
      ),
    ],
    mismatches: sum.tallies.reduce((n, { mismatches }) => n + mismatches, 0),
  };
}

/** One line an operation, aligned for a diff. */
export function markdown(
  { executors, rows }: Table,
  seed: number,
  summary: readonly string[],
): string {
  const columns = executors.flatMap((name) => [name, 'known']);
  const line = (name: string, cells: readonly (string | number)[]) =>
    `| ${[name.padEnd(22), ...cells.map((cell, i) => String(cell).padStart(columns[i - 1]?.length ?? 7))].join(' | ')} |`;
  const body = [...rows].map(([name, { cases, tallies }]) =>
    line(name, [cases, ...tallies.flatMap(({ mismatches, excused }) => [mismatches, excused])]),
  );
  const rule = [22, 7, ...columns.map(({ length }) => length)].map((width, i) =>
    i === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`,
  );
  return `# Interpreter and translator against the processor

Written by \`npm run test:isa -- --report=docs/isa-results.md\` (seed ${seed}); do not edit. Each case runs natively,
interpreted and translated; registers, flags that the manual defines, vectors, x87, MXCSR, memory and the exception have
to be equal. The columns count mismatches; "known" are deviations that stand, with their reasons, in \`test/isa/known.ts\`.

${summary.map((text) => `- ${text}`).join('\n')}

${line('operation', ['cases', ...columns])}
| ${rule.join(' | ')} |
${body.join('\n')}
`;
}
