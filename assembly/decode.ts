// The decoder: bytes → DecodedInst (shared/inst.ts), driven by the packed opcode tables (generated/tables.ts, made by
// src/decoder/tables/pack.ts). Intel SDM Vol. 2 ch. 2. One pass: prefixes, opcode, ModRM, then the row's leaf says where
// the operands are. What cannot be executed decodes to an operation that raises the exception when it is executed:
//   UD           no such instruction (#UD); len is the number of bytes looked at
//   PRIV         longer than 15 bytes (#GP(0)), or not allowed in user mode
//   FETCH_FAULT  the bytes lie in memory that is not executable: #PF at guest address imm. Never keep it in a cache.
import { FETCH_FAULT, PRIV, UD } from './generated/ops';
import {
  ENTRIES, IMM_IB, IMM_IBS, IMM_IV, IMM_IW, IMM_IWB, IMM_IZ, IMM_JB, IMM_JZ, IMM_MOFFS, IMM_NONE, IMM_ONE,
  LEAF_END, LEAF_LOCK, LEAF_REP, LEAF_SIZE, LEAF_VSIB, LEAF_VVVV, LEAVES, NODES, PREFIX_CLASS, R_FIXED, R_NONE, R_OPCODE,
  R_OPCODE8, R_REG, R_REG8, R_REG_MMX, R_REG_VECTOR, R_RM, R_RM8, R_RM_MMX, R_RM_VECTOR, R_SEGMENT, R_VVVV,
  R_VVVV_VECTOR, RULE_D64, RULE_F64, RULE_Y, SEL_B, SEL_L, SEL_LEVEL, SEL_MOD, SEL_PREFIX, SEL_REG, SEL_RM, SEL_W,
  SIZE_BY_W, SIZE_VECTOR,
} from './generated/tables';
import {
  INST_ADDR32, INST_COMPLEX, INST_END, INST_LOCK, INST_MEM, INST_REP, INST_REPNE, I_BASE, I_DISP, I_IMM,
  I_LINK, I_OP, I_PC, I_R0,
} from './shared/inst';
import { CPU_LEVEL, DECODE_SCRATCH, GUEST_SHIFT, PAGE_EXEC, PAGE_FLAGS, ZERO } from './shared/layout';

const MAX_LENGTH: u32 = 15;
/** More bytes than one call ever reads: prefixes, opcode, ModRM, SIB, displacement, immediate. */
const READ_AHEAD: u32 = 40;

// @ts-ignore: decorator
@inline
function executable(pc: u32): bool {
  return (load<u8>(PAGE_FLAGS + (pc >>> 12)) & PAGE_EXEC) != 0;
}

/** An instruction without operands that ends the block. */
function special(inst: usize, op: u32, pc: u32, length: u32, imm: u64): i32 {
  store<u32>(inst + I_OP, op | (length << 16) | (INST_END << 24));
  store<u32>(inst + I_R0, 0);
  store<u32>(inst + I_BASE, ZERO | (ZERO << 8));
  store<u32>(inst + I_DISP, 0);
  store<u64>(inst + I_IMM, imm);
  store<u32>(inst + I_PC, pc);
  store<u32>(inst + I_LINK, 0);
  return length;
}

/**
 * Decodes the instruction at guest address pc into the INST_SIZE bytes at inst; returns its length (the same as I_LEN).
 * Reads a second page only when the instruction reaches into it.
 */
export function decodeOne(ctx: usize, pc: u32, inst: usize): i32 {
  if (!executable(pc)) return special(inst, FETCH_FAULT, pc, 0, pc);
  const left: u32 = 0x1000 - (pc & 0xfff);
  if (left >= READ_AHEAD || executable(pc + left)) return decodeBytes(ctx, pc - GUEST_SHIFT, pc, inst);
  const copy = ctx + DECODE_SCRATCH;
  memory.fill(copy, 0, READ_AHEAD);
  memory.copy(copy, pc - GUEST_SHIFT, left);
  const length = decodeBytes(ctx, copy, pc, inst);
  return <u32>length > left ? special(inst, FETCH_FAULT, pc, 0, pc + left) : length;
}

