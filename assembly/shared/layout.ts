// Where things lie in a process's wasm memory, and in a CPU context. Compiled by asc and by tsc: constants only,
// no imports. Every address here is *linear* (a wasm address); a guest address is linear + GUEST_SHIFT, so that the
// guest's null page falls outside of every memory (a null dereference traps without a check).
//
//   linear 0x000000  AssemblyScript statics (decode tables, constants; nothing mutable)
//          0x060000  CPU contexts, CTX_SIZE bytes each, one per guest thread
//          0x0e0000  page flags, one byte per guest page (PAGE_* bits), indexed by guest address >> 12
//          0x1e0000  scratch of the runtime
//          0x1f0000  first address a guest may map (guest 0x200000)

export const GUEST_SHIFT = 0x10000;
export const GUEST_MIN = 0x200000;

export const CTX_BASE = 0x060000;
export const CTX_SIZE = 2048;
export const CTX_MAX = 256;
export const PAGE_FLAGS = 0x0e0000;
export const SCRATCH = 0x1e0000;
export const SPLIT_LOCK = SCRATCH; // u32: held (1) during a locked access that no wasm atomic can do (interp/atomic.ts)
export const RUNTIME_END = 0x1f0000;

export const CODE_GENERATION = SCRATCH + 128; // u32: how often decoded code was dropped, by any thread
export const FENCE_WORD = SCRATCH + 64; // u32: what fences touch
export const SHARED_ALONE = SCRATCH + 196; // u32: 1 = one thread has this memory for itself (assembly/shared.ts)
export const SHARED_ROOT = SCRATCH + 192; // u32: address in shared memory of this process's page table, 0 = it has none

// Code that is gone, told by one thread to the others (jit/link/drops.ts).
export const DROP_COUNT = SCRATCH + 256; // u32: entries so far
export const DROP_LOCK = SCRATCH + 320; // u32: 1 = somebody adds one
export const DROP_LOG = SCRATCH + 512;
export const DROP_THREADS = SCRATCH + 1024; // CTX_MAX × u32: CACHE_BASE of each context that runs translated code, by its number
export const DROP_SLOTS = 64;

// --stats: how often translated code was left (assembly/left.ts)
export const LEFT_TABLE = SCRATCH + 0x1000;
export const LEFT_PLACES = SCRATCH + 0x2000;
export const LEFT_SLOTS = 2048;

// Page flags. PAGE_CODE: instructions of this page are decoded or translated, so a write to it must invalidate them.
export const PAGE_READ = 1;
export const PAGE_WRITE = 2;
export const PAGE_EXEC = 4;
export const PAGE_CODE = 8;
// The kernel's own, never looked at by the runtime: USED: was accessible, so it may hold something; STALE: holds what an
// earlier mapping left, to be zeroed before it becomes accessible; BUS: of a file mapping, beyond the file's end.
export const PAGE_USED = 16;
export const PAGE_STALE = 32;
export const PAGE_BUS = 64;
// PAGE_SHARED: the page lies in the memory that processes share. None of the bits above holds then, so that the quick
// checks fail; what may be done with the page stands PAGE_SHARED_SHIFT places higher (READ 16, WRITE 32, EXEC 64).
export const PAGE_SHARED = 128;
export const PAGE_SHARED_SHIFT = 4;

// Shared memory (assembly/shared-memory.wat): bits of a slot beside the page's address.
export const ENTRY_PRESENT = 1; // accesses find the page
export const ENTRY_DIRTY = 2; // somebody may have written to it

// The function table: 0 stays empty, 1, 2 and 15 enter and leave regions (assembly/regions.ts), from 3 on stand the functions of
// assembly/shared-memory.wat once the process has shared pages, then regions.
export const SHARED_FETCH = 3;
export const SHARED_PUT = 4;
export const SHARED_SWAP = 5;
export const SHARED_SPLIT = 6;
export const FIRST_REGION_SLOT = 16;

