// Fast and exact floating point. A region that computes relies on the default MXCSR (rounding to nearest, all exceptions
// masked, no DAZ, no FTZ) and leaves its sticky flags alone. Its guard on entry keeps it from running otherwise, and when
// the thread is in exact mode: it has shown an interest in the flags, or changed the control bits (assembly/sse/mxcsr.ts).
// ldmxcsr leaves every region when it changes the mode, so a look on entry is enough.
import { FP_EXACT, MXCSR } from '../../../assembly/shared/layout.ts';
import type { Inst } from '../region/inst.ts';
import { type Expr, I32 } from '../wasm/builder.ts';
import type { Lower, Lowering } from './lower.ts';
import { sourceGpr } from './xmm.ts';

const CONTROL = 0xffc0;
const DEFAULT_CONTROL = 0x1f80;
const FLAGS = 0x3f;
/** Instructions behind an stmxcsr that may look at flags. */
const LOOK_AHEAD = 6;
/** Bits that ldmxcsr accepts. */
const VALID = 0x2ffff;

/** i32: nonzero when regions of fast floating point must not run. */
export function unsuitable(x: Lower): Expr {
  const { i32 } = x.w;
  const control = i32.and(x.ctxI32(MXCSR), i32.const(CONTROL));
  return i32.or(i32.xor(control, i32.const(DEFAULT_CONTROL)), x.ctxI32(FP_EXACT));
}

/** Stays in the region when the mode stays what it is. */
const ldmxcsr: Lowering = (x, inst) => {
  const { i32 } = x.w;
  const value = x.keep(sourceGpr(x, inst, 32), I32);
  const other = i32.xor(i32.and(value(), i32.const(~FLAGS)), i32.const(DEFAULT_CONTROL));
  const cleared = i32.and(
    i32.and(x.ctxI32(MXCSR), i32.xor(value(), i32.const(-1))),
    i32.const(FLAGS),
  );
  const none = i32.eqz(i32.and(value(), i32.const(FLAGS)));
  const same = i32.eqz(i32.or(i32.or(other, cleared), none));
  const exact = i32.and(x.ctxI32(FP_EXACT), i32.eqz(i32.and(value(), i32.const(~VALID))));
  x.interpretUnless(i32.or(same, exact), inst, () => {
    x.push(x.ctxStore('i32', MXCSR, value()));
  });
};

/** A look at the flags that follows is the interpreter's, which turns exact mode on (assembly/sse/mxcsr.ts). */
const stmxcsr: Lowering = (x, inst) => {
  const store = () => x.store(32, x.address(inst), x.ctxI32(MXCSR));
  if (looksAtFlags(x.following())) x.interpretUnless(x.ctxI32(FP_EXACT), inst, store);
  else store();
};

function looksAtFlags(insts: readonly Inst[]): boolean {
  for (const { op, imm } of insts.slice(0, LOOK_AHEAD)) {
    if (op.base === 'LDMXCSR') return false;
    if (/^(AND|TEST)_[RM]I/.test(op.name) && imm > 0n && imm <= BigInt(FLAGS)) return true;
  }
  return false;
}

/** What restores MXCSR from an image is the interpreter's: regions are left. */
const restore: Lowering = (x, inst) => x.interpretUnless(x.w.i32.const(0), inst, () => {});

// biome-ignore format: aligned rows
export const floatMode: Record<string, Lowering> = {
  LDMXCSR: ldmxcsr,  STMXCSR: stmxcsr,
  FXRSTOR: restore,  FXRSTOR64: restore,  XRSTOR: restore,  XRSTOR64: restore,
};
