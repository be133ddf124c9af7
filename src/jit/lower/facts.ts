// What is known of a region's blocks before they are lowered: effects of each instruction (dry run) → which registers are
// dirty, which of them locals hold, and which registers and flags are live at each block.
import { INST_MEM } from '../../../assembly/shared/inst.ts';
import { RAX, RBP, RBX, RDI, RDX, RSI, RSP } from '../../../assembly/shared/layout.ts';
import type { Flow } from '../analysis/dominators.ts';
import type { Block, Region } from '../region/discover.ts';
import type { Inst } from '../region/inst.ts';
import { dryWasm } from '../wasm/builder.ts';
import { ALL_FLAGS } from './flags.ts';
import {
  ALL_REGS,
  bitsOf,
  type Effects,
  GPR_REGS,
  Lower,
  noEffects,
  PARAMETER_REGS,
} from './lower.ts';
import type { TranslationMode } from './mode.ts';
import { chooseSplit, type Split } from './split.ts';
import { loweringOf } from './table.ts';

export interface BlockFacts {
  readonly effects: readonly Effects[];
  use: number;
  def: number;
  exits: boolean;
  /** Registers written after the last point at which everything was in the context. */
  generated: number;
  /** Registers read or written after that point. */
  touched: number;
  synced: boolean;
  dirtyIn: number;
  /** Registers whose locals hold their values at the start; the others are in the context. */
  validIn: number;
  liveIn: number;
  liveOut: number;
  /** Registers that its code needs at the start, as far as one can see: others that are dirty only wait for a call to need them. */
  wantedIn: number;
  /** What goes to it has put into the context what is not wanted: so many ways meet there that each register costs. */
  isCrossroads: boolean;
  flagsIn: number;
  flagsOut: number;
  /** Flags that are read, not only taken along by a jump to another function. */
  flagsReadIn: number;
}

const LEAVES_FLAGS = ALL_FLAGS;

/** The same code, left before each call behind which the flags are read (most often it never returns). */
export function withoutFlagsOfCalls(
  blocks: readonly Block[],
  facts: readonly BlockFacts[],
): Block[] {
  return blocks.map((block) => {
    const [next] = block.successors;
    if (block.end.kind !== 'call' || next < 0 || facts[next].flagsReadIn === 0) return block;
    const insts = block.insts.slice(0, -1);
    return {
      ...block,
      insts,
      end: { kind: 'wantFlags', at: block.insts.at(-1)!.pc },
      successors: [],
    };
  });
}

export function analyze(
  region: Region,
  flow: Flow,
  mode: TranslationMode,
): { facts: BlockFacts[]; float: boolean; split: Split } {
  const dry = new Lower(dryWasm(), true, mode);
  const weights = blockWeights(flow, region.blocks.length);
  const facts = region.blocks.map((block, n) => {
    dry.xmm.weight = weights[n];
    return blockFacts(dry, block);
  });
  solveWanted(flow, facts, region);
  if (!mode.checked) markCrossroads(flow, facts, region);
  solveForward(flow, facts, region, 'dirtyIn', () => ALL_REGS);
  solveLiveness(flow, facts, region, mode);
  if (!mode.keepFlags) solveFlagsRead(flow, facts, region);
  solveForward(flow, facts, region, 'validIn', (f) => f.liveIn);
  return { facts, float: dry.float, split: chooseSplit(dry.xmm.use) };
}

/** 8 for each loop around a block, roughly: for blocks between the ends of a backward edge in the order of output. */
function blockWeights(flow: Flow, blocks: number): number[] {
  const weights = new Array<number>(blocks).fill(1);
  flow.order.forEach((header, first) => {
    if (!flow.isLoopHeader[header]) return;
    const last = Math.max(...flow.predecessors[header].map((from) => flow.index[from]));
    for (let i = first; i <= last; i++) weights[flow.order[i]] *= 8;
  });
  return weights;
}

function blockFacts(dry: Lower, block: Block): BlockFacts {
  dry.block = block.insts;
  const effects = block.insts.map((inst, i) => {
    dry.effects = noEffects();
    dry.position = i;
    if (isControl(block, inst)) controlEffects(dry, block, inst);
    else loweringOf(inst)(dry, inst);
    return dry.effects;
  });
  let use = 0;
  let def = 0;
  let generated = 0;
  let touched = 0;
  let synced = false;
  let exits = false;
  for (const e of effects) {
    use |= e.use & ~def;
    def |= e.def;
    exits ||= e.exits;
    if (e.def === ALL_REGS) {
      generated = 0;
      touched = 0;
      synced = true;
    } else {
      generated |= e.def;
      touched |= e.def | e.use;
    }
  }
  return {
    effects,
    use,
    def,
    exits,
    generated,
    touched,
    synced,
    dirtyIn: 0,
    validIn: 0,
    liveIn: 0,
    liveOut: 0,
    wantedIn: 0,
    isCrossroads: false,
    flagsIn: 0,
    flagsOut: 0,
    flagsReadIn: 0,
  };
}

