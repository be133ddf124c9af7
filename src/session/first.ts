// How the session's first program begins; when it cannot run, with one clear line and the status a shell gives.
import { becomeProgram } from '../lx/kernel/exec.ts';
import { exitGroup } from '../lx/kernel/exit.ts';
import type { Lx } from '../lx/kernel/lx.ts';
import { firstProgram } from '../lx/loader/first.ts';
import { openExec } from '../lx/vfs/exec.ts';

export function startFirstProgram(lx: Lx, argv: readonly string[], envp: readonly string[]): void {
  const program = firstProgram(lx, argv, envp, openExec);
  if (!('reason' in program)) {
    becomeProgram(lx, program);
    lx.trace?.started?.(lx, program.execFn, program.argv, program.envp);
    return;
  }
  lx.session.post({
    type: 'refused',
    program: argv[0],
    ...program,
    foreign: program.foreign === true,
  });
  exitGroup(lx, program.status << 8);
}
