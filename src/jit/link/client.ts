// The guest worker's side of translation: samples where the guest is, asks the translator for what is hot, installs what
// comes back in the process's function table, and drops it when its code goes away.
import { type MessagePort, receiveMessageOnPort, threadId } from 'node:worker_threads';
import {
  CODE_GENERATION,
  ENTER_SLOT,
  LEAVE_SLOT,
  PAGE_CODE,
  PAGE_FLAGS,
  RESUME_SLOT,
  RIP,
  SIGNAL_POLL,
  STALE_COUNT,
  STALE_LOG,
  STALE_SLOTS,
} from '../../../assembly/shared/layout.ts';
import { isSameMode } from '../lower/mode.ts';
import { FunctionStarts } from '../region/function-start.ts';
import { LINKS, X87_HELPERS, type X87Helper } from '../wasm/exports.ts';
import { DropLog, type Range } from './drops.ts';
import { HeatMap } from './heat.ts';
import type { KeptCode } from './kept.ts';
import type {
  KeptImage,
  LocateRequest,
  TranslateAnswer,
  TranslatedCode,
  TranslateRequest,
  TranslationMode,
  TranslatorAnswer,
  WantedFunction,
} from './protocol.ts';
import { LinkTable } from './table.ts';
import type { Tally } from './tally.ts';
import { moduleName, placeOf } from './traps.ts';

/** Samples that are enough together with those of earlier runs, which ended too soon: it pays in the runs to come. */
const OVERDUE = 12_000;
/** Share of these at which the translator is started, so that it is there in time. */
const BOOT = 0.75;
/** Functions in one request: the sooner it is answered, the sooner they run. */
const BATCH = 12;
/** Samples between two looks for an answer. */
const PATIENCE = 8;
/** Modules that are installed at once. */
const MAX_MODULES = 4096;
/** A region whose code is written to so often is interpreted from then on. */
const MAX_PATCHES = 8;
/** Images that one worker runs, before their numbers repeat. */
const IMAGES = 1 << 24;
/** A translator that does not answer for so long (milliseconds) has failed. */
const LOST = 20_000;

/** What the client needs of the runtime's instance. */
export interface RegionRuntime extends Record<X87Helper, CallableFunction> {
  setRegion(pc: number, slot: number): void;
  stepInRegion(ctx: number): number;
  execInRegion(ctx: number, r0: bigint, r1: bigint, r2: bigint, r3: bigint): number;
  condition(ctx: number, code: number): number;
  goOn(ctx: number): number;
}

/** One process image on one worker: its table and what is installed there. */
export interface Image {
  readonly memory: WebAssembly.Memory;
  readonly table: WebAssembly.Table;
  readonly ctx: number;
  readonly runtime: RegionRuntime;
  /** Guest address of some code of the program. */
  readonly program: number;
}

interface Installed {
  readonly code: TranslatedCode;
  readonly exports: WebAssembly.Exports;
  /** Its first slot. */
  readonly first: number;
}

const overlaps = ({ regions }: TranslatedCode, [start, end]: Range): boolean =>
  regions.some((region) => region.start < end && region.end > start);

/** What the client is given by who wires it. */
export interface Surroundings {
  /** Starts the translator; called when the first request is near. */
  connect(): MessagePort;
  /** See addGlue(). */
  glue(): WebAssembly.Module;
  /** The translation cache. */
  readonly kept?: KeptCode | undefined;
  /** Name of the file that is mapped at a guest address. */
  nameOf?(address: number): string;
}

