// The shape of a row of the opcode tables, and how its columns are read. A row is one line of the manual's opcode maps
// (Intel SDM Vol. 2 App. A); everything that decodes, executes, translates or tests an instruction comes from it.
//
//   key         opcode in hex, "50+" for eight opcodes with a register in the low three bits, with what else selects it:
//               NP 66 F3 F2   mandatory prefix (NP none of them; N6 none or 66; absent: any, 66 is the operand size)
//               /0 … /7       ModRM.reg      .0 … .7  ModRM.rm      m r   memory or register form only
//               W0 W1 B0 B1   REX.W, REX.B   L0 L1    VEX.L         v2 v3 guest CPU level below 3, or from 3 on
//   mnemonic    the manual's; "CBW|CWDE|CDQE" = by operand size 16|32|64
//   operands    letters of App. A, see OPERANDS; destination first
//   flags       one character for each of O S Z A P C (and D): m written, t tested, b tested and written, u undefined,
//               0 cleared, 1 set, . untouched. '' = none touched
//   attributes  lock    the memory form takes a lock prefix           rep   F3/F2 are repeat prefixes
//               end     ends a basic block                            d64   operand size 64 unless 66
//               f64     operand size 64 always                        sz    the name carries the size even without operands
//               op:X    whole name of the operation (# stands for the size in bits); as:X replaces the mnemonic in it
//               group:X group of the operation when it is not the feature's (GROUPS)
//               vsib    the index register of the memory operand is a vector register (its number × 8 in the record)
//               n:K     the memory operand's size in bytes where no operand letter says it
//
// The first row that matches wins.

export type Row = readonly [
  key: string,
  mnemonic: string,
  operands: string,
  flags: string,
  attributes: string,
];

/** CPUID feature (or base set) that a list of rows belongs to, in the order in which operations are numbered. */
export const GROUPS = ['int', 'sse', 'mmx', 'x87', 'system', 'avx'] as const;
export type Group = (typeof GROUPS)[number];

export type Feature =
  | 'base'
  | 'x87'
  | 'mmx'
  | 'sse'
  | 'sse2'
  | 'sse3'
  | 'ssse3'
  | 'sse4.1'
  | 'sse4.2'
  | 'popcnt'
  | 'aes'
  | 'pclmulqdq'
  | 'movbe'
  | 'lzcnt'
  | 'bmi1'
  | 'bmi2'
  | 'f16c'
  | 'fma'
  | 'avx'
  | 'avx2'
  | 'vaes'
  | 'system';

export interface FeatureRows {
  readonly feature: Feature;
  readonly rows: readonly Row[];
}

/** An opcode map: legacy maps 0 (one byte), 1 (0F), 2 (0F 38), 3 (0F 3A); VEX maps 1, 2, 3. */
export interface OpcodeMap {
  readonly name: string;
  readonly vex: boolean;
  readonly map: 0 | 1 | 2 | 3;
  readonly parts: readonly FeatureRows[];
}

export function part(feature: Feature, rows: readonly Row[]): FeatureRows {
  return { feature, rows };
}

/** Condition codes in encoding order, with the flags each tests (Intel SDM Vol. 1 App. B). */
// biome-ignore format: aligned rows
export const CONDITIONS: readonly (readonly [suffix: string, flags: string])[] = [
  ['O',  't.....'], ['NO',  't.....'], ['B',  '.....t'], ['NB',  '.....t'],
  ['Z',  '..t...'], ['NZ',  '..t...'], ['BE', '..t..t'], ['NBE', '..t..t'],
  ['S',  '.t....'], ['NS',  '.t....'], ['P',  '....t.'], ['NP',  '....t.'],
  ['L',  'tt....'], ['NL',  'tt....'], ['LE', 'ttt...'], ['NLE', 'ttt...'],
];

export function hex(byte: number): string {
  return byte.toString(16).toUpperCase().padStart(2, '0');
}

/** Where an operand is found. The numbers are the packed table's. */
export const PLACE = {
  none: 0,
  reg: 1, // ModRM.reg
  rm: 2, // ModRM.rm: register or memory
  opcode: 3, // low three bits of the opcode
  vvvv: 4, // VEX.vvvv
  is4: 5, // high half of the last immediate byte
  fixed: 6, // a register of its own (AL, CL, DX …)
  imm: 7,
  moffs: 8,
  implied: 9, // in the mnemonic, or the constant 1
} as const;

/** Register file of an operand. */
export const FILE = { gpr: 0, xmm: 1, mmx: 2, st: 3, segment: 4, control: 5 } as const;

export interface Operand {
  readonly code: string;
  readonly place: number;
  readonly file: number;
  /** Bytes; 'v' by operand size, 'y' 4 or 8 by W, 'x' vector length, 'z' 2 or 4 (immediates). */
  readonly size: number | 'v' | 'y' | 'x' | 'z';
  /** Only memory ('m'), only a register ('r') or both for ModRM.rm. */
  readonly only?: 'm' | 'r';
  /** Register number of a fixed operand. */
  readonly fixed?: number;
}

