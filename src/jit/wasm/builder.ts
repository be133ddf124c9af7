// The only importer of binaryen. The translator's other stages see `Wasm`: Binaryen's expression constructors, typed.
// `dryWasm` has the same constructors making nothing, so that a lowering function can be run just to learn which
// registers and flags it reads and writes.
import binaryen from 'binaryen';
import { GPR, RAX, RDI, RDX, RSI, RSP } from '../../../assembly/shared/layout.ts';

export type Wasm = binaryen.Module;
export type Expr = number;
export type Type = binaryen.Type;

export const I32: Type = binaryen.i32;
export const I64: Type = binaryen.i64;
export const V128: Type = binaryen.v128;
export const NONE: Type = binaryen.none;

/** Parameters (rax, rdi, rsi, rdx, rsp, depth) and results (rsp << 32 | next pc, rax) of every region function. */
export const REGION_PARAMS: Type = binaryen.createType([I64, I64, I64, I64, I64, I32]);
export const REGION_RESULTS: Type = binaryen.createType([I64, I64]);

/** Names of what modules import. */
export const GUEST = 'guest';
export const KERNEL = 'kernel';
export const TABLE = 'table';

export function newModule(): Wasm {
  const m = new binaryen.Module();
  // CompactImports is in All, but no engine takes it yet.
  const compactImports =
    (binaryen.Features as unknown as Record<string, number>).CompactImports ?? 0;
  m.setFeatures(binaryen.Features.All & ~compactImports);
  m.setMemory(31, 65536, null, [], true, false, GUEST);
  m.addMemoryImport(GUEST, 'env', 'memory', true);
  m.addTable(TABLE, 0, 0xffffffff);
  m.addTableImport(TABLE, 'env', 'table');
  m.addGlobalImport('ctx', 'env', 'ctx', I32, false);
  m.addFunctionImport('step', 'env', 'step', I32, I32);
  m.addFunctionImport('cond', 'env', 'cond', binaryen.createType([I32, I32]), I32);
  m.addFunctionImport('lookup', 'env', 'lookup', I32, I32);
  return m;
}

const nothing = (): number => 0;

function dryCopy(source: object, depth: number): Record<string, unknown> {
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(source)) {
    const value = (source as Record<string, unknown>)[key];
    if (typeof value === 'function') copy[key] = nothing;
    else if (typeof value === 'object' && value !== null && depth > 0)
      copy[key] = dryCopy(value, depth - 1);
  }
  return copy;
}

let dry: Wasm | undefined;

export function dryWasm(): Wasm {
  if (dry === undefined) {
    const real = new binaryen.Module();
    const copy = dryCopy(real, 2);
    for (
      let proto = Object.getPrototypeOf(real);
      proto && proto !== Object.prototype;
      proto = Object.getPrototypeOf(proto)
    ) {
      for (const key of Object.getOwnPropertyNames(proto)) {
        if (key in copy) continue;
        const value = (real as unknown as Record<string, unknown>)[key];
        copy[key] = typeof value === 'object' && value !== null ? dryCopy(value, 2) : nothing;
      }
    }
    real.dispose();
    dry = copy as unknown as Wasm;
  }
  return dry;
}

/** A 64-bit constant from a number or bigint. */
export function constI64(w: Wasm, value: number | bigint): Expr {
  return w.i64.const(BigInt.asIntN(64, BigInt(value)) as never);
}

/** A function that leaves to the dispatcher for guest address `pc`: stands in the slot of a region not yet there. */
export function addStub(w: Wasm, name: string, pc: number): void {
  const registers = [RAX, RDI, RSI, RDX, RSP];
  const stores = registers.map((r, i) =>
    w.i64.store(GPR + r * 8, 8, w.global.get('ctx', I32), w.local.get(i, I64)),
  );
  const value = w.tuple.make([
    constI64(w, (0xffffffffn << 32n) | BigInt(pc >>> 0)),
    constI64(w, 0),
  ]);
  w.addFunction(
    name,
    REGION_PARAMS,
    REGION_RESULTS,
    [],
    w.block(null, [...stores, w.return(value)]),
  );
}
