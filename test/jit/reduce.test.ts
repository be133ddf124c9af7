// Graphs with loops of several entries: after reduce() every loop has one, and each path is still there.
import { expect, test } from 'vitest';
import { analyzeFlow } from '../../src/jit/analysis/dominators.ts';
import { reduce } from '../../src/jit/analysis/reduce.ts';
import type { Block, BlockEnd } from '../../src/jit/region/discover.ts';
import type { JumpTable } from '../../src/jit/region/jump-table.ts';

const OUTSIDE = -1;

let state = 2463534242;
function random(below: number): number {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return (state >>> 0) % below;
}

function randomGraph(): Block[] {
  const count = 2 + random(40);
  // As an interpreter, which jumps by one table from many places.
  const tables = Array.from({ length: 2 }, () => randomTargets(count));
  return Array.from({ length: count }, (_, pc): Block => {
    const successors = Array.from({ length: random(4) % 3 }, () => random(count));
    const [first, second] = successors;
    if (random(6) === 0) return randomSwitch(pc, count, tables[random(4)]);
    const ends: BlockEnd[] = [
      { kind: 'leave' },
      { kind: 'goto', target: first },
      { kind: 'branch', taken: first, fallthrough: second },
    ];
    return { pc, insts: [{ pc } as never], end: ends[successors.length], successors };
  });
}

const randomTargets = (count: number): number[] =>
  Array.from({ length: 2 + random(6) }, () => random(count));

function randomSwitch(pc: number, count: number, targets = randomTargets(count)): Block {
  const table = { targets } as unknown as JumpTable;
  const end = { kind: 'switch', table, jump: random(count) } as const;
  const ways = [...new Set(targets)].map((to) => (to % 7 === 6 ? OUTSIDE : to));
  return { pc, insts: [{ pc } as never], end, successors: [...ways, end.jump] };
}

/** The block with code that way `way` out of a block leads to. */
function follow(blocks: readonly Block[], { end, successors }: Block, way: number): Block {
  if (end.kind !== 'switch' || end.via === undefined) return arrive(blocks, successors[way]);
  const unique = [...new Set(end.table.targets)];
  if (way === unique.length) return arrive(blocks, successors[1]);
  const label = end.via.label + end.table.targets.indexOf(unique[way]);
  return arrive(blocks, successors[0], new Map([[end.via.dispatcher, label]]));
}

/** The block with code that comes at or after block `n`, or where the region is left. */
function arrive(blocks: readonly Block[], n: number, labels = new Map<number, number>()): Block {
  for (let at = n; ; ) {
    const block = blocks[at] ?? LEFT;
    if (block.insts.length > 0 || isLeft(block)) return block;
    if (block.end.kind === 'route') labels.set(block.end.dispatcher, block.end.label);
    at = block.end.kind === 'dispatch' ? block.end.labels[labels.get(at)!] : block.successors[0];
  }
}

const LEFT: Block = { pc: 0, insts: [], end: { kind: 'leave' }, successors: [] };
const isLeft = (block: Block): boolean => block === LEFT || block.end.kind === 'elsewhere';

test('random graphs', () => {
  for (let i = 0; i < 1000; i++) check();
});

function check(): void {
  const before = randomGraph();
  const after = reduce(before);
  const { order, index, idom } = analyzeFlow({
    successors: after.map((block) => block.successors.filter((to) => to !== OUTSIDE)),
  });
  for (const from of order) {
    for (const to of after[from].successors.filter((next) => index[next] <= index[from])) {
      if (to === OUTSIDE) continue;
      let dominator = from;
      while (index[dominator] > index[to]) dominator = idom[dominator];
      expect(dominator).toBe(to);
    }
  }
  let [a, b] = [before[0], arrive(after, 0)];
  for (let step = 0; step < 100 && a.successors.length > 0; step++) {
    const way = random(a.successors.length);
    b = follow(after, b, way);
    // The jump itself knows the way as well.
    if (a.successors[way] === OUTSIDE)
      return expect(isLeft(b) || b.pc === before[a.successors.at(-1)!].pc).toBe(true);
    a = before[a.successors[way]];
    expect(b.pc).toBe(a.pc);
  }
}
