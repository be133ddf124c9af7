// The opcode maps under a VEX prefix (Intel SDM Vol. 2 App. A): AVX, AVX2, FMA, F16C, BMI1, BMI2. They exist from guest CPU
// level 3 on (the decoder refuses the prefix below). x is 16 or 32 bytes by VEX.L; operations that have one length say L0 or
// L1, others would be #UD; where VEX.W is ignored, so is it here.
import { type OpcodeMap, part, type Row } from './row.ts';

const COMPARE = '00m0mm';

/** Packed and scalar floating point under one opcode: NP ps, 66 pd, F3 ss, F2 sd. */
function floating(opcode: string, stem: string): Row[] {
  return [
    [`NP ${opcode}`, `V${stem}PS`, 'Vx Hx Wx', '', ''],
    [`66 ${opcode}`, `V${stem}PD`, 'Vx Hx Wx', '', ''],
    [`F3 ${opcode}`, `V${stem}SS`, 'Vdq Hdq Wss', '', ''],
    [`F2 ${opcode}`, `V${stem}SD`, 'Vdq Hdq Wsd', '', ''],
  ];
}

/** Three operands, all vectors, 66 prefix. */
const packed = (list: readonly (readonly [opcode: string, mnemonic: string])[]): Row[] =>
  list.map(([opcode, mnemonic]): Row => [`66 ${opcode}`, mnemonic, 'Vx Hx Wx', '', '']);

/** A fused multiply-add in its three operand orders: packed at 9x, Ax, Bx (W0 single, W1 double), scalar one above. */
function fused(low: string, stem: string, scalar?: string): Row[] {
  return [
    ['9', '132'],
    ['A', '213'],
    ['B', '231'],
  ].flatMap(([high, order]): Row[] => [
    [`66 ${high}${low} W0`, `V${stem}${order}PS`, 'Vx Hx Wx', '', ''],
    [`66 ${high}${low} W1`, `V${stem}${order}PD`, 'Vx Hx Wx', '', ''],
    ...(scalar
      ? ([
          [`66 ${high}${scalar} W0`, `V${stem}${order}SS`, 'Vdq Hdq Wss', '', ''],
          [`66 ${high}${scalar} W1`, `V${stem}${order}SD`, 'Vdq Hdq Wsd', '', ''],
        ] as Row[])
      : []),
  ]);
}

/** pmovsx*, pmovzx*: the source is as many elements as the destination has. */
const widening = (first: number, stem: string): Row[] =>
  [
    ['BW', 'Wq', 'Wdq'],
    ['BD', 'Wd', 'Wq'],
    ['BQ', 'Ww', 'Wd'],
    ['WD', 'Wq', 'Wdq'],
    ['WQ', 'Wd', 'Wq'],
    ['DQ', 'Wq', 'Wdq'],
  ].flatMap(([suffix, short, long], i): Row[] => {
    const opcode = (first + i).toString(16).toUpperCase();
    return [
      [`66 ${opcode} L0`, `${stem}${suffix}`, `Vdq ${short}`, '', ''],
      [`66 ${opcode} L1`, `${stem}${suffix}`, `Vqq ${long}`, '', ''],
    ];
  });

