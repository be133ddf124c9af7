// A linear sweep over the .text of a program: our decoder against capstone, instruction by instruction.
// `node test/decoder/sweep.ts FILE…` prints what differs.
import { I_OP } from '../../assembly/shared/inst.ts';
import { openDisassembler } from '../../src/decoder/capstone.ts';
import { OP } from '../../src/decoder/ops.ts';
import { Comparer } from './compare.ts';
import { readText } from './elf-text.ts';
import { knownDeviation } from './known.ts';
import { openDecoder } from './runtime.ts';

export interface SweepResult {
  readonly instructions: number;
  /** Instructions that one side does not know, by capstone's mnemonic. */
  readonly unsupported: Map<string, number>;
  /** Differences that are known capstone errors, by reason. */
  readonly known: Map<string, number>;
  readonly mismatches: Map<string, { count: number; example: string }>;
}

const hex = (n: number) => n.toString(16);

/** Guest address at which position-independent code is placed. */
const PIE_BASE = 0x400000;

/** Sweeps a file's .text, at most `limit` bytes of it. */
export async function sweep(
  path: string,
  level = 2,
  limit = Number.POSITIVE_INFINITY,
): Promise<SweepResult> {
  const { address: linked, bytes: all } = readText(path);
  const address = linked < 0x200000 ? linked + PIE_BASE : linked;
  const bytes = all.subarray(0, limit);
  const decoder = openDecoder(bytes, address, level);
  const cs = await openDisassembler();
  const comparer = new Comparer(cs, decoder.view, decoder.record);
  const unsupported = new Map<string, number>();
  const known = new Map<string, number>();
  const mismatches = new Map<string, { count: number; example: string }>();
  const count = (map: Map<string, number>, key: string) => map.set(key, (map.get(key) ?? 0) + 1);
  const mismatch = (key: string, at: number, text: string) => {
    const seen = mismatches.get(key);
    if (seen) seen.count++;
    else {
      const raw = Buffer.from(bytes.subarray(at - address, at - address + 15)).toString('hex');
      mismatches.set(key, { count: 1, example: `${hex(at)}: ${raw} ${text}` });
    }
  };
  let instructions = 0;
  cs.visit(
    bytes,
    address,
    (view) => {
      instructions++;
      const length = decoder.decode(view.address);
      const finding = comparer.compare(length, view);
      if (!finding) return;
      const reason = knownDeviation(view, finding);
      if (reason) count(known, reason);
      else if (decoder.view.getUint16(decoder.record + I_OP, true) === OP.UD)
        count(unsupported, bytes[view.address - address] === 0x62 ? 'EVEX' : view.name);
      else mismatch(`${finding.kind} ${finding.detail.slice(0, 60)}`, view.address, view.text());
    },
    (at) => {
      const length = decoder.decode(at);
      const ud = decoder.view.getUint16(decoder.record + I_OP, true) === OP.UD;
      if (ud || at + length > address + bytes.length) return 1;
      mismatch('capstone finds nothing', at, `length ${length}`);
      return length || 1;
    },
  );
  return { instructions, unsupported, known, mismatches };
}

if (process.argv[1] === import.meta.filename) {
  for (const path of process.argv.slice(2)) {
    const started = performance.now();
    const { instructions, unsupported, known, mismatches } = await sweep(path);
    console.log(path, instructions, 'instructions', Math.round(performance.now() - started), 'ms');
    const rest = [...unsupported].sort((a, b) => b[1] - a[1]);
    console.log('  unsupported', rest.map(([name, n]) => `${name} ${n}`).join(', '));
    for (const [reason, n] of known) console.log('  known', n, reason);
    const worst = [...mismatches].sort((a, b) => b[1].count - a[1].count);
    for (const [key, { count, example }] of worst.slice(0, 40))
      console.log(' ', count, key, '|', example);
  }
}
