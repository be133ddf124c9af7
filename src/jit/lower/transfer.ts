// Calls, returns and jumps between regions. The registers of the calling convention (wasm/builder.ts, REGION_PARAMS) travel as
// parameters and results, what else is dirty by the context.
import {
  CACHE_BASE,
  CACHE_REGIONS,
  JUMP_PC,
  LEAVE_SLOT,
  RAX,
  RDI,
  RDX,
  REGIONS,
  REGIONS_BITS,
  RSI,
  RSP,
} from '../../../assembly/shared/layout.ts';
import type { Inst } from '../region/inst.ts';
import {
  constI64,
  type Expr,
  GUEST,
  I32,
  I64,
  IS_CALL,
  REGION_PARAMS,
  REGION_RESULTS,
  TABLE,
} from '../wasm/builder.ts';
import { LINKS } from '../wasm/exports.ts';
import { ALL_REGS, bitsOf, type Kept, type Lower, PARAMETER_REGS } from './lower.ts';
import { pushValue, stackAddress } from './move.ts';

/** How to get at the regions that this one calls or jumps to. */
export interface Links {
  /** Index in the module's table of links of the region rooted at a guest address (made on demand). */
  linkTo(pc: number, isCall: boolean): number;
  /** Name of the wasm function when that region is in the same module. */
  localName(pc: number): string | undefined;
}

const parameters = (x: Lower): Expr[] => [RAX, RDI, RSI, RDX, RSP].map((n) => x.raw(n));

/** Puts what is no parameter into the context. */
function prepare(x: Lower, withFlags: boolean): void {
  x.freshen(PARAMETER_REGS);
  x.spill(x.dirty & ~PARAMETER_REGS);
  if (withFlags) x.flags.spill();
}

/** Guest address that a jump or call through a register or memory goes to. */
function targetOf(x: Lower, inst: Inst): Kept {
  const isMemory = inst.op.name.endsWith('_M');
  const target = isMemory ? x.load(64, x.address(inst)) : x.gpr(inst.r0 >> 3);
  return x.keep(x.w.i32.wrap(target), I32);
}

/** Jumps to another region. */
export function tailCall(x: Lower, links: Links, pc: number): void {
  const { w } = x;
  prepare(x, true);
  const local = links.localName(pc);
  if (local !== undefined) return x.push(w.return_call(local, parameters(x), REGION_RESULTS));
  const link = w.i32.const(links.linkTo(pc, false));
  // Where to go on in case that there is no region.
  x.push(x.ctxStore('i64', JUMP_PC, constI64(w, pc)));
  x.push(w.return_call_indirect(LINKS, link, parameters(x), REGION_PARAMS, REGION_RESULTS));
}

/** jmp through a register or memory. `isCalled`: the return address of a call is on the stack. */
export function jumpIndirect(x: Lower, inst: Inst, isCalled: boolean): void {
  const target = targetOf(x, inst);
  prepare(x, true);
  const slot = slotFor(x, target, isCalled);
  x.push(x.w.return_call_indirect(TABLE, slot, parameters(x), REGION_PARAMS, REGION_RESULTS));
}

/** A call that comes back to `next`, or is left to who waits for what it came back to. */
export function call(x: Lower, links: Links, inst: Inst, next: number, withFlags: boolean): void {
  const { w } = x;
  const { i64 } = w;
  const target = inst.op.name === 'CALL_I' ? undefined : targetOf(x, inst);
  x.freshen(PARAMETER_REGS);
  pushValue(x, 64, constI64(w, next));
  prepare(x, withFlags);
  const pair = x.temp(REGION_RESULTS);
  x.push(w.local.set(pair, callRegion(x, links, target, Number(BigInt.asUintN(32, inst.imm)))));
  const result = (n: number) => w.tuple.extract(w.local.get(pair, REGION_RESULTS), n);
  const expected = i64.or(
    i64.shl(i64.add(x.raw(RSP), constI64(w, 8)), constI64(w, 32)),
    constI64(w, next),
  );
  x.push(w.if(i64.ne(result(0), expected), w.return(w.local.get(pair, REGION_RESULTS))));
  x.setRaw(RAX, result(1));
  x.setRaw(RSP, i64.add(x.raw(RSP), constI64(w, 8)));
  x.dirty = bitsOf(RAX, RSP);
  x.stale = ALL_REGS & ~bitsOf(RAX, RSP);
  x.flags.forget();
}

function callRegion(x: Lower, links: Links, target: Kept | undefined, pc: number): Expr {
  const { w } = x;
  const through = (table: string, index: Expr) =>
    w.call_indirect(table, index, parameters(x), REGION_PARAMS, REGION_RESULTS);
  if (target !== undefined) return through(TABLE, slotFor(x, target, true));
  const local = links.localName(pc);
  if (local !== undefined) return w.call(local, parameters(x), REGION_RESULTS);
  return through(LINKS, w.i32.const(links.linkTo(pc, true)));
}

/** Slot of the region at a guest address that is only known now; LEAVE_SLOT if there is none (assembly/interp/cache.ts). */
function slotFor(x: Lower, target: Kept, isCall: boolean): Expr {
  const { i32, i64 } = x.w;
  const word = i64.extend_u(target());
  x.push(x.ctxStore('i64', JUMP_PC, isCall ? i64.or(word, constI64(x.w, IS_CALL)) : word));
  const hash = i32.and(
    i32.xor(target(), i32.shr_u(target(), i32.const(REGIONS_BITS))),
    i32.const(REGIONS - 1),
  );
  const index = x.keep(hash, I32);
  const entryAt = (n: Expr) => x.keep(i32.add(x.ctxI32(CACHE_BASE), i32.shl(n, i32.const(3))), I32);
  const isHere = (entry: Kept) => i32.eq(i32.load(CACHE_REGIONS, 4, entry(), GUEST), target());
  const slot = (entry: Kept) => i32.load(CACHE_REGIONS + 4, 4, entry(), GUEST);
  const first = entryAt(index());
  const second = entryAt(i32.xor(index(), i32.const(1)));
  const other = x.w.select(isHere(second), slot(second), i32.const(LEAVE_SLOT));
  return x.w.if(isHere(first), slot(first), other);
}

export function ret(x: Lower, inst: Inst, withFlags: boolean): void {
  const { w } = x;
  const { i64 } = w;
  const popped = 8 + (inst.op.name === 'RET_I' ? Number(inst.imm) & 0xffff : 0);
  const back = x.keep(x.load(64, stackAddress(x, 0)), I64);
  x.setGpr(RSP, i64.add(x.gpr(RSP), constI64(w, popped)));
  x.freshen(bitsOf(RAX));
  x.spill(x.dirty & ~bitsOf(RAX, RSP));
  if (withFlags) x.flags.spill();
  const packed = i64.or(
    i64.shl(x.raw(RSP), constI64(w, 32)),
    i64.and(back(), constI64(w, 0xffffffff)),
  );
  x.push(w.return(w.tuple.make([packed, x.raw(RAX)])));
}
