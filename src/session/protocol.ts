// What the session manager and its guest workers say to each other.
import type { SessionConfig, SessionRequest, StartKind } from '../lx/kernel/lx.ts';

/** Given to a worker when it is made. */
export interface WorkerInit {
  readonly kernel: WebAssembly.Memory;
  /** The pages that processes share. */
  readonly shared: WebAssembly.Memory;
}

/** Main thread to worker: run this task until it ends. */
export interface StartMessage {
  /** The same for all of a session. */
  readonly config: SessionConfig;
  readonly task: number;
  /** Compiled dist/runtime.wasm. */
  readonly runtime: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  /** fork: the parent's memory, to copy from. */
  readonly parentMemory: WebAssembly.Memory | null;
  readonly start: StartKind;
}

export type WorkerMessage = SessionRequest;

/** Bytes. */
const CODE_LIMIT = 64 << 20;
export const codeLimitOf = ({ codeLimit }: SessionConfig): number => codeLimit ?? CODE_LIMIT;
