/** Size of kernel memory in wasm pages: 256 MiB of address space; only what is used becomes real. */
export const KMEM_PAGES = 4096;
/** The memory that processes share (mm/shared-memory.ts), in wasm pages: at the start, and at most. */
export const SHARED_PAGES = 16;
export const SHARED_LIMIT = 65536;
