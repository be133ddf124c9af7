// Jump tables: an indirect jump whose targets stand in constant memory, indexed by a register. Compilers write them in few ways:
//
//   switch, position-independent      lea T(%rip),B … movslq (B,I,4),X; add B,X; jmp *X       entries are T + i32
//   switch, at a fixed address        jmp *T(,I,8)                                           entries are addresses
//   computed goto                     lea T(%rip),B … jmp *(B,I,8)   or   mov (B,I,8),X; jmp *X
//
// What is found is a guess that is checked when it runs: B must hold T and I be in range, else the jump is done as any other
// indirect one (DESIGN §5). So too many targets only cost space.
import { ZERO } from '../../../assembly/shared/layout.ts';
import type { Fetch } from './discover.ts';
import type { Inst } from './inst.ts';

export interface JumpTable {
  /** General register (number) that holds the index. */
  readonly index: number;
  /** Instruction before which index and base are read: the load of the entry, or the jump itself. */
  readonly at: number;
  /** Register that must hold `address`; undefined: the address is in the instruction. */
  readonly base: number | undefined;
  readonly address: number;
  /** Guest address by index; those outside of the function (its cold part) are jumped to as any other indirect jump does. */
  readonly targets: readonly number[];
  /** The bytes of its entries. */
  readonly contents: Uint8Array;
}

export interface Places {
  /** Can there be code at a guest address? */
  isCode(pc: number): boolean;
  /** Is it of the function? */
  isInside(pc: number): boolean;
}

const MAX_ENTRIES = 1024;
const MIN_ENTRIES = 3;

interface EntryLoad {
  readonly inst: Inst;
  /** Entries are 32-bit offsets from the table, or addresses. */
  readonly relative: boolean;
}

/**
 * The table behind the jump that ends `insts` (the instructions of its block so far, the jump last). `bases` are the constant
 * addresses that the region's code forms, ascending.
 */
export function findJumpTable(
  insts: readonly Inst[],
  bases: readonly number[],
  bound: number | undefined,
  fetch: Fetch,
  places: Places,
): JumpTable | undefined {
  const load = entryLoad(insts);
  if (load === undefined) return undefined;
  const { inst, relative } = load;
  const isFixed = inst.base === ZERO;
  const candidates = isFixed ? [inst.disp >>> 0] : inst.disp === 0 ? bases : [];
  let best: JumpTable | undefined;
  for (const address of candidates) {
    const next = bases.find((base) => base > address) ?? Number.POSITIVE_INFINITY;
    const room = Math.floor((next - address) / (relative ? 4 : 8));
    const most = Math.min(MAX_ENTRIES, bound ?? MAX_ENTRIES, isFixed ? MAX_ENTRIES : room);
    const targets = readTargets(address, relative, most, fetch, places);
    if (targets.length < MIN_ENTRIES || targets.length <= (best?.targets.length ?? 0)) continue;
    const base = isFixed ? undefined : inst.base >> 3;
    const contents = bytesOf(targets, relative ? address : undefined);
    best = { index: inst.index >> 3, at: inst.pc, base, address, targets, contents };
  }
  return best;
}

function readTargets(
  address: number,
  relative: boolean,
  most: number,
  fetch: Fetch,
  { isCode, isInside }: Places,
): number[] {
  const targets: number[] = [];
  for (let i = 0; i < most; i++) {
    const entry = fetch.constant(address + i * (relative ? 4 : 8), relative ? 4 : 8);
    if (entry === undefined) break;
    const target = relative ? (address + entry) >>> 0 : entry;
    if (!isCode(target)) break;
    targets.push(target);
  }
  return targets.slice(0, targets.findLastIndex(isInside) + 1);
}

/** As they stand in the table: offsets from `address`, or addresses. */
function bytesOf(targets: readonly number[], address: number | undefined): Uint8Array {
  const entries =
    address === undefined
      ? BigUint64Array.from(targets, (target) => BigInt(target))
      : Int32Array.from(targets, (target) => target - address);
  return new Uint8Array(entries.buffer);
}

/** The load of the table's entry: the jump itself, or an instruction shortly before it. */
function entryLoad(insts: readonly Inst[]): EntryLoad | undefined {
  const jump = insts[insts.length - 1];
  if (jump.op.name === 'JMP_M')
    return isIndexed(jump, 3) ? { inst: jump, relative: false } : undefined;
  if (jump.op.name !== 'JMP_R') return undefined;
  const target = jump.r0;
  let base = -1;
  for (let i = insts.length - 2; i >= Math.max(0, insts.length - 12); i--) {
    const inst = insts[i];
    if (inst.r0 !== target || inst.op.form[0] !== 'R') continue;
    const { name } = inst.op;
    if (name === 'ADD_RR64' && base < 0) base = inst.r1;
    else if (name === 'MOVSXD_RM64_32')
      return isIndexed(inst, 2) && inst.base === base ? { inst, relative: true } : undefined;
    else if (name === 'MOV_RM64')
      return isIndexed(inst, 3) && base < 0 ? { inst, relative: false } : undefined;
    else return undefined;
  }
  return undefined;
}

const isIndexed = ({ index, scale, seg }: Inst, wanted: number): boolean =>
  index !== ZERO && scale === wanted && seg === 0;

/** Number of entries that a comparison in front of the jump allows: cmp $n, I; ja elsewhere. */
export function boundOf(before: readonly Inst[]): number | undefined {
  const jcc = before[before.length - 1];
  if (jcc?.op.name !== 'JNBE') return undefined;
  const compare = before[before.length - 2];
  if (compare === undefined || compare.op.base !== 'CMP' || compare.op.form[1] !== 'I')
    return undefined;
  const limit = Number(BigInt.asUintN(32, compare.imm));
  return limit < MAX_ENTRIES ? limit + 1 : undefined;
}

/** The constant address that an instruction puts into a register (lea with a RIP-relative operand). */
export const constantAddress = ({ op, base, index, disp }: Inst): number | undefined =>
  op.name === 'LEA_RM64' && base === ZERO && index === ZERO ? disp >>> 0 : undefined;
