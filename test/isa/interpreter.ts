// The same cases through dist/runtime.wasm, with the memory that native.c has: interpreted, or translated (translated.ts).
import { readFileSync } from 'node:fs';
import { EXIT_FAULT } from '../../assembly/shared/exit.ts';
import {
  CACHE_BASE,
  CACHE_SIZE,
  CPU_LEVEL,
  CTX_BASE,
  EFLAGS,
  FAULT_VECTOR,
  FLAG_KIND,
  FLAGS_ASKED,
  FLAGS_WANTED,
  GPR,
  GUEST_SHIFT,
  PAGE_EXEC,
  PAGE_FLAGS,
  PAGE_READ,
  PAGE_WRITE,
  RSP,
  STACK_FLOOR,
  STACK_WINDOW,
} from '../../assembly/shared/layout.ts';
import type { Image, RegionRuntime } from '../../src/jit/link/client.ts';
import type { Decode } from '../../src/jit/region/fetch.ts';
import {
  CODE_AT,
  CODE_BYTES,
  CODE_PAGES,
  CTX_BYTES,
  DATA_END,
  DATA_PAGES,
  RECORD_BYTES,
  slot,
  WINDOW,
  WINDOW_AT,
  WINDOW_BYTES,
} from './record.ts';
import { newTranslate } from './translated.ts';

const runtime = new URL(process.env.LXJIT_RUNTIME ?? '../../dist/runtime.wasm', import.meta.url);
const DECODE_CACHE = 0x4000000;
const DECODE_CACHE_BYTES = 16 << 20;

interface Exports extends RegionRuntime {
  readonly decodeOne: Decode;
  run(ctx: number, budget: number): number;
  invalidate(start: number, end: number): void;
  forgetRegions(ctx: number): void;
  flags_get(ctx: number): number | bigint;
}

/** Exit codes that stand for a wasm trap, and for code that the translator failed on. */
const TRAPPED = 0x1000;
const UNTRANSLATED = 0x1001;

function attempt(run: () => number): number {
  try {
    return run();
  } catch (error) {
    if (error instanceof WebAssembly.RuntimeError) return TRAPPED;
    throw error;
  }
}

export interface Executor {
  /** What it is called in reports. */
  readonly name: string;
  /** Runs the batch in place: afterwards the states are in it. */
  run(batch: Uint8Array): void;
}

/** Gives the code at these guest addresses, which is in memory, its translation; answers with those that failed. */
export type Translate = (
  roots: readonly number[],
  cpuLevel: number,
  keepFlags: boolean,
) => readonly number[];

export const openInterpreter = (maxCases: number): Executor => openExecutor(maxCases);
/** `checked`: memory accesses look at the page flags first, so that faults are precise. */
export const openTranslated = (maxCases: number, checked = false): Executor =>
  openExecutor(maxCases, (image, decode) => newTranslate(image, decode, checked), checked);