/** Offset of an 8-bit register: 4–7 without REX are ah, ch, dh, bh. */
// @ts-ignore: decorator
@inline
function byteRegister(n: u32, rex: u32): u32 {
  return rex == 0 && (n & 12) == 4 ? ((n & 3) << 3) + 1 : n << 3;
}

/** Offset of a register operand. rex: the REX byte or, under VEX, one built from its bits. */
function register(kind: u32, leaf: usize, opcode: u32, modrm: u32, rex: u32, vvvv: u32): u32 {
  const reg = ((modrm >>> 3) & 7) | ((rex & 4) << 1);
  const rm = (modrm & 7) | ((rex & 1) << 3);
  switch (kind) {
    case R_REG: return reg << 3;
    case R_REG8: return byteRegister(reg, rex);
    case R_RM: return rm << 3;
    case R_RM8: return byteRegister(rm, rex);
    case R_OPCODE: return ((opcode & 7) | ((rex & 1) << 3)) << 3;
    case R_OPCODE8: return byteRegister((opcode & 7) | ((rex & 1) << 3), rex);
    case R_REG_VECTOR: return reg << 4;
    case R_RM_VECTOR: return rm << 4;
    case R_REG_MMX: return (reg & 7) << 4;
    case R_RM_MMX: return (rm & 7) << 4;
    case R_VVVV: return vvvv << 3;
    case R_VVVV_VECTOR: return vvvv << 4;
    case R_SEGMENT: return reg & 7;
    case R_FIXED: return load<u8>(leaf, 16);
    default: return 0;
  }
}

