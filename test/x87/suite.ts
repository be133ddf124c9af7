// Compares forms with the host CPU: random cases go through native.c (compiled when this opens) and through our runtime.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomCase } from './cases.ts';
import { compare } from './compare.ts';
import { type Form, TRANSCENDENTAL } from './forms.ts';
import { openGuest } from './guest.ts';
import { encode, HEADER, MEMORY_SIZE, R_FX, Random, show } from './record.ts';

const BATCH = 20_000;

export interface Outcome {
  readonly form: string;
  cases: number;
  /** Cases that differ, beyond what a transcendental function is allowed. */
  different: number;
  /** Off by one unit in the last place; only C1 differs. */
  ulps: number;
  c1: number;
  /** The first few differences, for a person. */
  readonly report: string[];
}

const hostIsX86 = process.arch === 'x64' && process.platform === 'linux';

/** [code, state before, what the state after has at an offset] */
interface Probe {
  readonly code: readonly number[];
  readonly fsw: number;
  readonly at: number;
  readonly expected: number;
}

/** Where makers differ, the reference is AMD's Zen (README.md): its answers to these, whatever a processor calls itself. */
// biome-ignore format: aligned rows
const PROBES: readonly Probe[] = [
  { code: [0xd9, 0xe8], fsw: 0,      at: R_FX + 8, expected: 0 }, // fld1: fxsave stores no FIP while nothing is pending
  { code: [0xdd, 0xc0], fsw: 0x0200, at: R_FX + 2, expected: 0 }, // ffree clears C1
];

export interface Suite {
  /** Does this processor answer as the reference where manuals leave freedom? */
  readonly isReference: boolean;
  /** One instruction with `memory` at rdi, on this processor and in the guest. */
  once(code: readonly number[], memory: Uint8Array): readonly [native: DataView, guest: DataView];
  run(form: Form, cases: number, seed: number): Outcome;
  close(): void;
}

/** The suite, or nothing where the processor cannot be asked. */
export function openSuite(runtime: URL | string): Suite | undefined {
  if (!hostIsX86) return undefined;
  const guest = openGuest(runtime);
  const directory = mkdtempSync(join(tmpdir(), 'lxjit-x87-'));
  const binary = join(directory, 'native');
  execFileSync('cc', ['-O1', '-o', binary, new URL('native.c', import.meta.url).pathname]);
  const native = (input: Uint8Array, size: number): Buffer => {
    const options = { input, maxBuffer: input.length + 4096 };
    const { stdout, status } = spawnSync(binary, [String(size - HEADER)], options);
    if (status !== 0 || stdout.length !== input.length) throw new Error(`native driver: ${status}`);
    return stdout;
  };

  const batch = (form: Form, count: number, random: Random, outcome: Outcome): void => {
    const loose = TRANSCENDENTAL.includes(form);
    const size = HEADER + (form.size ?? MEMORY_SIZE);
    const input = new Uint8Array(count * size);
    const record = (of: Uint8Array, i: number) =>
      new DataView(of.buffer, of.byteOffset + i * size, size);
    for (let i = 0; i < count; i++) encode(randomCase(form, random), record(input, i));
    const ours = input.slice();
    const theirs = native(input, size);
    for (let i = 0; i < count; i++) {
      guest.run(record(ours, i), form.level ?? 2);
      const a = Buffer.from(ours.buffer, i * size, size);
      let b = theirs.subarray(i * size, i * size + size);
      let verdict = compare(blank(a), blank(b), loose);
      // An interrupt inside a case makes the kernel drop FIP and FDP, or changes what the CPU takes as used: once more,
      // after some of the cases before it.
      for (let tries = 0; tries < 3 && verdict === 'different' && outcome.different < 20; tries++) {
        const first = Math.max(0, i - 16);
        b = native(input.subarray(first * size, (i + 1) * size), size).subarray(-size);
        verdict = compare(a, blank(b), loose);
      }
      if (verdict === 'ulp') outcome.ulps++;
      if (verdict === 'c1') outcome.c1++;
      if (verdict === 'different' && outcome.different++ < 2) {
        outcome.report.push(
          `${form.name} ${Buffer.from(input.subarray(i * size, i * size + 16)).toString('hex')}`,
          `  in       ${show(record(input, i))}`,
          `  native ${b[0]} ${show(new DataView(b.buffer, b.byteOffset, size))}`,
          `  ours   ${a[0]} ${show(record(ours, i))}`,
          `  memory ${differences(a, b)}`,
        );
      }
    }
    outcome.cases += count;
  };

  const plain = (code: readonly number[], fsw: number, memory: Uint8Array): DataView => {
    const record = new DataView(new ArrayBuffer(HEADER + 640));
    const st = Array.from({ length: 8 }, (): [number, bigint] => [0, 0n]);
    encode({ code, fcw: 0x37f, fsw, ftw: 0, st, memory, rax: 0n, flags: 0 }, record);
    return record;
  };
  const onHost = (record: DataView): DataView => {
    const after = native(new Uint8Array(record.buffer), record.byteLength);
    return new DataView(after.buffer, after.byteOffset, after.length);
  };

  return {
    isReference: PROBES.every(
      ({ code, fsw, at, expected }) =>
        onHost(plain(code, fsw, new Uint8Array(0))).getUint16(at, true) === expected,
    ),
    once(code, memory) {
      const record = plain(code, 0, memory);
      const ours = new DataView(record.buffer.slice(0));
      guest.run(ours, 2);
      return [onHost(record), ours];
    },
    run(form, cases, seed) {
      const outcome: Outcome = {
        form: form.name,
        cases: 0,
        different: 0,
        ulps: 0,
        c1: 0,
        report: [],
      };
      const random = new Random(seed);
      while (outcome.cases < cases) {
        batch(form, Math.min(BATCH, cases - outcome.cases), random, outcome);
      }
      return outcome;
    },
    close: () => rmSync(directory, { recursive: true }),
  };
}

/** The first bytes of memory that differ: offset: native → ours. */
function differences(ours: Buffer, native: Buffer): string {
  const list: string[] = [];
  for (let i = HEADER; i < ours.length && list.length < 24; i++) {
    if (ours[i] !== native[i]) {
      list.push(`${i - HEADER}: ${native[i]!.toString(16)} → ${ours[i]!.toString(16)}`);
    }
  }
  return list.join(', ');
}

/** MXCSR and its mask are not the x87's. */
function blank(record: Buffer): Buffer {
  return record.fill(0, R_FX + 24, R_FX + 32);
}
