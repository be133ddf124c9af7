// The translator: a worker of its own, with Binaryen, for all processes of a session. It gets the functions in which
// guests spend their time, translates them, has V8 compile them with TurboFan, and answers with the modules.
// What was translated for one process is given to every other that has the same bytes at the same address.

import { writeSync } from 'node:fs';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { DROP_COUNT } from '../../assembly/shared/layout.ts';
import { compileOptimised } from '../host/code-file.ts';
import { type Entry, entriesOf } from './analysis/entries.ts';
import { kindOfCode } from './cache/identity.ts';
import { Keeper } from './cache/keeper.ts';
import { Store } from './cache/store.ts';
import type {
  LocateRequest,
  TranslateAnswer,
  TranslatedCode,
  TranslateRequest,
  TranslationMode,
  TranslatorAnswer,
  TranslatorRequest,
} from './link/protocol.ts';
import { addTally, type Tally } from './link/tally.ts';
import { isSameMode } from './lower/mode.ts';
import type { Fetch, Region } from './region/discover.ts';
import { fetchOf } from './region/fetch.ts';
import { isGuarded, isSame, type Source, sourceOf } from './region/source.ts';
import { locate, regionAt, translateRegions } from './translate.ts';

export interface TranslatorInit {
  readonly runtime: WebAssembly.Module;
  /** Most bytes of WebAssembly that are remembered. */
  readonly codeLimit: number;
  /** Directory of the translation cache. */
  readonly cache: string | undefined;
}

/** A guest worker's port; or the session ends, and waits for what is being done. */
export type TranslatorMessage = MessagePort | 'finish';

interface Known {
  readonly code: TranslatedCode;
  readonly source: Source;
}

/** Instructions after which a module is full: some 50 ms of work. */
const PIECE = 2000;

const { runtime, codeLimit, cache } = workerData as TranslatorInit;
const keeper = cache === undefined ? undefined : new Keeper(new Store(cache, kindOfCode()));
/** By root. */
const known = new Map<number, Known[]>();
const views = new WeakMap<WebAssembly.Memory, { readonly image: number; readonly fetch: Fetch }>();
let lastId = 0;
/** For the cache, when it has been answered. */
const unkept: (() => void)[] = [];
/** Since the last answer. */
let tally: Partial<Tally> = {};

function fetchFrom(memory: WebAssembly.Memory, image: number, cpuLevel: number): Fetch {
  const known = views.get(memory);
  if (known?.image === image) return known.fetch;
  const fetch = fetchOf(runtime, memory, cpuLevel);
  views.set(memory, { image, fetch });
  return fetch;
}

/** Translates what is asked for, hottest first, and answers a piece at a time: what is ready runs already meanwhile. */
function answer(request: TranslateRequest, post: (answer: TranslateAnswer) => void): void {
  const { image, memory, mode } = request;
  const fetch = fetchFrom(memory, image, mode.cpuLevel);
  const code = new Set<TranslatedCode>();
  /** By root. */
  const fresh = new Map<number, Wanted>();
  let started = performance.now();
  const tell = (isLast: boolean) => {
    const done = { ...tally, translating: performance.now() - started };
    post({
      type: 'translated',
      image,
      isLast,
      code: [...code],
      tally: done,
      started: performance.timeOrigin + started,
      rejected: rejected.splice(0),
    });
    tally = {};
    code.clear();
    for (const keep of unkept.splice(0)) keep();
    started = performance.now();
  };
  for (const wanted of request.functions) {
    for (const entry of attempt(wanted.start, () => entriesOf(wanted, fetch)) ?? []) {
      const same = known.get(entry.root)?.find((k) => isUsable(k, memory, mode));
      if (same) {
        renew(same);
        code.add(same.code);
        continue;
      }
      if (fresh.has(entry.root)) continue;
      const region = attempt(entry.root, () => regionAt(entry.root, fetch, mode));
      if (region !== undefined) fresh.set(entry.root, { entry, region });
    }
  }
  // Each ELF image gets modules of its own.
  const images = Map.groupBy(fresh.values(), ({ entry }) => entry.image);
  const pieces = [...images.values()].flatMap(inPieces);
  for (const piece of pieces) {
    if (code.size > 0) tell(false);
    for (const made of make(piece, fetch, request)) code.add(made);
  }
  tell(true);
}

/** A region to be translated, and what it was asked for. */
interface Wanted {
  readonly entry: Entry;
  readonly region: Region;
}

/** Each for a module of its own. */
function inPieces(all: readonly Wanted[]): Wanted[][] {
  const pieces: Wanted[][] = [];
  let room = 0;
  for (const wanted of all) {
    if (room <= 0) {
      pieces.push([]);
      room = PIECE;
    }
    pieces[pieces.length - 1].push(wanted);
    room -= wanted.region.instructions;
  }
  return pieces;
}

const isUsable = ({ code, source }: Known, memory: WebAssembly.Memory, wanted: TranslationMode) =>
  isSameMode(code.mode, wanted) && isSame(new Uint8Array(memory.buffer), source);

