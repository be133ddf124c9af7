// Bugs that the comparison with the processor found, each as the case that showed it. Instruction bytes and the registers
// that matter; the processor says what is right.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  CPU_LEVEL,
  EFLAGS,
  FCW,
  GPR,
  INST_COUNT,
  MXCSR,
  R8,
  RAX,
  RCX,
  RDI,
  RDX,
  RIP,
  RSP,
  XMM,
} from '../../assembly/shared/layout.ts';
import { FORMS } from '../../src/decoder/ops.ts';
import { ALL_FLAGS, compareStates } from './compare.ts';
import type { Variant } from './generate.ts';
import { openInterpreter, openTranslated } from './interpreter.ts';
import { excused } from './known.ts';
import { hostIsX86, type Native, openNative } from './native.ts';
import { CODE_AT, ENTRY, RECORD_BYTES, slot, WINDOW, WINDOW_AT } from './record.ts';

type Registers = Readonly<Record<number, bigint>>;
const DATA = BigInt(WINDOW + 512);
const NOT_CANONICAL = 0x8000_0000_0000_0000n;

// biome-ignore format: aligned rows
const CASES: readonly (readonly [what: string, code: string, registers: Registers])[] = [
  ['a read of two bytes at address −1 is a page fault',        '43de7c00a5',    { [R8]: 0x2dn }], // fidivr word [r8+r8−0x5b]
  ['a write of eight bytes at address −1',                     '4889040a',      { [RCX]: -1n, [RDX]: 0n }],
  ['cmpxchg of unequal 32-bit registers leaves the upper half', '0fb1f2',       { [RAX]: 5n, [RDX]: 0x2d68397bad42109n }],
  ['cmpxchg of equal 32-bit registers clears it',              '0fb1f2',        { [RAX]: 0xbad42109n, [RDX]: 0x2d68397bad42109n }],
  ['a non-canonical address based on rsp is #SS',              '488b4424f8',    { [RSP]: NOT_CANONICAL }],
  ['a non-canonical address based on another is #GP',          '488b4108',      { [RCX]: NOT_CANONICAL }],
  ['push with a non-canonical rsp is #SS after the read',      '67ff3424',      { [RSP]: NOT_CANONICAL | DATA }],
  ['a gather that faults has cleared the masks before',        'c4e269900c3f',  { [RDI]: DATA }], // vpgatherdd xmm1,[rdi+xmm7],xmm2
  ['a gather with index register 4',                           'c4e269900c27',  { [RDI]: DATA }],
  ['prefetchw of a register does not exist',                   '0f0dc0',        {}],
  ['rsqrtps with 66 does not exist',                           '660f52c0',      {}],
  ['lfence with another rm is lfence',                         '0faeed',        {}],
  ['a null segment prefix after gs leaves gs',                 '652e488b01',    { [RCX]: DATA }],
  ['F2 before bsf is nothing',                                 'f20fbcc8',      { [RAX]: 0x500n }],
  ['cr1 does not exist, cr0 is privileged',                    '0f20c8',        {}],
  ['cr0 is privileged whatever mod says',                      '0f2000',        {}],
  // the translator's
  ['AF outlives a rotate',                                     'b80f00000083c0019cd1c0', {}], // add eax, 1; pushf; rol eax, 1
  ['inc to the smallest 16-bit number overflows',              '66ffc0',        { [RAX]: 0x7fffn }],
  ['lea of an address below 0',                                '488d1425ffffffff', {}],
  ['bswap of 16 bits',                                         '660fc8',        { [RAX]: 0x1234n }],
  ['an interpreted vpaddd has its operands',                   'c5f1fed2',      {}],
  ['an interpreted gather is on the stack',                    'c4a22d911c3c',  { [RSP]: NOT_CANONICAL | DATA }],
  ['pointers to the last x87 instruction and operand',   'dd07d84710d937',   { [RDI]: DATA }], // fld m64; fadd m32; fnstenv
  ['… when the last has no operand',                      'dd07d9e8d9c9d937', { [RDI]: DATA }], // fld m64; fld1; fxch; fnstenv
  ['the x87 stack before a page fault',                   'dd07d9e8dd042500000000', { [RDI]: DATA }], // fld m64; fld1; fld [0]
  ['exceptions that fldcw unmasks',                       'd9e8d9eed92fdef99b', { [RDI]: DATA }], // fld1; fldz; fldcw; fdivp; fwait
  ['the ninth register pushed',                           'd9e8d9e8d9e8d9e8d9e8d9e8d9e8d9e8d9c7', {}], // fld1 …; fld st(7)
  ['fcomi leaves C1',                                     'd9e8d87710dbf0dfe0', { [RDI]: DATA }], // fld1; fdiv m32; fcomi; fnstsw
  ['a denormal single added',                             'c70788563400d9e8d807dfe0', { [RDI]: DATA }], // mov [rdi], 0x345688; fld1; fadd m32; fnstsw
  ['1 − 1.5 × 2⁻⁶⁵ is below 1',                           'c7070000401fd9e8d827', { [RDI]: DATA }], // mov [rdi], …; fld1; fsub m32
  // cmp rax, rcx; jo 1f; bswap r8; cmovle rdi, r13; int3; 1: bt rsi, 1
  ['flags stay pending past a block that was emitted before',  '4839c87008490fc8490f4efdcc480fbae601', { [RAX]: 5n, [RCX]: 7n, [R8]: 0n }],
];

