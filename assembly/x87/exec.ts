// The x87 part of the interpreter: one case per operation of src/decoder/tables/x87.ts. Control instructions come
// first, because they run with an exception pending; everything else reports it as #MF before it starts (Intel SDM
// Vol. 1 §8.6). A page fault comes before any x87 exception of the same instruction.

import { ea, fault, isMem, rd, ud, wr } from '../memory';
import * as op from '../generated/ops';
import { EXIT_FAULT, VEC_MF } from '../shared/exit';
import { CF, PF, ZF } from '../shared/flags';
import { I_OP, I_R0, I_R1 } from '../shared/inst';
import { FCW, FSW } from '../shared/layout';
import { status } from '../interp/lazy';
import {
  ADD,
  DIV,
  DIVR,
  MUL,
  SUB,
  SUBR,
  arithMemory,
  arithReg,
  changeSign,
  compareFlags,
  compareMemory,
  compareReg,
  examine,
  squareRoot,
  test,
} from './arith';
import { fromBcd, roundToIntegral } from './convert';
import { control, isControl } from './control';
import {
  addTop,
  deliver,
  finish,
  isEmpty,
  noteInstruction,
  noteOperand,
  pop,
  push,
  regM,
  regSE,
  setEmpty,
  st,
  underflow,
} from './registers';
import { atan2, cosine, exp2m1, log2, log2p1, sine, sineCosine, tangent } from './functions';
import { extract, partialRemainder, scale } from './scale';
import { SIGN, begin, cw, fromDouble, fromInt, fromSingle, raise, setZ } from './soft';
import {
  exchange,
  moveIf,
  pushConverted,
  pushReg,
  storeBcd,
  storeFloat,
  storeInt,
  storeReg,
  storeRegUnchecked,
  pushRounded,
} from './transfer';

/** Executes one x87 instruction: 0, or EXIT_FAULT with the exception recorded. */
export function x87Exec(ctx: usize, inst: usize): i32 {
  const o: u32 = load<u16>(inst, I_OP);
  if (load<u16>(ctx, FSW) & 0x80) {
    return isControl(o) ? control(ctx, inst, o) : fault(ctx, VEC_MF, 0);
  }
  begin(load<u16>(ctx, FCW));
  return isMem(inst) ? memoryExec(ctx, inst, o) : registerExec(ctx, inst, o);
}

