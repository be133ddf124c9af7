// asc turns a switch into a br_table only when its cases are dense enough, and says nothing when they are not: the hot
// loop then runs ten times slower. So the shape of the compiled module is checked.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { LAST_INT } from '../../assembly/generated/ops.ts';

const wasm = readFileSync(new URL('../../dist/runtime.wasm', import.meta.url));

/** [value, next offset] of an unsigned LEB128. */
function leb(at: number): [number, number] {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = wasm[at++]!;
    value |= (byte & 127) << shift;
    if (byte < 128) return [value, at];
  }
}

/** Numbers of targets of the br_tables in the bytes [start, end), those with at least `min`. */
function tables(start: number, end: number, min: number): number[] {
  const found: number[] = [];
  for (let at = start; at < end; at++) {
    if (wasm[at] !== 0x0e) continue;
    const [count, first] = leb(at + 1);
    let next = first;
    if (count < min || count > 4096) continue;
    let depth = 0;
    for (let i = 0; i <= count && depth < 4096; i++) [depth, next] = leb(next);
    if (depth < 4096 && next <= end) found.push(count);
  }
  return found;
}

/** Offset and end of each function body. */
function bodies(): [number, number][] {
  for (let at = 8; at < wasm.length; ) {
    const id = wasm[at];
    const [size, start] = leb(at + 1);
    if (id === 10) {
      const [count, first] = leb(start);
      let next = first;
      return Array.from({ length: count }, () => {
        const [bytes, body] = leb(next);
        next = body + bytes;
        return [body, next];
      });
    }
    at = start + size;
  }
  return [];
}

test('the hot loop dispatches through one br_table over all integer operations', () => {
  const big = bodies().filter(([start, end]) => tables(start, end, LAST_INT - 60).length > 0);
  const sizes = big.map(([start, end]) => end - start).sort((a, b) => b - a);
  expect(sizes.length).toBeGreaterThan(0);
  expect(sizes[0]).toBeGreaterThan(25_000); // the loop, with the common operations inline
  expect(sizes[0]).toBeLessThan(80_000); // TurboFan takes 0.15 s for 45,000
});
