// The instruction forms that the cases are made of: x87 opcode bytes with what their memory operand holds.

export interface Form {
  name: string;
  /** Bytes of memory in a record; 128 when absent. */
  size?: number;
  /** Guest CPU level; 2 when absent. */
  level?: number;
  code: number[];
  /** Contents of the memory operand at [rdi]. */
  memory?:
    | 'm16'
    | 'm32'
    | 'm64'
    | 'm80'
    | 'bcd'
    | 'single'
    | 'double'
    | 'cw'
    | 'env'
    | 'env16'
    | 'save'
    | 'save16'
    | 'fx'
    | 'xs'
    | 'out';
}

const RDI = 0x07;
const ARITHMETIC = ['fadd', 'fmul', 'fcom', 'fcomp', 'fsub', 'fsubr', 'fdiv', 'fdivr'];

function mem(name: string, opcode: number, reg: number, memory: Form['memory']): Form {
  return { name, code: [opcode, (reg << 3) | RDI], memory: memory! };
}

function regs(name: string, opcode: number, modrm: number): Form[] {
  return [0, 1, 2, 5, 7].map((i) => ({ name: `${name} st(${i})`, code: [opcode, modrm + i] }));
}

function plain(name: string, ...code: number[]): Form {
  return { name, code };
}

const arithmetic = ARITHMETIC.flatMap((name, n) => [
  mem(`${name} m32`, 0xd8, n, 'single'),
  mem(`${name} m64`, 0xdc, n, 'double'),
  mem(`fi${name.slice(1)} m32`, 0xda, n, 'm32'),
  mem(`fi${name.slice(1)} m16`, 0xde, n, 'm16'),
  ...regs(`${name} st0,`, 0xd8, 0xc0 + n * 8),
  ...regs(`${name} (dc)`, 0xdc, 0xc0 + n * 8),
  ...(n === 3 ? [plain('fcompp', 0xde, 0xd9)] : regs(`${name}p`, 0xde, 0xc0 + n * 8)),
]);

// biome-ignore format: aligned rows
export const FORMS: Form[] = [
  ...arithmetic,
  mem('fld m32', 0xd9, 0, 'single'), mem('fld m64', 0xdd, 0, 'double'), mem('fld m80', 0xdb, 5, 'm80'),
  mem('fst m32', 0xd9, 2, 'out'),    mem('fstp m32', 0xd9, 3, 'out'),   mem('fst m64', 0xdd, 2, 'out'),
  mem('fstp m64', 0xdd, 3, 'out'),   mem('fstp m80', 0xdb, 7, 'out'),
  mem('fild m16', 0xdf, 0, 'm16'),   mem('fild m32', 0xdb, 0, 'm32'),   mem('fild m64', 0xdf, 5, 'm64'),
  mem('fist m16', 0xdf, 2, 'out'),   mem('fist m32', 0xdb, 2, 'out'),   mem('fistp m16', 0xdf, 3, 'out'),
  mem('fistp m32', 0xdb, 3, 'out'),  mem('fistp m64', 0xdf, 7, 'out'),  mem('fisttp m16', 0xdf, 1, 'out'),
  mem('fisttp m32', 0xdb, 1, 'out'), mem('fisttp m64', 0xdd, 1, 'out'),
  mem('fbld', 0xdf, 4, 'bcd'),       mem('fbstp', 0xdf, 6, 'out'),
  ...regs('fld', 0xd9, 0xc0), ...regs('fxch', 0xd9, 0xc8), ...regs('fst', 0xdd, 0xd0), ...regs('fstp', 0xdd, 0xd8),
  ...regs('fucom', 0xdd, 0xe0), ...regs('fucomp', 0xdd, 0xe8), plain('fucompp', 0xda, 0xe9),
  ...regs('fcomi', 0xdb, 0xf0), ...regs('fucomi', 0xdb, 0xe8), ...regs('fcomip', 0xdf, 0xf0), ...regs('fucomip', 0xdf, 0xe8),
  ...['b', 'e', 'be', 'u'].flatMap((cc, n) => [...regs(`fcmov${cc}`, 0xda, 0xc0 + n * 8), ...regs(`fcmovn${cc}`, 0xdb, 0xc0 + n * 8)]),
  ...regs('ffree', 0xdd, 0xc0), ...regs('ffreep', 0xdf, 0xc0),
  ...regs('fxch4', 0xdd, 0xc8), ...regs('fxch7', 0xdf, 0xc8), ...regs('fstp8', 0xdf, 0xd0), ...regs('fstp9', 0xdf, 0xd8),
  ...regs('fstp1', 0xd9, 0xd8),
  plain('fnop', 0xd9, 0xd0), plain('fchs', 0xd9, 0xe0), plain('fabs', 0xd9, 0xe1), plain('ftst', 0xd9, 0xe4), plain('fxam', 0xd9, 0xe5),
  plain('fld1', 0xd9, 0xe8), plain('fldl2t', 0xd9, 0xe9), plain('fldl2e', 0xd9, 0xea), plain('fldpi', 0xd9, 0xeb),
  plain('fldlg2', 0xd9, 0xec), plain('fldln2', 0xd9, 0xed), plain('fldz', 0xd9, 0xee),
  plain('fxtract', 0xd9, 0xf4), plain('fprem1', 0xd9, 0xf5), plain('fdecstp', 0xd9, 0xf6), plain('fincstp', 0xd9, 0xf7),
  plain('fprem', 0xd9, 0xf8), plain('fsqrt', 0xd9, 0xfa), plain('frndint', 0xd9, 0xfc), plain('fscale', 0xd9, 0xfd),
  plain('fnclex', 0xdb, 0xe2), plain('fninit', 0xdb, 0xe3), plain('fneni', 0xdb, 0xe0), plain('fnsetpm', 0xdb, 0xe4),
  plain('fwait', 0x9b), plain('fnstsw ax', 0xdf, 0xe0),
  mem('fnstsw', 0xdd, 7, 'out'), mem('fnstcw', 0xd9, 7, 'out'), mem('fldcw', 0xd9, 5, 'cw'),
  mem('fldenv', 0xd9, 4, 'env'), mem('fnstenv', 0xd9, 6, 'out'), mem('frstor', 0xdd, 4, 'save'), mem('fnsave', 0xdd, 6, 'out'),
  { name: 'fldenv 16', code: [0x66, 0xd9, 0x27], memory: 'env16' }, { name: 'fnstenv 16', code: [0x66, 0xd9, 0x37], memory: 'out' },
  { name: 'frstor 16', code: [0x66, 0xdd, 0x27], memory: 'save16' }, { name: 'fnsave 16', code: [0x66, 0xdd, 0x37], memory: 'out' },
];

