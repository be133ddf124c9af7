// The operations: what the interpreter switches on and the translator lowers, derived from the rows of the opcode tables.
// General-purpose instructions split into one operation per canonical form and size (ADD_RR32, ADD_RM32, ADD_MR32, ADD_RI32 …),
// the others have one per mnemonic, with _M for a memory destination. assembly/generated/ops.ts holds the same numbers for
// AssemblyScript (tables/pack.ts writes it).
//
//   form letters   R general register   M memory   I immediate   C the count in CL
//   suffixes       8 16 32 64 operand size in bits; a second one (_8, _16, _32) is the source's
import { INTERNAL_OPS } from '../../assembly/shared/internal-ops.ts';
import { map0f } from './tables/map-0f.ts';
import { map0f3a } from './tables/map-0f3a.ts';
import { map0f38 } from './tables/map-0f38.ts';
import { primary } from './tables/primary.ts';
import {
  type Feature,
  FILE,
  GROUPS,
  type Group,
  type Key,
  type OpcodeMap,
  type Operand,
  PLACE,
  parseKey,
  parseOperand,
  type Row,
} from './tables/row.ts';
import { vex } from './tables/vex.ts';
import { x87 } from './tables/x87.ts';

export const MAPS: readonly OpcodeMap[] = [primary, x87, map0f, map0f38, map0f3a, ...vex];

/** One row, read. ops[form][s]: operation for the register (0) or memory (1) form with operand size 16, 32, 64 (s = 0, 1, 2). */
export interface Form {
  readonly row: Row;
  readonly map: OpcodeMap;
  readonly feature: Feature;
  readonly group: Group;
  readonly key: Key;
  readonly operands: readonly Operand[];
  readonly attributes: ReadonlySet<string>;
  /** The operand size that stands in for each of 16, 32, 64 bits: the same, or the nearest that exists. */
  readonly sizes: readonly number[];
  readonly names: readonly [register: readonly string[], memory: readonly string[]];
}

export interface Op {
  readonly id: number;
  readonly name: string;
  readonly group: Group;
  readonly feature: Feature;
  /** Mnemonics (lower case) of the rows that decode to it. */
  readonly mnemonics: ReadonlySet<string>;
  /** Flags column: one of m t b u 0 1 . for each of O S Z A P C D. */
  readonly flags: string;
  /** Bytes of the first operand; 0 when it has none. */
  readonly size: number;
  /** Bytes read or written in memory by the memory form; 0 = none, or of variable length. */
  readonly memSize: number;
  readonly end: boolean;
  readonly operands: readonly Operand[];
  /** Operand size it stands for: 0, 1, 2 = 16, 32, 64 (see operandBytes). */
  readonly sizeIndex: number;
}

const SIZE_BYTES = [2, 4, 8];

/** Bytes of an operand when the operand size is 16, 32, 64 bits (s = 0, 1, 2); vectors count as 16. */
export function operandBytes({ size }: Operand, s: number): number {
  if (size === 'v') return SIZE_BYTES[s]!;
  if (size === 'y') return s === 2 ? 8 : 4;
  if (size === 'z') return s === 0 ? 2 : 4;
  return size === 'x' ? 16 : size;
}

const attribute = (attributes: ReadonlySet<string>, name: string): string | undefined => {
  for (const a of attributes) if (a.startsWith(`${name}:`)) return a.slice(name.length + 1);
  return undefined;
};

function groupOf(feature: Feature, attributes: ReadonlySet<string>): Group {
  const group = attribute(attributes, 'group') as Group | undefined;
  if (group) return group;
  if (feature === 'base') return 'int';
  if (feature === 'x87' || feature === 'mmx' || feature === 'system') return feature;
  if (['movbe', 'lzcnt', 'bmi1', 'bmi2', 'popcnt'].includes(feature)) return 'int';
  return ['avx', 'avx2', 'fma', 'f16c', 'vaes'].includes(feature) ? 'avx' : 'sse';
}

/** Form letter of an operand in the name of a general-purpose operation. */
function letter(operand: Operand, memory: boolean): string {
  if (operand.place === PLACE.imm || operand.code === '1') return 'I';
  if (operand.code === 'CL') return 'C';
  if (operand.place === PLACE.moffs || (operand.place === PLACE.rm && memory)) return 'M';
  return 'R';
}

const isDestination = (operand: Operand | undefined): boolean =>
  operand !== undefined && operand.place === PLACE.rm;

function opName(form: Omit<Form, 'names' | 'sizes'>, memory: boolean, s: number): string {
  const { row, group, operands, attributes } = form;
  const mnemonics = row[1].split('|');
  const base = attribute(attributes, 'as') ?? mnemonics[Math.min(s, mnemonics.length - 1)]!;
  const first = operands[0];
  const bits = (first ? operandBytes(first, s) : SIZE_BYTES[s]!) * 8;
  const full = attribute(attributes, 'op');
  if (full) return full.replace('#', String(SIZE_BYTES[s]! * 8));
  if (mnemonics.length > 1) return base;
  if (group !== 'int') {
    const store = memory && isDestination(first) && ['sse', 'mmx', 'avx'].includes(group);
    return store ? `${base}_M` : base;
  }
  if (!first) return attributes.has('sz') ? `${base}${bits}` : base;
  // push's immediate is as wide as the stack slot
  const width = first.place === PLACE.imm ? SIZE_BYTES[s]! * 8 : bits;
  const name = `${base}_${operands.map((o) => letter(o, memory)).join('')}${width}`;
  const second = operands[1];
  const widens =
    second && second.place === PLACE.rm && second.size !== first.size && second.size !== 0;
  return widens ? `${name}_${operandBytes(second, s) * 8}` : name;
}

