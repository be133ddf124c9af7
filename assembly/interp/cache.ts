// The decode cache: blocks of decoded instructions, found by guest address, dropped when their bytes change. It lies in
// the range CACHE_BASE, CACHE_SIZE of the context, with all its state, so that a forked process inherits it filled.
//
//   0       magic, next free byte, flushes so far, size, generation, instructions decoded so far
//   0x40    regions by guest address (regions.ts): REGIONS × (address:u32, slot:u32); a flush keeps them
//   then    heads of the lists of blocks by page: PAGE_HEADS × u32
//   then    heads of the lists of blocks by address: ADDRESS_HEADS × u32
//   then    blocks, each a header of INST_SIZE bytes and its instructions (INST_SIZE each):
//             0 pc:u64 (guest address)   8 next by address:u32   12 next by page:u32   16 end:u32 (guest address)
//            20 records:u32
//
// A block starts anywhere and lies on one page; only its last instruction may reach into the next one. A dropped block
// gets STALE for every instruction: whoever is inside, or still links to it, looks its address up again there.
import { INST_SIZE, I_OP } from '../shared/inst';
import {
  CACHE_BASE, CACHE_REGIONS, CACHE_SIZE, CODE_GENERATION, CTX_BASE, CTX_MAX, CTX_SIZE, DROP_THREADS, PAGE_CODE, PAGE_FLAGS,
  REGIONS, REGIONS_BITS, SIGNAL_POLL,
} from '../shared/layout';
import { REGION, STALE } from '../generated/ops';

const MAGIC: u32 = 0x786c636a;
const C_MAGIC: usize = 0;
const C_FREE: usize = 4;
const C_FLUSHES: usize = 8;
const C_SIZE: usize = 12;
const C_GENERATION: usize = 16;
const C_DECODED: usize = 20;
const C_REGIONS: usize = CACHE_REGIONS;
const C_PAGES: usize = C_REGIONS + 8 * REGIONS;
const PAGE_HEADS: u32 = 2048;
const C_ADDRESSES: usize = C_PAGES + 4 * PAGE_HEADS;
export const ADDRESS_HEADS: u32 = 65536;
const C_BLOCKS: usize = C_ADDRESSES + 4 * ADDRESS_HEADS;

export const B_PC: usize = 0;
export const B_NEXT: usize = 8;
export const B_NEXT_IN_PAGE: usize = 12;
export const B_END: usize = 16;
export const B_RECORDS: usize = 20;

/** The cache of the process that this instance runs; set by open(). */
let cache: usize = 0;

/**
 * Makes the context's cache the current one; empties it when it is new, or when another thread dropped code (each has a
 * cache of its own; CODE_GENERATION counts the drops of all). Returns its address.
 */
export function open(ctx: usize): usize {
  cache = load<u32>(ctx, CACHE_BASE);
  if (load<u32>(cache, C_MAGIC) != MAGIC) {
    store<u32>(cache, load<u32>(ctx, CACHE_SIZE), C_SIZE);
    memory.fill(cache + C_REGIONS, 0, 8 * REGIONS);
    empty();
    store<u32>(cache, MAGIC, C_MAGIC);
  }
  const seen = load<u32>(cache, C_GENERATION);
  const now = atomic.load<u32>(CODE_GENERATION);
  if (now > seen) empty();
  // the cache of a forked parent knows more than this memory
  else if (now < seen) atomic.store<u32>(CODE_GENERATION, seen);
  return cache;
}

function empty(): void {
  store<u32>(cache, atomic.load<u32>(CODE_GENERATION), C_GENERATION);
  memory.fill(cache + C_PAGES, 0, C_BLOCKS - C_PAGES);
  store<u32>(cache, cache + C_BLOCKS, C_FREE);
}

/** The first of the two entries in which the region rooted at `pc` may be; the other is its neighbour. */
@inline
function regionEntry(pc: u32): usize {
  return cache + C_REGIONS + (((pc ^ (pc >> REGIONS_BITS)) & (REGIONS - 1)) << 3);
}

