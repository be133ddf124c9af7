// run(): executes guest code until something needs the worker. The hot loop (interp/loop.ts) is called anew for every
// slice: V8 replaces its Liftoff code by TurboFan's only at a call, there is no on-stack replacement for wasm.
import { EXIT_BUDGET, EXIT_FAULT, EXIT_POLL, VEC_SHARED } from './shared/exit';
import { FAULT_VECTOR, INST_COUNT, SIGNAL_POLL } from './shared/layout';
import { interpret } from './interp/loop';
import { forgetCalls } from './regions';
import { step } from './regions';
import { flush } from './shared';

// @ts-ignore: decorator
@external("env", "poll")
declare function poll(ctx: usize): i32;

/** Instructions between two polls, some 40 µs: each is also a sample of where the guest spends its time. */
export let slice: i32 = 8192;

/** --jit=always: 1, so that every block is seen before it is entered. */
export function setSlice(instructions: i32): void {
  slice = instructions;
}

/** Executes about `budget` instructions from the context's RIP on. Returns an EXIT_* reason. */
export function run(ctx: usize, budget: i32): i32 {
  let left = budget;
  forgetCalls();
  while (true) {
    const limit = min<i32>(left, slice);
    const exit = interpretSlice(ctx, limit);
    if (exit != EXIT_BUDGET) return exit;
    if (load<u32>(ctx, SIGNAL_POLL) || poll(ctx)) return EXIT_POLL;
    left -= limit;
    if (left <= 0) return EXIT_BUDGET;
  }
}

/** interpret(), and the stores to shared pages that it leaves to step(). */
function interpretSlice(ctx: usize, limit: i32): i32 {
  const end = load<u64>(ctx, INST_COUNT) + <u64>limit;
  let left = limit;
  while (left > 0) {
    const exit = interpret(ctx, left);
    flush();
    if (exit != EXIT_FAULT || load<u32>(ctx, FAULT_VECTOR) != VEC_SHARED) return exit;
    store<u64>(ctx, load<u64>(ctx, INST_COUNT) + 1, INST_COUNT);
    const stopped = step(ctx);
    if (stopped) return stopped;
    left = <i32>(end - load<u64>(ctx, INST_COUNT));
  }
  return EXIT_BUDGET;
}
