// An instruction without a lowering: the interpreter's routine for it is called with the decoded instruction, whose record
// (assembly/shared/inst.ts) travels as four constants. Only the registers that it reads are written to the context
// before, and those that it writes are loaded behind it: known from the operand columns of the opcode tables.
import * as F from '../../../assembly/shared/inst.ts';
import { RAX, RBX, RCX, RDI, RDX, RSI, ZERO } from '../../../assembly/shared/layout.ts';
import { type Op, opById } from '../../decoder/ops.ts';
import { FILE, type Operand, PLACE } from '../../decoder/tables/row.ts';
import type { Inst } from '../region/inst.ts';
import { constI64 } from '../wasm/builder.ts';
import type { Expr } from '../wasm/builder.ts';
import { ALL_FLAGS } from './flags.ts';
import { bitsOf, GPR_REGS, type Lower } from './lower.ts';

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

/** Groups whose instructions touch no registers but those of their operands and IMPLIED. */
const EXPLICIT_GROUPS = new Set(['sse', 'mmx', 'x87']);

interface Touched {
  readonly use: number;
  readonly def: number;
}

/** Operands of the record that are registers, as a register bit; 0 for others. */
function registerBit({ place, file }: Operand, offset: number, inMemory: boolean): number {
  if (place === PLACE.rm && inMemory) return 0;
  if (place === PLACE.imm || place === PLACE.implied || place === PLACE.moffs) return 0;
  if (file === FILE.gpr) return 1 << (offset >> 3);
  return file === FILE.xmm ? 1 << (16 + (offset >> 4)) : 0;
}

function touched(inst: Inst, op: Op): Touched {
  let use = 0;
  let def = 0;
  for (const offset of [inst.base, inst.index]) if (offset !== ZERO) use |= 1 << (offset >> 3);
  const implied = IMPLIED[op.name];
  if (EXPLICIT_GROUPS.has(op.group) || implied !== undefined) {
    const inMemory = (inst.flags & F.INST_MEM) !== 0;
    op.operands.forEach((operand, i) => {
      const bit = registerBit(operand, [inst.r0, inst.r1, inst.r2][i] ?? 0, inMemory);
      use |= bit;
      if (i === 0) def |= bit;
    });
    return { use: use | (implied?.[0] ?? 0), def: def | (implied?.[1] ?? 0) };
  }
  if (op.group === 'int') return { use: GPR_REGS, def: GPR_REGS };
  return { use: GPR_REGS | XMM_REGS, def: GPR_REGS | XMM_REGS };
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
  if (op === undefined || op.end) return x.interpret(inst);
  const { use, def } = touched(inst, op);
  const [readsFlags, writesFlags] = flagEffects(op);
  x.callInterpreter(inst, record(x.w, inst), { use, def, readsFlags, writesFlags });
}

/** Of the six status flags: does it read any, does it write any (lazily, in the context)? */
function flagEffects(op: Op): [boolean, boolean] {
  if (op.group === 'int' || op.group === 'system') return [true, true];
  const columns = op.flags.slice(0, 6);
  return [/[tb]/.test(columns), /[mbu01]/.test(columns)];
}

void ALL_FLAGS;
void RSI;
