// The instructions under test: mnemonics with their operands. X = XMM register; Xn = XMM register or n bytes of memory; U = XMM
// register in the place of ModRM.rm; Q, Qn, N the same for MMX; Rn = GPR of n bytes; En = GPR or memory; Mn = n bytes of
// memory; I = immediate (`imm`: how many of its values, from 0 on; otherwise a sample).
export type Row = readonly [operands: string, mnemonics: string, imm?: number];

// biome-ignore format: aligned rows
export const ROWS: readonly Row[] = [
  ['X X16',  'movups movaps movdqa movdqu movapd movupd'],
  ['M16 X',  'movups movaps movdqa movdqu movapd movupd movntps movntpd movntdq'],
  ['X M16',  'lddqu movntdqa'],
  ['X X4',   'movss addss subss mulss divss minss maxss sqrtss rcpss rsqrtss comiss ucomiss cvtss2sd'],
  ['X X8',   'movsd addsd subsd mulsd divsd minsd maxsd sqrtsd comisd ucomisd cvtsd2ss cvtps2pd cvtdq2pd movddup movq'],
  ['M4 X',   'movss movd'],
  ['M8 X',   'movsd movq movlps movlpd movhps movhpd'],
  ['X M8',   'movlps movlpd movhps movhpd'],
  ['X U',    'movhlps movlhps'],
  ['X E4',   'movd cvtsi2ss cvtsi2sd'],
  ['X E8',   'movq cvtsi2ss cvtsi2sd'],
  ['R4 X',   'movd movmskps movmskpd pmovmskb'],
  ['R8 X',   'movq'],
  ['R4 X4',  'cvtss2si cvttss2si'],
  ['R8 X4',  'cvtss2si cvttss2si'],
  ['R4 X8',  'cvtsd2si cvttsd2si'],
  ['R8 X8',  'cvtsd2si cvttsd2si'],
  ['X X16',  'addps addpd subps subpd mulps mulpd divps divpd minps minpd maxps maxpd sqrtps sqrtpd rcpps rsqrtps'],
  ['X X16',  'addsubps addsubpd haddps haddpd hsubps hsubpd movsldup movshdup'],
  ['X X16 I', 'dpps dppd'],
  ['X X16',  'cvtdq2ps cvtps2dq cvttps2dq cvtpd2dq cvttpd2dq cvtpd2ps'],
  ['X X4 I', 'cmpss', 8], ['X X8 I', 'cmpsd', 8], ['X X16 I', 'cmpps cmppd', 8],
  ['X X4 I', 'roundss', 16], ['X X8 I', 'roundsd', 16], ['X X16 I', 'roundps roundpd', 16],
  ['X X16',  'andps andpd andnps andnpd orps orpd xorps xorpd pand pandn por pxor'],
  ['X X16',  'unpcklps unpcklpd unpckhps unpckhpd punpcklbw punpcklwd punpckldq punpcklqdq punpckhbw punpckhwd punpckhdq punpckhqdq'],
  ['X X16',  'packsswb packuswb packssdw packusdw'],
  ['X X16',  'paddb paddw paddd paddq psubb psubw psubd psubq paddsb paddsw paddusb paddusw psubsb psubsw psubusb psubusw'],
  ['X X16',  'pcmpeqb pcmpeqw pcmpeqd pcmpeqq pcmpgtb pcmpgtw pcmpgtd pcmpgtq'],
  ['X X16',  'pminub pmaxub pminsw pmaxsw pminsb pmaxsb pminsd pmaxsd pminuw pmaxuw pminud pmaxud pavgb pavgw'],
  ['X X16',  'pmullw pmulld pmulhw pmulhuw pmulhrsw pmuludq pmuldq pmaddwd pmaddubsw psadbw'],
  ['X X16',  'phaddw phaddd phaddsw phsubw phsubd phsubsw psignb psignw psignd pabsb pabsw pabsd phminposuw ptest'],
  ['X X16',  'psllw pslld psllq psrlw psrld psrlq psraw psrad'],
  ['U I',    'psllw pslld psllq psrlw psrld psrlq psraw psrad pslldq psrldq'],
  ['X X16',  'pshufb pblendvb blendvps blendvpd'],
  ['X X16 I', 'pshufd pshuflw pshufhw shufps shufpd pblendw blendps blendpd palignr mpsadbw'],
  ['X X8',   'pmovsxbw pmovsxwd pmovsxdq pmovzxbw pmovzxwd pmovzxdq'],
  ['X X4',   'pmovsxbd pmovsxwq pmovzxbd pmovzxwq'],
  ['X X2',   'pmovsxbq pmovzxbq'],
  ['X X4 I', 'insertps'],
  ['X E1 I', 'pinsrb'], ['X E2 I', 'pinsrw'], ['X E4 I', 'pinsrd'], ['X E8 I', 'pinsrq'],
  ['E1 X I', 'pextrb'], ['E2 X I', 'pextrw'], ['E4 X I', 'pextrd extractps'], ['E8 X I', 'pextrq'],
  ['X U',    'maskmovdqu'],
  ['X X16 I', 'pcmpistri pcmpistrm pcmpestri pcmpestrm pcmpestriq pcmpestrmq', 128],
  ['X X16',  'aesenc aesenclast aesdec aesdeclast aesimc'],
  ['X X16 I', 'aeskeygenassist pclmulqdq'],

  ['Q Q8',   'movq pand pandn por pxor paddb paddw paddd paddq psubb psubw psubd psubq'],
  ['Q Q8',   'paddsb paddsw paddusb paddusw psubsb psubsw psubusb psubusw pcmpeqb pcmpeqw pcmpeqd pcmpgtb pcmpgtw pcmpgtd'],
  ['Q Q8',   'pminub pmaxub pminsw pmaxsw pavgb pavgw pmullw pmulhw pmulhuw pmulhrsw pmuludq pmaddwd pmaddubsw psadbw'],
  ['Q Q8',   'phaddw phaddd phaddsw phsubw phsubd phsubsw psignb psignw psignd pabsb pabsw pabsd'],
  ['Q Q8',   'psllw pslld psllq psrlw psrld psrlq psraw psrad pshufb packsswb packuswb packssdw punpckhbw punpckhwd punpckhdq'],
  ['Q Q4',   'punpcklbw punpcklwd punpckldq'],
  ['N I',    'psllw pslld psllq psrlw psrld psrlq psraw psrad'],
  ['Q Q8 I', 'pshufw palignr'],
  ['M8 Q',   'movq movntq'],
  ['Q E4',   'movd'], ['Q E8', 'movq'], ['E4 Q', 'movd'], ['E8 Q', 'movq'],
  ['R4 Q',   'pmovmskb'], ['Q E2 I', 'pinsrw'], ['R4 Q I', 'pextrw'],
  ['Q N',    'maskmovq'],
  ['',       'emms'],
  ['X N',    'movq2dq'], ['Q U', 'movdq2q'],
  ['X Q8',   'cvtpi2ps cvtpi2pd'], ['Q X8', 'cvtps2pi cvttps2pi'], ['Q X16', 'cvtpd2pi cvttpd2pi'],
];

