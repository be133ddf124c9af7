// Known deviations from the processor, as data: where the manual leaves the result open or gives only an error bound.
import { GPR } from '../../assembly/shared/layout.ts';
import type { Difference } from './compare.ts';
import type { Case, Variant } from './generate.ts';

interface Deviation {
  readonly reason: string;
  readonly names: RegExp;
  excuses(differences: readonly Difference[], before: DataView, test: Case): boolean;
}

const page = (address: string) => Number.parseInt(address, 16) >>> 12;

/** Only the last bit of a significand, or C1 (rounded up) because of it. */
function lastBit({ what, native, ours }: Difference): boolean {
  if (what === 'fsw') return (Number.parseInt(native, 16) ^ Number.parseInt(ours, 16)) === 0x200;
  const distance = BigInt(`0x${native}`) - BigInt(`0x${ours}`);
  return /^R\d significand$/.test(what) && distance >= -1n && distance <= 1n;
}

const DEVIATIONS: readonly Deviation[] = [
  {
    reason: 'transcendental x87 functions: 1 ulp (the processors of one maker differ by as much)',
    names: /^(F2XM1|FYL2X|FYL2XP1|FPATAN|FPTAN|FSIN|FCOS|FSINCOS)$/,
    excuses: (differences) => differences.every(lastBit),
  },
  {
    reason:
      'shld and shrd of 16 bits by more than 16: result and flags undefined (Intel SDM Vol. 2 SHLD)',
    names: /^SH[LR]D_.*16$/,
    excuses: (differences, before, { bytes, form, slot }) => {
      const byCl = form.operands.some((o) => o.code === 'CL');
      const count = byCl ? before.getUint8(slot.at + GPR + 8) : bytes.at(-1)!;
      return (count & 31) > 16 && differences.every(({ what }) => /^(r|flags|\[)/.test(what));
    },
  },
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
