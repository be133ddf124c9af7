// The bytes that a translation was made of: whoever has the same at the same address can use it.
import { GUEST_SHIFT, PAGE_EXEC, PAGE_FLAGS, PAGE_WRITE } from '../../../assembly/shared/layout.ts';
import type { Region } from './discover.ts';

/** Guest address and contents of each block; does the region itself look whether they still are the same? */
export type Source = readonly (readonly [at: number, bytes: Uint8Array, guarded: boolean])[];

export function sourceOf(region: Region, u8: Uint8Array): Source {
  return region.blocks
    .filter(({ insts }) => insts.length > 0)
    .map(({ pc, insts }) => {
      const last = insts[insts.length - 1];
      const at = pc - GUEST_SHIFT;
      const bytes = new Uint8Array(u8.subarray(at, at + last.pc + last.len - pc));
      for (const inst of insts) if (inst.bytes) bytes.set(inst.bytes, inst.pc - pc);
      return [pc, bytes, insts.every((inst) => inst.bytes !== undefined)];
    });
}

export function isSame(u8: Uint8Array, source: Source): boolean {
  return source.every(([pc, bytes, guarded]) => {
    const flags = u8[PAGE_FLAGS + (pc >>> 12)];
    if ((flags & PAGE_EXEC) === 0 || ((flags & PAGE_WRITE) !== 0 && !guarded)) return false;
    const at = pc - GUEST_SHIFT;
    if (at + bytes.length > u8.length) return false;
    for (let i = 0; i < bytes.length; i++) if (u8[at + i] !== bytes[i]) return false;
    return true;
  });
}
