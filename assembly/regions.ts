// Translated regions as the interpreter enters them. The function table holds them by slot; slot ENTER_SLOT is the glue
// (jit/wasm/builder.ts, addGlue) that loads the parameter registers, calls the region in a slot and stores what it returns. Between
// two regions, and for what they leave to the interpreter, control is here.
import { decodeOne } from './decode';
import * as ops from './generated/ops';
import { regionAt, setRegion } from './interp/cache';
import { execOne, settle } from './interp/exec';
import { condB, condBE, condL, condLE, condS, condZ, overflow, parity, status } from './interp/lazy';
import { flagsGet } from './interp/stack';
import { interpret } from './interp/loop';
import { counting, left } from './left';
import {
  HELPER_EXEC, HELPER_STEP, LEFT_CALL, LEFT_DEEP, LEFT_ENDED, LEFT_EXIT, LEFT_INTERPRET, LEFT_JUMP, LEFT_NO_STACK, LEFT_POLL, LEFT_RETURN,
  LEFT_STALE,
} from './shared/left';
import { EXIT_BUDGET, EXIT_FAULT, EXIT_POLL, EXIT_REGION, EXIT_RETURNED, EXIT_SYSCALL, VEC_BP, VEC_DB, VEC_SHARED } from './shared/exit';
import { I_FLAGS, I_LEN, I_OP, I_PC, INST_END } from './shared/inst';
import {
  CODE_GENERATION, CTX_PRIVATE, DROP_COUNT, DROPS_SEEN, ENTER_SLOT, FAULT_VECTOR, FLAGS_ASKED, FLAGS_WANTED, FP_EXACT, GPR, GUEST_SHIFT, INST_COUNT,
  INTERPRET_NEXT, JUMP_IS_CALL, JUMP_PC, LEFT_WHY, MXCSR, PAGE_FLAGS, PAGE_WRITE, PENDING_EXIT, R11, RCX, RIP, RSP,
  SIGNAL_POLL, STALE_COUNT, STALE_LOG, STALE_SLOTS, STACK_FLOOR, STACK_WINDOW,
} from './shared/layout';
import { pageFault } from './memory';
import { slice } from './run';
import { execShared, flush } from './shared';
import { setGpr } from './state';

// @ts-ignore: decorator
@external("env", "syscall")
declare function syscall(ctx: usize): i32;

// @ts-ignore: decorator
@external("env", "poll")
declare function poll(ctx: usize): i32;

/** Where step() decodes to; not where its instruction has scratch (sse/arith.ts). */
const STEP_INST: usize = CTX_PRIVATE;

/** Regions entered between two polls. */
const POLL_EVERY: u32 = 4096;

/** Stack that a function may use without a call: nearer to the end of the stack only the interpreter runs, which sees faults. */
const STACK_SLACK: u32 = 16 << 10;
const WINDOW: u32 = STACK_WINDOW;

/**
 * What a region leaves to the interpreter is interpreted in place: its callers, wasm functions that wait, do not notice.
 * So many of these at most may be at work inside one another …
 */
const MAX_COLD: u32 = 100;
let cold: u32 = 0;
/** … and so often may they go on with a region: then the wasm stack is thrown away, lest a guest that never returns (longjmp) fill it. */
const MAX_RESUMED: u32 = 1000;
let resumed: u32 = 0;
/** Times that something was interpreted in place, and after how many of them the worker has a look at where. */
let times: u32 = 0;
const SAMPLE_EVERY: u32 = 256;
/** Instructions that they may take before the next poll: small functions are seen there too, in proportion to their time. */
let coldSlice: i32 = 0;
const NOBODY: u64 = u64.MAX_VALUE;
/** A return address at or above this guest address is that of the region for which is being interpreted. */
export let returnRsp: u64 = NOBODY;
/** EXIT_REGION: slot of the region. */
let nextSlot: u32 = 0;

/** How often code was dropped, by any thread. */
@inline
function generation(): u32 {
  return load<u32>(CODE_GENERATION);
}

/** What regions of fast floating point look at when they are entered: the control bits of MXCSR, and FP_EXACT. */
@inline
function floatMode(ctx: usize): u32 {
  return (load<u32>(ctx, MXCSR) & 0xffc0) | load<u32>(ctx, FP_EXACT);
}

