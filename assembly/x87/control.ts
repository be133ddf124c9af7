// Control instructions: they run while an unmasked exception is pending (fldcw, fldenv, frstor and fwait do not), and
// leave the last-instruction pointers alone. The environment has the 32-bit protected-mode format also in 64-bit mode,
// 28 bytes, or with prefix 66 the 16-bit one, 14 bytes (Intel SDM Vol. 1 §8.1.10):
//
//   0 FCW  4 FSW  8 full tag word  12 FIP  16 CS, FOP  20 FDP  24 DS      (upper halves of words read as ones)

import * as op from '../generated/ops';
import { ea, fault, rd, wr } from '../memory';
import { EXIT_FAULT, VEC_MF } from '../shared/exit';
import { I_IMM } from '../shared/inst';
import { FCS, FCW, FDP, FDS, FIP, FOP, FSW, FTW, GPR } from '../shared/layout';
import { EXCEPTIONS, PENDING, regM, regSE, setReg, st } from './registers';
import { EXP_MAX } from './soft';

@inline
export function isControl(o: u32): bool {
  return (
    o == op.FWAIT ||
    o == op.FLDCW ||
    o == op.FNSTCW ||
    o == op.FNSTSW_AX ||
    o == op.FNSTSW_M ||
    o == op.FNCLEX ||
    o == op.FNINIT ||
    o == op.FLDENV ||
    o == op.FNSTENV ||
    o == op.FNSAVE ||
    o == op.FRSTOR
  );
}

export function control(ctx: usize, inst: usize, o: u32): i32 {
  const pending = (load<u16>(ctx, FSW) & 0x80) != 0;
  // biome-ignore format: aligned rows
  switch (o) {
    case op.FNSTCW: return put16(ctx, inst, load<u16>(ctx, FCW));
    case op.FNSTSW_M: return put16(ctx, inst, load<u16>(ctx, FSW));
    case op.FNSTSW_AX: {
      store<u16>(ctx, load<u16>(ctx, FSW), GPR);
      return 0;
    }
    case op.FNCLEX: {
      store<u16>(ctx, load<u16>(ctx, FSW) & 0x7f00, FSW);
      return 0;
    }
    case op.FNINIT: {
      initialize(ctx);
      return 0;
    }
    case op.FNSTENV: return storeEnvironment(ctx, inst);
    case op.FNSAVE: return save(ctx, inst);
    default: {
      if (pending) return fault(ctx, VEC_MF, 0);
      if (o == op.FWAIT) return 0;
      if (o == op.FLDCW) return loadControl(ctx, inst);
      return o == op.FLDENV ? loadEnvironment(ctx, inst) : restore(ctx, inst);
    }
  }
}

export function initialize(ctx: usize): void {
  store<u16>(ctx, 0x37f, FCW);
  store<u16>(ctx, 0, FSW);
  store<u8>(ctx, 0, FTW);
  store<u16>(ctx, 0, FOP);
  store<u64>(ctx, 0, FIP);
  store<u64>(ctx, 0, FDP);
  store<u32>(ctx, 0, FCS);
}

/** Sets the control word: reserved bits read as 1 (bit 6) or 0; ES and B follow the masks. */
export function setControl(ctx: usize, fcw: u32): void {
  store<u16>(ctx, (fcw & 0x1f7f) | 0x40, FCW);
  setStatusWord(ctx, load<u16>(ctx, FSW));
}

export function setStatusWord(ctx: usize, fsw: u32): void {
  const pending = (fsw & ~(<u32>load<u16>(ctx, FCW)) & EXCEPTIONS) != 0;
  store<u16>(ctx, (fsw & ~PENDING) | (pending ? PENDING : 0), FSW);
}

function put16(ctx: usize, inst: usize, value: u32): i32 {
  const to = wr(ctx, ea(ctx, inst), 2);
  if (!to) return EXIT_FAULT;
  store<u16>(to, value);
  return 0;
}

function loadControl(ctx: usize, inst: usize): i32 {
  const from = rd(ctx, ea(ctx, inst), 2);
  if (!from) return EXIT_FAULT;
  setControl(ctx, load<u16>(from));
  return 0;
}

/** Full tag word, two bits a physical register: 0 valid, 1 zero, 2 special, 3 empty. */
function fullTags(ctx: usize): u32 {
  const used: u32 = load<u8>(ctx, FTW);
  let tags: u32 = 0;
  for (let i: u32 = 0; i < 8; i++) {
    const at = ctx + (i << 4);
    const exp = regSE(at) & EXP_MAX;
    const m = regM(at);
    let tag: u32 = 0;
    if (!((used >> i) & 1)) tag = 3;
    else if (exp == EXP_MAX) tag = 2;
    else if (exp == 0) tag = m ? 2 : 1;
    else if (!(m >> 63)) tag = 2;
    tags |= tag << (i * 2);
  }
  return tags;
}

