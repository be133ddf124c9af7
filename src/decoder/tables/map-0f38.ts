// The three-byte opcode map 0F 38 (Intel SDM Vol. 2 App. A, table A-4), legacy encodings.
import type { OpcodeMap, Row } from './row.ts';
import { part } from './row.ts';

/** SSSE3 rows come in an MMX form without prefix and an SSE form with 66. */
function both(opcode: string, mnemonic: string): Row[] {
  return [
    [`66 ${opcode}`, mnemonic, 'Vx Wx', '', ''],
    [`NP ${opcode}`, mnemonic, 'Pq Qq', '', `op:${mnemonic}_MMX group:mmx`],
  ];
}

// biome-ignore format: aligned rows
const ssse3: Row[] = [
  ...both('00', 'PSHUFB'), ...both('01', 'PHADDW'),  ...both('02', 'PHADDD'), ...both('03', 'PHADDSW'),
  ...both('04', 'PMADDUBSW'), ...both('05', 'PHSUBW'), ...both('06', 'PHSUBD'), ...both('07', 'PHSUBSW'),
  ...both('08', 'PSIGNB'), ...both('09', 'PSIGNW'),  ...both('0A', 'PSIGND'), ...both('0B', 'PMULHRSW'),
  ...both('1C', 'PABSB'),  ...both('1D', 'PABSW'),   ...both('1E', 'PABSD'),
];

// biome-ignore format: aligned rows
const sse41: Row[] = [
  ['66 10',    'PBLENDVB',   'Vx Wx XMM0', '', 'op:PBLENDVB'],
  ['66 14',    'BLENDVPS',   'Vx Wx XMM0', '', 'op:BLENDVPS'],
  ['66 15',    'BLENDVPD',   'Vx Wx XMM0', '', 'op:BLENDVPD'],
  ['66 17',    'PTEST',      'Vx Wx',  '00m00m', ''],
  ['66 20',    'PMOVSXBW',   'Vx Wq',  '',       ''],
  ['66 21',    'PMOVSXBD',   'Vx Wd',  '',       ''],
  ['66 22',    'PMOVSXBQ',   'Vx Ww',  '',       ''],
  ['66 23',    'PMOVSXWD',   'Vx Wq',  '',       ''],
  ['66 24',    'PMOVSXWQ',   'Vx Wd',  '',       ''],
  ['66 25',    'PMOVSXDQ',   'Vx Wq',  '',       ''],
  ['66 28',    'PMULDQ',     'Vx Wx',  '',       ''],
  ['66 29',    'PCMPEQQ',    'Vx Wx',  '',       ''],
  ['66 2A m',  'MOVNTDQA',   'Vx Mx',  '',       'as:MOVAPS'],
  ['66 2B',    'PACKUSDW',   'Vx Wx',  '',       ''],
  ['66 30',    'PMOVZXBW',   'Vx Wq',  '',       ''],
  ['66 31',    'PMOVZXBD',   'Vx Wd',  '',       ''],
  ['66 32',    'PMOVZXBQ',   'Vx Ww',  '',       ''],
  ['66 33',    'PMOVZXWD',   'Vx Wq',  '',       ''],
  ['66 34',    'PMOVZXWQ',   'Vx Wd',  '',       ''],
  ['66 35',    'PMOVZXDQ',   'Vx Wq',  '',       ''],
  ['66 38',    'PMINSB',     'Vx Wx',  '',       ''],
  ['66 39',    'PMINSD',     'Vx Wx',  '',       ''],
  ['66 3A',    'PMINUW',     'Vx Wx',  '',       ''],
  ['66 3B',    'PMINUD',     'Vx Wx',  '',       ''],
  ['66 3C',    'PMAXSB',     'Vx Wx',  '',       ''],
  ['66 3D',    'PMAXSD',     'Vx Wx',  '',       ''],
  ['66 3E',    'PMAXUW',     'Vx Wx',  '',       ''],
  ['66 3F',    'PMAXUD',     'Vx Wx',  '',       ''],
  ['66 40',    'PMULLD',     'Vx Wx',  '',       ''],
  ['66 41',    'PHMINPOSUW', 'Vx Wx',  '',       ''],
];

// biome-ignore format: aligned rows
const sse42: Row[] = [
  ['66 37',    'PCMPGTQ',    'Vx Wx',  '',       ''],
  ['F2 F0',    'CRC32',      'Gy Eb',  '',       'group:int'],
  ['F2 F1',    'CRC32',      'Gy Ev',  '',       'group:int'],
];

// biome-ignore format: aligned rows
const aes: Row[] = [
  ['66 DB',    'AESIMC',     'Vx Wx',  '',       ''],
  ['66 DC',    'AESENC',     'Vx Wx',  '',       ''],
  ['66 DD',    'AESENCLAST', 'Vx Wx',  '',       ''],
  ['66 DE',    'AESDEC',     'Vx Wx',  '',       ''],
  ['66 DF',    'AESDECLAST', 'Vx Wx',  '',       ''],
];

// biome-ignore format: aligned rows
const movbe: Row[] = [
  ['N6 F0 m v3', 'MOVBE',    'Gv Mv',  '',       ''],
  ['N6 F1 m v3', 'MOVBE',    'Mv Gv',  '',       ''],
];

export const map0f38: OpcodeMap = {
  name: '0F 38',
  vex: false,
  map: 2,
  parts: [
    part('ssse3', ssse3),
    part('sse4.1', sse41),
    part('sse4.2', sse42),
    part('aes', aes),
    part('movbe', movbe),
  ],
};