// biome-ignore format: aligned rows
const avx0f: Row[] = [
  ['NP 10',      'VMOVUPS',    'Vx Wx',         '', ''],
  ['66 10',      'VMOVUPD',    'Vx Wx',         '', 'as:VMOVUPS'],
  ['F3 10 m',    'VMOVSS',     'Vdq Mss',       '', ''],
  ['F3 10 r',    'VMOVSS',     'Vdq Hdq Udq',   '', 'as:VMOVSS_RRR'],
  ['F2 10 m',    'VMOVSD',     'Vdq Msd',       '', ''],
  ['F2 10 r',    'VMOVSD',     'Vdq Hdq Udq',   '', 'as:VMOVSD_RRR'],
  ['NP 11',      'VMOVUPS',    'Wx Vx',         '', ''],
  ['66 11',      'VMOVUPD',    'Wx Vx',         '', 'as:VMOVUPS'],
  ['F3 11 m',    'VMOVSS',     'Mss Vdq',       '', ''],
  ['F3 11 r',    'VMOVSS',     'Udq Hdq Vdq',   '', 'as:VMOVSS_RRR'],
  ['F2 11 m',    'VMOVSD',     'Msd Vdq',       '', ''],
  ['F2 11 r',    'VMOVSD',     'Udq Hdq Vdq',   '', 'as:VMOVSD_RRR'],
  ['NP 12 m L0', 'VMOVLPS',    'Vdq Hdq Mq',    '', ''],
  ['NP 12 r L0', 'VMOVHLPS',   'Vdq Hdq Udq',   '', ''],
  ['66 12 m L0', 'VMOVLPD',    'Vdq Hdq Mq',    '', 'as:VMOVLPS'],
  ['F3 12',      'VMOVSLDUP',  'Vx Wx',         '', ''],
  ['F2 12 L0',   'VMOVDDUP',   'Vdq Wq',        '', ''],
  ['F2 12 L1',   'VMOVDDUP',   'Vqq Wqq',       '', 'as:VMOVDDUP_Y'],
  ['NP 13 m L0', 'VMOVLPS',    'Mq Vdq',        '', ''],
  ['66 13 m L0', 'VMOVLPD',    'Mq Vdq',        '', 'as:VMOVLPS'],
  ['NP 14',      'VUNPCKLPS',  'Vx Hx Wx',      '', 'as:VPUNPCKLDQ'],
  ['66 14',      'VUNPCKLPD',  'Vx Hx Wx',      '', 'as:VPUNPCKLQDQ'],
  ['NP 15',      'VUNPCKHPS',  'Vx Hx Wx',      '', 'as:VPUNPCKHDQ'],
  ['66 15',      'VUNPCKHPD',  'Vx Hx Wx',      '', 'as:VPUNPCKHQDQ'],
  ['NP 16 m L0', 'VMOVHPS',    'Vdq Hdq Mq',    '', ''],
  ['NP 16 r L0', 'VMOVLHPS',   'Vdq Hdq Udq',   '', ''],
  ['66 16 m L0', 'VMOVHPD',    'Vdq Hdq Mq',    '', 'as:VMOVHPS'],
  ['F3 16',      'VMOVSHDUP',  'Vx Wx',         '', ''],
  ['NP 17 m L0', 'VMOVHPS',    'Mq Vdq',        '', ''],
  ['66 17 m L0', 'VMOVHPD',    'Mq Vdq',        '', 'as:VMOVHPS'],
  ['NP 28',      'VMOVAPS',    'Vx Wx',         '', ''],
  ['66 28',      'VMOVAPD',    'Vx Wx',         '', 'as:VMOVAPS'],
  ['NP 29',      'VMOVAPS',    'Wx Vx',         '', ''],
  ['66 29',      'VMOVAPD',    'Wx Vx',         '', 'as:VMOVAPS'],
  ['F3 2A W0',   'VCVTSI2SS',  'Vdq Hdq Ed',    '', 'as:VCVTSI2SS_X_R32'],
  ['F3 2A W1',   'VCVTSI2SS',  'Vdq Hdq Eq',    '', 'as:VCVTSI2SS_X_R64'],
  ['F2 2A W0',   'VCVTSI2SD',  'Vdq Hdq Ed',    '', 'as:VCVTSI2SD_X_R32'],
  ['F2 2A W1',   'VCVTSI2SD',  'Vdq Hdq Eq',    '', 'as:VCVTSI2SD_X_R64'],
  ['NP 2B m',    'VMOVNTPS',   'Mx Vx',         '', 'as:VMOVAPS'],
  ['66 2B m',    'VMOVNTPD',   'Mx Vx',         '', 'as:VMOVAPS'],
  ['F3 2C W0',   'VCVTTSS2SI', 'Gd Wss',        '', 'as:VCVTTSS2SI_R32_X'],
  ['F3 2C W1',   'VCVTTSS2SI', 'Gq Wss',        '', 'as:VCVTTSS2SI_R64_X'],
  ['F2 2C W0',   'VCVTTSD2SI', 'Gd Wsd',        '', 'as:VCVTTSD2SI_R32_X'],
  ['F2 2C W1',   'VCVTTSD2SI', 'Gq Wsd',        '', 'as:VCVTTSD2SI_R64_X'],
  ['F3 2D W0',   'VCVTSS2SI',  'Gd Wss',        '', 'as:VCVTSS2SI_R32_X'],
  ['F3 2D W1',   'VCVTSS2SI',  'Gq Wss',        '', 'as:VCVTSS2SI_R64_X'],
  ['F2 2D W0',   'VCVTSD2SI',  'Gd Wsd',        '', 'as:VCVTSD2SI_R32_X'],
  ['F2 2D W1',   'VCVTSD2SI',  'Gq Wsd',        '', 'as:VCVTSD2SI_R64_X'],
  ['NP 2E',      'VUCOMISS',   'Vdq Wss',       COMPARE, ''],
  ['66 2E',      'VUCOMISD',   'Vdq Wsd',       COMPARE, ''],
  ['NP 2F',      'VCOMISS',    'Vdq Wss',       COMPARE, ''],
  ['66 2F',      'VCOMISD',    'Vdq Wsd',       COMPARE, ''],
  ['NP 50',      'VMOVMSKPS',  'Gd Ux',         '', ''],
  ['66 50',      'VMOVMSKPD',  'Gd Ux',         '', ''],
  ['NP 51',      'VSQRTPS',    'Vx Wx',         '', ''],
  ['66 51',      'VSQRTPD',    'Vx Wx',         '', ''],
  ['F3 51',      'VSQRTSS',    'Vdq Hdq Wss',   '', ''],
  ['F2 51',      'VSQRTSD',    'Vdq Hdq Wsd',   '', ''],
  ['NP 52',      'VRSQRTPS',   'Vx Wx',         '', ''],
  ['F3 52',      'VRSQRTSS',   'Vdq Hdq Wss',   '', ''],
  ['NP 53',      'VRCPPS',     'Vx Wx',         '', ''],
  ['F3 53',      'VRCPSS',     'Vdq Hdq Wss',   '', ''],
  ['NP 54',      'VANDPS',     'Vx Hx Wx',      '', 'as:VPAND'],
  ['66 54',      'VANDPD',     'Vx Hx Wx',      '', 'as:VPAND'],
  ['NP 55',      'VANDNPS',    'Vx Hx Wx',      '', 'as:VPANDN'],
  ['66 55',      'VANDNPD',    'Vx Hx Wx',      '', 'as:VPANDN'],
  ['NP 56',      'VORPS',      'Vx Hx Wx',      '', 'as:VPOR'],
  ['66 56',      'VORPD',      'Vx Hx Wx',      '', 'as:VPOR'],
  ['NP 57',      'VXORPS',     'Vx Hx Wx',      '', 'as:VPXOR'],
  ['66 57',      'VXORPD',     'Vx Hx Wx',      '', 'as:VPXOR'],
  ...floating('58', 'ADD'), ...floating('59', 'MUL'), ...floating('5C', 'SUB'),
  ...floating('5D', 'MIN'), ...floating('5E', 'DIV'), ...floating('5F', 'MAX'),
  ['NP 5A L0',   'VCVTPS2PD',  'Vdq Wq',        '', ''],
  ['NP 5A L1',   'VCVTPS2PD',  'Vqq Wdq',       '', 'as:VCVTPS2PD_Y'],
  ['66 5A',      'VCVTPD2PS',  'Vdq Wx',        '', ''],
  ['F3 5A',      'VCVTSS2SD',  'Vdq Hdq Wss',   '', ''],
  ['F2 5A',      'VCVTSD2SS',  'Vdq Hdq Wsd',   '', ''],
  ['NP 5B',      'VCVTDQ2PS',  'Vx Wx',         '', ''],
  ['66 5B',      'VCVTPS2DQ',  'Vx Wx',         '', ''],
  ['F3 5B',      'VCVTTPS2DQ', 'Vx Wx',         '', ''],
  ['66 6E L0 W0', 'VMOVD',     'Vdq Ed',        '', 'as:VMOVD_X_R32'],
  ['66 6E L0 W1', 'VMOVQ',     'Vdq Eq',        '', 'as:VMOVQ_X_R64'],
  ['66 6F',      'VMOVDQA',    'Vx Wx',         '', 'as:VMOVAPS'],
  ['F3 6F',      'VMOVDQU',    'Vx Wx',         '', 'as:VMOVUPS'],
  ['66 70',      'VPSHUFD',    'Vx Wx Ib',      '', ''],
  ['F3 70',      'VPSHUFHW',   'Vx Wx Ib',      '', ''],
  ['F2 70',      'VPSHUFLW',   'Vx Wx Ib',      '', ''],
  ['66 71 /2 r', 'VPSRLW',     'Hx Ux Ib',      '', 'as:VPSRLW_I'],
  ['66 71 /4 r', 'VPSRAW',     'Hx Ux Ib',      '', 'as:VPSRAW_I'],
  ['66 71 /6 r', 'VPSLLW',     'Hx Ux Ib',      '', 'as:VPSLLW_I'],
  ['66 72 /2 r', 'VPSRLD',     'Hx Ux Ib',      '', 'as:VPSRLD_I'],
  ['66 72 /4 r', 'VPSRAD',     'Hx Ux Ib',      '', 'as:VPSRAD_I'],
  ['66 72 /6 r', 'VPSLLD',     'Hx Ux Ib',      '', 'as:VPSLLD_I'],
  ['66 73 /2 r', 'VPSRLQ',     'Hx Ux Ib',      '', 'as:VPSRLQ_I'],
  ['66 73 /3 r', 'VPSRLDQ',    'Hx Ux Ib',      '', 'as:VPSRLDQ_I'],
  ['66 73 /6 r', 'VPSLLQ',     'Hx Ux Ib',      '', 'as:VPSLLQ_I'],
  ['66 73 /7 r', 'VPSLLDQ',    'Hx Ux Ib',      '', 'as:VPSLLDQ_I'],
  ['NP 77 L0',   'VZEROUPPER', '',              '', ''],
  ['NP 77 L1',   'VZEROALL',   '',              '', ''],
  ['66 7C',      'VHADDPD',    'Vx Hx Wx',      '', ''],
  ['F2 7C',      'VHADDPS',    'Vx Hx Wx',      '', ''],
  ['66 7D',      'VHSUBPD',    'Vx Hx Wx',      '', ''],
  ['F2 7D',      'VHSUBPS',    'Vx Hx Wx',      '', ''],
  ['66 7E L0 W0', 'VMOVD',     'Ed Vdq',        '', 'as:VMOVD_R32_X'],
  ['66 7E L0 W1', 'VMOVQ',     'Eq Vdq',        '', 'as:VMOVQ_R64_X'],
  ['F3 7E L0',   'VMOVQ',      'Vdq Wq',        '', ''],
  ['66 7F',      'VMOVDQA',    'Wx Vx',         '', 'as:VMOVAPS'],
  ['F3 7F',      'VMOVDQU',    'Wx Vx',         '', 'as:VMOVUPS'],
  ['NP AE /2 m L0', 'VLDMXCSR', 'Md',           '', 'op:LDMXCSR group:system'],
  ['NP AE /3 m L0', 'VSTMXCSR', 'Md',           '', 'op:STMXCSR group:system'],
  ['NP C2',      'VCMPPS',     'Vx Hx Wx Ib',   '', ''],
  ['66 C2',      'VCMPPD',     'Vx Hx Wx Ib',   '', ''],
  ['F3 C2',      'VCMPSS',     'Vdq Hdq Wss Ib', '', ''],
  ['F2 C2',      'VCMPSD',     'Vdq Hdq Wsd Ib', '', ''],
  ['66 C4 m L0', 'VPINSRW',    'Vdq Hdq Mw Ib', '', ''],
  ['66 C4 r L0', 'VPINSRW',    'Vdq Hdq Rd Ib', '', ''],
  ['66 C5 L0',   'VPEXTRW',    'Gd Udq Ib',     '', ''],
  ['NP C6',      'VSHUFPS',    'Vx Hx Wx Ib',   '', ''],
  ['66 C6',      'VSHUFPD',    'Vx Hx Wx Ib',   '', ''],
  ['66 D0',      'VADDSUBPD',  'Vx Hx Wx',      '', ''],
  ['F2 D0',      'VADDSUBPS',  'Vx Hx Wx',      '', ''],
  ['66 D1',      'VPSRLW',     'Vx Hx Wdq',     '', ''],
  ['66 D2',      'VPSRLD',     'Vx Hx Wdq',     '', ''],
  ['66 D3',      'VPSRLQ',     'Vx Hx Wdq',     '', ''],
  ['66 D6 L0',   'VMOVQ',      'Wq Vdq',        '', ''],
  ['66 D7',      'VPMOVMSKB',  'Gd Ux',         '', ''],
  ['66 E1',      'VPSRAW',     'Vx Hx Wdq',     '', ''],
  ['66 E2',      'VPSRAD',     'Vx Hx Wdq',     '', ''],
  ['66 E6',      'VCVTTPD2DQ', 'Vdq Wx',        '', ''],
  ['F3 E6 L0',   'VCVTDQ2PD',  'Vdq Wq',        '', ''],
  ['F3 E6 L1',   'VCVTDQ2PD',  'Vqq Wdq',       '', 'as:VCVTDQ2PD_Y'],
  ['F2 E6',      'VCVTPD2DQ',  'Vdq Wx',        '', ''],
  ['66 E7 m',    'VMOVNTDQ',   'Mx Vx',         '', 'as:VMOVAPS'],
  ['F2 F0 m',    'VLDDQU',     'Vx Mx',         '', 'as:VMOVUPS'],
  ['66 F1',      'VPSLLW',     'Vx Hx Wdq',     '', ''],
  ['66 F2',      'VPSLLD',     'Vx Hx Wdq',     '', ''],
  ['66 F3',      'VPSLLQ',     'Vx Hx Wdq',     '', ''],
  ['66 F7 L0',   'VMASKMOVDQU', 'Vdq Udq',      '', ''],
  ...packed([
    ['60', 'VPUNPCKLBW'], ['61', 'VPUNPCKLWD'], ['62', 'VPUNPCKLDQ'], ['63', 'VPACKSSWB'], ['64', 'VPCMPGTB'],
    ['65', 'VPCMPGTW'],   ['66', 'VPCMPGTD'],   ['67', 'VPACKUSWB'],  ['68', 'VPUNPCKHBW'], ['69', 'VPUNPCKHWD'],
    ['6A', 'VPUNPCKHDQ'], ['6B', 'VPACKSSDW'],  ['6C', 'VPUNPCKLQDQ'], ['6D', 'VPUNPCKHQDQ'],
    ['74', 'VPCMPEQB'],   ['75', 'VPCMPEQW'],   ['76', 'VPCMPEQD'],
    ['D4', 'VPADDQ'],     ['D5', 'VPMULLW'],    ['D8', 'VPSUBUSB'],   ['D9', 'VPSUBUSW'],   ['DA', 'VPMINUB'],
    ['DB', 'VPAND'],      ['DC', 'VPADDUSB'],   ['DD', 'VPADDUSW'],   ['DE', 'VPMAXUB'],    ['DF', 'VPANDN'],
    ['E0', 'VPAVGB'],     ['E3', 'VPAVGW'],     ['E4', 'VPMULHUW'],   ['E5', 'VPMULHW'],    ['E8', 'VPSUBSB'],
    ['E9', 'VPSUBSW'],    ['EA', 'VPMINSW'],    ['EB', 'VPOR'],       ['EC', 'VPADDSB'],    ['ED', 'VPADDSW'],
    ['EE', 'VPMAXSW'],    ['EF', 'VPXOR'],      ['F4', 'VPMULUDQ'],   ['F5', 'VPMADDWD'],   ['F6', 'VPSADBW'],
    ['F8', 'VPSUBB'],     ['F9', 'VPSUBW'],     ['FA', 'VPSUBD'],     ['FB', 'VPSUBQ'],     ['FC', 'VPADDB'],
    ['FD', 'VPADDW'],     ['FE', 'VPADDD'],
  ]),
];