/** Nobody waits: the dispatcher starts anew. */
export function forgetCalls(): void {
  cold = 0;
  resumed = 0;
  returnRsp = NOBODY;
}

/**
 * Goes on at JUMP_PC in the place of a region (everything is in the context): interprets, up to the return from its function
 * or to a region. Whether that return is the right one need not be known: who waits looks at it.
 * 0: it has returned, as the context says. A slot: go on with that region. −1: leave, for PENDING_EXIT or the dispatcher.
 */
export function goOn(ctx: usize): i32 {
  if (load<i32>(ctx, PENDING_EXIT)) return -1;
  const pc = load<u32>(ctx, JUMP_PC);
  const rsp = load<u64>(ctx + RSP * 8, GPR);
  store<u64>(ctx, pc, RIP);
  if (isWanted(ctx)) {
    store<u32>(ctx, EXIT_POLL, PENDING_EXIT);
    return -1;
  }
  if (cold == MAX_COLD || resumed >= MAX_RESUMED || <u32>rsp - load<u32>(ctx, STACK_FLOOR) > WINDOW || rsp >> 32) return -1;
  if (counting) left(whyGoingOn(ctx), pc);
  flush();
  const outer = returnRsp;
  const before = generation();
  const mode = floatMode(ctx);
  returnRsp = rsp;
  cold++;
  // A function that is short but often called is seen by the poll as well.
  let exit = (++times & (SAMPLE_EVERY - 1)) == 0 && poll(ctx) ? EXIT_POLL : stepFirst(ctx, pc);
  while (exit == EXIT_BUDGET) exit = interpretCold(ctx);
  cold--;
  returnRsp = outer;
  flush();
  // Code was dropped meanwhile, and may be that of one who waits; or who waits relies on another mode (jit/lower/float-mode.ts).
  const changed = generation() != before || floatMode(ctx) != mode;
  if ((exit == EXIT_RETURNED || exit == EXIT_REGION) && changed) exit = EXIT_POLL;
  if (exit == EXIT_RETURNED) return 0;
  if (exit == EXIT_REGION) {
    resumed++;
    return nextSlot;
  }
  left(LEFT_ENDED, load<u32>(ctx, RIP));
  store<i32>(ctx, exit, PENDING_EXIT);
  return -1;
}

/** Is the worker to look at something before anything else runs? */
function isWanted(ctx: usize): bool {
  return load<u32>(ctx, SIGNAL_POLL) || load<u32>(ctx, FLAGS_WANTED) == FLAGS_ASKED || isBehind(ctx);
}

/** Has another thread taken regions away (jit/link/drops.ts)? */
function isBehind(ctx: usize): bool {
  return load<u32>(DROP_COUNT) != load<u32>(ctx, DROPS_SEEN);
}

function whyGoingOn(ctx: usize): u32 {
  if (load<u32>(ctx, INTERPRET_NEXT)) return load<u32>(ctx, LEFT_WHY) || LEFT_INTERPRET;
  return load<u32>(ctx, JUMP_IS_CALL) ? LEFT_CALL : LEFT_JUMP;
}

/** The instruction that the region has left to the interpreter, if it has. EXIT_BUDGET: go on. */
function stepFirst(ctx: usize, pc: u32): i32 {
  if (!load<u32>(ctx, INTERPRET_NEXT)) return EXIT_BUDGET;
  const exit = stepLeft(ctx);
  if (exit) return exit;
  const next = load<u64>(ctx, RIP);
  if (next >> 32) return EXIT_BUDGET;
  // more than an instruction further on: it was a jump, or a return
  if (<u32>next - pc > 15 && load<u64>(ctx + RSP * 8, GPR) > returnRsp) return EXIT_RETURNED;
  nextSlot = regionAt(<u32>next);
  return nextSlot ? EXIT_REGION : EXIT_BUDGET;
}

/** Executes the instruction at RIP, which the region there has left to the interpreter. EXIT_NONE, or why the dispatcher has to return. */
function stepLeft(ctx: usize): i32 {
  store<u32>(ctx, 0, INTERPRET_NEXT);
  if (load<u32>(ctx, LEFT_WHY) == LEFT_STALE) noteStale(ctx, load<u32>(ctx, RIP));
  const exit = step(ctx);
  flush();
  return exit;
}

