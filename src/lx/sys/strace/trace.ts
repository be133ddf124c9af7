// --strace: each system call of the guest as a line in strace's own format. Lines are written when a call is over; those
// that do not come back (exit) when they begin.
import { GPR, RSP } from '../../../../assembly/shared/layout.ts';
import { E, errnoName } from '../../abi/errno.ts';
import { errnoText } from '../../abi/errno-text.ts';
import { Fixed } from '../../kernel/fixed.ts';
import type { Lx, SyscallTrace } from '../../kernel/lx.ts';
import { Task } from '../../kernel/task.ts';
import type { SyscallRow } from '../row.ts';
import { type Call, createsFile, hex, kinds, quote, STRING_LIMIT, signalName } from './kinds.ts';
import { showSiginfo } from './siginfo.ts';
import { addressResults, kindOfArg, signatures } from './signatures.ts';

/** Where strace puts the result. */
const RESULT_COLUMN = 40;

// biome-ignore format: aligned rows
const restartWords: Record<number, string> = {
  [E.RESTARTSYS]: 'ERESTARTSYS (To be restarted if SA_RESTART is set)',
  [E.RESTARTNOINTR]: 'ERESTARTNOINTR (To be restarted)',
  [E.RESTARTNOHAND]: 'ERESTARTNOHAND (To be restarted if no handler)',
  [E.RESTART_RESTARTBLOCK]: 'ERESTART_RESTARTBLOCK (Interrupted by signal)',
};

const neverReturns = (row: SyscallRow | undefined): boolean =>
  row?.name === 'exit' || row?.name === 'exit_group';

/** `write` gets whole lines; `alwaysPid`: a pid on every line, as `strace -f -o FILE` does. */
export function createTrace(write: (text: string) => void, alwaysPid: boolean): SyscallTrace {
  const unknown = new Set<number>();
  const line = (lx: Lx, text: string): void => write(`${pidPrefix(lx, alwaysPid)}${text}\n`);
  return {
    started(lx, path, argv, envp) {
      const list = argv.map((arg) => quote(arg.slice(0, STRING_LIMIT), arg.length > STRING_LIMIT));
      const call = `execve(${quote(path, false)}, [${list.join(', ')}], ${envpAddress(lx)} /* ${envp.length} vars */)`;
      line(lx, `${call.padEnd(RESULT_COLUMN - 1)} = 0`);
    },
    signal(lx, sig, info) {
      line(lx, `--- ${signalName(sig)} ${showSiginfo(sig, info)} ---`);
    },
    killed(lx, status, info) {
      const sig = status & 0x7f;
      if (info[0] === sig) line(lx, `--- ${signalName(sig)} ${showSiginfo(sig, info)} ---`);
      const core = (status & 0x80) !== 0 ? ' (core dumped)' : '';
      line(lx, `+++ killed by ${signalName(sig)}${core} +++`);
    },
    enter(lx, row, number, args) {
      if (!neverReturns(row)) return;
      line(lx, `${callText({ lx, args, result: 0 }, row, number).padEnd(RESULT_COLUMN - 1)} = ?`);
      if (row?.name === 'exit_group') line(lx, `+++ exited with ${args[0] & 0xff} +++`);
    },
    leave(lx, row, number, args, result) {
      if (neverReturns(row)) return;
      const text = callText({ lx, args, result }, row, number).padEnd(RESULT_COLUMN - 1);
      line(lx, `${text} = ${resultText(row, result)}`);
      if (row !== undefined || unknown.has(number)) return;
      unknown.add(number);
      line(lx, `+++ lxjit has no system call ${number} +++`);
    },
  };
}

/** Where the environment lies on the initial stack: behind argc, argv and its NULL. */
function envpAddress({ mem, ctx }: Lx): string {
  const sp = mem.dv.getUint32(ctx + GPR + RSP * 8, true);
  return `0x${(sp + 8 * (mem.readU32(sp) + 2)).toString(16)}`;
}

function pidPrefix(lx: Lx, always: boolean): string {
  const { i32 } = lx.k;
  const tid = i32[lx.task + Task.tid];
  if (always) return `${String(tid).padEnd(5)} `;
  return i32[Fixed.alive] > 1 ? `[pid ${tid}] ` : '';
}

function callText(call: Call, row: SyscallRow | undefined, number: number): string {
  if (row === undefined) {
    return `syscall_0x${number.toString(16)}(${call.args.map(hex).join(', ')})`;
  }
  const given = signatures[row.name]?.split(' ') ?? row.args.map((arg) => kindOfArg[arg]);
  const shown = given.filter((_, i) => !isHiddenMode(given, i, call));
  return `${row.name}(${shown.map((kind, i) => kinds[kind](call, i)).join(', ')})`;
}

/** The mode of open and openat, when the flags make no file. */
const isHiddenMode = (given: readonly string[], i: number, call: Call): boolean =>
  given[i] === 'mode' && given[i - 1] === 'oflags' && !createsFile(call.args[i - 1]);

function resultText(row: SyscallRow | undefined, result: number): string {
  if (result >= 0) {
    const address = row !== undefined && addressResults.has(row.name);
    return address ? `0x${result.toString(16)}` : String(result);
  }
  const restart = restartWords[-result];
  if (restart !== undefined) return `? ${restart}`;
  return `-1 ${errnoName(-result)} (${errnoText[-result] ?? 'Unknown error'})`;
}