function openExecutor(
  maxCases: number,
  newTranslation?: (image: Image, decode: Decode) => Translate,
  checked = false,
): Executor {
  const pages = (DECODE_CACHE + DECODE_CACHE_BYTES) >> 16;
  const memory = new WebAssembly.Memory({ initial: pages, maximum: 65536, shared: true });
  const module = new WebAssembly.Module(readFileSync(runtime));
  const none = () => 0;
  const table = new WebAssembly.Table({ element: 'anyfunc', initial: 1024 });
  const imports = { memory, table, syscall: none, poll: none, clock: none, abort: none };
  const exports = new WebAssembly.Instance(module, { env: imports }).exports as unknown as Exports;
  const bytes = new Uint8Array(memory.buffer);
  const view = new DataView(memory.buffer);
  const codeEnd = CODE_PAGES + maxCases * CODE_BYTES + 0x2000;
  for (let at = DATA_PAGES; at < DATA_END; at += 0x1000)
    bytes[PAGE_FLAGS + (at >>> 12)] = PAGE_READ | PAGE_WRITE;
  const ctx = CTX_BASE;
  const setCode = (flags: number) =>
    bytes.fill(flags, PAGE_FLAGS + (CODE_PAGES >>> 12), PAGE_FLAGS + (codeEnd >>> 12));
  const setContext = (record: Uint8Array) => {
    bytes.set(record.subarray(0, CTX_BYTES), ctx);
    view.setUint32(ctx + FLAG_KIND, 0, true);
    view.setUint32(ctx + CACHE_BASE, DECODE_CACHE - GUEST_SHIFT, true);
    view.setUint32(ctx + CACHE_SIZE, DECODE_CACHE_BYTES, true);
    // as if there were stack enough for translated code: two pages would leave everything to the interpreter
    const floor = view.getUint32(ctx + GPR + RSP * 8, true) - STACK_WINDOW * 0.75;
    view.setUint32(ctx + STACK_FLOOR, floor, true);
  };
  setContext(new Uint8Array(CTX_BYTES));
  exports.forgetRegions(ctx);
  const translate = newTranslation?.(
    { memory, table, ctx, runtime: exports, program: 0 },
    exports.decodeOne,
  );

  /** Runs these cases of the batch. Those that want translations with `keepFlags` are to be run again. */
  const runCases = (batch: Uint8Array, cases: readonly number[], keepFlags: boolean): number[] => {
    let failed: readonly number[] = [];
    if (translate) {
      setCode(PAGE_READ | PAGE_EXEC); // code that may change is not translated
      const cpuLevel = new DataView(batch.buffer, batch.byteOffset).getUint32(CPU_LEVEL, true);
      const roots = cases.map((i) => slot(i).pc);
      failed = translate(roots, cpuLevel, keepFlags);
    }
    setCode(PAGE_READ | PAGE_WRITE | PAGE_EXEC);
    return cases.filter((i) => !runCase(batch, i, failed));
  };
  /** False: it wants a translation with `keepFlags`, and is as before. */
  const runCase = (batch: Uint8Array, i: number, failed: readonly number[]): boolean => {
    const { at, pc } = slot(i);
    setContext(batch.subarray(at, at + CTX_BYTES));
    // the few pages of stack count as deep enough, or else no region would be entered
    const rsp = view.getUint32(ctx + GPR + RSP * 8, true);
    view.setUint32(ctx + STACK_FLOOR, rsp - STACK_WINDOW, true);
    bytes.fill(0, DATA_PAGES - GUEST_SHIFT, DATA_END - GUEST_SHIFT);
    bytes.set(batch.subarray(at + WINDOW_AT, at + CODE_AT), WINDOW - GUEST_SHIFT);
    const exit = failed.includes(pc) ? UNTRANSLATED : attempt(() => exports.run(ctx, 1000));
    const isAsking = view.getUint32(ctx + FLAGS_WANTED, true) === FLAGS_ASKED;
    view.setUint32(ctx + FLAGS_WANTED, 0, true);
    if (isAsking) return false;
    if (exit !== EXIT_FAULT) view.setUint32(ctx + FAULT_VECTOR, 0x1000 + exit, true);
    view.setUint32(ctx + EFLAGS, Number(exports.flags_get(ctx)), true);
    batch.set(bytes.subarray(ctx, ctx + CTX_BYTES), at);
    const window = bytes.subarray(WINDOW - GUEST_SHIFT, WINDOW - GUEST_SHIFT + WINDOW_BYTES);
    batch.set(window, at + WINDOW_AT);
    return true;
  };

  return {
    name: !translate ? 'interpreter' : checked ? 'checked translator' : 'translator',
    run(batch) {
      const count = batch.length / RECORD_BYTES;
      const code = CODE_PAGES - GUEST_SHIFT;
      bytes.fill(0xcc, code, codeEnd - GUEST_SHIFT);
      for (let i = 0; i < count; i++) {
        const { at } = slot(i);
        bytes.set(batch.subarray(at + CODE_AT, at + RECORD_BYTES), code + i * CODE_BYTES);
      }
      exports.invalidate(CODE_PAGES, codeEnd);
      const cases = Array.from({ length: count }, (_, i) => i);
      const again = runCases(batch, cases, false);
      if (again.length > 0) runCases(batch, again, true);
    },
  };
}