/** xrstor from the start of the memory, then a save behind it under another mask (mov eax). */
function restoreAndSave(name: string, wide: boolean, ...save: number[]): Form[] {
  const rex = wide ? [0x48] : [];
  return [1, 2, 3, 4, 5, 6, 7].map((mask) => ({
    name: `xrstor, ${name}${wide ? '64' : ''} ${mask}`,
    code: [0x0f, 0xae, 0x2f, 0xb8, mask, 0, 0, 0, ...rex, ...save, 0x80, 3, 0, 0],
    memory: 'xs',
    size: 1792,
    level: 3,
  }));
}

/** fxsave and fxrstor, also misaligned (#GP); the xsave family. */
// biome-ignore format: aligned rows
export const STATE: Form[] = [
  { name: 'fxsave',     code: [0x0f, 0xae, 0x07],                      memory: 'fx', size: 640 },
  { name: 'fxsave64',   code: [0x48, 0x0f, 0xae, 0x07],                memory: 'fx', size: 640 },
  { name: 'fxrstor',    code: [0x0f, 0xae, 0x0f],                      memory: 'fx', size: 640 },
  { name: 'fxrstor64',  code: [0x48, 0x0f, 0xae, 0x0f],                memory: 'fx', size: 640 },
  { name: 'fxsave +8',  code: [0x0f, 0xae, 0x47, 0x08],                memory: 'fx', size: 640 },
  { name: 'fxrstor +4', code: [0x0f, 0xae, 0x4f, 0x04],                memory: 'fx', size: 640 },
  ...[false, true].flatMap((wide) => [
    ...restoreAndSave('xsave', wide, 0x0f, 0xae, 0xa7), ...restoreAndSave('xsaveopt', wide, 0x0f, 0xae, 0xb7),
    ...restoreAndSave('xsavec', wide, 0x0f, 0xc7, 0xa7),
  ]),
  { name: 'xrstor64', code: [0x48, 0x0f, 0xae, 0x2f], memory: 'xs', size: 1792, level: 3 },
  { name: 'xrstor +8', code: [0x0f, 0xae, 0x6f, 0x08], memory: 'xs', size: 1792, level: 3 },
  { name: 'faddp, fxsave',   code: [0xde, 0xc1, 0x0f, 0xae, 0x07],       memory: 'fx', size: 640 },
  { name: 'fadd m32, fxsave', code: [0xd8, 0x07, 0x0f, 0xae, 0x07],      memory: 'fx', size: 640 },
  { name: 'fadd m32, fxsave64', code: [0xd8, 0x07, 0x48, 0x0f, 0xae, 0x07], memory: 'fx', size: 640 },
];

// biome-ignore format: aligned rows
export const TRANSCENDENTAL: Form[] = [
  plain('f2xm1', 0xd9, 0xf0), plain('fyl2x', 0xd9, 0xf1), plain('fptan', 0xd9, 0xf2), plain('fpatan', 0xd9, 0xf3),
  plain('fyl2xp1', 0xd9, 0xf9), plain('fsincos', 0xd9, 0xfb), plain('fsin', 0xd9, 0xfe), plain('fcos', 0xd9, 0xff),
];
