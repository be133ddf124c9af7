// The only importer of binaryen. The translator's other stages see `Wasm`: Binaryen's expression constructors, typed.
// `dryWasm` has the same constructors making nothing, so that a lowering function can be run just to learn which
// registers and flags it reads and writes.
import binaryen from 'binaryen';
import {
  GPR,
  GUEST_SHIFT,
  JUMP_PC,
  RAX,
  RDI,
  RDX,
  RESUME_SLOT,
  RIP,
  RSI,
  RSP,
} from '../../../assembly/shared/layout.ts';

import { LINKS, TRAP_EXPORT, type X87Helper } from './exports.ts';
import { PlaceRecorder, type Places } from './places.ts';

export type Wasm = binaryen.Module;
export type Expr = number;
export type Type = binaryen.Type;

export const I32: Type = binaryen.i32;
export const I64: Type = binaryen.i64;
export const F32: Type = binaryen.f32;
export const F64: Type = binaryen.f64;
export const V128: Type = binaryen.v128;
export const NONE: Type = binaryen.none;

/** Parameters (rax, rdi, rsi, rdx, rsp: as many as V8 passes in registers) and results (rsp << 32 | next pc, rax) of every region. */
export const REGION_PARAMS: Type = binaryen.createType([I64, I64, I64, I64, I64]);
export const REGION_RESULTS: Type = binaryen.createType([I64, I64]);

/** Name of the process's memory. */
export const GUEST = 'guest';
export const TABLE = 'table';

// CompactImports is in All, but no engine takes it yet.
const FEATURES: number =
  binaryen.Features.All &
  ~((binaryen.Features as unknown as Record<string, number>).CompactImports ?? 0);

/** Functions of the runtime that few modules call: imported by those that do (link/client.ts gives them). Parameters, result. */
// biome-ignore format: aligned rows
const OPTIONAL: Readonly<Record<X87Helper, readonly [params: readonly Type[], result: Type]>> = {
  x87Add:         [[I32, I32, I32, I32], I32],  x87Sub:         [[I32, I32, I32, I32], I32],
  x87Mul:         [[I32, I32, I32, I32], I32],  x87Div:         [[I32, I32, I32, I32], I32],
  x87Sqrt:        [[I32, I32, I32], I32],       x87Round:       [[I32, I32, I32], I32],
  x87ArithSingle: [[I32, I32, I32, I32], I32],  x87ArithDouble: [[I32, I32, I32, I64], I32],
  x87ArithInt:    [[I32, I32, I32, I64], I32],  x87FromSingle:  [[I32, I32, I32], I32],
  x87FromDouble:  [[I32, I32, I64], I32],       x87FromInt:     [[I32, I64], NONE],
  x87ToSingle:    [[I32, I32], I32],            x87ToDouble:    [[I32, I32], I32],
  x87ToInt:       [[I32, I32, I32, I32], I32],  x87Compare:     [[I32, I32, I32, I32], I32],
};
const imported = new WeakMap<Wasm, Set<string>>();

/** A call of one of these. */
export function callOptional(w: Wasm, name: X87Helper, ...args: readonly Expr[]): Expr {
  const [params, result] = OPTIONAL[name];
  let names = imported.get(w);
  if (names === undefined) imported.set(w, (names = new Set()));
  if (!names.has(name)) {
    names.add(name);
    w.addFunctionImport(name, 'env', name, binaryen.createType([...params]), result);
  }
  return w.call(name, [...args], result);
}

/** A module with what every translated module imports. */
export function newModule(): Wasm {
  const m = new binaryen.Module();
  m.setFeatures(FEATURES);
  m.setMemory(31, 65536, null, [], true, false, GUEST);
  m.addMemoryImport(GUEST, 'env', 'memory', true);
  m.addTableImport(TABLE, 'env', 'table');
  for (const name of ['ctx', 'slots']) m.addGlobalImport(name, 'env', name, I32, false);
  const several = (...types: Type[]) => binaryen.createType(types);
  const imports: [name: string, params: Type][] = [
    ['step', I32],
    ['exec', several(I32, I64, I64, I64, I64)],
    ['goOn', I32],
    ['cond', several(I32, I32)],
  ];
  for (const [name, params] of imports) m.addFunctionImport(name, 'env', name, params, I32);
  return m;
}

/** The bytes of a module given as text. */
export function assemble(text: string): Uint8Array {
  const m = (binaryen.parseText as (text: string, features: number) => Wasm)(text, FEATURES);
  m.setFeatures(FEATURES);
  try {
    return m.emitBinary();
  } finally {
    m.dispose();
  }
}

