// Writes what AssemblyScript needs of the tables: assembly/generated/ops.ts (operation numbers, group bounds) and
// assembly/generated/tables.ts (the decode table). Run by the build; `node src/decoder/tables/pack.ts`.
//
// The decode table: ENTRIES holds a u16 for each opcode of each map (0–3 legacy, 4 + m VEX map m): bit 15 = a ModRM byte
// follows, the rest a reference. A reference is 0 (invalid), the number of a leaf, or 0x4000 + index into NODES of a
// selector: kind, then one reference for each value of what it looks at. A leaf is LEAF_SIZE bytes, see writeLeaf.
import { mkdirSync, writeFileSync } from 'node:fs';
import { FORMS, type Form, GROUP_BOUNDS, hasForm, OP, OPS, operandBytes } from '../ops.ts';
import { FILE, GROUPS, type Operand, PLACE } from './row.ts';

const HEADER = '// Written by src/decoder/tables/pack.ts from the opcode tables. Do not edit.\n';
const SELECTOR = 0x4000;
const HAS_MODRM = 0x8000;

/** What a selector node looks at, in the order in which the tree asks; value(form) is undefined when the row does not care. */
// biome-ignore format: aligned rows
const SELECTORS: readonly { name: string; values: number; accepts: (form: Form, value: number) => boolean | undefined }[] = [
  { name: 'PREFIX', values: 4, accepts: ({ key }, v) => (key.prefixes ? (key.prefixes & (1 << v)) !== 0 : undefined) },
  { name: 'LEVEL',  values: 2, accepts: ({ key }, v) => (key.level === undefined ? undefined : key.level === v + 2) },
  { name: 'MOD',    values: 2, accepts: (form, v) => modOf(form, v) },
  { name: 'REG',    values: 8, accepts: ({ key }, v) => (key.reg === undefined ? undefined : key.reg === v) },
  { name: 'RM',     values: 8, accepts: ({ key }, v) => (key.rm === undefined ? undefined : key.rm === v) },
  { name: 'W',      values: 2, accepts: ({ key }, v) => (key.w === undefined ? undefined : key.w === v) },
  { name: 'B',      values: 2, accepts: ({ key }, v) => (key.b === undefined ? undefined : key.b === v) },
  { name: 'L',      values: 2, accepts: ({ key }, v) => (key.l === undefined ? undefined : key.l === v) },
];

/** MOD selector: 0 memory, 1 register. */
function modOf(form: Form, value: number): boolean | undefined {
  const only = form.key.mod ?? form.operands.find((o) => o.place === PLACE.rm)?.only;
  return only === undefined ? undefined : (only === 'm') === (value === 0);
}

/** How a register operand is found: the decoder's switch. */
// biome-ignore format: aligned rows
const REGISTER = {
  NONE: 0, REG: 1, REG8: 2, RM: 3, RM8: 4, OPCODE: 5, OPCODE8: 6, REG_VECTOR: 7, RM_VECTOR: 8, REG_MMX: 9, RM_MMX: 10,
  VVVV: 11, VVVV_VECTOR: 12, SEGMENT: 13, FIXED: 14,
} as const;

function registerKind({ place, file, size }: Operand): number {
  const byte = file === FILE.gpr && size === 1;
  if (place === PLACE.fixed) return REGISTER.FIXED;
  if (place === PLACE.opcode) return byte ? REGISTER.OPCODE8 : REGISTER.OPCODE;
  if (place === PLACE.vvvv) return file === FILE.xmm ? REGISTER.VVVV_VECTOR : REGISTER.VVVV;
  if (file === FILE.segment) return REGISTER.SEGMENT;
  if (place === PLACE.reg) {
    if (file === FILE.xmm) return REGISTER.REG_VECTOR;
    if (file === FILE.mmx) return REGISTER.REG_MMX;
    return byte ? REGISTER.REG8 : REGISTER.REG;
  }
  if (place === PLACE.rm) {
    if (file === FILE.xmm) return REGISTER.RM_VECTOR;
    if (file === FILE.mmx || file === FILE.st) return REGISTER.RM_MMX;
    return byte ? REGISTER.RM8 : REGISTER.RM;
  }
  return REGISTER.NONE;
}

