// What the host's processor does where WebAssembly leaves it open. On x86-64 V8 emits the guest's own instructions, so
// relaxed SIMD and the bits of NaNs are the guest's; what another host (or engine) does is found out by trying.
import { assemble } from './builder.ts';

export interface Host {
  /** Relaxed truncation gives 0x80000000 where it does not fit, relaxed swizzle is pshufb. */
  readonly relaxed: boolean;
  /** Packed arithmetic gives x86's NaNs: the first NaN operand made quiet, or the negative default NaN. */
  readonly nan: boolean;
}

/** A host of which nothing is known. */
export const PLAIN_HOST: Host = { relaxed: false, nan: false };

const PROBE = `(module
  (func (export "double") (param f64) (result i32)
    (i32x4.extract_lane 0 (i32x4.relaxed_trunc_f64x2_s_zero (f64x2.splat (local.get 0)))))
  (func (export "single") (param f32) (result i32)
    (i32x4.extract_lane 0 (i32x4.relaxed_trunc_f32x4_s (f32x4.splat (local.get 0)))))
  (func (export "swizzle") (param i32) (result i32)
    (i8x16.extract_lane_u 0 (i8x16.relaxed_swizzle
      (v128.const i8x16 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15) (i8x16.splat (local.get 0)))))
  (func (export "add") (param i32 i32) (result i32)
    (i32x4.extract_lane 0 (f32x4.add (i32x4.splat (local.get 0)) (i32x4.splat (local.get 1)))))
  (func (export "mul") (param i64 i64) (result i64) (i64x2.extract_lane 0
    (f64x2.mul (i64x2.splat (local.get 0)) (i64x2.splat (local.get 1)))))
  (func (export "sub") (param i64 i64) (result i64) (i64x2.extract_lane 0
    (f64x2.sub (i64x2.splat (local.get 0)) (i64x2.splat (local.get 1))))))`;

type Function_ = (...args: unknown[]) => unknown;

function probe(): Host {
  const module = new WebAssembly.Module(assemble(PROBE) as Uint8Array<ArrayBuffer>);
  const f = new WebAssembly.Instance(module).exports as Record<string, Function_>;
  const INDEFINITE = 0x80000000 | 0;
  const relaxed =
    [Number.NaN, 2 ** 31, 1e300, -Infinity].every(
      (value) => f.double(value) === INDEFINITE && f.single(value) === INDEFINITE,
    ) &&
    f.double(-7.9) === -7 &&
    f.swizzle(0x83) === 0 &&
    f.swizzle(0x73) === 3;
  // signalling NaN and quiet NaN, both orders; ∞ − ∞
  const [first, second] = [0x7f800001, 0xffc12345 | 0];
  const [a, b] = [0x7ff0000000000001n, BigInt.asIntN(64, 0xfff8000012345678n)];
  const infinity = 0x7ff0000000000000n;
  const nan =
    f.add(first, second) === (0x7fc00001 | 0) &&
    f.add(second, first) === second &&
    f.mul(a, b) === 0x7ff8000000000001n &&
    f.mul(b, a) === b &&
    f.sub(infinity, infinity) === BigInt.asIntN(64, 0xfff8000000000000n);
  return { relaxed, nan };
}

let known: Host | undefined;

export function host(): Host {
  return (known ??= probe());
}

/** For tests: takes `value` for the host, whatever it is. */
export function setHost(value: Host | undefined): void {
  known = value;
}
