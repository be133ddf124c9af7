// pcmpistri of bytes compared one by one ("equal each"), which strcmp & co. use; all other string comparisons are the
// interpreter's. One bit for an element, as in Intel SDM Vol. 2B §4.1: elements behind both ends are equal, one behind an
// end and one before are not.
import { RCX } from '../../../assembly/shared/layout.ts';
import { type Expr, I32, V128 } from '../wasm/builder.ts';
import { exec } from './exec.ts';
import type { Lower, Lowering } from './lower.ts';
import { imm8, source, type Value, zero } from './xmm.ts';

const ALL = 0xffff;

/** imm8[3:0]: bytes, signed or not, equal each. */
const isEqualEach = (imm: number): boolean => (imm & 0x0d) === 0x08;

/** Bits of the elements before the first zero, from the bits of the zeros. */
function before(x: Lower, zeros: Value): Expr {
  const { i32 } = x.w;
  return i32.and(
    i32.and(i32.sub(zeros(), i32.const(1)), i32.xor(zeros(), i32.const(-1))),
    i32.const(ALL),
  );
}

const pcmpistri: Lowering = (x, inst) => {
  const imm = imm8(inst);
  if (!isEqualEach(imm)) return exec(x, inst);
  const { i8x16, i32, select } = x.w;
  const b = x.keep(source(x, inst), V128);
  const a = () => x.xmm.get(inst.r0);
  const zerosA = x.keep(i8x16.bitmask(i8x16.eq(a(), zero(x))), I32);
  const zerosB = x.keep(i8x16.bitmask(i8x16.eq(b(), zero(x))), I32);
  const inA = x.keep(before(x, zerosA), I32);
  const inB = x.keep(before(x, zerosB), I32);
  const same = i32.and(i8x16.bitmask(i8x16.eq(a(), b())), i32.and(inA(), inB()));
  const behind = i32.xor(i32.or(inA(), inB()), i32.const(ALL));
  const flip = (imm & 0x10) === 0 ? i32.const(0) : (imm & 0x20) !== 0 ? inB() : i32.const(ALL);
  const bits = x.keep(i32.xor(i32.or(same, behind), flip), I32);
  const last = i32.sub(i32.const(31), i32.clz(bits()));
  const index = (imm & 0x40) !== 0 ? last : i32.ctz(bits());
  x.setReg(RCX * 8, 32, select(bits(), index, i32.const(16)));
  x.flags.setFormed((hold) => {
    const found = hold(bits(), I32);
    const endA = hold(zerosA(), I32);
    const endB = hold(zerosB(), I32);
    const any = (value: Expr) => i32.ne(value, i32.const(0));
    const first = () => i32.and(found(), i32.const(1));
    return (code) => {
      switch (code) {
        case 0:
          return first();
        case 2:
          return any(found());
        case 4:
          return any(endB());
        case 6:
          return i32.or(any(found()), any(endB()));
        case 8:
          return any(endA());
        case 12:
          return i32.xor(any(endA()), first());
        case 14:
          return i32.or(any(endB()), i32.xor(any(endA()), first()));
        default:
          return i32.const(0);
      }
    };
  });
};

export const strings: Record<string, Lowering> = { PCMPISTRI: pcmpistri };