// --- places: which guest instruction a memory access belongs to, for one module after a trap -----------------------------

const recorders = new WeakMap<Wasm, PlaceRecorder>();
const ACCESS = /^(load|store)/;

/** The same builder, noting places: of accesses only, or of all that is made. */
export function withPlaces(w: Wasm, all = false): Wasm {
  const recorder = new PlaceRecorder();
  const noting = (group: object) =>
    new Proxy(group, {
      get(target, key) {
        const value = Reflect.get(target, key);
        if (typeof value !== 'function' || !(all || ACCESS.test(String(key)))) return value;
        return (...args: unknown[]) => recorder.add(value.apply(target, args));
      },
    });
  const groups = new Map(
    ['i32', 'i64', 'f32', 'f64', 'v128', 'local'].map((type) => [type, noting(w[type as 'i32'])]),
  );
  const noted: Wasm = new Proxy(w, {
    get(target, key) {
      const group = groups.get(String(key));
      if (group) return group;
      const value = Reflect.get(target, key);
      if (typeof value !== 'function') return value;
      if (key !== 'addFunction') return value.bind(target);
      return (...args: Parameters<Wasm['addFunction']>) => {
        const func = target.addFunction(...args);
        recorder.attach(target, func);
        return func;
      };
    },
  });
  recorders.set(noted, recorder);
  return noted;
}

/** What follows is made for the instruction at `pc`. */
export const beginInstruction = (w: Wasm, pc: number): void => recorders.get(w)?.begin(pc);

/** The bytes are as emitBinary()'s. */
export const emitWithPlaces = (w: Wasm): Places => recorders.get(w)!.emit(w);

/** Guest address by the number of its line in emitText(), less one. */
export const notedLines = (w: Wasm): readonly number[] => recorders.get(w)!.lines;

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

/** Puts functions into the module's slots: which these are is known when it is instantiated (link/table.ts). */
export function addSlots(w: Wasm, functions: readonly string[]): void {
  w.addActiveElementSegment(TABLE, 'regions', [...functions], w.global.get('slots', I32));
}

/** The table of the module's links: its own, of a fixed size and called with constant indices, so that V8 checks no bounds. */
export function addLinks(w: Wasm, count: number): void {
  w.addTable(LINKS, count, count);
  w.addTableExport(LINKS, LINKS);
}

/**
 * A block that is left by a branch somewhere in it. Binaryen would look for that branch through all of the block, each time it
 * makes one around another; so the block gets its name when it is finished.
 */
export function labelled(w: Wasm, label: string, body: Expr[]): Expr {
  const block = w.block(null, body);
  if (w === dry) return block;
  raw.Block.setName(block, label);
  raw._BinaryenExpressionSetType(block, NONE);
  return block;
}

/** Stores the parameters of a region to the context. */
const stored = (w: Wasm): Expr[] =>
  [RAX, RDI, RSI, RDX, RSP].map((r, i) =>
    w.i64.store(GPR + r * 8, 8, w.global.get('ctx', I32), w.local.get(i, I64), GUEST),
  );

export function addTrap(w: Wasm): void {
  w.addFunction(TRAP_EXPORT, NONE, NONE, [], w.unreachable());
  w.addFunctionExport(TRAP_EXPORT, TRAP_EXPORT);
}

/** What a region returns to have the dispatcher go on at `pc` (i32): everything is in the context. No return address looks like it. */
function exitTo(w: Wasm, pc: Expr): Expr {
  const packed = w.i64.or(constI64(w, -0x1_0000_0000n), w.i64.extend_u(pc));
  return w.tuple.make([packed, constI64(w, 0)]);
}

/**
 * The glue between the dispatcher and regions. `enter(slot)` loads the parameter registers, calls the region in the slot, stores
 * what it returns and answers the first of its results. `leave` stands in every slot that has no region: it goes on at JUMP_PC in
 * the place of a region (assembly/regions.ts, goOn); `resume(pc)` does so with all registers in the context.
 * `leaveCall` stands in links for direct calls: it finds the called function in the call instruction, in front of the return address.
 */
