// Runs the same instructions with the same registers and memory on the processor (native.c) and in the runtime, and
// compares everything that an instruction may change.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as Ops from '../../assembly/generated/ops.ts';
import * as L from '../../assembly/shared/layout.ts';
import type { Sample } from './rows.ts';

const STATE = 1152;
const YMM = 576;
const GPRS = 832;
const RFLAGS = 960;
const FAULT = 968;
const LENGTH = 972;
const CODE = 976;
const ADDRESS = 992;
const ERROR = 1000;
const DATA = 1024;
const PAGE = 0x10000000;
/** Guest address of the 64 bytes of memory: the last ones of their page. */
const MEMORY = PAGE + 0x1000 - 64;
const CODE_PAGE = 0x11000000;

// ---- pseudo-random numbers, so that a failure can be repeated

export function random(seed: number): () => number {
  let s = seed >>> 0;
  return () => {
    s = (s + 0x6d2b79f5) >>> 0;
    let t = Math.imul(s ^ (s >>> 15), s | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  };
}

// biome-ignore format: table
const SINGLES = [
  0, 0x80000000, 1, 0x80000001, 0x7fffff, 0x807fffff, 0x800000, 0x80800000, 0x800001, 0x3f800000, 0xbf800000, 0x3f000000,
  0x40000000, 0x40400000, 0x3eaaaaab, 0x7f7fffff, 0xff7fffff, 0x7f800000, 0xff800000, 0x7fc00000, 0xffc00000, 0x7fc12345,
  0x7f800001, 0xff812345, 0x4effffff, 0x4f000000, 0xcf000000, 0xcf000001, 0x5f000000, 0xdf000000, 0x3fc00000, 0x40200000,
  0x4b000001, 0x4b7fffff, 0x3effffff, 0x00ffffff, 0x1f800000, 0x20000000, 0x3f7fffff,
];
// biome-ignore format: table
const DOUBLES = [
  0n, 1n << 63n, 1n, 0x8000000000000001n, 0xfffffffffffffn, 0x10000000000000n, 0x8010000000000000n, 0x10000000000001n,
  0x3ff0000000000000n, 0xbff0000000000000n, 0x3fe0000000000000n, 0x4000000000000000n, 0x4008000000000000n, 0x3fd5555555555555n,
  0x7fefffffffffffffn, 0xffefffffffffffffn, 0x7ff0000000000000n, 0xfff0000000000000n, 0x7ff8000000000000n, 0xfff8000000000000n,
  0x7ff8000000012345n, 0x7ff0000000000001n, 0xfff0000012345678n, 0x41dfffffffc00000n, 0x41dfffffffe00000n, 0x41e0000000000000n,
  0xc1e0000000000000n, 0xc1e0000000100000n, 0xc1e0000000200000n, 0x43e0000000000000n, 0xc3e0000000000000n, 0x43dfffffffffffffn,
  0x3ff8000000000000n, 0x4004000000000000n, 0x4330000000000001n, 0x433fffffffffffffn, 0x3fdfffffffffffffn, 0x47efffffe0000000n,
  0x47effffff0000000n, 0x47efffffefffffffn, 0x3810000000000000n, 0x380fffffffffffffn, 0x36a0000000000000n, 0x3690000000000000n,
  0x3690000000000001n, 0x380fffffe0000000n, 0x2000000000000000n, 0x1ff0000000000000n, 0x3fefffffffffffffn,
];

/** 16 random bytes of one of the kinds that matter: singles, doubles, whole numbers, small integers, text. */
function fill(view: DataView, at: number, next: () => number): void {
  const kind = next() % 12;
  for (let i = 0; i < 16; i += 4) view.setUint32(at + i, next(), true);
  if (kind < 3) {
    for (let i = 0; i < 16; i += 4) {
      if (next() % 4) view.setUint32(at + i, SINGLES[next() % SINGLES.length]!, true);
    }
  } else if (kind < 6) {
    for (let i = 0; i < 16; i += 8) {
      if (next() % 4) view.setBigUint64(at + i, DOUBLES[next() % DOUBLES.length]!, true);
    }
  } else if (kind === 6) {
    for (let i = 0; i < 16; i += 4) view.setFloat32(at + i, ((next() % 2001) - 1000) / 4, true);
  } else if (kind === 7) {
    for (let i = 0; i < 16; i += 8) view.setFloat64(at + i, ((next() % 2001) - 1000) / 4, true);
  } else if (kind === 8) {
    // exponents near each other, and near the ends of the range of normal numbers
    const base = [1, 2, 20, 120, 127, 150, 230, 253, 254][next() % 9]!;
    for (let i = 0; i < 16; i += 4) {
      view.setUint32(
        at + i,
        (next() & 0x807fffff) | (Math.min(254, base + (next() % 3)) << 23),
        true,
      );
    }
  } else if (kind === 9) {
    const base = [1, 2, 30, 900, 1023, 1070, 1500, 2045, 2046][next() % 9]!;
    for (let i = 0; i < 16; i += 8) {
      const high = (next() & 0x800fffff) | (Math.min(2046, base + (next() % 3)) << 20);
      view.setUint32(at + i + 4, high >>> 0, true);
      if (next() & 1) view.setUint32(at + i, 0, true);
    }
  } else if (kind === 10) {
    for (let i = 0; i < 16; i++) view.setUint8(at + i, next() % 5);
  }
}

/** A case: random registers, MXCSR, TOP, flags and memory; rsi somewhere in the memory for operands of `size` bytes. */
function randomState(view: DataView, at: number, size: number, next: () => number): void {
  const pending = next() % 40 === 0; // an unmasked x87 exception waits for the next x87 or MMX instruction
  view.setUint16(at, pending ? 0x037e : 0x037f, true);
  view.setUint16(at + 2, ((next() % 8) << 11) | (pending ? 0x8081 : 0), true);
  view.setUint8(at + 4, next());
  const choice = next() % 10;
  const sticky = next() % 3 ? next() & 0x3f : 0;
  const mxcsr =
    choice < 5
      ? 0x1f80 | sticky
      : choice < 8
        ? 0x1f80 | sticky | (next() & 0xe040)
        : next() & 0xffff;
  view.setUint32(at + 24, mxcsr | (next() % 16 ? 0 : 0x20000), true); // AMD's MM now and then
  for (let i = 0; i < 8; i++) {
    fill(view, at + 32 + i * 16, next);
    view.setUint16(at + 32 + i * 16 + 8, next() & 0xffff, true);
    for (let j = 10; j < 16; j++) view.setUint8(at + 32 + i * 16 + j, 0);
  }
  for (let i = 0; i < 16; i++) fill(view, at + 160 + i * 16, next);
  for (let i = 0; i < 16; i++) fill(view, at + YMM + i * 16, next);
  if (next() % 4 === 0) copy16(view, at + 160 + 32, at + 160 + 16);
  for (let i = 0; i < 16; i += 2) fill(view, at + GPRS + i * 8, next);
  if (next() % 2) view.setBigInt64(at + GPRS, BigInt((next() % 41) - 20), true);
  if (next() % 2) view.setBigInt64(at + GPRS + 16, BigInt((next() % 41) - 20), true);
  view.setBigUint64(at + RFLAGS, BigInt(0x202 | (next() & 0x8d5)), true);
  for (let i = 0; i < 64; i += 16) fill(view, at + DATA + i, next);
  const places = [48, 32, 64 - size, 48, 64 - size, next() % 64];
  const place = size > 1 && next() % 40 === 0 ? 64 - size + 1 : places[next() % places.length]!;
  view.setBigUint64(at + GPRS + 48, BigInt(MEMORY + place), true);
  view.setBigUint64(at + GPRS + 56, BigInt(MEMORY + 16 + (next() % 33)), true);
}

/** Small numbers of `size` bytes in both halves of vector register `register`: indices of a gather. */
function randomIndices(
  view: DataView,
  at: number,
  register: number,
  size: number,
  next: () => number,
): void {
  const limit = next() % 3 ? 16 : 60;
  for (const half of [at + 160 + register * 16, at + YMM + register * 16]) {
    for (let i = 0; i < 16; i += size) {
      const value = (next() % limit) - 8;
      if (size === 4) view.setInt32(half + i, value, true);
      else view.setBigInt64(half + i, BigInt(value), true);
    }
  }
}

function copy16(view: DataView, to: number, from: number): void {
  for (let i = 0; i < 16; i++) view.setUint8(to + i, view.getUint8(from + i));
}

// ---- assembling

/** Machine code of every sample, by the system's assembler. */
export function assemble(samples: readonly Sample[]): Buffer[] {
  const dir = mkdtempSync(join(tmpdir(), 'lxjit-isa-'));
  try {
    const slots = samples.map(({ text }) => `.balign 32\n.byte 9f-8f\n8: ${text}\n9:`);
    writeFileSync(join(dir, 'a.s'), `.intel_syntax noprefix\n${slots.join('\n')}\n.balign 32\n`);
    execFileSync('as', ['-o', join(dir, 'a.o'), join(dir, 'a.s')]);
    execFileSync('objcopy', ['-O', 'binary', '-j', '.text', join(dir, 'a.o'), join(dir, 'a.bin')]);
    const bytes = readFileSync(join(dir, 'a.bin'));
    return samples.map((_, i) => bytes.subarray(i * 32 + 1, i * 32 + 1 + bytes[i * 32]!));
  } finally {
    rmSync(dir, { recursive: true });
  }
}

/** Compiles native.c; the function runs cases on the processor. */
export function nativeRunner(): { run: (cases: Buffer) => Buffer; close: () => void } {
  const dir = mkdtempSync(join(tmpdir(), 'lxjit-isa-'));
  const program = join(dir, 'native');
  const source = fileURLToPath(new URL('native.c', import.meta.url));
  execFileSync('gcc', ['-O1', '-o', program, source]);
  const run = (cases: Buffer): Buffer => {
    const count = Buffer.alloc(4);
    count.writeUInt32LE(cases.length / STATE);
    const input = Buffer.concat([count, cases]);
    const { stdout, status } = spawnSync(program, { input, maxBuffer: cases.length + 1024 });
    if (status !== 0 || stdout.length !== cases.length) throw new Error(`native: status ${status}`);
    return stdout;
  };
  return { run, close: () => rmSync(dir, { recursive: true }) };
}

// ---- the runtime

interface Exports {
  decodeOne(ctx: number, pc: number, inst: number): number;
  sseExec(ctx: number, inst: number): number;
  mmxExec(ctx: number, inst: number): number;
  avxExec(ctx: number, inst: number): number;
  status(ctx: number): number;
}

export class Runtime {
  readonly #memory = new WebAssembly.Memory({ initial: 0x1200, maximum: 65536, shared: true });
  readonly #view = new DataView(this.#memory.buffer);
  readonly #bytes = new Uint8Array(this.#memory.buffer);
  readonly #exports: Exports;

  constructor() {
    const file = fileURLToPath(new URL('../../dist/runtime.wasm', import.meta.url));
    const module = new WebAssembly.Module(readFileSync(file));
    const env: Record<string, unknown> = { memory: this.#memory };
    for (const { name, kind } of WebAssembly.Module.imports(module)) {
      if (kind === 'function') env[name] = () => 0;
      if (kind === 'table') env[name] = new WebAssembly.Table({ element: 'anyfunc', initial: 16 });
    }
    this.#exports = new WebAssembly.Instance(module, { env: env as never }).exports as never;
    this.#bytes[L.PAGE_FLAGS + (PAGE >>> 12)] = L.PAGE_READ | L.PAGE_WRITE;
    this.#bytes[L.PAGE_FLAGS + (CODE_PAGE >>> 12)] = L.PAGE_READ | L.PAGE_EXEC;
  }

  /** Executes the case in place, as native.c does. */
  run(cases: Buffer, at: number): void {
    const ctx = L.CTX_BASE;
    const inst = L.SCRATCH;
    this.#load(ctx, cases, at);
    const length = cases.readUInt32LE(at + LENGTH);
    this.#bytes.set(cases.subarray(at + CODE, at + CODE + 16), CODE_PAGE - L.GUEST_SHIFT);
    if (this.#exports.decodeOne(ctx, CODE_PAGE, inst) !== length) throw new Error('wrong length');
    const op = this.#view.getUint16(inst, true);
    let exit: number;
    if (op >= Ops.FIRST_SSE && op <= Ops.LAST_SSE) exit = this.#exports.sseExec(ctx, inst);
    else if (op >= Ops.FIRST_MMX && op <= Ops.LAST_MMX) exit = this.#exports.mmxExec(ctx, inst);
    else if (op >= Ops.FIRST_AVX && op <= Ops.LAST_AVX) exit = this.#exports.avxExec(ctx, inst);
    else throw new Error(`operation ${op} is neither SSE nor MMX`);
    this.#save(ctx, cases, at);
    const fault = exit ? this.#view.getUint32(ctx + L.FAULT_VECTOR, true) : 0xffffffff;
    cases.writeUInt32LE(fault, at + FAULT);
    cases.writeBigUInt64LE(
      exit ? this.#view.getBigUint64(ctx + L.FAULT_ADDR, true) : 0n,
      at + ADDRESS,
    );
    cases.writeBigUInt64LE(
      exit ? BigInt(this.#view.getUint32(ctx + L.FAULT_CODE, true)) : 0n,
      at + ERROR,
    );
  }

  #load(ctx: number, cases: Buffer, at: number): void {
    const view = this.#view;
    this.#bytes.fill(0, ctx, ctx + L.CTX_SIZE);
    const top = (cases.readUInt16LE(at + 2) >> 11) & 7;
    view.setUint16(ctx + L.FCW, cases.readUInt16LE(at), true);
    view.setUint16(ctx + L.FSW, cases.readUInt16LE(at + 2), true);
    this.#bytes[ctx + L.FTW] = cases[at + 4]!;
    view.setUint32(ctx + L.MXCSR, cases.readUInt32LE(at + 24), true);
    for (let i = 0; i < 8; i++) {
      const slot = at + 32 + i * 16;
      this.#bytes.set(cases.subarray(slot, slot + 16), ctx + L.X87 + ((top + i) & 7) * 16);
    }
    this.#bytes.set(cases.subarray(at + 160, at + 416), ctx + L.XMM);
    this.#bytes.set(cases.subarray(at + YMM, at + YMM + 256), ctx + L.YMM_HIGH);
    view.setUint32(ctx + L.CPU_LEVEL, 3, true);
    this.#bytes.set(cases.subarray(at + GPRS, at + GPRS + 128), ctx + L.GPR);
    view.setBigUint64(ctx + L.EFLAGS, cases.readBigUInt64LE(at + RFLAGS), true);
    this.#bytes.set(cases.subarray(at + DATA, at + DATA + 64), MEMORY - L.GUEST_SHIFT);
  }

  #save(ctx: number, cases: Buffer, at: number): void {
    const view = this.#view;
    const bytes = this.#bytes;
    cases.writeUInt16LE(view.getUint16(ctx + L.FSW, true), at + 2);
    cases[at + 4] = bytes[ctx + L.FTW]!;
    cases.writeUInt32LE(view.getUint32(ctx + L.MXCSR, true), at + 24);
    const top = (view.getUint16(ctx + L.FSW, true) >> 11) & 7;
    for (let i = 0; i < 8; i++) {
      const slot = ctx + L.X87 + ((top + i) & 7) * 16;
      cases.set(bytes.subarray(slot, slot + 16), at + 32 + i * 16);
    }
    cases.set(bytes.subarray(ctx + L.XMM, ctx + L.XMM + 256), at + 160);
    cases.set(bytes.subarray(ctx + L.YMM_HIGH, ctx + L.YMM_HIGH + 256), at + YMM);
    cases.set(bytes.subarray(ctx + L.GPR, ctx + L.GPR + 128), at + GPRS);
    const flags =
      (cases.readBigUInt64LE(at + RFLAGS) & ~0x8d5n) | BigInt(this.#exports.status(ctx));
    cases.writeBigUInt64LE(flags, at + RFLAGS);
    const memory = MEMORY - L.GUEST_SHIFT;
    cases.set(bytes.subarray(memory, memory + 64), at + DATA);
  }
}

// ---- cases and their comparison

/** `count` cases of one instruction. */
export function makeCases(
  { text, memory }: Sample,
  code: Buffer,
  count: number,
  next: () => number,
): Buffer {
  const index = /v\w*gather(\w)\w* .*\[rdi \+ .mm(\d+)/.exec(text);
  const cases = Buffer.alloc(count * STATE);
  const view = new DataView(cases.buffer, cases.byteOffset, cases.length);
  for (let i = 0; i < count; i++) {
    const at = i * STATE;
    randomState(view, at, memory || 16, next);
    if (index) randomIndices(view, at, Number(index[2]), index[1] === 'd' ? 4 : 8, next);
    cases.set(code, at + CODE);
    cases.writeUInt32LE(code.length, at + LENGTH);
  }
  return cases;
}

/** Parts of a case that are compared: FSW with TOP, FTW, MXCSR, x87/MMX, XMM, GPRs (not rsp and r15), flags, fault, memory. */
// biome-ignore format: aligned rows
const PARTS: readonly (readonly [name: string, from: number, to: number])[] = [
  ['fsw', 2, 4], ['ftw', 4, 5], ['mxcsr', 24, 28],
  ...Array.from({ length: 8 }, (_, i) => [`st${i}`, 32 + i * 16, 42 + i * 16] as const),
  ...Array.from({ length: 16 }, (_, i) => [`xmm${i}`, 160 + i * 16, 176 + i * 16] as const),
  ...Array.from({ length: 16 }, (_, i) => [`high${i}`, YMM + i * 16, YMM + i * 16 + 16] as const),
  ...Array.from({ length: 15 }, (_, i) => [`gpr${i}`, GPRS + i * 8, GPRS + i * 8 + 8] as const).filter((_, i) => i !== 4),
  ['fault', FAULT, FAULT + 4], ['address', ADDRESS, ADDRESS + 8], ['error', ERROR, ERROR + 8], ['memory', DATA, DATA + 64],
];

function hex(cases: Buffer, at: number, [, from, to]: readonly [string, number, number]): string {
  return Buffer.from(cases.subarray(at + from, at + to))
    .reverse()
    .toString('hex');
}

/** What differs in the case at `at`, one line each; empty when it agrees. */
export function differences(
  before: Buffer,
  expected: Buffer,
  actual: Buffer,
  at: number,
): string[] {
  const lines: string[] = [];
  for (const part of PARTS) {
    const [name, from, to] = part;
    if (expected.compare(actual, at + from, at + to, at + from, at + to) === 0) continue;
    const [was, want, got] = [before, expected, actual].map((cases) => hex(cases, at, part));
    lines.push(`${name}: was ${was}, cpu ${want}, ours ${got}`);
  }
  const flags = (expected.readUInt32LE(at + RFLAGS) ^ actual.readUInt32LE(at + RFLAGS)) & 0x8d5;
  if (flags) lines.push(`flags differ in ${flags.toString(16)}`);
  return lines;
}

/** The registers that an operand may come from, for a failure's message. */
export function inputs(before: Buffer, at: number): string {
  const shown = [
    'mxcsr',
    'xmm1',
    'xmm2',
    'xmm3',
    'xmm9',
    'xmm14',
    'high1',
    'high2',
    'high3',
    'gpr6',
    'fsw',
    'memory',
  ];
  return PARTS.filter(([name]) => shown.includes(name))
    .map((part) => `${part[0]}=${hex(before, at, part)}`)
    .join(' ');
}

export const CASE_SIZE = STATE;