/** interpret(), with a poll whenever the slice that all calls share is used up. EXIT_BUDGET: go on. */
function interpretCold(ctx: usize): i32 {
  if (coldSlice <= 0) {
    coldSlice = slice;
    if (load<u32>(ctx, SIGNAL_POLL) || poll(ctx)) return EXIT_POLL;
  }
  const before = load<u32>(ctx, INST_COUNT);
  const exit = interpret(ctx, coldSlice);
  coldSlice -= load<u32>(ctx, INST_COUNT) - before;
  if (exit != EXIT_FAULT || load<u32>(ctx, FAULT_VECTOR) != VEC_SHARED) return exit;
  flush();
  return step(ctx) || EXIT_BUDGET;
}

/** Runs the region in `slot`, rooted at `pc`, and those that follow it. EXIT_NONE: go on at RIP by interpreting. */
export function runRegions(ctx: usize, pc: u32, slot: u32): i32 {
  let turns: u32 = 0;
  flush();
  store<u64>(ctx, pc, RIP);
  do {
    if (isBehind(ctx)) return EXIT_POLL;
    if (cold && load<u64>(ctx + RSP * 8, GPR) >= returnRsp) {
      nextSlot = slot;
      return EXIT_REGION;
    }
    if (hasStack(ctx)) {
      const before = resumed;
      const next = call_indirect<u64>(ENTER_SLOT, slot);
      resumed = before;
      const returned = next >> 32 != 0xffffffff;
      if (counting) noteLeft(ctx, <u32>next, returned);
      const exit = load<i32>(ctx, PENDING_EXIT);
      if (exit) {
        store<u32>(ctx, 0, PENDING_EXIT);
        return exit;
      }
      store<u64>(ctx, <u32>next, RIP);
      if (returned && load<u64>(ctx + RSP * 8, GPR) > returnRsp) return EXIT_RETURNED;
    } else {
      left(LEFT_NO_STACK, load<u32>(ctx, RIP));
      store<u32>(ctx, 1, INTERPRET_NEXT);
    }
    if (load<u32>(ctx, INTERPRET_NEXT)) {
      const exit = stepLeft(ctx);
      if (exit) return exit;
    }
    if (load<u32>(ctx, SIGNAL_POLL) || ((++turns & (POLL_EVERY - 1)) == 0 && poll(ctx))) return EXIT_POLL;
    slot = load<u64>(ctx, RIP) >> 32 ? 0 : regionAt(load<u32>(ctx, RIP));
  } while (slot);
  return 0;
}

/** The region rooted at `pc` is of bytes that are no longer there: it is not entered again, and the worker is told. */
function noteStale(ctx: usize, pc: u32): void {
  store<u32>(ctx, 0, LEFT_WHY);
  setRegion(pc, 0);
  const count = load<u32>(ctx, STALE_COUNT);
  store<u32>(ctx + (count & (STALE_SLOTS - 1)) * 4, pc, STALE_LOG);
  store<u32>(ctx, count + 1, STALE_COUNT);
}

/** For --stats: why is the dispatcher back, with `next` as the next guest address? */
function noteLeft(ctx: usize, next: u32, returned: bool): void {
  const exit = load<i32>(ctx, PENDING_EXIT);
  left(exit == EXIT_POLL ? LEFT_POLL : exit ? LEFT_EXIT : returned ? LEFT_RETURN : LEFT_DEEP, exit ? load<u32>(ctx, RIP) : next);
}

/**
 * Is there stack below rsp for translated code? Sets STACK_FLOOR, which calls compare rsp with: so the wasm stack stays
 * bounded, and an overflow of the guest's stack is found by the interpreter, as the fault that it is.
 */
function hasStack(ctx: usize): bool {
  const rsp = load<u32>(ctx + RSP * 8, GPR);
  const depth = rsp - load<u32>(ctx, STACK_FLOOR);
  if (depth <= WINDOW && depth > WINDOW / 2) return true;
  const end = rsp > WINDOW ? (rsp - WINDOW) >> 12 : 0;
  let page = rsp >> 12;
  while (page > end && load<u8>(PAGE_FLAGS + page - 1) & PAGE_WRITE) page--;
  const floor = page == end ? rsp - WINDOW : (page << 12) + STACK_SLACK;
  store<u32>(ctx, floor, STACK_FLOOR);
  return rsp - floor <= WINDOW;
}

