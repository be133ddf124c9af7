// Translation of a batch of cases: one module with a region for each, compiled by Liftoff when it is entered, installed as a
// guest worker installs what the translator's worker sends (jit/link/client.ts).
import { MessageChannel } from 'node:worker_threads';
import { opById } from '../../src/decoder/ops.ts';
import { type Image, JitClient } from '../../src/jit/link/client.ts';
import type { TranslateAnswer, TranslationMode } from '../../src/jit/link/protocol.ts';
import type { Fetch } from '../../src/jit/region/discover.ts';
import { type Decode, newFetch } from '../../src/jit/region/fetch.ts';
import { translate } from '../../src/jit/translate.ts';
import { addGlue, newModule } from '../../src/jit/wasm/builder.ts';
import type { Translate } from './interpreter.ts';

function newGlue(): WebAssembly.Module {
  const w = newModule();
  addGlue(w);
  return new WebAssembly.Module(w.emitBinary() as Uint8Array<ArrayBuffer>);
}

export function newTranslate(image: Image, decode: Decode, checked = false): Translate {
  const { port1, port2 } = new MessageChannel();
  port1.unref();
  port2.unref();
  const glue = newGlue();
  let client: JitClient | undefined;
  let id = 0;
  const install = (roots: readonly number[], fetch: Fetch, mode: TranslationMode): void => {
    const made = translate(roots, fetch, mode);
    if (made === undefined) return;
    const module = new WebAssembly.Module(made.bytes as Uint8Array<ArrayBuffer>);
    const regions = made.regions.map(({ root }) => ({
      pc: root,
      function: root,
      start: root,
      end: root + 1,
    }));
    const code = [{ id: ++id, module, bytes: made.bytes.length, mode, regions, links: made.links }];
    const answer: TranslateAnswer = {
      type: 'translated',
      image: 1,
      isLast: true,
      code,
      tally: {},
      started: 0,
      rejected: [],
    };
    port2.postMessage(answer);
    client!.receive();
  };
  /** One that cannot be translated must not take the others with it. */
  const installParts = (
    roots: readonly number[],
    fetch: Fetch,
    mode: TranslationMode,
  ): number[] => {
    try {
      install(roots, fetch, mode);
      return [];
    } catch (error) {
      if (roots.length === 1) {
        if (process.env.LXJIT_DEBUG) console.error(`0x${roots[0]!.toString(16)}: ${error}`);
        return [...roots];
      }
      const half = roots.length >> 1;
      return [roots.slice(0, half), roots.slice(half)].flatMap((part) =>
        installParts(part, fetch, mode),
      );
    }
  };
  return (roots, cpuLevel, keepFlags) => {
    const mode = { cpuLevel, checked, eager: false, keepFlags };
    if (client === undefined) {
      client = new JitClient({ connect: () => port1, glue: () => glue }, mode);
      client.open(image, mode);
    }
    client.change(mode);
    client.dropAll();
    const fetch = newFetch(image.memory, decode, opById, cpuLevel);
    return installParts(roots, fetch, mode);
  };
}
