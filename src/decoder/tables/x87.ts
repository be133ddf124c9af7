// The x87 opcodes D8–DF and 9B (Intel SDM Vol. 2 App. A, tables A-7 … A-22). STi operands are byte offsets from the top of
// the stack (i × 16): in r0 when ST(i) is written, in r1 when it is read. Names: _M32 … memory size, _0I = ST(0) ← ST(0) op ST(i),
// _I0 = ST(i) ← ST(i) op ST(0). EFLAGS column: fcomi & co. write them, fcmov reads them.
import { type OpcodeMap, part, type Row } from './row.ts';

const COMPARE = '00m0mm';

/** The eight arithmetic operations in /reg order. */
const ARITHMETIC = ['FADD', 'FMUL', 'FCOM', 'FCOMP', 'FSUB', 'FSUBR', 'FDIV', 'FDIVR'];

const arithmetic: Row[] = ARITHMETIC.flatMap((name, n): Row[] => {
  const compare = n === 2 || n === 3;
  // In DC and DE register forms /4 is the reversed operation, /5 the plain one (and /6, /7).
  const swapped = n < 4 ? name : ARITHMETIC[n ^ 1]!;
  const integer = `FI${name.slice(1)}`;
  return [
    [`D8 /${n} m`, name, 'Md', '', `op:${name}_M32`],
    [`DC /${n} m`, name, 'Mq', '', `op:${name}_M64`],
    [`DA /${n} m`, integer, 'Md', '', `op:${integer}_M32`],
    [`DE /${n} m`, integer, 'Mw', '', `op:${integer}_M16`],
    [`D8 /${n} r`, name, 'ST0 STi', '', compare ? `op:${name}` : `op:${name}_0I`],
    ...(compare
      ? []
      : ([
          [`DC /${n} r`, swapped, 'STi ST0', '', `op:${swapped}_I0`],
          [`DE /${n} r`, `${swapped}P`, 'STi ST0', '', `op:${swapped}P`],
        ] satisfies Row[])),
  ];
});

/** D9 E0…FF: no operands, in opcode order from D9 /4.0; '' = invalid. */
// biome-ignore format: aligned rows
const CONSTANTS_AND_FUNCTIONS = [
  'FCHS',  'FABS',   '',       '',       'FTST',    'FXAM',   '',        '',
  'FLD1',  'FLDL2T', 'FLDL2E', 'FLDPI',  'FLDLG2',  'FLDLN2', 'FLDZ',    '',
  'F2XM1', 'FYL2X',  'FPTAN',  'FPATAN', 'FXTRACT', 'FPREM1', 'FDECSTP', 'FINCSTP',
  'FPREM', 'FYL2XP1', 'FSQRT', 'FSINCOS', 'FRNDINT', 'FSCALE', 'FSIN',   'FCOS',
];
const functions: Row[] = CONSTANTS_AND_FUNCTIONS.flatMap((name, n): Row[] =>
  name ? [[`D9 /${4 + (n >> 3)} r .${n & 7}`, name, '', '', '']] : [],
);

