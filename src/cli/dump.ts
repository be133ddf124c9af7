// --dump=WHAT[:PC]: loads the program as execve does, runs nothing, and shows the code at PC (its entry point, when no PC is given).
//
//   decode   a listing up to the end of the function as far as one can tell: an unconditional jump or return that nothing jumps over
//   region   the blocks of the region rooted there
//   wat      what the translator makes of them
import { CTX_BASE, GUEST_SHIFT, PAGE_EXEC } from '../../assembly/shared/layout.ts';
import { type Disassembler, type ListingLine, openDisassembler } from '../decoder/capstone.ts';
import { loadBinaryen } from '../jit/wasm/binaryen-code.ts';
import '../lx/fs/drivefs/host-stream.ts';
import '../lx/fs/mounts.ts';
import { Kernel } from '../lx/kernel/kmem.ts';
import type { Lx } from '../lx/kernel/lx.ts';
import { processOf } from '../lx/kernel/process.ts';
import { Process } from '../lx/kernel/task.ts';
import { firstProgram } from '../lx/loader/first.ts';
import { loadProgram } from '../lx/loader/load.ts';
import { GuestMemory } from '../lx/mm/guest-memory.ts';
import { createMm } from '../lx/mm/mm.ts';
import { openExec } from '../lx/vfs/exec.ts';
import type { Options } from '../options.ts';
import { bootKernel, newFirstProcess } from '../session/boot.ts';
import { runtimeModule } from '../session/dist-module.ts';
import type { SessionOptions } from '../session/session.ts';

const INITIAL_PAGES = 31;
const MAX_PAGES = 65536;
/** Most bytes that are listed. */
const MOST = 4096;

/** The listing, or a message that says why there is none. */
export async function dump(
  { what, pc }: NonNullable<Options['dump']>,
  session: SessionOptions,
): Promise<{ text: string } | { error: string }> {
  const lx = idleLx(session);
  const program = firstProgram(lx, session.argv, session.env, openExec);
  if ('reason' in program) return { error: `${session.argv[0]}: ${program.reason}` };
  const loaded = loadProgram(lx, program);
  if (typeof loaded === 'number') return { error: `${session.argv[0]}: does not fit into memory` };
  const at = pc ?? loaded.programEntry;
  const length = lx.mem.accessible(at, MOST, PAGE_EXEC);
  if (length === 0) return { error: `nothing executable at 0x${at.toString(16)}` };
  const bytes = new Uint8Array(lx.mem.u8.subarray(at - GUEST_SHIFT, at - GUEST_SHIFT + length));
  const disassembler = await openDisassembler();
  if (what !== 'decode') return { text: await translated(what, at, lx, disassembler) };
  const lines = upToEnd(disassembler.list(bytes, at));
  return { text: lines.map(showLine).join('') };
}

async function translated(
  what: string,
  at: number,
  { mem, config }: Lx,
  disassembler: Disassembler,
): Promise<string> {
  await loadBinaryen();
  const { fetchOf } = await import('../jit/region/fetch.ts');
  const { regionText, wasmText } = await import('../jit/dump.ts');
  const list = (pc: number, length: number): string => {
    const bytes = new Uint8Array(mem.u8.subarray(pc - GUEST_SHIFT, pc - GUEST_SHIFT + length));
    return disassembler.list(bytes, pc).map(showLine).join('').trimEnd();
  };
  const fetch = fetchOf(runtimeModule(), mem.memory, config.cpuLevel);
  if (what === 'region') return regionText(at, fetch, list);
  const { cpuLevel, checked } = config;
  return wasmText(at, fetch, { cpuLevel, checked, eager: false, keepFlags: false }, list);
}

/** A process that is never run. */
function idleLx(session: SessionOptions): Lx {
  const k = Kernel.create();
  bootKernel(k, session.config);
  const task = newFirstProcess(k, session, []);
  const memory = new WebAssembly.Memory({
    initial: INITIAL_PAGES,
    maximum: MAX_PAGES,
    shared: true,
  });
  const lx = { k, task, mem: new GuestMemory(memory), ctx: CTX_BASE, config: session.config };
  k.i32[processOf(lx as Lx) + Process.mm] = createMm(k);
  return lx as Lx;
}

/** Cuts a listing after the first instruction that ends the flow and is not jumped over. */
function upToEnd(lines: readonly ListingLine[]): readonly ListingLine[] {
  let furthest = 0;
  for (const [i, { address, text }] of lines.entries()) {
    const target = /^j\w+ 0x([0-9a-f]+)$/.exec(text);
    if (target !== null) furthest = Math.max(furthest, Number.parseInt(target[1], 16));
    if (/^(ret|jmp|hlt|ud2|\(bad\))/.test(text) && address >= furthest)
      return lines.slice(0, i + 1);
  }
  return lines;
}

const BYTES_COLUMN = 32;

function showLine({ address, bytes, text }: ListingLine): string {
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
  return `${address.toString(16).padStart(8)}: ${hex.padEnd(BYTES_COLUMN)} ${text}\n`;
}
