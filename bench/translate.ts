// The translator's stages on the functions of a program (static, with the C library): time per guest instruction, by
// tinybench, and what the whole pipeline makes a second.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Bench } from 'tinybench';
import { GUEST_SHIFT, PAGE_EXEC, PAGE_FLAGS, PAGE_READ } from '../assembly/shared/layout.ts';
import { compileOptimised } from '../src/host/code-file.ts';
import type { TranslationMode } from '../src/jit/lower/mode.ts';
import { discover, type Fetch, type Region } from '../src/jit/region/discover.ts';
import { fetchOf } from '../src/jit/region/fetch.ts';
import { lowerRegions } from '../src/jit/translate.ts';
import { newModule, type Wasm } from '../src/jit/wasm/builder.ts';
import { compiled, root } from './scratch.ts';

const FUNCTIONS = 200;
/** Functions a module, about what a request of a guest has. */
const BATCH = 10;
const PT_LOAD = 1;
const MODE: TranslationMode = { checked: false, eager: false, cpuLevel: 2, keepFlags: false };

export interface StageFigure {
  readonly stage: string;
  /** Median µs per guest instruction, and its relative spread in per cent. */
  readonly us: number;
  readonly spread: number;
}

export interface TranslateFigures {
  readonly functions: number;
  readonly instructions: number;
  readonly stages: readonly StageFigure[];
  /** Guest instructions a second, all stages from discovery on. */
  readonly perSecond: number;
}

/** The goal: guest instructions a second. */
export const GOAL = 100_000;

export async function translateFigures(milliseconds: number): Promise<TranslateFigures> {
  const program = compiled('kernels/hashtable.c', ['-O2', '-static', '-no-pie'], '-translate');
  const memory = load(program);
  const fetch = fetchFrom(memory);
  const regions = starts(program)
    .map((pc) => discover(pc, fetch))
    .filter((region) => countOf(region) > 8 && isTranslatable(region))
    .slice(0, FUNCTIONS);
  const instructions = regions.reduce((sum, region) => sum + countOf(region), 0);
  const batches = Array.from({ length: Math.ceil(regions.length / BATCH) }, (_, i) =>
    regions.slice(i * BATCH, (i + 1) * BATCH),
  );
  const pcs = regions.flatMap(({ blocks }) => blocks.flatMap((b) => b.insts.map(({ pc }) => pc)));
  const binaries = batches.map((batch) => emit(lower(batch)));
  const bench = new Bench({ time: milliseconds, warmup: true, warmupIterations: 2, iterations: 5 });
  bench
    .add('decode', () => {
      for (const pc of pcs) fetch(pc);
    })
    .add('discover', () => {
      for (const region of regions) discover(region.root, fetch);
    })
    .add('lower', () => {
      for (const batch of batches) lower(batch).dispose();
    })
    .add('lower + emit', () => {
      for (const batch of batches) emit(lower(batch));
    })
    .add('compile', () => {
      for (const bytes of binaries) compileOptimised(renewed(bytes));
    });
  await bench.run();
  const stages = bench.tasks.map(({ name, result }) => {
    if (!('latency' in result)) throw new Error(`${name}: no result`);
    const { p50, rme } = result.latency;
    return { stage: name, us: (p50 * 1000) / instructions, spread: rme };
  });
  const us = (stage: string): number => stages.find((s) => s.stage === stage)?.us ?? 0;
  const perSecond = 1e6 / (us('discover') + us('lower + emit') + us('compile'));
  return { functions: regions.length, instructions, stages, perSecond };
}

/** What Binaryen refuses is interpreted; the translator finds that out in the same way. */
function isTranslatable(region: Region): boolean {
  try {
    emit(lower([region]));
    return true;
  } catch {
    return false;
  }
}

const countOf = ({ blocks }: Region): number =>
  blocks.reduce((sum, block) => sum + block.insts.length, 0);

/** As translate() does it. */
function lower(batch: readonly Region[]): Wasm {
  const w = newModule();
  lowerRegions(w, batch, MODE);
  return w;
}

function emit(w: Wasm): Uint8Array<ArrayBuffer> {
  const bytes = w.emitBinary() as Uint8Array<ArrayBuffer>;
  w.dispose();
  return bytes;
}

let made = 0;

/** The same module with a custom section of its own: V8 keeps what it compiled, by the bytes. */
function renewed(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const more = new Uint8Array(bytes.length + 7);
  more.set(bytes);
  more.set([0, 5, 0], bytes.length);
  new DataView(more.buffer).setUint32(bytes.length + 3, ++made);
  return more;
}

function fetchFrom(memory: WebAssembly.Memory): Fetch {
  const runtime = new WebAssembly.Module(readFileSync(join(root, 'dist/runtime.wasm')));
  return fetchOf(runtime, memory, MODE.cpuLevel);
}

/** The segments of a program that is linked for fixed addresses, in a guest's memory. */
function load(program: string): WebAssembly.Memory {
  const file = readFileSync(program);
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const memory = new WebAssembly.Memory({ initial: 512, maximum: 65536, shared: true });
  const u8 = new Uint8Array(memory.buffer);
  const [table, size, count] = [
    Number(view.getBigUint64(32, true)),
    view.getUint16(54, true),
    view.getUint16(56, true),
  ];
  for (let at = table; at < table + size * count; at += size) {
    if (view.getUint32(at, true) !== PT_LOAD || (view.getUint32(at + 4, true) & 1) === 0) continue;
    const [offset, address, , length] = [8, 16, 24, 32].map((o) =>
      Number(view.getBigUint64(at + o, true)),
    );
    u8.set(file.subarray(offset, offset + length), address - GUEST_SHIFT);
    u8.fill(
      PAGE_READ | PAGE_EXEC,
      PAGE_FLAGS + (address >>> 12),
      PAGE_FLAGS + ((address + length + 4095) >>> 12),
    );
  }
  return memory;
}

/** Addresses of the program's functions, the larger ones, spread over the text. */
function starts(program: string): number[] {
  const text = execFileSync('nm', ['-S', '--defined-only', program], { encoding: 'utf8' });
  const found = [...text.matchAll(/^([0-9a-f]+) ([0-9a-f]+) [tT] /gm)];
  return found
    .filter(([, , size]) => Number.parseInt(size, 16) >= 128)
    .map(([, pc]) => Number.parseInt(pc, 16))
    .filter((pc, i, all) => all.indexOf(pc) === i) // aliases
    .filter((_, i, all) => i % Math.max(1, Math.floor(all.length / (FUNCTIONS * 1.5))) === 0);
}
