// Function starts of an image without .eh_frame_hdr: what is called, and whose address code forms.
import { expect, test } from 'vitest';
import { GUEST_SHIFT, PAGE_FLAGS, PAGE_READ } from '../../assembly/shared/layout.ts';
import { FunctionStarts } from '../../src/jit/region/function-start.ts';

const BASE = 0x400000;
const TEXT = BASE + 0x1000;
const SIZE = 0x100;
const RET = 0xc3;

/** A static ELF file whose text is `code`, the rest of it `ret`. */
function imageOf(code: readonly number[]): WebAssembly.Memory {
  const memory = new WebAssembly.Memory({ initial: 128, maximum: 128, shared: true });
  const view = new DataView(memory.buffer);
  const at = BASE - GUEST_SHIFT;
  view.setUint32(at, 0x464c457f, true);
  view.setUint32(at + 32, 64, true);
  view.setUint16(at + 56, 2, true);
  [
    { flags: 4, address: BASE, size: 0x1000 },
    { flags: 5, address: TEXT, size: SIZE },
  ].forEach(({ flags, address, size }, n) => {
    const header = at + 64 + n * 56;
    view.setUint32(header, 1, true);
    view.setUint32(header + 4, flags, true);
    view.setUint32(header + 16, address, true);
    view.setUint32(header + 32, size, true);
    view.setUint32(header + 40, size, true);
  });
  const bytes = new Uint8Array(memory.buffer);
  bytes.fill(RET, TEXT - GUEST_SHIFT, TEXT - GUEST_SHIFT + SIZE);
  bytes.set(code, TEXT - GUEST_SHIFT);
  for (const page of [BASE >>> 12, TEXT >>> 12]) bytes[PAGE_FLAGS + page] = PAGE_READ;
  return memory;
}

const target = TEXT + 0x40;
const le32 = (n: number): number[] => [n, n >> 8, n >> 16, n >> 24].map((byte) => byte & 0xff);

test.each([
  ['call', [0xe8, ...le32(0x40 - 5)]],
  ['lea', [0x48, 0x8d, 0x05, ...le32(0x40 - 7)]],
  ['mov $, 32-bit register', [0xb8, ...le32(target)]],
  ['mov $, 64-bit register', [0x48, 0xc7, 0xc0, ...le32(target)]],
])('by %s', (_, code) => {
  const starts = new FunctionStarts(imageOf(code));
  expect(starts.find(target + 5)).toBe(target);
  expect(starts.find(target - 5)).not.toBe(target);
});

test('an address that is no function’s', () => {
  const starts = new FunctionStarts(imageOf([0xb8, ...le32(target + 1)]));
  expect(starts.find(target + 5)).toBeUndefined();
});
