// Operations that no machine instruction decodes to: the interpreter writes them over decoded instructions in its own
// cache (assembly/interp/block.ts). They are numbered with the integer operations, so that the main switch stays dense.
// Compiled by tsc only (tables/pack.ts writes the numbers for AssemblyScript): constants only, no imports.

/** A compare and the conditional jump behind it, done in one step: the pairs that gcc and clang emit most. */
// biome-ignore format: aligned rows
const FUSED: readonly (readonly [first: string, jumps: string])[] = [
  ['CMP_RR32',  'JZ JNZ JB JNB JBE JNBE JL JNL JLE JNLE'],
  ['CMP_RI32',  'JZ JNZ JB JNB JBE JNBE JL JNL JLE JNLE'],
  ['CMP_RR64',  'JZ JNZ JB JNB JBE JNBE JL JNL JLE JNLE'],
  ['CMP_RI64',  'JZ JNZ JB JNB JBE JNBE JL JNL JLE JNLE'],
  ['CMP_RR8',   'JZ JNZ'],
  ['CMP_RI8',   'JZ JNZ JBE JNBE'],
  ['CMP_MI8',   'JZ JNZ'],
  ['CMP_MI32',  'JZ JNZ'],
  ['CMP_MI64',  'JZ JNZ'],
  ['CMP_RM64',  'JZ JNZ'],
  ['TEST_RR8',  'JZ JNZ'],
  ['TEST_RR32', 'JZ JNZ JS JNS JLE JNLE'],
  ['TEST_RR64', 'JZ JNZ JS JNS JLE JNLE'],
  ['TEST_RI8',  'JZ JNZ'],
  ['TEST_MI8',  'JZ JNZ'],
];

/** First operation and jump of each fused pair; its name is FIRST_JUMP. */
export const FUSED_PAIRS: readonly (readonly [first: string, jump: string])[] = FUSED.flatMap(
  ([first, jumps]) => jumps.split(' ').map((jump) => [first, jump] as const),
);

export const INTERNAL_OPS: readonly string[] = [
  'GOTO', // the block goes on elsewhere (page end, length limit): a direct jump that is no instruction
  'STALE', // the code here was changed: look the address up again
  'REGION', // a translated region is rooted here; I_LINK holds its table slot
  'LOCKED', // an instruction with a lock prefix; I_LINK holds its operation
  'PUSH_PUSH', // two push r64 in a row
  'POP_POP', // two pop r64 in a row
  'MOV_MOV', // two mov r64, r64 in a row
  ...FUSED_PAIRS.map((pair) => pair.join('_')),
];
