// What guest workers and the translator say to each other, over a MessagePort of their own.

export interface TranslateRequest {
  /** The process image asked for; answers for another one are ignored. */
  readonly image: number;
  readonly memory: WebAssembly.Memory;
  readonly cpuLevel: number;
  /** Guest addresses at which the guest was seen. */
  readonly samples: readonly number[];
  /** --jit=always: the sender sleeps on this word until it is 1, which it becomes behind the answer. */
  readonly done: Int32Array | null;
}

/** Compiled code of some regions; slots are the same in every process of a session. */
export interface TranslatedCode {
  /** Unique in a session. */
  readonly id: number;
  readonly module: WebAssembly.Module;
  readonly regions: readonly RegionInfo[];
  /** Slots referred to, with the exported function that leaves to the dispatcher for them. */
  readonly stubs: readonly (readonly [pc: number, slot: number])[];
}

export interface RegionInfo {
  readonly pc: number;
  readonly slot: number;
  /** Guest addresses of the code, [start, end). */
  readonly start: number;
  readonly end: number;
}

export interface TranslateAnswer {
  readonly image: number;
  readonly glue: WebAssembly.Module;
  readonly code: readonly TranslatedCode[];
  readonly milliseconds: number;
}
