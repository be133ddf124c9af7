/** Size of kernel memory in wasm pages: 256 MiB of address space; only what is used becomes real. */
export const KMEM_PAGES = 4096;
