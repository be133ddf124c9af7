// The one-byte opcode map in 64-bit mode (Intel SDM Vol. 2 App. A, table A-2). Opcodes that are not here are invalid.
import { CONDITIONS, hex, type OpcodeMap, part, type Row } from './row.ts';

const ARITHMETIC = 'mmmmmm';
const WITH_CARRY = 'mmmmmb';
const LOGIC = '0mmum0';

/** The eight operations of opcodes 00–3F and of group 1 (80, 81, 83). */
// biome-ignore format: aligned rows
const ALU: readonly (readonly [mnemonic: string, flags: string, lock: string])[] = [
  ['ADD', ARITHMETIC, 'lock'], ['OR',  LOGIC,      'lock'], ['ADC', WITH_CARRY, 'lock'], ['SBB', WITH_CARRY, 'lock'],
  ['AND', LOGIC,      'lock'], ['SUB', ARITHMETIC, 'lock'], ['XOR', LOGIC,      'lock'], ['CMP', ARITHMETIC, ''],
];

// biome-ignore format: aligned rows
const alu: Row[] = ALU.flatMap(([mnemonic, flags, lock], n): Row[] => [
  [hex(n * 8),     mnemonic, 'Eb Gb',  flags, lock],
  [hex(n * 8 + 1), mnemonic, 'Ev Gv',  flags, lock],
  [hex(n * 8 + 2), mnemonic, 'Gb Eb',  flags, ''],
  [hex(n * 8 + 3), mnemonic, 'Gv Ev',  flags, ''],
  [hex(n * 8 + 4), mnemonic, 'AL Ibs', flags, ''],
  [hex(n * 8 + 5), mnemonic, 'rAX Iz', flags, ''],
  [`80 /${n}`,     mnemonic, 'Eb Ibs', flags, lock],
  [`81 /${n}`,     mnemonic, 'Ev Iz',  flags, lock],
  [`83 /${n}`,     mnemonic, 'Ev Ibs', flags, lock],
]);

/** Group 2. A shift by 0 leaves all flags; OF is defined for a count of 1 only, AF is undefined (the rotates keep SZAP). */
// biome-ignore format: aligned rows
const SHIFTS: readonly (readonly [mnemonic: string, flags: string])[] = [
  ['ROL', 'm....m'], ['ROR', 'm....m'], ['RCL', 'm....b'], ['RCR', 'm....b'],
  ['SHL', 'mmmumm'], ['SHR', 'mmmumm'], ['SHL', 'mmmumm'], ['SAR', 'mmmumm'],
];

// biome-ignore format: aligned rows
const shifts: Row[] = SHIFTS.flatMap(([mnemonic, flags], n): Row[] => [
  [`C0 /${n}`, mnemonic, 'Eb Ib', flags, ''],
  [`C1 /${n}`, mnemonic, 'Ev Ib', flags, ''],
  [`D0 /${n}`, mnemonic, 'Eb 1',  flags, ''],
  [`D1 /${n}`, mnemonic, 'Ev 1',  flags, ''],
  [`D2 /${n}`, mnemonic, 'Eb CL', flags, ''],
  [`D3 /${n}`, mnemonic, 'Ev CL', flags, ''],
]);

const jumps: Row[] = CONDITIONS.map(
  ([cc, flags], n): Row => [hex(0x70 + n), `J${cc}`, 'Jb', flags, `end f64 op:J${cc}`],
);

