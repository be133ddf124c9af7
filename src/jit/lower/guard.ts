// Code that can be written (a JIT in the guest, trampolines on the stack): its region compares the bytes that it was made of before
// it runs, and sees to it that a store to them is noticed while it runs (PAGE_CODE: such stores are the interpreter's, and
// leave the region).
//
//   difference = (bytes[0…15] ^ their copy) | (bytes[16…31] ^ …) | …        any bit set: leave, the interpreter goes on
import { GUEST_SHIFT, PAGE_CODE, PAGE_EXEC, PAGE_FLAGS } from '../../../assembly/shared/layout.ts';
import type { Region } from '../region/discover.ts';
import { type Expr, GUEST } from '../wasm/builder.ts';
import type { Lower } from './lower.ts';

interface Run {
  readonly at: number;
  readonly bytes: number[];
}

/** i32: not 0 when the region's code is no longer what it was. */
export function isChanged(x: Lower, region: Region): Expr {
  const { w } = x;
  const runs = runsOf(region);
  const pages = new Set(
    runs.flatMap(({ at, bytes }) => [at >>> 12, (at + bytes.length - 1) >>> 12]),
  );
  for (const page of pages) watch(x, page);
  const wide: Expr[] = [];
  const narrow: Expr[] = [...pages].map((page) =>
    w.i32.eqz(w.i32.and(flagsOf(x, page), w.i32.const(PAGE_EXEC))),
  );
  for (const { at, bytes } of runs) {
    let i = 0;
    for (; i + 16 <= bytes.length; i += 16)
      wide.push(vectorDiffers(x, at + i, bytes.slice(i, i + 16)));
    for (; i < bytes.length; i++) narrow.push(byteDiffers(x, at + i, bytes[i]));
  }
  const low = narrow.reduce((a, b) => w.i32.or(a, b));
  if (wide.length === 0) return low;
  return w.i32.or(low, w.v128.any_true(wide.reduce((a, b) => w.v128.or(a, b))));
}

/** Its code in runs of bytes that follow each other. */
function runsOf({ blocks }: Region): Run[] {
  const insts = new Map(blocks.flatMap((block) => block.insts).map((inst) => [inst.pc, inst]));
  const runs: Run[] = [];
  for (const { pc, bytes, isGuarded } of [...insts.values()].sort((a, b) => a.pc - b.pc)) {
    if (!isGuarded) continue;
    const last = runs.at(-1);
    if (last !== undefined && last.at + last.bytes.length === pc) last.bytes.push(...bytes);
    else runs.push({ at: pc, bytes: [...bytes] });
  }
  return runs;
}

const flagsOf = (x: Lower, page: number): Expr =>
  x.w.i32.load8_u(0, 1, x.w.i32.const(PAGE_FLAGS + page), GUEST);

function watch(x: Lower, page: number): void {
  const { i32 } = x.w;
  const isWatched = i32.and(flagsOf(x, page), i32.const(PAGE_CODE));
  const set = i32.atomic.rmw8_u.or(0, i32.const(PAGE_FLAGS + page), i32.const(PAGE_CODE), GUEST);
  x.push(x.w.if(i32.eqz(isWatched), x.w.drop(set)));
}

function vectorDiffers(x: Lower, at: number, bytes: readonly number[]): Expr {
  const { v128 } = x.w;
  const now = v128.load(0, 1, x.w.i32.const(at - GUEST_SHIFT), GUEST);
  return v128.xor(now, v128.const([...bytes]));
}

const byteDiffers = (x: Lower, at: number, byte: number): Expr =>
  x.w.i32.xor(x.w.i32.load8_u(0, 1, x.w.i32.const(at - GUEST_SHIFT), GUEST), x.w.i32.const(byte));
