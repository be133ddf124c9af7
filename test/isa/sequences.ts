// Random sequences of 5–30 instructions with forward branches, a third of them ending in a short loop: what one instruction leaves for the next (lazy flags, fused
// pairs, x87 stack, MXCSR). Memory operands lie at fixed addresses and RSP is touched by push and pop only, so that a
// sequence mostly runs to its end. No instruction reads a flag that an earlier one left undefined.
import { VEC_BP } from '../../assembly/shared/exit.ts';
import { FAULT_VECTOR, GPR, RIP } from '../../assembly/shared/layout.ts';
import { openDisassembler } from '../../src/decoder/capstone.ts';
import { FORMS, operandBytes } from '../../src/decoder/ops.ts';
import { FILE, PLACE } from '../../src/decoder/tables/row.ts';
import { ALL_FLAGS, compareStates, type Difference, FLAG_COLUMNS } from './compare.ts';
import { encode } from './encode.ts';
import { type Case, Generator, type Variant, variantsOf } from './generate.ts';
import type { Executor } from './interpreter.ts';
import { excused } from './known.ts';
import type { Native } from './native.ts';
import { CODE_AT, ENTRY, RECORD_BYTES, type Slot, slot, WINDOW, WINDOW_BYTES } from './record.ts';
import { BATCH } from './suite.ts';

const RSP = 4;
/** Counts the turns of a loop, which nothing else in it touches. */
const COUNTER = 15;
/** Farthest that a loop's branch reaches back. */
const LOOP_BYTES = 110;
/** Bytes of code that fit behind the entry. */
const ROOM = 180;

/** Not in sequences: addresses or counts in registers, undefined results, 1-ulp functions, other ends of blocks. */
const EXCLUDED =
  /^(lock )?(MOVS|CMPS|STOS|LODS|SCAS)\d|^(lock )?BT[SRC]?_MR|^(XLAT|LEAVE|ENTER|RET|CALL|JMP|LOOP|JRCXZ|POPF|PUSHF16|UD|FXSAVE|FXRSTOR|FNSAVE|FRSTOR|FLDENV|FNSTENV|LDMXCSR|CLFLUSH|MOV_SE|SHLD_\w+16|SHRD_\w+16)|MASKMOV|GATHER|^(F2XM1|FYL2X|FYL2XP1|FPATAN|FPTAN|FSIN|FCOS|FSINCOS|FPREM1?)$|RCP|RSQRT|^V?LDMXCSR/;
const SHIFT = /^(lock )?(SHL|SHR|SAR|ROL|ROR|RCL|RCR|SHLD|SHRD)_/;

interface Step {
  readonly variant: Variant;
  readonly bytes: number[];
  /** Flags that are defined after it. */
  readonly mask: number;
  /** Instructions that a taken branch skips; 0 for others. */
  skip: number;
}

export interface Sequence {
  readonly steps: readonly Step[];
  readonly slot: Slot;
}

/** Bit set of the flags that have one of these letters in the row's flags column. */
function flagsWith({ form }: Variant, letters: string): number {
  let set = 0;
  [...form.row[3]].forEach((effect, i) => {
    if (letters.includes(effect)) set |= FLAG_COLUMNS[i]!;
  });
  return set;
}

const isBranch = ({ op }: Variant) => /^J\w+$/.test(op);

export class SequenceGenerator {
  private readonly generator: Generator;
  private readonly pools: readonly (readonly Variant[])[];
  private readonly branches: readonly Variant[];
  /** Decrement and branch at the end of a loop. */
  private readonly closing: readonly (readonly [variant: Variant, bytes: readonly number[]])[];

  constructor(seed: number, level: number) {
    this.generator = new Generator(seed, level);
    const all = variantsOf(FORMS, level).filter(({ name }) => !EXCLUDED.test(name));
    this.branches = all.filter(isBranch).filter(({ form }) => form.operands[0]!.code === 'Jb');
    const find = (op: string, code: string) =>
      all.find((v) => v.op === op && v.form.operands.at(-1)!.code === code)!;
    this.closing = [
      [find('SUB_RI32', 'Ibs'), [0x41, 0x83, 0xe8 | (COUNTER & 7), 1]], // defines all flags
      [find('JNZ', 'Jb'), [0x75, 0]],
    ];
    const of = (...groups: string[]) =>
      all.filter((v) => groups.includes(v.form.group) && !isBranch(v));
    const general = of('int').filter(({ op }) => !/DIV/.test(op));
    const vectors = level < 3 ? of('sse') : of('sse', 'avx');
    // mostly one kind, so that instructions meet what others of their kind have left
    this.pools = [
      general,
      general,
      general,
      general,
      vectors,
      of('x87'),
      of('mmx', 'sse'),
      of('int', 'x87', 'sse'),
    ];
  }

