// Filters of system calls (seccomp(2)). A task has a list of them, the newest first, which its children share; none is ever
// taken away. Strict mode is an entry without a program.
import { R8, R9, R10, RDI, RDX, RIP, RSI } from '../../../assembly/shared/layout.ts';
import { AUDIT_ARCH_X86_64, SECCOMP_DATA_SIZE, SECCOMP_MODE, SECCOMP_RET } from '../abi/seccomp.ts';
import { runFilter } from './bpf.ts';
import { type Kernel, struct } from './kmem.ts';
import type { Lx } from './lx.ts';
import { Hook, Task } from './task.ts';

/** `words` of program follow; 0: strict mode. */
const Filter = struct({ refs: 'i32', older: 'i32', words: 'i32', pad: 'i32' });

/** read, write, exit, rt_sigreturn */
const STRICT_CALLS = [0, 1, 60, 15];
/** Most instructions of all filters of a task, with 4 for each filter. */
const MAX_WEIGHT = 32768;
const FILTER_WEIGHT = 4;
const ARGUMENTS = [RDI, RSI, RDX, R10, R8, R9];

export const isStrict = (k: Kernel, task: number): boolean => {
  const filter = k.i32[task + Task.seccomp];
  return filter !== 0 && k.i32[filter + Filter.words] === 0;
};

export function seccompMode(k: Kernel, task: number): number {
  if (k.i32[task + Task.seccomp] === 0) return SECCOMP_MODE.DISABLED;
  return isStrict(k, task) ? SECCOMP_MODE.STRICT : SECCOMP_MODE.FILTER;
}

export function filterCount(k: Kernel, task: number): number {
  let count = 0;
  for (let f = k.i32[task + Task.seccomp]; f !== 0; f = k.i32[f + Filter.older])
    if (k.i32[f + Filter.words] !== 0) count++;
  return count;
}

/** Puts a filter (none: strict mode) before those of a task. False: they would be too many. */
export function addFilterLocked(k: Kernel, task: number, program: Uint32Array): boolean {
  const { i32 } = k;
  let weight = program.length / 2;
  for (let f = i32[task + Task.seccomp]; f !== 0; f = i32[f + Filter.older])
    weight += i32[f + Filter.words] / 2 + FILTER_WEIGHT;
  if (weight > MAX_WEIGHT) return false;
  const filter = k.allocLocked(Filter.SIZE + program.byteLength);
  i32[filter + Filter.refs] = 1;
  i32[filter + Filter.older] = i32[task + Task.seccomp];
  i32[filter + Filter.words] = program.length;
  k.u32.set(program, filter + Filter.SIZE / 4);
  i32[task + Task.seccomp] = filter;
  i32[task + Task.hooks] |= Hook.seccomp;
  return true;
}

/** A new task, or one that is brought in line with its siblings, has the filters of another. */
export function inheritFiltersLocked(k: Kernel, from: number, to: number): void {
  const { i32 } = k;
  const filter = i32[from + Task.seccomp];
  if (filter === 0) return;
  i32[filter + Filter.refs]++;
  putFiltersLocked(k, i32[to + Task.seccomp]);
  i32[to + Task.seccomp] = filter;
  i32[to + Task.hooks] |= Hook.seccomp;
}

export function putFiltersLocked(k: Kernel, filter: number): void {
  const { i32 } = k;
  for (let f = filter; f !== 0 && --i32[f + Filter.refs] === 0; ) {
    const older = i32[f + Filter.older];
    k.freeLocked(f);
    f = older;
  }
}

/** Has `task` the filters of `other`, perhaps with newer ones before them? */
export function descendsFrom(k: Kernel, task: number, other: number): boolean {
  const wanted = k.i32[other + Task.seccomp];
  let filter = k.i32[task + Task.seccomp];
  while (filter !== wanted && filter !== 0) filter = k.i32[filter + Filter.older];
  return filter === wanted;
}

/** What the filters of the current task say to a system call: action in the upper, data in the lower 16 bits. */
export function judge(lx: Lx, number: number): number {
  const { k, task } = lx;
  const allow = SECCOMP_RET.ALLOW * 0x1_0000;
  if (isStrict(k, task))
    return STRICT_CALLS.includes(number) ? allow : SECCOMP_RET.KILL_PROCESS * 0x1_0000;
  const data = seccompData(lx, number);
  let verdict = allow | 0;
  for (let f = k.i32[task + Task.seccomp]; f !== 0; f = k.i32[f + Filter.older]) {
    const at = f + Filter.SIZE / 4;
    const said = runFilter(k.u32.subarray(at, at + k.i32[f + Filter.words]), data) | 0;
    // as signed numbers the action that counts is the smallest one
    if (said >> 16 < verdict >> 16) verdict = said;
  }
  return verdict >>> 0;
}

function seccompData({ mem, ctx }: Lx, number: number): Uint32Array {
  const data = new Uint32Array(SECCOMP_DATA_SIZE / 4);
  const word = (at: number): number => mem.dv.getUint32(at, true);
  data[0] = number;
  data[1] = AUDIT_ARCH_X86_64;
  data[2] = word(ctx + RIP);
  data[3] = word(ctx + RIP + 4);
  for (const [n, register] of ARGUMENTS.entries()) {
    data[4 + n * 2] = word(ctx + register * 8);
    data[5 + n * 2] = word(ctx + register * 8 + 4);
  }
  return data;
}
