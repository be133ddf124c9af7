// How the session's first program begins: looked up as a shell does, and when it cannot run, one clear line and the status
// a shell gives (126 found but not executable, 127 not found).
import { E, errnoName } from '../lx/abi/errno.ts';
import { becomeProgram } from '../lx/kernel/exec.ts';
import { exitGroup } from '../lx/kernel/exit.ts';
import type { Lx } from '../lx/kernel/lx.ts';
import { checkProgram, type Program } from '../lx/loader/program.ts';
import { openExec } from '../lx/vfs/exec.ts';

const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

interface FirstProgram {
  readonly path: string;
  readonly argv: string[];
  readonly envp: string[];
}

export function startFirstProgram(lx: Lx, first: FirstProgram): void {
  const program = findProgram(lx, first);
  if (typeof program !== 'number') return becomeProgram(lx, program);
  lx.session.post({ type: 'message', text: `lxjit: ${first.path}: ${reason(-program)}` });
  exitGroup(lx, (program === -E.NOENT ? 127 : 126) << 8);
}

function findProgram(lx: Lx, { path, argv, envp }: FirstProgram): Program | number {
  let result: Program | number = -E.NOENT;
  for (const candidate of candidates(path, envp)) {
    const file = openExec(lx, candidate);
    const found = file < 0 ? file : checkProgram(lx, file, candidate, argv, envp, openExec);
    if (typeof found !== 'number') return found;
    // As a shell: what is there but cannot run is only reported when nothing else is found.
    if (found !== -E.NOENT && found !== -E.NOTDIR) {
      if (file >= 0) return found;
      result = found;
    }
  }
  return result;
}

function candidates(path: string, envp: readonly string[]): string[] {
  if (path.includes('/')) return [path];
  const search = envp.find((entry) => entry.startsWith('PATH='))?.slice(5) ?? DEFAULT_PATH;
  return search.split(':').map((dir) => (dir === '' ? path : `${dir}/${path}`));
}

// biome-ignore format: aligned rows
const REASONS: Record<number, string> = {
  [E.NOENT]:   'not found',
  [E.ACCES]:   'permission denied (a directory, or not executable)',
  [E.NOEXEC]:  'cannot execute: not an x86-64 ELF file',
  [E.LIBBAD]:  'its ELF interpreter cannot be used',
  [E.ISDIR]:   'is a directory',
  [E.TOOBIG]:  'argument list too long',
  [E.LOOP]:    'too many levels of symbolic links or interpreters',
  [E.NAMETOOLONG]: 'file name too long',
  [E.NOMEM]:   'does not fit into memory',
};

const reason = (errno: number): string => REASONS[errno] ?? `cannot execute (${errnoName(errno)})`;
