// Known deviations from the processor, as data: where the manual leaves the result open or gives only an error bound.
import { VEC_BP, VEC_GP, VEC_PF, VEC_SS } from '../../assembly/shared/exit.ts';
import { FAULT_ADDR, FAULT_VECTOR, GPR, RSP } from '../../assembly/shared/layout.ts';
import type { Difference } from './compare.ts';
import type { Case, Variant } from './generate.ts';
import { WINDOW, WINDOW_END } from './record.ts';

interface Deviation {
  readonly reason: string;
  /** Of these executors only. */
  readonly executors?: RegExp;
  readonly names: RegExp;
  /** Does this reason explain the differences, all together? */
  excuses?(
    differences: readonly Difference[],
    before: DataView,
    test: Case,
    native: DataView,
  ): boolean;
  /** … or this single one, whatever else differs? */
  covers?(difference: Difference, test: Case, native: DataView): boolean;
}

const page = (address: string) => Number.parseInt(address, 16) >>> 12;

const big = (hex: string) => BigInt(`0x${hex}`);

/** Every difference is one unit in the last place of an x87 register, or C1 (rounded up) because of it. */
function oneUlp(differences: readonly Difference[]): boolean {
  return differences.every(({ what, native, ours }) => {
    if (what === 'fsw') return ((big(native) ^ big(ours)) & ~0x200n) === 0n;
    const register = /^(R\d) /.exec(what)?.[1];
    if (!register) return false;
    const exponent = differences.find((d) => d.what === `${register} exponent`);
    const significand = differences.find((d) => d.what === `${register} significand`);
    if (!significand) return false;
    const binades = exponent ? big(exponent.native) - big(exponent.ours) : 0n;
    const distance = (binades << 63n) + big(significand.native) - big(significand.ours);
    return distance >= -1n && distance <= 1n;
  });
}

/** The processor raised one of these, and we something else or for another address. */
const raised = (vectors: readonly number[], differences: readonly Difference[]) =>
  differences.some(({ what, native }) =>
    what === 'vector'
      ? vectors.includes(Number.parseInt(native, 16))
      : what === 'fault address' && vectors.includes(VEC_PF),
  );

const DEVIATIONS: readonly Deviation[] = [
  {
    reason:
      'translated code of unchecked mode: what is readable and writable is not looked at, a trap is a page fault (DESIGN §3)',
    executors: /^translator$/,
    names: /^/,
    excuses: (differences) => raised([VEC_PF], differences),
  },
  {
    reason: 'the same takes 32 bits of an address: one that is not canonical is not noticed',
    executors: /^translator$/,
    names: /^/,
    excuses: (differences, _, { form }) =>
      form.group === 'int' && raised([VEC_SS, VEC_GP], differences),
  },
  {
    reason:
      'translated code of checked mode does not check what is addressed by rsp: calls see to it that there is stack (assembly/regions.ts)',
    executors: /^checked/,
    names: /^/,
    excuses: (differences, before, { slot }, native) => {
      const rsp = before.getBigUint64(slot.at + GPR + RSP * 8, true);
      const above = native.getBigUint64(slot.at + FAULT_ADDR, true) - rsp;
      const isStack = rsp >= BigInt(WINDOW) && rsp < BigInt(WINDOW_END);
      return (
        raised([VEC_PF, VEC_SS], differences) && (!isStack || (above > 0n && above < 0x1_0000n))
      );
    },
  },
  {
    reason:
      'translated code of unchecked mode does not keep flags that nobody reads before an instruction that faults',
    executors: /^translator$/,
    names: /^/,
    covers: ({ what }, { slot }, native) =>
      what === 'flags' && native.getUint32(slot.at + FAULT_VECTOR, true) !== VEC_BP,
  },
  {
    reason:
      'fast floating point: translated code leaves the sticky flags of a default MXCSR alone until they are looked at',
    executors: /translator$/,
    names: /^/,
    covers: ({ what, input, native, ours }) =>
      what === 'mxcsr' &&
      (big(input) & 0xffc0n) === 0x1f80n &&
      ((big(native) ^ big(ours)) & ~0x3fn) === 0n,
  },
  {
    reason: 'movsxd of a 16-bit register reads two bytes (Intel SDM Vol. 2 MOVSXD), here four',
    names: /^MOV_RM16$/,
    excuses: (differences, _, { bytes }) => bytes.includes(0x63) && raised([VEC_PF], differences),
  },
  {
    reason: 'transcendental x87 functions: 1 ulp (the processors of one maker differ by as much)',
    names: /^(F2XM1|FYL2X|FYL2XP1|FPATAN|FPTAN|FSIN|FCOS|FSINCOS)$/,
    excuses: (differences) => oneUlp(differences),
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
    names: /^(FLDENV|FNSTENV|FRSTOR|FNSAVE|F?X(SAVE|RSTOR)\w*)$/,
    excuses: (differences) =>
      differences.every(
        ({ what, native, ours }) => what === 'fault address' && page(native) === page(ours),
      ),
  },
  {
    reason:
      'which of the 16 bytes of a masked store is named by the fault is the processor’s own choice',
    names: /^V?MASKMOV(DQU|Q_MMX)$/,
    excuses: (differences) =>
      differences.every(
        ({ what, native, ours }) =>
          what === 'fault address' &&
          big(ours) - big(native) > -16n &&
          big(ours) - big(native) < 16n,
      ),
  },
];

/** Why the differences do not count, or undefined. */
export function excused(
  { name }: Variant,
  differences: readonly Difference[],
  before: DataView,
  test: Case,
  native: DataView,
  executor = 'interpreter',
): string | undefined {
  const standing = DEVIATIONS.filter(
    ({ executors, names }) => (executors?.test(executor) ?? true) && names.test(name),
  );
  const covering = standing.filter((d) => differences.some((one) => d.covers?.(one, test, native)));
  const rest = differences.filter((one) => !covering.some((d) => d.covers?.(one, test, native)));
  if (rest.length === 0) return covering[0]?.reason;
  return standing.find((d) => d.excuses?.(rest, before, test, native))?.reason;
}
