// The .text section of an ELF file.
import { readFileSync } from 'node:fs';

export interface Text {
  readonly address: number;
  readonly bytes: Uint8Array;
}

/** Reads section .text of a little-endian ELF64 file (elf(5)). */
export function readText(path: string): Text {
  const file = readFileSync(path);
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const sections = Number(view.getBigUint64(0x28, true));
  const entrySize = view.getUint16(0x3a, true);
  const count = view.getUint16(0x3c, true);
  const header = (i: number) => sections + i * entrySize;
  const field = (i: number, offset: number) => Number(view.getBigUint64(header(i) + offset, true));
  const names = field(view.getUint16(0x3e, true), 0x18);
  for (let i = 0; i < count; i++) {
    const at = names + view.getUint32(header(i), true);
    if (file.toString('latin1', at, file.indexOf(0, at)) !== '.text') continue;
    const offset = field(i, 0x18);
    return { address: field(i, 0x10), bytes: file.subarray(offset, offset + field(i, 0x20)) };
  }
  throw new Error(`${path} has no .text`);
}