const SIZES: Record<string, Operand['size']> = {
  b: 1,
  w: 2,
  d: 4,
  q: 8,
  t: 10,
  dq: 16,
  qq: 32,
  v: 'v',
  y: 'y',
  x: 'x',
  z: 'z',
  ss: 4,
  sd: 8,
};
type Spot = readonly [place: number, file: number, only?: 'm' | 'r'];
// biome-ignore format: aligned rows
const LETTERS: Record<string, Spot> = {
  E: [PLACE.rm,     FILE.gpr],          G: [PLACE.reg,   FILE.gpr],       R: [PLACE.rm,  FILE.gpr, 'r'],
  M: [PLACE.rm,     FILE.gpr, 'm'],     B: [PLACE.vvvv,  FILE.gpr],       Z: [PLACE.opcode, FILE.gpr],
  V: [PLACE.reg,    FILE.xmm],          W: [PLACE.rm,    FILE.xmm],       U: [PLACE.rm,  FILE.xmm, 'r'],
  H: [PLACE.vvvv,   FILE.xmm],          L: [PLACE.is4,   FILE.xmm],
  P: [PLACE.reg,    FILE.mmx],          Q: [PLACE.rm,    FILE.mmx],       N: [PLACE.rm,  FILE.mmx, 'r'],
  S: [PLACE.reg,    FILE.segment],      C: [PLACE.reg,   FILE.control],
  I: [PLACE.imm,    FILE.gpr],          J: [PLACE.imm,   FILE.gpr],       O: [PLACE.moffs, FILE.gpr],
};
const operand = (
  code: string,
  place: number,
  file: number,
  size: Operand['size'],
  fixed = 0,
): Operand => ({
  code,
  place,
  file,
  size,
  fixed,
});
const NAMED: Record<string, Operand> = {
  AL: operand('AL', PLACE.fixed, FILE.gpr, 1, 0),
  rAX: operand('rAX', PLACE.fixed, FILE.gpr, 'v', 0),
  CL: operand('CL', PLACE.implied, FILE.gpr, 1, 1),
  DX: operand('DX', PLACE.implied, FILE.gpr, 2, 2),
  1: operand('1', PLACE.implied, FILE.gpr, 1, 1),
  FS: operand('FS', PLACE.fixed, FILE.segment, 2, 4),
  GS: operand('GS', PLACE.fixed, FILE.segment, 2, 5),
  AX: operand('AX', PLACE.fixed, FILE.gpr, 2, 0),
  ST0: operand('ST0', PLACE.implied, FILE.st, 10, 0),
  STi: operand('STi', PLACE.rm, FILE.st, 10),
  XMM0: operand('XMM0', PLACE.implied, FILE.xmm, 16, 0),
  Ibs: operand('Ibs', PLACE.imm, FILE.gpr, 1),
  Iwb: operand('Iwb', PLACE.imm, FILE.gpr, 4), // enter: 16 bits and 8 bits
  M: { ...operand('M', PLACE.rm, FILE.gpr, 0), only: 'm' },
};

/** Operand letters of App. A (Eb, Gv, Wx, Ib …) to place, register file and size. */
export function parseOperand(code: string): Operand {
  const named = NAMED[code];
  if (named) return named;
  const spot = LETTERS[code[0]!];
  const size = SIZES[code.slice(1)];
  if (!spot || size === undefined) throw new Error(`unknown operand ${code}`);
  const [place, file, only] = spot;
  return only ? { code, place, file, size, only } : { code, place, file, size };
}

export interface Key {
  readonly opcode: number;
  readonly plus: boolean;
  /** Bit set of the mandatory prefixes accepted: 1 none, 2 66, 4 F3, 8 F2; 0 = the row does not care. */
  readonly prefixes: number;
  readonly reg?: number;
  readonly rm?: number;
  readonly mod?: 'm' | 'r';
  readonly w?: number;
  readonly b?: number;
  readonly l?: number;
  readonly level?: number;
}

const PREFIX_SETS: Record<string, number> = { NP: 1, 66: 2, F3: 4, F2: 8, N6: 3 };

/** Reads the key column; a two-digit prefix is one only when an opcode follows it. */
export function parseKey(text: string): Key {
  const tokens = text.trim().split(/\s+/);
  const key: { -readonly [K in keyof Key]: Key[K] } = { opcode: 0, plus: false, prefixes: 0 };
  if (tokens.length > 1 && tokens[0]! in PREFIX_SETS && /^[0-9A-F]{2}\+?$/.test(tokens[1]!)) {
    key.prefixes = PREFIX_SETS[tokens.shift()!]!;
  }
  const opcode = tokens.shift()!;
  key.opcode = Number.parseInt(opcode, 16);
  key.plus = opcode.endsWith('+');
  for (const token of tokens) {
    const n = Number(token.slice(1));
    if (token === 'm' || token === 'r') key.mod = token;
    else if (token[0] === '/') key.reg = n;
    else if (token[0] === '.') key.rm = n;
    else if (token[0] === 'W') key.w = n;
    else if (token[0] === 'B') key.b = n;
    else if (token[0] === 'L') key.l = n;
    else if (token[0] === 'v') key.level = n;
    else throw new Error(`unknown selector ${token} in "${text}"`);
  }
  return key;
}
