// Machine code for a row of the opcode tables: random operands, encodings and prefixes.
import type { Form } from '../../src/decoder/ops.ts';
import { FILE, type Operand, PLACE } from '../../src/decoder/tables/row.ts';
import type { Random } from './random.ts';

/** The memory operand that was encoded; the state must make it point somewhere. */
export interface MemoryOperand {
  /** Register numbers, or −1. */
  readonly base: number;
  readonly index: number;
  readonly scale: number;
  readonly disp: number;
  readonly ripRelative: boolean;
  readonly addr32: boolean;
  /** Offset of a disp32 in the code, or −1 when there is none that could be patched. */
  readonly dispAt: number;
}

export interface Encoding {
  readonly bytes: number[];
  readonly memory?: MemoryOperand;
  /** Offset of a moffs address. */
  readonly moffsAt?: number;
  /** ModRM.reg (REX.R included) and ModRM.rm as registers. */
  readonly reg: number;
  readonly rm: number;
  readonly vvvv: number;
  readonly imm: number;
}

export interface Choice {
  readonly form: Form;
  readonly memory: boolean;
  /** Operand size 0, 1, 2 = 16, 32, 64. */
  readonly s: number;
  /** Relative branches go this far (so that they stay in the slot). */
  readonly reach?: number;
  readonly addr32?: boolean;
  /** A 66 prefix that the operands do not ask for. */
  readonly data16?: boolean;
  /** A lock prefix. */
  readonly lock?: boolean;
  /** Memory operands are absolute or relative to RIP, so that they depend on no register. */
  readonly fixedAddress?: boolean;
}

const MANDATORY: readonly (number | undefined)[] = [undefined, 0x66, 0xf3, 0xf2];

/** Immediate of an operand, little-endian. */
function immediate(operand: Operand, s: number, random: Random, reach: number): number[] {
  const size = operand.code === 'Iwb' ? 3 : operand.size;
  const bytes = size === 'v' ? [2, 4, 8][s]! : size === 'z' ? [2, 4, 4][s]! : (size as number);
  if (operand.code[0] === 'J') {
    const value = random.below(reach);
    return Array.from({ length: bytes }, (_, i) => (i === 0 ? value : 0));
  }
  if (operand.code === 'Iwb') return [random.below(64), 0, random.below(4)];
  if (operand.code === 'Iw') return [random.below(128), 0];
  const kind = random.below(4);
  if (kind === 0) return Array.from({ length: bytes }, (_, i) => (i === 0 ? random.below(4) : 0));
  if (kind === 1) {
    const fillByte = random.pick([0, 255]);
    const low = random.pick([0, 1, 127, 128, 255]);
    return Array.from({ length: bytes }, (_, i) => (i === 0 ? low : fillByte));
  }
  return Array.from({ length: bytes }, () => random.below(256));
}

/** ModRM.rm = memory: picks an addressing form. Numbers as they are encoded, REX bits apart. */
function memoryBytes(
  random: Random,
  addr32: boolean,
  vsib: boolean,
  fixedAddress: boolean,
): {
  tail: number[];
  memory: MemoryOperand;
  b: number;
  x: number;
  rm: number;
  mod: number;
  dispAt: number;
} {
  const kind = vsib ? 8 : random.below(fixedAddress ? 2 : 10);
  const disp8 = random.below(256);
  const none = { base: -1, index: -1, scale: 0, disp: 0, ripRelative: false, addr32 };
  if (kind === 0) {
    return {
      tail: [0, 0, 0, 0],
      memory: { ...none, ripRelative: true, dispAt: 0 },
      b: 0,
      x: 0,
      rm: 5,
      mod: 0,
      dispAt: 0,
    };
  }
  if (kind === 1) {
    return {
      tail: [0x25, 0, 0, 0, 0],
      memory: { ...none, dispAt: 1 },
      b: 0,
      x: 0,
      rm: 4,
      mod: 0,
      dispAt: 1,
    };
  }
  const mod = random.below(3);
  const dispBytes = [0, 1, 4][mod]!;
  const tail: number[] = [];
  let base = random.below(16);
  if (mod === 0 && (base & 7) === 5) base ^= 1;
  let index = -1;
  let scale = 0;
  let rm = base & 7;
  let x = 0;
  if (kind >= 6 || (base & 7) === 4) {
    rm = 4;
    index = kind >= 6 ? random.below(16) : 4;
    if (index === 4 && !vsib) index = -1;
    scale = random.below(4);
    x = index > 7 ? 1 : 0;
    tail.push((scale << 6) | ((index < 0 ? 4 : index & 7) << 3) | (base & 7));
  }
  const dispAt = mod === 2 ? tail.length : -1;
  for (let i = 0; i < dispBytes; i++) tail.push(mod === 1 ? disp8 : 0);
  const disp = mod === 1 ? (disp8 << 24) >> 24 : 0;
  const memory = {
    base,
    index,
    scale: index < 0 ? 0 : scale,
    disp,
    ripRelative: false,
    addr32,
    dispAt,
  };
  return { tail, memory, b: base >> 3, x, rm, mod, dispAt };
}

