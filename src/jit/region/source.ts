// The bytes that a translation was made of: whoever has the same at the same address can use it.
import {
  GUEST_SHIFT,
  PAGE_EXEC,
  PAGE_FLAGS,
  PAGE_READ,
  PAGE_WRITE,
} from '../../../assembly/shared/layout.ts';
import type { Block, Region } from './discover.ts';

/** Guest address and contents; does the region itself look whether they still are the same? */
export type Part = readonly [at: number, bytes: Uint8Array, guarded: boolean];

export interface Source {
  readonly code: readonly Part[];
  /** Entries of jump tables. */
  readonly tables: readonly Part[];
}

/** What was read when the regions were discovered; what is in memory by now does not count. */
export function sourceOf(regions: readonly Region[]): Source {
  const blocks = regions.flatMap((region) => region.blocks);
  const code = blocks.filter(({ insts }) => insts.length > 0).map(bytesOf);
  const tables = blocks.flatMap(({ end }) => (end.kind === 'switch' ? [end.table] : []));
  return {
    code: joined(code),
    tables: joined(tables.map(({ address, contents }) => [address, contents, false])),
  };
}

const bytesOf = ({ pc, insts }: Block): Part => {
  const last = insts[insts.length - 1];
  const bytes = new Uint8Array(last.pc + last.len - pc);
  for (const inst of insts) bytes.set(inst.bytes, inst.pc - pc);
  return [pc, bytes, insts.every(({ isGuarded }) => isGuarded)];
};

interface Piece {
  readonly at: number;
  end: number;
  readonly bytes: Uint8Array[];
  readonly guarded: boolean;
}

/** In order of addresses, each once, and in one piece where one follows the other. */
function joined(parts: readonly Part[]): Part[] {
  const result: Piece[] = [];
  for (const [at, bytes, guarded] of parts.toSorted(
    ([a, x], [b, y]) => a - b || y.length - x.length,
  )) {
    const last = result.at(-1);
    if (last?.guarded === guarded && at >= last.at && at + bytes.length <= last.end) continue;
    if (last?.end === at && last.guarded === guarded) {
      last.bytes.push(bytes);
      last.end += bytes.length;
    } else result.push({ at, end: at + bytes.length, bytes: [bytes], guarded });
  }
  return result.map(({ at, bytes, guarded }) => [at, concat(bytes), guarded]);
}

function concat(list: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(list.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const bytes of list) {
    whole.set(bytes, at);
    at += bytes.length;
  }
  return whole;
}

export const isSame = (u8: Uint8Array, { code, tables }: Source): boolean =>
  code.every(([at, bytes, guarded]) =>
    isEqual(
      bytes,
      guarded ? bytesAt(u8, at, bytes.length, PAGE_EXEC, 0) : codeAt(u8, at, bytes.length),
    ),
  ) && tables.every(([at, bytes]) => isEqual(bytes, constantAt(u8, at, bytes.length)));

const isEqual = (bytes: Uint8Array, there: Uint8Array | undefined): boolean =>
  there !== undefined && bytes.every((byte, i) => there[i] === byte);

/** Is it of code that can be written? */
export const isGuarded = ({ code }: Source): boolean => code.some(([, , guarded]) => guarded);

/** The bytes of guest addresses [at, at + length), if they are code that nobody can write to. */
export const codeAt = (u8: Uint8Array, at: number, length: number): Uint8Array | undefined =>
  bytesAt(u8, at, length, PAGE_EXEC, PAGE_WRITE);

/** The same of what can only be read. */
export const constantAt = (u8: Uint8Array, at: number, length: number): Uint8Array | undefined =>
  bytesAt(u8, at, length, PAGE_READ, PAGE_WRITE);

function bytesAt(
  u8: Uint8Array,
  at: number,
  length: number,
  flag: number,
  not: number,
): Uint8Array | undefined {
  const linear = at - GUEST_SHIFT;
  if (linear < 0 || linear + length > u8.length) return undefined;
  for (let page = at >>> 12; page <= (at + length - 1) >>> 12; page++)
    if ((u8[PAGE_FLAGS + page] & (flag | not)) !== flag) return undefined;
  return u8.subarray(linear, linear + length);
}
