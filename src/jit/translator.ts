// The translator: a worker of its own, with Binaryen, for all processes of a session. It gets the addresses at which
// guests were seen, translates the functions there, has V8 compile them with TurboFan, and answers with the modules.
// What was translated for one process is given to every other that has the same bytes at the same address.

import { setFlagsFromString } from 'node:v8';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { GUEST_SHIFT, PAGE_EXEC, PAGE_FLAGS } from '../../assembly/shared/layout.ts';
import { opById } from '../decoder/ops.ts';
import type { TranslateAnswer, TranslatedCode, TranslateRequest } from './link/protocol.ts';
import type { Fetch, Region } from './region/discover.ts';
import { newFetch } from './region/fetch.ts';
import { FunctionStarts } from './region/function-start.ts';
import { translate } from './translate.ts';
import { addGlue, newModule } from './wasm/builder.ts';

export interface TranslatorInit {
  readonly runtime: WebAssembly.Module;
}

/** Slots below are no regions (assembly/regions.ts). */
const FIRST_SLOT = 3;
/** Nested calls inside wasm before everything returns to the dispatcher. */
const CALL_DEPTH = 400;
/** Regions in one module at most. */
const BATCH = 32;

interface Known {
  readonly code: TranslatedCode;
  /** The bytes that were translated: guest address, contents. */
  readonly source: readonly (readonly [at: number, bytes: Uint8Array])[];
}

interface ProcessView {
  readonly fetch: Fetch;
  readonly starts: FunctionStarts;
}

const { runtime } = workerData as TranslatorInit;
const slots = new Map<number, number>();
const known = new Map<number, Known[]>();
const views = new WeakMap<WebAssembly.Memory, ProcessView>();
let glue: WebAssembly.Module | undefined;
let lastId = 0;

const slotOf = (pc: number): number => {
  let slot = slots.get(pc);
  if (slot === undefined) slots.set(pc, (slot = slots.size + FIRST_SLOT));
  return slot;
};

function viewOf({ memory, cpuLevel }: TranslateRequest): ProcessView {
  let view = views.get(memory);
  if (view === undefined) {
    const nothing = () => 0;
    const table = new WebAssembly.Table({ element: 'anyfunc', initial: 3 });
    const env = { memory, table, syscall: nothing, poll: nothing, clock: nothing };
    const { decodeOne } = new WebAssembly.Instance(runtime, { env }).exports;
    const fetch = newFetch(memory, decodeOne as never, (id) => opById(id)?.name ?? '', cpuLevel);
    view = { fetch, starts: new FunctionStarts(memory) };
    views.set(memory, view);
  }
  return view;
}

/** Optimised at once: V8 never replaces wasm code that is already running. The flags are the whole process's. */
function compile(bytes: Uint8Array): WebAssembly.Module {
  setFlagsFromString('--no-liftoff');
  setFlagsFromString('--no-wasm-lazy-compilation');
  try {
    return new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>);
  } finally {
    setFlagsFromString('--liftoff');
    setFlagsFromString('--wasm-lazy-compilation');
  }
}

function newGlue(): WebAssembly.Module {
  const w = newModule();
  addGlue(w, CALL_DEPTH);
  const bytes = w.emitBinary();
  w.dispose();
  return compile(bytes);
}

function answer(request: TranslateRequest): TranslateAnswer {
  const started = performance.now();
  glue ??= newGlue();
  const view = viewOf(request);
  const u8 = new Uint8Array(request.memory.buffer);
  const roots = new Set<number>();
  for (const pc of request.samples) {
    roots.add(pc);
    const start = view.starts.find(pc);
    if (start !== undefined) roots.add(start);
  }
  const code = new Set<TranslatedCode>();
  const fresh: number[] = [];
  for (const pc of roots) {
    const same = known.get(pc)?.find(({ source }) => isSame(u8, source));
    if (same) code.add(same.code);
    else fresh.push(pc);
  }
  for (let i = 0; i < fresh.length; i += BATCH) {
    const made = make(fresh.slice(i, i + BATCH), view, u8);
    if (made) code.add(made);
  }
  return {
    image: request.image,
    glue,
    code: [...code],
    milliseconds: performance.now() - started,
  };
}

function make(
  roots: readonly number[],
  view: ProcessView,
  u8: Uint8Array,
): TranslatedCode | undefined {
  try {
    const translated = translate(roots, view.fetch, slotOf);
    if (translated === undefined) return undefined;
    const regions = translated.regions.map((region) => {
      const ends = region.blocks.flatMap(({ insts }) => insts.map(({ pc, len }) => pc + len));
      const starts = region.blocks.map(({ pc }) => pc);
      return {
        pc: region.root,
        slot: slotOf(region.root),
        start: Math.min(...starts),
        end: Math.max(region.root + 1, ...ends),
      };
    });
    const stubs = translated.stubs.map((pc) => [pc, slotOf(pc)] as const);
    const code = { id: ++lastId, module: compile(translated.bytes), regions, stubs };
    const source = translated.regions.flatMap((region) => sourceOf(region, u8));
    for (const { root } of translated.regions) {
      const list = known.get(root);
      if (list) list.push({ code, source });
      else known.set(root, [{ code, source }]);
    }
    return code;
  } catch (error) {
    if (roots.length === 1) {
      report(roots[0], error);
      return undefined;
    }
    // One region that cannot be translated must not take the others with it.
    for (const pc of roots) make([pc], view, u8);
    return undefined;
  }
}

const reported = new Set<number>();

function report(pc: number, error: unknown): void {
  if (reported.has(pc)) return;
  reported.add(pc);
  if (process.env.LXJIT_DEBUG)
    console.error(`lxjit: region 0x${pc.toString(16)}: ${(error as Error).stack}`);
}

function sourceOf(region: Region, u8: Uint8Array): [number, Uint8Array][] {
  return region.blocks
    .filter(({ insts }) => insts.length > 0)
    .map(({ pc, insts }) => {
      const last = insts[insts.length - 1];
      const at = pc - GUEST_SHIFT;
      return [pc, new Uint8Array(u8.subarray(at, at + last.pc + last.len - pc))];
    });
}

function isSame(u8: Uint8Array, source: Known['source']): boolean {
  return source.every(([pc, bytes]) => {
    if ((u8[PAGE_FLAGS + (pc >>> 12)] & PAGE_EXEC) === 0) return false;
    const at = pc - GUEST_SHIFT;
    if (at + bytes.length > u8.length) return false;
    for (let i = 0; i < bytes.length; i++) if (u8[at + i] !== bytes[i]) return false;
    return true;
  });
}

parentPort!.on('message', (port: MessagePort) => {
  port.on('message', (request: TranslateRequest) => {
    const reply = answer(request);
    if (process.env.LXJIT_DEBUG)
      console.error(
        'translate',
        request.samples.map((p) => p.toString(16)).join(),
        '->',
        reply.code
          .map((c) => c.regions.map((r) => `${r.pc.toString(16)}(${r.end - r.start})`).join())
          .join(' | '),
        reply.milliseconds.toFixed(1),
      );
    port.postMessage(reply);
    if (request.done === null) return;
    Atomics.store(request.done, 0, 1);
    Atomics.notify(request.done, 0);
  });
});