/** Instructions with a memory operand. */
function memoryExec(ctx: usize, inst: usize, o: u32): i32 {
  // biome-ignore format: aligned rows
  switch (o) {
    case op.FADD_M32: return single(ctx, inst) ? arithDone(ctx, ADD) : EXIT_FAULT;
    case op.FMUL_M32: return single(ctx, inst) ? arithDone(ctx, MUL) : EXIT_FAULT;
    case op.FSUB_M32: return single(ctx, inst) ? arithDone(ctx, SUB) : EXIT_FAULT;
    case op.FSUBR_M32: return single(ctx, inst) ? arithDone(ctx, SUBR) : EXIT_FAULT;
    case op.FDIV_M32: return single(ctx, inst) ? arithDone(ctx, DIV) : EXIT_FAULT;
    case op.FDIVR_M32: return single(ctx, inst) ? arithDone(ctx, DIVR) : EXIT_FAULT;
    case op.FCOM_M32: return single(ctx, inst) ? compareDone(ctx, false) : EXIT_FAULT;
    case op.FCOMP_M32: return single(ctx, inst) ? compareDone(ctx, true) : EXIT_FAULT;
    case op.FADD_M64: return double(ctx, inst) ? arithDone(ctx, ADD) : EXIT_FAULT;
    case op.FMUL_M64: return double(ctx, inst) ? arithDone(ctx, MUL) : EXIT_FAULT;
    case op.FSUB_M64: return double(ctx, inst) ? arithDone(ctx, SUB) : EXIT_FAULT;
    case op.FSUBR_M64: return double(ctx, inst) ? arithDone(ctx, SUBR) : EXIT_FAULT;
    case op.FDIV_M64: return double(ctx, inst) ? arithDone(ctx, DIV) : EXIT_FAULT;
    case op.FDIVR_M64: return double(ctx, inst) ? arithDone(ctx, DIVR) : EXIT_FAULT;
    case op.FCOM_M64: return double(ctx, inst) ? compareDone(ctx, false) : EXIT_FAULT;
    case op.FCOMP_M64: return double(ctx, inst) ? compareDone(ctx, true) : EXIT_FAULT;
    case op.FIADD_M16: return int16(ctx, inst) ? arithDone(ctx, ADD) : EXIT_FAULT;
    case op.FIMUL_M16: return int16(ctx, inst) ? arithDone(ctx, MUL) : EXIT_FAULT;
    case op.FISUB_M16: return int16(ctx, inst) ? arithDone(ctx, SUB) : EXIT_FAULT;
    case op.FISUBR_M16: return int16(ctx, inst) ? arithDone(ctx, SUBR) : EXIT_FAULT;
    case op.FIDIV_M16: return int16(ctx, inst) ? arithDone(ctx, DIV) : EXIT_FAULT;
    case op.FIDIVR_M16: return int16(ctx, inst) ? arithDone(ctx, DIVR) : EXIT_FAULT;
    case op.FICOM_M16: return int16(ctx, inst) ? compareDone(ctx, false) : EXIT_FAULT;
    case op.FICOMP_M16: return int16(ctx, inst) ? compareDone(ctx, true) : EXIT_FAULT;
    case op.FIADD_M32: return int32(ctx, inst) ? arithDone(ctx, ADD) : EXIT_FAULT;
    case op.FIMUL_M32: return int32(ctx, inst) ? arithDone(ctx, MUL) : EXIT_FAULT;
    case op.FISUB_M32: return int32(ctx, inst) ? arithDone(ctx, SUB) : EXIT_FAULT;
    case op.FISUBR_M32: return int32(ctx, inst) ? arithDone(ctx, SUBR) : EXIT_FAULT;
    case op.FIDIV_M32: return int32(ctx, inst) ? arithDone(ctx, DIV) : EXIT_FAULT;
    case op.FIDIVR_M32: return int32(ctx, inst) ? arithDone(ctx, DIVR) : EXIT_FAULT;
    case op.FICOM_M32: return int32(ctx, inst) ? compareDone(ctx, false) : EXIT_FAULT;
    case op.FICOMP_M32: return int32(ctx, inst) ? compareDone(ctx, true) : EXIT_FAULT;

    case op.FLD_M32: return single(ctx, inst) ? pushConvertedDone(ctx) : EXIT_FAULT;
    case op.FLD_M64: return double(ctx, inst) ? pushConvertedDone(ctx) : EXIT_FAULT;
    case op.FLD_M80: return extended(ctx, inst) ? pushDone(ctx) : EXIT_FAULT;
    case op.FILD_M16: return int16(ctx, inst) ? pushDone(ctx) : EXIT_FAULT;
    case op.FILD_M32: return int32(ctx, inst) ? pushDone(ctx) : EXIT_FAULT;
    case op.FILD_M64: return int64(ctx, inst) ? pushDone(ctx) : EXIT_FAULT;
    case op.FBLD: return decimal(ctx, inst) ? pushDone(ctx) : EXIT_FAULT;
    case op.FST_M32: return float(ctx, inst, 4, false);
    case op.FSTP_M32: return float(ctx, inst, 4, true);
    case op.FST_M64: return float(ctx, inst, 8, false);
    case op.FSTP_M64: return float(ctx, inst, 8, true);
    case op.FSTP_M80: return float(ctx, inst, 10, true);
    case op.FIST_M16: return int(ctx, inst, 2, false, false);
    case op.FISTP_M16: return int(ctx, inst, 2, false, true);
    case op.FISTTP_M16: return int(ctx, inst, 2, true, true);
    case op.FIST_M32: return int(ctx, inst, 4, false, false);
    case op.FISTP_M32: return int(ctx, inst, 4, false, true);
    case op.FISTTP_M32: return int(ctx, inst, 4, true, true);
    case op.FISTP_M64: return int(ctx, inst, 8, false, true);
    case op.FISTTP_M64: return int(ctx, inst, 8, true, true);
    case op.FBSTP: {
      const to = operand(ctx, inst, 10, true);
      if (!to) return EXIT_FAULT;
      storeBcd(ctx, to);
      return 0;
    }
    default: return isControl(o) ? control(ctx, inst, o) : ud(ctx);
  }
}

