// Loops with several entries (computed goto, loops jumped into) cannot be nested wasm loops. Each gets a dispatcher, a block
// of our own through which every way to one of its entries leads: a label says which one is meant, a br_table goes there
// (Ramsey, "Beyond Relooper", ICFP 2022, calls such graphs irreducible). A jump table's index is the label itself: a loop that jumps
// by one table from several places (an interpreter's) begins with its dispatcher.
import type { Block } from '../region/discover.ts';
import { analyzeFlow, type Flow } from './dominators.ts';

/** The same code with every loop entered at one place only; block 0 stays the root. */
export function reduce(given: readonly Block[]): readonly Block[] {
  let blocks: readonly Block[] = withTableDispatchers(given);
  for (let loop = findLoop(blocks); loop !== undefined; loop = findLoop(blocks)) {
    const own = [...loop.members].find((n) => hasTable(blocks[n]));
    blocks = own === undefined ? addDispatcher(blocks, loop) : enteredThrough(blocks, loop, own);
  }
  return blocks;
}

type Dispatcher = Block & { readonly end: Extract<Block['end'], { kind: 'dispatch' }> };

const hasTable = (block: Block): block is Dispatcher =>
  block.end.kind === 'dispatch' && block.end.table !== undefined;

/** Loops with several jumps by one table get a dispatcher for that table. */
function withTableDispatchers(given: readonly Block[]): Block[] {
  const blocks = [...given];
  for (const loop of loopsOf([...blocks.keys()], blocks))
    for (const jumps of jumpsByTable(blocks, loop))
      if (jumps.length > 1) addTableDispatcher(blocks, jumps);
  return blocks;
}

function addTableDispatcher(blocks: Block[], jumps: readonly number[]): void {
  const { end, successors } = blocks[jumps[0]] as Switch;
  const { table } = end;
  const dispatcher = blocks.length;
  const elsewhere = dispatcher + 1;
  const wayTo = new Map([...new Set(table.targets)].map((pc, i) => [pc, successors[i]]));
  const labels = table.targets.map((pc) => {
    const way = wayTo.get(pc)!;
    return isInside(way) ? way : elsewhere;
  });
  const [{ pc }] = blocks;
  const ways = [...new Set(labels)];
  blocks.push(
    { pc, insts: [], end: { kind: 'dispatch', labels, table }, successors: ways },
    { pc, insts: [], end: { kind: 'elsewhere', dispatcher, table }, successors: [] },
  );
  for (const n of jumps) {
    const jump = blocks[n] as Switch;
    const via = { dispatcher, label: 0 };
    const otherwise = jump.successors[jump.successors.length - 1];
    blocks[n] = { ...jump, end: { ...jump.end, via }, successors: [dispatcher, otherwise] };
  }
}

/** A loop with a dispatcher gets that as its only entry: what comes from outside has labels of its own there. */
function enteredThrough(given: readonly Block[], loop: Loop, dispatcher: number): Block[] {
  const blocks = [...given];
  const members = new Set(loop.members);
  const entries = new Set(loop.entries);
  entries.delete(dispatcher);
  if (entries.delete(0)) {
    const moved = freeRoot(blocks);
    entries.add(moved);
    members.add(moved).delete(0);
  }
  const { end } = blocks[dispatcher] as Dispatcher;
  const labels = [...end.labels];
  const count = blocks.length;
  const routes = new Map<number, number>();
  for (const to of entries) {
    const { pc } = blocks[to];
    const label = labels.push(to) - 1;
    const successors = [dispatcher];
    const route = { pc, insts: [], end: { kind: 'route', dispatcher, label }, successors } as const;
    routes.set(to, blocks.push(route) - 1);
  }
  for (let n = 0; n < count; n++)
    if (!members.has(n)) blocks[n] = redirected(blocks[n], (to) => routes.get(to) ?? to);
  const ways = [...new Set(labels)];
  blocks[dispatcher] = { ...blocks[dispatcher], end: { ...end, labels }, successors: ways };
  return blocks;
}

