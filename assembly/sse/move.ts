// SSE moves: whole registers, parts of them, between them and general-purpose registers, insertion and extraction of
// lanes. Each function is one instruction and returns 0, or EXIT_FAULT when its memory operand faults.
import { EXIT_FAULT } from '../shared/exit';
import { RDI, GPR } from '../shared/layout';
import { INST_ADDR32, I_FLAGS } from '../shared/inst';
import { ea, isMem, rd, rdAligned, segBase, wr, wrAligned } from '../memory';
import { r0, r1, setGpr, xmm } from '../state';
import { dst, dstMem, src, srcGpr } from './operand';
import * as Op from '../generated/ops';
import * as sh from './shuffle';

// ---- 16 bytes

@inline
export function movups(ctx: usize, inst: usize): i32 {
  const s = src(ctx, inst, 16);
  if (!s) return EXIT_FAULT;
  v128.store(dst(ctx, inst), v128.load(s));
  return 0;
}

@inline
export function movupsStore(ctx: usize, inst: usize): i32 {
  const at = dstMem(ctx, inst, 16);
  if (!at) return EXIT_FAULT;
  v128.store(at, v128.load(xmm(ctx, r1(inst))));
  return 0;
}

@inline
export function movaps(ctx: usize, inst: usize): i32 {
  const s = isMem(inst) ? rdAligned(ctx, ea(ctx, inst), 16) : xmm(ctx, r1(inst));
  if (!s) return EXIT_FAULT;
  v128.store(dst(ctx, inst), v128.load(s));
  return 0;
}

@inline
export function movapsStore(ctx: usize, inst: usize): i32 {
  const at = wrAligned(ctx, ea(ctx, inst), 16);
  if (!at) return EXIT_FAULT;
  v128.store(at, v128.load(xmm(ctx, r1(inst))));
  return 0;
}

// ---- low lanes

/** movss: from memory the rest is cleared, from a register it stays. */
@inline
export function movss(ctx: usize, inst: usize): i32 {
  if (!isMem(inst)) {
    store<u32>(dst(ctx, inst), load<u32>(xmm(ctx, r1(inst))));
    return 0;
  }
  const s = rd(ctx, ea(ctx, inst), 4);
  if (!s) return EXIT_FAULT;
  v128.store(dst(ctx, inst), v128.load32_zero(s));
  return 0;
}

/** movsd, as movss. */
@inline
export function movsd(ctx: usize, inst: usize): i32 {
  if (!isMem(inst)) {
    store<u64>(dst(ctx, inst), load<u64>(xmm(ctx, r1(inst))));
    return 0;
  }
  const s = rd(ctx, ea(ctx, inst), 8);
  if (!s) return EXIT_FAULT;
  v128.store(dst(ctx, inst), v128.load64_zero(s));
  return 0;
}

/** movq to a vector register clears the upper half. */
@inline
export function movq(ctx: usize, inst: usize): i32 {
  const s = src(ctx, inst, 8);
  if (!s) return EXIT_FAULT;
  v128.store(dst(ctx, inst), v128.load64_zero(s));
  return 0;
}

/** movss, movd to memory. */
@inline
export function store32(ctx: usize, inst: usize): i32 {
  const at = dstMem(ctx, inst, 4);
  if (!at) return EXIT_FAULT;
  store<u32>(at, load<u32>(xmm(ctx, r1(inst))));
  return 0;
}

/** movsd, movq, movlps, movlpd to memory. */
@inline
export function store64(ctx: usize, inst: usize): i32 {
  const at = dstMem(ctx, inst, 8);
  if (!at) return EXIT_FAULT;
  store<u64>(at, load<u64>(xmm(ctx, r1(inst))));
  return 0;
}

/** movlps, movlpd from memory: the upper half stays. */
export function movlps(ctx: usize, inst: usize): i32 {
  const s = rd(ctx, ea(ctx, inst), 8);
  if (!s) return EXIT_FAULT;
  store<u64>(dst(ctx, inst), load<u64>(s));
  return 0;
}