/** Instructions on registers. */
function registerExec(ctx: usize, inst: usize, o: u32): i32 {
  const r0: usize = load<u8>(inst, I_R0);
  const r1: usize = load<u8>(inst, I_R1);
  // biome-ignore format: aligned rows
  switch (o) {
    case op.FADD_0I: arithReg(ctx, ADD, 0, r1, false); break;
    case op.FMUL_0I: arithReg(ctx, MUL, 0, r1, false); break;
    case op.FSUB_0I: arithReg(ctx, SUB, 0, r1, false); break;
    case op.FSUBR_0I: arithReg(ctx, SUBR, 0, r1, false); break;
    case op.FDIV_0I: arithReg(ctx, DIV, 0, r1, false); break;
    case op.FDIVR_0I: arithReg(ctx, DIVR, 0, r1, false); break;
    case op.FADD_I0: arithReg(ctx, ADD, r0, 0, false); break;
    case op.FMUL_I0: arithReg(ctx, MUL, r0, 0, false); break;
    case op.FSUB_I0: arithReg(ctx, SUB, r0, 0, false); break;
    case op.FSUBR_I0: arithReg(ctx, SUBR, r0, 0, false); break;
    case op.FDIV_I0: arithReg(ctx, DIV, r0, 0, false); break;
    case op.FDIVR_I0: arithReg(ctx, DIVR, r0, 0, false); break;
    case op.FADDP: arithReg(ctx, ADD, r0, 0, true); break;
    case op.FMULP: arithReg(ctx, MUL, r0, 0, true); break;
    case op.FSUBP: arithReg(ctx, SUB, r0, 0, true); break;
    case op.FSUBRP: arithReg(ctx, SUBR, r0, 0, true); break;
    case op.FDIVP: arithReg(ctx, DIV, r0, 0, true); break;
    case op.FDIVRP: arithReg(ctx, DIVR, r0, 0, true); break;
    case op.FCOM: compareReg(ctx, r1, false, 0); break;
    case op.FCOMP: compareReg(ctx, r1, false, 1); break;
    case op.FCOMPP: compareReg(ctx, 16, false, 2); break;
    case op.FUCOM: compareReg(ctx, r1, true, 0); break;
    case op.FUCOMP: compareReg(ctx, r1, true, 1); break;
    case op.FUCOMPP: compareReg(ctx, 16, true, 2); break;
    case op.FCOMI: compareFlags(ctx, r1, false, false); break;
    case op.FCOMIP: compareFlags(ctx, r1, false, true); break;
    case op.FUCOMI: compareFlags(ctx, r1, true, false); break;
    case op.FUCOMIP: compareFlags(ctx, r1, true, true); break;
    case op.FTST: test(ctx); break;
    case op.FXAM: examine(ctx); break;

    case op.FLD_ST: pushReg(ctx, r1); break;
    case op.FST_ST: storeReg(ctx, r0, false); break;
    case op.FSTP_ST: storeReg(ctx, r0, true); break;
    case op.FSTP1: storeRegUnchecked(ctx, r0); break;
    case op.FXCH: exchange(ctx, r1); break;
    case op.FCMOVB: moveIf(ctx, r1, (status(ctx) & CF) != 0); break;
    case op.FCMOVE: moveIf(ctx, r1, (status(ctx) & ZF) != 0); break;
    case op.FCMOVBE: moveIf(ctx, r1, (status(ctx) & (CF | ZF)) != 0); break;
    case op.FCMOVU: moveIf(ctx, r1, (status(ctx) & PF) != 0); break;
    case op.FCMOVNB: moveIf(ctx, r1, (status(ctx) & CF) == 0); break;
    case op.FCMOVNE: moveIf(ctx, r1, (status(ctx) & ZF) == 0); break;
    case op.FCMOVNBE: moveIf(ctx, r1, (status(ctx) & (CF | ZF)) == 0); break;
    case op.FCMOVNU: moveIf(ctx, r1, (status(ctx) & PF) == 0); break;
    case op.FFREE: setEmpty(ctx, st(ctx, r0)); finish(ctx); break;
    case op.FFREEP: setEmpty(ctx, st(ctx, r0)); pop(ctx); finish(ctx); break;
    case op.FINCSTP: addTop(ctx, 1); finish(ctx); break;
    case op.FDECSTP: addTop(ctx, 7); finish(ctx); break;
    case op.FNOP: break;

    // Constants with 68 bits of precision, rounded by the rounding control: nearest, down, up.
    case op.FLD1: setZ(0x3fff, 0x8000000000000000); push(ctx); break;
    case op.FLDZ: setZ(0, 0); push(ctx); break;
    case op.FLDL2T: pushRounded(ctx, 0x4000, 0xd49a784bcd1b8afe, 0x4000000000000000); break;
    case op.FLDL2E: pushRounded(ctx, 0x3fff, 0xb8aa3b295c17f0bb, 0xc000000000000000); break;
    case op.FLDPI: pushRounded(ctx, 0x4000, 0xc90fdaa22168c234, 0xc000000000000000); break;
    case op.FLDLG2: pushRounded(ctx, 0x3ffd, 0x9a209a84fbcff798, 0xc000000000000000); break;
    case op.FLDLN2: pushRounded(ctx, 0x3ffe, 0xb17217f7d1cf79ab, 0xc000000000000000); break;

    case op.FABS: changeSign(ctx, ~SIGN, 0); break;
    case op.FCHS: changeSign(ctx, 0xffff, SIGN); break;
    case op.FSQRT: squareRoot(ctx); break;
    case op.FRNDINT: roundInt(ctx); break;
    case op.FPREM: partialRemainder(ctx, false); break;
    case op.FPREM1: partialRemainder(ctx, true); break;
    case op.FSCALE: scale(ctx); break;
    case op.FXTRACT: extract(ctx); break;
    case op.F2XM1: exp2m1(ctx); break;
    case op.FYL2X: log2(ctx); break;
    case op.FYL2XP1: log2p1(ctx); break;
    case op.FSIN: sine(ctx); break;
    case op.FCOS: cosine(ctx); break;
    case op.FSINCOS: sineCosine(ctx); break;
    case op.FPTAN: tangent(ctx); break;
    case op.FPATAN: atan2(ctx); break;
    default: return isControl(o) ? control(ctx, inst, o) : ud(ctx);
  }
  noteInstruction(ctx, inst);
  return 0;
}

