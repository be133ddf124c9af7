// Flags behind a call are nobody's unless code reads them: a jump to another function takes them along to nobody.
import { expect, test } from 'vitest';
import { GUEST_SHIFT, PAGE_EXEC, PAGE_FLAGS, PAGE_READ } from '../../assembly/shared/layout.ts';
import { flowOf } from '../../src/jit/analysis/reduce.ts';
import { analyze, withoutFlagsOfCalls } from '../../src/jit/lower/facts.ts';
import { discover } from '../../src/jit/region/discover.ts';
import { fetchOf } from '../../src/jit/region/fetch.ts';
import { loadBinaryen } from '../../src/jit/wasm/binaryen-code.ts';
import { runtimeModule } from '../../src/session/dist-module.ts';

await loadBinaryen();

const AT = 0x400000;
const CALL = [0xe8, 0x00, 0x10, 0x00, 0x00];

/** Does a region of that code want the flags of its call? */
function wantsFlags(code: readonly number[]): boolean {
  const memory = new WebAssembly.Memory({ initial: 128, maximum: 65536, shared: true });
  const bytes = new Uint8Array(memory.buffer);
  bytes.set(code, AT - GUEST_SHIFT);
  bytes[PAGE_FLAGS + (AT >>> 12)] = PAGE_READ | PAGE_EXEC;
  const region = discover(AT, fetchOf(runtimeModule(), memory, 2));
  const mode = { cpuLevel: 2, checked: false, eager: false, keepFlags: false };
  const { facts } = analyze(region, flowOf(region.blocks), mode);
  return withoutFlagsOfCalls(region.blocks, facts).some(({ end }) => end.kind === 'wantFlags');
}

test.each([
  ['jc', [...CALL, 0x72, 0x01, 0xc3, 0xc3], true],
  ['adc', [...CALL, 0x83, 0xd0, 0x00, 0xc3], true],
  ['ret', [...CALL, 0xc3], false],
  ['add, then jc', [...CALL, 0x01, 0xc0, 0x72, 0x01, 0xc3, 0xc3], false],
  ['jmp to a function before it', [...CALL, 0xe9, 0x00, 0xff, 0xff, 0xff], false],
  ['jmp *%rax', [...CALL, 0xff, 0xe0], false],
  ['rep movsd', [...CALL, 0xf3, 0xa5, 0xc3], false],
  ['syscall', [...CALL, 0x0f, 0x05, 0xc3], false],
])('%s', (_, code, wants) => {
  expect(wantsFlags(code)).toBe(wants);
});
