// dist/runtime.wasm, compiled. The interpreter is needed at full speed from the first instruction on, so the build keeps
// TurboFan's machine code beside it (dist/runtime.code), where the engine can serialise modules. That code is bound to one
// V8 version, CPU and set of flags; V8 checks them and refuses what does not fit, and then the module is compiled as usual.
import { readFileSync, writeFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';

const dist = new URL(import.meta.url.endsWith('.ts') ? '../../dist/' : './', import.meta.url);
const WASM = new URL('runtime.wasm', dist);
const CODE = new URL('runtime.code', dist);

let compiled: WebAssembly.Module | undefined;

/** Compiled once a process, whatever the number of sessions. */
export function runtimeModule(): WebAssembly.Module {
  if (compiled === undefined) {
    const wasm = readFileSync(WASM);
    compiled = fromCode(wasm) ?? new WebAssembly.Module(wasm);
  }
  return compiled;
}

/** Bytes in front of the machine code: the length of the wasm file it belongs to, and a hash of it. */
const HEADER_BYTES = 8;

function fromCode(wasm: Uint8Array): WebAssembly.Module | undefined {
  try {
    const file = readFileSync(CODE);
    const header = file.readBigUInt64LE(0);
    if (header !== fingerprint(wasm)) return undefined;
    const code = file.buffer.slice(file.byteOffset + HEADER_BYTES, file.byteOffset + file.length);
    return withIntrinsics(
      'code, wasm',
      'return %DeserializeWasmModule(code, wasm)',
      code as ArrayBuffer,
      wasm,
    );
  } catch {
    return undefined; // no such file, or an engine without these intrinsics
  }
}

/** Compiles with TurboFan at once and keeps the result; for the build. False: this engine cannot. */
export function writeRuntimeCode(): boolean {
  const wasm = readFileSync(WASM);
  // With the same flags as when it is read: they are part of what V8 compares.
  for (const flag of ['--no-liftoff', '--no-wasm-lazy-compilation']) setFlagsFromString(flag);
  const module = new WebAssembly.Module(wasm);
  for (const flag of ['--liftoff', '--wasm-lazy-compilation']) setFlagsFromString(flag);
  try {
    const code = withIntrinsics<ArrayBuffer>(
      'module',
      'return %SerializeWasmModule(module)',
      module,
    );
    const header = Buffer.alloc(HEADER_BYTES);
    header.writeBigUInt64LE(fingerprint(wasm));
    writeFileSync(CODE, Buffer.concat([header, Buffer.from(code)]));
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

/** FNV-1a of the bytes (32 bits) above their number. */
function fingerprint(bytes: Uint8Array): bigint {
  let hash = 0x811c9dc5;
  for (let i = 0; i < bytes.length; i++) hash = Math.imul(hash ^ bytes[i], 0x01000193);
  return (BigInt(bytes.length) << 32n) | BigInt(hash >>> 0);
}
