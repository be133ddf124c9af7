// A wasm module's machine code in a file, where the engine can serialise it: a fresh process then compiles nothing. That code
// is bound to one V8 version, CPU and set of flags; V8 checks them and refuses what does not fit.
import { readFileSync, writeFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';

/** Bytes in front of the machine code: the length of the wasm file it belongs to, and a hash of it. */
const HEADER_BYTES = 8;
/** Bytes of the wasm file that the hash looks at, evenly spread. */
const HASHED = 1 << 20;

const OPTIMISE = ['--no-liftoff', '--no-wasm-lazy-compilation'];
const USUAL = ['--liftoff', '--wasm-lazy-compilation'];

/** Runs `body` with V8 compiling wasm by TurboFan only; the flags are the whole process's. `lazy`: each function when first called. */
export async function optimised<T>(body: () => T | Promise<T>, lazy = false): Promise<T> {
  for (const flag of lazy ? OPTIMISE.slice(0, 1) : OPTIMISE) setFlagsFromString(flag);
  try {
    return await body();
  } finally {
    for (const flag of USUAL) setFlagsFromString(flag);
  }
}

/** The module of `wasm` from the code in `file`; undefined if there is none that fits. */
export function readCode(file: URL, wasm: Uint8Array): WebAssembly.Module | undefined {
  try {
    const bytes = readFileSync(file);
    if (bytes.readBigUInt64LE(0) !== fingerprint(wasm)) return undefined;
    const start = bytes.byteOffset + HEADER_BYTES;
    const code = bytes.buffer.slice(start, bytes.byteOffset + bytes.length);
    return withIntrinsics('code, wasm', 'return %DeserializeWasmModule(code, wasm)', code, wasm);
  } catch {
    return undefined; // no such file, or an engine without these intrinsics
  }
}

/** Keeps what V8 has compiled of `module` by now. False: this engine cannot. */
export function writeCode(file: URL, wasm: Uint8Array, module: WebAssembly.Module): boolean {
  try {
    const code = withIntrinsics<ArrayBuffer>(
      'module',
      'return %SerializeWasmModule(module)',
      module,
    );
    const header = Buffer.alloc(HEADER_BYTES);
    header.writeBigUInt64LE(fingerprint(wasm));
    writeFileSync(file, Buffer.concat([header, Buffer.from(code)]));
    return true;
  } catch {
    return false;
  }
}

/** Runs a function that uses V8's %Intrinsics (a SyntaxError where the engine has none). */
function withIntrinsics<T>(parameters: string, body: string, ...args: unknown[]): T {
  setFlagsFromString('--allow-natives-syntax');
  try {
    return new Function(...parameters.split(', '), body)(...args) as T;
  } finally {
    setFlagsFromString('--no-allow-natives-syntax');
  }
}

/** FNV-1a of bytes of the module (32 bits) above its length. */
function fingerprint(bytes: Uint8Array): bigint {
  const step = Math.ceil(bytes.length / HASHED);
  let hash = 0x811c9dc5;
  for (let i = 0; i < bytes.length; i += step) hash = Math.imul(hash ^ bytes[i], 0x01000193);
  return (BigInt(bytes.length) << 32n) | BigInt(hash >>> 0);
}