// biome-ignore format: aligned rows
const IMMEDIATE = { NONE: 0, IB: 1, IBS: 2, IW: 3, IZ: 4, IV: 5, IWB: 6, JB: 7, JZ: 8, MOFFS: 9, ONE: 10 } as const;
// biome-ignore format: aligned rows
const IMMEDIATE_OF: Record<string, number> = {
  Ib: IMMEDIATE.IB, Ibs: IMMEDIATE.IBS, Iw: IMMEDIATE.IW, Iz: IMMEDIATE.IZ, Iv: IMMEDIATE.IV, Iwb: IMMEDIATE.IWB,
  Jb: IMMEDIATE.JB, Jz: IMMEDIATE.JZ, Ob: IMMEDIATE.MOFFS, Ov: IMMEDIATE.MOFFS, 1: IMMEDIATE.ONE,
};

const SIZE_RULE = { V: 0, D64: 1, F64: 2, Y: 3 } as const;
function sizeRule({ attributes, operands }: Form): number {
  if (attributes.has('d64')) return SIZE_RULE.D64;
  if (attributes.has('f64')) return SIZE_RULE.F64;
  const sizes = operands.map((o) => o.size);
  return sizes.includes('y') && !sizes.includes('v') ? SIZE_RULE.Y : SIZE_RULE.V;
}

/** Size byte of a leaf: bytes, or one of these. */
const SIZE_BY_OPERAND = 0;
const SIZE_BY_W = 255;
const SIZE_VECTOR = 254;
function sizeByte(form: Form): number {
  const { operands, group, attributes, map } = form;
  const rm = operands.find((o) => o.place === PLACE.rm);
  if (map.vex && operands.some((o) => o.size === 'x')) return SIZE_VECTOR;
  const n = [...attributes].find((a) => a.startsWith('n:'));
  if (n) return Number(n.slice(2));
  const chosen = group === 'int' ? operands[0] : (rm ?? operands[0]);
  if (chosen === undefined)
    return [...form.names[0]].some((name) => name.endsWith('8')) ? 1 : SIZE_BY_OPERAND;
  if (chosen.size === 'v' || chosen.size === 'z') return SIZE_BY_OPERAND;
  if (chosen.place === PLACE.imm) return SIZE_BY_OPERAND;
  return chosen.size === 'y' ? SIZE_BY_W : operandBytes(chosen, 1);
}

const LEAF_SIZE = 20;
const LEAF_END = 1;
const LEAF_LOCK = 2;
const LEAF_REP = 4;
const LEAF_VVVV = 8;
const LEAF_VSIB = 16;

/**
 * A leaf: u16 ops[6] (register form 16, 32, 64 bits, memory form 16, 32, 64), then bytes: 12 size rule, 13–15 kinds of
 * r0, r1, r2, 16 offset of a fixed register, 17 kind of the immediate, 18 size, 19 LEAF_* bits.
 */
function writeLeaf(form: Form): number[] {
  const ops = ([0, 1] as const).flatMap((memory) =>
    form.names[memory].map((name) => (hasForm(form, memory) ? OP[name]! : 0)),
  );
  const fixed = form.operands.find((o) => o.place === PLACE.fixed);
  const explicit = form.operands.filter((o) => !IMMEDIATE_OF[o.code] || o.place === PLACE.moffs);
  const kinds = [0, 1, 2].map((i) => (explicit[i] ? registerKind(explicit[i]) : REGISTER.NONE));
  const immediate = form.operands.map((o) => IMMEDIATE_OF[o.code] ?? 0).find((k) => k) ?? 0;
  const is4 = form.operands.some((o) => o.place === PLACE.is4);
  const bits =
    (form.attributes.has('end') ? LEAF_END : 0) |
    (form.attributes.has('lock') ? LEAF_LOCK : 0) |
    (form.attributes.has('rep') ? LEAF_REP : 0) |
    (form.operands.some((o) => o.place === PLACE.vvvv) ? LEAF_VVVV : 0) |
    (form.attributes.has('vsib') ? LEAF_VSIB : 0);
  return [
    ...ops.flatMap((op) => [op & 255, op >> 8]),
    sizeRule(form),
    ...kinds,
    fixed ? fixed.fixed! * (fixed.file === FILE.gpr ? 8 : 1) : 0,
    is4 ? IMMEDIATE.IB : immediate,
    sizeByte(form),
    bits,
  ];
}

const leaves: number[][] = [new Array<number>(LEAF_SIZE).fill(0)];
const leafNumbers = new Map<Form, number>();
const nodes: number[] = [];
const knownNodes = new Map<string, number>();

