// Where things lie in a guest's address space (DESIGN §3). Nothing is randomised: the same file gets the same address in
// every process and every run, so that translations can be shared and kept.
//
//   0x0020_0000   GUEST_MIN; non-PIE programs at their own address
//   0x0040_0000   PIE programs; brk follows the program
//   0x2fff_0000   top of the stack, which grows down to STACK_TOP − RLIMIT_STACK (mapped whole), then the guard gap
//   0x3000_0000   the [runtime] range, then the dynamic loader
//   0x3400_0000   shared libraries, each at its own place (library-place.ts)
//   0x4400_0000   mmap, bottom-up first fit
//   0xe000_0000   end of ordinary memory; up to 4 GiB there are only views of shared memory (view.ts)
//
// A program whose own segments cover the stack or the [runtime] range has these placed by first fit instead.
import { GUEST_MIN } from '../../../assembly/shared/layout.ts';

export const PAGE_SHIFT = 12;
export const PAGE_SIZE = 4096;

export const PIE_BASE = 0x0040_0000;
export const STACK_TOP = 0x2fff_0000;
export const MMAP_BASE = 0x3000_0000;
export const LIBRARY_BASE = 0x3400_0000;
export const LIBRARY_END = 0x4400_0000;
export const MMAP_TOP = 0xe000_0000;
/** Window of views. */
export const VIEW_BASE = MMAP_TOP;
/** End of guest addresses; kept below 4 GiB so that linear addresses never reach the shifted null page. */
export const GUEST_END = 0xffff_0000;
export const RUNTIME_SIZE = 48 << 20;
/**
 * RAM as the guest sees it, bytes. Programs size themselves by it: a JVM takes a quarter for its heap, puts that as high
 * as it gets it, and needs 1 GiB more in one piece for its classes.
 */
export const RAM_SIZE = 2 ** 31;

/** Gap kept below a growing stack (Documentation/admin-guide/kernel-parameters.txt, stack_guard_gap). */
export const GUARD_GAP_PAGES = 256;
/** TASK_SIZE of a 64-bit Linux process: addresses above are errors even where ours are merely never mapped. */
export const TASK_SIZE = 0x7fff_ffff_f000;
/** /proc/sys/vm/max_map_count */
export const MAX_MAP_COUNT = 65530;

export const MIN_PAGE = GUEST_MIN >>> PAGE_SHIFT;
export const MMAP_BASE_PAGE = MMAP_BASE >>> PAGE_SHIFT;
export const LOADER_PAGE = (MMAP_BASE + RUNTIME_SIZE) >>> PAGE_SHIFT;
export const LIBRARY_BASE_PAGE = LIBRARY_BASE >>> PAGE_SHIFT;
export const LIBRARY_END_PAGE = LIBRARY_END >>> PAGE_SHIFT;
export const MMAP_TOP_PAGE = MMAP_TOP >>> PAGE_SHIFT;
export const VIEW_BASE_PAGE = VIEW_BASE >>> PAGE_SHIFT;
export const END_PAGE = GUEST_END >>> PAGE_SHIFT;

/** Pages that `bytes` take. */
export const pagesOf = (bytes: number): number => Math.ceil(bytes / PAGE_SIZE);
export const isPageAligned = (value: number): boolean => value % PAGE_SIZE === 0;