  make(batch: Uint8Array, view: DataView, at: Slot): Sequence {
    const { random } = this.generator;
    const pool = random.pick(this.pools);
    this.generator.begin(random.pick(pool), batch, view, at);
    const loops = random.chance(33);
    const reserved = loops ? [RSP, COUNTER] : [RSP];
    const steps: Step[] = [];
    const length = 5 + random.below(26);
    let undefinedFlags = 0;
    let skippedUntil = 0;
    let used = 0;
    for (let tries = 0; steps.length < length && tries < 200; tries++) {
      const variant = random.chance(15) ? random.pick(this.branches) : random.pick(pool);
      if (flagsWith(variant, 'tb') & undefinedFlags) continue;
      const bytes = this.encode(variant, at.pc + used, reserved);
      if (!bytes || used + bytes.length > ROOM) continue;
      const shift = SHIFT.test(variant.name);
      // an instruction that a branch may skip, or a shift by 0, defines nothing
      if (steps.length >= skippedUntil && !shift) undefinedFlags &= ~flagsWith(variant, 'mb01');
      undefinedFlags |= flagsWith(variant, 'u');
      if (shift)
        undefinedFlags |= FLAG_COLUMNS[0]! | (/SH|SA/.test(variant.name) ? FLAG_COLUMNS[5]! : 0);
      const skip = isBranch(variant) ? 1 + random.below(3) : 0;
      skippedUntil = Math.max(skippedUntil, steps.length + 1 + skip);
      steps.push({ variant, bytes, skip, mask: ALL_FLAGS & ~undefinedFlags });
      used += bytes.length;
    }
    aimBranches(steps);
    if (loops) {
      this.close(steps);
      view.setBigUint64(at.at + GPR + COUNTER * 8, BigInt(1 + random.below(4)), true);
    }
    batch.set(
      steps.flatMap(({ bytes }) => bytes),
      at.at + CODE_AT + ENTRY,
    );
    return { steps, slot: at };
  }

  /** Ends the sequence with a loop over its last instructions. */
  private close(steps: Step[]): void {
    const { random } = this.generator;
    let first = steps.length;
    let length = 0;
    const turns = 1 + random.below(steps.length);
    while (first > steps.length - turns && length + steps[first - 1]!.bytes.length <= LOOP_BYTES)
      length += steps[--first]!.bytes.length;
    for (const [variant, code] of this.closing) {
      const bytes = [...code];
      length += bytes.length;
      if (isBranch(variant)) bytes[1] = -length & 255;
      steps.push({ variant, bytes, skip: 0, mask: ALL_FLAGS });
    }
  }

  /** One instruction at pc, or nothing when it would touch a reserved register. */
  private encode(variant: Variant, pc: number, reserved: readonly number[]): number[] | undefined {
    const { random } = this.generator;
    const { form, memory, s, lock } = variant;
    const encoding = encode({ form, memory, s, lock, fixedAddress: true }, random);
    const uses = (place: number) =>
      form.operands.some((o) => o.place === place && o.file === FILE.gpr);
    const registers = [
      uses(PLACE.reg) ? encoding.reg : -1,
      uses(PLACE.rm) || uses(PLACE.opcode) ? encoding.rm : -1,
      uses(PLACE.vvvv) ? encoding.vvvv : -1,
    ];
    if (registers.some((r) => reserved.includes(r))) return undefined;
    const { bytes } = encoding;
    const size = this.memorySize(variant);
    const target =
      WINDOW + 32 + (random.below(WINDOW_BYTES - 96) & (size >= 16 ? ~(size - 1) : -1));
    if (encoding.memory) {
      const { dispAt, ripRelative } = encoding.memory;
      const value = ripRelative ? target - (pc + bytes.length) : target;
      for (let i = 0; i < 4; i++) bytes[dispAt + i] = (value >> (8 * i)) & 255;
    } else if (encoding.moffsAt !== undefined) {
      for (let i = 0; i < 8; i++)
        bytes[encoding.moffsAt + i] = i < 4 ? (target >> (8 * i)) & 255 : 0;
    }
    return bytes;
  }

  private memorySize({ form, s }: Variant): number {
    const operand = form.operands.find((o) => o.place === PLACE.rm);
    if (!operand) return 1;
    return operand.size === 'x' ? 32 : operandBytes(operand, s);
  }
}

/** Sets the displacement of each branch to skip the number of instructions it was given. */
function aimBranches(steps: readonly Step[]): void {
  steps.forEach((step, i) => {
    if (!step.skip) return;
    step.skip = Math.min(step.skip, steps.length - 1 - i);
    const over = steps
      .slice(i + 1, i + 1 + step.skip)
      .reduce((n, { bytes }) => n + bytes.length, 0);
    step.bytes[step.bytes.length - 1] = over;
  });
}

