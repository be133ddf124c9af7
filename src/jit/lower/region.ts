// A region becomes one wasm function: facts of its blocks (facts.ts) → code of each block → structured control flow.
import {
  FLAGS_ASKED,
  FLAGS_WANTED,
  GUEST_SHIFT,
  LEFT_WHY,
  RSP,
  SIGNAL_POLL,
  STACK_FLOOR,
  STACK_WINDOW,
} from '../../../assembly/shared/layout.ts';
import { LEFT_STALE } from '../../../assembly/shared/left.ts';
import type { Flow } from '../analysis/dominators.ts';
import { flowOf, isInside, reduce } from '../analysis/reduce.ts';
import { type Block, isGuarded, type Region } from '../region/discover.ts';
import type { JumpTable } from '../region/jump-table.ts';
import { isStub } from '../region/stubs.ts';
import {
  beginInstruction,
  constI64,
  type Expr,
  I32,
  I64,
  labelled,
  REGION_PARAMS,
  REGION_RESULTS,
  type Wasm,
} from '../wasm/builder.ts';
import { structure, type Terminator } from '../wasm/structure.ts';
import {
  analyze,
  type BlockFacts,
  dirtyBefore,
  flagsAtFault,
  flagsBefore,
  isControl,
  liveBefore,
  withoutFlagsOfCalls,
} from './facts.ts';
import { unsuitable } from './float-mode.ts';
import { isChanged } from './guard.ts';
import { ALL_REGS, type Kept, Lower, PARAMETER_REGS } from './lower.ts';
import type { TranslationMode } from './mode.ts';
import { loweringOf } from './table.ts';
import { call, jumpIndirect, type Links, ret, tailCall } from './transfer.ts';

