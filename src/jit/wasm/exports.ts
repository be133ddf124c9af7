// Names in a translated module, and of what it may import, for those who must not load Binaryen.

/** The function of the region rooted at a guest address. */
export const regionName = (pc: number): string => `r${pc}`;

/** The exported table of a module's links. */
export const LINKS = 'links';

/** A link for calls: the address and this. Without it, it is for jumps. */
export const CALL_LINK = 2 ** 32;

/** An exported function that only traps: its stack trace tells how V8 calls the module (link/traps.ts). */
export const TRAP_EXPORT = 'trap';

/** Functions of the runtime that translated x87 code calls (assembly/x87/direct.ts). */
export const X87_HELPERS = [
  ...(['x87Add', 'x87Sub', 'x87Mul', 'x87Div', 'x87Sqrt', 'x87Round', 'x87Compare'] as const),
  ...(['x87ArithSingle', 'x87ArithDouble', 'x87ArithInt'] as const),
  ...(['x87FromSingle', 'x87FromDouble', 'x87FromInt'] as const),
  ...(['x87ToSingle', 'x87ToDouble', 'x87ToInt'] as const),
] as const;
export type X87Helper = (typeof X87_HELPERS)[number];