@inline
function neighbour(entry: usize): usize {
  return cache + C_REGIONS + ((entry - cache - C_REGIONS) ^ 8);
}

/** Table slot of the region rooted at guest address `pc`, or 0. */
@inline
export function regionAt(pc: u32): u32 {
  const entry = regionEntry(pc);
  if (load<u32>(entry) == pc) return load<u32>(entry, 4);
  const other = neighbour(entry);
  return load<u32>(other) == pc ? load<u32>(other, 4) : 0;
}

/** Where the region rooted at `pc` is, or is to be: when both entries are taken, in the place of another one. */
function entryFor(pc: u32): usize {
  const entry = regionEntry(pc);
  if (load<u32>(entry) == pc) return entry;
  const other = neighbour(entry);
  if (load<u32>(other) == pc || !load<u32>(other)) return other;
  return entry;
}

/**
 * Makes the region in `slot` the one rooted at `pc` (slot 0: there is none any more). Its entry may be another one's by now,
 * but the block at `pc` goes on to say REGION: it has to go in any case.
 */
export function setRegion(pc: u32, slot: u32): void {
  const entry = entryFor(pc);
  if (slot || load<u32>(entry) == pc) {
    store<u32>(entry, slot ? pc : 0);
    store<u32>(entry, slot, 4);
  }
  const block = find(pc);
  if (block) stale(block);
}

/** There are no regions any more (a forked process has an empty function table). */
export function forgetRegions(ctx: usize): void {
  open(ctx);
  memory.fill(cache + C_REGIONS, 0, 8 * REGIONS);
  const free: usize = load<u32>(cache, C_FREE);
  for (let block = cache + C_BLOCKS; block < free; block += (load<u32>(block, B_RECORDS) + 1) * INST_SIZE) {
    if (load<u16>(block + INST_SIZE, I_OP) == REGION) stale(block);
  }
}

/** How often the cache has been emptied because it was full. */
export function flushes(): u32 {
  return load<u32>(cache, C_FLUSHES);
}

/** Room for a block of `records` instructions at most; empties the cache when there is none. */
export function reserve(records: u32): usize {
  const free = load<u32>(cache, C_FREE);
  const end = cache + <usize>load<u32>(cache, C_SIZE);
  if (<usize>free + (records + 1) * INST_SIZE <= end) return free;
  empty();
  store<u32>(cache, flushes() + 1, C_FLUSHES);
  return load<u32>(cache, C_FREE);
}

@inline
function addressHead(base: usize, pc: u64): usize {
  return base + C_ADDRESSES + ((<u32>pc & (ADDRESS_HEADS - 1)) << 2);
}

@inline
function pageHead(page: u32): usize {
  return cache + C_PAGES + ((page & (PAGE_HEADS - 1)) << 2);
}

/** The block that starts at guest address `pc`, when it is the first of its list (`base`: what open() returned); or 0. */
@inline
export function lookup(base: usize, pc: u64): usize {
  const block: usize = load<u32>(addressHead(base, pc));
  return load<u64>(block) == pc && load<u32>(base, C_GENERATION) == load<u32>(CODE_GENERATION) ? block : 0;
}

/** The block that starts at `pc`, or 0; it becomes the first of its list. */
export function find(pc: u64): usize {
  // Another thread dropped code: who has learnt an address from it must not find what was there before.
  if (load<u32>(cache, C_GENERATION) < load<u32>(CODE_GENERATION)) {
    empty();
    store<u32>(cache, flushes() + 1, C_FLUSHES);
  }
  const head = addressHead(cache, pc);
  let before: usize = 0;
  let block: usize = load<u32>(head);
  while (block && load<u64>(block) != pc) {
    before = block;
    block = load<u32>(block, B_NEXT);
  }
  if (block && before) {
    store<u32>(before, load<u32>(block, B_NEXT), B_NEXT);
    store<u32>(block, load<u32>(head), B_NEXT);
    store<u32>(head, block);
  }
  return block;
}

