// The frame that a signal handler finds on its stack, and the way back (arch/x86/kernel/signal_64.c,
// asm/sigcontext.h, asm/ucontext.h). From the handler's RSP upwards:
//
//      0  pretcode      return address: the restorer, which calls rt_sigreturn
//      8  uc_flags, uc_link (8 each), uc_stack { sp, flags, size } (24)
//     48  sigcontext    r8 … r15 di si bp bx dx ax cx sp ip flags, cs gs fs ss (2 each), err trapno oldmask cr2, fpstate
//    304  uc_sigmask
//    312  siginfo       128 bytes
//    440  (end)
// and above it, 64-byte aligned: fxsave area (512), with AVX also the xsave header (64), upper halves (256), magic2 (4).
// Below the interrupted RSP 128 bytes stay free: the red zone (System V ABI).
import {
  CPU_LEVEL,
  FAULT_ADDR,
  FAULT_CODE,
  FAULT_VECTOR,
  FCW,
  FDP,
  FDS,
  FIP,
  FOP,
  FSW,
  FTW,
  GPR,
  MXCSR,
  R8,
  R9,
  R10,
  R11,
  RAX,
  RBP,
  RBX,
  RCX,
  RDI,
  RDX,
  RIP,
  RSI,
  RSP,
  X87,
  XMM,
  YMM_HIGH,
} from '../../../assembly/shared/layout.ts';
import { SA, SS_AUTODISARM, SS_DISABLE, SS_ONSTACK } from '../abi/signal.ts';
import type { GuestMemory } from '../mm/guest-memory.ts';
import type { Lx } from './lx.ts';
import { SIGINFO_SIZE, SIGINFO_WORDS } from './siginfo.ts';
import { Task } from './task.ts';

const UC_FLAGS = 8;
const UC_STACK = 24;
const MCONTEXT = 48;
const UC_SIGMASK = 304;
const SIGINFO = 312;
const FRAME_SIZE = 440;
const RED_ZONE = 128;

// offsets in the sigcontext behind its 18 registers
const SEGMENTS = 144;
const ERR = 152;
const TRAPNO = 160;
const OLDMASK = 168;
const CR2 = 176;
const FPSTATE = 184;

const UC_FP_XSTATE = 1;
const UC_SIGCONTEXT_SS = 2;
const UC_STRICT_RESTORE_SS = 4;
export const USER_CS = 0x33;
export const USER_DS = 0x2b;

/** Context offset of each register of the sigcontext, in its order; flags follow. */
// biome-ignore format: aligned rows
const REGISTERS = [
  R8, R9, R10, R11, 12, 13, 14, 15, RDI, RSI, RBP, RBX, RDX, RAX, RCX, RSP,
].map((r) => GPR + r * 8).concat(RIP);
const MC_FLAGS = 17 * 8;

/** Flags that rt_sigreturn takes from the frame (FIX_EFLAGS), and what a handler starts without. */
export const FIX_EFLAGS = 0x0005_0dd5;
const TF_DF_RF = 0x0001_0500;
export const IF_AND_FIXED = 0x202;

const FXSAVE_SIZE = 512;
const XSAVE_AVX_SIZE = 832; // fxsave + header + upper halves
const MAGIC1 = 0x4650_5853;
const MAGIC2 = 0x4650_5845;
/** B and ES: an unmasked x87 exception is pending. */
const FSW_PENDING = 0x8080;
const MXCSR_MASK = 0x2ffff;

export interface Delivery {
  sig: number;
  handler: number;
  flags: number;
  restorer: number;
  /** The mask that comes back when the handler is done. */
  maskLow: number;
  maskHigh: number;
  readonly info: Int32Array;
}

export const newDelivery = (): Delivery => ({
  sig: 0,
  handler: 0,
  flags: 0,
  restorer: 0,
  maskLow: 0,
  maskHigh: 0,
  info: new Int32Array(SIGINFO_WORDS),
});

const HIGH = 0x1_0000_0000;

/** A 64-bit field of the context as a number; garbage above 2^53 stays out of range of every memory. */
function readReg(mem: GuestMemory, address: number): number {
  return mem.dv.getUint32(address + 4, true) * HIGH + mem.dv.getUint32(address, true);
}

