// Machine code made ahead: of wasm modules in dist/ (src/session/dist-module.ts), and of what translating uses of Binaryen
// (src/jit/wasm/binaryen-code.ts). To know what that is, some code is translated: random bytes make all kinds of instructions.
import {
  GUEST_MIN,
  GUEST_SHIFT,
  PAGE_EXEC,
  PAGE_FLAGS,
  PAGE_READ,
} from '../../assembly/shared/layout.ts';
import { optimised, readCode, writeCode } from '../host/code-file.ts';
import { BINARYEN_CODE, loadBinaryen } from '../jit/wasm/binaryen-code.ts';
import { runtimeModule, writeDistCode } from '../session/dist-module.ts';

const CODE_BYTES = 1 << 16;
const ROOTS = 400;

/** A memory with random code at GUEST_MIN. */
function randomCode(): WebAssembly.Memory {
  const memory = new WebAssembly.Memory({ initial: 64, maximum: 65536, shared: true });
  const u8 = new Uint8Array(memory.buffer);
  let x = 0x2545f491;
  for (let i = 0; i < CODE_BYTES; i++) {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    u8[GUEST_MIN - GUEST_SHIFT + i] = x;
  }
  for (let page = 0; page < CODE_BYTES >> 12; page++)
    u8[PAGE_FLAGS + (GUEST_MIN >>> 12) + page] = PAGE_READ | PAGE_EXEC;
  return memory;
}

async function translateMuch(): Promise<void> {
  const { fetchOf } = await import('../jit/region/fetch.ts');
  const { translate } = await import('../jit/translate.ts');
  const memory = randomCode();
  const fetch = fetchOf(runtimeModule(), memory, 2);
  for (const checked of [false, true]) {
    for (let i = 0; i < ROOTS; i++) {
      const root = GUEST_MIN + Math.floor((i * CODE_BYTES) / ROOTS);
      translate([root], fetch, { cpuLevel: 2, checked, eager: false, keepFlags: false });
    }
  }
}

/** The code is written under V8's usual flags: it is refused where they differ. */
async function writeBinaryenCode(): Promise<boolean> {
  const loaded = await optimised(async () => {
    const binaryen = await loadBinaryen();
    if (binaryen !== undefined) await translateMuch();
    return binaryen;
  });
  if (loaded === undefined || !writeCode(BINARYEN_CODE, loaded.bytes, loaded.module)) return false;
  return readCode(BINARYEN_CODE, loaded.bytes) !== undefined;
}

if (!writeDistCode() || !(await writeBinaryenCode()))
  console.log('build: this engine cannot keep machine code; it will be compiled at each start');
