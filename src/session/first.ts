// How the session's first program begins; when it cannot run, with one clear line and the status a shell gives.
import { errnoText } from '../lx/abi/errno-text.ts';
import { becomeProgram } from '../lx/kernel/exec.ts';
import { exitGroup } from '../lx/kernel/exit.ts';
import type { Lx } from '../lx/kernel/lx.ts';
import type { Refusal } from '../lx/loader/explain.ts';
import { firstProgram } from '../lx/loader/first.ts';
import { enterDirectory } from '../lx/sys/path.ts';
import { openExec } from '../lx/vfs/exec.ts';
import { cwdOf } from '../lx/vfs/paths.ts';

/** Its directory may not be there. */
function cannotStart(lx: Lx): Refusal | undefined {
  const cwd = cwdOf(lx) || '/';
  const entered = enterDirectory(lx, cwd);
  if (entered === 0) return undefined;
  return { reason: `cannot start in ${cwd}: ${errnoText[-entered]}`, status: 126 };
}

export function startFirstProgram(lx: Lx, argv: readonly string[], envp: readonly string[]): void {
  const program = cannotStart(lx) ?? firstProgram(lx, argv, envp, openExec);
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
