// Looking through the pages of guest memory for the kernel: which ones hold something (fork copies those, and a memory that
// is used again zeroes those). Pages are guest pages; what a page may hold is said by its flags, see shared/layout.ts.
import { GUEST_SHIFT, PAGE_BUS, PAGE_FLAGS, PAGE_SHARED, PAGE_STALE, PAGE_USED } from './shared/layout';

const PAGE_SIZE: u32 = 4096;

/** Is any byte of the 4,096 at linear address `at` not zero? */
function isFilled(at: usize): bool {
  const end = at + PAGE_SIZE;
  while (at < end) {
    const or = v128.or(
      v128.or(v128.load(at), v128.load(at, 16)),
      v128.or(v128.load(at, 32), v128.load(at, 48)),
    );
    if (v128.any_true(or)) return true;
    at += 64;
  }
  return false;
}

@inline
function holds(page: u32): bool {
  const flags = load<u8>(PAGE_FLAGS + page);
  if ((flags & (PAGE_USED | PAGE_STALE | PAGE_BUS | PAGE_SHARED)) != PAGE_USED) return false;
  return isFilled(<usize>page * PAGE_SIZE - GUEST_SHIFT);
}

/** The first page of [page, end) that belongs to the guest and is not all zeroes; `end` if there is none. */
export function first_filled(page: u32, end: u32): u32 {
  while (page < end && !holds(page)) page++;
  return page;
}

/** The first page of [page, end) that is not so. */
export function first_empty(page: u32, end: u32): u32 {
  while (page < end && holds(page)) page++;
  return page;
}
