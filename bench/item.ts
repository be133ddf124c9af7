import type { Command } from './measure.ts';

/** Something to run natively, under lxjit and under qemu. */
export interface Item {
  readonly name: string;
  /** Goal: at most this many times native. */
  readonly limit: number;
  readonly inGeomean: boolean;
  /** Makes what it needs, when its turn comes. */
  readonly command: () => Command;
}