/** movhps, movhpd from memory: the low half stays. */
export function movhps(ctx: usize, inst: usize): i32 {
  const s = rd(ctx, ea(ctx, inst), 8);
  if (!s) return EXIT_FAULT;
  store<u64>(dst(ctx, inst), load<u64>(s), 8);
  return 0;
}

export function movhpsStore(ctx: usize, inst: usize): i32 {
  const at = dstMem(ctx, inst, 8);
  if (!at) return EXIT_FAULT;
  store<u64>(at, load<u64>(xmm(ctx, r1(inst)), 8));
  return 0;
}

export function movhlps(ctx: usize, inst: usize): i32 {
  store<u64>(dst(ctx, inst), load<u64>(xmm(ctx, r1(inst)), 8));
  return 0;
}

export function movlhps(ctx: usize, inst: usize): i32 {
  store<u64>(dst(ctx, inst), load<u64>(xmm(ctx, r1(inst))), 8);
  return 0;
}

export function movddup(ctx: usize, inst: usize): i32 {
  const s = src(ctx, inst, 8);
  if (!s) return EXIT_FAULT;
  v128.store(dst(ctx, inst), v128.load64_splat(s));
  return 0;
}

// ---- general-purpose registers

export function movdFromGpr(ctx: usize, inst: usize): i32 {
  const s = srcGpr(ctx, inst, 4);
  if (!s) return EXIT_FAULT;
  v128.store(dst(ctx, inst), v128.load32_zero(s));
  return 0;
}

export function movqFromGpr(ctx: usize, inst: usize): i32 {
  const s = srcGpr(ctx, inst, 8);
  if (!s) return EXIT_FAULT;
  v128.store(dst(ctx, inst), v128.load64_zero(s));
  return 0;
}

export function movdToGpr(ctx: usize, inst: usize): i32 {
  setGpr<u32>(ctx, r0(inst), load<u32>(xmm(ctx, r1(inst))));
  return 0;
}

export function movqToGpr(ctx: usize, inst: usize): i32 {
  setGpr<u64>(ctx, r0(inst), load<u64>(xmm(ctx, r1(inst))));
  return 0;
}

export function movmskps(ctx: usize, inst: usize): i32 {
  setGpr<u32>(ctx, r0(inst), i32x4.bitmask(v128.load(xmm(ctx, r1(inst)))));
  return 0;
}

export function movmskpd(ctx: usize, inst: usize): i32 {
  setGpr<u32>(ctx, r0(inst), i64x2.bitmask(v128.load(xmm(ctx, r1(inst)))));
  return 0;
}

@inline
export function pmovmskb(ctx: usize, inst: usize): i32 {
  setGpr<u32>(ctx, r0(inst), i8x16.bitmask(v128.load(xmm(ctx, r1(inst)))));
  return 0;
}

// ---- lanes

/** pinsrb/w/d/q: lane imm of r0, from a GPR or memory. */
@inline
export function pinsr<T>(ctx: usize, inst: usize, imm: i32): i32 {
  const s = srcGpr(ctx, inst, sizeof<T>());
  if (!s) return EXIT_FAULT;
  const lane = imm & (16 / sizeof<T>() - 1);
  store<T>(dst(ctx, inst) + lane * sizeof<T>(), load<T>(s));
  return 0;
}

@inline
function laneOf<T>(ctx: usize, inst: usize, imm: i32): T {
  const lane = imm & (16 / sizeof<T>() - 1);
  return load<T>(xmm(ctx, r1(inst)) + lane * sizeof<T>());
}

/** pextrb/w/d/q, extractps to a GPR, zero-extended. */
@inline
export function pextr<T>(ctx: usize, inst: usize, imm: i32): i32 {
  setGpr<u64>(ctx, r0(inst), <u64>laneOf<T>(ctx, inst, imm));
  return 0;
}

