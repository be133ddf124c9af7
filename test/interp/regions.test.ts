// Blocks that stand for translated regions, in the table that has one entry for several addresses.
import { expect, test } from 'vitest';
import { EXIT_FAULT } from '../../assembly/shared/exit.ts';
import { RAX, REGIONS_BITS } from '../../assembly/shared/layout.ts';
import { CODE, Machine } from '../helpers/machine.ts';

interface Regions {
  setRegion(pc: number, slot: number): void;
  forgetRegions(ctx: number): void;
}

const SLOT = 9;
/** mov eax, 7; int3 */
const SEVEN = [0xb8, 7, 0, 0, 0, 0xcc];
/** As CODE ^ CODE >> REGIONS_BITS. */
const SAME_ENTRY = (CODE + (1 << REGIONS_BITS)) ^ 1;

test.each([
  ['it is dropped', (regions: Regions) => regions.setRegion(CODE, 0)],
  ['all are', (regions: Regions, ctx: number) => regions.forgetRegions(ctx)],
])('a region whose entry another one has taken is not entered when %s', (_, drop) => {
  const machine = new Machine();
  const regions = machine.runtime as unknown as Regions;
  machine.code(SEVEN);
  machine.run();
  regions.setRegion(CODE, SLOT);
  machine.rip = CODE;
  expect(() => machine.run()).toThrow(WebAssembly.RuntimeError); // there is no glue to enter it with
  regions.setRegion(SAME_ENTRY, SLOT + 1);
  drop(regions, machine.ctx);
  machine.set(RAX, 0n);
  machine.rip = CODE;
  expect(machine.run()).toBe(EXIT_FAULT);
  expect(machine.get(RAX)).toBe(7n);
});