/** Puts a finished block, at the address reserve() gave, into the lists. */
export function add(block: usize, pc: u32, end: u32, records: u32): void {
  store<u64>(block, pc, B_PC);
  store<u32>(block, end, B_END);
  store<u32>(block, records, B_RECORDS);
  push(addressHead(cache, pc), block, B_NEXT);
  push(pageHead(pc >> 12), block, B_NEXT_IN_PAGE);
  markCode(pc >> 12);
  markCode((end - 1) >> 12);
  store<u32>(cache, load<u32>(cache, C_DECODED) + records, C_DECODED);
  store<u32>(cache, block + (records + 1) * INST_SIZE, C_FREE);
}

@inline
function push(head: usize, block: usize, next: usize): void {
  store<u32>(block + next, load<u32>(head));
  store<u32>(head, block);
}

@inline
function unlink(head: usize, block: usize, next: usize): void {
  let at = head;
  while (<usize>load<u32>(at) != block) at = <usize>load<u32>(at) + next;
  store<u32>(at, load<u32>(block + next));
}

@inline
function markCode(page: u32): void {
  if (!(load<u8>(PAGE_FLAGS + page) & PAGE_CODE)) atomic.or<u8>(PAGE_FLAGS + page, PAGE_CODE);
}

/** Drops what was decoded from guest addresses start … end − 1 (end 0: 2^32). Pages are dropped whole. */
export function invalidate(start: u32, end: u32): void {
  if (end - 1 < start) return;
  const last = (end - 1) >> 12;
  for (let page = start >> 12; page <= last; page++) {
    if (load<u8>(PAGE_FLAGS + page) & PAGE_CODE) dropPage(page);
  }
}

/** Other threads leave the translated code that they are in: it may be what was dropped. */
function pollAll(): void {
  for (let n: i32 = 0; n < CTX_MAX; n++) {
    const other: usize = load<u32>(DROP_THREADS + n * 4);
    if (other && other != cache) atomic.store<u32>(CTX_BASE + n * CTX_SIZE + SIGNAL_POLL, 1);
  }
}

/** Drops the blocks of a page, and those before it that reach into it. */
function dropPage(page: u32): void {
  atomic.and<u8>(PAGE_FLAGS + page, ~PAGE_CODE);
  const before = atomic.add<u32>(CODE_GENERATION, 1);
  pollAll();
  if (!cache || load<u32>(cache, C_MAGIC) != MAGIC) return;
  if (load<u32>(cache, C_GENERATION) == before) store<u32>(cache, before + 1, C_GENERATION);
  drop(page, page << 12);
  if (page) drop(page - 1, page << 12);
}

/** Drops the blocks that start on `page` and end after guest address `beyond`. */
function drop(page: u32, beyond: u32): void {
  let block: usize = load<u32>(pageHead(page));
  while (block) {
    const next: usize = load<u32>(block, B_NEXT_IN_PAGE);
    if (load<u32>(block, B_PC) >> 12 == page && load<u32>(block, B_END) > beyond) {
      stale(block);
    }
    block = next;
  }
}

/** Takes a block out; whoever is inside it finds its address again. */
function stale(block: usize): void {
  unlink(pageHead(load<u32>(block, B_PC) >> 12), block, B_NEXT_IN_PAGE);
  unlink(addressHead(cache, load<u64>(block)), block, B_NEXT);
  const records = load<u32>(block, B_RECORDS);
  for (let i: u32 = 1; i <= records; i++) store<u16>(block + i * INST_SIZE, STALE, I_OP);
}

/** A write of `size` bytes at guest address `at`, to pages of which one has decoded code. */
export function codeWritten(at: u32, size: u32): void {
  invalidate(at, at + size);
}
