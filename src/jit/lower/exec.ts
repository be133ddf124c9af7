// An instruction without a lowering: the interpreter's routine for it is called with the decoded instruction, whose record
// (assembly/shared/inst.ts) travels as four constants. Only the registers that it reads are written to the context
// before, and those that it writes are loaded behind it: known from the operand columns of the opcode tables.
import * as F from '../../../assembly/shared/inst.ts';
import { RAX, RBP, RBX, RCX, RDI, RDX, RSI, RSP, ZERO } from '../../../assembly/shared/layout.ts';
import { type Op, opById } from '../../decoder/ops.ts';
import { FILE, type Operand, PLACE } from '../../decoder/tables/row.ts';
import type { Inst } from '../region/inst.ts';
import { constI64, type Expr } from '../wasm/builder.ts';
import { bitsOf, GPR_REGS, type Lower, type Touched } from './lower.ts';

const XMM_REGS = 0xffff0000;

/** Registers that operations use without an operand that says so: read, written. */
// biome-ignore format: aligned rows
const IMPLIED: Readonly<Record<string, readonly [use: number, def: number]>> = {
  FNSTSW_AX:   [0, bitsOf(RAX)],
  PCMPESTRI:   [bitsOf(RAX, RDX), bitsOf(RCX)],     PCMPESTRI_W: [bitsOf(RAX, RDX), bitsOf(RCX)],
  PCMPESTRM:   [bitsOf(RAX, RDX), bitsOf(16)],      PCMPESTRM_W: [bitsOf(RAX, RDX), bitsOf(16)],
  PCMPISTRI:   [0, bitsOf(RCX)],                    PCMPISTRM:   [0, bitsOf(16)],
  PBLENDVB:    [bitsOf(16), 0],   BLENDVPS: [bitsOf(16), 0],   BLENDVPD: [bitsOf(16), 0],
  MASKMOVDQU:  [bitsOf(RDI), 0],  MASKMOVQ_MMX: [bitsOf(RDI), 0],
  CPUID:       [bitsOf(RAX, RCX), bitsOf(RAX, RBX, RCX, RDX)],
  RDTSC:       [0, bitsOf(RAX, RDX)],               RDTSCP:      [0, bitsOf(RAX, RCX, RDX)],
  XGETBV:      [bitsOf(RCX), bitsOf(RAX, RDX)],
};

/** Operands of the record that are registers, as a register bit; 0 for others. */
function registerBit({ place, file }: Operand, offset: number, inMemory: boolean): number {
  if (place === PLACE.rm && inMemory) return 0;
  if (place === PLACE.imm || place === PLACE.implied || place === PLACE.moffs) return 0;
  if (file === FILE.gpr) return 1 << (offset >> 3);
  return file === FILE.xmm ? 1 << (16 + (offset >> 4)) : 0;
}

/** Registers touched by operations of a group without an operand or IMPLIED saying so. */
function groupRegisters(op: Op): number {
  switch (op.group) {
    case 'sse':
    case 'mmx':
    case 'x87':
      return 0;
    case 'int': {
      const isString = op.operands.length === 0;
      const stack = /^(PUSH|POP|LEAVE|ENTER)/.test(op.name) ? bitsOf(RSP, RBP) : 0;
      const pair = /^CMPXCHG\d+B/.test(op.name) ? bitsOf(RBX) : 0;
      return bitsOf(RAX, RCX, RDX) | stack | pair | (isString ? bitsOf(RSI, RDI) : 0);
    }
    default:
      return GPR_REGS | XMM_REGS;
  }
}

function touched(inst: Inst, op: Op): Touched {
  const [impliedUse, impliedDef] = IMPLIED[op.name] ?? [groupRegisters(op), groupRegisters(op)];
  let use = impliedUse;
  let def = impliedDef;
  for (const offset of [inst.base, inst.index]) if (offset !== ZERO) use |= 1 << (offset >> 3);
  const inMemory = (inst.flags & F.INST_MEM) !== 0;
  op.operands.forEach((operand, i) => {
    const bit = registerBit(operand, [inst.r0, inst.r1, inst.r2][i] ?? 0, inMemory);
    use |= bit;
    // xadd and xchg write both operands
    if (i === 0 || op.group === 'int') def |= bit;
  });
  return { use, def, flags: flagsTouched(op) };
}

/** String operations that look at the direction flag only, which is no status flag. */
const COPIES = /^(MOVS|STOS|LODS)\d+$/;

function flagsTouched({ name, group, flags }: Op): Touched['flags'] {
  if (COPIES.test(name)) return 'none';
  if (group === 'int') return 'some';
  const columns = flags.slice(0, 6);
  if (/^\.*$/.test(columns)) return 'none';
  return /^[mu01]{6}$/.test(columns) ? 'all' : 'some';
}

/** The record as the decoder writes it. */
function record(w: Lower['w'], inst: Inst): Expr[] {
  const bytes = new DataView(new ArrayBuffer(F.INST_SIZE));
  bytes.setUint16(F.I_OP, inst.op.id, true);
  bytes.setUint8(F.I_LEN, inst.len);
  bytes.setUint8(F.I_FLAGS, inst.flags);
  bytes.setUint8(F.I_R0, inst.r0);
  bytes.setUint8(F.I_R1, inst.r1);
  bytes.setUint8(F.I_R2, inst.r2);
  bytes.setUint8(F.I_OPSIZE, inst.size);
  bytes.setUint8(F.I_BASE, inst.base);
  bytes.setUint8(F.I_INDEX, inst.index);
  bytes.setUint8(F.I_SCALE, inst.scale);
  bytes.setUint8(F.I_SEG, inst.seg);
  bytes.setInt32(F.I_DISP, inst.disp, true);
  bytes.setBigInt64(F.I_IMM, inst.imm, true);
  bytes.setUint32(F.I_PC, inst.pc, true);
  return [0, 8, 16, 24].map((at) => constI64(w, bytes.getBigInt64(at, true)));
}

/** Has the interpreter execute this one instruction, and goes on. */
export function exec(x: Lower, inst: Inst): void {
  const op = opById(inst.op.id);
  if (op === undefined || op.end) x.interpret(inst);
  else x.callInterpreter(inst, record(x.w, inst), touched(inst, op));
}
