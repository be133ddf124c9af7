// What the wasm module of the runtime exports.
export { rd, wr, ea, readable, writable } from './memory';
export { status, condZ } from './interp/lazy';
export { decodeOne } from './decode';
export { sseExec } from './sse/exec';
export { mmxExec } from './mmx/exec';
export { x87Exec } from './x87';