/**
 * An instruction in the middle of a region (RIP): nonzero when the region has to be left. That is so too when code was dropped
 * meanwhile: it may be this region's, or that of one that waits for it to return.
 */
export function stepInRegion(ctx: usize): i32 {
  left(HELPER_STEP, load<u32>(ctx, RIP));
  const before = generation();
  let exit = step(ctx);
  flush();
  if (!exit && generation() != before) exit = EXIT_POLL;
  if (exit) store<i32>(ctx, exit, PENDING_EXIT);
  return exit;
}

/** Executes in a region the instruction whose record is given as four words: nonzero when the region has to be left. */
export function execInRegion(ctx: usize, r0: u64, r1: u64, r2: u64, r3: u64): i32 {
  const inst = ctx + STEP_INST;
  store<u64>(inst, r0);
  store<u64>(inst, r1, 8);
  store<u64>(inst, r2, 16);
  store<u64>(inst, r3, 24);
  left(HELPER_EXEC, load<u32>(inst, I_PC));
  const before = generation();
  const exit = execAny(ctx, inst);
  flush();
  if (!exit) {
    if (generation() == before) return 0;
    store<u64>(ctx, load<u32>(inst, I_PC) + <u32>load<u8>(inst, I_LEN), RIP);
    store<i32>(ctx, EXIT_POLL, PENDING_EXIT);
    return EXIT_POLL;
  }
  settle(ctx, inst);
  store<u64>(ctx, load<u32>(inst, I_PC), RIP);
  store<i32>(ctx, EXIT_FAULT, PENDING_EXIT);
  return EXIT_FAULT;
}

/** execOne(), also for an instruction that stores to a shared page. */
function execAny(ctx: usize, inst: usize): i32 {
  const exit = execOne(ctx, inst);
  return exit && load<u32>(ctx, FAULT_VECTOR) == VEC_SHARED ? execShared(ctx, inst) : exit;
}

/** Executes the one instruction at RIP. EXIT_NONE, or why the dispatcher has to return. */
export function step(ctx: usize): i32 {
  const pc = load<u64>(ctx, RIP);
  const inst = ctx + STEP_INST;
  if (pc >> 32) {
    pageFault(ctx, pc, 16);
    return EXIT_FAULT;
  }
  const length = decodeOne(ctx, <u32>pc, inst);
  const op: i32 = load<u16>(inst, I_OP);
  if (op == ops.FETCH_FAULT) {
    pageFault(ctx, pc, 16);
    return EXIT_FAULT;
  }
  const next = pc + length;
  if (op == ops.SYSCALL) {
    setGpr<u64>(ctx, RCX * 8, next);
    setGpr<u64>(ctx, R11 * 8, flagsGet(ctx));
    store<u64>(ctx, next, RIP);
    flush();
    return syscall(ctx) ? EXIT_SYSCALL : 0;
  }
  if (execAny(ctx, inst)) {
    settle(ctx, inst);
    const vector = load<u32>(ctx, FAULT_VECTOR);
    if (vector == VEC_BP || vector == VEC_DB) store<u64>(ctx, next, RIP);
    return EXIT_FAULT;
  }
  if (!(load<u8>(inst, I_FLAGS) & INST_END)) store<u64>(ctx, next, RIP);
  return 0;
}

/** Does the positive condition `code` (0 O, 2 B, 4 Z, 6 BE, 8 S, 10 P, 12 L, 14 LE) hold, from the context's flags? 16: all of them. */
export function condition(ctx: usize, code: u32): i32 {
  switch (code) {
    case 0: return overflow(ctx) ? 1 : 0;
    case 2: return condB(ctx) ? 1 : 0;
    case 4: return condZ(ctx) ? 1 : 0;
    case 6: return condBE(ctx) ? 1 : 0;
    case 8: return condS(ctx) ? 1 : 0;
    case 10: return parity(ctx) ? 1 : 0;
    case 12: return condL(ctx) ? 1 : 0;
    case 14: return condLE(ctx) ? 1 : 0;
    default: return status(ctx);
  }
}
