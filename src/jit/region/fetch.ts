// Decoded instructions of a process, through the runtime's decoder on the process's own memory.
import {
  CPU_LEVEL,
  CTX_BASE,
  CTX_SIZE,
  PAGE_EXEC,
  PAGE_FLAGS,
  PAGE_WRITE,
} from '../../../assembly/shared/layout.ts';
import type { Fetch } from './discover.ts';
import { type OpInfo, opInfo, readInst } from './inst.ts';

const UNKNOWN = { name: '', memSize: 0 };

export type Decode = (ctx: number, pc: number, inst: number) => number;

/** The last context of a process is the translator's own. */
const OWN_CTX = CTX_BASE + 255 * CTX_SIZE;
const OWN_INST = OWN_CTX + 1536;

/**
 * Instructions by guest address. Only code that is not writable is given out: nobody is told when an instruction of a
 * translated region writes to code.
 */
export function newFetch(
  memory: WebAssembly.Memory,
  decode: Decode,
  opOf: (id: number) => { name: string; memSize: number } | undefined,
  cpuLevel: number,
): Fetch {
  const infos: OpInfo[] = [];
  const info = (id: number): OpInfo => (infos[id] ??= opInfo(id, opOf(id) ?? UNKNOWN));
  let view = new DataView(memory.buffer);
  view.setUint32(OWN_CTX + CPU_LEVEL, cpuLevel, true);
  return (pc) => {
    if (view.buffer.byteLength !== memory.buffer.byteLength) view = new DataView(memory.buffer);
    const flags = view.getUint8(PAGE_FLAGS + (pc >>> 12));
    if ((flags & (PAGE_EXEC | PAGE_WRITE)) !== PAGE_EXEC) return undefined;
    const length = decode(OWN_CTX, pc, OWN_INST);
    const inst = readInst(view, OWN_INST, info);
    return length === 0 || inst.op.name === 'FETCH_FAULT' ? undefined : inst;
  };
}
