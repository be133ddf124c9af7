// Stubs of the procedure linkage table: a function in a library is called by way of one indirect jump, which is no function of its
// own to anybody who counts time. So the regions of the stubs that a region calls come with it.
//
//   call 1234 <puts@plt>          1234: endbr64 (or nothing); jmp *GOT(%rip)
import { ZERO } from '../../../assembly/shared/layout.ts';
import { discover, type Fetch, type Limits, type Region } from './discover.ts';
import type { Inst } from './inst.ts';

/** `regions`, and those of the stubs that they call. */
export function withStubs(regions: readonly Region[], fetch: Fetch, limits: Limits): Region[] {
  const roots = new Set(regions.map(({ root }) => root));
  const targets = new Set(regions.flatMap(callTargets));
  const stubs = [...targets].filter((pc) => !roots.has(pc) && isStubAt(pc, fetch));
  return [...regions, ...stubs.map((pc) => discover(pc, fetch, limits))];
}

/** Where a region's direct calls, and the jumps that may be calls at its end, go. */
function callTargets({ blocks }: Region): number[] {
  return blocks.flatMap(({ insts, successors }) => {
    const last = insts.at(-1);
    const isCall = last?.op.name === 'CALL_I';
    const isTailCall = last?.op.name === 'JMP_I' && successors[0] === -1;
    return isCall || isTailCall ? [Number(BigInt.asUintN(32, last.imm))] : [];
  });
}

function isStubAt(pc: number, fetch: Fetch): boolean {
  const inst = fetch(pc);
  return isJump(inst?.op.name === 'NOP' ? fetch(pc + inst.len) : inst);
}

/** Was the region called, so that a return address is on the stack when it jumps? */
export const isStub = ({ blocks: [first, ...others] }: Region): boolean =>
  others.length === 0 && first.insts.length <= 2 && isJump(first.insts.at(-1));

const isJump = (inst: Inst | undefined): boolean =>
  inst?.op.name === 'JMP_M' && inst.base === ZERO && inst.index === ZERO && inst.seg === 0;
