// The session's policy on system calls, as one worker applies it: a rule for each number. What has to be asked is asked
// of the session manager, while the task waits. Arguments in guest memory may be changed by another thread after they
// were looked at: a policy on paths keeps honest programs in bounds, the mounts keep all of them.
import { E } from '../abi/errno.ts';
import { Fixed } from '../kernel/fixed.ts';
import { OutOfKernelMemory, struct } from '../kernel/kmem.ts';
import type { Lx, PolicyRule, PolicyRules, SyscallNotice, SyscallPolicy } from '../kernel/lx.ts';
import { pidOf } from '../kernel/process.ts';
import { KernelError } from '../mm/guest-memory.ts';
import type { SyscallRow } from './row.ts';
import { syscalls } from './table.ts';

/** What an 'ask' waits on. */
export const PolicyAnswer = struct({ done: 'i32', result: 'i32' });

/** Without these a program cannot even end. */
const ALWAYS: readonly string[] = ['exit', 'exit_group', 'rt_sigreturn'];

const WAIT_MS = 1000;
/** Calls on their way to Policy.observe. */
const MOST_UNHEARD = 1000;

export const isSyscallName = (name: string): boolean =>
  syscalls.some((row) => row?.name === name) && !ALWAYS.includes(name);

export function createPolicy(rules: PolicyRules): SyscallPolicy {
  const byNumber = syscalls.map((row) => row && ruleOf(rules, row.name));
  return {
    check(lx, row, number, args) {
      const rule = byNumber[number] ?? rules.otherwise;
      if (rule === 'allow') return 0;
      if (typeof rule === 'number') return -rule;
      const call = noticeOf(lx, row, number, args);
      if (rule === 'ask') return ask(lx, call);
      tell(lx, call);
      return 0;
    },
  };
}

function ruleOf(rules: PolicyRules, name: string): PolicyRule {
  return ALWAYS.includes(name) ? 'allow' : (rules.calls[name] ?? rules.otherwise);
}

function noticeOf(
  lx: Lx,
  row: SyscallRow | undefined,
  number: number,
  args: readonly number[],
): SyscallNotice {
  const paths: Record<number, string> = {};
  row?.args.forEach((kind, i) => {
    const text = kind === 'path' ? pathAt(lx, args[i]) : undefined;
    if (text !== undefined) paths[i] = text;
  });
  return { pid: pidOf(lx), name: row?.name ?? `syscall_${number}`, args, paths };
}

function pathAt(lx: Lx, pointer: number): string | undefined {
  try {
    return lx.mem.cstring(pointer);
  } catch (error) {
    if (error instanceof KernelError) return undefined; // the call itself will say so
    throw error;
  }
}

/** Who calls faster than the session manager listens waits for it. */
function tell(lx: Lx, call: SyscallNotice): void {
  const { i32 } = lx.k;
  if (Atomics.load(i32, Fixed.observed) >= MOST_UNHEARD) return void ask(lx, call);
  Atomics.add(i32, Fixed.observed, 1);
  lx.session.post({ type: 'syscall', call, answer: 0 });
}

function ask(lx: Lx, call: SyscallNotice): number {
  const { k } = lx;
  let answer: number;
  try {
    answer = k.alloc(PolicyAnswer.SIZE);
  } catch (error) {
    if (error instanceof OutOfKernelMemory) return -E.NOMEM;
    throw error;
  }
  lx.session.post({ type: 'syscall', call, answer });
  while (Atomics.load(k.i32, answer + PolicyAnswer.done) === 0) {
    Atomics.wait(k.i32, answer + PolicyAnswer.done, 0, WAIT_MS);
  }
  const result = k.i32[answer + PolicyAnswer.result];
  k.free(answer);
  return result;
}
