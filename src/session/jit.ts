// Wires translation to a guest worker: lxcore does not know the translator, the translator does not know lxcore.
import { MessageChannel } from 'node:worker_threads';
import { VEC_PF } from '../../assembly/shared/exit.ts';
import {
  FAULT_ADDR,
  FAULT_CODE,
  FAULT_VECTOR,
  FLAGS_ASKED,
  FLAGS_KEPT,
  FLAGS_WANTED,
  RIP,
} from '../../assembly/shared/layout.ts';
import { kindOfCode } from '../jit/cache/identity.ts';
import { Loader } from '../jit/cache/loader.ts';
import { Store } from '../jit/cache/store.ts';
import { JitClient, type RegionRuntime } from '../jit/link/client.ts';
import { File } from '../lx/kernel/file.ts';
import type { Lx } from '../lx/kernel/lx.ts';
import { isChecked } from '../lx/mm/checked.ts';
import { Mm, mmOf, vmaOf } from '../lx/mm/mm.ts';
import { countTranslation } from '../lx/sys/stats.ts';
import { glueModule } from './dist-module.ts';
import { Profile } from './profile.ts';
import { codeLimitOf } from './protocol.ts';
import type { Timeline } from './timeline.ts';

/** Page-fault error code: an access by user code (Intel SDM Vol. 3 §4.7). */
const USER_ACCESS = 4;

export interface TranslatingRuntime extends RegionRuntime {
  forgetRegions(ctx: number): void;
  setSlice(instructions: number): void;
}

function newLoader({ config, session }: Lx): Loader | undefined {
  if (config.cache === undefined) return undefined;
  const onLookUp = (image: string) => session.post({ type: 'lookUp', image });
  const store = new Store(config.cache, kindOfCode());
  return new Loader(store, config.sharedCache === undefined ? undefined : onLookUp);
}

/** Guest path of the file mapped at a guest address. */
function fileAt(lx: Lx, address: number): string {
  const { k } = lx;
  const vma = vmaOf(k, mmOf(lx), address >>> 12);
  return vma === null || vma.file === 0 ? '' : k.readString(k.i32[vma.file + File.path]);
}

/** Guest addresses of the program's own code. */
function codeOf(lx: Lx): [start: number, end: number] {
  const { f64 } = lx.k;
  const mm = mmOf(lx);
  return [f64[(mm + Mm.codeStart) >> 1], f64[(mm + Mm.codeEnd) >> 1]];
}

/** A worker's translation, or nothing with --jit=off. */
export class WorkerJit {
  readonly #lx: Lx;
  #client: JitClient | undefined;
  #profile: Profile | undefined;
  /** With --stats=trace. */
  timeline: Timeline | undefined;

  constructor(lx: Lx) {
    this.#lx = lx;
  }

