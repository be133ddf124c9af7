// Decoded instructions of a process, through the runtime's decoder on the process's own memory.
import {
  CPU_LEVEL,
  CTX_BASE,
  CTX_SIZE,
  GUEST_MIN,
  GUEST_SHIFT,
  PAGE_CODE,
  PAGE_EXEC,
  PAGE_FLAGS,
  PAGE_READ,
  PAGE_WRITE,
} from '../../../assembly/shared/layout.ts';
import { opById } from '../../decoder/ops.ts';
import type { Fetch } from './discover.ts';
import { FunctionStarts } from './function-start.ts';
import { type Inst, type OpInfo, opInfo, readInst } from './inst.ts';

const UNKNOWN = { name: '', memSize: 0 };

export type Decode = (ctx: number, pc: number, inst: number) => number;

/** The last context of a process is the translator's own. */
const OWN_CTX = CTX_BASE + 255 * CTX_SIZE;
const OWN_INST = OWN_CTX + 1536;

/** Longest instruction (Intel SDM Vol. 2 §2.3.11). */
const MAX_LENGTH = 15;

/** Instructions by guest address, with their bytes where they can be written at any time. */
export function newFetch(
  memory: WebAssembly.Memory,
  decode: Decode,
  opOf: (id: number) => { name: string; memSize: number } | undefined,
  cpuLevel: number,
): Fetch {
  const infos: OpInfo[] = [];
  const info = (id: number): OpInfo => (infos[id] ??= opInfo(id, opOf(id) ?? UNKNOWN));
  let view = new DataView(memory.buffer);
  let u8 = new Uint8Array(memory.buffer);
  view.setUint32(OWN_CTX + CPU_LEVEL, cpuLevel, true);
  const starts = new FunctionStarts(memory);
  const refresh = () => {
    if (view.buffer.byteLength === memory.buffer.byteLength) return;
    view = new DataView(memory.buffer);
    u8 = new Uint8Array(memory.buffer);
  };
  const flagsAt = (pc: number) => view.getUint8(PAGE_FLAGS + ((pc >>> 12) & 0xfffff));
  const isWritable = (pc: number, length: number) =>
    ((flagsAt(pc) | flagsAt(pc + length - 1)) & PAGE_WRITE) !== 0;
  /** From now on lxcore tells when the page changes. */
  const watch = (pc: number) => {
    if ((flagsAt(pc) & PAGE_CODE) === 0)
      Atomics.or(new Uint8Array(view.buffer), PAGE_FLAGS + (pc >>> 12), PAGE_CODE);
  };
  const constant = (at: number, bytes: 4 | 8): number | undefined => {
    refresh();
    if (at + bytes - GUEST_SHIFT > view.byteLength || at < GUEST_MIN) return undefined;
    for (const page of [at >>> 12, (at + bytes - 1) >>> 12]) {
      const flags = view.getUint8(PAGE_FLAGS + page);
      if ((flags & (PAGE_READ | PAGE_WRITE)) !== PAGE_READ) return undefined;
    }
    const linear = at - GUEST_SHIFT;
    return bytes === 4 ? view.getInt32(linear, true) : Number(view.getBigUint64(linear, true));
  };
  const fetch = (pc: number): Inst | undefined => {
    refresh();
    if (pc < GUEST_MIN || pc - GUEST_SHIFT >= view.byteLength) return undefined;
    if ((flagsAt(pc) & PAGE_EXEC) === 0) return undefined;
    watch(pc);
    const at = pc - GUEST_SHIFT;
    const before = u8.slice(at, at + MAX_LENGTH);
    const length = decode(OWN_CTX, pc, OWN_INST);
    // Somebody may write while this looks: what is kept must be what was decoded.
    for (let i = 0; i < length; i++) if (u8[at + i] !== before[i]) return undefined;
    const bytes = before.subarray(0, length);
    const inst = readInst(view, OWN_INST, info, bytes, length > 0 && isWritable(pc, length));
    return length === 0 || inst.op.name === 'FETCH_FAULT' ? undefined : inst;
  };
  return Object.assign(fetch, { constant, functionStart: (pc: number) => starts.find(pc) });
}

/** newFetch() by an instance of the runtime of its own. */
export function fetchOf(
  runtime: WebAssembly.Module,
  memory: WebAssembly.Memory,
  cpuLevel: number,
): Fetch {
  const nothing = () => 0;
  const table = new WebAssembly.Table({ element: 'anyfunc', initial: 3 });
  const env = { memory, table, syscall: nothing, poll: nothing, clock: nothing };
  const { decodeOne } = new WebAssembly.Instance(runtime, { env }).exports;
  return newFetch(memory, decodeOne as unknown as Decode, opById, cpuLevel);
}
