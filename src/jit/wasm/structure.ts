// Control-flow structuring: a reducible flow graph becomes nested wasm blocks, loops and ifs by walking the dominator
// tree (Ramsey, "Beyond Relooper", ICFP 2022). Independent of Binaryen: the builder makes the expressions.
//
//   merge point Y dominated by X      block $Y { code of X … br $Y … } code of Y
//   loop header X                     loop $X { code of X … br $X … }
import type { Flow } from '../analysis/dominators.ts';

/** How a block ends. Targets are block numbers. `unless`: if that holds, to `other`, or `default`, which is a switch's target. */
export type Terminator<C> =
  | { readonly kind: 'goto'; readonly target: number }
  | {
      readonly kind: 'if';
      readonly condition: C;
      readonly taken: number;
      readonly other: number;
      readonly unless?: C | undefined;
    }
  /** br_table on an i32: targets by index, then the default. */
  | {
      readonly kind: 'switch';
      readonly selector: C;
      readonly targets: readonly number[];
      readonly default: number;
      readonly unless?: C | undefined;
    }
  /** The block's own code leaves the function. */
  | { readonly kind: 'leave' };

export interface StructureBuilder<E> {
  /** The block's code and how it ends; asked once for each block, in the order of output. */
  block(number: number): { readonly code: E[]; readonly end: Terminator<E> };
  wasmBlock(label: string, body: E[]): E;
  wasmLoop(label: string, body: E[]): E;
  wasmIf(condition: E, then: E[], otherwise: E[]): E;
  br(label: string, condition?: E): E;
  brTable(labels: string[], defaultLabel: string, selector: E): E;
}

/** Expressions of the whole region; every path through them leaves the function. `flow` must have no irreducible edge. */
export function structure<E>(
  flow: Flow,
  switchTargets: ReadonlySet<number>,
  builder: StructureBuilder<E>,
): E[] {
  const needsLabel = (block: number) => flow.isMerge[block] || switchTargets.has(block);
  const blockLabel = (block: number) => `B${block}`;
  const loopLabel = (block: number) => `L${block}`;

  /** What `append` puts into a list. */
  function list(append: (out: E[]) => void): E[] {
    const out: E[] = [];
    append(out);
    return out;
  }

  function tree(block: number, out: E[]): void {
    const merges = flow.children[block].filter(needsLabel);
    if (!flow.isLoopHeader[block]) return within(block, merges, 0, out);
    const body = list((inner) => within(block, merges, 0, inner));
    out.push(builder.wasmLoop(loopLabel(block), body));
  }

  /** `block` with its labelled children from `from` on still to be wrapped; the last in order is outermost. */
  function within(block: number, merges: number[], from: number, out: E[]): void {
    if (from === merges.length) return code(block, out);
    const outer = merges[merges.length - 1 - from];
    const body = list((inner) => within(block, merges, from + 1, inner));
    out.push(builder.wasmBlock(blockLabel(outer), body));
    tree(outer, out);
  }

  function code(block: number, out: E[]): void {
    const { code, end } = builder.block(block);
    for (const each of code) out.push(each);
    switch (end.kind) {
      case 'leave':
        return;
      case 'goto':
        return branch(block, end.target, out);
      case 'if': {
        if (end.unless !== undefined) out.push(builder.br(label(block, end.other), end.unless));
        const taken = list((arm) => branch(block, end.taken, arm));
        const other = list((arm) => branch(block, end.other, arm));
        out.push(builder.wasmIf(end.condition, taken, other));
        return;
      }
      case 'switch': {
        if (end.unless !== undefined) out.push(builder.br(label(block, end.default), end.unless));
        const labels = end.targets.map((target) => label(block, target));
        out.push(builder.brTable(labels, label(block, end.default), end.selector));
      }
    }
  }

  const isBackward = (from: number, to: number) => flow.index[to] <= flow.index[from];

  function branch(from: number, to: number, out: E[]): void {
    if (isBackward(from, to) || needsLabel(to)) out.push(builder.br(label(from, to)));
    else tree(to, out);
  }

  const label = (from: number, to: number) =>
    isBackward(from, to) ? loopLabel(to) : blockLabel(to);

  return list((out) => tree(flow.order[0], out));
}