export function addGlue(w: Wasm): void {
  const ctx = () => w.global.get('ctx', I32);
  const load = (r: number) => w.i64.load(GPR + r * 8, 8, ctx(), GUEST);
  const store = (r: number, value: Expr) => w.i64.store(GPR + r * 8, 8, ctx(), value, GUEST);
  const parameters = () => [RAX, RDI, RSI, RDX, RSP].map(load);
  const pair = () => w.local.get(1, REGION_RESULTS);
  const packed = () => w.tuple.extract(pair(), 0);
  const high = () => w.i64.shr_u(packed(), constI64(w, 32));
  const returned = w.block(null, [store(RSP, high()), store(RAX, w.tuple.extract(pair(), 1))]);
  const slot = w.local.get(0, I32);
  const entered = w.call_indirect(TABLE, slot, parameters(), REGION_PARAMS, REGION_RESULTS);
  const enter = [
    w.local.set(1, entered),
    w.if(w.i64.ne(high(), constI64(w, 0xffffffff)), returned),
    packed(),
  ];
  w.addFunction('enter', I32, I64, [REGION_RESULTS], w.block(null, enter, I64));
  const next = () => w.local.get(0, I32);
  const rip = () => w.i64.load32_u(RIP, 4, ctx(), GUEST);
  const answer = w.tuple.make([w.i64.or(w.i64.shl(load(RSP), constI64(w, 32)), rip()), load(RAX)]);
  const go = [
    w.local.set(0, w.call('goOn', [ctx()], I32)),
    w.if(w.i32.eqz(next()), w.return(answer)),
    w.if(w.i32.lt_s(next(), w.i32.const(0)), w.return(exitTo(w, w.i32.wrap(rip())))),
    w.return_call_indirect(TABLE, next(), parameters(), REGION_PARAMS, REGION_RESULTS),
  ];
  w.addFunction('go', NONE, REGION_RESULTS, [I32], w.block(null, go));
  const going = () => w.return_call('go', [], REGION_RESULTS);
  const leave = w.block(null, [...stored(w), going()]);
  w.addFunction('leave', REGION_PARAMS, REGION_RESULTS, [], leave);
  const guest32 = (at: Expr, before: number) =>
    w.i32.load(0, 1, w.i32.add(at, w.i32.const(-GUEST_SHIFT - before)), GUEST);
  const back = w.local.set(5, guest32(w.i32.wrap(w.local.get(4, I64)), 0));
  const called = w.i32.add(w.local.get(5, I32), guest32(w.local.get(5, I32), 4));
  const word = w.i64.or(w.i64.extend_u(called), constI64(w, IS_CALL));
  const leaveCall = [...stored(w), back, w.i64.store(JUMP_PC, 8, ctx(), word, GUEST), going()];
  w.addFunction('leaveCall', REGION_PARAMS, REGION_RESULTS, [I32], w.block(null, leaveCall));
  const at = w.i64.extend_u(w.local.get(0, I32));
  const resume = w.block(null, [w.i64.store(JUMP_PC, 8, ctx(), at, GUEST), going()]);
  w.addFunction('resume', I32, REGION_RESULTS, [], resume);
  for (const name of ['enter', 'leave', 'leaveCall', 'resume']) w.addFunctionExport(name, name);
}

/** JUMP_IS_CALL, in one word with JUMP_PC. */
export const IS_CALL = 1n << 32n;

/** Goes on at `pc` (i32), for which there is no region: everything is in the context. */
export function resume(w: Wasm, pc: Expr): Expr {
  return w.return_call_indirect(TABLE, w.i32.const(RESUME_SLOT), [pc], I32, REGION_RESULTS);
}

/** Relaxed SIMD instructions, which Binaryen's interface for JavaScript leaves out. */
export type RelaxedOp =
  | 'RelaxedSwizzleVecI8x16'
  | 'RelaxedTruncSVecF32x4ToVecI32x4'
  | 'RelaxedTruncZeroSVecF64x2ToVecI32x4'
  | 'RelaxedLaneselectI8x16'
  | 'RelaxedLaneselectI32x4'
  | 'RelaxedLaneselectI64x2';

interface RawBinaryen extends Record<RelaxedOp, number> {
  readonly Block: { setName(block: Expr, name: string): void };
  _BinaryenExpressionSetType(expression: Expr, type: Type): void;
  _BinaryenUnary(module: number, op: number, a: Expr): Expr;
  _BinaryenBinary(module: number, op: number, a: Expr, b: Expr): Expr;
  _BinaryenSIMDTernary(module: number, op: number, a: Expr, b: Expr, c: Expr): Expr;
}

const raw = binaryen as unknown as RawBinaryen;

export function relaxed(w: Wasm, name: RelaxedOp, a: Expr, b?: Expr, c?: Expr): Expr {
  if (w === dry) return 0;
  const module = (w as unknown as { ptr: number }).ptr;
  if (b === undefined) return raw._BinaryenUnary(module, raw[name], a);
  if (c === undefined) return raw._BinaryenBinary(module, raw[name], a, b);
  return raw._BinaryenSIMDTernary(module, raw[name], a, b, c);
}
