// Results of the processor for hosts that have none of the kind: a few cases of each form, each result a 32-bit hash of the
// state after it. `npm run test:isa -- --record` (on x86-64 Linux) writes them anew. A form that the file does not have, or
// whose row has changed since, is not compared.
import { readFileSync, writeFileSync } from 'node:fs';
import { FORMS } from '../../src/decoder/ops.ts';
import { compareStates, hashState } from './compare.ts';
import { type Case, Generator, type Variant, variantKey, variantsOf } from './generate.ts';
import { type Executor, openInterpreter } from './interpreter.ts';
import { excused } from './known.ts';
import type { Native } from './native.ts';
import { RECORD_BYTES, slot } from './record.ts';

const FILE = new URL('recorded.bin', import.meta.url);
const CASES = 4;
const SEED = 11;
/** Bytes of an entry: the variant's key, then a hash for each case, 0 = not to be compared. */
const ENTRY_BYTES = 4 + 4 * CASES;
const LEVELS = [2, 3];

/** Makes the cases of a variant (always in the same slots) and runs them interpreted. */
function interpreted(generator: Generator, interpreter: Executor, variant: Variant) {
  generator.restart(variant);
  const batch = new Uint8Array(CASES * RECORD_BYTES);
  const before = new DataView(batch.buffer);
  const cases: Case[] = Array.from({ length: CASES }, (_, i) =>
    generator.make(variant, batch, before, slot(i)),
  );
  const mine = batch.slice();
  interpreter.run(mine);
  return { batch, before, cases, ours: new DataView(mine.buffer) };
}

/** Runs everything on this processor and writes the file; returns how many forms it has. */
export function writeRecorded(native: Native): number {
  const entries: Uint8Array[] = [];
  for (const level of LEVELS) {
    const generator = new Generator(SEED, level);
    const interpreter = openInterpreter(CASES);
    for (const variant of variantsOf(FORMS, level)) {
      const { batch, before, cases, ours } = interpreted(generator, interpreter, variant);
      const after = native.run(batch);
      const state = new DataView(after.buffer, after.byteOffset, after.length);
      const entry = new DataView(new ArrayBuffer(ENTRY_BYTES));
      entry.setUint32(0, variantKey(variant, level), true);
      cases.forEach((test, i) => {
        const differences = compareStates(test, variant, before, state, ours);
        const known = differences.length > 0 && excused(variant, differences, before, test, state);
        const hash = known ? 0 : hashState(test, variant, before, state);
        entry.setUint32(4 + i * 4, hash, true);
      });
      entries.push(new Uint8Array(entry.buffer));
    }
  }
  writeFileSync(FILE, Buffer.concat(entries));
  return entries.length;
}

export interface RecordedResult {
  readonly cases: number;
  /** Forms that the file has nothing for. */
  readonly missing: number;
  /** Operations and code bytes whose result is another one. */
  readonly mismatches: readonly string[];
}

/** Compares the interpreter with the recorded results. */
export function checkRecorded(): RecordedResult {
  const file = readFileSync(FILE);
  const known = new Map<number, number>();
  for (let at = 0; at < file.length; at += ENTRY_BYTES) known.set(file.readUInt32LE(at), at + 4);
  const mismatches: string[] = [];
  let cases = 0;
  let missing = 0;
  for (const level of LEVELS) {
    const generator = new Generator(SEED, level);
    const interpreter = openInterpreter(CASES);
    for (const variant of variantsOf(FORMS, level)) {
      const at = known.get(variantKey(variant, level));
      if (at === undefined) {
        missing++;
        continue;
      }
      const run = interpreted(generator, interpreter, variant);
      run.cases.forEach((test, i) => {
        const expected = file.readUInt32LE(at + i * 4);
        if (expected === 0) return;
        cases++;
        if (hashState(test, variant, run.before, run.ours) === expected) return;
        mismatches.push(`${variant.name} ${Buffer.from(test.bytes).toString('hex')}`);
      });
    }
  }
  return { cases, missing, mismatches };
}