/** Abridged tag word: a bit for each register that is not empty. */
function abridged(tags: u32): u32 {
  let used: u32 = 0;
  for (let i: u32 = 0; i < 8; i++) {
    if (((tags >> (i * 2)) & 3) != 3) used |= 1 << i;
  }
  return used;
}

/** Has the instruction an operand-size prefix (the 16-bit format)? */
@inline
function isShort(inst: usize): bool {
  return (load<u32>(inst, I_IMM) >> 16) != 0;
}

function writeEnvironment(ctx: usize, to: usize, short: bool): void {
  const fcw: u32 = load<u16>(ctx, FCW);
  const fsw: u32 = load<u16>(ctx, FSW);
  const tags = fullTags(ctx);
  const fip = load<u32>(ctx, FIP);
  const fdp = load<u32>(ctx, FDP);
  const fcs: u32 = load<u16>(ctx, FCS);
  const fds: u32 = load<u16>(ctx, FDS);
  if (short) {
    store<u16>(to, fcw);
    store<u16>(to, fsw, 2);
    store<u16>(to, tags, 4);
    store<u16>(to, fip, 6);
    store<u16>(to, fcs, 8);
    store<u16>(to, fdp, 10);
    store<u16>(to, fds, 12);
    return;
  }
  store<u32>(to, fcw | 0xffff0000);
  store<u32>(to, fsw | 0xffff0000, 4);
  store<u32>(to, tags | 0xffff0000, 8);
  store<u32>(to, fip, 12);
  store<u32>(to, fcs | (<u32>load<u16>(ctx, FOP) << 16), 16);
  store<u32>(to, fdp, 20);
  store<u32>(to, fds | 0xffff0000, 24);
}

function readEnvironment(ctx: usize, from: usize, short: bool): void {
  const wide: usize = short ? 2 : 4;
  store<u16>(ctx, (load<u16>(from) & 0x1f7f) | 0x40, FCW);
  setStatusWord(ctx, load<u16>(from + wide));
  store<u8>(ctx, abridged(load<u16>(from + 2 * wide)), FTW);
  if (short) {
    store<u64>(ctx, load<u16>(from, 6), FIP);
    store<u16>(ctx, load<u16>(from, 8), FCS);
    store<u16>(ctx, 0, FOP);
    store<u64>(ctx, load<u16>(from, 10), FDP);
    store<u16>(ctx, load<u16>(from, 12), FDS);
    return;
  }
  store<u64>(ctx, load<u32>(from, 12), FIP);
  store<u16>(ctx, load<u16>(from, 16), FCS);
  store<u16>(ctx, load<u16>(from, 18) & 0x7ff, FOP);
  store<u64>(ctx, load<u32>(from, 20), FDP);
  store<u16>(ctx, load<u16>(from, 24), FDS);
}

/** fnstenv: afterwards all exceptions are masked. */
function storeEnvironment(ctx: usize, inst: usize): i32 {
  const short = isShort(inst);
  const to = wr(ctx, ea(ctx, inst), short ? 14 : 28);
  if (!to) return EXIT_FAULT;
  writeEnvironment(ctx, to, short);
  setControl(ctx, load<u16>(ctx, FCW) | EXCEPTIONS);
  return 0;
}

function loadEnvironment(ctx: usize, inst: usize): i32 {
  const short = isShort(inst);
  const from = rd(ctx, ea(ctx, inst), short ? 14 : 28);
  if (!from) return EXIT_FAULT;
  readEnvironment(ctx, from, short);
  return 0;
}

/** fnsave: environment and ST0 … ST7, 10 bytes each, then fninit. */
function save(ctx: usize, inst: usize): i32 {
  const short = isShort(inst);
  const size = short ? 14 : 28;
  const to = wr(ctx, ea(ctx, inst), size + 80);
  if (!to) return EXIT_FAULT;
  writeEnvironment(ctx, to, short);
  for (let i: usize = 0; i < 8; i++) {
    const at = st(ctx, i << 4);
    store<u64>(to + size + i * 10, regM(at));
    store<u16>(to + size + i * 10, regSE(at), 8);
  }
  initialize(ctx);
  return 0;
}

function restore(ctx: usize, inst: usize): i32 {
  const short = isShort(inst);
  const size = short ? 14 : 28;
  const from = rd(ctx, ea(ctx, inst), size + 80);
  if (!from) return EXIT_FAULT;
  readEnvironment(ctx, from, short);
  for (let i: usize = 0; i < 8; i++) {
    const value = from + size + i * 10;
    setReg(st(ctx, i << 4), load<u16>(value, 8), load<u64>(value));
  }
  return 0;
}