/** Blocks that jump tables go to. */
const switchTargets = (region: Region): Set<number> =>
  new Set(
    region.blocks.flatMap(({ end, successors }) =>
      end.kind === 'switch' || end.kind === 'dispatch' ? successors.filter(isInside) : [],
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
  x.xmm.split = split;
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
  const flow = flowOf(blocks);
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
  /** i32: does the table that the block ends with not apply? */
  #isOther: (() => Expr) | undefined;
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
      x.exitToInterpreter(this.#region.root);
    });
    x.push(w.if(changed, leaving));
  }

  /** A region of fast floating point leaves before its first instruction when exactness is asked for. */
  #guardFloat(): void {
    const x = this.#x;
    const leaving = x.arm(() => x.exitToInterpreter(this.#region.root));
    x.push(x.w.if(unsuitable(x), leaving));
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
    const at = this.#pollsAt(n);
    if (at !== undefined) this.#poll(at, facts.flagsIn !== 0, facts.liveIn);
    const live = liveBefore(facts.effects, facts.liveOut);
    const flags = flagsBefore(facts.effects, facts.flagsOut);
    const atFault = x.mode.checked ? flagsAtFault(block.insts, facts.effects) : [];
    x.block = block.insts;
    let controlling: Block['insts'][number] | undefined;
    block.insts.forEach((inst, i) => {
      if (isControl(block, inst)) {
        controlling = inst;
        return;
      }
      x.position = i;
      if (block.end.kind === 'switch' && inst.pc === block.end.table.at)
        this.#noteIndex(n, block.end.table);
      x.flagsLive = (flags[i + 1] ?? facts.flagsOut) | (atFault[i + 1] ?? 0);
      x.flagsBefore = flags[i] | (atFault[i] ?? 0);
      x.live = live[i];
      x.beforeBranch =
        i === block.insts.length - 2 && block.end.kind === 'branch' && facts.flagsOut === 0;
      beginInstruction(x.w, inst.pc);
      loweringOf(inst)(x, inst);
      x.releaseTemps();
    });
    x.flagsLive = facts.flagsOut;
    if (x.mode.checked && facts.flagsOut === 0 && block.end.kind !== 'branch') x.flags.forget();
    x.live = ALL_REGS;
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

  /** Guest address for the poll that a loop's header begins with. Who goes to most dispatchers has polled. */
  #pollsAt(n: number): (() => Expr) | undefined {
    const { end, pc } = this.#region.blocks[n];
    const { i32 } = this.#x.w;
    if (!this.#flow.isLoopHeader[n]) return undefined;
    if (end.kind !== 'dispatch') return () => i32.const(pc);
    const { table, labels } = end;
    if (table === undefined) return undefined;
    return () => {
      let at = this.#entryOf(table, this.#label(n));
      for (let i = table.targets.length; i < labels.length; i++) {
        const isThis = i32.eq(this.#label(n), i32.const(i));
        at = this.#x.w.select(isThis, i32.const(this.#region.blocks[labels[i]].pc), at);
      }
      return at;
    };
  }

  /** Guest address that a jump table has for an index. */
  #entryOf({ address, targets, contents }: JumpTable, index: Expr): Expr {
    const x = this.#x;
    const { i32 } = x.w;
    const isRelative = contents.length === targets.length * 4;
    const offset = i32.shl(index, i32.const(isRelative ? 2 : 3));
    const entry = x.load(32, i32.add(offset, i32.const(address - GUEST_SHIFT)));
    return isRelative ? i32.add(entry, i32.const(address)) : entry;
  }

  /** Each turn of a loop looks whether somebody wants this thread. */
  #poll(pc: () => Expr, withFlags: boolean, live: number): void {
    const x = this.#x;
    const { w } = x;
    x.live = live;
    x.push(
      w.if(
        x.ctxI32(SIGNAL_POLL),
        x.arm(() => x.exit(pc(), withFlags)),
      ),
    );
    x.live = ALL_REGS;
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
        x.exit(w.select(condition, w.i32.const(taken.pc), w.i32.const(other.pc)));
        return { kind: 'leave' };
      }
      case 'call':
        call(x, this.#links, inst!, end.next, this.#facts[n].flagsOut !== 0);
        return this.#behindCall(n, block.successors[0], end.next);
      case 'switch':
        if (end.table.at === end.jump) this.#noteIndex(n, end.table);
        this.#settle(n);
        return end.via === undefined
          ? this.#switch(n, end.table)
          : this.#toDispatcher(n, end.table, end.via, end.jump);
      case 'route':
        this.#settle(n);
        this.#poll(
          () => w.i32.const(block.pc),
          this.#facts[n].flagsOut !== 0,
          this.#facts[n].liveOut,
        );
        this.#setLabel(end.dispatcher, w.i32.const(end.label));
        return { kind: 'goto', target: block.successors[0] };
      case 'dispatch': {
        this.#settle(n);
        const [first] = end.labels;
        return { kind: 'switch', selector: this.#label(n), targets: end.labels, default: first };
      }
      case 'elsewhere':
        x.exit(this.#entryOf(end.table, this.#label(end.dispatcher)), false);
        return { kind: 'leave' };
      case 'wantFlags':
        x.push(x.ctxStore('i32', FLAGS_WANTED, w.i32.const(FLAGS_ASKED)));
        x.exit(w.i32.const(end.at));
        return { kind: 'leave' };
      case 'interpret':
        x.exitToInterpreter(end.at);
        return { kind: 'leave' };
      case 'leave':
        if (inst!.op.name.startsWith('JMP_')) jumpIndirect(x, inst!, isStub(this.#region));
        else ret(x, inst!, this.#facts[n].flagsOut !== 0);
        return { kind: 'leave' };
    }
  }

  /** Makes registers and flags what the successors inside the region expect. */
  #settle(n: number): void {
    const x = this.#x;
    const stays = dirtyBefore(this.#facts, this.#region.blocks[n]);
    x.spill(x.dirty & ~stays);
    x.dirty &= stays;
    for (const to of this.#region.blocks[n].successors)
      if (isInside(to)) x.freshen(this.#facts[to].validIn);
    const readers = this.#region.blocks[n].successors.filter(
      (s) => isInside(s) && this.#facts[s].flagsIn !== 0,
    );
    if (readers.some((s) => this.#flow.predecessors[s].length > 1 || s === this.#flow.order[0]))
      x.flags.spill();
  }

  /** Keeps the table's index, and whether the table does not apply. */
  #noteIndex(n: number, { index, base, address, at }: JumpTable): void {
    const x = this.#x;
    const { i64 } = x.w;
    this.#index = x.keep(x.gpr(index), I64);
    this.#isOther = undefined;
    x.hold(this.#index.local);
    if (base === undefined) return;
    const isOther = () => i64.ne(x.gpr(base), constI64(x.w, address));
    const { insts } = this.#region.blocks[n];
    const later = this.#facts[n].effects.slice(insts.findIndex(({ pc }) => pc === at));
    if (later.every(({ def }) => (def & (1 << base)) === 0)) this.#isOther = isOther;
    else {
      const kept = x.keep(isOther(), I32);
      this.#isOther = kept;
      x.hold(this.#index.local, kept.local);
    }
  }

  #switch(n: number, table: JumpTable): Terminator<Expr> {
    const { w } = this.#x;
    const block = this.#region.blocks[n];
    const index = this.#index!;
    this.#x.hold();
    const low = w.i32.wrap(index());
    const inRange = () => w.i64.lt_u(index(), constI64(w, table.targets.length));
    const selector = this.#isShort(n, table) ? low : w.select(inRange(), low, w.i32.const(-1));
    const otherwise = block.successors.at(-1)!;
    const number = new Map([...new Set(table.targets)].map((pc, i) => [pc, block.successors[i]]));
    const targets = table.targets.map((pc) => {
      const to = number.get(pc)!;
      return isInside(to) ? to : otherwise;
    });
    return { kind: 'switch', selector, targets, default: otherwise, unless: this.#isOther?.() };
  }

  /** Are the upper 32 bits of the table's index certainly 0? */
  #isShort(n: number, { index, at }: JumpTable): boolean {
    const { insts } = this.#region.blocks[n];
    const { effects } = this.#facts[n];
    const found = insts.findIndex(({ pc }) => pc === at);
    const end = found < 0 ? insts.length : found;
    const writes = (_: unknown, i: number) => i < end && (effects[i].def & (1 << index)) !== 0;
    const writer = insts[insts.findLastIndex(writes)];
    return writer?.op.bits === 32 && writer.op.form[0] === 'R' && writer.r0 === index * 8;
  }

  /** A jump table whose targets are the entries of a loop: its index is the label, counted from `label`. */
  #toDispatcher(
    n: number,
    table: JumpTable,
    { dispatcher, label }: { dispatcher: number; label: number },
    jump: number,
  ): Terminator<Expr> {
    const x = this.#x;
    const { i32, i64 } = x.w;
    const { end } = this.#region.blocks[dispatcher];
    const { flagsOut, liveOut } = this.#facts[n];
    if (end.kind !== 'dispatch' || end.table === undefined)
      this.#poll(() => i32.const(jump), flagsOut !== 0, liveOut);
    const index = this.#index!;
    this.#setLabel(dispatcher, i32.add(i32.wrap(index()), i32.const(label)));
    x.hold();
    const applies = i64.lt_u(index(), constI64(x.w, table.targets.length));
    const [taken, other] = this.#region.blocks[n].successors;
    return { kind: 'if', condition: applies, taken, other, unless: this.#isOther?.() };
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
    tailCall(this.#x, this.#links, pc);
    return { kind: 'leave' };
  }

  #behindCall(n: number, to: number, next: number): Terminator<Expr> {
    const x = this.#x;
    if (isInside(to)) {
      this.#settle(n);
      return { kind: 'goto', target: to };
    }
    x.exit(x.w.i32.const(next));
    return { kind: 'leave' };
  }

  /** if (leave) jump out to pc; else go on in block `to`. */
  #branchOut(leave: Expr, pc: number, to: number): Terminator<Expr> {
    const x = this.#x;
    x.push(
      x.w.if(
        leave,
        x.arm(() => tailCall(x, this.#links, pc)),
      ),
    );
    return { kind: 'goto', target: to };
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
  br(label: string, condition?: Expr): Expr {
    return this.#x.w.br(label, condition);
  }
  brTable(labels: string[], defaultLabel: string, selector: Expr): Expr {
    return this.#x.w.switch(labels, defaultLabel, selector);
  }
}