function decodeBytes(ctx: usize, start: usize, pc: u32, inst: usize): i32 {
  let p = start;
  let rex: u32 = 0;
  let data16: u32 = 0;
  let repeat: u32 = 0; // 2 = F3, 3 = F2, the last one counts
  let lock = false;
  let addr32 = false;
  let seg: u32 = 0;

  let opcode: u32 = load<u8>(p++);
  let kind: u32 = load<u8>(PREFIX_CLASS + opcode);
  while (kind != 0) {
    rex = 0; // a REX prefix counts only directly before the opcode
    switch (kind) {
      case 1: rex = opcode; break;
      case 2: data16 = 1; break;
      case 3: repeat = 2; break;
      case 4: repeat = 3; break;
      case 5: lock = true; break;
      case 6: seg = 1; break;
      case 7: seg = 2; break;
      case 8: addr32 = true; break;
    }
    if (<u32>(p - start) >= MAX_LENGTH) return special(inst, PRIV, pc, MAX_LENGTH, 0);
    opcode = load<u8>(p++);
    kind = load<u8>(PREFIX_CLASS + opcode);
  }

  let map: u32 = 0;
  let vvvv: u32 = 0;
  let vectorLong: u32 = 0;
  let mandatory = repeat ? repeat : data16;
  if (opcode == 0x0f) {
    map = 1;
    opcode = load<u8>(p++);
    if (opcode == 0x38 || opcode == 0x3a) {
      map = opcode == 0x38 ? 2 : 3;
      opcode = load<u8>(p++);
    }
  } else if ((opcode & 0xfe) == 0xc4) {
    if (load<u32>(ctx, CPU_LEVEL) < 3 || lock || mandatory || rex) return special(inst, UD, pc, <u32>(p - start), 0);
    // VEX: inverted R X B as in REX, then W vvvv L pp; the two-byte form has R and the rest (Intel SDM Vol. 2 §2.3.5)
    let bits: u32 = load<u8>(p++);
    if (opcode == 0xc5) {
      rex = 0x40 | ((~bits >>> 5) & 4);
      map = 5;
    } else {
      rex = 0x40 | ((~bits >>> 5) & 7);
      map = bits & 31;
      if (map - 1 > 2) return special(inst, UD, pc, <u32>(p - start), 0);
      map += 4;
      bits = load<u8>(p++);
      rex |= (bits >>> 4) & 8;
    }
    vvvv = (~bits >>> 3) & 15;
    vectorLong = (bits >>> 2) & 1;
    mandatory = bits & 3;
    opcode = load<u8>(p++);
  }

  let reference: u32 = load<u16>(ENTRIES + (((map << 8) | opcode) << 1));
  let modrm: u32 = 0xc0;
  if (reference & 0x8000) modrm = load<u8>(p++);
  reference &= 0x7fff;
  while (reference & 0x4000) {
    const node = NODES + ((reference & 0x3fff) << 1);
    let value: u32 = 0;
    switch (<u32>load<u16>(node)) {
      case SEL_PREFIX: value = mandatory; break;
      case SEL_LEVEL: value = u32(load<u32>(ctx, CPU_LEVEL) >= 3); break;
      case SEL_MOD: value = u32(modrm >= 0xc0); break;
      case SEL_REG: value = (modrm >>> 3) & 7; break;
      case SEL_RM: value = modrm & 7; break;
      case SEL_W: value = (rex >>> 3) & 1; break;
      case SEL_B: value = rex & 1; break;
      case SEL_L: value = vectorLong; break;
    }
    reference = load<u16>(node + (value << 1), 2);
  }
  if (reference == 0) return special(inst, UD, pc, min<u32>(<u32>(p - start), MAX_LENGTH), 0);
  const leaf = LEAVES + reference * LEAF_SIZE;
  const bits: u32 = load<u8>(leaf, 19);

  let flags: u32 = bits & LEAF_END ? INST_END : 0;
  let base: u32 = ZERO;
  let index: u32 = ZERO;
  let scale: u32 = 0;
  let disp: i32 = 0;
  let ripRelative = false;
  let memory: u32 = 0;
  if (modrm < 0xc0) {
    memory = 6;
    flags |= INST_MEM;
    const rm = modrm & 7;
    if (rm == 4) {
      const sib: u32 = load<u8>(p++);
      const i = ((sib >>> 3) & 7) | ((rex & 2) << 2);
      if (i != 4 || (bits & LEAF_VSIB) != 0) {
        index = i << 3;
        scale = sib >>> 6;
        flags |= INST_COMPLEX;
      }
      if ((sib & 7) == 5 && modrm < 0x40) {
        disp = load<i32>(p);
        p += 4;
      } else {
        base = ((sib & 7) | ((rex & 1) << 3)) << 3;
      }
    } else if (rm == 5 && modrm < 0x40) {
      disp = load<i32>(p);
      p += 4;
      ripRelative = true;
    } else {
      base = (rm | ((rex & 1) << 3)) << 3;
    }
    if (modrm >= 0x80) {
      disp = load<i32>(p);
      p += 4;
    } else if (modrm >= 0x40) {
      disp = load<i8>(p++);
    }
  }

  let s: u32;
  switch (<u32>load<u8>(leaf, 12)) {
    case RULE_D64: s = data16 != 0 && (rex & 8) == 0 ? 0 : 2; break;
    case RULE_F64: s = 2; break;
    case RULE_Y: s = rex & 8 ? 2 : 1; break;
    default: s = rex & 8 ? 2 : 1 - data16; break;
  }

  let imm: i64 = 0;
  let relative = false;
  switch (<u32>load<u8>(leaf, 17)) {
    case IMM_NONE:
      // x87 (escape opcodes D8…DF): what FOP gets, and whether there was a 66 prefix
      if (map == 0 && (opcode & 0xf8) == 0xd8) imm = ((opcode & 7) << 8) | modrm | (data16 << 16);
      break;
    case IMM_IB: imm = load<u8>(p++); break;
    case IMM_IBS: imm = load<i8>(p++); break;
    case IMM_IW: imm = load<u16>(p); p += 2; break;
    case IMM_IV:
      if (s == 2) {
        imm = load<i64>(p);
        p += 8;
        break;
      }
    // falls through
    case IMM_IZ:
      if (s == 0) {
        imm = load<i16>(p);
        p += 2;
      } else {
        imm = load<i32>(p);
        p += 4;
      }
      break;
    case IMM_IWB: imm = load<u16>(p) | (<u32>load<u8>(p, 2) << 16); p += 3; break;
    case IMM_JB: imm = load<i8>(p++); relative = true; break;
    case IMM_JZ: imm = load<i32>(p); p += 4; relative = true; break;
    case IMM_ONE: imm = 1; break;
    case IMM_MOFFS:
      memory = 6;
      flags |= INST_MEM;
      if (addr32) {
        imm = load<u32>(p);
        p += 4;
      } else {
        imm = load<i64>(p);
        p += 8;
      }
      disp = <i32>imm;
      if (imm != <i64>disp) addr32 = true;
      break;
  }

  const length = <u32>(p - start);
  if (length > MAX_LENGTH) return special(inst, PRIV, pc, MAX_LENGTH, 0);
  if (relative) imm += <i64>pc + length;
  if (lock) {
    if (!(bits & LEAF_LOCK) || memory == 0) return special(inst, UD, pc, length, 0);
    flags |= INST_LOCK;
  }
  if ((bits & LEAF_VSIB) != 0 && (modrm & 7) != 4) return special(inst, UD, pc, length, 0);
  if (vvvv != 0 && !(bits & LEAF_VVVV)) return special(inst, UD, pc, length, 0);
  if (ripRelative) {
    const target = <i64>pc + length + disp;
    disp = <i32>target;
    // The address is sign-extended where it is used; above 2 GiB it has to be cut to 32 bits.
    if (disp < 0 && target > 0) flags |= INST_ADDR32 | INST_COMPLEX;
  }
  if (addr32) flags |= memory ? INST_ADDR32 | INST_COMPLEX : INST_ADDR32;
  if (seg != 0 && memory != 0) flags |= INST_COMPLEX;
  if (bits & LEAF_REP) flags |= repeat == 2 ? INST_REP : repeat == 3 ? INST_REPNE : 0;

  const op: u32 = load<u16>(leaf + memory + (s << 1));
  if (op == 0) return special(inst, UD, pc, length, 0);
  let size: u32 = load<u8>(leaf, 18);
  if (size == 0) size = 2 << s;
  else if (size == SIZE_BY_W) size = s == 2 ? 8 : 4;
  else if (size == SIZE_VECTOR) size = 16 << vectorLong;
  const kinds: u32 = load<u32>(leaf, 13);
  const k0 = kinds & 255;
  const k1 = (kinds >>> 8) & 255;
  const k2 = (kinds >>> 16) & 255;
  const r0 = k0 != R_NONE && !(memory && isRm(k0)) ? register(k0, leaf, opcode, modrm, rex, vvvv) : 0;
  const r1 = k1 != R_NONE && !(memory && isRm(k1)) ? register(k1, leaf, opcode, modrm, rex, vvvv) : 0;
  const r2 = k2 != R_NONE && !(memory && isRm(k2)) ? register(k2, leaf, opcode, modrm, rex, vvvv) : 0;
  store<u32>(inst + I_OP, op | (length << 16) | (flags << 24));
  store<u32>(inst + I_R0, r0 | (r1 << 8) | (r2 << 16) | (size << 24));
  store<u32>(inst + I_BASE, base | (index << 8) | (scale << 16) | (seg << 24));
  store<i32>(inst + I_DISP, disp);
  store<i64>(inst + I_IMM, imm);
  store<u32>(inst + I_PC, pc);
  store<u32>(inst + I_LINK, 0);
  return length;
}

// @ts-ignore: decorator
@inline
function isRm(kind: u32): bool {
  return kind == R_RM || kind == R_RM8 || kind == R_RM_VECTOR || kind == R_RM_MMX;
}