// biome-ignore format: aligned rows
const avx0f38: Row[] = [
  ...packed([
    ['00', 'VPSHUFB'],    ['01', 'VPHADDW'],    ['02', 'VPHADDD'],    ['03', 'VPHADDSW'],   ['04', 'VPMADDUBSW'],
    ['05', 'VPHSUBW'],    ['06', 'VPHSUBD'],    ['07', 'VPHSUBSW'],   ['08', 'VPSIGNB'],    ['09', 'VPSIGNW'],
    ['0A', 'VPSIGND'],    ['0B', 'VPMULHRSW'],  ['28', 'VPMULDQ'],    ['29', 'VPCMPEQQ'],   ['2B', 'VPACKUSDW'],
    ['37', 'VPCMPGTQ'],   ['38', 'VPMINSB'],    ['39', 'VPMINSD'],    ['3A', 'VPMINUW'],    ['3B', 'VPMINUD'],
    ['3C', 'VPMAXSB'],    ['3D', 'VPMAXSD'],    ['3E', 'VPMAXUW'],    ['3F', 'VPMAXUD'],    ['40', 'VPMULLD'],
  ]),
  ['66 0C W0',    'VPERMILPS',      'Vx Hx Wx',   '', ''],
  ['66 0D W0',    'VPERMILPD',      'Vx Hx Wx',   '', ''],
  ['66 0E W0',    'VTESTPS',        'Vx Wx',      '00m00m', ''],
  ['66 0F W0',    'VTESTPD',        'Vx Wx',      '00m00m', ''],
  ['66 17',       'VPTEST',         'Vx Wx',      '00m00m', ''],
  ['66 18 W0',    'VBROADCASTSS',   'Vx Wss',     '', 'as:VPBROADCASTD'],
  ['66 19 W0 L1', 'VBROADCASTSD',   'Vx Wsd',     '', 'as:VPBROADCASTQ'],
  ['66 1A W0 L1 m', 'VBROADCASTF128', 'Vqq Mdq',  '', 'as:VBROADCASTI128'],
  ['66 1C',       'VPABSB',         'Vx Wx',      '', ''],
  ['66 1D',       'VPABSW',         'Vx Wx',      '', ''],
  ['66 1E',       'VPABSD',         'Vx Wx',      '', ''],
  ...widening(0x20, 'VPMOVSX'),
  ['66 2A m',     'VMOVNTDQA',      'Vx Mx',      '', 'as:VMOVAPS'],
  ['66 2C W0 m',  'VMASKMOVPS',     'Vx Hx Mx',   '', 'as:VPMASKMOVD'],
  ['66 2D W0 m',  'VMASKMOVPD',     'Vx Hx Mx',   '', 'as:VPMASKMOVQ'],
  ['66 2E W0 m',  'VMASKMOVPS',     'Mx Hx Vx',   '', 'as:VPMASKMOVD'],
  ['66 2F W0 m',  'VMASKMOVPD',     'Mx Hx Vx',   '', 'as:VPMASKMOVQ'],
  ...widening(0x30, 'VPMOVZX'),
  ['66 41 L0',    'VPHMINPOSUW',    'Vdq Wdq',    '', ''],
  ['66 DB L0',    'VAESIMC',        'Vdq Wdq',    '', ''],
  ['66 DC L0',    'VAESENC',        'Vdq Hdq Wdq', '', ''], // the long forms are VAES and VPCLMULQDQ, which x86-64-v3 lacks
  ['66 DD L0',    'VAESENCLAST',    'Vdq Hdq Wdq', '', ''],
  ['66 DE L0',    'VAESDEC',        'Vdq Hdq Wdq', '', ''],
  ['66 DF L0',    'VAESDECLAST',    'Vdq Hdq Wdq', '', ''],
];