function jumpsByTable(blocks: readonly Block[], loop: readonly number[]): Iterable<number[]> {
  const jumps = loop.filter((n) => isOpenSwitch(blocks[n]));
  return Map.groupBy(jumps, (n) => (blocks[n] as Switch).end.table.targets.join()).values();
}

type Switch = Block & { readonly end: Extract<Block['end'], { kind: 'switch' }> };

/** A jump by a table that does not go through a dispatcher yet. */
const isOpenSwitch = (block: Block): block is Switch =>
  block.end.kind === 'switch' && block.end.via === undefined;

export const isInside = (block: number): boolean => block >= 0;

/** Control flow of blocks among each other. */
export const flowOf = (blocks: readonly Block[]): Flow =>
  analyzeFlow({ successors: blocks.map(({ successors }) => successors.filter(isInside)) });

interface Loop {
  readonly members: ReadonlySet<number>;
  /** Members that something outside goes to: several. */
  readonly entries: readonly number[];
}

/** An outermost loop that has several entries, or one that is entered on the way to its dispatcher. */
function findLoop(blocks: readonly Block[]): Loop | undefined {
  const predecessors: number[][] = blocks.map(() => []);
  blocks.forEach(({ successors }, from) => {
    for (const to of successors) if (isInside(to)) predecessors[to].push(from);
  });
  const work: number[][] = [[...blocks.keys()]];
  for (let part = work.pop(); part !== undefined; part = work.pop()) {
    for (const loop of loopsOf(part, blocks)) {
      const members = new Set(loop);
      const isEntry = (n: number) => n === 0 || predecessors[n].some((from) => !members.has(from));
      const entries = loop.filter(isEntry);
      if (entries.length > 1) return { members, entries };
      // What nothing reaches has no entry.
      if (entries.length === 0) continue;
      if (isBeforeDispatch(blocks, members, entries[0], NEAR)) return { members, entries };
      members.delete(entries[0]);
      work.push([...members]);
    }
  }
  return undefined;
}

/** Blocks between a loop's entry and its dispatcher. */
const NEAR = 3;

function isBeforeDispatch(
  blocks: readonly Block[],
  members: ReadonlySet<number>,
  n: number,
  depth: number,
): boolean {
  const { end, successors } = blocks[n];
  if (end.kind === 'switch') return end.via !== undefined && members.has(end.via.dispatcher);
  if (end.kind === 'dispatch' || end.kind === 'route' || depth === 0) return false;
  return successors.some(
    (to) => members.has(to) && isBeforeDispatch(blocks, members, to, depth - 1),
  );
}

/** Strongly connected components of more than one block (Tarjan 1972), of the graph that `part` makes. */
function loopsOf(part: readonly number[], blocks: readonly Block[]): number[][] {
  const members = new Set(part);
  const order = new Map<number, number>();
  const low = new Map<number, number>();
  const open: number[] = [];
  const isOpen = new Set<number>();
  const loops: number[][] = [];
  const enter = (n: number) => {
    order.set(n, order.size);
    low.set(n, order.get(n)!);
    open.push(n);
    isOpen.add(n);
  };
  const leave = (n: number) => {
    if (low.get(n) !== order.get(n)) return;
    const loop = open.splice(open.lastIndexOf(n));
    for (const each of loop) isOpen.delete(each);
    if (loop.length > 1) loops.push(loop);
  };
  const lower = (n: number, to: number) => low.set(n, Math.min(low.get(n)!, to));
  for (const root of part) {
    if (order.has(root)) continue;
    const stack: [block: number, next: number][] = [[root, 0]];
    enter(root);
    while (stack.length > 0) {
      const top = stack[stack.length - 1];
      const [n, next] = top;
      const { successors } = blocks[n];
      if (next === successors.length) {
        leave(n);
        stack.pop();
        if (stack.length > 0) lower(stack[stack.length - 1][0], low.get(n)!);
        continue;
      }
      top[1]++;
      const to = successors[next];
      if (!members.has(to)) continue;
      if (!order.has(to)) {
        enter(to);
        stack.push([to, 0]);
      } else if (isOpen.has(to)) lower(n, order.get(to)!);
    }
  }
  return loops;
}

