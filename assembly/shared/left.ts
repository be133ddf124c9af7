// Why control came back from translated code, as --stats counts it. Compiled by asc and by tsc: constants only, no imports.

/** Returned to an address that no region waits for (its caller was interpreted, or the wasm stack was thrown away). */
export const LEFT_RETURN = 1;
/** Jumped to an address that has no region. */
export const LEFT_JUMP = 2;
/** Called a function that has no region: the caller waits while it is interpreted. */
export const LEFT_CALL = 3;
/** The same, but the function went on to something that ended the wait (callCold gave up). */
export const LEFT_CALL_ENDED = 4;
/** The instruction at the exit is the interpreter's. */
export const LEFT_INTERPRET = 5;
/** A loop's back edge saw that somebody wants this thread. */
export const LEFT_POLL = 6;
/** Calls were nested too deeply: the wasm stack is thrown away. */
export const LEFT_DEEP = 7;
/** A branch out of the region, to code that did not fit into it. */
export const LEFT_BRANCH = 8;
/** An instruction in the middle of the region ended it: system call, fault. */
export const LEFT_EXIT = 9;
/** Not left: an instruction for which the interpreter's routine was called, or that it stepped through. */
export const HELPER_EXEC = 10;
export const HELPER_STEP = 11;
/** There was no stack for translated code. */
export const LEFT_NO_STACK = 12;
/** The bytes that the region was made of have changed. */
export const LEFT_STALE = 13;
export const LEFT_REASONS = 14;
