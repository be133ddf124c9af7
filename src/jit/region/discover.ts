// Region discovery: the blocks reached from one entry by direct branches inside the same function, bounded in size.
// A call does not end the region (its return site goes on in it); ret, indirect jumps and system calls leave it.
import { INST_END } from '../../../assembly/shared/inst.ts';
import type { Inst } from './inst.ts';

export type BlockEnd =
  /** Falls or jumps to `target`. */
  | { readonly kind: 'goto'; readonly target: number }
  /** Conditional branch: `taken` when the last instruction's condition holds. */
  | { readonly kind: 'branch'; readonly taken: number; readonly fallthrough: number }
  /** Direct or indirect call that comes back to `next`. */
  | { readonly kind: 'call'; readonly next: number }
  /** The last instruction itself leaves (ret, indirect jump). */
  | { readonly kind: 'leave' }
  /** Leave before the instruction at `at`: the interpreter runs it. */
  | { readonly kind: 'interpret'; readonly at: number };

export interface Block {
  readonly pc: number;
  readonly insts: readonly Inst[];
  readonly end: BlockEnd;
  /** Region-internal successors as block numbers; a target outside of the region is −1. */
  readonly successors: readonly number[];
}

export interface Region {
  readonly root: number;
  readonly blocks: readonly Block[];
  readonly instructions: number;
}

export interface Limits {
  readonly instructions: number;
  readonly blocks: number;
}

export const DEFAULT_LIMITS: Limits = { instructions: 3000, blocks: 400 };
export const EAGER_LIMITS: Limits = { instructions: 150, blocks: 24 };

/** The instruction at a guest address; undefined where nothing can be decoded. */
export type Fetch = (pc: number) => Inst | undefined;

interface Draft {
  pc: number;
  insts: Inst[];
  end: BlockEnd;
}

export function discover(root: number, fetch: Fetch, limits: Limits = DEFAULT_LIMITS): Region {
  const insts = new Map<number, Inst>();
  const leaders = new Set<number>([root]);
  const work = [root];
  // First pass: which instructions belong to the region, and where blocks begin.
  while (work.length > 0) {
    let pc = work.pop()!;
    while (!insts.has(pc) && insts.size < limits.instructions && leaders.size < limits.blocks) {
      const inst = fetch(pc);
      if (inst === undefined) break;
      insts.set(pc, inst);
      const next = (pc + inst.len) >>> 0;
      if ((inst.flags & INST_END) === 0) {
        pc = next;
        continue;
      }
      for (const target of targets(inst, next, root)) {
        leaders.add(target);
        work.push(target);
      }
      break;
    }
  }
  const drafts = [...leaders]
    .filter((pc) => insts.has(pc))
    .map((pc) => draftBlock(pc, insts, leaders, root));
  const number = new Map(drafts.map(({ pc }, n) => [pc, n]));
  const inside = (pc: number) => number.get(pc) ?? -1;
  const blocks = drafts.map((d): Block => ({ ...d, successors: endTargets(d.end).map(inside) }));
  return { root, blocks, instructions: insts.size };
}

/** Continuations of a block-ending instruction that stay in the region. */
function targets(inst: Inst, next: number, root: number): number[] {
  const { name } = inst.op;
  if (name === 'JMP_I') {
    const target = Number(BigInt.asUintN(32, inst.imm));
    return isTailCall(target, root) ? [] : [target];
  }
  if (isConditional(inst)) return [next, Number(BigInt.asUintN(32, inst.imm))];
  if (name.startsWith('CALL_') || name === 'SYSCALL') return [next];
  return [];
}

/** A jump before the root leaves the function: compilers put a function's entry first. */
const isTailCall = (target: number, root: number): boolean =>
  target < root || target > root + 0x40000;

export const isConditional = ({ op }: Inst): boolean => /^J(N?[OBZSPL]|N?BE|N?LE)$/.test(op.name);

function draftBlock(
  start: number,
  insts: Map<number, Inst>,
  leaders: Set<number>,
  root: number,
): Draft {
  const list: Inst[] = [];
  let pc = start;
  for (;;) {
    const inst = insts.get(pc);
    if (inst === undefined) return { pc: start, insts: list, end: { kind: 'goto', target: pc } };
    const next = (pc + inst.len) >>> 0;
    if ((inst.flags & INST_END) !== 0) {
      const end = blockEnd(inst, next, root);
      if (end.kind !== 'interpret') list.push(inst);
      return { pc: start, insts: list, end };
    }
    list.push(inst);
    pc = next;
    if (leaders.has(pc)) return { pc: start, insts: list, end: { kind: 'goto', target: pc } };
  }
}

function blockEnd(inst: Inst, next: number, _root: number): BlockEnd {
  const { name } = inst.op;
  const target = Number(BigInt.asUintN(32, inst.imm));
  if (name === 'JMP_I') return { kind: 'goto', target };
  if (isConditional(inst)) return { kind: 'branch', taken: target, fallthrough: next };
  if (name.startsWith('CALL_')) return { kind: 'call', next };
  if (name === 'SYSCALL') return { kind: 'goto', target: next };
  if (name === 'RET' || name === 'RET_I' || name === 'JMP_R' || name === 'JMP_M')
    return { kind: 'leave' };
  return { kind: 'interpret', at: inst.pc };
}

export function endTargets(end: BlockEnd): number[] {
  switch (end.kind) {
    case 'goto':
      return [end.target];
    case 'branch':
      return [end.taken, end.fallthrough];
    case 'call':
      return [end.next];
    default:
      return [];
  }
}