// CPU context: byte offsets from the context's address.
export const GPR = 0; // 16 × u64: rax rcx rdx rbx rsp rbp rsi rdi r8 … r15; ah ch dh bh are byte 1 of the first four
export const ZERO = 128; // u64, always 0: stands for an absent base or index register
export const RIP = 136; // u64
export const FS_BASE = 144; // u64
export const GS_BASE = 152; // u64
export const FLAG_KIND = 160; // u32, a FLAG_* kind of shared/flags.ts
export const FLAG_CO = 164; // u32: CF and OF when the kind has FLAGS_CO
export const FLAG_RES = 168; // u64
export const FLAG_A = 176; // u64
export const FLAG_B = 184; // u64
export const EFLAGS = 192; // u64: DF, AC, ID and reserved bits always; the six status flags when the kind is FLAGS_EXPLICIT
export const FAULT_VECTOR = 200; // u32: x86 exception vector of the last EXIT_FAULT
export const FAULT_CODE = 204; // u32: its error code (page fault: 1 present, 2 write, 4 user, 16 fetch)
export const FAULT_ADDR = 208; // u64: CR2 for page faults
export const INST_COUNT = 216; // u64: instructions interpreted so far
export const CACHE_BASE = 224; // u32 linear address of the decode cache
export const CACHE_SIZE = 228; // u32 bytes; BOUNCE_SIZE bytes follow it
export const CPU_LEVEL = 232; // u32: 2 = x86-64-v2, 3 = v3
export const SIGNAL_POLL = 236; // u32: not 0 = leave the dispatcher at the next poll; loops of translated code look at it
export const XMM = 256; // 16 × 16 bytes: low halves
export const YMM_HIGH = 512; // 16 × 16 bytes: high halves (v3)
export const X87 = 768; // 8 × 16 bytes, physical registers R0…R7, 80 bits used; MMi is the low 64 bits of Ri
export const FCW = 896; // u16
export const FSW = 898; // u16, with TOP
export const FTW = 900; // u8, abridged tag word as fxsave keeps it: bit i set = Ri in use
export const FOP = 902; // u16
export const FIP = 904; // u64
export const FDP = 912; // u64
export const MXCSR = 920; // u32
export const FCS = 924; // u16: code selector kept with FIP (0x33 once an instruction ran)
export const FDS = 926; // u16: data selector kept with FDP
// Between translated code and the dispatcher (assembly/regions.ts, jit/lower):
export const INTERPRET_NEXT = 928; // u32: not 0 = the instruction at RIP is the interpreter's, whatever is translated
export const PENDING_EXIT = 932; // u32: EXIT_* reason with which an interpreted instruction left a region; RIP is set
export const LEFT_WHY = 936; // u32: LEFT_STALE of shared/left.ts, when that is why the next instruction is the interpreter's
export const FP_EXACT = 940; // u32: not 0 = floating point must be exact in every respect (assembly/sse/mxcsr.ts)
export const STACK_FLOOR = 944; // u32: calls inside translated code go on while rsp − STACK_FLOOR ≤ STACK_WINDOW (unsigned)
export const JUMP_PC = 952; // u32: target of a call or jump whose slot may have no region; written together with …
export const JUMP_IS_CALL = 956; // u32: 1 = it is a call, whose return address is on the stack
export const X87_RESULT = 960; // u64: value of an x87 store (assembly/x87/direct.ts)
export const STALE_COUNT = 968; // u32: regions seen to be of bytes that have changed, the last STALE_SLOTS of them by guest address:
export const STALE_LOG = 972; // u32 × STALE_SLOTS
export const STALE_SLOTS = 8;
export const DROPS_SEEN = 1004; // u32: how much of the drop log its worker has read
export const FLAGS_WANTED = 1008; // u32: FLAGS_ASKED = a region looks at the flags that a call leaves; FLAGS_KEPT: translations keep them
export const DECODE_SCRATCH = 1984; // 64 bytes: the decoder's copy of code before a page that is not executable
export const CLOCK = 1024; // u64: where env.clock leaves the nanoseconds for rdtsc
export const CTX_PRIVATE = 1040; // from here to DECODE_SCRATCH free for the runtime's own use (spills, scratch of helpers)

// The decode cache, for fork: its first word is 0 while it is empty, the second the linear address of its first free byte.
export const CACHE_FREE = 4;
// In it, regions by guest address: REGIONS × (address:u32, slot:u32), at entry n = (pc ^ pc >> REGIONS_BITS) modulo REGIONS or n ^ 1.
export const CACHE_REGIONS = 0x40;
export const REGIONS_BITS = 14;
export const REGIONS = 1 << REGIONS_BITS;

/** Guest stack that nested calls of translated code may use before all of them return to the dispatcher. */
export const STACK_WINDOW = 128 << 10;
/** Behind a thread's decode cache: copies of operands that lie in shared memory (assembly/shared.ts, lx/mm/guest-memory.ts). */
export const BOUNCE_SIZE = 0x10000;

export const FLAGS_ASKED = 1;
export const FLAGS_KEPT = 2;

// Slots of a process's function table that are no regions: 0 stays empty, ENTER_SLOT is the dispatcher's way in, LEAVE_SLOT goes on
// at JUMP_PC by interpreting, RESUME_SLOT at its argument, with all registers in the context.
export const ENTER_SLOT = 1;
export const LEAVE_SLOT = 2;
export const RESUME_SLOT = 15;

// Register numbers
export const RAX = 0;
export const RCX = 1;
export const RDX = 2;
export const RBX = 3;
export const RSP = 4;
export const RBP = 5;
export const RSI = 6;
export const RDI = 7;
export const R8 = 8;
export const R9 = 9;
export const R10 = 10;
export const R11 = 11;
