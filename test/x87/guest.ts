// Runs records (see record.ts) on our x87: dist/runtime.wasm's decoder and interpreter, one instruction after another.
import { readFileSync } from 'node:fs';
import { VEC_MF, VEC_UD } from '../../assembly/shared/exit.ts';
import { INST_SIZE } from '../../assembly/shared/inst.ts';
import * as L from '../../assembly/shared/layout.ts';
import { CODE, HEADER, MEMORY, R_FLAGS, R_FX, R_RAX, R_ST } from './record.ts';

interface Exports {
  decodeOne(ctx: number, pc: number, inst: number): number;
  execOne(ctx: number, inst: number): number;
  flags_get(ctx: number): bigint;
}

const CTX = L.CTX_BASE;
/** The decoded instruction: in the place of the next context. */
const INST = CTX + L.CTX_SIZE;
const NOP = 0x90;
const SIGNALS: Record<number, number> = { [VEC_UD]: 4, [VEC_MF]: 8 };
const linear = (guest: number) => guest - L.GUEST_SHIFT;

export interface Guest {
  /** Executes the record's instructions up to the first nop; the state after replaces the state in the record. */
  run(record: DataView, level: number): void;
}

export function openGuest(file: URL | string): Guest {
  const memory = new WebAssembly.Memory({ initial: 512, maximum: 65536, shared: true });
  const none = () => 0;
  const table = new WebAssembly.Table({ element: 'anyfunc', initial: 16 });
  const env = { memory, table, syscall: none, poll: none, clock: none, abort: none };
  const module = new WebAssembly.Module(readFileSync(file));
  const exports = new WebAssembly.Instance(module, { env }).exports as unknown as Exports;
  const view = new DataView(memory.buffer);
  const bytes = new Uint8Array(memory.buffer);
  bytes[L.PAGE_FLAGS + (CODE >>> 12)] = L.PAGE_READ | L.PAGE_EXEC;
  bytes[L.PAGE_FLAGS + (MEMORY >>> 12)] = L.PAGE_READ | L.PAGE_WRITE;

  const load = (record: DataView, level: number): void => {
    const r = new Uint8Array(record.buffer, record.byteOffset, record.byteLength);
    bytes.set(r.subarray(0, 16), linear(CODE));
    bytes.set(r.subarray(HEADER), linear(MEMORY));
    bytes.fill(0, CTX, CTX + L.CTX_PRIVATE);
    view.setBigUint64(CTX + L.RDI * 8, BigInt(MEMORY), true);
    view.setBigUint64(CTX + L.RAX * 8, record.getBigUint64(R_RAX, true), true);
    view.setUint32(CTX + L.EFLAGS, record.getUint32(R_FLAGS, true), true);
    const fcw = record.getUint16(R_FX, true);
    let fsw = record.getUint16(R_FX + 2, true) & 0x7f7f;
    if (fsw & ~fcw & 0x3f) fsw |= 0x8080;
    view.setUint16(CTX + L.FCW, fcw, true);
    view.setUint16(CTX + L.FSW, fsw, true);
    view.setUint8(CTX + L.FTW, record.getUint8(R_FX + 4));
    view.setUint16(CTX + L.FOP, record.getUint16(R_FX + 6, true), true);
    view.setBigUint64(CTX + L.FIP, record.getBigUint64(R_FX + 8, true), true);
    view.setBigUint64(CTX + L.FDP, record.getBigUint64(R_FX + 16, true), true);
    view.setUint32(CTX + L.CPU_LEVEL, level, true);
    view.setUint32(CTX + L.MXCSR, record.getUint32(R_FX + 24, true), true);
    for (let i = 0; i < 8; i++) bytes.set(r.subarray(R_ST + i * 16, R_ST + i * 16 + 10), st(i));
  };

  /** Address of ST(i). */
  const st = (i: number): number => {
    const top = (view.getUint16(CTX + L.FSW, true) >> 11) & 7;
    return CTX + L.X87 + ((top + i) & 7) * 16;
  };

  const store = (record: DataView, signal: number): void => {
    const r = new Uint8Array(record.buffer, record.byteOffset, record.byteLength);
    r.fill(0, 0, 16);
    r[0] = signal;
    record.setBigUint64(R_RAX, view.getBigUint64(CTX + L.RAX * 8, true), true);
    record.setBigUint64(R_FLAGS, exports.flags_get(CTX) & 0x8d5n, true);
    const fsw = view.getUint16(CTX + L.FSW, true);
    record.setUint16(R_FX, view.getUint16(CTX + L.FCW, true), true);
    record.setUint16(R_FX + 2, fsw, true);
    r[R_FX + 4] = view.getUint8(CTX + L.FTW);
    // What fxsave, with which the host's state is read, does with the pointers.
    const pending = (fsw & 0x80) !== 0;
    record.setUint16(R_FX + 6, pending ? view.getUint16(CTX + L.FOP, true) : 0, true);
    record.setBigUint64(R_FX + 8, pending ? view.getBigUint64(CTX + L.FIP, true) : 0n, true);
    record.setBigUint64(R_FX + 16, pending ? view.getBigUint64(CTX + L.FDP, true) : 0n, true);
    for (let i = 0; i < 8; i++) {
      r.fill(0, R_ST + i * 16, R_ST + i * 16 + 16);
      r.set(bytes.subarray(st(i), st(i) + 10), R_ST + i * 16);
    }
    r.set(bytes.subarray(linear(MEMORY), linear(MEMORY) + r.length - HEADER), HEADER);
  };

  // Decoded instructions of the code bytes seen so far: forms repeat.
  const decoded = new Map<string, { inst: Uint8Array; length: number }>();
  const decode = (pc: number): { inst: Uint8Array; length: number } => {
    const at = linear(pc);
    const key = `${pc} ${bytes.subarray(at, linear(CODE) + 16).join()}`;
    const known = decoded.get(key);
    if (known) return known;
    const length = exports.decodeOne(CTX, pc, INST);
    const entry = { inst: bytes.slice(INST, INST + INST_SIZE), length };
    decoded.set(key, entry);
    return entry;
  };

  return {
    run(record, level) {
      load(record, level);
      let signal = 0;
      let pc = CODE;
      while (pc < CODE + 16 && bytes[linear(pc)] !== NOP) {
        const { inst, length } = decode(pc);
        bytes.set(inst, INST);
        if (exports.execOne(CTX, INST) !== 0) {
          signal = SIGNALS[view.getUint32(CTX + L.FAULT_VECTOR, true)] ?? 11;
          break;
        }
        pc += length;
      }
      store(record, signal);
    },
  };
}
