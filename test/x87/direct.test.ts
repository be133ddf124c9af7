// The functions that translated code calls (assembly/x87/direct.ts) against the interpreter's instructions, which are compared
// with the processor: same registers, same exceptions and C1, for all rounding and precision controls.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { INST_SIZE } from '../../assembly/shared/inst.ts';
import * as L from '../../assembly/shared/layout.ts';
import { nearby } from './cases.ts';
import { double, extended, Random, single, special } from './record.ts';

const CASES = 8_000;
const CTX = L.CTX_BASE;
const INST = CTX + L.CTX_SIZE;
const CODE = 0x400000;
const MEMORY = 0x401000;
const linear = (guest: number) => guest - L.GUEST_SHIFT;
const [ST0, ST1, RESULT] = [CTX, CTX + 16, CTX + 32] as const;

type Extended = readonly [signExponent: number, significand: bigint];
type Helper = (...args: (number | bigint)[]) => number;

const memory = new WebAssembly.Memory({ initial: 512, maximum: 65536, shared: true });
const none = () => 0;
const table = new WebAssembly.Table({ element: 'anyfunc', initial: 16 });
const env = { memory, table, syscall: none, poll: none, clock: none, abort: none };
const runtime = new URL('../../dist/runtime.wasm', import.meta.url);
const module = new WebAssembly.Module(readFileSync(runtime));
const x87 = new WebAssembly.Instance(module, { env }).exports as Record<string, Helper>;
const view = new DataView(memory.buffer);
const bytes = new Uint8Array(memory.buffer);
bytes[L.PAGE_FLAGS + (CODE >>> 12)] = L.PAGE_READ | L.PAGE_EXEC;
bytes[L.PAGE_FLAGS + (MEMORY >>> 12)] = L.PAGE_READ | L.PAGE_WRITE;
view.setBigUint64(CTX + L.RDI * 8, BigInt(MEMORY), true);
view.setUint32(CTX + L.CPU_LEVEL, 2, true);

function setRegister(at: number, [signExponent, significand]: Extended): void {
  view.setBigUint64(at + L.X87, significand, true);
  view.setUint16(at + L.X87 + 8, signExponent, true);
}

const register = (at: number): Extended => [
  view.getUint16(at + L.X87 + 8, true),
  view.getBigUint64(at + L.X87, true),
];

/** Decodes an instruction once. */
function decoded(code: readonly number[]): Uint8Array {
  bytes.set(code, linear(CODE));
  x87.decodeOne!(CTX, CODE, INST);
  return bytes.slice(INST, INST + INST_SIZE);
}

interface Operation {
  readonly name: string;
  readonly code: readonly number[];
  /** Calls the function, with the top of the stack in R0 and the result wanted in RESULT (stores: X87_RESULT). */
  direct(): number | undefined;
  /** Where the instruction's result is. */
  readonly result: 'ST0' | 'pushed' | 4 | 8 | 2 | 'flags';
}

const M = linear(MEMORY);
const binary = (name: string, code: number[], swapped = false): Operation => ({
  name: `${name}${swapped ? ' reversed' : ''}`,
  code,
  result: 'ST0',
  direct: () => x87[name]!(CTX, RESULT, ...(swapped ? [ST1, ST0] : [ST0, ST1])),
});
const KINDS = ['add', 'mul', 'com', 'comp', 'sub', 'subr', 'div', 'divr'];
const KIND_NUMBERS: Readonly<Record<string, number>> = {
  add: 0,
  mul: 1,
  sub: 2,
  subr: 3,
  div: 4,
  divr: 5,
};
/** ST0 ∘ memory, /reg of the opcode by kind. */
const withMemory = (name: string, opcode: number, value: () => number | bigint): Operation[] =>
  Object.entries(KIND_NUMBERS).map(([kind, number]) => ({
    name: `${name} ${kind}`,
    code: [opcode, 0x07 | (KINDS.indexOf(kind) << 3)],
    result: 'ST0',
    direct: () => {
      setRegister(RESULT, register(ST0));
      return x87[name]!(CTX, RESULT, number, value());
    },
  }));
const load = (name: string, code: number[], value: () => number | bigint): Operation => ({
  name,
  code,
  result: 'pushed',
  direct: () =>
    name === 'x87FromInt' ? x87[name]!(RESULT, value()) : x87[name]!(CTX, RESULT, value()),
});
const store = (name: string, code: number[], result: 2 | 4 | 8, ...more: number[]): Operation => ({
  name: `${name} ${more}`,
  code,
  result,
  direct: () => x87[name]!(CTX, ST0, ...more),
});

