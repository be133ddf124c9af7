// Runs records (see record.ts) on our x87.
import { readFileSync } from 'node:fs';
import * as ops from '../../assembly/generated/ops.ts';
import * as L from '../../assembly/shared/layout.ts';
import { x87 } from '../../src/decoder/tables/x87.ts';
import { CODE, HEADER, MEMORY, R_FLAGS, R_FX, R_RAX, R_ST } from './record.ts';

const OPS = ops as unknown as Record<string, number>;
const memory = new WebAssembly.Memory({ initial: 1024, maximum: 65536, shared: true });
let exec: (ctx: number, inst: number) => number;
const view = new DataView(memory.buffer);
const bytes = new Uint8Array(memory.buffer);

export async function load(file: string): Promise<void> {
  const { instance } = await WebAssembly.instantiate(readFileSync(file), { env: { memory } });
  exec = instance.exports['exec'] as typeof exec;
  const flags = (at: number) => L.PAGE_FLAGS + (at >>> 12);
  bytes[flags(CODE)] = 5;
  bytes[flags(MEMORY)] = 3;
}

const decoded = new Map<
  string,
  { op: number; mem: boolean; i: number; disp: number; len: number }
>();
function decode(code: number[]) {
  let p = 0;
  while ((code[p]! & 0xf8) !== 0xd8 && code[p] !== 0x9b) p++;
  const opcode = code[p]!.toString(16).toUpperCase();
  const m = code[p + 1] ?? 0;
  const mem = m < 0xc0;
  const reg = (m >> 3) & 7;
  for (const [key, mn, , , attr] of x87.parts[0]!.rows) {
    const k = key.split(' ');
    if (k[0] !== opcode) continue;
    const bad = k
      .slice(1)
      .some((t) =>
        t[0] === '/'
          ? Number(t[1]) !== reg
          : t[0] === '.'
            ? Number(t[1]) !== (m & 7)
            : t === 'm'
              ? !mem
              : mem,
      );
    if (bad) continue;
    const name = /op:(\S+)/.exec(attr)?.[1] ?? mn;
    if (OPS[name] === undefined) throw new Error(name);
    const disp8 = mem && m >> 6 === 1;
    return {
      op: OPS[name]!,
      mem,
      i: (m & 7) * 16,
      disp: disp8 ? code[p + 2]! : 0,
      len: opcode === '9B' ? 1 : p + 2 + (disp8 ? 1 : 0),
    };
  }
  throw new Error(`undecoded ${code}`);
}

export function run(record: DataView, scratch = L.SCRATCH): void {
  const ctx = L.CTX_BASE;
  const r = new Uint8Array(record.buffer, record.byteOffset, record.byteLength);
  const size = r.length - HEADER;
  const sh = L.GUEST_SHIFT;
  bytes.set(r.subarray(0, 16), CODE - sh);
  bytes.set(r.subarray(HEADER), MEMORY - sh);
  bytes.fill(0, ctx, ctx + 1024);
  view.setBigUint64(ctx + 7 * 8, BigInt(MEMORY), true);
  view.setBigUint64(ctx, record.getBigUint64(R_RAX, true), true);
  view.setUint32(ctx + L.EFLAGS, record.getUint32(R_FLAGS, true), true);
  const fcw = record.getUint16(R_FX, true);
  let fsw = record.getUint16(R_FX + 2, true) & 0x7f7f;
  if (fsw & ~fcw & 0x3f) fsw |= 0x8080;
  view.setUint16(ctx + L.FCW, fcw, true);
  view.setUint16(ctx + L.FSW, fsw, true);
  view.setUint8(ctx + L.FTW, record.getUint8(R_FX + 4));
  view.setUint16(ctx + L.FOP, record.getUint16(R_FX + 6, true), true);
  view.setBigUint64(ctx + L.FIP, record.getBigUint64(R_FX + 8, true), true);
  view.setBigUint64(ctx + L.FDP, record.getBigUint64(R_FX + 16, true), true);
  let top = (fsw >> 11) & 7;
  for (let i = 0; i < 8; i++) {
    const at = ctx + L.X87 + ((top + i) & 7) * 16;
    bytes.set(r.subarray(R_ST + i * 16, R_ST + i * 16 + 10), at);
  }
  let p = 0;
  let signal = 0;
  const code = [...r.subarray(0, 16)];
  while (code[p] !== 0x90 && p < 16) {
    const key = code.slice(p).join();
    let d = decoded.get(key);
    if (!d) decoded.set(key, (d = decode(code.slice(p))));
    view.setUint16(scratch, d.op, true);
    view.setUint8(scratch + 3, d.mem ? 1 : 0);
    view.setUint8(scratch + 4, d.mem ? 0 : d.i);
    view.setUint8(scratch + 5, d.mem ? 0 : d.i);
    view.setUint8(scratch + 8, 56);
    view.setUint8(scratch + 9, L.ZERO);
    view.setInt32(scratch + 12, d.disp, true);
    view.setUint32(scratch + 24, CODE + p, true);
    if (d.op !== OPS['NOP'] && exec(ctx, scratch)) {
      signal = view.getUint32(ctx + L.FAULT_VECTOR, true) === 16 ? 8 : 11;
      break;
    }
    p += d.len;
  }
  r.fill(0, 0, 16);
  r[0] = signal;
  record.setBigUint64(R_RAX, view.getBigUint64(ctx, true), true);
  record.setBigUint64(R_FLAGS, view.getBigUint64(ctx + L.EFLAGS, true) & 0x8d5n, true);
  fsw = view.getUint16(ctx + L.FSW, true);
  record.setUint16(R_FX, view.getUint16(ctx + L.FCW, true), true);
  record.setUint16(R_FX + 2, fsw, true);
  r[R_FX + 4] = view.getUint8(ctx + L.FTW);
  const pending = (fsw & 0x80) !== 0;
  record.setUint16(R_FX + 6, pending ? view.getUint16(ctx + L.FOP, true) : 0, true);
  record.setBigUint64(R_FX + 8, pending ? view.getBigUint64(ctx + L.FIP, true) : 0n, true);
  record.setBigUint64(R_FX + 16, pending ? view.getBigUint64(ctx + L.FDP, true) : 0n, true);
  top = (fsw >> 11) & 7;
  for (let i = 0; i < 8; i++) {
    const at = ctx + L.X87 + ((top + i) & 7) * 16;
    r.fill(0, R_ST + i * 16, R_ST + i * 16 + 16);
    r.set(bytes.subarray(at, at + 10), R_ST + i * 16);
  }
  r.set(bytes.subarray(MEMORY - sh, MEMORY - sh + size), HEADER);
}
