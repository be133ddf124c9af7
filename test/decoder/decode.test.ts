// What whole programs do not show of the decoder: page ends, the length limit, lock prefixes, addresses beyond 2 GiB.
import { describe, expect, test } from 'vitest';
import {
  INST_ADDR32,
  INST_END,
  INST_LOCK,
  INST_REP,
  INST_REPNE,
} from '../../assembly/shared/inst.ts';
import { ZERO } from '../../assembly/shared/layout.ts';
import { type Instruction, readInstruction } from '../../src/decoder/record.ts';
import { openDecoder } from './runtime.ts';

const PAGE = 0x400000;

/** Decodes bytes (hex) that end `room` bytes before the end of the last executable page, or at `pc`. */
function decode(hex: string, { pc = PAGE, level = 2 } = {}): Instruction {
  const bytes = Buffer.from(hex, 'hex');
  const page = pc - (pc % 0x1000);
  const code = new Uint8Array(Math.min(0x1000, pc - page + bytes.length));
  code.set(bytes.subarray(0, 0x1000 - (pc - page)), pc - page);
  const decoder = openDecoder(code, page, level);
  const length = decoder.decode(pc);
  const instruction = readInstruction(decoder.view, decoder.record);
  expect(instruction.length).toBe(length);
  expect(instruction.pc).toBe(pc);
  return instruction;
}

describe('fetching', () => {
  test('an instruction that ends with its page needs no other page', () => {
    expect(decode('4889d8', { pc: PAGE + 0xffd }).op.name).toBe('MOV_RR64');
    expect(decode('c3', { pc: PAGE + 0xfff }).op.name).toBe('RET');
  });

  // biome-ignore format: aligned rows
  test.each([
    ['mov rbx, rax',   '4889',       0xffe],
    ['prefixes only',  '66',         0xfff],
    ['immediate cut',  '48b8010203', 0xffb],
    ['disp cut',       '8b8001',     0xffd],
    ['SIB missing',    '8b04',       0xffe],
    ['0F escape',      '0f',         0xfff],
  ])('%s cut off by the end of executable memory is a fetch fault there', (_, hex, offset) => {
    const { op, imm, flags } = decode(hex, { pc: PAGE + offset });
    expect(op.name).toBe('FETCH_FAULT');
    expect(imm).toBe(BigInt(PAGE + 0x1000));
    expect(flags & INST_END).not.toBe(0);
  });

  test('invalid bytes before the end are #UD, not a fault', () => {
    expect(decode('06', { pc: PAGE + 0xfff }).op.name).toBe('UD');
    expect(decode('0f0b', { pc: PAGE + 0xffe }).op.name).toBe('UD');
  });

  test('code that is not executable at all', () => {
    const decoder = openDecoder(new Uint8Array(16), PAGE);
    decoder.decode(PAGE + 0x5000);
    const { op, imm } = readInstruction(decoder.view, decoder.record);
    expect([op.name, imm]).toEqual(['FETCH_FAULT', BigInt(PAGE + 0x5000)]);
  });
});

describe('length', () => {
  test('15 bytes are an instruction, 16 are #GP', () => {
    const fifteen = decode(`${'2e'.repeat(13)}89d8`);
    expect([fifteen.op.name, fifteen.length]).toEqual(['MOV_RR32', 15]);
    expect(decode(`${'2e'.repeat(14)}89d8`).op.name).toBe('PRIV');
    expect(decode('66'.repeat(40)).op.name).toBe('PRIV');
  });
});

describe('prefixes', () => {
  // biome-ignore format: aligned rows
  test.each([
    ['lock add [rax], ebx',     'f00118',       'ADD_MR32'],
    ['lock add ebx, [rax]',     'f00318',       'UD'],
    ['lock add eax, ebx',       'f001d8',       'UD'],
    ['lock cmp [rax], ebx',     'f03918',       'UD'],
    ['lock bt [rax], ebx',      'f00fa318',     'UD'],
    ['lock bts [rax], ebx',     'f00fab18',     'BTS_MR32'],
    ['lock cmpxchg16b [rax]',   'f0480fc708',   'CMPXCHG16B'],
    ['lock nop',                'f090',         'UD'],
    ['lock mov [rax], ebx',     'f08918',       'UD'],
    ['lock xchg [rax], ebx',    'f08718',       'XCHG_MR32'],
  ])('%s', (_, hex, name) => {
    const { op, flags } = decode(hex);
    expect(op.name).toBe(name);
    expect((flags & INST_LOCK) !== 0).toBe(name !== 'UD');
  });

  test('REX counts only directly before the opcode', () => {
    expect(decode('4866 89d8'.replace(' ', '')).op.name).toBe('MOV_RR16');
    expect(decode('664889d8').op.name).toBe('MOV_RR64');
  });

  test('ah … bh without REX, spl … dil with', () => {
    expect(decode('88e0').r1).toBe(0 * 8 + 1);
    expect(decode('4088e0').r1).toBe(4 * 8);
    expect(decode('88f8').r1).toBe(3 * 8 + 1);
  });

  test('F3 and F2 are flags of string operations only', () => {
    expect(decode('f3a4').flags & INST_REP).not.toBe(0);
    expect(decode('f2ae').flags & INST_REPNE).not.toBe(0);
    expect(decode('f3c3').flags & (INST_REP | INST_REPNE)).toBe(0);
    expect(decode('f30f10c1').op.name).toBe('MOVSS');
  });

  test('tzcnt is bsf, lzcnt is bsr, and VEX is #UD on CPU level 2', () => {
    expect(decode('f30fbcc8').op.name).toBe('BSF_RR32');
    expect(decode('f30fbcc8', { level: 3 }).op.name).toBe('TZCNT_RR32');
    expect(decode('f30fbdc8').op.name).toBe('BSR_RR32');
    expect(decode('c5f877').op.name).toBe('UD');
    expect(decode('c5f877', { level: 3 }).op.name).toBe('VZEROUPPER');
    expect(decode('66c5f877', { level: 3 }).op.name).toBe('UD');
  });
});

describe('addresses', () => {
  test('relative to RIP: absolute, no base', () => {
    const { base, disp, flags } = decode('488b0510000000');
    expect([base, disp, flags & INST_ADDR32]).toEqual([ZERO, PAGE + 7 + 16, 0]);
  });

  test('relative to RIP above 2 GiB is cut to 32 bits where it is used', () => {
    const { base, disp, flags } = decode('488b0510000000', { pc: 0x90000000 });
    expect([base, disp >>> 0]).toEqual([ZERO, 0x90000017]);
    expect(flags & INST_ADDR32).not.toBe(0);
  });

  test('below address 0 it stays negative', () => {
    expect(decode('488d0500000080').disp).toBe(PAGE + 7 - 0x80000000);
  });

  test('branch targets are addresses', () => {
    expect(decode('ebfe').imm).toBe(BigInt(PAGE));
    expect(decode('e8fbffffff').imm).toBe(BigInt(PAGE));
    expect(decode('e900000080').imm).toBe(BigInt(PAGE + 5 - 0x80000000));
  });
});
