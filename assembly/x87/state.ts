// fxsave, fxrstor and the xsave family: the 512-byte legacy area (Intel SDM Vol. 1 §10.5.1), and for xsave a header with
// the upper halves of the YMM registers behind it.
//
//   0 FCW  2 FSW  4 abridged tags  6 FOP  8 FIP  16 FDP  24 MXCSR  28 its mask  32 ST0 … ST7  160 XMM0 … XMM15
//   512 header: XSTATE_BV, XCOMP_BV   576 YMM high halves (standard format)
//
// As this CPU does (CPUID 8000_0008 EBX[2]), FOP, FIP and FDP are saved as zero unless an exception is pending.

import * as op from '../generated/ops';
import { ea, gp, rd, ud, wr } from '../memory';
import { EXIT_FAULT } from '../shared/exit';
import { I_OP } from '../shared/inst';
import {
  CPU_LEVEL,
  FCS,
  FCW,
  FDP,
  FDS,
  FIP,
  FOP,
  FSW,
  FTW,
  GPR,
  MXCSR,
  RAX,
  XMM,
  YMM_HIGH,
} from '../shared/layout';
import { initialize, setStatusWord } from './control';
import { regM, regSE, setReg, st } from './registers';

const MXCSR_MASK: u32 = 0x2ffff;
const MXCSR_INIT: u32 = 0x1f80;
const LEGACY: u32 = 512;
const HEADER: u32 = 64;
const YMM_AREA: u32 = 256;
/** State components: x87, SSE, AVX. */
const X87_STATE: u32 = 1;
const SSE_STATE: u32 = 2;
const AVX_STATE: u32 = 4;
const ALL_STATE: u32 = 7;

/** Executes an instruction of the family: 0, or EXIT_FAULT. */
export function stateExec(ctx: usize, inst: usize): i32 {
  const o: u32 = load<u16>(inst, I_OP);
  if (o == op.FXSAVE || o == op.FXSAVE64) return fxsave(ctx, inst, o == op.FXSAVE64);
  if (o == op.FXRSTOR || o == op.FXRSTOR64) return fxrstor(ctx, inst, o == op.FXRSTOR64);
  if (load<u32>(ctx, CPU_LEVEL) < 3) return ud(ctx);
  if (o == op.XRSTOR || o == op.XRSTOR64) return xrstor(ctx, inst, o == op.XRSTOR64);
  const wide = o == op.XSAVE64 || o == op.XSAVEOPT64 || o == op.XSAVEC64;
  const compact = o == op.XSAVEC || o == op.XSAVEC64;
  const optimized = compact || o == op.XSAVEOPT || o == op.XSAVEOPT64;
  return xsave(ctx, inst, wide, compact, optimized);
}

function fxsave(ctx: usize, inst: usize, wide: bool): i32 {
  const address = ea(ctx, inst);
  if (address & 15) return gp(ctx);
  const to = wr(ctx, address, LEGACY);
  if (!to) return EXIT_FAULT;
  saveX87(ctx, to, wide);
  store<u32>(to, load<u32>(ctx, MXCSR), 24);
  store<u32>(to, MXCSR_MASK, 28);
  memory.copy(to + 160, ctx + XMM, 256);
  return 0;
}

function fxrstor(ctx: usize, inst: usize, wide: bool): i32 {
  const address = ea(ctx, inst);
  if (address & 15) return gp(ctx);
  const from = rd(ctx, address, LEGACY);
  if (!from) return EXIT_FAULT;
  if (load<u32>(from, 24) & ~MXCSR_MASK) return gp(ctx);
  restoreX87(ctx, from, wide);
  store<u32>(ctx, load<u32>(from, 24), MXCSR);
  memory.copy(ctx + XMM, from + 160, 256);
  return 0;
}