function addDispatcher(given: readonly Block[], loop: Loop): Block[] {
  const blocks = [...given];
  const entries = new Set(loop.entries);
  const members = new Set(loop.members);
  if (entries.delete(0)) {
    const moved = freeRoot(blocks);
    entries.add(moved);
    members.add(moved).delete(0);
  }
  const dispatcher = blocks.length;
  const labels: number[] = [];
  blocks.push({ pc: blocks[0].pc, insts: [], end: { kind: 'dispatch', labels }, successors: [] });
  const leadsIn = ({ successors }: Block) => successors.slice(0, -1).some((to) => entries.has(to));
  const jumps = [...blocks.keys()].filter((n) => leadsIn(blocks[n]));
  labelTables(blocks, jumps, dispatcher, labels);
  // One way from inside and one from outside, lest the block that is the way be an entry again.
  const routes = new Map<string, number>();
  const routeTo = (to: number, isMember: boolean): number => {
    const key = `${to} ${isMember}`;
    const known = routes.get(key);
    if (known !== undefined) return known;
    if (!labels.includes(to)) labels.push(to);
    const end = { kind: 'route', dispatcher, label: labels.indexOf(to) } as const;
    const route = blocks.push({ pc: blocks[to].pc, insts: [], end, successors: [dispatcher] }) - 1;
    routes.set(key, route);
    return route;
  };
  for (let n = 0; n < dispatcher; n++) {
    const isMember = members.has(n);
    blocks[n] = redirected(blocks[n], (to) => (entries.has(to) ? routeTo(to, isMember) : to));
  }
  blocks[dispatcher] = { ...blocks[dispatcher], successors: [...new Set(labels)] };
  return blocks;
}

/** Has jump tables go through the dispatcher, each with labels in a row. */
function labelTables(
  blocks: Block[],
  jumps: readonly number[],
  dispatcher: number,
  labels: number[],
): void {
  const known = new Map<string, number>();
  for (const n of jumps) {
    const block = blocks[n];
    if (!isOpenSwitch(block)) continue;
    const { end, successors } = block;
    const ways = successors.slice(0, -1);
    const otherwise = successors[successors.length - 1];
    const unique = [...new Set(end.table.targets)];
    const wayTo = new Map(unique.map((pc, i) => [pc, isInside(ways[i]) ? ways[i] : otherwise]));
    const targets = end.table.targets.map((pc) => wayTo.get(pc)!);
    const label = known.get(targets.join()) ?? labels.push(...targets) - targets.length;
    known.set(targets.join(), label);
    const via = { dispatcher, label };
    blocks[n] = { ...block, end: { ...end, via }, successors: [dispatcher, otherwise] };
  }
}

function redirected(block: Block, to: (block: number) => number): Block {
  const { end } = block;
  const successors = block.successors.map(to);
  return end.kind === 'dispatch'
    ? { ...block, end: { ...end, labels: end.labels.map(to) }, successors }
    : { ...block, successors };
}

/** Makes the root a block of its own that goes to what it was: the number of that. */
function freeRoot(blocks: Block[]): number {
  const [root] = blocks;
  const moved = blocks.push(root) - 1;
  for (const [n, block] of blocks.entries())
    blocks[n] = redirected(block, (to) => (to === 0 ? moved : to));
  const { pc } = root;
  blocks[0] = { pc, insts: [], end: { kind: 'goto', target: pc }, successors: [moved] };
  return moved;
}
