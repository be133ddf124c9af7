// System calls about processes: identity, clone and fork, execve, exit, wait.
import { pidOf, processOf } from '../kernel/process.ts';
import { Process, Task } from '../kernel/task.ts';
import { type Handler, row, type SyscallRow } from './row.ts';

const getpid: Handler = (lx) => pidOf(lx);
const gettid: Handler = (lx) => lx.k.i32[lx.task + Task.tid];
const getppid: Handler = (lx) => {
  const { i32 } = lx.k;
  const parent = i32[processOf(lx) + Process.parent];
  return parent === 0 ? 0 : i32[parent + Process.pid];
};

// biome-ignore format: aligned rows
export const rows: readonly SyscallRow[] = [
  row(39,  'getpid',  [], getpid,  'full', 'emulated'),
  row(110, 'getppid', [], getppid, 'full', 'emulated'),
  row(186, 'gettid',  [], gettid,  'full', 'emulated'),
];
