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

const WIDTHS: Record<number, string> = {
  1: 'BYTE',
  2: 'WORD',
  4: 'DWORD',
  8: 'QWORD',
  16: 'XMMWORD',
};
const GPRS: Record<number, readonly string[]> = {
  1: ['eax', 'r9d'],
  2: ['eax', 'r9d'],
  4: ['eax', 'r9d'],
  8: ['rax', 'r9'],
};

/** Assembler texts of an operand letter: two registers (of which the second is high) and, where it may be, memory. */
function texts(code: string, position: number): string[] {
  const size = Number(code.slice(1));
  const memory = [`${WIDTHS[size]} PTR [rsi]`];
  const xmm = position ? ['xmm2', 'xmm14'] : ['xmm1', 'xmm9'];
  const mmx = position ? ['mm2', 'mm6'] : ['mm1', 'mm5'];
  switch (code[0]) {
    case 'X':
      return size ? [...xmm, ...memory] : xmm;
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
export function samples(): Sample[] {
  const result: Sample[] = [];
  for (const [operands, mnemonics, imm] of ROWS) {
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
  return result;
}
