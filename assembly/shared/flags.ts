// Lazy flags: the last flag-writing instruction leaves (kind, result, a, b) in the context; the six status flags are
// computed from them when somebody asks. Compiled by asc and by tsc: constants only, no imports.
//
// FLAG_KIND = operation | size code, size code = log2(bytes). FLAG_RES is the result sign-extended to 64 bits, so
// ZF is RES == 0 and SF is RES < 0 for every lazy kind; PF is the parity of its low byte. FLAG_A and FLAG_B hold the
// operands (zero-extended to the operand size) in the sense given in each line.

export const FLAGS_EXPLICIT = 0; // the status flags are bits of EFLAGS
export const FLAGS_LOGIC = 4; // and, or, xor, test: CF = OF = AF = 0
export const FLAGS_ADD = 8; // A + B
export const FLAGS_SUB = 12; // A − B (cmp too)
export const FLAGS_ADC = 16; // A + B + 1 (carry-in set; with carry-in clear the kind is FLAGS_ADD)
export const FLAGS_SBB = 20; // A − B − 1 (borrow-in set; else FLAGS_SUB)
export const FLAGS_INC = 24; // B holds CF as it was
export const FLAGS_DEC = 28; // B holds CF as it was

export const CF = 0x001;
export const PF = 0x004;
export const AF = 0x010;
export const ZF = 0x040;
export const SF = 0x080;
export const DF = 0x400;
export const OF = 0x800;
export const STATUS_FLAGS = 0x8d5;
