// A wasm module's machine code in a file, where the engine can serialise it: a fresh process then compiles nothing. That code
// is bound to one V8 version, CPU and set of flags; V8 checks them and refuses what does not fit.
import { readFileSync, writeFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';

/** Bytes in front of the machine code: the length of the wasm file it belongs to, and a hash of it. */
const HEADER_BYTES = 8;
/** Bytes of the wasm file that the hash looks at, evenly spread. */
const HASHED = 1 << 20;

// biome-ignore format: sections
/** (module (func (export "f"))) */
const SMALLEST = Uint8Array.of(
  0, 0x61, 0x73, 0x6d, 1, 0, 0, 0,  1, 4, 1, 0x60, 0, 0,  3, 2, 1, 0,  7, 5, 1, 1, 0x66, 0, 0,  10, 4, 1, 2, 0, 0x0b,
);

const OPTIMISE = ['--no-liftoff', '--no-wasm-lazy-compilation'];
const USUAL = ['--liftoff', '--wasm-lazy-compilation'];

/** Runs `body` with V8 compiling each wasm function by TurboFan when it is first called; the flags are the whole process's. */
export async function optimised<T>(body: () => Promise<T>): Promise<T> {
  setFlagsFromString(OPTIMISE[0]);
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
    return deserialize(bytes.subarray(HEADER_BYTES), wasm);
  } catch {
    return undefined; // no such file
  }
}

/** Keeps what V8 has compiled of `module` by now. False: this engine cannot. */
export function writeCode(file: URL, wasm: Uint8Array, module: WebAssembly.Module): boolean {
  const code = serialize(module);
  if (code === undefined) return false;
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeBigUInt64LE(fingerprint(wasm));
  writeFileSync(file, Buffer.concat([header, code]));
  return true;
}

/** The module, compiled by TurboFan at once: V8 never replaces wasm code that is already running. The flags are the whole process's. */
export function compileOptimised(bytes: Uint8Array): WebAssembly.Module {
  for (const flag of OPTIMISE) setFlagsFromString(flag);
  try {
    return new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>);
  } finally {
    for (const flag of USUAL) setFlagsFromString(flag);
  }
}

/** Machine code of a module, what TurboFan has made of it by now (which must be something); undefined where the engine cannot tell. */
export function serialize(module: WebAssembly.Module): Uint8Array | undefined {
  const code = attempt(() => intrinsics().serialize(module));
  return code && new Uint8Array(code);
}

/** Is an exported function TurboFan's? The flags that see to it are the process's, and another thread may have changed them. */
export const isOptimised = (wasmFunction: unknown): boolean =>
  attempt(() => intrinsics().isOptimised(wasmFunction)) === true;

/**
 * The module of `wasm` with its machine code; undefined when that is of another engine, another processor, or other flags than
 * the process has at the moment (another thread may be compiling).
 */
export function deserialize(code: Uint8Array, wasm: Uint8Array): WebAssembly.Module | undefined {
  const { buffer, byteOffset, length } = code;
  const copy = buffer.slice(byteOffset, byteOffset + length) as ArrayBuffer;
  return attempt(() => intrinsics().deserialize(copy, wasm));
}

interface Intrinsics {
  serialize(module: WebAssembly.Module): ArrayBuffer;
  deserialize(code: ArrayBuffer, wasm: Uint8Array): WebAssembly.Module | undefined;
  isOptimised(wasmFunction: unknown): boolean;
}

let made: Intrinsics | undefined;

/** V8 may have forgotten the functions' code, and then parses them again: hence twice. */
function attempt<T>(body: () => T): T | undefined {
  for (let turn = 0; turn < 2; turn++) {
    try {
      return body();
    } catch {
      made = undefined;
    }
  }
  return undefined;
}

const intrinsic = (parameters: string, call: string) =>
  new Function(...parameters.split(', '), `return %${call}(${parameters})`);

/**
 * V8's %Intrinsics as functions (a SyntaxError where the engine has none). V8 keeps a hash of all flags with machine code,
 * so they are called here once, while the flag is set that they are parsed with, and later without it.
 */
function intrinsics(): Intrinsics {
  if (made !== undefined) return made;
  const module = compileOptimised(SMALLEST);
  const { f } = new WebAssembly.Instance(module).exports;
  setFlagsFromString('--allow-natives-syntax');
  try {
    const serialize = intrinsic('module', 'SerializeWasmModule');
    const deserialize = intrinsic('code, wasm', 'DeserializeWasmModule');
    const isOptimised = intrinsic('f', 'IsTurboFanFunction');
    if (isOptimised(f)) deserialize(serialize(module), SMALLEST);
    made = { serialize, deserialize, isOptimised } as unknown as Intrinsics;
    return made;
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