/** Operand sizes (0, 1, 2 = 16, 32, 64) the row can have. */
function sizesOf(form: Omit<Form, 'names' | 'sizes'>): readonly number[] {
  if (form.attributes.has('d64')) return [0, 2];
  if (form.attributes.has('f64') || form.key.w === 1) return [2];
  if (form.key.w === 0) return [0, 1];
  return [0, 1, 2];
}

function readRow(map: OpcodeMap, feature: Feature, row: Row): Form {
  const attributes = new Set(row[4].split(' ').filter(Boolean));
  const form = {
    row,
    map,
    feature,
    group: groupOf(feature, attributes),
    key: parseKey(row[0]),
    operands: row[2].split(' ').filter(Boolean).map(parseOperand),
    attributes,
  };
  const existing = sizesOf(form);
  const sizes = [0, 1, 2].map((s) => (existing.includes(s) ? s : existing.at(-1)!));
  const names = (memory: boolean): string[] => sizes.map((s) => opName(form, memory, s));
  return { ...form, sizes, names: [names(false), names(true)] };
}

export const FORMS: readonly Form[] = MAPS.flatMap((map) =>
  map.parts.flatMap(({ feature, rows }) => rows.map((row) => readRow(map, feature, row))),
);

/** Whether the row has a register form (0), a memory form (1). */
export function hasForm({ key, operands }: Form, memory: 0 | 1): boolean {
  const only = key.mod ?? operands.find((o) => o.place === PLACE.rm)?.only;
  if (only) return (only === 'm') === (memory === 1);
  const rm = operands.some((o) => o.place === PLACE.rm && o.file !== FILE.st);
  const moffs = operands.some((o) => o.place === PLACE.moffs);
  return memory ? rm || moffs : !moffs;
}

/** Operations that no row has: what the decoder answers when there is no instruction. */
const DECODER_OPS = ['FETCH_FAULT', 'FAR'];

function memoryBytes(form: Form, s: number): number {
  const n = attribute(form.attributes, 'n');
  if (n) return Number(n);
  const operand = form.operands.find((o) => o.place === PLACE.rm || o.place === PLACE.moffs);
  return operand ? operandBytes(operand, s) : 0;
}

type Draft = Omit<Op, 'id'>;

/** The operation that one form of a row with one operand size decodes to. */
function draftOp(form: Form, memory: 0 | 1, name: string, s: number): Draft {
  const { group, feature, operands } = form;
  const mnemonics = form.row[1].split('|');
  return {
    name,
    group,
    feature,
    mnemonics: new Set([mnemonics[Math.min(s, mnemonics.length - 1)]!.toLowerCase()]),
    flags: form.row[3],
    size: operands[0] ? operandBytes(operands[0], s) : SIZE_BYTES[s]!,
    memSize: memory ? memoryBytes(form, s) : 0,
    end: form.attributes.has('end'),
    operands,
    sizeIndex: s,
  };
}

/** Rows that share an operation: the operands are those of a row that has registers, the memory size of one with memory. */
function merge(known: Draft, other: Draft): Draft {
  const memoryOnly = known.operands.some((o) => o.place === PLACE.rm && o.only === 'm');
  const { operands, size } = memoryOnly ? other : known;
  const mnemonics = new Set([...known.mnemonics, ...other.mnemonics]);
  return { ...known, mnemonics, operands, size, memSize: known.memSize || other.memSize };
}

function collect(): Op[] {
  const found = new Map<string, Draft>();
  for (const form of FORMS) {
    for (const memory of [0, 1] as const) {
      if (!hasForm(form, memory)) continue;
      form.names[memory].forEach((name, i) => {
        const draft = draftOp(form, memory, name, form.sizes[i]!);
        const known = found.get(name);
        found.set(name, known ? merge(known, draft) : draft);
      });
    }
  }
  for (const name of [...DECODER_OPS, ...INTERNAL_OPS]) {
    if (found.has(name)) continue;
    found.set(name, {
      name,
      group: INTERNAL_OPS.includes(name) ? 'int' : 'system',
      feature: 'system',
      mnemonics: new Set(),
      flags: '',
      size: 0,
      memSize: 0,
      end: true,
      operands: [],
      sizeIndex: 2,
    });
  }
  const ordered = GROUPS.flatMap((group) => [...found.values()].filter((op) => op.group === group));
  return ordered.map((op, index) => ({ ...op, id: index + 1 }));
}

/** Every operation, ordered by group; OPS[i].id is i + 1 (0 is no operation). */
export const OPS: readonly Op[] = collect();

/** Operation by number. */
export const opById = (id: number): Op | undefined => OPS[id - 1];

/** Operation number by name. */
export const OP: Readonly<Record<string, number>> = Object.fromEntries(
  OPS.map((op) => [op.name, op.id]),
);

/** First and last operation number of each group; last < first when it is empty. */
export const GROUP_BOUNDS: Readonly<Record<Group, readonly [first: number, last: number]>> =
  (() => {
    let next = 1;
    const bounds: Partial<Record<Group, readonly [number, number]>> = {};
    for (const group of GROUPS) {
      const count = OPS.filter((op) => op.group === group).length;
      bounds[group] = [next, next + count - 1];
      next += count;
    }
    return bounds as Record<Group, readonly [number, number]>;
  })();