// biome-ignore format: aligned rows
const base: Row[] = [
  ...alu,
  ...shifts,
  ...jumps,
  ['50+',      'PUSH',           'Zv',       '',        'd64'],
  ['58+',      'POP',            'Zv',       '',        'd64'],
  ['63 W1',    'MOVSXD',         'Gv Ed',    '',        ''],
  ['63',       'MOVSXD',         'Gv Ev',    '',        'as:MOV'],
  ['68',       'PUSH',           'Iz',       '',        'd64'],
  ['69',       'IMUL',           'Gv Ev Iz', 'muuuum',  ''],
  ['6A',       'PUSH',           'Ibs',      '',        'd64'],
  ['6B',       'IMUL',           'Gv Ev Ibs', 'muuuum', ''],
  ['84',       'TEST',           'Eb Gb',    LOGIC,     ''],
  ['85',       'TEST',           'Ev Gv',    LOGIC,     ''],
  ['86',       'XCHG',           'Eb Gb',    '',        'lock'],
  ['87',       'XCHG',           'Ev Gv',    '',        'lock'],
  ['88',       'MOV',            'Eb Gb',    '',        ''],
  ['89',       'MOV',            'Ev Gv',    '',        ''],
  ['8A',       'MOV',            'Gb Eb',    '',        ''],
  ['8B',       'MOV',            'Gv Ev',    '',        ''],
  ['8C /6',    'UD',             'Ew Sw',    '',        'op:UD end group:system'],
  ['8C /7',    'UD',             'Ew Sw',    '',        'op:UD end group:system'],
  ['8C m',     'MOV',            'Mw Sw',    '',        'op:MOV_MS group:system'],
  ['8C',       'MOV',            'Rv Sw',    '',        'op:MOV_RS# group:system'],
  ['8D',       'LEA',            'Gv M',     '',        ''],
  ['8E /1',    'UD',             'Sw Ew',    '',        'op:UD end group:system'],
  ['8E /6',    'UD',             'Sw Ew',    '',        'op:UD end group:system'],
  ['8E /7',    'UD',             'Sw Ew',    '',        'op:UD end group:system'],
  ['8E',       'MOV',            'Sw Ew',    '',        'op:MOV_SE group:system'],
  ['8F /0',    'POP',            'Ev',       '',        'd64'],
  ['F3 90 B0', 'PAUSE',          '',         '',        'op:NOP'],
  ['90 B0',    'NOP',            '',         '',        'op:NOP'],
  ['90+',      'XCHG',           'Zv rAX',   '',        ''],
  ['98',       'CBW|CWDE|CDQE',  '',         '',        'sz'],
  ['99',       'CWD|CDQ|CQO',    '',         '',        'sz'],
  ['9C',       'PUSHF',          '',         'ttttttt', 'd64 sz'],
  ['9D',       'POPF',           '',         'mmmmmmm', 'd64 sz'],
  ['9E',       'SAHF',           '',         '.mmmmm',  ''],
  ['9F',       'LAHF',           '',         '.ttttt',  ''],
  ['A0',       'MOV',            'AL Ob',    '',        ''],
  ['A1',       'MOV',            'rAX Ov',   '',        ''],
  ['A2',       'MOV',            'Ob AL',    '',        ''],
  ['A3',       'MOV',            'Ov rAX',   '',        ''],
  ['A4',       'MOVS',           '',         '......t', 'rep op:MOVS8'],
  ['A5',       'MOVS',           '',         '......t', 'rep sz'],
  ['A6',       'CMPS',           '',         'mmmmmmt', 'rep op:CMPS8'],
  ['A7',       'CMPS',           '',         'mmmmmmt', 'rep sz'],
  ['A8',       'TEST',           'AL Ibs',   LOGIC,     ''],
  ['A9',       'TEST',           'rAX Iz',   LOGIC,     ''],
  ['AA',       'STOS',           '',         '......t', 'rep op:STOS8'],
  ['AB',       'STOS',           '',         '......t', 'rep sz'],
  ['AC',       'LODS',           '',         '......t', 'rep op:LODS8'],
  ['AD',       'LODS',           '',         '......t', 'rep sz'],
  ['AE',       'SCAS',           '',         'mmmmmmt', 'rep op:SCAS8'],
  ['AF',       'SCAS',           '',         'mmmmmmt', 'rep sz'],
  ['B0+',      'MOV',            'Zb Ibs',   '',        ''],
  ['B8+',      'MOV',            'Zv Iv',    '',        ''],
  ['C2',       'RET',            'Iw',       '',        'end f64 op:RET_I'],
  ['C3',       'RET',            '',         '',        'end f64'],
  ['C6 /0',    'MOV',            'Eb Ibs',   '',        ''],
  ['C7 /0',    'MOV',            'Ev Iz',    '',        ''],
  ['C8',       'ENTER',          'Iwb',      '',        'd64 op:ENTER#'],
  ['C9',       'LEAVE',          '',         '',        'd64 sz'],
  ['D7',       'XLAT',           '',         '',        ''],
  ['E0',       'LOOPNZ',         'Jb',       '..t...',  'end f64 op:LOOPNZ'],
  ['E1',       'LOOPZ',          'Jb',       '..t...',  'end f64 op:LOOPZ'],
  ['E2',       'LOOP',           'Jb',       '',        'end f64 op:LOOP'],
  ['E3',       'JRCXZ',          'Jb',       '',        'end f64 op:JRCXZ'],
  ['E8',       'CALL',           'Jz',       '',        'end f64 op:CALL_I'],
  ['E9',       'JMP',            'Jz',       '',        'end f64 op:JMP_I'],
  ['EB',       'JMP',            'Jb',       '',        'end f64 op:JMP_I'],
  ['F5',       'CMC',            '',         '.....b',  ''],
  ['F6 /0',    'TEST',           'Eb Ibs',   LOGIC,     ''],
  ['F6 /1',    'TEST',           'Eb Ibs',   LOGIC,     ''],
  ['F6 /2',    'NOT',            'Eb',       '',        'lock'],
  ['F6 /3',    'NEG',            'Eb',       ARITHMETIC, 'lock'],
  ['F6 /4',    'MUL',            'Eb',       'muuuum',  ''],
  ['F6 /5',    'IMUL',           'Eb',       'muuuum',  ''],
  ['F6 /6',    'DIV',            'Eb',       'uuuuuu',  ''],
  ['F6 /7',    'IDIV',           'Eb',       'uuuuuu',  ''],
  ['F7 /0',    'TEST',           'Ev Iz',    LOGIC,     ''],
  ['F7 /1',    'TEST',           'Ev Iz',    LOGIC,     ''],
  ['F7 /2',    'NOT',            'Ev',       '',        'lock'],
  ['F7 /3',    'NEG',            'Ev',       ARITHMETIC, 'lock'],
  ['F7 /4',    'MUL',            'Ev',       'muuuum',  ''],
  ['F7 /5',    'IMUL',           'Ev',       'muuuum',  ''],
  ['F7 /6',    'DIV',            'Ev',       'uuuuuu',  ''],
  ['F7 /7',    'IDIV',           'Ev',       'uuuuuu',  ''],
  ['F8',       'CLC',            '',         '.....0',  ''],
  ['F9',       'STC',            '',         '.....1',  ''],
  ['FC',       'CLD',            '',         '......0', ''],
  ['FD',       'STD',            '',         '......1', ''],
  ['FE /0',    'INC',            'Eb',       'mmmmm.',  'lock'],
  ['FE /1',    'DEC',            'Eb',       'mmmmm.',  'lock'],
  ['FF /0',    'INC',            'Ev',       'mmmmm.',  'lock'],
  ['FF /1',    'DEC',            'Ev',       'mmmmm.',  'lock'],
  ['FF /2 m',  'CALL',           'Mq',       '',        'end f64 op:CALL_M'],
  ['FF /2',    'CALL',           'Rq',       '',        'end f64 op:CALL_R'],
  ['FF /4 m',  'JMP',            'Mq',       '',        'end f64 op:JMP_M'],
  ['FF /4',    'JMP',            'Rq',       '',        'end f64 op:JMP_R'],
  ['FF /6',    'PUSH',           'Ev',       '',        'd64'],
];

