// The session's first program: found in PATH as a shell finds it, and refused in words.
import { E } from '../abi/errno.ts';
import type { Lx } from '../kernel/lx.ts';
import { HEAD_SIZE, readBytes } from './elf.ts';
import { explain, type Refusal } from './explain.ts';
import { checkProgram, type OpenExec, type Program } from './program.ts';

const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const SHELL = '/bin/sh';

/** What to run for `argv` (argv[0] is the name as typed), or why it cannot run. */
export function firstProgram(
  lx: Lx,
  argv: readonly string[],
  envp: readonly string[],
  open: OpenExec,
): Program | Refusal {
  const found = search(lx, argv[0], envp, open);
  if (typeof found === 'number') return explain(-found, null, argv[0]);
  const { path, file } = found;
  const head = readBytes(lx, file, 0, HEAD_SIZE);
  const program = checkProgram(lx, file, path, argv, envp, open);
  if (typeof program !== 'number') return program;
  if (typeof head === 'number') return explain(-program, null, path);
  if (program === -E.NOEXEC && isText(head)) return shellProgram(lx, path, argv, envp, open);
  return explain(-program, head, path);
}

/** A text file without `#!`: a shell runs it itself (execvp(3) does so, too). */
function shellProgram(
  lx: Lx,
  path: string,
  argv: readonly string[],
  envp: readonly string[],
  open: OpenExec,
): Program | Refusal {
  const shell = open(lx, SHELL);
  if (shell < 0) return explain(-shell, null, SHELL);
  const program = checkProgram(lx, shell, SHELL, [SHELL, path, ...argv.slice(1)], envp, open);
  return typeof program === 'number' ? explain(-program, new Uint8Array(0), SHELL) : program;
}

/** No NUL: what shells take for a script, and be it empty. */
const isText = (head: Uint8Array): boolean => !head.includes(0) && head[0] !== 0x7f;

interface Found {
  readonly path: string;
  readonly file: number;
}

/** The file that `name` means, opened; −errno of the last one that could not be used. */
function search(lx: Lx, name: string, envp: readonly string[], open: OpenExec): Found | number {
  if (name === '') return -E.NOENT;
  if (name.includes('/')) {
    const file = open(lx, name);
    return file < 0 ? file : { path: name, file };
  }
  let failure: number = -E.NOENT;
  for (const directory of pathOf(envp).split(':')) {
    const path = directory === '' ? `./${name}` : `${directory}/${name}`;
    const file = open(lx, path);
    if (file >= 0) return { path, file };
    if (file !== -E.NOENT && file !== -E.NOTDIR) failure = file;
  }
  return failure;
}

function pathOf(envp: readonly string[]): string {
  const entry = envp.find((text) => text.startsWith('PATH='));
  return entry === undefined ? DEFAULT_PATH : entry.slice('PATH='.length);
}