// biome-ignore format: aligned rows
const avx2: Row[] = [
  ['66 16 W0 L1', 'VPERMPS',        'Vqq Hqq Wqq', '', 'as:VPERMD'],
  ['66 36 W0 L1', 'VPERMD',         'Vqq Hqq Wqq', '', ''],
  ['66 45 W0',    'VPSRLVD',        'Vx Hx Wx',   '', ''],
  ['66 45 W1',    'VPSRLVQ',        'Vx Hx Wx',   '', ''],
  ['66 46 W0',    'VPSRAVD',        'Vx Hx Wx',   '', ''],
  ['66 47 W0',    'VPSLLVD',        'Vx Hx Wx',   '', ''],
  ['66 47 W1',    'VPSLLVQ',        'Vx Hx Wx',   '', ''],
  ['66 58 W0',    'VPBROADCASTD',   'Vx Wd',      '', ''],
  ['66 59 W0',    'VPBROADCASTQ',   'Vx Wq',      '', ''],
  ['66 5A W0 L1 m', 'VBROADCASTI128', 'Vqq Mdq',  '', ''],
  ['66 78 W0',    'VPBROADCASTB',   'Vx Wb',      '', ''],
  ['66 79 W0',    'VPBROADCASTW',   'Vx Ww',      '', ''],
  ['66 8C W0 m',  'VPMASKMOVD',     'Vx Hx Mx',   '', ''],
  ['66 8C W1 m',  'VPMASKMOVQ',     'Vx Hx Mx',   '', ''],
  ['66 8E W0 m',  'VPMASKMOVD',     'Mx Hx Vx',   '', ''],
  ['66 8E W1 m',  'VPMASKMOVQ',     'Mx Hx Vx',   '', ''],
  // gathers: the memory operand's index is a vector register (VSIB), the mask is vvvv
  ['66 90 W0 m',  'VPGATHERDD',     'Vx Mx Hx',   '', 'n:4 vsib op:VPGATHERDD'],
  ['66 90 W1 m',  'VPGATHERDQ',     'Vx Mx Hx',   '', 'n:8 vsib op:VPGATHERDQ'],
  ['66 91 W0 m',  'VPGATHERQD',     'Vx Mx Hx',   '', 'n:4 vsib op:VPGATHERQD'],
  ['66 91 W1 m',  'VPGATHERQQ',     'Vx Mx Hx',   '', 'n:8 vsib op:VPGATHERQQ'],
  ['66 92 W0 m',  'VGATHERDPS',     'Vx Mx Hx',   '', 'n:4 vsib op:VPGATHERDD'],
  ['66 92 W1 m',  'VGATHERDPD',     'Vx Mx Hx',   '', 'n:8 vsib op:VPGATHERDQ'],
  ['66 93 W0 m',  'VGATHERQPS',     'Vx Mx Hx',   '', 'n:4 vsib op:VPGATHERQD'],
  ['66 93 W1 m',  'VGATHERQPD',     'Vx Mx Hx',   '', 'n:8 vsib op:VPGATHERQQ'],
];

