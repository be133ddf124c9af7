// What the wasm module of the runtime exports.
export { decodeOne } from './decode';
export { forgetRegions, invalidate, setRegion } from './interp/cache';
export { execOne } from './interp/exec';
export { status } from './interp/lazy';
export { flagsGet as flags_get, flagsSet as flags_set } from './interp/stack';
export { countLeft } from './left';
export { mmxExec } from './mmx/exec';
export { rd, readable, wr, writable } from './memory';
export { condition, execInRegion, goOn, stepInRegion } from './regions';
export { run, setSlice } from './run';
export { sseExec } from './sse/exec';
export { x87Exec } from './x87';
export {
  x87Add, x87ArithDouble, x87ArithInt, x87ArithSingle, x87Compare, x87Div, x87FromDouble, x87FromInt, x87FromSingle, x87Mul,
  x87Round, x87Sqrt, x87Sub, x87ToDouble, x87ToInt, x87ToSingle,
} from './x87/direct';
export { avxExec } from './avx/exec';
export { openShared } from './shared';
export { first_empty, first_filled } from './pages';
