// A case as it travels to the native driver and back (native.c has the same numbers): the guest CPU context
// (assembly/shared/layout.ts), the data window, the code.
export const CTX_BYTES = 1024;
export const WINDOW_BYTES = 1024;
export const CODE_BYTES = 256;
export const RECORD_BYTES = CTX_BYTES + WINDOW_BYTES + CODE_BYTES;
export const WINDOW_AT = CTX_BYTES;
export const CODE_AT = CTX_BYTES + WINDOW_BYTES;

/** Two data pages with nothing around them; the window is the middle, over the page boundary. */
export const DATA_PAGES = 0x1000000;
export const DATA_END = DATA_PAGES + 0x2000;
export const WINDOW = DATA_PAGES + 0x1000 - WINDOW_BYTES / 2;
export const WINDOW_END = WINDOW + WINDOW_BYTES;
export const CODE_PAGES = 0x2000000;

/** Where the instruction starts in its slot of CODE_BYTES; everything else there is int3. */
export const ENTRY = 64;

/** One case of a batch: where its record and code are. */
export interface Slot {
  readonly index: number;
  /** Offset of the record in the batch's buffer. */
  readonly at: number;
  /** Guest address of the first instruction. */
  readonly pc: number;
}

export const slot = (index: number): Slot => ({
  index,
  at: index * RECORD_BYTES,
  pc: CODE_PAGES + index * CODE_BYTES + ENTRY,
});
