// Interpreter speed on integer kernels (kernels.c), as ratios to native: `node bench/interp/interp.ts [kernel…]`. The flat
// code runs on a bare machine (test/helpers/machine.ts); dist/runtime.wasm must be built. Prints native and our ns, the
// ratio, and guest instructions per second.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EXIT_BUDGET, EXIT_FAULT } from '../../assembly/shared/exit.ts';
import {
  PAGE_EXEC,
  PAGE_READ,
  PAGE_WRITE,
  RAX,
  RDI,
  RSI,
  RSP,
} from '../../assembly/shared/layout.ts';
import { CODE, Machine, STACK_TOP } from '../../test/helpers/machine.ts';

const KERNELS: readonly (readonly [name: string, n: number])[] = [
  ['fib', 25],
  ['sieve', 1],
  ['sha256', 300],
  ['quicksort', 1],
  ['crc', 10],
  ['bytecode', 15_000],
  ['bignum', 500],
  ['strings', 25],
];
const here = fileURLToPath(new URL('./', import.meta.url));
const out = mkdtempSync(join(tmpdir(), 'lxjit-bench-'));
const FLAGS =
  '-O2 -fno-stack-protector -fno-pie -ffreestanding -fno-tree-vectorize -fno-tree-loop-distribute-patterns';

function compile(): Uint8Array {
  const object = join(out, 'k.o');
  execFileSync('gcc', [...FLAGS.split(' '), '-c', `${here}kernels.c`, '-o', object]);
  execFileSync('ld', [
    '--no-warn-rwx-segments',
    '-T',
    `${here}flat.ld`,
    object,
    '-o',
    join(out, 'k.elf'),
  ]);
  execFileSync('objcopy', ['-O', 'binary', join(out, 'k.elf'), join(out, 'k.bin')]);
  execFileSync('gcc', ['-O2', '-no-pie', `${here}native.c`, object, '-o', join(out, 'native')]);
  return readFileSync(join(out, 'k.bin'));
}

/** Result and time in ns of a native run. */
function native(which: number, n: number): [bigint, number] {
  const args = [`${which}`, `${n}`];
  const [result, ns] = execFileSync(join(out, 'native'), args, { encoding: 'utf8' }).split(' ');
  return [BigInt(result), Number(ns)];
}

/** Native and ours in turns; the best of each counts. */
const ROUNDS = 25;

const RETURN = CODE + 0x200000;

function call(machine: Machine, which: number, n: number): bigint {
  const rsp = STACK_TOP - 0x1008;
  machine.set(RSP, BigInt(rsp));
  new DataView(machine.memory.buffer).setBigUint64(rsp - 0x10000, BigInt(RETURN), true);
  machine.set(RDI, BigInt(which));
  machine.set(RSI, BigInt(n));
  machine.rip = CODE;
  let exit = EXIT_BUDGET;
  while (exit === EXIT_BUDGET) exit = machine.run(1 << 24);
  const { vector, address } = machine.fault;
  if (exit !== EXIT_FAULT || vector !== 3) {
    throw new Error(
      `exit ${exit}, vector ${vector} at ${machine.rip.toString(16)}, address ${address.toString(16)}`,
    );
  }
  return BigInt.asIntN(64, machine.get(RAX));
}

const image = compile();
const machine = new Machine();
machine.map(CODE, 0x300000, PAGE_READ | PAGE_WRITE);
machine.map(CODE, 0x1000, PAGE_READ | PAGE_EXEC);
machine.u8.set(image, CODE - 0x10000);
machine.code([0xcc], RETURN);
const wanted = process.argv.slice(2);
let product = 1;
let rows = 0;
console.log('kernel        native us     ours us   ratio   Minst/s');
for (const [which, [name, n]] of KERNELS.entries()) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  let base = Number.POSITIVE_INFINITY;
  let best = Number.POSITIVE_INFINITY;
  let count = 0;
  for (let i = 0; i < ROUNDS; i++) {
    const [expected, ns] = native(which, n);
    base = Math.min(base, ns);
    const before = machine.count;
    const started = performance.now();
    const result = call(machine, which, n);
    best = Math.min(best, (performance.now() - started) * 1e6);
    count = machine.count - before;
    if (result !== expected) throw new Error(`${name}: ${result}, native ${expected}`);
  }
  const ratio = best / base;
  product *= ratio;
  rows++;
  const cells = [
    (base / 1000).toFixed(0),
    (best / 1000).toFixed(0),
    ratio.toFixed(1),
    ((count / best) * 1000).toFixed(0),
  ];
  console.log(name.padEnd(12) + cells.map((cell, i) => cell.padStart([11, 12, 8, 10][i])).join(''));
}
console.log(`geomean ${(product ** (1 / rows)).toFixed(1)}`);
rmSync(out, { recursive: true });