/** Rows of the VEX forms. Z stands for X and Y (32 bytes): Z, Zm = register or memory, Zh, Zq, Ze half, a quarter, an eighth. */
// biome-ignore format: aligned rows
export const VEX_ROWS: readonly Row[] = [
  ['Z Zm',     'vmovups vmovaps vmovdqa vmovdqu vmovapd vmovupd vmovsldup vmovshdup vsqrtps vsqrtpd vrcpps vrsqrtps'],
  ['Zn Z',     'vmovups vmovaps vmovdqa vmovdqu vmovapd vmovupd vmovntps vmovntpd vmovntdq'],
  ['Z Zn',     'vlddqu vmovntdqa'],
  ['X M4',     'vmovss'], ['X M8', 'vmovsd'], ['M4 X', 'vmovss vmovd'], ['M8 X', 'vmovsd vmovq vmovlps vmovlpd vmovhps vmovhpd'],
  ['X X X',    'vmovss vmovsd vmovhlps vmovlhps'], ['X X8', 'vmovq vmovddup'], ['Y Y32', 'vmovddup'],
  ['X X M8',   'vmovlps vmovlpd vmovhps vmovhpd'],
  ['X E4',     'vmovd'], ['X E8', 'vmovq'], ['R4 X', 'vmovd'], ['R8 X', 'vmovq'], ['R4 Z', 'vmovmskps vmovmskpd vpmovmskb'],
  ['X X E4',   'vcvtsi2ss vcvtsi2sd'], ['X X E8', 'vcvtsi2ss vcvtsi2sd'],
  ['R4 X4',    'vcvtss2si vcvttss2si'], ['R8 X4', 'vcvtss2si vcvttss2si'],
  ['R4 X8',    'vcvtsd2si vcvttsd2si'], ['R8 X8', 'vcvtsd2si vcvttsd2si'],
  ['X X4',     'vcomiss vucomiss'], ['X X8', 'vcomisd vucomisd'],
  ['X X X4',   'vaddss vsubss vmulss vdivss vminss vmaxss vsqrtss vrcpss vrsqrtss vcvtss2sd'],
  ['X X X8',   'vaddsd vsubsd vmulsd vdivsd vminsd vmaxsd vsqrtsd vcvtsd2ss'],
  ['Z Z Zm',   'vaddps vaddpd vsubps vsubpd vmulps vmulpd vdivps vdivpd vminps vminpd vmaxps vmaxpd'],
  ['Z Z Zm',   'vaddsubps vaddsubpd vhaddps vhaddpd vhsubps vhsubpd'],
  ['Z Z Zm I', 'vdpps'], ['X X X16 I', 'vdppd'],
  ['Z Zm',     'vcvtdq2ps vcvtps2dq vcvttps2dq'], ['X X16', 'vcvtpd2dq vcvttpd2dq vcvtpd2ps'], ['X Y', 'vcvtpd2dq vcvttpd2dq vcvtpd2ps'],
  ['Z Zh',     'vcvtdq2pd vcvtps2pd'],
  ['X X X4 I', 'vcmpss', 32], ['X X X8 I', 'vcmpsd', 32], ['Z Z Zm I', 'vcmpps vcmppd', 32],
  ['X X X4 I', 'vroundss', 16], ['X X X8 I', 'vroundsd', 16], ['Z Zm I', 'vroundps vroundpd', 16],
  ['Z Z Zm',   'vandps vandpd vandnps vandnpd vorps vorpd vxorps vxorpd vpand vpandn vpor vpxor'],
  ['Z Z Zm',   'vunpcklps vunpcklpd vunpckhps vunpckhpd vpunpcklbw vpunpcklwd vpunpckldq vpunpcklqdq vpunpckhbw vpunpckhwd vpunpckhdq vpunpckhqdq'],
  ['Z Z Zm',   'vpacksswb vpackuswb vpackssdw vpackusdw vpcmpeqb vpcmpeqw vpcmpeqd vpcmpeqq vpcmpgtb vpcmpgtw vpcmpgtd vpcmpgtq'],
  ['Z Z Zm',   'vpaddb vpaddw vpaddd vpaddq vpsubb vpsubw vpsubd vpsubq vpaddsb vpaddsw vpaddusb vpaddusw vpsubsb vpsubsw vpsubusb vpsubusw'],
  ['Z Z Zm',   'vpminub vpmaxub vpminsw vpmaxsw vpminsb vpmaxsb vpminsd vpmaxsd vpminuw vpmaxuw vpminud vpmaxud vpavgb vpavgw'],
  ['Z Z Zm',   'vpmullw vpmulld vpmulhw vpmulhuw vpmulhrsw vpmuludq vpmuldq vpmaddwd vpmaddubsw vpsadbw vpshufb'],
  ['Z Z Zm',   'vphaddw vphaddd vphaddsw vphsubw vphsubd vphsubsw vpsignb vpsignw vpsignd'],
  ['Z Zm',     'vpabsb vpabsw vpabsd vptest vtestps vtestpd'], ['X X16', 'vphminposuw vaesimc'],
  ['Z Z X16',  'vpsllw vpslld vpsllq vpsrlw vpsrld vpsrlq vpsraw vpsrad'],
  ['Z Z I',    'vpsllw vpslld vpsllq vpsrlw vpsrld vpsrlq vpsraw vpsrad vpslldq vpsrldq'],
  ['Z Z Zm',   'vpsllvd vpsllvq vpsrlvd vpsrlvq vpsravd vpermilps vpermilpd'],
  ['Z Zm I',   'vpshufd vpshuflw vpshufhw vpermilps vpermilpd'],
  ['Z Z Zm I', 'vshufps vshufpd vpblendw vblendps vblendpd vpblendd vpalignr vmpsadbw'],
  ['Z Z Zm Z', 'vpblendvb vblendvps vblendvpd'],
  ['Z Zh',     'vpmovsxbw vpmovsxwd vpmovsxdq vpmovzxbw vpmovzxwd vpmovzxdq'],
  ['Z Zq',     'vpmovsxbd vpmovsxwq vpmovzxbd vpmovzxwq'], ['Z Ze', 'vpmovsxbq vpmovzxbq'],
  ['X X X4 I', 'vinsertps'], ['X X E1 I', 'vpinsrb'], ['X X E2 I', 'vpinsrw'], ['X X E4 I', 'vpinsrd'], ['X X E8 I', 'vpinsrq'],
  ['E1 X I',   'vpextrb'], ['E2 X I', 'vpextrw'], ['E4 X I', 'vpextrd vextractps'], ['E8 X I', 'vpextrq'],
  ['X U',      'vmaskmovdqu'], ['', 'vzeroupper vzeroall'],
  ['X X16 I',  'vpcmpistri vpcmpistrm vpcmpestri vpcmpestrm vpcmpestriq vpcmpestrmq vaeskeygenassist'],
  ['X X X16',  'vaesenc vaesenclast vaesdec vaesdeclast'], ['X X X16 I', 'vpclmulqdq'],
  ['Z X1',     'vpbroadcastb'], ['Z X2', 'vpbroadcastw'], ['Z X4', 'vpbroadcastd vbroadcastss'], ['Z X8', 'vpbroadcastq'], ['Y X8', 'vbroadcastsd'],
  ['Y M16',    'vbroadcastf128 vbroadcasti128'], ['Y Y X16 I', 'vinsertf128 vinserti128'],
  ['X Y I',    'vextractf128 vextracti128'], ['M16 Y I', 'vextractf128 vextracti128'],
  ['Y Y Y32 I', 'vperm2f128 vperm2i128'], ['Y Y Y32', 'vpermd vpermps'], ['Y Y32 I', 'vpermq vpermpd'],
  ['Z Z Zn',   'vmaskmovps vmaskmovpd vpmaskmovd vpmaskmovq'], ['Zn Z Z', 'vmaskmovps vmaskmovpd vpmaskmovd vpmaskmovq'],
  ['Z Zh',     'vcvtph2ps'], ['X X I', 'vcvtps2ph', 8], ['M8 X I', 'vcvtps2ph', 8], ['X Y I', 'vcvtps2ph', 8], ['M16 Y I', 'vcvtps2ph', 8],
  ...['132', '213', '231'].flatMap((order): Row[] => [
    ['X X X4', `vfmadd${order}ss vfmsub${order}ss vfnmadd${order}ss vfnmsub${order}ss`],
    ['X X X8', `vfmadd${order}sd vfmsub${order}sd vfnmadd${order}sd vfnmsub${order}sd`],
    ['Z Z Zm', `vfmadd${order}ps vfmsub${order}ps vfnmadd${order}ps vfnmsub${order}ps vfmaddsub${order}ps vfmsubadd${order}ps`],
    ['Z Z Zm', `vfmadd${order}pd vfmsub${order}pd vfnmadd${order}pd vfnmsub${order}pd vfmaddsub${order}pd vfmsubadd${order}pd`],
  ]),
];