// biome-ignore format: aligned rows
const fma: Row[] = [
  ...fused('6', 'FMADDSUB'),     ...fused('7', 'FMSUBADD'),
  ...fused('8', 'FMADD', '9'),   ...fused('A', 'FMSUB', 'B'),
  ...fused('C', 'FNMADD', 'D'),  ...fused('E', 'FNMSUB', 'F'),
];

// biome-ignore format: aligned rows
const f16c38: Row[] = [
  ['66 13 W0 L0', 'VCVTPH2PS',      'Vdq Wq',     '', ''],
  ['66 13 W0 L1', 'VCVTPH2PS',      'Vqq Wdq',    '', 'as:VCVTPH2PS_Y'],
];
// biome-ignore format: aligned rows
const f16c3a: Row[] = [
  ['66 1D W0 L0', 'VCVTPS2PH',      'Wq Vdq Ib',  '', ''],
  ['66 1D W0 L1', 'VCVTPS2PH',      'Wdq Vqq Ib', '', 'as:VCVTPS2PH_Y'],
];

// biome-ignore format: aligned rows
const bmi1: Row[] = [
  ['NP F2 L0',    'ANDN',           'Gy By Ey',   '0mmuu0', ''],
  ['NP F3 /1 L0', 'BLSR',           'By Ey',      '0mmuum', ''],
  ['NP F3 /2 L0', 'BLSMSK',         'By Ey',      '0mmuum', ''],
  ['NP F3 /3 L0', 'BLSI',           'By Ey',      '0mmuum', ''],
  ['NP F7 L0',    'BEXTR',          'Gy Ey By',   '0umuu0', ''],
];
// biome-ignore format: aligned rows
const bmi2: Row[] = [
  ['NP F5 L0',    'BZHI',           'Gy Ey By',   '0mmuum', ''],
  ['F3 F5 L0',    'PEXT',           'Gy By Ey',   '', ''],
  ['F2 F5 L0',    'PDEP',           'Gy By Ey',   '', ''],
  ['F2 F6 L0',    'MULX',           'Gy By Ey',   '', ''],
  ['66 F7 L0',    'SHLX',           'Gy Ey By',   '', ''],
  ['F3 F7 L0',    'SARX',           'Gy Ey By',   '', ''],
  ['F2 F7 L0',    'SHRX',           'Gy Ey By',   '', ''],
];
// biome-ignore format: aligned rows
const bmi2Rotate: Row[] = [
  ['F2 F0 L0',    'RORX',           'Gy Ey Ib',   '', ''],
];