/** Updates the facts of one block after the other until nothing changes. `update` tells whether it has changed any. */
function untilStable(order: readonly number[], update: (n: number) => boolean): void {
  for (let changed = true; changed; ) {
    changed = false;
    for (const n of order) if (update(n)) changed = true;
  }
}

/** Gives facts of a block new values. False: they had them. */
function renew(facts: BlockFacts, values: Partial<BlockFacts>): boolean {
  const names = Object.keys(values) as (keyof BlockFacts)[];
  if (names.every((name) => facts[name] === values[name])) return false;
  Object.assign(facts, values);
  return true;
}

/** Registers that outlive a call by convention. A guess that costs nothing but time: what is not in it is stored earlier. */
const PRESERVED = bitsOf(RSP, RBX, RBP, 12, 13, 14, 15);

/** Backward: registers that are read before they are written again, by the region's own code and by what calling conventions say. */
function solveWanted(flow: Flow, facts: readonly BlockFacts[], { blocks }: Region): void {
  untilStable(flow.order.toReversed(), (n) => {
    const f = facts[n];
    const { successors } = blocks[n];
    let wantedIn = successors.length === 0 ? PRESERVED : 0;
    for (const to of successors) wantedIn |= to < 0 ? PRESERVED : facts[to].wantedIn;
    for (const e of f.effects.toReversed())
      wantedIn = e.def === ALL_REGS ? wantedIn & PRESERVED : (wantedIn & ~e.def) | e.use;
    return renew(f, { wantedIn });
  });
}

/** Ways of a jump table from which on the place in front of it is a crossroads. */
const MANY = 16;
/** Blocks between a crossroads and others in front of it. */
const NEAR = 4;

/** Where an interpreter's loop decides what comes next, and where its ways meet on their way there. */
function markCrossroads(flow: Flow, facts: readonly BlockFacts[], { blocks }: Region): void {
  const isWide = (n: number): boolean => {
    const { end, successors } = blocks[n];
    return (end.kind === 'dispatch' || end.kind === 'switch') && successors.length >= MANY;
  };
  let near = flow.order.filter(isWide);
  for (let distance = 0; distance <= NEAR; distance++) {
    for (const n of near) if (flow.predecessors[n].length > 1) facts[n].isCrossroads = true;
    near = [...new Set(near.flatMap((n) => flow.predecessors[n]))].filter(
      (n) => !facts[n].isCrossroads && !isWide(n),
    );
  }
  for (const f of facts) if (f.isCrossroads) f.wantedIn &= GPR_REGS;
}

export const isControl = (block: Block, inst: Block['insts'][number]): boolean =>
  inst === block.insts[block.insts.length - 1] &&
  (block.end.kind !== 'goto' || inst.op.name === 'JMP_I') &&
  block.end.kind !== 'switch' &&
  block.end.kind !== 'wantFlags' &&
  block.end.kind !== 'interpret';

/** Effects of a block's last instruction, which the emitter handles itself. */
function controlEffects(dry: Lower, block: Block, inst: Block['insts'][number]): void {
  const { name } = inst.op;
  if (block.end.kind === 'branch') {
    dry.flags.condition(name.slice(1));
    return;
  }
  if (name === 'JMP_I') return;
  if (name.endsWith('_M')) dry.address(inst);
  if (name.endsWith('_R')) dry.gpr(inst.r0 >> 3);
  dry.gpr(RSP);
  dry.effects.exits = true;
  if (block.end.kind === 'call') {
    for (const n of [RAX, RDI, RSI, RDX]) dry.gpr(n);
    dry.effects.def = ALL_REGS;
  }
}

/**
 * Forward, registers of two kinds. dirtyIn: may have been written since they were last in the context. validIn: some path has
 * them in a local; the other paths then load them before they meet, so that a register is loaded where it is first needed, or
 * before the loop that needs it. `lasting`: those of them that still count at the start of a block.
 */
function solveForward(
  flow: Flow,
  facts: BlockFacts[],
  region: Region,
  kind: 'dirtyIn' | 'validIn',
  lasting: (facts: BlockFacts) => number,
): void {
  untilStable(flow.order, (n) => {
    const f = facts[n];
    let bits = 0;
    for (const from of flow.predecessors[n]) bits |= bitsAfter(facts, region.blocks, from, kind);
    bits = (bits & lasting(f) & inLocals(f)) | (n === flow.order[0] ? PARAMETER_REGS : 0);
    return renew(f, { [kind]: bits });
  });
}

/** dirtyIn, or validIn, of what comes behind a block. */
function bitsAfter(
  facts: readonly BlockFacts[],
  blocks: readonly Block[],
  n: number,
  kind: 'dirtyIn' | 'validIn',
): number {
  const f = facts[n];
  if (blocks[n].end.kind === 'call') return bitsOf(RAX, RSP);
  if (kind === 'validIn') return f.synced ? f.touched : f.validIn | f.touched;
  return writtenBy(f) & dirtyBefore(facts, blocks[n]);
}

const writtenBy = (f: BlockFacts): number => (f.synced ? f.generated : f.dirtyIn | f.generated);

/** Registers that may come to a block in locals: to a crossroads those that are wanted there. */
const inLocals = ({ isCrossroads, wantedIn }: BlockFacts): number =>
  isCrossroads ? wantedIn : ALL_REGS;