function writeReg(mem: GuestMemory, address: number, value: number): void {
  mem.dv.setUint32(address, value % HIGH, true);
  mem.dv.setUint32(address + 4, Math.floor(value / HIGH), true);
}

/** Copies words; addresses that are not aligned (a frame that the guest made up) go by bytes. */
function copyWords(mem: GuestMemory, to: number, from: number, words: number): void {
  if (((to | from) & 3) !== 0) {
    mem.u8.copyWithin(to, from, from + words * 4);
    return;
  }
  const { i32 } = mem;
  for (let i = 0; i < words; i++) i32[(to >>> 2) + i] = i32[(from >>> 2) + i];
}

const copy8 = (mem: GuestMemory, to: number, from: number): void => copyWords(mem, to, from, 2);

/** The 80 bits of an x87 register. */
function copyExtended(mem: GuestMemory, to: number, from: number): void {
  copyWords(mem, to, from, 2);
  mem.dv.setUint16(to + 8, mem.dv.getUint16(from + 8, true), true);
}

// ---- alternate stack

/** Does the stack pointer lie on the alternate stack? */
export function onAltStack(lx: Lx, sp: number): boolean {
  const { f64, i32 } = lx.k;
  if ((i32[lx.task + Task.altFlags] & SS_AUTODISARM) !== 0) return false;
  const base = f64[(lx.task + Task.altStack) >> 1];
  return sp > base && sp - base <= f64[(lx.task + Task.altSize) >> 1];
}

/** SS_* state of the alternate stack, with the flags it was set with. */
export function altStackFlags(lx: Lx, sp: number): number {
  const kept = lx.k.i32[lx.task + Task.altFlags] & SS_AUTODISARM;
  if (lx.k.f64[(lx.task + Task.altSize) >> 1] === 0) return kept | SS_DISABLE;
  return kept | (onAltStack(lx, sp) ? SS_ONSTACK : 0);
}

export const stackPointer = (lx: Lx): number => readReg(lx.mem, lx.ctx + GPR + RSP * 8);

export function disarmAltStack(lx: Lx): void {
  lx.k.f64[(lx.task + Task.altStack) >> 1] = 0;
  lx.k.f64[(lx.task + Task.altSize) >> 1] = 0;
  lx.k.i32[lx.task + Task.altFlags] = SS_DISABLE;
}

// ---- building

/** Puts the frame on the guest's stack and its registers at the handler's start. Throws FAULT; false: no room or no restorer. */
export function pushFrame(lx: Lx, d: Delivery): boolean {
  const { mem, ctx, k, task } = lx;
  if ((d.flags & SA.RESTORER) === 0) return false;
  const avx = mem.dv.getUint32(ctx + CPU_LEVEL, true) >= 3;
  const sp = stackPointer(lx);
  const altBase = k.f64[(task + Task.altStack) >> 1];
  const altSize = k.f64[(task + Task.altSize) >> 1];
  const enters = (d.flags & SA.ONSTACK) !== 0 && altSize !== 0 && !onAltStack(lx, sp);
  const top = enters ? altBase + altSize : sp - RED_ZONE;
  const fpSize = avx ? XSAVE_AVX_SIZE + 4 : FXSAVE_SIZE;
  const fp = Math.floor((top - fpSize) / 64) * 64;
  const frame = Math.floor((fp - FRAME_SIZE) / 16) * 16 - 8;
  if ((enters || onAltStack(lx, sp)) && frame <= altBase) return false;
  const at = mem.writable(frame, fp + fpSize - frame);
  mem.u8.fill(0, at, at + FRAME_SIZE);

  const { dv } = mem;
  writeReg(mem, at, d.restorer);
  dv.setUint32(
    at + UC_FLAGS,
    (avx ? UC_FP_XSTATE : 0) | UC_SIGCONTEXT_SS | UC_STRICT_RESTORE_SS,
    true,
  );
  writeReg(mem, at + UC_STACK, altBase);
  dv.setUint32(at + UC_STACK + 8, altStackFlags(lx, sp), true);
  writeReg(mem, at + UC_STACK + 16, altSize);
  writeContext(lx, at + MCONTEXT, d);
  writeReg(mem, at + MCONTEXT + FPSTATE, fp);
  dv.setInt32(at + UC_SIGMASK, d.maskLow, true);
  dv.setInt32(at + UC_SIGMASK + 4, d.maskHigh, true);
  if ((d.flags & SA.SIGINFO) !== 0) mem.i32.set(d.info, (at + SIGINFO) >>> 2);
  saveFpu(mem, ctx, at + (fp - frame), avx);
  resetFpu(mem, ctx); // a handler starts with a fresh FPU, as after exec

  writeReg(mem, ctx + GPR + RDI * 8, d.sig);
  writeReg(mem, ctx + GPR + RSI * 8, frame + SIGINFO);
  writeReg(mem, ctx + GPR + RDX * 8, frame + UC_FLAGS);
  writeReg(mem, ctx + GPR + RAX * 8, 0);
  writeReg(mem, ctx + GPR + RSP * 8, frame);
  writeReg(mem, ctx + RIP, d.handler);
  lx.cpu.flags_set(ctx, lx.cpu.flags_get(ctx) & ~TF_DF_RF);
  if ((k.i32[task + Task.altFlags] & SS_AUTODISARM) !== 0) disarmAltStack(lx);
  return true;
}