export interface SequenceOutcome {
  sequences: number;
  instructions: number;
  mismatches: number;
  readonly examples: string[];
}

/** Runs `count` sequences; a mismatch is cut down to the first instruction after which the states differ. */
export async function runSequences(
  native: Native,
  level: number,
  seed: number,
  count: number,
  executor: Executor,
  progress?: (done: number) => void,
): Promise<SequenceOutcome> {
  const generator = new SequenceGenerator(seed, level);
  const outcome: SequenceOutcome = { sequences: 0, instructions: 0, mismatches: 0, examples: [] };
  for (let start = 0; start < count; start += BATCH) {
    const n = Math.min(BATCH, count - start);
    const batch = new Uint8Array(n * RECORD_BYTES);
    const view = new DataView(batch.buffer);
    const sequences = Array.from({ length: n }, (_, i) => generator.make(batch, view, slot(i)));
    for (const { steps } of sequences) outcome.instructions += steps.length;
    outcome.sequences += n;
    const run = both(native, executor, batch);
    for (const [i, sequence] of sequences.entries()) {
      if (differencesOf(sequence, sequence.steps.length, view, run, executor).length === 0)
        continue;
      outcome.mismatches++;
      if (outcome.examples.length >= 5) continue;
      const record = batch.slice(sequence.slot.at, sequence.slot.at + RECORD_BYTES);
      const where = `${executor.name}, seed ${seed}, sequence ${start + i}`;
      outcome.examples.push(await explain(sequence, record, native, executor, where));
    }
    progress?.(start + n);
  }
  return outcome;
}

interface Run {
  readonly native: DataView;
  readonly ours: DataView;
}

function both(native: Native, executor: Executor, batch: Uint8Array): Run {
  const after = native.run(batch);
  const mine = batch.slice();
  executor.run(mine);
  return {
    native: new DataView(after.buffer, after.byteOffset, after.length),
    ours: new DataView(mine.buffer),
  };
}

/** Flags that are defined where the native run stopped: after the step before the one that raised an exception. */
function maskAt({ steps, slot: at }: Sequence, length: number, native: DataView): number {
  let mask = ALL_FLAGS;
  if (native.getUint32(at.at + FAULT_VECTOR, true) === VEC_BP) return steps[length - 1]!.mask;
  let offset = Number(native.getBigUint64(at.at + RIP, true)) - at.pc;
  for (const step of steps) {
    if (offset <= 0) break;
    offset -= step.bytes.length;
    mask = step.mask;
  }
  return mask;
}

/** Differences after the first `length` instructions were run. */
function differencesOf(
  sequence: Sequence,
  length: number,
  before: DataView,
  run: Run,
  { name: executor }: Executor,
): readonly Difference[] {
  const { steps, slot: at } = sequence;
  const { variant } = steps[0]!;
  const test: Case = { form: variant.form, bytes: [], slot: at, s: variant.s };
  const mask = maskAt(sequence, length, run.native);
  const found = compareStates(test, variant, before, run.native, run.ours, mask);
  // what stands for every operation
  return excused({ ...variant, name: '' }, found, before, test, run.native, executor) ? [] : found;
}

/** Listing of the sequence up to the shortest beginning that already differs, and the differences. */
async function explain(
  sequence: Sequence,
  record: Uint8Array,
  native: Native,
  executor: Executor,
  where: string,
): Promise<string> {
  const { steps } = sequence;
  const cs = await openDisassembler();
  for (let length = 1; length <= steps.length; length++) {
    const code = steps.slice(0, length).flatMap(({ bytes }) => bytes);
    const shorter = record.slice();
    shorter.fill(0xcc, CODE_AT + ENTRY);
    shorter.set(code, CODE_AT + ENTRY);
    // it has to stay in its slot (code is addressed relative to RIP): the slots before it are filled with the same
    const batch = new Uint8Array(sequence.slot.at + RECORD_BYTES);
    const view = new DataView(batch.buffer);
    for (let i = 0; i <= sequence.slot.index; i++) {
      batch.set(shorter, slot(i).at);
      view.setBigUint64(slot(i).at + RIP, BigInt(slot(i).pc), true);
    }
    const run = both(native, executor, batch);
    const differences = differencesOf(sequence, length, view, run, executor);
    if (differences.length === 0) continue;
    const lines = cs.list(Uint8Array.from(code), sequence.slot.pc).map(({ text }) => `    ${text}`);
    const shown = differences
      .slice(0, 5)
      .map((d) => `  ${d.what}: was ${d.input}, native ${d.native}, ours ${d.ours}`);
    return [`${where} (${length} of ${steps.length} instructions)`, ...lines, ...shown].join('\n');
  }
  return `${where}: differs only as a whole`;
}
