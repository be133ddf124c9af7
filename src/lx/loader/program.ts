// The first half of execve, before the old image is gone: find out what would run, or which errno says that it cannot.
// Follows `#!` lines and PT_INTERP; holds a reference on each file that the second half (load.ts) will map.
import { GUEST_MIN } from '../../../assembly/shared/layout.ts';
import { E } from '../abi/errno.ts';
import { filePut } from '../kernel/file.ts';
import type { Lx } from '../kernel/lx.ts';
import { RLIMIT } from '../kernel/rlimits.ts';
import { GUEST_END } from '../mm/layout.ts';
import { rlimit } from '../mm/map.ts';
import {
  type ElfImage,
  HEAD_SIZE,
  readBytes,
  readElf,
  readInterpPath,
  type Segment,
  segmentIsSane,
} from './elf.ts';
import { isScript, parseScript } from './script.ts';

/**
 * Opens a file for execution: a description that can be read with the caller's one reference, or −errno (ENOENT, EACCES for
 * what is no regular file or has no x permission, ELOOP …).
 */
export type OpenExec = (lx: Lx, path: string) => number;

/** What execve is going to run. */
export interface Program {
  /** The ELF file, and its interpreter's (0 if it has none): Files with a reference each. */
  readonly file: number;
  readonly elf: ElfImage;
  readonly interpFile: number;
  readonly interp: ElfImage | null;
  /** As given to execve: AT_EXECFN, and its last component is the task's name. */
  readonly execFn: string;
  readonly argv: readonly string[];
  readonly envp: readonly string[];
  /** RLIMIT_STACK at the time of the call. */
  readonly stackLimit: number;
}

/** Scripts whose interpreter is a script …: Linux follows five of them. */
const MAX_SCRIPT_DEPTH = 5;
const MAX_ARG_STRLEN = 131072;
const ARG_MAX = 131072;
const STACK_DEFAULT = 8 << 20;

/**
 * Checks that `file` (opened by `path`) can run with these arguments. Takes over the reference of `file`. The Program
 * must go to loadProgram or dropProgram.
 */
export function checkProgram(
  lx: Lx,
  file: number,
  path: string,
  argv: readonly string[],
  envp: readonly string[],
  open: OpenExec,
): Program | number {
  let current = file;
  let name = path;
  let args = argv.length === 0 ? [''] : [...argv];
  const stackLimit = rlimit(lx, RLIMIT.STACK);
  const tooBig = checkArguments(args, envp, path, stackLimit);
  if (tooBig !== 0) return fail(lx, tooBig, current);
  for (let depth = 0; ; depth++) {
    if (depth > MAX_SCRIPT_DEPTH) return fail(lx, -E.LOOP, current);
    const head = readBytes(lx, current, 0, HEAD_SIZE);
    if (typeof head === 'number') return fail(lx, head, current);
    if (!isScript(head)) {
      return checkElf(lx, current, head, { execFn: path, argv: args, envp, stackLimit }, open);
    }
    const script = parseScript(head);
    if (typeof script === 'number') return fail(lx, script, current);
    const argument = script.argument === null ? [] : [script.argument];
    args = [script.interpreter, ...argument, name, ...args.slice(1)];
    const over = checkArguments(args, envp, path, stackLimit);
    if (over !== 0) return fail(lx, over, current);
    const next = open(lx, script.interpreter);
    filePut(lx, current);
    if (next < 0) return next;
    current = next;
    name = script.interpreter;
  }
}

function fail(lx: Lx, error: number, ...files: number[]): number {
  for (const file of files) if (file !== 0) filePut(lx, file);
  return error;
}

type Call = Pick<Program, 'execFn' | 'argv' | 'envp' | 'stackLimit'>;

function checkElf(
  lx: Lx,
  file: number,
  head: Uint8Array,
  call: Call,
  open: OpenExec,
): Program | number {
  const elf = readElf(lx, file, head, E.NOEXEC);
  if (typeof elf === 'number') return fail(lx, elf, file);
  if (!elf.pie && !elf.segments.every(isReachable)) return fail(lx, -E.NOMEM, file);
  if (elf.interp === null) return { ...call, file, elf, interpFile: 0, interp: null };
  const path = readInterpPath(lx, file, elf.interp);
  if (typeof path === 'number') return fail(lx, path, file);
  const interpFile = open(lx, path);
  if (interpFile < 0) return fail(lx, interpFile, file);
  const interpHead = readBytes(lx, interpFile, 0, HEAD_SIZE);
  if (typeof interpHead === 'number' || interpHead.length < 64) {
    return fail(lx, typeof interpHead === 'number' ? interpHead : -E.IO, file, interpFile);
  }
  const interp = readElf(lx, interpFile, interpHead, E.LIBBAD);
  if (typeof interp === 'number') return fail(lx, interp, file, interpFile);
  return { ...call, file, elf, interpFile, interp };
}

/** A program that is linked for addresses a guest cannot have is refused here, where that can still be said. */
function isReachable(segment: Segment): boolean {
  if (!segmentIsSane(segment) || segment.memSize === 0) return true; // Linux's business, see loadProgram
  return segment.vaddr >= GUEST_MIN && segment.vaddr + segment.memSize <= GUEST_END;
}

/** Gives up a checked program. */
export function dropProgram(lx: Lx, program: Program): void {
  fail(lx, 0, program.file, program.interpFile);
}

/** E2BIG as bprm_stack_limits and copy_strings give it (fs/exec.c): a string, or all of them, are too long. */
function checkArguments(
  argv: readonly string[],
  envp: readonly string[],
  path: string,
  stackLimit: number,
): number {
  const limit = Math.max(Math.min((STACK_DEFAULT / 4) * 3, Math.floor(stackLimit / 4)), ARG_MAX);
  let left = limit - (argv.length + envp.length) * 8 - (path.length + 1);
  for (const strings of [argv, envp]) {
    for (const text of strings) {
      if (text.length + 1 > MAX_ARG_STRLEN) return -E.TOOBIG;
      left -= text.length + 1;
    }
  }
  return left < 0 ? -E.TOOBIG : 0;
}
