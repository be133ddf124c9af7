// Translated regions as the interpreter enters them. The function table holds them by slot; slot ENTER_SLOT is the glue
// (jit/wasm/glue.ts) that loads the parameter registers, calls the region in a slot and stores what it returns. Between
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
  HELPER_EXEC, HELPER_STEP, LEFT_BRANCH, LEFT_CALL, LEFT_CALL_ENDED, LEFT_DEEP, LEFT_EXIT, LEFT_INTERPRET, LEFT_NO_STACK, LEFT_POLL, LEFT_STALE,
} from './shared/left';
import { EXIT_BUDGET, EXIT_FAULT, EXIT_POLL, EXIT_RETURNED, EXIT_SYSCALL, VEC_BP, VEC_DB, VEC_SHARED } from './shared/exit';
import { I_FLAGS, I_LEN, I_OP, I_PC, INST_END } from './shared/inst';
import {
  CODE_GENERATION, CTX_PRIVATE, DROP_COUNT, DROPS_SEEN, ENTER_SLOT, FAULT_VECTOR, GPR, GUEST_SHIFT, INST_COUNT, INTERPRET_NEXT, JUMP_PC, LEFT_WHY, PAGE_FLAGS, PAGE_WRITE, PENDING_EXIT, R11, RCX, RIP, RSP,
  SIGNAL_POLL, STALE_COUNT, STALE_LOG, STALE_SLOTS, STACK_FLOOR, STACK_WINDOW,
} from './shared/layout';
import { pageFault, readable } from './memory';
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
/** Instructions between two polls (run.ts). */
const SLICE: i32 = 8192;

/** A function without a region that a region calls is interpreted while the region waits: so many deep at most. */
const MAX_COLD: u32 = 100;
let cold: u32 = 0;
/** Instructions that they may take before the next poll: small functions are seen there too, in proportion to their time. */
let coldSlice: i32 = SLICE;
/** Where the innermost of them returns to, and rsp then. */
export let returnPc: u64 = 0;
export let returnRsp: u64 = 0;

/** How often code was dropped, by any thread. */
@inline
function generation(): u32 {
  return load<u32>(CODE_GENERATION);
}

/** Nobody waits: the dispatcher starts anew. */
export function forgetCalls(): void {
  cold = 0;
  returnPc = 0;
}

/**
 * Interprets the function at JUMP_PC, which a region has called (its return address is pushed, everything is in the context).
 * 0: it has returned, as the context says. Else the region is to leave: for PENDING_EXIT, or for the dispatcher.
 */
export function callCold(ctx: usize): i32 {
  const rsp = load<u64>(ctx + RSP * 8, GPR);
  if (cold == MAX_COLD || rsp >> 32 || !readable(rsp, 8)) return 1;
  const outerPc = returnPc;
  const outerRsp = returnRsp;
  flush();
  left(LEFT_CALL, load<u32>(ctx, JUMP_PC));
  const before = generation();
  returnPc = load<u64>(<usize>rsp - GUEST_SHIFT);
  returnRsp = rsp + 8;
  store<u64>(ctx, load<u32>(ctx, JUMP_PC), RIP);
  cold++;
  let exit: i32;
  do {
    exit = interpretCold(ctx);
  } while (exit == EXIT_BUDGET);
  cold--;
  returnPc = outerPc;
  returnRsp = outerRsp;
  flush();
  if (exit == EXIT_RETURNED) {
    if (generation() == before) return 0;
    exit = EXIT_POLL;
  }
  left(LEFT_CALL_ENDED, load<u32>(ctx, RIP));
  store<i32>(ctx, exit, PENDING_EXIT);
  return 1;
}

/** interpret(), with a poll whenever the slice that all calls share is used up. */
function interpretCold(ctx: usize): i32 {
  if (coldSlice <= 0) {
    coldSlice = SLICE;
    if (load<u32>(ctx, SIGNAL_POLL) || poll(ctx)) return EXIT_POLL;
  }
  const before = load<u32>(ctx, INST_COUNT);
  const exit = interpret(ctx, coldSlice);
  coldSlice -= load<u32>(ctx, INST_COUNT) - before;
  return exit;
}

/** Runs the region in `slot`, rooted at `pc`, and those that follow it. EXIT_NONE: go on at RIP by interpreting. */
export function runRegions(ctx: usize, pc: u32, slot: u32): i32 {
  let turns: u32 = 0;
  flush();
  store<u64>(ctx, pc, RIP);
  do {
    // Another thread may have taken it away: the worker looks first (link/drops.ts).
    if (load<u32>(DROP_COUNT) != load<u32>(ctx, DROPS_SEEN)) return EXIT_POLL;
    if (hasStack(ctx)) {
      if (counting) store<u32>(ctx, 0, LEFT_WHY);
      const next = call_indirect<u32>(ENTER_SLOT, slot);
      if (counting) noteLeft(ctx, next);
      const exit = load<i32>(ctx, PENDING_EXIT);
      if (exit) {
        store<u32>(ctx, 0, PENDING_EXIT);
        return exit;
      }
      store<u64>(ctx, next, RIP);
      if (<u64>next == returnPc && load<u64>(ctx + RSP * 8, GPR) == returnRsp && !load<u32>(ctx, INTERPRET_NEXT)) {
        return EXIT_RETURNED;
      }
    } else {
      left(LEFT_NO_STACK, load<u32>(ctx, RIP));
      store<u32>(ctx, 1, INTERPRET_NEXT);
    }
    if (load<u32>(ctx, INTERPRET_NEXT)) {
      store<u32>(ctx, 0, INTERPRET_NEXT);
      if (load<u32>(ctx, LEFT_WHY) == LEFT_STALE) noteStale(ctx, load<u32>(ctx, RIP));
      const left = step(ctx);
      flush();
      if (left) return left;
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
function noteLeft(ctx: usize, next: u32): void {
  const why = load<u32>(ctx, LEFT_WHY);
  if (load<i32>(ctx, PENDING_EXIT)) left(LEFT_EXIT, load<u32>(ctx, RIP));
  else if (why) left(why, next);
  else if (load<u32>(ctx, INTERPRET_NEXT)) left(LEFT_INTERPRET, next);
  else if (load<u32>(ctx, SIGNAL_POLL)) left(LEFT_POLL, next);
  else if (load<u32>(ctx + RSP * 8, GPR) - load<u32>(ctx, STACK_FLOOR) > WINDOW) left(LEFT_DEEP, next);
  else left(LEFT_BRANCH, next);
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