/** A row with Z in its two lengths. */
function lengths(row: Row): Row[] {
  const [operands, mnemonics, imm] = row;
  if (!operands.includes('Z')) return [row];
  return [16, 32].map((n): Row => {
    const letter = n === 16 ? 'X' : 'Y';
    const spell: Record<string, string> = {
      Z: letter,
      Zm: `${letter}${n}`,
      Zn: `M${n}`,
      Zh: `X${n / 2}`,
      Zq: `X${n / 4}`,
      Ze: `X${n / 8}`,
    };
    const text = operands
      .split(' ')
      .map((code) => spell[code] ?? code)
      .join(' ');
    return imm ? [text, mnemonics, imm] : [text, mnemonics];
  });
}

const WIDTHS: Record<number, string> = {
  1: 'BYTE',
  2: 'WORD',
  4: 'DWORD',
  8: 'QWORD',
  16: 'XMMWORD',
  32: 'YMMWORD',
};
const GPRS: Record<number, readonly string[]> = {
  1: ['eax', 'r9d'],
  2: ['eax', 'r9d'],
  4: ['eax', 'r9d'],
  8: ['rax', 'r9'],
};

/** Gathers, whose memory operand is an index vector: data element and index widths, vector lengths, scales. */
export function gatherSamples(): Sample[] {
  // biome-ignore format: aligned rows
  const forms: readonly (readonly [mnemonics: string, data: string, index: string])[] = [
    ['vpgatherdd vgatherdps', 'x', 'x'], ['vpgatherdd vgatherdps', 'y', 'y'],
    ['vpgatherdq vgatherdpd', 'x', 'x'], ['vpgatherdq vgatherdpd', 'y', 'x'],
    ['vpgatherqd vgatherqps', 'x', 'x'], ['vpgatherqd vgatherqps', 'x', 'y'],
    ['vpgatherqq vgatherqpd', 'x', 'x'], ['vpgatherqq vgatherqpd', 'y', 'y'],
  ];
  const registers = [
    [1, 2, 3],
    [9, 4, 14],
    [14, 12, 1],
  ];
  return forms.flatMap(([mnemonics, data, index]) =>
    mnemonics.split(' ').flatMap((mnemonic) =>
      registers.map(([d, i, m], n): Sample => {
        const memory = `[rdi + ${index}mm${i} * ${1 << n}${n === 2 ? ' - 4' : ''}]`;
        return { text: `${mnemonic} ${data}mm${d}, ${memory}, ${data}mm${m}`, memory: 0 };
      }),
    ),
  );
}