export class JitClient {
  readonly #surroundings: Surroundings;
  #connected: MessagePort | undefined;
  #mode: TranslationMode;
  #image: Image | undefined;
  #imageId = 0;
  #images = 0;
  #env: WebAssembly.ModuleImports = {};
  #starts!: FunctionStarts;
  #heat!: HeatMap;
  #asked = new Set<number>();
  #isWaiting = false;
  #requested: readonly WantedFunction[] = [];
  #patience = 0;
  /** What is not translated has taken so much time that the translator is asked. */
  #isWarm = false;
  #installed = new Map<number, Installed>();
  /** Dropped, but perhaps still to be returned to. */
  #leaving: Installed[] = [];
  #links: LinkTable | undefined;
  #drops!: DropLog;
  /** Dropped since the last request: what is made of it does not count. */
  #sinceRequest: Range[] = [];
  #staleSeen = 0;
  /** How often the code of a region was written to. */
  readonly #patches = new Map<number, number>();
  /**
   * Samples in functions that are hot before a program asks for anything (some 80 ms): starting the translator costs a few hundred
   * milliseconds of a processor, which a program that ends sooner never gets back.
   */
  warmUp = 2000;
  /** Of what is installed. */
  #bytes = 0;
  /** Most of them. */
  codeLimit = Number.POSITIVE_INFINITY;
  /** Modules were dropped: V8 frees them when the worker is back in its event loop. */
  hasGarbage = false;
  /** Told of a function that is not translated, and why. */
  onRejected: (pc: number, why: string) => void = () => {};
  /** Told of each module that is taken into the table. */
  onInstall: (code: TranslatedCode, exports: WebAssembly.Exports) => void = () => {};
  /** Told of requests whose answers are kept, if there is somebody who keeps them. */
  onRequest: () => void = () => {};
  /** Told what has been done; of the translator's work also when that was begun, ms since the epoch. */
  onTally: (tally: Partial<Tally>, started?: number) => void = () => {};

  constructor(surroundings: Surroundings, mode: TranslationMode) {
    this.#surroundings = surroundings;
    this.#mode = mode;
  }

