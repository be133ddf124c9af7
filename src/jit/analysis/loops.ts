// Natural loops of a reducible flow graph.
import type { Flow } from './dominators.ts';

/** Header of the innermost loop that holds `block`; undefined when it is in none. */
export function innermostLoop(flow: Flow, block: number): number | undefined {
  // Headers dominate what is in their loop: the nearest in the dominator tree that `block` comes back to.
  for (let at = block; ; at = flow.idom[at]) {
    if (flow.isLoopHeader[at] && reaches(flow, block, at)) return at;
    if (flow.idom[at] === at || flow.idom[at] < 0) return undefined;
  }
}

/** Is `block` in the natural loop of `header`? */
function reaches(flow: Flow, block: number, header: number): boolean {
  const body = new Set([header]);
  const work = flow.predecessors[header].filter((p) => flow.index[p] >= flow.index[header]);
  while (work.length > 0 && !body.has(block)) {
    const at = work.pop()!;
    if (body.has(at)) continue;
    body.add(at);
    work.push(...flow.predecessors[at]);
  }
  return body.has(block);
}
