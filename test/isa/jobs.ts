// What run.ts and its processes (job.ts) say to each other.
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
