// Names of what a translated module exports, for those who must not load Binaryen.

/** The region rooted at a guest address. */
export const regionExport = (pc: number): string => `r${pc}`;

/** A function that only traps: its stack trace tells how V8 calls the module (link/traps.ts). */
export const TRAP_EXPORT = 'trap';
