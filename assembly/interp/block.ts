// Blocks: decodes a run of instructions into the decode cache. A block goes on behind conditional jumps (they leave it
// when taken), up to an instruction that always goes elsewhere, the end of the page or MAX_RECORDS. Unless the last
// instruction always leaves, a GOTO follows. Instructions are prepared for the hot loop here:
//
//   lock prefix          → LOCKED, the operation in I_LINK
//   cmp/test + jcc       → one fused operation in the first record; the second stays, as the holder of target and link
//   push, pop, mov twice → one fused operation as well
//   index, no segment    → INST_COMPLEX cleared: ea() adds an index anyway
import { decodeOne } from '../decode';
import {
  I_FLAGS, I_IMM, I_LINK, I_OP, I_PC, I_SEG, INST_ADDR32, INST_COMPLEX,
  INST_END, INST_LOCK, INST_SIZE,
} from '../shared/inst';
import { RIP } from '../shared/layout';
import * as ops from '../generated/ops';
import { pageFault } from '../memory';
import { add, find, flushes, regionAt, reserve } from './cache';
import { fuse, twin } from './fuse';

const MAX_RECORDS: u32 = 64;

/** The block at guest address `pc`, decoded if it is not yet. 0: it cannot be fetched; #PF is recorded and RIP is pc. */
export function enter(ctx: usize, pc: u64): usize {
  if (pc >> 32) {
    store<u64>(ctx, pc, RIP);
    pageFault(ctx, pc, 16);
    return 0;
  }
  const block = find(pc);
  return block ? block : build(ctx, <u32>pc);
}

/** The target block of the direct jump in record `inst`, which is linked to it. 0 as enter(). */
export function follow(ctx: usize, inst: usize): usize {
  const before = flushes();
  const block = enter(ctx, load<u64>(inst, I_IMM));
  if (block && flushes() == before) store<u32>(inst, block, I_LINK);
  return block;
}

/** Does this operation leave the block only sometimes? */
@inline
function isConditional(op: i32): bool {
  return op >= ops.JO && op <= ops.JNLE;
}

function build(ctx: usize, pc: u32): usize {
  const block = reserve(MAX_RECORDS + 1);
  const region = regionAt(pc);
  if (region) {
    goto(block + INST_SIZE, pc);
    store<u16>(block + INST_SIZE, ops.REGION, I_OP);
    store<u32>(block + INST_SIZE, region, I_LINK);
    add(block, pc, pc + 1, 1);
    return block;
  }
  let at = pc;
  let inst = block;
  let records: u32 = 0;
  let paired: u32 = 0;
  for (;;) {
    inst += INST_SIZE;
    const length = decodeOne(ctx, at, inst);
    const op: i32 = load<u16>(inst, I_OP);
    if (op == ops.FETCH_FAULT) {
      if (records) break;
      store<u64>(ctx, pc, RIP);
      pageFault(ctx, load<u64>(inst, I_IMM), 16);
      return 0;
    }
    records++;
    at += length;
    prepare(inst, op);
    // two of a kind, unless the first is the second of a pair already
    if (records > paired + 1 && op == load<u16>(inst - INST_SIZE, I_OP) && twin(inst - INST_SIZE, op)) paired = records;
    if (load<u8>(inst, I_FLAGS) & INST_END) {
      if (!isConditional(op)) {
        add(block, pc, at, records);
        return block;
      }
      if (records > 1) fuse(inst - INST_SIZE, op);
      // what follows is there already: do not decode it twice
      if (find(at)) {
        inst += INST_SIZE;
        break;
      }
    }
    if (((at ^ pc) >> 12) != 0 || records == MAX_RECORDS) {
      inst += INST_SIZE;
      break;
    }
  }
  goto(inst, at);
  add(block, pc, at, records + 1);
  return block;
}

/** A direct jump to `target` that is no instruction. */
function goto(inst: usize, target: u32): void {
  memory.fill(inst, 0, INST_SIZE);
  store<u16>(inst, ops.GOTO, I_OP);
  store<u64>(inst, target, I_IMM);
  store<u32>(inst, target, I_PC);
}

@inline
function prepare(inst: usize, op: i32): void {
  const flags = load<u8>(inst, I_FLAGS);
  if (flags & INST_LOCK) {
    store<u32>(inst, op, I_LINK);
    store<u16>(inst, ops.LOCKED, I_OP);
  }
  if ((flags & (INST_COMPLEX | INST_ADDR32)) == INST_COMPLEX && load<u8>(inst, I_SEG) == 0) {
    store<u8>(inst, flags & ~INST_COMPLEX, I_FLAGS);
  }
}
