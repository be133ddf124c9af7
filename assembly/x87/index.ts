// What the interpreter and translated code use of the x87.
export { x87Exec } from './exec';
export { stateExec } from './state';
