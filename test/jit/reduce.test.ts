// Graphs with loops of several entries: after reduce() every loop has one, and each path is still there.
import { expect, test } from 'vitest';
import { analyzeFlow } from '../../src/jit/analysis/dominators.ts';
import { reduce } from '../../src/jit/analysis/reduce.ts';
import type { Block, BlockEnd } from '../../src/jit/region/discover.ts';

let state = 2463534242;
function random(below: number): number {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return (state >>> 0) % below;
}

function randomGraph(): Block[] {
  const count = 2 + random(40);
  return Array.from({ length: count }, (_, pc): Block => {
    const successors = Array.from({ length: random(4) % 3 }, () => random(count));
    const [first, second] = successors;
    const ends: BlockEnd[] = [
      { kind: 'leave' },
      { kind: 'goto', target: first },
      { kind: 'branch', taken: first, fallthrough: second },
    ];
    return { pc, insts: [{ pc } as never], end: ends[successors.length], successors };
  });
}

/** The block with code that comes at or after block `n`. */
function arrive(blocks: readonly Block[], n: number): Block {
  let label = -1;
  for (let at = n; ; ) {
    const block = blocks[at];
    if (block.insts.length > 0) return block;
    if (block.end.kind === 'route') label = block.end.label;
    at = block.end.kind === 'dispatch' ? block.end.labels[label] : block.successors[0];
  }
}

test('random graphs', () => {
  for (let i = 0; i < 1000; i++) check();
});

function check(): void {
  const before = randomGraph();
  const after = reduce(before);
  const { order, index, idom } = analyzeFlow({
    successors: after.map((block) => block.successors),
  });
  for (const from of order) {
    for (const to of after[from].successors.filter((next) => index[next] <= index[from])) {
      let dominator = from;
      while (index[dominator] > index[to]) dominator = idom[dominator];
      expect(dominator).toBe(to);
    }
  }
  let [a, b] = [before[0], arrive(after, 0)];
  for (let step = 0; step < 100 && a.successors.length > 0; step++) {
    const way = random(a.successors.length);
    [a, b] = [before[a.successors[way]], arrive(after, b.successors[way])];
    expect(b.pc).toBe(a.pc);
  }
}
