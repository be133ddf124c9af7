// Control flow of a region: reverse postorder, dominators (Cooper, Harvey, Kennedy, "A Simple, Fast Dominance
// Algorithm"), loop headers and merge points. Blocks are numbered from 0, the root.

export interface FlowGraph {
  /** Successors of each block; an entry may stand twice (both arms of a branch). */
  readonly successors: readonly (readonly number[])[];
}

export interface Flow {
  /** Blocks reachable from the root, in reverse postorder. */
  readonly order: readonly number[];
  /** Position in `order`; −1 if unreachable. */
  readonly index: Int32Array;
  readonly predecessors: readonly (readonly number[])[];
  /** Immediate dominator of each block; the root's is itself. */
  readonly idom: Int32Array;
  /** Children in the dominator tree, in reverse postorder. */
  readonly children: readonly (readonly number[])[];
  /** Target of an edge from a block that it dominates. */
  readonly isLoopHeader: readonly boolean[];
  /** More than one forward edge arrives. */
  readonly isMerge: readonly boolean[];
}

export function analyzeFlow({ successors }: FlowGraph): Flow {
  const order = reversePostorder(successors);
  const count = successors.length;
  const index = new Int32Array(count).fill(-1);
  for (let i = 0; i < order.length; i++) index[order[i]] = i;
  const predecessors: number[][] = Array.from({ length: count }, () => []);
  for (const block of order) for (const next of successors[block]) predecessors[next].push(block);
  const idom = immediateDominators(order, index, predecessors);
  const children: number[][] = Array.from({ length: count }, () => []);
  for (const block of order) if (block !== order[0]) children[idom[block]].push(block);
  const isLoopHeader = new Array<boolean>(count).fill(false);
  const forward = new Int32Array(count);
  for (const block of order) {
    for (const next of successors[block]) {
      if (index[next] > index[block]) forward[next]++;
      else isLoopHeader[next] = true;
    }
  }
  const isMerge = Array.from(forward, (edges) => edges > 1);
  return { order, index, predecessors, idom, children, isLoopHeader, isMerge };
}

function reversePostorder(successors: readonly (readonly number[])[]): number[] {
  const seen = new Uint8Array(successors.length);
  const order: number[] = [];
  const stack: [block: number, next: number][] = [[0, 0]];
  seen[0] = 1;
  while (stack.length > 0) {
    const top = stack[stack.length - 1];
    const [block, at] = top;
    if (at === successors[block].length) {
      order.push(block);
      stack.pop();
      continue;
    }
    top[1]++;
    const next = successors[block][at];
    if (seen[next] === 0) {
      seen[next] = 1;
      stack.push([next, 0]);
    }
  }
  return order.reverse();
}

function immediateDominators(
  order: readonly number[],
  index: Int32Array,
  predecessors: readonly (readonly number[])[],
): Int32Array {
  const idom = new Int32Array(index.length).fill(-1);
  const root = order[0];
  idom[root] = root;
  const meet = (a: number, b: number): number => {
    while (a !== b) {
      while (index[a] > index[b]) a = idom[a];
      while (index[b] > index[a]) b = idom[b];
    }
    return a;
  };
  for (let changed = true; changed; ) {
    changed = false;
    for (let i = 1; i < order.length; i++) {
      const block = order[i];
      let dominator = -1;
      for (const from of predecessors[block]) {
        if (idom[from] >= 0) dominator = dominator < 0 ? from : meet(dominator, from);
      }
      if (idom[block] !== dominator) {
        idom[block] = dominator;
        changed = true;
      }
    }
  }
  return idom;
}
