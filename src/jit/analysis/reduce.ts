// Loops with several entries (computed goto, loops jumped into) cannot be nested wasm loops. Each gets a dispatcher, a block
// of our own through which every way to one of its entries leads: a label says which one is meant, a br_table goes there
// (Ramsey, "Beyond Relooper", ICFP 2022, calls such graphs irreducible). A jump table's index is the label itself: a loop that jumps
// by one table from several places (an interpreter's) begins with its dispatcher. A small entry that few ways from outside lead to is
// copied for them instead.
import type { Block } from '../region/discover.ts';
import { analyzeFlow, type Flow } from './dominators.ts';

/** The same code with every loop entered at one place only; block 0 stays the root. */
export function reduce(given: readonly Block[]): readonly Block[] {
  let blocks: readonly Block[] = withTableDispatchers(given);
  let budget = MAX_COPIED;
  const isCopyable = ({ insts, end }: Block) =>
    insts.length <= Math.min(MAX_COPY, budget) && end.kind !== 'dispatch';
  for (let loop = findLoop(blocks, isCopyable); loop; loop = findLoop(blocks, isCopyable)) {
    const copied = loop.entries.length > MAX_ENTRIES ? undefined : smallest(blocks, loop.entries);
    if (copied !== undefined && isCopyable(blocks[copied])) {
      budget -= blocks[copied].insts.length + 1;
      blocks = withCopy(blocks, loop, copied);
    } else blocks = addDispatcher(blocks, loop);
  }
  return blocks;
}

/** Instructions of an entry that is copied, and of all that are in one region. */
const MAX_COPY = 24;
const MAX_COPIED = 300;
/** Entries of a loop some of which are copied. */
const MAX_ENTRIES = 4;

const smallest = (blocks: readonly Block[], entries: readonly number[]): number | undefined =>
  entries
    .filter((n) => blocks[n].end.kind !== 'dispatch')
    .sort((a, b) => blocks[a].insts.length - blocks[b].insts.length)[0];

/** The entry `n` of a loop once more, for what comes from outside. */
function withCopy(given: readonly Block[], { members }: Loop, n: number): Block[] {
  const blocks = [...given];
  const inside = new Set(members);
  let copied = n;
  if (n === 0) inside.add((copied = freeRoot(blocks))).delete(0);
  const copy = blocks.push(blocks[copied]) - 1;
  withOwnJump(blocks, copy);
  for (let from = 0; from < copy; from++)
    if (!inside.has(from))
      blocks[from] = redirected(blocks[from], (to) => (to === copied ? copy : to));
  return blocks;
}

/** What a copied jump by table does when that does not apply is copied as well: it goes on with the same flags. */
function withOwnJump(blocks: Block[], n: number): void {
  const { end, successors } = blocks[n];
  const jump = successors.at(-1)!;
  if (end.kind !== 'switch' || !isInside(jump)) return;
  blocks[n] = { ...blocks[n], successors: successors.with(-1, blocks.push(blocks[jump]) - 1) };
}

/** Loops with several jumps by one table get a dispatcher for that table. */
function withTableDispatchers(given: readonly Block[]): Block[] {
  const blocks = [...given];
  for (const loop of loopsOf([...blocks.keys()], blocks)) {
    for (const jumps of jumpsByTable(blocks, loop)) {
      if (jumps.length < 2) continue;
      const labels: number[] = [];
      const end = { kind: 'dispatch', labels } as const;
      const dispatcher = blocks.push({ pc: blocks[0].pc, insts: [], end, successors: [] }) - 1;
      labelTables(blocks, jumps, dispatcher, labels);
      const { table } = (given[jumps[0]] as Switch).end;
      const isOfTable = labels.length === table.targets.length;
      blocks[dispatcher] = {
        ...blocks[dispatcher],
        end: { ...end, table: isOfTable ? table : undefined },
        successors: [...new Set(labels)],
      };
    }
  }
  return blocks;
}

function jumpsByTable(blocks: readonly Block[], loop: readonly number[]): Iterable<number[]> {
  const groups = new Map<string, number[]>();
  for (const n of loop) {
    if (!isOpenSwitch(blocks[n])) continue;
    const key = blocks[n].end.table.targets.join();
    groups.set(key, [...(groups.get(key) ?? []), n]);
  }
  return groups.values();
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

/** An outermost loop that has several entries, or one whose only entry is on the way to its dispatcher. */
function findLoop(
  blocks: readonly Block[],
  isCopyable: (block: Block) => boolean,
): Loop | undefined {
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
      if (isCopyable(blocks[entries[0]]) && isBeforeDispatch(blocks, entries[0], 3))
        return { members, entries };
      members.delete(entries[0]);
      work.push([...members]);
    }
  }
  return undefined;
}

function isBeforeDispatch(blocks: readonly Block[], n: number, depth: number): boolean {
  const { end, successors } = blocks[n];
  if (end.kind === 'switch') return end.via !== undefined;
  return (
    depth > 0 && successors.some((to) => isInside(to) && isBeforeDispatch(blocks, to, depth - 1))
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
