// A region becomes one wasm function: facts of its blocks (facts.ts) → code of each block → structured control flow.
import {
  CACHE_BASE,
  CACHE_REGIONS,
  FLAGS_ASKED,
  FLAGS_WANTED,
  INTERPRET_NEXT,
  JUMP_PC,
  LEAVE_SLOT,
  LEFT_WHY,
  RAX,
  RDI,
  RDX,
  REGIONS,
  REGIONS_BITS,
  RSI,
  RSP,
  SIGNAL_POLL,
  STACK_FLOOR,
  STACK_WINDOW,
} from '../../../assembly/shared/layout.ts';
import { LEFT_STALE } from '../../../assembly/shared/left.ts';
import { analyzeFlow, type Flow } from '../analysis/dominators.ts';
import { reduce } from '../analysis/reduce.ts';
import { type Block, isGuarded, type Region } from '../region/discover.ts';
import type { JumpTable } from '../region/jump-table.ts';
import { isStub } from '../region/stubs.ts';
import {
  beginInstruction,
  constI64,
  type Expr,
  GUEST,
  I32,
  I64,
  IS_CALL,
  labelled,
  REGION_PARAMS,
  REGION_RESULTS,
  TABLE,
  type Wasm,
} from '../wasm/builder.ts';
import { LINKS } from '../wasm/exports.ts';
import { structure, type Terminator } from '../wasm/structure.ts';
import {
  analyze,
  type BlockFacts,
  flagsAtFault,
  flagsThrough,
  isControl,
  withoutFlagsOfCalls,
} from './facts.ts';
import { unsuitable } from './float-mode.ts';
import { isChanged } from './guard.ts';
import { ALL_REGS, bitsOf, type Kept, Lower, PARAMETER_REGS } from './lower.ts';
import type { TranslationMode } from './mode.ts';
import { pushValue, stackAddress } from './move.ts';
import { loweringOf } from './table.ts';

/** How to get at the regions that this one calls or jumps to. */
export interface Links {
  /** Index in the module's table of links of the region rooted at a guest address (made on demand). */
  linkTo(pc: number, isCall: boolean): number;
  /** Name of the wasm function when that region is in the same module. */
  localName(pc: number): string | undefined;
}

const isInside = (block: number): boolean => block >= 0;

/** Blocks that jump tables go to. */
const switchTargets = (region: Region): Set<number> =>
  new Set(
    region.blocks.flatMap(({ end, successors }) =>
      end.kind === 'switch' || end.kind === 'dispatch' ? successors.filter((s) => s >= 0) : [],
    ),
  );

export function lowerRegion(
  w: Wasm,
  name: string,
  found: Region,
  links: Links,
  mode: TranslationMode,
): void {
  const { region, flow, facts, float, split } = study(found, mode);
  const x = new Lower(w, false, mode);
  x.float = float;
  x.split = split;
  const emitter = new Emitter(x, region, flow, facts, links);
  const body = [
    ...emitter.prologue(),
    ...structure<Expr>(flow, switchTargets(region), emitter),
    w.unreachable(),
  ];
  w.addFunction(name, REGION_PARAMS, REGION_RESULTS, x.varTypes, w.block(null, x.withExits(body)));
}

/** The region as it is to be lowered, and what is known of it. */
function study(found: Region, mode: TranslationMode) {
  const blocks = reduce(found.blocks);
  const first = factsOf(found, blocks, mode);
  if (mode.keepFlags) return first;
  const kept = withoutFlagsOfCalls(blocks, first.facts);
  return kept.every((block, n) => block === blocks[n]) ? first : factsOf(found, kept, mode);
}

function factsOf(found: Region, blocks: readonly Block[], mode: TranslationMode) {
  const region = { ...found, blocks };
  const flow = analyzeFlow({ successors: blocks.map((b) => b.successors.filter(isInside)) });
  return { region, flow, ...analyze(region, flow, mode) };
}

class Emitter {
  readonly #x: Lower;
  readonly #region: Region;
  readonly #flow: Flow;
  readonly #facts: readonly BlockFacts[];
  readonly #links: Links;
  /** Index of the jump table that the block ends with, read where its entry is. */
  #index: Kept | undefined;
  /** Locals of the labels, by dispatcher. */
  readonly #labels = new Map<number, number>();
  /** Flag state at the end of each emitted block. */
  readonly #flagsAfter: Lower['flags']['state'][] = [];