/** Rare, privileged and far instructions. PRIV raises #GP(0) at CPL 3 (Linux gives no process I/O privilege). */
// biome-ignore format: aligned rows
const system: Row[] = [
  ['6C',       'INSB',           '',         '',        'rep end op:PRIV'],
  ['6D',       'INSD',           '',         '',        'rep end op:PRIV'],
  ['6E',       'OUTSB',          '',         '',        'rep end op:PRIV'],
  ['6F',       'OUTSD',          '',         '',        'rep end op:PRIV'],
  ['CA',       'RETF',           'Iw',       '',        'end op:RETF'],
  ['CB',       'RETF',           '',         '',        'end op:RETF'],
  ['CC',       'INT3',           '',         '',        'end'],
  ['CD',       'INT',            'Ib',       '',        'end op:INT'],
  ['CF',       'IRET',           '',         'mmmmmmm', 'end'],
  ['E4',       'IN',             'Ib',       '',        'end op:PRIV'],
  ['E5',       'IN',             'Ib',       '',        'end op:PRIV'],
  ['E6',       'OUT',            'Ib',       '',        'end op:PRIV'],
  ['E7',       'OUT',            'Ib',       '',        'end op:PRIV'],
  ['EC',       'IN',             '',         '',        'end op:PRIV'],
  ['ED',       'IN',             '',         '',        'end op:PRIV'],
  ['EE',       'OUT',            '',         '',        'end op:PRIV'],
  ['EF',       'OUT',            '',         '',        'end op:PRIV'],
  ['F1',       'INT1',           '',         '',        'end'],
  ['F4',       'HLT',            '',         '',        'end op:PRIV'],
  ['FA',       'CLI',            '',         '',        'end op:PRIV'],
  ['FB',       'STI',            '',         '',        'end op:PRIV'],
  ['FF /3 m',  'CALLF',          'M',        '',        'end op:FAR'],
  ['FF /5 m',  'JMPF',           'M',        '',        'end op:FAR'],
];

export const primary: OpcodeMap = {
  name: 'primary',
  vex: false,
  map: 0,
  parts: [part('base', base), part('system', system)],
};
