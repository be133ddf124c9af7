// Names in a translated module, for those who must not load Binaryen.

/** The function of the region rooted at a guest address. */
export const regionName = (pc: number): string => `r${pc}`;

/** An exported function that only traps: its stack trace tells how V8 calls the module (link/traps.ts). */
export const TRAP_EXPORT = 'trap';
