// The policy of a session as its caller writes it, and what becomes of it for the workers (lx/sys/policy.ts).

import { E } from '../lx/abi/errno.ts';
import { errnoNames } from '../lx/abi/errno-names.ts';
import type { PolicyRule, PolicyRules, SyscallNotice } from '../lx/kernel/lx.ts';
import { isSyscallName } from '../lx/sys/policy.ts';

/** A system call that a policy is asked about, or told of. */
export interface SystemCall {
  readonly pid: number;
  /** As in the manual: 'openat'. */
  readonly name: string;
  /** As the guest passed them; pointers are guest addresses. */
  readonly args: readonly number[];
  /** Paths among the arguments, by position. Another thread of the guest may change them after this look. */
  readonly paths: Readonly<Record<number, string>>;
}

/** An error as errno(3) names it: 'EPERM'. */
export type ErrnoName = `E${string}`;

/**
 * What happens at a system call. 'allow' does it, an error name answers that error, 'observe' does it and tells
 * Policy.observe, 'ask' asks Policy.ask first.
 */
export type Rule = 'allow' | 'observe' | 'ask' | ErrnoName;

/** What Policy.ask answers: 'kill' ends the program, and run() rejects with PolicyDenied. */
export type Decision = 'allow' | 'kill' | ErrnoName;

export interface Policy {
  /** By name of the system call; '*' is for all others (default 'allow'). exit, exit_group and rt_sigreturn are always allowed. */
  readonly rules: Readonly<Record<string, Rule>>;
  readonly ask?: (call: SystemCall) => Decision | Promise<Decision>;
  readonly observe?: (call: SystemCall) => void;
}

const byName: Readonly<Record<string, number>> = Object.fromEntries(
  Object.entries(errnoNames).map(([number, name]) => [name, Number(number)]),
);

function errnoOf(name: string): number {
  const errno = byName[name];
  if (errno === undefined) throw new TypeError(`'${name}' is no error of Linux`);
  return errno;
}

/** @internal */
export function policyRules(policy: Policy): PolicyRules {
  const calls: Record<string, PolicyRule> = {};
  for (const [name, rule] of Object.entries(policy.rules)) {
    if (name !== '*' && !isSyscallName(name)) {
      throw new TypeError(`policy: '${name}' is no system call that a rule can be about`);
    }
    if (rule === 'ask' && policy.ask === undefined) throw new TypeError('policy: ask is missing');
    calls[name] = rule === 'allow' || rule === 'observe' || rule === 'ask' ? rule : errnoOf(rule);
  }
  return { otherwise: calls['*'] ?? 'allow', calls };
}

/** 0, −errno, or 'kill'. @internal */
export async function decide(policy: Policy, notice: SyscallNotice): Promise<number | 'kill'> {
  const call = { ...notice, paths: textOf(notice.paths) };
  if (ruleFor(policy, notice.name) !== 'ask') {
    policy.observe?.(call);
    return 0;
  }
  const decision = (await policy.ask?.(call)) ?? 'allow';
  if (decision === 'kill') return decision;
  return decision === 'allow' ? 0 : -(byName[decision] ?? E.PERM);
}

const ruleFor = ({ rules }: Policy, name: string): Rule => rules[name] ?? rules['*'] ?? 'allow';

const textOf = (paths: SyscallNotice['paths']): Record<number, string> =>
  Object.fromEntries(
    Object.entries(paths).map(([at, text]) => [at, Buffer.from(text, 'latin1').toString('utf8')]),
  );
