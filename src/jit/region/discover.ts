// Region discovery: the blocks reached from one entry by direct branches inside the same function, bounded in size.
// A call does not end the region (its return site goes on in it); ret, indirect jumps and system calls leave it.
import { INST_END } from '../../../assembly/shared/inst.ts';
import type { Inst } from './inst.ts';
import { boundOf, constantAddress, findJumpTable, type JumpTable } from './jump-table.ts';

export type BlockEnd =
  /** Falls or jumps to `target`. */
  | { readonly kind: 'goto'; readonly target: number }
  /** Conditional branch: `taken` when the last instruction's condition holds. */
  | { readonly kind: 'branch'; readonly taken: number; readonly fallthrough: number }
  /** Direct or indirect call that comes back to `next`. */
  | { readonly kind: 'call'; readonly next: number }
  /** The last instruction itself leaves (ret, indirect jump). */
  | { readonly kind: 'leave' }
  /** Jumps by the table when it applies, else goes on with the jump itself, a block of its own. */
  | {
      readonly kind: 'switch';
      readonly table: JumpTable;
      readonly jump: number;
      /** When the ways lead through a dispatcher (analysis/reduce.ts): its block, and the label of the table's first entry. */
      readonly via?: { readonly dispatcher: number; readonly label: number };
    }
  /** No code of the guest's: on to the dispatcher (block) with a label. */
  | { readonly kind: 'route'; readonly dispatcher: number; readonly label: number }
  /** No code of the guest's: to the block (number) that the label says. `table`: whose indices the first labels are. */
  | {
      readonly kind: 'dispatch';
      readonly labels: readonly number[];
      readonly table?: JumpTable | undefined;
    }
  /** No code of the guest's: leave for what the table has at the dispatcher's label. */
  | { readonly kind: 'elsewhere'; readonly dispatcher: number; readonly table: JumpTable }
  /** Leave before the call at `at`, whose flags are looked at: translations are to keep them. */
  | { readonly kind: 'wantFlags'; readonly at: number }
  /** Leave before the instruction at `at`: the interpreter runs it. `dies`: it is there to end the program (ud2). */
  | { readonly kind: 'interpret'; readonly at: number; readonly dies: boolean };

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

/** Can some of its code be written at any time? */
export const isGuarded = ({ blocks }: Region): boolean =>
  blocks.some(({ insts }) => insts.some((inst) => inst.isGuarded));

export interface Limits {
  readonly instructions: number;
  readonly blocks: number;
}

export const DEFAULT_LIMITS: Limits = { instructions: 20_000, blocks: 6000 };
/** Of code that checks its accesses: each is a branch more, and V8's memory grows with the square of them (12,000: beyond 2 GB). */
export const CHECKED_LIMITS: Limits = { instructions: 3000, blocks: 1000 };
/** Of code whose bytes are compared on each entry. */
export const GUARDED_LIMITS: Limits = { instructions: 400, blocks: 80 };
export const EAGER_LIMITS: Limits = { instructions: 150, blocks: 24 };

/** What can be read of a process's code. */
export interface Fetch {
  /** The instruction at a guest address; undefined where nothing can be decoded. */
  (pc: number): Inst | undefined;
  /** Signed 4 or unsigned 8 bytes of memory that nobody writes to; undefined elsewhere. */
  constant(at: number, bytes: 4 | 8): number | undefined;
  /** First address of the function that holds `pc`; undefined if that is not known. */
  functionStart(pc: number): number | undefined;
}

interface Draft {
  pc: number;
  insts: Inst[];
  end: BlockEnd;
}

export function discover(root: number, fetch: Fetch, limits: Limits = DEFAULT_LIMITS): Region {
  const start = Math.min(root, fetch.functionStart(root) ?? root);
  const walk = new Walk(start, fetch, limits);
  walk.follow([root]);
  // A table's address is often formed before the loop that uses it.
  if (walk.indirect.length > 0 && start !== root) walk.findBasesFrom(start);
  const tables = new Map<number, JumpTable>();
  while (walk.indirect.length > 0) {
    for (const [pc, table] of walk.takeTables()) {
      tables.set(pc, table);
      walk.follow([pc, ...table.targets.filter((target) => walk.isInside(target))]);
    }
  }
  return { root, blocks: blocksOf(walk, tables), instructions: walk.insts.size };
}

function blocksOf({ insts, leaders }: Walk, tables: ReadonlyMap<number, JumpTable>): Block[] {
  const drafts = [...leaders]
    .filter((pc) => insts.has(pc))
    .map((pc) => withTable(draftBlock(pc, insts, leaders), tables));
  const number = new Map(drafts.map(({ pc }, n) => [pc, n]));
  const inside = (pc: number) => number.get(pc) ?? -1;
  return drafts.map((d): Block => ({ ...d, successors: endTargets(d.end).map(inside) }));
}

/** Which instructions belong to a region, and where its blocks begin. */
class Walk {
  readonly insts = new Map<number, Inst>();
  readonly leaders = new Set<number>();
  /** Straight runs of instructions that end with an indirect jump. */
  indirect: Inst[][] = [];
  readonly #start: number;
  readonly #fetch: Fetch;
  readonly #limits: Limits;
  /** Constant addresses that the code forms. */
  readonly #bases = new Set<number>();

  constructor(start: number, fetch: Fetch, limits: Limits) {
    this.#start = start;
    this.#fetch = fetch;
    this.#limits = limits;
  }

