// Wires translation to a guest worker: lxcore does not know the translator, the translator does not know lxcore.
import { MessageChannel } from 'node:worker_threads';
import { JitClient, type RegionRuntime } from '../jit/link/client.ts';
import type { Lx } from '../lx/kernel/lx.ts';
import { Task } from '../lx/kernel/task.ts';

export interface TranslatingRuntime extends RegionRuntime {
  forgetRegions(ctx: number): void;
  setSlice(instructions: number): void;
}

/** A worker's translation, or nothing with --jit=off. */
export class WorkerJit {
  readonly #lx: Lx;
  #client: JitClient | undefined;

  constructor(lx: Lx) {
    this.#lx = lx;
  }

  /** A new instance of the runtime, with an empty function table, on `memory`, whose contexts are set up. */
  open(memory: WebAssembly.Memory, table: WebAssembly.Table, runtime: TranslatingRuntime): void {
    const { config, k, session, ctx } = this.#lx;
    runtime.forgetRegions(ctx);
    if (config.jit === 'off') return;
    if (config.jit === 'always') runtime.setSlice(1);
    if (this.#client === undefined) {
      const { port1, port2 } = new MessageChannel();
      port1.unref();
      session.post({ type: 'translator', port: port2 });
      this.#client = new JitClient(port1, k.memory, config.cpuLevel);
    }
    this.#client.open({ memory, table, ctx, runtime });
  }

  /** Between two slices of the interpreter. */
  look(): void {
    const { config, mem, ctx } = this.#lx;
    const client = this.#client;
    if (client === undefined) return;
    if (config.jit === 'always') client.demand(mem.dv, ctx);
    else client.sample(mem.dv, ctx);
  }

  /** Before guest code runs for the current task. */
  enter(): void {
    if (this.#client !== undefined)
      this.#client.pollAddress = (this.#lx.task + Task.signalled) << 2;
  }

  drop(start: number, end: number): void {
    this.#client?.drop(start, end);
  }
}
