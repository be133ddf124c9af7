// Loops with several entries (computed goto, loops jumped into) cannot be nested wasm loops. Each gets a dispatcher, a block
// of our own through which every way to one of its entries leads: a label says which one is meant, a br_table goes there
// (Ramsey, "Beyond Relooper", ICFP 2022, calls such graphs irreducible). A jump table's index is the label itself.
import type { Block } from '../region/discover.ts';
import { analyzeFlow, type Flow } from './dominators.ts';

/** The same code with every loop entered at one place only; block 0 stays the root. */
export function reduce(given: readonly Block[]): readonly Block[] {
  let blocks = given;
  for (let loop = findLoop(blocks); loop !== undefined; loop = findLoop(blocks))
    blocks = addDispatcher(blocks, loop);
  return blocks;
}

export const isInside = (block: number): boolean => block >= 0;

/** Control flow of blocks among each other. */
export const flowOf = (blocks: readonly Block[]): Flow =>
  analyzeFlow({ successors: blocks.map(({ successors }) => successors.filter(isInside)) });

interface Loop {
  readonly members: ReadonlySet<number>;
  /** Members that something outside goes to: several. */
  readonly entries: readonly number[];
}

/** An outermost loop that has several entries. */
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
      members.delete(entries[0]);
      work.push([...members]);
    }
  }
  return undefined;
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
  labelTables(blocks, entries, dispatcher, labels);
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

/** Has jump tables that go to `entries` go through the dispatcher, each with labels in a row. */
function labelTables(
  blocks: Block[],
  entries: ReadonlySet<number>,
  dispatcher: number,
  labels: number[],
): void {
  const known = new Map<string, number>();
  for (let n = 0; n < dispatcher; n++) {
    const { end, successors } = blocks[n];
    if (end.kind !== 'switch' || end.via !== undefined) continue;
    const ways = successors.slice(0, -1);
    if (!ways.some((way) => entries.has(way))) continue;
    const otherwise = successors[successors.length - 1];
    const unique = [...new Set(end.table.targets)];
    const wayTo = new Map(unique.map((pc, i) => [pc, isInside(ways[i]) ? ways[i] : otherwise]));
    const targets = end.table.targets.map((pc) => wayTo.get(pc)!);
    const label = known.get(targets.join()) ?? labels.push(...targets) - targets.length;
    known.set(targets.join(), label);
    const via = { dispatcher, label };
    blocks[n] = { ...blocks[n], end: { ...end, via }, successors: [dispatcher, otherwise] };
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
