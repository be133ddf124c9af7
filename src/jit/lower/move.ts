// mov movzx movsx movsxd lea push pop leave xchg cmovcc setcc bswap nop.
import { GUEST_SHIFT, RBP, RSP } from '../../../assembly/shared/layout.ts';
import type { Inst } from '../region/inst.ts';
import { constI64, type Expr, GUEST, I32, I64 } from '../wasm/builder.ts';
import { CONDITION } from './flags.ts';
import type { Lower, Lowering } from './lower.ts';
import { destination, source } from './operands.ts';

const mov: Lowering = (x, inst) => {
  const { bits, form } = inst.op;
  if (form === 'RM' && bits === 32) {
    x.setGpr(inst.r0 >> 3, x.w.i64.load32_u(0, 1, x.address(inst), GUEST));
  } else if (form[0] === 'M') x.store(bits, x.address(inst), source(x, inst));
  else x.setReg(inst.r0, bits, source(x, inst));
};

const movzx: Lowering = (x, inst) => {
  const { bits, from } = inst.op;
  x.setReg(
    inst.r0,
    bits,
    bits === 64 ? x.w.i64.extend_u(source(x, inst, from)) : source(x, inst, from),
  );
};

const movsx: Lowering = (x, inst) => {
  const { w } = x;
  const { bits, from } = inst.op;
  const value = source(x, inst, from);
  const word = from === 8 ? w.i32.extend8_s(value) : from === 16 ? w.i32.extend16_s(value) : value;
  x.setReg(inst.r0, bits, bits === 64 ? w.i64.extend_s(word) : word);
};

const lea: Lowering = (x, inst) => {
  const value = x.effective(inst);
  x.setReg(inst.r0, inst.op.bits, inst.op.bits === 64 ? value : x.w.i32.wrap(value));
};

/** Linear address of guest rsp + offset. */
export function stackAddress(x: Lower, offset: number): Expr {
  const { i32 } = x.w;
  return i32.add(i32.wrap(x.gpr(RSP)), i32.const((offset - GUEST_SHIFT) | 0));
}

export function pushValue(x: Lower, bits: number, value: Expr): void {
  const kept = x.keep(value, x.type(bits));
  x.store(bits, stackAddress(x, -(bits >> 3)), kept());
  x.setGpr(RSP, x.w.i64.sub(x.gpr(RSP), constI64(x.w, bits >> 3)));
}

const push: Lowering = (x, inst) => {
  const { form, bits } = inst.op;
  pushValue(x, bits, pushed(x, inst, form, bits));
};

function pushed(x: Lower, inst: Inst, form: string, bits: number): Expr {
  if (form === 'I') return x.const(bits, inst.imm);
  return form === 'M' ? x.load(bits, x.address(inst)) : x.reg(inst.r0, bits);
}

const pop: Lowering = (x, inst) => {
  const { form, bits } = inst.op;
  // Its address is computed after rsp has changed.
  if (form === 'M' && x.mode.checked) return x.interpret(inst);
  const value = x.keep(x.load(bits, stackAddress(x, 0)), x.type(bits));
  x.setGpr(RSP, x.w.i64.add(x.gpr(RSP), constI64(x.w, bits >> 3)));
  if (form === 'M') x.store(bits, x.address(inst), value());
  else x.setReg(inst.r0, bits, value());
};

const leave: Lowering = (x) => {
  const { w } = x;
  const frame = x.keep(x.gpr(RBP), I64);
  const at = w.i32.add(w.i32.wrap(frame()), w.i32.const(-GUEST_SHIFT));
  x.setGpr(RBP, x.load(64, at));
  x.setGpr(RSP, w.i64.add(frame(), constI64(w, 8)));
};

const xchg: Lowering = (x, inst) => {
  const { bits } = inst.op;
  const a = x.keep(x.reg(inst.r0, bits), x.type(bits));
  const b = x.keep(x.reg(inst.r1, bits), x.type(bits));
  x.setReg(inst.r0, bits, b());
  x.setReg(inst.r1, bits, a());
};

function cmov(suffix: string): Lowering {
  return (x, inst) => {
    const { bits } = inst.op;
    const value = x.keep(source(x, inst), x.type(bits));
    const condition = x.keep(x.flags.condition(suffix), I32);
    x.setReg(inst.r0, bits, x.w.select(condition(), value(), x.reg(inst.r0, bits)));
  };
}

function set(suffix: string): Lowering {
  return (x, inst) => destination(x, inst, 8).write(x.flags.condition(suffix));
}

const bswap: Lowering = (x, inst) => {
  const { w } = x;
  const { bits } = inst.op;
  if (bits === 16) return x.interpret(inst); // undefined by the manual
  const wide = bits === 64 ? w.i64 : w.i32;
  const v = x.keep(x.reg(inst.r0, bits), x.type(bits));
  const pairs = (mask: bigint, shift: number, value: () => Expr) =>
    wide.or(
      wide.and(wide.shr_u(value(), x.const(bits, shift)), x.const(bits, mask)),
      wide.shl(wide.and(value(), x.const(bits, mask)), x.const(bits, shift)),
    );
  const bytes = x.keep(pairs(0x00ff00ff00ff00ffn, 8, v), x.type(bits));
  if (bits === 32) return x.setReg(inst.r0, 32, w.i32.rotl(bytes(), w.i32.const(16)));
  const words = x.keep(pairs(0x0000ffff0000ffffn, 16, bytes), I64);
  x.setReg(inst.r0, 64, w.i64.rotl(words(), constI64(w, 32)));
};

const nothing: Lowering = () => {};

// biome-ignore format: aligned rows
export const move: Record<string, Lowering> = {
  MOV: mov, MOVZX: movzx, MOVSX: movsx, MOVSXD: movsx, LEA: lea,
  PUSH: push, POP: pop, LEAVE64: leave, XCHG: xchg, BSWAP: bswap, NOP: nothing,
  ...Object.fromEntries(Object.keys(CONDITION).flatMap((cc) => [[`CMOV${cc}`, cmov(cc)], [`SET${cc}`, set(cc)]])),
};