const OPERATIONS: readonly Operation[] = [
  binary('x87Add', [0xd8, 0xc1]),
  binary('x87Mul', [0xd8, 0xc9]),
  binary('x87Sub', [0xd8, 0xe1]),
  binary('x87Sub', [0xd8, 0xe9], true),
  binary('x87Div', [0xd8, 0xf1]),
  binary('x87Div', [0xd8, 0xf9], true),
  {
    name: 'x87Sqrt',
    code: [0xd9, 0xfa],
    result: 'ST0',
    direct: () => x87.x87Sqrt!(CTX, RESULT, ST0),
  },
  {
    name: 'x87Round',
    code: [0xd9, 0xfc],
    result: 'ST0',
    direct: () => x87.x87Round!(CTX, RESULT, ST0),
  },
  ...withMemory('x87ArithSingle', 0xd8, () => view.getUint32(M, true)),
  ...withMemory('x87ArithDouble', 0xdc, () => view.getBigUint64(M, true)),
  ...withMemory('x87ArithInt', 0xda, () => BigInt(view.getInt32(M, true))),
  load('x87FromSingle', [0xd9, 0x07], () => view.getUint32(M, true)),
  load('x87FromDouble', [0xdd, 0x07], () => view.getBigUint64(M, true)),
  load('x87FromInt', [0xdf, 0x2f], () => view.getBigInt64(M, true)),
  store('x87ToSingle', [0xd9, 0x17], 4),
  store('x87ToDouble', [0xdd, 0x17], 8),
  store('x87ToInt', [0xdf, 0x17], 2, 16, 0),
  store('x87ToInt', [0xdb, 0x17], 4, 32, 0),
  store('x87ToInt', [0xdf, 0x3f], 8, 64, 0),
  store('x87ToInt', [0xdd, 0x0f], 8, 64, 1),
  ...[1, 0].map(
    (quiet): Operation => ({
      name: `x87Compare ${quiet}`,
      code: [quiet ? 0xdd : 0xd8, quiet ? 0xe1 : 0xd1],
      result: 'flags',
      direct: () => x87.x87Compare!(CTX, ST0, ST1, quiet),
    }),
  ),
];

/** Values around which results are rounded, cancel, overflow and are denormal. */
function operands(r: Random): [number, bigint][] {
  const st: [number, bigint][] = r.chance(20)
    ? [special(r), special(r)]
    : [extended(r), extended(r)];
  if (r.chance(20)) st[r.below(2)] = [0x3fff, 1n << 63n];
  if (r.chance(40)) nearby(st, r);
  return st;
}

function fillMemory({ name, code }: Operation, r: Random): void {
  if (/Single/.test(name)) view.setUint32(M, single(r), true);
  else if (/Double/.test(name)) view.setBigUint64(M, double(r), true);
  else view.setBigUint64(M, r.u64() >> BigInt(r.below(64)), true);
  if (code[0] === 0xdf && r.chance(10)) view.setBigInt64(M, 0n, true);
}

/** What an instruction or a function has done: value, FSW bits. */
function outcome({ result }: Operation, at: number, valueAt: number, status: number): string {
  const hex = (n: number | bigint) => n.toString(16);
  const bits = result === 'flags' ? 0x4500 | 0x3f : 0x23f;
  const value =
    typeof result === 'number'
      ? Buffer.from(bytes.slice(valueAt, valueAt + result)).toString('hex')
      : result === 'flags'
        ? ''
        : register(at).map(hex).join(':');
  return `${value} ${hex(status & bits)}`;
}

describe('functions for translated code', () => {
  test.each(OPERATIONS)('$name', (operation) => {
    const r = new Random(7);
    const instruction = decoded(operation.code);
    const wrong: string[] = [];
    for (let n = 0; n < CASES && wrong.length < 3; n++) {
      const st = operands(r);
      const control = r.chance(70) ? 0x37f : 0x7f | (r.pick([0, 2, 3]) << 8) | (r.below(4) << 10);
      view.setUint16(CTX + L.FCW, control, true);
      fillMemory(operation, r);
      [ST0, ST1].forEach((at, i) => {
        setRegister(at, st[i]!);
      });
      const raised = operation.direct() ?? 0;
      const ours = outcome(operation, RESULT, CTX + L.X87_RESULT, raised);
      view.setUint16(CTX + L.FSW, 0, true);
      view.setUint8(CTX + L.FTW, 3);
      bytes.set(instruction, INST);
      x87.execOne!(CTX, INST);
      const top = operation.result === 'pushed' ? CTX + 7 * 16 : ST0;
      const expected = outcome(operation, top, M, view.getUint16(CTX + L.FSW, true));
      if (ours !== expected)
        wrong.push(
          `${st.map(([e, m]) => `${e.toString(16)}:${m.toString(16)}`)} ${control.toString(16)}: ${ours}, not ${expected}`,
        );
    }
    expect(wrong).toEqual([]);
  });
});
