// Compares a decoded instruction with capstone's view of the same bytes: length, mnemonic, registers, memory operand,
// immediate. Where capstone writes operands that the row does not have (or the other way round) a rule below says so.
import {
  I_BASE,
  I_DISP,
  I_FLAGS,
  I_IMM,
  I_INDEX,
  I_OP,
  I_R0,
  I_SCALE,
  I_SEG,
  INST_ADDR32,
  INST_MEM,
} from '../../assembly/shared/inst.ts';
import { ZERO } from '../../assembly/shared/layout.ts';
import {
  type Disassembler,
  OPERAND_IMMEDIATE,
  OPERAND_MEMORY,
  OPERAND_REGISTER,
  type View,
} from '../../src/decoder/capstone.ts';
import { OPS, type Op, operandBytes } from '../../src/decoder/ops.ts';
import { FILE, PLACE } from '../../src/decoder/tables/row.ts';

const LOW = ['ax', 'cx', 'dx', 'bx', 'sp', 'bp', 'si', 'di'];
const SEGMENTS = ['es', 'cs', 'ss', 'ds', 'fs', 'gs'];

/** Name of a general register by record offset and size. */
function generalName(offset: number, size: number): string {
  const n = offset >> 3;
  if (size === 1 && offset & 1) return `${LOW[n]![0]}h`;
  if (n >= 8) return `r${n}${{ 1: 'b', 2: 'w', 4: 'd', 8: '' }[size]}`;
  const name = LOW[n]!;
  if (size === 8) return `r${name}`;
  if (size === 4) return `e${name}`;
  if (size === 2) return name;
  return n < 4 ? `${name[0]}l` : `${name}l`;
}

/** What the record says about register operand i of an operation: its name there for every offset. */
interface Slot {
  readonly index: 0 | 1 | 2;
  readonly name: (offset: number) => string;
  readonly memory: boolean;
}

const MNEMONIC_OF_CONDITION: Record<string, string> = {
  nb: 'ae',
  z: 'e',
  nz: 'ne',
  nbe: 'a',
  nl: 'ge',
  nle: 'g',
};

/** capstone's names of our mnemonics (both directions of the manual's synonyms). */
function capstoneNames(op: Op): ReadonlySet<string> {
  const names = new Set<string>(op.mnemonics);
  for (const m of op.mnemonics) {
    const condition = /^(j|set|cmov|loop)(nb|z|nz|nbe|nl|nle)$/.exec(m);
    if (condition) names.add(`${condition[1]}${MNEMONIC_OF_CONDITION[condition[2]!]}`);
    for (const synonym of SYNONYMS[m] ?? []) names.add(synonym);
  }
  return names;
}

/** Spelling only: string operations by size, capstone's long forms, what an old CPU takes tzcnt and lzcnt for. */
// biome-ignore format: one line each
const SYNONYMS: Record<string, readonly string[]> = {
  movs: ['movsb', 'movsw', 'movsd', 'movsq'],
  stos: ['stosb', 'stosw', 'stosd', 'stosq'],
  lods: ['lodsb', 'lodsw', 'lodsd', 'lodsq'],
  scas: ['scasb', 'scasw', 'scasd', 'scasq'],
  cmps: ['cmpsb', 'cmpsw', 'cmpsd', 'cmpsq'],
  mov: ['movabs'],
  fwait: ['wait'],
  wbinvd: ['wbnoinvd'],
  movq: ['movd'],
  fneni: ['feni8087_nop', 'fsetpm'],
  fstp1: ['fstpnce'],
  faddp: ['fadd'],
  bsf: ['tzcnt'],
  bsr: ['lzcnt'],
  xlat: ['xlatb'],
  pushf: ['pushfq'],
  popf: ['popfq'],
  jrcxz: ['jecxz'],
  shl: ['sal'],
  nop: [
    'endbr64',
    'endbr32',
    'prefetcht0',
    'prefetcht1',
    'prefetcht2',
    'prefetchnta',
    'prefetchw',
    'prefetchwt1',
    'fsetpm',
    'feni8087_nop',
    'fdisi8087_nop',
    'prefetch',
    'rdsspq',
    'rdsspd',
    'bndmk',
    'bndmov',
    'bndcl',
    'bndcu',
    'bndcn',
    'bndldx',
    'bndstx',
    'cldemote',
  ],
  callf: ['lcall', 'call'],
  jmpf: ['ljmp', 'jmp'],
  ud1: ['ud2b'],
  int1: ['int1'],
  fistp: ['fistp'],
  retf: ['retfq'],
  iret: ['iretq', 'iretd'],
  insd: ['insd', 'insw'],
  outsd: ['outsd', 'outsw'],
  sysret: ['sysretq'],
  fucom: ['fucom'],
  fcomi: ['fcomi'],
  fcomip: ['fcompi'],
  fucomip: ['fucompi'],
  fndisi: ['fdisi8087_nop'],
  fxch: ['fxch'],
};