  constructor(x: Lower, region: Region, flow: Flow, facts: readonly BlockFacts[], links: Links) {
    this.#x = x;
    this.#region = region;
    this.#flow = flow;
    this.#facts = facts;
    this.#links = links;
  }

  prologue(): Expr[] {
    const x = this.#x;
    x.code = [];
    x.dirty = PARAMETER_REGS;
    if (isGuarded(this.#region)) this.#guardBytes();
    this.#guardDepth();
    if (x.float) this.#guardFloat();
    x.reload(this.#facts[0].validIn & ~PARAMETER_REGS);
    return x.code;
  }

  /** The wasm stack is only a cache of predicted returns: at its limit everything goes back to the dispatcher. */
  #guardDepth(): void {
    const x = this.#x;
    const { i32 } = x.w;
    const depth = i32.sub(i32.wrap(x.raw(RSP)), x.ctxI32(STACK_FLOOR));
    const deep = x.arm(() => x.exit(i32.const(this.#region.root)));
    x.push(x.w.if(i32.gt_u(depth, i32.const(STACK_WINDOW)), deep));
  }

  #guardBytes(): void {
    const x = this.#x;
    const { w } = x;
    const changed = isChanged(x, this.#region);
    const leaving = x.arm(() => {
      x.push(x.ctxStore('i32', LEFT_WHY, w.i32.const(LEFT_STALE)));
      x.push(x.ctxStore('i32', INTERPRET_NEXT, w.i32.const(1)));
      x.exit(w.i32.const(this.#region.root));
    });
    x.push(w.if(changed, leaving));
  }

  /** A region of fast floating point leaves before its first instruction when exactness is asked for. */
  #guardFloat(): void {
    const x = this.#x;
    const { w } = x;
    const leaving = x.arm(() => {
      x.push(w.i32.store(INTERPRET_NEXT, 4, x.ctx(), w.i32.const(1), GUEST));
      x.exit(w.i32.const(this.#region.root));
    });
    x.push(w.if(unsuitable(x), leaving));
  }

  block(n: number): { code: Expr[]; end: Terminator<Expr> } {
    const x = this.#x;
    const block = this.#region.blocks[n];
    const facts = this.#facts[n];
    x.code = [];
    x.dirty = facts.dirtyIn;
    x.stale = ~facts.validIn;
    x.flags.state = this.#incomingFlags(n);
    x.startBlock();
    // Who goes to a dispatcher has polled.
    if (this.#flow.isLoopHeader[n] && block.end.kind !== 'dispatch')
      this.#poll(block.pc, facts.flagsIn !== 0);
    x.block = block.insts;
    const flagsFrom = (from: number): number =>
      flagsThrough(facts.effects, facts.flagsOut, from) |
      (x.mode.checked ? flagsAtFault(block.insts, facts.effects, from) : 0);
    let controlling: Block['insts'][number] | undefined;
    block.insts.forEach((inst, i) => {
      if (isControl(block, inst)) {
        controlling = inst;
        return;
      }
      x.position = i;
      if (block.end.kind === 'switch' && inst.pc === block.end.table.at)
        this.#noteIndex(block.end.table);
      x.flagsLive = flagsFrom(i + 1);
      x.flagsBefore = flagsFrom(i);
      x.beforeBranch =
        i === block.insts.length - 2 && block.end.kind === 'branch' && facts.flagsOut === 0;
      beginInstruction(x.w, inst.pc);
      loweringOf(inst)(x, inst);
      x.releaseTemps();
    });
    x.flagsLive = facts.flagsOut;
    if (x.mode.checked && facts.flagsOut === 0 && block.end.kind !== 'branch') x.flags.forget();
    x.x87.settle();
    const end = this.#end(n, block, controlling);
    x.releaseTemps();
    this.#flagsAfter[n] = x.flags.state;
    return { code: x.code, end };
  }

  #incomingFlags(n: number): Lower['flags']['state'] {
    const from = this.#flow.predecessors[n];
    return from.length === 1 && n !== this.#flow.order[0]
      ? this.#flagsAfter[from[0]]
      : { kind: 'ctx' };
  }

  /** Each turn of a loop looks whether somebody wants this thread. */
  #poll(pc: number, withFlags: boolean): void {
    const x = this.#x;
    const { w } = x;
    x.push(
      w.if(
        x.ctxI32(SIGNAL_POLL),
        x.arm(() => x.exit(w.i32.const(pc), withFlags)),
      ),
    );
  }

  #end(n: number, block: Block, inst: Block['insts'][number] | undefined): Terminator<Expr> {
    const x = this.#x;
    const { w } = x;
    const { end } = block;
    if (inst) beginInstruction(w, inst.pc);
    switch (end.kind) {
      case 'goto':
        return this.#goTo(n, block.successors[0], end.target);
      case 'branch': {
        const condition = x.flags.condition(inst!.op.name.slice(1));
        if (this.#facts[n].flagsOut === 0) x.flags.forget();
        this.#settle(n);
        const arms = [end.taken, end.fallthrough].map((pc, i) => ({ pc, to: block.successors[i] }));
        const [taken, other] = arms;
        if (isInside(taken.to) && isInside(other.to)) {
          return { kind: 'if', condition, taken: taken.to, other: other.to };
        }
        if (isInside(taken.to)) return this.#branchOut(w.i32.eqz(condition), other.pc, taken.to);
        if (isInside(other.to)) return this.#branchOut(condition, taken.pc, other.to);
        this.#jumpTo(w.select(condition, w.i32.const(taken.pc), w.i32.const(other.pc)));
        return { kind: 'leave' };
      }
      case 'call':
        return this.#call(n, block, inst!, end.next);
      case 'switch':
        if (end.table.at === end.jump) this.#noteIndex(end.table);
        this.#settle(n);
        return end.via === undefined
          ? this.#switch(block, end.table)
          : this.#toDispatcher(block, end.table, end.via, end.jump);
      case 'route':
        this.#settle(n);
        this.#poll(block.pc, this.#facts[n].flagsOut !== 0);
        this.#setLabel(end.dispatcher, w.i32.const(end.label));
        return { kind: 'goto', target: block.successors[0] };
      case 'dispatch': {
        this.#settle(n);
        const [first] = end.labels;
        return { kind: 'switch', selector: this.#label(n), targets: end.labels, default: first };
      }
      case 'wantFlags':
        x.push(w.i32.store(FLAGS_WANTED, 4, x.ctx(), w.i32.const(FLAGS_ASKED), GUEST));
        x.exit(w.i32.const(end.at));
        return { kind: 'leave' };
      case 'interpret':
        x.push(w.i32.store(INTERPRET_NEXT, 4, x.ctx(), w.i32.const(1), GUEST));
        x.exit(w.i32.const(end.at));
        return { kind: 'leave' };
      case 'leave':
        this.#leave(inst!, this.#facts[n].flagsOut !== 0);
        return { kind: 'leave' };
    }
  }

  /** Makes registers and flags what the successors inside the region expect. */
  #settle(n: number): void {
    const x = this.#x;
    for (const to of this.#region.blocks[n].successors)
      if (isInside(to)) x.freshen(this.#facts[to].validIn);
    const readers = this.#region.blocks[n].successors.filter(
      (s) => isInside(s) && this.#facts[s].flagsIn !== 0,
    );
    if (readers.some((s) => this.#flow.predecessors[s].length > 1 || s === this.#flow.order[0]))
      x.flags.spill();
  }

  /** Keeps the table's index, or one that is out of range when the table does not apply. */
  #noteIndex({ index, base, address, targets }: JumpTable): void {
    const x = this.#x;
    const { i32, i64 } = x.w;
    const inRange = i64.lt_u(x.gpr(index), constI64(x.w, targets.length));
    const applies =
      base === undefined ? inRange : i32.and(inRange, i64.eq(x.gpr(base), constI64(x.w, address)));
    this.#index = x.keep(x.w.select(applies, i32.wrap(x.gpr(index)), i32.const(-1)), I32);
    x.hold(this.#index.local);
  }

  #switch(block: Block, table: JumpTable): Terminator<Expr> {
    const selector = this.#index!();
    this.#x.hold(undefined);
    const otherwise = block.successors.at(-1)!;
    const number = new Map([...new Set(table.targets)].map((pc, i) => [pc, block.successors[i]]));
    const targets = table.targets.map((pc) => {
      const to = number.get(pc)!;
      return isInside(to) ? to : otherwise;
    });
    return { kind: 'switch', selector, targets, default: otherwise };
  }

  /** A jump table whose targets are the entries of a loop: its index is the label, counted from `label`. */
  #toDispatcher(
    block: Block,
    table: JumpTable,
    { dispatcher, label }: { dispatcher: number; label: number },
    jump: number,
  ): Terminator<Expr> {
    const x = this.#x;
    const { i32 } = x.w;
    this.#poll(jump, true);
    const index = this.#index!;
    this.#setLabel(dispatcher, i32.add(index(), i32.const(label)));
    x.hold(undefined);
    const applies = i32.lt_u(index(), i32.const(table.targets.length));
    const [taken, other] = block.successors;
    return { kind: 'if', condition: applies, taken, other };
  }

  #setLabel(dispatcher: number, label: Expr): void {
    this.#x.push(this.#x.w.local.set(this.#labelLocal(dispatcher), label));
  }

  #label(dispatcher: number): Expr {
    return this.#x.w.local.get(this.#labelLocal(dispatcher), I32);
  }

  #labelLocal(dispatcher: number): number {
    const known = this.#labels.get(dispatcher) ?? this.#x.local(I32);
    this.#labels.set(dispatcher, known);
    return known;
  }

  #goTo(n: number, to: number, pc: number): Terminator<Expr> {
    this.#settle(n);
    if (isInside(to)) return { kind: 'goto', target: to };
    this.#tailCall(pc);
    return { kind: 'leave' };
  }

  /** if (leave) jump out to pc; else go on in block `to`. */
  #branchOut(leave: Expr, pc: number, to: number): Terminator<Expr> {
    const x = this.#x;
    x.push(
      x.w.if(
        leave,
        x.arm(() => this.#tailCall(pc)),
      ),
    );
    return { kind: 'goto', target: to };
  }

  #arguments(): Expr[] {
    const x = this.#x;
    return [x.raw(RAX), x.raw(RDI), x.raw(RSI), x.raw(RDX), x.raw(RSP)];
  }

  /** Jumps to another region. */
  #tailCall(pc: number): void {
    const x = this.#x;
    const { w } = x;
    x.freshen(PARAMETER_REGS);
    x.spill(x.dirty & ~PARAMETER_REGS);
    x.flags.spill();
    const args = this.#arguments();
    const local = this.#links.localName(pc);
    if (local !== undefined) x.push(w.return_call(local, args, REGION_RESULTS));
    else {
      const link = w.i32.const(this.#links.linkTo(pc, false));
      // Where to go on in case that there is no region.
      x.push(x.ctxStore('i64', JUMP_PC, constI64(w, pc)));
      x.push(w.return_call_indirect(LINKS, link, args, REGION_PARAMS, REGION_RESULTS));
    }
  }

  #jumpTo(pc: Expr): void {
    this.#x.exit(pc);
  }

  #call(n: number, block: Block, inst: Block['insts'][number], next: number): Terminator<Expr> {
    const x = this.#x;
    const { w } = x;
    const { i32, i64 } = w;
    const name = inst.op.name;
    const target =
      name === 'CALL_I'
        ? undefined
        : x.keep(
            i32.wrap(name === 'CALL_M' ? x.load(64, x.address(inst)) : x.gpr(inst.r0 >> 3)),
            I32,
          );
    x.freshen(PARAMETER_REGS);
    pushValue(x, 64, constI64(w, next));
    x.spill(x.dirty & ~PARAMETER_REGS);
    if (this.#facts[n].flagsOut !== 0) x.flags.spill();
    const pc = Number(BigInt.asUintN(32, inst.imm));
    const pair = x.temp(REGION_RESULTS);
    x.push(w.local.set(pair, this.#callRegion(target, pc)));
    const packed = () => w.tuple.extract(w.local.get(pair, REGION_RESULTS), 0);
    const expected = i64.or(
      i64.shl(i64.add(x.raw(RSP), constI64(w, 8)), constI64(w, 32)),
      constI64(w, next),
    );
    x.push(w.if(i64.ne(packed(), expected), w.return(w.local.get(pair, REGION_RESULTS))));
    x.setRaw(RAX, w.tuple.extract(w.local.get(pair, REGION_RESULTS), 1));
    x.setRaw(RSP, i64.add(x.raw(RSP), constI64(w, 8)));
    x.dirty = bitsOf(RAX, RSP);
    x.stale = ALL_REGS & ~bitsOf(RAX, RSP);
    x.flags.forget();
    const to = block.successors[0];
    if (isInside(to)) {
      x.freshen(this.#facts[to].validIn);
      return { kind: 'goto', target: to };
    }
    x.exit(i32.const(next));
    return { kind: 'leave' };
  }

  #callRegion(target: Kept | undefined, pc: number): Expr {
    const { w } = this.#x;
    const call = (table: string, index: Expr) =>
      w.call_indirect(table, index, this.#arguments(), REGION_PARAMS, REGION_RESULTS);
    if (target !== undefined) return call(TABLE, this.#slotFor(target, true));
    const local = this.#links.localName(pc);
    if (local !== undefined) return w.call(local, this.#arguments(), REGION_RESULTS);
    return call(LINKS, w.i32.const(this.#links.linkTo(pc, true)));
  }

  /** Slot of the region at a guest address that is only known now; LEAVE_SLOT if there is none (assembly/interp/cache.ts). */
  #slotFor(target: Kept, isCall: boolean): Expr {
    const x = this.#x;
    const { i32 } = x.w;
    const word = x.w.i64.extend_u(target());
    x.push(x.ctxStore('i64', JUMP_PC, isCall ? x.w.i64.or(word, constI64(x.w, IS_CALL)) : word));
    const hash = i32.and(
      i32.xor(target(), i32.shr_u(target(), i32.const(REGIONS_BITS))),
      i32.const(REGIONS - 1),
    );
    const index = x.keep(hash, I32);
    const entryAt = (n: Expr) =>
      x.keep(i32.add(x.ctxI32(CACHE_BASE), i32.shl(n, i32.const(3))), I32);
    const isHere = (entry: Kept) => i32.eq(i32.load(CACHE_REGIONS, 4, entry(), GUEST), target());
    const slot = (entry: Kept) => i32.load(CACHE_REGIONS + 4, 4, entry(), GUEST);
    const first = entryAt(index());
    const second = entryAt(i32.xor(index(), i32.const(1)));
    const other = x.w.select(isHere(second), slot(second), i32.const(LEAVE_SLOT));
    return x.w.if(isHere(first), slot(first), other);
  }

  /** ret, indirect jump. */
  #leave(inst: Block['insts'][number], withFlags: boolean): void {
    const x = this.#x;
    const { w } = x;
    const { i32, i64 } = w;
    const { name } = inst.op;
    if (name === 'JMP_R' || name === 'JMP_M') {
      const target = x.keep(
        i32.wrap(name === 'JMP_M' ? x.load(64, x.address(inst)) : x.gpr(inst.r0 >> 3)),
        I32,
      );
      x.freshen(PARAMETER_REGS);
      x.spill(x.dirty & ~PARAMETER_REGS);
      x.flags.spill();
      x.push(
        w.return_call_indirect(
          TABLE,
          this.#slotFor(target, isStub(this.#region)),
          this.#arguments(),
          REGION_PARAMS,
          REGION_RESULTS,
        ),
      );
      return;
    }
    const popped = 8 + (name === 'RET_I' ? Number(inst.imm) & 0xffff : 0);
    const back = x.keep(x.load(64, stackAddress(x, 0)), I64);
    x.setGpr(RSP, i64.add(x.gpr(RSP), constI64(w, popped)));
    x.freshen(bitsOf(RAX));
    x.spill(x.dirty & ~bitsOf(RAX, RSP));
    if (withFlags) x.flags.spill();
    const packed = i64.or(
      i64.shl(x.raw(RSP), constI64(w, 32)),
      i64.and(back(), constI64(w, 0xffffffff)),
    );
    x.push(w.return(w.tuple.make([packed, x.raw(RAX)])));
  }

  wasmBlock(label: string, body: Expr[]): Expr {
    return labelled(this.#x.w, label, body);
  }
  wasmLoop(label: string, body: Expr[]): Expr {
    return this.#x.w.loop(label, this.#x.w.block(null, body));
  }
  wasmIf(condition: Expr, then: Expr[], otherwise: Expr[]): Expr {
    const { w } = this.#x;
    return w.if(condition, w.block(null, then), w.block(null, otherwise));
  }
  br(label: string): Expr {
    return this.#x.w.br(label);
  }
  brTable(labels: string[], defaultLabel: string, selector: Expr): Expr {
    return this.#x.w.switch(labels, defaultLabel, selector);
  }
}
