// A typed view of a decoded instruction: the 32 bytes that the AssemblyScript decoder wrote (assembly/shared/inst.ts).
import {
  I_BASE,
  I_DISP,
  I_FLAGS,
  I_IMM,
  I_INDEX,
  I_LEN,
  I_OP,
  I_OPSIZE,
  I_PC,
  I_R0,
  I_R1,
  I_R2,
  I_SCALE,
  I_SEG,
  INST_MEM,
} from '../../assembly/shared/inst.ts';
import { type Op, opById } from './ops.ts';

/** One instruction. Register operands are byte offsets as in the record; `memory` is present when it has one. */
export interface Instruction {
  readonly pc: number;
  readonly length: number;
  readonly op: Op;
  /** INST_* bits. */
  readonly flags: number;
  readonly r0: number;
  readonly r1: number;
  readonly r2: number;
  /** Operand size in bytes. */
  readonly size: number;
  readonly base: number;
  readonly index: number;
  readonly scale: number;
  /** 0 none, 1 fs, 2 gs. */
  readonly segment: number;
  readonly disp: number;
  readonly imm: bigint;
}

/** Reads the record at linear address `at`. */
export function readInstruction(memory: DataView, at: number): Instruction {
  const id = memory.getUint16(at + I_OP, true);
  const op = opById(id);
  if (!op) throw new Error(`no operation has number ${id}`);
  return {
    pc: memory.getUint32(at + I_PC, true),
    length: memory.getUint8(at + I_LEN),
    op,
    flags: memory.getUint8(at + I_FLAGS),
    r0: memory.getUint8(at + I_R0),
    r1: memory.getUint8(at + I_R1),
    r2: memory.getUint8(at + I_R2),
    size: memory.getUint8(at + I_OPSIZE),
    base: memory.getUint8(at + I_BASE),
    index: memory.getUint8(at + I_INDEX),
    scale: memory.getUint8(at + I_SCALE),
    segment: memory.getUint8(at + I_SEG),
    disp: memory.getInt32(at + I_DISP, true),
    imm: memory.getBigInt64(at + I_IMM, true),
  };
}

export const hasMemory = ({ flags }: Instruction): boolean => (flags & INST_MEM) !== 0;