/** Linear address of the memory operand with FIP, FOP, FDP updated; 0 after a page fault. */
@inline
function operand(ctx: usize, inst: usize, size: u32, write: bool): usize {
  const address = ea(ctx, inst);
  const at = write ? wr(ctx, address, size) : rd(ctx, address, size);
  if (!at) return 0;
  noteInstruction(ctx, inst);
  noteOperand(ctx, address);
  return at;
}

// Memory operands into (zSE, zM); false after a page fault.

function single(ctx: usize, inst: usize): bool {
  const at = operand(ctx, inst, 4, false);
  if (at) fromSingle(load<u32>(at));
  return at != 0;
}
function double(ctx: usize, inst: usize): bool {
  const at = operand(ctx, inst, 8, false);
  if (at) fromDouble(load<u64>(at));
  return at != 0;
}
function extended(ctx: usize, inst: usize): bool {
  const at = operand(ctx, inst, 10, false);
  if (at) setZ(load<u16>(at, 8), load<u64>(at));
  return at != 0;
}
function int16(ctx: usize, inst: usize): bool {
  const at = operand(ctx, inst, 2, false);
  if (at) fromInt(load<i16>(at));
  return at != 0;
}
function int32(ctx: usize, inst: usize): bool {
  const at = operand(ctx, inst, 4, false);
  if (at) fromInt(load<i32>(at));
  return at != 0;
}
function int64(ctx: usize, inst: usize): bool {
  const at = operand(ctx, inst, 8, false);
  if (at) fromInt(load<i64>(at));
  return at != 0;
}
function decimal(ctx: usize, inst: usize): bool {
  const at = operand(ctx, inst, 10, false);
  if (at) fromBcd(at);
  return at != 0;
}

function arithDone(ctx: usize, kind: u32): i32 {
  arithMemory(ctx, kind);
  return 0;
}
function compareDone(ctx: usize, pops: bool): i32 {
  compareMemory(ctx, pops);
  return 0;
}
function pushDone(ctx: usize): i32 {
  push(ctx);
  return 0;
}
function pushConvertedDone(ctx: usize): i32 {
  pushConverted(ctx);
  return 0;
}

function float(ctx: usize, inst: usize, size: u32, pops: bool): i32 {
  const to = operand(ctx, inst, size, true);
  if (!to) return EXIT_FAULT;
  storeFloat(ctx, to, size, pops);
  return 0;
}
function int(ctx: usize, inst: usize, size: u32, truncate: bool, pops: bool): i32 {
  const to = operand(ctx, inst, size, true);
  if (!to) return EXIT_FAULT;
  storeInt(ctx, to, size, truncate, pops);
  return 0;
}

function roundInt(ctx: usize): void {
  const a = st(ctx, 0);
  if (isEmpty(ctx, a)) return underflow(ctx, a);
  roundToIntegral(regSE(a), regM(a));
  deliver(ctx, a);
}