/** Assembler texts of an operand letter: two registers (of which the second is high) and, where it may be, memory. */
function texts(code: string, position: number): string[] {
  const size = Number(code.slice(1));
  const memory = [`${WIDTHS[size]} PTR [rsi]`];
  const xmm = [
    ['xmm1', 'xmm9'],
    ['xmm2', 'xmm14'],
    ['xmm3', 'xmm12'],
    ['xmm4', 'xmm11'],
  ][position]!;
  const mmx = position ? ['mm2', 'mm6'] : ['mm1', 'mm5'];
  switch (code[0]) {
    case 'X':
      return size ? [...xmm, ...memory] : xmm;
    case 'Y':
      return [...xmm.map((name) => name.replace('x', 'y')), ...(size ? memory : [])];
    case 'U':
      return xmm;
    case 'Q':
      return size ? [...mmx, ...memory] : mmx;
    case 'N':
      return mmx;
    case 'R':
      return [...GPRS[size]!];
    case 'E':
      return [...GPRS[size]!, ...memory];
    case 'M':
      return memory;
    default:
      throw new Error(`operand ${code}`);
  }
}

/** An instruction to run: assembler text and how many bytes of memory it names (0 none). */
export interface Sample {
  readonly text: string;
  readonly memory: number;
}

/** Every row's instructions: each choice of register or memory for its operands, and a same-register form. */
export function samples(rows: readonly Row[]): Sample[] {
  const result: Sample[] = [];
  for (const [operands, mnemonics, imm] of rows.flatMap(lengths)) {
    const codes = operands.split(' ').filter((code) => code && code !== 'I');
    const immediates = operands.endsWith('I')
      ? imm
        ? Array.from({ length: imm }, (_, i) => i)
        : [0, 1, 2, 3, 5, 8, 0x0f, 0x10, 0x1b, 0x31, 0x44, 0x72, 0x93, 0xb4, 0xd8, 0xe4, 0xff]
      : [undefined];
    for (const mnemonic of mnemonics.split(' ')) {
      for (const value of immediates) {
        for (const texts of choices(codes)) {
          const memory = codes[texts.findIndex((text) => text.includes('['))];
          result.push({
            text: `${mnemonic} ${[...texts, ...(value === undefined ? [] : [String(value)])].join(', ')}`,
            memory: memory ? Number(memory.slice(1)) : 0,
          });
        }
      }
    }
  }
  return result;
}

/** Combinations of operand texts: n-th with n-th (the first where a list is shorter), and the same register everywhere. */
function choices(codes: readonly string[]): string[][] {
  if (!codes.length) return [[]];
  const lists = codes.map(texts);
  const longest = Math.max(...lists.map((list) => list.length));
  const result = Array.from({ length: longest }, (_, i) =>
    lists.map((list) => (i < list.length ? list[i]! : list[0]!)),
  );
  if (codes.length === 2 && 'XQ'.includes(codes[0]![0]!) && 'XQUN'.includes(codes[1]![0]!)) {
    const same = codes[0]![0] === 'X' && 'XU'.includes(codes[1]![0]!) ? 'xmm3' : 'mm3';
    const mixed = (codes[0]![0] === 'X') !== 'XU'.includes(codes[1]![0]!);
    if (!mixed) result.push([same, same]);
  }
  if (codes.length === 3 && codes.every((code) => 'XY'.includes(code[0]!))) {
    const names = (numbers: number[]): string[] =>
      numbers.map((n, i) => `${codes[i]![0] === 'Y' ? 'y' : 'x'}mm${n}`);
    result.push(names([5, 5, 5]), names([1, 2, 1]), names([1, 1, 3]));
  }
  return result;
}