/** Registers that only one side writes as operands. */
const IMPLICIT_OF_CAPSTONE: Record<string, ReadonlySet<string>> = {
  in: new Set(['al', 'ax', 'eax', 'dx']),
  out: new Set(['al', 'ax', 'eax', 'dx']),
};

export interface Finding {
  readonly kind: string;
  readonly detail: string;
}

export class Comparer {
  private readonly view: DataView;
  private readonly record: number;
  private readonly registers: string[] = [];
  private readonly slots: (readonly Slot[])[] = [];
  private readonly names: ReadonlySet<string>[] = [];
  private readonly cs: Disassembler;

  constructor(cs: Disassembler, view: DataView, record: number) {
    this.cs = cs;
    this.view = view;
    this.record = record;
    for (const op of OPS) {
      this.slots[op.id] = this.slotsOf(op);
      this.names[op.id] = capstoneNames(op);
    }
  }

  private slotsOf(op: Op): Slot[] {
    const slots: Slot[] = [];
    op.operands.forEach((operand, i) => {
      if (operand.place === PLACE.imm || operand.place === PLACE.implied || i > 2) return;
      const memory = operand.place === PLACE.rm || operand.place === PLACE.moffs;
      const size = operandBytes(operand, op.sizeIndex);
      const index = i as 0 | 1 | 2;
      if (operand.file === FILE.gpr)
        slots.push({ index, memory, name: (o) => generalName(o, size) });
      else if (operand.file === FILE.xmm)
        slots.push({ index, memory, name: (o) => `xmm${o >> 4}` });
      else if (operand.file === FILE.mmx) slots.push({ index, memory, name: (o) => `mm${o >> 4}` });
      else if (operand.file === FILE.st)
        slots.push({ index, memory: false, name: (o) => `st(${o >> 4})` });
      else if (operand.file === FILE.segment)
        slots.push({ index, memory, name: (o) => SEGMENTS[o]! });
    });
    return slots;
  }

  private register(id: number): string {
    return (this.registers[id] ??= id === 0 ? '' : this.cs.registerName(id));
  }

  /** What differs, or undefined. */
  compare(length: number, cap: View): Finding | undefined {
    const { view, record } = this;
    const op = OPS[view.getUint16(record + I_OP, true) - 1];
    if (!op) return { kind: 'no operation', detail: '' };
    if (length !== cap.length)
      return { kind: 'length', detail: `${length} for ${cap.length} (${op.name})` };
    if (!this.names[op.id]!.has(cap.name))
      return { kind: 'mnemonic', detail: `${op.name} for ${cap.name}` };
    if (op.name === 'PRIV' || op.name === 'NOP' || op.name === 'FAR' || op.name === 'UD')
      return undefined;
    return this.operands(op, cap);
  }

  private operands(op: Op, cap: View): Finding | undefined {
    const { view, record } = this;
    const flags = view.getUint8(record + I_FLAGS);
    const ours: string[] = [];
    for (const { index, name, memory } of this.slots[op.id]!) {
      if (memory && flags & INST_MEM) continue;
      ours.push(name(view.getUint8(record + I_R0 + index)));
    }
    const theirs: string[] = [];
    let memory = -1;
    let immediate = -1;
    for (let i = 0; i < cap.operandCount; i++) {
      const kind = cap.operandKind(i);
      // vector registers by number: an operation may stand for several vector lengths
      if (kind === OPERAND_REGISTER)
        theirs.push(this.register(cap.register(i)).replace('ymm', 'xmm'));
      else if (kind === OPERAND_MEMORY) memory = i;
      else if (kind === OPERAND_IMMEDIATE) immediate = i;
    }
    const found = this.registerFinding(op, ours, theirs);
    if (found) return found;
    if (flags & INST_MEM) {
      if (memory < 0)
        return { kind: 'memory', detail: `${op.name}: capstone has no memory operand` };
      return this.memoryFinding(op, flags, cap, memory);
    }
    if (memory >= 0 && !/^(MOVS|CMPS|STOS|LODS|SCAS|XLAT|MASKMOV)/.test(op.name))
      return { kind: 'memory', detail: `${op.name}: only capstone has a memory operand` };
    return this.immediateFinding(op, cap, immediate);
  }

