// What the interpreter uses of the x87.
export { x87Exec } from './exec';
export { stateExec } from './state';