// biome-ignore format: aligned rows
const avx0f3a: Row[] = [
  ['66 04 W0',    'VPERMILPS',      'Vx Wx Ib',       '', 'as:VPERMILPS_I'],
  ['66 05 W0',    'VPERMILPD',      'Vx Wx Ib',       '', 'as:VPERMILPD_I'],
  ['66 06 W0 L1', 'VPERM2F128',     'Vqq Hqq Wqq Ib', '', 'as:VPERM2I128'],
  ['66 08',       'VROUNDPS',       'Vx Wx Ib',       '', ''],
  ['66 09',       'VROUNDPD',       'Vx Wx Ib',       '', ''],
  ['66 0A',       'VROUNDSS',       'Vdq Hdq Wss Ib', '', ''],
  ['66 0B',       'VROUNDSD',       'Vdq Hdq Wsd Ib', '', ''],
  ['66 0C',       'VBLENDPS',       'Vx Hx Wx Ib',    '', ''],
  ['66 0D',       'VBLENDPD',       'Vx Hx Wx Ib',    '', ''],
  ['66 0E',       'VPBLENDW',       'Vx Hx Wx Ib',    '', ''],
  ['66 0F',       'VPALIGNR',       'Vx Hx Wx Ib',    '', ''],
  ['66 14 L0 m',  'VPEXTRB',        'Mb Vdq Ib',      '', ''],
  ['66 14 L0 r',  'VPEXTRB',        'Rd Vdq Ib',      '', ''],
  ['66 15 L0 m',  'VPEXTRW',        'Mw Vdq Ib',      '', ''],
  ['66 15 L0 r',  'VPEXTRW',        'Rd Vdq Ib',      '', ''],
  ['66 16 L0 W0', 'VPEXTRD',        'Ed Vdq Ib',      '', ''],
  ['66 16 L0 W1', 'VPEXTRQ',        'Eq Vdq Ib',      '', ''],
  ['66 17 L0',    'VEXTRACTPS',     'Ed Vdq Ib',      '', 'as:VPEXTRD'],
  ['66 18 W0 L1', 'VINSERTF128',    'Vqq Hqq Wdq Ib', '', 'as:VINSERTI128'],
  ['66 19 W0 L1', 'VEXTRACTF128',   'Wdq Vqq Ib',     '', 'as:VEXTRACTI128'],
  ['66 20 L0 m',  'VPINSRB',        'Vdq Hdq Mb Ib',  '', ''],
  ['66 20 L0 r',  'VPINSRB',        'Vdq Hdq Rd Ib',  '', ''],
  ['66 21 L0',    'VINSERTPS',      'Vdq Hdq Wd Ib',  '', ''],
  ['66 22 L0 W0', 'VPINSRD',        'Vdq Hdq Ed Ib',  '', ''],
  ['66 22 L0 W1', 'VPINSRQ',        'Vdq Hdq Eq Ib',  '', ''],
  ['66 40',       'VDPPS',          'Vx Hx Wx Ib',    '', ''],
  ['66 41 L0',    'VDPPD',          'Vdq Hdq Wdq Ib', '', ''],
  ['66 42',       'VMPSADBW',       'Vx Hx Wx Ib',    '', ''],
  ['66 44 L0',    'VPCLMULQDQ',     'Vdq Hdq Wdq Ib', '', ''],
  ['66 4A W0',    'VBLENDVPS',      'Vx Hx Wx Lx',    '', ''],
  ['66 4B W0',    'VBLENDVPD',      'Vx Hx Wx Lx',    '', ''],
  ['66 4C W0',    'VPBLENDVB',      'Vx Hx Wx Lx',    '', ''],
  ['66 60 L0 W1', 'VPCMPESTRM',     'Vdq Wdq Ib',     'mmm00m', 'as:VPCMPESTRM_W'],
  ['66 60 L0',    'VPCMPESTRM',     'Vdq Wdq Ib',     'mmm00m', ''],
  ['66 61 L0 W1', 'VPCMPESTRI',     'Vdq Wdq Ib',     'mmm00m', 'as:VPCMPESTRI_W'],
  ['66 61 L0',    'VPCMPESTRI',     'Vdq Wdq Ib',     'mmm00m', ''],
  ['66 62 L0',    'VPCMPISTRM',     'Vdq Wdq Ib',     'mmm00m', ''],
  ['66 63 L0',    'VPCMPISTRI',     'Vdq Wdq Ib',     'mmm00m', ''],
  ['66 DF L0',    'VAESKEYGENASSIST', 'Vdq Wdq Ib',   '', ''],
];