function writeContext(lx: Lx, at: number, d: Delivery): void {
  const { mem, ctx } = lx;
  const { dv } = mem;
  for (let i = 0; i < REGISTERS.length; i++) copy8(mem, at + i * 8, ctx + REGISTERS[i]);
  dv.setUint32(at + MC_FLAGS, lx.cpu.flags_get(ctx) | IF_AND_FIXED, true);
  dv.setUint16(at + SEGMENTS, USER_CS, true);
  dv.setUint16(at + SEGMENTS + 6, USER_DS, true);
  dv.setUint32(at + ERR, dv.getUint32(ctx + FAULT_CODE, true), true);
  dv.setUint32(at + TRAPNO, dv.getUint32(ctx + FAULT_VECTOR, true), true);
  dv.setInt32(at + OLDMASK, d.maskLow, true);
  dv.setInt32(at + OLDMASK + 4, d.maskHigh, true);
  copy8(mem, at + CR2, ctx + FAULT_ADDR);
}

/** fxsave layout (Intel SDM Vol. 1 §10.5.1); the context keeps physical registers, the image is ST(0)…ST(7). */
export function saveFpu(mem: GuestMemory, ctx: number, at: number, avx: boolean): void {
  const { u8, dv } = mem;
  u8.fill(0, at, at + FXSAVE_SIZE);
  const fsw = dv.getUint16(ctx + FSW, true);
  dv.setUint16(at, dv.getUint16(ctx + FCW, true), true);
  dv.setUint16(at + 2, fsw, true);
  u8[at + 4] = u8[ctx + FTW];
  if ((fsw & FSW_PENDING) !== 0) {
    // else the CPU stores zeros (assembly/x87/state.ts)
    dv.setUint16(at + 6, dv.getUint16(ctx + FOP, true), true);
    copy8(mem, at + 8, ctx + FIP);
    copy8(mem, at + 16, ctx + FDP);
  }
  dv.setUint32(at + 24, dv.getUint32(ctx + MXCSR, true), true);
  dv.setUint32(at + 28, MXCSR_MASK, true);
  for (let i = 0; i < 8; i++) {
    const from = ctx + X87 + (((fsw >> 11) + i) & 7) * 16;
    copyExtended(mem, at + 32 + i * 16, from);
  }
  copyWords(mem, at + 160, ctx + XMM, 64);
  if (!avx) return;
  u8.fill(0, at + FXSAVE_SIZE, at + 576);
  dv.setUint32(at + FXSAVE_SIZE, 7, true); // xstate_bv: x87, SSE, AVX
  u8.copyWithin(at + 576, ctx + YMM_HIGH, ctx + YMM_HIGH + 256);
  dv.setUint32(at + 464, MAGIC1, true);
  dv.setUint32(at + 468, XSAVE_AVX_SIZE + 4, true);
  dv.setUint32(at + 472, 7, true);
  dv.setUint32(at + 480, XSAVE_AVX_SIZE, true);
  dv.setUint32(at + XSAVE_AVX_SIZE, MAGIC2, true);
}

// ---- the way back

/** Alternate stack and mask of a frame; the registers are already set. */
export interface Returned {
  maskLow: number;
  maskHigh: number;
  stack: number;
  stackFlags: number;
  stackSize: number;
}

