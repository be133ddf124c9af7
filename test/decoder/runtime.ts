// The decoder under test: dist/runtime.wasm (npm run build) on a memory of its own.
import { readFileSync } from 'node:fs';
import {
  CPU_LEVEL,
  CTX_BASE,
  CTX_SIZE,
  GUEST_SHIFT,
  PAGE_EXEC,
  PAGE_FLAGS,
  PAGE_READ,
  SCRATCH,
} from '../../assembly/shared/layout.ts';

const module = new WebAssembly.Module(
  readFileSync(new URL('../../dist/runtime.wasm', import.meta.url)),
);

export interface DecoderUnderTest {
  readonly memory: WebAssembly.Memory;
  readonly view: DataView;
  readonly bytes: Uint8Array;
  /** Linear address of the record that decode writes. */
  readonly record: number;
  /** Decodes at a guest address; returns the length. */
  decode(pc: number): number;
}

/** A decoder with `code` mapped executable at guest address `pc` (and nothing after its last byte's page). */
export function openDecoder(code: Uint8Array, pc: number, level = 2): DecoderUnderTest {
  const end = pc + code.length;
  const memory = new WebAssembly.Memory({
    initial: Math.max(31, Math.ceil(end / 0x10000)),
    maximum: 65536,
    shared: true,
  });
  const none = () => 0;
  const table = new WebAssembly.Table({ element: 'anyfunc', initial: 1024 });
  const instance = new WebAssembly.Instance(module, {
    env: { memory, table, syscall: none, poll: none, clock: none, abort: none, seed: none },
  });
  const bytes = new Uint8Array(memory.buffer);
  const view = new DataView(memory.buffer);
  bytes.set(code, pc - GUEST_SHIFT);
  for (let page = pc >>> 12; page * 0x1000 < end; page++)
    bytes[PAGE_FLAGS + page] = PAGE_READ | PAGE_EXEC;
  bytes.fill(0, CTX_BASE, CTX_BASE + CTX_SIZE);
  view.setUint32(CTX_BASE + CPU_LEVEL, level, true);
  const decodeOne = instance.exports.decodeOne as (ctx: number, pc: number, inst: number) => number;
  return { memory, view, bytes, record: SCRATCH, decode: (at) => decodeOne(CTX_BASE, at, SCRATCH) };
}
