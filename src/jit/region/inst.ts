// A decoded instruction as the translator sees it: the 32-byte record of assembly/shared/inst.ts unpacked, its
// operation's name taken apart.
import * as F from '../../../assembly/shared/inst.ts';

/** "ADD_RM32" → base ADD, form RM, bits 32; "MOVZX_RR32_8" → bits 32, from 8; "JZ" → base JZ, form '', bits 0. */
export interface OpInfo {
  readonly id: number;
  readonly name: string;
  readonly base: string;
  readonly form: string;
  readonly bits: number;
  readonly from: number;
  /** Bytes of its memory operand; 0: of variable length, or none. */
  readonly memSize: number;
  /** Its memory operand is written. */
  readonly writes: boolean;
}

export interface Inst {
  readonly op: OpInfo;
  readonly pc: number;
  readonly len: number;
  readonly flags: number;
  /** Register operands as byte offsets (n*8, high bytes n*8+1; XMM n*16). */
  readonly r0: number;
  readonly r1: number;
  readonly r2: number;
  readonly size: number;
  readonly base: number;
  readonly index: number;
  readonly scale: number;
  readonly seg: number;
  readonly disp: number;
  readonly imm: bigint;
  /** As they were when the instruction was decoded. */
  readonly bytes: Uint8Array;
  /** Its code can be written: the region compares the bytes before it runs. */
  readonly isGuarded: boolean;
}

/** Operations whose first operand is only read. */
const READERS =
  /^(CMP|TEST|BT|MUL|IMUL|DIV|IDIV|PUSH|JMP|CALL|FI?(ADD|MUL|SUBR?|DIVR?|COMP?|LD)|FBLD)$/;
/** Those that write memory without a name that says so. */
const WRITERS = /^(STMXCSR|FNSTCW)$/;

/** What there is to know of an operation's name and its memory operand's size. */
export function opInfo(id: number, { name, memSize }: { name: string; memSize: number }): OpInfo {
  const match = /^([A-Z0-9]+?)(?:_([RMIC]+))?(8|16|32|64)?(?:_(8|16|32|64))?$/.exec(name);
  const [, base = name, form = '', bits = 0, from = 0] = match?.[2] === undefined ? [] : match;
  const writes = (form[0] === 'M' && !READERS.test(base)) || WRITERS.test(name);
  return { id, name, base, form, bits: Number(bits), from: Number(from), memSize, writes };
}

/** Reads the record at byte `at` of `view`; `bytes` is what was decoded. */
export function readInst(
  view: DataView,
  at: number,
  info: (id: number) => OpInfo,
  bytes: Uint8Array,
  isGuarded: boolean,
): Inst {
  return {
    bytes,
    isGuarded,
    op: info(view.getUint16(at + F.I_OP, true)),
    pc: view.getUint32(at + F.I_PC, true),
    len: view.getUint8(at + F.I_LEN),
    flags: view.getUint8(at + F.I_FLAGS),
    r0: view.getUint8(at + F.I_R0),
    r1: view.getUint8(at + F.I_R1),
    r2: view.getUint8(at + F.I_R2),
    size: view.getUint8(at + F.I_OPSIZE),
    base: view.getUint8(at + F.I_BASE),
    index: view.getUint8(at + F.I_INDEX),
    scale: view.getUint8(at + F.I_SCALE),
    seg: view.getUint8(at + F.I_SEG),
    disp: view.getInt32(at + F.I_DISP, true),
    imm: view.getBigInt64(at + F.I_IMM, true),
  };
}
