// Known deviations from the processor, as data: where the manual leaves the result open or gives only an error bound.
import type { Difference } from './compare.ts';
import type { Case, Variant } from './generate.ts';

interface Deviation {
  readonly reason: string;
  readonly names: RegExp;
  excuses(differences: readonly Difference[], before: DataView, test: Case): boolean;
}

const page = (address: string) => Number.parseInt(address, 16) >>> 12;

const DEVIATIONS: readonly Deviation[] = [
  {
    reason:
      'the order in which an image is read or written, and so the address inside the page that faults, is not defined',
    names: /^(FLDENV|FNSTENV|FRSTOR|FNSAVE)$/,
    excuses: (differences) =>
      differences.every(
        ({ what, native, ours }) => what === 'fault address' && page(native) === page(ours),
      ),
  },
];

/** Why the differences do not count, or undefined. */
export function excused(
  { name }: Variant,
  differences: readonly Difference[],
  before: DataView,
  test: Case,
): string | undefined {
  return DEVIATIONS.find((d) => d.names.test(name) && d.excuses(differences, before, test))?.reason;
}
