// Why control came back from translated code, as --stats counts it. Compiled by asc and by tsc: constants only, no imports.

/** Returned to the dispatcher: no region waits (the caller was interpreted, or the wasm stack was thrown away). */
export const LEFT_RETURN = 1;
/** Went on at an address that has no region: interpreted in place, its callers wait. */
export const LEFT_JUMP = 2;
/** Called a function that has no region: the same. */
export const LEFT_CALL = 3;
/** In one of these a system call, a fault or a poll ended the wait. */
export const LEFT_ENDED = 4;
/** The next instruction is the interpreter's: the same. */
export const LEFT_INTERPRET = 5;
/** A loop's back edge saw that somebody wants this thread. */
export const LEFT_POLL = 6;
/** The wasm stack is thrown away: calls were nested too deeply, or too much was interpreted in place. */
export const LEFT_DEEP = 7;
/** An instruction in the middle of the region ended it: system call, fault. */
export const LEFT_EXIT = 8;
/** Not left: an instruction for which the interpreter's routine was called, or that it stepped through. */
export const HELPER_EXEC = 9;
export const HELPER_STEP = 10;
/** There was no stack for translated code. */
export const LEFT_NO_STACK = 11;
/** The bytes that the region was made of have changed. */
export const LEFT_STALE = 12;
export const LEFT_REASONS = 13;