  follow(from: readonly number[]): void {
    const work: number[] = [];
    const add = (pc: number) => {
      if (!this.#isFull || this.insts.has(pc)) this.leaders.add(pc);
      work.push(pc);
    };
    from.forEach(add);
    while (work.length > 0) this.#run(work.pop()!, add);
  }

  get #isFull(): boolean {
    return this.insts.size >= this.#limits.instructions || this.leaders.size >= this.#limits.blocks;
  }

  /** A run goes on behind conditional branches, so that a jump's comparison is seen with it. */
  #run(from: number, add: (pc: number) => void): void {
    const run: Inst[] = [];
    for (let pc = from; !this.insts.has(pc) && !this.#isFull; ) {
      const inst = this.#fetch(pc);
      if (inst === undefined) return;
      this.insts.set(pc, inst);
      run.push(inst);
      const base = constantAddress(inst);
      if (base !== undefined) this.#bases.add(base);
      pc = (pc + inst.len) >>> 0;
      if ((inst.flags & INST_END) === 0) continue;
      if (inst.op.name === 'JMP_R' || inst.op.name === 'JMP_M') this.indirect.push(run);
      targets(inst, pc, this.#start).forEach(add);
      if (!isConditional(inst)) return;
    }
  }

  findBasesFrom(start: number): void {
    const whole = new Walk(start, this.#fetch, this.#limits);
    whole.follow([start]);
    for (const base of whole.#bases) this.#bases.add(base);
  }

  /** Is an address where the function's code can be? */
  isInside(pc: number): boolean {
    return !isTailCall(pc, this.#start);
  }

  /** The tables of the indirect jumps found so far, by the jump's address. */
  takeTables(): [number, JumpTable][] {
    const bases = [...this.#bases].sort((a, b) => a - b);
    const isCode = (pc: number) => this.leaders.has(pc) || this.#fetch(pc) !== undefined;
    const places = { isCode, isInside: (pc: number) => this.isInside(pc) };
    const tables: [number, JumpTable][] = [];
    for (const run of this.indirect.splice(0)) {
      const branch = run.findLastIndex(isConditional);
      const bound = boundOf(run.slice(0, branch + 1));
      const table = findJumpTable(run.slice(branch + 1), bases, bound, this.#fetch, places);
      if (table !== undefined) tables.push([run[run.length - 1].pc, table]);
    }
    return tables;
  }
}

/** Continuations of a block-ending instruction that stay in the region. */
function targets(inst: Inst, next: number, start: number): number[] {
  const { name } = inst.op;
  if (name === 'JMP_I') {
    const target = Number(BigInt.asUintN(32, inst.imm));
    return isTailCall(target, start) ? [] : [target];
  }
  if (isConditional(inst)) return [next, Number(BigInt.asUintN(32, inst.imm))];
  if (name.startsWith('CALL_') || name === 'SYSCALL') return [next];
  return [];
}

/** A jump before its start leaves the function. */
const isTailCall = (target: number, start: number): boolean =>
  target < start || target > start + 0x40000;

export const isConditional = ({ op }: Inst): boolean => /^J(N?[OBZSPL]|N?BE|N?LE)$/.test(op.name);

/** A block that goes on with an indirect jump whose table is known. */
function withTable(draft: Draft, tables: ReadonlyMap<number, JumpTable>): Draft {
  if (draft.end.kind !== 'goto') return draft;
  const jump = draft.end.target;
  const table = tables.get(jump);
  const reads = table?.at === jump || draft.insts.some(({ pc }) => pc === table?.at);
  return table !== undefined && reads ? { ...draft, end: { kind: 'switch', table, jump } } : draft;
}

function draftBlock(start: number, insts: Map<number, Inst>, leaders: Set<number>): Draft {
  const list: Inst[] = [];
  let pc = start;
  for (;;) {
    const inst = insts.get(pc);
    if (inst === undefined) return { pc: start, insts: list, end: { kind: 'goto', target: pc } };
    const next = (pc + inst.len) >>> 0;
    if ((inst.flags & INST_END) !== 0) {
      const end = blockEnd(inst, next);
      if (end.kind !== 'interpret') list.push(inst);
      return { pc: start, insts: list, end };
    }
    list.push(inst);
    pc = next;
    if (leaders.has(pc)) return { pc: start, insts: list, end: { kind: 'goto', target: pc } };
  }
}

function blockEnd(inst: Inst, next: number): BlockEnd {
  const { name } = inst.op;
  const target = Number(BigInt.asUintN(32, inst.imm));
  if (name === 'JMP_I') return { kind: 'goto', target };
  if (isConditional(inst)) return { kind: 'branch', taken: target, fallthrough: next };
  if (name.startsWith('CALL_')) return { kind: 'call', next };
  if (name === 'SYSCALL') return { kind: 'goto', target: next };
  if (name === 'RET' || name === 'RET_I' || name === 'JMP_R' || name === 'JMP_M')
    return { kind: 'leave' };
  return { kind: 'interpret', at: inst.pc, dies: name === 'UD2' };
}

export function endTargets(end: BlockEnd): number[] {
  switch (end.kind) {
    case 'goto':
      return [end.target];
    case 'branch':
      return [end.taken, end.fallthrough];
    case 'call':
      return [end.next];
    case 'switch':
      return [...new Set(end.table.targets), end.jump];
    default:
      return [];
  }
}
