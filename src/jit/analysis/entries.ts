// Where regions of a function begin, by how it is to be entered (link/protocol.ts).
import { type Block, discover, type Fetch } from '../region/discover.ts';
import type { Flow } from './dominators.ts';
import { innermostLoop } from './loops.ts';
import { flowOf, reduce } from './reduce.ts';

/**
 * How a region of a function is to be entered: at the function's first instruction; at the header of the innermost loop around each
 * of the given addresses (the function is in there for long); at the given addresses themselves.
 */
export type EntryKind = (typeof ENTRY_KINDS)[number];
export const ENTRY_KINDS = ['start', 'loop', 'here'] as const;

export interface WantedFunction {
  /** Its first instruction, or where it was seen if that is not known. */
  readonly start: number;
  readonly entry: EntryKind;
  /** Guest addresses at which it was seen, most often first. */
  readonly seen: readonly number[];
  /** Where the ELF image begins that it is in, 0 = in none. */
  readonly image: number;
}

/** A root of a region, and the function that it is in. */
export interface Entry {
  readonly root: number;
  readonly start: number;
  readonly image: number;
}

export function entriesOf(wanted: WantedFunction, fetch: Fetch): Entry[] {
  const { start, image } = wanted;
  return rootsOf(wanted, fetch).map((root) => ({ root, start, image }));
}

function rootsOf({ start, entry, seen }: WantedFunction, fetch: Fetch): number[] {
  if (entry === 'start') return [start];
  if (entry === 'here') return seen.slice(0, 1);
  const blocks = reduce(discover(start, fetch).blocks);
  // Unmapped meanwhile.
  if (blocks.length === 0) return [];
  const flow = flowOf(blocks);
  const headers = seen.map((pc) => loopAround(blocks, flow, pc)).filter((pc) => pc !== undefined);
  const turns = (header: number) => headers.filter((h) => h === header).length;
  return headers.sort((a, b) => turns(b) - turns(a)).slice(0, 1);
}

/** Guest address of the header of the innermost loop around `pc`; of its own block, if that loop has several entries. */
function loopAround(blocks: readonly Block[], flow: Flow, pc: number): number | undefined {
  const block = blocks.findIndex((b) => holds(b, pc));
  if (block < 0 || flow.index[block] < 0) return undefined;
  const header = innermostLoop(flow, block);
  if (header === undefined) return undefined;
  return blocks[blocks[header].end.kind === 'dispatch' ? block : header].pc;
}

function holds({ pc, insts }: Block, at: number): boolean {
  const last = insts.at(-1);
  return last !== undefined && at >= pc && at < last.pc + last.len;
}