// biome-ignore format: aligned rows
const avx20f3a: Row[] = [
  ['66 00 W1 L1', 'VPERMQ',         'Vqq Wqq Ib',     '', ''],
  ['66 01 W1 L1', 'VPERMPD',        'Vqq Wqq Ib',     '', 'as:VPERMQ'],
  ['66 02 W0',    'VPBLENDD',       'Vx Hx Wx Ib',    '', 'as:VBLENDPS'],
  ['66 38 W0 L1', 'VINSERTI128',    'Vqq Hqq Wdq Ib', '', ''],
  ['66 39 W0 L1', 'VEXTRACTI128',   'Wdq Vqq Ib',     '', ''],
  ['66 46 W0 L1', 'VPERM2I128',     'Vqq Hqq Wqq Ib', '', ''],
];

export const vex: readonly OpcodeMap[] = [
  { name: 'VEX 0F', vex: true, map: 1, parts: [part('avx', avx0f)] },
  {
    name: 'VEX 0F 38',
    vex: true,
    map: 2,
    parts: [
      part('avx', avx0f38),
      part('avx2', avx2),
      part('fma', fma),
      part('f16c', f16c38),
      part('bmi1', bmi1),
      part('bmi2', bmi2),
    ],
  },
  {
    name: 'VEX 0F 3A',
    vex: true,
    map: 3,
    parts: [
      part('avx', avx0f3a),
      part('avx2', avx20f3a),
      part('f16c', f16c3a),
      part('bmi2', bmi2Rotate),
    ],
  },
];
