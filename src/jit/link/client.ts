// The guest worker's side of translation: samples where the guest is, asks the translator for what is hot, installs what
// comes back in the process's function table, and drops it when its code goes away.
import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { RIP } from '../../../assembly/shared/layout.ts';
import type { TranslateAnswer, TranslatedCode, TranslateRequest } from './protocol.ts';

/** Slots that are no regions (assembly/regions.ts). */
const ENTER_SLOT = 1;
const LEAVE_SLOT = 2;
const FIRST_SLOT = 3;
const MAX_SLOTS = 1 << 20;

/** Samples of one block before it is asked for; one sample stands for some 8,000 instructions. */
const HOT = 4;
/** Samples before a program asks for anything: one that ends within a fraction of a second gains nothing. */
const WARM_UP = 3000;
/** Samples between two requests, so that they come in batches. */
const PATIENCE = 8;

/** What the client needs of the runtime's instance. */
export interface RegionRuntime {
  setRegion(pc: number, slot: number): void;
  stepInRegion(ctx: number): number;
  execInRegion(ctx: number, r0: bigint, r1: bigint, r2: bigint, r3: bigint): number;
  condition(ctx: number, code: number): number;
  lookup(pc: number): number;
}

/** One process image on one worker: its table and what is installed there. */
export interface Image {
  readonly memory: WebAssembly.Memory;
  readonly table: WebAssembly.Table;
  readonly ctx: number;
  readonly runtime: RegionRuntime;
}

export class JitClient {
  readonly #port: MessagePort;
  readonly #kernel: WebAssembly.Memory;
  readonly #cpuLevel: number;
  #image: Image | undefined;
  #imageId = 0;
  readonly #pollAddress = new WebAssembly.Global({ value: 'i32', mutable: true }, 0);
  #imports: WebAssembly.Imports = {};
  #counts = new Map<number, number>();
  #wanted: number[] = [];
  #patience = 0;
  #samples = 0;
  #installed = new Map<number, TranslatedCode>();
  #stubs = new Map<number, CallableFunction>();

  constructor(port: MessagePort, kernel: WebAssembly.Memory, cpuLevel: number) {
    this.#port = port;
    this.#kernel = kernel;
    this.#cpuLevel = cpuLevel;
  }

  /** A new image (exec, fork) runs on this worker; nothing is translated in it yet. */
  open(image: Image): void {
    this.#image = image;
    this.#imageId++;
    this.#counts.clear();
    this.#samples = 0;
    this.#wanted = [];
    this.#installed.clear();
    this.#stubs.clear();
    const { memory, table, ctx, runtime } = image;
    this.#imports = {
      env: {
        memory,
        kernel: this.#kernel,
        table,
        ctx: new WebAssembly.Global({ value: 'i32' }, ctx),
        pollAddress: this.#pollAddress,
        step: runtime.stepInRegion,
        exec: runtime.execInRegion,
        cond: runtime.condition,
        lookup: runtime.lookup,
      },
    };
  }

  /** Byte address in kernel memory of the word that loops look at. */
  set pollAddress(address: number) {
    this.#pollAddress.value = address;
  }

  /** Called every few thousand instructions of the interpreter: takes a sample, looks for answers. */
  sample(view: DataView, ctx: number): void {
    const pc = view.getUint32(ctx + RIP, true);
    const count = (this.#counts.get(pc) ?? 0) + 1;
    this.#counts.set(pc, count);
    if (count === HOT) this.#wanted.push(pc);
    if (++this.#samples < WARM_UP || ++this.#patience < PATIENCE) return;
    this.#patience = 0;
    this.receive();
    if (this.#wanted.length > 0) this.#request(this.#wanted.splice(0), null);
  }

  /** --jit=always: translates the code at RIP before it runs. */
  demand(view: DataView, ctx: number): void {
    const pc = view.getUint32(ctx + RIP, true);
    if (this.#counts.has(pc)) return;
    this.#counts.set(pc, 1);
    const done = new Int32Array(new SharedArrayBuffer(4));
    this.#request([pc], done);
    Atomics.wait(done, 0, 0);
    this.receive();
  }

  #request(samples: number[], done: Int32Array | null): void {
    const { memory } = this.#image!;
    const { cpuLevel, image } = { cpuLevel: this.#cpuLevel, image: this.#imageId };
    this.#port.postMessage({ image, memory, cpuLevel, samples, done } satisfies TranslateRequest);
  }

  receive(): void {
    for (
      let next = receiveMessageOnPort(this.#port);
      next;
      next = receiveMessageOnPort(this.#port)
    ) {
      const answer = next.message as TranslateAnswer;
      if (answer.image === this.#imageId) this.#install(answer);
    }
  }

  #install({ glue, code }: TranslateAnswer): void {
    const { table, runtime } = this.#image!;
    if (table.get(ENTER_SLOT) === null) {
      const { enter, leave } = new WebAssembly.Instance(glue, this.#imports).exports;
      table.set(ENTER_SLOT, enter);
      table.set(LEAVE_SLOT, leave);
    }
    for (const each of code) {
      if (this.#installed.has(each.id)) continue;
      const { exports } = new WebAssembly.Instance(each.module, this.#imports);
      this.#installed.set(each.id, each);
      for (const [pc, slot] of each.stubs) {
        if (slot >= MAX_SLOTS) continue;
        if (slot >= table.length) table.grow(Math.max(1024, slot + 1 - table.length));
        const stub = exports[`s${pc}`] as CallableFunction;
        this.#stubs.set(slot, stub);
        if (table.get(slot) === null) table.set(slot, stub);
      }
      for (const { pc, slot } of each.regions) {
        if (slot < FIRST_SLOT || slot >= table.length) continue;
        table.set(slot, exports[`r${pc}`]);
        runtime.setRegion(pc, slot);
      }
    }
  }

  /** Guest addresses [start, end) no longer hold the code they held. */
  drop(start: number, end: number): void {
    for (const code of this.#installed.values()) {
      if (code.regions.some((region) => region.start < end && region.end > start))
        this.#remove(code);
    }
  }

  dropAll(): void {
    for (const code of this.#installed.values()) this.#remove(code);
  }

  #remove(code: TranslatedCode): void {
    const { table, runtime } = this.#image!;
    this.#installed.delete(code.id);
    for (const { pc, slot } of code.regions) {
      table.set(slot, this.#stubs.get(slot)!);
      runtime.setRegion(pc, 0);
      this.#counts.delete(pc);
    }
  }
}