/** Encodes a row with random operands. */
export function encode(choice: Choice, random: Random): Encoding {
  const { form, memory, s } = choice;
  const { key, operands, attributes, map } = form;
  const bytes: number[] = [];
  const addr32 = choice.addr32 ?? false;
  if (choice.lock) bytes.push(0xf0);
  if (choice.data16) bytes.push(0x66);
  if (addr32) bytes.push(0x67);
  const prefixes = [0, 1, 2, 3].filter((p) => key.prefixes & (1 << p));
  const prefix = prefixes.length === 1 ? prefixes[0]! : 0;
  const sized =
    operands.some((o) => o.size === 'v' || o.size === 'z') ||
    attributes.has('sz') ||
    attributes.has('d64') ||
    /#/.test(form.row[4]) ||
    form.row[1].includes('|');
  if (!map.vex) {
    if (sized && s === 0 && !attributes.has('f64')) bytes.push(0x66);
    if (prefix) bytes.push(MANDATORY[prefix]!);
  }
  let rexW =
    s === 2 &&
    !attributes.has('d64') &&
    !attributes.has('f64') &&
    (sized || operands.some((o) => o.size === 'y'))
      ? 8
      : 0;
  if (key.w !== undefined) rexW = key.w * 8;

  const hasModrm =
    key.reg !== undefined ||
    key.rm !== undefined ||
    key.mod !== undefined ||
    operands.some((o) => o.place === PLACE.reg || o.place === PLACE.rm) ||
    (map.vex && key.opcode !== 0x77);
  // MMX, x87 and segment registers have no REX bit; a register of the opcode map's own stays what it is.
  const regOperand = operands.find((o) => o.place === PLACE.reg);
  const rmOperand = operands.find((o) => o.place === PLACE.rm);
  const wide = (o: Operand | undefined) =>
    o !== undefined && (o.file === FILE.gpr || o.file === FILE.xmm);
  const reg =
    key.reg ??
    (regOperand?.file === FILE.segment
      ? random.below(6)
      : wide(regOperand)
        ? random.below(16)
        : random.below(8));
  let rm = key.rm ?? (wide(rmOperand) ? random.below(16) : random.below(8));
  if (
    !memory &&
    regOperand &&
    rmOperand &&
    random.chance(15) &&
    key.rm === undefined &&
    key.reg === undefined
  )
    rm = wide(rmOperand) ? reg & (wide(regOperand) ? 15 : 7) : reg & 7;
  const opcodeRegister = key.plus ? random.below(16) : 0;
  let rex = rexW | (reg > 7 ? 4 : 0);
  let tail: number[] = [];
  let memoryOperand: MemoryOperand | undefined;
  if (hasModrm) {
    if (memory) {
      const m = memoryBytes(random, addr32, attributes.has('vsib'), choice.fixedAddress ?? false);
      tail = [(m.mod << 6) | ((reg & 7) << 3) | m.rm, ...m.tail];
      rex |= m.b | (m.x << 1);
      memoryOperand = { ...m.memory, dispAt: m.dispAt < 0 ? -1 : m.dispAt + 1 };
    } else {
      tail = [0xc0 | ((reg & 7) << 3) | (rm & 7)];
      if (rm > 7) rex |= 1;
    }
  } else if (key.plus) {
    rex |= opcodeRegister >> 3;
  }
  if (key.b !== undefined) rex = (rex & ~1) | key.b;
  const opcode = key.opcode | (key.plus ? opcodeRegister & 7 : 0);
  let vvvv = 0;
  if (map.vex) {
    const uses = operands.some((o) => o.place === PLACE.vvvv);
    vvvv = uses ? random.below(16) : 0;
    const l = key.l ?? (operands.some((o) => o.size === 'x') ? random.below(2) : 0);
    const last = ((~vvvv & 15) << 3) | (l << 2) | prefix;
    if (map.map === 1 && (rex & 11) === 0 && random.chance(70))
      bytes.push(0xc5, ((~rex & 4) << 5) | last);
    else bytes.push(0xc4, ((~rex & 7) << 5) | map.map, ((rex & 8) << 4) | last);
    bytes.push(opcode);
  } else {
    // an empty REX prefix makes spl … dil of ah … bh
    if (rex || random.chance(25)) bytes.push(0x40 | rex);
    if (map.map > 0) bytes.push(0x0f);
    if (map.map > 1) bytes.push(map.map === 2 ? 0x38 : 0x3a);
    bytes.push(opcode);
  }
  const tailAt = bytes.length;
  bytes.push(...tail);
  let imm = 0;
  let moffsAt: number | undefined;
  for (const operand of operands) {
    if (operand.place === PLACE.moffs) {
      moffsAt = bytes.length;
      for (let i = 0; i < (addr32 ? 4 : 8); i++) bytes.push(0);
    } else if (operand.place === PLACE.imm || operand.place === PLACE.is4) {
      const value = immediate(
        operand.place === PLACE.is4 ? { ...operand, size: 1 } : operand,
        s,
        random,
        choice.reach ?? 16,
      );
      imm = value[0]!;
      bytes.push(...value);
    }
  }
  const encoding = { bytes, reg, rm: memory ? -1 : key.plus ? opcodeRegister : rm, vvvv, imm };
  if (memoryOperand) {
    const { dispAt } = memoryOperand;
    return { ...encoding, memory: { ...memoryOperand, dispAt: dispAt < 0 ? -1 : tailAt + dispAt } };
  }
  return moffsAt === undefined ? encoding : { ...encoding, moffsAt };
}