/** The x87 part of the legacy area; `wide`: 64-bit pointers instead of 32 bits and a selector. */
function saveX87(ctx: usize, to: usize, wide: bool): void {
  const fsw = load<u16>(ctx, FSW);
  const pending = (fsw & 0x80) != 0;
  store<u16>(to, load<u16>(ctx, FCW));
  store<u16>(to, fsw, 2);
  store<u16>(to, load<u8>(ctx, FTW), 4);
  store<u16>(to, pending ? load<u16>(ctx, FOP) : 0, 6);
  let fip: u64 = 0;
  let fdp: u64 = 0;
  if (pending) {
    fip = load<u64>(ctx, FIP);
    fdp = load<u64>(ctx, FDP);
    if (!wide) {
      fip = (fip & 0xffffffff) | (<u64>load<u16>(ctx, FCS) << 32);
      fdp = (fdp & 0xffffffff) | (<u64>load<u16>(ctx, FDS) << 32);
    }
  }
  store<u64>(to, fip, 8);
  store<u64>(to, fdp, 16);
  for (let i: usize = 0; i < 8; i++) {
    const at = st(ctx, i << 4);
    store<u64>(to + (i << 4), regM(at), 32);
    store<u64>(to + (i << 4), regSE(at), 40);
  }
}

function restoreX87(ctx: usize, from: usize, wide: bool): void {
  store<u16>(ctx, (load<u16>(from) & 0x1f7f) | 0x40, FCW);
  setStatusWord(ctx, load<u16>(from, 2));
  store<u8>(ctx, load<u8>(from, 4), FTW);
  store<u16>(ctx, load<u16>(from, 6) & 0x7ff, FOP);
  const fip = load<u64>(from, 8);
  const fdp = load<u64>(from, 16);
  store<u64>(ctx, wide ? canonical(fip) : fip & 0xffffffff, FIP);
  store<u64>(ctx, wide ? canonical(fdp) : fdp & 0xffffffff, FDP);
  store<u16>(ctx, wide ? 0 : <u16>(fip >> 32), FCS);
  store<u16>(ctx, wide ? 0 : <u16>(fdp >> 32), FDS);
  for (let i: usize = 0; i < 8; i++) {
    const value = from + 32 + (i << 4);
    setReg(st(ctx, i << 4), load<u16>(value, 8), load<u64>(value));
  }
}

/** A processor keeps as many bits of a pointer as its linear addresses have; here 48 (CPUID 8000_0008 EAX). */
@inline
function canonical(v: u64): u64 {
  return <u64>((<i64>v << 16) >> 16);
}

/** Components in use (XINUSE): those that are not in their initial configuration. */
function inUse(ctx: usize): u32 {
  let used: u32 = 0;
  const x87: u64 = load<u8>(ctx, FTW) | load<u16>(ctx, FSW) | load<u64>(ctx, FIP) | load<u64>(ctx, FDP);
  if (x87 || load<u16>(ctx, FCW) != 0x37f || anyRegister(ctx)) used |= X87_STATE;
  if (anyBits(ctx + XMM)) used |= SSE_STATE;
  if (anyBits(ctx + YMM_HIGH)) used |= AVX_STATE;
  return used;
}

/** Holds a register of the x87 anything, used or not? */
function anyRegister(ctx: usize): bool {
  let any: u64 = 0;
  for (let i: usize = 0; i < 8; i++) any |= regM(st(ctx, i << 4)) | regSE(st(ctx, i << 4));
  return any != 0;
}

/** Is one of the 16 registers at `at` not zero? */
function anyBits(at: usize): bool {
  let any: u64 = 0;
  for (let i: usize = 0; i < 256; i += 8) any |= load<u64>(at + i);
  return any != 0;
}