// biome-ignore format: aligned rows
const rows: Row[] = [
  ...arithmetic,
  ...functions,
  ['9B',         'FWAIT',    '',        '',       ''],
  ['D9 /0 m',    'FLD',      'Md',      '',       'op:FLD_M32'],
  ['D9 /2 m',    'FST',      'Md',      '',       'op:FST_M32'],
  ['D9 /3 m',    'FSTP',     'Md',      '',       'op:FSTP_M32'],
  ['D9 /4 m',    'FLDENV',   'M',       '',       'n:28 op:FLDENV'],
  ['D9 /5 m',    'FLDCW',    'Mw',      '',       'op:FLDCW'],
  ['D9 /6 m',    'FNSTENV',  'M',       '',       'n:28 op:FNSTENV'],
  ['D9 /7 m',    'FNSTCW',   'Mw',      '',       'op:FNSTCW'],
  ['D9 /0 r',    'FLD',      'ST0 STi', '',       'op:FLD_ST'],
  ['D9 /1 r',    'FXCH',     'ST0 STi', '',       'op:FXCH'],
  ['D9 /3 r',    'FSTP1',    'STi ST0', '',       'op:FSTP1'],
  ['D9 /2 r .0', 'FNOP',     '',        '',       ''],
  ['DA /0 r',    'FCMOVB',   'ST0 STi', '.....t', ''],
  ['DA /1 r',    'FCMOVE',   'ST0 STi', '..t...', ''],
  ['DA /2 r',    'FCMOVBE',  'ST0 STi', '..t..t', ''],
  ['DA /3 r',    'FCMOVU',   'ST0 STi', '....t.', ''],
  ['DA /5 r .1', 'FUCOMPP',  '',        '',       ''],
  ['DB /0 m',    'FILD',     'Md',      '',       'op:FILD_M32'],
  ['DB /1 m',    'FISTTP',   'Md',      '',       'op:FISTTP_M32'],
  ['DB /2 m',    'FIST',     'Md',      '',       'op:FIST_M32'],
  ['DB /3 m',    'FISTP',    'Md',      '',       'op:FISTP_M32'],
  ['DB /5 m',    'FLD',      'Mt',      '',       'op:FLD_M80'],
  ['DB /7 m',    'FSTP',     'Mt',      '',       'op:FSTP_M80'],
  ['DB /0 r',    'FCMOVNB',  'ST0 STi', '.....t', ''],
  ['DB /1 r',    'FCMOVNE',  'ST0 STi', '..t...', ''],
  ['DB /2 r',    'FCMOVNBE', 'ST0 STi', '..t..t', ''],
  ['DB /3 r',    'FCMOVNU',  'ST0 STi', '....t.', ''],
  ['DB /4 r .0', 'FNENI',    '',        '',       'op:NOP'],
  ['DB /4 r .1', 'FNDISI',   '',        '',       'op:NOP'],
  ['DB /4 r .2', 'FNCLEX',   '',        '',       ''],
  ['DB /4 r .3', 'FNINIT',   '',        '',       ''],
  ['DB /4 r .4', 'FNSETPM',  '',        '',       'op:NOP'],
  ['DB /5 r',    'FUCOMI',   'ST0 STi', COMPARE,  ''],
  ['DB /6 r',    'FCOMI',    'ST0 STi', COMPARE,  ''],
  ['DC /2 r',    'FCOM2',    'ST0 STi', '',       'op:FCOM'],
  ['DC /3 r',    'FCOMP3',   'ST0 STi', '',       'op:FCOMP'],
  ['DD /0 m',    'FLD',      'Mq',      '',       'op:FLD_M64'],
  ['DD /1 m',    'FISTTP',   'Mq',      '',       'op:FISTTP_M64'],
  ['DD /2 m',    'FST',      'Mq',      '',       'op:FST_M64'],
  ['DD /3 m',    'FSTP',     'Mq',      '',       'op:FSTP_M64'],
  ['DD /4 m',    'FRSTOR',   'M',       '',       'n:108 op:FRSTOR'],
  ['DD /6 m',    'FNSAVE',   'M',       '',       'n:108 op:FNSAVE'],
  ['DD /7 m',    'FNSTSW',   'Mw',      '',       'op:FNSTSW_M'],
  ['DD /0 r',    'FFREE',    'STi',     '',       ''],
  ['DD /1 r',    'FXCH4',    'ST0 STi', '',       'op:FXCH'],
  ['DD /2 r',    'FST',      'STi ST0', '',       'op:FST_ST'],
  ['DD /3 r',    'FSTP',     'STi ST0', '',       'op:FSTP_ST'],
  ['DD /4 r',    'FUCOM',    'ST0 STi', '',       ''],
  ['DD /5 r',    'FUCOMP',   'ST0 STi', '',       ''],
  ['DE /2 r',    'FCOMP5',   'ST0 STi', '',       'op:FCOMP'],
  ['DE /3 r .1', 'FCOMPP',   '',        '',       ''],
  ['DF /0 m',    'FILD',     'Mw',      '',       'op:FILD_M16'],
  ['DF /1 m',    'FISTTP',   'Mw',      '',       'op:FISTTP_M16'],
  ['DF /2 m',    'FIST',     'Mw',      '',       'op:FIST_M16'],
  ['DF /3 m',    'FISTP',    'Mw',      '',       'op:FISTP_M16'],
  ['DF /4 m',    'FBLD',     'Mt',      '',       'op:FBLD'],
  ['DF /5 m',    'FILD',     'Mq',      '',       'op:FILD_M64'],
  ['DF /6 m',    'FBSTP',    'Mt',      '',       'op:FBSTP'],
  ['DF /7 m',    'FISTP',    'Mq',      '',       'op:FISTP_M64'],
  ['DF /0 r',    'FFREEP',   'STi',     '',       ''],
  ['DF /1 r',    'FXCH7',    'ST0 STi', '',       'op:FXCH'],
  ['DF /2 r',    'FSTP8',    'STi ST0', '',       'op:FSTP_ST'],
  ['DF /3 r',    'FSTP9',    'STi ST0', '',       'op:FSTP_ST'],
  ['DF /4 r .0', 'FNSTSW',   'AX',      '',       'op:FNSTSW_AX'],
  ['DF /5 r',    'FUCOMIP',  'ST0 STi', COMPARE,  ''],
  ['DF /6 r',    'FCOMIP',   'ST0 STi', COMPARE,  ''],
];

export const x87: OpcodeMap = { name: 'x87', vex: false, map: 0, parts: [part('x87', rows)] };
