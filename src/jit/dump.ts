// What becomes of a piece of guest code, for people: its region's blocks, or their WebAssembly, each beside the guest's listing.
import type { TranslationMode } from './lower/mode.ts';
import {
  DEFAULT_LIMITS,
  discover,
  endTargets,
  type Fetch,
  type Region,
} from './region/discover.ts';
import { translatedText } from './translate.ts';

/** The text of a guest instruction. */
export type Listing = (pc: number, length: number) => string;

const hex = (pc: number): string => `0x${pc.toString(16)}`;

/** The blocks of the region rooted at `root`. */
export function regionText(root: number, fetch: Fetch, list: Listing): string {
  const region = discover(root, fetch, DEFAULT_LIMITS);
  const { blocks, instructions } = region;
  const head = `region ${hex(root)}: ${blocks.length} blocks, ${instructions} instructions\n`;
  return head + blocks.map((block, n) => blockText(block, n, list)).join('');
}

function blockText(
  { pc, insts, end, successors }: Region['blocks'][number],
  n: number,
  list: Listing,
): string {
  const targets = endTargets(end).map((to, i) =>
    successors[i] >= 0 ? `block ${successors[i]}` : `${hex(to)} (outside)`,
  );
  const goesTo = targets.length > 0 ? ` → ${targets.join(', ')}` : '';
  const lines = insts.map((inst) => `  ${list(inst.pc, inst.len)}\n`).join('');
  return `block ${n} ${hex(pc)}: ${end.kind}${goesTo}\n${lines}`;
}

/** The WebAssembly of that region; before what is made of an instruction stands the instruction. */
export function wasmText(root: number, fetch: Fetch, mode: TranslationMode, list: Listing): string {
  const made = translatedText(root, fetch, mode);
  if (made === undefined) return `region ${hex(root)}: there is no code\n`;
  let last: number | undefined;
  const text = made.text
    .replace(/^ *;;@ *\n/gm, '')
    .replace(/^( *);;@ guest:(\d+):0\n/gm, (_, indent, line) => {
      const pc = made.lines[Number(line) - 1];
      if (pc === last) return '';
      last = pc;
      return `${indent};; ${list(pc, fetch(pc)?.len ?? 1).trim()}\n`;
    });
  return `${text}\n${made.error === undefined ? '' : `;; rejected: ${made.error}\n`}`;
}
