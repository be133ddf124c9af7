// The three-byte opcode map 0F 3A (Intel SDM Vol. 2 App. A, table A-5), legacy encodings.
import { type OpcodeMap, part, type Row } from './row.ts';

// biome-ignore format: aligned rows
const ssse3: Row[] = [
  ['66 0F',    'PALIGNR',    'Vx Wx Ib',   '', ''],
  ['NP 0F',    'PALIGNR',    'Pq Qq Ib',   '', 'op:PALIGNR_MMX group:mmx'],
];

// biome-ignore format: aligned rows
const sse41: Row[] = [
  ['66 08',    'ROUNDPS',    'Vx Wx Ib',   '', ''],
  ['66 09',    'ROUNDPD',    'Vx Wx Ib',   '', ''],
  ['66 0A',    'ROUNDSS',    'Vx Wss Ib',  '', ''],
  ['66 0B',    'ROUNDSD',    'Vx Wsd Ib',  '', ''],
  ['66 0C',    'BLENDPS',    'Vx Wx Ib',   '', ''],
  ['66 0D',    'BLENDPD',    'Vx Wx Ib',   '', ''],
  ['66 0E',    'PBLENDW',    'Vx Wx Ib',   '', ''],
  ['66 14 m',  'PEXTRB',     'Mb Vx Ib',   '', ''],
  ['66 14',    'PEXTRB',     'Rd Vx Ib',   '', 'op:PEXTRB'],
  ['66 15 m',  'PEXTRW',     'Mw Vx Ib',   '', ''],
  ['66 15',    'PEXTRW',     'Rd Vx Ib',   '', 'op:PEXTRW'],
  ['66 16 W0', 'PEXTRD',     'Ed Vx Ib',   '', ''],
  ['66 16 W1', 'PEXTRQ',     'Eq Vx Ib',   '', ''],
  ['66 17 m',  'EXTRACTPS',  'Md Vx Ib',   '', 'as:PEXTRD'],
  ['66 17',    'EXTRACTPS',  'Rd Vx Ib',   '', 'as:PEXTRD'],
  ['66 20 m',  'PINSRB',     'Vx Mb Ib',   '', ''],
  ['66 20',    'PINSRB',     'Vx Rd Ib',   '', ''],
  ['66 21',    'INSERTPS',   'Vx Wd Ib',   '', ''],
  ['66 22 W0', 'PINSRD',     'Vx Ed Ib',   '', ''],
  ['66 22 W1', 'PINSRQ',     'Vx Eq Ib',   '', ''],
  ['66 40',    'DPPS',       'Vx Wx Ib',   '', ''],
  ['66 41',    'DPPD',       'Vx Wx Ib',   '', ''],
  ['66 42',    'MPSADBW',    'Vx Wx Ib',   '', ''],
];

// biome-ignore format: aligned rows
const sse42: Row[] = [
  ['66 60 W1', 'PCMPESTRM',  'Vx Wx Ib',   'mmm00m', 'op:PCMPESTRM_W'],
  ['66 60',    'PCMPESTRM',  'Vx Wx Ib',   'mmm00m', ''],
  ['66 61 W1', 'PCMPESTRI',  'Vx Wx Ib',   'mmm00m', 'op:PCMPESTRI_W'],
  ['66 61',    'PCMPESTRI',  'Vx Wx Ib',   'mmm00m', ''],
  ['66 62',    'PCMPISTRM',  'Vx Wx Ib',   'mmm00m', ''],
  ['66 63',    'PCMPISTRI',  'Vx Wx Ib',   'mmm00m', ''],
];

// biome-ignore format: aligned rows
const crypto: Row[] = [
  ['66 44',    'PCLMULQDQ',       'Vx Wx Ib', '', ''],
];
// biome-ignore format: aligned rows
const aes: Row[] = [
  ['66 DF',    'AESKEYGENASSIST', 'Vx Wx Ib', '', ''],
];

export const map0f3a: OpcodeMap = {
  name: '0F 3A',
  vex: false,
  map: 3,
  parts: [
    part('ssse3', ssse3),
    part('sse4.1', sse41),
    part('sse4.2', sse42),
    part('pclmulqdq', crypto),
    part('aes', aes),
  ],
};
