// --profile: where a guest thread spends its time, by guest symbol. V8's own profiler samples the worker; its stacks show which
// functions of which WebAssembly modules were running, and those are regions of guest functions. What the interpreter ran
// is told by where it was when it polled: its time is divided by that.
//
//   V8's stack                                            frames written
//   runTask … run → enter → r401136 → r401200             main (a.out) → work (a.out)
//   runTask … run → interpret                             printf (libc.so.6) [interpreted]
//   runTask … run → interpret → syscall → dispatch …      [lxjit]
import type * as inspector from 'node:inspector';
import type { Profiler as Inspector } from 'node:inspector';
import type { TranslatedCode } from '../jit/link/protocol.ts';
import { moduleName } from '../jit/link/traps.ts';
import type { Lx } from '../lx/kernel/lx.ts';
import { commOf, pidOf } from '../lx/kernel/process.ts';
import { Task } from '../lx/kernel/task.ts';
import { type GuestSymbol, Symbolizer } from '../lx/loader/symbols.ts';
import { mmOf } from '../lx/mm/mm.ts';

/** Microseconds between two samples. */
const INTERVAL = 1000;
/** Samples of the interpreter after which the mappings are looked at again. */
const FRESH = 4096;

/** One thread: stacks (outermost first) and how long each was seen, in microseconds. */
export interface ThreadProfile {
  readonly name: string;
  readonly stacks: readonly { readonly frames: readonly string[]; readonly weight: number }[];
}

const label = (symbol: GuestSymbol | undefined, pc: number): string =>
  symbol === undefined
    ? `0x${pc.toString(16)}`
    : `${symbol.name || `0x${pc.toString(16)}`} (${symbol.file})`;

export class Profile {
  readonly #lx: Lx;
  readonly #session: inspector.Session;
  readonly #name: string;
  /** Guest names of a module's functions, by V8's name of the module. */
  readonly #modules = new Map<string, string[]>();
  readonly #interpreted = new Map<string, number>();
  #symbols: Symbolizer | undefined;
  #samples = 0;

  constructor(lx: Lx) {
    const { k, task } = lx;
    this.#lx = lx;
    this.#name = `${commOf(k, task)} ${pidOf(lx)}/${k.i32[task + Task.tid]}`;
    this.#session = new (process.getBuiltinModule('inspector').Session)();
    this.#session.connect();
    this.#session.post('Profiler.enable');
    this.#session.post('Profiler.setSamplingInterval', { interval: INTERVAL });
    this.#session.post('Profiler.start');
  }

  /** A module was installed. */
  installed(code: TranslatedCode, exports: WebAssembly.Exports): void {
    const name = moduleName(exports);
    if (name === undefined) return;
    this.#look();
    const imports = WebAssembly.Module.imports(code.module);
    // Imported functions, then the one that traps (addTrap), then the regions.
    const first = imports.filter(({ kind }) => kind === 'function').length + 1;
    const names: string[] = [];
    code.regions.forEach(({ pc }, n) => {
      names[first + n] = this.#labelOf(pc);
    });
    this.#modules.set(name, names);
  }

  /** The interpreter polls at guest address `pc`. */
  sample(pc: number): void {
    if (++this.#samples % FRESH === 0) this.#look();
    const name = this.#labelOf(pc);
    this.#interpreted.set(name, (this.#interpreted.get(name) ?? 0) + 1);
  }

  #labelOf(pc: number): string {
    if (this.#symbols === undefined) this.#look();
    return label(this.#symbols!.find(pc), pc);
  }

  /** What is mapped by now. */
  #look(): void {
    this.#symbols = new Symbolizer(this.#lx, mmOf(this.#lx), this.#symbols);
  }

  stop(): ThreadProfile {
    let profile: Inspector.Profile | undefined;
    this.#session.post('Profiler.stop', (_, result) => {
      profile = result?.profile;
    });
    this.#session.disconnect();
    return { name: this.#name, stacks: profile === undefined ? [] : this.#stacksOf(profile) };
  }

  #stacksOf({ nodes, samples = [], timeDeltas = [] }: Inspector.Profile): ThreadProfile['stacks'] {
    const parents = new Map<number, number>();
    const byId = new Map(nodes.map((node) => [node.id, node]));
    for (const { id, children } of nodes)
      for (const child of children ?? []) parents.set(child, id);
    const weights = new Map<number, number>();
    samples.forEach((id, i) => {
      weights.set(id, (weights.get(id) ?? 0) + Math.max(0, timeDeltas[i] ?? 0));
    });
    const stacks = new Map<string, number>();
    for (const [leaf, weight] of weights) {
      const frames: string[] = [];
      for (let id: number | undefined = leaf; id !== undefined; id = parents.get(id)) {
        const frame = this.#frameOf(byId.get(id)!.callFrame);
        if (frame !== undefined && frame !== frames.at(-1)) frames.push(frame);
      }
      for (const [stack, part] of this.#divided(frames.reverse()))
        stacks.set(stack, (stacks.get(stack) ?? 0) + weight * part);
    }
    return [...stacks].map(([stack, weight]) => ({ frames: stack.split('\n'), weight }));
  }

  /** Everything of lxjit's own is one frame; the way from the worker's loop to guest code is none. */
  #frameOf({ functionName, url }: Inspector.ProfileNode['callFrame']): string | undefined {
    const names = this.#modules.get(url);
    const index = /^wasm-function\[(\d+)\]$/.exec(functionName);
    if (names !== undefined) return index === null ? undefined : names[Number(index[1])];
    if (url.startsWith('wasm:')) return INTERPRETER;
    if (functionName === '(root)') return undefined;
    if (url === '') return functionName.startsWith('(') ? functionName : LXCORE;
    return LXCORE;
  }

  /** The interpreter, and lxcore when it leads to it, in terms of the guest. */
  #divided(frames: readonly string[]): [string, number][] {
    const isOwn = (frame: string) => frame === INTERPRETER || frame === LXCORE;
    const last = frames.at(-1) ?? LXCORE;
    const guest = frames.filter((frame) => !isOwn(frame));
    if (last !== INTERPRETER) return [[[...guest, ...(isOwn(last) ? [last] : [])].join('\n'), 1]];
    const all = [...this.#interpreted.values()].reduce((sum, n) => sum + n, 0);
    if (all === 0) return [[[...guest, INTERPRETER].join('\n'), 1]];
    return [...this.#interpreted].map(([name, n]) => [
      [...guest, `${name} [interpreted]`].join('\n'),
      n / all,
    ]);
  }
}

const INTERPRETER = '[interpreter]';
const LXCORE = '[lxjit]';

/** As speedscope reads it (https://www.speedscope.app/file-format-schema.json). */
export function speedscope(threads: readonly ThreadProfile[]): string {
  const numbers = new Map<string, number>();
  const number = (frame: string): number => {
    if (!numbers.has(frame)) numbers.set(frame, numbers.size);
    return numbers.get(frame)!;
  };
  const profiles = threads.map(({ name, stacks }) => ({
    type: 'sampled',
    name,
    unit: 'microseconds',
    startValue: 0,
    endValue: stacks.reduce((sum, { weight }) => sum + weight, 0),
    samples: stacks.map(({ frames }) => frames.map(number)),
    weights: stacks.map(({ weight }) => weight),
  }));
  return `${JSON.stringify({
    $schema: 'https://www.speedscope.app/file-format-schema.json',
    exporter: 'lxjit',
    shared: { frames: [...numbers.keys()].map((name) => ({ name })) },
    profiles,
  })}\n`;
}
