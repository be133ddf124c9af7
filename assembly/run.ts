// run(): executes guest code until something needs the worker. The hot loop (interp/loop.ts) is called anew for every
// slice: V8 replaces its Liftoff code by TurboFan's only at a call, there is no on-stack replacement for wasm.
import { EXIT_BUDGET, EXIT_POLL } from './shared/exit';
import { SIGNAL_POLL } from './shared/layout';
import { interpret } from './interp/loop';

// @ts-ignore: decorator
@external("env", "poll")
declare function poll(ctx: usize): i32;

/** Instructions between two polls, some 40 µs: each is also a sample of where the guest spends its time. */
const SLICE: i32 = 8192;

/** Executes about `budget` instructions from the context's RIP on. Returns an EXIT_* reason. */
export function run(ctx: usize, budget: i32): i32 {
  let left = budget;
  while (true) {
    const slice = min<i32>(left, SLICE);
    const exit = interpret(ctx, slice);
    if (exit != EXIT_BUDGET) return exit;
    if (load<u32>(ctx, SIGNAL_POLL) || poll(ctx)) return EXIT_POLL;
    left -= slice;
    if (left <= 0) return EXIT_BUDGET;
  }
}
