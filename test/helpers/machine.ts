// A bare guest machine for tests and measurements: the runtime in a memory of its own, pages mapped by hand, no kernel.
// Guest addresses everywhere; exceptions and system calls come back as exits.
import { readFileSync } from 'node:fs';
import {
  CACHE_BASE,
  CACHE_SIZE,
  CPU_LEVEL,
  CTX_BASE,
  EFLAGS,
  FAULT_ADDR,
  FAULT_CODE,
  FAULT_VECTOR,
  FCW,
  GPR,
  GUEST_SHIFT,
  INST_COUNT,
  MXCSR,
  PAGE_EXEC,
  PAGE_FLAGS,
  PAGE_READ,
  PAGE_WRITE,
  RIP,
  RSP,
} from '../../assembly/shared/layout.ts';

export const CODE = 0x400000;
export const DATA = 0x1000000;
export const STACK_TOP = 0x2000000;
const STACK = 0x100000;
const CACHE = 0x3000000;

interface Runtime {
  run(ctx: number, budget: number): number;
  invalidate(start: number, end: number): void;
  flags_get(ctx: number): bigint;
  flags_set(ctx: number, flags: bigint): void;
}

const wasm = new URL(process.env.LXJIT_RUNTIME ?? '../../dist/runtime.wasm', import.meta.url);
let compiled: WebAssembly.Module | undefined;

export interface MachineOptions {
  /** Bytes of decode cache. */
  cache?: number;
  /** Called for a syscall instruction; 0 = go on. */
  syscall?: (machine: Machine) => number;
  poll?: () => number;
}

export class Machine {
  readonly memory = new WebAssembly.Memory({ initial: 1100, maximum: 65536, shared: true });
  readonly dv = new DataView(this.memory.buffer);
  readonly u8 = new Uint8Array(this.memory.buffer);
  readonly runtime: Runtime;
  readonly ctx = CTX_BASE;

  constructor({ cache = 4 << 20, syscall = () => 1, poll = () => 0 }: MachineOptions = {}) {
    compiled ??= new WebAssembly.Module(readFileSync(wasm));
    const clock = (at: number): void => this.dv.setBigUint64(at, process.hrtime.bigint(), true);
    const table = new WebAssembly.Table({ element: 'anyfunc', initial: 16 });
    const env = { memory: this.memory, table, syscall: () => syscall(this), poll, clock };
    this.runtime = new WebAssembly.Instance(compiled, { env }).exports as unknown as Runtime;
    this.put32(CACHE_BASE, CACHE - GUEST_SHIFT);
    this.put32(CACHE_SIZE, cache);
    this.put32(CPU_LEVEL, 2);
    this.put32(MXCSR, 0x1f80);
    this.dv.setUint16(this.ctx + FCW, 0x37f, true);
    this.dv.setBigUint64(this.ctx + EFLAGS, 0x202n, true);
    this.map(STACK_TOP - STACK, STACK, PAGE_READ | PAGE_WRITE);
    this.set(RSP, BigInt(STACK_TOP - 0x1000));
  }

  private put32(offset: number, value: number): void {
    this.dv.setUint32(this.ctx + offset, value, true);
  }

  /** Gives the pages of [start, start + length) these flags. */
  map(start: number, length: number, flags: number): void {
    this.u8.fill(flags, PAGE_FLAGS + (start >>> 12), PAGE_FLAGS + ((start + length + 4095) >>> 12));
  }

  /** Maps code at `at`, readable and executable (and writable, on demand), and points RIP at it. */
  code(bytes: ArrayLike<number>, at = CODE, flags = PAGE_READ | PAGE_EXEC): void {
    this.runtime.invalidate(at, at + bytes.length);
    this.map(at, bytes.length, flags);
    this.u8.set(bytes, at - GUEST_SHIFT);
    this.rip = at;
  }

  run(budget = 1_000_000): number {
    return this.runtime.run(this.ctx, budget);
  }

  get(reg: number): bigint {
    return this.dv.getBigUint64(this.ctx + GPR + reg * 8, true);
  }
  set(reg: number, value: bigint): void {
    this.dv.setBigUint64(this.ctx + GPR + reg * 8, BigInt.asUintN(64, value), true);
  }
  get rip(): number {
    return Number(this.dv.getBigUint64(this.ctx + RIP, true));
  }
  set rip(value: number) {
    this.dv.setBigUint64(this.ctx + RIP, BigInt(value), true);
  }
  get flags(): number {
    return Number(this.runtime.flags_get(this.ctx));
  }
  set flags(value: number) {
    this.runtime.flags_set(this.ctx, BigInt(value));
  }
  get count(): number {
    return Number(this.dv.getBigUint64(this.ctx + INST_COUNT, true));
  }
  get fault(): { vector: number; code: number; address: number } {
    return {
      vector: this.dv.getUint32(this.ctx + FAULT_VECTOR, true),
      code: this.dv.getUint32(this.ctx + FAULT_CODE, true),
      address: Number(this.dv.getBigUint64(this.ctx + FAULT_ADDR, true)),
    };
  }
  /** View of guest memory. */
  bytes(at: number, length: number): Uint8Array {
    return this.u8.subarray(at - GUEST_SHIFT, at - GUEST_SHIFT + length);
  }
}