function leafOf(form: Form): number {
  let number = leafNumbers.get(form);
  if (number === undefined) {
    number = leaves.length;
    leaves.push(writeLeaf(form));
    leafNumbers.set(form, number);
  }
  return number;
}

/** Reference to the tree that tells these rows apart, asking from selector `from` on. */
function tree(forms: readonly Form[], from = 0): number {
  if (forms.length === 0) return 0;
  for (let s = from; s < SELECTORS.length; s++) {
    const { values, accepts } = SELECTORS[s]!;
    if (forms.every((form) => accepts(form, 0) === undefined)) continue;
    const children = Array.from({ length: values }, (_, value) =>
      tree(
        forms.filter((form) => accepts(form, value) !== false),
        s + 1,
      ),
    );
    const node = [s, ...children];
    const key = node.join();
    let index = knownNodes.get(key);
    if (index === undefined) {
      index = nodes.length;
      nodes.push(...node);
      knownNodes.set(key, index);
    }
    return SELECTOR | index;
  }
  return leafOf(forms[0]!);
}

const needsModrm = ({ key, operands, map }: Form): boolean =>
  key.reg !== undefined ||
  key.rm !== undefined ||
  key.mod !== undefined ||
  operands.some((o) => o.place === PLACE.reg || o.place === PLACE.rm) ||
  (map.vex && key.opcode !== 0x77);

const MAP_COUNT = 8;
function entries(): number[] {
  const byOpcode: Form[][] = Array.from({ length: MAP_COUNT * 256 }, () => []);
  for (const form of FORMS) {
    const at = (form.map.map + (form.map.vex ? 4 : 0)) * 256 + form.key.opcode;
    for (let i = 0; i < (form.key.plus ? 8 : 1); i++) byOpcode[at + i]!.push(form);
  }
  return byOpcode.map((forms) => (forms.some(needsModrm) ? HAS_MODRM : 0) | tree(forms));
}

/** Prefix class of a byte: 0 opcode, 1 REX, 2 66, 3 F3, 4 F2, 5 F0, 6 fs, 7 gs, 8 67, 9 segment prefixes without effect. */
function prefixClasses(): number[] {
  const classes: Record<number, number> = {
    102: 2,
    243: 3,
    242: 4,
    240: 5,
    100: 6,
    101: 7,
    103: 8,
  };
  return Array.from({ length: 256 }, (_, b) => {
    if (b >= 0x40 && b <= 0x4f) return 1;
    return classes[b] ?? ([0x26, 0x2e, 0x36, 0x3e].includes(b) ? 9 : 0);
  });
}

const data = (name: string, type: string, values: readonly number[]): string =>
  `export const ${name}: usize = memory.data<${type}>([${values.join(',')}], 8);`;

function tablesSource(): string {
  const entryTable = entries();
  const constants = {
    LEAF_SIZE,
    LEAF_END,
    LEAF_LOCK,
    LEAF_REP,
    LEAF_VVVV,
    LEAF_VSIB,
    SIZE_BY_OPERAND,
    SIZE_BY_W,
    SIZE_VECTOR,
  };
  const groups = {
    SEL: Object.fromEntries(SELECTORS.map(({ name }, i) => [name, i])),
    R: REGISTER,
    IMM: IMMEDIATE,
    RULE: SIZE_RULE,
  };
  return [
    HEADER,
    ...Object.entries(constants).map(([name, value]) => `export const ${name} = ${value};`),
    ...Object.entries(groups).flatMap(([prefix, values]) =>
      Object.entries(values).map(([name, value]) => `export const ${prefix}_${name} = ${value};`),
    ),
    data('ENTRIES', 'u16', entryTable),
    data('NODES', 'u16', nodes),
    data('LEAVES', 'u8', leaves.flat()),
    data('PREFIX_CLASS', 'u8', prefixClasses()),
    '',
  ].join('\n');
}

function opsSource(): string {
  const bounds = GROUPS.flatMap((group) => {
    const [first, last] = GROUP_BOUNDS[group];
    const name = group.toUpperCase();
    return [`export const FIRST_${name} = ${first};`, `export const LAST_${name} = ${last};`];
  });
  const ops = OPS.map(({ name, id }) => `export const ${name} = ${id};`);
  return `${HEADER}${[...bounds, ...ops].join('\n')}\n`;
}

const directory = new URL('../../../assembly/generated/', import.meta.url);
mkdirSync(directory, { recursive: true });
writeFileSync(new URL('ops.ts', directory), opsSource());
writeFileSync(new URL('tables.ts', directory), tablesSource());
