// node test/x87/full.ts [cases per form] [seed] [name filter]: compares every form with the host CPU.
import { spawnSync } from 'node:child_process';
import { randomCase } from './cases.ts';
import { compare } from './compare.ts';
import { FORMS, TRANSCENDENTAL } from './forms.ts';
import { load, run } from './guest.ts';
import { encode, HEADER, Random, show } from './record.ts';

const per = Number(process.argv[2] ?? 1000);
const seed = Number(process.argv[3] ?? 1);
const filter = new RegExp(process.argv[4] ?? '.');
const SIZE = HEADER + 128;
await load(process.env['X87_WASM'] ?? 'dist/runtime.wasm');

/** An interrupt between two instructions of a case makes the kernel drop FIP and FDP: such a case is run again. */
function retry(input: Uint8Array, want: Buffer): boolean {
  const native = spawnSync('/tmp/x87native', ['128'], { input }).stdout;
  native.fill(0, 56, 64);
  return want.equals(native);
}

let total = 0;
let bad = 0;
for (const form of [...FORMS, ...TRANSCENDENTAL].filter((f) => filter.test(f.name))) {
  const r = new Random(seed);
  const input = new Uint8Array(per * SIZE);
  for (let i = 0; i < per; i++)
    encode(randomCase(form, r), new DataView(input.buffer, i * SIZE, SIZE));
  const native = new Uint8Array(
    spawnSync('/tmp/x87native', ['128'], { input, maxBuffer: 1 << 30 }).stdout,
  );
  const ours = input.slice();
  let wrong = 0;
  let ulps = 0;
  let c1s = 0;
  const loose = TRANSCENDENTAL.includes(form);
  for (let i = 0; i < per; i++) {
    const mine = new DataView(ours.buffer, i * SIZE, SIZE);
    run(mine);
    const a = Buffer.from(ours.buffer, i * SIZE, SIZE);
    const b = Buffer.from(native.buffer, native.byteOffset + i * SIZE, SIZE);
    a.fill(0, 56, 64), b.fill(0, 56, 64);
    const verdict = compare(a, b, loose);
    if (verdict === 'ulp') ulps++;
    if (verdict === 'c1') c1s++;
    if (
      verdict === 'different' &&
      (wrong > 20 || !retry(input.subarray(i * SIZE, i * SIZE + SIZE), a))
    ) {
      if (wrong++ < Number(process.env['SHOW'] ?? 2)) {
        console.log(`${form.name} #${i}`);
        console.log(`  in   ${show(new DataView(input.buffer, i * SIZE, SIZE))}`);
        console.log(`  want ${b[0]} ${show(new DataView(b.buffer, b.byteOffset, SIZE))}`);
        console.log(`  got  ${a[0]} ${show(mine)}`);
      }
    }
  }
  if (loose) console.log(`${form.name}: ${ulps} off by one unit, ${c1s} in C1 only`);
  if (wrong) console.log(`${form.name}: ${wrong} of ${per}`);
  total += per;
  bad += wrong;
}
console.log(`${total} cases, ${bad} mismatches`);