/** Registers that may stay dirty at the end of a block. */
export const dirtyBefore = (facts: readonly BlockFacts[], { successors }: Block): number =>
  successors.reduce((bits, to) => (to < 0 ? bits : bits & inLocals(facts[to])), ALL_REGS);

/** Backward, for what is behind a call: flags that somebody reads. */
function solveFlagsRead(flow: Flow, facts: readonly BlockFacts[], { blocks }: Region): void {
  untilStable(flow.order.toReversed(), (n) => {
    const f = facts[n];
    const block = blocks[n];
    let flagsReadIn = block.end.kind === 'call' || isJumpAway(block) ? 0 : flagsLeaving(block);
    if (block.end.kind !== 'call')
      for (const to of block.successors) if (to >= 0) flagsReadIn |= facts[to].flagsReadIn;
    for (let i = f.effects.length - 1; i >= 0; i--) {
      // A system call shows them in r11, where nobody looks for them.
      const use = block.insts[i].op.name === 'SYSCALL' ? 0 : f.effects[i].flagUse;
      flagsReadIn = (flagsReadIn & ~f.effects[i].flagDef) | use;
    }
    return renew(f, { flagsReadIn });
  });
}

/** Does the block go on in another function, with a jump that is a call and a return in one? */
const isJumpAway = ({ end, insts, successors }: Block): boolean =>
  (end.kind === 'leave' || (end.kind === 'goto' && successors[0] < 0)) &&
  insts.at(-1)?.op.name.startsWith('JMP_') === true;

/** Backward: registers and flags that are read before they are written again. */
function solveLiveness(
  flow: Flow,
  facts: BlockFacts[],
  region: Region,
  mode: TranslationMode,
): void {
  untilStable(flow.order.toReversed(), (n) => {
    const f = facts[n];
    const block = region.blocks[n];
    const leaves = leavesRegion(block);
    let liveOut = writtenBy(f) & (leaves ? ALL_REGS : ~dirtyBefore(facts, block));
    if (block.end.kind === 'call') liveOut = leaves ? bitsOf(RAX, RSP) : 0;
    let flagsOut = flagsLeaving(block, mode.keepFlags);
    for (const to of block.successors) {
      if (to < 0) continue;
      liveOut |= facts[to].liveIn;
      if (block.end.kind !== 'call') flagsOut |= facts[to].flagsIn;
    }
    const spilled = f.exits ? f.dirtyIn : 0;
    const liveIn = f.use | spilled | (liveOut & ~f.def);
    const flagsIn = f.effects.reduceRight(flagsOver, flagsOut);
    return renew(f, { liveIn, liveOut, flagsIn, flagsOut });
  });
}

/** Flags that somebody outside may read. Those that a call or a return takes along are nobody's, in every calling convention. */
function flagsLeaving(block: Block, keepFlags = false): number {
  const isReturn = block.end.kind === 'leave' && block.insts.at(-1)!.op.name.startsWith('RET');
  if (block.end.kind === 'call' || isReturn) return keepFlags ? LEAVES_FLAGS : 0;
  // Branches to where a compiler knows that nobody gets would have to keep them.
  if (block.end.kind === 'interpret' && block.end.dies) return 0;
  // Nor does any go by a table to somewhere else with them.
  if (block.end.kind === 'elsewhere') return 0;
  return leavesRegion(block) ? LEAVES_FLAGS : 0;
}

const leavesRegion = (block: Block): boolean =>
  block.end.kind === 'leave' ||
  block.end.kind === 'interpret' ||
  block.end.kind === 'wantFlags' ||
  block.end.kind === 'elsewhere' ||
  block.successors.some((s) => s < 0);

/** Flags that the first fault from each instruction on would show, unless other ones have taken their place by then. */
export function flagsAtFault(insts: readonly Inst[], effects: readonly Effects[]): number[] {
  let shown = 0;
  return backwards(insts, ({ flags }, i) => {
    if ((flags & INST_MEM) !== 0) shown = ALL_FLAGS;
    else if ((effects[i]?.flagDef ?? 0) === ALL_FLAGS) shown = 0;
    return shown;
  });
}

/** Registers live before each instruction, when `live` are after the last. */
export const liveBefore = (effects: readonly Effects[], live: number): number[] =>
  backwards(effects, (e) => (live = e.exits ? ALL_REGS : (live & ~e.def) | e.use));

/** Flags live before each instruction, when `live` are after the last. */
export const flagsBefore = (effects: readonly Effects[], live: number): number[] =>
  backwards(effects, (e) => (live = flagsOver(live, e)));

/** What `step` makes of each, the last first. */
function backwards<T>(list: readonly T[], step: (item: T, i: number) => number): number[] {
  const results = new Array<number>(list.length);
  for (let i = list.length - 1; i >= 0; i--) results[i] = step(list[i], i);
  return results;
}

/** Flags live before an instruction, when `live` are behind it. */
const flagsOver = (live: number, { flagDef, flagUse }: Effects): number =>
  (live & ~flagDef) | flagUse;
