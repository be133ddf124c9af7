// Encodings of every row of the tables, and random bytes, against capstone: what compilers do not emit.
// `node test/decoder/rows.ts [LEVEL]` prints what differs.
import { I_OP } from '../../assembly/shared/inst.ts';
import { GUEST_SHIFT } from '../../assembly/shared/layout.ts';
import { openDisassembler } from '../../src/decoder/capstone.ts';
import { FORMS, hasForm, OP } from '../../src/decoder/ops.ts';
import { encode } from '../isa/encode.ts';
import { Random } from '../isa/random.ts';
import { Comparer } from './compare.ts';
import { knownDeviation } from './known.ts';
import { openDecoder } from './runtime.ts';

const PC = 0x400000;
/** Padding after each instruction, so that a decoder that takes too much is seen. */
const PADDING = [
  0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90,
];

export interface RowsResult {
  readonly cases: number;
  readonly known: Map<string, number>;
  readonly mismatches: Map<string, { count: number; example: string }>;
}

interface Checker {
  check(bytes: readonly number[]): void;
  readonly result: RowsResult;
}

/** Compares single instructions. only: 'both' = count what one side alone knows as a mismatch; 'valid' = compare what both know. */
async function checker(level: number): Promise<Checker> {
  const decoder = openDecoder(new Uint8Array(4096).fill(0x90), PC, level);
  const cs = await openDisassembler();
  const comparer = new Comparer(cs, decoder.view, decoder.record);
  const result = {
    cases: 0,
    known: new Map<string, number>(),
    mismatches: new Map<string, { count: number; example: string }>(),
  };
  const mismatch = (key: string, bytes: readonly number[], text: string) => {
    const seen = result.mismatches.get(key);
    if (seen) seen.count++;
    else
      result.mismatches.set(key, {
        count: 1,
        example: `${Buffer.from(bytes).toString('hex')} ${text}`,
      });
  };
  const check = (bytes: readonly number[]): void => {
    result.cases++;
    const code = Uint8Array.from([...bytes, ...PADDING]).subarray(0, 15);
    decoder.bytes.set(code, PC - GUEST_SHIFT);
    const length = decoder.decode(PC);
    const op = decoder.view.getUint16(decoder.record + I_OP, true);
    let seen = false;
    cs.visit(
      code,
      PC,
      (view) => {
        if (seen) return;
        seen = true;
        const finding = comparer.compare(length, view);
        if (!finding) return;
        const reason = knownDeviation(view, finding, op === OP.UD);
        if (reason) result.known.set(reason, (result.known.get(reason) ?? 0) + 1);
        else
          mismatch(
            `${finding.kind} ${finding.detail.replace(/[:,].*/, '')}`,
            bytes,
            `${view.text()} | ${finding.detail}`,
          );
      },
      () => {
        if (!seen && op !== OP.UD) {
          const reason = onlyOurs(op);
          if (reason) result.known.set(reason, (result.known.get(reason) ?? 0) + 1);
          else
            mismatch(
              `only ours ${Object.entries(OP).find(([, id]) => id === op)?.[0]}`,
              bytes,
              `length ${length}`,
            );
        }
        seen = true;
        return 15;
      },
    );
  };
  return { check, result };
}

/** What capstone does not know and this project's processors execute (tried on one). */
const UNKNOWN_TO_CAPSTONE =
  /^(NOP|FENCE|FCOM|FCOMP|FXCH|FSTP_ST|FSTP1|FSTP9|MOV_R[RM](16|32)|BS[FR]_R[RM]\d+|PRIV|VPCMPESTR[IM]_W|VPHSUBD|VPACKUSDW|VPINSRB|VPCMPISTR[IM])$/;
const nameOf = new Map(Object.entries(OP).map(([name, id]) => [id, name]));

function onlyOurs(op: number): string | undefined {
  return UNKNOWN_TO_CAPSTONE.test(nameOf.get(op)!)
    ? 'reserved nops, fences with other rm, x87 aliases, movsxd without REX.W, F2 before bsf, W in vphsubd & co.: not in capstone'
    : undefined;
}

/** `per` encodings of each row and form. */
export async function checkRows(level: number, per: number, seed: number): Promise<RowsResult> {
  const { check, result } = await checker(level);
  const random = new Random(seed);
  for (const form of FORMS) {
    if (form.map.vex && level < 3) continue;
    if (form.key.level !== undefined && form.key.level !== level) continue;
    for (const memory of [0, 1] as const) {
      if (!hasForm(form, memory)) continue;
      for (let i = 0; i < per; i++) {
        const s = form.sizes[i % 3]!;
        const lock = memory === 1 && form.attributes.has('lock') && i % 4 === 0;
        const { bytes } = encode(
          { form, memory: memory === 1, s, lock, addr32: i % 5 === 0, reach: 100 },
          random,
        );
        for (let b = 0; b < bytes.length; b++)
          if (bytes[b] === 0 && b > bytes.length - 4) bytes[b] = random.below(256);
        check(bytes);
      }
    }
  }
  return result;
}

/** Random bytes, half of them after a prefix or an escape. */
export async function checkRandom(level: number, count: number, seed: number): Promise<RowsResult> {
  const { check, result } = await checker(level);
  const random = new Random(seed);
  const starts = [
    [],
    [0x0f],
    [0x66],
    [0xf3, 0x0f],
    [0xf2, 0x0f],
    [0x66, 0x0f],
    [0x66, 0x0f, 0x38],
    [0x66, 0x0f, 0x3a],
    [0x48],
    [0x41, 0x0f],
    [0xc5],
    [0xc4, 0xe2],
    [0xc4, 0xe3],
    [0xf0],
    [0x67],
    [0x65],
  ];
  for (let i = 0; i < count; i++) {
    const start = random.pick(starts);
    check([...start, ...Array.from({ length: 15 - start.length }, () => random.below(256))]);
  }
  return result;
}

if (process.argv[1] === import.meta.filename) {
  const level = Number(process.argv[2] ?? 2);
  for (const result of [await checkRows(level, 60, 1), await checkRandom(level, 300_000, 2)]) {
    console.log(result.cases, 'cases');
    for (const [reason, n] of result.known) console.log('  known', n, reason);
    const worst = [...result.mismatches].sort((a, b) => b[1].count - a[1].count);
    for (const [key, { count, example }] of worst.slice(0, 150))
      console.log(' ', count, key, '|', example);
  }
}
