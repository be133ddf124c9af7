// linux/elf.h: what the loader needs of 64-bit ELF. Offsets are in bytes.

export const ELF_MAGIC = 0x464c457f; // "\x7fELF", little-endian
export const ELFCLASS64 = 2;
export const ELFDATA2LSB = 1;
export const EM_X86_64 = 62;

// biome-ignore format: aligned rows
export const ET = { NONE: 0, REL: 1, EXEC: 2, DYN: 3, CORE: 4 } as const;

/** Elf64_Ehdr */
// biome-ignore format: aligned rows
export const EHDR = {
  CLASS: 4, DATA: 5, TYPE: 16, MACHINE: 18, ENTRY: 24, PHOFF: 32, PHENTSIZE: 54, PHNUM: 56, SIZE: 64,
} as const;

/** Elf64_Phdr */
// biome-ignore format: aligned rows
export const PHDR = {
  TYPE: 0, FLAGS: 4, OFFSET: 8, VADDR: 16, FILESZ: 32, MEMSZ: 40, ALIGN: 48, SIZE: 56,
} as const;

// biome-ignore format: aligned rows
export const PT = { LOAD: 1, INTERP: 3, PHDR: 6, TLS: 7, GNU_STACK: 0x6474_e551 } as const;

export const PF_X = 1;
export const PF_W = 2;
export const PF_R = 4;