/** One module for all; what cannot be translated must not take the others with it. */
function make(
  wanted: readonly Wanted[],
  fetch: Fetch,
  request: TranslateRequest,
): TranslatedCode[] {
  const { mode, memory } = request;
  try {
    const drops = Atomics.load(new Int32Array(memory.buffer), DROP_COUNT >> 2);
    const found = wanted.map(({ region }) => region);
    const translated = translateRegions(found, fetch, mode);
    const functions = new Map(wanted.map(({ entry: { root, start } }) => [root, start]));
    const regions = translated.regions.map((region) => {
      const ends = region.blocks.flatMap(({ insts }) => insts.map(({ pc, len }) => pc + len));
      const starts = region.blocks.map(({ pc }) => pc);
      return {
        pc: region.root,
        function: functions.get(region.root) ?? region.root,
        start: Math.min(...starts),
        end: Math.max(region.root + 1, ...ends),
      };
    });
    const { links, bytes } = translated;
    const started = performance.now();
    const module = mode.eager
      ? new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>)
      : compileOptimised(bytes);
    const code = { id: ++lastId, module, bytes: bytes.length, mode, regions, links };
    addTally(tally, {
      modules: 1,
      regions: regions.length,
      instructions: translated.regions.reduce((sum, region) => sum + region.instructions, 0),
      bytes: bytes.length,
      compiling: performance.now() - started,
    });
    const source = sourceOf(translated.regions);
    // Whoever asked takes care of what has changed meanwhile; nobody else is to get it.
    if (Atomics.load(new Int32Array(memory.buffer), DROP_COUNT >> 2) === drops)
      remember({ code, source });
    const image = request.images.get(wanted[0].entry.image);
    if (keeper !== undefined && image !== undefined && !mode.eager && !isGuarded(source))
      unkept.push(() => keeper.keep({ code, wasm: bytes, source }, image));
    return [code];
  } catch (error) {
    if (wanted.length > 1) return wanted.flatMap((each) => make([each], fetch, request));
    report(wanted[0].entry.root, error);
    return [];
  }
}

/** Newest last. */
const remembered = new Set<Known>();
let rememberedBytes = 0;

function remember(entry: Known): void {
  remembered.add(entry);
  rememberedBytes += entry.code.bytes;
  for (const oldest of remembered) {
    if (rememberedBytes <= codeLimit || oldest === entry) break;
    forget(oldest);
  }
  for (const { pc } of entry.code.regions) {
    const list = known.get(pc);
    if (list) list.push(entry);
    else known.set(pc, [entry]);
  }
}

function forget(entry: Known): void {
  remembered.delete(entry);
  rememberedBytes -= entry.code.bytes;
  for (const { pc } of entry.code.regions) {
    const list = known.get(pc)?.filter((other) => other !== entry) ?? [];
    if (list.length > 0) known.set(pc, list);
    else known.delete(pc);
  }
}

/** What is asked for again is kept longest. */
function renew(entry: Known): void {
  remembered.delete(entry);
  remembered.add(entry);
}

/** Since the last answer. */
const rejected: { pc: number; why: string }[] = [];
const reported = new Set<number>();

/** What fails is interpreted: a mistake of the translator must not end the session. */
function attempt<T>(pc: number, action: () => T): T | undefined {
  try {
    return action();
  } catch (error) {
    report(pc, error);
    return undefined;
  }
}

function report(pc: number, error: unknown): void {
  if (reported.has(pc)) return;
  reported.add(pc);
  addTally(tally, { rejected: 1 });
  rejected.push({ pc, why: (error as Error).message });
  if (process.env.LXJIT_DEBUG) say(`lxjit: region 0x${pc.toString(16)}: ${(error as Error).stack}`);
}

/** Translates the module again, with the place of each instruction. */
function find({ roots, image, memory, mode, offset }: LocateRequest): number | undefined {
  return locate(roots, fetchFrom(memory, image, mode.cpuLevel), mode, offset);
}

function serve(request: TranslatorRequest, post: (answer: TranslatorAnswer) => void): void {
  if (request.type === 'locate') return post({ type: 'located', pc: find(request) });
  answer(request, (reply) => {
    if (process.env.LXJIT_DEBUG) say(describe(request, reply));
    post(reply);
  });
}

function describe(
  { functions }: TranslateRequest,
  { code, tally: { translating } }: TranslateAnswer,
): string {
  const hex = (n: number) => n.toString(16);
  const asked = functions.map(
    ({ start, entry, seen }) => `${hex(start)}:${entry}[${seen.map(hex)}]`,
  );
  const made = code.map(({ regions }) => regions.map((r) => `${hex(r.pc)}(${r.end - r.start})`));
  return `translate ${asked.join(' ')} → ${made.join(' | ')} ${(translating ?? 0).toFixed(1)} ms`;
}

parentPort!.on('message', (message: TranslatorMessage) => {
  if (message === 'finish') return parentPort!.postMessage('finished');
  const port = message;
  port.on('message', (request: TranslatorRequest) => {
    try {
      serve(request, (reply) => port.postMessage(reply));
    } finally {
      if (request.done !== null) {
        Atomics.store(request.done, 0, 1);
        Atomics.notify(request.done, 0);
      }
    }
  });
});

/** Straight to stderr: a worker's console is its parent's to read. */
function say(text: string): void {
  writeSync(2, `${text}\n`);
}