@inline
export function pextrStore<T>(ctx: usize, inst: usize, imm: i32): i32 {
  const at = dstMem(ctx, inst, sizeof<T>());
  if (!at) return EXIT_FAULT;
  store<T>(at, laneOf<T>(ctx, inst, imm));
  return 0;
}

/** insertps: imm[7:6] picks the source lane of a register; memory is one dword. */
export function insertps(ctx: usize, inst: usize, imm: i32): i32 {
  const s = src(ctx, inst, 4);
  if (!s) return EXIT_FAULT;
  const lane = isMem(inst) ? 0 : (imm >> 4) & 12;
  const d = dst(ctx, inst);
  v128.store(d, sh.insertps(v128.load(d), load<u32>(s + lane), imm));
  return 0;
}

/** pmovsx*, pmovzx*: `size` source bytes widened to 16. */
export function widen(ctx: usize, inst: usize, size: u32, op: u32): i32 {
  const s = src(ctx, inst, size);
  if (!s) return EXIT_FAULT;
  const x: v128 =
    size == 8 ? v128.load64_zero(s) : size == 4 ? v128.load32_zero(s) : i16x8.replace_lane(i64x2.splat(0), 0, load<u16>(s));
  v128.store(dst(ctx, inst), widened(x, op));
  return 0;
}

// biome-ignore format: aligned rows
export function widened(x: v128, op: u32): v128 {
  switch (op) {
    case Op.PMOVSXBW: return i16x8.extend_low_i8x16_s(x);
    case Op.PMOVSXBD: return i32x4.extend_low_i16x8_s(i16x8.extend_low_i8x16_s(x));
    case Op.PMOVSXBQ: return i64x2.extend_low_i32x4_s(i32x4.extend_low_i16x8_s(i16x8.extend_low_i8x16_s(x)));
    case Op.PMOVSXWD: return i32x4.extend_low_i16x8_s(x);
    case Op.PMOVSXWQ: return i64x2.extend_low_i32x4_s(i32x4.extend_low_i16x8_s(x));
    case Op.PMOVSXDQ: return i64x2.extend_low_i32x4_s(x);
    case Op.PMOVZXBW: return i16x8.extend_low_i8x16_u(x);
    case Op.PMOVZXBD: return i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(x));
    case Op.PMOVZXBQ: return i64x2.extend_low_i32x4_u(i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(x)));
    case Op.PMOVZXWD: return i32x4.extend_low_i16x8_u(x);
    case Op.PMOVZXWQ: return i64x2.extend_low_i32x4_u(i32x4.extend_low_i16x8_u(x));
    default:          return i64x2.extend_low_i32x4_u(x);
  }
}

/** maskmovdqu: bytes of r0 whose mask byte in r1 has bit 7 go to [rdi], one by one. */
export function maskmovdqu(ctx: usize, inst: usize): i32 {
  return maskedStore(ctx, inst, dst(ctx, inst), xmm(ctx, r1(inst)), 16);
}

/** `size` bytes at `data` to seg:[rdi] where the byte at `mask` has bit 7; all written bytes are checked first. */
export function maskedStore(ctx: usize, inst: usize, data: usize, mask: usize, size: u32): i32 {
  const base = load<u64>(ctx, GPR + (RDI << 3));
  const at = (load<u8>(inst, I_FLAGS) & INST_ADDR32 ? base & 0xffffffff : base) + segBase(ctx, inst);
  for (let i: u32 = 0; i < size; i++) {
    if (load<u8>(mask + i) & 0x80 && !wr(ctx, at + i, 1)) return EXIT_FAULT;
  }
  for (let i: u32 = 0; i < size; i++) {
    if (load<u8>(mask + i) & 0x80) store<u8>(wr(ctx, at + i, 1), load<u8>(data + i));
  }
  return 0;
}
