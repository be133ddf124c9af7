// A decoded instruction (DecodedInst): 32 bytes, written by the decoder (assembly/decode.ts), executed by the
// interpreter, read by the translator and the tests. Compiled by asc and by tsc: constants only, no imports.
//
//   0 op:u16        what the interpreter switches on; names in assembly/generated/ops.ts
//   2 len:u8        bytes, 1…15
//   3 flags:u8      INST_* bits
//   4 r0:u8 r1:u8 r2:u8   register operands as byte offsets: GPR n*8 (ah…bh: n*8+1), XMM/YMM/MM/ST n*16; r0 is written
//   7 size:u8       operand size in bytes (1, 2, 4, 8, 16, 32; 10 for x87 extended)
//   8 base:u8 index:u8    GPR byte offsets, or ZERO
//  10 scale:u8      0…3 (shift)
//  11 seg:u8        0 none, 1 fs, 2 gs
//  12 disp:i32      displacement; for RIP-relative operands the absolute guest address, base = ZERO
//  16 imm:i64       immediate, sign-extended as the instruction does; branch target as a guest address; of an x87
//                   instruction the opcode as FOP keeps it (11 bits), and in bit 16 its operand-size prefix
//  24 pc:u32        guest address of the instruction
//  28 link:u32      the interpreter's own (pointer to the decoded target)
//
// Effective address = base + (index << scale) + disp + segment base, all in 64 bits (in 32 with INST_ADDR32).

export const INST_SIZE = 32;
export const I_OP = 0;
export const I_LEN = 2;
export const I_FLAGS = 3;
export const I_R0 = 4;
export const I_R1 = 5;
export const I_R2 = 6;
export const I_OPSIZE = 7;
export const I_BASE = 8;
export const I_INDEX = 9;
export const I_SCALE = 10;
export const I_SEG = 11;
export const I_DISP = 12;
export const I_IMM = 16;
export const I_PC = 24;
export const I_LINK = 28;

export const INST_MEM = 1; // has a memory operand (mod != 3)
export const INST_COMPLEX = 2; // its address needs more than base + disp: an index, a segment or 32-bit wrapping
export const INST_LOCK = 4;
export const INST_REP = 8; // F3 that is a repeat prefix
export const INST_REPNE = 16;
export const INST_ADDR32 = 32;
export const INST_END = 64; // ends a basic block (branch, call, ret, syscall, ud2, hlt …)