/** xsave, xsaveopt (only what is in use) and xsavec (compacted format). */
function xsave(ctx: usize, inst: usize, wide: bool, compact: bool, optimized: bool): i32 {
  const address = ea(ctx, inst);
  if (address & 63) return gp(ctx);
  const requested = load<u32>(ctx, GPR + RAX * 8) & ALL_STATE;
  const avx = (requested & AVX_STATE) != 0;
  const to = wr(ctx, address, LEGACY + HEADER + (avx ? YMM_AREA : 0));
  if (!to) return EXIT_FAULT;
  let used = inUse(ctx);
  // xsavec counts MXCSR as part of the SSE state (SDM Vol. 1 §13.6).
  if (compact && load<u32>(ctx, MXCSR) != MXCSR_INIT) used |= SSE_STATE;
  used &= requested;
  const saved = optimized ? used : requested;
  if (saved & X87_STATE) saveX87(ctx, to, wide);
  if (compact ? saved & SSE_STATE : requested & (SSE_STATE | AVX_STATE)) {
    store<u32>(to, load<u32>(ctx, MXCSR), 24);
    store<u32>(to, MXCSR_MASK, 28);
  }
  if (saved & SSE_STATE) memory.copy(to + 160, ctx + XMM, 256);
  if (saved & AVX_STATE) memory.copy(to + LEGACY + HEADER, ctx + YMM_HIGH, YMM_AREA);
  if (compact) {
    store<u64>(to, used, LEGACY);
    store<u64>(to, requested | (<u64>1 << 63), LEGACY + 8);
  } else {
    store<u64>(to, (load<u64>(to, LEGACY) & ~(<u64>requested)) | used, LEGACY);
  }
  return 0;
}

/** xrstor of the standard or compacted format: components absent from XSTATE_BV are initialised. */
function xrstor(ctx: usize, inst: usize, wide: bool): i32 {
  const address = ea(ctx, inst);
  if (address & 63) return gp(ctx);
  let from = rd(ctx, address, LEGACY + HEADER);
  if (!from) return EXIT_FAULT;
  const present = load<u64>(from, LEGACY);
  const format = load<u64>(from, LEGACY + 8);
  const compact = format >> 63 != 0;
  if (present & ~(<u64>ALL_STATE)) return gp(ctx);
  if (compact ? ((format & ~(<u64>ALL_STATE | (<u64>1 << 63))) | (present & ~format)) != 0 : format != 0) return gp(ctx);
  for (let i: usize = 16; i < HEADER; i += 8) {
    if ((compact || i < 24) && load<u64>(from + i, LEGACY)) return gp(ctx);
  }
  const requested = load<u32>(ctx, GPR + RAX * 8) & ALL_STATE;
  const restored = requested & <u32>present;
  if (restored & AVX_STATE) {
    from = rd(ctx, address, LEGACY + HEADER + YMM_AREA);
    if (!from) return EXIT_FAULT;
  }
  const mxcsr = compact ? (restored & SSE_STATE) != 0 : (requested & (SSE_STATE | AVX_STATE)) != 0;
  if (mxcsr && load<u32>(from, 24) & ~MXCSR_MASK) return gp(ctx);
  if (restored & X87_STATE) restoreX87(ctx, from, wide);
  else if (requested & X87_STATE) initializeAll(ctx);
  if (mxcsr) store<u32>(ctx, load<u32>(from, 24), MXCSR);
  else if (compact && requested & SSE_STATE) store<u32>(ctx, MXCSR_INIT, MXCSR);
  if (restored & SSE_STATE) memory.copy(ctx + XMM, from + 160, 256);
  else if (requested & SSE_STATE) memory.fill(ctx + XMM, 0, 256);
  if (restored & AVX_STATE) memory.copy(ctx + YMM_HIGH, from + LEGACY + HEADER, YMM_AREA);
  else if (requested & AVX_STATE) memory.fill(ctx + YMM_HIGH, 0, YMM_AREA);
  return 0;
}

/** Initial x87 state of xrstor: also the registers are cleared. */
function initializeAll(ctx: usize): void {
  initialize(ctx);
  for (let i: usize = 0; i < 8; i++) setReg(st(ctx, i << 4), 0, 0);
}