function record(code: string, registers: Registers): Uint8Array {
  const bytes = new Uint8Array(RECORD_BYTES);
  const view = new DataView(bytes.buffer);
  const { pc } = slot(0);
  bytes.fill(0xcc, CODE_AT);
  bytes.set(Buffer.from(code, 'hex'), CODE_AT + ENTRY);
  for (let r = 0; r < 16; r++) view.setBigUint64(GPR + r * 8, DATA, true);
  for (const [r, value] of Object.entries(registers))
    view.setBigUint64(GPR + Number(r) * 8, BigInt.asUintN(64, value), true);
  // vectors: small indexes, all masks set; the third index leads away
  for (let lane = 0; lane < 64; lane++)
    view.setInt32(XMM + lane * 4, lane % 4 === 2 ? -0x100000 : -1 - (lane % 4), true);
  for (let i = 0; i < 1024; i++) bytes[WINDOW_AT + i] = i * 7;
  view.setBigUint64(RIP, BigInt(pc), true);
  view.setUint32(EFLAGS, 2, true);
  view.setUint16(FCW, 0x37f, true);
  view.setUint32(MXCSR, 0x1f80, true);
  view.setUint32(CPU_LEVEL, 3, true);
  return bytes;
}

describe.runIf(hostIsX86)('found bugs', () => {
  let native: Native;
  const executors = [openInterpreter(1), openTranslated(1), openTranslated(1, true)];
  beforeAll(() => {
    native = openNative();
  });
  afterAll(() => native?.close());

  test.each(CASES)('%s', (_, code, registers) => {
    const batch = record(code, registers);
    const after = native.run(batch);
    const view = (b: Uint8Array) => new DataView(b.buffer, b.byteOffset, b.length);
    const form = FORMS[0]!;
    const variant: Variant = { op: '', name: '', form, memory: false, s: 2, lock: false };
    const one = { form, bytes: [], slot: slot(0), s: 2 };
    // bsf leaves all flags but ZF undefined
    const mask = code.includes('0fbc') ? 0x40 : ALL_FLAGS;
    for (const { name, run } of executors) {
      const mine = batch.slice();
      run(mine);
      const found = compareStates(one, variant, view(batch), view(after), view(mine), mask);
      if (!excused(variant, found, view(batch), one, view(after), name)) expect(found).toEqual([]);
    }
  });

  test('translated cases are not interpreted', () => {
    for (const { name, run } of executors) {
      const batch = record('4801d8', {}); // add rax, rbx
      run(batch);
      const interpreted = new DataView(batch.buffer).getBigUint64(INST_COUNT, true);
      expect([name, interpreted > 0n]).toEqual([name, name === 'interpreter']);
    }
  });
});
