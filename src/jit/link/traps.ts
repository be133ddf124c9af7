// A wasm trap inside a region, told from V8's stack trace: which module, and where in it. V8 names a module by a hash of
// its bytes; each module has an export that does nothing but trap, so that its name can be learnt when it is needed.
//
//   RuntimeError: memory access out of bounds
//       at wasm://wasm/0b1c6a2e:wasm-function[5]:0x4f1        (with a name in front where the module has names)
import { TRAP_EXPORT } from '../wasm/exports.ts';

export interface TrapPlace {
  readonly module: string;
  /** Byte offset in the module. */
  readonly offset: number;
}

const FRAME = /(wasm:\/\/wasm\/[^\s:)]+):wasm-function\[\d+\]:0x([0-9a-f]+)/;

/** Where a trap happened; undefined when it was no code of wasm's. */
export function placeOf(error: unknown): TrapPlace | undefined {
  if (!(error instanceof WebAssembly.RuntimeError || error instanceof RangeError)) return undefined;
  const top = (error.stack ?? '').split('\n').find((line) => /^\s+at /.test(line));
  const match = FRAME.exec(top ?? '');
  return match === null ? undefined : { module: match[1], offset: Number.parseInt(match[2], 16) };
}

/** V8's name of an instance's module. */
export function moduleName(exports: WebAssembly.Exports): string | undefined {
  try {
    (exports[TRAP_EXPORT] as () => void)();
    return undefined;
  } catch (error) {
    return placeOf(error)?.module;
  }
}