  get #port(): MessagePort {
    this.#connected ??= this.#surroundings.connect();
    return this.#connected;
  }

  /** A new image (exec, fork) runs on this worker; nothing is translated in it yet. Answers how it is going to be. */
  open(image: Image, mode: Pick<TranslationMode, 'checked' | 'keepFlags'>): TranslationMode {
    this.#image = image;
    this.#imageId = threadId * IMAGES + (++this.#images % IMAGES);
    this.#starts = new FunctionStarts(image.memory);
    this.#surroundings.kept?.open(image.memory);
    const program = this.#programStart();
    const wantsFlags = program !== undefined && this.#surroundings.kept?.wantsFlags(program);
    const keepFlags = mode.keepFlags || wantsFlags === true;
    this.#mode = { ...this.#mode, ...mode, keepFlags };
    this.#heat = new HeatMap(this.#starts, this.#isInstalled);
    this.#asked.clear();
    this.#isWaiting = false;
    this.#isWarm = false;
    this.#installed.clear();
    this.#bytes = 0;
    this.#leaving = [];
    this.#links = undefined;
    this.#drops = new DropLog(image.memory, image.ctx);
    this.#staleSeen = new DataView(image.memory.buffer).getUint32(image.ctx + STALE_COUNT, true);
    this.#patches.clear();
    const { memory, table, ctx, runtime } = image;
    this.#env = {
      memory,
      table,
      ctx,
      slots: 0,
      step: runtime.stepInRegion,
      exec: runtime.execInRegion,
      cond: runtime.condition,
      goOn: runtime.goOn,
      ...Object.fromEntries(X87_HELPERS.map((name) => [name, runtime[name]])),
    };
    return this.#mode;
  }

  #programStart(): number | undefined {
    return this.#starts.imageOf(this.#image!.program)?.start;
  }

  /** Code was reached that reads flags which a call has left: translations keep them from now on, also in later runs. */
  keepFlags(): void {
    const program = this.#programStart();
    if (program !== undefined && !this.#mode.eager) this.#surroundings.kept?.setWantsFlags(program);
    this.change({ keepFlags: true });
  }

  /** Guest code is about to run: nothing that was dropped is on the stack. */
  enter(): void {
    this.#leaving = [];
  }

  /** Translates in another way from now on; what is translated in the old one is dropped. */
  change(change: Partial<TranslationMode>): void {
    const mode = { ...this.#mode, ...change };
    if (this.#image === undefined || isSameMode(mode, this.#mode)) return;
    this.#mode = mode;
    this.dropAll();
    // Regions that wait for a call to return are told as well (assembly/regions.ts).
    Atomics.add(new Int32Array(this.#image.memory.buffer), CODE_GENERATION >> 2, 1);
  }

  /** Before guest code runs, and whenever the interpreter polls: takes away what other threads say is gone. */
  sync(): void {
    if (this.#image === undefined) return;
    while (this.#drops.isBehind) {
      for (const range of this.#drops.read()) this.#dropHere(range);
      for (const { code, first } of this.#installed.values())
        code.regions.forEach(({ pc }, n) => {
          if (this.#links!.find(pc) === first + n) this.#image!.runtime.setRegion(pc, first + n);
        });
    }
  }

  /** Regions that found their bytes changed (lower/guard.ts) are not used again. */
  #forgetStale(view: DataView, ctx: number): void {
    const count = view.getUint32(ctx + STALE_COUNT, true);
    const from = Math.max(this.#staleSeen, count - STALE_SLOTS);
    this.#staleSeen = count;
    for (let n = from; n < count; n++) {
      const pc = view.getUint32(ctx + STALE_LOG + (n & (STALE_SLOTS - 1)) * 4, true);
      const slot = this.#links?.find(pc) ?? 0;
      if (slot !== 0 && this.#links!.remove(pc, slot)) this.#image!.runtime.setRegion(pc, 0);
      const patches = (this.#patches.get(pc) ?? 0) + 1;
      this.#patches.set(pc, patches);
      if (patches < MAX_PATCHES) {
        this.#heat.forget(pc, pc + 1);
        this.#asked.delete(pc);
      }
    }
  }

  /** Called every few thousand instructions of the interpreter: takes a sample, looks for answers. */
  sample(view: DataView, ctx: number): void {
    this.sync();
    this.#forgetStale(view, ctx);
    const pc = view.getUint32(ctx + RIP, true);
    const start = this.#starts.find(pc) ?? pc;
    if (this.#takeKept(pc, start)) return;
    this.#heat.add(pc, start);
    if (++this.#patience < PATIENCE) return;
    this.#patience = 0;
    const { mass, earlierMass } = this.#heat;
    const warmth = Math.max(mass / this.warmUp, (mass + earlierMass) / OVERDUE);
    if (warmth >= BOOT) void this.#port;
    this.#isWarm ||= warmth >= 1;
    if (!this.#isWarm) return;
    if (this.#isWaiting) this.receive();
    if (!this.#isWaiting && this.#heat.isHot) this.#request(this.#heat.take(BATCH), null);
  }

  readonly #isInstalled = (root: number): boolean => (this.#links?.find(root) ?? 0) !== 0;

  /** Installs what the cache has of the function at `start`, when that pays by now. False: it has nothing more. */
  #takeKept(pc: number, start: number): boolean {
    const { kept } = this.#surroundings;
    const image = kept && this.#starts.imageOf(pc);
    if (image === undefined) return false;
    const found = kept!.sample(image, start, this.#mode, this.#isInstalled);
    const { code, isPending, heat, tally } = found;
    if (heat.length > 0) this.#heat.restore(heat);
    for (const each of code) this.#install(each);
    if (tally !== undefined) this.onTally(tally);
    return isPending;
  }

  /** --jit=always: translates the code at RIP before it runs. */
  demand(view: DataView, ctx: number): void {
    this.sync();
    this.#forgetStale(view, ctx);
    const pc = view.getUint32(ctx + RIP, true);
    if (this.#asked.has(pc)) return;
    this.#asked.add(pc);
    const wanted: WantedFunction = { start: pc, entry: 'start', seen: [], image: 0 };
    this.#ask((done) => this.#request([wanted], done));
  }

  /** Guest address of the instruction at which translated code trapped; undefined if that was not where the error is from. */
  locate(error: unknown): number | undefined {
    const place = placeOf(error);
    if (place === undefined) return undefined;
    for (const { code, exports } of [...this.#installed.values(), ...this.#leaving]) {
      if (moduleName(exports) !== place.module) continue;
      const { memory } = this.#image!;
      const answer = this.#ask((done) => {
        const { offset } = place;
        const roots = code.regions.map(({ pc }) => pc);
        const { mode } = code;
        const image = this.#imageId;
        const request: LocateRequest = { type: 'locate', image, memory, roots, mode, offset, done };
        this.#port.postMessage(request);
      });
      return answer?.type === 'located' ? answer.pc : undefined;
    }
    return undefined;
  }

  /** Sends a request and sleeps until it is answered. The answer that came last, if any. */
  #ask(send: (done: Int32Array) => void): TranslatorAnswer | undefined {
    const done = new Int32Array(new SharedArrayBuffer(4));
    send(done);
    Atomics.wait(done, 0, 0, LOST);
    return this.receive();
  }

  #request(functions: readonly WantedFunction[], done: Int32Array | null): void {
    const request: TranslateRequest = {
      type: 'translate',
      image: this.#imageId,
      memory: this.#image!.memory,
      mode: this.#mode,
      functions,
      images: this.#keptImages(functions),
      done,
    };
    this.#port.postMessage(request);
    if (request.images.size > 0) this.onRequest();
    this.#isWaiting = true;
    this.#requested = functions;
    this.#sinceRequest = [];
  }

  #keptImages(functions: readonly WantedFunction[]): Map<number, KeptImage> {
    const { kept, nameOf } = this.#surroundings;
    const images = new Map<number, KeptImage>();
    if (kept === undefined) return images;
    for (const { image } of functions) {
      if (image !== 0 && !images.has(image))
        images.set(image, { key: kept.keyOf(image), name: nameOf?.(image) ?? '' });
    }
    return images;
  }

  /** Takes what the translator has answered by now. The last of it. */
  receive(): TranslatorAnswer | undefined {
    let last: TranslatorAnswer | undefined;
    for (
      let next = receiveMessageOnPort(this.#port);
      next;
      next = receiveMessageOnPort(this.#port)
    ) {
      last = next.message as TranslatorAnswer;
      if (last.type === 'translated') this.#take(last);
    }
    return last;
  }

  #take(answer: TranslateAnswer): void {
    this.onTally(answer.tally, answer.started);
    for (const { pc, why } of answer.rejected) this.onRejected(pc, why);
    if (answer.image !== this.#imageId) return;
    this.sync();
    const isFresh = (code: TranslatedCode) =>
      isSameMode(code.mode, this.#mode) &&
      !this.#sinceRequest.some((range) => overlaps(code, range));
    for (const code of answer.code) if (isFresh(code)) this.#install(code);
    if (!answer.isLast) return;
    this.#isWaiting = false;
    this.#heat.restart(this.#requested.map(({ start }) => start));
  }

  /** The table with the glue in it, from the first region on. */
  #linkTable(): LinkTable {
    if (this.#links === undefined) {
      const { table } = this.#image!;
      const { exports } = new WebAssembly.Instance(this.#surroundings.glue(), { env: this.#env });
      const { enter, leave, leaveCall, resume } = exports as Record<string, CallableFunction>;
      table.set(ENTER_SLOT, enter);
      table.set(LEAVE_SLOT, leave);
      table.set(RESUME_SLOT, resume);
      this.#links = new LinkTable(table, { leave, leaveCall });
    }
    return this.#links;
  }

  #install(code: TranslatedCode): void {
    const { runtime } = this.#image!;
    const { regions, links } = code;
    const table = this.#linkTable();
    if (this.#installed.has(code.id)) return;
    const started = performance.now();
    this.#makeRoom(code.bytes);
    const first = table.reserve(regions.length);
    if (first === undefined) return;
    const { exports } = new WebAssembly.Instance(code.module, {
      env: { ...this.#env, slots: first },
    });
    this.#installed.set(code.id, { code, exports, first });
    this.#bytes += code.bytes;
    regions.forEach(({ pc, start, end }, n) => {
      this.#markCode(start, end);
      table.define(pc, first + n);
      runtime.setRegion(pc, first + n);
    });
    if (links.length > 0) table.refer(links, exports[LINKS] as WebAssembly.Table);
    this.onInstall(code, exports);
    const counts = { installedRegions: regions.length, links: links.length };
    this.onTally({ installedModules: 1, ...counts, installing: performance.now() - started });
  }

  /** Drops the modules that were installed first. What is hot of them is asked for again, and the translator remembers it. */
  #makeRoom(bytes: number): void {
    for (const oldest of this.#installed.values()) {
      if (this.#bytes + bytes <= this.codeLimit && this.#installed.size < MAX_MODULES) return;
      this.#remove(oldest);
      const roots = oldest.code.regions.map(({ pc }) => pc);
      this.#heat.again(roots);
      for (const pc of roots) this.#asked.delete(pc);
      this.#leave();
    }
  }

  /** Has the thread leave all translated code: what was dropped may be waiting for others to return to it. */
  #leave(): void {
    const { memory, ctx } = this.#image!;
    Atomics.store(new Int32Array(memory.buffer), (ctx + SIGNAL_POLL) >> 2, 1);
    this.hasGarbage = true;
  }

  /** The image ends: the next run is told what there was no time for. */
  end(): void {
    const { kept } = this.#surroundings;
    if (kept === undefined || this.#image === undefined || this.#mode.eager) return;
    for (const [image, summary] of this.#heat.summary()) kept.keepHeat(image, summary);
  }

  /** The task has ended: nothing is kept of its image. */
  close(): void {
    this.#image = undefined;
    this.#starts = undefined as unknown as FunctionStarts;
    this.#surroundings.kept?.close();
    this.#heat = undefined as unknown as HeatMap;
    this.#drops = undefined as unknown as DropLog;
    this.#env = {};
    this.#links = undefined;
    this.#leaving = [];
    this.#installed.clear();
    this.#bytes = 0;
    this.#asked.clear();
    this.#patches.clear();
  }

  /** lxcore tells of changes to pages that have code (PAGE_CODE) only. */
  #markCode(start: number, end: number): void {
    const flags = new Uint8Array(this.#image!.memory.buffer, PAGE_FLAGS);
    for (let page = start >>> 12; page <= (end - 1) >>> 12; page++)
      if (flags[page] !== 0) Atomics.or(flags, page, PAGE_CODE);
  }

  /** Guest addresses [start, end) no longer hold the code they held. */
  drop(start: number, end: number): void {
    if (this.#image === undefined) return;
    this.#dropHere([start, end]);
    this.#drops.tell([start, end]);
  }

  /** This thread begins anew. */
  dropAll(): void {
    this.#dropHere([0, 2 ** 32]);
  }

  #dropHere(range: Range): void {
    for (const installed of this.#installed.values())
      if (overlaps(installed.code, range)) this.#remove(installed);
    if (this.#isWaiting) this.#sinceRequest.push(range);
    this.#heat.forget(...range);
    this.#surroundings.kept?.forget(...range);
    this.#asked.clear();
  }

  #remove(installed: Installed): void {
    const { code, exports, first } = installed;
    const { runtime } = this.#image!;
    this.#leaving.push(installed);
    this.#links!.forget(code.links, exports[LINKS] as WebAssembly.Table);
    this.#installed.delete(code.id);
    this.#bytes -= code.bytes;
    this.onTally({ dropped: code.regions.length });
    code.regions.forEach(({ pc }, n) => {
      if (this.#links!.remove(pc, first + n)) runtime.setRegion(pc, 0);
    });
    this.#links!.release(first, code.regions.length);
  }
}