  private registerFinding(
    op: Op,
    mine: readonly string[],
    theirs: readonly string[],
  ): Finding | undefined {
    let ours = mine;
    const a = ours.join();
    const b = theirs.join();
    if (a === b) return undefined;
    if (op.group === 'x87') {
      // ST(0) is left out or written by capstone as it likes; the other one counts
      const other = (list: readonly string[]) => list.filter((r) => r !== 'st(0)').join();
      if (other(ours) === other(theirs)) return undefined;
    }
    const implicit = IMPLICIT_OF_CAPSTONE[[...op.mnemonics][0]!];
    if (implicit && theirs.filter((r) => !implicit.has(r)).join() === a) return undefined;
    // string operations (rax, the moving register), the count in cl, xmm0 of blendv
    if (ours.length === 0 && /^(STOS|LODS|SCAS)/.test(op.name)) return undefined;
    if (op.operands.some((o) => o.place === PLACE.is4)) {
      ours = [
        ...ours,
        `xmm${Number(this.view.getBigInt64(this.record + I_IMM, true) & 0xf0n) >> 4}`,
      ];
      if (ours.join() === b) return undefined;
    }
    if (op.operands.some((o) => o.code === 'CL') && b === [...ours, 'cl'].join()) return undefined;
    if (op.operands.some((o) => o.code === 'XMM0') && b === [...ours, 'xmm0'].join())
      return undefined;
    return { kind: 'registers', detail: `${op.name}: ${a} for ${b}` };
  }

  private memoryFinding(op: Op, flags: number, cap: View, i: number): Finding | undefined {
    const { view, record } = this;
    const size = flags & INST_ADDR32 && !this.isHighRip(cap, i) ? 4 : 8;
    const name = (offset: number) => (offset === ZERO ? '' : generalName(offset, size));
    const base = name(view.getUint8(record + I_BASE));
    const vector = op.name.includes('GATHER');
    const index = vector
      ? `xmm${view.getUint8(record + I_INDEX) >> 3}`
      : name(view.getUint8(record + I_INDEX));
    const scale = index ? 1 << view.getUint8(record + I_SCALE) : 1;
    const segment = ['', 'fs', 'gs'][view.getUint8(record + I_SEG)]!;
    const disp = view.getInt32(record + I_DISP, true);
    let theirBase = this.register(cap.memoryBase(i));
    let theirIndex = this.register(cap.memoryIndex(i));
    if (vector) theirIndex = theirIndex.replace('ymm', 'xmm');
    if (theirIndex === 'riz' || theirIndex === 'eiz') theirIndex = '';
    let theirDisp = BigInt.asIntN(32, cap.memoryDisp(i));
    if (theirBase === 'rip' || theirBase === 'eip') {
      theirBase = '';
      theirDisp = BigInt.asIntN(32, cap.memoryDisp(i) + BigInt(cap.address + cap.length));
    }
    const theirScale = theirIndex ? cap.memoryScale(i) : 1;
    let theirSegment = this.register(cap.memorySegment(i));
    if (theirSegment !== 'fs' && theirSegment !== 'gs') theirSegment = '';
    const ours = `${segment}:${base}+${index}*${scale}+${disp}`;
    const theirs = `${theirSegment}:${theirBase}+${theirIndex}*${theirScale}+${theirDisp}`;
    return ours === theirs
      ? undefined
      : { kind: 'memory', detail: `${op.name}: ${ours} for ${theirs}` };
  }

  private isHighRip(cap: View, i: number): boolean {
    return this.register(cap.memoryBase(i)) === 'rip';
  }

  private immediateFinding(op: Op, cap: View, i: number): Finding | undefined {
    const ours = op.operands.some((o) => o.place === PLACE.imm);
    if (!ours) {
      if (i < 0 || op.operands.some((o) => o.code === '1')) return undefined;
      return { kind: 'immediate', detail: `${op.name}: only capstone has one` };
    }
    if (i < 0) {
      return op.operands.some((o) => o.code === '1')
        ? undefined
        : { kind: 'immediate', detail: `${op.name}: capstone has none` };
    }
    if (op.name.startsWith('ENTER')) return undefined;
    const { view, record } = this;
    const size = operandBytes(op.operands[0]!, op.sizeIndex) * 8;
    const bits = op.operands.some((o) => o.code[0] === 'J') ? 64 : Math.max(8, Math.min(64, size));
    const mine = BigInt.asUintN(bits, view.getBigInt64(record + I_IMM, true));
    const theirs = BigInt.asUintN(bits, cap.immediate(i));
    return mine === theirs
      ? undefined
      : { kind: 'immediate', detail: `${op.name}: ${mine} for ${theirs}` };
  }
}