/** rt_sigreturn: takes the state from the frame below RSP. Throws FAULT; null: the frame is not valid. */
export function popFrame(lx: Lx): Returned | null {
  const { mem, ctx } = lx;
  const frame = stackPointer(lx) - 8;
  const at = mem.readable(frame, FRAME_SIZE - SIGINFO_SIZE);
  const mc = at + MCONTEXT;
  const { dv } = mem;
  const fp = readReg(mem, mc + FPSTATE);
  if (fp !== 0 && !restoreFpu(mem, ctx, fp)) return null;
  if (fp === 0) resetFpu(mem, ctx);
  for (let i = 0; i < REGISTERS.length; i++) copy8(mem, ctx + REGISTERS[i], mc + i * 8);
  const kept = lx.cpu.flags_get(ctx) & ~FIX_EFLAGS;
  lx.cpu.flags_set(ctx, kept | (dv.getUint32(mc + MC_FLAGS, true) & FIX_EFLAGS));
  return {
    maskLow: dv.getInt32(at + UC_SIGMASK, true),
    maskHigh: dv.getInt32(at + UC_SIGMASK + 4, true),
    stack: readReg(mem, at + UC_STACK),
    stackFlags: dv.getInt32(at + UC_STACK + 8, true),
    stackSize: readReg(mem, at + UC_STACK + 16),
  };
}

function restoreFpu(mem: GuestMemory, ctx: number, fp: number): boolean {
  const at = mem.readable(fp, FXSAVE_SIZE);
  if (!loadFpu(mem, ctx, at)) return false;
  const image = mem.dv.getUint32(ctx + CPU_LEVEL, true) >= 3 ? avxImage(mem, fp, at) : 0;
  if (image !== 0) mem.u8.copyWithin(ctx + YMM_HIGH, image + 576, image + 832);
  return true;
}

/** From an fxsave image at linear address `at`; false if that is none. */
export function loadFpu(mem: GuestMemory, ctx: number, at: number): boolean {
  const { u8, dv } = mem;
  const mxcsr = dv.getUint32(at + 24, true);
  if ((mxcsr & ~MXCSR_MASK) !== 0) return false;
  const fcw = (dv.getUint16(at, true) & 0x1f7f) | 0x40;
  const flags = dv.getUint16(at + 2, true) & ~FSW_PENDING;
  const fsw = (flags & ~fcw & 0x3f) !== 0 ? flags | FSW_PENDING : flags;
  dv.setUint16(ctx + FCW, fcw, true);
  dv.setUint16(ctx + FSW, fsw, true);
  u8[ctx + FTW] = u8[at + 4];
  dv.setUint16(ctx + FOP, dv.getUint16(at + 6, true), true);
  copy8(mem, ctx + FIP, at + 8);
  copy8(mem, ctx + FDP, at + 16);
  dv.setUint32(ctx + MXCSR, mxcsr, true);
  for (let i = 0; i < 8; i++) {
    const from = at + 32 + i * 16;
    copyExtended(mem, ctx + X87 + (((fsw >> 11) + i) & 7) * 16, from);
  }
  copyWords(mem, ctx + XMM, at + 160, 64);
  return true;
}

/** Where the fxsave image is with an xsave area of upper halves behind it, or 0: both magics have to be there. */
function avxImage(mem: GuestMemory, fp: number, at: number): number {
  const { dv } = mem;
  if (dv.getUint32(at + 464, true) !== MAGIC1 || dv.getUint32(at + 480, true) !== XSAVE_AVX_SIZE)
    return 0;
  const image = mem.readable(fp, XSAVE_AVX_SIZE + 4);
  const isThere =
    dv.getUint32(image + XSAVE_AVX_SIZE, true) === MAGIC2 &&
    (dv.getUint32(image + FXSAVE_SIZE, true) & 4) !== 0;
  return isThere ? image : 0;
}

/** The state after fninit with MXCSR at its default. */
function resetFpu(mem: GuestMemory, ctx: number): void {
  const { u8, dv } = mem;
  u8.fill(0, ctx + XMM, ctx + FDS + 2);
  dv.setUint16(ctx + FCW, 0x37f, true);
  dv.setUint32(ctx + MXCSR, 0x1f80, true);
}
