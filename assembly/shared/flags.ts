// Lazy flags: the last flag-writing instruction leaves (kind, result, a, b) in the context; the six status flags are
// computed from them when somebody asks. Compiled by asc and by tsc: constants only, no imports.
//
// RES, A and B are sign-extended from the operand size to 64 bits. Sign extension keeps both the signed and the
// unsigned order, so no formula needs the operand size: ZF is RES == 0, SF is RES < 0, PF the parity of RES's low
// byte, and after cmp "below" is A <u B, "less" A <s B.

export const FLAGS_EXPLICIT = 0; // the status flags are bits of EFLAGS
export const FLAGS_LOGIC = 4; // and, or, xor, test: CF = OF = AF = 0
export const FLAGS_ADD = 8; // A + B
export const FLAGS_SUB = 12; // A − B (cmp, neg too)
export const FLAGS_ADC = 16; // A + B + 1 (carry-in set; with carry-in clear the kind is FLAGS_ADD)
export const FLAGS_SBB = 20; // A − B − 1 (borrow-in set; else FLAGS_SUB)
export const FLAGS_INC = 24; // B holds CF as it was
export const FLAGS_DEC = 28; // B holds CF as it was
export const FLAGS_RESULT = 32; // ZF, SF, PF from RES; CF, OF, AF are bits of B, placed as in EFLAGS (shifts, multiply)

// Added to a kind (but EXPLICIT): CF and OF are bits of FLAG_CO, placed as in EFLAGS, instead (rotates, bt, imul, clc …)
export const FLAGS_CO = 64;

export const CF = 0x001;
export const PF = 0x004;
export const AF = 0x010;
export const ZF = 0x040;
export const SF = 0x080;
export const TF = 0x100;
export const IF = 0x200;
export const DF = 0x400;
export const OF = 0x800;
export const STATUS_FLAGS = 0x8d5;
/** What popf in user mode can change: the status flags, TF, DF, NT, AC, ID. */
export const USER_FLAGS = 0x244dd5 | 0x4000;
