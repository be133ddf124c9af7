// Checked mode of an address space (DESIGN §3): translated code looks at the page flags before each access, as the interpreter
// does. It costs speed, so that a process gets it only when it can tell: it resumes after faults, has pages that are no
// plain memory, or writes to code that it executes.
import { PROT_EXEC, PROT_WRITE } from '../abi/mman.ts';
import type { Lx } from '../kernel/lx.ts';
import { processOf, tasksLocked } from '../kernel/process.ts';
import { Process } from '../kernel/task.ts';
import { Mm } from './mm.ts';

/** From now on, and in what is forked from it, until it executes another program. */
export function requireChecked(lx: Lx): void {
  const { k } = lx;
  const process = processOf(lx);
  const word = k.i32[process + Process.mm] + Mm.checked;
  if (k.i32[word] !== 0) return;
  k.i32[word] = 1;
  lx.cpu?.check();
  for (const task of k.locked(() => tasksLocked(k, process))) if (task !== lx.task) k.poke(task);
}

export const isChecked = (lx: Lx): boolean =>
  lx.config.checked || lx.k.i32[lx.k.i32[processOf(lx) + Process.mm] + Mm.checked] !== 0;

/** Pages that can be both written and executed are to be there. */
export function checkProtection(lx: Lx, prot: number): void {
  if ((prot & (PROT_WRITE | PROT_EXEC)) === (PROT_WRITE | PROT_EXEC)) requireChecked(lx);
}