  /** A new instance of the runtime, with an empty function table, on `memory`, whose contexts are set up. */
  open(memory: WebAssembly.Memory, table: WebAssembly.Table, runtime: TranslatingRuntime): void {
    const { config, ctx } = this.#lx;
    runtime.forgetRegions(ctx);
    if (config.profile) this.#profile ??= new Profile(this.#lx);
    if (config.jit === 'off') return;
    if (config.jit === 'always') runtime.setSlice(1);
    this.#client ??= this.#newClient();
    const { dv } = this.#lx.mem;
    const keepFlags = dv.getUint32(ctx + FLAGS_WANTED, true) !== 0;
    const [program] = codeOf(this.#lx);
    const image = { memory, table, ctx, runtime, program };
    const mode = this.#client.open(image, { checked: isChecked(this.#lx), keepFlags });
    if (mode.keepFlags) dv.setUint32(ctx + FLAGS_WANTED, FLAGS_KEPT, true);
  }

  #newClient(): JitClient {
    const { config, session } = this.#lx;
    const connect = () => {
      const { port1, port2 } = new MessageChannel();
      port1.unref();
      session.post({ type: 'translator', port: port2 });
      return port1;
    };
    const kept = newLoader(this.#lx);
    const nameOf = (address: number) => fileAt(this.#lx, address);
    const client = new JitClient(
      { connect, glue: glueModule, kept, nameOf },
      {
        cpuLevel: config.cpuLevel,
        checked: false,
        eager: config.jit === 'always',
        keepFlags: false,
      },
    );
    client.onInstall = (code, exports) => this.#profile?.installed(code, exports);
    client.onRequest = () => session.post({ type: 'wanted' });
    client.codeLimit = codeLimitOf(config);
    if (config.warmUp !== undefined) client.warmUp = config.warmUp;
    if (!config.stats) return client;
    client.onTally = (tally, started) => {
      countTranslation(this.#lx.k, tally);
      this.timeline?.translated(tally, started);
    };
    client.onRejected = (pc, why) => {
      const address = pc.toString(16);
      const text = `lxjit: 0x${address} is interpreted: ${why} (--dump=wat:${address} shows it)`;
      session.post({ type: 'message', text });
    };
    return client;
  }

  /** Between two slices of the interpreter. */
  look(): void {
    const { config, mem, ctx } = this.#lx;
    this.#profile?.sample(mem.dv.getUint32(ctx + RIP, true));
    if (this.timeline !== undefined) this.#tellWhere(this.timeline);
    const client = this.#client;
    if (client === undefined) return;
    if (config.jit === 'always') client.demand(mem.dv, ctx);
    else client.sample(mem.dv, ctx);
  }

  #tellWhere(timeline: Timeline): void {
    const { mem, ctx } = this.#lx;
    timeline.seen(mem.dv.getUint32(ctx + RIP, true), ...codeOf(this.#lx));
  }

  /** Before guest code runs: another thread may have switched the process to checked mode, or a region wants flags to be kept. */
  enter(): void {
    const client = this.#client;
    if (client === undefined) return;
    client.enter();
    client.sync();
    if (isChecked(this.#lx)) client.change({ checked: true });
    const { mem, ctx } = this.#lx;
    if (mem.dv.getUint32(ctx + FLAGS_WANTED, true) !== FLAGS_ASKED) return;
    mem.dv.setUint32(ctx + FLAGS_WANTED, FLAGS_KEPT, true);
    client.keepFlags();
  }

  /** Does V8 want the event loop, to free what was dropped? Asked once. */
  takeGarbage(): boolean {
    const has = this.#client?.hasGarbage ?? false;
    if (has) this.#client!.hasGarbage = false;
    return has;
  }

  /** The image ends. */
  end(): void {
    this.#client?.end();
    this.endProfile();
  }

  /** The image ends, or the thread. */
  endProfile(): void {
    if (this.#profile === undefined) return;
    this.#lx.session.post({ type: 'profile', profile: this.#profile.stop() });
    this.#profile = undefined;
  }

  close(): void {
    this.endProfile();
    this.#client?.close();
  }

  check(): void {
    this.#client?.change({ checked: true });
  }

  /**
   * After a trap in translated code, which is an access outside of the memory: the page fault, as the interpreter would have
   * reported it but for the registers and the address (DESIGN §3, unchecked mode). False: the error is none of these.
   */
  recover(error: unknown): boolean {
    const { mem, ctx } = this.#lx;
    const pc = this.#client?.locate(error);
    if (pc === undefined) return false;
    mem.refresh();
    mem.dv.setBigUint64(ctx + RIP, BigInt(pc), true);
    mem.dv.setUint32(ctx + FAULT_VECTOR, VEC_PF, true);
    mem.dv.setUint32(ctx + FAULT_CODE, USER_ACCESS, true);
    mem.dv.setBigUint64(ctx + FAULT_ADDR, 0n, true);
    return true;
  }

  drop(start: number, end: number): void {
    this.#client?.drop(start, end);
  }
}
